"""Changes of a table of patterns: a rule, or an if … endif with all that is in it, put in, changed, moved,
taken out, commented out and in again. Everything else keeps its bytes, and is read as before."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.formats.lines import BLANK, COMMENT
from mailtui.formats.logical import Logical
from mailtui.formats.patternline import BLANKS
from mailtui.formats.patterns import PatternRow, Patterns
from mailtui.formats.splice import Refused, Splice
from mailtui.text.safe import safe

Seen = tuple[bytes, bytes, bool]


def one_rule(document: Patterns, text: bytes, *, judged: bool = True) -> bytes:
    """The text of one rule, or of one if … endif with its rules, as it is written in the file. Raises Refused
    where it is none, or (`judged`) Postfix would pass it over."""
    made = type(document)(_block(document, text))
    rows = made.rows
    wrong = next((row for row in rows if row.error), None) if judged else None
    if wrong is not None:
        raise Refused(f"“{safe(wrong.text, 60)}”: {wrong.error}")
    if made.last_of(0) != len(rows) - 1 or rows[0].kind not in {"rule", "if"}:
        raise Refused(f"“{safe(text, 60)}” is more than one rule", "add each by itself")
    if not made.is_closed(0):
        raise Refused(f"“{safe(rows[0].text, 60)}” has no endif", "write endif on a line of its own below")
    if not rows[0].enabled:
        raise Refused("the rule is commented out", "add it, then switch it off")
    return made.raw


def _block(document: Patterns, text: bytes) -> bytes:
    """Rules as lines with LF. Raises Refused where there is none."""
    text = text.replace(b"\r\n", b"\n").strip(b"\n")
    if b"\0" in text:
        raise Refused("a rule cannot hold a NUL", "write \\x00")
    made = type(document)(text + b"\n")
    if not made.rows or made.lines.orphans():
        raise Refused(f"“{safe(text, 60)}” is no rule", "write /pattern/ ACTION text")
    return made.raw


def text_of(document: Patterns, at: int) -> bytes:
    """The lines of row `at`, for an `if` to its endif, without the last line end."""
    start, end = _span(document, at)
    return document.raw[start:end].removesuffix(b"\n").removesuffix(b"\r")


def add(document: Patterns, text: bytes, before: int | None) -> list[Splice]:
    """Put a rule, or a whole if, in before the row `before`; None: at the end. Raises Refused."""
    block = _block(document, text)
    at = len(document.rows) if before is None else before
    place = len(document.raw) if before is None else _head(document, before)
    wanted = [*_seen(document)[:at], *_seen(type(document)(block)), *_seen(document)[at:]]
    return _checked(document, [Splice(place, place, _fitted(document, block, place))], wanted)


def change(document: Patterns, at: int, text: bytes, *, judged: bool = True) -> list[Splice]:
    """Write row `at` anew: a rule, the condition of an `if`, or an endif. Not `judged`: also one that
    Postfix passes over, as it stood there before. Raises Refused."""
    row = document.rows[at]
    if row.kind == "if":
        block = one_rule(document, text.rstrip(b"\r\n") + b"\nendif", judged=judged).removesuffix(b"endif\n")
    else:
        block = one_rule(document, text, judged=judged)
    made = type(document)(block)
    if len(made.rows) != 1 or made.rows[0].kind != row.kind:
        raise Refused(f"“{safe(text, 60)}” is not what stands there", "one line, of the same kind")
    newline = document.lines.newline
    written = newline.join(block.rstrip(b"\n").split(b"\n"))
    tail = document.raw[row.start : row.end]
    end = b"\r\n" if tail.endswith(b"\r\n") else b"\n" if tail.endswith(b"\n") else b""
    if not row.enabled:
        raise Refused("the rule is commented out", "switch it on first")
    seen = _seen(document)
    wanted = [*seen[:at], *_seen(made), *seen[at + 1 :]]
    return _checked(document, [Splice(row.start, row.end, written + end)], wanted)


def remove(document: Patterns, at: int) -> list[Splice]:
    """Take row `at` out, an `if` with all that is in it. Comments above stay. Raises Refused."""
    _whole(document, at)
    start, end = _span(document, at)
    seen = _seen(document)
    wanted = [*seen[:at], *seen[document.last_of(at) + 1 :]]
    return _checked(document, [Splice(start, end, b"")], wanted)


def move(document: Patterns, at: int, before: int | None) -> list[Splice]:
    """Put row `at`, an `if` with all that is in it, before the row `before`; None: at the end. The comments
    directly above it go with it. Raises Refused."""
    _whole(document, at)
    last = document.last_of(at)
    if before is not None and at <= before <= last + 1:
        return []
    start, end = _head(document, at), _span(document, at)[1]
    block = document.raw[start:end]
    place = len(document.raw) if before is None else _head(document, before)
    if place in (start, end):
        return []
    seen = _seen(document)
    target = len(seen) if before is None else before
    moved = seen[at : last + 1]
    wanted = (
        [*seen[:target], *moved, *seen[target:at], *seen[last + 1 :]]
        if target <= at
        else [*seen[:at], *seen[last + 1 : target], *moved, *seen[target:]]
    )
    splices = [Splice(start, end, b""), Splice(place, place, _fitted(document, block, place))]
    return _checked(document, splices, wanted)


def _whole(document: Patterns, at: int) -> None:
    """Raises Refused for an endif that ends an if, and for an if without one."""
    row = document.rows[at]
    if row.kind == "endif" and not row.skipped:
        raise Refused("an endif goes with its if", "name the if")
    if not document.is_closed(at):
        raise Refused(f"“{safe(row.text, 60)}” has no endif", "write one first")


def switch(document: Patterns, at: int, *, on: bool) -> list[Splice]:
    """Comment row `at` out, an `if` with all that is in it, or in again. Raises Refused."""
    row = document.rows[at]
    if row.enabled is on:
        return []
    if row.kind not in {"rule", "if"}:
        raise Refused("an endif goes with its if", "switch the if")
    _whole(document, at)
    last = document.last_of(at)
    if last > at:
        return _switch_block(document, at, last, on=on)
    seen = _seen(document)
    wanted = [*seen[:at], (seen[at][0], seen[at][1], on), *seen[at + 1 :]]
    first, end = row.line - 1, row.last_line
    whole = document.raw[row.start : row.end].endswith(b"\n")
    joined = (b"" if on else b"#") + _joined(document, row) + (document.lines.newline if whole else b"")
    one_line = [Splice(row.start, row.end, joined)]
    try:
        plain = _hashes(document, range(first, end), on=on)
        after = type(document)(document.raw).spliced(plain)
        if [each[:3] for each in _seen(after)] == wanted:
            back = _hashes(after, range(first, end), on=not on)
            if after.spliced(back).raw == document.raw:
                return plain
    except Refused:
        pass  # a line of it has no `#` of its own: it is written on one line
    return _checked(document, one_line, wanted)


def _switch_block(document: Patterns, at: int, last: int, *, on: bool) -> list[Splice]:
    rows = document.rows
    numbers = range(rows[at].line - 1, rows[last].last_line)
    lines = [n for n in numbers if document.lines.kinds[n] != BLANK]
    splices = _hashes(document, lines, on=on)
    after = document.spliced(splices)
    outside = _seen(document)
    now = _seen(after)
    count = len(outside) - last - 1
    before = sum(row.name == rows[at].name and row.enabled is on for row in rows[:at])
    if now[:at] != outside[:at] or (count and now[-count:] != outside[-count:]):
        raise Refused(f"“{safe(rows[at].text, 60)}” cannot be commented out and leave the rest as it is")
    found = after.find(rows[at].name, before, enabled=on)
    if found is None or not after.is_closed(found):
        raise Refused(f"“{safe(rows[at].text, 60)}” would not be read back as it is there")
    return splices


def _hashes(document: Patterns, numbers: Sequence[int], *, on: bool) -> list[Splice]:
    """A `#` before each of these lines, or taken from it. Raises Refused where there is none."""
    starts = document.lines.starts
    if not on:
        return [Splice(starts[n], starts[n], b"#") for n in numbers]
    if any(document.raw[starts[n] : starts[n] + 1] != b"#" for n in numbers):
        raise Refused("a line amid it is not commented out", "edit the file by hand")
    return [Splice(starts[n], starts[n] + 1, b"") for n in numbers]


def _joined(document: Patterns, row: PatternRow) -> bytes:
    """A rule on one line."""
    kinds = document.lines.kinds
    numbers = [
        n for n in range(row.line - 1, row.last_line) if not row.enabled or kinds[n] not in (COMMENT, BLANK)
    ]
    return Logical(document.lines, numbers, 0 if row.enabled else 1).text.rstrip(BLANKS)


def _span(document: Patterns, at: int) -> tuple[int, int]:
    rows = document.rows
    return rows[at].start, rows[document.last_of(at)].end


def _head(document: Patterns, at: int) -> int:
    """Where row `at` begins with the comments directly above it; those at the top of the file stay."""
    lines = document.lines
    row = document.rows[at]
    taken = {n for each in document.rows[:at] for n in range(each.line - 1, each.last_line)}
    first = row.line - 1
    while first and lines.kinds[first - 1] == COMMENT and first - 1 not in taken:
        first -= 1
    return row.start if first == 0 else lines.starts[first]


def _fitted(document: Patterns, block: bytes, place: int) -> bytes:
    """A text to be put in at a byte: in the file's line ends, and with one where the file lacks its last."""
    newline = document.lines.newline
    text = newline.join(line.removesuffix(b"\r") for line in block.removesuffix(b"\n").split(b"\n")) + newline
    return newline + text if place == len(document.raw) and document.lines.ends_open else text


def _seen(document: Patterns) -> list[Seen]:
    """What is read of each row, in order."""
    return [(row.name, row.value, row.enabled) for row in document.rows]


def _checked(document: Patterns, splices: list[Splice], wanted: list[Seen]) -> list[Splice]:
    """The splices, if after them the file reads as wanted. Raises Refused."""
    if _seen(document.spliced(splices)) != wanted:
        raise Refused("the rules below or above would be read otherwise than before", "edit the file by hand")
    return splices
