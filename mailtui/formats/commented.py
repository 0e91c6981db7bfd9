"""Commented-out entries: which comment lines belong to one, and how they come back.

Nothing in a file says whether `#    text` below `#name = value` is the rest of that value or prose. The
rule here: a comment whose text is indented like a continuation line is one; with a single blank, which
is how prose is written, only if it reads like configuration. Comments within an entry that is commented
out get a second `#` where they would be mistaken for its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mailtui.formats.lines import CONTINUATION, FIRST, Lines
from mailtui.formats.splice import Splice

Looks = Callable[[list[bytes]], bool]
"""Whether the words of a comment with one blank after its `#` read like configuration."""

_TECHNICAL = b"_:/=$[{@,<>|"


def words_of_a_value(words: list[bytes]) -> bool:
    """Each word has something in it that prose has not, as `$mydomain`, `10.0.0.0/8`, `reject_x`."""
    return all(
        any(byte in _TECHNICAL for byte in word) or b"." in word[1:-1] or word.isdigit() for word in words
    ) and not words[-1].endswith((b".", b":"))


def continuation(
    line: bytes, above: bytes = b"x", looks: Looks = words_of_a_value, *, strict: bool = False
) -> bytes | None:
    """The continuation line that stands behind the `#` of a comment; None where it reads as prose.

    `above` is the line it would continue: one that ends in a comma, or in `=`, makes more expected.
    `strict`: indentation alone is not enough, its words must read like configuration.
    """
    text = line[1:]
    if not line.startswith(b"#") or text[:1] not in (b" ", b"\t"):
        return None
    words = text.split()
    if not words or words[0].startswith(b"#"):
        return None
    if strict or looks(words):
        return text if looks(words) else None
    if text[:1] == b"\t" or text[1:2] in (b" ", b"\t"):
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
    *,
    strict: bool = False,
) -> list[tuple[int, bytes]]:
    """The comment lines below line `first` that belong to the entry commented out there.

    Each with the text it has once the entry is back. `value` is what line `first` gives, `begins` tells
    whether a comment line starts another commented-out entry. `strict` (see `continuation`) in turn
    lets remarks stand between the lines of the entry.
    """
    accepted: list[tuple[int, bytes]] = []
    waiting: list[tuple[int, bytes]] = []
    for number in range(first + 1, len(lines)):
        line = lines.line(number)
        if lines.kinds[number] in (FIRST, CONTINUATION) or begins(line):
            break
        text = continuation(line, value, looks, strict=strict)
        if text is not None:
            accepted += [*waiting, (number, text)]
            waiting = []
            value = text
        elif line.startswith(b"#") and line[1:].lstrip(b" \t").startswith(b"#"):
            bare = b"#" + line.lstrip(b"#")
            if line[1:2] == b"#" and continuation(bare, value, looks, strict=strict) is not None:
                accepted += [*waiting, (number, line[1:])]
                waiting = []
            else:
                waiting.append((number, line[1:]))
        elif not (line.strip(b"# \t\r\n") if strict else _passes(line, value)):
            break
    return accepted


def values(accepted: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Of what `block` gives, the continuation lines without the comments between them."""
    return [(number, text) for number, text in accepted if text.lstrip(b" \t")[:1] != b"#"]


# -- off

TRIES = 20
"""How many remarks below an entry are set apart one by one before the rest is done at once."""


def _prefix(lines: Lines, number: int, *, widen: bool = False) -> Splice:
    """A `#` before a line; `widen`: before a lone blank one more, so that it reads as a continuation."""
    line = lines.line(number)
    lone = widen and line[:1] in (b" ", b"\v", b"\f", b"\r") and line[1:2] not in (b" ", b"\t")
    return Splice(lines.starts[number], lines.starts[number], b"#  " if lone else b"#")


def off(
    lines: Lines,
    entries: Sequence[Sequence[int]],
    mistaken: Callable[[list[Splice]], set[int]],
    comes_back: Callable[[list[Splice]], bool],
) -> list[Splice]:
    """Comment out entries, given by the numbers of their lines, so that they can be brought back.

    The plainest way that `comes_back` to the byte is taken: a `#` before each line; before each line
    that would be `mistaken` for one of the entry as well; before every comment amid its lines as well.
    What is left is a form that comes back with its value, if not with every blank.
    """
    members = {number for entry in entries for number in entry}
    inner = {n for entry in entries for n in range(entry[0], entry[-1]) if n not in members}
    blank = {number for number in inner if not lines.line(number).strip()}

    def form(ignored: set[int], widen: bool) -> list[Splice]:
        splices = [_prefix(lines, number, widen=widen) for number in sorted(members)]
        splices += [_prefix(lines, number) for number in sorted(ignored)]
        if widen:
            splices += [Splice(lines.starts[n], lines.starts[n + 1], b"") for n in sorted(blank)]
        return splices

    for first, widen in ((set[int](), False), (inner - blank, False), (inner - blank, True)):
        ignored = set(first)
        kept = [n for n in range(len(lines)) if not widen or n not in blank]
        for _ in range(TRIES):
            splices = form(ignored, widen)
            if comes_back(splices):
                return splices
            wrong = {kept[n] for n in mistaken(splices)} - members - ignored
            if not wrong:
                break
            ignored.add(min(wrong))  # those below may be safe by then
    return form(ignored | wrong, widen=True)
