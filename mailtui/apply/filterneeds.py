"""What a change of a filter's file makes necessary: which program reads it, and how it is told."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Literal, cast

from mailtui.apply.need import DATA_SETS, HANGUP, Need
from mailtui.edits.candidate import FileChange
from mailtui.formats.defaults import Defaults
from mailtui.formats.document import parse
from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.milteritem import Endpoint, own_endpoint
from mailtui.formats.target import KEYWORDS
from mailtui.milters.chains import MilterRow, milter_chains
from mailtui.milters.known import leads_to
from mailtui.milters.places import named_by, raw_of
from mailtui.milters.programs import PROGRAMS, Program, of_file
from mailtui.milters.running import Running, of_config, running
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.greylisting import RELOAD
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, safe

_MEANWHILE = {
    "accept": "mail passes without it meanwhile",
    "reject": "mail is refused for good meanwhile",
    "tempfail": "mail is deferred with 451 meanwhile",
    "quarantine": "mail is put on hold meanwhile",
}
"""What milter_default_action makes of mail while a milter is down."""


def needs(instance: Instance, changes: Sequence[FileChange], *, no_reload: bool = False) -> tuple[Need, ...]:
    """What the programs beside Postfix must be told, in the order of the changes; the stronger of two for one
    program."""
    found: dict[tuple[str, str], Need] = {}
    for change in changes:
        for need in _of(instance, change):
            key = need.program, "" if need.action else need.why
            held = found.get(key)
            if held is None or _rank(need) > _rank(held):
                found[key] = need
    return tuple(_left(each) if no_reload else each for each in found.values())


def _rank(need: Need) -> int:
    return ("", "reload", "restart").index(need.action)


def _left(need: Need) -> Need:
    if not need.action:
        return need
    why = f"not {need.action}ed, as you asked; needed, because {need.why}"
    return Need(need.program, "", why)


def _of(instance: Instance, change: FileChange) -> Iterator[Need]:
    kind = change.target.format
    if kind in DATA_SETS:
        yield from _data_set(instance, change)
    elif kind == "whitelist":
        yield _told(PROGRAMS["postgrey"], "reload", "it reads its whitelists again", HANGUP, instead=RELOAD)
    elif kind in KEYWORDS:
        program = of_file(kind, change.target.path)
        if program is not None and program.learns != "postfix":
            yield _keywords(instance, program, change)


# -- a program's own configuration


def changed_keywords(change: FileChange) -> list[str]:
    """The keywords whose values in force differ after the change, as their manual page spells them."""
    before, after = (parse(change.target.format, raw) for raw in (change.before, change.after))
    if isinstance(before, Defaults) and isinstance(after, Defaults):
        names = {each.name for each in (*before.assignments, *after.assignments)}
        return sorted(decode(name) for name in names if before.value(name) != after.value(name))
    old, new = cast("KeywordDocument", before), cast("KeywordDocument", after)
    found = {new.grammar.spelled(each.name) for each in (*old.entries, *new.entries)}
    return sorted(name for name in found if old.values(name) != new.values(name))


def _keywords(instance: Instance, program: Program, change: FileChange) -> Need:
    path = change.target.path
    names = changed_keywords(change)
    if not names:
        return Need(program.name, "", "what it reads stays the same")
    if program.learns == "legacy":
        return Need(program.name, "", "systemd does not read this file: only the old init script does")
    process = of_config(program, path) if program.options else next(iter(running(program)), None)
    action = program.needs(names)
    why = f"{', '.join(safe(name) for name in names)}: {_why(program, action)}"
    before = _socket(program, change.before)
    after = _socket(program, change.after)
    meanwhile = _meanwhile(instance, before or after) if action == "restart" and program.socket else ""
    return _told(program, action, why, program.signal, process, meanwhile=meanwhile, sockets=(before, after))


def _why(program: Program, action: str) -> str:
    if action == "reload":
        return f"{program.name} reads it again when told, with the next connection"
    return f"{program.name} reads it only when it starts"


def _socket(program: Program, raw: bytes) -> Endpoint | None:
    """Where a program listens by its file."""
    if not program.socket:
        return None
    document = parse(program.format, raw)
    value = document.value(program.socket) if isinstance(document, KeywordDocument) else None
    return own_endpoint(decode(value)) if value else None


# -- the files that a configuration names


def _data_set(instance: Instance, change: FileChange) -> Iterator[Need]:
    found = False
    for program, path, name in named_by(instance, change.target.path):
        found = True
        action = program.needs([name])
        why = f"{name} of {safe(path)}: {_why(program, action)}"
        process = of_config(program, path)
        at = _socket(program, raw_of(instance, path))
        meanwhile = _meanwhile(instance, at) if action == "restart" else ""
        yield _told(program, action, why, program.signal, process, meanwhile=meanwhile, sockets=(at, at))
    if not found:
        yield Need(change.target.name, "", "no file of opendkim or opendmarc names it")


# -- how it is told


def _told(
    program: Program,
    action: Literal["reload", "restart"],
    why: str,
    signal: int,
    process: Running | None = None,
    *,
    meanwhile: str = "",
    sockets: tuple[Endpoint | None, Endpoint | None] = (None, None),
    instead: str = "",
) -> Need:
    if process is None and not program.options:
        process = next(iter(running(program)), None)
    if process is None:
        text = instead or f"systemctl {action} {program.unit}"
        return Need(program.name, "", f"it does not run here: nothing to do now ({text})")
    if action == "reload" and signal:
        command = process.command("reload") if signal != HANGUP and process.systemd else ()
        return Need(program.name, "reload", why, process, command, signal, *sockets)
    command = process.command("restart")
    if not command:
        started = safe(" ".join(process.words), 80)
        text = f"{why}; process {process.pid} ({started}) was started by hand: start it again yourself"
        return Need(program.name, "", text)
    return Need(program.name, "restart", why, process, command, 0, *sockets, meanwhile)


def asking(instance: Instance, at: Endpoint) -> Iterator[tuple[str, MilterRow]]:
    """The milters of Postfix's lists that lead to a socket, with their list's name. Raises InstanceError."""
    for chain in milter_chains(instance):
        for row in chain.live:
            where = row.item.endpoint
            if where is not None and leads_to(_real(instance, where), at):
                yield chain.parameter, row


def _real(instance: Instance, where: Endpoint) -> Endpoint:
    """A Unix socket as the host sees it: a path below the queue directory, where that leads there."""
    if where.kind != "unix":
        return where
    inside = os.path.join(instance.queue_directory, where.path.lstrip("/"))
    outside = where.path.startswith("/") and not os.path.exists(inside)
    return where if outside else Endpoint("unix", path=inside)


def _meanwhile(instance: Instance, at: Endpoint | None) -> str:
    """What becomes of mail while the filter is down, by each list that asks it."""
    if at is None:
        return ""
    try:
        found = {
            f"{name}, {row.actual.get('default_action', 'tempfail')}: "
            + _MEANWHILE.get(row.actual.get("default_action", "tempfail"), "mail gets 451 meanwhile")
            for name, row in asking(instance, at)
        }
    except InstanceError:
        return ""
    return "; ".join(sorted(found)) or "no list of Postfix asks it: mail is not touched"
