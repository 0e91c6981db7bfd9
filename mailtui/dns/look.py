"""The records by which the world finds a domain and judges its mail: MX, addresses, SPF, DKIM, DMARC.

Each part is `ok`, `missing` (the domain has none), `error` (there is one that counts for nothing) or
`unknown` (no answer came, or it was not asked). What the records say is not judged here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from mailtui.text.safe import safe

if TYPE_CHECKING:
    import dns.name
    import dns.resolver

TIMEOUT = 5.0
"""Seconds for all questions together; they are asked at once."""
SELECTORS = ("mail", "default", "dkim", "selector1", "selector2", "s1", "s2", "google", "k1")
"""DKIM selectors that are tried where none is known: DNS has no way to list them."""

State = Literal["ok", "warning", "error", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of record. `record`: its text, or names and addresses in order. All is safe to show."""

    state: State
    record: str = ""
    problems: tuple[str, ...] = ()
    selector: str = ""
    """Of a DKIM key."""

    def as_json(self) -> dict[str, Any]:
        """In interface names; what does not apply is absent."""
        fields = {"selector": self.selector, "record": self.record}
        found = {name: value for name, value in fields.items() if value}
        return {"state": self.state, **found, "problems": list(self.problems)}


@dataclass(frozen=True, slots=True)
class DomainDns:
    """What DNS says of a domain. `mx`: hosts in order of preference, with the addresses that they have.
    `address`: the A and AAAA of the domain itself, to which mail goes where there is no MX."""

    domain: str
    mx: Part
    address: Part
    spf: Part
    dkim: tuple[Part, ...]
    dmarc: Part

    def as_json(self) -> dict[str, Any]:
        """The object of interface `domain dns DOMAIN`."""
        return {
            "domain": self.domain,
            "mx": self.mx.as_json(),
            "address": self.address.as_json(),
            "spf": self.spf.as_json(),
            "dkim": [part.as_json() for part in self.dkim],
            "dmarc": self.dmarc.as_json(),
        }


def look(
    domain: str,
    *,
    selectors: Sequence[str] = (),
    timeout: float = TIMEOUT,
    nameservers: Sequence[str] = (),
    port: int = 53,
) -> DomainDns:
    """Ask for everything at once, for at most `timeout` seconds. `selectors`: the DKIM ones that are known;
    without them the common ones are tried. `nameservers`: instead of those of /etc/resolv.conf."""
    import dns.exception
    import dns.name

    try:
        name = dns.name.from_text(domain.removesuffix("."))
        if name == dns.name.root:
            raise dns.name.EmptyLabel
    except (dns.exception.DNSException, UnicodeError) as error:
        wrong = Part("unknown", problems=(f"{safe(domain)} is no name for DNS: {safe(str(error))}",))
        return DomainDns(domain, wrong, wrong, wrong, (wrong,), wrong)
    asked = _Asked(timeout, nameservers, port)
    if asked.problem:
        unasked = Part("unknown", problems=(asked.problem,))
        return DomainDns(domain, unasked, unasked, unasked, (unasked,), unasked)
    tried = tuple(selectors) or SELECTORS
    mx, address, spf, dmarc = (_begin(partial(part, asked, name)) for part in (_mx, _address, _spf, _dmarc))
    keys = [_begin(partial(_dkim, asked, name, selector)) for selector in tried]
    found = [key.result() for key in keys]
    dkim = tuple(part for part in found if selectors or part.state in {"ok", "error"})
    if not dkim:
        dkim = (_no_key(found, tried),)
    return DomainDns(domain, mx.result(), address.result(), spf.result(), dkim, dmarc.result())


def _begin(work: Callable[[], Part]) -> Future[Part]:
    """Ask in a thread that nobody waits for who ends the program, as a pool's threads are waited for."""
    future: Future[Part] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  # raised again by whoever takes the result
            future.set_exception(error)

    Thread(target=run, name="dns", daemon=True).start()
    return future


def _no_key(found: Sequence[Part], tried: Sequence[str]) -> Part:
    lost = next((part for part in found if part.state == "unknown"), None)
    if lost is not None:
        return Part("unknown", problems=lost.problems)
    return Part("missing", problems=(f"no key under the usual selectors ({', '.join(tried)})",))


class _Asked:
    """Questions with one deadline for all of them."""

    def __init__(self, timeout: float, nameservers: Sequence[str], port: int) -> None:
        import dns.exception
        import dns.resolver

        self._end = time.monotonic() + timeout
        self.problem = ""
        try:
            self._resolver = dns.resolver.Resolver(configure=not nameservers)
        except (dns.exception.DNSException, OSError) as error:
            self.problem = f"no name server is known here: {safe(str(error))}"
            return
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.timeout = max(timeout / 2, 0.1)

    def ask(self, name: dns.name.Name, kind: str) -> tuple[list[Any], str]:
        """The records, and why there can be no word on them; both empty where there are none."""
        import dns.exception
        import dns.resolver

        left = self._end - time.monotonic()
        if left <= 0:
            return [], "no answer in time"
        try:
            return list(self._resolver.resolve(name, kind, lifetime=left, search=False)), ""
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return [], ""
        except dns.resolver.LifetimeTimeout:
            return [], "no answer in time"
        except dns.resolver.NoNameservers:
            return [], "the name servers answer with an error"
        except (dns.exception.DNSException, OSError) as error:
            return [], safe(str(error) or type(error).__name__)


def _unknown(problem: str) -> Part:
    return Part("unknown", problems=(problem,))


def _mx(asked: _Asked, name: dns.name.Name) -> Part:
    records, problem = asked.ask(name, "MX")
    if problem:
        return _unknown(problem)
    if not records:
        return Part("missing")
    ordered = sorted(records, key=lambda record: (record.preference, record.exchange))
    if len(ordered) == 1 and ordered[0].exchange.to_text() == ".":
        return Part("error", "0 .", ("a null MX: the domain says that it takes no mail (RFC 7505)",))
    texts, problems = [], []
    for record in ordered:
        host = safe(record.exchange.to_text(omit_final_dot=True))
        addresses, lost = _addresses(asked, record.exchange)
        texts.append(f"{record.preference} {host}" + (f" ({', '.join(addresses)})" if addresses else ""))
        if lost:
            problems.append(f"the address of {host}: {lost}")
        elif not addresses:
            problems.append(f"{host} has no address")
    return Part("warning" if problems else "ok", ", ".join(texts), tuple(problems))


def _addresses(asked: _Asked, name: dns.name.Name) -> tuple[list[str], str]:
    found: list[str] = []
    problems = []
    for kind in ("A", "AAAA"):
        records, problem = asked.ask(name, kind)
        found += [safe(record.to_text()) for record in records]
        problems.append(problem)
    return found, next((problem for problem in problems if problem), "") if not found else ""


def _address(asked: _Asked, name: dns.name.Name) -> Part:
    found, problem = _addresses(asked, name)
    if found:
        return Part("ok", ", ".join(found))
    return _unknown(problem) if problem else Part("missing")


def _texts(asked: _Asked, name: dns.name.Name) -> tuple[list[str], str]:
    """The TXT records, the strings of each joined as they stand."""
    records, problem = asked.ask(name, "TXT")
    return [b"".join(record.strings).decode("utf-8", "backslashreplace") for record in records], problem


def _one(texts: Iterator[str], problem: str, several: str) -> Part:
    found = list(texts)
    if problem:
        return _unknown(problem)
    if not found:
        return Part("missing")
    shown = " · ".join(safe(text) for text in found)
    return Part("ok", shown) if len(found) == 1 else Part("error", shown, (several,))


def _spf(asked: _Asked, name: dns.name.Name) -> Part:
    texts, problem = _texts(asked, name)
    own = (text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 "))
    return _one(own, problem, "several SPF records: receivers take none of them (RFC 7208)")


def _dmarc(asked: _Asked, name: dns.name.Name) -> Part:
    import dns.name

    try:
        texts, problem = _texts(asked, dns.name.from_text("_dmarc", name))
    except dns.name.NameTooLong:
        return _unknown("the domain is too long for a DMARC record")
    own = (text for text in texts if text.startswith("v=DMARC1"))
    return _one(own, problem, "several DMARC records: receivers take none of them (RFC 7489)")


def _dkim(asked: _Asked, name: dns.name.Name, selector: str) -> Part:
    import dns.exception
    import dns.name

    try:
        where = dns.name.from_text(f"{selector}._domainkey", name)
    except (dns.exception.DNSException, UnicodeError):
        return Part("unknown", problems=(f"{safe(selector)} is no selector",), selector=safe(selector))
    texts, problem = _texts(asked, where)
    part = _one(iter(texts), problem, "several records under one selector: verifiers may take none of them")
    return Part(part.state, part.record, part.problems, safe(selector))
