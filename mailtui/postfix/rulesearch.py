"""The rules of all services that fit, each once, wherever they are written."""

from __future__ import annotations

from collections.abc import Callable

from mailtui.postfix.chainread import smtpd_services
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.chains import chains
from mailtui.postfix.instance import Instance


def rules_of(instance: Instance, fits: Callable[[RuleRow], bool]) -> list[RuleRow]:
    """The rules in force that fit, in the order in which smtpd meets them; a list that several services share
    is looked at once. Raises ParameterError, InstanceError."""
    found: dict[tuple[object, ...], RuleRow] = {}
    for service in smtpd_services(instance):
        for chain in chains(instance, instance, service):
            for row in chain.live:
                if row.enabled and row.written and fits(row):
                    found.setdefault((row.place, row.written, row.number), row)
    return list(found.values())
