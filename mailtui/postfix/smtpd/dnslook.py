"""DNS as smtpd(8) asks it: dns_lookup(3), with what it makes of bad names and of several kinds of records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple

from mailtui.postfix.smtpd.hostnames import is_address, is_hostname, without_final_dot
from mailtui.postfix.smtpd.outcome import unknown
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context
    from mailtui.postfix.smtpd.outcome import Outcome

HOSTS = "/etc/hosts"
_NUMBERS = re.compile(r"[0-9][0-9a-fA-FxX]*(?:\.[0-9][0-9a-fA-FxX]*){0,3}")


def by_dns(function: Callable[[Context, str], Outcome]) -> Callable[[Context, str], Outcome]:
    """A restriction that asks DNS: what smtpd_dns_reply_filter hides is not known here."""

    @wraps(function)
    def asked(context: Context, argument: str) -> Outcome:
        if context.setting("smtpd_dns_reply_filter"):
            return unknown("smtpd_dns_reply_filter may change what DNS says")
        return function(context, argument)

    return asked


class Status(IntEnum):
    """How a question ended; of several questions about a name the greatest counts."""

    NOTFOUND = -6
    NULLMX = -5
    """Its MX record says that it takes no mail (RFC 7505)."""
    INVALID = -3
    """The answer holds names that are none."""
    RETRY = -2
    OK = 0


class Looked(NamedTuple):
    """The records of an answer: of MX records the hosts, `preferences` beside them; of TXT records the first
    string of each."""

    status: Status
    records: tuple[str, ...] = ()
    preferences: tuple[int, ...] = ()
    exists: bool = True
    """False where the name itself is not there (NXDOMAIN)."""

    @property
    def words(self) -> str:
        """What went wrong, as dns_strerror(3) has it."""
        if self.status == Status.RETRY:
            return "Host not found, try again"
        return "Host found but no data record of requested type" if self.exists else "Host not found"


def look(context: Context, name: str, kind: str) -> Looked:
    """The records of one kind. Names that cannot be are not asked for."""
    if is_address(name) or not is_hostname(name, wildcard=True):
        return Looked(Status.NOTFOUND, exists=False)
    answer = context.names.ask(name, kind)
    if answer.state == "tempfail":
        return Looked(Status.RETRY)
    if answer.state != "ok" or not answer.records:
        return Looked(Status.NOTFOUND, exists=answer.state != "nxdomain")
    if kind == "TXT":
        return Looked(Status.OK, answer.firsts or answer.records)
    if kind not in {"MX", "NS"}:
        return Looked(Status.OK, answer.records)
    return _hosts_of(answer.records, is_mx=kind == "MX")


def _hosts_of(records: Iterable[str], *, is_mx: bool) -> Looked:
    """The hosts that records name. Names that are none are left out; one null MX takes all away."""
    hosts: list[str] = []
    preferences: list[int] = []
    for record in records:
        preference, _blank, host = record.partition(" ") if is_mx else ("0", "", record)
        host = host.strip().removesuffix(".")
        if is_mx and not host:
            return Looked(Status.NULLMX)
        if is_address(host) or is_hostname(host, wildcard=True):
            hosts.append(host)
            preferences.append(int(preference))
    if not hosts:
        return Looked(Status.INVALID)
    return Looked(Status.OK, tuple(hosts), tuple(preferences))


def ahead(context: Context, names: Iterable[str], kinds: Sequence[str]) -> None:
    """Have these records of all these names asked at once."""
    asked = (name for name in names if is_hostname(name, wildcard=True) and not is_address(name))
    context.names.ahead([(name, kind) for name in asked for kind in kinds])


def any_of(context: Context, name: str, kinds: Sequence[str], *, stop_null_mx: bool) -> Status:
    """Ask for one kind after the other until there are records; else the most telling failure.

    With `stop_null_mx` a null MX or a broken answer ends it too, as for a mail domain."""
    ahead(context, [name], kinds)
    statuses: list[Status] = []
    for kind in kinds:
        status = look(context, name, kind).status
        if status == Status.OK or (stop_null_mx and status in {Status.NULLMX, Status.INVALID}):
            return status
        statuses.append(status)
    return max(statuses)


def address_kinds(context: Context) -> tuple[str, ...]:
    """The records that hold the addresses that this Postfix uses (inet_protocols)."""
    protocols = context.setting("inet_protocols").lower().replace(",", " ").split()
    kinds = {"A": {"all", "ipv4"}, "AAAA": {"all", "ipv6"}}
    return tuple(kind for kind, by in kinds.items() if by.intersection(protocols))


class Addresses(NamedTuple):
    """A host's addresses by the system's resolver; `problem` as gai_strerror(3) says it."""

    found: tuple[str, ...] = ()
    problem: str = ""


def addresses(context: Context, host: str) -> Addresses:
    """The addresses of a host: of /etc/hosts, else of DNS (getaddrinfo)."""
    host = without_final_dot(host)
    kinds = address_kinds(context)
    number = _number(host)
    if number and "A" in kinds:
        return Addresses((number,))
    listed = [address for address in _listed(context, host) if ("AAAA" if ":" in address else "A") in kinds]
    if listed:
        return Addresses(tuple(listed))
    ahead(context, [host], kinds)
    looked = [look(context, host, kind) for kind in kinds]
    found = tuple(record for each in looked for record in each.records)
    if found:
        return Addresses(found)
    if any(each.status == Status.RETRY for each in looked):
        return Addresses(problem="Temporary failure in name resolution")
    if any(each.exists for each in looked):
        return Addresses(problem="No address associated with hostname")
    return Addresses(problem="Name or service not known")


def _number(host: str) -> str:
    """The address that the system takes a number for (inet_aton): `12345` is 0.0.48.57. Empty for a name."""
    import socket

    if not _NUMBERS.fullmatch(host):
        return ""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


def _listed(context: Context, host: str) -> list[str]:
    try:
        lines = decode(context.instance.files.raw(HOSTS)).splitlines()
    except OSError:  # without it DNS is asked, as the system does
        return []
    rows = [line.partition("#")[0].split() for line in lines]
    wanted = host.lower()
    return [row[0] for row in rows if wanted in (name.lower() for name in row[1:])]
