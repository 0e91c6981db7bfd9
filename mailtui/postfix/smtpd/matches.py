"""Lists of hosts as smtpd(8) matches a name and an address: mynetworks and its like (namadr_list(3)).

The items are tried from left to right, each against the name and then the address; the first that matches
decides, and one with a `!` decides that it is not in the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mailtui.postfix.addresses import fold
from mailtui.postfix.matchlists import Item, read_items
from mailtui.postfix.smtpd.access import by_whole_key
from mailtui.postfix.smtpd.parents import matches_parents
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

_V4 = frozenset("0123456789.")
_ADDRESS = _V4 | frozenset("abcdefABCDEF:")
_NETWORK = _ADDRESS | frozenset("[]/")


class Match(NamedTuple):
    """What a list says: whether the host is in it, by which item, or why it cannot tell (451 then)."""

    matched: bool
    item: str = ""
    problem: str = ""


def in_list(context: Context, parameter: str, name: str, address: str = "") -> Match:
    """Whether a host is in the list that a parameter holds. Without an address only names are compared."""
    items = read_items(context.instance.files, parameter, context.setting(parameter))
    parents = matches_parents(context, parameter)
    for item in items:
        found = _matches(context, item, fold(name), fold(address), parents=parents)
        if found.problem:
            return found
        if found.matched:
            return Match(not item.negated, f"!{found.item}" if item.negated else found.item)
    return Match(False)


def _matches(context: Context, item: Item, name: str, address: str, *, parents: bool) -> Match:
    if item.problem:
        return Match(False, item.text, item.problem)
    if item.is_table:
        keys = [
            *_names(item.text, name, parents=parents),
            *([address] if _ADDRESS.issuperset(address) else []),
        ]
        return _in_table(context, item.text, [key for key in keys if key])
    pattern = fold(item.text)
    if _is_name(pattern, name, parents=parents):
        return Match(True, item.text)
    return _is_address(pattern, address) if address else Match(False)


def _names(table: str, name: str, *, parents: bool) -> Iterator[str]:
    """The name and, unless it is a table of patterns, the domains above it."""
    yield name
    at = -1 if by_whole_key(table) else name.find(".", 1)
    while at >= 0:
        name = name[at + parents :]
        yield name
        at = name.find(".", 1)


def _in_table(context: Context, table: str, keys: list[str]) -> Match:
    for answer in context.tables.get(table, keys):
        if answer.problem:
            return Match(False, table, answer.problem)
        if answer.found:
            return Match(True, table)
    return Match(False)


def _is_name(pattern: str, name: str, *, parents: bool) -> bool:
    if name == pattern:
        return True
    if parents:
        return name.endswith(f".{pattern}") and len(name) > len(pattern) + 1
    return pattern.startswith(".") and name.endswith(pattern) and len(name) > len(pattern)


def _is_address(pattern: str, address: str) -> Match:
    """An address against an address, or against a network with its length (match_hostaddr)."""
    if not _ADDRESS.issuperset(address):
        return Match(False)
    if address in {pattern, pattern[1:-1] if pattern[:1] == "[" and pattern[-1:] == "]" else pattern}:
        return Match(True, pattern)
    if (":" in address) != (":" in pattern) or not _NETWORK.issuperset(pattern):
        return Match(False)
    if not {":", "/"}.intersection(pattern) or _V4.issuperset(pattern):
        return Match(False)
    return _in_network(pattern, address)


def _in_network(pattern: str, address: str) -> Match:
    import ipaddress

    bare, problem = _unbracketed(pattern)
    if problem:
        return Match(False, pattern, problem)
    try:
        network = ipaddress.ip_network(bare)
    except ValueError as error:
        return Match(False, pattern, f"{safe(pattern)} is no network: {error}")
    _net, slash, length = bare.partition("/")
    if slash and not length.isdigit():
        return Match(False, pattern, f"{safe(pattern)} has a bad length")
    return Match(ipaddress.ip_address(address) in network, pattern)


def _unbracketed(pattern: str) -> tuple[str, str]:
    """`[::1/128]` and `[::1]/128` without their brackets, or what is wrong with them."""
    if not pattern.startswith("["):
        return pattern, ""
    inner, close, rest = pattern[1:].partition("]")
    if not close:
        return "", f"the ] is missing in {safe(pattern)}"
    if rest and not rest.startswith("/"):
        return "", f"something follows the ] in {safe(pattern)}"
    return inner + rest, ""
