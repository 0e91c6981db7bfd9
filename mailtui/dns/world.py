"""What the world sees of a domain: the records by which it finds it and judges its mail.

    found = look_at("falcot.com", facts, names)
    for domain, found in look_at_many(domains, facts, names): …

A part is `unknown` wherever no answer came: what could not be asked is never said to be missing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from mailtui.dns import dkim
from mailtui.dns.ask import Limited, Names
from mailtui.dns.authoritative import begin
from mailtui.dns.crew import Crew
from mailtui.dns.dmarc import dmarc, prefetch, walk
from mailtui.dns.facts import Facts, Key
from mailtui.dns.host import host
from mailtui.dns.mx import address, mx
from mailtui.dns.part import DomainDns, Part, State
from mailtui.dns.spf import spf
from mailtui.text.safe import safe

LIMIT = 20.0
"""Seconds for the questions of one domain, one after another (RFC 7208 4.6.4 has them for SPF); waiting for
their turn not counted."""
AT_ONCE = 256
"""Domains that are looked at at the same time."""


def look_at(domain: str, facts: Facts, names: Names, *, limit: float = LIMIT) -> DomainDns:
    """Everything about a domain. Imports dnspython and pyspf. Takes `limit` seconds, and at the worst one
    question more."""
    problem = problem_of(domain)
    if problem:
        wrong = Part("unknown", problems=(problem,))
        return DomainDns(domain, wrong, wrong, wrong, wrong, (wrong,), wrong, time.time())
    name = domain.rstrip(".").lower()
    keys: Sequence[Key] = facts.keys.get(name, ())
    names.ahead(_first(name, keys), limit)
    sending = begin(partial(spf, name, facts, Limited(names, limit)))
    reports = begin(partial(prefetch, name, Limited(names, limit)))
    own = Limited(names, limit)
    found_mx = mx(name, facts, own)
    found_keys = dkim.dkim(name, keys, own)
    found_host = host(facts, Limited(names, limit))
    found_spf = sending.result()
    reports.result()
    sends: dict[str, State] = {"SPF": found_spf.state}
    sends |= {f"DKIM {safe(part.selector)}".rstrip(): part.state for part in found_keys}
    found_dmarc = dmarc(name, Limited(names, limit), sends=sends)
    return DomainDns(
        domain, found_mx, address(name, own), found_host, found_spf, found_keys, found_dmarc, time.time()
    )


def _first(name: str, keys: Sequence[Key]) -> Iterator[tuple[str, str]]:
    """What is asked in any case, at once."""
    for kind in ("MX", "TXT", "A", "AAAA"):
        yield name, kind
    for above in walk(name):
        yield f"_dmarc.{above}", "TXT"
    yield from dkim.questions(name, keys)


def problem_of(domain: str) -> str:
    """Why DNS cannot be asked about a domain; empty where it can."""
    import dns.exception
    import dns.name

    try:
        name = dns.name.from_text(domain.removesuffix("."))
        dns.name.from_text("_dmarc", name)
        if name != dns.name.root:
            return ""
        why = "it is empty"
    except (dns.exception.DNSException, UnicodeError) as error:
        why = str(error) or type(error).__name__
    return f"{safe(domain, 80)} is no name for DNS: {safe(why, 200)}"


def look_at_many(
    domains: Iterable[str],
    facts: Facts,
    names: Names,
    *,
    limit: float = LIMIT,
    stop: threading.Event | None = None,
) -> Iterator[DomainDns]:
    """Every domain, all at once and each as soon as it is known. It ends early once `stop` is set, and where
    it is no longer iterated over; `names` then asks nothing any more."""
    wanted = list(dict.fromkeys(domains))
    crew = Crew(AT_ONCE)
    done: queue.SimpleQueue[DomainDns | Exception] = queue.SimpleQueue()
    for domain in wanted:
        crew.do(partial(_put, done, domain, facts, names, limit))
    left = len(wanted)
    try:
        while left and (found := _next(done, stop)) is not None:
            if isinstance(found, Exception):
                raise found
            left -= 1
            yield found
    finally:
        crew.drop()
        if left:
            names.stop()


def _next(
    done: queue.SimpleQueue[DomainDns | Exception], stop: threading.Event | None
) -> DomainDns | Exception | None:
    while stop is None or not stop.is_set():
        try:
            return done.get(timeout=0.1)
        except queue.Empty:
            continue
    return None


def _put(
    done: queue.SimpleQueue[DomainDns | Exception], domain: str, facts: Facts, names: Names, limit: float
) -> None:
    try:
        done.put(look_at(domain, facts, names, limit=limit))
    except Exception as error:  # noqa: BLE001  # raised again by whoever takes it
        done.put(error)
