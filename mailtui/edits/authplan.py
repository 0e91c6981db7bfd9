"""AUTH of one service as edits: turned on and off, each setting where it belongs, the rules that let on who
logged in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailtui.edits.authrelay import relay, without_permit
from mailtui.edits.built import Built
from mailtui.edits.keywords import SetKeyword
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.saslplan import LOCAL_DOMAIN, conf_plan, realm_plan
from mailtui.edits.services import AddService, RemoveServiceOption, SetServiceOption, SwitchService
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import ServiceRow
from mailtui.sasl.config import FORMAT
from mailtui.sasl.matrix import ServiceLine, kind_of, matrix
from mailtui.sasl.services import AuthService, Tls
from mailtui.sasl.tls import pairs
from mailtui.text.safe import safe

ENABLE = "smtpd_sasl_auth_enable"
LEVEL = "smtpd_tls_security_level"
WRAPPER = "smtpd_tls_wrappermode"
AUTH_ONLY = "smtpd_tls_auth_only"
SNAKEOIL = ("/etc/ssl/certs/ssl-cert-snakeoil.pem", "/etc/ssl/private/ssl-cert-snakeoil.key")
OWN = frozenset((ENABLE, LEVEL, WRAPPER, AUTH_ONLY))
"""What differs from service to service: it is written as `-o`. All else belongs into main.cf, where a service
has no value of its own."""
BY = ("sasldb", "saslauthd", "dovecot")
DOVECOT = "private/auth"
_BLOCK = """\
{name} inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/{name}
"""
NEW = ("submission", "submissions")
"""Services that may be made: AUTH has ports of its own (RFC 8314)."""


def setting(instance: Instance, row: ServiceRow, name: str, value: str) -> Plan:
    """A setting of one service, where it belongs: its `-o` where it has one, or should have; else main.cf.

    Raises ParameterError.
    """
    own = instance.parameters.service(row.name, row.type)
    if own.effective(name) == value and (name not in own.options or own.options[name] == value):
        return Plan()
    if name in own.options or name in OWN:
        return Plan((SetServiceOption(instance.master, row.service, name, value, own.options.get(name)),))
    edit = SetParameter(instance.main, name, value, instance.parameters.get(name))
    overriding = instance.parameters.overrides(name)
    says = f"{name} is for every service" + (f" but {', '.join(map(safe, overriding))}" if overriding else "")
    return Plan((edit,), (says,))


# Who logged in may send elsewhere


# On


@dataclass(frozen=True)
class Wanted:
    """How AUTH is to be. Empty: as it is."""

    by: str = ""
    """One of BY."""
    realm: str = ""
    cert: str = ""
    key: str = ""
    path: str = ""
    """dovecot's socket."""


AS_IS = Wanted()


def lacks_certificate(instance: Instance, row: ServiceRow) -> bool:
    """Whether TLS cannot be had at a service (its name need not be in force). Raises ParameterError."""
    found = _auth(instance, row.service)
    if found is not None:
        return not pairs(instance, found)
    names = ("smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file")
    return not any(instance.parameters.effective(name) not in ("", "none") for name in names)


def turn_on(instance: Instance, row: ServiceRow, wanted: Wanted = Wanted()) -> Plan:  # frozen
    """AUTH at a service, under TLS alone, with all that it wants. Raises InstanceError."""
    built = Built(instance)
    if not row.enabled:
        built.add(Plan((SwitchService(instance.master, row.service, row.words, on=True),)))
    built.add(setting(built.instance, row, ENABLE, "yes") if not built.refused else Plan())
    for step in (_tls, _certificate, _checker, _realm, _let_on):
        if not built.refused:
            built.add(step(built.instance, row, wanted))
    if not built.refused:
        built.says += _afterwards(built.instance, row)
    return built.plan()


def make_service(instance: Instance, name: str, wanted: Wanted = Wanted()) -> Plan:  # frozen
    """A service of NEW that is not in master.cf at all, with AUTH. Raises InstanceError."""
    built = Built(instance)
    built.add(Plan((AddService(instance.master, f"{name}/inet", _BLOCK.format(name=name)),)))
    if built.refused:
        return built.plan()
    line = next(each for each in matrix(built.instance) if each.name == f"{name}/inet")
    built.add(turn_on(built.instance, line.row, wanted))
    return built.plan()


def new_row(name: str) -> ServiceRow:
    """The entry of a service of NEW, as it would be made."""
    from mailtui.formats.mastercf import MasterCf
    from mailtui.postfix.services import rows_of

    return rows_of(MasterCf.parse(_BLOCK.format(name=name).encode()))[0]


def missing_services(lines: Sequence[ServiceLine]) -> list[str]:
    """The services of NEW that master.cf has not, not even commented out."""
    there = {line.kind for line in lines}
    return [name for name in NEW if name not in there]


def _auth(instance: Instance, service: str) -> AuthService | None:
    line = _line(instance, service)
    return line.auth if line is not None else None


def _line(instance: Instance, service: str) -> ServiceLine | None:
    return next((each for each in matrix(instance) if each.name == service), None)


def tls_level(instance: Instance, row: ServiceRow, level: Tls) -> Plan:
    """TLS of a service: not at all, offered, demanded, or from the first byte. Raises ParameterError."""
    built = Built(instance)
    own = instance.parameters.service(row.name, row.type)
    wrapped = own.effective(WRAPPER).lower() == "yes"
    if wrapped is not (level == "wrapper"):
        built.add(setting(instance, row, WRAPPER, "yes" if level == "wrapper" else "no"))
    if level != "wrapper":
        built.add(setting(built.instance, row, LEVEL, level))
    return built.plan()


def checked_by(instance: Instance, row: ServiceRow, wanted: Wanted) -> Plan:
    """Who checks passwords at a service in force, and the realm of a bare name. Raises InstanceError."""
    built = Built(instance)
    if wanted.by:
        built.add(_checker(instance, row, wanted))
    if wanted.realm and not built.refused:
        built.add(_realm(built.instance, row, wanted))
    return built.plan()


def _tls(instance: Instance, row: ServiceRow, _wanted: Wanted) -> Plan:
    """STARTTLS before AUTH; on submissions TLS from the first byte."""
    auth = _auth(instance, row.service)
    if auth is None:
        return Plan(
            refused=f"{safe(row.service)} is no smtpd service in force; mailtui service list shows them"
        )
    built = Built(instance)
    kind = kind_of(row)
    if auth.tls == "wrapper":
        return Plan()
    if kind == "submissions":
        built.add(setting(instance, row, WRAPPER, "yes"))
        return built.plan()
    if kind == "submission" and auth.tls != "encrypt":
        built.add(setting(instance, row, LEVEL, "encrypt"))
    elif auth.tls == "none":
        built.add(setting(instance, row, LEVEL, "may"))
    if kind != "submission" and not auth.auth_only and not built.refused:
        built.add(setting(built.instance, row, AUTH_ONLY, "yes"))
    return built.plan()


def _certificate(instance: Instance, row: ServiceRow, wanted: Wanted) -> Plan:
    built = Built(instance)
    cert, key = wanted.cert, wanted.key
    if not cert and lacks_certificate(instance, row):
        if not all(map(os.path.exists, SNAKEOIL)):
            return Plan(
                refused="there is no certificate, so no TLS: give its file (smtpd_tls_cert_file) and its key"
            )
        cert, key = SNAKEOIL
        built.says.append("with Debian's self-signed certificate: every client will ask whether to trust it")
    if cert:
        for path in (cert, key or cert):
            if not os.path.isfile(path):
                return Plan(refused=f"there is no file {safe(path)}: make it first, or name another")
        built.add(setting(instance, row, "smtpd_tls_cert_file", cert))
        built.add(setting(built.instance, row, "smtpd_tls_key_file", key or cert))
    return built.plan()


def _checker(instance: Instance, row: ServiceRow, wanted: Wanted) -> Plan:
    """Who checks passwords: smtpd.conf, or dovecot's socket."""
    auth = _auth(instance, row.service)
    if auth is None:
        return Plan()
    built = Built(instance)
    if wanted.by == "dovecot":
        path = wanted.path or (auth.path if auth.kind == "dovecot" else DOVECOT)
        built.add(setting(instance, row, "smtpd_sasl_type", "dovecot"))
        built.add(setting(built.instance, row, "smtpd_sasl_path", path))
        return built.plan()
    if auth.kind == "dovecot" and not wanted.by:
        return Plan()
    if auth.kind != "cyrus":
        built.add(setting(instance, row, "smtpd_sasl_type", "cyrus"))
        built.add(setting(built.instance, row, "smtpd_sasl_path", "smtpd"))
        found = _auth(built.instance, row.service)
        auth = found if found is not None else auth
    if wanted.by == "saslauthd":
        target, values = Target(FORMAT, auth.conf.wanted), auth.conf.values
        for name, value in (("pwcheck_method", "saslauthd"), ("mech_list", "PLAIN LOGIN")):
            if values.get(name, "").lower() != value.lower():
                built.add(Plan((SetKeyword(target, name, value, values.get(name)),)))
    elif wanted.by == "sasldb" or not auth.conf.path or auth.conf.problem:
        built.add(conf_plan(auth.conf))
    return built.plan()


def _realm(instance: Instance, row: ServiceRow, wanted: Wanted) -> Plan:
    auth = _auth(instance, row.service)
    if auth is None or not wanted.realm or auth.kind != "cyrus" or auth.realm == wanted.realm:
        return Plan()
    if instance.parameters.get(LOCAL_DOMAIN) is None:
        own = instance.parameters.service(row.name, row.type).options
        if LOCAL_DOMAIN not in own:
            return Plan((SetParameter(instance.main, LOCAL_DOMAIN, wanted.realm, None),))
    return realm_plan(instance, auth, wanted.realm)


def _let_on(instance: Instance, row: ServiceRow, _wanted: Wanted) -> Plan:
    line = _line(instance, row.service)
    return relay(instance, line) if line is not None else Plan()


def _afterwards(instance: Instance, row: ServiceRow) -> Iterator[str]:
    """What is no edit and still wanted."""
    from mailtui.sasl.reading import group_id, reader

    auth = _auth(instance, row.service)
    if auth is None:
        return
    if kind_of(row) == "smtp":
        yield "port 25 is where strangers guess passwords: submission is the port for users (RFC 8314)"
    if auth.asks_sasldb:
        own = group_id("sasl")
        who = reader(instance)
        if own is not None and own not in who.groups:
            yield f"then: {who.user} into group sasl (f in Accounts)"
        if not os.path.exists(auth.database):
            yield f"then: an account (n in Accounts), which makes {safe(auth.database)}"


# Off


def turn_off(instance: Instance, line: ServiceLine) -> Plan:
    """No AUTH at a service any more. Where it was the last one, the rules in main.cf that let on who logged
    in are taken out; smtpd.conf and the accounts stay. Raises InstanceError."""
    row = line.row
    built = Built(instance)
    own = instance.parameters.service(row.name, row.type).options
    main = instance.parameters.effective(ENABLE).lower() == "yes"
    if ENABLE in own and not main:
        built.add(Plan((RemoveServiceOption(instance.master, row.service, ENABLE, own[ENABLE]),)))
    else:
        built.add(setting(instance, row, ENABLE, "no"))
    if built.refused:
        return built.plan()
    left = [each.name for each in matrix(built.instance) if each.offered]
    for stage in [] if left else [gate.stage for gate in line.gates]:
        built.add(without_permit(built.instance, row, stage))
    for gate in line.gates:
        if gate.permit is not None and gate.permit.place.service:
            built.says.append(
                f"{safe(gate.permit.place.title)} lets nobody in but who logged in: nobody can use"
                f" {safe(row.service)} then"
            )
            break
    return built.plan()


# One service's form


def changed(instance: Instance, line: ServiceLine, values: dict[str, str]) -> Plan:
    """Settings of a service by their names, each where it belongs; what is as it was stays. An empty value
    of one that has none stays unset. Raises InstanceError."""
    built = Built(instance)
    own = instance.parameters.service(line.row.name, line.row.type)
    for name, value in values.items():
        if not built.refused and own.effective(name) != value:
            built.add(setting(built.instance, line.row, name, value))
    return built.plan()
