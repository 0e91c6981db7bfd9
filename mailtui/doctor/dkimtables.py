"""KeyTable and SigningTable: entries that lead nowhere, that nobody reaches, and what keeps opendkim from
starting."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.dkimcase import FILES, DkimCase, dkim_case
from mailtui.doctor.model import Finding, Severity
from mailtui.edits import dkimtables as rows
from mailtui.edits.datasets import RemoveKeyRow, SetKeyRow
from mailtui.edits.plan import Plan
from mailtui.milters.dkim.datasets import DataSet, Row
from mailtui.milters.dkim.keyrows import sample, shadow
from mailtui.milters.dkim.signing import KEPT, key_entry, key_name, matches
from mailtui.milters.dkim.startup import stops
from mailtui.text.safe import safe


def findings(case: Case) -> Iterator[Finding]:
    """Of the two tables."""
    dkim = dkim_case(case)
    if dkim is None or not dkim.signs:
        return
    for stop in stops(dkim.config):
        yield Finding(
            "dkim-stops", "error", f"opendkim will not start: {stop.what}", stop.file, stop.line,
            "at its next start it ends, and milter_default_action says what becomes of mail then", None,
            "correct it in the file", about=FILES,
        )  # fmt: skip
    signing = dkim.config.signingtable
    if signing is None or dkim.config.keytable is None or signing.unread or dkim.config.keytable.unread:
        return
    for problem in (*signing.problems, *dkim.config.keytable.problems):
        place = signing if problem in signing.problems else dkim.config.keytable
        why = "the line is not read as it stands"
        words = "correct it in the file"
        yield _finding("dkim-row", "warning", place, problem.line, problem.text, why, None, words)
    for row in signing.rows:
        yield from _of_row(dkim, signing, dkim.config.keytable, row)


def _finding(
    kind: str,
    severity: Severity,
    table: DataSet,
    line: int | None,
    what: str,
    why: str,
    fix: Plan | None,
    words: str,
) -> Finding:
    return Finding(kind, severity, what, table.path, line or None, why, fix, words, about=FILES)


def _of_row(dkim: DkimCase, signing: DataSet, keytable: DataSet, row: Row) -> Iterator[Finding]:
    shown = safe(row.key, 60)
    if _never(signing, row):
        yield _pattern(dkim, signing, row)
        return
    name = key_name(row, "%")
    found = keytable.get(name, icase=False) if name and name != "%" else None
    if not name or (name != "%" and found is None):
        yield _finding(
            "dkim-unknown-key", "error", signing, row.line,
            f"{shown} is signed with {'no key at all' if not name else f'{safe(name, 60)}, which is no key'}",
            "opendkim refuses such mail for now (451) and crashes on an entry without a key",
            *fixed(dkim.case.tried(_without(dkim, row)), "put the key into the KeyTable"),
        )  # fmt: skip
    elif found is not None and key_entry(found) is None:
        yield _finding(
            "dkim-key-row", "error", keytable, found.line, f"{safe(name, 60)} is no domain:selector:key",
            f"mail of {shown} leads to it, and gets 451", None, "write domain:selector:/path/of/the/key",
        )  # fmt: skip
    above = shadow(dkim.config, row)
    if above is not None:
        yield _finding(
            "dkim-shadowed", "warning", signing, row.line, f"{shown} is never reached",
            f"{safe(above.key, 60)} (line {above.line}) fits first, and only the first entry counts", None,
            f"mailtui cannot know which of the two is meant: move it above line {above.line}, or take it out",
        )  # fmt: skip
    yield from _too_many(dkim, signing, row)


def _never(signing: DataSet, row: Row) -> bool:
    """Whether no address fits: a bare domain in a `refile:`, `*@domain` where patterns are not understood."""
    if signing.spec.kind == "refile":
        return "@" not in row.key and row.key.replace(".", "").replace("-", "").isalnum()
    return row.key.startswith("*@") and row.key != "*@*"


def _pattern(dkim: DkimCase, signing: DataSet, row: Row) -> Finding:
    wild = signing.spec.kind == "refile"
    better = f"*@{row.key}" if wild else row.key[2:]
    made = rows.tables(dkim.config)
    plan = Plan(refused="the table is no file")
    if made is not None:
        edits = (
            RemoveKeyRow(made.signing, row.key, row.value or ""),
            SetKeyRow(made.signing, better, row.value or ""),
        )
        plan = Plan(edits if not any(each.key == better for each in signing.rows) else edits[:1])
    why = (
        "in a refile: the pattern must fit the whole address" if wild
        else "* stands for any text in a refile: alone; here a bare domain stands for all its users"
    )  # fmt: skip
    return _finding(
        "dkim-pattern", "error", signing, row.line,
        f"{safe(row.key, 60)} fits no address: its mail is not signed",
        why, *fixed(dkim.case.tried(plan), f"write {safe(better, 60)}"),
    )  # fmt: skip


def _without(dkim: DkimCase, row: Row) -> Plan:
    made = rows.tables(dkim.config)
    if made is None:
        return Plan(refused="the table is no file")
    return Plan((RemoveKeyRow(made.signing, row.key, row.value or ""),))


def _too_many(dkim: DkimCase, signing: DataSet, row: Row) -> Iterator[Finding]:
    """opendkim 2.11 makes the first and the last of more than two signatures."""
    address = sample(row.key) if dkim.config.multiple else None
    if address is None:
        return
    user, _, domain = address.rpartition("@")
    found = list(matches(signing, user, domain))
    if len(found) > KEPT and found[0] == row:
        yield _finding(
            "dkim-too-many", "warning", signing, row.line, f"{len(found)} entries fit {safe(row.key, 60)}",
            "opendkim 2.11 makes the first and the last of more than two signatures, and says nothing", None,
            "leave two entries",
        )  # fmt: skip
