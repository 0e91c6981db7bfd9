"""An app that starts fast and ends well: signals, crashes, the kept draft, messages, the poller.

class MailtuiApp(LastingApp): …
app.end()             # left by a key: the draft is stored, the terminal restored, exit code 0
app.crashed           # after run(): the line for standard error, if it failed
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from pathlib import Path

from rich.console import RenderableType
from textual.app import App
from textual.notifications import SeverityLevel
from textual.worker import WorkerFailed

from mailtui.screens.parts.driver import ConsoleDriver
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import KeysInOrder
from mailtui.screens.parts.paint import THEME, paint_for
from mailtui.screens.parts.poller import Poller
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.text import show, use_ascii

_GRACE = 2.0
"""Seconds that a signal gives the console to end by itself."""


class LastingApp(KeysInOrder, inherit_bindings=False):
    """`session` is what all screens share, `plan` how to draw on this terminal; a crash report goes to
    `crash_dir` (None: nowhere)."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: Session, plan: Plan, crash_dir: Path | None = None) -> None:
        self.paint = paint_for(plan)
        """The styles by name, for every widget that draws its own lines."""
        use_ascii(plan.ascii_only)
        super().__init__(driver_class=ConsoleDriver, ansi_color=plan.ansi)
        self.set_class(plan.ascii_only, "-ascii", update=False)
        self.register_theme(THEME)
        self.set_reactive(App.theme, "ansi-dark" if plan.ansi else THEME.name)
        self._styled_for = self.current_theme
        self.stylesheet.set_variables(self.get_css_variables())
        # Neither is used (see `notify`), and they would be two more widgets on every screen.
        self._disable_tooltips = self._disable_notifications = True
        self.session = session
        self.crashed = ""
        """The line for standard error after the console failed."""
        self._crash_dir = crash_dir
        self._poller = Poller(self, session)

    def refresh_css(self, animate: bool = True) -> None:
        """Only for another theme: Textual asks for it with every screen that opens, and would parse and apply
        all style sheets again."""
        if self.current_theme is not self._styled_for:
            self._styled_for = self.current_theme
            super().refresh_css(animate)

    # Start and end

    def on_mount(self) -> None:
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                loop.add_signal_handler(number, self._signalled, number)
        self.call_after_refresh(self._started)

    def _started(self) -> None:
        self._poller.start()
        gc.freeze()  # what the start made stays: the collector need not look at it again
        gc.enable()
        if self.session.notes:
            self.notify("; ".join(self.session.notes))

    def on_unmount(self) -> None:
        self._poller.stop()

    def end(self, code: int = 0) -> None:
        """Leave: store the draft, put the terminal back, exit with `code`."""
        try:
            self.session.keep_draft()
        except OSError as error:
            from mailtui.screens.parts.dialogs import ErrorDialog

            self.push_screen(ErrorDialog("The staged changes could not be kept", [str(error)]))
            return
        self.exit(code, return_code=code)

    def _signalled(self, number: int) -> None:
        """Asked to end from outside; the terminal may be gone already, and then ending may hang."""
        watchdog = threading.Timer(_GRACE, os._exit, [128 + number])
        watchdog.daemon = True
        watchdog.start()
        self._keep_somehow()
        self.exit(128 + number, return_code=128 + number)

    def _handle_exception(self, error: Exception) -> None:
        """Instead of Textual's traceback with every variable's value: a private file and one line."""
        self._return_code = 1
        if self._exception is None:
            from mailtui.screens.parts import crash

            self._exception = error
            noticed: asyncio.Event = self._exception_event
            noticed.set()
            cause = error.error if isinstance(error, WorkerFailed) else error
            report = crash.write_report(cause, self._crash_dir) if self._crash_dir else None
            self.crashed = crash.message(cause, report)
            self._keep_somehow()
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002  # Textual's traceback is not wanted
        """The thread that reads the keys failed; mostly because the terminal is gone."""
        self._handle_exception(RuntimeError("the terminal cannot be read"))

    def _keep_somehow(self) -> None:
        try:
            self.session.keep_draft()
        except OSError as problem:
            self.crashed += f"\nmailtui: the staged changes could not be kept: {show(str(problem))}"

    def _print_error_renderables(self) -> None:
        """Nothing: `crashed` is printed once the terminal is itself again."""

    def _set_pointer_shape(self, shape: str) -> None:
        """Nothing: an OSC 22 for the mouse's looks is noise on a terminal that may not know it."""

    # Messages

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,  # noqa: ARG002  # Textual's own parameters
        markup: bool = False,  # noqa: ARG002
    ) -> None:
        """Say something in the footer's place until the next key; never as markup."""
        for footer in self.screen.query(Footer):
            footer.say(f"{title}: {message}" if title else message, severity)

    def before_key(self) -> None:
        for footer in self.screen.query(Footer):
            footer.hush()

    def on_poller_news(self, news: Poller.News) -> None:
        self.session.polled(news.paths, news.status)

    def on_poller_failed(self, failed: Poller.Failed) -> None:
        self.notify(f"Cannot look at the instance: {failed.error}", severity="error")
