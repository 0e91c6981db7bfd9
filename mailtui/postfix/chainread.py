"""A restriction list with every `$name` in it followed to where its rules are written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from mailtui.postfix.chainrows import ListPlace
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.files import main_cf, master_cf
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.parameters import ServiceParameters, squeeze
from mailtui.postfix.rulelists import WrittenList, WrittenRule, main_list, option_list
from mailtui.postfix.smtpd.chain import Rule, parse_rules
from mailtui.postfix.values import ServiceValues

_REFERENCE = re.compile(r"\$(?:([A-Za-z0-9_]+)|\{\s*([A-Za-z0-9_]+)\s*\}|\(\s*([A-Za-z0-9_]+)\s*\))")
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule as smtpd gets it (`rule`), and as it is `written` in its place; both the same but for `$`.

    `reference`: it is a `$name`, whose rules follow with that name in their `via`."""

    rule: Rule
    written: WrittenRule
    place: ListPlace
    via: tuple[str, ...] = ()
    reference: bool = False


class ServiceLists:
    """The restriction lists of one smtpd service. Raises ParameterError, InstanceError.

    `found`: the service, where it need not be an smtpd: other lists are read in the same way."""

    def __init__(self, instance: Instance, service: str, found: ServiceValues | None = None) -> None:
        self.instance = instance
        found = find_smtpd(instance, service) if found is None else found
        self.service = f"{found.name}/{found.type}" if found.name else ""
        self._options = found.options
        self._parameters = ServiceParameters(instance.parameters.values, found)
        self._settings: dict[str, str] = {}

    def setting(self, name: str) -> str:
        """What the service uses, `$` expanded; nothing where it cannot be expanded or nobody knows it."""
        if name not in self._settings:
            try:
                self._settings[name] = self._parameters.effective(name)
            except ParameterError:
                self._settings[name] = ""
        return self._settings[name]

    def yes(self, name: str) -> bool:
        """Whether a boolean parameter is on."""
        return self.setting(name).lower() == "yes"

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The restriction classes, in the order of smtpd_restriction_classes."""
        return tuple(dict.fromkeys(split_list(self.setting("smtpd_restriction_classes"))))

    def own(self, name: str) -> bool:
        """Whether the service has its own value of a parameter."""
        return name in self._options

    def place(self, name: str) -> ListPlace:
        """Where a list is written for this service."""
        instance = self.instance
        if self.own(name):
            row = master_cf(instance.files, instance.master).get(*_split(self.service))
            option = row.option(name) if row is not None else None
            line = option.line if option is not None else None
            return ListPlace(instance.master, name, self.service, True, "", line)
        found = instance.parameters.definition(name)
        if found is not None:
            return ListPlace(instance.main, name, "", True, "", found.line)
        return ListPlace(instance.main, name, "", False, self._default(name), None)

    def own_place(self, name: str) -> ListPlace:
        """Where the list of this service alone is, or would be: its `-o`, by default what main.cf has."""
        if self.own(name):
            return self.place(name)
        held = written_at(self.instance, self.place(name), self.classes)
        default = ", ".join(rule.text for rule in held.live)
        return ListPlace(self.instance.master, name, self.service, False, default, None)

    def _default(self, name: str) -> str:
        try:
            return squeeze(self.instance.parameters.expanded(name))
        except ParameterError:
            return ""

    def rules(self, name: str) -> tuple[ListPlace, list[ReadRule], str]:
        """The place of a list, its rules in order, and what is wrong with it as a whole (empty: nothing).

        Where a `$` makes the list another than its parts (a condition, a name cut in two) the rules are
        those that smtpd reads, all written as one."""
        place = self.place(name)
        try:
            flat = parse_rules(self._parameters.expanded(name), self.classes)
        except ParameterError as error:
            if self._is_unknown(name):
                return place, [], ""
            return place, [], str(error)
        rows = list(self._follow(place, (), 0))
        live = [row.rule for row in rows if row.written.enabled and not row.reference]
        if [rule.written for rule in live] == [rule.written for rule in flat]:
            return place, rows, ""
        written = WrittenRule(Rule("", "", 0, 0), True, 0, ((place.line or 0) - 1,))
        odd = "conditions or parts in it make it another list than its lines say: edit the parameter itself"
        return place, [ReadRule(rule, written, place) for rule in flat], odd

    def _is_unknown(self, name: str) -> bool:
        values = self.instance.parameters.values
        return name not in self._options and name not in values.explicit and name not in values.known

    def _follow(self, place: ListPlace, via: tuple[str, ...], depth: int) -> Iterator[ReadRule]:
        for written in written_at(self.instance, place, self.classes).rules:
            name = _referred(written.rule)
            if name is None or depth >= _DEPTH or f"${name}" in via:
                yield ReadRule(self._expanded(written.rule), written, place, via)
                continue
            yield ReadRule(written.rule, written, place, via, reference=True)
            if not written.enabled:
                continue
            inner = self._follow(self.place(name), (*via, f"${name}"), depth + 1)
            softened = written.rule.warn_only
            for row in inner:
                if softened and row.written.enabled and not row.reference:
                    row = replace(row, rule=replace(row.rule, warn_only=True))
                    softened = False
                yield row

    def _expanded(self, rule: Rule) -> Rule:
        if "$" not in rule.written:
            return rule
        try:
            items = split_list(self._parameters.expanded_text(rule.written))
        except ParameterError:
            return rule
        found = parse_rules(items, self.classes)
        if len(found) != 1:
            return rule
        return replace(found[0], first=rule.first, last=rule.last)


def written_at(instance: Instance, place: ListPlace, classes: Collection[str] = ()) -> WrittenList:
    """A list as it is written in its place; the default's rules, on no line, where it is not set."""
    found = None
    if place.service:
        document = master_cf(instance.files, instance.master)
        found = option_list(document, place.service, place.name, classes)
    elif place.is_set:
        found = main_list(main_cf(instance.files, instance.main), place.name, classes)
    if found is not None:
        return found
    items = tuple(split_list(place.default))
    counts: dict[str, int] = {}
    rules: list[WrittenRule] = []
    for rule in parse_rules(items, classes):
        number = counts[rule.written] = counts.get(rule.written, -1) + 1
        rules.append(WrittenRule(rule, True, number, (-1,)))
    return WrittenList(tuple(rules), -1, items)


def _referred(rule: Rule) -> str | None:
    """The parameter that a rule is, where it is nothing but `$name`."""
    if rule.argument or not rule.name.startswith("$"):
        return None
    match = _REFERENCE.fullmatch(rule.name)
    return next((group for group in match.groups() if group), None) if match else None


def _split(service: str) -> tuple[str, str]:
    name, _, type_ = service.rpartition("/")
    return name, type_


def smtpd_services(instance: Instance) -> list[str]:
    """The services that run smtpd(8), as `smtp/inet`, in the order of master.cf. Raises ParameterError."""
    rows = instance.parameters.values.services
    return list(dict.fromkeys(f"{row.name}/{row.type}" for row in rows if row.command == "smtpd"))


def find_smtpd(instance: Instance, service: str) -> ServiceValues:
    """The service that `submission/inet` names, or `submission` where that is enough; where postscreen(8)
    has its port, the smtpd behind it. Raises InstanceError, ParameterError."""
    rows = instance.parameters.values.services
    name, _, type_ = service.rpartition("/") if "/" in service else (service, "", "")
    found = [row for row in rows if row.name == name and type_ in ("", row.type)]
    if not type_ and len({row.type for row in found}) > 1:
        found = [row for row in found if row.type == "inet"] or found
    if found and found[-1].command == "postscreen":
        found = [row for row in rows if row.type == "pass" and row.command == "smtpd"] or found
    if not found:
        known = ", ".join(smtpd_services(instance)) or "none"
        raise InstanceError(
            f"there is no service {service} that takes mail by SMTP", f"there are: {known}",
            instance.master.path,
        )  # fmt: skip
    if found[-1].command != "smtpd":
        raise InstanceError(
            f"{service} runs {found[-1].command}, not smtpd: it has no restriction lists",
            "name a service that takes mail by SMTP", instance.master.path,
        )  # fmt: skip
    return found[-1]


def classes_named(text: str, classes: Collection[str]) -> list[str]:
    """The restriction classes in a value of an access table."""
    return [item for item in split_list(text) if item in classes]
