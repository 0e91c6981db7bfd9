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
from collections.abc import Callable
from functools import partial
from pathlib import Path
from weakref import WeakSet

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.css.query import NoMatches
from textual.geometry import Offset, Size
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import WorkerFailed

from mailtui.screens.parts.driver import ConsoleDriver
from mailtui.screens.parts.examiner import Examiner
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import KeysInOrder
from mailtui.screens.parts.letgo import forget_sizes, let_go
from mailtui.screens.parts.paced import Paced
from mailtui.screens.parts.paint import THEMES, Painted, paint_for, theme_for
from mailtui.screens.parts.picture import Difference, Picture
from mailtui.screens.parts.poller import Poller
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.skeleton import SIGNALS
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.text import show, use_ascii, use_plain

_GRACE = 2.0
"""Seconds that a signal gives the console to end by itself."""
_COPIED = 74_994
"""Bytes that are copied at most: xterm and tmux take no longer OSC 52 (100,000 characters of base64)."""


class LastingApp(KeysInOrder, inherit_bindings=False):
    """`session` is what all screens share, `plan` how to draw on this terminal; a crash report goes to
    the folder that `crash_dir` names (None: nowhere)."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: Session, plan: Plan, crash_dir: Callable[[], str] | None = None) -> None:
        self.paint = paint_for(plan)
        """The styles by name, for every widget that draws its own lines."""
        use_ascii(plan.ascii_only)
        use_plain(plan.plain)
        let_go()
        super().__init__(driver_class=ConsoleDriver, ansi_color=plan.ansi)
        self.set_class(plan.ascii_only, "-ascii", update=False)
        self.set_class(plan.plain, "-plain", update=False)
        self.set_class(plan.light, "-light", update=False)
        if plan.plain:
            self.HORIZONTAL_BREAKPOINTS = (self.HORIZONTAL_BREAKPOINTS or [])[:1]  # one thing below the other
        for theme in THEMES:
            self.register_theme(theme)
        self.set_reactive(App.theme, theme_for(plan))
        self._styled_for = self.current_theme
        self.stylesheet.set_variables(self.get_css_variables())
        # Neither is used (see `notify`), and they would be two more widgets on every screen.
        self._disable_tooltips = self._disable_notifications = True
        self.session = session
        self.speaking: WeakSet[Footer] = WeakSet()
        """The footers that say something, until the next key."""
        self.crashed = ""
        """The line for standard error after the console failed."""
        self._crash_dir = crash_dir
        self._plan = plan
        self._ended_by = 0
        self._paint_waits = False
        self._poller = Poller(self, session)
        self._examiner = Examiner(self, session.examine) if session.examine is not None else None
        self._picture = Picture(old=plan.ansi)
        self._cursor_sent = Offset(-1, -1)
        self._sized: Size | None = None

    def refresh_css(self, animate: bool = True) -> None:
        """Only for another theme: Textual asks for it with every screen that opens, and would parse and apply
        all style sheets again."""
        if self.current_theme is not self._styled_for:
            self._styled_for = self.current_theme
            super().refresh_css(animate)

    # Painting

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send only what differs from what stands on the terminal; nothing where nothing does."""
        if (
            renderable is not None
            and self._driver is not None
            and not (self.is_headless or self._batch_count)
        ):
            if self._plan.plain:
                self.cursor_position = self._read_at(screen)
            renderable = self._picture.differing(renderable, self.size, self.console)
            nothing = isinstance(renderable, Difference) and not renderable.text
            if nothing and self.cursor_position == self._cursor_sent:
                return
            self._cursor_sent = self.cursor_position
        super()._display(screen, renderable)

    @staticmethod
    def _read_at(screen: Screen[object]) -> Offset:
        """Where a screen reader finds the terminal's cursor: in the field or on the row that has the keys."""
        focused = screen.focused
        if isinstance(focused, Field):
            focused = focused.read_instead() or focused
        if isinstance(focused, Field):
            return focused.typed_at
        if isinstance(focused, Painted):
            return focused.region.offset + Offset(0, focused.reading_line)
        return Offset(0, 0)

    @property
    def cursor_shown(self) -> bool:
        """Whether the terminal shows its cursor."""
        return self._plan.plain

    def on_resize(self, event: events.Resize) -> None:
        before, self._sized = self._sized, event.size
        if before not in (None, event.size):  # the first one says what was known
            forget_sizes(screen for stack in self._screen_stacks.values() for screen in stack)

    def terminal_taken(self) -> None:
        """The terminal is another's no more: all is to be painted."""
        self._picture.forget()
        if self._screen_stack:
            self.screen.refresh()

    def may_paint(self) -> bool:
        """Whether the terminal has taken what was painted before. If not, the screen on top is painted as
        soon as it has, once and as it is then: on a slow line held keys cost no frames that nobody sees."""
        driver = self._driver
        if not isinstance(driver, ConsoleDriver) or not driver.busy:
            return True
        if not self._paint_waits:
            self._paint_waits = True
            driver.when_idle(partial(self.call_later, self._paint_now))
        return False

    def _paint_now(self) -> None:
        self._paint_waits = False
        if self.is_running and self._screen_stack and isinstance(self.screen, Paced):
            self.screen.paint_now()

    # Start and end

    def on_mount(self) -> None:
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in SIGNALS:
                loop.add_signal_handler(number, self._signalled, number)
        self.call_after_refresh(self._started)

    def _started(self) -> None:
        self._poller.start()
        if self._examiner is not None:
            self._examiner.start()
        gc.freeze()  # what the start made stays: the collector need not look at it again
        gc.enable()
        if self.session.notes:
            self.notify("; ".join(self.session.notes))
        if self.session.kept and self.session.draft:
            from mailtui.screens.parts.keptdraft import KeptDraft

            self.push_screen(KeptDraft(self.session), self._kept_answer)
        self.greet()

    def greet(self) -> None:
        """Called once the console is up."""

    def _kept_answer(self, answer: str | None) -> None:
        """What becomes of the draft from last time; it is staged already, and by default stays so."""
        if answer == "review":
            self.call_later(self.run_action, "view('review')", self)
        elif answer == "drop":
            self.call_later(self.run_action, "drop_draft", self)

    def on_unmount(self) -> None:
        self._poller.stop()
        if self._examiner is not None:
            self._examiner.stop()

    def end(self, code: int = 0) -> bool:
        """Leave: store the draft, put the terminal back, exit with `code`. False where the draft cannot be
        stored, which is said; then the console goes on."""
        try:
            self.session.keep_draft()
        except OSError as error:
            from mailtui.screens.parts.dialogs import ErrorDialog

            self.push_screen(ErrorDialog("The staged changes could not be kept", [str(error)]))
            return False
        self.exit(code, return_code=code)
        return True

    def _signalled(self, number: int) -> None:
        """Asked to end from outside; the terminal may be gone already, and then ending may hang."""
        if self._ended_by:
            return
        self._ended_by = number
        watchdog = threading.Timer(_GRACE, os._exit, [128 + number])
        watchdog.daemon = True
        watchdog.start()
        self._keep_somehow()
        self.exit(128 + number, return_code=128 + number)

    def _handle_exception(self, error: Exception) -> None:
        """Instead of Textual's traceback with every variable's value: a private file and one line. A screen
        that was just being opened when the console began to end has no widgets; that is no failure."""
        if self._exit and isinstance(error, NoMatches):
            return
        self._return_code = 1
        if self._exception is None:
            from mailtui.screens.parts import crash

            self._exception = error
            noticed: asyncio.Event = self._exception_event
            noticed.set()
            cause = error.error if isinstance(error, WorkerFailed) else error
            report = crash.write_report(cause, Path(self._crash_dir())) if self._crash_dir else None
            self.crashed = crash.message(cause, report)
            self._keep_somehow()
        self._close_messages_no_wait()

    def hung_up(self) -> None:
        """The terminal is gone, whether or not a signal says so: nohup and sudo may keep SIGHUP away."""
        self._signalled(signal.SIGHUP)

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002  # Textual's traceback is not wanted
        """The thread that reads the keys failed."""
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

    def copy_to_clipboard(self, text: str) -> None:
        """Copy through the terminal, where it can and nothing of the text could be steering it."""
        if len(text) > _COPIED:
            self._clipboard = ""  # nor is it kept: it may be megabytes
            return
        safe_text = "\n".join(show(line, _COPIED) for line in text.split("\n"))
        if self._clipboard_takes(safe_text):
            super().copy_to_clipboard(safe_text)
        else:
            self._clipboard = safe_text

    def _clipboard_takes(self, text: str) -> bool:
        return self._plan.clipboard and len(text.encode("utf-8", "replace")) <= _COPIED

    def copied(self, text: str) -> str:
        """Copy a text; what can be said about it: whether the terminal took it is never known."""
        self.copy_to_clipboard(text)
        if not self._plan.clipboard:
            return "This terminal cannot copy; select the text, or save it"
        if len(text) > _COPIED or not self._clipboard_takes(self._clipboard):
            return f"Too long to copy ({len(text):,} characters): save it"
        return "Copied, if your terminal allows it"

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
        for footer in list(self.speaking):
            if footer.is_attached and footer.screen is self.screen:
                footer.hush()

    def after_key(self) -> None:
        screen = self._screen_up
        if isinstance(screen, Paced):
            screen.paint_at_once()

    def on_poller_news(self, news: Poller.News) -> None:
        self.session.polled(news.paths, news.status)
        if news.paths:
            self.examine_again()

    def examine_again(self) -> None:
        """Have the instance examined once more, in its thread."""
        if self._examiner is not None:
            self._examiner.look()

    def on_examiner_news(self, news: Examiner.News) -> None:
        if news.problem:
            self.notify(f"Cannot examine the instance: {news.problem}", severity="error")
        else:
            self.session.found(news.findings)

    def on_poller_failed(self, failed: Poller.Failed) -> None:
        self.notify(f"Cannot look at the instance: {failed.error}", severity="error")
