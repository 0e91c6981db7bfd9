"""The names of this host as others see them: each address has a name, the name has the address, and it is the
one that is said at HELO. Many receivers refuse mail from a host where that does not hold."""

from __future__ import annotations

from ipaddress import ip_address

from mailtui.dns.facts import Facts, same
from mailtui.dns.mx import BEHIND_NAT, addresses_of
from mailtui.dns.part import Asked, Part, State, worst
from mailtui.text.safe import safe

FEW = 4
"""Names of one address that are looked up in turn."""


def host(facts: Facts, names: Asked) -> Part:
    """PTR and A/AAAA of every address that mail leaves from, and the HELO name."""
    addresses = facts.seen
    if not addresses:
        problem = BEHIND_NAT if facts.sends else "the addresses of this host could not be found out"
        return Part(
            "unknown", f"HELO {safe(facts.helo)}", (problem, *facts.silent), name=facts.helo, kind="PTR"
        )
    names.ahead([(_reverse(address), "PTR") for address in addresses])
    texts: list[str] = []
    wrongs: dict[str, State] = {}
    lost = False
    for address in addresses:
        text, wrong, unanswered = _one(address, facts, names)
        texts.append(text)
        wrongs |= wrong
        lost = lost or unanswered
    wrong, unanswered = _helo(facts, names)
    wrongs |= wrong
    state = worst(wrongs)
    if (lost or unanswered) and state != "error":
        state = "unknown"
    missing = next((address for address in addresses if _needs_name(address, names)), "")
    proposed = f"{facts.helo}." if missing and facts.helo else ""
    return Part(
        state, f"HELO {safe(facts.helo)}; {', '.join(texts)}", (*wrongs, *facts.silent), proposed,
        _reverse(missing) if missing else facts.helo, kind="PTR",
    )  # fmt: skip


def _reverse(address: str) -> str:
    return ip_address(address).reverse_pointer


def _one(address: str, facts: Facts, names: Asked) -> tuple[str, dict[str, State], bool]:
    """One address: its text, what is wrong, and whether no answer came."""
    answer = names.ask(_reverse(address), "PTR")
    if answer.state == "tempfail":
        return address, {f"the name of {address} (PTR): {answer.problem}": "warning"}, True
    if answer.state != "ok":
        why = f"{address} has no name (PTR): many receivers refuse its mail; who gives the addresses sets it"
        return f"{address} without a name", {why: "error"}, False
    found = answer.records[:FEW]
    for name in found:
        addresses, _, lost = addresses_of(name, names)
        if lost:
            return f"{address} {safe(name)}", {f"the address of {safe(name)}: {lost}": "warning"}, True
        if address in addresses:
            return f"{address} {safe(name)}", _generic(address, name, facts), False
    why = (
        f"{address} is called {safe(found[0])}, and that name has not this address: receivers believe neither"
    )
    return f"{address} {safe(found[0])}", {why: "error"}, False


def _generic(address: str, name: str, facts: Facts) -> dict[str, State]:
    """What is wrong with a name that is confirmed: it looks like a dial-up line's."""
    if same(name, facts.helo):
        return {}
    parts = address.replace(":", ".").split(".")
    if sum(part in name.replace("-", ".").split(".") for part in parts if part) >= min(3, len(parts)):
        why = f"{safe(name)} looks like the name of a line that anybody may rent: some receivers refuse it"
        return {why: "warning"}
    return {}


def _helo(facts: Facts, names: Asked) -> tuple[dict[str, State], bool]:
    """What is wrong with the HELO name, and whether no answer came."""
    shown = safe(facts.helo)
    if not facts.helo or "." not in facts.helo.strip("."):
        return {
            f"HELO says {shown or 'nothing'}, which is no full name: receivers may refuse it": "error"
        }, False
    if facts.helo.startswith("["):
        return {f"HELO says {shown}: an address where receivers want a name": "warning"}, False
    addresses, _, lost = addresses_of(facts.helo, names)
    if lost:
        return {f"the address of the HELO name {shown}: {lost}": "warning"}, True
    if not addresses:
        return {f"HELO says {shown}, a name without an address: receivers may refuse it": "error"}, False
    if set(addresses).isdisjoint(facts.seen):
        theirs = ", ".join(addresses)
        why = f"HELO says {shown}, which is {theirs}: none of the addresses that mail leaves from"
        return {why: "warning"}, False
    return {}, False


def _needs_name(address: str, names: Asked) -> bool:
    """Whether a PTR is to be set: there is none, or one that is not confirmed."""
    answer = names.ask(_reverse(address), "PTR")
    if answer.state == "tempfail":
        return False
    return not any(address in addresses_of(name, names)[0] for name in answer.records[:FEW])
