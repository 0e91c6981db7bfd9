"""main.cf and master.cf as they are rehearsed: the candidate's own, with doors for our sessions and with
stand-ins for what must not be reached."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailtui.apply.rehearsal import neutral
from mailtui.apply.rehearsal.script import Door
from mailtui.formats.maincf import MainCf
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.splice import Missing, Refused
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.parameters import Parameters, ServiceParameters
from mailtui.postfix.services import ServiceRow, services
from mailtui.text.safe import encode

EVERY_RULE = "every rule"
"""What the door is called at which a session reaches every rule."""
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
QUEUE, DATA = "/tmp/mailtui-queue", "/tmp/mailtui-data"  # noqa: S108  # in memory, and nobody else's
"""What a rehearsal works in where the instance's own folders do not exist."""


@dataclass(slots=True)
class Prepared:
    """The two files, the doors, the sockets to knock at, and what a rehearsal of them does not try."""

    main: bytes
    master: bytes
    doors: list[Door] = field(default_factory=list)
    knock: list[str] = field(default_factory=list)
    not_tried: list[str] = field(default_factory=list)
    queue: str = ""
    data: str = ""
    """The folders that the rehearsal works in; nothing live is in them there."""


def prepare(instance: Instance, main: MainCf, master: MasterCf | None) -> Prepared:
    """The files for the rehearsal. What cannot be replaced stays: Postfix itself complains of it."""
    made = Prepared(main.raw, b"")
    made.queue = os.path.realpath(instance.queue_directory)
    made.data = os.path.realpath(instance.data_directory)
    made.main = _main(instance, main, made)
    if master is None:
        made.not_tried.append("services: there is no master.cf")
        return made
    rows = [row for row in services(instance) if row.counts]
    made.master = _master(instance, master, rows, made)
    for row in rows:
        if row.type in _SOCKETS and row.command not in _UNSOUNDED and not _idle(instance, row):
            folder = "public" if row.private == "n" else "private"
            made.knock.append(f"{folder}/{row.name} {row.command}")
    return made


def _idle(instance: Instance, row: ServiceRow) -> bool:
    """Whether it is a virtual(8) that delivers nothing: with virtual_mailbox_base empty, as by default, it
    ends fatally, which matters only where mail comes to it."""
    if row.command != "virtual":
        return False
    try:
        values = instance.parameters.service(row.name, row.type)
        used = values.effective("virtual_transport").partition(":")[0] == row.name
        return not values.effective("virtual_mailbox_base") and not (
            used and instance.parameters.effective("virtual_mailbox_maps")
        )
    except ParameterError:
        return False


def _set(document: MainCf, name: str, value: str) -> MainCf:
    try:
        return document.spliced(document.set(name, encode(value)))
    except Refused:
        return document


def _main(instance: Instance, document: MainCf, made: Prepared) -> bytes:
    parameters = instance.parameters
    if not os.path.isdir(made.queue):
        made.not_tried.append(f"queue_directory {made.queue}, which does not exist")
        document, made.queue = _set(document, "queue_directory", QUEUE), QUEUE
    if not os.path.isdir(made.data):
        made.not_tried.append(f"data_directory {made.data}, which does not exist")
        document, made.data = _set(document, "data_directory", DATA), DATA
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
    if _asks_dovecot(parameters):
        document = _set(document, "smtpd_sasl_path", neutral.AUTH)
        made.not_tried.append(_DOVECOT)
    if b"reject_unverified_" in document.raw:
        document = _set(_set(document, "address_verify_poll_count", "1"), "address_verify_poll_delay", "1s")
        made.not_tried.append("address verification")
    return document.raw


_DOVECOT = "Dovecot's answers to logins"


def _asks_dovecot(parameters: Parameters | ServiceParameters) -> bool:
    try:
        return parameters.effective("smtpd_sasl_type") == "dovecot"
    except ParameterError:
        return False


def _asks_dovecot_itself(instance: Instance, row: ServiceRow) -> bool:
    """Whether a smtpd asks Dovecot by settings of its own."""
    if row.command != "smtpd" or {"smtpd_sasl_type", "smtpd_sasl_path"}.isdisjoint(row.values):
        return False
    return _asks_dovecot(instance.parameters.service(row.name, row.type))


def _told(name: str, value: str) -> Iterator[str]:
    if name == "smtpd_milter_maps":
        yield name
    elif name in neutral.MILTERS:
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
        if _asks_dovecot_itself(instance, row):
            made.not_tried.append(_DOVECOT)
            document = _put(document, row, "smtpd_sasl_path", neutral.AUTH)
    port = FIRST_PORT
    for row in rows:
        for options, why in _variants(instance, row):
            host = _loopback(instance)
            limit = "1" if row.command == "postscreen" else "-"
            fields = [f"{host}:{port}", "inet", "n", row.unprivileged, row.chroot, "-", limit, row.command]
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
    if changed == expanded:
        return document
    made.not_tried += _told(name, value)
    return _put(document, row, name, neutral.quoted(changed))


def _put(document: MasterCf, row: ServiceRow, name: str, value: str) -> MasterCf:
    try:
        return document.spliced(document.set_option(row.name, row.type, name, encode(value)))
    except (Refused, Missing):
        return document


def _variants(instance: Instance, row: ServiceRow) -> Iterator[tuple[dict[str, str], str]]:
    """The options of the doors to a service: as configured, and with every rule reached."""
    if row.command == "postscreen":
        yield {**row.values, "postscreen_greet_wait": "1s"}, "postscreen"
        return
    if row.command != "smtpd":
        return
    parameters = instance.parameters.service(row.name, row.type)
    own = {name: _neutral(parameters, name, value) for name, value in row.values.items()}
    if _asks_dovecot_itself(instance, row):
        own["smtpd_sasl_path"] = neutral.AUTH
    wrapped = {} if own.get("smtpd_tls_wrappermode") else _wrapped(parameters)
    as_is = {**own, **wrapped, **_FOR_SESSIONS}
    yield as_is, ""
    reached = _reached(parameters)
    if reached:
        yield {**as_is, **reached}, EVERY_RULE


def _wrapped(parameters: ServiceParameters) -> dict[str, str]:
    try:
        value = parameters.effective("smtpd_tls_wrappermode")
    except ParameterError:
        return {}
    return {"smtpd_tls_wrappermode": "yes"} if value.lower() == "yes" else {}


def _neutral(parameters: ServiceParameters, name: str, value: str) -> str:
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
