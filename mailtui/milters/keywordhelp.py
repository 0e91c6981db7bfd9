"""What a keyword means, what its values look like, and whether a change of it needs a restart.

Kinds of values, beside those of the grammar: `action` (what becomes of a message: accept, reject, …),
`addresses`, `choice:A|B`, `clamd` and `socket` (where somebody listens), `file`, `flag` (no value), `folder`,
`hosts`, `keytable`, `signingtable` and `list` (data sets: items, or a file of them), `key` (a private key's
file), `names` and `networks` (comma lists without blanks), `network`, `secret`, `text`, `user`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, cast

from mailtui.formats.keywordgrammar import GRAMMARS, Kind
from mailtui.milters.words import clamav, clamd, opendkim, opendmarc, policydspf, services
from mailtui.text.safe import encode, safe

ACTIONS = ("accept", "reject", "tempfail", "discard", "quarantine")
"""What opendkim's On-… can be; the first letter is enough."""
_COLUMNS = re.compile(r"  +")
_SOCKET = re.compile(r"(?:(?:local|unix):)?/\S+|inet6?:\d{1,5}(?:@\S+)?")
_CLAMD = re.compile(r"unix:/\S+|tcp:\S+")
_PATH = frozenset({"file", "folder", "key"})
SETS = frozenset({"hosts", "list", "keytable", "signingtable"})
"""Kinds that are items, or name a file that holds them."""


class Meaning(NamedTuple):
    """`default`: what holds where the keyword is not set, "" for nothing."""

    name: str
    kind: str
    default: str
    text: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The values there are, the program's default first where there is one; none for most kinds."""
        if self.kind == "boolean":
            return ("yes", "no")
        if self.kind == "action":
            return ACTIONS
        return tuple(self.kind.removeprefix("choice:").split("|")) if self.kind.startswith("choice:") else ()


def _table(text: str) -> dict[str, Meaning]:
    found = {}
    for line in text.splitlines():
        name, kind, default, says = _COLUMNS.split(line, maxsplit=3)
        found[name] = Meaning(name, kind, "" if default == "-" else default, says)
    return found


_TEXTS: Mapping[str, str] = {
    "opendkim.conf": opendkim.TEXT,
    "opendmarc.conf": opendmarc.TEXT,
    "clamav-milter.conf": clamav.TEXT,
    "clamd.conf": clamd.TEXT,
    "policyd-spf.conf": policydspf.TEXT,
    "smtpd.conf": services.SMTPD_CONF,
    "defaults/postgrey": services.POSTGREY_DEFAULTS,
    "defaults/opendkim": services.INIT_DEFAULTS,
    "defaults/opendmarc": services.INIT_DEFAULTS,
    "defaults/saslauthd": services.SASLAUTHD_DEFAULTS,
    "defaults/spamass-milter": services.SPAMASS_DEFAULTS,
}


@cache
def catalogue(kind: str) -> Mapping[str, Meaning]:
    """Every keyword of a kind of file, by its name: a format, or `defaults/NAME`. Empty for one that is not
    known here."""
    return _table(_TEXTS.get(kind, ""))


def meaning(kind: str, name: str) -> Meaning | None:
    """What a keyword means, however it is spelled; None where it is not known."""
    words = catalogue(kind)
    grammar = GRAMMARS.get(cast("Kind", kind))
    if grammar is None:
        return words.get(name)
    return words.get(name) or next(
        (each for each in words.values() if grammar.fold(each.name) == grammar.fold(name)), None
    )


def wrong(kind: str, name: str, value: str) -> str:
    """Why a value cannot be right, for the line under a field; "" where nothing speaks against it."""
    grammar = GRAMMARS.get(cast("Kind", kind))
    if grammar is not None:
        why = grammar.refuses(grammar.spelled(name), encode(value)) if value else ""
        if why:
            return why
    known = meaning(kind, name)
    return _wrong(known, value) if known is not None and value else ""


def _wrong(known: Meaning, value: str) -> str:
    kind, shown = known.kind, safe(value, 40)
    if kind == "action" and not any(each.startswith(value.lower()) for each in ACTIONS):
        return f"{known.name} wants one of {', '.join(ACTIONS)}, not “{shown}”"
    if kind.startswith("choice:") and value.lower() not in (each.lower() for each in known.choices):
        return f"{known.name} wants one of {', '.join(known.choices)}, not “{shown}”"
    if kind == "socket":
        return _wrong_socket(value)
    if kind == "clamd" and not _CLAMD.fullmatch(value):
        return f"“{shown}” is no place of clamd: unix:/path or tcp:HOST:PORT"
    if kind in _PATH and not value.startswith(("/", ".")):
        return f"{known.name} wants a path, from / on, not “{shown}”"
    if kind in {"names", "networks"}:
        return _wrong_items(known, value)
    if known.name == "RejectString" and value.count("%s") != 1:
        return "%s must stand in it once, for the domain"
    return ""


def _wrong_socket(value: str) -> str:
    if re.fullmatch(r"inet6?:[^@\s]+:\d+", value):
        kind, _, rest = value.partition(":")
        host, _, port = rest.rpartition(":")
        return f"that is how Postfix writes it: here it is {kind}:{port}@{safe(host, 40)}"
    if not _SOCKET.fullmatch(value):
        return f"“{safe(value, 40)}” is no socket: local:/path or inet:PORT@HOST"
    return ""


def _wrong_items(known: Meaning, value: str) -> str:
    """A comma list of policyd-spf."""
    if any(character.isspace() for character in value):
        return "an item behind a blank never matches: commas only"
    if known.kind == "networks":
        for item in value.split(","):
            try:
                ipaddress.ip_network(item)
            except ValueError as error:
                return safe(str(error), 100)
    return ""
