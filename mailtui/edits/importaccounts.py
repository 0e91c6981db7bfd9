"""Accounts' names of a file beside those of sasldb. Nothing is staged: accounts are made at once."""

from __future__ import annotations

from mailtui.edits.importing import Line, Progress, Report, rows_of, text_cell
from mailtui.formats.sheet import Sheet
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.names import BadName, account


def plan(
    instance: Instance, sheet: Sheet, source: str, *, mirror: bool = False, progress: Progress | None = None
) -> Report:
    """Which names are new; there are no edits. Raises InstanceError, and whatever `progress` raises."""
    found = Accounts(instance)
    realms = list(dict.fromkeys(each.realm for each in found.asking or found.services))
    realm = realms[0] if len(realms) == 1 else ""
    there = {str(row.account) for row in found.all}
    report = Report("accounts", source)
    seen: dict[str, int] = {}
    for row in rows_of(sheet, progress):
        user = text_cell(row, "user")
        try:
            who = account(user, text_cell(row, "realm") or realm)
        except BadName as error:
            report.lines.append(Line("!", user, line=row.line, why=str(error)))
            continue
        before = seen.setdefault(str(who), row.line)
        if before != row.line or str(who) in there:
            why = f"as on line {before}" if before != row.line else ""
            report.lines.append(Line("=", str(who), line=row.line, why=why))
        else:
            report.lines.append(Line("+", str(who), line=row.line))
    gone = sorted(there - seen.keys()) if seen else []
    if mirror:
        report.lines += [Line("-", name) for name in gone]
    else:
        report.absent = len(gone)
    return report
