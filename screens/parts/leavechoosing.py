"""What becomes of each place of somebody who leaves: chosen, or handed on to somebody else."""

from __future__ import annotations

from dataclasses import replace

from mailtui.edits.leaving import Leave, Place, Wish, leave
from mailtui.edits.leavingplaces import Choice
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside


class Choosing(BackgroundList[Place]):
    """A list of places, as they are if `wish` is met."""

    wish: Wish

    def action_choose(self, by: int) -> None:
        self.when_laid(lambda: self._step(by))  # what can be chosen may just have become another

    def _step(self, by: int) -> None:
        row = self.row
        if row is None:
            return
        if row.kind == "perhaps":
            self._try(replace(self.wish, also=(*self.wish.also, row.key)))
            return
        if not row.ways:
            self.say(row.what, "warning")
            return
        names: list[Choice] = list(row.ways)
        now = self.wish.choices.get(row.name, row.choice)
        at = names.index(now) + by if now in names else 0
        self._choose(row, names[at % len(names)])

    def _choose(self, row: Place, choice: Choice) -> None:
        given = {name: to for name, to in self.wish.given.items() if name != row.name or choice == "forward"}
        self.wish = replace(self.wish, choices={**self.wish.choices, row.name: choice}, given=given)
        self.read_again()

    def action_give(self) -> None:
        from mailtui.screens.parts.valuedialog import ValueDialog

        row = self.row
        if row is None:
            return
        if not row.ways:
            self.say(row.what, "warning")
            return

        def typed(to: str | None) -> None:
            if to is None or not to.strip():
                return
            choices = {name: choice for name, choice in self.wish.choices.items() if name != row.name}
            self._try(replace(self.wish, choices=choices, given={**self.wish.given, row.name: to.strip()}))

        lines = [f"{row.key}: {row.what}", "The address that gets it instead of them:"]
        self.app.push_screen(ValueDialog("Hand this one on", lines, self.wish.forward), typed)

    def _try(self, wish: Wish) -> None:
        """Take a wish over, unless it cannot be."""
        edits = self.session.draft.edits

        def look() -> Leave:
            return leave(self.ahead.at(edits).instance, wish)

        def looked(found: Leave) -> None:
            if found.refused:
                self.say(found.refused, "warning")
            else:
                self.wish = wish
                self.read_again()

        beside(self, "try", look, looked, self.bad)
