"""What a change looks like: hunks of numbered lines, made from its splices alone.

The cost depends on the size of the change, not of the file.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, overload

from mailtui.edits.candidate import FileChange
from mailtui.formats.matching import changes
from mailtui.formats.splice import Splice, apply_splices, ordered
from mailtui.text.safe import safe

CONTEXT = 3
"""Unchanged lines shown before and after a change, as diff -u shows them."""


Sign = Literal[" ", "-", "+"]
_SIGN_OF: dict[int, Sign] = {ord(" "): " ", ord("-"): "-", ord("+"): "+"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a hunk: its sign, its number (from 1) in the old file for `-`, else in the new one."""

    sign: Sign
    number: int
    raw: bytes

    @property
    def text(self) -> str:
        """The line without its end, safe to show; a carriage return before the end stays visible."""
        return safe(self.raw.removesuffix(b"\n"))


class DiffLines(Sequence[DiffLine]):
    """The lines of a hunk, each made when it is looked at: an import may have a hundred thousand, and so many
    objects kept would be looked through by every run of the collector."""

    __slots__ = ("_numbers", "_raws", "_signs")

    def __init__(self) -> None:
        self._signs = bytearray()
        self._numbers = array("Q")
        self._raws: list[bytes] = []

    def add(self, sign: Sign, first: int, raws: Sequence[bytes]) -> None:
        """Lines of one sign, numbered from `first`."""
        self._signs += sign.encode() * len(raws)
        self._numbers.extend(range(first, first + len(raws)))
        self._raws += raws

    def having(self, sign: Sign) -> int:
        """How many lines have that sign."""
        return self._signs.count(sign.encode())

    def __iter__(self) -> Iterator[DiffLine]:
        return map(DiffLine, map(_SIGN_OF.__getitem__, self._signs), self._numbers, self._raws)

    def __len__(self) -> int:
        return len(self._raws)

    @overload
    def __getitem__(self, at: int) -> DiffLine: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[DiffLine, ...]: ...
    def __getitem__(self, at: int | slice) -> DiffLine | tuple[DiffLine, ...]:
        if isinstance(at, slice):
            return tuple(self[each] for each in range(*at.indices(len(self))))
        return DiffLine(_SIGN_OF[self._signs[at]], self._numbers[at], self._raws[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring changes with their context. Starts count lines from 1, as in `@@ -start,count`."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: Sequence[DiffLine]

    @property
    def added(self) -> int:
        """Lines that the old file has not."""
        return len(self.lines) - self.old_count

    @property
    def removed(self) -> int:
        """Lines that the new file has not."""
        return len(self.lines) - self.new_count


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
    pairs = enumerate(zip(old, new, strict=False))
    alike = next((at for at, (left, right) in pairs if left != right), min(len(old), len(new)))
    start += sum(map(len, old[:alike]))
    old, new = old[alike:], new[alike:]
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
    group = DiffLines()
    regions = _regions(raw, change.splices)
    for place, region in enumerate(regions):
        if not group:
            lead = _lines_before(raw, region.start, context)
            old_line += raw.count(b"\n", at, region.start)
            at = region.start
            first = old_line - len(lead)
            group.add(" ", first + 1 + shift, lead)
            old_from, new_from = first + 1, first + 1 + shift
        _compare(group, region, old_line, old_line + shift)
        old_line += len(region.old)
        shift += len(region.new) - len(region.old)
        at = region.end
        following = regions[place + 1].start if place + 1 < len(regions) else len(raw)
        gap = _lines_after(raw, at, 2 * context + 1, following)
        joined = place + 1 < len(regions) and len(gap) <= 2 * context
        trail = gap if joined else gap[:context]
        group.add(" ", old_line + 1 + shift, trail)
        if joined:
            old_line += len(trail)
            at = following
            continue
        result.append(_hunk(group, old_from, new_from))
        group = DiffLines()
    return result


def _compare(group: DiffLines, region: _Region, old_line: int, new_line: int) -> None:
    """Add the lines of a region; so many lines of the old file and of the new one are before it."""
    old, new = region.old, region.new
    if not old or len(old) == len(new) == 1:  # no line of it stays, and what an import adds may be very long
        group.add("-", old_line + 1, old)
        group.add("+", new_line + 1, new)
        return
    for tag, a, b, c, d in changes(old, new):
        if tag == "equal":
            group.add(" ", new_line + c + 1, new[c:d])
            continue
        group.add("-", old_line + a + 1, old[a:b])
        group.add("+", new_line + c + 1, new[c:d])


def _hunk(lines: DiffLines, old_from: int, new_from: int) -> Hunk:
    old_count = len(lines) - lines.having("+")
    new_count = len(lines) - lines.having("-")
    return Hunk(
        old_from if old_count else old_from - 1,
        old_count,
        new_from if new_count else new_from - 1,
        new_count,
        lines,
    )


def counts(change: FileChange) -> tuple[int, int]:
    """Lines added and lines taken out."""
    found = hunks(change, 0)
    return sum(hunk.added for hunk in found), sum(hunk.removed for hunk in found)


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
