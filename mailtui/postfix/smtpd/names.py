"""What DNS knows of the client's names and of the domains of addresses."""

from __future__ import annotations

from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.dnslook import Status, any_of, by_dns
from mailtui.postfix.smtpd.hostnames import as_ascii
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, reject, restriction
from mailtui.postfix.smtpd.refusals import by_class, for_now, refuse, retry
from mailtui.postfix.smtpd.replies import HELO, RECIPIENT, SENDER
from mailtui.postfix.smtpd.resolved import resolve
from mailtui.postfix.smtpd.syntax import NO_HELO, NO_RECIPIENT, NO_SENDER, NULL_SENDER, invalid_address
from mailtui.text.safe import safe

_MALFORMED = "Malformed DNS server reply"


@restriction("reject_unknown_client_hostname", "reject_unknown_client")
def reject_unknown_client_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a client whose address has no name, or whose name does not have that address."""
    session = context.session
    if session.client_name != "unknown":
        return dunno(f"{safe(session.client_address)} and {safe(session.client_name)} name each other")
    why = "no PTR"
    if session.reverse_name != "unknown":
        why = f"its PTR says {safe(session.reverse_name)}, which does not have that address"
    text = f"Client host rejected: cannot find your hostname, [{session.client_address}]"
    return reject(context.number("unknown_client_reject_code"), "4.7.25", text, why)


@restriction("reject_unknown_reverse_client_hostname")
def reject_unknown_reverse_client_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a client whose address has no name."""
    session = context.session
    if session.reverse_name != "unknown":
        return dunno(f"its PTR says {safe(session.reverse_name)}")
    text = f"Client host rejected: cannot find your reverse hostname, [{session.client_address}]"
    return reject(context.number("unknown_client_reject_code"), "4.7.1", text, "no PTR")


@restriction("reject_unknown_helo_hostname", "reject_unknown_hostname")
@by_dns
def reject_unknown_helo_hostname(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a HELO that has neither address nor MX in DNS."""
    helo = context.helo
    if helo is None:
        return no_effect(NO_HELO)
    if helo.startswith("["):
        return invalid_address(context, helo)
    status = any_of(context, helo, ("A", "AAAA", "MX"), stop_null_mx=False)
    if status in {Status.OK, Status.NULLMX}:
        return dunno(f"DNS knows {safe(helo)}")
    if status == Status.RETRY:
        why = f"DNS does not answer for {safe(helo)}"
        action = "unknown_helo_hostname_tempfail_action"
        return for_now(context, action, "4.7.1", helo, HELO, "Host not found", why)
    text = _MALFORMED if status == Status.INVALID else "Host not found"
    code = context.number("unknown_hostname_reject_code")
    return refuse(code, "4.7.1", helo, HELO, text, f"DNS has no A, AAAA or MX of {safe(helo)}")


@restriction("reject_unknown_sender_domain", "reject_unknown_address")
@by_dns
def reject_unknown_sender_domain(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a sender whose domain has neither MX nor address."""
    if not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    return _unknown_domain(context, context.sender, SENDER)


@restriction("reject_unknown_recipient_domain")
@by_dns
def reject_unknown_recipient_domain(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a recipient whose domain has neither MX nor address."""
    if context.recipient is None:
        return no_effect(NO_RECIPIENT)
    return _unknown_domain(context, context.recipient, RECIPIENT)


def _unknown_domain(context: Context, address: str, subject_class: str) -> Outcome:
    found = resolve(context, address)
    if found.problem:
        return retry(address, found.problem)
    if found.is_final:
        return dunno(found.why)
    if found.domain.startswith("[") and found.domain.endswith("]"):
        return dunno("an address in brackets is not asked of DNS")
    domain = as_ascii(found.domain)
    status = any_of(context, domain, ("MX", "A", "AAAA"), stop_null_mx=True)
    dsn = by_class(subject_class, "4.1.8", "4.1.2")
    match status:
        case Status.OK:
            return dunno(f"{safe(domain)} has an MX or an address")
        case Status.NULLMX:
            text = f"Domain {domain} does not accept mail (nullMX)"
            code, dsn = (550, "4.7.27") if subject_class == SENDER else (556, "4.1.10")
            return refuse(code, dsn, address, subject_class, text, f"{safe(domain)} takes no mail: null MX")
        case Status.RETRY:
            action = "unknown_address_tempfail_action"
            why = f"DNS does not answer for {safe(domain)}"
            return for_now(context, action, dsn, address, subject_class, "Domain not found", why)
    text = _MALFORMED if status == Status.INVALID else "Domain not found"
    code = context.number("unknown_address_reject_code")
    return refuse(code, dsn, address, subject_class, text, f"{safe(domain)} has no MX and no address")
