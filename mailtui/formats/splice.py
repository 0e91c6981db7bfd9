"""The smallest change to a file: replace one byte range. Every edit of a document is a list of these."""

from __future__ import annotations

import difflib
import io
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Splice(NamedTuple):
    """Replace `raw[start:end]` by `new`. Offsets count bytes of the document before any splice."""

    start: int
    end: int
    new: bytes


class Problem(NamedTuple):
    """Something in a file that Postfix ignores, drops or misreads. `line` counts from 1."""

    line: int
    text: str


class Refused(ValueError):
    """An edit that cannot be written in this format. `what` says why, `do` says what would work."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what = what
        self.do = do


class Missing(LookupError):
    """The entry that an edit names is not in the document."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not there")
        self.name = name


def ordered(splices: Iterable[Splice]) -> list[Splice]:
    """The splices by position. Raises ValueError where two of them overlap."""
    result = sorted(splices, key=lambda splice: (splice.start, splice.end))
    for left, right in itertools.pairwise(result):
        if right.start < left.end:
            raise ValueError(f"splices overlap at byte {right.start}")
    return result


PIECE = 1 << 20
"""Bytes copied at once, so that another thread of ours never waits long for the interpreter."""


def pieces(raw: bytes, splices: Iterable[Splice]) -> Iterator[memoryview]:
    """The bytes after the change, piece by piece, none longer than `PIECE`. Nothing is copied."""
    view = memoryview(raw)
    at = 0
    for splice in ordered(splices):
        for part in (view[at : splice.start], memoryview(splice.new)):
            if len(part) > PIECE:
                yield from cut(part)
            elif part:
                yield part
        at = splice.end
    yield from cut(view[at:])


def cut(view: memoryview) -> Iterator[memoryview]:
    """The view in slices of at most `PIECE` bytes; none for an empty one."""
    for at in range(0, len(view), PIECE):
        yield view[at : at + PIECE]


def apply_splices(raw: bytes, splices: Iterable[Splice]) -> bytes:
    """The bytes after the change. Parts between splices are the same bytes as before."""
    out = io.BytesIO()
    for piece in pieces(raw, splices):
        out.write(piece)
    return out.getvalue()


def length_after(raw: bytes, splices: Iterable[Splice]) -> int:
    """How long `apply_splices(raw, splices)` is."""
    return len(raw) + sum(len(splice.new) - (splice.end - splice.start) for splice in splices)


def changes(raw: bytes, splices: Iterable[Splice]) -> bool:
    """Whether the splices make the bytes others than they are."""
    made = ordered(splices)
    if not made:
        return False
    if length_after(raw, made) != len(raw):
        return True
    start, end = made[0].start, made[-1].end
    moved = [Splice(splice.start - start, splice.end - start, splice.new) for splice in made]
    return apply_splices(raw[start:end], moved) != raw[start:end]


def inverse(raw: bytes, splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """The splices that turn the changed bytes back into `raw`."""
    back: list[Splice] = []
    shift = 0
    for splice in ordered(splices):
        start = splice.start + shift
        back.append(Splice(start, start + len(splice.new), raw[splice.start : splice.end]))
        shift += len(splice.new) - (splice.end - splice.start)
    return tuple(back)


_Piece = tuple[int, int, bytes | None]
"""A part of a text: the bytes from here to there of the one before, or of new ones."""


def composed(length: int, first: Iterable[Splice], second: Iterable[Splice]) -> tuple[Splice, ...]:
    """The splices that do at once what two lists do one after the other, to a text of `length` bytes."""
    parts = iter(_parts(length, ordered(first)))
    left: _Piece = (0, 0, None)

    def taken(count: int) -> Iterator[_Piece]:
        """The next `count` bytes of the text between."""
        nonlocal left
        while count > 0:
            start, end, new = left
            if start == end:
                left = next(parts)
                continue
            stop = min(end, start + count)
            yield start, stop, new
            count -= stop - start
            left = stop, end, new

    pieces_after: list[_Piece] = []
    at = 0
    for splice in ordered(second):
        pieces_after += taken(splice.start - at)
        for _ in taken(splice.end - splice.start):
            pass
        pieces_after.append((0, len(splice.new), splice.new))
        at = splice.end
    pieces_after += [left, *parts]
    return tuple(_spliced(length, pieces_after))


def _parts(length: int, splices: Iterable[Splice]) -> Iterator[_Piece]:
    """The text after the splices."""
    at = 0
    for splice in splices:
        yield at, splice.start, None
        yield 0, len(splice.new), splice.new
        at = splice.end
    yield at, length, None


def _spliced(length: int, pieces_after: Iterable[_Piece]) -> Iterator[Splice]:
    """The splices after which a text is made of these pieces."""
    at = 0
    new: list[bytes] = []
    for start, end, text in (*pieces_after, (length, length, None)):
        if text is not None:
            new.append(text[start:end])
            continue
        if start == end and start != length:
            continue
        joined = b"".join(new)
        if start > at or joined:
            yield Splice(at, start, joined)
        at, new = end, []


def _shared_prefix(left: bytes, right: bytes) -> int:
    low, high = 0, min(len(left), len(right))
    while low < high:  # by halves: slices compare at memory speed
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _shared_suffix(left: bytes, right: bytes, limit: int) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if left[len(left) - middle : len(left) - low] == right[len(right) - middle : len(right) - low]:
            low = middle
        else:
            high = middle - 1
    return low


LINE_DIFF_LIMIT = 20_000
"""Lines in the changed window above which `between` gives it as one splice."""


def between(before: bytes, after: bytes) -> tuple[Splice, ...]:
    """Splices by whole lines that turn `before` into `after`; for texts whose splices are not known."""
    if before == after:
        return ()
    head = before.rfind(b"\n", 0, _shared_prefix(before, after)) + 1
    tail = _shared_suffix(before, after, min(len(before), len(after)) - head)
    cut = before.find(b"\n", len(before) - tail) + 1 if tail else 0
    tail = len(before) - cut if cut else 0
    window, other = before[head : len(before) - tail], after[head : len(after) - tail]
    left, right = list(io.BytesIO(window)), list(io.BytesIO(other))
    if len(left) + len(right) > LINE_DIFF_LIMIT:
        return (Splice(head, head + len(window), other),)
    starts = list(itertools.accumulate(map(len, left), initial=head))
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    return tuple(
        Splice(starts[a], starts[b], b"".join(right[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    )
