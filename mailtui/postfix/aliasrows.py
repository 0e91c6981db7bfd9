"""One row of the list of aliases: what is read from an entry when it comes on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.postfix.addresses import Rules, recipient, split, split_extension
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.mapkinds import MapKind
from mailtui.postfix.staged import StagedRow
from mailtui.text.safe import decode

RowKind = Literal[
    "plain", "catchall", "domain", "subdomains", "everything", "extension",
    "command", "file", "include", "pattern", "opaque", "network", "user", "null",
]  # fmt: skip
"""`domain`: a bare domain, which a virtual alias table may hold to make it known.
`subdomains`, `everything`: the keys `.domain` and `*` of transport(5). `network`, `user`, `null`: the keys
`192.0.2`, `user@` and `<>` of access(5). `opaque`: not an entry, but
a table whose entries cannot be listed."""

_ITEM_KINDS: tuple[tuple[str, RowKind], ...] = (("|", "command"), ("/", "file"), (":include:", "include"))
_ONLY_LOCAL = "bounces: works only in alias_maps"


@dataclass(frozen=True, slots=True)
class AliasRow:
    """An alias as a list shows it. Texts are as the file has them: make them safe before showing."""

    address: str
    destinations: tuple[str, ...]
    table: AliasTable
    line: int | None
    """From 1; None for a staged new one."""
    enabled: bool
    marker: str
    """`+ ~ - # * ! ? =` or "" as the lists of all screens have it."""
    kinds: tuple[RowKind, ...]
    duplicate: bool = False
    """Whether an earlier entry of the table has the same key, so that this one does not count."""
    notes: tuple[str, ...] = ()
    key: str = ""
    """The key in the file: another than the address where a new name is staged."""
    was: tuple[str, ...] | None = None
    """The destinations in the file, where staged ones are shown."""
    off: bool = False
    """Whether the entry is commented out in the file, whatever is staged for it."""

    @property
    def editable(self) -> bool:
        """Whether an edit of this row can be staged."""
        return self.table.editable and not self.duplicate

    @property
    def value(self) -> str | tuple[str, ...]:
        """The right-hand side as an edit names it: destinations, or the one text of a map."""
        return self.destinations if self.table.kind is None else "".join(self.destinations)

    def as_json(self) -> dict[str, Any]:
        """The object of `alias list`."""
        answer: dict[str, Any] = {
            "address": self.address,
            "destinations": list(self.destinations),
            "table": self.table.spec,
            "type": self.table.lookup.type,
            "enabled": self.enabled,
        }
        if self.line is not None:
            answer["line"] = self.line
        return answer


def entry_row(
    table: AliasTable, document: Table | Aliases, index: int, rules: Rules,
    staged: StagedRow | None, *, duplicate: bool,
) -> AliasRow:  # fmt: skip
    """The row of an entry, with what is staged for it."""
    entry = document.entry(index)
    key = decode(entry.key)
    if table.role == "map" or (table.role == "virtual" and not table.editable):
        items: tuple[str, ...] = (decode(entry.value),)
    else:
        items = tuple(decode(item) for item in document.items(index))
    if staged is not None:
        row = staged_row(table, staged, rules, key=key, line=entry.line, was=items)
    else:
        row = _row(
            table, key, items, rules, key=key, line=entry.line, enabled=entry.enabled, duplicate=duplicate
        )
    return row if entry.enabled else replace(row, off=True)


def staged_row(
    table: AliasTable, staged: StagedRow, rules: Rules,
    *, key: str = "", line: int | None = None, was: tuple[str, ...] | None = None,
) -> AliasRow:  # fmt: skip
    """The row of a staged change, or of a staged new entry."""
    before = staged.was if staged.was is not None else was
    return _row(
        table, staged.address, staged.items, rules, key=key or staged.address, line=line,
        enabled=staged.enabled, was=None if before == staged.items else before, marker=staged.marker,
    )  # fmt: skip


def opaque_row(table: AliasTable) -> AliasRow:
    """The row that stands for a table whose entries cannot be listed."""
    marker = "!" if table.is_error else ""
    return AliasRow("", (), table, None, True, marker, ("opaque",), notes=(table.note,) if table.note else ())


def _row(
    table: AliasTable, address: str, items: tuple[str, ...], rules: Rules, *,
    key: str, line: int | None, enabled: bool, duplicate: bool = False,
    was: tuple[str, ...] | None = None, marker: str = "",
) -> AliasRow:  # fmt: skip
    kinds = _kinds(table, address, items, rules)
    notes = _notes(table, kinds, items) if table.kind is None else _map_notes(table, address, items)
    doubtful = _ONLY_LOCAL in notes or (table.kind is not None and bool(notes))
    if duplicate:
        notes = (*notes, "does not count: the table has this key above already")
    if not marker:
        marker = _marker(table, enabled=enabled, duplicate=duplicate, doubtful=doubtful)
    return AliasRow(address, items, table, line, enabled, marker, kinds, duplicate, notes, key, was)


def _marker(table: AliasTable, *, enabled: bool, duplicate: bool, doubtful: bool) -> str:
    if not enabled:
        return "#"
    if duplicate:
        return "="
    if table.is_error and not table.editable:
        return "!"
    return "?" if doubtful else ""


def item_kind(item: str) -> RowKind:
    """What a destination is: `|command`, `/file`, `:include:/list`, or an address (`plain`)."""
    text = recipient(item).lower()
    return next((kind for prefix, kind in _ITEM_KINDS if text.startswith(prefix)), "plain")


def _kinds(table: AliasTable, address: str, items: tuple[str, ...], rules: Rules) -> tuple[RowKind, ...]:
    if not table.editable and table.role != "local":
        return ("pattern",)
    if table.kind is not None:
        return (_key_kind(table.kind, address, rules),)
    found: list[RowKind] = []
    if table.role == "virtual" and address.startswith("@"):
        found.append("catchall")
    elif table.role == "virtual" and "@" not in address and "." in address:
        found.append("domain")
    elif split_extension(split(address)[0], rules)[1]:
        found.append("extension")
    found += [kind for kind in dict.fromkeys(map(item_kind, items)) if kind != "plain"]
    return tuple(found) or ("plain",)


def _key_kind(kind: MapKind, key: str, rules: Rules) -> RowKind:
    """What a key of a map stands for."""
    if kind.access is not None:
        return _ACCESS_KINDS.get("subdomains" if key.startswith(".") else kind.access.form(key), "plain")
    if kind.keys == "address":
        if key.startswith("@"):
            return "catchall"
    elif "@" not in key:
        return "everything" if key == "*" else "subdomains" if key.startswith(".") else "domain"
    return "extension" if split_extension(split(key)[0], rules)[1] else "plain"


_ACCESS_KINDS: dict[str, RowKind] = {
    "domain": "domain", "subdomains": "subdomains", "network": "network", "user": "user", "null": "null",
}  # fmt: skip


def _map_notes(table: AliasTable, key: str, items: tuple[str, ...]) -> tuple[str, ...]:
    """What is wrong with an entry of a map by its words alone; of patterns nothing is known."""
    if table.kind is None or not table.editable:
        return ()
    return wrong_words(table.kind, key, "".join(items))


def wrong_words(kind: MapKind, key: str, value: str) -> tuple[str, ...]:
    """Why an entry of a map cannot work, by its words alone."""
    if kind.access is not None:
        return kind.access.wrong(key, value)
    from mailtui.postfix.mapsyntax import key_problem, value_problem

    return tuple(problem for problem in (key_problem(kind, key), value_problem(kind, value)) if problem)


def _notes(table: AliasTable, kinds: tuple[RowKind, ...], items: tuple[str, ...]) -> tuple[str, ...]:
    notes: list[str] = []
    if table.role == "virtual" and {"command", "file", "include"} & set(kinds):
        notes.append(_ONLY_LOCAL)
    if "command" in kinds and any(item.startswith("|") for item in items):
        notes.append('an unquoted command ends at its first blank; write "|command arguments"')
    if "domain" in kinds:
        notes.append("makes the domain a virtual alias domain; what it goes to does not matter")
    return tuple(notes)
