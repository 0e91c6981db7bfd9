"""DNS lists of addresses and of domains: those that refuse, and those that permit."""

from __future__ import annotations

from typing import NamedTuple

from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd import octets, rblreply
from mailtui.postfix.smtpd.authority import authority
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.dnslook import Status, ahead, by_dns, look
from mailtui.postfix.smtpd.hostnames import as_ascii, is_hostname, is_ipv6
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, ok, restriction, unknown
from mailtui.postfix.smtpd.refusals import about
from mailtui.postfix.smtpd.replies import CLIENT, HELO, RECIPIENT, REVERSE_CLIENT, SENDER
from mailtui.postfix.smtpd.syntax import NO_HELO, NO_RECIPIENT, NO_SENDER, NULL_SENDER
from mailtui.text.safe import encode, safe

TEXT_LIMIT = 500
"""Bytes of a list's TXT records that a reply may hold."""
STRING_LIMIT = 255
"""Bytes of one string of a TXT record; smtpd looks at the first of each record only."""


UNKNOWN = "unknown"
"""The name of a client that has none."""
_NO_VERIFIED_NAME = "the client has no verified name"


class Hit(NamedTuple):
    """What a list said: `listed`, with its TXT records as one text; or `broken`, no answer at all."""

    listed: bool = False
    broken: bool = False
    text: str = ""
    query: str = ""
    """The name that was asked for."""


def address_query(address: str, zone: str) -> str:
    """The name by which a list is asked for an address: 192.0.2.7 gives `7.2.0.192.zone`."""
    base = zone.partition("=")[0]
    if is_ipv6(address):
        import ipaddress

        nibbles = ipaddress.IPv6Address(address).exploded.replace(":", "")
        return ".".join((*reversed(nibbles), base))
    return ".".join((*reversed(address.split(".")), base))


def domain_query(what: str, zone: str) -> str | None:
    """The name by which a list is asked for a host name or a mail address; None where it is not asked."""
    domain = what.rpartition("@")[2]
    if ("@" in what and domain.startswith("[")) or not domain:
        return None
    last = domain.rpartition(".")[2]
    if last.isascii() and last.isdigit():
        return None
    domain = as_ascii(domain)
    return f"{domain}.{zone.partition('=')[0]}" if is_hostname(domain) else None


def find(context: Context, query: str, zone: str) -> Hit:
    """Ask a list. Raises FilterError for a filter that smtpd cannot read."""
    _base, equals, wanted = zone.partition("=")
    allowed = octets.parse(wanted) if equals else None
    ahead(context, [query], ("A", "TXT"))
    answer = look(context, query, "A")
    if answer.status != Status.OK:
        return Hit(broken=answer.status != Status.NOTFOUND, query=query)
    if allowed is not None and not any(octets.matches(allowed, record) for record in answer.records):
        return Hit(query=query)
    return Hit(listed=True, text=_text(context, query), query=query)


def _text(context: Context, query: str) -> str:
    """The TXT records, each one's first string, made printable and joined as smtpd joins them."""
    records = look(context, query, "TXT")
    text = ""
    for at, record in enumerate(records.records):
        if len(text) >= TEXT_LIMIT:
            break
        text += _printable(record)[: TEXT_LIMIT - len(text)]
        if at + 1 < len(records.records) and TEXT_LIMIT - len(text) > 3:
            text += " / "
    return text


def _printable(record: str) -> str:
    raw = encode(record)[:STRING_LIMIT]
    return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in raw)


def _no_zone(name: str) -> Outcome:
    found = no_effect("the name of a list is missing behind it")
    return found._replace(warning=f"restriction {name} requires domain name argument")


def _hit(context: Context, zone: str, query: str | None, what: str) -> Hit | Outcome:
    """What a list says of an address or a domain; an Outcome where it is not asked, or smtpd stops."""
    if query is None:
        return dunno(f"{safe(what)} is not asked of a list of domains")
    try:
        return find(context, query, zone)
    except octets.FilterError as error:
        return unknown(f"smtpd stops at the filter of {safe(zone)}: {safe(str(error))}")


def _refused(context: Context, zone: str, query: str | None, what: str, subject_class: str) -> Outcome:
    """A list that refuses what is in it. One that does not answer is passed over."""
    hit = _hit(context, zone, query, what)
    if isinstance(hit, Outcome):
        return hit
    if hit.broken:
        warning = f"{safe(hit.query)}: RBL lookup error"
        return dunno(f"{safe(zone)} does not answer: passed over")._replace(warning=warning)
    if not hit.listed:
        return dunno(f"{safe(what)} is not in {safe(zone)}")
    return rblreply.refusal(context, rblreply.Listing(zone, what, subject_class, hit.text))


@restriction("reject_rbl_client", "reject_rbl")
@by_dns
def reject_rbl_client(context: Context, argument: str) -> Outcome:
    """Refuses clients whose address is in a list."""
    if not argument:
        return _no_zone("reject_rbl_client")
    address = context.session.client_address
    return _refused(context, argument, address_query(address, argument), address, CLIENT)


@restriction("reject_maps_rbl")
@by_dns
def reject_maps_rbl(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses clients whose address is in one of maps_rbl_domains."""
    warning = (
        'support for restriction "reject_maps_rbl" will be removed from Postfix; '
        'use "reject_rbl_client domain-name" instead'
    )
    address = context.session.client_address
    found = dunno("maps_rbl_domains names no list")
    for zone in split_list(context.setting("maps_rbl_domains")):
        found = _refused(context, zone, address_query(address, zone), address, CLIENT)
        if found.kind != "dunno":
            break
    return found._replace(warning=warning)


def _by_domain(context: Context, name: str, zone: str, what: str, subject_class: str) -> Outcome:
    if not zone:
        return _no_zone(name)
    return _refused(context, zone, domain_query(what, zone), what, subject_class)


@restriction("reject_rhsbl_client")
@by_dns
def reject_rhsbl_client(context: Context, argument: str) -> Outcome:
    """Refuses clients whose verified name is in a list."""
    name = context.session.client_name
    if argument and name.lower() == UNKNOWN:
        return no_effect(_NO_VERIFIED_NAME)
    return _by_domain(context, "reject_rhsbl_client", argument, name, CLIENT)


@restriction("reject_rhsbl_reverse_client")
@by_dns
def reject_rhsbl_reverse_client(context: Context, argument: str) -> Outcome:
    """Refuses clients whose unverified name is in a list."""
    name = context.session.reverse_name
    if argument and name.lower() == UNKNOWN:
        return no_effect("the client's address has no name")
    return _by_domain(context, "reject_rhsbl_reverse_client", argument, name, REVERSE_CLIENT)


@restriction("reject_rhsbl_helo")
@by_dns
def reject_rhsbl_helo(context: Context, argument: str) -> Outcome:
    """Refuses clients whose HELO is in a list."""
    if argument and context.helo is None:
        return no_effect(NO_HELO)
    return _by_domain(context, "reject_rhsbl_helo", argument, context.helo or "", HELO)


@restriction("reject_rhsbl_sender")
@by_dns
def reject_rhsbl_sender(context: Context, argument: str) -> Outcome:
    """Refuses senders whose domain is in a list."""
    if argument and not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    return _by_domain(context, "reject_rhsbl_sender", argument, context.sender or "", SENDER)


@restriction("reject_rhsbl_recipient")
@by_dns
def reject_rhsbl_recipient(context: Context, argument: str) -> Outcome:
    """Refuses recipients whose domain is in a list."""
    if argument and context.recipient is None:
        return no_effect(NO_RECIPIENT)
    return _by_domain(context, "reject_rhsbl_recipient", argument, context.recipient or "", RECIPIENT)


def _permitted(context: Context, zone: str, query: str | None, what: str) -> Outcome:
    """A list that permits what is in it, at RCPT TO for our domains only. One that does not answer makes a
    later refusal a temporary one."""
    if context.where == "RCPT" and context.recipient is not None:
        ours = authority(context, context.recipient)
        if ours.failure is not None or not ours.allowed:
            return ours.failure or dunno(f"{ours.why}: a list may not open a relay")
    hit = _hit(context, zone, query, what)
    if isinstance(hit, Outcome):
        return hit
    if hit.broken:
        said = about(what, CLIENT, "Service unavailable")
        return Outcome("defer_if_reject", f"{safe(zone)} does not answer", 450, "4.7.1", said)
    in_it = f"{safe(what)} is in {safe(zone)}"
    return ok(in_it) if hit.listed else dunno(f"{safe(what)} is not in {safe(zone)}")


@restriction("permit_dnswl_client")
@by_dns
def permit_dnswl_client(context: Context, argument: str) -> Outcome:
    """Permits clients whose address is in a list."""
    if not argument:
        return _no_zone("permit_dnswl_client")
    address = context.session.client_address
    return _permitted(context, argument, address_query(address, argument), address)


@restriction("permit_rhswl_client")
@by_dns
def permit_rhswl_client(context: Context, argument: str) -> Outcome:
    """Permits clients whose verified name is in a list."""
    if not argument:
        return _no_zone("permit_rhswl_client")
    name = context.session.client_name
    if name.lower() == UNKNOWN:
        return no_effect(_NO_VERIFIED_NAME)
    return _permitted(context, argument, domain_query(name, argument), name)
