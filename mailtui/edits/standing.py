"""What a new entry of an access table meets: the file as it stands; and the remark above it."""

from __future__ import annotations

from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
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
    """The line above an entry that says when, by whom and why it was made: `2026-11-22 laure: a reason`."""
    words = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
    return f"{day} {who or 'somebody'}: {words or otherwise}"
