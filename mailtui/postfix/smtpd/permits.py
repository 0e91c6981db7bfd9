"""Who may, whatever the mail is: own networks, logged-in clients, certificates, mail for our domains."""

from __future__ import annotations

from mailtui.postfix.interfaces import own_addresses
from mailtui.postfix.smtpd.authority import authority
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.matches import in_list
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, ok, reject, restriction
from mailtui.postfix.smtpd.refusals import refuse, retry
from mailtui.postfix.smtpd.replies import RECIPIENT
from mailtui.postfix.smtpd.syntax import NO_RECIPIENT
from mailtui.text.safe import safe


@restriction("permit_mynetworks")
def permit_mynetworks(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits clients in mynetworks."""
    session = context.session
    found = in_list(context, "mynetworks", session.client_name, session.client_address)
    if found.problem:
        return retry(context.subject, f"mynetworks: {found.problem}")
    if found.matched:
        return ok(f"{safe(session.client_address)} is in mynetworks: {safe(found.item)}")
    if found.item:
        return dunno(f"mynetworks leaves {safe(session.client_address)} out: {safe(found.item)}")
    return dunno(f"{safe(session.client_address)} is in none of mynetworks")


@restriction("permit_inet_interfaces")
def permit_inet_interfaces(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits clients at an address of this host."""
    import ipaddress

    client = context.session.client_address
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return dunno(f"{safe(client)} is no address of this host")
    instance = context.instance
    if address in own_addresses(instance.parameters, instance.files, proxies=False):
        return ok(f"{safe(client)} is an address of this host")
    return dunno(f"{safe(client)} is no address of this host")


@restriction("permit_sasl_authenticated")
def permit_sasl_authenticated(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits clients that have logged in."""
    session = context.session
    if not context.yes("smtpd_sasl_auth_enable"):
        return no_effect("AUTH is switched off here")
    if not session.tls and context.yes("smtpd_tls_auth_only"):
        return no_effect("AUTH is offered with TLS only, and there is none")
    if session.sasl_user:
        return ok(f"logged in as {safe(session.sasl_user)}")
    return dunno("the client has not logged in")


def _by_certificate(context: Context, name: str) -> Outcome:
    if not context.session.tls:
        return dunno("without TLS there is no certificate")
    found = dunno("no certificate is known of the client")
    if context.yes("smtpd_tls_ask_ccert"):
        return found
    return found._replace(warning=f'{name} is requested, but "smtpd_tls_ask_ccert = no"')


@restriction("permit_tls_clientcerts")
def permit_tls_clientcerts(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits clients whose certificate is in relay_clientcerts; a session does not tell of one."""
    return _by_certificate(context, "permit_tls_clientcerts")


@restriction("permit_tls_all_clientcerts")
def permit_tls_all_clientcerts(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits clients with a trusted certificate; a session does not tell of one."""
    return _by_certificate(context, "permit_tls_all_clientcerts")


@restriction("permit_auth_destination")
def permit_auth_destination(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits mail for our domains."""
    if context.recipient is None:
        return no_effect(NO_RECIPIENT)
    found = authority(context, context.recipient)
    return found.failure or (ok(found.why) if found.allowed else dunno(found.why))


def _unauthorised(context: Context, code: int, dsn: str) -> Outcome:
    recipient = context.recipient
    if recipient is None:
        return no_effect(NO_RECIPIENT)
    found = authority(context, recipient)
    if found.failure is not None or found.allowed:
        return found.failure or dunno(found.why)
    return reject(code, dsn, f"<{recipient}>: Relay access denied", found.why)


@restriction("reject_unauth_destination")
def reject_unauth_destination(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses mail for domains that are not ours."""
    return _unauthorised(context, context.number("relay_domains_reject_code"), "5.7.1")


@restriction("defer_unauth_destination")
def defer_unauth_destination(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """The same, for now."""
    return _unauthorised(context, context.number("relay_domains_reject_code") - 100, "4.7.1")


@restriction("check_relay_domains")
def check_relay_domains(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits clients by name in relay_domains and mail for our domains, refuses all else."""
    recipient = context.recipient
    if recipient is None:
        return no_effect(NO_RECIPIENT)
    warning = (
        'support for restriction "check_relay_domains" will be removed from Postfix; '
        'use "reject_unauth_destination" instead'
    )
    client = context.session.client_name
    by_name = in_list(context, "relay_domains", client)
    if by_name.matched:
        return ok(f"{safe(client)} is in relay_domains: {safe(by_name.item)}")._replace(warning=warning)
    found = authority(context, recipient)
    if found.failure is not None:
        return found.failure
    if found.allowed:
        return ok(found.why)._replace(warning=warning)
    code = context.number("relay_domains_reject_code")
    made = refuse(code, "5.7.1", recipient, RECIPIENT, "Relay access denied", found.why)
    return made._replace(warning=warning)
