"""Enter on several marked mailboxes: another owner or another format for all of them, as one staged act."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.bulk import Change
from mailtui.edits.importing import entry_edits
from mailtui.edits.importmailboxes import owners
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailboxhabit import shaped
from mailtui.postfix.mailboxids import too_low
from mailtui.postfix.mailboxtables import box_tables
from mailtui.postfix.mailsize import Format
from mailtui.postfix.resolver import Resolver
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values
from mailtui.screens.parts.mailboxform import Bad, owner

_FORMATS = (
    ("as it is", "each keeps its format"),
    ("maildir", "a folder, each message a file in it: the path ends in a slash"),
    ("mbox", "one file for all messages: the path ends without a slash"),
)
_SHAPES: dict[str, Format] = {"maildir": "maildir", "mbox": "mbox"}


class MailboxesForm:
    """The form of the marked mailboxes; `make` and `check` are for `BackgroundList.open_form`."""

    def __init__(self, rows: Sequence[MailboxRow]) -> None:
        self._rows = [row for row in rows if _usable(row)]
        self._others = len(rows) - len(self._rows)
        count = f"{len(self._rows)} mailboxes" + (f", {self._others} left out" if self._others else "")
        self.form = Form(count, [
            TextField(name="owner", label="owner",
                      hint="uid:gid as whom their mail is written, or a user's name; empty: as it is"),
            ChoiceField(name="format", label="format", choices=_FORMATS),
        ])  # fmt: skip

    def check(self, instance: Instance, values: Values) -> Sequence[Note]:
        """What it comes to, while it is typed."""
        made = self.make(instance, values)
        if made.refused:
            return [Note("owner", made.refused, "error")]
        return [Note("format", text, "edit") for text in made.says]

    def make(self, instance: Instance, values: Values) -> Made:
        """The edits. Raises InstanceError and OSError."""
        try:
            uid, gid = owner(str(values["owner"]))
        except Bad as bad:
            return Made(refused=str(bad))
        why = too_low(Resolver(instance), uid, gid)
        if why:
            return Made(refused=why)
        edits = list(self._reshaped(instance, _SHAPES.get(str(values["format"]))))
        moved = sum(len(edit.keys) for edit in edits)
        owned: list[Edit] = []
        if not (uid is None and gid is None):
            owned = owners(instance, [(row.address, uid, gid) for row in self._rows], "marked mailboxes")
        edits += owned
        if not edits:
            return Made(refused="Nothing changes: all of them are so already")
        says = [f"{moved} get another path; mail that lies at the old one stays there"] if moved else []
        says += [edit.describe() for edit in owned[:3]]
        return Made(edits, f"~ {len(self._rows)} mailboxes", says=says)

    def _reshaped(self, instance: Instance, shape: Format | None) -> Sequence[Edit]:
        if shape is None:
            return []
        targets = {table.spec: table.lookup.target for table in box_tables(instance)}
        changes: dict[Target, list[Change]] = {}
        for row in self._rows:
            target, value = targets.get(row.table), shaped(row.written, shape)
            if target is not None and value != row.written:
                changes.setdefault(target, []).append(Change(row.address, row.written, value))
        return [
            edit
            for target, each in changes.items()
            for edit in entry_edits(target, each, lists=False, source="marked mailboxes")
        ]


def _usable(row: MailboxRow) -> bool:
    return row.kind == "virtual" and row.editable and row.is_mailbox and row.enabled and row.marker != "-"
