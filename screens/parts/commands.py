"""Doing what `command.py` understood: the `:` line's words, screens, rows and actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.screens.parts.command import Action, Goto, Line, Unknown, Word, parse
from mailtui.screens.parts.footer import actions
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keys import is_destructive
from mailtui.screens.parts.names import MODES

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp


def run_command(app: MailtuiApp, text: str) -> None:
    """Parse and do; what nobody understands is said, and nothing is done."""
    found = {active.binding.id or "": active for active in actions(app.screen) if active.enabled}
    harmful = [name for name, active in found.items() if is_destructive(active.binding)]
    command = parse(text, found, harmful)
    if isinstance(command, Word) and command.name in _FOLLOWED:
        _FOLLOWED[command.name](app, command.rest)
    elif isinstance(command, Word):
        _word(app, command.name)
    elif isinstance(command, Goto):
        go_to(app, command)
    elif isinstance(command, Line) and isinstance(app.screen, ConsoleScreen):
        app.screen.go_to_row(command.number)
    elif isinstance(command, Action):
        active = found[command.id]
        app.call_later(app.run_action, active.binding.action, active.node)
    elif isinstance(command, Unknown):
        meant = f"; did you mean {', '.join(command.meant)}?" if command.meant else "; ? shows what there is"
        app.notify(f"No command {command.text!r}{meant}", severity="warning")


def _word(app: MailtuiApp, name: str) -> None:
    if name in _VIEWS:
        app.action_view(name)
    elif name in _WORDS:
        _WORDS[name](app)


def _review_quit(app: MailtuiApp) -> None:
    if app.session.draft:
        app.quit_after_write = True
        app.action_view("review")
    else:
        app.end()


def _first_run(app: MailtuiApp) -> None:
    from mailtui.screens.firstrun import show_found

    show_found(app)


def _leave(app: MailtuiApp, address: str = "") -> None:
    from mailtui.screens.leaveaddress import open_leave

    open_leave(app, address)


_VIEWS = frozenset({"review", "migrate", "instances"})
"""Words that open a view of the same name."""
_WORDS: dict[str, Callable[[MailtuiApp], object]] = {
    "quit-keep": lambda app: app.end(),
    "quit": lambda app: app.ask_or_end(),
    "review-quit": _review_quit,
    "drop-draft": lambda app: app.action_drop_draft(),
    "reread": lambda app: app.action_reread(),
    "undo": lambda app: app.action_undo(),
    "help": lambda app: app.action_help(),
    "firstrun": _first_run,
    "leave": _leave,
}
"""What each other word does."""


def _import(app: MailtuiApp, rest: str) -> None:
    from mailtui.screens.importing import open_import

    open_import(app, rest)


def _export(app: MailtuiApp, rest: str) -> None:
    from mailtui.screens.importing import open_export

    open_export(app, rest)


_FOLLOWED: dict[str, Callable[[MailtuiApp, str], object]] = {"import": _import, "export": _export}
"""What a word does with what is typed behind it."""


def go_to(app: MailtuiApp, goto: Goto) -> None:
    """Show a screen or view, filtered where a text is given; of an instance, open it."""
    if goto.mode == "instances" and goto.filter:
        from mailtui.screens.instances import open_named

        open_named(app, goto.filter)
        return
    if goto.mode == "leave":
        _leave(app, goto.filter)
        return
    if any(name.mode == goto.mode for name in MODES):
        app.switch_mode(goto.mode)
    else:
        app.action_view(goto.mode)
    if goto.filter:

        def take() -> None:
            if isinstance(app.screen, ConsoleScreen):
                app.screen.filter_to(goto.filter)

        app.call_after_refresh(take)
