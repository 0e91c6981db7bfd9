"""The tables that main.cf and master.cf name beside the restrictions: missing, or not compiled."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mailtui.doctor.accesstables import asked
from mailtui.doctor.case import Case
from mailtui.doctor.compiled import Named, copy_findings
from mailtui.doctor.model import Finding
from mailtui.postfix import postconf
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import ALIAS_PARAMETERS
from mailtui.postfix.lookups import INDEXED, PATTERNS, Lookup, parse_map, split_list
from mailtui.postfix.services import services
from mailtui.text.safe import safe

_OWN = re.compile(r"_cache_(?:database|map)$|^address_verify_map$")
"""Parameters whose tables Postfix writes by itself."""
_ASKED_WITH = {
    "smtp_sasl_password_maps": "smtp_sasl_auth_enable", "virtual_mailbox_maps": "virtual_mailbox_domains",
    "virtual_uid_maps": "virtual_mailbox_domains", "virtual_gid_maps": "virtual_mailbox_domains",
    "relay_recipient_maps": "relay_domains",
}  # fmt: skip
"""Tables that are asked only where another parameter is set, and not to `no`."""
_HARM = "mail that needs it is not taken, or waits in the queue"


def findings(case: Case) -> Iterator[Finding]:
    """Each table once, by the parameter that names it first."""
    known = {each.table.spec for each in asked(case)}
    for table, by in _named(case):
        if table.spec not in known:
            known.add(table.spec)
            yield from _table(case, table, by)


def _named(case: Case) -> Iterator[tuple[Lookup, Named]]:
    main = case.instance.main.path
    explicit = case.instance.parameters.values.explicit
    for name, value in case.values.items():
        if case.instance.parameters.default(name) is None or _idle(case, name):
            continue  # a name of the admin's own: what uses it names the table, too
        for table in _tables(case, name, value):
            yield table, Named(name, main, case.line(name), _HARM)
    for name in ALIAS_PARAMETERS:
        if name not in explicit:
            for table in _tables(case, name, case.setting(name)):
                if case.texts.raw(table) is not None:  # who has no such file has no aliases
                    yield table, Named(name, main, None, _HARM)
    yield from _of_services(case)


def _types() -> Collection[str]:
    try:
        return postconf.table_types()
    except postconf.PostconfError:
        return (*INDEXED, *PATTERNS, "texthash")


def _idle(case: Case, name: str) -> bool:
    """Whether nothing asks the tables of a parameter."""
    by = _ASKED_WITH.get(name)
    return by is not None and case.setting(by).lower() in {"", "no"}


def _of_services(case: Case) -> Iterator[tuple[Lookup, Named]]:
    try:
        rows = services(case.instance)
    except InstanceError:
        return  # case.unread has it
    for row in rows:
        if not row.enabled:
            continue
        own = case.instance.parameters.service(row.name, row.type)
        for name in own.options:
            try:
                value = own.expanded(name)
            except InstanceError:
                continue
            title = f"{row.service} -o {name}"
            for table in _tables(case, name, value):
                yield table, Named(title, case.instance.master.path, row.line, _HARM, (row.service,))


def _tables(case: Case, name: str, value: str) -> Iterator[Lookup]:
    if _OWN.search(name) or ":/" not in value:
        return
    for item in split_list(value):
        table = parse_map(item, name, case.instance.config_dir)
        if table.has_file:
            yield table


def _table(case: Case, table: Lookup, by: Named) -> Iterator[Finding]:
    if table.type not in _types():
        return  # maptypes.py tells of it
    try:
        case.instance.files.raw(table.path)
        readable = True
    except FileNotFoundError:
        readable = False
    except OSError as error:
        yield Finding(
            "table-unreadable", "warning", f"{by.title}: {safe(table.written)} cannot be looked at", by.file,
            by.line, safe(problem_words(error, table.path)), None, "look at it as root", by.services,
        )  # fmt: skip
        return
    state = table.compiled()
    if readable or (state is not None and state.exists):
        yield from copy_findings(case, table, by, readable=readable)
        return
    yield Finding(
        "table-missing", "error", f"{by.title}: {safe(table.written)} does not exist", by.file, by.line,
        f"{safe(table.path)} is not there: {by.harm}", None,
        f"make the file, or take it out of {by.title}", by.services,
    )  # fmt: skip
