"""Where this server logs in elsewhere: its logins, and the settings that they want, as edits."""

from __future__ import annotations

import os

from mailtui.edits.built import Built
from mailtui.edits.compiling import CompileTable
from mailtui.edits.entries import RemoveEntry, SetEntry, SwitchEntry
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.sasl.client import ENABLE, MAPS, Client, Credential
from mailtui.sasl.secret import Secret
from mailtui.text.safe import decode, encode, safe

OPTIONS = "smtp_sasl_security_options"
TLS_OPTIONS = "smtp_sasl_tls_security_options"
LEVEL = "smtp_tls_security_level"
_FILE = "sasl/sasl_passwd"
_NO_PLAIN = "noplaintext"
_SAFE = "noplaintext, noanonymous"


def standing(instance: Instance, target: Target, key: str, *, enabled: bool = True) -> str | None:
    """What a table has for a key, password and all: for an edit, never for a screen."""
    try:
        table = entries(instance.files, target)
    except OSError:
        return None
    name = encode(key)
    at = table.find(name) if enabled else table.find_disabled(name)
    return None if at is None else decode(table.entry(at).value)


def set_login(
    instance: Instance,
    found: Client,
    key: str,
    user: str,
    secret: Secret | None,
    *,
    relayhost: bool = False,
) -> Plan:
    """A login for a next hop: new, or another. `secret` None: the password stays; `relayhost`: all mail for
    elsewhere goes out through it. Raises ParameterError."""
    wrong = wrong_login(key, user, secret)
    if wrong:
        return Plan(refused=wrong)
    built = Built(instance)
    row = next((each for each in found.rows if each.key.lower() == key.lower() and each.lookup), None)
    target = row.target if row is not None else None
    if target is None:
        target = _table(instance, found, built)
    was = standing(instance, target, key)
    if secret is None:
        if was is None:
            return Plan(refused="a new login wants a password")
        password = was.partition(":")[2]
    else:
        password = secret.reveal()
    value = f"{user}:{password}"
    if value != was:
        built.add(Plan((SetEntry(target, key, value, was),)))
    built.add(_settings(built.instance))
    if relayhost and found.settings["relayhost"] != key:
        edit = SetParameter(instance.main, "relayhost", key, instance.parameters.get("relayhost"))
        built.add(Plan((edit,), ("all mail for other servers goes out through it from then on",)))
    return built.plan()


def wrong_login(key: str, user: str, secret: Secret | None) -> str:
    """Why this cannot be an entry; empty where it can."""
    if not key or any(sign.isspace() for sign in key):
        return "the server is one word, as relayhost has it: [smtp.provider.example]:587"
    if key.startswith("#"):
        return "a name that begins with # would be a comment"
    if not user or ":" in user or any(sign.isspace() for sign in user):
        return "the user is one word without a colon: what stands behind a colon is the password"
    if secret is not None and (not secret or secret.reveal() != secret.reveal().strip()):
        return "a table cannot hold a password that is empty, or begins or ends with a blank"
    if secret is not None and not secret.reveal().isprintable():
        return "a table cannot hold such a password: it has a character that cannot be shown"
    return ""


def _table(instance: Instance, found: Client, built: Built) -> Target:
    """The first table that can be edited; a new one where there is none."""
    for lookup in found.lookups:
        if lookup.target is not None:
            return lookup.target
    path = os.path.join(instance.config_dir, _FILE)
    kind = instance.parameters.effective("default_database_type") or "hash"
    was = instance.parameters.get(MAPS)
    value = f"{was}, {kind}:{path}" if was else f"{kind}:{path}"
    built.add(Plan((SetParameter(instance.main, MAPS, value, was),)))
    return Target("table", path, kind)


def _settings(instance: Instance) -> Plan:
    """The switch, and TLS before a plain-text mechanism."""
    edits: list[Edit] = []
    says: list[str] = []
    parameters = instance.parameters
    if parameters.effective(ENABLE).lower() != "yes":
        edits.append(SetParameter(instance.main, ENABLE, "yes", parameters.get(ENABLE)))
    if parameters.get(TLS_OPTIONS) is None and _NO_PLAIN in parameters.effective(OPTIONS):
        edits.append(SetParameter(instance.main, TLS_OPTIONS, "noanonymous", None))
        says.append("under TLS the password itself may be sent; without TLS it is not")
    if not parameters.effective(LEVEL) and parameters.effective("smtp_use_tls").lower() != "yes":
        edits.append(SetParameter(instance.main, LEVEL, "may", parameters.get(LEVEL)))
        says.append("TLS is used wherever it is offered")
    return Plan(tuple(edits), tuple(says))


def with_tls(instance: Instance, found: Client) -> Plan:
    """No plain-text mechanism without TLS; nothing where that is so. Raises ParameterError."""
    level = found.settings[LEVEL]
    forced = level in ("encrypt", "verify", "secure", "dane-only", "fingerprint")
    if forced or _NO_PLAIN in found.settings[OPTIONS]:
        return Plan()
    parameters = instance.parameters
    edits: list[Edit] = [SetParameter(instance.main, OPTIONS, _SAFE, parameters.get(OPTIONS))]
    if parameters.get(TLS_OPTIONS) is None or _NO_PLAIN in found.settings[TLS_OPTIONS]:
        edits.append(SetParameter(instance.main, TLS_OPTIONS, "noanonymous", parameters.get(TLS_OPTIONS)))
    if not level:
        edits.append(SetParameter(instance.main, LEVEL, "may", parameters.get(LEVEL)))
    return Plan(tuple(edits))


def remove(instance: Instance, row: Credential) -> Plan:
    """A login taken out."""
    target = row.target
    was = standing(instance, target, row.key) if target is not None and row.enabled else None
    if target is None or was is None:
        return Plan(refused=f"{safe(row.key)} has no login that is in force")
    return Plan((RemoveEntry(target, row.key, was),))


def switch(instance: Instance, row: Credential) -> Plan:
    """A login off, kept as a comment; or in force again."""
    target = row.target
    was = standing(instance, target, row.key, enabled=row.enabled) if target is not None else None
    if target is None or was is None:
        return Plan(refused=f"{safe(row.key)} has no login here")
    return Plan((SwitchEntry(target, row.key, was, not row.enabled),))


def compiled(found: Client, path: str) -> Plan | None:
    """The table of a compiled file made from its text; None where that cannot be."""
    for lookup in found.lookups:
        target = lookup.target
        if target is not None and path == lookup.compiled_path and os.path.exists(lookup.path):
            return Plan((CompileTable(target),))
    return None
