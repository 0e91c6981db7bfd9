"""The forms of a mailbox: what they ask, what there is to say while they are typed, and what they come to."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mailtui.edits.mailboxnew import plan_new
from mailtui.edits.mailboxplan import plan_change
from mailtui.edits.plan import Plan
from mailtui.postfix.addresses import fold, split
from mailtui.postfix.domains import class_list
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailboxpropose import Proposal, propose
from mailtui.postfix.mailsize import Format
from mailtui.screens.parts.form import ChoiceField, Form, FormField, Made, Note, TextField, Values

COMPLETED = 20
"""Domains offered while an address is typed."""
_FORMATS = (
    ("maildir", "a folder, each message a file in it: the path ends in a slash"),
    ("mbox", "one file for all messages: the path ends without a slash"),
)
_OWNER = "uid:gid as whom its mail is written, or a user's name"
_RENAMED = "another address has the same mail, which stays where it lies"
_CREATE = (
    ("no", "Postfix makes it with the first mail"),
    ("yes", "its folder is made when this is written, for its owner alone (mode 0700)"),
)
_KEEP = (
    ("no", "aliases stay as they are"),
    ("yes", "an alias of the address to itself, so that no catch-all takes its mail"),
)


class Bad(Exception):
    """What is typed means nothing; why, in one sentence."""


class _Owner(NamedTuple):
    uid: int | None
    gid: int | None


def owner(text: str) -> _Owner:
    """`5000:5000`, `5000`, `:5000` or names of this machine; a user's name alone brings its group along.
    Raises Bad."""
    user, colon, group = text.strip().partition(":")
    uid = gid = None
    if user.strip():
        uid, gid = _user(user.strip())
    if colon:
        gid = _group(group.strip()) if group.strip() else None
    return _Owner(uid, gid)


def _user(name: str) -> tuple[int, int | None]:
    if name.isascii() and name.isdigit():
        return int(name), None
    try:
        found = pwd.getpwnam(name)
    except (KeyError, ValueError):
        raise Bad(f"this machine has no user {name}: write uid:gid, as 5000:5000") from None
    return found.pw_uid, found.pw_gid


def _group(name: str) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        raise Bad(f"this machine has no group {name}: write uid:gid, as 5000:5000") from None


class MailboxForm:
    """A form, and what its values come to: `make` and `check` are for `BackgroundList.open_form`."""

    def __init__(
        self,
        title: str,
        fields: Sequence[FormField],
        plan: Callable[[Instance, Values], Plan],
        of: MailboxRow | None = None,
    ) -> None:
        """`of`: the mailbox that is edited; None for a new one."""
        self.form = Form(title, fields, at="" if of is None else "format")
        self._plan, self._of = plan, of

    @classmethod
    def new(cls, instance: Instance, beside: MailboxRow | None) -> MailboxForm:
        """The form of a new mailbox, in the format of the one that the cursor is on."""
        shape = (
            beside.format if beside is not None and beside.kind == "virtual" and beside.format else "maildir"
        )
        return cls("new mailbox", [
            TextField(name="address", label="address", complete=lambda prefix: _completed(instance, prefix)),
            ChoiceField(name="format", label="format", choices=_FORMATS, chosen=shape),
            TextField(name="path", label="path"),
            TextField(name="owner", label="owner", hint=_OWNER),
            ChoiceField(name="create", label="create", choices=_CREATE),
            ChoiceField(name="keep", label="alias", choices=_KEEP),
        ], _planned_new)  # fmt: skip

    @classmethod
    def of(cls, row: MailboxRow) -> MailboxForm:
        """The form of a mailbox that is there, or staged."""
        mine = "" if row.uid is None or row.gid is None else f"{row.uid}:{row.gid}"
        fields: list[FormField] = [
            TextField(name="address", label="address", content=row.address, hint=_RENAMED),
            ChoiceField(name="format", label="format", choices=_FORMATS, chosen=row.format or "maildir"),
            TextField(name="path", label="path", content=row.written),
            TextField(name="owner", label="owner", content=mine, hint=_OWNER),
        ]  # fmt: skip
        return cls(
            f"edit {row.address}", fields,
            lambda after, values: _planned_change(after, row, mine, values), row,
        )  # fmt: skip

    def make(self, after: Instance, values: Values) -> Made:
        """What is staged. Raises ParameterError, InstanceError and OSError."""
        address = str(values["address"])
        if not address:
            return Made(refused="Type an address first")
        try:
            plan = self._plan(after, values)
        except Bad as error:
            return Made(refused=str(error), notes=[Note("owner", str(error), "error")])
        if plan.refused:
            field = self._field_of(after, values, plan.refused)
            return Made(refused=plan.refused, notes=[Note(field, plan.refused, "error")])
        to = ("virtual", address.casefold())
        label = f"+ mailbox {address}"
        if self._of is not None:
            renamed = "" if address == self._of.address else f" is called {address}"
            label = f"~ mailbox {self._of.address}{renamed}"
        return Made(plan.edits, label if len(plan.edits) > 1 else "", to, plan.says)

    def _field_of(self, after: Instance, values: Values, why: str) -> str:
        """The field that a refusal is about: the one without which it would not be."""
        for name in ("owner", "path"):
            if values.get(name) and self._plan(after, {**values, name: ""}).refused != why:
                return name
        renamed = self._of is None or values["address"] != self._of.address
        return "address" if renamed else "path"

    def check(self, after: Instance, values: Values) -> list[Note]:
        """What there is to say of what is typed. Raises as `make`."""
        if not values["address"]:
            return []
        notes = []
        if self._of is None:
            offer = propose(after, str(values["address"]), _format(values))
            if offer.problem:
                return [Note("address", offer.problem, "error")]
            notes = _offered(offer, values)
        try:
            plan = self._plan(after, values)
            if plan.refused:
                return [*notes, Note(self._field_of(after, values, plan.refused), plan.refused, "error")]
            return [*notes, *self._said(after, values, plan)]
        except Bad as error:
            return [*notes, Note("owner", str(error), "error")]

    def _said(self, after: Instance, values: Values, plan: Plan) -> list[Note]:
        """The plan's sentences: first where the mail will lie, for a path that is typed; then what keeps it
        from there."""
        notes = [Note("path", text, "warning" if at else "advice") for at, text in enumerate(plan.says)]
        if self._of is not None and values["address"] != self._of.address:
            notes = [note._replace(field="address") for note in notes]
        if not values["path"]:
            notes = notes[1:]
        if values.get("keep") != "yes":
            return notes
        without = self._plan(after, {**values, "keep": "no"}).says
        return [note if note.text in without else Note("keep", note.text, "advice") for note in notes]


def _format(values: Values) -> Format:
    return "mbox" if values["format"] == "mbox" else "maildir"


def _offered(offer: Proposal, values: Values) -> list[Note]:
    """What empty fields come to."""
    notes = []
    if not values["path"]:
        notes.append(Note("path", f"empty: {offer.path}" + (f", {offer.why}" if offer.why else ""), "advice"))
    if not values["owner"] and offer.uid is not None and offer.gid is not None:
        notes.append(Note("owner", f"empty: {offer.uid}:{offer.gid}", "advice"))
    return notes


def _planned_new(after: Instance, values: Values) -> Plan:
    who = owner(str(values["owner"]))
    return plan_new(
        after, str(values["address"]), format=_format(values), path=str(values["path"]) or None,
        uid=who.uid, gid=who.gid, create=values["create"] == "yes", identity=values["keep"] == "yes",
    )  # fmt: skip


def _planned_change(after: Instance, row: MailboxRow, mine: str, values: Values) -> Plan:
    """Where the format was not touched the path's own slash says it."""
    typed = str(values["owner"])
    who = owner(typed) if typed != mine else _Owner(None, None)
    path = str(values["path"])
    return plan_change(
        after, row.address, to=str(values["address"]), path=path if path and path != row.written else None,
        format=_format(values) if values["format"] != row.format else "", uid=who.uid, gid=who.gid,
    )  # fmt: skip


def _completed(instance: Instance, prefix: str) -> list[str]:
    """In a thread: the virtual mailbox domains for what is typed behind the @."""
    local, domain = split(prefix)
    if domain is None:
        return []
    try:
        items = class_list(instance, "virtual_mailbox_domains").literals()
        names = (item.text for item in items if not item.negated)
        return [f"{local}@{name}" for name in names if name.startswith(fold(domain))][:COMPLETED]
    except ParameterError:
        return []
