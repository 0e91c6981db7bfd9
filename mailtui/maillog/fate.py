"""What became of a message, by the last word on each of its recipients."""

from __future__ import annotations

from collections.abc import Iterable

from mailtui.maillog.story import Kind, State, Step, Trace


class _Fate:
    """What the steps said so far."""

    def __init__(self) -> None:
        self.recipients: dict[tuple[str | None, str | None], Kind] = {}
        self.expected = 0
        self.seen: set[Kind] = set()
        self.held = self.gone = self.deleted = False

    def add(self, step: Step) -> None:
        self.seen.add(step.kind)
        record = step.record
        if step.kind in {"delivered", "deferred", "bounced"} and record.recipient is not None:
            self.recipients[record.recipient, record.orig_to] = step.kind
        elif step.kind == "bounced":
            self._given_up()
        elif step.kind == "held":
            self.held = True
        elif step.kind in {"released", "requeued"}:
            self.held = False
        elif step.kind == "queued":
            self.held = False
            self.expected = record.nrcpt or self.expected
        elif step.kind == "removed":
            self.gone, self.deleted = True, step.title == "deleted"

    def _given_up(self) -> None:
        """It lay in the queue for too long: whoever still waited for it never gets it."""
        waiting = [who for who, kind in self.recipients.items() if kind == "deferred"]
        for who in waiting or ([] if self.recipients else [(None, None)]):
            self.recipients[who] = "bounced"

    def state(self) -> State:
        if self.deleted:
            return "deleted"
        if self.held and not self.gone:
            return "held"
        if self.recipients:
            return self._by_recipient()
        if "discarded" in self.seen:
            return "discarded"
        if self.seen & {"rejected", "greylisted"}:
            return "rejected"
        if not self.gone and self.seen & {"accepted", "queued", "requeued"}:
            return "queued"
        return "unknown"

    def _by_recipient(self) -> State:
        kinds = set(self.recipients.values())
        if "delivered" in kinds:
            missing = not self.gone and len(self.recipients) < self.expected
            return "partly" if missing or len(kinds) > 1 else "delivered"
        return "deferred" if "deferred" in kinds else "bounced"


def state_of(made: Trace) -> State:
    """The state of a message, from its own steps."""
    return _told(step for step in made.steps if step.queue_id)


def _told(steps: Iterable[Step]) -> State:
    fate = _Fate()
    for step in steps:
        fate.add(step)
    return fate.state()
