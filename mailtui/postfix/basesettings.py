"""The settings that every domain depends on: what holds, where it stands, and what to know of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mailtui.postfix.debconf import debconf_note
from mailtui.postfix.domainchecks import missing_own_names
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

BASE = (
    "myhostname", "mydomain", "myorigin", "mydestination", "mynetworks", "relayhost", "inet_interfaces",
    "inet_protocols", "recipient_delimiter", "mailbox_size_limit", "message_size_limit", "default_transport",
    "relay_transport", "smtpd_banner", "biff", "append_dot_mydomain", "delay_warning_time",
    "readme_directory", "compatibility_level", "alias_maps", "alias_database", "smtpd_tls_security_level",
    "smtpd_tls_cert_file",
    "smtpd_tls_key_file", "smtpd_tls_chain_files", "smtpd_tls_session_cache_database",
    "smtp_tls_security_level",
    "smtp_tls_CApath", "smtp_tls_CAfile", "smtp_tls_session_cache_database",
)  # fmt: skip
"""In the order in which they are shown; whatever else of `smtpd_tls_*` is set comes behind its kind."""

LEVEL = (3, 6)
"""The compatibility_level from which on 3.7 warns of no old default."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting. `value`: as written, None where it is not set. `effective`: with `$` expanded, and for
    myorigin what its file says; None where that fails, which `note` then tells."""

    name: str
    value: str | None
    effective: str | None
    default: str | None
    explicit: bool
    file: str | None
    line: int | None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """In the names of `parameter list`; what does not apply is absent."""
        fields = {
            "name": self.name, "value": self.value, "effective": self.effective, "default": self.default,
            "explicit": self.explicit, "file": self.file, "line": self.line, "note": self.note or None,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if value is not None}


def base_settings(instance: Instance) -> list[SettingRow]:
    """The base settings of an instance, each with the notes there are. Raises ParameterError."""
    known = set(instance.parameters.names())
    names = [name for name in BASE if name in known]
    more = (name for name in known if name.startswith("smtpd_tls_") and name not in BASE)
    set_ones = sorted(name for name in more if instance.parameters.definition(name) is not None)
    at = names.index("smtp_tls_security_level") if "smtp_tls_security_level" in names else len(names)
    return [_row(instance, name) for name in (*names[:at], *set_ones, *names[at:])]


def _row(instance: Instance, name: str) -> SettingRow:
    view = instance.parameters.view(name)
    notes = [view.problem] if view.problem else []
    effective = view.effective
    if name == "myorigin" and effective is not None:
        effective, note = _origin(instance, effective)
        notes.append(note)
    notes += _notes(instance, name) if effective is not None else []
    notes.append(debconf_note(instance, name, effective or ""))
    return SettingRow(
        name, view.value, effective, view.default, view.explicit, view.file, view.line,
        " ".join(_sentence(note) for note in notes if note),
    )  # fmt: skip


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _origin(instance: Instance, effective: str) -> tuple[str | None, str]:
    """What completes bare names, and where it comes from: Debian lets a file say it."""
    if not effective.startswith("/"):
        return effective, ""
    try:
        return instance.origin, f"The first line of {safe(effective)}, which other programs read too"
    except InstanceError as error:
        return None, f"{error}: Postfix stops where it needs it"


def _notes(instance: Instance, name: str) -> list[str]:
    found = _NOTES.get(name)
    return list(found(instance)) if found is not None else []


def _effective(instance: Instance, name: str) -> str:
    try:
        return instance.parameters.effective(name)
    except ParameterError:  # its own row tells of it
        return ""


def _hostname(instance: Instance) -> Iterator[str]:
    name = _effective(instance, "myhostname")
    if "." not in name or name.endswith(".localdomain"):
        yield f"{safe(name)} is no name that other servers know: they may refuse a greeting with it"


def _destination(instance: Instance) -> Iterator[str]:
    yield from (words for _, words in missing_own_names(instance))


def _relayhost(instance: Instance) -> Iterator[str]:
    host = _effective(instance, "relayhost")
    if host and not host.startswith("["):
        yield f"without [ ] the MX of {safe(host)} is looked up, not its address"


def _networks(instance: Instance) -> Iterator[str]:
    value = _effective(instance, "mynetworks")
    if re.search(r"(?:^|[\s,])(?:0\.0\.0\.0|\[?::\]?)/0\b", value):
        yield "it holds every address there is: anybody may send through this server, an open relay"
    elif instance.parameters.definition("mynetworks") is None:
        style = _effective(instance, "mynetworks_style")
        yield f"worked out from the interfaces of this host (mynetworks_style = {safe(style)})"


def _aliases(instance: Instance) -> Iterator[str]:
    looked_up = {lookup.spec for lookup in instance.lookups("alias_maps")}
    compiled = {lookup.spec for lookup in instance.lookups("alias_database")}
    for spec in sorted(compiled - looked_up):
        yield f"newaliases compiles {safe(spec)}, and no mail is looked up in it: alias_maps does not name it"
    for lookup in instance.lookups("alias_maps"):
        if lookup.spec not in compiled and lookup.target is not None and lookup.compiled_path is not None:
            yield (
                f"newaliases does not compile {safe(lookup.spec)}, as alias_database does not name it: "
                f"{lookup.program} {safe(lookup.spec)} does"
            )


def _session_cache(parameter: str) -> Callable[[Instance], Iterator[str]]:
    def note(instance: Instance) -> Iterator[str]:
        value = _effective(instance, parameter)
        if value:
            yield "a cache that tlsmgr(8) writes itself: no table to compile or to edit"
            kind, _, path = value.partition(":")
            data = instance.data_directory
            if kind in {"btree", "lmdb", "hash"} and path.startswith("/") and not path.startswith(f"{data}/"):
                yield f"it is outside data_directory: tlsmgr keeps it in {safe(data)} instead, with a warning"

    return note


def _server_tls(instance: Instance) -> Iterator[str]:
    level = _effective(instance, "smtpd_tls_security_level")
    certificates = ("smtpd_tls_cert_file", "smtpd_tls_chain_files", "smtpd_tls_eccert_file")
    if level in {"may", "encrypt"} and not any(
        _effective(instance, name) not in {"", "none"} for name in certificates
    ):
        yield "no certificate is set (smtpd_tls_chain_files, smtpd_tls_cert_file): most clients get no TLS"
    if level == "encrypt":
        yield "senders without TLS are refused: a server for mail from the world must not insist (RFC 2487)"


def _client_tls(instance: Instance) -> Iterator[str]:
    level = _effective(instance, "smtp_tls_security_level")
    if not level:
        yield "empty: mail goes out without TLS; may uses it wherever the other side offers it"
    if level in {"verify", "secure"} and not (
        _effective(instance, "smtp_tls_CApath") or _effective(instance, "smtp_tls_CAfile")
    ):
        yield "no authority is trusted (smtp_tls_CApath, smtp_tls_CAfile): no certificate can be verified"


def _key_file(instance: Instance) -> Iterator[str]:
    path = _effective(instance, "smtpd_tls_key_file")
    if path.startswith("/") and instance.files.stamp(path) is None:
        yield f"{safe(path)} is not there, or may not be looked at"


def _mailbox_limit(instance: Instance) -> Iterator[str]:
    box, message = _effective(instance, "mailbox_size_limit"), _effective(instance, "message_size_limit")
    if box == "0":
        yield "0: no limit"
    elif box.isdigit() and message.isdigit() and (int(message) > int(box) or message == "0"):
        yield f"smaller than message_size_limit ({message}): local(8) stops and delivers nothing"


def _message_limit(instance: Instance) -> Iterator[str]:
    if _effective(instance, "message_size_limit") == "0":
        yield "0: no limit"


def _level(instance: Instance) -> Iterator[str]:
    value = _effective(instance, "compatibility_level")
    numbers = tuple(int(part) for part in value.split(".") if part.isdigit())
    if numbers < LEVEL:
        yield (
            f"below {'.'.join(map(str, LEVEL))} some defaults are those of old versions, of which "
            "Postfix logs "
            "warnings (COMPATIBILITY_README)"
        )


def _interfaces(instance: Instance) -> Iterator[str]:
    value = _effective(instance, "inet_interfaces")
    if value in {"loopback-only", "localhost", "127.0.0.1"}:
        yield "no other host can deliver mail to this server"
    yield "a change needs a restart of Postfix, not a reload"


def _delimiter(instance: Instance) -> Iterator[str]:
    value = _effective(instance, "recipient_delimiter")
    if value:
        yield f"jean{safe(value[0])}shop@… reaches jean@…"


def _append(instance: Instance) -> Iterator[str]:
    if _effective(instance, "append_dot_mydomain").lower() == "yes":
        yield f"jean@web becomes jean@web.{safe(_effective(instance, 'mydomain'))}"


def _default_transport(instance: Instance) -> Iterator[str]:
    if _effective(instance, "default_transport").partition(":")[0] in {"error", "retry", "discard"}:
        yield "no mail leaves this host for other domains"


_NOTES: dict[str, Callable[[Instance], Iterator[str]]] = {
    "myhostname": _hostname,
    "mydestination": _destination,
    "relayhost": _relayhost,
    "mynetworks": _networks,
    "alias_maps": _aliases,
    "alias_database": _aliases,
    "smtpd_tls_session_cache_database": _session_cache("smtpd_tls_session_cache_database"),
    "smtp_tls_session_cache_database": _session_cache("smtp_tls_session_cache_database"),
    "smtpd_tls_security_level": _server_tls,
    "smtp_tls_security_level": _client_tls,
    "smtpd_tls_key_file": _key_file,
    "mailbox_size_limit": _mailbox_limit,
    "message_size_limit": _message_limit,
    "compatibility_level": _level,
    "inet_interfaces": _interfaces,
    "recipient_delimiter": _delimiter,
    "append_dot_mydomain": _append,
    "default_transport": _default_transport,
}
