"""A list of what is asked over the network as soon as it is shown, each row in a thread of its own: DNS
lists, policy services. A row says what it has once it has it; Esc ends what still runs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from typing import Any, ClassVar, Generic

from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.laidlist import View
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.session import Change
from mailtui.text.fewrows import FewRows


class AskedList(BackgroundList[View], Generic[View]):
    """See the module's text."""

    TYPED: ClassVar[str]
    """The group of the workers that ask what an admin typed."""
    SAVED: ClassVar[tuple[str, str]]
    """What the rows are called where they are saved, and the file's name."""
    BETWEEN: ClassVar[str] = "\n"
    """What stands between two rows that are copied."""

    def __init__(self, to: Hashable | None = None, *, test: bool = False) -> None:
        """`to`: the row that the cursor goes to; `test`: `t` at once."""
        super().__init__()
        self.wanted_row, self._test_first = to, test
        self.asking: set[Hashable] = set()
        """The rows that have not been answered yet, by key."""
        self._tried: set[Hashable] = set()

    @abstractmethod
    def key_of(self, row: View) -> Hashable:
        """What names a row."""

    @abstractmethod
    def asker(self) -> Callable[[View], Any]:
        """What asks a row, in a thread; made anew for each round."""

    @abstractmethod
    def heard(self, row: View, answer: Any) -> None:
        """Keep an answer."""

    @abstractmethod
    def as_text(self, row: View) -> str:
        """A row as it is copied and saved."""

    @abstractmethod
    def action_test(self) -> Awaitable[None] | None:
        """Ask what an admin types."""

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(to)
        if isinstance(self.listing, FewRows):
            if self._test_first:
                self._test_first = False
                self.call_later(self.action_test)
            self._ask([row for row in self.listing.rows if self.key_of(row) not in self._tried])

    def _ask(self, rows: Sequence[View]) -> None:
        """Ask rows, all at once."""
        ask = self.asker()
        for row in rows:
            self._tried.add(self.key_of(row))
            self.asking.add(self.key_of(row))
            self._ask_one(row, ask)
        self._tell()

    def _ask_one(self, row: View, ask: Callable[[View], Any]) -> None:
        key = self.key_of(row)

        def answered(answer: Any) -> None:
            self.asking.discard(key)
            self.heard(row, answer)
            self._tell()

        def failed(error: Exception) -> None:
            self.asking.discard(key)
            self._tell()
            self.bad(error)

        beside(self, _group(key), lambda: ask(row), answered, failed)

    def _tell(self) -> None:
        """Show what is known now, here and in the chains."""
        self.lines.refresh_rows()
        self.describe(self.lines.key)
        self._count(len(self.lines.rows), done=True)
        self.session.changed.emit(Change(status=True))

    def waits(self) -> str:
        """How many are being asked, for the title; empty where none is."""
        return f"asking {len(self.asking)}…  Esc ends it" if self.asking else ""

    def action_again(self) -> None:
        if isinstance(self.listing, FewRows):
            self._ask(self.listing.rows)

    def action_end(self) -> None:
        typed = [one for one in self.workers if one.group == self.TYPED and one.is_running]
        if not self.asking and not typed:
            self.app.pop_screen()
            return
        for key in self.asking:
            self.workers.cancel_group(self, _group(key))
        self.workers.cancel_group(self, self.TYPED)
        self.asking.clear()
        self._tell()
        self.say("Ended; what has answered stands")

    def action_copy(self) -> None:
        self.console.copy_and_show(self.BETWEEN.join(self.as_text(row) for row in self.chosen()))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (self.as_text(row) for row in self.shown_rows())

        save_text(self, *self.SAVED, lines, lambda path: self.say(f"Saved as {path}"))


def _group(key: Hashable) -> str:
    return f"ask {key}"
