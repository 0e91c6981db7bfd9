"""The Aliases screen's rows taken out, and switched off and on: one, or all that are marked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

from mailtui.postfix.aliases import AliasRow
from mailtui.screens.parts.aliasrows import AliasRows
from mailtui.screens.parts.aliasviews import Views
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.keys import key_for, takes_back

if TYPE_CHECKING:  # and imported where they are used: the first screen is up sooner
    from mailtui.edits.model import Edit
    from mailtui.postfix.files import Reader
    from mailtui.postfix.instance import Instance

TOLD = 4
"""Rows of a bulk edit whose fate is told one by one."""


class Removing(Views):
    """See the module's text."""

    def stage(self, edits: Sequence[Edit], label: str = "", to: Hashable | None = None) -> None:
        """Stage edits as one act; the cursor goes to the row `to`."""
        if edits:
            self.wanted_row = to
            self.session.stage(*edits, label=label)
            if self.lines.marked:
                self.lines.unmark_all()

    def with_chosen(self, act: Callable[[list[AliasRow]], None]) -> None:
        """Do something with the rows that are marked and shown (or under the cursor) now, whatever keys
        follow."""
        if self.none_shown():
            return
        marked = frozenset(self.lines.chosen()) if self.lines.marked else frozenset()
        one = self.lines.key

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
        ask_many(self, lambda: self.with_chosen(self._delete))

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
        self.with_chosen(self._switch)

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
            return f"is to be deleted; {takes_back()}"
        if row.line is None:
            return f"is new; {key_for('aliases.delete', 'd')} takes it back"
        if row.off and not row.enabled and self.aliases is not None and row.table.target is not None:
            other = self.aliases.locate(row.table.target, row.key)
            found = self.aliases.row(other) if other is not None else None
            if found is not None and found.line != row.line:
                return f"another entry with this key is in force on line {found.line}"
        return ""


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
