"""The log's lines, or their records, on standard output: what there is, and what comes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mailtui import commands
from mailtui.cli.context import not_read
from mailtui.cli.logwanted import Wanted
from mailtui.cli.output import Failed, flush, note, write, write_bytes
from mailtui.maillog import journal
from mailtui.maillog.chunks import lines_of
from mailtui.maillog.gather import keep_freed
from mailtui.maillog.history import FileHistory
from mailtui.maillog.logfile import SLACK, LogFile
from mailtui.maillog.senders import Senders
from mailtui.maillog.span import Span
from mailtui.maillog.stamp import when
from mailtui.maillog.tail import FileTail
from mailtui.maillog.tail import follow as follow_file
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from mailtui.maillog.logquery import LogQuery

Give = Callable[[bytes, "datetime | None"], None]
"""Takes whole lines, and the moment that none of them is later than."""
Sender = Callable[[str, int], "str | None"]

FIRST_LINES = 10
"""Lines of the journal that `--follow` begins with."""
FIRST_BYTES = 2048
"""The same of a file."""


class Stretch:
    """The part of a log between two moments."""

    def __init__(self, since: datetime | None, until: datetime | None) -> None:
        self.since, self.until = since, until
        self.over = False
        """Whether everything that comes is later."""
        self._inside = since is None

    def cut(self, block: bytes, now: datetime | None) -> bytes:
        """The lines of a block that lie in it. Lines are nearly in order: only where the block's first and
        last times are close to an end each line is looked at. One without a time goes with the one before."""
        if self.since is None and self.until is None:
            return block
        first, last = _ends(block, now)
        if self.until is not None and first is not None and first >= self.until + SLACK:
            self.over = True
            return b""
        if first is not None and last is not None and self._well_inside(first, last):
            return block
        return b"".join(self._lines(block, now))

    def _well_inside(self, first: datetime, last: datetime) -> bool:
        after = self.since is None or min(first, last) >= self.since + SLACK
        return after and (self.until is None or max(first, last) < self.until - SLACK)

    def _lines(self, block: bytes, now: datetime | None) -> Iterator[bytes]:
        before = b""
        for line in block.splitlines(keepends=True) if b"\r" not in block else _split(block):
            stamp = line[:15] if line[3:4] == b" " else line[: line.find(b" ")]
            if stamp == before:
                if self._inside:
                    yield line
                continue
            before, at = stamp, when(line, now)
            if at is not None:
                self._inside = (self.since is None or at >= self.since) and (
                    self.until is None or at < self.until
                )
            if self._inside:
                yield line


def _split(block: bytes) -> Iterator[bytes]:
    """Only a newline ends a line: a lone carriage return does not."""
    for line in block.split(b"\n")[:-1]:
        yield line + b"\n"
    if not block.endswith(b"\n"):
        yield block.rpartition(b"\n")[2]


def _ends(block: bytes, now: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The times of a block's first and last line."""
    end = len(block) - block.endswith(b"\n")
    last = block.rfind(b"\n", 0, end) + 1
    return when(block[:64], now), when(block[last : last + 64], now)


def blocks_of(span: Span, wanted: Wanted) -> Iterator[tuple[bytes, datetime]]:
    """The lines that are wanted, oldest first, each block with the moment that none of it is later than."""
    stretch = Stretch(wanted.since, wanted.until)
    for first, raw in span.blocks():
        now = span.now(first)
        inside = stretch.cut(raw, now)
        if stretch.over:
            return
        if inside:
            yield inside, now


@contextmanager
def opened(wanted: Wanted, *, kept: bool) -> Iterator[Span]:
    """What is wanted, to be read. What could not be read is said at the end, as a failure: what came before
    was printed. Raises Failed."""
    keep_freed()
    try:
        if wanted.source is None:
            span = Span.of_files(wanted.files, wanted.since, kept=kept)
        else:
            span = Span.of_source(wanted.source, wanted.since, kept=kept)
        yield span
    except commands.CommandError as error:
        raise Failed(str(error)) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise not_read(error, error.filename or wanted.title) from None
    if span.trouble:
        raise Failed("; ".join(span.trouble), do="what could be read was printed")


def show(wanted: Wanted, query: LogQuery | None, *, as_json: bool) -> None:
    """Print what is wanted and matches, oldest first. Raises Failed."""
    give = _giver(as_json)
    with opened(wanted, kept=query is not None) as span:
        if query is None:
            for block, now in blocks_of(span, wanted):
                give(block, now)
            return
        stretch = Stretch(wanted.since, wanted.until)
        for first, raw in span.blocks():
            now = span.now(first)
            inside = stretch.cut(_matching(first, raw, now, query, span.sender), now)
            if stretch.over:
                return
            if inside:
                give(inside, now)


def _matching(first: int, raw: bytes, now: datetime | None, query: LogQuery, sender: Sender) -> bytes:
    if not _may_match(raw, query):
        return b""
    found = []
    for key, line in lines_of(first, raw):
        if query.matches(line, now, lambda queue_id, key=key: sender(queue_id, key)):  # type: ignore[misc]
            found.append(line + b"\n")
    return b"".join(found)


def _may_match(raw: bytes, query: LogQuery) -> bool:
    """Whether any line of a block may match: of each group of words some bytes must be there."""
    folded = raw.lower() if any(not exact for group in query.needles for _text, exact in group) else raw
    return all(any(text in (raw if exact else folded) for text, exact in group) for group in query.needles)


def _giver(as_json: bool) -> Give:
    if not as_json:
        return _print
    from mailtui.cli.logjson import JsonLog

    return JsonLog().give


def _print(block: bytes, _now: datetime | None) -> None:
    """Lines as they are into a pipe or file, safe for a terminal; empty ones are left out."""
    plain = not block.startswith(b"\n") and b"\n\n" not in block and b"\r" not in block
    if plain and not sys.stdout.isatty():
        write_bytes(block if block.endswith(b"\n") else block + b"\n")
        flush()
        return
    for line in block.split(b"\n"):
        if line.strip():
            write(decode(line.rstrip(b"\r")))
    flush()


def follow(wanted: Wanted, query: LogQuery | None, *, as_json: bool) -> None:
    """Print the last lines, or those since a moment, and each one that comes. Until the reader has enough:
    Ctrl+C ends it, and so does a closed pipe. Raises Failed."""
    print_lines = _giver(as_json)
    stretch, senders = Stretch(wanted.since, None), Senders()

    def sender(queue_id: str, _key: int) -> str | None:
        found = senders.get(queue_id.encode("ascii", "ignore"))
        return None if found is None else decode(found)

    def give(block: bytes, now: datetime | None) -> None:
        inside = stretch.cut(block, now)
        if query is not None:
            senders.add(block)
            inside = _matching(0, inside, now, query, sender)
        if inside:
            print_lines(inside, now)

    stop = threading.Event()
    if wanted.source is not None and wanted.source.kind == "journal":
        _follow_journal(wanted, give, stop)
    else:
        _follow_file(
            wanted.files[0] if wanted.source is None else wanted.source.path, wanted.since, give, stop
        )


def _follow_journal(wanted: Wanted, give: Give, stop: threading.Event) -> None:
    def take(text: str) -> None:
        entry = journal.entry(text.encode("utf-8", "surrogateescape"))
        if entry is not None:
            give(entry.line, None)

    place = wanted.source.path if wanted.source is not None else ""
    if wanted.since is None:
        words = journal.argv(lines=FIRST_LINES, follow=True, place=place)
    else:
        since = f"@{int((wanted.since - timedelta(seconds=1)).timestamp())}"
        words = journal.argv(lines="all", since=since, follow=True, place=place)
    try:
        commands.follow(words, take, stop)
    except commands.CommandError as error:
        raise Failed(str(error)) from None


def _follow_file(path: str, since: datetime | None, give: Give, stop: threading.Event) -> None:
    def begin(file: LogFile, position: int) -> None:
        """Before the first line that is new: what was logged since the moment that is asked for."""
        if since is not None:
            history = FileHistory(file, position)
            for chunk in history.forward(history.key_at(since)):
                give(chunk.raw, chunk.now)
            for words in history.trouble:
                trouble(words)

    def trouble(words: str) -> None:
        note(f"mailtui: {words}")

    try:
        LogFile.open(path).read(0, 1)
    except OSError as error:
        raise not_read(error, path) from None
    tail = FileTail(path, backlog=FIRST_BYTES if since is None else 0, on_begin=begin)
    follow_file(tail, lambda block: give(block, None), stop, on_trouble=trouble)
