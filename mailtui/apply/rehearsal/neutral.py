"""Values in which what lies outside a rehearsal is replaced by stand-ins, and lists without early permits.

Only what is written rightly is replaced: a wrong endpoint must do in the rehearsal what it does for real.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailtui.formats.lists import items
from mailtui.text.safe import decode, encode

MILTER, POLICY, AUTH = "mailtui/milter", "mailtui/policy", "mailtui/auth"
"""The stand-ins' sockets below the queue."""

MILTERS = frozenset({"smtpd_milters", "non_smtpd_milters"})
NOTHING_FOUND = "inline:{mailtui-stands-in=x}"
"""A table in which nothing is ever found."""

_ENDPOINT = re.compile(r"inet6?:(\[[0-9A-Fa-f:.]+\]|[\w.-]+):[\w-]+|unix:/?[^\s,{}]+")
_NETWORK = re.compile(
    r"(?:proxy:)?(?:ldap|mysql|pgsql|memcache|tcp|socketmap|mongodb|nis|nisplus):(?=[^\s,{}])[^\s,{}]*"
)
_STOPS = frozenset({"permit", "reject", "defer", "defer_if_permit", "defer_if_reject"})
_WITH_ARGUMENT = frozenset({"permit_dnswl_client", "permit_rhswl_client"})


def texts(value: str) -> list[str]:
    """The items of a list."""
    return [decode(item) for item in items(encode(value))]


def _braced(text: str, stand_in: str) -> str:
    """`{ inet:…, timeout = 3 s }` with another endpoint; anything else as it is."""
    inner = texts(text[1:-1])
    if not inner or not _ENDPOINT.fullmatch(inner[0]):
        return text
    return text.replace(inner[0], f"unix:{stand_in}", 1)


def endpoint(text: str, stand_in: str) -> str:
    """An endpoint, bare or in braces with settings, as the stand-in's; a wrong one stays."""
    if text.startswith("{") and text.endswith("}"):
        return _braced(text, stand_in)
    return f"unix:{stand_in}" if _ENDPOINT.fullmatch(text) else text


def value(name: str, expanded: str) -> str:
    """An expanded value with its stand-ins."""
    if name == "smtpd_milter_maps":  # it names endpoints in tables
        return ""
    if name in MILTERS:
        return " ".join(endpoint(text, MILTER) for text in texts(expanded))
    if "check_policy_service" in expanded:
        found = texts(expanded)
        for at, text in enumerate(found[:-1]):
            if text.lower() == "check_policy_service":
                found[at + 1] = endpoint(found[at + 1], POLICY)
        expanded = " ".join(found)
    return _NETWORK.sub(NOTHING_FOUND, expanded)


def without_stops(rules: Sequence[str]) -> list[str]:
    """The rules of a list without those that would keep later ones from being reached."""
    result: list[str] = []
    skip = False
    for rule in rules:
        bare = rule.lower()
        if skip:
            skip = False
        elif bare in _WITH_ARGUMENT:
            skip = True
        elif not (bare in _STOPS or bare.startswith("permit_")):
            result.append(rule)
    while result and result[-1].lower() == "warn_if_reject":
        result.pop()
    return result


def quoted(text: str) -> str:
    """An expanded value as it is written into main.cf."""
    return text.replace("$", "$$")
