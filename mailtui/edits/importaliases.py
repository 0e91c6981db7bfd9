"""Aliases of a file over those that are there: what is new, changed, the same, and what cannot be."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailtui.edits.bulk import Change, folded
from mailtui.edits.entries import AddDisabledEntry, SetDisabledEntry, SwitchEntry
from mailtui.edits.importing import (
    PLAIN,
    PLAIN_NAME,
    Line,
    Progress,
    Report,
    enabled_cell,
    entry_edits,
    list_cell,
    rows_of,
    text_cell,
)
from mailtui.edits.importloops import circles
from mailtui.edits.importplaces import Place, places_of
from mailtui.edits.model import Edit
from mailtui.formats.addresses import is_simple_one
from mailtui.formats.aliases import Aliases
from mailtui.formats.recipientlists import recipient_texts
from mailtui.formats.sheet import Sheet, SheetRow
from mailtui.formats.splice import Refused
from mailtui.formats.table import Table
from mailtui.postfix.addresses import split
from mailtui.postfix.aliastables import AliasTable, AliasTables
from mailtui.postfix.destinations import item_problem
from mailtui.postfix.instance import Instance
from mailtui.postfix.manyclasses import Classes
from mailtui.postfix.propose import proposed_table
from mailtui.postfix.syntax import domain_problem
from mailtui.postfix.validate import name_problem
from mailtui.text.safe import encode

LONG = 80
"""Characters of a destination that a refusal names."""
_COMMAND = re.compile(r"(?:^|,)\s*(\|[^\s,\"]+[ \t]+[^\s,][^,]*)")
"""A command with blanks, and no quotes around it."""


@dataclass(slots=True)
class _Wanted:
    """One row: as it is to be."""

    line: int
    name: str
    items: list[str]
    enabled: bool
    spec: str
    value: str
    key: str
    """The name, folded."""
    cut: str = ""
    """A command that is cut at its blanks, because no quotes are around it."""


class AliasImport:
    """See `plan`."""

    def __init__(self, instance: Instance, sheet: Sheet, source: str, table: str = "") -> None:
        self._instance, self._sheet, self._table = instance, sheet, table
        self.report = Report("aliases", source)
        self._tables = AliasTables.of(instance)
        self._places, self.report.says = places_of(instance, self._tables)
        self._classes = Classes(instance)
        self._by_path = {os.path.realpath(each.target.path): each for each in self._places.values()}
        self._blank: dict[str, Table | Aliases] = {"aliases": Aliases.parse(b""), "table": Table.parse(b"")}
        self._domains: dict[str, str] = {}
        self._items: dict[tuple[str, bool], tuple[str, bool]] = {}
        """What is wrong with an item in a kind of table, and whether it is plain."""
        self._proposed: dict[str, tuple[AliasTable | None, bool, str]] = {}
        self._refused: set[str] = set()
        """Names of refused rows: what stands there under them stays."""
        self._seen: dict[tuple[str, str, bool], tuple[int, str]] = {}

    def made(self, *, mirror: bool, progress: Progress | None) -> Report:
        """The report with its edits. Raises InstanceError, and whatever `progress` raises."""
        for row in list(self._read(progress)):  # what cannot be read is told of first
            self._lay(row)
        self._refuse_circles()
        self._others(mirror=mirror)
        self.report.edits = tuple(self._edits())
        self.report.says += self._unhosted()
        return self.report

    # Each row by itself

    def _read(self, progress: Progress | None) -> Iterator[_Wanted]:
        """The rows that say what is wanted; the others are refused."""
        columns = frozenset(self._sheet.columns)
        for row in rows_of(self._sheet, progress):
            name, items = text_cell(row, "address"), list_cell(row, "destinations")
            enabled = enabled_cell(row) if "enabled" in columns else True
            spec = self._table or (text_cell(row, "table") if "table" in columns else "")
            why = ""
            if enabled is None:
                why = f"enabled is {text_cell(row, 'enabled')}; write yes or no"
            elif not name:
                why = "there is no address; leave the row out"
            elif not items:
                why = "there is no destination; name one, or leave the row out"
            elif spec and self._named(spec) is None:
                there = ", ".join(self._places) or "none that can be edited"
                why = (
                    f"{spec} is no alias table of this server; leave the column table out (there is {there})"
                )
            value = ", ".join(items)
            if why:
                self._refuse(row.line, name, why, value)
            else:
                yield _Wanted(row.line, name, items, enabled is True, spec, value, folded(name), _cut(row))

    def _named(self, spec: str) -> Place | None:
        place = self._places.get(spec)
        if place is None:
            table = self._tables.by_spec(spec)
            path = os.path.realpath(table.lookup.path if table is not None else spec.rpartition(":")[2])
            place = self._by_path.get(path)
        return place

    def _refuse(self, line: int, name: str, why: str, value: str = "") -> None:
        self._refused.add(folded(name))
        self.report.lines.append(Line("!", name, value, line=line, why=why))

    def _lay(self, row: _Wanted) -> None:
        """Where a row goes, and what becomes of it there."""
        place = self._place_of(row)
        if isinstance(place, str):
            self._refuse(row.line, row.name, place, row.value)
            return
        why = "" if self._stands_so(place, row) else self._problem(place, row)
        if why:
            self._refuse(row.line, row.name, why, row.value)
            return
        key = row.key
        before = self._seen.setdefault((place.target.path, key, row.enabled), (row.line, row.value))
        if before[0] != row.line:
            if before[1] != row.value:
                why = f"stands on line {before[0]} already, with {before[1]}; put them into one row"
                self._refuse(row.line, row.name, why, row.value)
            else:
                self._same(row, row.value, f"as on line {before[0]}")
            return
        place.named.add(key)
        if row.enabled:
            self._lay_on(place, row, place.now.get(key, ""))
        else:
            self._lay_off(place, row, place.now.get(key, ""))

    def _place_of(self, row: _Wanted) -> Place | str:
        """The table, and why there is none. A local address gets its name there: without its domain."""
        if row.spec:
            place = self._named(row.spec)
            assert place is not None
            return place
        key, places = row.key, self._by_path.values()
        standing_in = [each for each in places if key in each.now] or [
            each for each in places if key in each.offs
        ]
        if len(standing_in) > 1:
            both = " and ".join(place.table.spec for place in standing_in)
            return f"stands in {both}; say in a column table which is meant"
        if standing_in:
            return standing_in[0]
        local, domain = split(row.name)
        kind = f"@{domain}" if not local else domain if domain is not None else ""
        if kind not in self._proposed:
            in_class = self._classes.of(domain) if domain is not None else None
            found = proposed_table(self._instance, self._tables, row.name, in_class)
            self._proposed[kind] = found.table, found.address != row.name, found.reason
        table, bare, reason = self._proposed[kind]
        place = self._named(table.spec) if table is not None else None
        if place is None:
            return reason
        if bare:
            row.name, row.key = local, folded(local)
        return place

    def _stands_so(self, place: Place, row: _Wanted) -> bool:
        """Whether the table has just that, however wrong: what an export wrote comes back as it was."""
        now = (place.now if row.enabled else place.offs).get(row.key, "")
        return bool(now) and _alike(now, row.value)

    def _problem(self, place: Place, row: _Wanted) -> str:
        """What is wrong with a row by its words alone, as the form says it."""
        virtual = place.table.role == "virtual"
        plain = (PLAIN if virtual else PLAIN_NAME).fullmatch(row.name)
        if plain is None:
            why = name_problem(row.name, virtual=virtual)
        else:
            why = self._domain(plain[1]) if virtual else ""
        if why:
            return f"{why}; write it as user@domain" if virtual and "@" not in row.name else why
        if row.cut:
            return f"{row.cut}: its blanks end a destination; put the whole command in quotes"
        all_plain = plain is not None
        for item in row.items:
            why, item_plain = self._items.get((item, virtual)) or self._item(item, virtual=virtual)
            if why:
                return f"{item if len(item) <= LONG else item[: LONG - 1] + '…'}: {why}"
            all_plain = all_plain and item_plain
        if all_plain:
            return ""
        try:
            self._blank[place.target.format].check(encode(row.name), [encode(item) for item in row.items])
        except Refused as error:
            return str(error)
        return ""

    def _item(self, item: str, *, virtual: bool) -> tuple[str, bool]:
        """What is wrong with a destination, and whether it is plain."""
        address = PLAIN.fullmatch(item)
        plain = address is not None or PLAIN_NAME.fullmatch(item) is not None
        why = self._domain(address[1]) if address else ""
        if not plain:
            why = item_problem(self._instance, item, virtual=virtual)
            plain = item.isprintable() and is_simple_one(encode(item))
        found = self._items[item, virtual] = why, plain
        return found

    def _domain(self, domain: str) -> str:
        known = self._domains.get(domain)
        if known is None:
            known = self._domains[domain] = domain_problem(domain)
        return known

    # What becomes of it

    def _same(self, row: _Wanted, value: str, why: str = "") -> None:
        self.report.lines.append(Line("=", row.name, value, value, row.line, why))

    def _lay_on(self, place: Place, row: _Wanted, now: str) -> None:
        value = row.value
        if now == value or (now and _alike(now, value)):
            self._same(row, now)
        elif not now and _alike(place.offs.get(row.key, ""), value):
            off = place.offs[row.key]
            place.single.append(SwitchEntry(place.target, row.name, _items(off), on=True))
            self.report.lines.append(Line("~", row.name, value, "(off)", row.line, "switched on"))
        else:
            place.changes.append(Change(row.name, now, value))
            self.report.lines.append(Line("~" if now else "+", row.name, value, now, row.line))

    def _lay_off(self, place: Place, row: _Wanted, now: str) -> None:
        off, value, target = place.offs.get(row.key, ""), row.value, place.target
        if off and _alike(off, value):
            self._same(row, off, "off")
            return
        if now and _alike(now, value) and not self._stays(place, row):
            place.single.append(SwitchEntry(target, row.name, _items(now), on=False))
            self.report.lines.append(Line("~", row.name, "(off)", value, row.line, "switched off"))
            return
        items = tuple(row.items)
        place.single.append(
            SetDisabledEntry(target, row.name, items, _items(off))
            if off
            else AddDisabledEntry(target, row.name, items)
        )
        self.report.lines.append(Line("~" if off else "+", row.name, value, off, row.line, "off"))

    def _stays(self, place: Place, row: _Wanted) -> bool:
        """Whether another row of the file has the entry in force."""
        return (place.target.path, row.key, True) in self._seen

    # All of them together

    def _refuse_circles(self) -> None:
        """Rows by which mail would go round in a circle."""
        places = list(self._by_path.values())
        texts = [(place.standing, place.changes, place.table.role == "virtual") for place in places]
        found = circles(texts, self._tables.rules)
        if not found:
            return
        for place in places:
            place.changes = [each for each in place.changes if folded(each.name) not in found]
        self.report.lines = [
            Line("!", each.name, each.value, each.was, each.line, f"loop: {why}; its mail would bounce")
            if each.marker in "+~" and (why := found.get(folded(each.name)))
            else each
            for each in self.report.lines
        ]

    def _others(self, *, mirror: bool) -> None:
        """What the tables of the file have and the file has not."""
        for place in self._by_path.values():
            if not place.named:
                continue
            if not mirror:
                self.report.absent += len(place.now.keys() - place.named - self._refused)
                continue
            gone = list(place.others(self._refused))
            place.changes += gone
            self.report.lines += [Line("-", each.name, "", each.was) for each in gone]

    def _edits(self) -> Iterable[Edit]:
        for place in self._by_path.values():
            yield from entry_edits(place.target, place.changes, lists=True, source=self.report.source)
            # What is switched goes first: a new entry is placed among those that stay.
            yield from sorted(place.single, key=lambda edit: not isinstance(edit, SwitchEntry))

    def _unhosted(self) -> Iterator[str]:
        """Domains whose mail this server takes only on its way through."""
        domains = (split(line.name)[1] for line in self.report.lines if line.marker == "+")
        counted = Counter(domain.casefold() for domain in domains if domain is not None)
        lost = [name for name in counted if self._classes.of(name) == "default"]
        if lost:
            names = ", ".join(lost[:3]) + (f" and {len(lost) - 3:,} more" if len(lost) > 3 else "")
            count = sum(counted[name] for name in lost)
            new = "the new alias" if count == 1 else f"the {count:,} new aliases"
            yield f"{names}: not hosted here; only mail passing through meets {new}"


def _cut(row: SheetRow) -> str:
    """A command of the destinations that has blanks and no quotes."""
    cell = row.cells.get("destinations", "")
    if not isinstance(cell, str) or "|" not in cell:
        return ""
    found = _COMMAND.search(cell)
    return found[1] if found else ""


def _alike(one: str, other: str) -> bool:
    return one == other or (bool(one) and recipient_texts(one) == recipient_texts(other))


def _items(text: str) -> tuple[str, ...]:
    return tuple(recipient_texts(text))


def plan(
    instance: Instance,
    sheet: Sheet,
    source: str,
    *,
    table: str = "",
    mirror: bool = False,
    progress: Progress | None = None,
) -> Report:
    """What an import of aliases would do. `table`: where all of them go, whatever the file says. `mirror`:
    what the tables have and the file has not goes. Raises InstanceError, and what `progress` raises."""
    return AliasImport(instance, sheet, source, table).made(mirror=mirror, progress=progress)


def table_specs(instance: Instance) -> Sequence[str]:
    """The tables that aliases can be put into. Raises ParameterError."""
    return [table.spec for table in AliasTables.of(instance) if table.editable and table.target is not None]
