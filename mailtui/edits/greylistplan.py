"""Greylisting put into the chains: a policy service asked last, of strangers, for mail to us."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.greylist import AddWhite
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule
from mailtui.formats.splice import Refused
from mailtui.formats.whitelist import Listed, means
from mailtui.postfix.chainread import ServiceLists, smtpd_services, written_at
from mailtui.postfix.chainrows import ListPlace
from mailtui.postfix.greylisting import RELOAD, local_list, options, whitelists
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import POSTGREY_PORT, policy_services
from mailtui.postfix.rulelists import WrittenRule
from mailtui.text.safe import encode, safe

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
    server = endpoint or _where(instance)
    rule = f"check_policy_service {server}"
    services = smtpd_services(instance)
    if not services:
        return Plan(refused="no service takes mail by SMTP")
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


def _where(instance: Instance) -> str:
    try:
        listens = options(instance.files).listens
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


def _below(live: Sequence[WrittenRule]) -> WrittenRule | None:
    """The rule before which it goes: one that ends the list, else None for the end."""
    return next((each for each in live if each.rule.name.lower() in _ENDS), None)


def _says(live: Sequence[WrittenRule], server: str, below: WrittenRule | None) -> list[str]:
    names = [each.rule.name.lower() for each in live]
    where = f"before {below.text}" if below is not None else "last"
    said = [f"{safe(server)} is asked {where} in {LIST}: what costs least refuses first"]
    if not _GUARDS.intersection(names):
        said.append("reject_unauth_destination is not in this list: it is asked for mail to others too")
    if _SPARES[0] not in names and _SPARES[1] not in names:
        said.append("nothing in this list spares our own people: they are greylisted too")
    return said


# Whitelists


def let_through(instance: Instance, listed: Listed, text: str) -> Plan:
    """A client or recipient that postgrey is to let through, in the admin's own whitelist. Raises OSError."""
    item = text.strip()
    try:
        what = means(encode(item), listed)
    except Refused as error:
        return Plan(refused=str(error))
    for target, document in whitelists(instance.files, listed):
        found = document.find(encode(item))
        if found is not None:
            return Plan(refused=f"{safe(target.path)}:{found.line} has it already")
    edit: Edit = AddWhite(local_list(listed), item)
    return Plan((edit,), (f"{what} are not greylisted" if " " in what else what, RELOAD))
