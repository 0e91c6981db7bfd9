"""Map types (`:migrate`): every table of hash and btree, who names it, and what becomes of it in lmdb or cdb.

`a` stages all of them as one change, Enter those that are marked, or this one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.compiling import MigrateTable
from mailtui.edits.mapmigration import Migration, Row, migration, types_to
from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapelsewhere import Elsewhere
from mailtui.postfix.postconf import PostconfError
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for, writes
from mailtui.screens.parts.linelist import Row as Line
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.rulelines import short
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import safe


class MigrateScreen(BackgroundList[Row]):
    """See the module's text."""

    MODE = "migrate"
    NOUNS = ("table", "tables")
    COLUMNS = (
        Column("TABLE", share=3, least=28),
        Column("BECOMES", share=0, least=8),
        Column("NAMED BY", share=3, least=20, drop=70),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "all", "move all", id="migrate.all",
                tooltip="Stage the move of all tables as one change: they are compiled first."),
        Binding("enter", "move", "move this", id="migrate.move",
                tooltip="Stage the move of the marked tables, or of this one."),
        Binding("t", "type", "lmdb/cdb", id="migrate.type",
                tooltip="Choose the other type: lmdb holds caches too, cdb only what seldom changes."),
        *list_keys("migrate", "tables", "!"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._types: tuple[str, ...] = ()
        self._at = 0
        self._others: tuple[Elsewhere, ...] = ()
        self._none = ""

    @property
    def to(self) -> str:
        """The type to which tables are moved."""
        return self._types[self._at % len(self._types)] if self._types else "lmdb"

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[Row]:
        try:
            self._types = types_to()
        except PostconfError as error:
            raise InstanceError(error.what, "look at postconf -m") from None
        made = migration(after, self.to)
        self._others, self._none = made.elsewhere, nothing(made, edits)
        return FewRows(made.rows, _key, _words)

    def cells_of(self, row: Row) -> Line:
        becomes = [(row.to or "stays", "" if row.to else "warning")]
        table = short(str(row.spec), self.session.instance.config_dir)
        return Line((table, becomes, [(row.named_by, "dim")]), " " if row.to else "!")

    def nothing(self) -> str:
        return self._none

    def aside(self) -> str:
        return f"to {self.to}" if self._types else "no lmdb, no cdb: install postfix-lmdb"

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        becomes = f"becomes {row.to}:{row.spec.path.rpartition('/')[2]}" if row.to else "stays"
        self.pane.show([(str(row.spec), "bold")], [(becomes, "dim")], about(row, self._others))

    # Keys

    def action_all(self) -> None:
        to = self.to
        self.when_laid(lambda: self.act(lambda after: _made(migration(after, to))))

    def action_move(self) -> None:
        def move() -> None:
            rows, to = self.chosen(), self.to
            if rows:
                self.act(lambda after: _made(_some(after, to, rows)))

        self.when_laid(move)

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_move()

    def action_type(self) -> None:
        if len(self._types) < 2:
            self.say(f"This Postfix has no other type (postconf -m): {', '.join(self._types) or 'none'}")
            return
        self._at += 1
        self.read_again()
        self.say(f"To {self.to}" + ("; a daemon's cache goes to lmdb" if self.to == "cdb" else ""))

    def action_copy(self) -> None:
        self.console.copy_and_show("\n\n".join(as_text(row) for row in self.chosen()))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (line for row in self.shown_rows() for line in (*as_text(row).split("\n"), ""))

        save_text(self, "tables", "tables.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _key(row: Row) -> str:
    return str(row.spec)


def _words(row: Row) -> str:
    return f"{row.spec} {row.named_by}"


def _some(after: Instance, to: str, rows: Collection[Row]) -> Migration:
    return migration(after, to, {str(row.spec) for row in rows})


def nothing(made: Migration, edits: Sequence[Edit]) -> str:
    """What stands in a list without tables: what is staged, or which types there are instead."""
    staged = sum(isinstance(edit, MigrateTable) for edit in edits)
    if staged:
        review = key_for("app.review", "w")
        return f"No table is left to move: {staged} {'is' if staged == 1 else 'are'} staged; {review} writes"
    told = made.plan.refused[:1].upper() + made.plan.refused[1:]
    words = " ".join(f"--from {kind}" for kind in made.leaves)
    return f"{told}; mailtui table migrate --to {made.to} {words} moves them" if words else told


def _made(found: Migration) -> Made:
    if found.plan.refused:
        return Made(refused=found.plan.refused)
    stay = len(found.rows) - len(found.moved)
    says = [f"Staged: {found.label}; {writes()}, tables first"]
    says += [f"{stay} stay{'s' * (stay == 1)}, each says why"] if stay else []
    if found.elsewhere:
        count, which = len(found.elsewhere), key_for("migrate.copy", "y")
        lines = "1 line of another file names" if count == 1 else f"{count} lines of other files name"
        says.append(f"{lines} them: {which} on a table shows which")
    return Made(found.plan.edits, found.label, says=says)


def about(row: Row, others: Sequence[Elsewhere] = ()) -> list[Spans]:
    """The pane's lines."""
    lines: list[Spans] = []
    if row.what == "compile":
        lines.append(
            _said("does", f"compiled from {row.spec.path} first, then named {row.to}, then a reload")
        )
        lines.append(_said("stays", f"{row.old_copy}: nothing reads it any more, and undo goes back to it"))
    elif row.what == "cache":
        lines.append(_said("does", "a daemon of Postfix makes it anew, in the new type"))
    if row.why:
        lines.append(_said("note" if row.to else "why", row.why, "" if row.to else "warning"))
    for place in row.places:
        at = "by default" if not place.is_set else f"line {place.line}"
        lines.append(_said("named", f"{place.title}, {at}"))
    lines += [
        _said("also", f"{each.file}:{each.line} says {each.text}: change it there", "warning")
        for each in others
        if row.spec.path in each.text
    ]
    return lines


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (safe(text), style)]


def as_text(row: Row) -> str:
    """A row as it is copied and saved."""
    head = f"{row.spec} → {row.to}" if row.to else f"{row.spec} stays"
    return "\n".join([safe(head), *("".join(text for text, _ in line) for line in about(row))])
