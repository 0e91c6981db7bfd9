"""The SPF record of a domain: whether it is one, what it costs to read, and whether this host may send."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from mailtui.dns.facts import Facts
from mailtui.dns.part import Asked, Part, State, unknown, worst
from mailtui.dns.spftree import LOOKUPS, VOIDS, Counted, count, records_of
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.dns.spfcheck import Result

LONGEST = 450
"""Bytes of a record that fits an answer by UDP together with the rest (RFC 7208 3.4)."""
_WIDE = {4: 16, 6: 32}
"""Lengths of networks below which a record lets too many send."""


def spf(domain: str, facts: Facts, names: Asked) -> Part:
    """The SPF part. Imports pyspf."""
    found = records_of(domain, names)
    if found.lost:
        return unknown(found.lost, name=domain)
    fresh = fresh_record(domain, facts, names)
    if not found.records:
        return Part("missing", "", tuple(_nearly(domain, names)), fresh, domain)
    if len(found.records) > 1:
        problem = "several SPF records: receivers take none of them (RFC 7208 4.5)"
        return Part("error", " · ".join(map(safe, found.records)), (problem,), fresh, domain)
    return _judged(domain, found.records[0], facts, names, fresh)


def _nearly(domain: str, names: Asked) -> list[str]:
    """TXT records that were meant for one."""
    texts = names.ask(domain, "TXT").records
    meant = [safe(text, 60) for text in texts if "v=spf1" in text.lower().replace(" ", "")]
    return [f"“{text}” is none: it must begin with v=spf1 and a blank, in one TXT record" for text in meant]


def _judged(domain: str, record: str, facts: Facts, names: Asked, fresh: str) -> Part:
    counted = count(record, domain, names)
    problems: dict[str, State] = dict.fromkeys(counted.problems, "error")
    problems |= _costs(counted)
    refused, lost = _sending(domain, facts, names, problems)
    problems |= lints(record)
    state = worst(problems)
    lost = tuple(dict.fromkeys((*lost, *counted.lost)))
    if lost and state != "error":
        state = "unknown"
    words = (*problems, *(f"no answer for {each}" for each in lost))
    proposed = ""
    if refused and "permerror" not in refused.values() and safe(record) == record:
        proposed = letting(record, list(refused))
        if len(proposed) > LONGEST:
            proposed = fresh
    elif state == "error":
        proposed = _respelt(domain, record, facts, names) or fresh
    return Part(
        state, safe(record), words, proposed, domain, tree=counted.tree, lookups=counted.lookups,
        voids=counted.voids,
    )  # fmt: skip


def _respelt(domain: str, record: str, facts: Facts, names: Asked) -> str:
    """The record with `ip:ADDRESS`, which is no mechanism, as the `ip4:` or `ip6:` that was meant, and this
    host let through; empty where that is not all that is wrong with it."""
    from mailtui.dns.spfcheck import check

    meant = " ".join(_ip_meant(term) for term in record.split(" "))
    if meant == record:
        return ""
    words = {each: check(names, each, domain, facts.helo, meant).word for each in facts.seen}
    if not words or {"permerror", "temperror"} & set(words.values()):
        return ""
    lacking = [each for each, word in words.items() if word != "pass"]
    return letting(meant, lacking) if lacking else meant


def _ip_meant(term: str) -> str:
    sign = term[:1] if term[:1] in set("+-~?") else ""
    kind, _, network = term[len(sign) :].partition(":")
    if kind.lower() != "ip":
        return term
    try:
        return f"{sign}ip{ip_network(network, strict=False).version}:{network}"
    except ValueError:
        return term


def _costs(counted: Counted) -> dict[str, State]:
    found: dict[str, State] = {}
    more = "" if counted.whole else " or more"
    if counted.lookups > LOOKUPS:
        why = f"{counted.lookups}{more} lookups, {LOOKUPS} at most: receivers take the record for broken"
        found[why] = "error"
    if counted.voids > VOIDS:
        found[f"{counted.voids} lookups find nothing, {VOIDS} at most: receivers may take it for broken"] = (
            "error"
        )
    return found


def _sending(
    domain: str, facts: Facts, names: Asked, problems: dict[str, State]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Whether each address of this host may send: those that may not, with the result, and what was not
    answered. What is wrong is added to `problems`."""
    from mailtui.dns.spfcheck import check

    refused: dict[str, str] = {}
    lost: list[str] = []
    if not facts.seen:
        _syntax(check(names, "192.0.2.1", domain, facts.helo), problems)
        problems["whether this host may send cannot be known: nothing here tells the address that the world"
                 " sees; set proxy_interfaces to it"] = "warning"  # fmt: skip
    for address in facts.seen:
        result = check(names, address, domain, facts.helo)
        if result.word == "temperror":
            lost.append(result.why)
        elif result.word == "permerror":
            _syntax(result, problems)
            refused[address] = result.word
        elif result.word != "pass":
            refused[address] = result.word
            problems[f"it does not let {address} send, which is this host: {result.word}"] = "error"
    return refused, tuple(lost)


def _syntax(result: Result, problems: dict[str, State]) -> None:
    """That the record is broken, in the library's words, where nothing before said so."""
    if result.word == "permerror" and "error" not in problems.values():
        problems[f"receivers take it for broken: {result.why}"] = "error"


def lints(record: str) -> dict[str, State]:
    """What is allowed, and hardly meant."""
    found: dict[str, State] = {}
    terms = [term for term in record.split(" ")[1:] if term]
    bare = [term.lower().lstrip("+-~?") for term in terms]
    at = bare.index("all") if "all" in bare else None
    has_redirect = any(term.startswith("redirect=") for term in bare)
    if at is None and not has_redirect:
        found["without “all” at its end it says nothing of all other hosts: -all or ~all is missing"] = (
            "warning"
        )
    if at is not None:
        dead = [term for term in terms[at + 1 :] if "=" not in term.partition(":")[0]]
        if dead:
            found[f"what stands after {terms[at]} is never read: {safe(' '.join(dead))}"] = "warning"
        if has_redirect:
            found["redirect= is never followed where there is an “all”"] = "warning"
        if terms[at][0] not in "-~?":
            found[f"{safe(terms[at])} lets the whole world send as this domain"] = "error"
        elif terms[at][0] == "?":
            found["?all says nothing of all other hosts, as if there were no record"] = "warning"
    if any(term.partition(":")[0] == "ptr" for term in bare):
        found["ptr is slow, and not to be used any more (RFC 7208 5.5)"] = "warning"
    wide = [term for term, name in zip(terms, bare, strict=True) if _is_wide(name)]
    if wide:
        found[f"{safe(', '.join(wide))} lets very many hosts send"] = "warning"
    length = len(record.encode("utf-8", "surrogateescape"))
    if length > LONGEST:
        found[f"{length} bytes: above {LONGEST} an answer may not fit, and some receivers get none"] = (
            "warning"
        )
    return found


def _is_wide(term: str) -> bool:
    kind, _, network = term.partition(":")
    if kind not in {"ip4", "ip6"} or "/" not in network:
        return False
    try:
        parsed = ip_network(network, strict=False)
    except ValueError:
        return False
    return parsed.prefixlen < _WIDE[parsed.version]


# What to publish


def fresh_record(domain: str, facts: Facts, names: Asked) -> str:
    """A record for a domain that has none: `mx` where that covers this host, and its other addresses."""
    wanted = facts.seen
    answer = names.ask(domain, "MX")
    hosts = [record.partition(" ")[2] for record in answer.records][:10]
    names.ahead([(host, kind) for host in hosts for kind in ("A", "AAAA")])
    covered = {
        address for host in hosts for kind in ("A", "AAAA") for address in names.ask(host, kind).records
    }
    here = covered.intersection(wanted) or covered.intersection(facts.listens)
    if not wanted and not here:
        return ""
    items = ["mx"] if here else []
    return " ".join(["v=spf1", *items, *_addresses([each for each in wanted if each not in covered]), "-all"])


def letting(record: str, addresses: Sequence[str]) -> str:
    """The record with these addresses let through, before `all` or `redirect`, and without what is never
    read."""
    terms = [term for term in record.split(" ") if term]
    bare = [term.lower().lstrip("+-~?") for term in terms]
    end = bare.index("all") if "all" in bare else len(terms)
    kept = [
        term for term, name in zip(terms[:end], bare[:end], strict=True) if not name.startswith("redirect=")
    ]
    tail = (
        terms[end : end + 1] or [term for term in terms if term.lower().startswith("redirect=")] or ["~all"]
    )
    return " ".join([*kept, *_addresses(addresses), *tail])


def _addresses(addresses: Sequence[str]) -> list[str]:
    return [f"ip{ip_address(address).version}:{address}" for address in addresses]
