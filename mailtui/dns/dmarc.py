"""The DMARC record that holds for a domain, wherever it stands; and whether those who are to get its reports
have said that they want them.

It is looked for as RFC 9989 4.10 does: at the domain, then up the tree. Receivers of RFC 7489 look at the
domain and at the organisational domain by a list of public suffixes, which is the same record but for rare
domains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mailtui.dns.dmarcrecord import DmarcRecord, is_meant, is_record, mended
from mailtui.dns.part import Asked, Part, State, unknown, worst
from mailtui.text.safe import safe

STEPS = 8
"""Questions of one walk up the tree at most (RFC 9989 4.10)."""
MANY = 10
"""Addresses for reports whose owners are asked."""


class Policy(NamedTuple):
    """Where the record that holds for a domain stands, and the organisational domain. `texts`: the records
    there; `lost`: why they cannot be known."""

    where: str
    organisation: str
    texts: tuple[str, ...] = ()
    lost: str = ""


def walk(domain: str) -> list[str]:
    """The domains at which a record is looked for, one after the other: of long names not all."""
    labels = domain.rstrip(".").lower().split(".")
    found = [".".join(labels)]
    rest = labels[1:] if len(labels) < STEPS else labels[-(STEPS - 1) :]
    while rest:
        found.append(".".join(rest))
        rest = rest[1:]
    return found


def policy_of(domain: str, names: Asked) -> Policy:
    """The record that holds for a domain, with its organisational domain."""
    above = walk(domain)
    names.ahead([(f"_dmarc.{each}", "TXT") for each in above])
    seen: dict[str, tuple[str, ...]] = {}
    organisation = ""
    for at, each in enumerate(above):
        answer = names.ask(f"_dmarc.{each}", "TXT")
        if answer.state == "tempfail":
            return Policy(each, domain, lost=f"_dmarc.{safe(each)}: {answer.problem}")
        texts = tuple(text for text in answer.records if is_record(text))
        if not texts:
            continue
        seen[each] = texts
        psd = DmarcRecord.parse(texts[0]).tags.get("psd", "u").lower() if len(texts) == 1 else "u"
        if psd == "n":
            organisation = each
            break
        if psd == "y" and at:
            organisation = above[at - 1]
            break
    organisation = organisation or (list(seen)[-1] if seen else domain)
    where = next((each for each in (domain.rstrip(".").lower(), organisation, *seen) if each in seen), "")
    return Policy(where, organisation, seen.get(where, ()))


def prefetch(domain: str, names: Asked) -> None:
    """Have everything asked that `dmarc` will ask."""
    dmarc(domain, names)


def dmarc(domain: str, names: Asked, *, sends: Mapping[str, State] | None = None) -> Part:
    """The DMARC part. `sends`: the states of SPF and DKIM, which mail must pass by."""
    policy = policy_of(domain, names)
    name = f"_dmarc.{domain}"
    fresh = f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    if policy.lost:
        return unknown(policy.lost, name=name)
    if not policy.texts:
        meant = [safe(text, 60) for text in _meant(domain, names)]
        problems = [
            f"“{text}” is none: it must begin with “v=DMARC1;” and stand at {safe(name)}" for text in meant
        ]
        return Part("missing", "", tuple(problems), fresh, name)
    record = DmarcRecord.parse(policy.texts[0])
    own = policy.where == domain.rstrip(".").lower()
    shown = " · ".join(map(safe, policy.texts))
    where = f"_dmarc.{policy.where}"
    if len(policy.texts) > 1:
        problem = "several DMARC records: receivers take none of them (RFC 9989 4.10)"
        return Part("error", shown, (problem,), mended(record), where)
    problems_found: dict[str, State] = {**record.problems, **_reports(record, policy, names)}
    problems_found |= _too_early(record, own, sends or {})
    state = worst(problems_found)
    notes = () if own else (_from_above(record, domain, policy, names),)
    proposed = mended(record) if record.problems and mended(record) != record.text else ""
    return Part(state, shown, (*problems_found, *notes), proposed, where)


def _meant(domain: str, names: Asked) -> Iterator[str]:
    """TXT records that were meant for one, here or at the domain itself."""
    for name in (f"_dmarc.{domain}", domain):
        yield from (text for text in names.ask(name, "TXT").records if is_meant(text))


def _from_above(record: DmarcRecord, domain: str, policy: Policy, names: Asked) -> str:
    exists = names.ask(domain, "A").state != "nxdomain"
    return (
        f"{safe(domain)} has no record of its own: that of {policy.where} holds,"
        f" and says {record.below(exists=exists)} for subdomains"
    )


def _too_early(record: DmarcRecord, own: bool, sends: Mapping[str, State]) -> dict[str, State]:
    """A policy that this host's own mail would fail."""
    policy = record.policy if own else record.below()
    if policy == "none" or not sends or record.tags.get("t", "").lower() == "y":
        return {}
    if "ok" in sends.values() or "warning" in sends.values():
        return {}
    if "unknown" in sends.values():
        return {}
    states = ", ".join(f"{name}: {state}" for name, state in sends.items())
    return {f"it asks for {policy}, and mail of this host passes neither SPF nor DKIM ({states})": "error"}


# Reports


def _reports(record: DmarcRecord, policy: Policy, names: Asked) -> dict[str, State]:
    """Whether others have said that they take reports for this domain (RFC 9990 4)."""
    hosts = {
        address.rpartition("@")[2].lower(): name
        for name in ("ruf", "rua")
        for address in record.addresses(name)[:MANY]
    }
    names.ahead([(f"_dmarc.{each}", "TXT") for host in hosts for each in walk(host)])
    found: dict[str, State] = {}
    for host, name in hosts.items():
        if _organisation(host, policy, names) == policy.organisation:
            continue
        where = f"{policy.where}._report._dmarc.{host}"
        answer = names.ask(where, "TXT")
        if answer.state == "tempfail":
            found[f"whether {safe(host)} takes reports is not known: {answer.problem}"] = "warning"
        elif not any(is_record(text) for text in answer.records):
            why = (
                f"{name}: {safe(host)} has not said that it takes reports for {safe(policy.where)}, so none"
                f" are sent there: its owner is to publish “v=DMARC1;” at {safe(where)}"
            )
            found[why] = "warning"
    return found


def _organisation(host: str, policy: Policy, names: Asked) -> str:
    """The organisational domain of a host for reports; where that is not known, by the names alone."""
    found = policy_of(host, names)
    if found.lost:
        return host if not _related(host, policy.organisation) else policy.organisation
    return found.organisation


def _related(first: str, second: str) -> bool:
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")
