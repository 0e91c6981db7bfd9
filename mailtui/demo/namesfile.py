"""The text file by which the demo's name server answers, and its answers.

A line is `NAME TYPE VALUE`, or one of these, which hold for every name below NAME too: `NAME SERVFAIL`,
`NAME REFUSED`, `NAME LAME` (an answer of no authority and without a record), `NAME DROP` (no answer at all),
`NAME DELAY SECONDS`. The server is authoritative for the root: a name that is not in the file does not exist
(NXDOMAIN), one that is there without the wanted type has no data (RFC 2308).
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdatatype
    import dns.rrset

DROP: Final = "DROP"
LAME: Final = "LAME"
FAULTS: Final = ("SERVFAIL", "REFUSED", LAME, DROP)
DELAY: Final = "DELAY"
TTL = 60
"""Seconds that an answer may be kept; short, because the file is meant to be changed."""


class ZoneError(Exception):
    """A line of the names file that says nothing this server understands."""


@dataclass(slots=True)
class Names:
    """The parsed file: record sets by name, and the faults by the name they start at."""

    records: dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rrset.RRset]] = field(default_factory=dict)
    faults: dict[dns.name.Name, str] = field(default_factory=dict)
    parents: set[dns.name.Name] = field(default_factory=set)
    delays: dict[dns.name.Name, float] = field(default_factory=dict)

    def fault(self, name: dns.name.Name) -> str | None:
        """What is wrong with a name, by the nearest line that says so."""
        return _nearest(self.faults, name)

    def delay(self, name: dns.name.Name) -> float:
        """Seconds that an answer about a name is kept back."""
        return _nearest(self.delays, name) or 0.0


Value = TypeVar("Value")


def _nearest(told: Mapping[dns.name.Name, Value], name: dns.name.Name) -> Value | None:
    """What is said of a name, or of the nearest one above it."""
    import dns.name

    while told and name != dns.name.root:
        if name in told:
            return told[name]
        name = name.parent()
    return None


def parse(text: str) -> Names:
    """Read a names file. Raises ZoneError with the line's number and text."""
    import dns.exception

    names = Names()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            _take(names, line.split(None, 2))
        except (ValueError, IndexError, dns.exception.DNSException) as error:
            raise ZoneError(f"line {number}: {line.strip()}: {error or 'not NAME TYPE VALUE'}") from None
    return names


def _take(names: Names, fields: list[str]) -> None:
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.rrset

    where = _owner(fields[0])
    name = dns.name.from_text(where)
    if fields[1] in FAULTS:
        names.faults[name] = fields[1]
        return
    if fields[1] == DELAY:
        names.delays[name] = float(fields[2])
        return
    kind = dns.rdatatype.from_text(fields[1])
    record = dns.rdata.from_text(dns.rdataclass.IN, kind, fields[2], origin=dns.name.root, relativize=False)
    sets = names.records.setdefault(name, {})
    if kind not in sets:
        sets[kind] = dns.rrset.RRset(name, dns.rdataclass.IN, kind)
    sets[kind].add(record, TTL)
    while name != dns.name.root:
        name = name.parent()
        names.parents.add(name)


def _owner(word: str) -> str:
    """A name, or an address that stands for its name in in-addr.arpa or ip6.arpa."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(word).reverse_pointer
    return word


def answer(names: Names, query: dns.message.Message) -> dns.message.Message | None:
    """The reply to a query, or None where the file says that there is none to be."""
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdatatype

    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA | dns.flags.RA
    if len(query.question) != 1:
        reply.set_rcode(dns.rcode.FORMERR)
        return reply
    asked = query.question[0]
    name, kind = asked.name, asked.rdtype
    for _ in range(8):
        fault = names.fault(name)
        if fault == DROP:
            return None
        if fault == LAME:
            reply.flags &= ~dns.flags.AA
            return reply
        if fault is not None:
            reply.set_rcode(dns.rcode.from_text(fault))
            return reply
        sets = names.records.get(name, {})
        alias = sets.get(dns.rdatatype.CNAME)
        if alias is None or kind == dns.rdatatype.CNAME:
            break
        reply.answer.append(alias)
        name = next(iter(alias)).target
    if kind in sets:
        reply.answer.append(sets[kind])
    else:
        if not sets and name not in names.parents:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        reply.authority.append(_start_of_authority())
    return reply


def _start_of_authority() -> dns.rrset.RRset:
    import dns.rrset

    return dns.rrset.from_text(
        ".", TTL, "IN", "SOA", f"ns.falcot.com. root.falcot.com. 1 3600 600 86400 {TTL}"
    )
