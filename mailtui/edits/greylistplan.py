"""Greylisting put into the chains: a policy service asked of strangers, for mail to us, before anybody
outside is asked."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule
from mailtui.postfix.chainread import ServiceLists, smtpd_services, written_at
from mailtui.postfix.chainrows import ListPlace
from mailtui.postfix.dnsbl import holds_of
from mailtui.postfix.greylisting import options, places
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import POSTGREY_PORT, policy_services
from mailtui.postfix.rulelists import WrittenRule
from mailtui.text.safe import safe

LIST = "smtpd_recipient_restrictions"
"""Where it belongs: greylisting goes by client, sender and recipient together."""

_GUARDS = frozenset({"reject_unauth_destination", "defer_unauth_destination"})
_SPARES = ("permit_mynetworks", "permit_sasl_authenticated")
_ENDS = frozenset({"permit", "reject", "defer"})


def greylisting(instance: Instance, endpoint: str = "") -> Plan:
    """The edits that have a greylisting service asked; `endpoint` as `inet:127.0.0.1:10023`, by default where
    postgrey listens. Raises InstanceError."""
    standing = [each for each in policy_services(instance) if each.program == "postgrey"]
    if standing and not endpoint:
        where = "; ".join(standing[0].rules)
        return Plan(refused=f"greylisting is there already: {safe(standing[0].written)} ({safe(where)})")
    server = endpoint or where_postgrey_listens(instance)
    rule = f"check_policy_service {server}"
    services = smtpd_services(instance)
    if not services:
        return Plan(refused="no service takes mail by SMTP: put smtp/inet into master.cf first")
    found = instance.parameters.definition(LIST)
    if found is None:
        return _new_list(instance, rule)
    place = ListPlace(instance.main, LIST, "", True, "", found.line)
    lists = ServiceLists(instance, services[0])
    live = written_at(instance, place, lists.classes).live
    if any(each.text.removeprefix("warn_if_reject ") == rule for each in live):
        return Plan(refused=f"{LIST} asks {safe(server)} already")
    below = _below(live)
    edit = InsertRule(
        instance.main, LIST, "", rule, 0, None, below.text if below else None, below.number if below else 0
    )
    return Plan((edit,), tuple(_says(live, server, below)))


def where_postgrey_listens(instance: Instance) -> str:
    """Its endpoint as a rule names it, by what its options say; Debian's where there are none."""
    try:
        listens = options(instance.files, places(instance).defaults).listens
    except OSError:
        listens = ""
    kind, _, place = listens.partition(":")
    if kind == "unix":
        return f"unix:{place}"
    host, _, port = place.rpartition(":")
    return f"inet:{host or '127.0.0.1'}:{port or POSTGREY_PORT}"


def _new_list(instance: Instance, rule: str) -> Plan:
    value = ", ".join([*_SPARES, "reject_unauth_destination", rule])
    edit = SetParameter(instance.main, LIST, value, None)
    return Plan((edit,), (f"{LIST} is made: our own people pass, relaying is refused, then {rule}",))


def proposed_place(rules: Sequence[str]) -> int:
    """Where in a list greylisting goes, by the names of its rules in lower case: below what refuses relaying,
    before the first rule that asks DNS lists or ends the list; else last."""
    guarded = max((at + 1 for at, name in enumerate(rules) if name in _GUARDS), default=0)
    for at, name in enumerate(rules):
        if name in _ENDS or (at >= guarded and holds_of(name) is not None):
            return at
    return len(rules)


def _below(live: Sequence[WrittenRule]) -> WrittenRule | None:
    """The rule before which it goes, None for the end."""
    at = proposed_place([each.rule.name.lower() for each in live])
    return live[at] if at < len(live) else None


def _says(live: Sequence[WrittenRule], server: str, below: WrittenRule | None) -> list[str]:
    names = [each.rule.name.lower() for each in live]
    where = f"before {safe(below.text)}" if below is not None else "last"
    guard = next((name for name in names if name in _GUARDS), "")
    after = f"after {guard}, " if guard else ""
    said = [f"{safe(server)} is asked {after}{where} in {LIST}: nobody outside need be asked for it"]
    if not guard:
        said.append("reject_unauth_destination is not in this list: it is asked for mail to others too")
    if _SPARES[0] not in names and _SPARES[1] not in names:
        said.append("nothing in this list spares our own people: they are greylisted too")
    return said
