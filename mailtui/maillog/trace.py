"""What became of a message: every line of the log that is about it, in order, as steps.

trace(feed, "3FCA722E68E")        every message that had this queue id
trace_of(feed, key)               the message, or the refused connection, of the line with this key

A log may begin in the middle, lines may be a little out of order, and short queue ids come again (see
`lives`). What is not in the log is missing in the trace; nothing is made up.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

from mailtui.maillog.gather import Found, Reader
from mailtui.maillog.head import QUEUE_ID, quick
from mailtui.maillog.lives import Word, begins, ends, may_repeat, names_itself, parted, words
from mailtui.maillog.passed import REQUEUED, relations
from mailtui.maillog.story import Cancelled, Delays, Kind, Lines, Piece, Related, State, Step, Trace
from mailtui.maillog.telling import refused, told

__all__ = [
    "Cancelled", "Delays", "Kind", "Lines", "Piece", "Related", "State", "Step", "Trace",
    "is_queue_id", "trace", "trace_of",
]  # fmt: skip

LINGER = 64 << 10
"""Bytes beyond the first and the last line of a message in which lines of it may stand, out of order."""
REACH = 64 << 20
"""Bytes before a `message-id` in which the client is looked for: what Postfix makes itself has none."""
GENERATIONS = 3
"""How far related messages are followed: a bounce of what a filter passed on."""
MOST_RELATED = 24

_ID = re.compile(QUEUE_ID)


def is_queue_id(text: str) -> bool:
    """Whether a text can be a queue id, short or long."""
    return text.isascii() and _ID.fullmatch(text.encode()) is not None


def trace(
    source: Lines, queue_id: str, near: int | None = None, cancel: threading.Event | None = None
) -> list[Trace]:
    """Every message that had this queue id, oldest first; empty where the log knows none. With `near`, the
    key of a line: only the message that had it then, and no more of the log is read than that takes.

    Raises Cancelled when `cancel` is set."""
    if not is_queue_id(queue_id):
        return []
    reader = Reader(source, cancel)
    if near is not None:
        return _Traces(reader).near(queue_id, near, None)
    lives = parted(_everywhere(reader, queue_id.encode()), queue_id)
    return [_Traces(reader).of(queue_id, life) for life in lives]


def trace_of(source: Lines, key: int, cancel: threading.Event | None = None) -> Trace:
    """The message of the line with this key; of a line of a session, all of that session, with the messages
    that it brought. Raises KeyError where there is no such line, Cancelled when `cancel` is set."""
    reader = Reader(source, cancel)
    line = reader.line(key)
    if line is None:
        raise KeyError(key)
    queue_id = quick(line.line).queue_id
    traces = _Traces(reader)
    if queue_id is not None:
        found = traces.near(queue_id.decode(), key, None)
        if found:
            return found[0]
    return traces.session(line)


def _everywhere(reader: Reader, queue_id: bytes) -> list[Word]:
    found: list[Word] = []
    long = not may_repeat(queue_id.decode())
    for block in reader.older(None):
        here = _words(reader.in_block(block, queue_id), queue_id)
        found[:0] = here
        if long and any(begins(word) for word in here):
            break
    return found


def _words(lines: Iterable[Found], queue_id: bytes) -> list[Word]:
    alone = re.compile(rb"(?<![0-9A-Za-z])" + queue_id + rb"(?![0-9A-Za-z])")
    return [words(line, queue_id) for line in lines if alone.search(line.line)]


class _Traces:
    """Makes traces, and those of related messages, each message once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seen: set[tuple[str, int]] = set()

    def near(self, queue_id: str, key: int, limit: int | None, depth: int = 0) -> list[Trace]:
        """The message that had this id when the line with this key was written; its beginning is looked for
        within `limit` bytes."""
        lives = parted(self._around(queue_id.encode(), key, limit), queue_id)
        if not lives:
            return []
        life = min(lives, key=lambda words: _distance(words, key))
        return [self.of(queue_id, life, depth)]

    def _around(self, queue_id: bytes, key: int, limit: int | None) -> list[Word]:
        found: list[Word] = []
        lingering: int | None = None
        for block in self._reader.older(key, limit):
            here = _words(self._reader.in_block(block, queue_id), queue_id)
            found[:0] = here
            if lingering is not None:
                lingering -= len(block.raw)
            if any(begins(word) for word in here):
                lingering = LINGER
            elif lingering is None and any(names_itself(word) for word in here):
                lingering = REACH
            if lingering is not None and lingering <= 0:
                break
        lingering = None
        for block in self._reader.newer(key, None if found else limit):
            here = _words(self._reader.in_block(block, queue_id), queue_id)
            found += here
            if lingering is not None:
                lingering -= len(block.raw)
            elif any(ends(word) for word in here):
                lingering = LINGER
            if lingering is not None and lingering <= 0:
                break
        return found

    def of(self, queue_id: str, life: list[Word], depth: int = 0) -> Trace:
        """The trace of these lines, with its session and related messages."""
        self._seen.add((queue_id, life[0].found.key))
        made = told(self._reader, queue_id, life)
        if depth < GENERATIONS:
            made.related = self._related(made, life, depth)
            made.state = _after_requeue(made)
        return made

    def session(self, line: Found) -> Trace:
        """The session of a line without a queue id."""
        made, brought = refused(self._reader, line)
        related = []
        for queue_id, key in brought[:MOST_RELATED]:
            related += [
                Related(queue_id, "came in the same session", it) for it in self.near(queue_id, key, None, 1)
            ]
        made.related = tuple(related)
        return made

    def _related(self, made: Trace, life: list[Word], depth: int) -> tuple[Related, ...]:
        found: list[Related] = []
        for relation in relations(self._reader, made, life):
            if len(found) >= MOST_RELATED:
                break
            if relation.queue_id is None:
                line = self._reader.line(relation.key)
                if line is not None:
                    found.append(Related("", relation.why, refused(self._reader, line)[0]))
                continue
            lives = parted(
                self._around(relation.queue_id.encode(), relation.key, relation.limit), relation.queue_id
            )
            if not lives:
                continue
            other = min(lives, key=lambda words: _distance(words, relation.key))
            if (relation.queue_id, other[0].found.key) in self._seen:
                continue
            found.append(
                Related(relation.queue_id, relation.why, self.of(relation.queue_id, other, depth + 1))
            )
        return tuple(found)


def _after_requeue(made: Trace) -> State:
    """A message that was requeued goes on under another id: that one's state is its own."""
    last = next((step.kind for step in reversed(made.steps) if step.queue_id), "")
    if last == "requeued":
        for related in made.related:
            if related.why == REQUEUED:
                return related.trace.state
    return made.state


def _distance(life: list[Word], key: int) -> int:
    first, last = life[0].found.key, life[-1].found.key
    return 0 if first <= key <= last else min(abs(first - key), abs(last - key))
