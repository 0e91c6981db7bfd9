"""What every screen stands on: status line, line of screens, the screen's own body, strip, footer.

    class QueueScreen(ConsoleScreen):
        MODE = "queue"
        CSS_PATH = stylesheet("queue")
        BINDINGS = [Binding("R", "requeue", "requeue", id="queue.requeue", tooltip="…")]
        def body(self): yield …
        def refresh_view(self, change): …         # draft, disk or status changed; only while visible

`self.session` and `self.console` give the shared state and the app, `self.say(…)` the footer's message.
Lists are better built on `ListScreen` (listscreen.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.letgo import forget_drawn, stays
from mailtui.screens.parts.names import BY_MODE
from mailtui.screens.parts.paced import Paced
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.session import Change, Session
from mailtui.screens.parts.status import StatusLine
from mailtui.screens.parts.strip import StripView
from mailtui.screens.parts.tabs import Tabs
from mailtui.screens.parts.terminal import SMALLEST
from mailtui.screens.parts.text import segments

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp
    from mailtui.screens.parts.commandline import CommandLine


class TooSmall(Painted):
    """Fills a window that is too small to work in, and says so."""

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        columns, lines = SMALLEST
        words = [
            f"mailtui needs {columns}x{lines};",
            f"this window has {width}x{height}.",
            "Make it larger, please,",
            "or press q to leave.",
        ]
        line = y - max(0, (height - len(words)) // 2)
        text = words[line] if 0 <= line < len(words) else ""
        return self.strip(segments([(text.center(width), "")], width, self.paint), width)


class ConsoleScreen(Paced[None]):
    """A screen of the console. Views that open over one (Review, History) are such screens, too."""

    AUTO_FOCUS = ""  # else the hidden command line would get the keys
    MODE: ClassVar[str] = ""
    """The screen's mode as in `names.py`."""
    HELP_TITLE: ClassVar[str] = ""
    """What help calls it, where that is not its mode's title."""

    def __init__(self) -> None:
        super().__init__()
        self._stale: Change | None = None
        self._is_new = True
        self._focus_before: Widget | None = None

    @property
    def mode(self) -> str:
        """The screen's mode, for the line of screens."""
        return self.MODE

    @property
    def help_title(self) -> str:
        """What help calls this view."""
        return self.HELP_TITLE or BY_MODE[self.mode].title

    @property
    def console(self) -> MailtuiApp:
        """The app, as what it is."""
        from mailtui.screens.app import MailtuiApp

        app = self.app
        assert isinstance(app, MailtuiApp)
        return app

    @property
    def session(self) -> Session:
        """The shared state."""
        return self.console.session

    def compose(self) -> ComposeResult:
        """What is always there; strip, command line and `TooSmall` come when they are first needed."""
        self._take_width()
        yield StatusLine(self.session)
        yield Tabs(self.mode)
        with Vertical(id="body"):
            yield from self.body()
        yield Footer()

    def _take_width(self) -> None:
        """Have the class of the window's width before there are widgets: Textual sets it once the screen is
        laid out, and would style every widget a second time."""
        width = self.app.size.width
        fitting = [point for point in self.app.HORIZONTAL_BREAKPOINTS or () if point[0] <= width]
        if fitting:
            self.add_class(max(fitting)[1])

    def body(self) -> ComposeResult:
        """The screen's own widgets."""
        yield from ()

    def refresh_view(self, change: Change) -> None:
        """Show what changed. Called while the screen is visible, and when it becomes so again."""

    def filter_to(self, text: str) -> None:
        """Take over a filter from the command line (`:aliases smith`)."""
        if text:
            self.say("This screen has no filter", "warning")

    def go_to_row(self, number: int) -> None:  # noqa: ARG002
        """Go to a row, counted from 1 (`:12`)."""
        self.say("This screen has no rows", "warning")

    def somebody(self) -> str:
        """The address that the cursor is on, where rows are of addresses; empty elsewhere."""
        return ""

    def say(self, text: str, severity: str = "information") -> None:
        """Say it in the footer's place until the next key; severity: information, warning or error."""
        self.query_one(Footer).say(text, severity)

    async def open_command_line(self) -> None:
        """Let the user type a command."""
        from mailtui.screens.parts.commandline import CommandLine

        if not self.query(CommandLine):
            await self.mount(CommandLine(), before=self.query_one(Footer))
        self.query_one(CommandLine).open()

    # News from the session

    def on_mount(self) -> None:
        self._unsubscribe = self.session.changed.subscribe(self._changed)
        self._unsubscribe_strip = self.console.strip.changed.subscribe(self._strip_changed)
        self._strip_changed(None)

    def on_unmount(self) -> None:
        self._unsubscribe()
        self._unsubscribe_strip()

    def _strip_changed(self, _news: None) -> None:
        if self.console.strip.open and not self.query(StripView):
            self.mount(StripView(self.console.strip), after="#body")

    def _changed(self, change: Change) -> None:
        if not self.query(StatusLine):
            return  # the console is ending, and takes the parts away first
        if self.is_current:
            self._take(change)
        else:
            before = self._stale or Change()
            self._stale = Change(
                before.draft or change.draft, before.paths | change.paths, before.status or change.status
            )

    def _take(self, change: Change) -> None:
        self.query_one(StatusLine).refresh()
        self.refresh_view(change)

    @on(events.ScreenResume)
    def _shown_first(self, event: events.ScreenResume) -> None:
        if self._is_new:
            self._is_new = False
            event.refresh_styles = False  # each widget was styled a moment ago, as it was mounted
            if self.app.screen_stack[0] is self and not self.app.is_headless:
                self.call_after_refresh(stays)

    def on_screen_resume(self) -> None:
        stale, self._stale = self._stale, None
        if stale is not None and self.is_mounted:
            self._take(stale)

    def on_screen_suspend(self) -> None:
        """Lines that nobody sees are not kept: a line takes two kilobytes, and there are many screens."""
        if self not in self.app.screen_stack:
            for widget in self.walk_children(Widget, with_self=True):
                forget_drawn(widget)

    # Keys and sizes

    def on_resize(self, event: events.Resize) -> None:
        small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        if small and not self.query(TooSmall):
            self.mount(TooSmall())
        if small and not self.has_class("too-small"):
            self._focus_before = self.focused
            self.set_focus(None)
        elif not small and self.has_class("too-small"):
            self.call_after_refresh(self._focus_back)
        self.set_class(small, "too-small")

    def _focus_back(self) -> None:
        before = self._focus_before
        if self.focused is None and before is not None and before.is_attached:
            self.set_focus(before)

    def on_command_line_run(self, event: CommandLine.Run) -> None:
        event.stop()
        self.console.run_command(event.text)
