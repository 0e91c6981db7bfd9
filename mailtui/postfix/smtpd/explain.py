"""What smtpd(8) would answer to a session, and why.

    answer = explain(instance, Session("203.0.113.9", recipient="joe@falcot.com", sender="a@nowhere.test"))
    answer.reply            # "550 5.1.1 …"

Nothing is sent to anybody but questions to DNS, and to tables and policy servers that live elsewhere; the
latter only with `live`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mailtui.dns.ask import Names
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.smtpd import all as restrictions
from mailtui.postfix.smtpd.context import Context, Probe
from mailtui.postfix.smtpd.conversation import Conversation
from mailtui.postfix.smtpd.gather import gather
from mailtui.postfix.smtpd.service import Service
from mailtui.postfix.smtpd.session import Answer, Decision, Session
from mailtui.postfix.smtpd.tables import Tables

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance

__all__ = ["Explainer", "explain", "explain_batch"]

REGISTERED = restrictions
"""What knows the restrictions: imported, they are registered."""


def explain(
    instance: Instance, session: Session, *, names: Names | None = None, live: bool = False
) -> Answer:
    """What the client is told. `names`: DNS, or answers in its place; `live`: ask policy servers.

    Raises InstanceError where main.cf cannot be read that far or there is no such service.
    """
    return Explainer(instance, names=names, live=live).answer(session)


def explain_batch(
    instance: Instance,
    sessions: Iterable[Session],
    *,
    names: Names | None = None,
    live: bool = False,
    policies: Mapping[str, str] | None = None,
) -> list[Answer]:
    """The answers to several sessions, in their order; tables and DNS are asked once for all. `policies`:
    what policy services are taken to say, by endpoint. Raises InstanceError."""
    return Explainer(instance, names=names, live=live, policies=policies).answers(list(sessions))


class Explainer:
    """Answers sessions in one state of an instance; what tables and DNS said is kept."""

    def __init__(
        self,
        instance: Instance,
        *,
        names: Names | None = None,
        live: bool = False,
        probes: Mapping[str, Probe] | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> None:
        """`probes`: by address, what verify(8) would say of it; it is never asked itself. `policies`: by
        endpoint, the actions of policy services, which are not asked then."""
        self._instance, self._live, self._probes = instance, live, probes or {}
        self._policies = policies or {}
        self._names = Names() if names is None else names
        self._tables = Tables(instance)
        self._resolver = Resolver(instance)
        self._services: dict[str, Service] = {}
        self._fatal: dict[str, tuple[str, ...]] = {}

    def answers(self, sessions: list[Session]) -> list[Answer]:
        """The answers, in order; what all of them ask is asked at once. Raises InstanceError."""
        for session in sessions:
            self._ahead(session)
        self._tables.fetch()
        return [self._answer(session) for session in sessions]

    def answer(self, session: Session) -> Answer:
        """The answer to one session. Raises InstanceError."""
        self._ahead(session)
        self._tables.fetch()
        return self._answer(session)

    def _service(self, name: str) -> Service:
        if name not in self._services:
            service = Service(self._instance, name)
            self._services[name] = service
            self._fatal[name] = tuple(dict.fromkeys(service.fatal()))
        return self._services[name]

    def context(self, session: Session) -> Context:
        """What restrictions may ask of a session, at its beginning. Raises InstanceError."""
        service = self._service(session.service)
        made = Context(session, self._instance, service, self._tables, self._names, self._resolver)
        made.live, made.probes, made.policies = self._live, self._probes, self._policies
        return made

    def _ahead(self, session: Session) -> None:
        self._service(session.service)
        if not self._fatal[session.service]:
            gather(self.context(session), self._tables, self._names)

    def _answer(self, session: Session) -> Answer:
        service = self._service(session.service)
        fatal = self._fatal[session.service]
        if fatal:
            why = tuple(f"smtpd does not start, and no client gets a greeting: {each}" for each in fatal)
            return Answer("unknown", 0, "", "", Decision(), "connect", unknown=why)
        if service.on("smtpd_tls_wrappermode"):
            session = replace(session, tls=True)  # whoever speaks there at all speaks TLS
        return Conversation(self.context(session), service.places).answer()
