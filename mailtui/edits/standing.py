"""What a new entry of an access table meets: the file as it stands; and the remark above it."""

from __future__ import annotations

from datetime import date

from mailtui.edits.entries import RemoveEntry
from mailtui.edits.model import Edit
from mailtui.edits.notes import SetNote
from mailtui.formats.entry_notes import note
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader, entries
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, encode


def document(instance: Instance, target: Target) -> Table:
    """The table's text, empty where there is no file yet. Raises OSError where it cannot be read."""
    try:
        found = entries(instance.files, target)
    except FileNotFoundError:
        found = Table.parse(b"")
    assert isinstance(found, Table)  # access tables are made of it
    return found


def value(instance: Instance, target: Target, key: str) -> str | None:
    """What the entry of a key says; None where it has none. Raises OSError."""
    table = document(instance, target)
    index = table.find(encode(key))
    return None if index is None else decode(table.entry(index).value)


def remark(day: str, who: str, reason: str, otherwise: str) -> str:
    """The line above an entry that says when, by whom and why it was made: `2026-11-22 laure: a reason`.
    What nobody asked for is proposed by mailtui itself."""
    words = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
    return f"{day} {who or 'mailtui'}: {words or otherwise}"


def standing_note(table: Table, key: str) -> str | None:
    """The remark of an earlier block above the entry; an admin's own comment stays."""
    if table.find(encode(key)) is None:
        return None
    found = note(table, encode(key))
    text = None if found is None else decode(found)
    return text if text is not None and is_dated(text) else None


def is_dated(text: str) -> bool:
    """Whether a remark is one of ours: `2026-11-22 laure: …`."""
    day, blank, rest = text.partition(" ")
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return bool(blank) and ":" in rest


def removal(files: Reader, target: Target, name: str, was: str | tuple[str, ...]) -> list[Edit]:
    """The edits that take an entry out, and the remark above it where that says who made it and when. Raises
    OSError."""
    gone = RemoveEntry(target, name, was)
    if target.format != "table":
        return [gone]
    try:
        table = entries(files, target)
    except FileNotFoundError:
        return [gone]
    standing = standing_note(table, name) if isinstance(table, Table) else None
    return [gone] if standing is None else [SetNote(target, name, None, standing), gone]
