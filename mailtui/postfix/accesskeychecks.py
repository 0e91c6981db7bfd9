"""What is wrong, or to be minded, about a key of an access table: keys that smtpd never asks for, and why.

key_problem(kind, style, "192.168.1.0/24")     # the reason, with what to write; empty where it works
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.postfix.accesskeys import AccessKind, Style, form_of, ipv6_in, is_network, printed_ipv6
from mailtui.postfix.addresses import complete
from mailtui.postfix.smtpd.hostnames import is_hostname, is_ipv4
from mailtui.postfix.syntax import domain_problem, local_problem
from mailtui.text.safe import safe

_DOTTED = re.compile(r"[0-9.]+")
_IPV6_PART = re.compile(r"[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4})*")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+")


def key_problem(kind: AccessKind, style: Style, key: str) -> str:
    """Why no session is ever looked up by a key; empty where one may be. The text has the remedy."""
    if not key:
        return "an entry needs a key to be found by"
    if key[:1] in {'"', "'"} and kind.by != "mail":
        return "is never asked for: quotes are a part of a key here; write it without them"
    if key.endswith(":") and kind.by in {"mail", "text"}:
        return "a key does not end in a colon: that is how aliases(5) is written"
    match kind.by:
        case "mail":
            return _mail_problem(kind, style, key)
        case "text" | "fingerprint":
            return ""
    if "@" in key:
        other = "check_sender_access or check_recipient_access"
        return f"is never asked for: {kind.whom} is looked up here; addresses belong to {other}"
    return _host_problem(kind, style, key)


def _host_problem(kind: AccessKind, style: Style, key: str) -> str:
    if "/" in key:
        return _slash(key)
    if key.startswith("["):
        bare = key[1:].removesuffix("]").removeprefix("IPv6:")
        return (
            ""
            if kind.by == "name"
            else f"is never asked for: an address has no brackets here; write {safe(bare)}"
        )
    if key.lower().startswith("ipv6:"):
        return f"is never asked for: write the address alone, {safe(key[5:])}"
    if "*" in key:
        return f"* stands for nothing here; {_subdomains(style, key.rpartition('*')[2].strip('.'))}"
    if key.startswith(".") and style.parents and kind.by != "name":
        return _dotted_problem(key)
    if kind.by != "name" and (_DOTTED.fullmatch(key) or ":" in key):
        return _address_problem(key)
    if kind.by == "address":
        return f"is never asked for: {kind.whom} are looked up here, and no names"
    if key.endswith(".") and kind.by != "name":
        return f"is never asked for: a host name has no dot at its end; write {safe(key.rstrip('.'))}"
    if kind.by == "name" and key.startswith(".") and style.parents:
        return _dotted_problem(key) if kind.check != "check_helo_access" else ""
    return ""


def _slash(key: str) -> str:
    address, _, length = key.partition("/")
    if is_ipv4(address) and length in {"8", "16", "24"}:
        part = ".".join(address.split(".")[: int(length) // 8])
        return f"is never asked for: networks are written {part} here; /{length} belongs in a cidr: table"
    return "is never asked for: an indexed table knows no /length; networks like this belong in a cidr: table"


def _dotted_problem(key: str) -> str:
    return (
        "is never asked for: parent_domain_matches_subdomains has smtpd_access_maps, where "
        f"{safe(key[1:])} stands for its subdomains too"
    )


def _subdomains(style: Style, domain: str) -> str:
    if not domain:
        return "for everybody use a static: or regexp: table, or a rule"
    return f"the subdomains of a domain are written {'' if style.parents else '.'}{safe(domain)}"


def _address_problem(key: str) -> str:
    """Of what looks like an address or the beginning of one."""
    if ":" in key:
        return _ipv6_problem(key)
    if key.endswith("."):
        return f"is never asked for: a network has no dot at its end; write {safe(key.rstrip('.'))}"
    if key.startswith(".") or ".." in key:
        return "is no address"
    parts = key.split(".")
    if len(parts) > 4 or any(int(part) > 255 for part in parts):
        return "is no address: it has four numbers up to 255"
    plain = ".".join(str(int(part)) for part in parts)
    if plain != key:
        return f"is never asked for: numbers have no zero before them; write {plain}"
    return "" if len(parts) < 4 or is_ipv4(key) else "is never asked for: no address begins with 0"


def _ipv6_problem(key: str) -> str:
    if ipv6_in(key):
        return ""
    shown = printed_ipv6(key)
    if not shown:
        wrong = next((part for part in key.split(":") if len(part) > 1 and part.startswith("0")), None)
        if wrong is None or not _IPV6_PART.fullmatch(key):
            return "is no address, and no beginning of one"
        plain = ":".join(part.lstrip("0") or "0" if part else "" for part in key.split(":"))
        return f"is never asked for: numbers have no zero before them; write {plain}"
    mapped = shown.removeprefix("::ffff:")
    if is_ipv4(mapped):
        return f"is never asked for: such a client is looked up as {mapped}"
    return f"is never asked for: Postfix writes this address as {shown}"


def _mail_problem(kind: AccessKind, style: Style, key: str) -> str:
    if key == "<>" or key == style.null_key:
        return _null_problem(kind, style, key)
    if key.startswith("@"):
        domain = safe(key[1:])
        return f"is never asked for: @domain is how virtual(5) has it; here everybody at it is {domain}"
    if "*" in key and "@" not in key:
        return f"* stands for nothing here; {_subdomains(style, key.rpartition('*')[2].strip('.'))}"
    if key.startswith("*@"):
        return f"* stands for nothing here; everybody at it is {safe(key[2:])}"
    if "/" in key and "@" not in key:
        return "is never asked for: mail addresses and domains are looked up here, and no networks"
    if "@" not in key:
        return _mail_domain_problem(style, key)
    local, _, domain = key.rpartition("@")
    if domain.endswith("."):
        return f"is never asked for: Postfix takes the dot at its end off; write {safe(key.rstrip('.'))}"
    if style.rules.append_dot_mydomain and domain and "." not in domain and not domain.startswith("["):
        return f"is never asked for: Postfix completes it to {safe(complete(key, style.rules))}"
    return local_problem(local) or (domain_problem(domain) if domain else "")


def _mail_domain_problem(style: Style, key: str) -> str:
    if key.startswith(".") and style.parents:
        return _dotted_problem(key)
    if key.endswith("."):
        return f"is never asked for: Postfix takes the dot at its end off; write {safe(key.rstrip('.'))}"
    if is_ipv4(key) or is_network(key) or (":" in key and not key.startswith("[")):
        return "is taken for a domain here: clients are looked up by address in check_client_access"
    return domain_problem(key.removeprefix("."))


def _null_problem(kind: AccessKind, style: Style, key: str) -> str:
    if kind.check == "check_recipient_access":
        return "is never asked for: no mail is for the empty address"
    if key != style.null_key:
        return f"is never asked for: the null sender is {safe(style.null_key)} (smtpd_null_access_lookup_key)"
    return ""


def key_doubts(kind: AccessKind, style: Style, key: str) -> Iterator[str]:
    """What to mind about a key that is asked for."""
    form = form_of(kind, style, key)
    if kind.by == "fingerprint" and not _FINGERPRINT.fullmatch(key):
        yield "is no fingerprint, which is pairs of hex digits with colons between them: 0A:1B:2C"
    if form == "address" and key.endswith("::"):
        yield f"is the address {safe(key)} itself; the network is written {safe(key[:-2])}"
    if kind.by == "mail" and form == "domain":
        bare = key.removeprefix(".")
        if "." not in bare:
            yield f"is taken for the top-level domain; a user in every domain is {safe(bare)}@"
    if kind.by in {"host", "name"} and form in {"host", "domain"}:
        if not is_hostname(key.removeprefix(".")) and not key.startswith("["):
            yield "is no host name"
        if kind.by == "name" and key.endswith("."):
            yield "matches a HELO name with a dot at its end only"
        if kind.by == "name" and key.startswith(".") and style.parents:
            yield f"matches a HELO name that begins with a dot; {safe(key[1:])} has its subdomains too"
    if form == "host":
        yield f"matches {safe(key)} alone; its subdomains are .{safe(key)}"
