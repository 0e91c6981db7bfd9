"""A block of clients that holds for those who log in, too.

On submission `permit_sasl_authenticated` usually stands before any table, so that an entry against the client
of a stolen account refuses nothing there. Every service that offers AUTH is gone through (as Explain does):
where these clients pass, the table comes before that rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailtui.dns.ask import Names
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.edits.ruleplan import insert
from mailtui.postfix.accessplaces import Check, access_tables
from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.chainrows import Chain, RuleRow
from mailtui.postfix.chains import chains, services
from mailtui.postfix.domains import class_list
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.session import PARAMETERS, Answer, Session
from mailtui.text.safe import decode, safe

CHECK: Check = "check_client_access"
_LIST = PARAMETERS["client"]
_PERMITS = ("permit_sasl_authenticated", "permit")
_OPENING = 50
"""Entries of the table that let pass, of which it is tried whether the rule opens the service to them."""
_PERMITTING = re.compile(rb"(?:OK|permit|\d+\Z)", re.IGNORECASE)
"""Values of access(5) that let pass."""
_SHUT = ("reject", "defer")
"""Rules that let nobody pass, whatever is sent."""
_FOREIGN = "somebody@probe.invalid"


def for_logins(instance: Instance, clients: Sequence[tuple[str, str]], user: str) -> Plan:
    """The rules that have the table of refused clients asked before logged-in ones pass. `instance`: with the
    block over it; `clients`: name and address of each. No edits where the block holds already; what cannot be
    had is said. Raises InstanceError."""
    tables = access_tables(instance, CHECK)
    edits: list[Edit] = []
    says: list[str] = []
    for service in services(instance):
        now = instance.over(Candidate(instance.files, edits))
        if not ServiceLists(now, service).yes("smtpd_sasl_auth_enable"):
            continue
        passing = [each for each in _sessions(service, clients, user) if not _refused(_answer(now, each))]
        if not passing:
            continue
        name = service.removesuffix("/inet")
        through = _permit(_answer(now, passing[0]))
        made = next(
            (plan for table in tables if (plan := _asked_first(now, service, table.target.spec, passing))),
            None,
        )
        if made is None:
            says.append(f"! {safe(name)} lets {safe(user)} pass before the table is asked ({through})")
            continue
        edits += made.edits
        says += [f"{safe(name)} asks the table before {through}", *made.says]
    return Plan(tuple(edits), tuple(says))


def _sessions(service: str, clients: Sequence[tuple[str, str]], user: str) -> list[Session]:
    return [
        Session(
            address, client_name=name or "unknown", helo="client.example", sender=user if "@" in user else "",
            recipient=_FOREIGN, sasl_user=user, tls=True, service=service,
        )
        for name, address in clients
    ]  # fmt: skip


def _asked_first(instance: Instance, service: str, spec: str, passing: Sequence[Session]) -> Plan | None:
    """The rule in the service's list of clients, if that refuses them all and opens nothing to others."""
    chain = chains(instance, instance, service).chain("client")
    if chain is None:
        return None
    plan = insert(instance, chain.place, f"{CHECK} {spec}", _before(chain))
    if plan.refused:
        return None
    candidate = Candidate(instance.files, plan.edits)
    if candidate.stopped or candidate.conflicts:
        return None
    after = instance.over(candidate)
    if not all(_refused(_answer(after, each)) for each in passing) or any(
        _opened(instance, after, spec, service)
    ):
        return None
    return plan


def _before(chain: Chain) -> RuleRow | None:
    """The rule that lets those pass who logged in; else the first."""
    rows = [row for row in chain.rows if row.enabled and row.place == chain.place]
    return next((row for row in rows if row.name.lower() in _PERMITS), rows[0] if rows else None)


def _opened(before: Instance, after: Instance, spec: str, service: str) -> Iterator[bool]:
    """Of clients that the table lets pass, whether only their missing login kept one of them out."""
    table = next((each for each in access_tables(before, CHECK) if each.target.spec == spec), None)
    if table is None:
        return
    document = entries(before.files, table.target)
    found = (document.entry(at) for at in range(len(document)) if document.is_enabled(at))
    lets = [decode(entry.key) for entry in found if _PERMITTING.match(entry.value)]
    yield len(lets) > _OPENING
    for key in lets[:_OPENING]:
        address = _address(key)
        stranger = Session(
            address or "192.0.2.201", client_name="unknown" if address else key.lstrip("."),
            helo="client.example", sender="",
            recipient=f"postmaster@{_ours(before)}", tls=True, service=service,
        )  # fmt: skip
        now = _answer(after, stranger)
        shut = _refused(now) or (now is not None and now.decided_by.rule.lower() in _SHUT)
        yield not shut and _refused(_answer(before, stranger))


def _ours(instance: Instance) -> str:
    """A domain that mail is taken for."""
    return next((item.text for item in class_list(instance, "mydestination").literals()), instance.origin)


def _address(key: str) -> str:
    """An address that a key of access(5) stands for; empty where it is a name."""
    import ipaddress

    parts = key.split(".")
    if all(part.isdigit() for part in parts):
        key = ".".join([*parts, *("1" for _ in range(4 - len(parts)))])
    try:
        return str(ipaddress.ip_address(key))
    except ValueError:
        return ""


def _refused(answer: Answer | None) -> bool:
    """Whether a client is refused for what it is, whatever it sends."""
    return answer is not None and answer.decided_by.stage == "client" and answer.code >= 400


def _permit(answer: Answer | None) -> str:
    """The rule by which a session passed the list of clients."""
    steps = answer.steps if answer is not None else ()
    found = next((step.rule for step in steps if step.stage == "client" and step.outcome == "permit"), "")
    return safe(found) or "its own lists"


def _answer(instance: Instance, session: Session) -> Answer | None:
    from mailtui.postfix.smtpd.explain import explain

    try:
        return explain(instance, session, names=Names(only_supplied=True))
    except InstanceError:
        return None  # what is wrong with the files is said where they are changed
