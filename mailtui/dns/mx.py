"""Where mail for a domain goes: its MX, the addresses of those hosts, and whether that is here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailtui.dns.facts import Facts, is_seen
from mailtui.dns.part import Asked, Part, State, unknown, worst
from mailtui.text.safe import safe

MANY = 10
"""Hosts of an MX whose addresses are asked for."""
FEW = 3
"""Hosts of the same fault that are named one by one."""
BEHIND_NAT = (
    "this host has private addresses only, and nothing here tells the one that the world sees:"
    " set proxy_interfaces to it"
)


class Host(NamedTuple):
    """A host of an MX. `alias`: what its name stands for (CNAME); `lost`: why its addresses are unknown."""

    preference: int
    name: str
    addresses: tuple[str, ...] = ()
    alias: str = ""
    lost: str = ""


def mx(domain: str, facts: Facts, names: Asked) -> Part:
    """The MX of a domain."""
    answer = names.ask(domain, "MX")
    proposed = f"10 {facts.hostname}." if facts.hostname else ""
    if answer.state == "tempfail":
        return unknown(answer.problem, name=domain, kind="MX")
    if answer.state == "nxdomain":
        problem = f"{safe(domain)} does not exist in DNS"
        return Part("missing", problems=(problem,), proposed=proposed, name=domain, kind="MX")
    if answer.state == "nodata":
        return _without(domain, facts, names, proposed)
    if answer.records == ("0 .",) or answer.records == ("0 ",):
        problem = "a null MX: the domain says that it takes no mail (RFC 7505)"
        return Part("error", "0 .", (problem,), proposed, domain, kind="MX")
    hosts = _hosts(answer.records, names)
    problems = _problems(hosts, facts)
    text = ", ".join(_text(host) for host in hosts)
    state = worst(problems)
    return Part(state, text, tuple(problems), proposed if state != "ok" else "", domain, kind="MX")


def _without(domain: str, facts: Facts, names: Asked, proposed: str) -> Part:
    addresses, _, lost = addresses_of(domain, names)
    told = (
        "mail goes to the address of the domain itself" if addresses else "the domain has no address either"
    )
    if lost:
        told = f"the address of the domain itself cannot be had: {lost}"
    elif addresses and not facts.listens.isdisjoint(addresses):
        told += ", which is here"
        if domain == facts.hostname:  # as every host does that is not a domain of its own (RFC 5321, 5.1)
            return Part("ok", f"none: {told}", (), "", domain, kind="MX")
    return Part("missing", "", (f"no MX: {told}",), proposed, domain, kind="MX")


def _hosts(records: Sequence[str], names: Asked) -> list[Host]:
    parted = [record.partition(" ") for record in records]
    pairs = sorted((int(preference), name) for preference, _, name in parted)
    names.ahead([(name, kind) for _, name in pairs[:MANY] for kind in ("A", "AAAA")])
    hosts = [Host(preference, name, *addresses_of(name, names)) for preference, name in pairs[:MANY]]
    return hosts + [Host(preference, name, lost="not asked") for preference, name in pairs[MANY:]]


def addresses_of(name: str, names: Asked) -> tuple[tuple[str, ...], str, str]:
    """The A and AAAA of a name; what it is an alias for; and, where there are none, why that is unknown."""
    names.ahead([(name, "A"), (name, "AAAA")])
    answers = [names.ask(name, kind) for kind in ("A", "AAAA")]
    found = tuple(safe(record) for answer in answers for record in answer.records)
    lost = next((answer.problem for answer in answers if answer.state == "tempfail"), "")
    alias = next((answer.alias for answer in answers if answer.alias), "")
    return found, safe(alias), "" if found else lost


def _problems(hosts: Sequence[Host], facts: Facts) -> dict[str, State]:
    found: dict[str, State] = {}
    bare = [safe(host.name) for host in hosts if not host.addresses and not host.lost]
    if len(bare) > FEW:
        found[f"{len(bare)} hosts have no address: {', '.join(bare[:FEW])}, …"] = "warning"
    for host in hosts:
        shown = safe(host.name)
        if host.lost:
            found[f"the address of {shown}: {host.lost}"] = "warning"
        elif not host.addresses and len(bare) > FEW:
            continue
        elif not host.addresses:
            wrong = "is an address, where a name must stand" if _is_address(host.name) else "has no address"
            found[f"{shown} {wrong}"] = "warning"
        elif not any(is_seen(address) for address in host.addresses):
            found[f"{shown} has an address that the world cannot reach"] = "warning"
        if host.alias:
            found[f"{shown} is an alias of {host.alias}, which an MX must not name (RFC 2181 10.3)"] = (
                "warning"
            )
    if not any(host.addresses or host.lost for host in hosts):
        found["none of its hosts has an address: nobody can send mail here"] = "error"
    return found | _elsewhere(hosts, facts)


def _elsewhere(hosts: Sequence[Host], facts: Facts) -> dict[str, State]:
    """Whether the MX leads here."""
    addressed = [host for host in hosts if host.addresses]
    if not facts.listens or not addressed:
        return {}
    if any(not facts.listens.isdisjoint(host.addresses) for host in addressed):
        return {}
    if facts.hidden:
        return {f"whether it leads here cannot be known: {BEHIND_NAT}": "warning"}
    return {
        "it leads to other hosts, not to this one (inet_interfaces, proxy_interfaces)": "warning",
    }


def _is_address(name: str) -> bool:
    return name.replace(".", "").isdigit()


def _text(host: Host) -> str:
    shown = f"{host.preference} {safe(host.name)}"
    return f"{shown} ({', '.join(host.addresses)})" if host.addresses else shown


def address(domain: str, names: Asked) -> Part:
    """The A and AAAA of the domain itself."""
    found, _, lost = addresses_of(domain, names)
    if found:
        return Part("ok", ", ".join(found), name=domain, kind="A")
    return unknown(lost, name=domain, kind="A") if lost else Part("missing", name=domain, kind="A")
