"""The console's app: what belongs to no screen. Started by `console.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen

from mailtui.screens.parts.built import make_screen
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keys import put_in_force
from mailtui.screens.parts.lifetime import LastingApp
from mailtui.screens.parts.names import MODES, SCREENS
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.strip import StripLines
from mailtui.screens.parts.terminal import Plan
from mailtui.styles import stylesheets

if TYPE_CHECKING:
    from mailtui.screens.parts.livelog import LiveLog


def _screen_keys() -> list[BindingType]:
    return [
        Binding(name.key, f"show('{name.mode}')", name.title, show=False, id=f"screen.{name.mode}",
                tooltip=f"{name.title}: {name.holds}")
        for name in SCREENS
    ]  # fmt: skip


class MailtuiApp(LastingApp):
    """The console. `start` is the first screen's mode."""

    CSS_PATH = stylesheets()  # all: one that came with its screen would have Textual parse every one again
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  # as Textual declares it
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        name.mode: partial(make_screen, name.mode) for name in MODES
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "view('review')", "write", id="app.review",
                tooltip="See the staged changes as a diff and a plan, and write them."),
        Binding("u", "undo", "undo", id="app.undo", tooltip="Take back the last staged change."),
        Binding("f", "view('findings')", "findings", show=False, id="app.findings",
                tooltip="What is wrong or doubtful on this server, with the edits that mend it."),
        Binding("r", "reread", "reread", id="app.reread", tooltip="Read everything again from the disk."),
        Binding("H", "view('history')", "history", id="app.history",
                tooltip="Every change that was written, with its undo."),
        Binding("L", "strip", "live log", id="app.strip", tooltip="Open or close the live log strip."),
        Binding("colon", "command_line", "command", id="app.command",
                tooltip="Type a command: :w :q :aliases smith :12."),
        Binding("comma", "view('settings')", "settings", show=False, id="app.settings",
                tooltip="mailtui's own settings and keys: what holds, from which file, and what each means."),
        Binding("ctrl+p", "palette", "palette", id="app.palette",
                tooltip="Find an action by a part of its name."),
        *_screen_keys(),
        Binding("q", "leave", "quit", id="app.quit",
                tooltip="Close the view; on a screen leave mailtui, which asks while changes are staged."),
        Binding("ctrl+c", "leave", show=False),
        Binding("question_mark", "help", "keys", id="app.help", tooltip="All keys of this view."),
        Binding("ctrl+z", "suspend_process", "suspend", id="app.suspend",
                tooltip="Go to the shell; fg comes back."),
    ]  # fmt: skip

    def __init__(
        self,
        session: Session,
        plan: Plan,
        start: str = "overview",
        crash_dir: Callable[[], str] | None = None,
    ) -> None:
        self.__dict__["DEFAULT_MODE"] = start  # this console's own; Textual reads it in its __init__
        super().__init__(session, plan, crash_dir)
        put_in_force({})
        self.strip = StripLines()
        self.quit_after_write = False
        """Set by `:wq`: whoever writes calls `written`."""
        self.refused_keys: dict[str, str] = {}
        """Entries of the key map that cannot hold, each with what was said of it."""
        self.other = ""
        """The directory of the instance on which the console opens once this one has ended."""
        self._live_log: LiveLog | None = None

    @property
    def live_log(self) -> LiveLog:
        """The log that all screens share; it is followed from its first use on."""
        if self._live_log is None:
            from mailtui.maillog.source import Source
            from mailtui.screens.parts.livelog import LiveLog, local_domains

            nothing = Source("none", why="no log is known for this instance")
            self._live_log = LiveLog(
                self.session.find_log or (lambda: nothing),
                self.strip,
                lambda: local_domains(self.session.instance),
            )
        return self._live_log

    def greet(self) -> None:
        session = self.session
        if session.first or session.neighbours is not None:
            from mailtui.screens.firstrun import greet

            greet(self)

    def on_mount(self) -> None:
        if self.session.settings.keymap:
            from mailtui.screens.parts.keymap import take_keys

            take_keys(self)

    def set_keymap(self, keymap: Mapping[str, str]) -> None:
        super().set_keymap(keymap)
        put_in_force(self._keymap)

    def on_unmount(self) -> None:
        if self._live_log is not None:
            self._live_log.stop()

    def written(self, addresses: Iterable[str] = ()) -> None:
        """Called after an apply that succeeded: the strip follows these addresses for five minutes; where
        `:wq` asked for it, the console ends."""
        if self.quit_after_write and not self.session.draft:
            self.end()
            return
        addresses = list(addresses)
        if addresses:
            self.live_log.watch(addresses)
            self.strip.show(True)

    def copy(self, text: str) -> None:
        """Copy through the terminal (OSC 52), and say what came of it."""
        self.notify(self.copied(text))

    def copy_and_show(self, text: str, left: int = 0) -> None:
        """Copy it, and show it for those whose terminal does not take it. `left`: so many rows more were
        chosen; of a text of more lines the first ones are shown, too."""
        from mailtui.screens.parts.listkeys import first_lines

        which, first = first_lines(text, left)
        self.show_plain(which + self.copied(text), first)

    def show_plain(self, title: str, text: str, *, hang: bool = False) -> None:
        """Show a text unwrapped over the whole screen, for the terminal's own selection. `hang`: it is to be
        read, and what is wrapped goes on beside its label."""
        from mailtui.screens.parts.dialogs import TextView

        self.push_screen(TextView(title, text.split("\n"), hang=hang))

    # Actions

    def action_show(self, mode: str) -> None:
        """Go to a screen."""
        self.switch_mode(mode)

    def show_filtered(self, mode: str, text: str) -> None:
        """Go to a screen (or open a view) and filter it; with an empty text it is left as it is."""
        from mailtui.screens.parts.command import Goto
        from mailtui.screens.parts.commands import go_to

        go_to(self, Goto(mode, text))

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
        if not self.session.draft and self.session.settings.ask_quit != "always":
            self.end()
            return
        from mailtui.screens.parts.leaving import ask

        ask(self)

    def open_other(self, config_dir: str) -> None:
        """End here, with the draft kept, and open the console on another instance."""
        self.other = config_dir
        if not self.end():
            self.other = ""

    def action_undo(self) -> None:
        group = self.session.unstage_last()
        self.notify(f"Taken back: {group.describe()}" if group else "Nothing is staged")

    def action_reread(self) -> None:
        self.session.reread()
        self.terminal_taken()  # others may have written on it
        self.notify("Read again from the disk")

    def action_drop_draft(self) -> None:
        count = len(self.session.draft)
        if not count:
            self.notify("Nothing is staged")
            return
        from mailtui.screens.parts.dialogs import Confirm

        title = f"Take back {count} staged change{'s' if count > 1 else ''}?"
        question = Confirm(title, ["They cannot be brought back."], yes="drop")
        self.push_screen(question, lambda yes: self.session.drop_draft() if yes else None)

    def action_strip(self) -> None:
        self.live_log.start()
        self.strip.show(not self.strip.open)

    async def action_command_line(self) -> None:
        if isinstance(self.screen, ConsoleScreen):
            await self.screen.open_command_line()

    def run_command(self, text: str) -> None:
        """Do what was typed after `:`."""
        from mailtui.screens.parts.commands import run_command

        run_command(self, text)

    def action_help(self) -> None:
        from mailtui.screens.help import HelpScreen

        screen = self.screen
        title = screen.help_title if isinstance(screen, ConsoleScreen) else "this view"
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
