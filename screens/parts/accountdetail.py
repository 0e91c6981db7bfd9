"""An account as a row, and in the pane: what each service makes of it, and where it is stored."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.sasl.accounts import AccountRow, Accounts, Verdict
from mailtui.sasl.database import Database
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Span, Spans
from mailtui.text.safe import safe

_WHERE = {
    "both": "in the chroot's copy and outside",
    "linked": "one file, inside the chroot and outside",
    "chroot": "in the chroot's copy",
    "outside": "outside the chroot",
}
HOW_MANY = 3
"""Mechanisms that a row names."""
UNREADABLE = "the accounts cannot be read"


def cells(row: AccountRow, found: Accounts | None) -> Row:
    """The row."""
    shown = " ".join(row.mechanisms[:HOW_MANY]) + (" …" if len(row.mechanisms) > HOW_MANY else "")
    usable = "yes" if row.usable and not row.marker else "partly" if row.usable else "no"
    who = row.account
    return Row((safe(who.user), safe(who.realm), shown, usable, row.why, where(row, found)), row.marker)


def where(row: AccountRow, found: Accounts | None) -> str:
    """Where it is stored, in a word or two."""
    if found is None:
        return ""
    chrooted = {each.database for each in found.services if each.chrooted}
    outside = any(path not in chrooted for path in row.databases)
    inside = any(path in chrooted for path in row.databases)
    if outside and inside:
        return "both" if not found.linked() else "linked"
    return "chroot" if inside else "outside"


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(label.ljust(LABEL), style or "dim"), (text, style)]


def about(row: AccountRow, found: Accounts) -> tuple[Spans, Spans, list[Spans]]:
    """Title left and right, and lines."""
    left: list[Span] = [(safe(str(row.account)), "bold")]
    right: Spans = [(_WHERE.get(where(row, found), ""), "dim")]
    return left, right, list(_lines(row, found))


def _lines(row: AccountRow, found: Accounts) -> Iterator[Spans]:
    if not row.verdicts:
        yield _said("! no", row.why, "error")
    alike: dict[tuple[object, ...], list[Verdict]] = {}
    for verdict in row.verdicts:
        group = (verdict.names, verdict.mechanisms) if verdict.usable else (verdict.service,)
        alike.setdefault(group, []).append(verdict)
    for same in alike.values():
        one = same[0]
        if not one.usable:
            yield _said("! not", one.why, "error")
            continue
        services = ", ".join(each.service.removesuffix("/inet") for each in same)
        words = f"{services}: log in as {safe(' or '.join(one.names))} ({' '.join(one.mechanisms)})"
        yield _said("usable", words)
        if one.why:
            yield _said("? but", one.why, "warning")
    stored = ["the password itself, in clear" if each == "userPassword" else each for each in row.properties]
    yield _said("stored", safe(", ".join(stored)))
    if row.account in found.stale:
        mend = f"{key_for('auth.fix', 'f')} offers to mend it"
        yield _said("? stale", f"another password in each copy of the database; {mend}", "warning")
    yield from databases(found)


def databases(found: Accounts) -> Iterator[Spans]:
    """Every database: who owns it, who opens it."""
    for each in found.distinct():
        yield _said("database", _facts(each, found))


def _facts(each: Database, found: Accounts) -> str:
    users = ", ".join(service.row.name for service in found.users_of(each.real)) or "no service"
    facts = each.owner if each.state != "missing" else "not there"
    trouble = f"; {each.problem}" if each.problem else ""
    return f"{safe(each.path)}  {facts}, opened by {users}{trouble}"


def nothing(found: Accounts) -> tuple[Spans, Spans, list[Spans]]:
    """What the pane says where there is no account."""
    lines = [_said("? note", found.nowhere(), "warning")] if not found.asking and found.nowhere() else []
    return [(UNREADABLE if unreadable(found) else "no account", "bold")], [], [*lines, *databases(found)]


def unreadable(found: Accounts) -> bool:
    """Whether there are databases, and none of them can be looked into."""
    there = [each for each in found.databases.values() if each.state != "missing"]
    return bool(there) and all(each.state == "unreadable" for each in there)


def as_text(row: AccountRow) -> str:
    """A row as plain text."""
    state = "usable" if row.usable else "not usable"
    return (
        f"{row.account}  {' '.join(row.mechanisms)}  {state}  {', '.join(row.databases)}  {row.why}".rstrip()
    )
