"""The refusal of a DNS list, in the words of rbl_reply_maps or default_rbl_reply, `$name` filled in."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from mailtui.formats.macros import MacroError, expand
from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd.mailfind import Key, search
from mailtui.postfix.smtpd.outcome import Outcome, misconfigured, reject, unknown
from mailtui.postfix.smtpd.replies import fitted, split_status
from mailtui.text.safe import decode, encode, safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

_PLAIN = re.compile(r"\$(?:(\w+)|\{\s*(\w+)\s*\}|\(\s*(\w+)\s*\))", re.ASCII)
"""A name for which there must be a value: not the test of a `${name?…}`."""
_CODED = re.compile(r"[45][0-9]{2} ")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11}


class Listing(NamedTuple):
    """A hit: `zone` with its filter as it is written, what is listed, as what, and the list's own words."""

    zone: str
    what: str
    subject_class: str
    text: str


def refusal(context: Context, listing: Listing) -> Outcome:
    """What smtpd answers for a hit."""
    template, failure = _template(context, listing.zone)
    if failure is not None:
        return failure
    said = _filled(context, listing, template) if template else None
    if said is None:
        said = _filled(context, listing, context.setting("default_rbl_reply"))
    if said is None:
        return unknown("default_rbl_reply cannot be expanded: smtpd stops there")
    zone = safe(listing.zone)
    why = f"{safe(listing.what)} is in {zone}" + (f": {safe(listing.text)}" if listing.text else "")
    if not _CODED.match(said):
        return reject(450, "4.7.1", "Service unavailable", f"{why}; the reply has no code of its own")
    status, text = split_status("4.7.1", said[4:].lstrip())
    return reject(int(said[:3]), fitted(status, listing.subject_class), text or "Service unavailable", why)


def _template(context: Context, zone: str) -> tuple[str, Outcome | None]:
    found = search(context, split_list(context.setting("rbl_reply_maps")), [Key(zone, True)])
    if found.problem:
        return "", misconfigured(f"rbl_reply_maps: {found.problem}")
    return found.value or "", None


def _filled(context: Context, listing: Listing, template: str) -> str | None:
    """A template with its names filled in; None where one is not known, or it is malformed."""
    strange: set[str] = set()
    allowed = _unescaped(context.setting("smtpd_expansion_filter"))

    def value(name: str) -> str | None:
        found = _value(context, listing, name)
        if found is None:
            strange.add(name)
            return None
        return _filtered(found, allowed).replace("$", "$$")

    try:
        said = expand(template, value)
    except MacroError:
        return None
    needed = {name for groups in _PLAIN.findall(template) for name in groups if name}
    return None if strange & needed else said


def _value(context: Context, listing: Listing, name: str) -> str | None:
    session = context.session
    values = {
        "rbl_code": str(context.number("maps_rbl_reject_code")),
        "rbl_domain": listing.zone.partition("=")[0],
        "rbl_reason": listing.text, "rbl_txt": listing.text,
        "rbl_what": listing.what, "rbl_class": listing.subject_class,
        "client": session.client, "client_address": session.client_address,
        "client_name": session.client_name, "client_port": "unknown",
        "reverse_client_name": session.reverse_name, "helo_name": context.helo or "",
        "server_name": context.setting("myhostname"),
    }  # fmt: skip
    if name in values:
        return values[name]
    if name == "localtime":
        return time.strftime("%b %d %H:%M:%S")
    for prefix, address in (("sender", context.sender), ("recipient", context.recipient)):
        if name.startswith(prefix):
            return _of_address(address, name.removeprefix(prefix))
    return None


def _of_address(address: str | None, part: str) -> str | None:
    """`$sender`, `$sender_name`, `$sender_domain`: `<>` for the null sender, nothing for no address."""
    if address is None:
        return ""
    local, at, domain = address.rpartition("@")
    match part:
        case "":
            return address or "<>"
        case "_name":
            return (local if at else address) or "<>"
        case "_domain":
            return domain if at else ""
    return None


def _unescaped(text: str) -> frozenset[int]:
    """The bytes of smtpd_expansion_filter, its `\\t` and `\\40` made what they stand for."""

    def byte(found: re.Match[bytes]) -> bytes:
        escape = found[1]
        if escape.isdigit() and escape[:1] < b"8":
            return bytes([int(escape, 8) & 255])
        return bytes([_LETTERS[escape]]) if escape in _LETTERS else escape

    return frozenset(_ESCAPE.sub(byte, encode(text)))


def _filtered(text: str, allowed: frozenset[int]) -> str:
    return decode(bytes(byte if byte in allowed else ord("_") for byte in encode(text)))
