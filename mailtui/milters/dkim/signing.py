"""Which key signs the mail of an address, decided as opendkim decides it (mlfi_eoh, dkimf_apply_signtable and
dkimf_add_signrequest in opendkim.c; opendkim.conf(5): Domain, KeyTable, SigningTable, MultipleSignatures).

    decide(config, "jean@falcot.com")   # Decision(state="signed", requests=(Request("mail", "falcot.com",
    …),))

What comes before is not decided here: whether the client is internal or has logged in, and the milter's
macros.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.datasets import DataSet, Row, fold
from mailtui.text.safe import safe

State = Literal["signed", "unsigned", "refused", "unknown"]

KEPT = 2
"""Signatures of one message that opendkim 2.11 makes at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """One signature: with which key, in whose name. `key` is a path or the key itself; `row` the entry of the
    SigningTable that led here, None in a set-up without tables."""

    name: str
    domain: str
    selector: str
    key: str
    identity: str = ""
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`refused`: opendkim cannot sign, and Postfix answers 451 at the end of the message. `unknown`: a table
    is in a database that only opendkim asks. `row` is the entry that decided, where there is one."""

    state: State
    requests: tuple[Request, ...] = ()
    why: str = ""
    row: Row | None = None


class _Refused(Exception):
    """A match that opendkim cannot use."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A KeyTable row taken apart. `domain` may be `%`: the sender's."""

    name: str
    domain: str
    selector: str
    key: str
    line: int


def key_entry(row: Row) -> KeyEntry | None:
    """A KeyTable row as opendkim splits it; None for one that it cannot use."""
    parts = (row.value or "").split(":", 2)
    if len(parts) < 3 or not all(parts):
        return None
    domain, selector, key = parts
    return KeyEntry(row.key, domain, selector, key, row.line)


def key_name(row: Row, domain: str) -> str:
    """The name of the key that a SigningTable row leads to, for a sender's domain."""
    name = (row.value or "").partition(":")[0]
    return domain if name == "%" else name


def decide(config: DkimConfig, address: str) -> Decision:
    """Who signs a message with this address in its From (or the first of SenderHeaders)."""
    user, sign, domain = address.rpartition("@")
    domain = domain.lower()
    if not sign or not user or not domain:
        return Decision("unsigned", why="this is no address with a domain")
    if not config.signs:
        return Decision("unsigned", why=f"Mode {safe(config.mode)} does not sign")
    if config.keytable is None:
        return _single(config, domain)
    if config.signingtable is None:
        return Decision("unsigned", why="there is no SigningTable")
    unread = config.signingtable.unread or config.keytable.unread
    if unread:
        return Decision("unknown", why=unread)
    return _by_tables(config, config.signingtable, user, domain)


def _single(config: DkimConfig, domain: str) -> Decision:
    domains = config.domains
    if domains is None:
        return Decision("unsigned", why="there is no Domain, and no KeyTable")
    if domains.unread:
        return Decision("unknown", why=domains.unread)
    found = _own(domains, domain, subdomains=config.subdomains)
    if found is None:
        return Decision("unsigned", why="Domain does not name it")
    identity = "" if found == domain else f"@{found}"
    return Decision("signed", (Request("", found, config.selector, config.key_file, identity),))


def _own(domains: DataSet, domain: str, *, subdomains: bool) -> str | None:
    """The domain in whose name is signed."""
    for name in (domain, "*"):
        if domains.get(name, icase=True) is not None:
            return domain
    parent = domain
    while subdomains and "." in parent:
        parent = parent.partition(".")[2]
        if parent and domains.get(parent, icase=True) is not None:
            return parent
    return None


def _by_tables(config: DkimConfig, table: DataSet, user: str, domain: str) -> Decision:
    requests: list[Request] = []
    for row in matches(table, user, domain):
        try:
            requests.append(_request(config, table, row, domain))
        except _Refused as error:
            return Decision("refused", tuple(requests), str(error), row)
        if not config.multiple:
            break
    if not requests:
        return Decision("unsigned", why=f"no entry of the SigningTable fits {safe(user)}@{safe(domain)}")
    # opendkim 2.11 keeps the first and the last of several: its list never moves its tail on.
    made = requests if len(requests) <= KEPT else [requests[0], requests[-1]]
    wrong = next((each for each in made if each.identity and "@" not in each.identity), None)
    if wrong is not None:
        return Decision("unsigned", tuple(made), f"the identity {safe(wrong.identity)} has no @", wrong.row)
    return Decision("signed", tuple(_identified(each) for each in made), row=requests[0].row)


def _identified(request: Request) -> Request:
    """Without an identity that is not in the domain that signs: libopendkim leaves it out
    (dkim_gensighdr)."""
    host = fold(request.identity.partition("@")[2])
    own = fold(request.domain)
    return request if host == own or host.endswith(f".{own}") else replace(request, identity="")


def matches(table: DataSet, user: str, domain: str) -> Iterator[Row]:
    """The entries of a SigningTable that fit an address, in the order in which opendkim comes to them."""
    if table.spec.kind == "refile":
        yield from table.matching(f"{user}@{domain}", icase=True)
        return
    for key in asked(user, domain):
        if not key.isascii():
            continue  # DKIMF_DB_FLAG_ASCIIONLY
        row = table.get(key, icase=True)
        if row is not None:
            yield row


def asked(user: str, domain: str) -> Iterator[str]:
    """The keys that a table which is no `refile:` is asked for, one after the other."""
    yield f"{user}@{domain}"
    yield domain
    at = domain.find(".")
    while at >= 0:
        yield f"{user}@{domain[at:]}"
        yield domain[at:]
        at = domain.find(".", at + 1)
    yield f"{user}@*"
    yield "*"


def _request(config: DkimConfig, table: DataSet, row: Row, domain: str) -> Request:
    name = _named(table, row, domain)
    assert config.keytable is not None
    found = config.keytable.get(name, icase=False)
    if found is None:
        raise _Refused(f"the KeyTable has no key {safe(name)}" if name else "the entry names no key")
    entry = key_entry(found)
    if entry is None:
        raise _Refused(f"the KeyTable's row of {safe(name)} is not domain:selector:key")
    signer = domain if entry.domain == "%" else entry.domain
    key = entry.key.replace("%", signer) if entry.key.startswith("/") else entry.key
    identity = (row.value or "").partition(":")[2].replace("%", domain)
    return Request(name, signer, entry.selector, key, identity, row)


def _named(table: DataSet, row: Row, domain: str) -> str:
    name = key_name(row, domain)
    if name:
        return name
    if table.spec.kind == "refile" and row.value is None:
        raise _Refused("the entry names no key, on which opendkim crashes")
    raise _Refused("the entry names no key")
