"""The editor of one alias in the detail pane: its address, its destinations one a line, its table.

    editor = AliasEditor(form, known, stage, close)     # known(prefix) → names, asked in a thread
    on AliasEditor.Changed: editor.show_warnings(…)

How it is typed in is told in `typedlines.py`; Enter on the last, empty destination stages.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from textual.suggester import Suggester

from mailtui.postfix.entrychecks import EntryWarning
from mailtui.screens.parts.aliasform import Form
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.linefield import Completion
from mailtui.screens.parts.text import Span
from mailtui.screens.parts.typedlines import SIGNS, LineEditor, TypedLines

if TYPE_CHECKING:
    from mailtui.postfix.accessuses import AccessRules

Known = Callable[[str], Sequence[str]]
Kind = Literal["address", "destination", "table"]
OFFERED = 4
"""Actions that are told of under a line in which one is begun."""


class AliasLines(TypedLines):
    """The lines of the form with their warnings: 0 the address, then the destinations, last the table."""

    def __init__(self, form: Form, known: Known, editor: AliasEditor) -> None:
        super().__init__(editor, 3 + LABEL, 0 if form.is_new else len(form.destinations))
        self.form = form
        self._for_address, self._for_item = Completion(known, "@"), Completion(known)
        self._for_action = Completion(self._words)
        self._notes: dict[int, list[Span]] = {}

    def _words(self, typed: str) -> Sequence[str]:
        """The actions and classes that begin as what is typed."""
        from mailtui.postfix.accessactions import words

        if self._access is None:
            return []
        return [name for name, _ in words(self._access.place) if name.startswith(typed)]

    @property
    def count(self) -> int:
        return len(self.form.destinations) + 2

    def _kind(self, row: int) -> Kind:
        if row == 0:
            return "address"
        return "table" if row == self.count - 1 else "destination"

    def label(self, row: int) -> str:
        kind, table = self._kind(row), self.form.kind
        if table is not None and table.access is not None and kind == "address":
            return "key"
        if table is not None and kind == "address":
            return "for" if table.keys == "transport" else "address"
        if table is not None and kind == "destination":
            return table.value_label
        return kind if kind != "destination" else ("goes to" if row == 1 else "")

    def content(self, row: int) -> str:
        kind = self._kind(row)
        if kind == "address":
            return self.form.address
        if kind == "table":
            table = self.form.table
            return table.spec if table is not None else "the address decides"
        return self.form.destinations[row - 1]

    def under(self, row: int) -> Iterable[Span]:
        notes = self._notes.get(row, [])
        if self.form.kind is not None and row < 2 and not self.content(row).strip():
            hint = self.form.kind.value_hint if row else self.form.kind.key_hint
            notes = [(hint, "dim"), *notes]
        elif row == 1 and self._access is not None:
            notes = [*self._actions(), *notes]
        return [*notes, *self._reason()] if row == self.count - 1 else notes

    @property
    def _access(self) -> AccessRules | None:
        return self.form.kind.access if self.form.kind is not None else None

    def _actions(self) -> list[Span]:
        """The action that is typed, or those that begin so, with a sentence each."""
        from mailtui.postfix.accessactions import words

        access, typed = self._access, self.content(1).split(None, 1)
        if access is None or not typed or self.current != 1:
            return []
        known, word = words(access.place), typed[0].lower()
        exact = [said for said in known if said[0].lower() == word]
        begun = [] if len(typed) > 1 else [said for said in known if said[0].lower().startswith(word)]
        return [(f"{name}: {says}", "dim") for name, says in (exact or begun)[:OFFERED]]

    def open_line(self) -> None:
        """In an access table: all actions, of which one is chosen."""
        access = self._access
        if access is None or self.current != 1:
            super().open_line()
            return
        from mailtui.postfix.accessactions import words
        from mailtui.screens.parts.chooser import Chooser, Option

        def chosen(word: str | None) -> None:
            if word is not None:
                self.put(1, f"{word} ")
                self.go(1)
                self.editor.tell_soon()

        options = [Option(name, says, name) for name, says in words(access.place)]
        self.app.push_screen(Chooser("Action", options), chosen)

    def _reason(self) -> list[Span]:
        """Why this table, under it."""
        form = self.form
        if form.proposal is None or not form.is_new or form.by_hand:
            return []
        lines = [(form.proposal.reason, "warning" if form.proposal.doubtful else "dim")]
        if form.key != form.address.strip():
            lines.append((f"kept there as {form.key}", "dim"))
        return lines

    def choosing(self, row: int) -> bool:
        return self._kind(row) == "table"

    def suggester(self, row: int) -> Suggester | None:
        if row and self.form.kind is not None and self.form.kind.values in {"transport", "text", "any"}:
            return None
        if self._access is not None:
            return self._for_action if row else None
        return self._for_address if row == 0 else self._for_item

    def put(self, row: int, text: str) -> None:
        if row == 0:
            self.form.address = text
        else:
            self.form.put(row - 1, text)
        self._notes.pop(row, None)

    def tidy(self, row: int) -> int:
        more = self.form.tidy(row - 1) if self._kind(row) == "destination" else 0
        if more:
            self._notes.clear()
        return more

    def ends(self, row: int) -> bool:
        if self.form.kind is not None:
            return row >= self.count - 2
        return row == self.count - 1 or (row == self.count - 2 and not self.content(row).strip())

    def next_value(self, by: int) -> bool:
        return self.form.choose(by)

    def add(self, row: int, items: Sequence[str]) -> bool:
        if self._kind(row) != "destination" or self.form.kind is not None:
            return False
        self.form.destinations[row - 1 : row - 1] = items
        self._notes.clear()
        return True

    def show_warnings(self, warnings: Sequence[EntryWarning]) -> None:
        """What the checks said about what is typed now, each under its line."""
        filled = [row for row, item in enumerate(self.form.destinations, 1) if item.strip()]
        self._notes = {}
        for warning in warnings:
            row = 0
            if warning.field == "table":
                row = self.count - 1
            elif warning.field == "destination":
                place = warning.index or 0
                row = filled[place] if place < len(filled) else len(self.form.destinations)
            sign, style = SIGNS[warning.severity]
            self._notes.setdefault(row, []).append((sign + warning.text, style))
        if self.choosing(self.current):
            self.field.set_raw(self.content(self.current))
        self.lay_out()


class AliasEditor(LineEditor):
    """See the module's text."""

    def __init__(
        self,
        form: Form,
        known: Known,
        stage: Callable[[], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self.form, self._known = form, known
        new = "new alias" if form.kind is None else f"new entry in {form.kind.parameter}"
        title = new if form.is_new else f"edit {form.was_address}"
        super().__init__(title, stage, close)

    def make_lines(self) -> AliasLines:
        return AliasLines(self.form, self._known, self)

    @property
    def touched(self) -> bool:
        return self.form.touched

    def tidy_all(self) -> None:
        for place in reversed(range(len(self.form.destinations))):
            self.form.tidy(place)

    def show_warnings(self, warnings: Sequence[EntryWarning]) -> None:
        """Show warnings, and the table that was proposed meanwhile."""
        lines = self.lines
        assert isinstance(lines, AliasLines)
        lines.show_warnings(warnings)
