"""The list of Restrictions: the chains of one service at a time, what is said of each rule, the foot line."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.chains import chains, services
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.ahead import Trouble
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.ruledetail import about, said, title
from mailtui.screens.parts.rulelines import RuleLine, RuleLines, cells_of
from mailtui.screens.parts.text import Span

DEFAULT = "smtp/inet"


class Foot(Bar):
    """When the answers are given, and what else holds for all lists."""

    words: Sequence[str] = ()

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:  # noqa: ARG002
        return [(" ", ""), (" · ".join(self.words), "dim")], []


class RuleView(BackgroundList[RuleLine]):
    """See the module's text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,tab", "service(1)", "service", key_display="Left/Right", show=False,
                id="restrictions.service", tooltip="The lists of the next service; Left: of the one before."),
        Binding("left,shift+tab", "service(-1)", "service before", show=False),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.service = DEFAULT
        """The service whose lists are shown, as `smtp/inet`."""

    def body(self) -> ComposeResult:
        yield from super().body()
        yield Foot()

    def read(self, after: Instance, edits: Sequence[Edit]) -> RuleLines:
        found = services(after)
        if self.service not in found and found:
            self.service = DEFAULT if DEFAULT in found else found[0]
        before = self.session.instance
        now = chains(before, after if edits else before, self.service) if found else None
        stages = now.stages if now is not None else ()
        own = {chain.place.name: after.parameters.overrides(chain.place.name) for chain in stages}
        return RuleLines(now, found, before.config_dir, own)

    @property
    def laid_lines(self) -> RuleLines | None:
        """The rows with what they were laid from."""
        return self.listing if isinstance(self.listing, RuleLines) else None

    def cells_of(self, row: RuleLine) -> Row:
        lines = self.laid_lines
        assert lines is not None  # the row is one of them
        shown = cells_of(lines, row, labelled=bool(self.bar.text))
        trouble = self._trouble_of(row)
        return shown if trouble is None else Row(shown.cells, trouble.marker, shown.style)

    def _trouble_of(self, line: RuleLine) -> Trouble | None:
        """Why what is staged for the rule's list cannot be written."""
        row = line.row
        if row is None or not self.trouble:
            return None
        found = self.trouble.get((row.place.target, row.place.title))
        staged = row.marker in "+~-" or any(state.word == "staged" for state in row.states)
        return found if staged else None

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(to)
        lines = self.laid_lines
        foot = self.query_one(Foot)
        notes = lines.chains.notes if lines is not None and lines.chains is not None else ()
        foot.words = notes[::-1]  # what is out of the common first: a line may be too short for all
        foot.refresh()

    def _count(self, shown: int, done: bool) -> None:
        lines = self.laid_lines
        if lines is None or not lines.services:
            super()._count(shown, done)
            return
        marked = f"{len(self.lines.marked)} marked  " if self.lines.marked else ""
        rules = "1 rule" if lines.rules == 1 else f"{lines.rules} rules"
        number = f"{shown}{'' if done else '…'} of {len(lines)} shown" if self.bar.text else rules
        place = lines.services.index(self.service) + 1
        among = f" {place} of {len(lines.services)}  ←/→" if len(lines.services) > 1 else ""
        self.bar.say((marked, "accent"), f"{number}  ", (self.service, "bold"), (among, "dim"))

    def describe(self, key: Hashable | None) -> None:
        line, lines = self.row_of(key), self.laid_lines
        if line is None or lines is None or lines.chains is None:
            self.pane.show([], [], [])
            return
        trouble = self._trouble_of(line)
        first = [said("staged", trouble.text, "error")] if trouble is not None else []
        self.pane.show(*title(line), [*first, *about(line, lines.chains, lines.shared_by(line))])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "service":
            return not isinstance(self.focused, Field)
        return super().check_action(action, parameters)

    def action_service(self, step: int) -> None:
        lines = self.laid_lines
        if lines is None or len(lines.services) < 2:
            self.say("There is no other service that takes mail by SMTP")
            return
        place = lines.services.index(self.service)
        self.service = lines.services[(place + step) % len(lines.services)]
        self.lines.unmark_all()
        self.read_again()
