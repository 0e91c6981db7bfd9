"""`mailtui table` for access tables: entries checked for where they are asked, keys tried as smtpd asks."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from mailtui.cli.context import Context
from mailtui.cli.output import USAGE, Failed, note, write, write_json
from mailtui.postfix.accesskeys import KINDS
from mailtui.postfix.accesstry import TriedAccess, try_access
from mailtui.postfix.accessuses import AccessRules, AccessUse, access_tables, access_uses
from mailtui.postfix.entrychecks import EntryWarning
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import Lookup
from mailtui.text.safe import safe


def uses_of(context: Context, lookup: Lookup, check: str = "") -> list[AccessUse]:
    """The rules that ask a table, one for each check; with `check` that one, whether a rule asks it or not.

    Raises Failed for a check that there is not.
    """
    if check and check.lower() not in KINDS:
        raise Failed(f"there is no {safe(check)}", do=f"one of {', '.join(KINDS)}", code=USAGE)
    try:
        found = [use for use in access_uses(context.instance) if use.table == lookup.written]
    except InstanceError as error:
        note(f"note: {error}")
        found = []
    if check:
        asked = [use for use in found if use.check == check.lower()]
        return asked[:1] or [AccessUse(check.lower(), lookup.written)]
    return list({use.check: use for use in reversed(found)}.values())[::-1]


def access_findings(
    context: Context, lookup: Lookup, key: str, value: str, replacing: str | None, check: str = ""
) -> Iterator[EntryWarning]:
    """What is to be said of an entry by each check that asks its table, each sentence once."""
    from mailtui.postfix.mapchecks import check_map_entry

    said: set[str] = set()
    for use in uses_of(context, lookup, check):
        table = access_tables(context.instance, use).tables[0]
        if not table.editable:
            continue
        for found in check_map_entry(context.instance, table, key, value, replacing):
            if found.text not in said:
                said.add(found.text)
                yield found


def value_findings(context: Context, lookup: Lookup, value: str) -> Iterator[EntryWarning]:
    """The same of a result in a table of patterns or networks."""
    from mailtui.postfix.accessactions import check_action

    said: set[str] = set()
    for use in uses_of(context, lookup):
        place = AccessRules.of(context.instance, use.check, use.service, use).place
        for found in check_action(value, place):
            if found.text not in said:
                said.add(found.text)
                yield EntryWarning("destination", found.text, found.severity, 0)


def try_as_asked(context: Context, options: argparse.Namespace, lookups: Sequence[Lookup]) -> bool:
    """Try a key as the check asks that is named, or that alone asks the table. False where there is none."""
    if len(lookups) != 1:
        return False
    uses = uses_of(context, lookups[0], options.check)
    if len(uses) > 1:
        names = ", ".join(use.check for use in uses)
        note(f"note: {names} ask it; --check NAME tries it as one of them does")
    if len(uses) != 1:
        return False
    try:
        found = try_access(context.instance, uses[0], options.key)
    except InstanceError as error:
        raise Failed(str(error)) from None
    _show(context, options, uses[0], found)
    return True


def _show(context: Context, options: argparse.Namespace, use: AccessUse, found: TriedAccess) -> None:
    last = found.found
    if context.json:
        told = {"value": last.value, "by": last.key, "table": last.table} if last is not None else {}
        tried = [one.key for one in found.answers]
        write_json(
            {"key": options.key, "tried": tried, "found": last is not None, "check": use.check,
             "does": found.does, **told}
        )  # fmt: skip
    elif last is not None and last.value is not None:
        write(last.value)
        by = f"by the key {last.key}; " if last.key != options.key else ""
        note(f"note: {by}as {use.check} asks: {found.does}")
    else:
        asked = ", ".join(one.key for one in found.answers)
        note(f"{options.table} has no answer to {options.key}, asked by {use.check} as {asked}")
