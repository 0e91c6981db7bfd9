"""What is known of an alias before it is written: what cannot work is refused, the rest is advice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtui.cli.context import Context, failed
from mailtui.cli.output import Failed, note
from mailtui.postfix.aliases import AliasTable
from mailtui.postfix.errors import InstanceError

_LEVELS = {"error": "warning", "warning": "warning", "advice": "note"}
"""How advice is announced: what stands here cannot fail a command, so nothing of it is called an error."""


def advise(
    context: Context, table: AliasTable, name: str, items: Sequence[str], replacing: str | None
) -> None:
    """Say what the screen would say while one types. Only advice: what cannot work the engine refuses."""
    from mailtui.postfix.validate import check_entry

    try:
        for warning in check_entry(context.instance, table, name, items, replacing):
            note(f"{_LEVELS[warning.severity]}: {warning.text}")
    except InstanceError as error:
        note(f"note: {error}")


def refuse_hopeless(context: Context, table: AliasTable, items: Iterable[str]) -> None:
    """Refuse new destinations by which mail bounces whatever else is so, by the rule that an import goes by:
    `|command`, `/file` and `:include:` outside alias_maps, which cleanup(8) takes for users' names. Raises
    Failed."""
    from mailtui.postfix.aliasrows import item_kind
    from mailtui.postfix.destinations import item_problem

    virtual = table.role == "virtual"
    try:
        for item in items:
            why = item_problem(context.instance, item, virtual=virtual)
            if not why:
                continue
            do = "--anyway writes it all the same"
            if virtual and item_kind(item) != "plain":
                do = f"give it a name in alias_maps, and that name as the destination here; {do}"
            raise Failed(f"{item}: {why}", do=do)
    except InstanceError as error:
        raise failed(error) from None
