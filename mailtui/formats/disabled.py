"""Entries that are commented out (`#key value`), and how they differ from prose.

A commented-out entry begins with `#` directly followed by its key. Its continuation lines follow
directly below, each with a `#` put before the blanks it begins with. Prose is written `# Like this`; what
looks like `#prose without the blank` must also have the shape of an entry:

* its separator is a tab or several blanks, or it has a colon where the format wants one, or
* its value is one item, or a list with commas, or every item of it has a mark of an address (`@`, `.`, `:`,
  `/`, `[`, `=`), or it begins with an action in capitals (`REJECT …`) or a reply code, or
* its key is an address, or has such a mark and one of the words of its value too.

A capitalised key with one plain word is a heading (`#Mailing lists`), not an entry.

A line below belongs to the entry if, behind its `#`, it is indented by a tab or by two blanks, or the line
above ended in a comma, and it is no prose itself. Comments and empty lines between the lines of an entry are
commented out with it (`## …`, `#`), and so belong to it where such a line follows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from mailtui.formats import addresses
from mailtui.formats.lines import COMMENT, Lines

Shape = Callable[[bytes], tuple[bytes, bytes, bytes] | None]
"""Splits the text of an entry into key, separator and value; None where it is not one."""

_INDENT = re.compile(rb"#[ \t]*")
_WIDE = re.compile(rb"\t|  ")
_MARKED = re.compile(rb"[@.:/\[|\\\"*<>=]")
_STOPS = b".,;:!?)"
_ACTION = re.compile(rb"(?:[A-Z][A-Z_]{1,}|[245]\d\d)(?![^\s:])")
_KEY = re.compile(rb"(?![-=!~+%#])(?:[/*<\"]|[^\s]*[0-9A-Za-z\x80-\xff])")
_PROSE_END = re.compile(rb"[.,:;!?)]\Z")


def _reads_as_list(value: bytes) -> bool:
    """Whether a value has the shape of a right-hand side rather than of a sentence."""
    places = addresses.spans(value)
    if len(places) <= 1 or _ACTION.match(value):
        return True
    if all(_is_marked(value[start:end]) for start, end in places):
        return True
    return all(b"," in value[end:start] for (_, end), (start, _) in pairwise(places))


def _is_marked(word: bytes) -> bool:
    """Whether a word has a mark of an address within it, as no word of a sentence has."""
    return bool(_MARKED.search(word.rstrip(_STOPS)))


def _plausible(key: bytes, separator: bytes, value: bytes) -> bool:
    if not value or not _KEY.match(key):
        return False
    if b"@" in key.strip(b"@") or key.startswith(b"@"):
        return True
    if _PROSE_END.search(key):
        return False
    if _WIDE.search(separator):
        return True
    if _is_marked(key) and any(map(_is_marked, value.split())):
        return True
    heading = key[:1].isupper() and b":" not in separator and not _is_marked(value)
    return _reads_as_list(value) and (not heading or bool(_ACTION.match(value)))


def _continues(line: bytes, above: bytes) -> bool:
    """Whether a comment line is a commented-out continuation of the line above it."""
    found = _INDENT.match(line)
    if not found or found.end() == 1:
        return False
    text = line[found.end() :].strip()
    if not text or text.startswith(b"#"):
        return False
    comma = above.rstrip().endswith(b",")
    return (comma or bool(_WIDE.search(found[0]))) and _reads_as_list(text)


def _is_gap(line: bytes) -> bool:
    """Whether a comment line may be a commented-out comment or empty line."""
    rest = line[1:].strip()
    return not rest or rest.startswith(b"#")


def extent(lines: Lines, number: int, shape: Shape) -> list[int]:
    """The lines that hold the content of the entry commented out at line `number`; empty if it is prose.

    The entry reaches from the first to the last of them; comments between them belong to it.
    """
    found, _ = content(lines.line(number), comments(lines, number + 1), shape)
    return [number + each for each in found]


def comments(lines: Lines, number: int) -> Iterator[bytes]:
    """The comment lines from line `number` on, up to the first line that is none."""
    while number < len(lines) and lines.kinds[number] == COMMENT:
        yield lines.line(number)
        number += 1


def content(first: bytes, below: Iterable[bytes], shape: Shape) -> tuple[list[int], bytes]:
    """Which lines hold the content of the entry commented out on the line `first`, that being 0, and its
    value; empty if it is prose. `below`: the comment lines below it, of which no more are asked for than
    needed."""
    if first[:1] != b"#" or first[1:2].isspace():
        return [], b""
    numbers, texts = [0], [first]
    for at, line in enumerate(below, 1):
        if line[:1] != b"#":
            break
        if _continues(line, texts[-1]):
            numbers.append(at)
            texts.append(line)
        elif not (_is_gap(line) and texts[-1].rstrip().endswith(b",")):
            break
    parts = shape(b"".join(line[1:].removesuffix(b"\n") for line in texts))
    return (numbers, parts[2]) if parts and _plausible(*parts) else ([], b"")
