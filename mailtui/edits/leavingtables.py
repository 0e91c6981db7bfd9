"""The other lookup tables in which somebody who leaves is named: by a key, or in what stands there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal, NamedTuple

from mailtui.edits.entries import MASK, RemoveEntry, SetEntry
from mailtui.edits.leavingplaces import Choice, Kind, Place, Way
from mailtui.edits.leavingwho import Found, Hunt
from mailtui.edits.mailboxplan import mail_words
from mailtui.edits.model import Edit
from mailtui.postfix.accessuses import access_lookup, access_uses
from mailtui.postfix.addresses import fold, split
from mailtui.postfix.delivery import below
from mailtui.text.safe import safe

Names = Literal["address", "user", "login"]
"""What a key is."""
Holds = Literal["", "address", "text", "logins", "password"]
"""What a value may name of theirs; "" for nothing."""


class Role(NamedTuple):
    """How a parameter's tables name somebody. `alone`, `handed`: what becomes of an entry by their key
    without a successor, and with one."""

    kind: Kind
    what: str
    keys: Names = "address"
    holds: Holds = ""
    alone: Choice = "remove"
    handed: Choice = "remove"


ROLES: dict[str, Role] = {
    "virtual_mailbox_maps": Role("mailbox", "their mailbox"),
    "virtual_uid_maps": Role("owner", "as whom their mail is written"),
    "virtual_gid_maps": Role("owner", "as whose group their mail is written"),
    "recipient_canonical_maps": Role("canonical", "as a recipient it is rewritten", holds="address"),
    "canonical_maps": Role("canonical", "their address is rewritten", holds="address"),
    "sender_canonical_maps": Role("canonical", "as a sender it is rewritten", holds="address"),
    "sender_bcc_maps": Role("bcc", "what they send is copied", holds="address"),
    "recipient_bcc_maps": Role("bcc", "what they get is copied", holds="address", handed="keep"),
    "relocated_maps": Role("relocated", "senders are told where they went", holds="text", alone="keep"),
    "transport_maps": Role("transport", "how mail for them is routed"),
    "smtp_generic_maps": Role("generic", "how their address is shown outside", holds="address"),
    "lmtp_generic_maps": Role("generic", "how their address is shown outside", holds="address"),
    "relay_recipient_maps": Role("recipient", "makes their address known in a relayed domain"),
    "local_recipient_maps": Role("recipient", "makes their name known here", handed="keep"),
    "smtpd_sender_login_maps": Role("sender-login", "who may send as them", holds="logins"),
    "sender_dependent_relayhost_maps": Role("transport", "by which host what they send leaves"),
    "sender_dependent_default_transport_maps": Role("transport", "how what they send leaves"),
    "mailbox_command_maps": Role("local", "the command that delivers their mail", keys="user"),
    "mailbox_transport_maps": Role("local", "by what their mail is delivered", keys="user"),
    "fallback_transport_maps": Role("local", "where mail for an unknown name goes", keys="user"),
    "smtp_sasl_password_maps": Role("password", "a login elsewhere for what they send", holds="password"),
}  # fmt: skip
ACCESS: dict[str, Names] = {
    "check_sender_access": "address",
    "check_recipient_access": "address",
    "check_sasl_access": "login",
}
_REFUSES = ("reject", "defer", "discard", "hold", "4", "5")
_LEADS = ("redirect", "bcc")
_ERRORS = frozenset({"error", "retry", "discard"})


def table_places(hunt: Hunt, seen: set[tuple[str, str]]) -> Iterator[Place]:
    """Each entry of a text that is theirs by its key or names them in its value, once."""
    words = hunt.words()
    for parameter, role in ROLES.items():
        for lookup in hunt.lookups(parameter):
            for found in hunt.holding(lookup, words):
                if new(seen, found) and (place := _entry(hunt, found, role)) is not None:
                    seen.add(_at(found))
                    yield place
    done: set[str] = set()
    for use in access_uses(hunt.instance):
        if use.check not in ACCESS or use.table in done:
            continue
        done.add(use.table)
        for found in hunt.holding(access_lookup(hunt.instance, use.table), words):
            if new(seen, found) and (place := _access(hunt, found, use.check, use.where)) is not None:
                seen.add(_at(found))
                yield place


def _at(found: Found) -> tuple[str, str]:
    return (os.path.realpath(found.target.path), fold(found.key))


def new(seen: set[tuple[str, str]], found: Found) -> bool:
    """Whether an entry is no place yet: one text may serve several parameters."""
    return _at(found) not in seen


def _is_own(hunt: Hunt, key: str, names: Names) -> bool:
    if names == "login":
        return fold(key) in {fold(login) for login in hunt.logins}
    if names == "user":
        return fold(key) in hunt.own
    return hunt.is_own(key)


def _entry(hunt: Hunt, found: Found, role: Role) -> Place | None:
    if _is_own(hunt, found.key, role.keys):
        return _by_key(hunt, found, role)
    if role.holds == "logins":
        return _login(hunt, found)
    if role.holds == "password":
        return _password(hunt, found)
    if role.holds in {"address", "text"} and len(found.items) == 1 and hunt.theirs(found.items[0]):
        return _by_value(hunt, found, role)
    return None


def _made(hunt: Hunt, found: Found, kind: Kind, what: str, ways: dict[Choice, Way], default: Choice) -> Place:
    value = MASK if kind == "password" else safe(found.value)
    return hunt.wish.settled(
        Place(
            kind, found.key, what, value, found.lookup.written, found.target.path, found.line, ways, default,
            own=_is_own(hunt, found.key, "address"),
        )
    )  # fmt: skip


def _by_key(hunt: Hunt, found: Found, role: Role) -> Place:
    to = hunt.wish.to(role.kind, found.key, found.target.path, found.line)
    default = role.handed if to else role.alone
    ways: dict[Choice, Way] = {}
    then = "the entry is no more"
    if role.kind == "mailbox":
        base = hunt.instance.parameters.effective("virtual_mailbox_base")
        then = mail_words(below(base, found.value), base)
    if role.kind == "transport" and found.value.partition(":")[0] in _ERRORS and not to:
        default = "keep"
    if role.kind == "sender-login":
        then = "nobody may send as them by a login; who does not log in may, where no other rule says no"
        login = hunt.login_of(to) if to else ""
        if login:
            edit: Edit = SetEntry(found.target, found.key, (login,), found.items)
            ways["forward"] = Way((edit,), f"{safe(login)} may send as them")
            default = "forward"
    ways["remove"] = Way((_removed(found),), then)
    ways["keep"] = Way((), "it stays as it is")
    return _made(hunt, found, role.kind, role.what, ways, default)


def _removed(found: Found) -> RemoveEntry:
    return RemoveEntry(found.target, found.key, found.value)


def _by_value(hunt: Hunt, found: Found, role: Role) -> Place:
    to = hunt.wish.to(role.kind, found.key, found.target.path, found.line)
    ways: dict[Choice, Way] = {}
    if to:
        ways["forward"] = Way((SetEntry(found.target, found.key, to, found.value),), f"it names {safe(to)}")
    ways["remove"] = Way((_removed(found),), "the entry is no more")
    ways["keep"] = Way((), "it goes on naming an address that is no more")
    return _made(hunt, found, role.kind, "its value is their address", ways, "forward" if to else "remove")


def _login(hunt: Hunt, found: Found) -> Place | None:
    """An address that others have, as which they may send by their login."""
    logins = {fold(login) for login in hunt.logins}
    items = found.items
    kept = tuple(item for item in items if fold(item) not in logins)
    if len(kept) == len(items):
        return None
    to = hunt.wish.to("sender-login", found.key, found.target.path, found.line)
    login = hunt.login_of(to) if to else ""
    ways: dict[Choice, Way] = {}
    if login:
        new_items = tuple(dict.fromkeys((*kept, login)))
        edit = SetEntry(found.target, found.key, new_items, items)
        ways["forward"] = Way((edit,), f"{safe(', '.join(new_items))} may send as it")
    if kept:
        edit = SetEntry(found.target, found.key, kept, items)
        ways["remove"] = Way((edit,), f"{safe(', '.join(kept))} may send as it")
    else:
        ways["remove"] = Way((_removed(found),), "no login may send as it: they alone might")
    ways["keep"] = Way((), "their login may go on sending as it")
    default: Choice = "forward" if "forward" in ways else "remove" if kept else ""
    return _made(hunt, found, "sender-login", "their login may send as it", ways, default)


def _password(hunt: Hunt, found: Found) -> Place | None:
    """A server at which this one logs in by their name: without it mail would not leave."""
    user = found.value.partition(":")[0]
    if fold(user) not in {fold(login) for login in hunt.logins if "@" in login}:
        return None
    what = f"this server logs in at {safe(found.key)} as {safe(user)}: give it another login"
    ways: dict[Choice, Way] = {
        "keep": Way((), "it works as long as that login does"),
        "remove": Way((_removed(found),), "the login is no more: mail that needs it stays in the queue"),
    }
    return _made(hunt, found, "password", what, ways, "keep")


# Access tables


def _access(hunt: Hunt, found: Found, check: str, where: str) -> Place | None:
    names = ACCESS[check]
    key = found.key
    verb, _, argument = found.value.strip().partition(" ")
    if names == "address" and verb.lower() in _LEADS and hunt.theirs(argument.strip()):
        return _leading(hunt, found, verb, where)
    everywhere = names == "address" and key.endswith("@") and fold(key[:-1]) in _locals(hunt)
    if not everywhere and not _is_own(hunt, key, names):
        return None
    to = hunt.wish.to("access", key, found.target.path, found.line)
    refuses = verb.lower().startswith(_REFUSES)
    keeps = refuses or everywhere or (check == "check_recipient_access" and bool(to))
    ways: dict[Choice, Way] = {
        "remove": Way((_removed(found),), "the rule is no more"),
        "keep": Way((), "it refuses, which harms nobody" if refuses else "the rule holds as it did"),
    }
    what = f"{check} of {where} asks by {'this name in every domain' if everywhere else 'their address'}"
    return _made(hunt, found, "access", what, ways, "keep" if keeps else "remove")


def _locals(hunt: Hunt) -> set[str]:
    return {split(place)[0] for place in hunt.own}


def _leading(hunt: Hunt, found: Found, verb: str, where: str) -> Place:
    """An action that sends mail to them."""
    to = hunt.wish.to("access", found.key, found.target.path, found.line)
    ways: dict[Choice, Way] = {}
    if to:
        edit = SetEntry(found.target, found.key, f"{verb} {to}", found.value)
        ways["forward"] = Way((edit,), f"it leads to {safe(to)}")
    ways["remove"] = Way((_removed(found),), "the rule is no more")
    ways["keep"] = Way((), "it goes on leading to an address that is no more")
    what = f"a rule of {where} sends mail to them"
    return _made(hunt, found, "access", what, ways, "forward" if to else "")
