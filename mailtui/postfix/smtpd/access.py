"""How the check_..._access restrictions ask a table: which keys, in which order (access(5)).

Tables of patterns are asked for whole names and addresses only, never for their parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailtui.postfix.addresses import Rules, quote, strip_extension
from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.hostnames import is_address
from mailtui.postfix.smtpd.outcome import Outcome, dunno
from mailtui.postfix.smtpd.results import CONFIGURATION_ERROR
from mailtui.text.safe import decode, safe

BY_WHOLE_KEY = frozenset({"regexp", "pcre", "cidr", "tcp", "socketmap", "randmap", "fail"})
"""Types that are never asked for a part of a key (DICT_FLAG_PATTERN)."""


def by_whole_key(table: str) -> bool:
    """Whether a table is asked for whole keys only. A table of several counts as its first."""
    kind, _colon, rest = table.removeprefix("proxy:").partition(":")
    if kind in {"pipemap", "unionmap"}:
        inner = split_list(rest.removeprefix("{").removesuffix("}"))
        return bool(inner) and by_whole_key(inner[0])
    return kind in BY_WHOLE_KEY


def ask(
    context: Context,
    table: str,
    keys: Iterable[str],
    subject: str,
    subject_class: str,
    whole: Iterable[str] | None = None,
) -> Outcome:
    """What a table says of the first of these keys that it has: a result to carry out, or no opinion.

    `whole`: the keys among them that tables of patterns are asked for too; without it, the first.
    """
    asked = list(dict.fromkeys(key for key in keys if key))
    if by_whole_key(table):
        asked = asked[:1] if whole is None else list(dict.fromkeys(key for key in whole if key))
    for key, answer in zip(asked, context.tables.get(table, asked), strict=True):
        if answer.value:
            value, warning = decode(answer.value), ""
        elif answer.found or answer.problem:
            value, warning = CONFIGURATION_ERROR, answer.problem or f"{safe(key)} has an empty value"
        else:
            continue
        return Outcome(
            "result", f"{safe(key)}: {safe(value)}", table=table, key=key, value=value,
            warning=warning, subject=subject, subject_class=subject_class,
        )  # fmt: skip
    return dunno(
        f"the table has none of {len(asked)} keys" if len(asked) != 1 else "the table has no such key"
    )


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


def mail_keys(address: str, rules: Rules, *, parents: bool) -> Iterator[str]:
    """An address with its extension and without, its domain and those above, its local part with an `@`;
    what holds the local part first quoted as in a mail header, then as it is."""
    bare, extension = strip_extension(address, rules)
    locals_ = [address, bare] if extension else [address]
    for each in locals_:
        yield from forms(each)
    yield from domain_keys(address.rpartition("@")[2], parents=parents)
    for each in locals_:
        yield from forms(each.rpartition("@")[0] + "@")


def forms(address: str) -> tuple[str, ...]:
    """An address quoted as in a mail header, then as it is, where that is another."""
    return tuple(dict.fromkeys((quote(address), address)))
