"""Enter on several marked aliases: what to do with all of them, what it comes to, and then one staged act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.dialogs import Choice, Confirm
from mailtui.screens.parts.valuedialog import ValueDialog

if TYPE_CHECKING:
    from mailtui.edits.bulkaliases import BulkChange
    from mailtui.postfix.aliasrows import AliasRow
    from mailtui.postfix.instance import Instance
    from mailtui.screens.aliases import AliasesScreen

SHOWN = 4
"""Aliases of each kind that the preview names."""
_DO = (
    ("a", "add a destination", "Add one destination to all of them."),
    ("o", "drop a destination", "Take one destination out of all that have it."),
    ("r", "replace a destination", "Put another destination in the place of one."),
    ("t", "another table", "Move them into another table of aliases."),
)
Work = Callable[["Instance"], "BulkChange"]


def open_bulk(screen: AliasesScreen, rows: Sequence[AliasRow]) -> None:
    """Ask what is to be done with these rows."""
    from mailtui.edits import bulkaliases

    push = screen.app.push_screen

    def ask(title: str, then: Callable[[str], object], value: str = "") -> None:
        def answered(text: str | None) -> None:
            if text:
                then(text.strip())

        push(
            ValueDialog(title, [f"For {len(rows)} marked aliases; what it comes to is shown first."], value),
            answered,
        )

    def chosen(what: str | None) -> None:
        if what == _DO[0][1]:
            ask(
                "The destination to add",
                lambda new: _look(screen, partial(bulkaliases.add, rows=rows, item=new)),
            )
        elif what == _DO[1][1]:
            ask(
                "The destination to drop",
                lambda old: _look(screen, partial(bulkaliases.drop, rows=rows, item=old)),
            )
        elif what == _DO[2][1]:
            ask("The destination to replace", replaced)
        elif what == _DO[3][1]:
            _ask_table(screen, rows)

    def replaced(old: str) -> None:
        def made(new: str) -> None:
            _look(screen, partial(bulkaliases.replace, rows=rows, old=old, new=new))

        ask(f"What stands in the place of {old}", made, old)

    push(Choice(f"{len(rows)} aliases are marked", ["What is to be done with all of them?"], *_DO), chosen)


def _ask_table(screen: AliasesScreen, rows: Sequence[AliasRow]) -> None:
    from mailtui.edits import bulkaliases

    tables = (
        [table for table in screen.aliases.tables if table.editable] if screen.aliases is not None else []
    )
    answers = [(str(number), table.name, f"Into {table.spec}.") for number, table in enumerate(tables[:9], 1)]

    def chosen(name: str | None) -> None:
        table = next((table for table in tables if table.name == name), None)
        if table is not None:
            _look(screen, partial(bulkaliases.move, rows=rows, to=table))

    screen.app.push_screen(Choice("Into which table?", [table.spec for table in tables], *answers), chosen)


def _look(screen: AliasesScreen, work: Work) -> None:
    """Show what it comes to, over all that is staged, and stage it if that is wanted."""
    edits = screen.session.draft.edits

    def shown(made: BulkChange) -> None:
        if made.refused or not made.edits:
            nothing = "Nothing changes: all of them say so already"
            screen.say(
                made.refused or (f"{made.left[0][0]}: {made.left[0][1]}" if made.left else nothing), "warning"
            )
            return
        screen.app.push_screen(
            Confirm(made.label.removeprefix("~ "), preview(made), yes="stage it"),
            lambda yes: screen.stage(made.edits, label=made.label) if yes else None,
        )

    beside(screen, "bulk", lambda: work(screen.ahead.at(edits).instance), shown, screen.bad)


def preview(made: BulkChange) -> list[str]:
    """What changes, the first of each kind by name."""
    lines = [f"~ {each.name}  {each.was} → {each.value}" for each in made.changed[:SHOWN]]
    lines += [f"  … and {len(made.changed) - SHOWN:,} more"] * (len(made.changed) > SHOWN)
    lines += [
        f"# {each.name}  " + (f"{each.was} → {each.value}, " if each.was != each.value else "") + "stays off"
        for each in made.off[:SHOWN]
    ]
    lines += [f"  … and {len(made.off) - SHOWN:,} more stay off"] * (len(made.off) > SHOWN)
    lines += [f"= {made.same:,} say so already"] * bool(made.same)
    lines += [f"! {name}: {why}" for name, why in made.left[:SHOWN]]
    lines += [f"  … and {len(made.left) - SHOWN:,} more are left out"] * (len(made.left) > SHOWN)
    return lines
