"""main.cf and master.cf as they are rehearsed: the candidate's own, with doors for our sessions and with
stand-ins for what must not be reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mailtui.apply.rehearsal import neutral
from mailtui.apply.rehearsal.script import Door
from mailtui.formats.maincf import MainCf
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.splice import Missing, Refused
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.parameters import ServiceParameters
from mailtui.postfix.services import ServiceRow, services
from mailtui.text.safe import encode

FIRST_PORT = 50_001
_LISTS = ("client", "helo", "sender", "relay", "recipient")
_LATER = ("data", "end_of_data")
_FOR_SESSIONS = {
    "smtpd_authorized_xclient_hosts": "static:all",
    "smtpd_client_event_limit_exceptions": "static:all",
    "smtpd_error_sleep_time": "0",
    "smtpd_soft_error_limit": "100000",
    "smtpd_hard_error_limit": "100000",
    "smtpd_proxy_filter": "",
}
_UNSOUNDED = frozenset({"spawn", "postlogd"})
_SOCKETS = ("unix", "fifo")


@dataclass(slots=True)
class Prepared:
    """The two files, the doors, the sockets to knock at, and what a rehearsal of them does not try."""

    main: bytes
    master: bytes
    doors: list[Door] = field(default_factory=list)
    knock: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)


def prepare(instance: Instance, main: MainCf, master: MasterCf) -> Prepared:
    """The files for the rehearsal. What cannot be replaced stays: Postfix itself complains of it."""
    made = Prepared(main.raw, master.raw)
    rows = [row for row in services(instance) if row.counts]
    made.main = _main(instance, main, made)
    made.master = _master(instance, master, rows, made)
    for row in rows:
        if row.type in _SOCKETS and row.command not in _UNSOUNDED:
            folder = "public" if row.private == "n" else "private"
            made.knock.append(f"{folder}/{row.name} {row.command}")
    return made


def _set(document: MainCf, name: str, value: str) -> MainCf:
    try:
        return document.spliced(document.set(name, encode(value)))
    except Refused:
        return document


def _main(instance: Instance, document: MainCf, made: Prepared) -> bytes:
    parameters = instance.parameters
    for name in dict.fromkeys(each.name for each in document.parameters):
        try:
            expanded = parameters.expanded(name)
        except ParameterError:
            continue
        changed = neutral.value(name, expanded)
        if changed != expanded:
            document = _set(document, name, neutral.quoted(changed))
            made.not_tried += _told(name, expanded)
    if "maillog_file" in parameters.values.explicit:
        document = _set(document, "maillog_file", "")
    document = _set(document, "notify_classes", "")  # a notice to postmaster would be a delivery
    if parameters.effective("smtpd_sasl_type") == "dovecot":
        document = _set(document, "smtpd_sasl_path", neutral.AUTH)
        made.not_tried.append("Dovecot's answers to logins")
    if b"reject_unverified_" in document.raw:
        document = _set(_set(document, "address_verify_poll_count", "1"), "address_verify_poll_delay", "1s")
        made.not_tried.append("address verification")
    return document.raw


def _told(name: str, value: str) -> Iterator[str]:
    if name in neutral.MILTERS:
        yield "the milters' own answers"
    elif "check_policy_service" in value:
        yield "the policy services' own answers"
    if neutral.NOTHING_FOUND in neutral.value(name, value):
        yield "tables on the network"


def _master(instance: Instance, document: MasterCf, rows: list[ServiceRow], made: Prepared) -> bytes:
    for row in rows:
        if row.command == "spawn":
            document = document.spliced(document.remove(row.name, row.type))
        for name, value in row.values.items():
            document = _option(instance, document, row, name, value, made)
    port = FIRST_PORT
    for row in rows:
        for options, why in _variants(instance, row):
            host = _loopback(instance)
            fields = [f"{host}:{port}", "inet", "n", row.unprivileged, row.chroot, "-", "-", row.command]
            try:
                document = document.spliced(
                    document.add(fields, {name: encode(value) for name, value in options.items()})
                )
            except (Refused, Missing):
                continue  # what the entry itself is refused for is a finding of its own
            tls = options.get("smtpd_tls_wrappermode", "no").lower() == "yes"
            made.doors.append(Door(row.service, port, tls=tls, why=why, host=host.strip("[]")))
            port += 1
    return document.raw


def _loopback(instance: Instance) -> str:
    """A loopback address that inet_protocols allows, as master.cf writes it."""
    protocols = instance.parameters.effective("inet_protocols").lower()
    return "[::1]" if protocols == "ipv6" else "127.0.0.1"


def _option(
    instance: Instance, document: MasterCf, row: ServiceRow, name: str, value: str, made: Prepared
) -> MasterCf:
    """A service's own value with its stand-ins."""
    if row.command == "spawn":
        return document
    try:
        expanded = instance.parameters.service(row.name, row.type).expanded(name)
    except ParameterError:
        return document
    changed = neutral.value(name, expanded)
    if name == "smtpd_sasl_path":
        changed = neutral.AUTH
    if changed == expanded:
        return document
    made.not_tried += _told(name, value)
    try:
        return document.spliced(
            document.set_option(row.name, row.type, name, encode(neutral.quoted(changed)))
        )
    except (Refused, Missing):
        return document


def _variants(instance: Instance, row: ServiceRow) -> Iterator[tuple[dict[str, str], str]]:
    """The options of the doors to a service: as configured, and with every rule reached."""
    if row.command == "postscreen":
        yield dict(row.values), "postscreen"
        return
    if row.command != "smtpd":
        return
    parameters = instance.parameters.service(row.name, row.type)
    own = {name: _neutral(parameters, name, value) for name, value in row.values.items()}
    wrapped = {} if own.get("smtpd_tls_wrappermode") else _wrapped(parameters)
    as_is = {**own, **wrapped, **_FOR_SESSIONS}
    yield as_is, ""
    reached = _reached(parameters)
    if reached:
        yield {**as_is, **reached}, "every rule"


def _wrapped(parameters: ServiceParameters) -> dict[str, str]:
    try:
        value = parameters.effective("smtpd_tls_wrappermode")
    except ParameterError:
        return {}
    return {"smtpd_tls_wrappermode": "yes"} if value.lower() == "yes" else {}


def _neutral(parameters: ServiceParameters, name: str, value: str) -> str:
    if name == "smtpd_sasl_path":
        return neutral.AUTH
    try:
        expanded = parameters.expanded(name)
    except ParameterError:
        return value
    changed = neutral.value(name, expanded)
    return value if changed == expanded else neutral.quoted(changed)


def _reached(parameters: ServiceParameters) -> dict[str, str]:
    """The restriction lists and classes without what would end them early; data's rules are put where a
    session that stops at RCPT reaches them."""
    result: dict[str, str] = {}
    try:
        classes = neutral.texts(parameters.expanded("smtpd_restriction_classes"))
        lists = {
            name: neutral.value(name, parameters.expanded(f"smtpd_{name}_restrictions"))
            for name in (*_LISTS, *_LATER)
        }
        lists |= {name: neutral.value(name, parameters.expanded(name)) for name in classes}
    except ParameterError:
        return {}
    shorter = {name: neutral.without_stops(neutral.texts(value)) for name, value in lists.items()}
    for name in _LATER:
        shorter["recipient"] += shorter[name]
    shorter["recipient"] += [name for name in classes if shorter[name]]
    for name in _LISTS:
        if shorter[name] != neutral.texts(lists[name]):
            result[f"smtpd_{name}_restrictions"] = neutral.quoted(" ".join(shorter[name]))
    for name in classes:
        if shorter[name] != neutral.texts(lists[name]):
            result[name] = neutral.quoted(" ".join(shorter[name] or ["permit"]))
    if result:
        result.setdefault("smtpd_recipient_restrictions", neutral.quoted(" ".join(shorter["recipient"])))
    safe = "reject_unauth_destination"
    if result and not any(
        safe in result.get(f"smtpd_{name}_restrictions", lists[name]) for name in ("relay", "recipient")
    ):
        result["smtpd_relay_restrictions"] = f"{result.get('smtpd_relay_restrictions', '')} {safe}".strip()
    return result
