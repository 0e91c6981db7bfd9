"""Restriction classes: without a definition, or without a use."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import Finding
from mailtui.edits.items import RemoveItem
from mailtui.edits.parameters import ResetParameter
from mailtui.edits.plan import Plan
from mailtui.postfix.lookups import parse_map
from mailtui.text.safe import safe

PARAMETER = "smtpd_restriction_classes"


def findings(case: Case) -> Iterator[Finding]:
    """Each class of smtpd_restriction_classes, once."""
    named = {chain.stage for server in case.servers for chain in server.chains.classes}
    unread = _unread(case)
    for stage in sorted(named):
        chains = [chain for server in case.servers for chain in [server.chains.chain(stage)] if chain]
        name = stage.removeprefix("class:")
        if any(not chain.live for chain in chains):
            yield _empty(case, name)
        elif not any(chain.used_by for chain in chains) and not unread:
            yield _unused(case, name)


def _unread(case: Case) -> bool:
    """Whether a table is asked whose rows cannot be read here: it may name a class."""
    return any(sight.row.table and not case.texts.knows(parse_map(sight.row.table)) for sight in case.sights)


def _line(case: Case, name: str) -> int | None:
    items = case.instance.parameters.items(PARAMETER)
    return next((line for text, line in items if text == name), case.line(PARAMETER))


def _without(case: Case, name: str) -> Plan | None:
    """The class out of the list of them; its definition stays, unless it is the last of them."""
    written = [text for text, _ in case.instance.parameters.items(PARAMETER)]
    if name not in written:
        return None
    main = case.instance.main
    if written == [name]:
        was = case.instance.parameters.get(PARAMETER) or ""
        return case.tried(Plan((ResetParameter(main, PARAMETER, was),)))
    at = written.index(name)
    below = written[at + 1] if at + 1 < len(written) else None
    return case.tried(Plan((RemoveItem(main, PARAMETER, name, below),)))


def _empty(case: Case, name: str) -> Finding:
    used = any(name in sight.row.classes for sight in case.sights)
    fix, words = fixed(
        None if used else _without(case, name),
        f"define {safe(name)}: its rules are used, and which they were mailtui cannot know",
    )
    return Finding(
        "class-undefined", "error", f"the restriction class {safe(name)} has no definition",
        case.instance.main.path, _line(case, name), "smtpd ends at each connection, and takes no mail at all;"
        " postfix check does not tell", fix, words,
    )  # fmt: skip


def _unused(case: Case, name: str) -> Finding:
    plan = _without(case, name)
    main = case.instance.main
    was = case.instance.parameters.get(name)
    if plan is not None and was is not None and f"${name}" not in _others(case, name):
        plan = case.tried(plan, Plan((ResetParameter(main, name, was),)))
    fix, words = fixed(plan, f"take it out of {PARAMETER}")
    return Finding(
        "class-unused", "advice", f"nothing uses the restriction class {safe(name)}", main.path,
        case.line(name) or _line(case, name),
        "no list and no access table names it; letter case counts in the names of classes", fix, words,
    )  # fmt: skip


def _others(case: Case, name: str) -> str:
    """All else that main.cf says, for uses as `$name`."""
    explicit = case.instance.parameters.values.explicit
    return " ".join(
        value.replace("{", "").replace("(", "") for each, value in explicit.items() if each != name
    )
