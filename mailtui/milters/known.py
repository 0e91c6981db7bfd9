"""Which program a milter is, and where that program itself says that it listens.

What tells it, the surest first: the process that listens at the address; a program's own configuration that
names the address; the usual port or path of a program. Each program's way to say where it listens is read
from its command line, which beats its file, then from its file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

from mailtui.formats.defaults import Defaults
from mailtui.formats.keywordgrammar import Kind
from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.milteritem import Endpoint, own_endpoint
from mailtui.formats.splice import Refused
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.programs import MILTERS, Program, option
from mailtui.milters.sockets import Listening, Process, Sockets, port_number
from mailtui.postfix.etc import is_in_etc
from mailtui.postfix.files import Reader
from mailtui.text.safe import decode, safe

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Own:
    """Where a program says that it listens: `written` as there, None where it says nothing. `source`: its
    file, or `command line`."""

    written: str | None
    source: str = ""
    line: int | None = None

    @property
    def endpoint(self) -> Endpoint | None:
        """The address; None where it is not understood."""
        return own_endpoint(self.written) if self.written is not None else None


_BIND = re.compile(r'^\s*bind_socket\s*=\s*"([^"]*)"', re.MULTILINE)


def own_word(program: Program, path: str, files: Reader) -> Own:
    """Where a program's file says that it listens. Raises OSError and Refused."""
    if program.kind == "opendkim.conf":
        return _opendkim(path, files)
    if program.kind is None:
        return _rspamd(path, files)
    if program.kind == "defaults":
        setting = Defaults.parse(files.raw(path)).get(program.socket.encode())
        text = decode(setting.value).strip() if setting is not None else None
        return Own(text, path, setting.line if setting is not None else None)
    found = KeywordDocument.parse(files.raw(path), cast("Kind", program.kind)).get(program.socket)
    return Own(None, path) if found is None else Own(decode(found.value).strip(), path, found.line)


def _opendkim(path: str, files: Reader) -> Own:
    """Files that it includes count too."""
    found = DkimConfig.read(path, files).keywords.get("socket")
    return Own(None, path) if found is None else Own(found.text, found.file, found.line)


def _rspamd(path: str, files: Reader) -> Own:
    text = decode(files.raw(path))
    found = _BIND.search(text)
    if found is None:
        return Own(None, path)
    place = found[1].split()[0] if found[1].split() else ""
    if not place.startswith("/"):
        host, _, port = place.rpartition(":")
        place = f"inet:{port}@{host.replace('*', '')}" if port else place
    return Own(place, path, text.count("\n", 0, found.start(1)) + 1)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the program behind a milter. `by`: what told it; `own`: where it says that it listens;
    `here`: what listens at Postfix's address; `elsewhere`: where the program listens instead."""

    program: Program | None
    by: str = ""
    own: Own | None = None
    here: Listening | None = None
    elsewhere: tuple[Listening, ...] = ()

    @property
    def name(self) -> str:
        return self.program.name if self.program is not None else UNKNOWN

    @property
    def is_same(self) -> bool | None:
        """Whether the program's own word is that of Postfix; None where it has none."""
        return None if self.own is None or self.own.endpoint is None else not self.elsewhere

    @property
    def process(self) -> Process | None:
        """The program's process, wherever it listens."""
        if self.here is not None:
            return self.here.process
        return self.elsewhere[0].process if self.elsewhere else None


def recognise(where: Endpoint, files: Reader, sockets: Sockets, etc: str = "/etc") -> Known:
    """The program at an address; `where.path` is the real one, as the service that asks sees it. `etc`: the
    folder that holds Postfix's own, where the programs' files are looked for first."""
    here = sockets.at(where)
    if here is not None and here.process is not None:
        program = of_process(here.process)
        if program is not None:
            own = own_address(program, files, here.process, etc)
            return Known(program, f"process {here.process.pid}", own, here)
        return Known(None, f"process {here.process.pid} {safe(here.process.name, 40)}", None, here)
    for program in MILTERS.values():
        for process in (*_running(program, sockets), None):
            own = own_address(program, files, process, etc)
            found = own.endpoint if own is not None else None
            if own is not None and found is not None and leads_to(where, found):
                return Known(program, safe(own.source), own, here, _elsewhere(program, where, sockets))
    for program in MILTERS.values():
        if _usual(program, where):
            running = next(iter(_running(program, sockets)), None)
            own = own_address(program, files, running, etc)
            by = "its usual port" if where.kind == "inet" else "the path's name"
            return Known(program, by, own, here, _elsewhere(program, where, sockets))
    return Known(None, "", None, here)


def _elsewhere(program: Program, where: Endpoint, sockets: Sockets) -> tuple[Listening, ...]:
    found = sockets.of(program.processes)
    return tuple(each for each in found if not leads_to(where, each.endpoint))


def _running(program: Program, sockets: Sockets) -> Iterator[Process]:
    seen: set[int] = set()
    for each in sockets.of(program.processes):
        if each.process is not None and each.process.pid not in seen:
            seen.add(each.process.pid)
            yield each.process


def of_process(process: Process) -> Program | None:
    """The program that a process runs."""
    base = process.words[0].rpartition("/")[2] if process.words else process.name
    for program in MILTERS.values():
        names = program.processes
        if base.rstrip(":") in names or any(name[:15] == process.name for name in names):
            return program
    return None


def own_address(
    program: Program, files: Reader, process: Process | None = None, etc: str = "/etc"
) -> Own | None:
    """Where a program says that it listens: this process, or one that would start now; None where there is
    no file of its. `etc`: as in `recognise`."""
    words = process.words[1:] if process is not None else ()
    told = option(words, program.socket_options)
    if told is not None:
        return Own(told, "command line")
    named = option(words, program.options)
    beside = os.path.join(etc, program.beside)
    usual = (beside, program.file) if is_in_etc(os.path.join(etc, "postfix")) else (beside,)
    for path in (named,) if named is not None else usual:
        if files.stamp(path) is None:
            continue
        try:
            own = own_word(program, path, files)
        except (OSError, ValueError, Refused):
            return None
        return replace(own, written=own.written or None)
    return None


def leads_to(where: Endpoint, own: Endpoint) -> bool:
    """Whether who connects to `where` gets to a program that listens at `own`."""
    if where.kind != own.kind:
        return False
    if where.kind == "unix":
        return _plain(where.path) == _plain(own.path)
    if port_number(where.port) != port_number(own.port):
        return False
    return (
        Sockets([(Endpoint("inet", _bound(own.host), port_number(own.port)), "")], {}).at(where) is not None
    )


def _bound(host: str) -> str:
    """The address on which a program listens that is told so."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    return host or "0.0.0.0"  # noqa: S104  # it is compared, not bound


def _plain(path: str) -> str:
    return os.path.realpath(path)


def _usual(program: Program, where: Endpoint) -> bool:
    if where.kind == "inet":
        return port_number(where.port) in program.ports
    return any(hint in where.path.lower() for hint in program.hints)
