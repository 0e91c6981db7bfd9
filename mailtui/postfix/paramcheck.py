"""Whether a parameter may hold a value: the rules by which Postfix's own programs would stop or defer mail.

`postfix check` and `postfix reload` test none of this; the daemons find out when they start (postconf(5)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from mailtui.formats.lists import payload
from mailtui.postfix import postconf
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramendpoints import (
    check_file_list,
    check_interfaces,
    check_milters,
    check_proxy_filter,
    check_relay,
    check_transport,
)
from mailtui.postfix.paramlookups import check_cache, check_maps, check_match
from mailtui.postfix.paramrestrictions import check_classes, check_restrictions
from mailtui.postfix.paramsizes import check_sizes
from mailtui.postfix.paramtables import DEPRECATED, PROTOCOLS
from mailtui.postfix.paramtypes import type_of
from mailtui.postfix.paramvalues import Asked, Finding, check_scalar, error, quoted, warning
from mailtui.postfix.values import NOTHING, RAW_PARAMETERS, READ_ONLY
from mailtui.text.safe import encode, safe

__all__ = ["Finding", "check_value", "errors"]

CLOSE = 0.89
"""How alike two names are, from 0 to 1, of which one is taken for a slip in the other."""
_REFERENCE = re.compile(r"\$(?:\$|([A-Za-z0-9_]+)|[({]([A-Za-z0-9_]+)[)}])")
_HEX = re.compile(r"[0-9a-f]{4}|0x[0-9a-f]{1,4}", re.IGNORECASE)


def check_value(
    instance: Instance,
    name: str,
    value: str | tuple[str, ...],
    *,
    over: Mapping[str, str] = NOTHING,
    compiled: Collection[str] = (),
) -> list[Finding]:
    """What is to be said if `name` held this value, as written (`$` not expanded) or as its items.

    `over`: what a service's `-o` options set above main.cf. `compiled`: paths of tables and list files that
    are written together with the change. Raises ParameterError where main.cf or master.cf cannot be read.
    """
    text = value if isinstance(value, str) else ", ".join(value)
    return list(dict.fromkeys(_findings(instance, name, text.strip(), over, frozenset(compiled))))


def errors(found: Collection[Finding]) -> list[Finding]:
    """Those that refuse the value."""
    return [each for each in found if each.severity == "error"]


def _findings(
    instance: Instance, name: str, text: str, over: Mapping[str, str], compiled: frozenset[str]
) -> Iterator[Finding]:
    yield from _about_name(instance, name)
    if "\0" in text or "\n" in text:
        yield error("a value cannot hold a NUL or a newline")
        return
    kind = type_of(instance, name)
    expanded = text
    if name not in RAW_PARAMETERS:
        values = instance.parameters.values
        try:
            expanded = values.expand_text(text, name, {**over, name: text}).strip()
        except ParameterError as failed:
            yield error(f"the $ in it cannot be expanded: {_reason(failed, name)}", "macro")
            return
        yield from _undefined(instance, name, text, over)
    asked = Asked(instance, name, expanded, kind, over, compiled)
    yield from _of_kind(asked)
    yield from check_sizes(asked)


def _reason(failed: ParameterError, name: str) -> str:
    return failed.what.removeprefix(f"{name} cannot be expanded: ")


def _about_name(instance: Instance, name: str) -> Iterator[Finding]:
    if name in READ_ONLY:
        yield warning("each program sets this itself: what main.cf says does not count", "name")
    if name in DEPRECATED:
        yield warning(f"of old; use {DEPRECATED[name]}", "name")
    known = instance.parameters.values.known
    if name not in known and instance.parameters.get(name) is None:
        import difflib

        close = difflib.get_close_matches(name, known, n=1, cutoff=CLOSE)
        if close:
            yield warning(f"Postfix knows no {safe(name)}; perhaps {close[0]} is meant", "name")


def _undefined(instance: Instance, name: str, text: str, over: Mapping[str, str]) -> Iterator[Finding]:
    """`$name` of something that is set nowhere stands for nothing, silently."""
    values = instance.parameters.values
    named = (found[1] or found[2] for found in _REFERENCE.finditer(text))
    for other in dict.fromkeys(each for each in named if each):
        if other in values.explicit or other in over or other in values.known or other == name:
            continue
        if not any(other in service.options for service in values.services):
            yield warning(f"${safe(other)} is set nowhere: it stands for nothing", "macro")


def _of_kind(asked: Asked) -> Iterator[Finding]:
    kind = asked.type
    if kind.is_list:
        if not asked.items and not kind.empty:
            yield error(f"it may not be empty: {kind.words}")
            return
        open_brace = next((item for item in asked.items if _is_open(item)), None)
        if open_brace is not None and kind.kind not in {"maps", "match", "milters"}:
            yield error(f"{quoted(open_brace)}: a brace is not closed")
            return
    check = _CHECKS.get(kind.kind, check_scalar)
    yield from check(asked)
    own = _OWN.get(asked.own)
    if own is not None:
        yield from own(asked)


def _is_open(item: str) -> bool:
    raw = encode(item)
    at = raw.find(b"{")
    return at >= 0 and not payload(raw[at:])


def _options(asked: Asked) -> Iterator[Finding]:
    """Words out of several; letter case counts, but in SASL's."""
    for item in asked.items:
        word = item.lower() if asked.own.endswith("_security_options") else item
        if word not in asked.type.choices:
            yield error(f"{quoted(item)} is not {asked.type.words}")


def _protocols(asked: Asked) -> Iterator[Finding]:
    known = PROTOCOLS.lower().split()
    for item in re.split(r"[\s,:]+", asked.value):
        bare = item.lstrip("!<>=").lower()
        if bare and bare not in known and not _HEX.fullmatch(bare):
            yield error(f"{quoted(item)} is not {asked.type.words}: TLS is switched off")


def _sasl_type(asked: Asked) -> Iterator[Finding]:
    try:
        types = postconf.sasl_types(server=asked.own.startswith("smtpd_"))
    except postconf.PostconfError:
        return
    if asked.value and asked.value not in types:
        yield error(f"{quoted(asked.value)} is not {' or '.join(sorted(types))}, which this Postfix has")


def _database_type(asked: Asked) -> Iterator[Finding]:
    try:
        types = postconf.table_types()
    except postconf.PostconfError:
        return
    if asked.value not in types:
        yield error(f"this Postfix has no tables of type {quoted(asked.value)}", "table")


def _nothing(_asked: Asked) -> Iterator[Finding]:
    return iter(())


_CHECKS: dict[str, Callable[[Asked], Iterator[Finding]]] = {
    "options": _options,
    "maps": check_maps,
    "cache": check_cache,
    "match": check_match,
    "restrictions": check_restrictions,
    "milters": check_milters,
    "transport": check_transport,
    "relay": check_relay,
    "relays": check_relay,
    "interfaces": check_interfaces,
    "protocols": _protocols,
    "files": check_file_list,
    "words": _nothing,
}
_OWN: dict[str, Callable[[Asked], Iterator[Finding]]] = {
    "smtpd_restriction_classes": check_classes,
    "smtpd_proxy_filter": check_proxy_filter,
    "smtpd_sasl_type": _sasl_type,
    "smtp_sasl_type": _sasl_type,
    "default_database_type": _database_type,
}
