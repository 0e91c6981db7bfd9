"""What smtpd does not know in its lists: misspelt names, comments within a value, classes not declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from mailtui.doctor.case import Case, Sight, fixed
from mailtui.doctor.model import Finding
from mailtui.doctor.rulefixes import named, of, off, relisted, renamed
from mailtui.edits import ruleplan
from mailtui.edits.items import AddItem
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.lookups import split_list
from mailtui.postfix.restrictionnames import ARGUMENTS, OLD_NAMES
from mailtui.text.safe import safe

_CLOSE = 0.8


def findings(case: Case) -> Iterator[Finding]:
    """Comments first: their words are told of as one."""
    yield from _comments(case)
    skip = within_comments(case)
    for sight in case.sights:
        if place(sight.row) not in skip:
            yield from _unknown(case, sight)


def place(row: RuleRow) -> tuple[str, str, int]:
    """What tells the place of one rule from that of others."""
    return row.place.service, row.place.name, row.first


# -- comments in a value


def _hash_rows(case: Case) -> Iterator[tuple[Sight, list[RuleRow]]]:
    """Each `#` among the items of a list, with the rules that stand behind it on its line."""
    done: set[tuple[str, str, int | None]] = set()
    for sight in case.sights:
        row = sight.row
        key = (row.place.service, row.place.name, row.line)
        if not (row.name or row.argument).startswith("#") or key in done:
            continue
        done.add(key)
        chain = sight.by[0][0].chains.chain(row.stage)
        assert chain is not None  # the row is in it
        yield sight, [
            each
            for each in chain.live
            if each.place == row.place and each.via == row.via and each.line == row.line
            and each.first >= row.first
        ]  # fmt: skip


def within_comments(case: Case) -> set[tuple[str, str, int]]:
    """The rules that are words of a comment."""
    return {place(row) for _, rows in _hash_rows(case) for row in rows}


def _comments(case: Case) -> Iterator[Finding]:
    for sight, rows in _hash_rows(case):
        row = sight.row
        plan = relisted(case, row, rows[0].first, rows[-1].last, ())
        text = " ".join(each.written for each in rows)
        fix, words = fixed(plan, "put the comment on a line of its own")
        yield Finding(
            "inline-comment", "error", f"{row.place.title}: “{safe(text)}” is no comment", *of(row),
            "a comment is a whole line that begins with #; within a value its words are taken for rules, and"
            " every client that comes to them gets 451 4.3.5 Server configuration error", fix, words,
            sight.services, named(row),
        )  # fmt: skip


# -- names that smtpd does not know


def _unknown(case: Case, sight: Sight) -> Iterator[Finding]:
    row = sight.row
    if row.known or sight.everywhere("unreachable") or _behind_unknown(sight):
        return
    name = row.name
    declared = case.instance.parameters.get(name) is not None
    if declared:
        yield _undeclared(case, sight)
        return
    known = [*ARGUMENTS, *sight.by[0][0].lists.classes]
    close = [each for each in known if each.lower() == name.lower()][:1]  # a class: letter case counts
    close = close or difflib.get_close_matches(name.lower(), known, n=1, cutoff=_CLOSE)
    zone = _zone_rule(sight)
    if zone and not close:
        close = [f"{zone} {name}"]
    close = [OLD_NAMES.get(each, each) for each in close]
    plan = None
    if close and (zone or not ARGUMENTS.get(close[0])):
        plan = case.tried(ruleplan.change(case.instance, row, text=renamed(row, close[0])))
    elif close:  # its argument stands behind it, as a rule that smtpd does not know either
        plan = relisted(case, row, row.first, row.last, split_list(renamed(row, close[0])))
    plan = plan or off(case, row)
    hint = f"; perhaps {close[0]} is meant" if close else ""
    fix, words = fixed(plan, "correct it in the file")
    yield Finding(
        "unknown-restriction", "error", f"{row.place.title}: smtpd knows no {safe(name)}", *of(row),
        f"every client that comes to it gets 451 4.3.5 Server configuration error{hint}; postfix check does"
        " not tell", fix, words, sight.services, named(row),
    )  # fmt: skip


def _zone_rule(sight: Sight) -> str:
    """The rule above that asks a DNS list, where this looks like a zone for another of its kind."""
    row = sight.row
    if "." not in row.name:
        return ""
    chain = sight.by[0][0].chains.chain(row.stage)
    above = [
        each for each in (chain.live if chain is not None else ()) if each.known and each.first < row.first
    ]
    last = above[-1].name.lower() if above else ""
    return last if ARGUMENTS.get(last) == "zone" else ""


def _behind_unknown(sight: Sight) -> bool:
    """Whether it is the argument of an unknown name before it, which is told of already."""
    row = sight.row
    chain = sight.by[0][0].chains.chain(row.stage)
    live = chain.live if chain is not None else ()
    at = next((n for n, each in enumerate(live) if each.key == row.key), 0)
    if not at or live[at - 1].known or live[at - 1].place != row.place:
        return False
    close = difflib.get_close_matches(live[at - 1].name.lower(), ARGUMENTS, n=1, cutoff=_CLOSE)
    return "." in row.name and bool(close) and bool(ARGUMENTS[close[0]])


def _undeclared(case: Case, sight: Sight) -> Finding:
    """A class that is defined, and not among smtpd_restriction_classes."""
    row, name = sight.row, sight.row.name
    main = case.instance.main
    parameter = "smtpd_restriction_classes"
    if case.instance.parameters.get(parameter) is None:
        plan = case.tried(Plan((SetParameter(main, parameter, name),)))
    else:
        plan = case.tried(Plan((AddItem(main, parameter, name),)))
    fix, words = fixed(plan, f"add {safe(name)} to {parameter}")
    return Finding(
        "class-undeclared", "error", f"{row.place.title}: {safe(name)} is not in {parameter}", *of(row),
        "main.cf defines it, but smtpd takes only those for classes that are listed there; clients that come"
        " to it get 451 4.3.5 Server configuration error", fix, words, sight.services, named(row),
    )  # fmt: skip
