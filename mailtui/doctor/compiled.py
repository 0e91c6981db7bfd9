"""The compiled copy of a table: missing, older than its text, or all that there is of it (postmap(1))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import Finding, RuleName
from mailtui.edits.compiling import CompileTable
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.lookups import Lookup
from mailtui.text.safe import safe


@dataclass(frozen=True, slots=True)
class Named:
    """Who names a table: the parameter, where it says so, and what comes of a table that cannot be asked."""

    title: str
    file: str
    line: int | None
    harm: str
    services: tuple[str, ...] = ()
    rules: tuple[RuleName, ...] = ()


def copy_findings(case: Case, table: Lookup, by: Named, *, readable: bool) -> Iterator[Finding]:
    """Of a table whose text is there (`readable`), or whose compiled copy is."""
    state = table.compiled()
    if state is None or case.writes(table.path):
        return
    if not readable:
        yield _textless(table, by, state.path)
    elif not state.exists:
        yield _finding(
            "table-not-compiled", "is not compiled", table, by,
            (f"{safe(state.path)} does not exist: {by.harm}", _compile(case, table)),
        )  # fmt: skip
    elif state.older:
        why = f"{safe(table.path)} was changed after {safe(state.path)} was made: Postfix still answers from"
        yield _finding(
            "table-stale", "is newer than its compiled copy", table, by,
            (f"{why} the old one; the review shows which entries go live", _compile(case, table)),
        )  # fmt: skip


def _textless(table: Lookup, by: Named, copy: str) -> Finding:
    prints = f"{table.program} -s {safe(table.spec)} prints what it holds"
    if table.type == "cdb":
        prints = "cdb -d prints what it holds (tinycdb)"
    return Finding(
        "table-textless", "advice", f"{by.title}: {safe(table.written)} has no text any more", by.file,
        by.line, f"{safe(copy)} is there and answers; {safe(table.path)} from which it was made is not", None,
        prints, by.services, by.rules,
    )  # fmt: skip


def _compile(case: Case, table: Lookup) -> tuple[Plan | None, str]:
    target = Target("aliases" if table.program == "postalias" else "table", table.path, table.type)
    plan = case.tried(Plan((CompileTable(target),)))
    return fixed(plan, f"run {table.program} {safe(table.spec)}")


def _finding(
    id_: str, state: str, table: Lookup, by: Named, told: tuple[str, tuple[Plan | None, str]]
) -> Finding:
    why, (fix, words) = told
    stale = id_ == "table-stale"
    place = (table.path, None) if stale else (by.file, by.line)
    return Finding(
        id_, "warning" if stale else "error", f"{by.title}: {safe(table.written)} {state}", *place, why,
        fix, words, by.services, by.rules,
    )  # fmt: skip
