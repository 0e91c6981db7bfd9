"""The lookups that an SPF record costs, as a tree: RFC 7208 4.6.4 allows ten terms that ask DNS, those of the
records that it includes counted in, and two of them without an answer. A receiver that comes to the eleventh
takes the record for broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailtui.dns.part import Asked, Node
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.dns.spfcheck import Term

LOOKUPS = 10
VOIDS = 2
MX_NAMES = 10
"""Hosts of one `mx` at most (RFC 7208 4.6.4)."""
STOP = 40
"""Lookups at which counting ends: no receiver comes so far."""
MACRO = "its name depends on the sender: not followed"

_RECORD = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_ASKS = frozenset({"include", "redirect", "a", "mx", "ptr", "exists"})


class Found(NamedTuple):
    """The SPF records among the TXT records of a name, and why there can be no word on them."""

    records: tuple[str, ...]
    lost: str = ""
    void: bool = False


class Counted(NamedTuple):
    """A record with all that it includes. `problems`: what makes a receiver take it for broken; `lost`: what
    could not be asked; `whole`: whether all of it was counted."""

    tree: tuple[Node, ...]
    lookups: int
    voids: int
    problems: tuple[str, ...]
    lost: tuple[str, ...]
    whole: bool


def records_of(name: str, names: Asked) -> Found:
    """What stands at a name. A TXT record is one of SPF only with a blank, or nothing, after the version."""
    answer = names.ask(name, "TXT")
    if answer.state == "tempfail":
        return Found((), answer.problem)
    return Found(tuple(text for text in answer.records if _RECORD.match(text)), void=answer.state != "ok")


def count(record: str, domain: str, names: Asked) -> Counted:
    """Follow a record of a domain wherever it leads, each term in turn, whether an earlier one would match or
    not."""
    walk = _Walk(names)
    tree = walk.record(record, domain, ())
    voids = walk.voids
    return Counted(tree, walk.lookups, voids, tuple(walk.problems), tuple(walk.lost), walk.lookups < STOP)


class _Walk:
    def __init__(self, names: Asked) -> None:
        self._names = names
        self.lookups = self.voids = 0
        self.problems: dict[str, None] = {}
        self.lost: dict[str, None] = {}

    def record(self, record: str, domain: str, above: tuple[str, ...]) -> tuple[Node, ...]:
        """The terms of a record that ask DNS. `above`: the domains whose records led here."""
        above = (*above, domain.lower())
        terms = list(self._terms(record, domain))
        self._names.ahead([each for _, term in terms for each in _questions(term)])
        nodes = []
        for text, term in terms:
            if self.lookups >= STOP:
                break
            nodes.append(self._node(text, term, domain, above))
        return tuple(nodes)

    def _terms(self, record: str, domain: str) -> Iterator[tuple[str, Term]]:
        """The terms that ask; of the others, what is wrong with them. `redirect` is last, and counts only
        without `all`."""
        from mailtui.dns.spfcheck import Term, modifier, term

        redirect, has_all = "", False
        for text in record.split(" ")[1:]:
            given = modifier(text)
            if given is not None:
                redirect = text if given[0] == "redirect" else redirect
            elif text:
                found = term(self._names, text, domain)
                has_all = has_all or found.mechanism == "all"
                if found.problem:
                    self.problems[f"{safe(domain)}: {found.problem}"] = None
                elif found.mechanism in _ASKS:
                    yield text, Term(found.mechanism, _name(text, domain))
        if redirect and not has_all:
            yield redirect, Term("redirect", redirect.partition("=")[2].removesuffix("."))

    def _node(self, text: str, term: Term, domain: str, above: Sequence[str]) -> Node:
        before = self.lookups
        self.lookups += 1
        target = term.argument
        problem, record, void = "", "", False
        below: tuple[Node, ...] = ()
        if "%" in target:
            problem = MACRO
        elif term.mechanism in {"include", "redirect"}:
            record, problem, void = self._included(target, domain, above)
            if record and not problem:
                below = self.record(record, target, tuple(above))
        elif term.mechanism != "ptr":
            problem, void = self._addresses(term.mechanism, target, domain)
        self.voids += void
        return Node(
            safe(text), safe(target), self.lookups - before, safe(record), safe(problem), void, below
        )  # fmt: skip

    def _included(self, target: str, domain: str, above: Sequence[str]) -> tuple[str, str, bool]:
        """The record to be followed, what is wrong, and whether nothing at all stands there."""
        if target.lower() in above:
            problem = "goes in circles"
            self.problems[f"{safe(domain)}: {safe(target)} leads back to itself"] = None
            return "", problem, False
        found = records_of(target, self._names)
        if found.lost:
            self.lost[f"{safe(target)}: {found.lost}"] = None
            return "", found.lost, False
        if len(found.records) == 1:
            return found.records[0], "", False
        problem = f"{len(found.records)} SPF records" if found.records else "no SPF record"
        self.problems[f"{safe(domain)} sends readers to {safe(target)}, which has {problem}"] = None
        return "", problem, found.void

    def _addresses(self, mechanism: str, target: str, domain: str) -> tuple[str, bool]:
        """What is wrong with the name of an `a`, `mx` or `exists`, and whether it has nothing."""
        kinds = {"a": ("A", "AAAA"), "mx": ("MX",), "exists": ("A",)}[mechanism]
        answers = [self._names.ask(target, kind) for kind in kinds]
        lost = next((answer.problem for answer in answers if answer.state == "tempfail"), "")
        if lost:
            self.lost[f"{safe(target)}: {lost}"] = None
            return lost, False
        if mechanism == "mx" and len(answers[0].records) > MX_NAMES:
            problem = f"{len(answers[0].records)} hosts, {MX_NAMES} at most"
            self.problems[f"{safe(domain)}: mx {safe(target)}: {problem}"] = None
            return problem, False
        void = not any(answer.records for answer in answers)
        return ("nothing there" if void else ""), void


def _name(text: str, domain: str) -> str:
    """The name that a mechanism is about, as written."""
    bare = re.sub(r"//?\d+", "", text.partition(":")[2]) if ":" in text else domain
    return bare.removesuffix(".")


def _questions(term: Term) -> Iterator[tuple[str, str]]:
    """What is asked about a term, so that all of a record is asked at once."""
    if "%" in term.argument:
        return
    kinds = {"include": ("TXT",), "redirect": ("TXT",), "a": ("A", "AAAA"), "mx": ("MX",), "exists": ("A",)}
    for kind in kinds.get(term.mechanism, ()):
        yield term.argument, kind
