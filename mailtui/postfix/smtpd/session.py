"""A session with smtpd(8) as it is asked about, and the answer with every step that led to it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Stage = Literal["client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "etrn"]
"""The restriction lists, in the order of the SMTP conversation."""

PARAMETERS: dict[Stage, str] = {
    "client": "smtpd_client_restrictions",
    "helo": "smtpd_helo_restrictions",
    "sender": "smtpd_sender_restrictions",
    "relay": "smtpd_relay_restrictions",
    "recipient": "smtpd_recipient_restrictions",
    "data": "smtpd_data_restrictions",
    "end_of_data": "smtpd_end_of_data_restrictions",
    "etrn": "smtpd_etrn_restrictions",
}

Until = Literal["connect", "helo", "mail", "rcpt", "data"]
"""A command of the conversation: how far a session goes, or where it was answered."""

Action = Literal["permit", "reject", "defer", "discard", "hold", "filter", "redirect", "unknown"]

StepOutcome = Literal[
    "permit", "reject", "defer", "dunno", "warn", "discard", "hold", "filter", "redirect", "prepend", "flag",
    "unknown", "error", "no effect",
]  # fmt: skip
"""What a rule did. `flag`: it will make a later answer a temporary one (defer_if_permit, defer_if_reject)."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a client says, and what is known of it. None where it said nothing; "" is the null sender.

    `client_name` is the name that its address has and that has its address, else `unknown`;
    `reverse_client_name` only the first half of that, None where it is the same. `service` is a service of
    master.cf as `name/type`, or its name.
    """

    client_address: str
    client_name: str = "unknown"
    reverse_client_name: str | None = None
    helo: str | None = None
    sender: str | None = None
    recipient: str | None = None
    sasl_user: str = ""
    tls: bool = False
    service: str = "smtp"
    until: Until = "rcpt"

    @property
    def reverse_name(self) -> str:
        """The name that the client's address has, whether or not that name has the address."""
        return self.client_name if self.reverse_client_name is None else self.reverse_client_name

    @property
    def client(self) -> str:
        """The client as smtpd prints it: `name[address]`."""
        return f"{self.client_name}[{self.client_address}]"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was asked. `stage` is a list or `class:NAME`, `depth` how many classes it lies in, `ms`
    the milliseconds it took; `table`, `key` and `value` where a table answered; file and line of the rule
    where it is written in one."""

    stage: str
    rule: str
    argument: str
    outcome: StepOutcome
    why: str
    ms: float = 0.0
    depth: int = 0
    warn_only: bool = False
    table: str = ""
    key: str = ""
    value: str = ""
    file: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The step under the names of `mailtui restriction explain --json`; what does not apply is absent."""
        said: dict[str, Any] = {
            "stage": self.stage, "rule": self.rule, "argument": self.argument, "outcome": self.outcome,
            "why": self.why, "ms": round(self.ms, 3), "depth": self.depth,
        }  # fmt: skip
        optional = {
            "warn_only": self.warn_only, "table": self.table, "key": self.key, "value": self.value,
            "file": self.file, "line": self.line,
        }  # fmt: skip
        return {**said, **{name: value for name, value in optional.items() if value}}


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule that settled the answer; empty names where none did and the end of the lists was reached."""

    stage: str = ""
    rule: str = ""
    argument: str = ""
    table: str = ""
    key: str = ""

    def as_json(self) -> dict[str, str]:
        """Only what is known."""
        named = {
            "stage": self.stage, "rule": self.rule, "argument": self.argument, "table": self.table,
            "key": self.key,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client is told. `code` is the SMTP reply code, `enhanced` the status code of RFC 3463, `text`
    what follows both; `at` the command that is answered so. `never_reached`: stage, rule and argument of
    what was not asked any more. `unknown`: why the answer is not certain; never empty where `action` is
    unknown."""

    action: Action
    code: int
    enhanced: str
    text: str
    decided_by: Decision
    at: Until
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    never_reached: tuple[tuple[str, str, str], ...] = field(default=())

    @property
    def reply(self) -> str:
        """The reply line: `554 5.7.1 <x@example.com>: Relay access denied`."""
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)

    def as_json(self) -> dict[str, Any]:
        """The answer under the names of `mailtui restriction explain --json`."""
        return {
            "action": self.action, "code": self.code, "enhanced": self.enhanced, "text": self.text,
            "decided_by": self.decided_by.as_json(), "at": self.at,
            "steps": [step.as_json() for step in self.steps],
            "warnings": list(self.warnings), "unknown": list(self.unknown),
            "never_reached": [
                {"stage": stage, "rule": rule, "argument": argument}
                for stage, rule, argument in self.never_reached
            ],
        }  # fmt: skip


TEXTS = (
    "client_address", "client_name", "reverse_client_name", "helo", "sender", "recipient", "sasl_user",
    "service",
)  # fmt: skip
"""What a session is made of, but for `tls` and how far it goes."""


def session_of(given: Mapping[str, Any]) -> Session:
    """A session under the names of `restriction explain --batch`; `stage_until` is how far it goes.

    Raises ValueError that says what is wrong.
    """
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    until = values.pop("stage_until", "rcpt")
    tls = values.pop("tls", False)
    unknown = sorted(set(values) - set(TEXTS))
    if unknown:
        raise ValueError(f"a session has no {unknown[0]}: it has {', '.join(TEXTS)}, tls, stage_until")
    for name, value in values.items():
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a text")  # noqa: TRY004  # as all that is wrong with it
    if until not in ("rcpt", "data"):  # JSON gives lists too, which no set can hold
        raise ValueError("stage_until is rcpt or data")
    if not isinstance(tls, bool):
        raise ValueError("tls must be true or false")  # noqa: TRY004
    for name in ("client_address", "recipient"):
        if not values.get(name):
            raise ValueError(f"{name} is missing")
    values["client_address"] = _address(values["client_address"])
    return Session(**{"sender": "", **values}, tls=tls, until=until)


def _address(text: str) -> str:
    bare = text.strip("[]")
    bare = bare[5:] if bare[:5].lower() == "ipv6:" else bare
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        raise ValueError(f"{text} is no IP address") from None


def as_given(session: Session) -> dict[str, Any]:
    """The session as `session_of` takes it; what is as it is by default is left out."""
    plain = Session(session.client_address)
    given = {name: getattr(session, name) for name in TEXTS if getattr(session, name) != getattr(plain, name)}
    made: dict[str, Any] = {"client_address": session.client_address, **given}
    if session.tls:
        made["tls"] = True
    if session.until != "rcpt":
        made["stage_until"] = session.until
    return made
