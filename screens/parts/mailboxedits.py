"""What the keys of the Mailboxes screen come to: edits of virtual_mailbox_maps, or why there can be none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from mailtui.edits.entries import (
    EntryDocument,
    RemoveDisabledEntry,
    RemoveEntry,
    RenameEntry,
    SetEntry,
    SwitchEntry,
)
from mailtui.edits.folders import MakeFolder
from mailtui.edits.mailboxids import ownerless_edits
from mailtui.edits.mailboxplan import plan_remove, plan_switch
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.addresses import fold
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailboxtables import box_tables
from mailtui.postfix.mailsize import Size
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.text.safe import encode

TOLD = 3
"""Rows of a bulk edit of which each is told what becomes of its mail."""
Known = Callable[[MailboxRow], Size | None]
"""What was counted in a mailbox."""


def switched(after: Instance, rows: Sequence[MailboxRow]) -> Made:
    """`#`: each entry commented out, or in again. Raises ParameterError, InstanceError and OSError."""
    on = bool(rows) and not rows[0].enabled
    tables = editable_tables(after)

    def plan(row: MailboxRow) -> Plan:
        found = tables.get(row.table)
        why = _why_not_switch(found[1] if found is not None else None, row)
        if why or found is None:
            return Plan(refused=f"{row.address}: {why}")
        if len(rows) > TOLD:
            return Plan((SwitchEntry(found[0], row.address, row.written, on=not row.enabled),))
        return plan_switch(after, row.address, row.table, row.written, on=not row.enabled)

    return _together(rows, plan, f"# {len(rows)} mailboxes {'on' if on else 'off'}")


def removed(after: Instance, rows: Sequence[MailboxRow], staged: Sequence[Edit], known: Known) -> Made:
    """`d`: the entries go, their mail stays, and is told of; of what is only staged all is taken back. Raises
    as `switched`."""
    rows = [row for row in rows if row.marker != "-"]
    tables = editable_tables(after)

    def plan(row: MailboxRow) -> Plan:
        found = tables.get(row.table)
        if _fixed(row) or found is None:
            return Plan(refused=f"{row.address}: {_fixed(row)}")
        if not row.enabled:
            return _off_removed(*found, row)
        if row.marker == "+" and not _is_renamed(row.address, staged):
            return _taken_back(after, row, staged)
        if len(rows) > TOLD:
            edit = RemoveEntry(found[0], row.address, row.written)
            return Plan((edit, *ownerless_edits(after, row.address)))
        return _entry_removed(after, row, known)

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


def _taken_back(after: Instance, row: MailboxRow, staged: Sequence[Edit]) -> Plan:
    """A mailbox that is only staged goes with its folders and its alias."""
    plan = plan_remove(after, row.address)
    if plan.refused:
        return plan
    edits = [*plan.edits, *_unmade(row.path, staged), *_unaliased(row.address, staged)]
    return Plan(tuple(edits), (f"Taken back: {row.address}",))


def _is_renamed(address: str, staged: Sequence[Edit]) -> bool:
    """Whether it is a mailbox that is there already, under an address that is staged."""
    return any(isinstance(edit, RenameEntry) and fold(edit.to) == fold(address) for edit in staged)


def makes(edits: Sequence[Edit], path: str) -> bool:
    """Whether a folder is staged for a mailbox."""
    return any(isinstance(edit, MakeFolder) and edit.target.path == path.rstrip("/") for edit in edits)


def _unmade(path: str, staged: Sequence[Edit]) -> Iterator[Edit]:
    """The folders that were staged for a maildir, but for those that others are made in."""
    made = {edit.target.path: edit for edit in staged if isinstance(edit, MakeFolder)}
    at = path.rstrip("/")
    while at in made and not any(other.startswith(f"{at}/") for other in made):
        yield made.pop(at).inverse()
        at = os.path.dirname(at)


def _unaliased(address: str, staged: Sequence[Edit]) -> Iterator[Edit]:
    """The new alias to itself that kept its mail from a catch-all."""
    for edit in staged:
        if isinstance(edit, SetEntry) and edit.was is None and edit.value == (edit.name,) == (address,):
            yield edit.inverse()


def _off_removed(target: Target, document: EntryDocument, row: MailboxRow) -> Plan:
    """An entry that is commented out goes from the file."""
    why = hidden(document, row)
    if why:
        return Plan(refused=f"{row.address}: {why}")
    edit = RemoveDisabledEntry(target, row.address, row.written)
    return Plan((edit,), (f"Only a comment goes: {row.address}",))


def _why_not_switch(document: EntryDocument | None, row: MailboxRow) -> str:
    if row.marker == "-":
        return f"is to be deleted; {takes_back()}"
    if document is None or _fixed(row):
        return _fixed(row)
    if row.marker == "+":
        return f"is new; {key_for('mailboxes.delete', 'd')} takes it back"
    if row.enabled:
        return ""
    standing = document.find(encode(row.address))
    if standing is not None:
        return f"another entry of this address is in force on line {document.entry(standing).line}"
    return hidden(document, row)


def editable_tables(after: Instance) -> dict[str, tuple[Target, EntryDocument]]:
    """The tables that can be edited, by what the parameter calls them. Raises ParameterError."""
    return {
        table.spec: (table.lookup.target, table.document)
        for table in box_tables(after)
        if table.editable and table.lookup.target is not None and table.document is not None
    }


def _fixed(row: MailboxRow) -> str:
    """Why a row cannot be edited here; empty where it can."""
    return "" if row.editable and row.is_mailbox else row.why_not or row.delivery


def hidden(document: EntryDocument, row: MailboxRow) -> str:
    """Why a commented-out row is not the one that an edit of its address would mean."""
    last = document.find_disabled(encode(row.address))
    if last is None or document.entry(last).line != row.line:
        return f"is commented out again below line {row.line}; that entry comes first"
    return ""
