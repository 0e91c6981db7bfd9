"""What mailtui found, where it writes and how to take that back: shown once, when the console first opens on
an instance; `:firstrun` shows it again.

greet(app)          # once the console is up
show_found(app)     # for :firstrun
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType

from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.keys import MOVES

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp

LATER = 0.5
"""Seconds after the start at which other instances are looked for: what is on the screen comes first."""
_LABEL = 10
"""Columns of a label."""
AGAIN = "What mailtui found here: :firstrun shows it"


class FirstRun(TextView):
    """The note. Nobody waits for it: a key that is none of its own closes it and then does what it always
    does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,q", "dismiss_view", "go on", key_display="⏎", id="firstrun.go-on",
                tooltip="Close it and go on; :firstrun shows it again."),
        Binding("y", "copy", "copy", id="dialog.copy", tooltip="Copy it through the terminal (OSC 52)."),
        Binding("ctrl+c", "dismiss_view", show=False),
    ]  # fmt: skip
    OWN: ClassVar[frozenset[str]] = frozenset(
        key
        for binding in (*BINDINGS, *MOVES)
        if isinstance(binding, Binding)
        for key in binding.key.split(",")
    )

    def __init__(self, host: str, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"What mailtui found on {host}", [as_text(*line) for line in lines], hang=True)

    def on_key(self, event: events.Key) -> None:
        if event.key not in self.OWN:
            event.stop()
            console = self.console
            self.dismiss(None)
            console.key_again(event)

    @property
    def console(self) -> MailtuiApp:
        """The app, as what it is."""
        from mailtui.screens.app import MailtuiApp

        app = self.app
        assert isinstance(app, MailtuiApp)
        return app


def as_text(label: str, text: str) -> str:
    """A line of it."""
    return f" {label:<{_LABEL}}{text}".rstrip()


def greet(app: MailtuiApp) -> None:
    """On the first run the note, unless one types already; else the other instances of the host, if any."""
    session = app.session
    if session.first:
        session.first = False
        _gather(app, first=True)
    elif session.neighbours is not None:
        look = session.neighbours

        def told(names: Sequence[str]) -> None:
            if names and not app.typed_at:
                app.notify(f"Also on this host: {', '.join(names)}; :instance opens one")

        beside(app.screen, "neighbours", look, told, lambda _: None, wait=LATER)


def show_found(app: MailtuiApp) -> None:
    """The note, whenever it is asked for."""
    _gather(app, first=False)


def _gather(app: MailtuiApp, *, first: bool) -> None:
    look = app.session.meet
    if look is None:
        return

    def show(lines: Sequence[tuple[str, str]]) -> None:
        if first and (app.typed_at or len(app.screen_stack) > 1):
            app.notify(AGAIN)
        else:
            app.push_screen(FirstRun(app.session.status.host, lines))

    beside(app.screen, "found", look, show, lambda error: app.notify(problem(error), severity="error"))
