"""Whether an edit lets a session's mail pass, and how far it opens: asked of Explain before it is offered.

proof = Proof(instance, session, "client")
proof.reply(edits)          # "250 2.1.5 Ok", or empty: it does not let it pass, or opens too far
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from ipaddress import ip_address
from typing import Literal

from mailtui.dns.ask import Names
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.postfix.domains import domain_class
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.session import Answer, Session

Whom = Literal["client", "sender", "recipient", "all"]
"""For whom an edit opens."""

_STRANGERS = ("192.0.2.201", "198.51.100.201")
"""Clients that are nobody's (RFC 5737)."""
_FOREIGN = ("probe.example.net", "probe.example.org", "probe.invalid")
_NOT_TAKEN = frozenset({"reject", "defer", "discard", "unknown"})


class Proof:
    """The answers to a session and to those beside it, before and after an edit."""

    def __init__(
        self,
        instance: Instance,
        session: Session,
        names: Names | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> None:
        """`policies`: what policy services are taken to say, by endpoint."""
        until = session.until if session.until == "data" or not session.recipient else "rcpt"
        self._instance, self._names = instance, Names() if names is None else names
        self._session = replace(session, until=until)
        self._policies = dict(policies or {})
        self._before: dict[Whom, list[Answer]] = {}

    def reply(self, edits: Sequence[Edit], whom: Whom, policies: Mapping[str, str] | None = None) -> str:
        """What the session is answered with the edits; empty where it is not let pass, where others than
        `whom` are let pass too, or where mail to others would be relayed for strangers. `policies`: what more
        policy services say then. Raises InstanceError."""
        candidate = Candidate(self._instance.files, edits)
        if candidate.stopped or candidate.conflicts:
            return ""
        relays, beside = self._relays, list(self._beside(whom))
        answers = self._ask(self._instance.over(candidate), [self._session, *relays, *beside], policies)
        if whom not in self._before:
            self._before[whom] = self._ask(self._instance, [*relays, *beside])
        before = self._before[whom]
        mine, others = answers[0], answers[1:]
        if mine.action in _NOT_TAKEN or not 200 <= mine.code < 400:
            return ""
        count = len(relays)
        shut = all(map(_stays_shut, before[:count], others[:count]))
        return mine.reply if shut and all(map(_same, before[count:], others[count:])) else ""

    def seen(self, edits: Sequence[Edit]) -> tuple[Instance, Answer] | None:
        """The files with the edits, and what the session is answered then; None where they cannot be made.
        Raises InstanceError."""
        candidate = Candidate(self._instance.files, edits)
        if candidate.stopped or candidate.conflicts:
            return None
        over = self._instance.over(candidate)
        return over, self._ask(over, [self._session])[0]

    def _ask(
        self, instance: Instance, sessions: list[Session], policies: Mapping[str, str] | None = None
    ) -> list[Answer]:
        from mailtui.postfix.smtpd.explain import explain_batch

        said = {**self._policies, **(policies or {})}
        return explain_batch(instance, sessions, names=self._names, policies=said)

    @cached_property
    def _relays(self) -> list[Session]:
        """Sessions of strangers who write to a domain that is not ours; of this client too, unless it is one
        of our own."""
        known = (name for name in _FOREIGN if self._is_foreign(name))
        mine = replace(self._session, recipient=f"somebody@{next(known, _FOREIGN[-1])}", until="rcpt")
        stranger = self._as_stranger(mine)
        found = [stranger, replace(stranger, sender="somebody@probe.example.net")]
        if not self._is_ours:
            found.append(mine)
        domain = (self._session.recipient or "").rpartition("@")[2]
        if domain and self._is_foreign(domain):
            found.append(self._as_stranger(self._session))
            found += [] if self._is_ours else [self._session]
        return found

    def _as_stranger(self, session: Session) -> Session:
        return replace(session, client_address=self._other, client_name="unknown", sasl_user="")

    def _is_foreign(self, domain: str) -> bool:
        return domain_class(self._instance, domain) == "default"

    @property
    def _is_ours(self) -> bool:
        """Whether the client has logged in or is in mynetworks."""
        from mailtui.postfix.smtpd.explain import Explainer
        from mailtui.postfix.smtpd.matches import in_list

        if self._session.sasl_user:
            return True
        context = Explainer(self._instance, names=self._names).context(self._session)
        return in_list(context, "mynetworks", self._session.client_name, self._session.client_address).matched

    @property
    def _other(self) -> str:
        """The address of another client."""
        taken = ip_address(self._session.client_address)
        return next(each for each in _STRANGERS if ip_address(each) != taken)

    def _beside(self, whom: Whom) -> Iterator[Session]:
        """Sessions that differ in what the edit is to open for: their answers are to stay."""
        session = self._session
        if whom == "client":
            yield replace(session, client_address=self._other)
        elif whom == "sender":
            yield replace(session, sender=_somebody_at(session.sender))
        elif whom == "recipient" and session.recipient:
            yield replace(session, recipient=_somebody_at(session.recipient))


def _somebody_at(address: str | None) -> str:
    """Another address of the same domain."""
    local, at, domain = (address or "").rpartition("@")
    name = "postmaster" if local.lower() != "postmaster" else "abuse"
    return f"{name}{at}{domain}" if at else name


def _stays_shut(before: Answer, after: Answer) -> bool:
    return after.code >= 400 or (after.action, after.code) == (before.action, before.code)


def _same(before: Answer, after: Answer) -> bool:
    return (before.action == "unknown", before.code < 400) == (after.action == "unknown", after.code < 400)
