"""What a client or an address calls itself, judged by its form alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

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


class _Form(NamedTuple):
    """What a HELO must look like. `good` and `bad` are said behind it; `code` and `text` make the refusal."""

    fits: Callable[[str], bool]
    good: str
    bad: str
    code: str
    text: str


def _has_domain(name: str) -> bool:
    """Whether it is a host name with a dot in it."""
    return is_hostname(name) and "." in name


_ANY_NAME = _Form(
    lambda name: is_hostname(name) or is_address(name), "is a well-formed name", "cannot be a host name",
    "invalid_hostname_reject_code", "Invalid name",
)  # fmt: skip
_FULL_NAME = _Form(
    _has_domain, "has a domain", "is no host name with a domain", "non_fqdn_reject_code",
    "need fully-qualified hostname",
)  # fmt: skip


def _helo(context: Context, form: _Form) -> Outcome:
    """The HELO against a form; one in brackets must be an address."""
    helo = context.helo
    if helo is None:
        return no_effect(NO_HELO)
    if helo.startswith("["):
        return invalid_address(context, helo)
    if form.fits(without_final_dot(helo)):
        return dunno(f"{safe(helo)} {form.good}")
    return refuse(context.number(form.code), "5.5.2", helo, HELO, form.text, f"{safe(helo)} {form.bad}")


@restriction("reject_invalid_helo_hostname", "reject_invalid_hostname")
def reject_invalid_helo_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a HELO that is neither a host name nor an address."""
    return _helo(context, _ANY_NAME)


@restriction("reject_non_fqdn_helo_hostname", "reject_non_fqdn_hostname")
def reject_non_fqdn_helo_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a HELO without a domain."""
    return _helo(context, _FULL_NAME)


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
    elif context.warn_only:  # smtpd takes the refusal that it only warned of for a valid address
        found = ok(f"{safe(helo)} is no address, but with warn_if_reject that permits too")
    return found._replace(warning=warning)


def _fully_qualified(context: Context, address: str, subject_class: str) -> Outcome:
    domain = address.rpartition("@")[2] if "@" in address else ""
    if domain[:1] == "[" and domain[-1:] == "]":
        return dunno("an address in brackets is taken as it is")
    name = without_final_dot(domain)
    if _has_domain(name):
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
