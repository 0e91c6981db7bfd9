"""One milter in smtpd_milters or non_smtpd_milters: its address, and the settings of its own within `{ }`.

The grammar is that of milter.c, milter8.c and attr_override.c (Postfix 3.7), each case tried on smtpd(8):

    inet:host:port   inet::port   inet:port     an empty host is localhost
    unix:path   local:path                      the same
    { inet:host:port, name=value, { name = value } }

Within `{ }` no blank stands beside the `=`, save in braces of its own. What smtpd cannot read stops it (no
client gets a banner), or has it answer `451 4.3.5 Server configuration problem` to all mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mailtui.formats.lists import SEPARATORS, items, payload
from mailtui.text.safe import decode, encode

Harm = Literal["", "stops", "refuses"]
"""What a wrong text does: nothing; smtpd ends as it starts; all mail is put off with 451 4.3.5."""

DISABLE = "DISABLE"
"""The whole of a list that turns milters off; meant for results of smtpd_milter_maps."""

TIMES = ("connect_timeout", "command_timeout", "content_timeout")
SETTINGS = (*TIMES, "default_action", "protocol")
"""What one milter may have of its own, in place of milter_NAME."""

ACTIONS = ("accept", "reject", "tempfail", "quarantine")
VERSIONS = ("2", "3", "4", "6")
_TIME = re.compile(r"\+?([0-9]+)(?:([smhdw]).*)?", re.DOTALL)
_LABEL = re.compile(r"(?!-)[^\x00-,./:-@\[-^`{-\x7f]{1,63}(?<!-)")
"""One label of a host name: letters, digits, `_` and `-`, and whatever is not ASCII (valid_hostname.c)."""
_DIGITS = re.compile("[0-9]+")
_LAST_PORT = 65535
_INT_MAX = 2**31 - 1
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a program listens, or is looked for: `host` (empty: any, or localhost) and `port`, or `path`."""

    kind: Literal["inet", "unix"]
    host: str = ""
    port: str = ""
    path: str = ""

    @property
    def postfix(self) -> str:
        """As Postfix writes it."""
        if self.kind == "unix":
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host or "localhost"
        return f"inet:{host}:{self.port}"

    @property
    def sendmail(self) -> str:
        """As the programs' own files write it."""
        if self.kind == "unix":
            return f"local:{self.path}"
        kind = "inet6" if ":" in self.host else "inet"
        return f"{kind}:{self.port}@{self.host}" if self.host else f"{kind}:{self.port}"


@dataclass(frozen=True, slots=True)
class MilterItem:
    """An item as smtpd reads it. `settings` are in their order; `problem` says what is wrong, and `harm` what
    it does."""

    written: str
    address: str
    settings: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    harm: Harm = ""

    @property
    def own(self) -> dict[str, str]:
        """The settings by name; the last of a name counts."""
        return dict(self.settings)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where Postfix looks for it; None where the address is none."""
        return endpoint(self.address)


def parse_item(text: str) -> MilterItem:
    """An item of the list, as `items` cuts it out."""
    if not text.startswith("{"):
        return MilterItem(text, text, (), *_address_problem(text))
    raw = encode(text)
    size = payload(raw)
    if size != len(raw):
        why = "something stands behind its }" if size else "its { is not closed"
        return MilterItem(text, decode(raw[1:size]).strip("} "), (), why, "stops")
    inner = raw[1:-1].lstrip(SEPARATORS)
    if not inner:
        return MilterItem(text, "", (), "nothing stands within its { }", "stops")
    end = next((at for at, byte in enumerate(inner) if byte in SEPARATORS), len(inner))  # a { means nothing
    address, own = decode(inner[:end]), [decode(item) for item in items(inner[end:])]
    settings = [_setting(each) for each in own]
    found = tuple((name, value) for name, value in settings if name)
    problem, harm = _address_problem(address)
    for each, (name, value) in zip(own, settings, strict=True):
        why, does = _setting_problem(each, name, value)
        if does == "stops" or (does and not harm):
            problem, harm = (why, does) if harm != "stops" else (problem, harm)
    return MilterItem(text, address, found, problem, harm)


def _setting(text: str) -> tuple[str, str]:
    """A `name=value`, in braces or not; the name is empty where there is no `=`."""
    raw = encode(text)
    if text.startswith("{"):
        if payload(raw) != len(raw):
            return "", ""
        text = text[1:-1]
    name, equals, value = text.partition("=")
    return (name.strip(), value.strip()) if equals else ("", "")


def _setting_problem(text: str, name: str, value: str) -> tuple[str, Harm]:
    if not name:
        return f"“{text}” is no name=value; no blank may stand beside the = there", "stops"
    if name not in SETTINGS:
        return f"{name} is no setting of a milter: there are {', '.join(SETTINGS)}", "stops"
    if name in TIMES:
        time = seconds(value)
        if time is None:
            return f"{name}: “{value}” is no time, as 10s or 5m", "stops"
        return ("", "") if time else (f"{name}: it must be 1s at least", "stops")
    if not value:
        return f"{name}: nothing stands behind its =", "stops"
    if name == "default_action" and value.lower() not in ACTIONS:
        return f"default_action: “{value}” is none of {', '.join(ACTIONS)}", "refuses"
    if name == "protocol" and not is_protocol(value):
        return f"protocol: “{value}” is none of {', '.join(VERSIONS)}", "refuses"
    return "", ""


def is_protocol(value: str) -> bool:
    """Whether Postfix can speak this version: a number, and perhaps `no_header_reply`."""
    words = [decode(word) for word in items(encode(value))]
    return bool(words) and words[0] in VERSIONS and all(word == "no_header_reply" for word in words[1:])


def seconds(value: str) -> int | None:
    """A time as attr_override reads it, in seconds; None where it is none."""
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    time = int(found[1]) * _UNITS[found[2] or "s"]
    return time if time <= _INT_MAX else None


def _address_problem(address: str) -> tuple[str, Harm]:
    kind, colon, rest = address.partition(":")
    if not colon or not kind or not rest:
        return f"“{address}” is no address: write inet:host:port or unix:path", "refuses"
    if kind in {"unix", "local"}:
        return "", ""
    if kind != "inet":
        return f"{kind}: is not known to Postfix: write inet:host:port or unix:path", "refuses"
    found = _inet(rest)
    harm: Harm = "stops" if found is None else ""
    if found is not None and _DIGITS.fullmatch(found.port) and not 0 < int(found.port[:9]) <= _LAST_PORT:
        return f"“{found.port}” is no port: a number from 1 to {_LAST_PORT}", "refuses"
    port, at, host = rest.partition("@")
    if at:
        wants = f"inet:{host or 'localhost'}:{port}"
        return f"inet:port@host is the milters' own way: Postfix wants {wants}", harm
    return (f"“{rest}” is no host:port", harm) if harm else ("", "")


def _inet(rest: str) -> Endpoint | None:
    """`host:port`, `[host]:port`, `:port` or `port`, as host_port(3) cuts them."""
    if rest.startswith("["):
        host, close, after = rest[1:].partition("]")
        if not host or not close or not after.startswith(":"):
            return None
        port = after[1:]
        host = host[5:] if host[:5].lower() == "ipv6:" else host
    else:
        host, _, port = rest.rpartition(":")
    is_number = bool(_DIGITS.fullmatch(port))
    if not port or (port[0] in "0123456789" and not is_number) or (host and not _is_host(host)):
        return None
    return Endpoint("inet", host, port)


def _is_host(text: str) -> bool:
    """valid_hostname(3) or valid_hostaddr(3); an IPv4 address may have leading zeros."""
    import ipaddress

    labels = text.split(".")
    if len(labels) == 4 and all(_DIGITS.fullmatch(label) and int(label) < 256 for label in labels):
        return True
    if ":" in text:
        try:
            return bool(ipaddress.IPv6Address(text)) and "%" not in text
        except ValueError:
            return False
    named = all(_LABEL.fullmatch(label) for label in labels)
    return named and len(text) <= 255 and not _DIGITS.fullmatch(text.replace(".", ""))


def endpoint(address: str) -> Endpoint | None:
    """Where an address in Postfix's way leads; None for one that Postfix cannot use."""
    kind, _, rest = address.partition(":")
    if kind in {"unix", "local"} and rest:
        return Endpoint("unix", path=rest)
    return _inet(rest) if kind == "inet" else None


def own_endpoint(text: str) -> Endpoint | None:
    """Where a program listens by its own file or options: `inet:port@host`, `inet6:…`, `local:/path`,
    `unix:/path`, a bare path (smfi_setconn(3)); None for anything else."""
    kind, colon, rest = text.strip().partition(":")
    if not colon:
        return Endpoint("unix", path=kind) if kind.startswith("/") else None
    if kind in {"unix", "local"}:
        return Endpoint("unix", path=rest) if rest else None
    if kind not in {"inet", "inet6"}:
        return None
    port, _, host = rest.partition("@")
    return Endpoint("inet", host.strip("[]"), port) if port else None


def item_text(address: str, settings: Sequence[tuple[str, str]] = ()) -> str:
    """An item with these settings, written in a way that Postfix reads."""
    if not settings:
        return address
    return f"{{ {', '.join((address, *_written(settings)))} }}"


def _written(settings: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, value in settings:
        plain = value and not any(each in value for each in ", \t\r\n{}")
        yield f"{name}={value}" if plain else f"{{ {name} = {value} }}"
