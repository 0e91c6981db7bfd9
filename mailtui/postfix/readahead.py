"""A large table read by a second process while this one does something else: Python reads on one core.

    read_ahead(files, targets)         # of these the large ones, if there is a second processor
    files.document(target)             # waits for the other process, or reads where that failed

The console starts so: it imports for as long as a million lines take to be read. What comes back is all of
the text and where its lines and entries are, so that text and index are always of one state of the file.
"""

from __future__ import annotations

import fcntl
import os
import signal
from array import array
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from mailtui.formats.document import parse
from mailtui.formats.entries import Index
from mailtui.formats.lines import Lines
from mailtui.postfix.files import Files, Read, Stamp, load

if TYPE_CHECKING:
    from mailtui.formats.aliases import Aliases
    from mailtui.formats.table import Table
    from mailtui.formats.target import Target

LARGE = 4_000_000
"""Bytes from which on a second process is worth its start: a smaller table is read in 25 ms."""
_NUMBERS = 10
"""Numbers at the head of what the other process sends: the stamp, and how long each part is."""
_ASKED_WITHIN = 30
"""Seconds for which the other process keeps what nobody asks for."""
_PIPE = 1 << 20
"""Bytes that wait in the pipe at most; as much as any user may ask for."""


def read_ahead(files: Files, targets: Iterable[Target]) -> None:
    """Have the large ones of these tables read. The process must have one thread only: it is forked."""
    for target in dict.fromkeys(targets):
        reading = begin(target)
        if reading is not None:
            files.expect(target, reading)


class Reading:
    """A table that another process reads, and sends once it is asked for."""

    def __init__(self, target: Target, pid: int, pipe: int) -> None:
        self._target, self._pid = target, pid
        self._pipe: int | None = pipe
        self._read: Read | None = None
        self._lock = Lock()

    def wait(self) -> Read | None:
        """The table once it is read; None where the other process failed. For any thread."""
        with self._lock:
            if self._pipe is not None:
                pipe, self._pipe = self._pipe, None
                with open(pipe, "rb") as file, suppress(EOFError):
                    self._read = _get(file, self._target)
                os.waitpid(self._pid, 0)
        return self._read


def begin(target: Target) -> Reading | None:
    """Have a table read. None where it is small, cannot be read, or there is one processor alone."""
    try:
        if os.stat(target.path).st_size < LARGE or len(os.sched_getaffinity(0)) < 2:
            return None
        ours, theirs = os.pipe()
    except OSError:
        return None
    try:
        pid = os.fork()
    except OSError:
        os.close(ours)
        os.close(theirs)
        return None
    if pid == 0:
        _send(target, theirs)
    os.close(theirs)
    return Reading(target, pid, ours)


def _send(target: Target, pipe: int) -> NoReturn:
    """Read in the other process. What goes wrong there ends it, and the pipe with it."""
    try:
        signal.alarm(_ASKED_WITHIN)
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        stamp, raw = load(target.path)
        document = cast("Table | Aliases", parse(target.format, raw))
        with open(pipe, "wb") as file:
            _put(file, stamp, document)
    finally:
        os._exit(0)


def _put(file: BinaryIO, stamp: Stamp, document: Table | Aliases) -> None:
    lines, odd, off, heads = document.index
    own_heads = heads if heads is not lines.firsts else array("L")
    parts = [lines.starts, lines.firsts, odd, off, own_heads]
    file.write(array("q", [*stamp, len(lines.raw), *map(len, parts)]))
    file.write(lines.raw)
    file.write(lines.kinds)
    for part in parts:
        part.tofile(file)


def _get(file: BinaryIO, target: Target) -> Read:
    *stamp, size, starts, firsts, odd, off, heads = _numbers(file, "q", _NUMBERS)
    raw, kinds = file.read(size), file.read(starts - 1)
    lines = Lines.of(raw, _numbers(file, "Q", starts), kinds, _numbers(file, "L", firsts))
    own = [_numbers(file, "L", many) for many in (odd, off, heads)]
    index = Index(lines, own[0], own[1], own[2] or lines.firsts)
    return Read(Stamp(*stamp), _made(target, raw, index))


def _numbers(file: BinaryIO, code: str, many: int) -> array[int]:
    """Raises EOFError where the other process ended."""
    found = array(code)
    found.fromfile(file, many)
    return found


def _made(target: Target, raw: bytes, index: Index) -> Table | Aliases:
    if target.format == "aliases":
        from mailtui.formats.aliases import Aliases

        return Aliases(raw, index)
    from mailtui.formats.table import Table

    return Table(raw, index)
