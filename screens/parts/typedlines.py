"""Lines to type in, with what there is to say under each; and the editor in the detail pane around them.

    class FormLines(TypedLines): …                  # says how many lines there are and what stands in them
    class FormEditor(LineEditor): …                 # a title over the lines; staging and closing
    on LineEditor.Changed: …                        # something was typed a moment ago

Enter goes from line to line and, on the last one, stages. Up and Down move, Left and Right choose, Right
takes a completion, Escape closes and asks first where something was typed. However many lines there are,
one field moves among them and the rest is painted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input

from mailtui.screens.parts.beside import there
from mailtui.screens.parts.detail import Rule
from mailtui.screens.parts.dialogs import StageOrDiscard
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linefield import ChosenField, LineField
from mailtui.screens.parts.paint import Painted
from mailtui.screens.parts.text import Span, Spans, segments, show, wrapped

CHECK_AFTER = 0.15
"""Seconds without a key before what was typed is looked at."""
SIGNS = {
    "error": ("! ", "error"),
    "warning": ("? ", "warning"),
    "advice": ("- ", "dim"),
    "edit": ("  ", "dim"),
}
"""Severity of a note → its sign and style."""


class TypedLines(Painted):
    """The lines; `current` is the one being typed in, `left` the column where the texts begin."""

    def __init__(self, editor: LineEditor, left: int, current: int = 0) -> None:
        super().__init__()
        self.editor, self.left, self.current = editor, left, current
        self.top = 0
        self._lines: list[tuple[int, Spans]] = []
        self._laid_for = Size(0, 0)
        self._text = LineField(self)
        self._choice = ChosenField(self)

    # What a form says

    @property
    @abstractmethod
    def count(self) -> int:
        """How many lines there are now."""

    @abstractmethod
    def label(self, row: int) -> str:
        """What stands before a line."""

    @abstractmethod
    def content(self, row: int) -> str:
        """What stands in a line."""

    @abstractmethod
    def under(self, row: int) -> Iterable[Span]:
        """What there is to say under a line."""

    @abstractmethod
    def choosing(self, row: int) -> bool:
        """Whether a line is chosen, not typed."""

    @abstractmethod
    def put(self, row: int, text: str) -> None:
        """This was typed into a line; what was said of it holds no more."""

    @abstractmethod
    def tidy(self, row: int) -> int:
        """A line is left: how many lines there are more for it (an empty item goes: -1)."""

    @abstractmethod
    def ends(self, row: int) -> bool:
        """Whether Enter on this line stages."""

    @abstractmethod
    def next_value(self, by: int) -> bool:
        """Another value of the line that is chosen; False where there is none."""

    @abstractmethod
    def add(self, row: int, items: Sequence[str]) -> bool:
        """Put lines before this one, where it is an item of a list; else False."""

    def swap(self, row: int, by: int) -> bool:  # noqa: ARG002
        """Let a line change places with the one above or below it, where both are items of a list."""
        return False

    def suggester(self, row: int) -> Suggester | None:  # noqa: ARG002
        """What completes a line."""
        return None

    # Drawing

    def compose(self) -> ComposeResult:
        yield self._text
        yield self._choice

    def on_mount(self) -> None:
        self.go(self.current)

    def _laid(self, width: int) -> list[tuple[int, Spans]]:
        lines: list[tuple[int, Spans]] = []
        room = self.left - 3
        for row in range(self.count):
            style = "accent" if row == self.current else "dim"
            lines.append((row, [("   ", ""), (f"{self.label(row):<{room}}", style), (self.content(row), "")]))
            for said in self.under(row):
                spans = [(f"{'':{self.left}}", ""), said]
                lines.extend((row, line) for line in wrapped(spans, width, self.left + 2))
        return lines

    def lay_out(self) -> None:
        """Lay the lines anew, keep the current one visible, and put the field there."""
        width, height = self._laid_for = self.size
        if not width or not height:
            return
        self._lines = self._laid(width)
        mine = [at for at, (row, _) in enumerate(self._lines) if row == self.current]
        after = mine[-1] + 1  # a line below shows that it goes on
        last = min(after, mine[0] + height - 1, len(self._lines) - 1)
        self.top = max(0, min(self.top, mine[0], len(self._lines) - height), last - height + 1)
        for field in (self._text, self._choice):
            field.styles.offset = (self.left, mine[0] - self.top)
            field.styles.width = max(4, width - self.left - 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if self._laid_for != self.size:
            # Not on a Resize: Textual sends none to a new widget whose place was asked for before it was laid
            # out, and a field asks for its own, to put the terminal's cursor there.
            self._laid_for = self.size
            self.call_later(self.lay_out)
        width, height = self.size
        at = self.top + y
        spans: Spans = self._lines[at][1] if at < len(self._lines) else []
        more = len(self._lines) - self.top - height
        typed_in = at < len(self._lines) and self._lines[at][0] == self.current
        if more > 0 and y == height - 1 and not (typed_in and self._lines[at - 1][0] != self.current):
            spans = [(f"{'':{self.left}}… {more + 1} more lines", "dim")]
        return self.strip(segments(spans, width, self.paint), width)

    # Moving and typing

    @property
    def field(self) -> LineField:
        """The field of the current line."""
        return self._choice if self.choosing(self.current) else self._text

    def go(self, row: int) -> None:
        """Make this the line that is typed in."""
        self.current = row % self.count
        field = self.field
        self._text.suggester = None if field is self._choice else self.suggester(self.current)
        field.set_raw(self.content(self.current))
        self._choice.display, self._text.display = field is self._choice, field is self._text
        self.lay_out()
        focus_now(field)

    def settle(self) -> None:
        """The form was tidied up: the line that is typed in may be another."""
        self.go(min(self.current, self.count - 1))

    def step(self, by: int) -> None:
        """To a line above or below; what was typed is tidied up."""
        more = self.tidy(self.current)
        self.go(self.current + by + (more if by > 0 else 0))
        self.editor.tell_soon()

    async def enter(self) -> None:
        """Enter: the next line; on the last one, stage."""
        if self.ends(self.current):
            await self.editor.stage()
        else:
            self.step(1)

    def choose(self, by: int) -> None:
        """Another value; lines may come and go with it."""
        if self.next_value(by):
            self.go(self.current)
            self.editor.tell_soon()

    def open_line(self) -> None:
        """An empty line before this one, in a list."""
        if self.content(self.current).strip() and self.add(self.current, [""]):
            self.go(self.current)

    def move_line(self, by: int) -> None:
        """The item that is typed in goes up or down in its list, and the cursor with it."""
        if self.swap(self.current, by):
            self.go(self.current + by)
            self.editor.tell_soon()

    def paste(self, lines: Sequence[str]) -> bool:
        """Lines that were pasted as items of a list; False where this is none."""
        if not self.add(self.current, lines):
            return False
        self.go(self.current + len(lines))
        self.editor.tell_soon()
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.editor.staging or event.input is not self._text or self.choosing(self.current):
            return
        text = self._text.raw
        if text != self.content(self.current):
            self.put(self.current, text)
            self.lay_out()
            self.editor.tell_soon()

    def on_click(self, event: events.Click) -> None:
        at = self.top + event.y
        if event.widget is self and at < len(self._lines):
            self.go(self._lines[at][0])


class LineEditor(Vertical):
    """Lines with a title over them. `stage` and `close` are awaited: keys typed ahead wait for them. `verb`
    is what `stage` does, where that is another thing."""

    class Changed(Message):
        """Something was typed a moment ago: time to look at it."""

    def __init__(
        self,
        title: str,
        stage: Callable[[], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
        verb: str = "stage",
    ) -> None:
        super().__init__(id="editor")
        self.verb = verb
        self.staging = False
        """Whether what is typed is being staged: nothing is taken any more."""
        self._title, self._stage, self._close = title, stage, close
        self._timer: Timer | None = None
        self.lines = self.make_lines()

    @abstractmethod
    def make_lines(self) -> TypedLines:
        """The lines to type in."""

    @property
    @abstractmethod
    def touched(self) -> bool:
        """Whether anything was typed that would be lost."""

    def tidy_all(self) -> None:
        """Each line as it is once it is left: before it is staged."""

    def compose(self) -> ComposeResult:
        yield Rule(show(self._title))
        yield self.lines

    def on_mount(self) -> None:
        self.tell_soon()

    def tell_soon(self) -> None:
        """Let what is typed be looked at once the keys rest."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(CHECK_AFTER, lambda: self.post_message(self.Changed()))

    def focus_field(self) -> None:
        """Back to typing."""
        focus_now(self.lines.field)

    async def stage(self) -> None:
        """Stage what is typed."""
        if self.staging:
            return
        self.tidy_all()
        self.staging = True
        try:
            await self._stage()
        finally:
            self.staging = False
        if there(self):  # what was staged is closed: its field must not get the keys again
            self.lines.settle()

    async def close(self) -> None:
        """Go away; where something was typed ask what becomes of it."""
        if not self.touched:
            await self._close()
            return

        def answered(answer: str | None) -> None:
            if answer is not None:
                self.call_later(self.stage if answer == "stage" else self._close)

        self.app.push_screen(StageOrDiscard(verb=self.verb), answered)
