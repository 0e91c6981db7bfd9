"""What DNS says of the domains: asked in threads, each answer kept until it is asked for again, and found
again by the next console with its age.

    names = Names(self, self.answered)       # `answered(domain)` comes in the screen's thread
    names.ask(["falcot.com"]); names.lines("falcot.com")
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from mailtui.screens.parts.beside import beside, problem, there
from mailtui.screens.parts.domaindetail import said
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.text import Spans

if TYPE_CHECKING:
    from mailtui.dns.part import DomainDns, Part
    from mailtui.postfix.instance import Instance
    from mailtui.screens.parts.frame import ConsoleScreen

OLD = 3600.0
"""Seconds after which what is known of a domain is asked again when the cursor rests on it."""
_ASK, _READ = "ask DNS", "known to DNS"
WORDS = {"ok": "ok", "warning": "warning", "error": "error", "missing": "missing", "unknown": "not known"}
STYLES = {"ok": "good", "warning": "warning", "error": "error", "missing": "warning", "unknown": "dim"}
SIGNS = {"ok": " ", "warning": "?", "error": "!", "missing": "?", "unknown": " "}


def ask_all(
    instance: Instance, domains: Sequence[str], stop: Event, answered: Callable[[DomainDns], None]
) -> str:
    """Ask for everything about domains, and keep it; `answered` is called for each as it comes. In a thread.
    Returns why the answers could not be kept, else nothing."""
    from mailtui.apply.domaindns import asked_names, facts, keep
    from mailtui.dns.world import look_at_many

    about = facts(instance, domains)
    found: list[DomainDns] = []
    for each in look_at_many(domains, about, asked_names(), stop=stop):
        found.append(each)
        answered(each)
    return keep(instance, found)


class Names:
    """The answers so far. Only for the thread of the screens."""

    def __init__(self, screen: ConsoleScreen, answered: Callable[[str], object]) -> None:
        self._screen, self._answered = screen, answered
        self._found: dict[str, DomainDns] = {}
        self._failed: dict[str, str] = {}
        self._asking: set[str] = set()
        self._read: set[str] = set()
        self._stop = Event()

    def wants(self, domain: str) -> bool:
        """Whether nothing fresh is known of a domain, and nobody asks."""
        found = self._found.get(domain)
        fresh = found is not None and found.age() < OLD
        return not fresh and domain not in self._failed and not self._asking

    def found(self, domain: str) -> DomainDns | None:
        """The last answer."""
        return self._found.get(domain)

    @property
    def asking(self) -> int:
        """Domains that are still asked for."""
        return len(self._asking)

    def is_asking(self, domain: str) -> bool:
        """Whether an answer is awaited."""
        return domain in self._asking

    def recall(self, domain: str) -> None:
        """Have what was learnt earlier read from the disk."""
        if domain in self._read or domain in self._found:
            return
        self._read.add(domain)
        instance = self._screen.session.instance

        def read() -> DomainDns | None:
            from mailtui.apply.domaindns import known

            store = known(instance)
            return store.of(domain) if store is not None else None

        def then(found: DomainDns | None) -> None:
            if found is not None and domain not in self._found:
                self._found[domain] = found
                self._answered(domain)

        beside(self._screen, f"{_READ} {domain}", read, then, lambda _: None)

    def recall_all(self, then: Callable[[], object]) -> None:
        """Have all that was learnt earlier read from the disk, and call `then`."""
        instance = self._screen.session.instance

        def read() -> list[DomainDns]:
            from mailtui.apply.domaindns import known

            store = known(instance)
            return list(store.all()) if store is not None else []

        def taken(found: list[DomainDns]) -> None:
            self._found = {each.domain: each for each in found} | self._found
            then()

        beside(self._screen, f"{_READ} earlier", read, taken, lambda _: None)

    def ask(self, domains: Sequence[str]) -> None:
        """Ask for domains, all at once; those that are asked for already are not asked again."""
        new = [domain for domain in dict.fromkeys(domains) if domain not in self._asking]
        if not new:
            return
        if not self._asking:
            self._stop = Event()
        self._asking.update(new)
        stop, screen, instance = self._stop, self._screen, self._screen.session.instance
        loop = asyncio.get_running_loop()

        def one(found: DomainDns) -> None:
            if not stop.is_set():
                with suppress(RuntimeError):  # the console has ended meanwhile
                    loop.call_soon_threadsafe(self._one, found)

        def done(kept: str) -> None:
            self._end(new)
            if kept:
                screen.say(f"The answers are not kept: {kept}", "warning")

        def failed(error: Exception) -> None:
            for domain in new:
                if domain in self._asking:
                    self._failed[domain] = problem(error)
            self._end(new)

        work = partial(ask_all, instance, new, stop, one)
        beside(screen, f"{_ASK} {' '.join(new)[:80]}", work, done, failed)

    def _one(self, found: DomainDns) -> None:
        if not there(self._screen):
            return
        self._found[found.domain] = found
        self._failed.pop(found.domain, None)
        self._asking.discard(found.domain)
        self._answered(found.domain)

    def _end(self, domains: Sequence[str]) -> None:
        for domain in domains:
            if domain in self._asking:
                self._asking.discard(domain)
                self._answered(domain)

    def stop(self) -> int:
        """End the asking; what has answered stands. Returns how many are not answered."""
        left = len(self._asking)
        self._stop.set()
        self._asking.clear()
        return left

    def lines(self, domain: str, *, full: bool = False) -> list[Spans]:
        """What is known, for the pane in one line and what is worst, or in full a line for each record."""
        found = self._found.get(domain)
        if domain in self._asking:
            return [_dns("asking…")] if not full else [[("  asking…", "dim")]]
        if found is None:
            why = self._failed.get(domain, "")
            if why:
                return [said("DNS", why, "warning")]
            return [_dns(f"not asked; {_asks()} asks")] if not full else [[("  not asked", "dim")]]
        return list(_in_full(found)) if full else list(_in_short(found))


def _asks() -> str:
    """The key that asks."""
    return key_for("domains.ask", "t")


def _dns(words: str) -> Spans:
    return [*said("DNS", ""), (words, "dim")]


def judged(label: str, part: Part, found: DomainDns) -> tuple[str, str, str]:
    """Sign, word and style. No address is nothing to wonder at where there is an MX, and a DKIM key may
    stand under a selector that nobody here knows."""
    if part.state == "missing" and label == "DKIM":
        return " ", "none seen", "dim"
    if part.state == "missing" and label == "A/AAAA" and found.mx.state in {"ok", "warning"}:
        return " ", "none", "dim"
    return SIGNS[part.state], WORDS[part.state], STYLES[part.state]


def sign_of(found: DomainDns) -> str:
    """The sign of the worst that is known of a domain's records."""
    signs = {judged(label, part, found)[0] for label, part in found.parts()}
    return next((sign for sign in "!?" if sign in signs), " ")


def age(seconds: float) -> str:
    """How old an answer is, in a word: `12 s`, `4 min`, `3 h`, `2 d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _in_short(found: DomainDns) -> Iterator[Spans]:
    """`MX ok · SPF missing`, then the worst that is to be said; where nothing could be asked, why."""
    parts = found.parts()
    told = [part for label, part in parts if label != "this host"]
    if all(part.state == "unknown" for part in told):
        reasons = sorted(part.problems for part in told if part.problems)
        why = reasons[0][0] if reasons else "no answer"
        yield [*said("DNS", "not known: "), (why, "warning"), (f"; {_asks()} asks again", "dim")]
        return
    line: list[tuple[str, str]] = [*said("DNS", "")]
    for at, (label, part) in enumerate(parts):
        sign, words, style = judged(label, part, found)
        mark = f"{sign} " if sign.strip() else ""
        line += [(" · " if at else "", "dim"), (f"{label} ", ""), (f"{mark}{words}", style)]
    line.append((f" · {age(found.age())} ago", "dim"))
    yield line
    for state in ("error", "warning"):
        worst = next((part for _, part in parts if part.state == state and part.problems), None)
        if worst is not None:
            yield said("", worst.problems[0], STYLES[state])
            return


def _in_full(found: DomainDns) -> Iterator[Spans]:
    yield [(f"  asked {age(found.age())} ago; {_asks()} shows all, with records to publish", "dim")]
    for label, part in found.parts():
        sign, words, style = judged(label, part, found)
        yield [
            (f"{sign:<2}", style),
            (f"{label:<14}", "dim"),
            (part.record or words, "" if part.record else style),
        ]
        for text in part.problems:
            yield [(f"{'':16}{text}", style)]
