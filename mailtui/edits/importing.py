"""What an import would do: a report of its rows, and the edits that they come to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mailtui.edits.bulk import Change, SetEntries
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.model import Edit, Value
from mailtui.edits.uncollected import uncollected
from mailtui.formats.recipientlists import recipient_texts
from mailtui.formats.sheet import Cell, Sheet, SheetFormat, SheetRow, read
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance

Kind = Literal["aliases", "mailboxes", "domains", "accounts"]
KINDS: tuple[Kind, ...] = ("aliases", "mailboxes", "domains", "accounts")
Marker = Literal["+", "~", "=", "!", "-"]
"""New, changed, the same, refused; and what is here and not in the file."""
MARKERS: Mapping[Marker, str] = {
    "!": "refused", "-": "removed", "~": "changed", "+": "new", "=": "the same"
}  # fmt: skip
"""In the order of a report, the worst first."""
FEW = 50
"""Entries of a table up to which each is an edit of its own, which can be dropped by itself."""
PLAIN_NAME = re.compile(r"(?=[^@]{1,64}(?:@|\Z))[A-Za-z0-9_]++(?:[.+-][A-Za-z0-9_]++)*+")
"""A name, or a local part, that is one without a closer look."""
PLAIN = re.compile(PLAIN_NAME.pattern + r"@([A-Za-z0-9.-]+)")
"""An address that is one, but for its domain."""
STEP = 1000
"""Rows between two looks at whether to go on."""
Progress = Callable[[int, int], None]
"""Called with the rows done and all of them; whatever it raises ends the work."""

COLUMNS: Mapping[Kind, Mapping[str, str]] = {
    "aliases": {
        "address": "address", "alias": "address", "email": "address", "name": "address", "source": "address",
        "destinations": "destinations", "destination": "destinations", "goto": "destinations",
        "goes_to": "destinations", "forward": "destinations", "forward_to": "destinations",
        "target": "destinations", "table": "table", "enabled": "enabled", "active": "enabled",
    },
    "mailboxes": {
        "address": "address", "username": "address", "email": "address", "path": "path", "maildir": "path",
        "format": "format", "uid": "uid", "gid": "gid", "enabled": "enabled", "active": "enabled",
    },
    "domains": {"domain": "domain", "name": "domain", "class": "class"},
    "accounts": {"user": "user", "username": "user", "realm": "realm"},
}  # fmt: skip
"""What a column may be called, PostfixAdmin's names among them, and what it is then."""


class Line(NamedTuple):
    """One row of the report: what it is about, what it will be and was, its line in the file (None: it is not
    in it), and why it is refused or what there is to say of it. Texts as the files have them."""

    marker: Marker
    name: str
    value: str = ""
    was: str = ""
    line: int | None = None
    why: str = ""


_TOLD = 8
"""Columns without a meaning that are named."""


@dataclass(slots=True)
class Report:
    """What an import would do. `source`: the file's name; `says`: what else there is to know."""

    kind: Kind
    source: str
    lines: list[Line] = field(default_factory=list)
    edits: tuple[Edit, ...] = ()
    says: list[str] = field(default_factory=list)
    absent: int = 0
    """How many that are here the file does not have, where they stay."""

    @property
    def counts(self) -> dict[Marker, int]:
        """How many of each, in the order of MARKERS."""
        counted = Counter(line.marker for line in self.lines)
        return {marker: counted[marker] for marker in MARKERS}

    @property
    def refused(self) -> list[Line]:
        """The rows that cannot be imported, in the order of the file."""
        return sorted((line for line in self.lines if line.marker == "!"), key=lambda line: line.line or 0)

    @property
    def words(self) -> str:
        """The counts in one line."""
        counted = [f"{count:,} {MARKERS[marker]}" for marker, count in self.counts.items() if count]
        kept = [f"{self.absent:,} not in the file stay{'s' * (self.absent == 1)}"] if self.absent else []
        return ", ".join([*counted, *kept]) or "the file has no rows"

    @property
    def label(self) -> str:
        """The words of the staged group."""
        counted = " ".join(
            f"{marker}{count:,}" for marker, count in self.counts.items() if count and marker in "+~-"
        )
        return f"import {self.kind} from {self.source}: {counted}"


def text_cell(row: SheetRow, name: str) -> str:
    """A cell as one text, blanks around it left out."""
    cell: Cell = row.cells.get(name, "")
    return cell.strip() if isinstance(cell, str) else ", ".join(cell).strip()


def list_cell(row: SheetRow, name: str) -> list[str]:
    """A cell as recipients: of a text those between commas, blanks and line breaks."""
    cell: Cell = row.cells.get(name, "")
    if not isinstance(cell, str):
        return [item.strip() for item in cell if item.strip()]
    text = cell.strip()
    return recipient_texts(text if text.isprintable() else " ".join(text.splitlines()))


_YES = frozenset({"", "yes", "true", "1", "y", "on"})
_NO = frozenset({"no", "false", "0", "n", "off"})


def enabled_cell(row: SheetRow) -> bool | None:
    """Whether the row is in force; None where its cell says neither yes nor no."""
    word = text_cell(row, "enabled").lower()
    return True if word in _YES else False if word in _NO else None


def rows_of(sheet: Sheet, progress: Progress | None) -> Iterable[SheetRow]:
    """The rows, with a word to `progress` now and then."""
    for number, row in enumerate(sheet.rows):
        if progress is not None and not number % STEP:
            progress(number, len(sheet.rows))
        yield row


def entry_edits(target: Target, changes: Sequence[Change], *, lists: bool, source: str) -> list[Edit]:
    """The edits of some entries of a table: of few each by itself, of many together."""
    if len(changes) > FEW:
        return [*SetEntries.sorted(target, changes, lists=lists, source=source)]

    def shaped(text: str) -> Value:
        return tuple(recipient_texts(text)) if lists else text

    return [
        SetEntry(target, each.name, shaped(each.value), shaped(each.was) if each.was else None)
        if each.value
        else RemoveEntry(target, each.name, shaped(each.was))
        for each in changes
    ]


def report_of(
    instance: Instance,
    kind: Kind,
    raw: bytes,
    form: SheetFormat,
    source: str,
    *,
    table: str = "",
    mirror: bool = False,
    progress: Progress | None = None,
) -> Report:
    """What an import of a file's bytes would do, over an instance that may have a draft laid over it.

    Raises BadSheet, InstanceError and OSError, and whatever `progress` raises.
    """
    with uncollected():
        sheet = read(raw, form, COLUMNS[kind])
        report = _report_of(instance, kind, sheet, source, table, mirror=mirror, progress=progress)
    if sheet.unread:
        named = ", ".join(sheet.unread[:_TOLD]) + (", …" if len(sheet.unread) > _TOLD else "")
        report.says.append(f"columns that are not read: {named}")
    return report


def _report_of(
    instance: Instance,
    kind: Kind,
    sheet: Sheet,
    source: str,
    table: str,
    *,
    mirror: bool,
    progress: Progress | None,
) -> Report:
    match kind:
        case "aliases":
            from mailtui.edits import importaliases

            return importaliases.plan(instance, sheet, source, table=table, mirror=mirror, progress=progress)
        case "mailboxes":
            from mailtui.edits import importmailboxes

            return importmailboxes.plan(instance, sheet, source, mirror=mirror, progress=progress)
        case "domains":
            from mailtui.edits import importdomains

            return importdomains.plan(instance, sheet, source, mirror=mirror, progress=progress)
        case "accounts":
            from mailtui.edits import importaccounts

            return importaccounts.plan(instance, sheet, source, mirror=mirror, progress=progress)
