"""Where access tables are asked, and the settings that hold there.

for use in access_uses(instance): …     # check_client_access hash:/etc/postfix/access, smtp/inet, …
rules = AccessRules.of(instance, "check_client_access", service="smtp/inet")
rules.wrong("192.168.1.0/24", "REJECT")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from mailtui.postfix.accessactions import ActionPlace, check_action
from mailtui.postfix.accesskeychecks import key_problem
from mailtui.postfix.accesskeys import AccessKind, Style, access_kind, form_of
from mailtui.postfix.aliastables import AliasTable, AliasTables, access_table
from mailtui.postfix.chainread import ServiceLists, smtpd_services
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup, parse_map, split_list
from mailtui.postfix.mapkinds import MapKind
from mailtui.postfix.restrictionnames import ARGUMENTS, DEFAULT_COMMANDS
from mailtui.postfix.rules import rules_of
from mailtui.postfix.smtpd.session import PARAMETERS

CLASS = "class:"
_EARLY = frozenset(("client", "helo"))
_PER_RECIPIENT = frozenset(
    ("check_recipient_access", *(f"check_recipient_{of}_access" for of in ("mx", "ns", "a")))
)


class AccessUse(NamedTuple):
    """One rule that asks a table. `stage` is a list or `class:NAME`; `parameter` the list's name."""

    check: str
    table: str
    service: str = ""
    stage: str = ""
    parameter: str = ""
    line: int | None = None

    @property
    def where(self) -> str:
        """The list, as messages name it."""
        if not self.service or not self.parameter:
            return self.parameter or self.service
        return f"{self.parameter} ({self.service})"


def access_uses(instance: Instance) -> list[AccessUse]:
    """The rules that ask tables, those of each service in the order of its lists. Raises InstanceError."""
    found: list[AccessUse] = []
    for service in smtpd_services(instance):
        lists = ServiceLists(instance, service)
        stages = [*PARAMETERS.items(), *((f"{CLASS}{name}", name) for name in lists.classes)]
        for stage, parameter in stages:
            found += _of_list(lists, service, stage, parameter)
    return found


def _of_list(lists: ServiceLists, service: str, stage: str, parameter: str) -> Iterator[AccessUse]:
    for read in lists.rules(parameter)[1]:
        name = read.rule.name.lower() or DEFAULT_COMMANDS.get(parameter, "")
        live = read.written.enabled and not read.reference and not read.rule.is_class
        if live and read.rule.argument and ARGUMENTS.get(name) in {"table", "ccert"}:
            yield AccessUse(
                name, table_of(read.rule.argument), service, stage, parameter, read.written.line or None
            )


def table_of(argument: str) -> str:
    """The table in the argument of a rule; check_ccert_access may have it in `{ }`."""
    if argument.startswith("{"):
        return next(iter(split_list(argument[1:-1])), "")
    return argument


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What an entry of a table must be for one check."""

    kind: AccessKind
    style: Style
    place: ActionPlace
    use: AccessUse

    @classmethod
    def of(
        cls, instance: Instance, check: str, service: str = "", use: AccessUse | None = None
    ) -> AccessRules:
        """As the service asks it; without one the first smtpd. Raises InstanceError, KeyError for a check
        that there is not."""
        kind = access_kind(check)
        lists = _lists(instance, service)
        made = use or AccessUse(kind.check, "", lists.service if lists else "")
        if lists is None:
            return cls(kind, Style(True, "<>", rules_of(instance)), ActionPlace(check=kind.check), made)
        words = [word.lower() for word in split_list(lists.setting("parent_domain_matches_subdomains"))]
        rules = rules_of(instance)._replace(delimiters=lists.setting("recipient_delimiter"))
        style = Style(
            "smtpd_access_maps" in words, lists.setting("smtpd_null_access_lookup_key") or "<>", rules
        )
        place = ActionPlace(
            classes=lists.classes,
            permitting=frozenset(name for name in lists.classes if _permits(lists, name)),
            may_permit=kind.may_permit,
            per_recipient=kind.check in _PER_RECIPIENT,
            early=made.stage in _EARLY and not lists.yes("smtpd_delay_reject"),
            proxied=bool(lists.setting("smtpd_proxy_filter")),
            transports=_transports(instance),
            reject_code=lists.setting("access_map_reject_code") or "554",
            defer_code=lists.setting("access_map_defer_code") or "450",
            check=kind.check,
        )
        return cls(kind, style, place, made)

    def again(self, instance: Instance) -> AccessRules:
        """The same in another state of the instance. Raises InstanceError."""
        return AccessRules.of(instance, self.use.check, self.use.service, self.use)

    def wrong(self, key: str, value: str) -> tuple[str, ...]:
        """Why an entry cannot work, by its words."""
        problem = key_problem(self.kind, self.style, key)
        errors = [each.text for each in check_action(value, self.place) if each.severity == "error"]
        return (*([problem] if problem else []), *errors)

    def form(self, key: str) -> str:
        """What a key is, in one word."""
        return form_of(self.kind, self.style, key)

    @property
    def map_kind(self) -> MapKind:
        """How lists and forms speak of the table."""
        kind, where = self.kind, self.use.where
        asks = f"smtpd(8), for {kind.whom}" + (f", in {where}" if where else "")
        return MapKind(
            kind.check, "access(5)", kind.title, "ACTION", kind.hint, "action",
            "REJECT text, OK, DUNNO … or a restriction class; Ctrl+O shows them all", "access", "access",
            asks, follows=False, access=self,
        )  # fmt: skip


def _permits(lists: ServiceLists, name: str) -> bool:
    """Whether a class has a rule of its own that permits."""
    return any(
        read.rule.name.lower().startswith("permit") and read.written.enabled for read in lists.rules(name)[1]
    )


def _lists(instance: Instance, service: str) -> ServiceLists | None:
    names = smtpd_services(instance)
    if service:
        return ServiceLists(instance, service)
    return ServiceLists(instance, names[0]) if names else None


def _transports(instance: Instance) -> frozenset[str]:
    from mailtui.postfix.services import services

    try:
        return frozenset(row.name for row in services(instance) if row.counts and row.type == "unix")
    except InstanceError:
        return frozenset()


def access_lookup(instance: Instance, spec: str) -> Lookup:
    """The table that a rule names."""
    return parse_map(spec, "", instance.config_dir, instance.alias_paths)


def access_tables(instance: Instance, use: AccessUse, after: Instance | None = None) -> AliasTables:
    """The one table of a rule, as lists of entries have it; what may stand in it as it is in `after`, the
    instance with a draft laid over. Raises InstanceError."""
    rules = AccessRules.of(after or instance, use.check, use.service, use)
    lookup = replace(access_lookup(instance, use.table), parameter=use.parameter)
    table = access_table(instance, lookup, (use.parameter or use.check,), rules.map_kind)
    return AliasTables((_in_rule(table),), rules.style.rules)


def _in_rule(table: AliasTable) -> AliasTable:
    if table.lookup.type in {"inline", "static"} and not table.lookup.error:
        return replace(table, note=f"{table.lookup.how}; Restrictions changes the rule")
    return table
