"""DNS lists that the chains ask: whether each lives, answers this resolver, and what its answers mean.

A list of addresses has 127.0.0.2 as an entry for tests and never 127.0.0.1; one of domains has TEST, and not
INVALID (RFC 5782). A list without its test entry is dead, or is not answering us; one that has the other too
lists the whole world. Answers in 127.255.255.0/24 say that the question was refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailtui.dns.ask import Answer, Names
from mailtui.postfix.chainread import ServiceLists, smtpd_services
from mailtui.postfix.dnszones import FILTERS, ClosedZone, Code, closed_zone, codes, zone_name
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd.octets import FilterError, matches, parse
from mailtui.postfix.smtpd.session import PARAMETERS
from mailtui.text.safe import safe

Holds = Literal["addresses", "domains"]
Health = Literal["alive", "dead", "lists all", "refused", "closed", "no test entry", "unknown"]

REFUSED = ipaddress.ip_network("127.255.255.0/24")
"""Answers that refuse the question: a public resolver, too many questions, a mistyped zone."""

_SITES = "postscreen_dnsbl_sites"
_ADDRESSES = frozenset({"reject_rbl_client", "reject_rbl", "permit_dnswl_client"})
_DOMAINS = frozenset(
    {
        "reject_rhsbl_client", "reject_rhsbl_reverse_client", "reject_rhsbl_helo", "reject_rhsbl_sender",
        "reject_rhsbl_recipient", "reject_rhsbl", "permit_rhswl_client",
    }
)  # fmt: skip


class Asked(NamedTuple):
    """A list that a rule asks: its zone with the answer filter, what it holds, and where the rules stand."""

    argument: str
    holds: Holds
    rules: tuple[str, ...]
    weight: int | None = None
    """What a hit counts in postscreen(8), which asks it too; None where that does not."""

    @property
    def zone(self) -> str:
        return zone_name(self.argument)


@dataclass(frozen=True, slots=True)
class ZoneState:
    """What is known of a list. `says`: in one line. `listed` and `clean`: what it answered to the entry for
    tests and to the one that it must not have; `ms`: the slower of the two. `codes`: what its answers mean;
    `filter`: the answer filter to write behind it, where the rule has none and needs one."""

    zone: str
    health: Health
    says: str
    listed: Answer
    clean: Answer
    closed: ClosedZone | None = None
    codes: tuple[Code, ...] = ()
    filter: str = ""

    @property
    def ms(self) -> float:
        return max(self.listed.ms, self.clean.ms)

    @property
    def good(self) -> bool:
        """Whether a rule that asks it does what it says."""
        return self.health == "alive"


def holds_of(name: str) -> Holds | None:
    """What the list of a restriction (in lower case) holds; None for one that asks no list."""
    if name in _ADDRESSES:
        return "addresses"
    return "domains" if name in _DOMAINS else None


def zones(instance: Instance) -> list[Asked]:
    """The lists that the chains of all services ask, each once. Raises ParameterError."""
    found: dict[tuple[str, Holds], list[str]] = {}
    for service in smtpd_services(instance):
        lists = ServiceLists(instance, service)
        for parameter in (*PARAMETERS.values(), *lists.classes):
            place, rules, _ = lists.rules(parameter)
            for each in rules:
                name = each.rule.name.lower()
                if not each.written.enabled or not each.rule.argument:
                    continue
                holds = holds_of(name)
                if holds is not None:
                    line = f", line {each.written.line}" if each.written.line else ""
                    found.setdefault((each.rule.argument, holds), []).append(f"{place.title}{line}")
    weights = dict(_postscreen(instance))
    for argument in weights:
        found.setdefault((argument, "addresses"), []).append(_SITES)
    return [
        Asked(
            argument, holds, tuple(dict.fromkeys(rules)),
            weights.get(argument) if holds == "addresses" else None,
        )
        for (argument, holds), rules in found.items()
    ]  # fmt: skip


def _postscreen(instance: Instance) -> Iterator[tuple[str, int]]:
    """The lists that postscreen(8) asks, with their weights, where a service runs it."""
    if not any(row.command == "postscreen" for row in instance.parameters.values.services):
        return
    for site in split_list(instance.parameters.effective(_SITES)):
        argument, _, weight = site.partition("*")
        yield argument, int(weight) if weight.lstrip("+-").isdigit() else 1


def look(asked: Iterable[Asked], names: Names) -> list[ZoneState]:
    """Try every list, all at once: none takes longer than the time limit of `names`."""
    wanted = list(asked)
    names.ahead(question for each in wanted for question in _questions(each))
    return [_state(each, names) for each in wanted]


def _questions(asked: Asked) -> tuple[tuple[str, str], tuple[str, str]]:
    """The entry for tests, and the one that is never listed."""
    there, never = ("2.0.0.127", "1.0.0.127") if asked.holds == "addresses" else ("test", "invalid")
    return (f"{there}.{asked.zone}", "A"), (f"{never}.{asked.zone}", "A")


def _state(asked: Asked, names: Names) -> ZoneState:
    there, never = _questions(asked)
    listed, clean = names.ask(*there), names.ask(*never)
    closed = closed_zone(asked.argument)
    health, says = _health(asked, listed, clean, closed)
    wanted = "" if "=" in asked.argument else FILTERS.get(asked.zone, "")
    return ZoneState(asked.zone, health, says, listed, clean, closed, codes(asked.argument), wanted)


def _health(asked: Asked, listed: Answer, clean: Answer, closed: ClosedZone | None) -> tuple[Health, str]:
    if closed is not None:
        return "closed", closed.says
    zone = safe(asked.zone)
    refused = [text for answer in (listed, clean) for text in answer.records if is_refusal(text)]
    if refused:
        why = meaning(asked.argument, refused[0])
        return "refused", f"{zone} refuses the question ({refused[0]}): {why}"
    if listed.state == "tempfail" and clean.state == "tempfail":
        return "unknown", f"{zone} cannot be asked: {safe(listed.problem)}"
    if clean.state == "ok":
        return "lists all", f"{zone} lists what is never listed: a rule with it refuses everybody"
    if listed.state == "ok":
        means = "; ".join(f"{text}: {meaning(asked.argument, text)}" for text in listed.records)
        return "alive", f"{zone} answers in {max(listed.ms, clean.ms):.0f} ms; {means}"
    if "tempfail" in (listed.state, clean.state):
        return "unknown", f"{zone} did not answer: {safe(listed.problem or clean.problem)}"
    if asked.holds == "domains":
        return "no test entry", f"{zone} has no test entry: it may live all the same"
    return "dead", f"{zone} does not have 127.0.0.2, which every list has for tests: it matches nothing"


def is_refusal(answer: str) -> bool:
    """Whether an answer says that the question was refused, and nothing of what was asked."""
    try:
        return ipaddress.ip_address(answer) in REFUSED
    except ValueError:
        return False


def meaning(argument: str, answer: str) -> str:
    """What an answer of a list means, in words."""
    for code in codes(argument):
        if _takes(code.answer, answer):
            return code.means
    if is_refusal(answer):
        return "the question is refused: a public resolver, or too many questions"
    return "listed" if answer.startswith("127.") else "no answer of a list: somebody else owns the name"


def _takes(wanted: str, answer: str) -> bool:
    try:
        return matches(parse(wanted), answer)
    except (FilterError, ValueError):
        return False


def explained(argument: str, answers: Sequence[str]) -> list[tuple[str, str, bool]]:
    """The answers of a list with what each means, and whether the rule's answer filter takes it."""
    _, sign, wanted = argument.partition("=")
    return [(text, meaning(argument, text), not sign or _takes(wanted.strip(), text)) for text in answers]
