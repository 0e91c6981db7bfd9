"""Searching a log backwards through everything that there is of it, what is found first told first.

    for found in search(feed, LogQuery.parse("to:joe@")):      # keys, newest first; and how far it is

What a matching line must hold is looked for in whole blocks of bytes; only lines that have it are tried.
"""

from __future__ import annotations

import io
import re
import threading
from array import array
from collections import deque
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import accumulate
from time import perf_counter
from typing import NamedTuple, Protocol

from mailtui.maillog.chunks import Chunk, lines_of
from mailtui.maillog.logfields import Field, Needle
from mailtui.maillog.logfields import needles as needles_of
from mailtui.maillog.logfile import SLACK
from mailtui.maillog.logquery import LogQuery
from mailtui.maillog.senders import senders
from mailtui.maillog.stamp import when
from mailtui.text.safe import decode, encode

TURN = 0.03
"""Seconds of work after which the caller is told how far it is."""
AHEAD = 16
"""Blocks that are read before one is searched for a sender's lines: what names the sender is older."""
_FREED = 4 << 20
"""Bytes after whose freeing malloc(3) keeps blocks of a megabyte for the next (its threshold for mapping is
dynamic, see mallopt(3)). To map each block anew takes longer than to search it."""
_PIECE = 1 << 17
_DENSE = 500
"""Hits in a block from which on it is split into lines at once."""
_FEW = 16
"""Messages whose ids are looked for one by one."""
_QUEUE_ID = re.compile(rb": ([0-9A-Za-z]{5,25}): ")


class Progress(NamedTuple):
    """How far a search is: bytes of all bytes (None where nobody knows), and the time that it came to."""

    done: int
    total: int | None
    when: datetime | None


class Searched(Protocol):
    """What can be searched: a feed, a span."""

    @property
    def total(self) -> int | None: ...
    def back(self, before: int | None = None, cancel: threading.Event | None = None) -> Iterator[Chunk]: ...
    def blocks(self, start: int | None = None, stop: int | None = None) -> Iterator[tuple[int, bytes]]: ...
    def key_at(self, moment: datetime, cancel: threading.Event | None = None) -> int: ...
    def now(self, key: int) -> datetime: ...
    def sender(self, queue_id: str, key: int | None = None) -> str | None: ...


def search(
    source: Searched, query: LogQuery, before: int | None = None, cancel: threading.Event | None = None
) -> Iterator[array[int] | Progress]:
    """The keys of the lines before `before` (of all if None) that match, newest first, in arrays as they are
    found; and a Progress after each 30 ms of work. Ends early where `cancel` is set."""
    bytes(_FREED)  # made and freed at once
    least = source.key_at(query.since, cancel) if query.since is not None else None
    if query.until is not None:
        last = _first_after(source, query.until)
        before = last if before is None or (last is not None and last < before) else before
    total = source.total
    done, told, reached = 0, perf_counter(), None
    chunks = source.back(before, cancel)
    if least is not None:
        chunks = _down_to(chunks, least)
    if query.of_sender is not None and not query.needles:
        behind = b"" if before is None else next(source.blocks(before), (0, b""))[1]
        hits = _by_sender(query, chunks, behind)
    else:
        hits = _by_needles(source, query, chunks)
    for chunk, found in hits:
        if found:
            yield array("q", reversed(found))
        done += len(chunk.raw)
        if perf_counter() - told > TURN:
            reached = when(chunk.raw[:64], chunk.now) or reached
            yield Progress(done, total, reached)
            told = perf_counter()


def _down_to(chunks: Iterator[Chunk], least: int) -> Iterator[Chunk]:
    for chunk in chunks:
        yield chunk
        if chunk.first <= least:
            return


def _first_after(source: Searched, moment: datetime) -> int | None:
    """The key of the first line that is surely later; None where there is none."""
    key = source.key_at(moment + 2 * SLACK)
    for first, raw in source.blocks(key):
        now = source.now(first)
        for number, line in lines_of(first, raw):
            found = when(line[:64], now)
            if found is not None and found > moment + SLACK:
                return number
    return None


# By what a line must hold


_Found = Iterator[tuple[Chunk, list[int]]]


def _by_needles(source: Searched, query: LogQuery, chunks: Iterator[Chunk]) -> _Found:
    """Each chunk with the keys of its lines that match, oldest first."""
    needles, sure, absent = _driver(query), query.is_needle, query.absent
    for chunk in chunks:
        if absent:
            found = _without(chunk, absent)
        elif not needles:
            found = [key for key, line in chunk.lines() if _matches(source, query, chunk, key, line)]
        else:
            places = _places(chunk, needles)
            found = [
                key
                for key, start in places
                if sure or _matches(source, query, chunk, key, _line(chunk, start))
            ]
        yield chunk, found


def _without(chunk: Chunk, absent: tuple[Needle, ...]) -> list[int]:
    """The keys of the lines that hold none of these, oldest first."""
    has = {key for text, exact in absent for key, _ in _places_of(chunk, text, exact)}
    return [key for key in _keys(chunk) if key not in has] if has else _keys(chunk)


def _keys(chunk: Chunk) -> list[int]:
    """The keys of all lines, oldest first."""
    if chunk.first < 0:
        starts = accumulate(map(len, io.BytesIO(chunk.raw)), initial=chunk.first)
        return list(starts)[:-1]
    lines = chunk.raw.count(b"\n") + (not chunk.raw.endswith(b"\n"))
    return list(range(chunk.first, chunk.first + lines)) if chunk.raw else []


def _matches(source: Searched, query: LogQuery, chunk: Chunk, key: int, line: bytes) -> bool:
    return query.matches(line, chunk.now, lambda queue_id: source.sender(queue_id, key))


def _driver(query: LogQuery) -> tuple[Needle, ...]:
    """The needles of one group: few and long ones, for they are rare."""
    return min(
        query.needles,
        key=lambda needles: (len(needles), -min(len(text) for text, _ in needles)),
        default=(),
    )


def _line(chunk: Chunk, start: int) -> bytes:
    end = chunk.raw.find(b"\n", start)
    return (chunk.raw[start:] if end < 0 else chunk.raw[start:end]).removesuffix(b"\r")


def _places(chunk: Chunk, needles: tuple[Needle, ...]) -> list[tuple[int, int]]:
    """Key and offset of each line that holds one of the needles, oldest first."""
    if len(needles) == 1:
        return _places_of(chunk, *needles[0])
    return sorted({place for text, exact in needles for place in _places_of(chunk, text, exact)})


def _holds(raw: bytes, text: bytes) -> bool:
    """Whether the text, in lower case, stands there in any. Folded in pieces that the processor's cache
    holds, which takes half the time."""
    overlap = len(text) - 1
    return any(raw[at : at + _PIECE + overlap].lower().rfind(text) >= 0 for at in range(0, len(raw), _PIECE))


def _places_of(chunk: Chunk, text: bytes, exact: bool) -> list[tuple[int, int]]:
    raw = chunk.raw
    if exact or text.lower() == text.upper():
        if raw.rfind(text) < 0:  # nearly twice as fast as find()
            return []
    else:
        text = text.lower()
        if not _holds(raw, text):
            return []
        raw = raw.lower()
    at = raw.find(text)
    live = chunk.first >= 0
    found: list[tuple[int, int]] = []
    key, last = chunk.first, 0
    while at >= 0:
        start = raw.rfind(b"\n", 0, at) + 1
        key = key + (raw.count(b"\n", last, start) if live else start - last)
        last = start
        found.append((key, start))
        if len(found) == _DENSE and start < len(raw) // 2:
            return _places_by_line(chunk, raw, text)
        end = raw.find(b"\n", at)
        if end < 0:
            break
        at = raw.find(text, end)
    return found


def _places_by_line(chunk: Chunk, raw: bytes, text: bytes) -> list[tuple[int, int]]:
    lines = raw.split(b"\n")
    if not lines[-1]:
        lines.pop()
    starts = accumulate((len(line) + 1 for line in lines), initial=0)
    first, live = chunk.first, chunk.first >= 0
    return [
        (first + (index if live else start), start)
        for index, (line, start) in enumerate(zip(lines, starts, strict=False))
        if text in line
    ]


# By the sender of the message


def _by_sender(query: LogQuery, chunks: Iterator[Chunk], behind: bytes) -> _Found:
    """As _by_needles, for a query whose sender is all that is known of a line: the messages are looked for
    that have it, then their lines. `behind`: lines that follow on the newest chunk."""
    field = query.of_sender
    assert field is not None
    waiting: deque[Chunk] = deque()
    # The messages with this sender, as each chunk that waits names them, and all of them together.
    named = deque([_messages(field, Chunk(0, behind, datetime.now().astimezone(), ""))])
    known = dict(named[0])

    def sender_of(queue_id: str) -> str | None:
        found = known.get(encode(queue_id))
        return None if found is None else decode(found)

    ended = False
    while not ended or waiting:
        chunk = next(chunks, None)
        ended = chunk is None
        if chunk is not None:
            waiting.append(chunk)
            named.append(_messages(field, chunk))
            known |= named[-1]
        if waiting and (ended or len(waiting) > AHEAD):
            oldest = waiting.popleft()
            places = sorted({*_with_ids(oldest, known), *_places(oldest, _said(field))})
            yield (
                oldest,
                [key for key, start in places if query.matches(_line(oldest, start), oldest.now, sender_of)],
            )
            # A client is logged before the sender is: the names serve one chunk more.
            if len(named) > len(waiting) + 1:
                for queue_id in named.popleft().keys() - {one for still in named for one in still}:
                    del known[queue_id]


def _said(field: Field) -> tuple[Needle, ...]:
    """What stands in each line that names such a sender."""
    if field.term.text == b"<>":
        return ((b"from=<>", True),)
    return needles_of(field.term) or ((b"from=<", True),)


def _messages(field: Field, chunk: Chunk) -> dict[bytes, bytes]:
    """The messages that a chunk names with such a sender."""
    return {
        queue_id: sender
        for _, start in _places(chunk, _said(field))
        for queue_id, sender in senders(_line(chunk, start))
        if field.fits(decode(sender) or "<>")
    }


def _with_ids(chunk: Chunk, wanted: Collection[bytes]) -> Iterator[tuple[int, int]]:
    """Key and offset of the lines that are about one of these messages."""
    if len(wanted) <= _FEW:
        for queue_id in wanted:
            yield from _places_of(chunk, b": " + queue_id + b": ", True)
        return
    raw, live = chunk.raw, chunk.first >= 0
    key, last = chunk.first, 0
    for match in _QUEUE_ID.finditer(raw):
        if match[1] in wanted:
            start = raw.rfind(b"\n", 0, match.start()) + 1
            key += raw.count(b"\n", last, start) if live else start - last
            last = start
            yield key, start
