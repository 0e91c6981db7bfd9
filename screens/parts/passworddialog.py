"""Where a password is typed: masked, twice for a new one; nothing of it is ever painted.

app.push_screen(PasswordDialog("…", lines), callback)                # Typed(name, secret) | None
app.push_screen(PasswordDialog("…", lines, name="", twice=True), callback)

An empty new password stands for one that is made: `secret` is None then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from mailtui.sasl.secret import Secret, again, refused
from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.dialogs import Dialog, StageOrDiscard
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.text import Spans

LABEL = 10


class Typed(NamedTuple):
    """What was typed."""

    name: str
    secret: Secret | None


class PasswordDialog(Dialog[Typed]):
    """See the module's text. `name` None: it is known already, and not asked for. `twice`: a new password."""

    class PartField(Field):
        """One of its lines."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.next", "next, last: do it", id="dialog.take",
                    tooltip="Go to the next line; on the last one: go on."),
            Binding("down,tab", "screen.step(1)", show=False),
            Binding("up,shift+tab", "screen.step(-1)", show=False),
        ]  # fmt: skip

    def __init__(
        self,
        title: str,
        lines: Sequence[str | Spans] = (),
        *,
        name: str | None = None,
        twice: bool = False,
    ) -> None:
        super().__init__(title, lines)
        self._name, self._twice = name, twice

    def inputs(self) -> ComposeResult:
        if self._name is not None:
            yield from self._line("name", self.PartField(self._name))
        yield from self._line("password", self.PartField(password=True))
        if self._twice:
            yield from self._line("again", self.PartField(password=True))

    def _line(self, label: str, field: Field) -> ComposeResult:
        with Horizontal(classes="asked"):
            yield Lines([[(label.ljust(LABEL), "dim")]], indent=0)
            yield field

    @property
    def fields(self) -> list[Field]:
        return list(self.query(Field))

    def on_mount(self) -> None:
        fields = self.fields  # a name that is known already is not typed over by a password
        first = next((field for field in fields if not field.value), fields[0])
        first.cursor_position = len(first.value)
        focus_now(first)

    def action_cancel(self) -> None:
        """A new name or password that was typed is not thrown away unasked."""
        begun = [self._name or "", "", ""] if self._name is not None else ["", ""]
        values = [field.value for field in self.fields]
        if not self._twice or values == begun[: len(values)]:
            self.dismiss(None)
            return

        def answered(answer: str | None) -> None:
            if answer == "stage":
                self._take()
            elif answer == "discard":
                self.dismiss(None)

        self.app.push_screen(StageOrDiscard(verb="do it"), answered)

    def action_step(self, by: int) -> None:
        fields = self.fields
        here = self.focused
        at = fields.index(here) if isinstance(here, Field) else 0
        target: Widget = fields[(at + by) % len(fields)]
        focus_now(target)

    def action_next(self) -> None:
        if self.focused is self.fields[-1]:
            self._take()
        else:
            self.action_step(1)

    def _take(self) -> None:
        fields = self.fields
        name = "" if self._name is None else fields.pop(0).value.strip()
        secrets = [Secret(field.value) for field in fields]
        if self._name is not None and not name:
            self._say("Type a name")
        elif self._twice and not any(secrets):
            self.dismiss(Typed(name, None))
        elif wrong := again(*secrets) if self._twice else refused(secrets[0]):
            for field in fields:
                field.value = ""
            focus_now(fields[0])
            self._say(wrong[0].upper() + wrong[1:])
        else:
            self.dismiss(Typed(name, secrets[0]))

    def _say(self, text: str) -> None:
        self.query_one(Footer).say(text, "warning")
