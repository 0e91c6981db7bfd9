"""ClamAV: a clamd that clamav-milter does not get to, mail that is not scanned, signatures that are old.

Neither is asked anything: their files, the kernel's list of listening sockets and the databases tell.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.clamavsizes import ABOUT, sizes
from mailtui.doctor.model import Finding, Severity
from mailtui.edits.keywords import RemoveKeyword, SetKeyword, UnsetKeyword
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.formats.milteritem import Endpoint
from mailtui.milters.clamav import FOLDER, ON_INFECTED, Scanner, Settings, clamd_text
from mailtui.milters.clamavreading import read, scanner
from mailtui.milters.clamd import OLD, days, signatures
from mailtui.milters.known import leads_to
from mailtui.milters.programs import PROGRAMS
from mailtui.milters.sockets import Sockets, is_here
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import safe

_START = "systemctl start clamav-daemon; no edit can"
_BIG = 50 << 20
"""Bytes of databases from which on loading them twice matters."""
_ENOUGH = 4 << 30
"""Bytes of memory in which they have room twice."""


def findings(case: Case) -> Iterator[Finding]:
    """Where the chains ask clamav-milter, and its file can be read."""
    found = scanner(case.instance)
    if found is None:
        return
    yield from _reached(case, found)
    yield from _actions(case, found)
    yield from _passed_over(case, found)
    yield from sizes(case, found)
    yield from _open(case, found)
    yield from _signatures(case, found)


def of(
    case: Case, settings: Settings, id_: str, severity: Severity, title: str, name: str, why: str,
    edit: Edit | None = None, otherwise: str = "",
) -> Finding:  # fmt: skip
    """A finding at a keyword of a file of ClamAV's."""
    fix, words = fixed(case.tried(Plan((edit,))) if edit is not None else None, otherwise)
    line = settings.line(name) or 1
    return Finding(id_, severity, title, settings.target.path, line, why, fix, words, about=ABOUT)


# Whether clamav-milter gets to clamd


def _reached(case: Case, found: Scanner) -> Iterator[Finding]:
    """Of all places that it looks in: they take turns, so that one is enough."""
    sockets = Sockets()
    if not sockets.found or not found.wanted:
        return  # the kernel's list cannot be read; or nothing is named, and it does not start
    troubles = [_trouble(case, found, where, sockets) for where in found.wanted]
    if all(troubles):
        yield from (each for each in troubles if each is not None)


def _trouble(case: Case, found: Scanner, where: Endpoint, sockets: Sockets) -> Finding | None:
    """Why clamd is not reached at one place; None where it is, or where another host is meant."""
    real = found.real(where)
    if real.kind == "inet" and not is_here(real.host):
        return None
    shown = safe(clamd_text(where))
    severity: Severity = "warning" if found.on_fail == "accept" else "error"
    down = f"mail {found.unscanned} (OnFail)"
    if sockets.at(real) is not None:
        way = found.way(real)
        who = found.user
        if not way.trouble or who is None:
            return None
        words = (
            f"adduser {safe(who.name)} {safe(way.group)}, then restart clamav-milter" if way.group
            else "set LocalSocketGroup and LocalSocketMode of clamd, and let its user into the folder"
        )  # fmt: skip
        return of(case, found.milter, "clamav-clamd-rights", severity,
                  f"clamav-milter may not ask clamd at {shown}", "ClamdSocket",
                  f"{way.says(safe(who.name))}; {down}", None, words)  # fmt: skip
    others = [each.endpoint for each in sockets.of(PROGRAMS["clamd"].processes)] or list(found.offered)
    others = [each for each in others if not leads_to(real, each)]
    root = found.milter.text("Chroot")
    if root and where.kind == "unix" and any(leads_to(where, each) for each in others):
        return of(case, found.milter, "clamav-chroot", severity, f"clamd's socket is outside {safe(root)}",
                  "Chroot", f"clamav-milter looks for {safe(real.path)}, which is not there; {down}",
                  UnsetKeyword(found.milter.target, "Chroot", found.milter.was("Chroot") or root),
                  f"have clamd listen below {safe(root)}")  # fmt: skip
    if others:
        return _elsewhere(case, found, where, others[0], severity, down)
    return of(case, found.milter, "clamav-clamd-down", severity, f"no clamd listens at {shown}",
              "ClamdSocket", f"clamav-milter has nobody to ask: {down}", None, _START)  # fmt: skip


def _elsewhere(
    case: Case, found: Scanner, where: Endpoint, there: Endpoint, severity: Severity, down: str
) -> Finding:
    value = clamd_text(there)
    several = len(found.milter.all("ClamdSocket")) > 1
    was = found.milter.was("ClamdSocket")
    fits = not found.milter.text("Chroot") and there.host not in {"0.0.0.0", "::"}  # noqa: S104  # compared
    edit = SetKeyword(found.milter.target, "ClamdSocket", value, was) if fits and not several else None
    clamd = f"{safe(found.clamd.target.path)} has it at" if found.clamd is not None else "it is at"
    return of(
        case, found.milter, "clamav-clamd-elsewhere", severity,
        f"clamav-milter looks for clamd at {safe(clamd_text(where))}, which is elsewhere", "ClamdSocket",
        f"{clamd} {safe(value)}; {down}", edit, f"name {safe(value)} in ClamdSocket",
    )  # fmt: skip


# What becomes of mail


def _actions(case: Case, found: Scanner) -> Iterator[Finding]:
    milter = found.milter
    infected = milter.text("OnInfected", "Quarantine").lower()
    if infected in {"accept", "blackhole"}:
        severity: Severity = "error" if infected == "accept" else "advice"
        why = "whoever gets it is not warned, unless a filter of his looks at X-Virus-Status"
        if infected == "blackhole":
            why = "what is called a virus by mistake is lost, and neither side learns of it"
        yield of(case, milter, "clamav-on-infected", severity,
                 f"mail with a virus {ON_INFECTED[infected]}", "OnInfected", why,
                 SetKeyword(milter.target, "OnInfected", "Reject", milter.was("OnInfected")))  # fmt: skip
    clean = milter.text("OnClean", "Accept")
    if clean.lower() != "accept":
        yield of(case, milter, "clamav-on-clean", "error", f"OnClean {safe(clean, 20)} stops clean mail",
                 "OnClean", f"clean mail {ON_INFECTED.get(clean.lower(), 'is not let through')}",
                 SetKeyword(milter.target, "OnClean", "Accept", milter.was("OnClean")))  # fmt: skip


# What is passed over


def _passed_over(case: Case, found: Scanner) -> Iterator[Finding]:
    milter = found.milter
    trusted = [net for each in split_list(case.setting("mynetworks")) if (net := _network(each)) is not None]
    for text in milter.all("LocalNet"):
        net = _network(text)
        if net is None or net.is_loopback:
            continue
        everybody = net.prefixlen == 0
        users = [str(each) for each in trusted if each.version == net.version and each.overlaps(net)]
        if not everybody and not users:
            continue
        who = "everybody" if everybody else f"the clients in {', '.join(users[:3])} (mynetworks)"
        yield of(case, milter, "clamav-local-net", "error" if everybody else "warning",
                 f"LocalNet {safe(text, 60)}: mail of {who} is not scanned", "LocalNet",
                 "a machine there that has caught a virus sends it on to all the world from here",
                 RemoveKeyword(milter.target, "LocalNet", text))  # fmt: skip
    skips = milter.was("SkipAuthenticated")
    asking = {asker.service for chain, _ in found.asked for asker in chain.asking}
    logins = [
        each.service for each in case.servers
        if each.service in asking and each.lists.yes("smtpd_sasl_auth_enable")
    ]  # fmt: skip
    if skips and logins:
        yield of(case, milter, "clamav-skip-authenticated", "warning",
                 f"SkipAuthenticated {safe(skips, 40)}: mail of users who log in is not scanned",
                 "SkipAuthenticated",
                 f"they log in at {safe(', '.join(logins))}; who stole a password sends viruses from here",
                 UnsetKeyword(milter.target, "SkipAuthenticated", skips))  # fmt: skip


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


# clamd itself


def _open(case: Case, found: Scanner) -> Iterator[Finding]:
    """A clamd without a password that the world gets to."""
    clamd = found.clamd
    if clamd is None or not clamd.text("TCPSocket") or clamd.all("TCPAddr"):
        return
    yield of(case, clamd, "clamav-clamd-open", "error", "clamd listens on every address of this host",
             "TCPSocket", "it has no password: who gets there can have it read files, and stop it",
             SetKeyword(clamd.target, "TCPAddr", "127.0.0.1", None))  # fmt: skip


def _signatures(case: Case, found: Scanner) -> Iterator[Finding]:
    clamd = found.clamd
    if clamd is None:
        return
    held = signatures(found.folder)
    if held.unseen:
        return
    shown = safe(found.folder)
    fresh = _freshclam(case, clamd)
    if not held.names:
        why = held.problem or "there is no database in it"
        yield of(case, clamd, "clamav-no-signatures", "error", f"clamd has no signatures in {shown}",
                 "DatabaseDirectory", f"{why}: clamd does not start, and mail {found.unscanned} (OnFail)",
                 *_database(clamd, fresh, found.folder))  # fmt: skip
        return
    if held.made and time.time() - held.made > OLD:
        yield of(case, clamd, "clamav-old", "warning",
                 f"the signatures are {days(time.time() - held.made)} old", "DatabaseDirectory",
                 f"daily {held.version} in {shown}: new viruses pass",
                 *_database(clamd, fresh, found.folder))  # fmt: skip
    memory = _memory()
    if held.size > _BIG and 0 < memory < _ENOUGH and clamd.yes("ConcurrentDatabaseReload", "yes"):
        yield of(case, clamd, "clamav-memory", "advice", "clamd loads new signatures beside the old ones",
                 "ConcurrentDatabaseReload",
                 f"that takes twice the memory, some 1.3 GB each, and there are {memory >> 20} MB: where"
                 " it runs out clamd is ended; without it mail waits while they are loaded",
                 SetKeyword(clamd.target, "ConcurrentDatabaseReload", "no",
                            clamd.was("ConcurrentDatabaseReload")))  # fmt: skip


def _freshclam(case: Case, clamd: Settings) -> str:
    """The folder that freshclam writes to; empty where its file cannot be read."""
    path = os.path.join(os.path.dirname(clamd.target.path), "freshclam.conf")
    settings = read(case.instance, "freshclam", path)
    return settings.text("DatabaseDirectory", FOLDER) if settings is not None else ""


def _database(clamd: Settings, fresh: str, folder: str) -> tuple[Edit | None, str]:
    """An edit where freshclam writes to another folder; else what to look at."""
    if fresh and os.path.realpath(fresh) != os.path.realpath(folder) and signatures(fresh).names:
        return SetKeyword(clamd.target, "DatabaseDirectory", fresh, clamd.was("DatabaseDirectory")), ""
    return None, "systemctl status clamav-freshclam; freshclam fetches them now, and tells clamd"


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0
