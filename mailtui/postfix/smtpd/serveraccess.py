"""check_..._mx_access, _ns_access and _a_access: the servers of a name, looked up in an access table.

None of them may permit: an OK is an error, since anyone can let a name of theirs point anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from mailtui.postfix.smtpd.access import ask, by_whole_key, domain_keys, network_keys
from mailtui.postfix.smtpd.dnslook import Looked, Status, address_kinds, addresses, ahead, by_dns, look
from mailtui.postfix.smtpd.hostnames import as_ascii, bare_address, is_address
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, restriction, unknown
from mailtui.postfix.smtpd.parents import matches_parents
from mailtui.postfix.smtpd.replies import CLIENT, HELO, RECIPIENT, REVERSE_CLIENT, SENDER
from mailtui.postfix.smtpd.syntax import NO_HELO, NO_RECIPIENT, NO_SENDER, NULL_SENDER
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

Kind = Literal["MX", "NS", "A"]

MOST_ADDRESSES = 100
"""Addresses of servers that are looked up for one check (var_dns_rr_list_limit, which no parameter sets)."""


class _Check:
    """One name, its servers, one table."""

    def __init__(self, context: Context, table: str, subject: str, subject_class: str, kind: Kind) -> None:
        self._context, self._table, self._kind = context, table, kind
        self._subject, self._subject_class = subject, subject_class
        self._left = MOST_ADDRESSES

    def of(self, name: str) -> Outcome:
        """The check for a host name or a mail address."""
        domain = name.rpartition("@")[2]
        if domain.startswith("["):
            return self._literal(domain)
        domain = as_ascii(domain)
        if self._kind == "A":
            return self._servers((domain,))
        found = self._records(domain)
        if found.status == Status.NULLMX:
            return dunno(f"{safe(domain)} takes no mail: null MX")
        if found.status != Status.OK:
            made = dunno(f"DNS does not say what {self._kind} {safe(domain)} has")
            return made._replace(
                warning=f"Unable to look up {self._kind} host for {safe(domain)}: {found.words}"
            )
        return self._servers(found.records)

    def _literal(self, domain: str) -> Outcome:
        """An address in brackets is its own mail server; it has no name server."""
        address = bare_address(domain[1:-1]) if domain.endswith("]") else None
        if self._kind == "NS" or address is None:
            return dunno(f"{safe(domain)} has no {self._kind} host")
        return self._address(address)

    def _records(self, domain: str) -> Looked:
        """The servers' names: without an MX the domain itself, without NS those of a domain above."""
        found = look(self._context, domain, self._kind)
        if found.status != Status.NOTFOUND:
            return found
        if self._kind == "MX":
            return Looked(Status.OK, (domain,))
        while found.status == Status.NOTFOUND and "." in domain[:-1]:
            domain = domain.partition(".")[2]
            if not domain:
                break
            found = look(self._context, domain, "NS")
        return found

    def _servers(self, hosts: tuple[str, ...]) -> Outcome:
        """The first server that the table has. DNS gives several in any order: where that matters, it is
        not known which comes first."""
        ahead(self._context, hosts, address_kinds(self._context))
        self._fetch(hosts)
        outcomes = [self._server(host) for host in hosts]
        told = [outcome for outcome in outcomes if outcome.kind != "dunno"]
        if len({outcome.value for outcome in told}) > 1:
            whose = safe(", ".join(hosts))
            return unknown(f"the table has different answers for {whose}; which comes first is not known")
        if told:
            return told[0]
        what = "no address" if self._kind == "A" else f"no {self._kind} host and no address"
        made = dunno(f"the table has {what} of {safe(', '.join(hosts))}")
        return made._replace(warning="; ".join(each.warning for each in outcomes if each.warning))

    def _fetch(self, hosts: tuple[str, ...]) -> None:
        """Ask the table at once for all that it may be asked; it remembers its answers."""
        groups: list[list[str]] = []
        for host in hosts:
            found = (host,) if is_address(host) else addresses(self._context, host).found
            if not is_address(host) and self._kind != "A":
                groups.append(self._name_keys(host))
            groups += [list(network_keys(address)) for address in found[:MOST_ADDRESSES]]
        whole = by_whole_key(self._table)
        keys = [key for group in groups for key in (group[:1] if whole else group) if key]
        self._context.tables.get(self._table, list(dict.fromkeys(keys)))

    def _server(self, host: str) -> Outcome:
        """A server by its name and the domains above it, then by its addresses."""
        if is_address(host):
            return self._address(host)
        found = dunno("") if self._kind == "A" else self._name(host)
        return found if found.kind != "dunno" else self._addresses(host)

    def _addresses(self, host: str) -> Outcome:
        found = addresses(self._context, host)
        asked = found.found[: self._left]
        self._left -= len(asked)
        told = [each for each in map(self._address, asked) if each.kind != "dunno"]
        if len({outcome.value for outcome in told}) > 1:
            return unknown(f"the addresses of {safe(host)} get different answers; which comes first is open")
        if told:
            return told[0]
        made = dunno("")
        if not found.problem or self._kind == "A":
            return made
        subject = f"{self._subject_class} {safe(self._subject)}"
        warning = f"Unable to look up {self._kind} host {safe(host)} for {subject}: {found.problem}"
        return made._replace(warning=warning)

    def _name_keys(self, host: str) -> list[str]:
        return list(domain_keys(host, parents=matches_parents(self._context, "smtpd_access_maps")))

    def _name(self, host: str) -> Outcome:
        return self._ask(self._name_keys(host))

    def _address(self, address: str) -> Outcome:
        return self._ask(list(network_keys(address)))

    def _ask(self, keys: list[str]) -> Outcome:
        found = ask(self._context, self._table, keys, self._subject, self._subject_class)
        return found._replace(on_ok="error") if found.kind == "result" else found


def _client(context: Context, argument: str, *, kind: Kind) -> Outcome:
    session = context.session
    if session.client_name.lower() == "unknown":
        return no_effect("the client has no verified name")
    return _Check(context, argument, session.client, CLIENT, kind).of(session.client_name)


def _reverse_client(context: Context, argument: str, *, kind: Kind) -> Outcome:
    name = context.session.reverse_name
    if name.lower() == "unknown":
        return no_effect("the client's address has no name")
    return _Check(context, argument, name, REVERSE_CLIENT, kind).of(name)


def _helo(context: Context, argument: str, *, kind: Kind) -> Outcome:
    if context.helo is None:
        return no_effect(NO_HELO)
    return _Check(context, argument, context.helo, HELO, kind).of(context.helo)


def _sender(context: Context, argument: str, *, kind: Kind) -> Outcome:
    if not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    return _Check(context, argument, context.sender, SENDER, kind).of(context.sender)


def _recipient(context: Context, argument: str, *, kind: Kind) -> Outcome:
    if not context.recipient:
        return no_effect(NO_RECIPIENT)
    return _Check(context, argument, context.recipient, RECIPIENT, kind).of(context.recipient)


_OF: dict[str, Callable[..., Outcome]] = {
    "client": _client,
    "reverse_client_hostname": _reverse_client,
    "helo": _helo,
    "sender": _sender,
    "recipient": _recipient,
}
_KINDS: tuple[Kind, ...] = ("MX", "NS", "A")


def _register() -> None:
    for name, function in _OF.items():
        for kind in _KINDS:
            made = partial(function, kind=kind)
            restriction(f"check_{name}_{kind.lower()}_access")(_with_dns(made))


def _with_dns(function: Callable[[Context, str], Outcome]) -> Callable[[Context, str], Outcome]:
    def check(context: Context, argument: str) -> Outcome:
        return function(context, argument)

    return by_dns(check)


_register()
