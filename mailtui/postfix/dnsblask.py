"""An address or a domain looked up in the DNS lists of the chains, each answer in words; what an answer
filter takes; and through which name servers all of that is asked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from mailtui.dns.ask import Answer, Names
from mailtui.postfix.dnsbl import Asked, Holds, explained, is_refusal
from mailtui.postfix.smtpd.octets import FilterError, parse
from mailtui.text.safe import safe

Verdict = Literal["listed", "clean", "not counted", "refused", "unknown"]
"""`not counted`: there are answers, and the rule's filter takes none of them."""

PUBLIC = {
    "8.8.8.8": "Google", "8.8.4.4": "Google", "2001:4860:4860::8888": "Google",
    "2001:4860:4860::8844": "Google", "1.1.1.1": "Cloudflare", "1.0.0.1": "Cloudflare",
    "2606:4700:4700::1111": "Cloudflare", "2606:4700:4700::1001": "Cloudflare", "9.9.9.9": "Quad9",
    "149.112.112.112": "Quad9", "2620:fe::fe": "Quad9", "208.67.222.222": "OpenDNS",
    "208.67.220.220": "OpenDNS", "64.6.64.6": "Verisign", "94.140.14.14": "AdGuard",
}  # fmt: skip
"""Name servers that anybody may ask, and whose they are: many lists refuse what comes through them."""

_MANY = 16
"""Answers of a filter that are named one by one, as a range or alone."""


class Found(NamedTuple):
    """What a list says of an address or domain. `answers`: each with what it means and whether the rule
    counts it; `reason`: the list's own words (its TXT record), empty where it has none."""

    asked: Asked
    verdict: Verdict
    answers: tuple[tuple[str, str, bool], ...] = ()
    reason: str = ""
    problem: str = ""
    ms: float = 0.0

    @property
    def says(self) -> str:
        """In one line."""
        what = "; ".join(f"{safe(text)}: {means}" for text, means, _ in self.answers)
        match self.verdict:
            case "listed":
                return f"listed, {what}"
            case "not counted":
                return f"answers {what}; the filter of the rule takes none of them"
            case "refused":
                return f"refuses the question, {what}"
            case "unknown":
                return f"did not answer: {safe(self.problem)}"
        return "not listed"


def question(text: str) -> tuple[Holds, str]:
    """How a list is asked of an address or a domain: what it must hold, and the name before the zone's.
    Raises ValueError, in words, for what is neither."""
    bare = text.strip().removeprefix("[").removesuffix("]").rstrip(".")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return "domains", _domain(bare.rpartition("@")[2])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if isinstance(address, ipaddress.IPv4Address):
        return "addresses", ".".join(reversed(str(address).split(".")))
    return "addresses", ".".join(reversed(address.exploded.replace(":", "")))


def _domain(text: str) -> str:
    labels = text.split(".")
    good = all(0 < len(label) < 64 and label.isascii() and not label.isspace() for label in labels)
    if len(labels) < 2 or not good or any(character in text for character in " /:\\\0"):
        raise ValueError(f"“{safe(text)}” is no address and no domain")
    return text.lower()


def look_up(asked: Sequence[Asked], text: str, names: Names) -> list[Found]:
    """Ask all lists that hold such things, at once; in their order. Raises ValueError."""
    holds, name = question(text)
    mine = [each for each in asked if each.holds == holds]
    names.ahead((f"{name}.{each.zone}", kind) for each in mine for kind in ("A", "TXT"))
    return [_found(each, name, names) for each in mine]


def _found(asked: Asked, name: str, names: Names) -> Found:
    answer = names.ask(f"{name}.{asked.zone}", "A")
    if answer.state == "tempfail":
        return Found(asked, "unknown", problem=answer.problem, ms=answer.ms)
    if answer.state != "ok":
        return Found(asked, "clean", ms=answer.ms)
    answers = tuple(explained(asked.argument, answer.records))
    return Found(asked, _verdict(answers), answers, _reason(names.ask(f"{name}.{asked.zone}", "TXT")),
                 ms=answer.ms)  # fmt: skip


def _verdict(answers: Sequence[tuple[str, str, bool]]) -> Verdict:
    if any(counts for *_, counts in answers):
        return "listed" if any(counts and not is_refusal(text) for text, _, counts in answers) else "refused"
    return "refused" if all(is_refusal(text) for text, *_ in answers) else "not counted"


def _reason(answer: Answer) -> str:
    return safe(answer.records[0], 200) if answer.state == "ok" and answer.records else ""


# Filters


def filter_words(argument: str) -> str:
    """What the answer filter of a rule's argument takes, in words."""
    zone, sign, wanted = argument.partition("=")
    if not sign:
        return f"none: every answer of {safe(zone)} counts, an error too"
    try:
        places = parse(wanted.strip())
    except FilterError as error:
        return f"={safe(wanted)} is none: {safe(str(error))}; smtpd stops where it is needed"
    fixed = [str(min(place)) if len(place) == 1 else "" for place in places]
    if all(fixed):
        return f"only the answer {'.'.join(fixed)} counts"
    if all(fixed[:3]):
        head = ".".join(fixed[:3])
        spans = list(_spans(sorted(places[3])))
        if len(spans) <= _MANY:
            said = " and ".join(
                f"{head}.{first}" + (f" to {head}.{last}" if last > first else "") for first, last in spans
            )
            return f"only the answers {said} count"
    return f"only answers count that fit {safe(wanted.strip())}: a number, or one of those in [ ]"


def _spans(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Numbers in order as the ranges that they form."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


# Who is asked


def resolvers() -> list[str]:
    """The name servers of this machine; none where they cannot be told."""
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        return []
    return [str(each) for each in found]


def through(servers: Sequence[str]) -> tuple[str, bool]:
    """The name servers in words, and whether one of them is open to everybody."""
    public = [f"{each} ({PUBLIC[each]})" for each in servers if each in PUBLIC]
    if public:
        said = (
            f"through {', '.join(map(safe, public))}, a public resolver: Spamhaus and others refuse it with"
            " 127.255.255.254, and a rule without an answer filter then refuses everybody"
        )
        return said, True
    return (f"through {', '.join(map(safe, servers))}" if servers else "no name server is known here"), False
