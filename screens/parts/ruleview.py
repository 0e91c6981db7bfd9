"""The list of Restrictions: the chains of one service at a time, what is said of each rule, the foot line."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.doctor.model import Finding
from mailtui.edits.model import Edit
from mailtui.postfix.chains import chains, services
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.ahead import Trouble
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.heard import Told, line_of
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.ruledetail import about, said, title
from mailtui.screens.parts.rulelines import RuleLine, RuleLines, cells_of
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Span, Spans

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
        self._wanted_rule: tuple[str, str] | None = None

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
        return RuleLines(now, found, before.config_dir, own, _findings(after if edits else before))

    @property
    def laid_lines(self) -> RuleLines | None:
        """The rows with what they were laid from."""
        return self.listing if isinstance(self.listing, RuleLines) else None

    def cells_of(self, row: RuleLine) -> Row:
        lines = self.laid_lines
        assert lines is not None  # the row is one of them
        shown = self._with_heard(cells_of(lines, row, labelled=bool(self.bar.text)), row)
        trouble = self._trouble_of(row)
        return shown if trouble is None else Row(shown.cells, trouble.marker, shown.style)

    def _heard(self, line: RuleLine) -> Told | None:
        """What the DNS list or policy service of a rule said when it was last asked."""
        return self.session.heard.of(line.row) if line.row is not None else None

    def _with_heard(self, shown: Row, line: RuleLine) -> Row:
        """A row with that in the place of what the rule costs, unless something worse is to be said of it."""
        told = self._heard(line)
        if told is None or shown.marker in "!?#-":
            return shown
        words = [told.word, "warns only" if line.row is not None and line.row.warn_only else ""]
        note: list[Span] = [(", ".join(word for word in words if word), told.style or "dim")]
        marker = told.marker if told.marker.strip() and shown.marker in " w" else shown.marker
        return Row((*shown.cells[:-1], note), marker, shown.style)

    def _trouble_of(self, line: RuleLine) -> Trouble | None:
        """Why what is staged for the rule's list cannot be written."""
        row = line.row
        if row is None or not self.trouble:
            return None
        found = self.trouble.get((row.place.target, row.place.title))
        staged = row.marker in "+~-" or any(state.word == "staged" for state in row.states)
        return found if staged else None

    def go_to_rule(self, stage: str, text: str, service: str = "") -> None:
        """Put the cursor on a rule of a service's list, once that is read."""
        self._wanted_rule = (stage, text)
        self.bar.text = ""
        self.service = service or self.service
        self.read_again()

    def _key_of_wanted(self) -> Hashable | None:
        """The row of the rule that the cursor is to go to; None for none."""
        wanted, lines = self._wanted_rule, self.laid_lines
        self._wanted_rule = None
        if wanted is None or lines is None:
            return None
        rows = ((line.key, line.row) for line in lines.rows)
        found = next((key for key, row in rows if row is not None and (row.stage, row.text) == wanted), None)
        if found is None:
            self.say(f"There is no {wanted[1]} in {wanted[0]} now", "warning")
        return found

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(self._key_of_wanted() or to)
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

    def _about(self, line: RuleLine, lines: RuleLines) -> list[Spans]:
        assert lines.chains is not None  # the row is one of theirs
        return about(line, lines.chains, lines.shared_by(line), lines.findings(line))

    def describe(self, key: Hashable | None) -> None:
        line, lines = self.row_of(key), self.laid_lines
        if line is None or lines is None or lines.chains is None:
            self.pane.show([], [], [])
            return
        trouble = self._trouble_of(line)
        first = [said("staged", trouble.text, "error")] if trouble is not None else []
        told = self._heard(line)
        heard = [line_of(told, LABEL)] if told is not None else []
        self.pane.show(*title(line), [*first, *heard, *self._about(line, lines)])

    def refresh_view(self, change: Change) -> None:
        super().refresh_view(change)
        if change.status:  # somebody who was asked may have answered
            self.lines.refresh_rows()
            self.describe(self.lines.key)

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


def _findings(instance: Instance) -> Sequence[Finding]:
    """What is wrong with the chains, as far as nobody silenced it."""
    from mailtui.doctor.examine import CHAINS, examine
    from mailtui.doctor.silence import told
    from mailtui.settings import load

    return told(examine(instance, CHAINS), load().silence)
