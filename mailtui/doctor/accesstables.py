"""The tables that restrictions ask: missing, not compiled, of a type that this Postfix has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailtui.doctor.case import Case, Sight, fixed
from mailtui.doctor.compiled import Named, copy_findings
from mailtui.doctor.model import Finding, RuleName
from mailtui.doctor.rulefixes import named, of, off
from mailtui.edits import ruleplan
from mailtui.edits.plan import Plan
from mailtui.postfix import postconf
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.files import problem_words
from mailtui.postfix.lookups import INDEXED, Lookup, parse_map, split_list
from mailtui.postfix.mapmentions import BERKELEY
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS
from mailtui.text.safe import safe

_PATTERNS = ("regexp", "pcre")
_JOINED = ("unionmap", "pipemap")


@dataclass(slots=True)
class Asked:
    """A table with the checks and the rules that ask it."""

    table: Lookup
    sights: list[Sight] = field(default_factory=list)
    checks: set[str] = field(default_factory=set)

    @property
    def sight(self) -> Sight:
        """The first rule that asks it."""
        return self.sights[0]

    @property
    def rules(self) -> tuple[RuleName, ...]:
        """The rules that ask it."""
        return named(*(sight.row for sight in self.sights))


def asked(case: Case) -> Sequence[Asked]:
    """The tables that restrictions ask, each once."""
    found: dict[str, Asked] = {}
    for sight in case.sights:
        row = sight.row
        if not row.table:
            continue
        check = row.name.lower() or DEFAULT_COMMANDS.get(row.place.name, "")
        for table in _single(parse_map(row.table, row.place.name, case.instance.config_dir), 0):
            each = found.setdefault(table.written, Asked(table))
            each.checks.add(check)
            each.sights.append(sight)
    return list(found.values())


def _single(table: Lookup, depth: int) -> Iterator[Lookup]:
    """A table, or those of which it is made."""
    if table.type in _JOINED and table.path.startswith("{") and depth < len(_JOINED):
        for item in split_list(table.path[1:-1]):
            yield from _single(parse_map(item, table.parameter, table.config_dir), depth + 1)
    else:
        yield table


def findings(case: Case) -> Iterator[Finding]:
    """Each table as a whole."""
    for each in asked(case):
        yield from _table(case, each)


def _title(each: Asked, words: str) -> str:
    return f"{each.sight.row.place.title}: {safe(each.table.written)} {words}"


def _table(case: Case, each: Asked) -> Iterator[Finding]:
    table, sight = each.table, each.sight
    if table.error:
        fix, words = fixed(_off(case, each), "write type:name")
        yield Finding(
            "table-malformed", "error", _title(each, "is no table"), *of(sight.row),
            f"{safe(table.error)}; clients that come to it get 451", fix, words, sight.services, each.rules,
        )  # fmt: skip
        return
    types = _types()
    if types and table.type not in types:
        if table.type in BERKELEY:
            return  # maptypes.py tells of all of them
        yield _unsupported(case, each, types)
        return
    if not table.has_file:
        return
    try:
        case.instance.files.raw(table.path)
        readable = True
    except FileNotFoundError:
        readable = False
    except OSError as error:
        yield Finding(
            "table-unreadable", "warning", _title(each, "cannot be looked at"), *of(sight.row),
            safe(problem_words(error, table.path)), None, "look at it as root", sight.services, each.rules,
        )  # fmt: skip
        return
    yield from _compiled(case, each, readable=readable)


def _off(case: Case, each: Asked) -> Plan | None:
    """Every rule that asks the table switched off; None where one of them cannot be."""
    plans = [off(case, sight.row) for sight in each.sights]
    return case.tried(*(plan for plan in plans if plan is not None)) if all(plans) else None


def _types() -> frozenset[str]:
    try:
        return postconf.table_types()
    except postconf.PostconfError:
        return frozenset()


def _unsupported(case: Case, each: Asked, types: frozenset[str]) -> Finding:
    table = each.table
    better = next((kind for kind in _instead(table.type) if kind in types), "")
    plan, more = None, ""
    if better and all(sight.row.table == table.written for sight in each.sights):
        plan = case.tried(*(_retyped(case, sight.row, table.type, better) for sight in each.sights))
        if better in INDEXED and plan is not None:
            more = f", and compile it: postmap {safe(f'{better}:{table.path}')}"
    fix, words = fixed(plan, f"install it (postfix-{table.type}), or put the table into another type")
    return Finding(
        "table-type", "error", _title(each, "is of a type that this Postfix does not have"),
        *of(each.sight.row),
        f"postconf -m does not name {safe(table.type)}: every client that comes to it gets 451", fix,
        words + more, each.sight.services, each.rules,
    )  # fmt: skip


def _retyped(case: Case, row: RuleRow, was: str, kind: str) -> Plan:
    return ruleplan.change(case.instance, row, text=row.written.replace(f"{was}:", f"{kind}:", 1))


def _instead(kind: str) -> tuple[str, ...]:
    """The types that read the same text."""
    if kind in INDEXED:
        return ("lmdb", "cdb", "hash", "texthash")
    return tuple(other for other in _PATTERNS if kind in _PATTERNS and other != kind and kind == "regexp")


def _compiled(case: Case, each: Asked, *, readable: bool) -> Iterator[Finding]:
    table, sight = each.table, each.sight
    state = table.compiled()
    if not readable and (state is None or not state.exists):
        yield _missing(case, each)
        return
    title = sight.row.place.title
    by = Named(title, *of(sight.row), "every client that comes to it gets 451", sight.services, each.rules)
    yield from copy_findings(case, table, by, readable=readable)


def _missing(case: Case, each: Asked) -> Finding:
    fix, words = fixed(_off(case, each), "make the file, or take the rule out")
    return Finding(
        "table-missing", "error", _title(each, "does not exist"), *of(each.sight.row),
        f"{safe(each.table.path)} is not there: every client that comes to it gets 451", fix, words,
        each.sight.services, each.rules,
    )  # fmt: skip
