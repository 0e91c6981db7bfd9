"""How a stranger's mail for a domain that is not ours gets past the lists of a service, without a session.

A stranger is neither in mynetworks nor logged in, has no certificate, and can say any HELO name and sender.
A list refuses him at its guard, such as reject_unauth_destination; what permits before it is a leak. He gets
through a service only where every list has one (SMTPD_ACCESS_README; smtpd_check.c).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mailtui.doctor.case import Case, Server
from mailtui.doctor.tabletexts import Row, is_catch_all
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import parse_map
from mailtui.postfix.matchlists import read_items
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS, GUARDS
from mailtui.postfix.smtpd.chain import Rule, parse_rules
from mailtui.postfix.smtpd.session import PARAMETERS, Stage
from mailtui.text.safe import safe

ANYONE, FORGED, SOME = 3, 2, 1
"""Who gets through: everybody; whoever says the right HELO name or sender; some, or nobody knows who."""

_STAGES: tuple[Stage, ...] = ("client", "helo", "sender", "relay", "recipient")
_CHECKS = {
    "check_client_access": "client", "check_helo_access": "helo", "check_sender_access": "sender",
    "check_recipient_access": "recipient",
}  # fmt: skip
_DEFAULTS: dict[str, str] = {
    stage: DEFAULT_COMMANDS.get(parameter, "") for stage, parameter in PARAMETERS.items()
}
_DEPTH = 20
_KEYS = 200
"""How many recipients that a table permits are looked at, to find one elsewhere."""


class Leak(NamedTuple):
    """A way past a list. `row`: the rule that permits, None for the end of the list. `network`: the item of
    mynetworks that does; `entry` the row of a table, of the file `path`."""

    who: int
    row: RuleRow | None
    why: str
    network: str = ""
    entry: Row | None = None
    path: str = ""


class Strangers:
    """The lists of one service, as strangers meet them."""

    def __init__(self, case: Case, server: Server) -> None:
        self._case, self._server = case, server
        self._lists = server.lists

    def past(self, stage: Stage) -> list[Leak]:
        """The ways past a list, in its order; none where it refuses every stranger."""
        if stage == "helo" and not self._lists.yes("smtpd_helo_required"):
            return [Leak(ANYONE, None, "who says no HELO is not asked")]
        chain = self._server.chains.chain(stage)
        leaks, closed = self._walk(chain.live if chain is not None else (), stage, 0)
        if not closed:
            leaks.append(Leak(ANYONE, None, f"nothing in {PARAMETERS[stage]} refuses it"))
        return leaks

    def all(self) -> dict[Stage, list[Leak]]:
        """The ways past each list; empty where one of the lists refuses every stranger."""
        found: dict[Stage, list[Leak]] = {}
        for stage in ("relay", "recipient", *_STAGES[:3]):
            found[stage] = self.past(stage)
            if not found[stage]:
                return {}
        return found

    def _walk(self, rules: Iterable[RuleRow | Rule], stage: str, depth: int) -> tuple[list[Leak], bool]:
        """The leaks of a list, and whether it refuses who finds none of them."""
        leaks: list[Leak] = []
        for rule in rules:
            row = rule if isinstance(rule, RuleRow) else None
            name = rule.name.lower()
            if name in GUARDS or not _known(rule):
                if not rule.warn_only:
                    return leaks, True
                continue
            if name == "permit":
                leaks.append(Leak(ANYONE, row, "permit lets everybody pass"))
                return leaks, True
            if rule.name in self._lists.classes and depth < _DEPTH:
                inner, closed = self._in_class(rule.name, stage, depth)
                leaks += [leak._replace(row=row or leak.row) for leak in inner]
                if closed and not rule.warn_only:
                    return leaks, True
                continue
            leaks += self._permits(name, rule, row, stage, depth)
            if self._refuses_all(name, rule, stage):
                return leaks, True
        return leaks, False

    def _in_class(self, name: str, stage: str, depth: int) -> tuple[list[Leak], bool]:
        chain = self._server.chains.chain(f"class:{name}")
        return self._walk(chain.live if chain is not None else (), stage, depth + 1)

    def _refuses_all(self, name: str, rule: RuleRow | Rule, stage: str) -> bool:
        check = name or _DEFAULTS.get(stage, "")
        if rule.warn_only or not check.startswith("check_") or not rule.argument:
            return False
        row = self._case.texts.final(parse_map(rule.argument), check)
        return row is not None and row.word not in {"OK", "RELAY", "DISCARD"} and not row.value.isdigit()

    def _permits(
        self, name: str, rule: RuleRow | Rule, row: RuleRow | None, stage: str, depth: int
    ) -> Iterator[Leak]:
        """What lets strangers pass at one rule."""
        check = name or _DEFAULTS.get(stage, "")
        match check:
            case "permit_mynetworks":
                for network in self._worlds():
                    why = f"mynetworks holds {safe(network)}: everybody is in it"
                    yield Leak(ANYONE, row, why, network=network)
            case "permit_naked_ip_address":
                yield Leak(FORGED, row, f"{check} lets everybody pass who says a bare address in HELO")
            case "check_policy_service":
                yield Leak(SOME, row, f"the policy service {safe(rule.argument)} may answer OK")
            case _ if check in _CHECKS and rule.argument:
                yield from self._in_table(check, rule.argument, row, stage, depth)

    def _worlds(self) -> list[str]:
        name = "mynetworks"
        if self._case.instance.parameters.get(name) is None and not self._lists.own(name):
            return []  # by default it holds networks of this host's interfaces
        items = read_items(self._case.instance.files, name, self._lists.setting(name))
        return [item.text for item in items if not item.negated and is_world(item.text)]

    def _in_table(
        self, check: str, argument: str, row: RuleRow | None, stage: str, depth: int
    ) -> Iterator[Leak]:
        table = parse_map(argument, config_dir=self._case.instance.config_dir)
        if table.error:
            return
        subject = _CHECKS[check]
        looked = 0
        for entry in self._case.texts.permitting(table, self._lists.classes):
            if depth >= _DEPTH or not self._lets_pass(entry.value, stage, depth):
                continue
            everyone = table.type == "static" or is_catch_all(entry.key) or is_world(entry.key)
            if everyone and subject != "helo":
                yield self._leak(ANYONE, row, check, entry, table.path, "everybody")
                return
            if subject in {"helo", "sender"}:
                says = "HELO name" if subject == "helo" else "sender"
                who = f"whoever says {safe(entry.key)} as {says}" if entry.key else f"some {says}s"
                yield self._leak(FORGED, row, check, entry, table.path, who)
                return
            looked += 1
            if subject == "recipient" and looked <= _KEYS and self._is_elsewhere(entry.key, table.type):
                yield self._leak(SOME, row, check, entry, table.path, f"all mail for {safe(entry.key)}")
                return

    def _leak(self, who: int, row: RuleRow | None, check: str, entry: Row, path: str, words: str) -> Leak:
        where = f"{safe(path)}:{entry.line}" if entry.line else "its table"
        why = f"{check} lets {words} pass ({where} says {safe(entry.value)})"
        return Leak(who, row, why, entry=entry, path=path if entry.line else "")

    def _lets_pass(self, value: str, stage: str, depth: int) -> bool:
        """Whether a table's value permits a stranger."""
        word = value.split(None, 1)[0].upper() if value.strip() else ""
        if word in {"OK", "RELAY"} or (value.isascii() and value.isdigit()):
            return True
        if word in {"DISCARD", "REJECT", "DEFER", "DUNNO", "HOLD"} or not word:
            return False
        rules = parse_rules(value, self._lists.classes)
        if not rules or not rules[0].known:
            return False
        leaks, _ = self._walk(rules, stage, depth + 1)
        return any(leak.who >= FORGED for leak in leaks)

    def _is_elsewhere(self, key: str, kind: str) -> bool:
        """Whether a key of a recipient table is surely an address or domain that is not ours."""
        domain = key.rpartition("@")[2] if "@" in key else key
        if kind in {"regexp", "pcre", "cidr"} or "." not in domain or domain.startswith("."):
            return False
        from mailtui.postfix.resolver import Resolver

        try:
            return Resolver(self._case.instance).class_of(domain.lower()) == "default"
        except InstanceError:
            return False


def _known(rule: RuleRow | Rule) -> bool:
    return rule.known


def is_world(text: str) -> bool:
    """Whether a network is all there is of its address family."""
    address, slash, length = text.partition("/")
    if not slash or length != "0":
        return False
    try:
        ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    return True


def worst(leaks: Sequence[Leak]) -> int:
    """Who gets past a list at most."""
    return max((leak.who for leak in leaks), default=0)
