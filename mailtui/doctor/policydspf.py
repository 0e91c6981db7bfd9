"""policyd-spf: where it is asked, how long it may live, and what in its file does not do what it says."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, Sight, fixed
from mailtui.doctor.model import Finding, Severity
from mailtui.edits import ruleplan
from mailtui.edits.keywords import SetKeyword, UnsetKeyword
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.milters.opendmarc import Opendmarc, opendmarc
from mailtui.milters.policydspf import (
    LISTS,
    NETWORKS,
    NUMBERS,
    Policyd,
    blanks,
    host_bits,
    is_installed,
    names_it,
    policyds,
)
from mailtui.postfix.chainrows import RuleRow
from mailtui.text.safe import decode, safe

LIMIT = 3600
"""Seconds that README.Debian gives a process, in place of the 1000 of command_time_limit."""
_GUARDS = frozenset({"reject_unauth_destination", "defer_unauth_destination"})


def findings(case: Case) -> Iterator[Finding]:
    """Of every entry of master.cf that spawns it."""
    for policyd in policyds(case.instance):
        sights = [sight for sight in case.sights if names_it(sight.row, policyd)]
        if not is_installed(policyd.program):
            yield _uninstalled(case, policyd, asked=bool(sights))
            continue
        if not sights:
            yield _unasked(case, policyd)
        for sight in sights:
            yield from _early(case, sight)
        yield from _short(case, policyd)
        yield from _file(case, policyd)


def _uninstalled(case: Case, policyd: Policyd, *, asked: bool) -> Finding:
    does = "every mail that comes to the rule that asks it gets 451" if asked else "no rule asks it yet"
    return Finding(
        "policyd-spf-missing", "error" if asked else "warning",
        f"{safe(policyd.service.service)} starts {safe(policyd.program)}, which is not there",
        case.instance.master.path, policyd.service.line, f"spawn(8) cannot start it: {does}", None,
        "apt install postfix-policyd-spf-python; or take the service and its rule out",
    )  # fmt: skip


# Where it is asked


def _unasked(case: Case, policyd: Policyd) -> Finding:
    """In master.cf, and no rule names it."""
    rule = f"check_policy_service {policyd.endpoint}"
    after = next((sight.row for sight in case.sights if _is_guard(sight.row)), None)
    plan = _behind(case, after, rule) if after is not None else None
    otherwise = f"put {rule} into smtpd_recipient_restrictions, after reject_unauth_destination"
    fix, words = fixed(case.tried(plan) if plan is not None else None, otherwise)
    return Finding(
        "policyd-spf-unasked", "warning", f"{safe(policyd.service.service)} is there, and nobody asks it",
        case.instance.master.path, policyd.service.line,
        f"no rule says check_policy_service {safe(policyd.endpoint)}: SPF is not checked", fix, words,
    )  # fmt: skip


def _is_guard(row: RuleRow) -> bool:
    return row.stage == "recipient" and row.name.lower() in _GUARDS and not row.via and row.place.is_set


def _behind(case: Case, after: RuleRow, rule: str) -> Plan:
    """A rule right behind another one."""
    later = [sight.row for sight in case.sights if sight.row.place == after.place and not sight.row.via]
    following = [row for row in later if row.first > after.last]
    before = min(following, key=lambda row: row.first) if following else None
    return ruleplan.insert(case.instance, after.place, rule, before)


def _early(case: Case, sight: Sight) -> Iterator[Finding]:
    """Asked before it is known that the mail is for us."""
    row = sight.row
    if row.stage not in {"recipient", "relay"} or row.via:
        return
    rows = [each.row for each in case.sights if each.row.place == row.place]
    guards = [each for each in rows if each.name.lower() in _GUARDS and each.first > row.last]
    if not guards:
        return
    last = max(guards, key=lambda each: each.last)
    following = [each for each in rows if each.first > last.last and not each.via]
    before = min(following, key=lambda each: each.first) if following else None
    fix, words = fixed(
        case.tried(ruleplan.move(case.instance, row, before)), f"move it behind {safe(last.text)}"
    )
    yield Finding(
        "policyd-spf-early", "warning", f"{row.place.title}: SPF is checked before {safe(last.text)}",
        row.file, row.line or row.place.line,
        "every stranger who wants to relay costs questions to DNS, and an answer that permits (a whitelisted"
        " client) would let him relay through here", fix, words, sight.services,
    )  # fmt: skip


def _short(case: Case, policyd: Policyd) -> Iterator[Finding]:
    """The time after which spawn(8) ends the process, in the middle of a session."""
    name = policyd.time_limit
    written = case.instance.parameters.get(name)
    seconds = _seconds(case.setting(name)) if written is not None else None
    if seconds is not None and seconds >= LIMIT:
        return
    plan = Plan((SetParameter(case.instance.main, name, f"{LIMIT}s", written),))
    fix, words = fixed(case.tried(plan), f"set {name} = {LIMIT}s")
    now = f"{name} = {safe(written)}" if written is not None else f"{name} is not set (1000 s)"
    yield Finding(
        "policyd-spf-time-limit", "advice", now, case.instance.main.path, case.line(name),
        "spawn(8) ends the process then, also while smtpd is about to ask it: a warning in the log, and 451"
        f" for the client; README.Debian of postfix-policyd-spf-python wants {LIMIT} s", fix, words,
    )  # fmt: skip


def _seconds(text: str) -> int | None:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    bare, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    return int(bare) * units[unit] if bare.isdecimal() else None


# Its file


def _file(case: Case, policyd: Policyd) -> Iterator[Finding]:
    if policyd.unread:
        yield Finding(
            "policyd-spf-unread", "error", f"{safe(policyd.target.path)} cannot be read",
            policyd.target.path, None, f"{policyd.unread}: policyd-spf ends, and all mail gets 451", None,
            "put the file there, or name another in master.cf",
        )  # fmt: skip
        return
    if not policyd.refuses:
        edit = SetKeyword(policyd.target, "TestOnly", "1", policyd.value("TestOnly"))
        yield _of(
            case, policyd, "policyd-spf-test-only", "warning", "policyd-spf refuses nothing: TestOnly = 0",
            "TestOnly", "0 is the mode for trying out, in spite of the name; 1 is the one that refuses", edit,
        )  # fmt: skip
    yield from _numbers(case, policyd)
    yield from _lists(case, policyd)
    yield from _header(case, policyd, opendmarc(case.instance))


def _numbers(case: Case, policyd: Policyd) -> Iterator[Finding]:
    for name in NUMBERS:
        found = policyd.document.value(name)
        if found is not None and not decode(found).strip().lstrip("+-").isdecimal():
            shown = safe(decode(found), 40)
            yield _of(
                case, policyd, "policyd-spf-number", "error", f"{name} = {shown} is no number", name,
                "policyd-spf ends when it reads this, and Postfix answers every mail with 451",
                UnsetKeyword(policyd.target, name, decode(found)),
            )  # fmt: skip


def _lists(case: Case, policyd: Policyd) -> Iterator[Finding]:
    for name in LISTS:
        raw = policyd.document.value(name)
        if raw is None:
            continue
        value = decode(raw)
        tight = blanks(value)
        bits = host_bits(tight or value) if name in NETWORKS else None
        if tight is not None:
            yield _of(
                case, policyd, "policyd-spf-blanks", "warning", f"{name} has blanks between its items", name,
                "an item behind a blank never matches",
                SetKeyword(policyd.target, name, bits or tight, value),
            )  # fmt: skip
        elif bits is not None:
            yield _of(
                case, policyd, "policyd-spf-host-bits", "warning", f"{name}: a network with host bits", name,
                "policyd-spf passes over a network whose address has bits behind its length",
                SetKeyword(policyd.target, name, bits, value),
            )  # fmt: skip


def _header(case: Case, policyd: Policyd, judge: Opendmarc | None) -> Iterator[Finding]:
    """What opendmarc can read of the result."""
    kind = policyd.value("Header_Type")
    if judge is None or "AR" in kind:
        return
    if judge.yes("SPFSelfValidate") and kind != "SPF":
        return
    none = kind == "None"
    was = policyd.document.value("Header_Type")
    edit = SetKeyword(policyd.target, "Header_Type", "AR", None if was is None else decode(was))
    yield _of(
        case, policyd, "policyd-spf-header", "warning" if none else "advice",
        f"Header_Type = {safe(kind, 20)}, and opendmarc is to know of SPF", "Header_Type",
        "opendmarc gets no result of SPF: mail without a DKIM signature fails DMARC" if none else
        "opendmarc has a result of SPF for certain only in Authentication-Results (AR), under a name that it"
        " trusts", edit,
    )  # fmt: skip


def _of(
    case: Case, policyd: Policyd, kind: str, severity: Severity, title: str, name: str, why: str, edit: Edit
) -> Finding:
    fix, words = fixed(case.tried(Plan((edit,))), f"correct {name} in the file")
    return Finding(kind, severity, title, policyd.target.path, policyd.line(name), why, fix, words)
