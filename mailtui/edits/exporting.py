"""What an instance has as rows of a file: what defines each alias, mailbox, domain or account; no secret."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from mailtui.edits.bulk import folded
from mailtui.edits.importing import Kind
from mailtui.formats.recipientlists import recipients
from mailtui.formats.sheet import SheetFormat, write_csv, write_json
from mailtui.postfix.aliastables import AliasTables
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode

COLUMNS: Mapping[Kind, Sequence[str]] = {
    "aliases": ("address", "destinations", "table", "enabled"),
    "mailboxes": ("address", "path", "uid", "gid", "enabled"),
    "domains": ("domain", "class"),
    "accounts": ("user", "realm"),
}


def export(instance: Instance, kind: Kind, form: SheetFormat) -> tuple[bytes, int]:
    """The file's bytes, and how many rows it has. Raises InstanceError and OSError."""
    rows = list(rows_of(instance, kind))
    return (write_csv(COLUMNS[kind], rows) if form == "csv" else write_json(rows)), len(rows)


def rows_of(instance: Instance, kind: Kind) -> Iterator[Mapping[str, object]]:
    """The rows in the order of the files, without those that do not count as an earlier one has their name.
    Raises InstanceError and OSError."""
    match kind:
        case "aliases":
            return _aliases(instance)
        case "mailboxes":
            return _mailboxes(instance)
        case "domains":
            return _domains(instance)
        case "accounts":
            return _accounts(instance)


def _aliases(instance: Instance) -> Iterator[Mapping[str, object]]:
    seen: set[str] = set()
    for table in AliasTables.of(instance):
        if table.target is None or not table.editable or os.path.realpath(table.target.path) in seen:
            continue
        seen.add(os.path.realpath(table.target.path))
        try:
            document = entries(instance.files, table.target)
        except FileNotFoundError:  # the first alias makes it
            continue
        named: set[str] = set()
        for index in range(len(document)):
            enabled = document.is_enabled(index)
            raw = document.key_at(index) if enabled else document.entry(index).key
            name = decode(raw)
            if enabled and folded(name) in named:
                continue
            if not enabled and document.find_disabled(raw) != index:
                continue  # commented out again below: that one would be switched on
            if enabled:
                named.add(folded(name))
            items = [decode(item) for item in recipients(document.value_at(index))]
            yield {"address": name, "destinations": items, "table": table.spec, "enabled": enabled}


def _mailboxes(instance: Instance) -> Iterator[Mapping[str, object]]:
    from mailtui.postfix.mailboxes import mailbox_list

    last: dict[str, int] = {}
    found = mailbox_list(instance, instance, checks=False)
    rows = [
        row
        for row in found.rows()
        if row.kind == "virtual" and row.is_mailbox and row.marker != "=" and row.editable
    ]
    last = {row.address.casefold(): number for number, row in enumerate(rows) if not row.enabled}
    for number, row in enumerate(rows):
        if row.enabled or last[row.address.casefold()] == number:
            yield {
                "address": row.address, "path": row.written, "uid": row.uid, "gid": row.gid,
                "enabled": row.enabled,
            }  # fmt: skip


def _domains(instance: Instance) -> Iterator[Mapping[str, object]]:
    from mailtui.edits.importdomains import rows_there

    for name, kind in rows_there(instance):
        yield {"domain": name, "class": kind}


def _accounts(instance: Instance) -> Iterator[Mapping[str, object]]:
    from mailtui.sasl.accounts import Accounts

    found = Accounts(instance)
    for base in found.distinct():
        if base.state in {"unreadable", "damaged"}:  # half of the names would look like all of them
            do = "start mailtui with sudo" if base.state == "unreadable" else "mailtui doctor tells more"
            raise InstanceError(base.problem, do, base.path)
    for number in range(len(found)):
        account = found.row(number).account
        yield {"user": account.user, "realm": account.realm}
