"""Mail addresses as Postfix handles them: in parts, with an extension, completed, quoted for a table.

Addresses are text here, without the angle brackets and, unless a name says `external`, with the local
part unquoted (Postfix's "internal form"). Rules: trivial-rewrite(8), ADDRESS_REWRITING_README, RFC 5321.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from mailtui.formats.addresses import COMMENT, OPERATOR, internal, is_simple_one, tokens
from mailtui.formats.addresses import items as listed
from mailtui.text.safe import decode, encode

# A set that named what is beyond ASCII, all of which is allowed, would take milliseconds to compile.
_DOT_STRING = re.compile(r"""[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+(?:\.[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+)*""")
_SPECIAL = re.compile(r'["\\()<>]')
_BLANKS = " \t\r\n"


class Rules(NamedTuple):
    """The parameters by which Postfix completes and takes apart an address."""

    myorigin: str
    mydomain: str
    delimiters: str = ""
    """recipient_delimiter: each of its characters begins an extension."""
    append_at_myorigin: bool = True
    append_dot_mydomain: bool = False
    percent_hack: bool = True
    swap_bangpath: bool = True
    dequote: bool = True
    """resolve_dequoted_address: an @ inside a quoted local part counts."""
    owner_request_special: bool = True
    double_bounce: str = "double-bounce"


def split(address: str) -> tuple[str, str | None]:
    """Local part and domain (what follows the last `@`); the domain is None where there is no `@`."""
    local, at, domain = address.rpartition("@")
    return (local, domain) if at else (domain, None)


def fold(address: str) -> str:
    """The address as tables and duplicate checks compare it. Postfix folds the whole address."""
    return address.casefold()


def split_extension(local: str, rules: Rules) -> tuple[str, str]:
    """The local part without its extension, and the extension with its delimiter ("" where there is none).

    As split_addr(3): at the first delimiter, never for postmaster, mailer-daemon and the double-bounce
    sender; with `-` as delimiter not for owner-NAME and NAME-request.
    """
    if not rules.delimiters or local.lower() in {"postmaster", "mailer-daemon", rules.double_bounce.lower()}:
        return local, ""
    if "-" in rules.delimiters and rules.owner_request_special:
        lower = local.lower()
        if lower.startswith("owner-") or (lower.endswith("-request") and len(lower) > len("-request")):
            return local, ""
    places = [at for at in map(local.find, rules.delimiters) if at >= 0]
    at = min(places, default=0)
    return (local[:at], local[at:]) if at else (local, "")


def strip_extension(address: str, rules: Rules) -> tuple[str, str]:
    """The same for a whole address: `jean+x@d` gives `jean@d` and `+x`."""
    local, domain = split(address)
    bare, extension = split_extension(local, rules)
    if not extension:
        return address, ""
    return (bare if domain is None else f"{bare}@{domain}"), extension


def with_extension(address: str, extension: str) -> str:
    """`jean@d` and `+x` give `jean+x@d`."""
    local, domain = split(address)
    return f"{local}{extension}" if domain is None else f"{local}{extension}@{domain}"


def quote(address: str) -> str:
    """Internal to external form: the local part is quoted where it is no dot-string (RFC 5321 4.1.2)."""
    local, domain = split(address)
    if not local or _DOT_STRING.fullmatch(local):
        return address
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if domain is None else f'"{escaped}"@{domain}'


def complete(address: str, rules: Rules) -> str:
    """An address as Postfix's rewriting completes it: `jean` gets @$myorigin, `@a,@b:user@c` loses its route.

    Takes and gives the internal form; the empty address stays empty.
    """
    address = address.strip(_BLANKS)
    if address.startswith("@") and ":" in address[:-1]:
        address = address[address.index(":") + 1 :]
    if not address or address == "@":
        return ""
    if "@" not in address:
        address = _complete_local(address, rules)
    local, domain = split(address)
    if domain is None:
        return address
    if rules.append_dot_mydomain and domain and "." not in domain and not domain.startswith("["):
        domain = f"{domain}.{rules.mydomain}"
    if domain.endswith(".") and len(domain) > 1 and not domain.endswith(".."):
        domain = domain[:-1]
    return f"{local}@{domain}"


def _complete_local(address: str, rules: Rules) -> str:
    if rules.swap_bangpath and 0 < address.find("!") < len(address) - 1:
        domain, _, local = address.partition("!")
        return f"{local}@{domain}"
    if rules.percent_hack and 0 < address.rfind("%") < len(address) - 1:
        local, _, domain = address.rpartition("%")
        return f"{local}@{domain}"
    return f"{address}@{rules.myorigin}" if rules.append_at_myorigin else address


def unwrap(address: str, is_local: Callable[[str], bool], rules: Rules) -> str:
    """The address that a routed one means: `user%dom@here`, `dom!user@here` and `"user@dom"@here`,
    where `here` is a local domain (resolve_addr in trivial-rewrite(8))."""
    for _ in range(100):
        local, domain = split(address)
        if domain is None or not is_local(domain):
            return address
        if rules.dequote and "@" in local.strip("@"):
            inner = local
        elif rules.percent_hack and 0 < local.rfind("%") < len(local) - 1:
            inner = "@".join(local.rsplit("%", 1))
        elif rules.swap_bangpath and 0 < local.find("!") < len(local) - 1:
            site, _, rest = local.partition("!")
            inner = f"{rest}@{site}"
        else:
            return address
        address = complete(inner, rules)
    return address


def items(value: str) -> tuple[str, ...]:
    """The recipients of a right-hand side as they are written: separated by commas or blanks, quotes kept."""
    return tuple(decode(item) for item in listed(encode(value)))


def recipient(item: str) -> str:
    """An item in internal form: `"|cmd a"` gives `|cmd a`, `Jean <jean@d>` gives `jean@d`."""
    if not _SPECIAL.search(item):
        return item
    if item.startswith('"') and is_simple_one(encode(item)):
        return item[1:].replace('"', "", 1)
    parts = [token for token in tokens(encode(item)) if token.kind != COMMENT]
    texts = [token.text if token.kind == OPERATOR else b"" for token in parts]
    if b"<" in texts:
        inside = parts[texts.index(b"<") + 1 :]
        parts = inside[: texts[len(parts) - len(inside) :].index(b">")] if b">" in texts else inside
    return decode(internal(parts))
