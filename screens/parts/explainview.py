"""The list of Explain: the session and its answers over the steps that led to them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult

from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.explaining import Found, ask, new_names
from mailtui.screens.parts.explainrows import (
    AskedRow,
    AskedRows,
    about,
    cells_of,
    decided,
    head_of,
    place_of,
    rows_of,
    session_words,
)
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Spans, cut, short_path, show

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.session import Session

LOW = 22
"""Lines of a window below which the session has one: what is to be seen is the answer."""
ASKING = "asking tables and DNS…  Esc ends it"
Rule = tuple[str, str, str]
"""A stage (or `class:NAME`), a rule's name and its argument."""


class Explained(AskedRows):
    """The steps of one of the answers."""

    def __init__(self, found: Found, *, before_shown: bool) -> None:
        self.found = found
        self.shown = (found.before if before_shown else None) or found.after
        """The answer that the rows tell of."""
        super().__init__(rows_of(self.shown))


class ExplainView(BackgroundList[AskedRow]):
    """See the module's text."""

    MODE = "explain"
    HELP_TITLE = "Explain"
    EMPTY = "No rule was asked"
    COLUMNS = (
        Column("LIST", share=0, least=11),
        Column("RULE", share=3, least=24),
        Column("DOES", share=0, least=6),
        Column("BECAUSE", share=3, least=12, drop=66),
        Column("TOOK", share=0, least=6, drop=100, right=True),
    )

    def __init__(self, asked: Session | None = None, rule: Rule | None = None, service: str = "") -> None:
        super().__init__()
        self.asked = asked
        """The session; None until it is typed."""
        self._rule, self._service = rule, service
        self.case = ""
        """The name of the kept session that is shown."""
        self._names = new_names()
        self._fresh = True
        """Whether the cursor is to go to the rule that decided."""
        self.before_shown = False
        self.live = False

    def nothing(self) -> str:
        return super().nothing() if self.asked is not None else "The rules and their answers come here"

    def body(self) -> ComposeResult:
        yield Lines(id="answer", indent=10)
        yield from super().body()

    def read(self, after: Instance, edits: Sequence[Edit]) -> AskedRows:
        if self.asked is None:
            return AskedRows()
        found = ask(self.session.instance, after, self.asked, self._names, staged=bool(edits), live=self.live)
        return Explained(found, before_shown=self.before_shown)

    @property
    def found(self) -> Found | None:
        """The answers that are shown."""
        return self.listing.found if isinstance(self.listing, Explained) else None

    def read_again(self) -> None:
        if self.asked is not None:
            self.lines.empty = ASKING
            self.bar.say(ASKING)
            self._head(ASKING)
        super().read_again()

    def reload(self, to: Hashable | None = None) -> None:
        self._head()
        wanted, self._rule = self._rule, None
        if wanted is not None:
            to = self._row_of_rule(wanted)
        elif self._fresh and isinstance(self.listing, Explained):
            to = decided(self.listing.shown, self.listing.rows)
        self._fresh = self._fresh and not isinstance(self.listing, Explained)
        super().reload(to)

    def _row_of_rule(self, rule: Rule) -> Hashable | None:
        rows = self.listing
        if not isinstance(rows, AskedRows):
            return None
        stage, name, argument = rule
        names = [row for row in rows.rows if (row.rule, row.argument) == (name, argument)]
        return next((row.key for row in names if row.stage == stage), names[0].key if names else None)

    @on(events.Resize)
    def _resized(self) -> None:
        if self.found is not None:
            self._head()

    def _head(self, instead: str = "") -> None:
        lines: list[Spans] = []
        if self.asked is not None:
            words = session_words(self.asked)
            if 0 < self.size.height < LOW:
                words = cut(show(words), self.size.width - 11)
            lines.append([(" SESSION  ", "dim"), (words, "bold")])
        found = self.found
        if instead:
            lines.append([("          ", ""), (instead, "dim")])
        elif found is not None and found.before is not None and found.same:
            lines += head_of("ANSWER", found.after, more=", staged or not")
        elif found is not None and found.before is not None:
            shown = self.before_shown
            lines += head_of("NOW >" if shown else "NOW", found.before, shown=shown)
            lines += head_of("STAGED" if shown else "STAGED >", found.after, shown=not shown)
        elif found is not None:
            lines += head_of("ANSWER", found.after)
        self.query_one("#answer", Lines).set_lines(lines)

    def _unreadable(self, error: Exception) -> None:
        self.listing = None
        super()._unreadable(error)
        self._head(self.lines.empty)
        self.reload()

    def cells_of(self, row: AskedRow) -> Row:
        return cells_of(row, self.session.instance.config_dir, labelled=bool(self.bar.text))

    def aside(self) -> str:
        found = self.found
        if found is None or found.before is None:
            return ""
        return "as it is now" if self.before_shown else "with what is staged"

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        self.pane.show([(row.text, "bold")], [(short_path(place_of(row)), "dim")], list(about(row)))

    def refresh_view(self, change: Change) -> None:
        if change.paths:
            self._names = new_names()
        super().refresh_view(change)
