"""Aliases (`3`): one list over every alias table of the instance, edited in the detail pane; and, by Tab, one
for each parameter that rewrites or routes mail."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.postfix.aliases import AliasRow
from mailtui.screens.parts.aliasdetail import about, example
from mailtui.screens.parts.aliasremoving import Removing
from mailtui.screens.parts.aliasrows import AliasRows
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.filterbar import Filtered
from mailtui.screens.parts.keys import on_again, takes_back
from mailtui.screens.parts.listkeys import COPIED

if TYPE_CHECKING:  # and imported where they are used: the first screen is up sooner
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.resolution import Resolution

SETTLE = 0.08
"""Seconds the cursor rests on a row before it is resolved."""


class AliasesScreen(Removing):
    """See the module's text."""

    MODE = "aliases"
    NOUNS = ("alias", "aliases")
    EMPTY = "No alias yet; {aliases.new:n} makes one"
    COLUMNS = (
        Column("ADDRESS", share=4, least=16),
        Column("GOES TO", share=5, least=16),
        Column("TABLE", share=0, least=10, drop=56),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="aliases.new", tooltip="Make a new alias."),
        Binding("enter", "edit", "edit", id="aliases.edit",
                tooltip="Edit the address and its destinations; of marked ones together: a destination more,"
                " less or by another, or their table."),
        Binding("d", "delete", "delete", id="aliases.delete",
                tooltip="Stage the removal, and say what becomes of the mail."),
        Binding("number_sign", "switch", "off/on", id="aliases.switch",
                tooltip="Comment the entry out, or in again; it stays in the file."),
        Binding("x", "explain", "explain", id="aliases.explain",
                tooltip="Follow the address to its final deliveries, and find who else ends there."),
        Binding("e", "problem(1)", "next problem", show=False, id="aliases.next-problem",
                tooltip="Go to the next row with a problem: ! ? = *"),
        Binding("E", "problem(-1)", "previous problem", show=False, id="aliases.previous-problem",
                tooltip="Go to the previous row with a problem."),
        Binding("y", "copy", "copy", show=False, id="aliases.copy",
                tooltip="Copy the marked rows, or this one, and show them as plain text."),
        Binding("s", "save", "save", show=False, id="aliases.save",
                tooltip="Save the rows that are shown as a text file."),
    ]  # fmt: skip

    # Detail

    def describe(self, key: Hashable | None) -> None:
        row = self.row
        if row is None or key is None:
            self.pane.show([], [], [])
            return
        self.pane.show(*about(row, None))
        if row.kinds[0] in {"opaque", "pattern"}:
            return
        if row.table.kind is not None:
            self.describe_map(row, SETTLE)
            return
        edits = self.session.draft.edits
        gone = row.marker == "-" or not row.enabled

        def follow() -> tuple[Resolution | None, str]:
            from mailtui.postfix.resolve import fate, resolve

            after = self.ahead.at(edits).instance
            return (None, fate(after, row.address)) if gone else (resolve(after, example(row)), "")

        def followed(answer: tuple[Resolution | None, str]) -> None:
            if self.lines.key == key:
                self.pane.show(*about(row, *answer))

        def failed(error: Exception) -> None:
            self.pane.show(*about(row, None, problem(error)))

        beside(self, "resolve", follow, followed, failed, wait=SETTLE)

    # The editor

    async def action_new(self) -> None:
        await self.laid()
        tables = tuple(self.aliases.tables) if self.aliases is not None else ()
        if any(table.editable for table in tables):
            from mailtui.screens.parts.aliasform import Form

            await self.edit(Form(tables))
        elif self.aliases is None:
            self.say("The tables are still being read", "warning")
        else:
            self.say(f"No table of {self.nouns()[1]} can be edited here", "warning")

    async def action_edit(self) -> None:
        if len(self.lines.marked) > 1:
            self.with_chosen(self._edit_together)
            return
        key = self.lines.key
        await self.laid()
        await self._open(key)

    def _edit_together(self, rows: list[AliasRow]) -> None:
        if any(row.table.kind is not None for row in rows):
            self.say("Several are edited at once in the list of aliases alone")
            return
        from mailtui.screens.parts.aliasbulk import open_bulk

        open_bulk(self, rows)

    def open_row(self, key: Hashable) -> None:
        """A double click."""
        self.call_later(self._open, key)

    async def _open(self, key: Hashable) -> None:
        row = self.row_of(key)
        if row is None or not self.editable([row]) or self.aliases is None:
            return
        if row.marker == "-":
            self.say(f"This {self.nouns()[0]} is to be deleted; {takes_back()}", "warning")
        elif not row.enabled:
            self.say(f"This {self.nouns()[0]} is off; {on_again('aliases')}", "warning")
        else:
            from mailtui.screens.parts.aliasform import Form

            await self.edit(Form.of(row, tuple(self.aliases.tables)))

    # Looking

    def action_explain(self) -> None:
        row = self.row
        if row is None or row.kinds[0] in {"opaque", "pattern"}:
            return
        if row.table.kind is not None:
            self.explain_map(row)
            return
        address, edits = example(row), self.session.draft.edits

        def after() -> Instance:
            return self.ahead.at(edits).instance

        def follow() -> Resolution:
            from mailtui.postfix.resolve import resolve

            return resolve(after(), address)

        def show(found: Resolution) -> None:
            from mailtui.screens.parts.aliasexplain import ExplainView

            self.app.push_screen(ExplainView(found, after))

        beside(self, "explain", follow, show, self.bad)

    def action_copy(self) -> None:
        self.with_chosen(self._copy)

    def _copy(self, rows: list[AliasRow]) -> None:
        if rows:
            text = "\n".join(_as_text(row) for row in rows[:COPIED])
            self.console.copy_and_show(text, len(rows) - COPIED)

    def action_save(self) -> None:
        rows, shown = self.rows, self.lines.rows
        if not isinstance(rows, AliasRows):
            return
        from mailtui.screens.parts.savetext import save_text

        numbers: Iterable[int] = shown.indices[:] if isinstance(shown, Filtered) else range(len(rows))

        def lines() -> Iterator[str]:
            return (_as_text(rows.row(number), table=True) for number in numbers)

        save_text(
            self,
            self.view or "aliases",
            f"{self.view or 'aliases'}.txt",
            lines,
            lambda path: self.say(f"Saved as {path}"),
        )


def _as_text(row: AliasRow, *, table: bool = False) -> str:
    """A row as a line: its letter, the address, where it goes."""
    text = f"{row.address}  {', '.join(row.destinations)}"
    return f"{row.marker or ' '} {text}  ({row.table.spec})" if table else text
