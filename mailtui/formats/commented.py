"""Commented-out entries: which comment lines belong to one, and how they come back.

Nothing in a file says whether `#    text` below `#name = value` is the rest of that value or prose. The
rule here: a comment whose text is indented like a continuation line is one; with a single blank, which
is how prose is written, only if it reads like configuration. Comments within an entry that is commented
out get a second `#` where they would be mistaken for its value.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtui.formats.lines import CONTINUATION, FIRST, Lines

Looks = Callable[[list[bytes]], bool]
"""Whether the words of a comment with one blank after its `#` read like configuration."""

_TECHNICAL = b"_:/=$[{@,<>|"


def words_of_a_value(words: list[bytes]) -> bool:
    """Each word has something in it that prose has not, as `$mydomain`, `10.0.0.0/8`, `reject_x`."""
    return all(
        any(byte in _TECHNICAL for byte in word) or b"." in word[1:-1] or word.isdigit() for word in words
    ) and not words[-1].endswith((b".", b":"))


def continuation(line: bytes, above: bytes = b"x", looks: Looks = words_of_a_value) -> bytes | None:
    """The continuation line that stands behind the `#` of a comment; None where it reads as prose.

    `above` is the line it would continue: one that ends in a comma, or in `=`, makes more expected.
    """
    text = line[1:]
    if not line.startswith(b"#") or text[:1] not in (b" ", b"\t"):
        return None
    words = text.split()
    if not words or words[0].startswith(b"#"):
        return None
    if text[:1] == b"\t" or text[1:2] in (b" ", b"\t") or looks(words):
        return text
    if _ends_in_comma(above):
        return text if len(words) <= 2 or any(looks([word]) for word in words) else None
    return text if _expects_more(above) and len(words) <= 2 else None


def _ends_in_comma(value: bytes) -> bool:
    return value.rstrip().endswith(b",")


def _expects_more(value: bytes) -> bool:
    value = value.rstrip()
    return not value or value.endswith((b",", b"="))


def _passes(line: bytes, value: bytes) -> bool:
    """Whether the entry that has got to `value` may go on below `line`, which is no part of it."""
    return _ends_in_comma(value) or (_expects_more(value) and bool(line.strip(b"# \t\r\n")))


def block(
    lines: Lines,
    first: int,
    value: bytes,
    begins: Callable[[bytes], bool],
    looks: Looks = words_of_a_value,
) -> list[tuple[int, bytes]]:
    """The comment lines below line `first` that belong to the entry commented out there.

    Each with the text it has once the entry is back. `value` is what line `first` gives, `begins` tells
    whether a comment line starts another commented-out entry.
    """
    accepted: list[tuple[int, bytes]] = []
    waiting: list[tuple[int, bytes]] = []
    for number in range(first + 1, len(lines)):
        line = lines.line(number)
        if lines.kinds[number] in (FIRST, CONTINUATION) or begins(line):
            break
        text = continuation(line, value, looks)
        if text is not None:
            accepted += [*waiting, (number, text)]
            waiting = []
            value = text
        elif line.startswith(b"#") and line[1:].lstrip(b" \t").startswith(b"#"):
            if continuation(line[1:], value, looks) is not None:
                accepted += [*waiting, (number, line[1:])]
                waiting = []
            else:
                waiting.append((number, line[1:]))
        elif not _passes(line, value):
            break
    return accepted
