"""The rules for tables and match lists: `type:name` that this Postfix can open, networks that it can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.formats.lists import payload
from mailtui.postfix import postconf
from mailtui.postfix.lookups import INDEXED, PATTERNS, Lookup, parse_map, split_list
from mailtui.postfix.paramtables import ADDRESS_LISTS
from mailtui.postfix.paramvalues import Asked, Finding, error, missing, quoted, warning
from mailtui.text.safe import encode, safe

SOURCES = frozenset(("ldap", "mysql", "pgsql", "sqlite"))
"""Types whose name is a file that says how to ask."""
_JOINED = frozenset(("unionmap", "pipemap"))
_V4 = re.compile(r"[0-9.]+(/.*)?")
_DEPTH = 8


def check_maps(asked: Asked) -> Iterator[Finding]:
    """A map list: each item a table that can be opened; else every lookup in it is deferred."""
    for item in asked.items:
        yield from check_table(asked, item)


def check_cache(asked: Asked) -> Iterator[Finding]:
    """One table that Postfix makes and fills: its type must be known; there is nothing to compile."""
    items = asked.items
    if len(items) > 1:
        yield error(f"{quoted(asked.value)} is more than one table", "table")
    for item in items[:1]:
        lookup = parse_map(item)
        if lookup.error:
            yield error(lookup.error, "table")
        else:
            yield from _supported(lookup)


def check_table(asked: Asked, item: str, depth: int = 0) -> Iterator[Finding]:
    """One `type:name`: the type is supported, the file is there, and compiled where it must be."""
    default = ""
    if asked.name == "alias_database":
        default = asked.instance.parameters.effective("default_database_type")
    lookup = parse_map(item, asked.name, asked.instance.config_dir, frozenset(), default)
    if item.count("{") != item.count("}"):
        yield error(f"{quoted(item)}: a brace is not closed", "table")
    elif lookup.error:
        yield error(lookup.error, "table")
    else:
        unsupported = list(_supported(lookup))
        yield from unsupported or _openable(asked, lookup, depth)


def _supported(lookup: Lookup) -> Iterator[Finding]:
    try:
        types = postconf.table_types()
    except postconf.PostconfError:
        return  # nothing to compare with
    if lookup.type not in types:
        there = ", ".join(sorted(types & {*INDEXED, *PATTERNS, "texthash", *SOURCES}))
        yield error(f"this Postfix has no tables of type {quoted(lookup.type)}; it has {there}", "table")


def _openable(asked: Asked, lookup: Lookup, depth: int) -> Iterator[Finding]:
    path, kind = lookup.path, lookup.type
    if kind in _JOINED:
        if not path.startswith("{"):
            yield error(f"{quoted(lookup.written)}: write {kind}:{{type:name, …}}", "table")
        elif depth < _DEPTH:
            for inner in split_list(path[1:-1]):
                yield from check_table(asked, inner, depth + 1)
        return
    if kind == "inline":
        yield from _inline(lookup)
        return
    if path.startswith("{") or kind not in {*INDEXED, *PATTERNS, *SOURCES, "texthash"}:
        return
    if not path.startswith("/"):
        if kind not in SOURCES:  # an old-style LDAP source is a prefix of parameters
            yield warning(
                f"{quoted(lookup.written)} is a relative path: it depends on where the program runs", "table"
            )
        return
    yield from _on_disk(asked, lookup)


def _inline(lookup: Lookup) -> Iterator[Finding]:
    path = lookup.path
    if not path.startswith("{") or payload(encode(path)) != len(encode(path)):
        yield error(f"{quoted(lookup.written)}: write inline:{{key=value, …}}", "table")
        return
    pairs = split_list(path[1:-1])
    if not pairs:
        yield error(f"{quoted(lookup.written)} holds no key=value", "table")
    for pair in pairs:
        bare = pair[1:-1] if pair.startswith("{") and pair.endswith("}") else pair
        if not bare.partition("=")[1]:
            yield error(f"{quoted(pair)} is no key=value", "table")


def _on_disk(asked: Asked, lookup: Lookup) -> Iterator[Finding]:
    """The text and its compiled copy; a text that is compiled with the change counts as compiled."""
    path, suffix = lookup.path, INDEXED.get(lookup.type)
    if path in asked.compiled or asked.name == "alias_database":
        return
    text_gone = missing(path)
    if text_gone and _is_staged(asked, path):
        return
    if suffix is None:
        if text_gone:
            yield error(f"{safe(lookup.spec)}: the file does not exist; make it first", "table")
    elif missing(path + suffix):
        what = "the file does not exist; make it first"
        if not text_gone:
            what = f"it is not compiled; run `{_program(asked, lookup)} {safe(lookup.spec)}` first"
        yield error(f"{safe(lookup.spec)}: {what}", "table")
    else:
        state = lookup.compiled()
        if state is not None and state.older:
            yield Finding("advice", f"{safe(lookup.spec)}: its text is newer than its compiled copy", "table")


def _is_staged(asked: Asked, path: str) -> bool:
    """Whether a draft makes the file: the instance's reader has it although the disk does not."""
    try:
        asked.instance.files.raw(path)
    except OSError:
        return False
    return True


def _program(asked: Asked, lookup: Lookup) -> str:
    aliases = lookup.program == "postalias" or lookup.path in asked.instance.alias_paths
    return "postalias" if aliases else "postmap"


def check_match(asked: Asked) -> Iterator[Finding]:
    """A match list: literals, tables, `/file`s, each perhaps behind `!` (postconf(5), match_list(3))."""
    for item in asked.items:
        if item.startswith("#"):
            yield warning(f"{quoted(item)}: # begins no comment here; what follows is ignored")
            return
        yield from _match_item(asked, item)


def _match_item(asked: Asked, item: str) -> Iterator[Finding]:
    bare = item.lstrip("!")
    if not bare:
        yield error("nothing follows the !: programs that read the list stop")
    elif bare.startswith("/"):
        if bare not in asked.compiled and missing(bare) and not _is_staged(asked, bare):
            yield error(f"{safe(bare)} does not exist: every lookup in the list fails", "file")
    elif ":" in bare and not bare.startswith("["):
        if asked.own in ADDRESS_LISTS and _is_v6(bare):
            yield error(f"an IPv6 address stands in [ ]: {_bracketed(bare)}", "network")
        else:
            yield from check_table(asked, bare)
    elif asked.own in ADDRESS_LISTS:
        yield from _network(asked, bare)


def _is_v6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Network(text, strict=False)
    except ValueError:
        return False
    return True


def _bracketed(text: str) -> str:
    address, slash, length = text.partition("/")
    return f"[{safe(address)}]{slash}{safe(length)}"


def _network(asked: Asked, item: str) -> Iterator[Finding]:
    """A host name, an address or a network; Postfix fails every lookup that meets a wrong one."""
    import ipaddress

    if item.startswith("["):
        inner, close, rest = item[1:].partition("]")
        if not close or (rest and not rest.startswith("/")):
            yield error(f"{quoted(item)}: write [address] or [address]/length", "network")
            return
        text, version = inner + rest, 6
    elif _V4.fullmatch(item):
        text, version = item, 4
    else:
        if asked.own == "mynetworks" and item.lower() != "localhost":
            yield warning(
                f"{quoted(item)} is a name: whoever writes it into the DNS of his address is trusted"
            )
        return
    address, slash, length = text.partition("/")
    try:
        if slash and not length.isdigit():
            raise ValueError
        found = ipaddress.ip_network(text, strict=False)
        ipaddress.ip_address(address)
    except ValueError:
        yield error(f"{quoted(item)} is no network: write address/length", "network")
        return
    if slash and found.network_address != ipaddress.ip_address(address):
        right = f"[{found.network_address}]/{length}" if version == 6 else str(found)
        yield error(f"{quoted(item)} has host bits set; perhaps {right}: every lookup fails", "network")
    elif asked.own == "mynetworks" and found.prefixlen == 0:
        yield warning(f"{quoted(item)} is the whole world: an open relay", "network")
