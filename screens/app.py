"""The console's app: what belongs to no screen. Started by `console.py`.

A screen that is built is named in BUILT, and so is a view that opens over one; each is imported when
it is first shown.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.binding import ActiveBinding, Binding, BindingType
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import WorkerFailed

from mailtui.screens.parts import crash
from mailtui.screens.parts.commands import run_command
from mailtui.screens.parts.dialogs import Choice, Confirm, ErrorDialog
from mailtui.screens.parts.driver import ConsoleDriver
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.names import BY_MODE, SCREENS
from mailtui.screens.parts.paint import THEME, paint_for
from mailtui.screens.parts.poller import Poller
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.strip import StripLines
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.text import show, use_ascii
from mailtui.styles import stylesheet

BUILT: dict[str, tuple[str, str]] = {}
"""Mode → module and class of its screen, without arguments. What is missing says what it will hold."""

_GRACE = 2.0
"""Seconds that a signal gives the console to end by itself."""


def make_screen(mode: str) -> Screen[Any]:
    """The screen of a mode, imported now."""
    if mode not in BUILT:
        from mailtui.screens.placeholder import PlaceholderScreen

        return PlaceholderScreen(mode)
    module, name = BUILT[mode]
    made: Screen[Any] = getattr(importlib.import_module(module), name)()
    return made


def _screen_keys() -> list[BindingType]:
    return [
        Binding(name.key, f"show('{name.mode}')", name.title, show=False, id=f"screen.{name.mode}",
                tooltip=f"{name.title}: {name.holds}")
        for name in SCREENS
    ]  # fmt: skip


class MailtuiApp(App[int], inherit_bindings=False):
    """The console. `session` is what all screens share, `plan` how to draw on this terminal, `start` the
    first screen's mode; a crash report goes to `crash_dir`."""

    CSS_PATH = stylesheet("frame")
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  # as Textual declares it
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        name.mode: partial(make_screen, name.mode) for name in SCREENS
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "view('review')", "write", id="app.review",
                tooltip="See the staged changes as a diff and a plan, and write them."),
        Binding("u", "undo", "undo", id="app.undo", tooltip="Take back the last staged change."),
        Binding("r", "reread", "reread", id="app.reread", tooltip="Read everything again from the disk."),
        Binding("H", "view('history')", "history", id="app.history",
                tooltip="Every change that was written, with its undo."),
        Binding("L", "strip", "live log", id="app.strip", tooltip="Open or close the live log strip."),
        Binding("colon", "command_line", "command", id="app.command",
                tooltip="Type a command: :w :q :aliases smith :12."),
        Binding("ctrl+p", "palette", "palette", id="app.palette", tooltip="Find an action by a part of its name."),
        *_screen_keys(),
        Binding("q", "leave", "quit", id="app.quit",
                tooltip="Close the view; on a screen leave mailtui, which asks while changes are staged."),
        Binding("ctrl+c", "leave", show=False),
        Binding("question_mark", "help", "keys", id="app.help", tooltip="All keys of this view."),
        Binding("ctrl+z", "suspend_process", "suspend", id="app.suspend", tooltip="Go to the shell; fg comes back."),
    ]  # fmt: skip

    def __init__(self, session: Session, plan: Plan, start: str = "overview", crash_dir: Path | None = None) -> None:
        self.__dict__["DEFAULT_MODE"] = start  # this console's own; Textual reads it in its __init__
        self.paint = paint_for(plan)
        use_ascii(plan.ascii_only)
        super().__init__(driver_class=ConsoleDriver, ansi_color=plan.ansi)
        self.register_theme(THEME)
        self.set_reactive(App.theme, "ansi-dark" if plan.ansi else THEME.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.session = session
        self.strip = StripLines()
        self.quit_after_write = False
        """Set by `:wq`: whoever writes calls `written`."""
        self.crashed = ""
        """The line for standard error after the console failed."""
        self._crash_dir = crash_dir
        self._poller = Poller(self, session)

    # Start and end

    def on_mount(self) -> None:
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                loop.add_signal_handler(number, self._signalled, number)
        self._poller.start()
        self.call_after_refresh(_settle_memory)

    def on_unmount(self) -> None:
        self._poller.stop()

    def end(self, code: int = 0) -> None:
        """Leave: store the draft, put the terminal back, exit with `code`."""
        try:
            self.session.keep_draft()
        except OSError as error:
            self.push_screen(ErrorDialog("The staged changes could not be kept", [str(error)]))
            return
        self.exit(code, return_code=code)

    def _signalled(self, number: int) -> None:
        """Asked to end from outside; the terminal may be gone already, and then ending may hang."""
        watchdog = threading.Timer(_GRACE, os._exit, [128 + number])
        watchdog.daemon = True
        watchdog.start()
        try:
            self.session.keep_draft()
        except OSError as error:
            self.crashed = f"mailtui: the staged changes could not be kept: {show(str(error))}"
        self.exit(128 + number, return_code=128 + number)

    def written(self) -> None:
        """Called after an apply that succeeded: ends the console where `:wq` asked for that."""
        if self.quit_after_write and not self.session.draft:
            self.end()

    def _handle_exception(self, error: Exception) -> None:
        """Instead of Textual's traceback with every variable's value: a private file and one line."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self._report(error.error if isinstance(error, WorkerFailed) else error)
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """The thread that reads the keys failed; mostly because the terminal is gone."""
        self._handle_exception(RuntimeError("the terminal cannot be read"))

    def _report(self, error: BaseException) -> None:
        report = crash.write_report(error, self._crash_dir) if self._crash_dir else None
        self.crashed = crash.message(error, report)
        try:
            self.session.keep_draft()
        except OSError as problem:
            self.crashed += f" Keeping it failed, too: {show(str(problem))}"

    def _print_error_renderables(self) -> None:
        """`console.py` prints `crashed`, after the terminal is itself again."""

    # Messages

    def notify(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information",
        timeout: float | None = None, markup: bool = False,
    ) -> None:  # fmt: skip
        """Say something in the footer's place until the next key; never as markup."""
        footers = self.screen.query(Footer)
        if footers:
            footers.first().say(f"{title}: {message}" if title else message, severity)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            for footer in self.screen.query(Footer):
                footer.hush()
        await super().on_event(event)

    def on_poller_news(self, news: Poller.News) -> None:
        self.session.polled(news.paths, news.status)

    def on_poller_failed(self, failed: Poller.Failed) -> None:
        self.notify(f"Cannot read the instance: {failed.error}", severity="error")

    # Actions

    def action_show(self, mode: str) -> None:
        """Go to a screen."""
        self.switch_mode(mode)

    def action_view(self, mode: str) -> None:
        """Open a view over the screen, unless it is open."""
        if not any(isinstance(s, ConsoleScreen) and s.mode == mode for s in self.screen_stack):
            self.push_screen(make_screen(mode))

    def action_leave(self) -> None:
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.ask_or_end()

    def ask_or_end(self) -> None:
        """Leave; where edits are staged, ask first what becomes of them."""
        if not self.session.draft:
            self.end()
            return
        edits = [edit.describe() for edit in self.session.draft.edits]
        more = [f"… and {len(edits) - 8} more"] if len(edits) > 8 else []
        self.push_screen(
            Choice(
                f"{len(edits)} staged change{'s are' if len(edits) != 1 else ' is'} not written",
                [*edits[:8], *more],
                ("w", "review", "See them as a diff and a plan, and write them."),
                ("k", "keep", "Leave, and find them staged next time."),
                ("d", "drop", "Leave without them: they are gone."),
            ),
            self._quit_answer,
        )

    def _quit_answer(self, answer: str | None) -> None:
        if answer == "review":
            self.action_view("review")
        elif answer == "keep":
            self.end()
        elif answer == "drop":
            self.session.drop_draft()
            self.end()

    def action_undo(self) -> None:
        group = self.session.unstage_last()
        self.notify(f"Taken back: {group.describe()}" if group else "Nothing is staged")

    def action_reread(self) -> None:
        self.session.reread()
        self.notify("Read again from the disk")

    def action_drop_draft(self) -> None:
        count = len(self.session.draft)
        if not count:
            self.notify("Nothing is staged")
            return
        question = Confirm(f"Take back all {count} staged changes?", ["They cannot be brought back."], yes="drop")
        self.push_screen(question, lambda yes: self.session.drop_draft() if yes else None)

    def action_strip(self) -> None:
        self.strip.toggle()

    def action_command_line(self) -> None:
        if isinstance(self.screen, ConsoleScreen):
            self.screen.open_command_line()

    def run_command(self, text: str) -> None:
        """Do what was typed after `:`."""
        run_command(self, text)

    def action_help(self) -> None:
        from mailtui.screens.help import HelpScreen

        screen = self.screen
        title = BY_MODE[screen.mode].title if isinstance(screen, ConsoleScreen) else "this view"
        self.push_screen(HelpScreen(screen, f"Keys of {title}"), self._run_later)

    def action_palette(self) -> None:
        from mailtui.screens.palette import Entry, PaletteScreen, entries_of

        def chosen(entry: Entry | None) -> None:
            if entry is not None and entry.run is not None:
                entry.run()

        entries = entries_of(
            self.screen,
            act=lambda active: partial(self._run_later, active),
            command=lambda word: partial(self.run_command, word),
        )
        self.push_screen(PaletteScreen(entries), chosen)

    def _run_later(self, active: ActiveBinding | None) -> None:
        if active is not None:
            self.call_later(self.run_action, active.binding.action, active.node)


def _settle_memory() -> None:
    """What the start made stays; the collector need not look at it again."""
    gc.freeze()
    gc.enable()


