"""AUTH by service: passwords without TLS, AUTH on port 25, who logged in and may not send, those who check
passwords and cannot be reached, guessing, and the client's side taken for the server's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding, Severity
from mailtui.edits import authplan, authrelay, ruleplan
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import RemoveServiceOption
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.sasl.client import Client
    from mailtui.sasl.matrix import ServiceLine

_HERE = About("authservices")
_CLIENT = About("authclient")
_SHOWN = 4
_LOST = "this server logs in nowhere, and mail for the relayhost is refused there"
_READ = "whoever reads them can send in the name of this server"


def findings(case: Case) -> Iterator[Finding]:
    """Nothing of the server's side where no service offers AUTH."""
    from mailtui.sasl.matrix import matrix

    lines = [each for each in matrix(case.instance) if each.offered]
    for line in lines:
        yield from _clear(case, line)
        yield from _port_25(case, line)
        yield from _relay(case, line)
        yield from _senders(case, line)
    yield from _sockets(case, lines)
    yield from _guessing(case, lines)
    yield from _mixed(case)
    yield from _elsewhere(case)


def _told(
    kind: str,
    severity: Severity,
    title: str,
    where: tuple[str, int | None],
    why: str,
    plan: Plan | None,
    otherwise: str,
    services: tuple[str, ...] = (),
    about: About = _HERE,
) -> Finding:
    fix, words = fixed(plan, otherwise)
    return Finding(kind, severity, title, *where, why, fix, words, services, about=about)


def _where(case: Case, line: ServiceLine, name: str) -> tuple[str, int | None]:
    """Where a setting of a service is made: its `-o`, main.cf, or its entry."""
    option = next((each for each in line.row.options if each.counts and each.name == name), None)
    if option is not None:
        return case.instance.master.path, option.line
    found = case.line(name)
    return (case.instance.main.path, found) if found else (case.instance.master.path, line.row.line)


def _clear(case: Case, line: ServiceLine) -> Iterator[Finding]:
    if not line.clear or line.auth is None:
        return
    instance = case.instance
    if line.auth.tls == "none":
        plan = None
        words = f"set {authplan.LEVEL} = may and {authplan.AUTH_ONLY} = yes, with a certificate"
        if not authplan.lacks_certificate(instance, line.row):
            plan = case.tried(
                authplan.changed(instance, line, {authplan.LEVEL: "may", authplan.AUTH_ONLY: "yes"})
            )
    else:
        plan = case.tried(authplan.changed(instance, line, {authplan.AUTH_ONLY: "yes"}))
        words = f"set {authplan.AUTH_ONLY} = yes for {line.name}"
    how = "there is no TLS at all" if line.auth.tls == "none" else "a client may log in before STARTTLS"
    yield _told(
        "sasl-clear", "error", f"{line.name} takes passwords without TLS",
        _where(case, line, authplan.ENABLE),
        f"{how}, and PLAIN and LOGIN send the password as it is: whoever is on the way reads it",
        plan, words, (line.name,),
    )  # fmt: skip


def _port_25(case: Case, line: ServiceLine) -> Iterator[Finding]:
    if line.kind != "smtp" or not any(each.public for each in case.servers if each.service == line.name):
        return
    plan = case.tried(authplan.setting(case.instance, line.row, authplan.ENABLE, "no"))
    yield _told(
        "sasl-port-25", "warning", f"{line.name} offers AUTH: port 25 is for other servers",
        _where(case, line, authplan.ENABLE),
        "robots guess passwords there all day, and users have submission and submissions (RFC 8314);"
        " mail programs that still log in at port 25 must be changed first",
        plan, f"set -o {authplan.ENABLE}=no for {line.name}", (line.name,),
    )  # fmt: skip


def _relay(case: Case, line: ServiceLine) -> Iterator[Finding]:
    if not line.shut or line.kind == "smtp":
        return
    gate = line.shut[0]
    late = line.relay == "late"
    stop = gate.stop
    where = (
        (stop.file, stop.line or stop.place.line)
        if stop is not None
        else (_where(case, line, authplan.ENABLE))
    )
    word = "comes too late" if late else "is missing"
    yield _told(
        "sasl-order" if late else "sasl-no-permit", "error",
        f"who logs in at {line.name} cannot send elsewhere: permit_sasl_authenticated {word}", where,
        "; ".join(each.why for each in line.shut),
        case.tried(authrelay.relay(case.instance, line)),
        f"put permit_sasl_authenticated before {safe(stop.text) if stop else 'it'}", (line.name,),
    )  # fmt: skip


def _senders(case: Case, line: ServiceLine) -> Iterator[Finding]:
    found = line.senders
    for row in found.late:
        gate = next((each for each in line.gates if each.stage == row.stage), None)
        plan = None
        if gate is not None and gate.permit is not None and gate.permit.place == row.place:
            plan = case.tried(ruleplan.move(case.instance, row, gate.permit))
        yield _told(
            "sasl-sender-late", "warning",
            f"{safe(row.text)} is never asked about those who logged in at {line.name}",
            (row.file, row.line or row.place.line),
            f"a rule above it in {safe(row.place.title)} lets them pass: any of them may use any sender",
            plan, "move it to the top of its list", (line.name,),
        )  # fmt: skip


def _sockets(case: Case, lines: list[ServiceLine]) -> Iterator[Finding]:
    from mailtui.sasl import dovecot, saslauthd
    from mailtui.sasl.reading import reader

    done: set[tuple[str, str]] = set()
    for line in lines:
        auth = line.auth
        if auth is None:
            continue
        queue, who = case.instance.queue_directory, None
        if saslauthd.used(auth):
            who = reader(case.instance)
            way, do, name = saslauthd.reach(queue, auth, who), saslauthd.advice, "saslauthd"
        elif dovecot.used(auth):
            who = reader(case.instance)
            way, do, name = dovecot.reach(queue, auth, who), dovecot.advice, "dovecot"
        if who is None or not way.trouble or (name, way.path) in done:
            continue
        done.add((name, way.path))
        where = (auth.conf.path, None) if name == "saslauthd" else _where(case, line, "smtpd_sasl_path")
        chroot = ", and smtpd is chrooted" if auth.chrooted else ""
        yield _told(
            f"{name}-unreachable", "error",
            f"{line.name} has passwords checked by {name}, and cannot reach it",
            where, f"{way.says(who.user)}{chroot}: every login fails", None, do(way, who), (line.name,),
        )  # fmt: skip


def _guessing(case: Case, lines: list[ServiceLine]) -> Iterator[Finding]:
    from mailtui.sasl.guessing import MANY, guesses

    if not lines:
        return
    found = guesses(case.instance)
    if not found.by_client and not found.by_account and found.total < 10 * MANY:
        return
    parts = [
        f"{word} {', '.join(f'{safe(who)} ({count})' for who, count in many[:_SHOWN])}"
        + (f" and {len(many) - _SHOWN} more" if len(many) > _SHOWN else "")
        for word, many in (("by clients:", found.by_client), ("at accounts:", found.by_account))
        if many
    ]
    who = found.by_client[0][0] if found.by_client else ""
    plan = _refused(case, found.last[who], found.by_client[0][1]) if who else None
    yield _told(
        "sasl-guessing", "warning", f"passwords are guessed: {found.total} failed logins in a day",
        (found.path, None),
        "; ".join(parts) or "many clients, each now and then: a botnet takes its time",
        plan, "fail2ban locks such clients out by itself; no AUTH on port 25 leaves most of them nothing to"
        " try", tuple(line.name for line in lines),
    )  # fmt: skip


def _refused(case: Case, line: bytes, failed: int) -> Plan | None:
    """The client of a log line refused from now on, and why, for who reads the table next."""
    from mailtui.edits.blocking import offers
    from mailtui.maillog.record import parse

    why = f"blocked after {failed} failed logins in a day"
    made = [
        each.because(why) for each in offers(case.instance, parse(line)) if "client" in each.title.lower()
    ]
    return next((plan for plan in map(case.tried, made) if plan is not None), None)


def _mixed(case: Case) -> Iterator[Finding]:
    """Settings of one side that were meant for the other."""
    from mailtui.sasl.client import mixups

    instance = case.instance
    for each in mixups(instance):
        plan = None
        if each.service:
            was = case.option(each.service, each.name)
            plan = case.tried(Plan((RemoveServiceOption(instance.master, each.service, each.name, was),)))
        file = instance.master.path if each.service else instance.main.path
        of = f" of {safe(each.service)}" if each.service else ""
        yield _told(
            "sasl-sides", "warning", f"{each.name}{of} does nothing: it is of the other side",
            (file, each.line),
            f"{each.why}. smtpd_sasl_… is for users who log in here, smtp_sasl_… for this server where it"
            " logs in elsewhere",
            plan, "take it out, or give it its other name", (each.service,) if each.service else (), _CLIENT,
        )  # fmt: skip


def _elsewhere(case: Case) -> Iterator[Finding]:
    """This server as a client of others."""
    from mailtui.sasl.client import ENABLE, MAPS, client

    found = client(case.instance)
    here = case.instance.main.path
    if found.lookups and not found.on:
        server = authplan.ENABLE if case.setting(authplan.ENABLE).lower() == "yes" else ""
        mixed = f"; {server} is the other side, for users who log in here" if server else ""
        edit = SetParameter(case.instance.main, ENABLE, "yes", case.instance.parameters.get(ENABLE))
        yield _told(
            "client-off", "warning", f"{MAPS} is set, and {ENABLE} is off", (here, case.line(MAPS)),
            f"this server logs in nowhere: its passwords are never used{mixed}", case.tried(Plan((edit,))),
            f"set {ENABLE} = yes", about=_CLIENT,
        )  # fmt: skip
    if found.on and not found.lookups:
        yield _told(
            "client-no-maps", "warning", f"{ENABLE} is on, and {MAPS} is empty", (here, case.line(ENABLE)),
            "without a name and a password this server logs in nowhere", None,
            f"add a login (7, Client), or take {ENABLE} out", about=_CLIENT,
        )  # fmt: skip
    yield from _passwords(case, found)


def _passwords(case: Case, found: Client) -> Iterator[Finding]:
    from mailtui.edits.clientplan import compiled, with_tls
    from mailtui.sasl.client import ENABLE

    for each in found.files:
        if not each.problem:
            continue
        shown = "may read" in each.problem or "root's" in each.problem
        plan = None if shown else compiled(found, each.path)
        yield _told(
            "client-passwords", "error" if shown else "warning",
            f"{safe(each.path)}: {'its passwords can be read' if shown else 'logins are not found in it'}",
            (each.path, None),
            f"{each.problem}{f' (it is {each.owner})' if each.owner else ''}:"
            f" {_READ if shown else _LOST}",
            case.tried(plan) if plan is not None else None,
            f"f in 7 Client does it: chown root {safe(each.path)}; chmod 0600 {safe(each.path)}"
            if shown else "write it (7, Client)", about=_CLIENT,
        )  # fmt: skip
    plan = with_tls(case.instance, found)
    if plan.edits and found.on and found.lookups:
        name = "smtp_sasl_security_options"
        yield _told(
            "client-clear", "warning", "this server may send its password without TLS",
            (case.instance.main.path, case.line(name) or case.line(ENABLE)),
            f"{name} does not forbid plain text: whoever stands between reads it", case.tried(plan),
            f"let {name} hold noplaintext, and smtp_sasl_tls_security_options noanonymous", about=_CLIENT,
        )  # fmt: skip
