"""Rows of access tables that do not do what they say: keys never asked for, odd actions (access(5))."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from mailtui.doctor.accesstables import Asked, asked
from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import Finding, Severity
from mailtui.doctor.tabletexts import Row
from mailtui.edits.entries import RemoveEntry, RenameEntry, SetEntry
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
from mailtui.postfix.lookups import INDEXED, PATTERNS, split_list
from mailtui.postfix.smtpd.chain import parse_rules
from mailtui.text.safe import encode, safe

ACTIONS = (
    "OK", "RELAY", "REJECT", "DEFER", "DEFER_IF_REJECT", "DEFER_IF_PERMIT", "DUNNO", "HOLD", "DISCARD",
    "FILTER", "REDIRECT", "BCC", "PREPEND", "WARN", "INFO", "HANGUP",
)  # fmt: skip
_CODE = re.compile(r"[45]\d\d")
_STRANGE = (
    rb"(?!(?:" + "|".join(ACTIONS).encode() + rb")(?:[ \t\r,]|$))(?![45][0-9][0-9][ \t]+\S)(?![0-9]+\r?$).*"
)
_BARE_CODE = rb"[45][0-9][0-9][ \t]*\r?"
_HOSTS = re.compile(r"check_(client|reverse_client_hostname)_access|check_.*_(mx|ns|a)_access")
_NO_OK = re.compile(r"check_.*_(mx|ns|a)_access|check_reverse_client_hostname_access")
_OCTETS = {8: 1, 16: 2, 24: 3}
_MANY = 5
"""Rows of one kind in one table that are told of one by one."""


def findings(case: Case) -> Iterator[Finding]:
    """The rows of each text table that restrictions ask."""
    for each in asked(case):
        if case.texts.raw(each.table) is None or _used_elsewhere(case, each):
            continue
        yield from _few(each, _bare_codes(case, each))
        yield from _few(each, _actions(case, each))
        yield from _few(each, _forbidden(case, each))
        if each.table.type in PATTERNS:
            yield from _few(each, _networks(case, each))
        else:
            yield from _few(each, _keys(case, each))


def _used_elsewhere(case: Case, each: Asked) -> bool:
    """Whether the file serves another parameter too, whose keys and values are of another kind."""
    lists = {sight.row.place.name for sight in case.sights}
    values = (value for name, value in case.values.items() if name not in lists)
    return any(f":{each.table.path}" in value for value in values)


def _few(each: Asked, said: Iterator[Finding]) -> Iterator[Finding]:
    """The first of a kind, and how many more there are."""
    found = list(said)
    yield from found[:_MANY]
    if len(found) > _MANY:
        last = found[_MANY]
        yield Finding(
            last.id, last.severity, f"{safe(each.table.path)}: {len(found) - _MANY} more rows like these",
            each.table.path, last.line, last.why, None, "put the first ones right; the next are shown then",
            rules=each.rules,
        )  # fmt: skip


def _finding(
    id_: str, severity: Severity, each: Asked, row: Row, why: str, fix: tuple[Plan | None, str]
) -> Finding:
    title = f"{safe(row.key)} {safe(row.value, 60)}".rstrip()
    return Finding(id_, severity, title, each.table.path, row.line, why, *fix, rules=each.rules)


def _rows(case: Case, each: Asked, value: bytes, wanted: Callable[[Row], bool]) -> Iterator[Row]:
    """The rows whose value matches; patterns are read one by one."""
    if each.table.type in PATTERNS:
        yield from (row for row in case.texts.patterns(each.table) if wanted(row))
    else:
        yield from case.texts.where(each.table, value)


def _standing(case: Case, each: Asked, row: Row) -> tuple[Target, str, str] | None:
    """The row as the edits name it: target, key, whole value. None where it is not the one that counts."""
    target = each.table.target
    if target is None:
        return None
    document = entries(case.instance.files, target)
    index = document.find(encode(row.key))
    if index is None or document.entry(index).line != row.line:
        return None
    entry = document.entry(index)
    decoded = entry.key.decode("utf-8", "surrogateescape"), entry.value.decode("utf-8", "surrogateescape")
    return target, *decoded


def _by_hand(each: Asked) -> str:
    return "patterns and networks are edited in the file" if each.table.type in PATTERNS else "edit the row"


# -- values


def _bare_codes(case: Case, each: Asked) -> Iterator[Finding]:
    for row in _rows(case, each, _BARE_CODE, lambda row: bool(_CODE.fullmatch(row.value))):
        says = "REJECT" if row.value.startswith("5") else "DEFER"
        plan = _value(case, each, row, says)
        yield _finding(
            "access-digits", "error", each, row,
            f"digits alone permit: {safe(row.value)} without a text lets it pass",
            fixed(plan, f"write {says}"),
        )  # fmt: skip


def _value(case: Case, each: Asked, row: Row, value: str) -> Plan | None:
    found = _standing(case, each, row)
    if found is None:
        return None
    target, key, was = found
    return case.tried(Plan((SetEntry(target, key, value, was),)))


def _actions(case: Case, each: Asked) -> Iterator[Finding]:
    classes = each.sight.by[0][0].lists.classes
    for row in _rows(case, each, _STRANGE, lambda row: row.word not in ACTIONS):
        wrong = _wrong_action(row, classes)
        if not wrong:
            continue
        close = difflib.get_close_matches(row.word, ACTIONS, n=1, cutoff=0.75)
        plan = None
        if close:
            plan = _value(case, each, row, f"{close[0]} {row.value.partition(' ')[2]}".strip())
        do = f"write {close[0]}" if close else _by_hand(each)
        yield _finding(
            "access-action", "error", each, row,
            f"{safe(wrong)} is no action of access(5), and no restriction: who is found here gets 451 4.3.5",
            fixed(plan, do),
        )  # fmt: skip


def _wrong_action(row: Row, classes: Sequence[str]) -> str:
    """The word that smtpd does not know; empty where it knows all."""
    if row.word in ACTIONS or row.value.isdigit() or not row.value:
        return ""
    if _CODE.fullmatch(row.word):
        return ""
    for rule in parse_rules(row.value, classes):
        if not rule.known:
            return rule.name
        if not rule.name:
            return rule.argument
        if rule.name.lower() in {"permit", "reject", "defer"}:
            break
    return ""


def _forbidden(case: Case, each: Asked) -> Iterator[Finding]:
    """OK where smtpd forbids it."""
    checks = [check for check in each.checks if _NO_OK.fullmatch(check)]
    if not checks:
        return
    word = rb"(?:OK|RELAY|[0-9]+)(?:[ \t].*)?\r?"
    for row in _rows(case, each, word, lambda row: row.word in {"OK", "RELAY"} or row.value.isdigit()):
        plan = _value(case, each, row, "DUNNO")
        yield _finding(
            "access-forbidden-ok", "error", each, row,
            f"{checks[0]} may not permit: who is found here gets 451 4.3.5; DUNNO makes an exception",
            fixed(plan, "write DUNNO"),
        )  # fmt: skip


# -- keys


def _keys(case: Case, each: Asked) -> Iterator[Finding]:
    if each.table.type not in INDEXED and each.table.type != "texthash":
        return
    parents = "smtpd_access_maps" in split_list(case.setting("parent_domain_matches_subdomains"))
    for row in case.texts.where(each.table, rb"\S.*", rb"(?:[@.*][^\s]*|\S+[:./]|[0-9a-f.:]+/[0-9]+)"):
        told = _odd_key(row.key, parents=parents, hosts=any(_HOSTS.fullmatch(c) for c in each.checks))
        if told is None:
            continue
        why, right = told
        if right and _stands(case, each, right, row.value):
            continue  # written both ways, for either setting
        plan = _renamed(case, each, row, right) if right else None
        do = f"write {right}" if right else "put it into a cidr: table of its own"
        yield _finding("access-key", "warning", each, row, safe(why), fixed(plan, safe(do)))


def _stands(case: Case, each: Asked, key: str, value: str) -> bool:
    """Whether a table has this key too, with the same value."""
    target = each.table.target
    if target is None:
        return False
    document = entries(case.instance.files, target)
    index = document.find(encode(key))
    return index is not None and document.entry(index).value.split() == encode(value).split()


def _odd_key(key: str, *, parents: bool, hosts: bool) -> tuple[str, str] | None:
    """Why a key is never asked for, and the key that would be; empty for none."""
    if key.startswith("@"):
        return "smtpd never asks an access table for @domain: the domain alone stands for it", key[1:]
    if key.startswith("*"):
        right = key.lstrip("*").lstrip("@")
        right = right.lstrip(".") if parents else right
        return "* fits nothing here: a table of keys knows no wildcards", right
    if key.startswith(".") and parents and len(key) > 1:
        why = "parent_domain_matches_subdomains has smtpd_access_maps: smtpd asks for example.com, never for"
        return f"{why} .example.com", key[1:]
    if not hosts:
        return None
    address, slash, length = key.partition("/")
    if slash and _is_network(key):
        parts = _OCTETS.get(int(length)) if "." in address else None
        why = "a table of keys knows no networks: smtpd asks for the address, then for its first parts"
        return why, ".".join(address.split(".")[:parts]) if parts else ""
    if key.endswith(".") and key.replace(".", "").isdigit():
        return "smtpd asks for the first parts of an address without a dot behind them", key.rstrip(".")
    return None


def _is_network(key: str) -> bool:
    try:
        ipaddress.ip_network(key, strict=False)
    except ValueError:
        return False
    return True


def _renamed(case: Case, each: Asked, row: Row, right: str) -> Plan | None:
    found = _standing(case, each, row)
    target = each.table.target
    if found is None or target is None:
        return None
    _, key, was = found
    if entries(case.instance.files, target).find(encode(right)) is not None:
        return case.tried(Plan((RemoveEntry(target, key, was),)))
    return case.tried(Plan((RenameEntry(target, key, right, was),)))


def _networks(case: Case, each: Asked) -> Iterator[Finding]:
    """Rows of a cidr table that Postfix passes over."""
    if each.table.type != "cidr":
        return
    for row in case.texts.patterns(each.table):
        text = row.key.lstrip("!")
        address, slash, _ = text.partition("/")
        if not slash or not _is_network(text):
            continue
        net = ipaddress.ip_network(text, strict=False)
        if net.network_address != ipaddress.ip_address(address):
            yield _finding(
                "cidr-host-bits", "error", each, row,
                "bits of the address stand behind its length: Postfix passes the row over",
                (None, f"{_by_hand(each)}: write {net}"),
            )  # fmt: skip
