"""What became of an address: the hops it took, the places it ends, the circles it went in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

AddressClass = Literal["local", "virtual-alias", "virtual-mailbox", "relay", "default"]
How = Literal["mailbox", "maildir", "mbox", "file", "command", "include", "relay", "remote", "error"]
"""`mailbox`: a local user's mailbox in the mail spool. `maildir`, `mbox`: a path of that format. `file`,
`command`: what an alias names. `include`: a list that could not be read here. `relay`, `remote`: handed to
another server or delivery program. `error`: bounced, deferred or discarded; `delivery` says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One hop: the entry `key` of `table` turned `source` into `to`."""

    source: str
    to: str
    table: str
    """As the parameter names it (`hash:/etc/postfix/virtual`); else the .forward or :include: file."""
    key: str = ""
    file: str | None = None
    line: int | None = None
    """Line of the entry from 1, where `file` is a text that can be read."""
    parameter: str = ""

    @property
    def place(self) -> str:
        """`/etc/postfix/virtual:4`, or the table where there is no text."""
        return self.table if self.file is None or self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Final:
    """An end of the way: mail for `address` is delivered `how`, at `delivery` (a path, command or route)."""

    address: str
    how: How
    delivery: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """Everything that happens to mail for one address, as `mailtui alias resolve` prints it."""

    address: str
    domain_class: AddressClass
    final: tuple[Final, ...]
    steps: tuple[Step, ...] = ()
    loops: tuple[str, ...] = ()
    """Each circle in words: `a@d → b@d → a@d`."""
    why: str = ""
    """Why `final` is empty: `refused 550 User unknown in virtual alias table`."""
    notes: tuple[str, ...] = ()
    """What could not be seen from here, such as a .forward that may not be read."""

    def as_json(self) -> dict[str, Any]:
        """The object of interface `alias resolve ADDRESS`; what does not apply is absent."""
        answer: dict[str, Any] = {
            "address": self.address,
            "class": self.domain_class,
            "final": [
                {"address": end.address, "how": end.how, "delivery": end.delivery} for end in self.final
            ],
            "steps": [_step_json(step) for step in self.steps],
            "loops": list(self.loops),
        }
        if self.why:
            answer["why"] = self.why
        if self.notes:
            answer["notes"] = list(self.notes)
        return answer


def _step_json(step: Step) -> dict[str, Any]:
    answer: dict[str, Any] = {"from": step.source, "to": step.to, "table": step.table}
    if step.file is not None and step.line is not None:
        answer |= {"file": step.file, "line": step.line}
    return answer


class Trail:
    """Collects steps, ends, circles and notes while an address is followed; each is kept once."""

    def __init__(self) -> None:
        self.steps: dict[tuple[str, str, str], Step] = {}
        self.final: dict[Final, None] = {}
        self._circles: set[tuple[str, ...]] = set()
        self.loops: dict[str, None] = {}
        self.notes: dict[str, None] = {}

    def step(self, step: Step) -> None:
        self.steps.setdefault((step.source, step.to, step.table), step)

    def end(self, address: str, how: How, delivery: str) -> None:
        self.final.setdefault(Final(address, how, delivery))

    def loop(self, addresses: list[str]) -> None:
        """A circle, its first name repeated at the end. Begun at another name it is still the same."""
        names = addresses[:-1]
        at = names.index(min(names)) if names else 0
        turned = tuple(names[at:] + names[:at])
        if turned not in self._circles:
            self._circles.add(turned)
            self.loops.setdefault(" → ".join(addresses))

    def note(self, text: str) -> None:
        self.notes.setdefault(text)
