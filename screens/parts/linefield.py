"""The line of a form that is being typed in, and one in which Left and Right choose.

What cannot be shown as it is (control characters, bytes that are not UTF-8) is typed around: the parts of
a text that are not typed over stay what they are in the file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.suggester import Suggester

from mailtui.screens.parts.field import LONGEST, Field
from mailtui.screens.parts.text import show

if TYPE_CHECKING:
    from mailtui.screens.parts.typedlines import TypedLines


class Completion(Suggester):
    """The first known name that begins with what was typed."""

    def __init__(self, known: Callable[[str], Sequence[str]], least: str = "") -> None:
        """`least`: what must be typed before anything is proposed."""
        super().__init__(use_cache=False, case_sensitive=True)
        self._known, self._least = known, least

    async def get_suggestion(self, value: str) -> str | None:
        if len(value) < 2 or self._least not in value:
            return None
        found = await asyncio.to_thread(self._known, value)
        return next(
            (name for name in found if name != value and name.startswith(value) and show(name) == name), None
        )


def typed_over(raw: str, shown: str) -> str:
    """The text that `raw` becomes where the line that shows it was changed to `shown`: characters before and
    behind what was typed are those of `raw`, however they look."""
    whole = show(raw, LONGEST)
    if whole == raw:
        return shown
    kept = raw if len(raw) <= LONGEST else raw[: LONGEST - 1]
    pieces = [(show(sign), sign) for sign in kept]
    if kept is not raw:
        pieces.append((show("…"), raw[len(kept) :]))
    start, first = 0, 0
    while first < len(pieces) and shown.startswith(pieces[first][0], start):
        start += len(pieces[first][0])
        first += 1
    end, last = len(shown), len(pieces)
    while last > first and end - len(pieces[last - 1][0]) >= start:
        if not shown.endswith(pieces[last - 1][0], start, end):
            break
        last -= 1
        end -= len(pieces[last][0])
    before = "".join(sign for _, sign in pieces[:first])
    return before + shown[start:end] + "".join(sign for _, sign in pieces[last:])


class LineField(Field):
    """The line that is being typed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "next line, last: stage", id="edit.next",
                tooltip="Go to the next line; on the last one (in a list the empty one): stage."),
        Binding("escape", "leave", "close", id="edit.close", key_display="Esc",
                tooltip="Close the editor; asks first where something was typed."),
        Binding("right", "cursor_right", "complete", show=False, id="edit.complete",
                tooltip="At the end of the text: take the completion that is shown."),
        Binding("ctrl+u", "clear_line", "clear line", id="edit.clear",
                tooltip="Empty the line; an empty line of a list is left out."),
        Binding("ctrl+o", "open_line", "line before", show=False, id="edit.open-line",
                tooltip="In a list: put an empty line before this one."),
        Binding("ctrl+t,ctrl+up", "move_line(-1)", "move up", show=False, id="edit.move-up",
                tooltip="In a list: move this item towards the top (Ctrl+Up does the same)."),
        Binding("ctrl+n,ctrl+down", "move_line(1)", "move down", show=False, id="edit.move-down",
                tooltip="In a list: move this item towards the end (Ctrl+Down does the same)."),
        Binding("down,tab", "step(1)", show=False),
        Binding("up,shift+tab", "step(-1)", show=False),
    ]  # fmt: skip

    _raw = _shown = ""

    def __init__(self, view: TypedLines) -> None:
        super().__init__()
        self._view = view
        if (verb := view.editor.verb) != "stage":
            keys = self._bindings.key_to_bindings
            keys["enter"] = [
                replace(binding, description=f"next line, last: {verb}",
                        tooltip=f"Go to the next line; on the last one: {verb}.")
                for binding in keys["enter"]
            ]  # fmt: skip

    def set_raw(self, text: str) -> None:
        """Show a text for editing."""
        self._raw, self._shown = text, show(text, LONGEST)
        self.value = self._shown
        self.cursor_position = len(self.value)

    @property
    def raw(self) -> str:
        """The text as it is to be in the file."""
        return self._raw if self.value == self._shown else typed_over(self._raw, self.value)

    def on_paste(self, event: events.Paste) -> None:
        """Several lines are several items of a list, and elsewhere words of one line: none is lost."""
        event.prevent_default()
        event.stop()
        lines = [line.strip() for line in event.text.splitlines() if line.strip()]
        if len(lines) > 1 and self._view.paste(lines):
            return
        text = " ".join(lines) if len(lines) > 1 else event.text.strip("\r\n")
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace("".join(sign for sign in text if sign.isprintable()), *self.selection)

    async def action_enter(self) -> None:
        await self._view.enter()

    def action_step(self, by: int) -> None:
        self._view.step(by)

    async def action_leave(self) -> None:
        await self._view.editor.close()

    def action_clear_line(self) -> None:
        self.value = ""

    def action_open_line(self) -> None:
        self._view.open_line()

    def action_move_line(self, by: int) -> None:
        self._view.move_line(by)


class ChosenField(LineField):
    """A line in which Left and Right choose. Not typed into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1)", "choose", key_display="Left/Right", id="edit.choose",
                tooltip="Choose another value."),
        Binding("right,space", "choose(1)", show=False),
        Binding("ctrl+u", "clear_line", show=False),
        Binding("ctrl+o", "open_line", show=False),
    ]  # fmt: skip

    def action_choose(self, by: int) -> None:
        self._view.choose(by)

    def action_clear_line(self) -> None:
        return None

    def action_open_line(self) -> None:
        return None

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()

    def validate_value(self, value: str) -> str:  # noqa: ARG002  # chosen, not typed
        return self._shown
