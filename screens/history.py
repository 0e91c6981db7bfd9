"""History (`H`): every change that was written here; `u` stages the inverse of the one under the cursor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.apply.history import Entry, History, HistoryError
from mailtui.apply.journal import JournalError
from mailtui.apply.state import StateError
from mailtui.edits.model import Edit
from mailtui.edits.notundone import not_undone
from mailtui.postfix.errors import InstanceError
from mailtui.screens.parts.beside import problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import Confirm, TextView
from mailtui.screens.parts.keys import key_for, writes
from mailtui.screens.parts.linelist import Listed, Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Matcher, Span, Spans
from mailtui.text.query import Query
from mailtui.text.safe import encode

NOTHING = "Nothing was written here yet"
NOTHING_BY_YOU = "Nothing was written by you; what root wrote is for root's eyes"
DIFF_SHOWN = 200
"""Lines of the diff in the pane; Enter shows all."""
_MARKERS = {"applied": " ", "undone": "#", "rolled-back": "#", "applying": "!"}
_WORDS = {"applied": "", "undone": "undone", "rolled-back": "rolled back", "applying": "HALF DONE"}
_SIGNS = {"+": "bold", "-": ""}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the journal held: its changes, newest first, and what is wrong with it."""

    entries: tuple[Entry, ...] = ()
    told: str = ""
    error: str = ""


def when(entry: Entry) -> str:
    """Date and minute, as the journal has them."""
    return entry.time[:16].replace("T", " ")


def state_words(entry: Entry) -> str:
    """The state in a word; nothing for a change that stands."""
    return "being written" if entry.at_work else _WORDS.get(entry.state, entry.state)


def row_of(entry: Entry) -> Row:
    """One change in the list."""
    marker = "~" if entry.at_work else _MARKERS.get(entry.state, "?")
    style = "dim" if marker == "#" else ""
    state = state_words(entry)
    lead: list[Span] = [(f"{state}  ", "error" if marker == "!" else "bold")] if state else []
    number = f"{len(entry.edits)} edits" if len(entry.edits) > 1 else ""
    if number and not entry.label:
        lead.append((f"{number}  ", "dim"))
    behind: list[Span] = [(f"  {number}", "dim")] if number and entry.label else []
    what = [*lead, (entry.words, style), *behind]
    return Row((str(entry.id), when(entry), entry.who, what), marker, style)


def text_of(entry: Entry) -> bytes:
    """What the filter looks at."""
    return encode(" ".join([str(entry.id), when(entry), entry.who, entry.state, *entry.told, *entry.files]))


def about(entry: Entry) -> list[Spans]:
    """The lines of the pane."""
    lines: list[Spans] = []
    if entry.state == "applying" and not entry.at_work:
        words = "a crash left it half done: the next write ends it, or now: mailtui history recover"
        lines.append([("to do    ", "dim"), (words, "error")])
    if entry.label:
        lines.append([("act      ", "dim"), (entry.label, "")])
    if entry.reason:
        lines.append([("reason   ", "dim"), (entry.reason, "warning")])
    lines += [[("edit     " if n == 0 else " " * 9, "dim"), (text, "")] for n, text in enumerate(entry.edits)]
    lines += [[("undo     ", "dim"), (text, "warning")] for text in entry.not_undone]
    files = [] if entry.diff else entry.files  # the diff names them too
    lines += [[("file     " if n == 0 else " " * 9, "dim"), (path, "")] for n, path in enumerate(files)]
    diff = entry.diff.removesuffix("\n").split("\n") if entry.diff else []
    lines += diff_lines(diff[:DIFF_SHOWN])
    if len(diff) > DIFF_SHOWN:
        whole = key_for("history.open", "Enter")
        lines.append([(f"… {len(diff) - DIFF_SHOWN} more lines: {whole} shows all", "dim")])
    return lines


def diff_lines(diff: list[str]) -> Iterator[Spans]:
    """The lines of a unified diff, the sign first and the weight second; each file by its name alone."""
    for line, following in zip_longest(diff, diff[1:], fillvalue=""):
        if line.startswith("--- ") and following.startswith("+++ "):
            continue
        if line.startswith("+++ "):
            yield [(line.removeprefix("+++ "), "title")]
        else:
            yield [(line, _SIGNS.get(line[:1], "dim"))]


class HistoryScreen(ListScreen):
    """See the module's text."""

    MODE = "history"
    NOUNS = ("change", "changes")
    EMPTY = "reading…"
    COLUMNS = (
        Column("ID", least=4, share=0, right=True),
        Column("WHEN", least=16, share=0),
        Column("WHO", least=8, most=12, share=1, drop=50),
        Column("WHAT", least=16, share=6),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "take_back", "undo it", id="history.undo",
                tooltip="Stage the inverse of the change under the cursor."),
        Binding("enter", "open", "whole diff", id="history.open", tooltip="Show the whole change."),
        Binding("y", "copy", "copy diff", id="history.copy", tooltip="Copy the diff."),
        *(each for each in list_keys("history", "diffs of the changes", "!") if each.key != "y"),
        Binding("w", "write", "write", id="history.write", tooltip="Review what is staged, and write it."),
        Binding("escape", "close", "back", show=False, id="history.back", tooltip="Go back."),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self._by_id: dict[int, Entry] = {}

    # Reading: in a thread, because the journal may be locked by a write, or long

    def on_mount(self) -> None:
        self._read()

    def _read(self) -> None:
        self.run_worker(self._take_over(), group="read", exclusive=True)

    async def _take_over(self) -> None:
        try:
            reading = await asyncio.to_thread(self._look)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is said on the screen
            reading = Reading(error=problem(error))
        self._reading = reading
        self._by_id = {entry.id: entry for entry in reading.entries}
        wrong = reading.error or reading.told
        whose = NOTHING if os.geteuid() == 0 else NOTHING_BY_YOU
        self.lines.empty = "The history cannot be read" if wrong else whose
        self.reload()
        self.refresh_bindings()

    def _look(self) -> Reading:
        history = History.open(self.session.instance)
        try:
            return Reading(tuple(history.list()), history.told)
        except (JournalError, StateError, InstanceError) as error:
            return Reading(error=str(error))

    def refresh_view(self, change: Change) -> None:
        if change.paths:
            self._read()

    def load(self) -> Listed:
        if self._reading is None:
            return Listed()
        return Listed([(entry.id, row_of(entry)) for entry in self._reading.entries])

    def hits(self, text: str) -> Iterator[int | None]:
        query = Query.parse(text)
        for index, entry in enumerate(self._reading.entries if self._reading is not None else ()):
            yield index if query.matches(text_of(entry)) else None

    def matcher(self, text: str) -> Matcher | None:
        return Query.parse(text).spans

    # The change under the cursor

    @property
    def entry(self) -> Entry | None:
        """The change under the cursor."""
        key = self.lines.key
        return self._by_id.get(key) if isinstance(key, int) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is for a change is not offered where there is none."""
        if action in {"take_back", "open", "copy", "save"} and not len(self.lines.rows):
            return False
        return super().check_action(action, parameters)

    def describe(self, key: Hashable | None) -> None:
        entry = self._by_id.get(key) if isinstance(key, int) else None
        if entry is None:
            reading = self._reading or Reading()
            wrong = reading.error or reading.told
            self.pane.show([], [], [[("why      ", "dim"), (wrong, "warning")]] if wrong else [])
            return
        state = state_words(entry)
        left: Spans = [(f"{entry.id}", "bold"), (f"  {when(entry)} by {entry.who}", "")]
        self.pane.show(left, [(state, "dim")] if state else [], about(entry))

    def open_row(self, key: Hashable) -> None:
        entry = self._by_id.get(key) if isinstance(key, int) else None
        if entry is not None:
            undo = [f"undo: {words}" for words in entry.not_undone]
            head = [*entry.told, *undo, *([entry.reason] if entry.reason else []), ""]
            diff = entry.diff.removesuffix("\n").split("\n") if entry.diff else ["(no diff is kept)"]
            self.app.push_screen(
                TextView(f"Change {entry.id} of {when(entry)} by {entry.who}", [*head, *diff])
            )

    def action_copy(self) -> None:
        if self.entry is not None:
            self.console.copy(self.entry.diff)

    def action_save(self) -> None:
        keys = [self.lines.rows.key(place) for place in range(len(self.lines.rows))]
        shown = [self._by_id[key] for key in keys if isinstance(key, int)]

        def lines() -> Iterator[str]:
            for entry in shown:
                head = f"{entry.id}  {when(entry)} by {entry.who}"
                yield from (f"# {each}" for each in (head, *entry.told))
                yield from entry.diff.removesuffix("\n").split("\n")

        save_text(self, "lines", "history.diff", lines, lambda path: self.say(f"Saved as {path}"))

    def action_take_back(self) -> None:
        entry = self.entry
        if entry is None:
            return
        try:
            edits = History.open(self.session.instance).undo(entry.id)
        except (HistoryError, JournalError, StateError, InstanceError) as error:
            self.say(str(error), "warning")
            return
        left = not_undone(edits)
        if not left:
            self._stage(entry, edits)
            return
        title = f"Undo of {entry.id}: all of it but {'this' if len(left) == 1 else f'these {len(left)}'}"
        staged = partial(self._staged, entry, edits)
        self.app.push_screen(
            Confirm(title, [*left, "", "Everything else can be undone."], yes="stage"), staged
        )

    def _staged(self, entry: Entry, edits: tuple[Edit, ...], yes: bool | None) -> None:
        if yes:
            self._stage(entry, edits)

    def _stage(self, entry: Entry, edits: tuple[Edit, ...]) -> None:
        self.session.stage(*edits, label=entry.undo_label)
        self.say(f"Staged: undo of {entry.id}; {writes()}")

    def action_write(self) -> None:
        """The Review may lie under this view."""
        stack = self.app.screen_stack
        if len(stack) > 1 and getattr(stack[-2], "mode", "") == "review":
            self.app.pop_screen()
        else:
            self.console.action_view("review")

    def action_close(self) -> None:
        self.app.pop_screen()
