"""Where the rule behind a refusal stands in this server's lists: which service, which parameter, which line,
and, of an access table, which entry.

    for place in places(instance, record, refusal(record)): place.words
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailtui.maillog.record import Record
from mailtui.maillog.refusal import Refusal
from mailtui.postfix.addresses import recipient
from mailtui.postfix.chainread import ReadRule, ServiceLists, smtpd_services
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup, parse_map, split_list
from mailtui.postfix.restrictionnames import ARGUMENTS, DEFAULT_COMMANDS
from mailtui.postfix.rules import rules_of
from mailtui.postfix.smtpd.access import domain_keys, mail_keys, network_keys
from mailtui.postfix.smtpd.session import PARAMETERS
from mailtui.text.safe import decode, encode, safe

_ACTIONS = ("reject", "defer", "defer_if_permit", "defer_if_reject", "hangup")


class RefusalPlace(NamedTuple):
    """A place that may have given the reply. `service` as `smtp/inet`, empty for what holds for all;
    `parameter` the list (or the setting) and `rule` what stands there. `entry` is that of its table which did
    it: `sender_access:4 spam@example.net REJECT`."""

    service: str
    parameter: str
    rule: str
    file: str
    line: int | None
    entry: str = ""

    @property
    def words(self) -> str:
        """The place in one line, safe to show."""
        where = f"{self.file}:{self.line}" if self.line else f"{self.file} (by default)"
        of = f"{self.service}  " if self.service else ""
        found = f"  {self.entry}" if self.entry else ""
        return safe(f"{of}{self.parameter}: {self.rule}  {where}{found}")


def places(instance: Instance, record: Record, found: Refusal) -> list[RefusalPlace]:
    """Every place in the lists of the service that logged the line (of all smtpd services where the line does
    not tell) that can have given the reply; entries of tables that hold it first. Raises InstanceError."""
    rules: list[RefusalPlace] = []
    settings: list[RefusalPlace] = []
    names = {name for name in found.names if name in ARGUMENTS}
    for service in services_of(instance, record):
        lists = ServiceLists(instance, service)
        for parameter in (*PARAMETERS.values(), *lists.classes):
            rules += _in_list(instance, lists, parameter, names, record, found)
        settings += _settings(instance, lists, found)
    rules.sort(key=lambda place: not place.entry)
    with_entry = [place for place in rules if place.entry]
    own = [place for place in rules if not place.rule.startswith("check_")]
    written = [place for place in settings if place.line] or settings
    return list(dict.fromkeys([*(with_entry or rules), *(own if with_entry else ()), *written]))


def services_of(instance: Instance, record: Record) -> Sequence[str]:
    """The services whose syslog_name a line has; all where none has it."""
    every = smtpd_services(instance)
    program = (record.process or "").rpartition("/")[0]
    named = [
        service for service in every if ServiceLists(instance, service).setting("syslog_name") == program
    ]
    return named or every


def _in_list(
    instance: Instance, lists: ServiceLists, parameter: str, names: set[str], record: Record, found: Refusal
) -> Iterator[RefusalPlace]:
    for read in lists.rules(parameter)[1]:
        rule = read.rule
        name = rule.name.lower() or DEFAULT_COMMANDS.get(parameter, "")
        if not read.written.enabled or read.reference or rule.warn_only or name not in names:
            continue
        if found.argument and name != "reject_maps_rbl" and not _is_zone(rule.argument, found.argument):
            continue
        entry = ""
        if name.startswith("check_") and name.endswith("_access"):
            told = _entry(instance, lists, read, name, parameter, record, found)
            if told is None:
                continue
            entry = told
        line = read.written.line or None
        shown = f"{rule.name or name} {rule.argument}".rstrip()
        yield RefusalPlace(lists.service, read.place.title, shown, read.place.target.path, line, entry)


def _is_zone(argument: str, zone: str) -> bool:
    return argument.partition("=")[0].rstrip(".").lower() == zone.rstrip(".").lower()


# The entry of an access table


def _entry(
    instance: Instance,
    lists: ServiceLists,
    read: ReadRule,
    name: str,
    parameter: str,
    record: Record,
    found: Refusal,
) -> str | None:
    """The entry of a table that holds the reply; empty where the table cannot be searched here, None where it
    can and has none."""
    table = parse_map(read.rule.argument, parameter, instance.config_dir)
    keys = list(_keys(instance, lists, name, record))
    if not keys or table.target is None:
        return ""
    return _searched(instance, table, keys, found)


def _searched(instance: Instance, table: Lookup, keys: Sequence[str], found: Refusal) -> str | None:
    assert table.target is not None
    try:
        document = entries(instance.files, table.target)
    except OSError:
        return ""  # it cannot be told whether it has the entry
    for key in keys:
        index = document.find(encode(key))
        if index is None:
            continue
        entry = document.entry(index)
        value = decode(entry.value)
        return f"{table.target.name}:{entry.line} {key} {value}" if _gives(value, found.said) else None
    return None


def _gives(value: str, said: str) -> bool:
    """Whether a value of access(5) gives a reply with these words."""
    word, _blank, text = value.strip().partition(" ")
    if word.lower() not in _ACTIONS and not (len(word) == 3 and word.isdigit() and word[0] in "45"):
        return False
    text = text.strip()
    status, _blank, rest = text.partition(" ")
    if status.count(".") == 2 and status.replace(".", "").isdigit():
        text = rest.strip()
    wanted = text.lower() or "access denied"
    return said.lower().startswith(wanted) or (not text and said.lower().startswith("service unavailable"))


def _keys(instance: Instance, lists: ServiceLists, name: str, record: Record) -> Iterator[str]:
    """What the check asks its table for, of what the line tells."""
    parents = "smtpd_access_maps" in split_list(lists.setting("parent_domain_matches_subdomains"))
    match name:
        case "check_client_access" | "check_reverse_client_hostname_access":
            if record.client_name:
                yield from domain_keys(record.client_name, parents=parents)
            if record.client_address:
                yield from network_keys(record.client_address)
        case "check_helo_access":
            yield from domain_keys(record.helo or "", parents=parents)
        case "check_sender_access" if record.sender == "":
            yield lists.setting("smtpd_null_access_lookup_key")
        case "check_sender_access" if record.sender:
            yield from mail_keys(recipient(record.sender), rules_of(instance), parents=parents)
        case "check_recipient_access" if record.recipient:
            yield from mail_keys(recipient(record.recipient), rules_of(instance), parents=parents)
        case "check_sasl_access" if record.sasl_username:
            yield record.sasl_username


# Settings


def _settings(instance: Instance, lists: ServiceLists, found: Refusal) -> Iterator[RefusalPlace]:
    """Parameters that are no lists of rules: message_size_limit, header_checks …"""
    for name in found.names:
        if name in ARGUMENTS:
            continue
        try:
            value = instance.parameters.effective(name) if not lists.own(name) else lists.setting(name)
        except ParameterError:
            continue  # this Postfix does not know it
        if not value:
            continue
        place = lists.place(name)
        service = lists.service if place.service else ""
        yield RefusalPlace(service, name, value, place.target.path, place.line)
