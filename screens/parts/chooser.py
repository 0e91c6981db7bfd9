"""A short list over a screen, of which one is chosen: values to filter by, edits that are offered.

app.push_screen(Chooser("Filter in", [Option("client", "203.0.113.9", value), …]), chosen)   # value | None
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.dialogs import Dialog
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linelist import LineList, Listed, Row
from mailtui.screens.parts.text import Spans, cells

Value = TypeVar("Value")

_LEAD = 8
"""Columns before a row's text, beside its name."""
_WHOLE = 4
"""Lines at most for a text in full."""


class Option(NamedTuple, Generic[Value]):
    """One choice: what kind it is, what it says, and what it answers."""

    name: str
    text: str
    value: Value


class Chooser(Dialog[Value]):
    """Enter (or the row's number) answers; Escape answers None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="dialog.choose", tooltip="Take what the cursor is on."),
        Binding("escape,q,ctrl+c", "cancel", "back", key_display="Esc", id="dialog.cancel",
                tooltip="Close without choosing."),
        *(Binding(str(number), f"take({number - 1})", show=False) for number in range(1, 10)),
    ]  # fmt: skip

    def __init__(
        self, title: str, options: Sequence[Option[Value]], lines: Sequence[str | Spans] = ()
    ) -> None:
        super().__init__(title, lines)
        self._options = list(options)

    def inputs(self) -> ComposeResult:
        least = max((len(option.name) for option in self._options), default=4)
        rows = [
            (place, Row(([(str(place + 1) if place < 9 else "", "key")], option.name, option.text)))
            for place, option in enumerate(self._options)
        ]
        yield LineList(
            Column("", share=0, least=1), Column("", share=0, least=min(least, 24)), Column(""),
            rows=Listed(rows), header=False, marks=False, empty="Nothing to choose from",
        )  # fmt: skip
        yield Lines(indent=0, id="whole")

    def on_mount(self) -> None:
        self.query_one("#whole").display = False
        focus_now(self.query_one(LineList))

    def on_resize(self, event: events.Resize) -> None:
        most = max(1, event.size.height - 8)
        self.query_one(LineList).styles.height = max(1, min(len(self._options), most))
        self.call_after_refresh(self._show_whole)

    def _show_whole(self) -> None:
        """Under a list with texts that are too long for it: that of the cursor's option, in full."""
        rows, whole = self.query_one(LineList), self.query_one("#whole", Lines)
        room = rows.size.width - _LEAD - max((len(option.name) for option in self._options), default=0)
        if self._options and rows.size.width and any(cells(o.text) > room for o in self._options):
            whole.display = True
            whole.set_lines([[(self._options[rows.cursor].text, "dim")]])
            whole.styles.height = min(_WHOLE, max(len(o.text) for o in self._options) // room + 1)

    def on_line_list_selected(self) -> None:
        self.action_choose()

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        event.stop()
        self._show_whole()

    def action_choose(self) -> None:
        self.action_take(self.query_one(LineList).cursor)

    def action_take(self, place: int) -> None:
        if place < len(self._options):
            self.dismiss(self._options[place].value)


class Reason(Dialog[str]):
    """Answers what is typed, which may be nothing; None where it was left. `verb`: what Enter does then."""

    class ReasonField(Field):
        """Enter answers."""

        def __init__(self, verb: str) -> None:
            super().__init__()
            told = f"{verb.capitalize()} it, with this reason."
            enter = Binding("enter", "screen.take", verb, id="dialog.take", tooltip=told)
            self._bindings.key_to_bindings["enter"] = [enter]

    def __init__(self, title: str, lines: Sequence[str | Spans] = (), *, verb: str = "stage") -> None:
        super().__init__(title, lines)
        self._verb = verb

    def inputs(self) -> ComposeResult:
        yield self.ReasonField(self._verb)

    def on_mount(self) -> None:
        focus_now(self.query_one(Field))

    def action_take(self) -> None:
        self.dismiss(self.query_one(Field).value.strip())
