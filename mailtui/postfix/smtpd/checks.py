"""check_client_access and its like: what a session says, looked up in access tables (access(5))."""

from __future__ import annotations

from mailtui.formats.lists import items
from mailtui.postfix.smtpd.access import ask, domain_keys, mail_keys, network_keys
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.outcome import Outcome, no_effect, reject, restriction
from mailtui.postfix.smtpd.parents import matches_parents
from mailtui.postfix.smtpd.refusals import retry
from mailtui.postfix.smtpd.replies import CLIENT, HELO, LOGIN, RECIPIENT, REVERSE_CLIENT, SENDER
from mailtui.postfix.smtpd.resolved import resolve
from mailtui.postfix.smtpd.syntax import NO_HELO, NO_RECIPIENT, NO_SENDER
from mailtui.text.safe import decode, encode

_SEARCHES = frozenset({"cert_fingerprint", "pubkey_fingerprint", "issuer_cn", "subject_cn"})


def _by_host(context: Context, table: str, name: str, subject: str, subject_class: str) -> Outcome:
    """A host by its name and the domains above it, then by its address and the networks around it."""
    address = context.session.client_address
    keys = [*domain_keys(name, parents=matches_parents(context, "smtpd_access_maps")), *network_keys(address)]
    return ask(context, table, keys, subject, subject_class, (name, address))


@restriction("check_client_access")
def check_client_access(context: Context, argument: str) -> Outcome:
    """The client by its verified name (`unknown` where it has none) and its address."""
    session = context.session
    return _by_host(context, argument, session.client_name, session.client, CLIENT)


@restriction("check_reverse_client_hostname_access")
def check_reverse_client_hostname_access(context: Context, argument: str) -> Outcome:
    """The client by the name that its address has, verified or not; it may not permit."""
    name = context.session.reverse_name
    return _by_host(context, argument, name, name, REVERSE_CLIENT)._replace(on_ok="error")


@restriction("check_helo_access")
def check_helo_access(context: Context, argument: str) -> Outcome:
    """What the client calls itself."""
    helo = context.helo
    if helo is None:
        return no_effect(NO_HELO)
    keys = domain_keys(helo, parents=matches_parents(context, "smtpd_access_maps"))
    return ask(context, argument, keys, helo, HELO)


@restriction("check_etrn_access")
def check_etrn_access(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """The domain of an ETRN command, which no session here sends."""
    return no_effect("the client did not send ETRN")


@restriction("check_sender_access")
def check_sender_access(context: Context, argument: str) -> Outcome:
    """The sender; the null sender by smtpd_null_access_lookup_key."""
    sender = context.sender
    if sender is None:
        return no_effect(NO_SENDER)
    if not sender:
        key = context.setting("smtpd_null_access_lookup_key")
        return ask(context, argument, [key], "", SENDER)
    return _by_mail_address(context, argument, sender, SENDER)


@restriction("check_recipient_access")
def check_recipient_access(context: Context, argument: str) -> Outcome:
    """The recipient. An OK does not count where another server could be made to send the mail on."""
    recipient = context.recipient
    if recipient is None:
        return no_effect(NO_RECIPIENT)
    found = _by_mail_address(context, argument, recipient, RECIPIENT)
    routed = resolve(context, recipient).routed and not context.yes("allow_untrusted_routing")
    return found._replace(on_ok="dunno") if routed and found.kind == "result" else found


def _by_mail_address(context: Context, table: str, address: str, subject_class: str) -> Outcome:
    resolved = resolve(context, address)
    if resolved.problem:
        return retry(address, resolved.problem)
    rules = context.resolver.rules._replace(delimiters=context.setting("recipient_delimiter"))
    parents = matches_parents(context, "smtpd_access_maps")
    keys = list(mail_keys(resolved.address, rules, parents=parents))
    whole = [key for key in keys if key == resolved.address or key == keys[0]]
    return ask(context, table, keys, address, subject_class, whole)


@restriction("check_sasl_access")
def check_sasl_access(context: Context, argument: str) -> Outcome:
    """The name with which the client has logged in."""
    if not context.yes("smtpd_sasl_auth_enable"):
        warning = "restriction `check_sasl_access' ignored: no SASL support"
        return no_effect("AUTH is switched off here")._replace(warning=warning)
    user = context.session.sasl_user
    if not user:
        return no_effect("the client has not logged in")
    shown = "".join(character if character.isprintable() else "_" for character in user)
    return ask(context, argument, [user], shown, LOGIN)


@restriction("check_ccert_access")
def check_ccert_access(context: Context, argument: str) -> Outcome:
    """The client's certificate, which a session does not tell of; a malformed argument is refused anyway."""
    problem = _ccert_problem(argument)
    if problem:
        return reject(451, "4.3.5", "Server configuration error", problem)
    if not context.session.tls:
        return no_effect("without TLS there is no certificate")
    found = no_effect("no certificate is known of the client")
    if context.yes("smtpd_tls_ask_ccert"):
        return found
    return found._replace(warning='check_ccert_access is requested, but "smtpd_tls_ask_ccert = no"')


def _ccert_problem(argument: str) -> str:
    """What is wrong with `{type:table, {search_order = …}}`, empty where nothing is."""
    if not argument.startswith("{"):
        return ""
    if not argument.endswith("}"):
        return "the { of the table is not closed"
    words = [decode(item) for item in items(encode(argument[1:-1]))]
    if not words or ":" not in words[0]:
        return "in { } a table, type:name, must come first"
    for word in words[1:]:
        inner = word.removeprefix("{").removesuffix("}")
        name, equals, value = inner.partition("=")
        if not equals or name.strip().lower() != "search_order":
            return "only search_order = … may follow the table"
        unknown = set(value.replace(",", " ").lower().split()) - _SEARCHES
        if unknown:
            return f"search_order does not know {', '.join(sorted(unknown))}"
    return ""
