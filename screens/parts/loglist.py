"""The list of the log: its last row is the newest, and to go there means to follow; at its first row older
lines are asked for."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.logrows import LogRows


class LogList(LineList):
    """Folds what comes near the screen, and says where it ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("G,end", "follow", "follow", show=False, key_display="G", id="log.follow",
                tooltip="Go to the newest line and follow."),
        Binding("g,home", "oldest", "oldest", show=False, key_display="g", id="log.oldest",
                tooltip="Go to the oldest line that was read; what lies before is said."),
    ]  # fmt: skip

    class Follow(Message):
        """The newest line is wanted."""

    class Oldest(Message):
        """The oldest line is wanted."""

    class NearTop(Message):
        """The cursor is near the oldest row: it is time to read older lines."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogList.NearTop)

    def action_follow(self) -> None:
        self.post_message(self.Follow())

    def action_oldest(self) -> None:
        self.post_message(self.Oldest())

    def move_to(self, index: int) -> None:
        self._fold_ahead(index)
        rows = self.rows
        if isinstance(rows, LogRows):
            index += self._shift
        super().move_to(index)
        if len(self.rows) and self.cursor < 2 * self.page:
            self.post_message(self.NearTop())

    _shift = 0

    def _fold_ahead(self, index: int) -> None:
        """Fold the lines that are about to be seen; all rows below then stand higher by as many."""
        rows, before = self.rows, len(self.rows)
        self._shift = 0
        if not isinstance(rows, LogRows) or index >= rows.cut + self.page:
            return
        if self._whole_way(index):
            return
        while index + len(rows) - before < rows.cut + self.page and rows.folded_back():
            pass
        self._shift = len(rows) - before
        if self._shift:
            self.cursor += self._shift
            self.top = max(0, self.top + self._shift)
            self.refresh_rows()

    def _whole_way(self, index: int) -> bool:
        """Whether this is a jump (`g`, a row's number) that leaves the folded rows behind."""
        return isinstance(self.rows, LogRows) and index < self.rows.cut - 20 * self.page
