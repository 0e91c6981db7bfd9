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
from typing import TYPE_CHECKING, Literal

from mailtui.text.safe import safe

if TYPE_CHECKING:
    import dns.resolver

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
    ) -> None:
        """`nameservers`: in place of those of /etc/resolv.conf. `supplied`: answers by lower-case name and
        kind; with `only_supplied` every other name does not exist."""
        self._timeout, self._nameservers, self._port = timeout, list(nameservers), port
        self._supplied = dict(supplied or {})
        self._only_supplied = only_supplied
        self._asked: dict[tuple[str, str], Future[Answer]] = {}
        self._lock = threading.Lock()

    def ahead(self, questions: Iterable[tuple[str, str]]) -> None:
        """Ask all of these at once, in the background."""
        for name, kind in questions:
            self._begin(name, kind)

    def ask(self, name: str, kind: str) -> Answer:
        """The answer, now or within the time limit."""
        return self._begin(name, kind).result()

    def _begin(self, name: str, kind: str) -> Future[Answer]:
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
            threading.Thread(target=self._work, args=(future, question), name="dns", daemon=True).start()
        return future

    def _work(self, future: Future[Answer], question: tuple[str, str]) -> None:
        began = time.perf_counter()
        try:
            answer = self._resolve(*question)
        except Exception as error:  # noqa: BLE001  # whoever waits for the answer must get one
            answer = _failed(f"{type(error).__name__}: {error}")
        future.set_result(replace(answer, ms=(time.perf_counter() - began) * 1000))

    def _resolve(self, name: str, kind: str) -> Answer:
        import dns.exception
        import dns.resolver

        try:
            found = self._resolver().resolve(f"{name}.", kind, lifetime=self._timeout, search=False)
        except dns.resolver.NXDOMAIN:
            return Answer("nxdomain")
        except dns.resolver.NoAnswer:
            return Answer("nodata")
        except dns.resolver.LifetimeTimeout:
            return _failed("no answer in time")
        except dns.resolver.NoNameservers:
            return _failed("the name servers answer with an error")
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            return _failed(str(error) or type(error).__name__)
        firsts = tuple(_first(record) for record in found) if kind == "TXT" else ()
        return Answer("ok", tuple(_text(record) for record in found), firsts=firsts)

    def _resolver(self) -> dns.resolver.Resolver:
        import dns.resolver

        resolver = dns.resolver.Resolver(configure=not self._nameservers)
        if self._nameservers:
            resolver.nameservers = list(self._nameservers)
            resolver.port = self._port
        resolver.timeout = max(self._timeout / 2, 0.1)
        return resolver


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
