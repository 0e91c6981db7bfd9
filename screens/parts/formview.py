"""A form in the detail pane, typed in line by line; see `form.py` for what is in it, `typedlines.py` for how.

editor = FormEditor(form, stage, close)         # both awaited: keys typed ahead wait for what they do
on FormEditor.Changed: editor.show_notes([Note("domain", "is local already", "error")])
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from textual.suggester import Suggester

from mailtui.screens.parts.form import ChoiceField, Form, ListField, Note, Place, TextField
from mailtui.screens.parts.linefield import Completion
from mailtui.screens.parts.text import Span
from mailtui.screens.parts.typedlines import SIGNS, LineEditor, TypedLines

_LEAST = 9


class FormLines(TypedLines):
    """The lines of the form with their notes."""

    def __init__(self, form: Form, editor: FormEditor) -> None:
        super().__init__(
            editor, 3 + max(_LEAST, *(len(each.label) + 2 for each in form.fields)), form.begins_at()
        )
        self.form = form
        self._places = form.places()
        self._notes: dict[tuple[str, int], list[Span]] = {}

    @property
    def place(self) -> Place:
        """The line that is typed in."""
        return self._places[self.current]

    @property
    def count(self) -> int:
        return len(self._places)

    def _again(self) -> None:
        """Lines came or went: the current one stays with its field."""
        here = self.place
        self._places = self.form.places()
        mine = [at for at, place in enumerate(self._places) if place.field is here.field]
        if mine:
            self.current = mine[min(here.row, len(mine) - 1)]
        else:
            self.current = min(self.current, len(self._places) - 1)

    def label(self, row: int) -> str:
        place = self._places[row]
        return place.field.label if place.row == 0 else ""

    def content(self, row: int) -> str:
        place = self._places[row]
        return place.field.text(place.row)

    def under(self, row: int) -> Iterable[Span]:
        place = self._places[row]
        field = place.field
        if isinstance(field, ChoiceField) and field.sentence:
            yield field.sentence, "dim"
        yield from self._notes.get((field.name, place.row), ())
        if field.hint and field is self.place.field and place.row == field.rows - 1:
            yield field.hint, "dim"

    def choosing(self, row: int) -> bool:
        return self._places[row].field.choosing

    def suggester(self, row: int) -> Suggester | None:
        field = self._places[row].field
        complete = field.complete if isinstance(field, (TextField, ListField)) else None
        return None if complete is None else Completion(complete)

    def put(self, row: int, text: str) -> None:
        field, line = self._places[row]
        if isinstance(field, ListField):
            field.put(line, text)
        elif isinstance(field, TextField):
            field.content = text
        self._notes.pop((field.name, line), None)
        self._again()

    def tidy(self, row: int) -> int:
        field, line = self._places[row]
        more = field.tidy(line) if isinstance(field, ListField) else 0
        if more:
            self._forget(field.name)
            self._places = self.form.places()
        return more

    def _forget(self, name: str) -> None:
        """The items of a list have other places now: what was said of each does not stand there."""
        self._notes = {at: notes for at, notes in self._notes.items() if at[0] != name}

    def ends(self, row: int) -> bool:
        opens = isinstance(self._places[row].field, ListField) and self.content(row).strip()
        return row == self.count - 1 and not opens

    def next_value(self, by: int) -> bool:
        field = self.place.field
        if not isinstance(field, ChoiceField) or not field.step(by):
            return False
        self._notes.clear()
        self._again()
        return True

    def add(self, row: int, items: Sequence[str]) -> bool:
        field, line = self._places[row]
        if not isinstance(field, ListField):
            return False
        field.items[line:line] = items
        self._forget(field.name)
        self._places = self.form.places()
        return True

    def swap(self, row: int, by: int) -> bool:
        field, line = self._places[row]
        if not isinstance(field, ListField) or not field.swap(line, line + by):
            return False
        self._forget(field.name)
        return True

    def tidy_all(self) -> None:
        """Each list as it is once it is left."""
        for field in self.form.fields:
            if isinstance(field, ListField):
                for line in reversed(range(field.rows)):
                    field.tidy(line)
        self._again()

    def show_notes(self, notes: Sequence[Note]) -> None:
        """What was found out about what is typed, each under its line."""
        self._notes = {}
        for note in notes:
            sign, style = SIGNS[note.severity]
            self._notes.setdefault((note.field, self._line_of(note)), []).append((sign + note.text, style))
        self.lay_out()

    def _line_of(self, note: Note) -> int:
        """The line of its field under which a note stands: items are counted without empty lines."""
        field = self.form.field(note.field)
        if note.item is None or not isinstance(field, ListField):
            return 0
        filled = [row for row, item in enumerate(field.items) if item.strip()]
        return filled[note.item] if note.item < len(filled) else field.rows - 1


class FormEditor(LineEditor):
    """See the module's text."""

    def __init__(
        self, form: Form, stage: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]
    ) -> None:
        self.form = form
        super().__init__(form.title, stage, close, form.verb)

    def make_lines(self) -> FormLines:
        return FormLines(self.form, self)

    @property
    def _form_lines(self) -> FormLines:
        assert isinstance(self.lines, FormLines)
        return self.lines

    @property
    def touched(self) -> bool:
        return self.form.touched

    def tidy_all(self) -> None:
        self._form_lines.tidy_all()

    def show_notes(self, notes: Sequence[Note]) -> None:
        """Show what was found out about what is typed."""
        self._form_lines.show_notes(notes)
