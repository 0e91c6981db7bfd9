"""The restriction chains of an smtpd service as rows: what each rule says, where it stands, its state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mailtui.formats.target import Target
from mailtui.postfix.smtpd.session import Stage

Kind = Literal["rule", "class", "reference"]
"""A restriction or a bare table; the use of a restriction class; a `$name` that holds rules."""


class ListPlace(NamedTuple):
    """Where a list is written: a parameter of main.cf, or (`service` as `submission/inet`) its `-o` there.

    `default`: what holds while it is not set. `file` and `line` of the definition, None where it is not set.
    """

    target: Target
    name: str
    service: str = ""
    is_set: bool = True
    default: str = ""
    line: int | None = None

    @property
    def title(self) -> str:
        """As messages name it: `submission/inet -o smtpd_client_restrictions`."""
        return f"{self.service} -o {self.name}" if self.service else self.name


class State(NamedTuple):
    """What is to be known of a rule: a word and its reason. The words: `unknown`, `undefined`,
    `unreachable`, `no effect`, `sometimes`, `old name`, `no argument`, `closed`, `twice`, `staged`,
    `empty`."""

    word: str
    why: str


class Cost(NamedTuple):
    """What a rule costs each session: a table, DNS, a socket, an address probe, time; nothing for most.

    `keys`: entries of a table whose text can be counted. `text`: the cost in words, `14 keys`."""

    kind: Literal["", "table", "dns", "socket", "probe", "time"] = ""
    keys: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of a list, in force, commented out or (marker `-`) taken out by a draft.

    `argument` is what smtpd gets, `$` expanded. `written` is the whole rule as it stands in `place`, with
    which edits name it, and `number` which of those alike there it is (off ones are counted apart). `first`
    to `last` are its items in that place. `via`: the `$name`s through which it came in, outermost first;
    `depth` is their number. `classes`: the restriction classes that it leads to.
    """

    stage: str
    kind: Kind
    name: str
    argument: str
    written: str
    number: int
    warn_only: bool
    enabled: bool
    known: bool
    says: str
    cost: Cost
    states: tuple[State, ...]
    comments: tuple[str, ...]
    place: ListPlace
    line: int | None
    first: int
    last: int
    via: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    table: str = ""
    marker: str = " "
    was: RuleRow | None = None

    @property
    def key(self) -> tuple[str, str, str, int, bool]:
        """What it is called as long as it is the same rule."""
        return (self.stage, ">".join(self.via), self.text, self.number, self.enabled)

    @property
    def text(self) -> str:
        """The rule in one line, as smtpd gets it."""
        words = ("warn_if_reject" if self.warn_only else "", self.name, self.argument)
        return " ".join(word for word in words if word)

    @property
    def depth(self) -> int:
        """How far it is set in."""
        return len(self.via)

    @property
    def file(self) -> str:
        """The file in which it stands, or would."""
        return self.place.target.path

    @property
    def overridden_by_service(self) -> bool:
        """Whether it stands in master.cf, over main.cf's list."""
        return bool(self.place.service)

    @property
    def unreachable(self) -> bool:
        """Whether smtpd never comes to it."""
        return any(state.word == "unreachable" for state in self.states)

    def as_json(self) -> dict[str, Any]:
        """In the names of `mailtui restriction list --json`."""
        fields: dict[str, Any] = {
            "name": self.name, "argument": self.argument, "warn_only": self.warn_only,
            "enabled": self.enabled, "known": self.known, "unreachable": self.unreachable,
            "line": self.line, "file": self.file, "says": self.says, "cost": self.cost.text,
            "states": [{"state": state.word, "why": state.why} for state in self.states],
            "comments": list(self.comments), "via": list(self.via), "classes": list(self.classes),
            "overridden_by_service": self.overridden_by_service,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if value not in (None, "", [])}


@dataclass(frozen=True, slots=True)
class Chain:
    """One list: a stage, or a restriction class (`stage` is `class:NAME`).

    `command` is the command that it belongs to (`HELO`), `answered` the one at which its answer is given
    (`RCPT TO` where answers wait); both empty for a class. `title` is how the list is called. `used_by`: for
    a class, the lists and tables that name it.
    """

    stage: str
    title: str
    command: str
    answered: str
    place: ListPlace
    rows: tuple[RuleRow, ...]
    overridden: bool = False
    notes: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    marker: str = " "

    @property
    def live(self) -> tuple[RuleRow, ...]:
        """The rules that smtpd reads, without the `$name`s that hold them."""
        return tuple(
            row for row in self.rows if row.enabled and row.marker != "-" and row.kind != "reference"
        )


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A table of header_checks and its like, which cleanup(8) reads. `rules`: how many, None if unknown."""

    parameter: str
    table: str
    rules: int | None
    file: str | None
    line: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Chains:
    """All lists of one service. `service`: as `smtp/inet`; `delayed`: smtpd_delay_reject is on."""

    service: str
    delayed: bool
    stages: tuple[Chain, ...]
    classes: tuple[Chain, ...]
    checks: tuple[CheckRow, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Chain]:
        yield from self.stages
        yield from self.classes

    def chain(self, stage: Stage | str) -> Chain | None:
        """The list of a stage, or of `class:NAME`."""
        return next((chain for chain in self if chain.stage == stage), None)

    def row(self, key: object) -> RuleRow | None:
        """The rule with this key."""
        return next((row for chain in self for row in chain.rows if row.key == key), None)

    def lists_json(self) -> list[dict[str, Any]]:
        """As `mailtui restriction list --json` prints them."""
        return [
            {
                "stage": chain.stage,
                "service": self.service,
                "rules": [row.as_json() for row in chain.rows if row.kind != "reference"],
                "command": chain.command,
                "answered": chain.answered,
                "parameter": chain.place.name,
                "overridden_by_service": chain.overridden,
                "used_by": list(chain.used_by),
            }
            for chain in self
        ]
