"""Whose sender addresses who logged in may use: the check and its table, as edits."""

from __future__ import annotations

from mailtui.edits import ruleplan
from mailtui.edits.authplan import setting
from mailtui.edits.built import Built
from mailtui.edits.plan import Plan
from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.chains import chains
from mailtui.postfix.instance import Instance
from mailtui.sasl.matrix import LOGIN_CHECKS, ServiceLine
from mailtui.text.safe import safe


def sender_check(instance: Instance, line: ServiceLine, rule: str, maps: str) -> Plan:
    """Who logged in may use the sender addresses that `maps` gives him (smtpd_sender_login_maps), by one of
    LOGIN_CHECKS; `any` takes the checks out. Raises InstanceError."""
    built = Built(instance)
    if rule == "any":
        for row in reversed(line.senders.rules):
            built.add(ruleplan.remove(built.instance, row))
        return built.plan()
    if rule not in LOGIN_CHECKS:
        return Plan(refused=f"{safe(rule)} is no check of a login against a sender")
    if maps and maps != line.senders.maps:
        built.add(setting(instance, line.row, "smtpd_sender_login_maps", maps))
    elif not maps:
        return Plan(
            refused="smtpd_sender_login_maps must name the table of addresses and their logins: set it first"
        )
    for row in line.senders.rules if not built.refused else ():
        if row.name.lower() == rule and row not in line.senders.late:
            return built.plan()
        built.add(ruleplan.remove(built.instance, row))
    if not built.refused:
        place = ServiceLists(built.instance, line.name).place("smtpd_sender_restrictions")
        built.add(_first(built.instance, line, rule, place.name))
    return built.plan()


def _first(instance: Instance, line: ServiceLine, rule: str, name: str) -> Plan:
    """The rule as the first of a list: before anything that lets on."""
    chain = chains(instance, instance, line.name).chain("sender")
    rows = [row for row in (chain.live if chain is not None else ()) if not row.via]
    place = rows[0].place if rows else ServiceLists(instance, line.name).place(name)
    return ruleplan.insert(instance, place, rule, rows[0] if rows else None)
