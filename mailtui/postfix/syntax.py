"""Whether a text is an address (RFC 5321, with RFC 6531's characters beyond ASCII), and if not why."""

from __future__ import annotations

import ipaddress
import re

LOCAL_LIMIT, DOMAIN_LIMIT, LABEL_LIMIT = 64, 255, 63
"""Octets (RFC 5321 4.5.3.1, RFC 1035 2.3.4)."""

# Of what is beyond ASCII all is allowed. The sets name what is not: a set with such a range in it takes
# milliseconds to compile.
_ATOM = re.compile(r"""[^\x00-\x20"(),.:;<>@\[\\\]\x7f]+""")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"')
_LABEL = re.compile(r"[^\x00-/:-@\[-`{-\x7f](?:[^\x00-,./:-@\[-^`{-\x7f]*[^\x00-/:-@\[-`{-\x7f])?")


def local_problem(local: str) -> str:
    """What is wrong with a local part as written, with the quotes it needs; empty where nothing is."""
    if not local:
        return "there is nothing before the @"
    if len(local.encode("utf-8", "surrogateescape")) > LOCAL_LIMIT:
        return f"the part before the @ is longer than {LOCAL_LIMIT} octets"
    if local.startswith('"'):
        return "" if _QUOTED.fullmatch(local) else "the quotes do not close, or hold a control character"
    for atom in local.split("."):
        if not atom:
            return "a dot may not stand first, last or beside another dot"
        bad = next((character for character in atom if not _ATOM.fullmatch(character)), None)
        if bad == " ":
            return 'a blank needs quotes: "first last"'
        if bad is not None:
            return f"“{bad}” may not stand in a name without quotes"
    return ""


def domain_problem(domain: str) -> str:
    """What is wrong with a domain or address literal; empty where nothing is."""
    if not domain:
        return "there is nothing after the @"
    if domain.startswith("["):
        return _literal_problem(domain)
    if len(domain.encode("utf-8", "surrogateescape")) > DOMAIN_LIMIT:
        return f"the domain is longer than {DOMAIN_LIMIT} octets"
    for label in domain.removesuffix(".").split("."):
        if not label:
            return f"{domain} has an empty part between its dots"
        if len(label) > LABEL_LIMIT:
            return f"a part of the domain is longer than {LABEL_LIMIT} characters"
        if not _LABEL.fullmatch(label):
            return f"“{label}” is no part of a domain: letters, digits and - within"
    return ""


def address_problem(address: str) -> str:
    """What is wrong with `local@domain` or a bare local part; empty where nothing is."""
    local, domain = split_written(address)
    return local_problem(local) or ("" if domain is None else domain_problem(domain))


def split_written(address: str) -> tuple[str, str | None]:
    """Local part as written and domain; an @ inside quotes does not count."""
    quoted = _QUOTED.match(address)
    at = address.find("@", quoted.end() if quoted else 0) if quoted else address.rfind("@")
    return (address, None) if at < 0 else (address[:at], address[at + 1 :])


def _literal_problem(domain: str) -> str:
    if not domain.endswith("]"):
        return "the ] of the address literal is missing"
    text = domain[1:-1]
    try:
        ipaddress.ip_address(text[5:] if text.lower().startswith("ipv6:") else text)
    except ValueError:
        return f"{domain} is no address literal: [192.0.2.1] or [IPv6:2001:db8::1]"
    return ""
