"""Ctrl+P: every action of the view, every screen and every `:` word, found by typing a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen

from mailtui.screens.help import keys_of
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.command import WORDS
from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer, actions
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.keys import is_destructive
from mailtui.screens.parts.linelist import LineList, Listed, Row
from mailtui.screens.parts.listfield import ListField
from mailtui.screens.parts.names import MODES
from mailtui.screens.parts.paced import PacedModal


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be run: its key or word, its short name, a sentence, its further name (the last
    part of its id, which `:` knows, too); `run` does it."""

    key: str
    name: str
    text: str
    destructive: bool = False
    run: Callable[[], object] | None = None
    also: str = ""


def rank(query: str, entry: Entry) -> int | None:
    """How well an entry answers: 0 is best, None not at all. Letters that merely follow one another
    (`rvw` for review) find harmless actions only."""
    query = query.lower().strip()
    names = (entry.name.lower(), entry.also)
    text = f"{entry.name} {entry.also} {entry.text}".lower()
    if not query or query in (*names, entry.key.lower().lstrip(":")):
        return 0
    if any(name.startswith(query) for name in names):
        return 1
    if any(word.startswith(query) for word in text.split()):
        return 2
    if all(part in text for part in query.split()):
        return 3
    if not entry.destructive and any(_follows(query, name) for name in names):
        return 4
    return None


def _follows(query: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in query if letter != " ")


def best(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that answer, best first; the order of `entries` among equals."""
    ranked = [
        (score, place) for place, entry in enumerate(entries) if (score := rank(query, entry)) is not None
    ]
    return [entries[place] for _, place in sorted(ranked)]


class PaletteField(ListField):
    """The arrows move in the list below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.run", "run it", id="palette.run", tooltip="Run what the cursor is on."),
        Binding("escape,ctrl+c,ctrl+p", "screen.close", "back", key_display="Esc", id="palette.close",
                tooltip="Close it."),
        Binding("down", "screen.move(1)", "down", show=False),
        Binding("up", "screen.move(-1)", "up", show=False),
    ]  # fmt: skip


class PaletteScreen(PacedModal[Entry | None]):
    """Answers the entry that was chosen."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._entries = list(entries)
        self._shown = self._entries

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield PaletteField(placeholder="what to do?")
            yield LineList(
                Column("", share=0, least=7), Column("", share=0, least=16), Column("", share=3),
                header=False, marks=False, empty="nothing of that name",
            )  # fmt: skip
            yield Lines(indent=1, classes="more")
            yield Footer()

    def on_mount(self) -> None:
        self.query_one(LineList).can_focus = False
        focus_now(self.query_one(PaletteField))
        self._show("")

    def on_input_changed(self, event: Field.Changed) -> None:
        self._show(event.value)

    def _show(self, query: str) -> None:
        self._shown = best(query, self._entries)
        rows = [
            (place, Row([[(entry.key, "key")], [(entry.name, "bold")], entry.text]))
            for place, entry in enumerate(self._shown)
        ]
        self.query_one(LineList).set_rows(Listed(rows), first=True)

    def action_move(self, step: int) -> None:
        lines = self.query_one(LineList)
        lines.move_to(lines.cursor + step)

    def action_run(self) -> None:
        if self._shown:
            self.dismiss(self._shown[self.query_one(LineList).cursor])

    def action_close(self) -> None:
        self.dismiss(None)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """The whole sentence, which the list may have cut."""
        text = self._shown[event.index].text if self._shown else ""
        self.query_one(Lines).set_lines([[(f" {text}", "")]])

    def on_line_list_selected(self) -> None:
        self.action_run()


def entries_of(
    screen: Screen[object],
    act: Callable[..., Callable[[], object]],
    command: Callable[[str], Callable[[], object]],
) -> list[Entry]:
    """What can be run on this screen: its actions (`act` makes one runnable), the screens, the words."""
    found = [
        Entry(
            keys_of(screen, active),
            active.binding.description,
            active.binding.tooltip,
            is_destructive(active.binding),
            act(active),
            (active.binding.id or "").rpartition(".")[2],
        )
        for active in actions(screen)
        if active.enabled
    ]
    there = {(entry.key, entry.name) for entry in found}
    found += [
        Entry(name.key, name.title, name.holds, run=command(name.mode))
        for name in MODES
        if (name.key, name.title) not in there
    ]
    found += [
        Entry(f":{word}", word, sentence, destructive=True, run=command(word))
        for word, (_, sentence) in WORDS.items()
    ]
    return found
