"""Enter on several marked mailboxes: another owner or another format for all of them, as one staged act.

A mailbox that is switched off is changed as the others are, and stays off.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.bulk import Change
from mailtui.edits.entries import SetDisabledEntry
from mailtui.edits.importing import entry_edits
from mailtui.edits.importmailboxes import owners
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailboxhabit import shaped
from mailtui.postfix.mailboxids import too_low
from mailtui.postfix.mailsize import Format
from mailtui.postfix.resolver import Resolver
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values
from mailtui.screens.parts.mailboxedits import editable_tables, hidden
from mailtui.screens.parts.mailboxform import Bad, owner
from mailtui.text.safe import safe

SHOWN = 3
"""Rows of each kind that the form names."""

_FORMATS = (
    ("as it is", "each keeps its format"),
    ("maildir", "a folder, each message a file in it: the path ends in a slash"),
    ("mbox", "one file for all messages: the path ends without a slash"),
)
_SHAPES: dict[str, Format] = {"maildir": "maildir", "mbox": "mbox"}


class MailboxesForm:
    """The form of the marked mailboxes; `make` and `check` are for `BackgroundList.open_form`."""

    def __init__(self, rows: Sequence[MailboxRow]) -> None:
        found = [(row, _why_not(row)) for row in rows]
        self._rows = [row for row, why in found if not why]
        self._left = [f"{safe(row.address)} is left out: {why}" for row, why in found if why]
        count = f"{len(self._rows)} mailboxes" + (f", {len(self._left)} left out" if self._left else "")
        self.form = Form(count, [
            TextField(name="owner", label="owner",
                      hint="uid:gid as whom their mail is written, or a user's name; empty: as it is"),
            ChoiceField(name="format", label="format", choices=_FORMATS),
        ])  # fmt: skip

    def check(self, instance: Instance, values: Values) -> Sequence[Note]:
        """What it comes to, while it is typed."""
        made = self.make(instance, values)
        more = [f"and {len(self._left) - SHOWN} more are left out"] * (len(self._left) > SHOWN)
        left = [Note("format", text, "warning") for text in (*self._left[:SHOWN], *more)]
        if made.refused:
            return [Note("owner", made.refused, "error"), *left]
        return [*(Note("format", text, "edit") for text in made.says), *left]

    def make(self, instance: Instance, values: Values) -> Made:
        """The edits. Raises InstanceError and OSError."""
        try:
            uid, gid = owner(str(values["owner"]))
        except Bad as bad:
            return Made(refused=str(bad))
        why = too_low(Resolver(instance), uid, gid)
        if why:
            return Made(refused=why)
        edits, kept = self._reshaped(instance, _SHAPES.get(str(values["format"])))
        moved = sum(len(edit.keys) for edit in edits)
        owned: list[Edit] = []
        if not (uid is None and gid is None):
            owned = owners(instance, [(row.address, uid, gid) for row in self._rows], "marked mailboxes")
        edits += owned
        if not edits:
            return Made(refused="Nothing changes: all of them are so already")
        says = [f"{moved} get another path; mail that lies at the old one stays there"] if moved else []
        says += [edit.describe() for edit in owned[:SHOWN]]
        says += kept
        return Made(edits, f"~ {len(self._rows)} mailboxes", says=says)

    def _reshaped(self, instance: Instance, shape: Format | None) -> tuple[list[Edit], list[str]]:
        """The edits by which the paths get this shape; and of what is off which keep theirs, and why."""
        changes: dict[Target, list[Change]] = {}
        edits: list[Edit] = []
        says: list[str] = []
        tables = editable_tables(instance) if shape is not None else {}
        for row in self._rows:
            target, document = tables.get(row.table, (None, None))
            value = shaped(row.written, shape) if shape is not None else row.written
            if target is None or document is None or value == row.written:
                continue
            if row.enabled:
                changes.setdefault(target, []).append(Change(row.address, row.written, value))
            elif why := hidden(document, row):
                says.append(f"{safe(row.address)} keeps its path: {why}")
            else:
                edits.append(SetDisabledEntry(target, row.address, value, row.written))
        for target, each in changes.items():
            edits += entry_edits(target, each, lists=False, source="marked mailboxes")
        return edits, says


def _why_not(row: MailboxRow) -> str:
    """Why a mailbox is not changed with the others; empty where it is."""
    if row.marker == "-":
        return "it is to be deleted"
    if row.marker == "=":
        return "it does not count: an earlier entry has its address"
    if row.kind != "virtual" or not row.editable or not row.is_mailbox:
        return row.why_not or row.delivery or "it is no mailbox of its own"
    return ""
