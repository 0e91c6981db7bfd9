"""DNS as a mail server asks it: few questions, many at once, each asked once, none for longer than a limit.

    names = Names(timeout=5.0)
    names.ahead([("192.0.2.7", "A"), …])     # asked at once in the background
    names.ask("falcot.com", "MX")            # Answer(state="ok", records=("10 mail.falcot.com",), ms=3.2)

Answers may be supplied in place of DNS: for tests, and for "what if".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from mailtui.dns.crew import Crew, Pace
from mailtui.text.endpoint import address_and_port
from mailtui.text.safe import safe

if TYPE_CHECKING:
    import dns.message
    import dns.resolver

    from mailtui.settings import Settings

TIMEOUT = 5.0
"""Seconds for one question, all tries together."""

State = Literal["ok", "nxdomain", "nodata", "tempfail"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said. `records` are in the form of a zone file, names without their last dot, the strings of a
    TXT record joined; `ms` is how long it took (0 where the answer was known); `problem` says why a
    `tempfail` has none."""

    state: State
    records: tuple[str, ...] = ()
    ms: float = 0.0
    problem: str = ""
    firsts: tuple[str, ...] = ()
    """Of TXT records, the first string of each: some readers look no further."""
    alias: str = ""
    """The name that the one asked for stands for in the end (CNAME), whether that has records or not."""
    ttl: int = 0
    """Seconds that a cache may keep the answer, also that there is none (RFC 2308)."""


class Names:
    """Questions and their answers. May be used by several threads."""

    def __init__(
        self,
        *,
        timeout: float = TIMEOUT,
        nameservers: Sequence[str] = (),
        port: int = 53,
        supplied: Mapping[tuple[str, str], Answer] | None = None,
        only_supplied: bool = False,
        rate: float = 0.0,
    ) -> None:
        """`nameservers`: in place of those of /etc/resolv.conf; one with another port than `port` is
        `192.0.2.53:5353` or `[2001:db8::53]:5353`. `supplied`: answers by lower-case name and kind; with
        `only_supplied` every other name does not exist. `rate`: questions in a second at the most, 0 for no
        limit."""
        self._timeout, self._nameservers, self._port = timeout, list(nameservers), port
        self._supplied = dict(supplied or {})
        self._only_supplied = only_supplied
        self._asked: dict[tuple[str, str], Future[Answer]] = {}
        self._lock = threading.Lock()
        self._crew, self._pace = Crew(), Pace(rate)
        self._stopped = threading.Event()

    def ahead(self, questions: Iterable[tuple[str, str]], within: float | None = None) -> None:
        """Ask all of these at once, in the background."""
        for name, kind in questions:
            self._begin(name, kind, within)

    def ask(self, name: str, kind: str, within: float | None = None) -> Answer:
        """The answer, now or within the time limit, counted from when it is its turn to be asked; `within`:
        seconds in place of the time limit, where that is longer."""
        return self._begin(name, kind, within).result()

    @property
    def count(self) -> int:
        """Questions so far, each once."""
        return len(self._asked)

    def stop(self) -> None:
        """Ask nothing any more: what is not begun has no answer."""
        self._stopped.set()

    def _begin(self, name: str, kind: str, within: float | None) -> Future[Answer]:
        question = name.rstrip(".").lower(), kind.upper()
        with self._lock:
            known = self._asked.get(question)
            if known is not None:
                return known
            future = self._asked[question] = Future()
        given = self._supplied.get(question)
        if given is not None or self._only_supplied:
            future.set_result(given or Answer("nxdomain"))
        else:
            limit = self._timeout if within is None else min(within, self._timeout)
            self._crew.do(partial(self._work, future, question, limit))
        return future

    def _work(self, future: Future[Answer], question: tuple[str, str], limit: float) -> None:
        self._pace.wait(self._stopped)
        began = time.perf_counter()
        try:
            if self._stopped.is_set():
                answer = _failed("not asked any more")
            else:
                answer = self._resolve(*question, limit)
        except Exception as error:  # noqa: BLE001  # whoever waits for the answer must get one
            answer = _failed(f"{type(error).__name__}: {error}")
        future.set_result(replace(answer, ms=(time.perf_counter() - began) * 1000))

    def _resolve(self, name: str, kind: str, limit: float) -> Answer:
        import dns.exception
        import dns.resolver

        try:
            found = self._resolver(limit).resolve(
                f"{name}.", kind, lifetime=limit, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN as error:
            return _nothing(error)
        except dns.resolver.LifetimeTimeout:
            return _failed("no answer in time")
        except dns.resolver.NoNameservers:
            return _failed("the name servers answer with an error")
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            return _failed(str(error) or type(error).__name__)
        return answered(found.response, kind)

    def _resolver(self, limit: float) -> dns.resolver.Resolver:
        import dns.resolver

        resolver = dns.resolver.Resolver(configure=not self._nameservers)
        if self._nameservers:
            parted = [address_and_port(each, self._port) for each in self._nameservers]
            resolver.nameservers = [address for address, _ in parted]
            resolver.nameserver_ports = dict(parted)
        resolver.timeout = max(limit / 2, 0.1)
        return resolver


def names_by(settings: Settings, *, timeout: float | None = None) -> Names:
    """Names as the admin's settings want them: whom to ask, how long, how many in a second."""
    limit = settings.dns_timeout if timeout is None else min(timeout, settings.dns_timeout)
    return Names(timeout=limit, nameservers=settings.nameservers, rate=settings.dns_rate)


class Limited:
    """Names for one piece of work: when the time of its questions together is over, no more are asked, and
    each has no answer in time. Waiting for its turn costs a question nothing."""

    def __init__(self, names: Names, seconds: float) -> None:
        self._names, self._left = names, seconds

    def ahead(self, questions: Iterable[tuple[str, str]]) -> None:
        """As that of Names."""
        if self._left > 0:
            self._names.ahead(questions, self._left)

    def ask(self, name: str, kind: str) -> Answer:
        """As that of Names."""
        if self._left <= 0:
            return _failed("no answer in time")
        began = time.monotonic()
        answer = self._names.ask(name, kind, self._left)
        self._left -= min(time.monotonic() - began, answer.ms / 1000)
        return answer


def answered(reply: dns.message.Message, kind: str, ms: float = 0.0) -> Answer:
    """A reply that is no failure as an answer, its aliases followed as far as it does itself."""
    import dns.exception
    import dns.message
    import dns.rcode

    if not isinstance(reply, dns.message.QueryMessage):
        return _failed("what came back is no answer to a question")
    try:
        chain = reply.resolve_chaining()
    except dns.exception.DNSException as error:
        return _failed(str(error) or type(error).__name__)
    alias = _text(chain.canonical_name) if chain.cnames else ""
    ttl = int(chain.minimum_ttl) if chain.answer is not None or reply.authority else 0
    if chain.answer is None:
        state: State = "nxdomain" if reply.rcode() == dns.rcode.NXDOMAIN else "nodata"
        return Answer(state, ms=ms, alias=alias, ttl=ttl)
    firsts = tuple(_first(record) for record in chain.answer) if kind.upper() == "TXT" else ()
    return Answer("ok", tuple(_text(record) for record in chain.answer), ms, "", firsts, alias, ttl)


def _nothing(error: dns.resolver.NXDOMAIN) -> Answer:
    """That a name does not exist, with how long that may be believed."""
    replies: dict[object, dns.message.Message] = error.kwargs.get("responses") or {}
    for reply in replies.values():
        answer = answered(reply, "")
        if answer.state != "tempfail":
            return replace(answer, state="nxdomain")
    return Answer("nxdomain")


def _failed(problem: str) -> Answer:
    return Answer("tempfail", problem=safe(problem))


def _first(record: object) -> str:
    """The first string of a TXT record."""
    strings: tuple[bytes, ...] = getattr(record, "strings", ())
    return strings[0].decode("utf-8", "surrogateescape") if strings else ""


def _text(record: object) -> str:
    """A record as text: TXT strings joined, names without the last dot."""
    strings = getattr(record, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "surrogateescape")
    text = str(record)
    return text[:-1] if text.endswith(".") and len(text) > 1 else text
