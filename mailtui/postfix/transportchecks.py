"""What a right-hand side of transport(5) means in an instance, and what is wrong with it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailtui.postfix.entrychecks import EntryWarning, Severity
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import own_addresses
from mailtui.postfix.resolution import AddressClass
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.services import ServiceRow, services
from mailtui.postfix.transportsyntax import (
    Hop,
    TransportValue,
    address_of,
    parse_hop,
    parse_transport,
    split_hops,
    status_code,
)
from mailtui.text.safe import safe

_NO_AGENTS = frozenset({
    "anvil", "bounce", "cleanup", "dnsblog", "flush", "master", "nqmgr", "oqmgr", "pickup", "postlogd",
    "postscreen", "proxymap", "qmgr", "qmqpd", "scache", "showq", "smtpd", "spawn", "tlsmgr", "tlsproxy",
    "trivial-rewrite", "verify",
})  # fmt: skip
"""Postfix's own daemons that deliver nothing."""
_DEAD = "smtp(8) dies of it, and all mail that this transport carries waits"


@dataclass(frozen=True, slots=True)
class Carried:
    """A value as the instance understands it. `program`: the daemon of the transport, "" where there is none.

    `by_class`: the value names no transport, so that of the address's class is meant.
    """

    value: TransportValue
    transport: str
    program: str
    by_class: bool

    @property
    def is_smtp(self) -> bool:
        return self.program in {"smtp", "lmtp"}

    @property
    def hops(self) -> list[Hop]:
        """The next hops of smtp(8) and lmtp(8); of the latter's `inet:` and `unix:` forms none."""
        if not self.is_smtp or _is_lmtp_form(self.program, self.value.nexthop):
            return []
        return [parse_hop(hop) for hop in split_hops(self.value.nexthop)]


def _is_lmtp_form(program: str, nexthop: str) -> bool:
    return program == "lmtp" and nexthop.startswith(("unix:", "inet:"))


def carried(instance: Instance, resolver: Resolver, kind: AddressClass, domain: str, text: str) -> Carried:
    """What carries the mail of a domain of this class by a value. Raises InstanceError."""
    value = parse_transport(text.strip())
    by_class = not value.transport
    name = resolver.router.class_route(kind, domain)[0] if by_class else value.transport
    service = next((row for row in _services(instance, name) if _is_transport(row)), None)
    return Carried(value, name, service.command if service is not None else "", by_class)


def _services(instance: Instance, name: str) -> list[ServiceRow]:
    return [row for row in services(instance) if row.counts and row.name == name]


def _is_transport(row: ServiceRow) -> bool:
    """Whether the queue manager finds it as private/NAME (master(5))."""
    return row.type == "unix" and row.private != "n" and row.command not in _NO_AGENTS


def check_transport(instance: Instance, resolver: Resolver, found: Carried) -> Iterator[EntryWarning]:
    """What to say about a value whose syntax is right. Raises InstanceError."""
    if found.value.changes_nothing:
        return
    problem = "" if found.program else _no_transport(instance, found.transport)
    if problem:
        yield _say(problem, "error")
        return
    match found.program:
        case "smtp" | "lmtp":
            yield from _hops(instance, resolver, found)
        case "error" | "retry":
            yield from _error_text(found)
        case "discard":
            yield _say("the mail is taken and thrown away, and nobody is told")
        case "local" | "virtual" if found.value.nexthop:
            yield _say(f"{found.program}(8) pays no heed to what follows the colon", "advice")


def _say(text: str, severity: Severity = "warning") -> EntryWarning:
    return EntryWarning("destination", text, severity, 0)


def _no_transport(instance: Instance, name: str) -> str:
    """Why there is no such transport, and what may be meant."""
    what = f"master.cf has no transport {safe(name)}: mail would wait (mail transport unavailable)"
    rows = services(instance)
    others = sorted({row.name for row in rows if row.counts and _is_transport(row)})
    like = next((each for each in others if each.lower() == name.lower()), "")
    if like:
        return f"{what}; it is written {safe(like)}"
    if _services(instance, name):
        return f"{safe(name)} in master.cf delivers no mail: mail would wait (mail transport unavailable)"
    if any(row.name == name for row in rows):
        return f"{what}; its entry is commented out"
    if "." in name or address_of(name) is not None:
        return f"{what}; a host is written smtp:[{safe(name)}]"
    return f"{what}; it has {', '.join(safe(each) for each in others[:8])}"


# Next hops


def _hops(instance: Instance, resolver: Resolver, found: Carried) -> Iterator[EntryWarning]:
    nexthop = found.value.nexthop
    if _is_lmtp_form(found.program, nexthop):
        if nexthop.startswith("inet:") and (problem := parse_hop(nexthop[5:]).problem):
            yield _say(problem, "error")
        return
    hops = found.hops
    if nexthop and not hops:
        yield _say(f"{safe(nexthop)} names no host; {_DEAD}", "error")
    if len(hops) > 1 and _before(instance, (3, 5)):
        yield _say(f"several next hops need Postfix 3.5, this is {_version(instance)}", "error")
    for hop in hops:
        if hop.problem:
            yield _say(f"{hop.problem}; {_DEAD}", "error")
        else:
            yield from _hop(instance, resolver, hop)


def _hop(instance: Instance, resolver: Resolver, hop: Hop) -> Iterator[EntryWarning]:
    address = address_of(hop.host)
    effective = instance.parameters.effective
    if address is not None:
        if not hop.brackets:
            yield _say(f"an IP address belongs in brackets: [{safe(hop.host)}]")
        protocols = effective("inet_protocols").replace(",", " ").split()
        version = f"ipv{address.version}"
        if "all" not in protocols and version not in protocols:
            yield _say(f"inet_protocols has no {version}: this server reaches no such address", "error")
    own = hop.host.lower() == effective("myhostname").lower()
    if address is not None and not own:
        own = address in own_addresses(instance.parameters, instance.files)
    if own and hop.service in {"", "25", "smtp"} and effective("smtp_tcp_port") in {"25", "smtp"}:
        text = f"{safe(hop.host)} is this server itself: the mail bounces (loops back to myself)"
        yield _say(text, "error")
    elif not hop.brackets and resolver.class_of(hop.host) != "default":
        yield _say(
            f"without brackets the MX of {safe(hop.host)} is looked up, which may be this server: "
            f"[{safe(hop.host)}] is the host itself",
            "advice",
        )


def _before(instance: Instance, version: tuple[int, int]) -> bool:
    parts = [int(part) for part in _version(instance).split(".")[:2] if part.isdigit()]
    return len(parts) == 2 and tuple(parts) < version


def _version(instance: Instance) -> str:
    return instance.parameters.effective("mail_version")


def _error_text(found: Carried) -> Iterator[EntryWarning]:
    name, text = found.transport, found.value.nexthop
    code = status_code(text)[0]
    wanted = "4" if name == "retry" else "5"
    if code and code[0] != wanted:
        yield _say(f"the client is told {wanted}{code[1:]}: {safe(name)} always begins with {wanted}")
    if not text:
        text = "the sender is told no more than Address is undeliverable; the text follows the colon"
        yield _say(text, "advice")
