"""Plans one after the other, each over what those before it make."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance


@dataclass
class Built:
    """Edits one after the other, each over what those before it make."""

    instance: Instance
    edits: list[Edit] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    refused: str = ""

    def add(self, plan: Plan) -> None:
        """What a plan comes to; after a refusal nothing more is taken."""
        if self.refused or plan.refused:
            self.refused = self.refused or plan.refused
            return
        self.says += plan.says
        if not plan.edits:
            return
        candidate = Candidate(self.instance.files, plan.edits)
        wrong = [str(each) for each in candidate.conflicts] + [str(each.reason) for each in candidate.stopped]
        self.refused = next(iter(wrong), "")
        self.edits += plan.edits
        self.instance = self.instance.over(candidate)

    def plan(self) -> Plan:
        if self.refused:
            return Plan(refused=self.refused)
        return Plan(tuple(self.edits), tuple(dict.fromkeys(self.says)))
