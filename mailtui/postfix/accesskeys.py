"""What a key of an access table matches, by the check that asks the table (access(5), smtpd_access(3)).

kind = access_kind("check_client_access")
key_problem(kind, style, "192.168.1.0/24")     # why no client is ever looked up so
meaning(kind, style, "192.168.1")              # every client in 192.168.1.0/24
asked(kind, style, subject)                    # the keys that smtpd asks, in its order
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from mailtui.postfix.addresses import Rules, complete, fold, recipient
from mailtui.postfix.smtpd.access import domain_keys, mail_keys, network_keys
from mailtui.postfix.smtpd.hostnames import is_ipv4, is_ipv6
from mailtui.text.safe import safe

By = Literal["host", "name", "address", "mail", "text", "fingerprint"]
"""What is looked up. `host`: a name and the domains above, then an address and its networks. `name`: a name
and the domains above. `address`: addresses of servers. `mail`: a mail address. `text`: a text as it is."""


class AccessKind(NamedTuple):
    """A check_…_access. `may_permit`: whether an OK in its table permits; else it is an error."""

    check: str
    by: By
    whom: str
    """What is looked up, in words: `the client`."""
    title: str
    """The heading of its keys."""
    hint: str
    may_permit: bool = True


class Style(NamedTuple):
    """The settings that make a key one that is asked. `parents`: `example.com` stands for its subdomains too
    (parent_domain_matches_subdomains), else `.example.com` does. `null_key`: what the null sender is looked
    up as. `rules`: how addresses are completed."""

    parents: bool
    null_key: str
    rules: Rules


_HOST = "host name, domain, address 192.0.2.1, or network 192.0.2 (without a dot at its end)"
_MAIL = "user@domain, domain, or user@ (in every domain)"
_SERVERS: dict[str, tuple[By, str, str]] = {
    "mx": ("host", "the mail servers of", _HOST),
    "ns": ("host", "the name servers of", _HOST),
    "a": ("address", "the addresses of", "address 192.0.2.1, or network 192.0.2"),
}
_SUBJECTS = {
    "client": "the client's name",
    "reverse_client_hostname": "the client's unverified name",
    "helo": "the HELO name",
    "sender": "the sender's domain",
    "recipient": "the recipient's domain",
}


def _server_kinds() -> Iterator[AccessKind]:
    for name, subject in _SUBJECTS.items():
        for of, (by, whose, hint) in _SERVERS.items():
            yield AccessKind(
                f"check_{name}_{of}_access", by, f"{whose} {subject}",
                "ADDRESS OR NETWORK" if by == "address" else "SERVER", hint, may_permit=False,
            )  # fmt: skip


KINDS: dict[str, AccessKind] = {
    kind.check: kind
    for kind in (
        AccessKind("check_client_access", "host", "the client", "CLIENT", _HOST),
        AccessKind(
            "check_reverse_client_hostname_access", "host", "the client by its unverified name", "CLIENT",
            _HOST, may_permit=False,
        ),
        AccessKind("check_helo_access", "name", "the HELO name", "HELO", "host name or domain"),
        AccessKind("check_etrn_access", "name", "the domain of ETRN", "ETRN DOMAIN", "domain"),
        AccessKind("check_sender_access", "mail", "the sender", "SENDER", f"{_MAIL}, <> the null sender"),
        AccessKind("check_recipient_access", "mail", "the recipient", "RECIPIENT", _MAIL),
        AccessKind("check_sasl_access", "text", "the login name", "LOGIN", "the name as it logs in"),
        AccessKind(
            "check_ccert_access", "fingerprint", "the client's certificate", "FINGERPRINT",
            "fingerprint of the certificate or its key, as 0A:1B:…",
        ),
        *_server_kinds(),
    )
}  # fmt: skip
"""Every check, by its name."""


def access_kind(check: str) -> AccessKind:
    """The check of this name, letter case aside. Raises KeyError."""
    return KINDS[check.lower()]


# What is asked


class Subject(NamedTuple):
    """What is looked up: a host by name and address, or one text."""

    text: str = ""
    address: str = ""


def subject_of(kind: AccessKind, typed: str) -> Subject:
    """What somebody typed: `mail.example.com[192.0.2.1]`, `mail.example.com 192.0.2.1`, one of the two, or a
    mail address. A client without a name is `unknown`."""
    typed = typed.strip()
    if kind.by not in {"host", "address"}:
        return Subject(typed)
    found = re.fullmatch(r"(\S*?)[\[\s]+([0-9a-fA-F.:]+)\]?", typed)
    if found is not None:
        return Subject(found[1] or "unknown", found[2])
    if is_ipv4(typed) or is_ipv6(typed):
        return Subject("unknown" if kind.check.startswith(("check_client_a", "check_rev")) else "", typed)
    return Subject(typed)


def asked(kind: AccessKind, style: Style, subject: Subject) -> Iterator[tuple[str, bool]]:
    """The keys that smtpd asks, in its order, each with whether tables of patterns are asked it too."""
    match kind.by:
        case "host" | "address":
            if kind.by == "host":
                for at, key in enumerate(domain_keys(subject.text, parents=style.parents)):
                    yield key, at == 0
            if subject.address:
                for at, key in enumerate(network_keys(subject.address)):
                    yield key, at == 0
        case "name":
            for at, key in enumerate(domain_keys(subject.text, parents=style.parents)):
                yield key, at == 0
        case "mail":
            yield from _mail(style, subject.text)
        case _:
            if subject.text:
                yield subject.text, True


def _mail(style: Style, typed: str) -> Iterator[tuple[str, bool]]:
    if typed in {"", "<>"}:
        yield style.null_key, True
        return
    address = fold(complete(recipient(typed), style.rules))
    keys = list(mail_keys(address, style.rules, parents=style.parents))
    for key in dict.fromkeys(key for key in keys if key):
        yield key, key in {keys[0], address}


# What a key is


_NETWORK = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}")
_IPV6 = re.compile(r"[0-9a-fA-F:.]+")

KeyForm = Literal["address", "network", "host", "domain", "mail", "user", "null", "text"]


def form_of(kind: AccessKind, style: Style, key: str) -> KeyForm:
    """What a key is, by its looks."""
    if kind.by in {"text", "fingerprint"}:
        return "text"
    if kind.by == "mail":
        if key == style.null_key:
            return "null"
        if key.endswith("@"):
            return "user"
        return "mail" if "@" in key else "domain"
    if is_ipv4(key) or (":" in key and printed_ipv6(key)):
        return "address"
    if "/" in key:
        return "network"
    if kind.by != "name" and (is_network(key) or (":" in key and ipv6_in(key))):
        return "network"
    return "domain" if key.startswith(".") or style.parents else "host"


def is_network(key: str) -> bool:
    """Whether a key is the beginning of an IPv4 address, at a dot."""
    return bool(_NETWORK.fullmatch(key)) and all(_octet(part) for part in key.split("."))


def _octet(part: str) -> bool:
    return int(part) <= 255 and str(int(part)) == part


def printed_ipv6(address: str) -> str:
    """An IPv6 address as clients' addresses are printed; empty where it is none."""
    import socket

    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, address))
    except OSError:
        return ""


def ipv6_in(key: str) -> str:
    """An IPv6 address, as Postfix writes it, that is looked up by this key or by a longer one that begins
    so; empty where there is none."""
    key = key.lower()
    if not _IPV6.fullmatch(key):
        return ""
    for made in (key, f"{key}:1", key + ":1" * (7 - key.count(":"))):
        shown = printed_ipv6(made)
        if shown == made and not shown.startswith("::ffff:") and key in network_keys(made):
            return made
    return ""


# In words


def meaning(kind: AccessKind, style: Style, key: str) -> str:
    """Whom a key that works stands for."""
    text, form = safe(key), form_of(kind, style, key)
    match form:
        case "null":
            return "the null sender: bounces and other automatic answers"
        case "user":
            return f"{safe(key[:-1])} in every domain"
        case "mail":
            return text
        case "address":
            return f"{kind.whom} where the address is {text}"
        case "network":
            return f"{kind.whom} where the address begins with {_network_words(key)}"
        case "text":
            return f"{kind.whom} {text}"
    bare = text.removeprefix(".")
    who = "everybody at " if kind.by == "mail" else ""
    if key.startswith(".") and style.parents:  # only a HELO name can be just that
        return f"{kind.whom} {text}"
    if key.startswith("."):
        return (
            f"{who or 'every host in '}a subdomain of {bare}" if who else f"every host in {bare}, not itself"
        )
    if style.parents:
        return f"{who}{bare} and its subdomains" if who else f"{bare} and every host in it"
    return f"{who}{bare}, not its subdomains" if who else f"{bare} alone"


def _network_words(key: str) -> str:
    if ":" in key:
        return f"{key}:"
    count = key.count(".") + 1
    return f"{key}. ({key}{'.0' * (4 - count)}/{8 * count})"


def example(kind: AccessKind, style: Style, key: str) -> Subject:
    """A session that comes to a key that works."""
    form = form_of(kind, style, key)
    match form:
        case "address":
            return Subject("unknown" if kind.by != "name" else key, key if kind.by != "name" else "")
        case "network":
            return Subject("unknown", _address_in(key))
        case "null":
            return Subject("")
        case "user":
            return Subject(f"{key}elsewhere.example")
        case "mail" | "text":
            return Subject(key)
    host = f"sub{key}" if key.startswith(".") and not style.parents else key
    return Subject(f"anyone@{host}") if kind.by == "mail" else Subject(host)


def _address_in(key: str) -> str:
    return ipv6_in(key) if ":" in key else key + ".1" * (3 - key.count("."))
