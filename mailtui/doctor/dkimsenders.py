"""Whose mail is not signed although it should be: our domains without a key, our hosts that opendkim takes
for strangers, an opendkim that is told not to sign."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.dkimcase import FILES, KEYS, DkimCase, dkim_case
from mailtui.doctor.model import Finding
from mailtui.edits.datasets import AddLine
from mailtui.edits.dkimtables import set_keyword
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.milters.dkim.datasets import read
from mailtui.milters.dkim.keyrows import ANYBODY
from mailtui.milters.dkim.signing import decide
from mailtui.postfix.domainlist import domain_list
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import safe

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MANY = 2000
"""Domains that are looked at, at most."""
_OURS = frozenset({"local", "virtual-alias", "virtual-mailbox"})


def findings(case: Case) -> Iterator[Finding]:
    """Of domains and hosts."""
    dkim = dkim_case(case)
    if dkim is None or not dkim.signs:
        return
    if not dkim.config.signs:
        file, line = dkim.place("Mode")
        plan = Plan((set_keyword(dkim.config, "Mode", "sv"),))
        yield Finding(
            "dkim-mode", "warning", f"opendkim has keys, and Mode {safe(dkim.config.mode)} signs nothing",
            file, line,
            "Mode s signs, v verifies, sv does both", *fixed(case.tried(plan), "set Mode sv"), about=FILES,
        )  # fmt: skip
        return
    yield from _unsigned(case, dkim)
    yield from _hosts(case, dkim)


def _unsigned(case: Case, dkim: DkimCase) -> Iterator[Finding]:
    """Our domains of which no mail is signed, while that of others is."""
    if not any(row.signs for row in dkim.rows):
        return
    listing = domain_list(case.instance, case.instance)
    for number in range(min(len(listing), MANY)):
        name, kind = listing.key(number)
        if kind not in _OURS or "." not in name or name.startswith("."):
            continue
        if decide(dkim.config, f"{ANYBODY}@{name}").state != "unsigned":
            continue
        row = listing.row(number)
        if not row.is_domain or (kind == "local" and _is_host(case, name)):
            continue
        yield Finding(
            "dkim-domain-unsigned", "advice", f"mail of {safe(name)} is not signed",
            row.file or dkim.config.path, row.line,
            "other domains of this server are signed: receivers trust this one less", None,
            f"mailtui dkim generate {safe(name)}, then activate it once DNS has it", about=KEYS,
        )  # fmt: skip


def _is_host(case: Case, name: str) -> bool:
    """The host's own name and localhost: nobody writes as them."""
    return name in {case.setting("myhostname"), "localhost", f"localhost.{case.setting('mydomain')}"}


def _hosts(case: Case, dkim: DkimCase) -> Iterator[Finding]:
    """Networks that may relay, whose mail opendkim takes for that of strangers."""
    listed = dkim.config.text("InternalHosts")
    found = read(listed, dkim.config.files) if listed else None
    if found is not None and found.unread:
        return
    hosts = [row.key for row in found.rows] if found is not None else ["127.0.0.1"]
    known = [each for host in hosts if (each := _network(host)) is not None]
    missing = [
        network
        for network in (_network(item) for item in split_list(case.setting("mynetworks")))
        if network is not None and not _within(network, known)
    ]
    if not missing:
        return
    file, line = dkim.place("InternalHosts")
    names = ", ".join(str(network) for network in missing)
    fix, words = None, f"put {names} into InternalHosts, with 127.0.0.1 and ::1"
    if found is not None and found.path:
        target = Target("trustedhosts", found.path)
        plan = Plan(tuple(AddLine(target, _text(network)) for network in missing))
        fix, words = fixed(case.tried(plan), words)
    yield Finding(
        "dkim-internal-hosts", "warning", f"mail of {names} is not signed", file, line,
        "mynetworks lets these clients send, and InternalHosts does not have them: opendkim verifies their "
        "mail as that of strangers; mail of those who log in is signed all the same",
        fix, words, about=FILES,
    )  # fmt: skip


def _network(text: str) -> Network | None:
    if text.lower() == "localhost":
        text = "127.0.0.1"
    try:
        return ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def _within(network: Network, known: Sequence[Network]) -> bool:
    """Whether a host list has the network; of loopback an address of it is enough, as nothing else is
    used."""
    first = network.network_address
    loopback = first.is_loopback or str(network) == "::ffff:127.0.0.0/104"
    for each in known:
        if loopback and each.network_address.is_loopback:
            return True
        if each.version == network.version and each.prefixlen <= network.prefixlen and first in each:
            return True
    return False


def _text(network: Network) -> str:
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else str(network)
