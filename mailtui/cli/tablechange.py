"""`mailtui table set`, `remove` and `compile`: one entry changed, or a table made from its text."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, unreadable
from mailtui.cli.output import USAGE, Failed, note
from mailtui.cli.tablenamed import is_parameter, one, rules_of, target_of
from mailtui.edits.entries import SetEntry
from mailtui.edits.entries import current as standing
from mailtui.edits.standing import removal
from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.mapkinds import MAP_KINDS

if TYPE_CHECKING:
    from mailtui.postfix.entrychecks import EntryWarning

_LEVELS = {"error": "warning", "warning": "warning", "advice": "note"}
"""How a finding is announced that does not keep the entry from being set."""


def set_entry(context: Context, options: argparse.Namespace) -> int:
    table = one(context, options.table)
    rules = rules_of(table)
    if rules is not None:
        from mailtui.cli.tablerules import set_rule

        return set_rule(context, options, table, rules)
    target = target_of(table)
    value = " ".join(options.value).strip()
    was = _standing(context, target, options.key)
    _check(context, options, table, value, None if was is None else options.key)
    return carry_out(context, [] if value == was else [SetEntry(target, options.key, value, was)])


def _check(
    context: Context, options: argparse.Namespace, lookup: Lookup, value: str, replacing: str | None
) -> None:
    """What is known of the entry where a rewriting or routing parameter names the table, or a rule of smtpd
    asks it. Raises Failed where it cannot work."""
    from mailtui.cli.tableaccess import access_findings
    from mailtui.postfix.aliastables import AliasTables
    from mailtui.postfix.mapchecks import check_map_entry

    wrong: list[str] = []

    def tell(found: EntryWarning) -> None:
        if found.severity == "error" and not options.anyway:
            wrong.append(found.text)
        else:
            note(f"{_LEVELS[found.severity]}: {found.text}")

    try:
        for parameter in MAP_KINDS:
            if is_parameter(options.table) and parameter != options.table:
                continue
            table = AliasTables.of_maps(context.instance, parameter).by_spec(lookup.spec)
            if table is None or not table.editable:
                continue
            for found in check_map_entry(context.instance, table, options.key, value, replacing):
                tell(found)
        if not is_parameter(options.table):
            for found in access_findings(context, lookup, options.key, value, replacing):
                tell(found)
    except InstanceError as error:
        note(f"note: {error}")
    if wrong:
        raise Failed(f"{options.key} → {value}: {'; '.join(wrong)}", do="--anyway sets it all the same")


def remove(context: Context, options: argparse.Namespace) -> int:
    table = one(context, options.table)
    rules = rules_of(table)
    if rules is not None:
        from mailtui.cli.tablerules import remove_rule

        return remove_rule(context, options, rules)
    target = target_of(table)
    was = _standing(context, target, options.key)
    if was is None:
        from mailtui.cli.nearnames import keys, tell_absent

        tell_absent("entry", options.key, keys(context.instance.files, target))
    gone = [] if was is None else removal(context.instance.files, target, options.key, was)
    return carry_out(context, gone)


def _standing(context: Context, target: Target, key: str) -> str | None:
    try:
        value = standing(entries(context.instance.files, target), key, "")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(error, target.path) from None
    return value if value is None or isinstance(value, str) else ", ".join(value)


def compile_table(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.compiling import CompileTable

    table = one(context, options.table)
    if table.compiled_path is None:
        do = "postfix reload makes its text count" if table.needs == "reload" else "nothing is to be done"
        raise Failed(f"{table.spec} is not compiled: {table.how}", do=do, code=USAGE)
    target = table.target
    assert target is not None  # what is compiled has a text of entries
    return carry_out(context, [CompileTable(target)])
