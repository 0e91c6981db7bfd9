"""One restriction asked about one session, with DNS answers supplied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import mailtui.postfix.smtpd.all  # noqa: F401  # registers the restrictions
from mailtui.dns.ask import Answer, Names, State
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.outcome import RESTRICTIONS, Outcome
from mailtui.postfix.smtpd.replies import reply
from mailtui.postfix.smtpd.service import Service
from mailtui.postfix.smtpd.session import Session
from mailtui.postfix.smtpd.tables import Tables

CLIENT = Session(
    "198.51.100.7",
    "mail.good.example",
    helo="mail.good.example",
    sender="a@good.example",
    recipient="jean@falcot.com",
)
TEMPFAIL: State = "tempfail"


def zone(records: str) -> dict[tuple[str, str], Answer]:
    """DNS as lines `NAME KIND VALUE`; `NAME KIND !` for a name server that fails."""
    found: dict[tuple[str, str], Answer] = {}
    for line in records.strip().splitlines():
        name, kind, value = line.split(None, 2)
        before = found.get((name, kind), Answer("ok"))
        found[name, kind] = Answer(TEMPFAIL) if value == "!" else Answer("ok", (*before.records, value))
    for name in {name for name, _kind in found}:
        for kind in ("A", "AAAA", "MX", "NS", "TXT"):
            found.setdefault((name, kind), Answer("nodata"))
    return found


def context(folder: Path, session: Session = CLIENT, dns: str = "") -> Context:
    """A session at RCPT TO, its recipient list being walked."""
    instance = Instance.open(str(folder))
    names = Names(supplied=zone(dns), only_supplied=True)
    made = Context(
        session, instance, Service(instance, session.service), Tables(instance), names, Resolver(instance)
    )
    made.stage, made.where = "recipient", "RCPT"
    made.helo, made.sender, made.recipient = session.helo, session.sender, session.recipient
    made.subject, made.subject_class = session.recipient or "", "Recipient address"
    return made


def outcome(asked: Context, rule: str) -> Outcome:
    """What `name argument` says."""
    name, _blank, argument = rule.partition(" ")
    return RESTRICTIONS[name](asked, argument)


def said(asked: Context, rule: str) -> str:
    """What it comes to in one line: the reply of a refusal, the value of a table, else the kind."""
    found = outcome(asked, rule)
    if found.code:
        line = reply(found.code, found.dsn, found.text).line
        return line if found.kind in {"reject", "error"} else f"{found.kind} {line}"
    return f"{found.key} -> {found.value}" if found.kind == "result" else found.kind


Lines = Mapping[str, str]
"""Rules and what is expected of each."""


def check(asked: Context, expected: Lines) -> None:
    assert {rule: said(asked, rule) for rule in expected} == expected
