"""What is typed into a form in the detail pane: lines of text, lists, choices. Free of Textual.

    form = Form("new domain", [
        TextField("domain", "domain"),
        ChoiceField("class", "class", choices=(("virtual-alias", "addresses only, no mailbox"), …)),
        ListField("items", "goes to", values=["jean"]),
    ])
    form.values()       # {"domain": "falcot.net", "class": "virtual-alias", "items": ("jean",)}

A field with `when` is there only while that says so of the form's values.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mailtui.edits.model import Edit

Value = str | tuple[str, ...]
Values = Mapping[str, Value]
Complete = Callable[[str], Sequence[str]]
"""Names that begin as what was typed; asked in a thread."""
Split = Callable[[str], Sequence[str]]
"""What is typed or pasted into one line of a list as the items that it is."""


class Note(NamedTuple):
    """Something to say under a field while it is typed in. `item`: which item of a list, from 0."""

    field: str
    text: str
    severity: Literal["error", "warning", "advice", "edit"] = "warning"
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a form, or an action of a list, comes to. `refused`: why nothing can be staged, `notes` the same
    under the form's fields; `says`: sentences to tell; `to`: the row that the cursor goes to."""

    edits: Sequence[Edit] = field(default_factory=tuple)
    label: str = ""
    to: Hashable | None = None
    says: Sequence[str] = ()
    refused: str = ""
    notes: Sequence[Note] = ()


def _always(_values: Values) -> bool:
    return True


@dataclass(slots=True, kw_only=True)
class FormField:
    """What all fields share. `hint`: a sentence under the field while it is typed in."""

    name: str
    label: str
    hint: str = ""
    when: Callable[[Values], bool] = _always

    @property
    def rows(self) -> int:
        """The lines that it takes."""
        return 1

    @abstractmethod
    def text(self, row: int) -> str:
        """What stands in one of its lines."""

    @abstractmethod
    def value(self) -> Value:
        """What is typed in."""

    @property
    def choosing(self) -> bool:
        """Whether Left and Right choose, and nothing is typed."""
        return False


@dataclass(slots=True, kw_only=True)
class TextField(FormField):
    """One line of text."""

    content: str = ""
    complete: Complete | None = None

    def text(self, row: int) -> str:  # noqa: ARG002
        return self.content

    def value(self) -> str:
        return self.content.strip()


@dataclass(slots=True, kw_only=True)
class ListField(FormField):
    """A list, each item on a line of its own; the last line is empty, the place for the next.

    `split`: what makes several items of one line that is left."""

    items: list[str] = field(default_factory=list)
    complete: Complete | None = None
    split: Split | None = None

    def __post_init__(self) -> None:
        if not self.items or self.items[-1].strip():
            self.items.append("")

    @property
    def rows(self) -> int:
        return len(self.items)

    def text(self, row: int) -> str:
        return self.items[row]

    def put(self, row: int, text: str) -> None:
        """Set an item; the last line stays empty."""
        self.items[row] = text
        if self.items[-1].strip():
            self.items.append("")

    def swap(self, row: int, other: int) -> bool:
        """Let two items change places; the last line, which is empty, stays the last."""
        last = len(self.items) - 1
        if not (0 <= row < last and 0 <= other < last):
            return False
        self.items[row], self.items[other] = self.items[other], self.items[row]
        return True

    def tidy(self, row: int) -> int:
        """Called when a line is left: an empty one goes, one that is several items becomes several. Returns
        how many lines there are more (or less, as a negative number)."""
        if row >= len(self.items) - 1:
            return 0
        text = self.items[row].strip()
        parts = list(self.split(text)) if text and self.split is not None else [text] * bool(text)
        if parts != [text]:
            self.items[row : row + 1] = parts
        return len(parts) - 1

    def value(self) -> tuple[str, ...]:
        return tuple(item.strip() for item in self.items if item.strip())


@dataclass(slots=True, kw_only=True)
class ChoiceField(FormField):
    """One of several values, each with a sentence on what it means."""

    choices: Sequence[tuple[str, str]]
    chosen: str = ""

    def __post_init__(self) -> None:
        if not self.chosen and "" not in dict(self.choices):
            self.chosen = self.choices[0][0]

    @property
    def choosing(self) -> bool:
        return True

    def text(self, row: int) -> str:  # noqa: ARG002
        return self.chosen

    @property
    def sentence(self) -> str:
        """What the chosen value means."""
        return dict(self.choices).get(self.chosen, "")

    def step(self, by: int) -> bool:
        """Choose the next value, or the one before; False where there is no other."""
        names = [name for name, _ in self.choices]
        if len(names) < 2:
            return False
        at = names.index(self.chosen) if self.chosen in names else 0
        self.chosen = names[(at + by) % len(names)]
        return True

    def value(self) -> str:
        return self.chosen


class Place(NamedTuple):
    """One line of the form: a field and which of its lines."""

    field: FormField
    row: int


class Form:
    """The fields, and whether anything was typed. `title` stands over them; `at` names the field, the last
    line of which is typed in first (none: the form's first line); `verb` is what Enter on the last line
    does."""

    def __init__(self, title: str, fields: Sequence[FormField], at: str = "", verb: str = "stage") -> None:
        self.title, self.verb = title, verb
        self.fields = tuple(fields)
        self._at = at
        self._before = self.values()

    def values(self) -> dict[str, Value]:
        """What is typed in, by the fields' names; also of fields that are not shown now."""
        return {each.name: each.value() for each in self.fields}

    @property
    def touched(self) -> bool:
        """Whether anything is another than at the beginning."""
        return self.values() != self._before

    @property
    def before(self) -> dict[str, Value]:
        """What stood there at the beginning."""
        return self._before

    def places(self) -> list[Place]:
        """The lines that are shown now."""
        values = self.values()
        shown = [each for each in self.fields if each.when(values)]
        return [Place(each, row) for each in shown for row in range(each.rows)]

    def begins_at(self) -> int:
        """The line that is typed in first."""
        return max((at for at, place in enumerate(self.places()) if place.field.name == self._at), default=0)

    def field(self, name: str) -> FormField:
        """The field of this name. KeyError where there is none."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)
