"""Doing what `command.py` understood: the `:` line's words, screens, rows and actions."""

from __future__ import annotations

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
    if isinstance(command, Word):
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
    if name == "quit-keep":
        app.end()
    elif name == "quit":
        app.ask_or_end()
    elif name == "review-quit":
        if app.session.draft:
            app.quit_after_write = True
            app.action_view("review")
        else:
            app.end()
    elif name == "review":
        app.action_view("review")
    elif name == "drop-draft":
        app.action_drop_draft()
    elif name == "reread":
        app.action_reread()
    elif name == "undo":
        app.action_undo()
    elif name == "help":
        app.action_help()


def go_to(app: MailtuiApp, goto: Goto) -> None:
    """Show a screen or view, filtered where a text is given."""
    if any(name.mode == goto.mode for name in MODES):
        app.switch_mode(goto.mode)
    else:
        app.action_view(goto.mode)
    if goto.filter:

        def take() -> None:
            if isinstance(app.screen, ConsoleScreen):
                app.screen.filter_to(goto.filter)

        app.call_after_refresh(take)
