"""Aliases (`3`): one list over every alias table of the instance, edited in the detail pane; and, by Tab, one
for each parameter that rewrites or routes mail."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.postfix.aliases import AliasRow
from mailtui.screens.parts.aliasdetail import about, example
from mailtui.screens.parts.aliasrows import AliasRows
from mailtui.screens.parts.aliasviews import Views
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.filterbar import Filtered

if TYPE_CHECKING:  # and imported where they are used: the first screen is up sooner
    from mailtui.edits.model import Edit
    from mailtui.postfix.files import Reader
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.resolution import Resolution

SETTLE = 0.08
"""Seconds the cursor rests on a row before it is resolved."""
TOLD = 4
"""Rows of a bulk edit whose fate is told one by one."""
COPIED = 10_000
"""Rows that `y` copies at most; more are for `s`."""


class AliasesScreen(Views):
    """See the module's text."""

    MODE = "aliases"
    EMPTY = "No alias yet; n makes one"
    COLUMNS = (
        Column("ADDRESS", share=4, least=16),
        Column("GOES TO", share=5, least=16),
        Column("TABLE", share=0, least=10, drop=56),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="aliases.new", tooltip="Make a new alias."),
        Binding("enter", "edit", "edit", id="aliases.edit", tooltip="Edit the address and its destinations."),
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

    # Staging

    def stage(self, edits: Sequence[Edit], label: str = "", to: Hashable | None = None) -> None:
        """Stage edits as one act; the cursor goes to the row `to`."""
        if edits:
            self.wanted_row = to
            self.session.stage(*edits, label=label)
            if self.lines.marked:
                self.lines.unmark_all()

    def _with_chosen(self, act: Callable[[list[AliasRow]], None]) -> None:
        """Do something with the rows that are marked (or under the cursor) now, whatever keys follow."""
        marked, one = frozenset(self.lines.marked), self.lines.key

        def go() -> None:
            rows = self.rows
            if not isinstance(rows, AliasRows):
                return
            if not marked:
                row = self.row if self.lines.key == one else self.row_of(one)
                act([] if row is None else [row])
            else:
                beside(self, "chosen", lambda: _rows_of(rows, marked), act, self.bad)

        self.when_laid(go)

    def editable(self, rows: Sequence[AliasRow]) -> list[AliasRow]:
        """Those that can be edited; of the others the first is named with its reason."""
        fine = [row for row in rows if row.editable and row.kinds != ("opaque",)]
        other = next((row for row in rows if not row.editable or row.kinds == ("opaque",)), None)
        if other is not None:
            note = other.table.note or other.table.lookup.how
            why = f"cannot be edited here: {note} ({other.table.spec})"
            if other.duplicate:
                why = f"{other.address} does not count: the table has this key above already; edit that one"
            self.say(why, "warning")
        return fine

    def action_delete(self) -> None:
        self._with_chosen(self._delete)

    def _delete(self, rows: list[AliasRow]) -> None:
        rows = [row for row in self.editable(rows) if row.marker != "-"]
        hidden = next((row for row in rows if row.off and not self._is_last_off(row)), None)
        if hidden is not None:
            self.say(
                f"{hidden.key} is commented out again below line {hidden.line}; delete that one first",
                "warning",
            )
            rows = [row for row in rows if not row.off or self._is_last_off(row)]
        try:
            files = self.ahead.at(self.session.draft.edits).instance.files
            edits = [edit for row in rows for edit in _removal(files, row)]
        except OSError as error:
            self.bad(error)
            return
        if not edits:
            return
        names = ", ".join(row.address for row in rows[:TOLD]) + (", …" if len(rows) > TOLD else "")
        only = edits[-1].describe() if len(edits) > 1 else ""  # without the remark above it
        self.stage(edits, label=f"- {len(rows)} {self.nouns()[1]}: {names}" if len(rows) > 1 else only)
        new = [row for row in rows if row.line is None]
        gone = [row for row in rows if row.line is not None and not row.off]
        if len(new) == len(rows):
            self.say(f"Taken back: {names}")
        elif gone:
            self._tell_fate(gone)
        else:
            self.say(f"Only a comment goes, not mail: {names}")

    def _is_last_off(self, row: AliasRow) -> bool:
        """Whether an edit that names the commented-out entry means this row: of several the last."""
        if self.aliases is None or row.table.target is None:
            return False
        number = self.aliases.locate_off(row.table.target, row.key)
        return number is not None and self.aliases.row(number).line == row.line

    def _tell_fate(self, rows: Sequence[AliasRow]) -> None:
        """Say what becomes of mail to the addresses that were just removed."""
        edits = self.session.draft.edits

        def told() -> str:
            after = self.ahead.at(edits).instance
            fates = [_fate(after, row) for row in rows[:TOLD]]
            return " · ".join(fates) + (f" · and {len(rows) - TOLD} more" if len(rows) > TOLD else "")

        beside(self, "fate", told, self.say, lambda error: self.say(problem(error), "error"))

    def action_switch(self) -> None:
        self._with_chosen(self._switch)

    def _switch(self, rows: list[AliasRow]) -> None:
        from mailtui.edits.entries import SwitchEntry

        edits: list[Edit] = []
        for row in self.editable(rows):
            target, why = row.table.target, self._why_not_switch(row)
            if why:
                self.say(f"{row.address}: {why}", "warning")
            elif target is not None:
                edits.append(SwitchEntry(target, row.address, row.value, on=not row.enabled))
        word = "on" if edits and isinstance(edits[0], SwitchEntry) and edits[0].on else "off"
        self.stage(edits, label=f"# {len(edits)} {self.nouns()[1]} {word}" if len(edits) > 1 else "")

    def _why_not_switch(self, row: AliasRow) -> str:
        if row.marker == "-":
            return "is to be deleted; u takes that back"
        if row.line is None:
            return "is new; d takes it back"
        if row.off and not row.enabled and self.aliases is not None and row.table.target is not None:
            other = self.aliases.locate(row.table.target, row.key)
            found = self.aliases.row(other) if other is not None else None
            if found is not None and found.line != row.line:
                return f"another entry with this key is in force on line {found.line}"
        return ""

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
        key = self.lines.key
        await self.laid()
        await self._open(key)

    def open_row(self, key: Hashable) -> None:
        """A double click."""
        self.call_later(self._open, key)

    async def _open(self, key: Hashable) -> None:
        row = self.row_of(key)
        if row is None or not self.editable([row]) or self.aliases is None:
            return
        if row.marker == "-":
            self.say(f"This {self.nouns()[0]} is to be deleted; u takes that back", "warning")
        elif not row.enabled:
            self.say(f"This {self.nouns()[0]} is off; # switches it on again", "warning")
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
        self._with_chosen(self._copy)

    def _copy(self, rows: list[AliasRow]) -> None:
        if rows:
            text = "\n".join(_as_text(row) for row in rows[:COPIED])
            self.console.copy_and_show(text)

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


def _rows_of(rows: AliasRows, keys: frozenset[Hashable]) -> list[AliasRow]:
    """The rows of some keys, in the list's order; of very many by looking at each row once."""
    if len(keys) > 500:
        return [rows.row(number) for number in range(len(rows)) if rows.key(number) in keys]
    found = sorted(number for key in keys if (number := rows.find(key)) is not None)
    return [rows.row(number) for number in found]


def _removal(files: Reader, row: AliasRow) -> list[Edit]:
    """The edits that remove a row, with the remark that says who made it; of a new one, that take it back.
    Raises OSError."""
    if row.table.target is None:
        return []
    from mailtui.edits.entries import RemoveDisabledEntry
    from mailtui.edits.standing import removal

    if row.off:
        return [RemoveDisabledEntry(row.table.target, row.key, row.value)]
    return removal(files, row.table.target, row.address, row.value)


def _fate(after: Instance, row: AliasRow) -> str:
    """What becomes of mail to an address without this row."""
    if row.table.kind is not None:
        from mailtui.screens.parts.mapdetail import fate_of

        return fate_of(after, row)
    from mailtui.postfix.resolve import fate

    return f"{row.address}: {fate(after, row.address)}"


def _as_text(row: AliasRow, *, table: bool = False) -> str:
    """A row as a line: its letter, the address, where it goes."""
    text = f"{row.address}  {', '.join(row.destinations)}"
    return f"{row.marker or ' '} {text}  ({row.table.spec})" if table else text
