"""SOCKET in /etc/default/opendkim or opendmarc, which systemd's units do not read: Postfix looks there, and
the program listens where its own file says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.milters import ABOUT, Seen, seen
from mailtui.doctor.model import Finding
from mailtui.edits.keywords import SetKeyword
from mailtui.edits.plan import Plan
from mailtui.formats.defaults import Assignment, Defaults
from mailtui.formats.milteritem import Endpoint, own_endpoint
from mailtui.formats.target import Target
from mailtui.milters.facts import World
from mailtui.milters.known import leads_to, own_address
from mailtui.milters.places import config_paths, raw_of
from mailtui.milters.programs import MILTERS, PROGRAMS, Program
from mailtui.text.safe import decode, safe

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def findings(case: Case) -> Iterator[Finding]:
    """Of each such file whose SOCKET Postfix asks, where nobody listens."""
    world = World(case.instance)
    if not world.sockets.found:
        return
    for name in ("opendkim", "opendmarc"):
        for path in config_paths(case.instance, PROGRAMS[f"{name} (init script)"]):
            document = Defaults.parse(raw_of(case.instance, path))
            found = document.get("SOCKET")
            value = _expanded(document, decode(found.value)) if found is not None else ""
            where = own_endpoint(value) if value else None
            if found is not None and where is not None and world.sockets.at(where) is None:
                yield from _of(case, world, MILTERS[name], path, found, value, where)


def _expanded(document: Defaults, text: str) -> str:
    """With the names of the same file put in, as the old init script's shell does."""

    def value(match: re.Match[str]) -> str:
        return decode(document.value(match[1]) or b"")

    return _VARIABLE.sub(value, text).strip("\"' ")


def _leads(each: Seen, where: Endpoint) -> bool:
    """Whether Postfix's address is this one, as one of the services that ask sees it."""
    asked = each.row.item.endpoint
    if asked is None or asked.kind == "inet":
        return asked is not None and leads_to(asked, where)
    return any(leads_to(Endpoint("unix", path=sight.path), where) for sight in each.facts.sights)


def _of(
    case: Case, world: World, program: Program, path: str, found: Assignment, value: str, where: Endpoint
) -> Iterator[Finding]:
    own = own_address(program, case.instance.files, None, world.etc)
    there = own.endpoint if own is not None else None
    if own is None or there is None or leads_to(where, there):
        return
    asked = [each for each in seen(case, world) if _leads(each, where)]
    if not asked:
        return
    edit = SetKeyword(Target(program.format, own.source), program.socket, value, own.written)
    fix, words = fixed(case.tried(Plan((edit,))), f"set {program.socket} {safe(value)} in its own file")
    yield Finding(
        "milter-defaults-ignored", "error", f"{program.name} does not listen on {safe(value)}", path,
        found.line, f"systemd does not read this file, and {safe(own.source)}:{own.line} has it listen on"
        f" {safe(own.written or '')}; {safe(asked[0].row.address)} of Postfix leads to nobody", fix, words,
        about=ABOUT,
    )  # fmt: skip
