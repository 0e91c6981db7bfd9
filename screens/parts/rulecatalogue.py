"""`n` in Restrictions: every rule that smtpd knows, found by its name or by words, with help beside it.

app.push_screen(RuleCatalogue("recipient", entries), chosen)        # Offered | None
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from mailtui.postfix.catalogue import catalogue, everything, words_of
from mailtui.postfix.chainrows import Chains
from mailtui.postfix.restrictionnames import Argument
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL, Lines, TitleLine
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linelist import LineList, Listed, Row
from mailtui.screens.parts.listfield import ListField
from mailtui.screens.parts.paced import PacedModal
from mailtui.screens.parts.text import Spans

_NEEDS = {
    "client": "the client is not known there", "helo": "the HELO name is not known there",
    "sender": "the sender is not known there yet", "recipient": "the recipient is not known there yet",
    "etrn": "only ETRN names a domain",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offered:
    """A rule to choose. `why_not`: why it would do nothing in that list; empty where it does. `text`: all
    words to find it by."""

    name: str
    says: str
    wise: str = ""
    argument: Argument = ""
    takes: str = ""
    spends: str = ""
    why_not: str = ""
    text: str = ""

    def score(self, query: str) -> int | None:
        """How well it answers: 0 best, None not at all. What does nothing in the list comes last."""
        words = query.lower().split()
        whole = f"{self.name} {self.text}".lower()
        if not all(word in whole for word in words):
            return None
        late = 10 if self.why_not else 0
        if not words:
            return late
        name = self.name.lower()
        if name.startswith(query.lower()):
            return late
        return late + (1 if all(word in name for word in words) else 2)


def offered(chains: Chains, stage: str) -> list[Offered]:
    """What can be put into a list: the classes, then smtpd's own; those without effect in it last."""
    classes = [
        Offered(
            chain.place.name,
            f"The restriction class: {', '.join(row.text for row in chain.live) or 'empty'}",
            text="class", why_not="" if chain.stage != stage else "a class within itself never ends",
        )
        for chain in chains.classes
        if chain.marker != "-"
    ]  # fmt: skip
    fit = {entry.name for entry in catalogue(stage, delayed=chains.delayed)}
    found = [
        Offered(
            entry.name, entry.says, entry.wise, entry.argument, entry.argument_words, entry.spends,
            _why_not(entry.name, entry.old, fits=entry.name in fit),
            f"{entry.says} {entry.words} {entry.old}",
        )
        for entry in everything()
        if entry.name != "warn_if_reject"
    ]  # fmt: skip
    return sorted([*classes, *found], key=lambda one: bool(one.why_not))


def _why_not(name: str, old: str, *, fits: bool) -> str:
    if not fits:
        found = words_of(name)
        return _NEEDS.get(found.needs if found is not None else "", "it does nothing there")
    return f"of old: write {old}" if old else ""


class CatalogueField(ListField):
    """The arrows move in the list below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.choose", "take it", id="catalogue.choose", tooltip="Put this rule in."),
        Binding("escape,ctrl+c", "screen.close", "back", key_display="Esc", id="catalogue.close",
                tooltip="Close it, nothing is put in."),
        Binding("down", "screen.move(1)", "another", key_display="Up/Down", id="catalogue.move",
                tooltip="Another rule."),
        Binding("up", "screen.move(-1)", "up", show=False),
        Binding("pagedown", "screen.move(8)", "page down", show=False),
        Binding("pageup", "screen.move(-8)", "page up", show=False),
    ]  # fmt: skip


class RuleCatalogue(PacedModal[Offered | None]):
    """Answers the rule that was chosen. `where`: the list that it goes into, in words."""

    def __init__(self, where: str, entries: Sequence[Offered]) -> None:
        super().__init__()
        self._where, self._entries = where, list(entries)
        self._shown = self._entries

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield TitleLine(classes="title")
            yield CatalogueField(placeholder="a name, or words: greylisting, spam list, login, ptr…")
            yield LineList(
                Column("", share=2, least=24), Column("", share=3, least=20, drop=60),
                header=False, marks=False, empty="no rule of that name or with these words",
            )  # fmt: skip
            yield Lines(indent=1 + LABEL, classes="help")
            yield Footer()

    def on_mount(self) -> None:
        self.query_one(TitleLine).show([(f"A rule for {self._where}", "accent")])
        self.query_one(LineList).can_focus = False
        focus_now(self.query_one(CatalogueField))
        self._show("")

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(Lines).styles.height = 6 if event.size.height >= 24 else 4

    def on_input_changed(self, event: Field.Changed) -> None:
        self._show(event.value)

    def _show(self, query: str) -> None:
        ranked = [
            (score, place)
            for place, entry in enumerate(self._entries)
            if (score := entry.score(query)) is not None
        ]
        self._shown = [self._entries[place] for _, place in sorted(ranked)]
        rows = [(place, _cells(entry)) for place, entry in enumerate(self._shown)]
        self.query_one(LineList).set_rows(Listed(rows), first=True)
        if not rows:
            self.query_one(Lines).set_lines([])

    def action_move(self, step: int) -> None:
        lines = self.query_one(LineList)
        lines.move_to(lines.cursor + step)

    def action_choose(self) -> None:
        if self._shown:
            self.dismiss(self._shown[self.query_one(LineList).cursor])

    def action_close(self) -> None:
        self.dismiss(None)

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        event.stop()
        if event.index < len(self._shown):
            self.query_one(Lines).set_lines(_help(self._shown[event.index]))

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        event.stop()
        self.action_choose()


def _cells(entry: Offered) -> Row:
    style = "dim" if entry.why_not else ""
    return Row(([(entry.name, style or "bold")], [(entry.why_not or entry.says, style)]), "", style)


def _help(entry: Offered) -> list[Spans]:
    lines: list[tuple[str, str, str]] = [
        ("?", f"no effect in this list: {entry.why_not}" if not entry.why_not.startswith("of old")
         else entry.why_not, "warning"),
        ("does", entry.says, ""),
        ("wise", entry.wise, ""),
        ("takes", entry.takes, ""),
        ("costs", entry.spends, ""),
    ]  # fmt: skip
    shown = lines if entry.why_not else lines[1:]
    return [[(f" {label:<{LABEL}}", "dim"), (text, style)] for label, text, style in shown if text]
