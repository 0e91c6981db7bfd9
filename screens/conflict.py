"""The conflict view, opened by the Review: entries that someone else changed since they were staged."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.apply.review import Review
from mailtui.apply.secret import MASK
from mailtui.edits.model import Conflict, Edit, Value
from mailtui.edits.model import show as words
from mailtui.edits.rebase import editable, exchanged, on_top, rewritten
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import TitleLine
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linedrawing import lead_room
from mailtui.screens.parts.linelist import LineList, Listed, Row
from mailtui.screens.parts.reviewlines import is_masked, said
from mailtui.screens.parts.text import Span, wrapped
from mailtui.screens.parts.valuedialog import ValueDialog

LABEL = 11
"""Columns before a value."""
ROOM = 72
"""Columns of a screen from which its title may be a longer one."""


def _theirs() -> str:
    return f"{key_for('conflict.theirs', 't')} leaves theirs"


def _ours() -> str:
    return f"{key_for('conflict.ours', 'o')} puts yours on top"


class ConflictList(LineList):
    """Conflicts with their values below; the cursor goes from conflict to conflict. Keys: (number, line)."""

    def action_down(self) -> None:
        self._step(1)

    def action_up(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        heads = [n for n in range(len(self.rows)) if self.rows.cells(n).marker != " "]
        further = [n for n in heads if (n - self.cursor) * by > 0]
        if further:
            head = further[0 if by > 0 else -1]
            following = [n for n in heads if n > head]
            self.move_to(following[0] - 1 if following else len(self.rows) - 1)  # so that all of it is seen
            self.move_to(head)


class ConflictScreen(ConsoleScreen):
    """`t`, `o` or Enter settles the conflict under the cursor; with the last one the view closes."""

    MODE = "review"
    HELP_TITLE = "a conflict"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "theirs", "theirs", id="conflict.theirs",
                tooltip="Leave what stands there now, and drop your edit."),
        Binding("o", "ours", "ours", id="conflict.ours",
                tooltip="Keep your edit: it is put on top of what stands there now."),
        Binding("enter", "edit", "edit", id="conflict.edit",
                tooltip="Type the value that is to stand there, in the place of theirs."),
        Binding("q,escape", "back", "back", key_display="q", id="conflict.back",
                tooltip="Go back to the Review; nothing is written while a conflict stands."),
        Binding("ctrl+c", "back", show=False),
    ]  # fmt: skip

    def __init__(self, found: Review) -> None:
        super().__init__()
        self._found = found
        self._left: list[Conflict] = list(found.conflicts)

    def body(self) -> ComposeResult:
        yield TitleLine()
        yield ConflictList(Column("", share=1), header=False, marks=False)

    @property
    def lines(self) -> ConflictList:
        return self.query_one(ConflictList)

    def on_mount(self) -> None:
        focus_now(self.lines)
        self._show(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        self._show(event.size.width)

    def _show(self, width: int) -> None:
        names = dict.fromkeys(conflict.edit.target.name for conflict in self._left)
        hit, edits = len(self._left), len(self.session.draft)
        self.query_one(TitleLine).show(
            [(f"{', '.join(names)} changed on the disk{' since you staged' * (width >= ROOM)}", "warning")],
            [(f"{hit} of your {edits} edit{'' if edits == 1 else 's'} hit", "dim")],
        )
        items = []
        for conflict in self._left:
            number = self._found.conflicts.index(conflict)
            lines = self._lines(conflict, max(20, width - lead_room()))
            items += [
                ((number, n), Row((line,), "!" if n == 0 else " ")) for n, line in enumerate(lines)
            ]  # fmt: skip
        self.lines.set_rows(Listed(items))

    def _lines(self, conflict: Conflict, width: int) -> list[list[Span]]:
        masked = is_masked(self._found, conflict.edit)

        def value(label: str, shown: Value | None, style: str) -> list[list[Span]]:
            text = MASK if masked and shown is not None else words(shown)
            return wrapped([(f"  {label:<{LABEL - 2}}", "dim"), (text, style)], width, LABEL)

        return [
            *wrapped([(said(self._found, conflict.edit), "bold")], width, 2),
            *value("was", conflict.was, "dim"),
            *value("theirs", conflict.theirs, ""),
            *value("ours", conflict.ours, ""),
            [],
        ]

    @property
    def conflict(self) -> Conflict | None:
        """The one under the cursor."""
        key = self.lines.key
        return self._found.conflicts[key[0]] if isinstance(key, tuple) else None

    def action_theirs(self) -> None:
        conflict = self.conflict
        if conflict is not None:
            self.session.draft.drop(conflict.edit)
            self._settled(conflict, "Theirs stays")

    def action_ours(self) -> None:
        conflict = self.conflict
        if conflict is None:
            return
        if conflict.edit not in self.session.draft.edits:  # masked: bullets would be written
            self.say(f"The value is secret: {_theirs()}; or stage yours again", "warning")
            return
        try:
            ours = on_top(conflict, self.session.instance.files)
        except OSError as error:
            self.say(str(error), "error")
            return
        if ours is None:
            self.say(f"Yours cannot be put on top of this; {_theirs()} and drops your edit", "warning")
            return
        self._exchange(conflict, ours, "Yours goes on top of theirs")

    def action_edit(self) -> None:
        conflict = self.conflict
        if conflict is None:
            return
        value = editable(conflict)
        if value is None:
            self.say(f"This edit has no value to type: {_theirs()}, {_ours()}", "warning")
        elif is_masked(self._found, conflict.edit) or MASK in (words(value), words(conflict.theirs)):
            self.say(f"The value is secret and not shown: {_theirs()}, {_ours()}", "warning")
        else:
            lines = [
                [(f"{label:<{LABEL - 2}}", "dim"), (words(shown), "")]
                for label, shown in (("was", conflict.was), ("theirs", conflict.theirs))
            ]  # fmt: skip
            title = said(self._found, conflict.edit)
            self.app.push_screen(ValueDialog(title, lines, words(value)), partial(self._typed, conflict))

    def _typed(self, conflict: Conflict, text: str | None) -> None:
        if text is None or conflict not in self._left:
            return
        try:
            edit = rewritten(conflict, text, self.session.instance.files)
        except OSError as error:
            self.say(str(error), "error")
            return
        if edit is None:
            self.say(f"This value cannot be put there; {_theirs()} and drops your edit", "warning")
        else:
            self._exchange(conflict, edit, "Your value goes on top of theirs")

    def _exchange(self, conflict: Conflict, edit: Edit, how: str) -> None:
        draft = self.session.draft
        draft.replace(exchanged(draft.groups, conflict.edit, edit))
        self._settled(conflict, how)

    def _settled(self, conflict: Conflict, how: str) -> None:
        self._left.remove(conflict)
        self.session.draft_changed()
        if self._left:
            self._show(self.size.width)
            self.say(f"{how}: {said(self._found, conflict.edit)}")
        else:
            self.action_back()

    def action_back(self) -> None:
        self.app.pop_screen()
