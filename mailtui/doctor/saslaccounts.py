"""Accounts of SMTP AUTH: a database that smtpd cannot read or others can, copies that differ, realms, idle
accounts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding, Severity
from mailtui.edits.plan import Plan
from mailtui.edits.saslplan import realm_plan
from mailtui.postfix.errors import InstanceError
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.sasl.accounts import Accounts
    from mailtui.sasl.database import Database
    from mailtui.sasl.services import AuthService

LONG = 30.0
"""Days of log after which an account that handed in no mail is told of."""
_SHOWN = 5
_HERE = About("auth")


def findings(case: Case) -> Iterator[Finding]:
    """Of the services that offer AUTH and look passwords up in sasldb; nothing where none does."""
    from mailtui.sasl.accounts import Accounts
    from mailtui.sasl.services import auth_services

    services = [each for each in auth_services(case.instance) if each.offered]
    if not any(each.kind == "cyrus" for each in services):
        return
    yield from _confs(services)
    if not any(each.asks_sasldb for each in services):
        return
    try:
        found = Accounts(case.instance)
    except InstanceError as error:
        yield _told("sasldb-unknown", "warning", "sasldb cannot be listed", "", error.what, error.do)
        return
    yield from _databases(found)
    yield from _copies(found)
    yield from _realms(case, found)
    yield from _idle(case, found)


def _told(
    kind: str,
    severity: Severity,
    title: str,
    file: str,
    why: str,
    do: str,
    services: tuple[str, ...] = (),
    plan: Plan | None = None,
) -> Finding:
    return Finding(kind, severity, title, file, None, why, plan, do, services, about=_HERE)


def _confs(services: list[AuthService]) -> Iterator[Finding]:
    for conf in {each.conf.path: each.conf for each in services if each.kind == "cyrus"}.values():
        if conf.problem:
            yield _told(
                "smtpd-conf", "error", f"{safe(conf.path)} ends every smtpd that offers AUTH", conf.path,
                conf.problem, "correct the line: a key, at once a colon, then its value",
            )  # fmt: skip


def _databases(found: Accounts) -> Iterator[Finding]:
    for each in found.distinct():
        users = tuple(service.name for service in found.users_of(each.real))
        if each.state == "missing":
            yield _told(
                "sasldb-missing", "error", f"{safe(each.path)} does not exist", each.path,
                f"{', '.join(users)} opens it for every login, which fails like one with a wrong password",
                "mailtui account add makes it; mailtui account fix copies another one", users,
            )  # fmt: skip
            continue
        if each.mode & 0o007:
            yield _told(
                "sasldb-readable", "error", f"{safe(each.path)} can be read by everybody here", each.path,
                f"it is {each.owner}, and the passwords in it are in clear",
                f"mailtui account fix, or chmod o-rwx {safe(each.real)}", users,
            )  # fmt: skip
        if each.problem and each.state == "unreadable" and os.geteuid() != 0:
            yield _told(
                "sasldb-unseen", "advice", f"{safe(each.path)} was not looked at", each.path, each.problem,
                "start mailtui with sudo", users,
            )  # fmt: skip
        elif each.problem:
            yield _told(
                "sasldb-damaged", "error", f"{safe(each.path)} cannot be read", each.path, each.problem,
                "restore it, or move it away and add the accounts again", users,
            )  # fmt: skip
        elif users and not each.accounts:
            yield _empty(found, each, users)
        elif users:
            yield from _reading(found, each, users)


def _empty(found: Accounts, each: Database, users: tuple[str, ...]) -> Finding:
    """Nobody can log in anyway: whether smtpd may read it is the lesser question."""
    conf = next((service.conf for service in found.users_of(each.real)), None)
    why = f"{', '.join(users)} offers AUTH, and looks every password up there"
    if conf is not None and not conf.path:
        why += f", for no {safe(conf.name)} says where else (saslauthd, a directory, a database)"
    if not found.readable(each.path):
        why += f"; {found.reader.user} may not read it either"
    return _told(
        "sasldb-empty", "warning", f"{safe(each.path)} holds no account", each.path, why,
        "mailtui account add; where another program has the passwords: set smtpd_sasl_type = dovecot, or"
        " pwcheck_method in smtpd.conf", users,
    )  # fmt: skip


def _reading(found: Accounts, each: Database, users: tuple[str, ...]) -> Iterator[Finding]:
    if not found.readable(each.path):
        yield _told(
            "sasldb-unreadable", "error", f"{found.reader.user} may not read {safe(each.path)}", each.path,
            f"{found.unreadable_why(each)}: every login at {', '.join(users)} fails with 454",
            f"mailtui account fix, or adduser {found.reader.user} sasl and reload Postfix", users,
        )  # fmt: skip
    elif found.outdated(each):
        yield _told(
            "sasldb-group", "warning", "smtpd runs since before its user was put into the group", each.path,
            f"an smtpd that runs has not the group by which it could read {safe(each.path)}",
            "reload Postfix", users,
        )  # fmt: skip


def _copies(found: Accounts) -> Iterator[Finding]:
    from mailtui.sasl.database import differing

    copies = [each for each in found.distinct() if each.fine]
    for number, one in enumerate(copies):
        for other in copies[number + 1 :]:
            mine, theirs, changed = differing(one, other)
            if not (mine or theirs or changed):
                continue
            parts = [
                f"{what} {_names([safe(str(who)) for who in names])}"
                for what, names in (
                    (f"only {safe(one.path)} has", mine),
                    (f"only {safe(other.path)} has", theirs),
                    ("another password in each:", changed),
                )
                if names
            ]
            both = found.users_of(one.real) and found.users_of(other.real)
            stale = other if found.users_of(other.real) else one
            yield _told(
                "sasldb-stale", "error" if both or mine or changed else "warning",
                f"{safe(one.path)} and {safe(other.path)} differ", stale.path, "; ".join(parts),
                "mailtui account fix copies one over the other, or makes them one file by a link",
                tuple(service.name for service in found.users_of(stale.real)),
            )  # fmt: skip


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _realms(case: Case, found: Accounts) -> Iterator[Finding]:
    """Services where a bare name finds no account at all, and accounts that no bare name finds."""
    known: dict[str, int] = {}
    for row in found.all:
        known[row.account.realm] = known.get(row.account.realm, 0) + 1
    if not known:
        return
    likely = max(known, key=lambda realm: known[realm])
    for service in found.asking:
        if service.realm in known:
            continue
        by = "smtpd_sasl_local_domain" if service.local_domain else "myhostname"
        fix, words = fixed(
            case.tried(realm_plan(case.instance, service, likely)),
            f"set smtpd_sasl_local_domain = {safe(likely)}",
        )
        yield _told(
            "sasl-realm", "warning", f"no account is in the realm that {service.name} asks for",
            case.instance.main.path,
            f"a client that logs in as jean is looked for as jean@{safe(service.realm)} ({by});"
            f" the accounts are in {_names([safe(each) for each in known])} and must give their full names",
            words, (service.name,), fix,
        )  # fmt: skip


def _idle(case: Case, found: Accounts) -> Iterator[Finding]:
    """Accounts that handed in no mail for as long as the log goes back."""
    from mailtui.sasl.seen import seen

    log = seen(case.instance, least=LONG)
    if log.days < LONG:
        return
    used = set(log.names)
    for service in found.asking:
        used |= {str(service.asked(name)) for name in log.names}
    idle = [safe(str(row.account)) for row in found.all if row.usable and str(row.account) not in used]
    if idle:
        yield _told(
            "sasl-idle", "advice",
            f"{len(idle)} account{'s' if len(idle) > 1 else ''} handed in no mail since {log.since}",
            found.distinct()[0].path,
            f"{_names(idle)}: an account that nobody uses is one that nobody misses when it is abused",
            "lock or remove it (7, then l or d), if its owner is gone",
        )  # fmt: skip
