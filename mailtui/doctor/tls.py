"""Certificates: none where logins want TLS, near their end, keys that do not fit, chains with a gap, an smtpd
that still runs with an older one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtui.doctor.case import Case
from mailtui.doctor.model import About, Finding, Severity
from mailtui.edits.plan import Plan
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.sasl.services import AuthService
    from mailtui.sasl.tls import Facts, Pair

_HERE = About("authservices")
_RENEW = "no edit renews it: certbot renew, or a new one from whoever gave this one; then reload Postfix"


def findings(case: Case) -> Iterator[Finding]:
    """Of the smtpd services that have TLS, each pair of files once."""
    from mailtui.sasl.services import auth_services
    from mailtui.sasl.tls import facts

    seen: dict[Pair, tuple[Facts, list[AuthService]]] = {}
    bare: list[AuthService] = []
    for service in auth_services(case.instance):
        if service.tls == "none":
            continue
        found = facts(case.instance, service)
        if not found and (service.offered or service.tls != "may"):
            bare.append(service)
        for each in found:
            seen.setdefault(each.pair, (each, []))[1].append(service)
    if bare:
        yield _none(case, bare)
    for each, users in seen.values():
        yield from _one(case, each, users)


def _told(
    case: Case,
    each: Facts,
    users: list[AuthService],
    kind: str,
    severity: Severity,
    title: str,
    why: str,
    do: str,
    parameter: str = "",
) -> Finding:
    line = case.line(parameter or each.pair.parameter)
    file = case.instance.main.path if line else case.instance.master.path
    if not line:
        line = users[0].row.line
    names = tuple(user.name for user in users)
    return Finding(kind, severity, title, file, line, why, None, do, names, about=_HERE)


def _none(case: Case, users: list[AuthService]) -> Finding:
    from mailtui.doctor.case import fixed
    from mailtui.edits import authplan
    from mailtui.edits.authplan import Wanted, turn_on

    names = tuple(each.name for each in users)
    offering = [each for each in users if each.offered]
    plan = None
    if offering:
        made = turn_on(case.instance, offering[0].row, Wanted())
        kept = tuple(edit for edit in made.edits if getattr(edit, "name", "").startswith("smtpd_tls_"))
        plan = case.tried(Plan(kept, made.says)) if kept else None
    fix, words = fixed(plan, "set smtpd_tls_cert_file and smtpd_tls_key_file (0 Parameters)")
    return Finding(
        "tls-none", "error", f"{', '.join(names)}: TLS is wanted, and there is no certificate",
        case.instance.master.path, users[0].row.line,
        f"smtpd offers no STARTTLS without a certificate, so nobody can log in under TLS"
        f" ({authplan.LEVEL}, {authplan.AUTH_ONLY})", fix, words, names, about=_HERE,
    )  # fmt: skip


def _one(case: Case, each: Facts, users: list[AuthService]) -> Iterator[Finding]:
    from mailtui.sasl.tls import hidden

    cert, key = safe(each.pair.cert), safe(each.pair.key)
    if each.unreadable:
        yield _told(
            case, each, users, "tls-unreadable", "error", f"smtpd cannot read its certificate {cert}",
            f"{each.unreadable}: no TLS, so nobody logs in", "mailtui cannot know which file is meant: give"
            " smtpd_tls_cert_file a file in PEM",
        )  # fmt: skip
        return
    if each.key and hidden(each.pair.key):
        yield _told(
            case, each, users, "tls-key-unseen", "advice", f"the key {key} was not looked at", each.key,
            "start mailtui with sudo: smtpd opens it as root", each.pair.key_parameter,
        )  # fmt: skip
    elif each.key:
        yield _told(
            case, each, users, "tls-key", "error", f"the key does not go with {cert}",
            f"{each.key}: smtpd has no TLS", f"mailtui cannot know where its key is: set"
            f" {each.pair.key_parameter} to the key of that certificate",
            each.pair.key_parameter,
        )  # fmt: skip
    yield from _dates(case, each, users)
    if each.chain_broken:
        yield _told(
            case, each, users, "tls-chain", "warning", f"{cert} has a gap in its chain", each.chain,
            "whoever renews the file would take an edit back: name the one that holds the chain (of certbot:"
            " fullchain.pem, not cert.pem), or append the missing certificate",
        )  # fmt: skip
    elif each.snakeoil or (each.certificate is not None and each.certificate.self_signed):
        what = "Debian's self-made one" if each.snakeoil else "self-signed"
        yield _told(
            case, each, users, "tls-self-signed", "advice", f"the certificate {cert} is {what}",
            "mail programs warn of it, and users learn to take any certificate",
            "no edit makes another: have one from an authority; certbot makes it, and renews it",
        )  # fmt: skip
    if each.key_open:
        yield _told(
            case, each, users, "tls-key-open", "error", f"everybody here may read the key {key}",
            f"{each.key_open}: whoever has it can pose as this server",
            f"mailtui does not change the rights of keys: chmod o-rwx {key}",
            each.pair.key_parameter,
        )  # fmt: skip
    yield from _name(case, each, users)
    yield from _older(case, each, users)


def _dates(case: Case, each: Facts, users: list[AuthService]) -> Iterator[Finding]:
    from mailtui.settings import load

    found = each.certificate
    if found is None or found.days is None or found.days > load().certificate_days:
        return
    cert = safe(each.pair.cert)
    if found.days < 0:
        yield _told(
            case, each, users, "tls-expired", "error", f"the certificate {cert} has expired",
            f"it was good until {found.until}: mail programs refuse to log in", _RENEW,
        )  # fmt: skip
        return
    yield _told(
        case, each, users, "tls-expiring", "warning", f"the certificate {cert} ends in {found.days} days",
        f"it is good until {found.until}, and has not been renewed yet", _RENEW,
    )  # fmt: skip


def _name(case: Case, each: Facts, users: list[AuthService]) -> Iterator[Finding]:
    hosts = dict.fromkeys(user.hostname for user in users)
    if each.certificate is None or any(each.covers(host) for host in hosts) or each.snakeoil:
        return
    names = ", ".join(each.certificate.names)
    why = f"it is for {safe(names)}: that is what users must type in as their server"
    if not names:
        subject = safe(each.certificate.subject) or "its subject"
        why = f"it has no subjectAltName, and mail programs do not take a name from {subject} (RFC 9525)"
    yield _told(
        case, each, users, "tls-name", "advice",
        f"the certificate {safe(each.pair.cert)} is not for {safe(', '.join(hosts))}",
        why, "no edit changes it: have one with that name too",
    )  # fmt: skip


def _older(case: Case, each: Facts, users: list[AuthService]) -> Iterator[Finding]:
    from mailtui.sasl.tls import older

    pids = older(case.instance, each.changed)
    if not pids:
        return
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.changed))
    yield _told(
        case, each, users, "tls-not-reloaded", "warning",
        f"{len(pids)} smtpd process{'es' if len(pids) > 1 else ''} began before {safe(each.pair.cert)} was"
        " changed",
        f"it is of {when}; an smtpd shows the one that was there when it began",
        "the files are right, and no edit is needed: reload Postfix (postfix reload)",
    )  # fmt: skip
