"""What this server is, for its domains' records in DNS: its names and addresses, and the keys that sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailtui.dns.facts import Facts, Key, is_seen
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyfile import read_key
from mailtui.milters.dkim.signing import decide
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import host_addresses, own_addresses
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import safe


def facts_of(instance: Instance, domains: Iterable[str] = (), signers: Sequence[DkimConfig] = ()) -> Facts:
    """The facts of an instance. `signers`: the opendkim that its mail goes through, with the keys of which
    `domains` are signed. Asks for the host's interfaces; never raises, what cannot be read is in `silent`."""
    silent: list[str] = []
    try:
        listens = frozenset(str(address) for address in own_addresses(instance.parameters, instance.files))
        sends = _sending(instance, listens)
    except InstanceError as error:
        listens, sends = frozenset[str](), ()
        silent.append(f"the addresses of this host: {safe(error.what)}")
    return Facts(
        _setting(instance, "myhostname"), _setting(instance, "smtp_helo_name"), sends, listens,
        keys_of(domains, signers), tuple(silent),
    )  # fmt: skip


def _setting(instance: Instance, name: str) -> str:
    try:
        return instance.parameters.expanded(name)
    except InstanceError:
        return ""


def _sending(instance: Instance, listens: frozenset[str]) -> tuple[str, ...]:
    """The addresses that mail to others leaves from (smtp_bind_address, inet_interfaces in postconf(5)): a
    bind address, else the only address of a protocol in inet_interfaces, else whichever the host takes. Where
    the host has private ones alone, proxy_interfaces says what the world sees."""
    own = frozenset(str(each) for each in own_addresses(instance.parameters, instance.files, proxies=False))
    found: list[str] = []
    for version, name in ((".", "smtp_bind_address"), (":", "smtp_bind_address6")):
        bound = _setting(instance, name)
        if bound:
            found.append(bound)
            continue
        mine = sorted(each for each in own if version in each and not _is_loopback(each))
        if len(mine) != 1 or "all" in split_list(_setting(instance, "inet_interfaces")):
            mine = sorted(each for each in host_addresses() if version in each and _is_spoken(instance, each))
        found += mine
    if not any(is_seen(each) for each in found):
        found += sorted(listens - own)
    return tuple(dict.fromkeys(found))


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _is_spoken(instance: Instance, address: str) -> bool:
    """Whether inet_protocols has the protocol of an address."""
    named = set(split_list(_setting(instance, "inet_protocols")))
    return bool(named & {"all", "ipv6" if ":" in address else "ipv4"})


def keys_of(domains: Iterable[str], signers: Sequence[DkimConfig]) -> Mapping[str, Sequence[Key]]:
    """The keys that sign mail of each domain, as opendkim chooses them for its postmaster."""
    found: dict[str, Sequence[Key]] = {}
    for domain in domains:
        name = domain.rstrip(".").lower()
        keys = list(dict.fromkeys(key for config in signers for key in _signing(config, name)))
        if keys:
            found[name] = keys
    return found


def _signing(config: DkimConfig, domain: str) -> Iterator[Key]:
    for request in decide(config, f"postmaster@{domain}").requests:
        data = read_key(request.key)
        yield Key(request.selector, request.domain.lower(), data.kind or "rsa", data.public)
