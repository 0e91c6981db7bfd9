"""What a client or an address calls itself, judged by its form alone."""

from __future__ import annotations

from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.hostnames import bare_address, is_address, is_hostname, without_final_dot
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, ok, restriction
from mailtui.postfix.smtpd.refusals import refuse
from mailtui.postfix.smtpd.replies import HELO, RECIPIENT, SENDER
from mailtui.text.safe import safe

NO_HELO = "no HELO was said yet"
NO_SENDER = "no sender is known yet"
NO_RECIPIENT = "no recipient is known yet"
NULL_SENDER = "the null sender has no domain"


def invalid_address(context: Context, helo: str) -> Outcome:
    """A HELO in brackets must be an IP address."""
    inner = helo[1:-1] if len(helo) > 2 and helo[0] == "[" and helo[-1] == "]" else helo
    if bare_address(inner) is not None:
        return dunno(f"{safe(helo)} is an address")
    code = context.number("invalid_hostname_reject_code")
    why = f"{safe(helo)} is no address; IPv6 needs IPv6: before it"
    return refuse(code, "5.5.2", helo, HELO, "invalid ip address", why)


@restriction("reject_invalid_helo_hostname", "reject_invalid_hostname")
def reject_invalid_helo_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a HELO that is neither a host name nor an address."""
    helo = context.helo
    if helo is None:
        return no_effect(NO_HELO)
    if helo.startswith("["):
        return invalid_address(context, helo)
    name = without_final_dot(helo)
    if is_hostname(name) or is_address(name):
        return dunno(f"{safe(helo)} is a well-formed name")
    code = context.number("invalid_hostname_reject_code")
    return refuse(code, "5.5.2", helo, HELO, "Invalid name", f"{safe(helo)} cannot be a host name")


@restriction("reject_non_fqdn_helo_hostname", "reject_non_fqdn_hostname")
def reject_non_fqdn_helo_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a HELO without a domain."""
    helo = context.helo
    if helo is None:
        return no_effect(NO_HELO)
    if helo.startswith("["):
        return invalid_address(context, helo)
    name = without_final_dot(helo)
    if is_hostname(name) and "." in name:
        return dunno(f"{safe(helo)} has a domain")
    code = context.number("non_fqdn_reject_code")
    why = f"{safe(helo)} is no host name with a domain"
    return refuse(code, "5.5.2", helo, HELO, "need fully-qualified hostname", why)


@restriction("permit_naked_ip_address")
def permit_naked_ip_address(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits a HELO that is an IP address without brackets."""
    warning = (
        "restriction permit_naked_ip_address is deprecated. "
        "Use permit_mynetworks or permit_sasl_authenticated instead"
    )
    helo = context.helo
    if helo is None:
        return no_effect(NO_HELO)._replace(warning=warning)
    if set(helo) - set("0123456789.:"):
        return dunno(f"{safe(helo)} is no bare address")._replace(warning=warning)
    found = invalid_address(context, helo)
    if found.kind == "dunno":
        found = ok(f"{safe(helo)} is a bare address")
    return found._replace(warning=warning)


def _fully_qualified(context: Context, address: str, subject_class: str) -> Outcome:
    domain = address.rpartition("@")[2] if "@" in address else ""
    if domain[:1] == "[" and domain[-1:] == "]":
        return dunno("an address in brackets is taken as it is")
    name = without_final_dot(domain)
    if is_hostname(name) and "." in name:
        return dunno(f"{safe(address)} has a full domain")
    code = context.number("non_fqdn_reject_code")
    why = f"{safe(address)} has no full domain"
    return refuse(code, "4.5.2", address, subject_class, "need fully-qualified address", why)


@restriction("reject_non_fqdn_sender")
def reject_non_fqdn_sender(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a sender without a full domain."""
    if not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    return _fully_qualified(context, context.sender, SENDER)


@restriction("reject_non_fqdn_recipient")
def reject_non_fqdn_recipient(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a recipient without a full domain."""
    if context.recipient is None:
        return no_effect(NO_RECIPIENT)
    return _fully_qualified(context, context.recipient, RECIPIENT)
