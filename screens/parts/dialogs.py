"""Questions and messages that wait for an answer, over any screen.

    if await app.push_screen_wait(Confirm("Delete 3 messages?", ["now, no undo"], yes="delete")): …
    app.push_screen(Confirm(…), callback)                     # callback(True | False | None)
    app.push_screen(TypedWord("Flush 1290 messages", "1290"), callback)
    app.push_screen(StageOrDiscard(), callback)               # "stage" | "discard" | None (go on)
    app.push_screen(ErrorDialog("postmap refused virtual", words)); app.push_screen(TextView("…", lines))

Texts are plain text from anywhere, made safe here. `y` copies through the terminal (OSC 52), and
TextView shows the text unwrapped and unadorned for those whose terminal will not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from mailtui.screens.parts.detail import Lines, TitleLine
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.paced import PacedModal
from mailtui.screens.parts.text import Spans, show

if TYPE_CHECKING:
    from mailtui.screens.parts.lifetime import LastingApp

Answer = TypeVar("Answer")


class Dialog(PacedModal[Answer]):
    """A box with a title, lines, and a footer that names its keys. Escape closes it with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back", id="dialog.cancel", tooltip="Close without doing anything."),
        Binding("ctrl+c", "cancel", show=False),
    ]

    HANG: ClassVar[bool] = False
    """Whether each line begins with a label, beside which it goes on."""

    def __init__(self, title: str, lines: Sequence[str | Spans] = (), *, style: str = "accent") -> None:
        super().__init__()
        self._title, self._style = title, style
        self.own_ids: list[str] = []
        """Ids of the keys that only this dialog has, in the footer's order."""
        self._lines: list[Spans] = [[(line, "")] if isinstance(line, str) else line for line in lines]

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield TitleLine(classes="title")
            yield Lines(self._lines, indent=0, hang=self.HANG, focusable=True)
            yield from self.inputs()
            yield Footer()

    def on_resize(self, event: events.Resize) -> None:
        """Long texts scroll inside the box: its frame, title, field and keys stay on the screen."""
        rest = 7 if self.query(Field) else 4
        self.query_one(Lines).styles.max_height = max(1, min(18, event.size.height - rest))

    def inputs(self) -> ComposeResult:
        """Further widgets between the lines and the footer."""
        yield from ()

    def on_mount(self) -> None:
        for line in self.query(TitleLine):  # a console that ends just now has taken it away already
            line.show([(self._title, self._style)])

    def bind_first(self, binding: Binding) -> None:
        """Give this one dialog a key of its own, before those of its class and those given before."""
        self.own_ids.insert(0, binding.id or "")
        keys = self._bindings.key_to_bindings
        self._bindings.key_to_bindings = {binding.key: [binding]} | {
            key: bindings for key, bindings in keys.items() if key != binding.key
        }

    def action_cancel(self) -> None:
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """Yes by `y` or Enter, no by anything that closes: False or None. `yes` names what would be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "yes", "yes", key_display="y", id="dialog.yes", tooltip="Do it."),
        Binding("n,q", "no", "no", key_display="n", id="dialog.no", tooltip="Do not do it."),
    ]

    def __init__(self, title: str, lines: Sequence[str | Spans] = (), *, yes: str = "yes") -> None:
        super().__init__(title, lines, style="warning")
        self.bind_first(Binding("y", "yes", yes, id="dialog.yes", tooltip="Do it."))

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


class Choice(Dialog[str]):
    """One of a few answers, each with a key of its own: `Choice(title, lines, ("w", "review", "…"), …)`.
    The answer is the word; None where it was closed."""

    def __init__(self, title: str, lines: Sequence[str | Spans], *answers: tuple[str, str, str]) -> None:
        super().__init__(title, lines, style="warning")
        for key, word, tooltip in reversed(answers):
            self.bind_first(
                Binding(key, f"answer({word!r})", word, id=f"dialog.{word}", tooltip=tooltip, priority=True)
            )

    def action_answer(self, word: str) -> None:
        self.dismiss(word)


class StageOrDiscard(Dialog[Literal["stage", "discard"]]):
    """What becomes of typed text when its field is left: Enter stages, `d` discards, Escape goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "stage", "stage", id="dialog.stage", tooltip="Stage what was typed."),
        Binding("d", "discard", "discard", id="dialog.discard-text", tooltip="Throw away what was typed."),
        Binding("escape", "cancel", "go on", id="dialog.cancel", tooltip="Go on typing."),
    ]

    def __init__(self, title: str = "", lines: Sequence[str] = (), *, verb: str = "stage") -> None:
        """`verb`: what is done with it, where it is not staged."""
        done = "staged" if verb == "stage" else "in use"
        super().__init__(title or f"What you typed is not {done} yet", lines, style="warning")
        if verb != "stage":
            self.bind_first(
                Binding("enter", "stage", verb, id="dialog.stage", tooltip=f"{verb.capitalize()} it.")
            )

    def action_stage(self) -> None:
        self.dismiss("stage")

    def action_discard(self) -> None:
        self.dismiss("discard")


class TypedWord(Dialog[bool]):
    """Goes on only when `word` (a number, a host's name) is typed: for what cannot be taken back."""

    class WordField(Field):
        """Enter compares."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.compare", "do it", id="dialog.compare",
                    tooltip="Do it, if the word is right."),
        ]  # fmt: skip

    def __init__(self, title: str, word: str, lines: Sequence[str | Spans] = ()) -> None:
        super().__init__(title, [*lines, [("To do it, type ", ""), (word, "bold")]], style="error")
        self._word = word

    def inputs(self) -> ComposeResult:
        yield self.WordField()

    def on_mount(self) -> None:
        focus_now(self.query_one(Field))

    def action_compare(self) -> None:
        if self.query_one(Field).value.strip() == show(self._word):
            self.dismiss(True)
        else:
            self.query_one(Footer).say(f"That is not {self._word}; nothing was done", "warning")


class ErrorDialog(Dialog[None]):
    """What went wrong, in full; `y` copies it, `t` shows it as plain text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", id="dialog.copy", tooltip="Copy it through the terminal (OSC 52)."),
        Binding("t", "plain", "plain text", id="dialog.plain",
                tooltip="Show it unwrapped, to select by mouse."),
        Binding("escape,enter,q", "cancel", "back", key_display="Esc", id="dialog.cancel",
                tooltip="Close it."),
    ]  # fmt: skip

    def __init__(self, title: str, lines: Sequence[str | Spans] = ()) -> None:
        super().__init__(title, lines, style="error")

    @property
    def text(self) -> str:
        """All of it, safe, as one text."""
        return "\n".join(show(line) for line in (self._title, *self.query_one(Lines).plain))

    def action_copy(self) -> None:
        said = cast("LastingApp", self.app).copied(self.text)
        self.query_one(Footer).say(f"{said}; {key_for('dialog.plain', 't')} shows it as plain text")

    def action_plain(self) -> None:
        self.app.push_screen(TextView(self._title, self.text.split("\n")))


class TextView(PacedModal[None]):
    """Plain lines over the whole screen: nothing beside the text, so that the terminal's own selection
    takes it whole. Long lines are wrapped without an indent, unless they are only to be read (`hang`): then
    each goes on beside its label."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy", id="dialog.copy", tooltip="Copy it through the terminal (OSC 52)."),
        Binding("escape,q,enter", "dismiss_view", "back", key_display="q", id="dialog.close",
                tooltip="Close it."),
        Binding("ctrl+c", "dismiss_view", show=False),
    ]  # fmt: skip

    def __init__(self, title: str, lines: Sequence[str], *, hang: bool = False) -> None:
        super().__init__()
        self._title, self._lines, self._hang = title, list(lines), hang

    def compose(self) -> ComposeResult:
        yield TitleLine(classes="title")
        yield Lines([[(line, "")] for line in self._lines], indent=0, hang=self._hang, focusable=True)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(TitleLine).show([(self._title, "title")])

    def action_dismiss_view(self) -> None:
        self.dismiss(None)

    def action_copy(self) -> None:
        self.query_one(Footer).say(cast("LastingApp", self.app).copied("\n".join(self._lines)))
