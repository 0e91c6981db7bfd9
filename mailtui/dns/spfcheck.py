"""pyspf with our own questions: whether a record lets an address send, in the words of the library that
policyd-spf uses too. Imported late: it brings pyspf and dnspython.

pyspf was taken because it answers for a given address what checkdmarc does not, needs no more than dnspython,
and is what Debian's policy server judges by; the count of lookups as a tree is not in it (`spftree`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import spf

from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.dns.part import Asked

RESULTS = ("pass", "fail", "softfail", "neutral", "none", "permerror", "temperror")
_TESTED = "192.0.2.1"
"""The client that syntax is checked for (RFC 5737)."""


class Result(NamedTuple):
    """`word`: one of RESULTS; `why`: of an error, what it is; `lookups` and `voids`: as many as it took for
    this address."""

    word: str
    why: str = ""
    lookups: int = 0
    voids: int = 0


class Term(NamedTuple):
    """A mechanism: its name, what it is about with macros expanded, and what is wrong with it."""

    mechanism: str
    argument: str
    problem: str = ""


class _Query(spf.query):  # type: ignore[misc]  # pyspf has no types
    """A check whose questions go through `names`."""

    def __init__(self, names: Asked, address: str, sender: str, helo: str) -> None:
        super().__init__(i=address, s=sender, h=helo, strict=True)
        self._names = names

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """As that of pyspf. Raises its TempError where no answer came, PermError at the third void lookup."""
        del cnames  # the resolver follows them
        bare = str(name).removesuffix(".").lower()
        if not all(0 < len(label) < 64 for label in bare.split(".")):
            return []
        answer = self._names.ask(bare, qtype)
        if answer.state == "tempfail":
            raise spf.TempError(f"{bare}: {answer.problem}")
        if not answer.records and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"Void lookup limit of {spf.MAX_VOID_LOOKUPS} exceeded")
        return [_value(record, qtype) for record in answer.records]


def _value(record: str, kind: str) -> Any:
    """A record in the form that pyspf wants."""
    if kind == "MX":
        preference, _, host = record.partition(" ")
        return int(preference), host
    if kind in {"TXT", "SPF"}:
        return (record.encode("utf-8", "surrogateescape"),)
    return record


def check(names: Asked, address: str, domain: str, helo: str, record: str = "") -> Result:
    """Whether `domain` lets `address` send, by what stands in DNS, or by `record` in place of it."""
    try:
        query = _Query(names, address, f"postmaster@{domain}", helo)
        word, _, text = query.check(record or None)
    except (spf.PermError, spf.TempError, ValueError, AssertionError) as error:
        return Result("permerror", safe(str(error)))
    why = str(text).partition(": ")[2] if word in {"permerror", "temperror"} else ""
    return Result(str(word), safe(why), query.lookups, query.void_lookups)


def term(names: Asked, text: str, domain: str) -> Term:
    """A term that is no modifier, parsed and checked."""
    query = _Query(names, _TESTED, f"postmaster@{domain}", domain)
    query.d = domain
    try:
        _, mechanism, argument, _, _ = query.validate_mechanism(text)
    except (spf.PermError, spf.TempError, ValueError) as error:
        named, _, argument = text.partition(":")
        return Term(named.lstrip("+-~?").lower(), argument, safe(str(error)))
    return Term(str(mechanism), str(argument or ""))


def modifier(text: str) -> tuple[str, str] | None:
    """A term of the form `name=value` as both; None for a mechanism."""
    found = spf.RE_MODIFIER.match(text)
    return (found.group(1).lower(), text[found.end() :]) if found else None
