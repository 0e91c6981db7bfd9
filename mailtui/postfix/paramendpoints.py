"""The rules for whom Postfix talks to: transports, relays, milters, policy services, its own interfaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.formats.lists import payload
from mailtui.formats.milteritem import DISABLE, Harm, parse_item
from mailtui.postfix.interfaces import host_addresses
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramvalues import Asked, Finding, error, file_problem, host_problem, quoted, warning
from mailtui.text.safe import encode, safe

_HARMS: dict[Harm, str] = {
    "stops": "smtpd stops", "refuses": "all mail gets 451", "": "it is never reached"
}  # fmt: skip
_POLICY_SETTINGS = (
    "timeout", "max_idle", "max_ttl", "request_limit", "try_limit", "retry_delay", "default_action",
    "policy_context",
)  # fmt: skip
_PORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PORT_MAX = 65535


def check_transport(asked: Asked) -> Iterator[Finding]:
    """`transport` or `transport:nexthop`: the transport must be a service in force (master(5))."""
    if not asked.value:
        if not asked.type.empty:
            yield error("it may not be empty: a service of master.cf, or service:nexthop")
        return
    name, _, nexthop = asked.value.partition(":")
    if asked.own == "content_filter" and not name:
        return
    services = [each.name for each in asked.instance.parameters.values.services if each.type != "inet"]
    if not services:  # no master.cf, or one that cannot be read: nothing to compare with
        return
    if name not in services:
        yield error(f"master.cf has no service {quoted(name)}: mail for it would be deferred", "service")
    if any(blank in nexthop.strip() for blank in " \t") and name not in {"error", "retry"}:
        yield warning(f"the next hop {quoted(nexthop)} holds a blank")


def check_relay(asked: Asked) -> Iterator[Finding]:
    """relayhost and its like: `[host]`, `[host]:port`, `domain`, `domain:port`."""
    hosts = asked.items
    if asked.type.kind == "relay" and len(hosts) > 1:
        yield warning(f"{quoted(asked.value)} is more than one host: only the first counts for some programs")
    for host in hosts:
        yield from _relay(host.removeprefix("inet:"))


def _relay(host: str) -> Iterator[Finding]:
    if host.startswith("["):
        inner, close, rest = host[1:].partition("]")
        if not close or (rest and not rest.startswith(":")):
            yield error(f"{quoted(host)}: the [ is not closed; write [host] or [host]:port: mail is deferred")
            return
        name, port, has_port = inner, rest[1:], bool(rest)
    elif host.count(":") > 1:
        yield error(f"{quoted(host)}: an IPv6 address stands in [ ]: mail is deferred")
        return
    else:
        name, colon, port = host.partition(":")
        has_port = bool(colon)
    if has_port and not _is_port(port):
        yield error(f"{quoted(port)} in {quoted(host)} is no port: mail is deferred")
    if not _is_host(name):
        yield error(f"{quoted(name)} is no host name: mail is deferred")
    elif not host.startswith("[") and _is_address(name):
        yield warning(f"an address stands in [ ]: [{safe(name)}]")


def _is_port(text: str) -> bool:
    return bool(_PORT.fullmatch(text)) and not (text.isdigit() and not 0 < int(text) <= _PORT_MAX)


def _is_address(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_address(text.lower().removeprefix("ipv6:"))
    except ValueError:
        return False
    return True


def _is_host(text: str) -> bool:
    return _is_address(text) or (bool(text) and not host_problem(text))


def check_milters(asked: Asked) -> Iterator[Finding]:
    """smtpd_milters and non_smtpd_milters (MILTER_README)."""
    if asked.items == [DISABLE]:
        return
    for item in asked.items:
        found = parse_item(item)
        if found.problem:
            yield error(f"{safe(found.problem)}: {_HARMS[found.harm]}")


def check_policy(item: str) -> Iterator[Finding]:
    """The argument of check_policy_service."""
    if item.startswith("{"):
        if payload(encode(item)) != len(encode(item)):
            yield error(f"{quoted(item)}: a brace is not closed: smtpd stops")
            return
        inner = split_list(item[1:-1])
        yield from _endpoint(inner[0] if inner else "")
        yield from _settings(item[1:-1], inner[1:], _POLICY_SETTINGS)
    else:
        yield from _endpoint(item)


def _endpoint(endpoint: str) -> Iterator[Finding]:
    """`inet:host:port` or `unix:path`, as Postfix writes them (Sendmail's `inet:port@host` is fatal)."""
    kind, colon, rest = endpoint.partition(":")
    if not colon or kind not in {"inet", "unix"}:
        yield error(f"{quoted(endpoint)} is no policy service: write inet:host:port or unix:path")
        return
    if not rest:
        yield error(f"{quoted(endpoint)} names no socket")
        return
    if kind != "inet":
        return
    if "@" in rest:
        port, _, host = rest.partition("@")
        yield error(f"{quoted(endpoint)} is Sendmail's way; Postfix wants inet:{safe(host)}:{safe(port)}")
        return
    host, _, port = rest.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not _is_port(port):
        yield error(f"{quoted(port)} in {quoted(endpoint)} is no port")
    elif bare and not _is_host(bare):
        yield error(f"{quoted(bare)} in {quoted(endpoint)} is no host")


def _settings(text: str, words: list[str], known: tuple[str, ...]) -> Iterator[Finding]:
    """The `name=value` within the `{ }` of one endpoint; blanks around `=` only with commas between."""
    parts = [part.strip() for part in text.split(",")[1:]] if "," in text else words
    for part in parts:
        bare = part[1:-1].strip() if part.startswith("{") and part.endswith("}") else part
        name, equals, _ = bare.partition("=")
        if bare and (not equals or name.strip() not in known):
            yield error(f"{quoted(bare)} is no setting here: {', '.join(known)}; smtpd stops")


def check_interfaces(asked: Asked) -> Iterator[Finding]:
    """inet_interfaces: every address must be one of this host, or no program of Postfix starts."""
    import ipaddress

    if not asked.value:
        return
    mine = None
    for item in asked.items:
        bare = item[1:-1] if item.startswith("[") and item.endswith("]") else item
        if bare.lower() in {"all", "loopback-only"}:
            continue
        try:
            address = ipaddress.ip_address(bare.lower().removeprefix("ipv6:"))
        except ValueError:
            if host_problem(bare):
                yield error(f"{quoted(item)} is neither an address nor a host name", "network")
            continue
        mine = {str(each) for each in host_addresses()} if mine is None else mine
        if not address.is_loopback and str(address) not in mine:
            yield error(f"this host has no address {address}: no program of Postfix would start", "host")


def check_proxy_filter(asked: Asked) -> Iterator[Finding]:
    """smtpd_proxy_filter: `host:port`, `inet:host:port` or `unix:path`."""
    value = asked.value
    if not value or value.startswith("unix:"):
        return
    host, colon, port = value.removeprefix("inet:").rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if (colon or value.isdigit()) and _is_port(port) and (not bare or _is_host(bare)):
        return
    yield error(f"{quoted(value)} is no host:port: mail is refused for now")


def check_file_list(asked: Asked) -> Iterator[Finding]:
    for item in asked.items:
        yield from file_problem(item)
