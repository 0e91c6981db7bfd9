"""What kind of value a parameter takes: from its name, the shape of its default, and a small table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mailtui.formats.macros import MacroError, expand
from mailtui.postfix import paramtables as tables
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance

Kind = Literal[
    "bool", "int", "size", "time", "enum", "options", "maps", "cache", "match", "restrictions", "milters",
    "transport", "relay", "relays", "hostname", "interfaces", "protocols", "level", "file", "folder", "files",
    "words", "text",
]  # fmt: skip
"""`options`: words out of several; `cache`: one table that Postfix fills; `match`: a match list; `relays`:
hosts to hand mail to; `protocols`: TLS versions; `level`: a compatibility level; `words`: any list."""

LISTS = frozenset(
    (
        "options",
        "maps",
        "match",
        "restrictions",
        "milters",
        "interfaces",
        "protocols",
        "relays",
        "files",
        "words",
    )
)
"""Kinds whose value is a list of items."""

ALIASES = 9
"""How many `$name` defaults are followed from one to the next."""

_INT = re.compile(r"-?\d+")
_TIME = re.compile(r"\d+([smhdw])")
_NAMED = re.compile(r"\$\{?(\w+)\}?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class ParamType:
    """`choices`: the words there are (`enum`, `options`, types of a table). `low`, `high`: the range of a
    number or a time in seconds, None without a limit. `unit`: what a bare number counts (`seconds`, `bytes`).
    `empty`: whether the empty value is one."""

    kind: Kind
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    unit: str = ""
    empty: bool = True

    @property
    def is_list(self) -> bool:
        return self.kind in LISTS

    @property
    def words(self) -> str:
        """What to type, in a few words."""
        match self.kind:
            case "bool":
                return "yes or no"
            case "int" | "size":
                return f"a number{f' of {self.unit}' if self.unit else ''}{self._range()}"
            case "time":
                return f"a time: 30s 5m 2h 1d 1w; a bare number is {self.unit}{self._range()}"
            case "enum":
                return f"one of: {', '.join(self.choices)}{'; or empty' if self.empty else ''}"
            case "options":
                return f"any of: {', '.join(self.choices)}"
        return _WORDS[self.kind]

    def _range(self) -> str:
        if self.high:
            return f", {self.low} to {self.high}"
        return f", {self.low} or more" if self.low else ""


_WORDS: dict[Kind, str] = {
    "maps": "tables, each type:name, such as hash:/etc/postfix/virtual",
    "cache": "one table, type:name, that Postfix makes itself",
    "match": "names, addresses, type:table or /file; ! before one takes it out",
    "restrictions": "restrictions in the order in which they are tried",
    "milters": "inet:host:port or unix:path; { } around one with settings of its own",
    "transport": "a service of master.cf, or service:nexthop",
    "relay": "[host], [host]:port, or a domain whose MX is looked up",
    "relays": "hosts as for relayhost, tried in order",
    "hostname": "a host name",
    "interfaces": "all, loopback-only, or addresses of this host",
    "protocols": f"{tables.PROTOCOLS.replace(' ', ', ')}; >= or <= or ! before one",
    "level": "a version of Postfix, such as 3.6",
    "file": "the path of a file",
    "files": "paths of files",
    "folder": "the absolute path of a folder",
    "words": "a list",
    "text": "text",
}


def canonical(name: str) -> str:
    """The parameter whose rules this one shares: lmtp_x is smtp_x for LMTP, tlsproxy_tls_x is smtpd_tls_x."""
    for prefix, whose in _KIN:
        if name.startswith(prefix):
            return whose + name.removeprefix(prefix)
    return name


_KIN = (
    ("lmtp_lhlo_name", "smtp_helo_name"),
    ("lmtp_", "smtp_"),
    ("tlsproxy_tls_", "smtpd_tls_"),
    ("tlsproxy_client_", "smtp_tls_"),
    ("postscreen_tls_", "smtpd_tls_"),
)


def type_of(instance: Instance, name: str) -> ParamType:
    """What this parameter takes; a name that Postfix does not know is text (or restrictions, by its name).

    Raises ParameterError where the defaults of Postfix are not to be had.
    """
    known = instance.parameters.values.known
    if name in instance.parameters.expanded("smtpd_restriction_classes").replace(",", " ").split():
        return ParamType("restrictions")
    return _type(known, name, 0)


def _type(known: Mapping[str, str], name: str, depth: int) -> ParamType:
    own = canonical(name)
    by_name = _by_name(own)
    if by_name is not None:
        return by_name
    default = known.get(name)
    empty = not _not_empty(own)
    if default is None or own in tables.TEXTS:
        return ParamType("text", empty=empty)
    other = _NAMED.fullmatch(default)
    if other and other[1] in known and depth < ALIASES:  # what another parameter is by default is of its type
        found = _type(known, other[1], depth + 1)
        if found.kind == "text":
            return replace(found, empty=empty)
        return replace(found, low=tables.AT_LEAST[own]) if own in tables.AT_LEAST else found
    return _by_shape(known, own, default) or ParamType("text", empty=empty)


def _not_empty(own: str) -> bool:
    return own in tables.NOT_EMPTY or own.endswith("_service_name")


def _by_name(own: str) -> ParamType | None:
    empty = not _not_empty(own)
    if own in tables.CHOICES or own.endswith("_tempfail_action"):
        words = tables.CHOICES.get(own) or tables.CHOICES["reject_tempfail_action"]
        return ParamType("enum", tuple(words.split()), empty=empty)
    if own in tables.OPTIONS:
        return ParamType("options", tuple(tables.OPTIONS[own].split()), empty=empty)
    kind = _KINDS.get(own)
    if kind is None:
        if own.endswith(("_maps", "_delivery_status_filter")):
            kind = "maps"
        elif own.endswith("_restrictions") and own != "smtpd_relay_before_recipient_restrictions":
            kind = "restrictions"
        elif own.endswith(("_tls_protocols", "_tls_mandatory_protocols")):
            kind = "protocols"
        elif own.startswith(("smtp_tls_", "smtpd_tls_")) and own.endswith("_file"):
            kind = "file"
    return None if kind is None else ParamType(kind, empty=empty)


_KINDS: dict[str, Kind] = {
    **dict.fromkeys(tables.MATCH_LISTS, "match"),
    **dict.fromkeys(tables.MAPS, "maps"),
    **dict.fromkeys(tables.CACHES, "cache"),
    **dict.fromkeys(tables.TRANSPORTS, "transport"),
    **dict.fromkeys(tables.HOSTS, "relay"),
    **dict.fromkeys(tables.FALLBACKS, "relays"),
    **dict.fromkeys(tables.MILTERS, "milters"),
    **dict.fromkeys(tables.HOSTNAMES, "hostname"),
    **dict.fromkeys(tables.FOLDERS, "folder"),
    **dict.fromkeys(tables.KEYS, "files"),
    **dict.fromkeys(tables.WORDS, "words"),
    "inet_interfaces": "interfaces",
    "compatibility_level": "level",
}


def _by_shape(known: Mapping[str, str], own: str, default: str) -> ParamType | None:
    """By what the default comes to, `$` expanded by other defaults alone."""
    try:
        value = expand(default, known.get).strip()
    except MacroError:
        return None
    if value in {"yes", "no"}:
        return ParamType("bool", ("yes", "no"), empty=False)
    high = tables.AT_MOST.get(own)
    if _INT.fullmatch(value):
        low = tables.AT_LEAST.get(own, 0)
        if own in tables.SIZES:
            return ParamType("size", (), low, high, "bytes", empty=False)
        return ParamType("int", (), low, high, empty=False)
    time = _TIME.fullmatch(value)
    if time is None:
        return None
    low = tables.AT_LEAST.get(own, 0 if own in tables.MAY_BE_NO_TIME else 1)
    return ParamType("time", (), low, high, _UNITS[time[1]], empty=False)


def kind_of(instance: Instance, name: str) -> Kind:
    """The kind alone; `text` where nothing can be found out."""
    try:
        return type_of(instance, name).kind
    except ParameterError:
        return "text"
