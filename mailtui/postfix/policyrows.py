"""The policy services of the chains as rows: which program, which rules ask it, what is set, where it is."""

from __future__ import annotations

from dataclasses import dataclass

from mailtui.postfix.chainread import ServiceLists, smtpd_services
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.chains import chains
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import PolicyService, Program, Tried, policy_services, try_service
from mailtui.postfix.policysettings import Place, global_values, place
from mailtui.postfix.smtpd.policy import Endpoint, endpoint


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy service. `rules`: the rules that ask it, each once; `smtpd`: the first service that has one;
    `options`: what its rules set in braces (of the first, where they `differ`); `values`: what holds where
    they set nothing."""

    service: PolicyService
    rules: tuple[RuleRow, ...]
    smtpd: str
    options: dict[str, str]
    values: dict[str, str]
    place: Place
    differ: bool = False

    @property
    def written(self) -> str:
        """`inet:127.0.0.1:10023`."""
        return self.service.written

    def value(self, name: str) -> str:
        """What holds for its rules, by a name of `SETTINGS`."""
        return self.options.get(name) or self.values.get(name, "")


def policy_rows(instance: Instance) -> list[PolicyRow]:
    """All of them, in the order in which smtpd meets them. Raises ParameterError, InstanceError."""
    rules: dict[str, dict[tuple[object, ...], RuleRow]] = {}
    first: dict[str, str] = {}
    for service in smtpd_services(instance):
        for chain in chains(instance, instance, service):
            for row in chain.live:
                if row.name.lower() == "check_policy_service" and ":" in row.argument:
                    written = endpoint(row.argument).written
                    rules.setdefault(written, {}).setdefault((row.place, row.written, row.number), row)
                    first.setdefault(written, service)
    return [
        _row(instance, each, tuple(rules[each.written].values()), first[each.written])
        for each in policy_services(instance)
        if each.written in rules
    ]


def _row(instance: Instance, service: PolicyService, rules: tuple[RuleRow, ...], smtpd: str) -> PolicyRow:
    options = [endpoint(rule.argument).options for rule in rules]
    values = global_values(ServiceLists(instance, smtpd))
    where = place(instance, service.endpoint, smtpd)
    return PolicyRow(
        service, rules, smtpd, options[0], values, where, any(each != options[0] for each in options)
    )


def asked(instance: Instance, row: PolicyRow, told: dict[str, str] | None = None) -> Tried:
    """Ask the service about a session (by default one that is nobody's), by the way that smtpd takes."""
    server = row.service.endpoint
    if row.place.wrong:
        return Tried(False, problem=row.place.wrong)
    if row.place.path:
        server = Endpoint("unix", row.place.path)
    return try_service(instance, server) if told is None else try_service(instance, server, told=told)


def program_of(row: PolicyRow, tried: Tried | None) -> tuple[Program, str]:
    """Which program it is and what tells so, its answer too."""
    if row.service.program == "other" and tried is not None and tried.program != "other":
        return tried.program, "it answers as that does"
    return row.service.program, row.service.by
