"""The list of milters: read in a thread, each milter asked in one of its own. Keys never wait for one."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import replace

from textual import events, on

from mailtui.edits import ruleplan
from mailtui.edits.model import Edit
from mailtui.milters.alive import SECONDS, Alive, ping
from mailtui.milters.chains import milter_chains
from mailtui.milters.clamav import Scanner, behind
from mailtui.milters.clamavreading import scanner
from mailtui.milters.facts import World, facts
from mailtui.milters.look import Target
from mailtui.milters.opendmarc import opendmarc
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.ahead import Trouble
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.milterdetail import about, title
from mailtui.screens.parts.milterlines import MilterLine, MilterLines, cells_of, laid
from mailtui.screens.parts.ruledetail import said
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.siblings import Sibling

EVERY = 30.0
"""Seconds after which those that are shown are asked again."""
FRESH = 5.0
"""Seconds for which an answer is taken as it is when the list is laid anew."""


class MilterView(Sibling, BackgroundList[MilterLine]):
    """See the module's text."""

    def __init__(self) -> None:
        super().__init__()
        self.alives: dict[Target, Alive] = {}
        """What each milter answered last."""
        self._asked: dict[Target, float] = {}

    def read(self, after: Instance, edits: Sequence[Edit]) -> MilterLines:
        before = self.session.instance
        chains = milter_chains(before, after if edits else None, ruleplan.moved(edits))
        world = World(after)
        found = {row.key: facts(world, chain, row) for chain in chains for row in chain.rows}
        judge, virus = opendmarc(after), scanner(after)
        does = {"opendmarc": judge.says} if judge is not None else {}
        if virus is not None:
            does["clamav-milter"] = virus.says
        return laid(chains, found, does, virus)

    @property
    def laid_lines(self) -> MilterLines | None:
        """The rows with what they were laid from."""
        return self.listing if isinstance(self.listing, MilterLines) else None

    # Asking

    @on(events.Mount)
    def _begin_asking(self) -> None:
        self.set_interval(EVERY, self._ask_again)

    def _ask_again(self) -> None:
        if self.is_current:
            self.read_again()

    def refresh_view(self, change: Change) -> None:
        if change.paths:
            self._asked.clear()  # `r`, or another configuration: old answers tell nothing
        super().refresh_view(change)

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(to)
        lines, now = self.laid_lines, time.monotonic()
        for target in lines.targets if lines is not None else []:
            if now - self._asked.get(target, -FRESH) >= FRESH:
                self._asked[target] = now
                self._ask(target, lines.scanner_of(target) if lines is not None else None)

    def _ask(self, target: Target, virus: Scanner | None) -> None:
        def work() -> Alive:
            alive = ping(target[0], timeout=SECONDS, root=target[1])
            return (
                alive
                if virus is None or not alive.negotiated
                else replace(alive, behind=behind(virus, SECONDS))
            )

        def answered(alive: Alive) -> None:
            before, self.alives[target] = self.alives.get(target), alive
            if before is not None and before.is_whole and alive.is_whole:
                self.lines.forget_drawn()  # a millisecond more or less is no news
                return
            self.lines.refresh_rows()
            row = self.row
            if row is not None and row.target == target:
                self.describe(self.lines.key)

        def failed(error: Exception) -> None:
            answered(Alive(False, False, problem=problem(error)))

        beside(self, f"ping {target}", work, answered, failed)

    # What is shown

    def cells_of(self, row: MilterLine) -> Row:
        shown = cells_of(row, self.alives, labelled=bool(self.bar.text))
        trouble = self._trouble_of(row)
        return shown if trouble is None else Row(shown.cells, trouble.marker, shown.style)

    def _trouble_of(self, line: MilterLine) -> Trouble | None:
        """Why what is staged for the list cannot be written."""
        row = line.row
        if row is None or not self.trouble:
            return None
        place = row.rule.place
        found = self.trouble.get((place.target, place.title))
        return found if row.marker in "+~-#" else None

    def describe(self, key: Hashable | None) -> None:
        line = self.row_of(key)
        if line is None:
            self.pane.show([], [], [])
            return
        trouble = self._trouble_of(line)
        first = [said("staged", trouble.text, "error")] if trouble is not None else []
        self.pane.show(*title(line), [*first, *about(line, self.alives)])

    def _count(self, shown: int, done: bool) -> None:
        lines = self.laid_lines
        if lines is None:
            super()._count(shown, done)
            return
        marked = f"{len(self.lines.marked)} marked  " if self.lines.marked else ""
        count = "1 milter" if lines.milters == 1 else f"{lines.milters} milters"
        words = f"{shown}{'' if done else '…'} of {len(lines)} shown" if self.bar.text else count
        self.bar.say((marked, "accent"), words, (f"  {self.aside()}", "dim"))
