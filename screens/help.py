"""`?`: every key of the view at hand, from the one declaration of each action; Enter runs one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen

from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import Lines, TitleLine
from mailtui.screens.parts.footer import Footer, actions
from mailtui.screens.parts.keys import key_name
from mailtui.screens.parts.linelist import LineList, Listed, Row
from mailtui.screens.parts.paced import PacedModal
from mailtui.screens.parts.text import ascii_in_use

MARKERS = (
    ("+", "new"), ("~", "changed"), ("-", "to be deleted"), ("#", "off, commented out"),
    ("*", "changed on the disk under you"), ("!", "error"), ("?", "warning"),
    ("=", "duplicate that does not count"), (">", "marked"),
)  # fmt: skip
"""The letters before a row and what they say."""

_LEAST, _MOST = 9, 12
"""Columns for the keys of an action."""
_MOVES = ("j k, arrows, g G, PgUp PgDn, Home End: move.", "Tab goes to the next part.")


def keys_of(screen: Screen[object], active: ActiveBinding) -> str:
    """All keys of an action, as help writes them."""
    same = [
        one.binding for one in screen.active_bindings.values()
        if (one.binding.id, one.binding.action) == (active.binding.id, active.binding.action)
    ]  # fmt: skip
    return " ".join(dict.fromkeys(b.key_display or key_name(b.key, ascii_in_use()) for b in same))


def sections(screen: Screen[object]) -> list[tuple[str, list[ActiveBinding]]]:
    """The view's actions, then those of every view."""
    own: list[ActiveBinding] = []
    general: list[ActiveBinding] = []
    for active in actions(screen):
        (general if isinstance(active.node, App) else own).append(active)
    return [("THIS VIEW", own), ("EVERYWHERE", general)]


class HelpScreen(PacedModal[ActiveBinding | None]):
    """The keys of `screen`; answers the action to run, if one was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "run it", id="help.run", tooltip="Run what the cursor is on."),
        Binding("escape,q,question_mark,ctrl+c", "close", "back", key_display="q", id="help.close",
                tooltip="Close the help."),
    ]  # fmt: skip

    def __init__(self, screen: Screen[object], title: str) -> None:
        super().__init__()
        self._title = title
        self._actions: dict[int, ActiveBinding] = {}
        rows: list[tuple[int, Row]] = []

        def add(row: Row, active: ActiveBinding | None = None) -> None:
            if active is not None:
                self._actions[len(rows)] = active
            rows.append((len(rows), row))

        for heading, found in sections(screen):
            add(Row(["", [(heading, "title")]]))
            for active in found:
                text = active.binding.tooltip or active.binding.description
                style = "" if active.enabled else "dim"
                add(Row([[(keys_of(screen, active), "key")], text], style=style), active)
        add(Row(["", [("MOVING", "title")]]))
        for text in _MOVES:
            add(Row(["", text]))
        add(Row(["", [("LETTERS BEFORE A ROW", "title")]]))
        for letter, meaning in MARKERS:
            add(Row([[(letter, "key")], meaning]))
        self._rows = rows
        keys = (keys_of(screen, active) for active in self._actions.values())
        self._widest = min(_MOST, max(_LEAST, *map(len, keys)))

    def compose(self) -> ComposeResult:
        yield TitleLine(classes="title")
        yield LineList(
            Column("", share=0, least=self._widest),
            Column(""),
            rows=Listed(self._rows),
            header=False,
            marks=False,
        )
        yield Lines(indent=1, classes="more")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(TitleLine).show([(self._title, "accent")])
        self.query_one(LineList).move_to(1)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """The whole sentence, which the list may have cut."""
        active = self._actions.get(event.index)
        text = (active.binding.tooltip or active.binding.description) if active else ""
        self.query_one(Lines).set_lines([[(f" {text}", "")]])

    def on_line_list_selected(self) -> None:
        self.action_run()

    def action_run(self) -> None:
        active = self._actions.get(self.query_one(LineList).cursor)
        if active is not None:
            self.dismiss(active)

    def action_close(self) -> None:
        self.dismiss(None)
