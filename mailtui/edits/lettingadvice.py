"""What to write to another server's admin, where its names in DNS are why it is refused: no edit here mends
that. Which record is missing is asked of DNS.

text = dns_advice(instance, session, step, answer, names)       # empty where names are not the reason
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from mailtui.dns.ask import Names
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.session import Answer, Session, Step
from mailtui.text.safe import safe

_CLIENT = frozenset({"reject_unknown_client_hostname", "reject_unknown_client"})
_REVERSE = frozenset({"reject_unknown_reverse_client_hostname"})
_HELO = frozenset({"reject_unknown_helo_hostname", "reject_unknown_hostname"})
_SAID = frozenset({
    "reject_non_fqdn_helo_hostname", "reject_non_fqdn_hostname", "reject_invalid_helo_hostname",
    "reject_invalid_hostname",
})  # fmt: skip
_SENDER = frozenset({"reject_unknown_sender_domain"})
ABOUT_NAMES = _CLIENT | _REVERSE | _HELO | _SAID | _SENDER
"""The rules that refuse for a name that the other side has to put right."""


def dns_advice(instance: Instance, session: Session, step: Step, answer: Answer, names: Names) -> str:
    """A letter that says what is missing; safe to show."""
    rule = step.rule.lower()
    if rule not in ABOUT_NAMES:
        return ""
    missing = list(_missing(rule, session, names))
    try:
        here = instance.hostname
    except InstanceError:
        here = "our mail server"
    who = f"{session.client_address} ({session.client_name})"
    lines = [
        f"Your mail server {who} is refused by {here}:", "", f"    {answer.reply}", "",
        *(missing or ["DNS has what was missing by now: let it try again."]), "",
        "Once DNS has that, your mail is taken: nothing needs to be changed here.",
    ]  # fmt: skip
    return "\n".join(safe(line) for line in lines)


def _missing(rule: str, session: Session, names: Names) -> Iterator[str]:
    if rule in _CLIENT | _REVERSE:
        yield from _reverse(session, names, forward=rule in _CLIENT)
    elif rule in _SENDER:
        domain = (session.sender or "").rpartition("@")[2]
        if not any(_has(names, domain, kind) for kind in ("MX", "A", "AAAA")):
            yield f"The sender's domain {domain} has neither MX nor address in DNS. Missing, one of:"
            yield f"    {domain}. IN MX 10 the name of your mail server."
    elif rule in _HELO:
        helo = (session.helo or "").strip("[]")
        if not any(_has(names, helo, kind) for kind in ("A", "AAAA", "MX")):
            yield f"It says {helo} in HELO, a name that DNS does not have. Missing:"
            yield f"    {helo}. IN {_kind(session.client_address)} {session.client_address}"
    else:
        name = session.reverse_client_name or session.client_name
        better = name if name and name != "unknown" else "the full name that DNS has for its address"
        yield f"It says {session.helo or 'nothing'} in HELO, which is no full host name (RFC 5321, 4.1.1.1)."
        yield f"It should say: {better} (in Postfix smtp_helo_name or myhostname)."


def _reverse(session: Session, names: Names, *, forward: bool) -> Iterator[str]:
    """What is missing on the way from the address to a name, and back to the address."""
    address = session.client_address
    pointer = ip_address(address).reverse_pointer
    found = names.ask(pointer, "PTR")
    if found.state == "tempfail":
        why = found.problem or "its name servers do not answer"
        yield f"The name of {address} cannot be asked for: {why}."
        return
    if not found.records:
        yield f"{address} has no name in DNS. Missing, to be made by whoever owns the address:"
        yield f"    {pointer}. IN PTR {_name(session)}."
        return
    name = found.records[0].rstrip(".")
    if not forward:
        return
    kind = _kind(address)
    back = names.ask(name, kind)
    if any(_same(record, address) for record in back.records):
        return
    has = ", ".join(back.records) or "no address"
    yield f"DNS names {address} {name}, but {name} has {has}: the way back is missing."
    yield f"    {name}. IN {kind} {address}"


def _name(session: Session) -> str:
    said = (session.helo or "").rstrip(".")
    return said if "." in said and not said.startswith("[") else "mail.your-domain.example"


def _kind(address: str) -> str:
    return "AAAA" if ":" in address else "A"


def _same(record: str, address: str) -> bool:
    try:
        return ip_address(record) == ip_address(address)
    except ValueError:
        return False


def _has(names: Names, name: str, kind: str) -> bool:
    return bool(name) and bool(names.ask(name, kind).records)
