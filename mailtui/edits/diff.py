"""What a change looks like: hunks of numbered lines, made from its splices alone.

The cost depends on the size of the change, not of the file.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mailtui.edits.candidate import FileChange
from mailtui.formats.splice import Splice, apply_splices, ordered
from mailtui.text.safe import safe

CONTEXT = 3
"""Unchanged lines shown before and after a change, as diff -u shows them."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a hunk: its sign, its number (from 1) in the old file for `-`, else in the new one."""

    sign: Literal[" ", "-", "+"]
    number: int
    raw: bytes

    @property
    def text(self) -> str:
        """The line without its end, safe to show; a carriage return before the end stays visible."""
        return safe(self.raw.removesuffix(b"\n"))


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring changes with their context. Starts count lines from 1, as in `@@ -start,count`."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class _Region:
    """A range of whole old lines, and the lines that take their place. Neither begins nor ends alike."""

    start: int
    end: int
    old: list[bytes]
    new: list[bytes]


def _line_start(raw: bytes, offset: int) -> int:
    return raw.rfind(b"\n", 0, offset) + 1


def _line_end(raw: bytes, offset: int) -> int:
    """The end of the line that holds the byte at `offset`."""
    found = raw.find(b"\n", offset)
    return len(raw) if found < 0 else found + 1


def _region(raw: bytes, splices: Sequence[Splice], start: int, end: int) -> _Region:
    if len(splices) == 1:
        (splice,) = splices
        after = raw[start : splice.start] + splice.new + raw[splice.end : end]
    else:
        shifted = [Splice(splice.start - start, splice.end - start, splice.new) for splice in splices]
        after = apply_splices(raw[start:end], shifted)
    old, new = _split(raw[start:end]), _split(after)
    while old and new and old[0] == new[0]:
        start += len(old.pop(0))
        new.pop(0)
    while old and new and old[-1] == new[-1]:
        end -= len(old.pop())
        new.pop()
    return _Region(start, end, old, new)


def _regions(raw: bytes, splices: Sequence[Splice]) -> list[_Region]:
    """The changed lines; splices that share a line or stand on neighbouring ones share a region."""
    regions: list[_Region] = []
    cluster: list[Splice] = []
    start = end = 0
    for splice in ordered(splices):
        if cluster and splice.start > end:
            regions.append(_region(raw, cluster, start, end))
            cluster = []
        if not cluster:
            start = _line_start(raw, splice.start)
        cluster.append(splice)
        end = max(end, _line_end(raw, splice.end))
    if cluster:
        regions.append(_region(raw, cluster, start, end))
    return [region for region in regions if region.old or region.new]


def _split(raw: bytes) -> list[bytes]:
    return list(io.BytesIO(raw))


def _lines_before(raw: bytes, offset: int, count: int) -> list[bytes]:
    """At most `count` whole lines that end at `offset` (a line start)."""
    start = offset
    for _ in range(count):
        if start == 0:
            break
        start = _line_start(raw, start - 1)
    return _split(raw[start:offset])


def _lines_after(raw: bytes, offset: int, count: int, limit: int) -> list[bytes]:
    """At most `count` lines that begin at `offset`, none from `limit` on."""
    end = offset
    for _ in range(count):
        if end >= limit:
            break
        end = _line_end(raw, end)
    return _split(raw[offset:end])


def hunks(change: FileChange, context: int = CONTEXT) -> list[Hunk]:
    """The change as hunks in the order of the file."""
    raw = change.before
    result: list[Hunk] = []
    old_line, at, shift = 0, 0, 0
    group: list[DiffLine] = []
    regions = _regions(raw, change.splices)
    for place, region in enumerate(regions):
        if not group:
            lead = _lines_before(raw, region.start, context)
            old_line += raw.count(b"\n", at, region.start)
            at = region.start
            first = old_line - len(lead)
            group = [DiffLine(" ", first + n + 1 + shift, text) for n, text in enumerate(lead)]
            old_from, new_from = first + 1, first + 1 + shift
        group += _compare(region.old, region.new, old_line, old_line + shift)
        old_line += len(region.old)
        shift += len(region.new) - len(region.old)
        at = region.end
        following = regions[place + 1].start if place + 1 < len(regions) else len(raw)
        gap = _lines_after(raw, at, 2 * context + 1, following)
        joined = place + 1 < len(regions) and len(gap) <= 2 * context
        trail = gap if joined else gap[:context]
        group += [DiffLine(" ", old_line + n + 1 + shift, text) for n, text in enumerate(trail)]
        if joined:
            old_line += len(trail)
            at = following
            continue
        result.append(_hunk(group, old_from, new_from))
        group = []
    return result


def _compare(old: list[bytes], new: list[bytes], old_line: int, new_line: int) -> list[DiffLine]:
    if not old:  # what an import adds: nothing to compare, and it may be very long
        return [DiffLine("+", new_line + n, raw) for n, raw in enumerate(new, 1)]
    if len(old) == len(new) == 1:  # a region holds no line that stays
        return [DiffLine("-", old_line + 1, old[0]), DiffLine("+", new_line + 1, new[0])]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: list[DiffLine] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            lines += [DiffLine(" ", new_line + n + 1, new[n]) for n in range(c, d)]
            continue
        lines += [DiffLine("-", old_line + n + 1, old[n]) for n in range(a, b)]
        lines += [DiffLine("+", new_line + n + 1, new[n]) for n in range(c, d)]
    return lines


def _hunk(lines: list[DiffLine], old_from: int, new_from: int) -> Hunk:
    old_count = sum(line.sign != "+" for line in lines)
    new_count = sum(line.sign != "-" for line in lines)
    return Hunk(
        old_from if old_count else old_from - 1,
        old_count,
        new_from if new_count else new_from - 1,
        new_count,
        tuple(lines),
    )


def counts(change: FileChange) -> tuple[int, int]:
    """Lines added and lines taken out."""
    lines = [line.sign for hunk in hunks(change, 0) for line in hunk.lines]
    return lines.count("+"), lines.count("-")


def unified(change: FileChange, context: int = CONTEXT) -> bytes:
    """The change as `diff -u` writes it: bytes that patch(1) takes."""
    return written(change, hunks(change, context))


def written(change: FileChange, found: Sequence[Hunk]) -> bytes:
    """The same of hunks that are there already."""
    path = change.target.path.encode("utf-8", "surrogateescape")
    old = b"/dev/null" if change.created else path
    new = b"/dev/null" if change.removed else path
    out = [b"--- " + old + b"\n", b"+++ " + new + b"\n"]
    for hunk in found:
        out.append(f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@\n".encode())
        for line in hunk.lines:
            out.append(line.sign.encode() + line.raw)
            if not line.raw.endswith(b"\n"):
                out.append(b"\n\\ No newline at end of file\n")
    return b"".join(out)
