"""A log to be read from its begin: files, standard input, or all that there is of a source.

    span = Span.of_files(["mail.log.2.gz", "mail.log.1", "-"])
    for first, raw in span.blocks(): …        # oldest first; again and again
    span.line(key)

Keys are negative and ascend in time, lines are as far apart as they are long (see `chunks`). A compressed
file is unpacked as it is read; only where older lines are asked for again it is unpacked into a file.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Self

from mailtui.maillog import journal, rotated
from mailtui.maillog.chunks import Chunk
from mailtui.maillog.logfile import SLACK, LogFile, same
from mailtui.maillog.parts import FilePart, OncePart, Part, descriptor, is_file, stream
from mailtui.maillog.rotated import Sibling
from mailtui.maillog.senders import Nearby
from mailtui.maillog.source import Source, denied
from mailtui.text.safe import decode

_BEGIN = -(1 << 62)
"""The key of the first line of all."""


class Span:
    """Parts of a log, oldest first, as one. Not for several threads at once."""

    def __init__(self, parts: Sequence[Part], troubles: Sequence[str] = ()) -> None:
        self._parts = list(parts)
        self._troubles = tuple(troubles)
        self._nearby = Nearby(self, lambda: _BEGIN)

    @classmethod
    def of_files(cls, paths: Sequence[str], since: datetime | None = None, *, kept: bool = True) -> Self:
        """These files as they are named, one after the other; `-` is standard input. What was logged before
        `since` may be left out. `kept` lets what comes only once be read again. Raises OSError."""
        parts: list[Part] = []
        for path in paths:
            if path == "-":
                parts.append(OncePart("standard input", lambda: descriptor(sys.stdin.fileno()), kept=kept))
                continue
            if is_file(path):
                parts += _from(LogFile.open(path), since)
            else:
                parts.append(OncePart(path, partial(stream, path), kept=kept))
        return cls(parts)

    @classmethod
    def of_source(cls, source: Source, since: datetime | None = None, *, kept: bool = True) -> Self:
        """A source's file after its rotated ones, or the journal. Raises OSError where the file cannot be
        read; what else cannot is in `trouble`."""
        if source.kind == "journal":
            return cls([_journal(source.path, since, kept=kept)])
        if not is_file(source.path):
            return cls([OncePart(source.path, partial(stream, source.path), kept=kept)])
        files, troubles = [LogFile.open(source.path)], list[str]()
        for sibling in rotated.siblings(source.path):
            if since is not None and sibling.modified < (since - SLACK).timestamp():
                break
            file = _opened(sibling, troubles)
            if file is not None and not any(same(file, other) for other in files):
                files.append(file)
        return cls([part for file in reversed(files) for part in _from(file, since)], troubles)

    # What there is

    @property
    def trouble(self) -> tuple[str, ...]:
        """What could not be read so far, in words."""
        return (*self._troubles, *(part.trouble for part in self._parts if part.trouble))

    @property
    def titles(self) -> tuple[str, ...]:
        """The names of its parts, oldest first."""
        return tuple(part.title for part in self._parts)

    @property
    def total(self) -> int | None:
        """Bytes of it all, about; None where nobody knows."""
        sizes = [part.estimated if isinstance(part, FilePart) else part.size for part in self._parts]
        return None if None in sizes else sum(size or 0 for size in sizes)

    # Lines

    def blocks(self, start: int | None = None, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """The lines from the key `start` up to `stop` (all where None), oldest first: blocks of whole lines,
        each with the key of its first."""
        begin = _BEGIN
        for part in self._parts:
            if stop is not None and begin >= stop:
                return
            if part.size is None and start is None and stop is None:
                begin = yield from self._streamed(part, begin)
                continue
            file, low, high = part.file()
            end = begin + high - low
            from_ = low if start is None else max(low, start - begin + low)
            to = high if stop is None else min(high, stop - begin + low)
            for offset, raw in file.forward(from_, to):
                yield begin + offset - low, raw
            begin = end

    @staticmethod
    def _streamed(part: Part, begin: int) -> Generator[tuple[int, bytes], None, int]:
        """Returns the key behind its last line."""
        for raw in part.blocks():
            yield begin, raw
            begin += len(raw)
        return begin

    def back(self, before: int | None = None, cancel: threading.Event | None = None) -> Iterator[Chunk]:
        """The lines before the key `before` (all if None), newest first."""
        for part, begin in reversed(list(self._placed())):
            file, low, high = part.file()
            to = high if before is None else min(high, before - begin + low)
            for offset, raw in file.back(max(to, low), low):
                if cancel is not None and cancel.is_set():
                    return
                yield Chunk(begin + offset - low, raw, file.now(offset + len(raw)), part.title)

    def _placed(self) -> Iterator[tuple[Part, int]]:
        """Each part with its first key."""
        begin = _BEGIN
        for part in self._parts:
            yield part, begin
            _, low, high = part.file()
            begin += high - low

    def _find(self, key: int) -> tuple[LogFile, int, int]:
        """File and offset of a line, and where the file ends."""
        for part, begin in self._placed():
            file, low, high = part.file()
            if begin <= key < begin + high - low:
                return file, key - begin + low, high
        raise LookupError(key)

    def line(self, key: int) -> bytes:
        """A line by its key, without its newline. Raises LookupError where there is none."""
        file, offset, end = self._find(key)
        return file.line(offset, end)

    def now(self, key: int) -> datetime:
        """The moment that no time in that line can lie after. Raises LookupError where there is none."""
        begin = _BEGIN
        for part in self._parts:
            if part.size is None or key < begin + part.size:
                if key < begin:
                    break
                if part.size is None or isinstance(part, OncePart):
                    return part.now()
                file, low, _ = part.file()
                return file.now(key - begin + low)
            begin += part.size
        raise LookupError(key)

    def key_at(self, moment: datetime, cancel: threading.Event | None = None) -> int:
        """The key of the first line that was logged at `moment` or later, or of one shortly before."""
        found = _BEGIN
        for part, begin in self._placed():
            file, low, high = part.file()
            first = file.time(low, high)
            if first is not None and first >= moment - SLACK:
                break
            found = begin + file.since(moment, low, high) - low
            if cancel is not None and cancel.is_set():
                break
        return found

    def sender(self, queue_id: str, key: int | None = None) -> str | None:
        """The envelope sender of a message, empty for a bounce's, as it is said near a line about it; None
        where nobody said it there."""
        if key is None:
            return None
        found = self._nearby.get(queue_id.encode("ascii", "ignore"), key)
        return None if found is None else decode(found)


def _from(file: LogFile, since: datetime | None) -> Iterator[Part]:
    """A file from a moment on; nothing where its last line is older."""
    if since is not None and file.modified < since - SLACK:
        return
    part = FilePart(file)
    if since is not None and part.size:
        part = FilePart(file, file.since(since, 0, part.size))
    yield part


def _journal(place: str, since: datetime | None, *, kept: bool) -> Part:
    told = "" if since is None else f"@{int((since - SLACK).timestamp())}"
    words = journal.argv(since=told, place=place)
    return OncePart("journal", lambda: (entry.line for entry in journal.entries(words)), kept=kept)


def _opened(sibling: Sibling, troubles: list[str]) -> LogFile | None:
    try:
        return LogFile.open(sibling.path)
    except PermissionError:
        troubles.append(denied(sibling.path))
    except OSError as error:
        troubles.append(f"{sibling.path}: {(error.strerror or str(error)).lower()}")
    return None
