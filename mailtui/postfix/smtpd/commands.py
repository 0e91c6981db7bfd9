"""What smtpd(8) makes of the words of a command before any list is walked: smtpd.c, resolve.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.addresses import complete, fold, recipient, split
from mailtui.postfix.smtpd.hostnames import bare_address, is_address, is_hostname
from mailtui.postfix.smtpd.resolved import resolve

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

_NEUTERED = frozenset(' <>()\\";@')
"""What a HELO name may not hold (NEUTER_CHARACTERS)."""


def neutered(helo: str) -> str:
    """A HELO name as the lists see it once the command is over."""
    return "".join("?" if char in _NEUTERED or not char.isprintable() else char for char in helo)


def envelope(address: str) -> str:
    """An address of MAIL FROM or RCPT TO in internal form: without brackets, route, quotes and comments."""
    text = address.strip(" \t\r\n")
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    if text.startswith("@") and ":" in text:
        text = text[text.index(":") + 1 :]
    return recipient(text)


def bad_address(context: Context, address: str) -> bool:
    """Whether trivial-rewrite(8) cannot make sense of the domain (smtpd_check_addr)."""
    if address.startswith("@") and context.yes("strict_rfc821_envelopes"):
        return True
    domain = split(resolve(context, address).address)[1] or ""
    if domain.startswith("["):
        return not domain.endswith("]") or bare_address(domain[1:-1]) is None
    if not domain.isascii():
        return True
    if is_hostname(domain):
        return False
    return not (context.yes("resolve_numeric_domain") and is_address(domain))


def is_probe_sender(context: Context, address: str) -> bool:
    """Whether it is this server's own sender of address verification: never refused, so that two servers do
    not ask each other for ever (valid_verify_sender_addr)."""
    own = context.setting("address_verify_sender")
    if own in {"", "<>"}:
        return False
    own = complete(own, context.resolver.rules)
    local, domain = split(own)
    said_local, said_domain = split(address)
    if context.setting("address_verify_sender_ttl").strip("smhdw") not in {"", "0"}:
        return False  # the name changes with the time
    if said_domain is None:
        return fold(said_local) == fold(own)
    return fold(said_local) == fold(local) and fold(said_domain) == fold(domain or "")


def wants_tls(context: Context) -> bool:
    """Whether mail is taken over TLS only."""
    if context.yes("smtpd_tls_wrappermode"):
        return True
    level = context.setting("smtpd_tls_security_level").lower()
    return level in {"encrypt", "secure", "verify", "fingerprint"} or (
        not level and context.yes("smtpd_enforce_tls")
    )
