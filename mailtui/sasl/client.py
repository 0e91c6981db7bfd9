"""The other side: where this server logs in itself when it hands mail on (smtp(8), never smtpd).

smtp_sasl_password_maps holds `user:password` by the next hop as relayhost or transport_maps write it
(`[smtp.provider.example]:587`), by its host name, or by the sender (smtp_sender_dependent_authentication).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mailtui.formats.target import Target
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup
from mailtui.sasl.secret import MASK
from mailtui.text.safe import decode, safe

MAPS = "smtp_sasl_password_maps"
ENABLE = "smtp_sasl_auth_enable"
SETTINGS = (
    "relayhost", ENABLE, MAPS, "smtp_sasl_security_options", "smtp_sasl_tls_security_options",
    "smtp_sasl_mechanism_filter", "smtp_sender_dependent_authentication", "sender_dependent_relayhost_maps",
    "smtp_tls_security_level", "smtp_tls_policy_maps",
)  # fmt: skip
"""The parameters of this side."""


class Stored(NamedTuple):
    """A file of passwords: who owns it (`root:root 0600`), and what is wrong with it; empty: nothing."""

    path: str
    owner: str
    problem: str


@dataclass(frozen=True, slots=True)
class Credential:
    """One login elsewhere. The password itself is not here."""

    key: str
    """The next hop, host or sender; of a server without a login its name as relayhost has it."""
    user: str
    """Empty where there is no login, or where it has none."""
    lookup: Lookup | None
    """The table that has it."""
    line: int = 0
    enabled: bool = True
    used_for: tuple[str, ...] = ()
    """`relayhost`, and the like."""
    problem: str = ""
    """Why it does not serve; empty where it does."""
    word: str = ""
    """The same in a word or two."""

    @property
    def target(self) -> Target | None:
        return self.lookup.target if self.lookup is not None else None

    @property
    def password(self) -> str:
        """What is shown of it."""
        return MASK if self.user else ""


@dataclass(frozen=True, slots=True)
class Client:
    """This server as a client."""

    rows: Sequence[Credential]
    settings: dict[str, str] = field(default_factory=dict)
    """SETTINGS, expanded."""
    files: Sequence[Stored] = ()
    lookups: Sequence[Lookup] = ()
    notes: Sequence[str] = ()
    """What is wrong with the whole."""

    @property
    def on(self) -> bool:
        return self.settings[ENABLE].lower() == "yes"


def client(instance: Instance) -> Client:
    """Everything of this side. Raises ParameterError where main.cf cannot be read that far."""
    settings = {name: instance.parameters.effective(name) for name in SETTINGS}
    on = settings[ENABLE].lower() == "yes"
    lookups = instance.lookups(MAPS)
    hops = _hops(settings["relayhost"])
    rows: list[Credential] = []
    notes: list[str] = []
    for lookup in lookups:
        try:
            rows += _rows(instance, lookup, hops, on=on)
        except OSError as error:
            notes.append(problem_words(error, lookup.path, MAPS))
        if lookup.target is None:
            notes.append(f"{safe(lookup.written)}: {lookup.how}; its logins cannot be listed")
    relay = settings["relayhost"]
    known = {row.key.lower() for row in rows if row.enabled}
    if relay and not known & set(hops) and all(each.editable for each in lookups):
        rows.insert(
            0,
            Credential(
                relay, "", None, used_for=("relayhost",), problem="there is no login for it", word="no login"
            ),
        )
    return Client(rows, settings, tuple(_stored(instance, lookups)), lookups, tuple(notes))


def _hops(relayhost: str) -> tuple[str, ...]:
    """The keys that smtp(8) asks for with a relayhost: the next hop as it is written, then its host."""
    if not relayhost:
        return ()
    host = relayhost.lower()
    bare = host.rpartition(":")[0] if host.rpartition("]")[2].startswith(":") or "]" not in host else host
    bare = (bare or host).strip("[]")
    return tuple(dict.fromkeys((host, bare)))


def _rows(instance: Instance, lookup: Lookup, hops: Sequence[str], *, on: bool) -> Iterator[Credential]:
    target = lookup.target
    if target is None:
        return
    table = entries(instance.files, target)
    seen: set[str] = set()
    for index in range(len(table)):
        entry = table.entry(index)
        key = decode(entry.key)
        user, colon, password = decode(entry.value).partition(":")
        problem = word = ""
        if entry.enabled and key.lower() in seen:
            problem = "a line above has this name: this one is never asked"
            word = "shadowed"
        elif not colon or not user or not password:
            problem, word = "it must be user:password", "malformed"
        elif not on:
            problem = f"{ENABLE} is off: it is never used"
            word = "not used"
        if entry.enabled:
            seen.add(key.lower())
        used = ("relayhost",) if key.lower() in hops else ("sender",) if "@" in key else ()
        yield Credential(
            key, user if colon else "", lookup, entry.line, entry.enabled, used,
            problem if entry.enabled else "", word if entry.enabled else "off",
        )  # fmt: skip


def _stored(instance: Instance, lookups: Sequence[Lookup]) -> Iterator[Stored]:
    for lookup in lookups:
        if not lookup.has_file:
            continue
        if not os.path.exists(lookup.path) and _is_staged(instance, lookup.path):
            yield Stored(lookup.path, "is made: root:root 0600", "")
            continue
        for path in (lookup.path, lookup.compiled_path):
            if path is not None:
                yield _file(path, lookup, compiled=path != lookup.path)


def _is_staged(instance: Instance, path: str) -> bool:
    """Whether a draft would make the file."""
    try:
        return bool(instance.files.raw(path))
    except OSError:
        return False


def _file(path: str, lookup: Lookup, *, compiled: bool) -> Stored:
    import grp
    import pwd

    try:
        found = os.stat(path)
    except FileNotFoundError:
        words = "it is not compiled: no login is found" if compiled else "it does not exist"
        return Stored(path, "", words)
    except OSError as error:
        return Stored(path, "", (error.strerror or str(error)).lower())
    mode = stat.S_IMODE(found.st_mode)
    try:
        owner = f"{pwd.getpwuid(found.st_uid).pw_name}:{grp.getgrgid(found.st_gid).gr_name} {mode:04o}"
    except KeyError:
        owner = f"{found.st_uid}:{found.st_gid} {mode:04o}"
    problem = ""
    if mode & 0o077:
        problem = "others than its owner may read the passwords in it: 0600 is enough, smtp reads it as root"
    elif found.st_uid:
        problem = "it is not root's: whoever owns it reads the passwords"
    else:
        state = lookup.compiled() if compiled else None
        if state is not None and state.older:
            problem = "its text is newer: it was not compiled since"
    return Stored(path, owner, problem)


class Mixup(NamedTuple):
    """A setting of one side that was meant for the other. `service`: the entry of master.cf that has it,
    empty for main.cf."""

    name: str
    service: str
    line: int | None
    why: str


def mixups(instance: Instance) -> list[Mixup]:
    """Settings that belong to the other side: smtp_sasl_* are this server as a client, smtpd_sasl_* its
    own clients. Raises InstanceError."""
    from mailtui.postfix.services import services

    found: list[Mixup] = []
    values = instance.parameters.values
    for name in values.explicit:
        other = _twin(name)
        if other and name not in values.known and other in values.known:
            definition = instance.parameters.definition(name)
            words = f"Postfix has no {name}: {other} is what it knows"
            found.append(Mixup(name, "", definition.line if definition else None, words))
    for row in services(instance):
        wrong = {"smtpd": "smtp_sasl_", "smtp": "smtpd_sasl_"}.get(row.command, "")
        for option in row.options if row.counts and wrong else ():
            if option.enabled and option.counts and option.name.startswith(wrong):
                side = "logs in nowhere" if row.command == "smtpd" else "takes no logins"
                words = f"{row.command} {side}: {_twin(option.name)} may be meant"
                found.append(Mixup(option.name, row.service, option.line, words))
    return found


def _twin(name: str) -> str:
    if name.startswith("smtpd_sasl_"):
        return f"smtp_{name.removeprefix('smtpd_')}"
    return f"smtpd_{name.removeprefix('smtp_')}" if name.startswith("smtp_sasl_") else ""
