"""The check_..._access restrictions: which keys smtpd(8) asks a table, in which order (access(5)).

Tables of patterns are asked for the first key alone; whole names and addresses, never their parts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.outcome import Outcome, dunno
from mailtui.postfix.smtpd.results import CONFIGURATION_ERROR
from mailtui.text.safe import decode, safe

BY_WHOLE_KEY = frozenset({"regexp", "pcre", "cidr", "tcp", "socketmap"})
"""Types that are never asked for a part of a key (DICT_FLAG_PATTERN)."""


def ask(context: Context, table: str, keys: Iterable[str], subject: str, subject_class: str) -> Outcome:
    """What a table says of the first of these keys that it has: a result to carry out, or no opinion."""
    asked = list(dict.fromkeys(key for key in keys if key))
    if table.removeprefix("proxy:").partition(":")[0] in BY_WHOLE_KEY:
        asked = asked[:1]
    for key, answer in zip(asked, context.tables.get(table, asked), strict=True):
        if not answer.found and not answer.problem:
            continue
        value = CONFIGURATION_ERROR if answer.value is None else decode(answer.value)
        return Outcome(
            "result", f"{safe(key)}: {safe(value)}", table=table, key=key, value=value,
            warning=answer.problem, subject=subject, subject_class=subject_class,
        )  # fmt: skip
    return dunno(f"no key ({len(asked)} tried)")


def domain_keys(name: str, *, parents: bool) -> Iterator[str]:
    """A host name and the domains above it, the top one included; of an address only itself. `parents`: as
    `example.com`, else as `.example.com` (parent_domain_matches_subdomains)."""
    while name:
        yield name
        if is_address(name):
            return
        dot = name.find(".", 1)
        if dot < 0:
            return
        name = name[dot + parents :]


def network_keys(address: str) -> Iterator[str]:
    """An address, then what is left as its last part is cut off again and again."""
    separator = ":" if ":" in address else "."
    while True:
        yield address
        at = address.rfind(separator)
        if at < 0:
            return
        address = address[:at]


def mail_keys(address: str, *, delimiters: str, parents: bool) -> Iterator[str]:
    """An address with its extension and without, its domain and those above, its local part with an `@`."""
    local, _at, domain = address.rpartition("@")
    bare = without_extension(local, delimiters)
    yield address
    if bare != local:
        yield f"{bare}@{domain}"
    yield from domain_keys(domain, parents=parents)
    yield f"{local}@"
    if bare != local:
        yield f"{bare}@"


def without_extension(local: str, delimiters: str) -> str:
    """A local part without its address extension."""
    from mailtui.postfix.addresses import Rules, strip_extension

    return strip_extension(local, Rules("", "", delimiters))[0]


def is_address(name: str) -> bool:
    """Whether a name is an IP address (valid_hostaddr)."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
