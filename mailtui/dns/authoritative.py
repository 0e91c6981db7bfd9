"""Every name server that answers for a name, asked itself: a cache may know what is gone, or not know what is
new yet.

    for told in ask_each("mail2026._domainkey.falcot.com", "TXT"):
        told.server, told.address, told.answer, told.fault

All are asked at once, by UDP and again by TCP where an answer is cut off, none for longer than the limit. An
alias that leads elsewhere is followed to the servers of the name that it stands for.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from mailtui.dns.ask import Answer, Names, answered
from mailtui.text.safe import safe

if TYPE_CHECKING:
    import dns.message

TIMEOUT = 5.0
"""Seconds for one server, both tries together."""
TRIES = 2
"""Times that a server is asked which says nothing: packets get lost."""
ALIASES = 8
"""Aliases that are followed one after the other."""
PAYLOAD = 1232
"""Bytes of an answer by UDP that no path cuts into pieces (DNS flag day 2020)."""

Fault = Literal["", "unreachable", "no route", "lame", "failing"]
"""Why a server's answer is none. `unreachable`: it says nothing in time, or nobody listens there; `no route`:
this host cannot send to that address at all, as to IPv6 without IPv6; `lame`: it answers, but not for this
zone; `failing`: it says that it cannot answer."""


class Server(NamedTuple):
    """A name server of a zone, by one of its addresses. `problem`: why it has none that is known."""

    name: str
    address: str
    problem: str = ""


class Zone(NamedTuple):
    """A zone and all addresses of its servers. `problem`: why they cannot be known; then there are none."""

    name: str
    servers: tuple[Server, ...] = ()
    problem: str = ""


class Told(NamedTuple):
    """What one server said. `answer.state` is `tempfail` wherever there is a `fault`, and
    `answer.problem` puts it in words. `server` and `address` are safe to show."""

    server: str
    address: str
    answer: Answer
    fault: Fault = ""


def servers_of(name: str, names: Names | None = None) -> Zone:
    """The zone that `name` stands in, with every address of each of its servers. `names`: whom to ask for
    them, in place of the resolvers of /etc/resolv.conf. Takes some of its time limits, one after another."""
    names = names or Names()
    labels = name.rstrip(".").split(".")
    problem = ""
    for start in range(len(labels)):
        zone = ".".join(labels[start:])
        found = names.ask(zone, "NS")
        if found.state == "ok" and not found.alias:
            return _addressed(zone, found.records, names)
        if found.state == "tempfail":
            problem = f"the name servers of {safe(zone)} cannot be found: {found.problem}"
            break
    return Zone("", problem=problem or f"nobody is a name server for {safe(name)}")


def _addressed(zone: str, hosts: Iterable[str], names: Names) -> Zone:
    hosts = sorted(hosts, key=str.lower)
    questions = [(host, kind) for host in hosts for kind in ("A", "AAAA")]
    names.ahead(questions)
    servers: list[Server] = []
    for host in hosts:
        answers = [names.ask(host, kind) for kind in ("A", "AAAA")]
        found = [Server(host, address) for answer in answers for address in answer.records]
        lost = next((answer.problem for answer in answers if answer.state == "tempfail"), "")
        servers += found or [Server(host, "", lost or "it has no address")]
    return Zone(zone, tuple(servers))


def ask_each(
    name: str,
    kind: str,
    *,
    timeout: float = TIMEOUT,
    names: Names | None = None,
    port: int = 53,
    zone: Zone | None = None,
) -> list[Told]:
    """What each server of the zone says of `name`, at most `timeout` seconds each after they are found.

    `zone`: as `servers_of` gave it, where it is known. An empty list cannot be: where no server is known,
    one `Told` without names says why. A server's address that this host cannot reach at all is left out
    where another address of the same server can be asked.
    """
    names = names or Names()
    return _each(name, kind, zone, names, partial(_one, timeout=timeout, port=port), ALIASES)


_Ask = Callable[[Server, str, str], Told]


def _each(name: str, kind: str, zone: Zone | None, names: Names, ask: _Ask, left: int) -> list[Told]:
    zone = zone or servers_of(name, names)
    if not zone.servers:
        return [Told("", "", Answer("tempfail", problem=zone.problem), "unreachable")]
    futures = [begin(partial(ask, server, name, kind)) for server in zone.servers]
    told = _reachable([future.result() for future in futures])
    targets = {each.answer.alias for each in told if _leads_on(each, kind, zone)}
    followed: list[Told] = []
    for target in sorted(targets):
        if left:
            followed += _each(target, kind, None, names, ask, left - 1)
        else:
            problem = f"more than {ALIASES} aliases, the last one to {safe(target)}"
            followed.append(Told("", "", Answer("tempfail", problem=problem), "failing"))
    return [each for each in told if not _leads_on(each, kind, zone)] + followed


def _leads_on(told: Told, kind: str, zone: Zone) -> bool:
    """Whether a server knows the alias, and others what it stands for."""
    alias = told.answer.alias.lower()
    if not alias or kind.upper() == "CNAME":
        return False
    return told.answer.state != "ok" or not f".{alias}".endswith(f".{zone.name.lower()}")


def _reachable(told: Sequence[Told]) -> list[Told]:
    """Without the addresses to which there is no way, save where a server has no other."""
    reached = {each.server for each in told if each.fault != "no route"}
    return [each for each in told if each.fault != "no route" or each.server not in reached]


def _one(server: Server, name: str, kind: str, *, timeout: float, port: int) -> Told:
    """Ask one server."""
    import dns.exception

    shown = safe(server.name), safe(server.address)
    if not server.address:
        return Told(*shown, _none(server.problem), "unreachable")
    began = time.perf_counter()
    try:
        reply = _reply(server.address, name, kind, timeout, port)
    except (dns.exception.Timeout, TimeoutError):
        return Told(*shown, _none("it says nothing"), "unreachable")
    except OSError as error:
        routeless = error.errno in {errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
        why = "this host has no way to that address" if routeless else error.strerror or str(error)
        return Told(*shown, _none(safe(why)), "no route" if routeless else "unreachable")
    except (dns.exception.DNSException, EOFError, UnicodeError, ValueError) as error:
        return Told(*shown, _none(safe(str(error) or type(error).__name__)), "failing")
    answer, fault = _judged(reply, kind, (time.perf_counter() - began) * 1000)
    return Told(*shown, answer, fault)


def _reply(address: str, name: str, kind: str, timeout: float, port: int) -> dns.message.Message:
    """The reply of a server, whole; asked without EDNS again where it does not know that."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode

    end = time.monotonic() + timeout
    question = dns.message.make_query(f"{name.rstrip('.')}.", kind, use_edns=0, payload=PAYLOAD)
    question.flags &= ~dns.flags.RD
    for left in reversed(range(TRIES)):
        share = (end - time.monotonic()) / (left + 1)
        try:
            reply, _ = dns.query.udp_with_fallback(
                question, address, timeout=max(share, 0.05), port=port, ignore_unexpected=True
            )
        except dns.exception.Timeout:
            if not left:
                raise
            continue
        if reply.rcode() in {dns.rcode.FORMERR, dns.rcode.NOTIMP} and question.edns >= 0 and left:
            question.use_edns(edns=-1)
            continue
        return reply
    raise TimeoutError


def _judged(reply: dns.message.Message, kind: str, ms: float) -> tuple[Answer, Fault]:
    """A reply as an answer. A server that is not an authority for the name is lame, whatever it says."""
    import dns.flags
    import dns.rcode

    code = reply.rcode()
    if code == dns.rcode.REFUSED:
        return _none("it refuses: it is no name server for this zone", ms), "lame"
    if code not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
        return _none(f"it answers {dns.rcode.to_text(code)}", ms), "failing"
    if not reply.flags & dns.flags.AA:
        return _none("it answers, but not as an authority for this zone", ms), "lame"
    return answered(reply, kind, ms), ""


def _none(problem: str, ms: float = 0.0) -> Answer:
    return Answer("tempfail", ms=ms, problem=problem)


Result = TypeVar("Result")


def begin(work: Callable[[], Result]) -> Future[Result]:
    """Do `work` in a thread that a program's end does not wait for, as it does for a pool's."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  # raised again by whoever takes the result
            future.set_exception(error)

    Thread(target=run, name="dns", daemon=True).start()
    return future


def agreed(told: Iterable[Told]) -> Iterator[tuple[tuple[str, ...], list[Told]]]:
    """The different sets of records that the servers have, each with those that have it; servers with a
    fault are in none."""
    groups: dict[tuple[str, ...], list[Told]] = {}
    for each in told:
        if not each.fault:
            groups.setdefault(tuple(sorted(each.answer.records)), []).append(each)
    yield from groups.items()
