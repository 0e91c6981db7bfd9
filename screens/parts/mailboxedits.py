"""What the keys of the Mailboxes screen come to: edits of virtual_mailbox_maps, or why there can be none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtui.edits.entries import EntryDocument, RemoveDisabledEntry
from mailtui.edits.mailboxplan import plan_remove, plan_switch
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailboxtables import box_tables
from mailtui.postfix.mailsize import Size
from mailtui.screens.parts.form import Made
from mailtui.text.safe import encode

TOLD = 3
"""Rows of a bulk edit of which each is told what becomes of its mail."""
Known = Callable[[MailboxRow], Size | None]
"""What was counted in a mailbox."""


def switched(after: Instance, rows: Sequence[MailboxRow]) -> Made:
    """`#`: each entry commented out, or in again. Raises ParameterError, InstanceError and OSError."""
    on = bool(rows) and not rows[0].enabled

    def plan(row: MailboxRow) -> Plan:
        found = _table_of(after, row)
        why = _why_not_switch(found[1] if found is not None else None, row)
        if why:
            return Plan(refused=f"{row.address}: {why}")
        return plan_switch(after, row.address, row.table, row.written, on=not row.enabled)

    return _together(rows, plan, f"# {len(rows)} mailboxes {'on' if on else 'off'}")


def removed(after: Instance, rows: Sequence[MailboxRow], known: Known) -> Made:
    """`d`: the entries go, their mail stays, and is told of. Raises as `switched`."""
    rows = [row for row in rows if row.marker != "-"]

    def plan(row: MailboxRow) -> Plan:
        if _fixed(row):
            return Plan(refused=f"{row.address}: {_fixed(row)}")
        return _entry_removed(after, row, known) if row.enabled else _off_removed(after, row)

    made = _together(rows, plan, f"- {len(rows)} mailboxes")
    if len(rows) <= TOLD or not made.edits:
        return made
    return Made(made.edits, made.label, says=[_left(rows, known)])


def _together(rows: Sequence[MailboxRow], plan: Callable[[MailboxRow], Plan], label: str) -> Made:
    """The plans of some rows as one act; of those that cannot be, one is told."""
    plans = [plan(row) for row in rows]
    edits = [edit for each in plans for edit in each.edits]
    refused = next((each.refused for each in plans if each.refused), "")
    if not edits:
        return Made(refused=refused)
    if len(rows) == 1:
        label = f"{edits[0].marker} mailbox {rows[0].address}"
    says = [text for each in plans[:TOLD] for text in each.says] + [refused] * bool(refused)
    return Made(edits, label if len(edits) > 1 else "", says=says)


def _left(rows: Sequence[MailboxRow], known: Known) -> str:
    """How much mail stays behind of many."""
    sizes = [known(row) for row in rows if row.exists]
    total = sum((size for size in sizes if size is not None), Size())
    missing = sizes.count(None)
    more = f", and {missing} that were not counted" if missing else ""
    return f"their mail stays where it lies: {total.words}{more}"


def _entry_removed(after: Instance, row: MailboxRow, known: Known) -> Plan:
    """How much mail stays comes first where it is known: a narrow terminal cuts the path."""
    plan, size = plan_remove(after, row.address), known(row)
    if plan.refused or size is None or not size.messages or size.problem:
        return plan
    stays = f"{size.words} {'stay' if size.messages > 1 else 'stays'} in {row.path}"
    return Plan(plan.edits, (stays, *plan.says[1:]))


def _off_removed(after: Instance, row: MailboxRow) -> Plan:
    """An entry that is commented out goes from the file."""
    found = _table_of(after, row)
    why = "its table cannot be edited here" if found is None else _hidden(found[1], row)
    if why or found is None:
        return Plan(refused=f"{row.address}: {why}")
    edit = RemoveDisabledEntry(found[0], row.address, row.written)
    return Plan((edit,), (f"Only a comment goes: {row.address}",))


def _why_not_switch(document: EntryDocument | None, row: MailboxRow) -> str:
    if row.marker == "-":
        return "is to be deleted; u takes that back"
    if document is None or _fixed(row):
        return _fixed(row)
    if row.marker == "+":
        return "is new; d takes it back"
    if row.enabled:
        return ""
    standing = document.find(encode(row.address))
    if standing is not None:
        return f"another entry of this address is in force on line {document.entry(standing).line}"
    return _hidden(document, row)


def _table_of(after: Instance, row: MailboxRow) -> tuple[Target, EntryDocument] | None:
    """The table of a row, where it can be edited. Raises ParameterError."""
    for table in box_tables(after):
        target = table.lookup.target
        if table.spec == row.table and table.editable and target is not None and table.document is not None:
            return target, table.document
    return None


def _fixed(row: MailboxRow) -> str:
    """Why a row cannot be edited here; empty where it can."""
    return "" if row.editable and row.is_mailbox else row.why_not or row.delivery


def _hidden(document: EntryDocument, row: MailboxRow) -> str:
    """Why a commented-out row is not the one that an edit of its address would mean."""
    last = document.find_disabled(encode(row.address))
    if last is None or document.entry(last).line != row.line:
        return f"is commented out again below line {row.line}; that entry comes first"
    return ""
