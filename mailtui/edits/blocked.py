"""What a block would come to: whether it is one of our own, and what smtpd(8) will answer then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtui.dns.ask import Names
from mailtui.maillog.record import Record
from mailtui.postfix.accessplaces import STAGE, Check
from mailtui.postfix.addresses import recipient, split
from mailtui.postfix.domains import domain_class
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import own_addresses
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.session import Answer, Session, Step

_SPARED = "from outside it is refused; our own people pass where they log in or sit in mynetworks"


def our_sender(instance: Instance, key: str) -> Iterator[str]:
    """Warnings where an address or a domain is our own. Raises InstanceError."""
    local, domain = split(recipient(key))
    name = domain if domain is not None else local
    if domain_class(instance, name) == "default":
        return
    if domain is None:
        yield f"! {safe(name)} is a domain of ours: {_SPARED}"
    elif Resolver(instance).refusal(f"{local}@{domain}"):
        yield f"! {safe(name)} is a domain of ours, though nobody there has this address: {_SPARED}"
    else:
        yield f"! {safe(key)} is an address of ours: {_SPARED}"


def our_client(instance: Instance, record: Record) -> Iterator[str]:
    """Warnings where a client is this host, or is trusted. Raises InstanceError."""
    import ipaddress

    try:
        address = ipaddress.ip_address(record.client_address or "")
    except ValueError:
        return
    if address.is_loopback or address in own_addresses(instance.parameters, instance.files):
        yield f"! {address} is this host itself: content filters and webmail send from it"


def checked(after: Instance, check: Check, spec: str, key: str, record: Record, value: str) -> Iterator[str]:
    """What the client will be told, by going through the lists as they will be; or what stands in the way.
    DNS is not asked: a list of addresses that it has may permit all the same."""
    answer = _answer(after, record)
    if answer is None:
        return
    step = next((step for step in answer.steps if step.table == spec and step.key), None)
    if step is not None and step.key.lower() == key.lower():
        if answer.decided_by.table == spec and answer.action in {"reject", "defer"}:
            yield f"the client will be told: {safe(answer.reply)}"
        return
    if step is not None:
        yield (
            f"! the entry {safe(step.key)} ({safe(step.value)}) of the same table is found before it: "
            "as long as that is there this one does not count"
        )
        return
    permit = next(_permits(answer.steps, check), None)
    if permit is not None:
        yield f"! it is let pass before that table is asked: {safe(permit)}"
    elif answer.action == "permit":
        yield f"! the table is not asked: mail from it is still let in ({value} does not count)"


def _permits(steps: tuple[Step, ...], check: Check) -> Iterator[str]:
    stages = {STAGE[check], "recipient"}
    for step in steps:
        if step.outcome == "permit" and step.stage in stages:
            yield f"{step.rule} ({step.why})"


def _answer(after: Instance, record: Record) -> Answer | None:
    from mailtui.postfix.smtpd.explain import explain

    try:
        return explain(after, _session(after, record), names=Names(only_supplied=True))
    except InstanceError:
        return None  # what is wrong with the files is said where they are changed


def _session(instance: Instance, record: Record) -> Session:
    from mailtui.postfix.smtpd.session import Session

    to = record.recipient or record.orig_to or ""
    if not to or domain_class(instance, split(to)[1] or instance.origin) == "default":
        to = f"postmaster@{instance.origin}"
    return Session(
        record.client_address or "192.0.2.1",
        client_name=record.client_name or "unknown",
        helo=record.helo or "client.example",
        sender=record.sender if record.sender is not None else "",
        recipient=to,
    )
