"""Why a login failed: from how things are set up, and from what smtpd said in its log at that moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from mailtui.sasl import dovecot, saslauthd
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.login import Attempt
from mailtui.sasl.mechanisms import MECHANISMS
from mailtui.sasl.services import PLAINTEXT, AuthService
from mailtui.text.safe import safe

Kind = Literal[
    "unreachable", "tls", "off", "config", "mechanism", "missing", "damaged", "unreadable", "stale", "realm",
    "unknown", "elsewhere", "password", "dies",
]  # fmt: skip
"""What it comes to; fixes are offered by it."""

_DENIED = re.compile(r"unable to open Berkeley db (\S+): (.*)")


class Reason(NamedTuple):
    """One reason, in words that are safe to show."""

    kind: Kind
    text: str


def reasons(found: Accounts, service: AuthService, attempt: Attempt, log: Sequence[str]) -> list[Reason]:
    """Why it failed, the likeliest first; nothing where it did not fail."""
    if attempt.ok:
        return []
    told = [*_before(service, attempt, log), *_said(log)]
    if not told or all(each.kind in ("unreadable", "elsewhere") for each in told):
        told = [*_set_up(found, service, attempt), *told]
    return list(dict.fromkeys(told)) or [
        Reason("password", "the account is there and smtpd can read it: the password is not the right one")
    ]


def _before(service: AuthService, attempt: Attempt, log: Sequence[str]) -> Iterator[Reason]:
    """What ended it before a password was asked for."""
    died = next((line for line in log if "fatal:" in line), "")
    if died:
        yield Reason("dies", f"smtpd dies: {died.partition('fatal:')[2].strip()}")
        if service.conf.problem:
            yield Reason("config", service.elsewhere)
        return
    if attempt.problem and not attempt.offered and not attempt.before_tls and "AUTH" not in attempt.problem:
        yield Reason("unreachable", f"{attempt.host} port {attempt.port}: {attempt.problem}")
        return
    if not service.offered:
        yield Reason("off", f"{service.name} offers no AUTH: smtpd_sasl_auth_enable is off for it")
        return
    if not attempt.offered:
        if service.auth_only and not attempt.tls:
            yield Reason(
                "tls", f"{service.name} offers AUTH under TLS alone (smtpd_tls_auth_only), and no STARTTLS"
            )
        else:
            yield Reason("mechanism", f"{service.name} offers no mechanism: {safe(service.conf.wanted)}")
        return
    if attempt.mechanism and attempt.mechanism not in attempt.offered:
        offered = " ".join(attempt.offered)
        yield Reason(
            "mechanism",
            f"{attempt.mechanism} is not offered (mech_list, or a plug-in is not installed); {offered} is",
        )
    elif attempt.problem and not attempt.mechanism:
        yield Reason("mechanism", f"{attempt.problem}; {', '.join(MECHANISMS)} can be")
    elif attempt.code == 530:
        yield Reason("tls", f"TLS must come first: {attempt.text}")


def _said(log: Sequence[str]) -> Iterator[Reason]:
    """What the log names by itself."""
    for line in log:
        denied = _DENIED.search(line)
        if denied is not None:
            yield Reason("unreadable", f"smtpd cannot open {denied[1]}: {denied[2].lower()}")
        elif "cannot connect to saslauthd" in line:
            yield Reason("elsewhere", f"saslauthd does not answer: {line.partition('warning: ')[2]}")


def _set_up(found: Accounts, service: AuthService, attempt: Attempt) -> Iterator[Reason]:
    unreached = _unreached(found, service, attempt)
    if unreached:
        yield Reason("elsewhere", unreached)
        return
    if service.elsewhere:
        yield Reason("config" if service.conf.problem else "elsewhere", service.elsewhere)
        return
    if attempt.mechanism in PLAINTEXT and "auxprop" not in service.conf.methods:
        methods = " and ".join(service.conf.methods)
        yield Reason("elsewhere", f"{safe(methods)} checks passwords for {attempt.mechanism}, not sasldb")
        return
    hindered = found.hindrance(service)
    base = found.databases[service.database]
    if hindered:
        kinds: dict[str, Kind] = {"missing": "missing", "damaged": "damaged"}
        yield Reason(kinds.get(base.state, "unreadable"), hindered)
        return
    asked = service.asked(attempt.user)
    if asked in base.accounts:
        if asked in found.stale:
            yield Reason(
                "stale", f"{safe(str(asked))} has another password in {safe(base.path)} than elsewhere"
            )
        return
    elsewhere = [each.path for each in found.distinct() if asked in each.accounts]
    if elsewhere:
        yield Reason(
            "stale",
            f"{service.name} opens {safe(base.path)}, without {safe(str(asked))}: {safe(elsewhere[0])} has",
        )
        return
    twins = [str(who) for each in found.distinct() for who in each.accounts if who.user == asked.user]
    if twins:
        by = f"smtpd_sasl_local_domain = {service.local_domain}" if service.local_domain else (
            f"smtpd_sasl_local_domain is empty, so myhostname {service.hostname}"
        )  # fmt: skip
        yield Reason(
            "realm",
            f"smtpd looked for {safe(str(asked))} ({by}); there is {safe(', '.join(dict.fromkeys(twins)))}",
        )
        return
    yield Reason("unknown", f"there is no account {safe(str(asked))}")


def _unreached(found: Accounts, service: AuthService, attempt: Attempt) -> str:
    """Why smtpd does not get to who checks this password, and what to do; empty where it does."""
    queue, who = found.instance.queue_directory, found.reader
    if saslauthd.used(service) and attempt.mechanism in PLAINTEXT:
        way = saslauthd.reach(queue, service, who)
        return f"{way.says(who.user)}: {saslauthd.advice(way, who)}" if way.trouble else ""
    if dovecot.used(service):
        way = dovecot.reach(queue, service, who)
        return f"{way.says(who.user)}: {dovecot.advice(way, who)}" if way.trouble else ""
    return ""
