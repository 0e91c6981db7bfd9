"""What DNS says of the domains: asked in threads, each answer kept until it is asked for again.

names = Names(self, self.answered)       # `answered(domain)` comes in the screen's thread
names.ask("falcot.com"); names.lines("falcot.com")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.widget import Widget

from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.domaindetail import said
from mailtui.screens.parts.text import Spans

if TYPE_CHECKING:
    from mailtui.dns.look import DomainDns, Part

AT_ONCE = 4
"""Domains that are asked for at the same time; another waits until the cursor comes to it again."""
MOST = 16
"""Domains that are asked for at the same time at most, whatever keys are pressed."""
_WORDS = {"ok": "found", "warning": "found", "error": "found", "missing": "missing", "unknown": "not known"}
_STYLES = {"ok": "good", "warning": "warning", "error": "error", "missing": "warning", "unknown": "dim"}


def ask(domain: str) -> DomainDns:
    """Ask for everything; takes `mailtui.dns.look.TIMEOUT` seconds at most. In a thread."""
    from mailtui.dns.look import look

    return look(domain)


class Names:
    """The answers so far. Only for the thread of the screens."""

    def __init__(self, widget: Widget, answered: Callable[[str], object]) -> None:
        self._widget, self._answered = widget, answered
        self._found: dict[str, DomainDns | str] = {}
        self._asking: set[str] = set()

    def wants(self, domain: str) -> bool:
        """Whether nothing is known of a domain yet, and nobody asks."""
        return domain not in self._found and domain not in self._asking and len(self._asking) < AT_ONCE

    def ask(self, domain: str) -> None:
        """Ask for a domain, unless that is under way, or for too many others."""
        if domain in self._asking or len(self._asking) >= MOST:
            return
        self._asking.add(domain)

        def done(answer: DomainDns | str) -> None:
            self._asking.discard(domain)
            self._found[domain] = answer
            self._answered(domain)

        beside(self._widget, f"dns {domain}", lambda: ask(domain), done, lambda error: done(problem(error)))

    def lines(self, domain: str, *, full: bool = False) -> list[Spans]:
        """What is known, for the pane in one line, or in full a line for each record."""
        if domain in self._asking:
            return [_dns("asking…")] if not full else [[("  asking…", "dim")]]
        found = self._found.get(domain)
        if found is None:
            return [_dns("not asked; t asks")] if not full else [[("  not asked", "dim")]]
        if isinstance(found, str):
            return [said("DNS", found, "warning")]
        return list(_in_full(found)) if full else [_in_short(found)]


def _dns(words: str) -> Spans:
    return [*said("DNS", ""), (words, "dim")]


def _parts(found: DomainDns) -> Iterator[tuple[str, Part]]:
    yield "MX", found.mx
    yield "A/AAAA", found.address
    yield "SPF", found.spf
    for key in found.dkim:
        yield f"DKIM {key.selector}".rstrip(), key
    yield "DMARC", found.dmarc


def _in_short(found: DomainDns) -> Spans:
    """`MX found · SPF missing`; where nothing could be asked, why."""
    parts = list(_parts(found))
    reasons = {part.problems for _, part in parts if part.problems}
    if all(part.state == "unknown" for _, part in parts) and reasons:
        return [*said("DNS", "not known: "), (min(reasons)[0], "warning"), ("; t asks again", "dim")]
    line: list[tuple[str, str]] = [*said("DNS", "")]
    for at, (label, part) in enumerate(parts):
        sign, words, style = _judged(label, part, found)
        line += [(" · " if at else "", "dim"), (f"{label} ", ""), (f"{sign}{words}", style)]
    return line


def _judged(label: str, part: Part, found: DomainDns) -> tuple[str, str, str]:
    """Sign, word and style. No address is nothing to wonder at where there is an MX, and a DKIM key may
    stand under a selector that nobody here knows."""
    if part.state == "missing" and label == "DKIM":
        return "", "none seen", "dim"
    if part.state == "missing" and label == "A/AAAA" and found.mx.state in {"ok", "warning"}:
        return "", "none", "dim"
    sign = {"ok": "", "unknown": ""}.get(part.state, "! " if part.state == "error" else "? ")
    return sign, _WORDS[part.state], _STYLES[part.state]


def _in_full(found: DomainDns) -> Iterator[Spans]:
    for label, part in _parts(found):
        sign, words, style = _judged(label, part, found)
        yield [
            (f"{sign:<2}", style),
            (f"{label:<14}", "dim"),
            (part.record or words, "" if part.record else style),
        ]
        for text in part.problems:
            yield [(f"{'':16}{text}", style)]
