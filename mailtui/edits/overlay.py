"""A draft as a list of aliases shows it: staged rows over those of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mailtui.edits.bulk import Change, SetEntries
from mailtui.edits.entries import (
    AddDisabledEntry,
    EntryEdit,
    RemoveDisabledEntry,
    RemoveEntry,
    RenameEntry,
    SetDisabledEntry,
    SetEntry,
    SwitchEntry,
)
from mailtui.edits.model import Conflict, Edit, Value
from mailtui.formats.document import parse
from mailtui.formats.recipientlists import recipients
from mailtui.formats.splice import Missing, Refused
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader
from mailtui.postfix.staged import OFF, AddedRow, Overlay, StagedRow
from mailtui.text.safe import decode, encode


def items_of(target: Target, value: Value) -> tuple[str, ...]:
    """A right-hand side as items, as the target's format separates them."""
    if isinstance(value, tuple):
        return value
    colon = ":" if target.format == "aliases" else ""
    document: Any = parse(target.format, b"key" + colon.encode() + b" " + encode(value) + b"\n")
    return tuple(decode(item) for item in document.items(0)) if len(document) else ()


def text_of(target: Target, value: Value) -> tuple[str, ...]:  # noqa: ARG001  # in the place of items_of
    """A right-hand side that is one text, whatever is in it."""
    return (value if isinstance(value, str) else ", ".join(value),)


Items = Callable[[Target, Value], tuple[str, ...]]


def overlay(edits: Iterable[Edit], files: Reader, items: Items = items_of) -> Overlay:
    """What the edits do to the entries of tables; other edits do not show in such a list. `items` takes a
    right-hand side apart: `text_of` where the list shows texts and no destinations."""
    result = Overlay()
    renamed: _Renamed = {}
    for edit in edits:
        if isinstance(edit, EntryEdit):
            _lay(result, edit, files, renamed, items)
        elif isinstance(edit, SetEntries):
            _lay_many(result, edit, files, renamed, items)
    return result


_NONE = StagedRow("", "", ())
_Renamed = dict[tuple[Target, str], tuple[Target, str]]
"""Where an entry that got a new name stands in the file: by its new name."""


def _fold(name: str) -> str:
    return decode(Table.fold(encode(name)))


def _lay(result: Overlay, edit: EntryEdit, files: Reader, renamed: _Renamed, items: Items) -> None:
    key = (edit.target, _fold(edit.name))
    key = renamed.get(key, key)
    added = _added(result, edit)
    if isinstance(edit, RemoveDisabledEntry):
        row = StagedRow("-", edit.name, items(edit.target, edit.was), enabled=False)
        result.staged[edit.target, OFF + _fold(edit.name)] = row
    elif isinstance(edit, SetDisabledEntry) and added is None:
        _lay_off(result, edit, key, items)
    elif isinstance(edit, AddDisabledEntry) or (isinstance(edit, SetEntry) and edit.was is None):
        _add(result, edit, files, items)
    elif added is not None:
        _change_added(result, edit, added, items)
    else:
        before = result.staged.get(key)
        off = (edit.target, OFF + key[1])
        if isinstance(edit, SwitchEntry) and edit.on and result.staged.get(off, _NONE).marker == "~":
            before = result.staged.pop(off)
        result.staged[key] = _staged(edit, before, items)
        if isinstance(edit, RenameEntry):
            renamed[edit.target, _fold(edit.to)] = key


def _lay_off(result: Overlay, edit: SetDisabledEntry, key: tuple[Target, str], items: Items) -> None:
    """Another value of an entry that is commented out in the file, or is to be by what is staged."""
    before = result.staged.get(key)
    value, was = items(edit.target, edit.value), items(edit.target, edit.was)
    if before is not None and before.marker == "#":
        result.staged[key] = before._replace(items=value, was=before.was or was)
    else:
        row = StagedRow("~", edit.name, value, enabled=False, was=was)
        result.staged[edit.target, OFF + _fold(edit.name)] = row


def _lay_many(result: Overlay, edit: SetEntries, files: Reader, renamed: _Renamed, items: Items) -> None:
    """As `_lay` for each entry; those that nothing was staged for before all at once."""
    target = edit.target
    touched = {_fold(row.row.address) for row in result.added.get(target, ())}
    touched |= {key for where, key in (*result.staged, *renamed) if where == target}
    new: list[Change] = []
    for change, key in zip(edit.changes(), map(_fold, edit.names), strict=True):
        if key in touched:
            _lay(result, _single(edit, change), files, renamed, items)
        elif not change.was:
            new.append(change)
        else:
            was = _items(edit, change.was, items)
            now = _items(edit, change.value, items) if change.value else was
            row = StagedRow("~" if change.value else "-", change.name, now, was=was)
            result.staged[target, key] = row
    if not new:
        return
    rows = (StagedRow("+", change.name, _items(edit, change.value, items)) for change in new)
    places = _places(files, target, [change.name for change in new])
    result.added.setdefault(target, []).extend(map(AddedRow, places, rows))


def _single(edit: SetEntries, change: Change) -> EntryEdit:
    """The edit of one entry."""

    def shaped(text: str) -> Value:
        return tuple(map(decode, recipients(encode(text)))) if edit.lists else text

    if not change.value:
        return RemoveEntry(edit.target, change.name, shaped(change.was))
    return SetEntry(
        edit.target, change.name, shaped(change.value), shaped(change.was) if change.was else None
    )


def _items(edit: SetEntries, text: str, items: Items) -> tuple[str, ...]:
    if edit.lists:
        return tuple(map(decode, recipients(encode(text))))
    return items(edit.target, text)


def _places(files: Reader, target: Target, names: Sequence[str]) -> Sequence[int]:
    """For each new name the index of the entry before which it will stand."""
    try:
        document: Any = files.document(target)
    except OSError:
        return [0] * len(names)
    found: Sequence[int] = document.places_of([encode(name) for name in names])
    return found


def _staged(edit: EntryEdit, before: StagedRow | None, items: Items) -> StagedRow:
    """The row of an entry that is in the file; `before` is what an earlier edit of it staged."""
    was = before.was if before is not None else None
    match edit:
        case SetEntry():
            old = was if was is not None else items(edit.target, edit.was or "")
            return StagedRow("~", edit.name, items(edit.target, edit.value), was=old)
        case RemoveEntry():
            return StagedRow("-", edit.name, items(edit.target, edit.was), was=was)
        case SwitchEntry():
            marker = "~" if edit.on else "#"
            return StagedRow(marker, edit.name, items(edit.target, edit.was), enabled=edit.on, was=was)
        case RenameEntry():
            return StagedRow("~", edit.to, items(edit.target, edit.was), was=was)
    raise TypeError(edit.kind)


def _added(result: Overlay, edit: EntryEdit) -> int | None:
    """The place of a staged new row of this name."""
    wanted = Table.fold(encode(edit.name))
    rows = result.added.get(edit.target, [])
    return next((n for n, row in enumerate(rows) if Table.fold(encode(row.row.address)) == wanted), None)


def _change_added(result: Overlay, edit: EntryEdit, place: int, items: Items) -> None:
    """An edit of a row that is itself staged: it stays a new one."""
    rows = result.added[edit.target]
    row = rows[place].row
    match edit:
        case SetEntry() | SetDisabledEntry():
            row = row._replace(items=items(edit.target, edit.value))
        case SwitchEntry():
            row = StagedRow("+" if edit.on else "#", row.address, row.items, enabled=edit.on)
        case RenameEntry():
            row = StagedRow("+", edit.to, row.items, row.enabled)
        case RemoveEntry():
            rows.pop(place)
            return
    rows[place] = AddedRow(rows[place].before, row)


def _add(result: Overlay, edit: SetEntry | AddDisabledEntry, files: Reader, items: Items) -> None:
    enabled = isinstance(edit, SetEntry)
    row = StagedRow("+" if enabled else "#", edit.name, items(edit.target, edit.value), enabled)
    result.added.setdefault(edit.target, []).append(AddedRow(_place(edit, files), row))


def _place(edit: SetEntry | AddDisabledEntry, files: Reader) -> int:
    """The index of the entry before which the new one will stand."""
    try:
        document: Any = files.document(edit.target)
    except OSError:
        return 0
    try:
        splices = edit.splices(document)
    except (Conflict, Refused, Missing):
        splices = []
    return int(document.index_at(splices[0].start)) if splices else len(document)
