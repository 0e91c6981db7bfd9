"""What the checks of an alias share: the alias, and the instance before and after it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mailtui.formats.table import Table
from mailtui.postfix.addresses import complete, fold, recipient
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.domains import class_list
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapsearch import Hit, Instead, Maps
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import encode, safe

Severity = Literal["error", "warning", "advice"]
Field = Literal["address", "destination", "table"]

NOBODY = "no-such-name"
"""A local part that only a catch-all takes."""


@dataclass(frozen=True, slots=True)
class EntryWarning:
    """One thing to know about an alias. `index`: which destination, from 0, where `field` is `destination`.

    `error`: it will not work as written. `warning`: it works, hardly as meant. `advice`: worth knowing.
    """

    field: Field
    text: str
    severity: Severity = "warning"
    index: int | None = None


class Proposed:
    """An alias as it would be. `before` and `after` resolve without it and with it."""

    def __init__(
        self,
        instance: Instance,
        table: AliasTable,
        address: str,
        destinations: Sequence[str],
        replacing: str | None,
        before: Resolver,
    ) -> None:
        self.instance, self.table, self.replacing = instance, table, replacing
        self.address = address.strip()
        self.destinations = tuple(one.strip() for one in destinations)
        self.before = before
        self.after = self._after()
        self.rules = self.before.rules

    @property
    def is_virtual(self) -> bool:
        return self.table.role == "virtual"

    def _after(self) -> Resolver:
        if self.table.target is None:
            return self.before
        changed: dict[str, tuple[str, ...] | None] = {}
        if self.replacing is not None:
            changed[fold(self.replacing)] = None
        changed[fold(self.address)] = tuple(one for one in self.destinations if one) or None
        instead = Instead(self.table.target, changed)
        return Resolver(self.instance, self.before.users, like=self.before, instead=instead)

    @property
    def whole(self) -> str:
        """A complete address that the alias takes (internal form)."""
        if self.address.startswith("@"):
            return f"{NOBODY}{self.address}"
        name = recipient(self.address)
        if self.is_virtual:
            return complete(name, self.rules)
        literals = (item.text for item in class_list(self.instance, "mydestination").literals())
        domains = (self.rules.myorigin, *literals)
        return f"{name}@{next(filter(self.before.router.is_local, domains), self.rules.myorigin)}"

    @property
    def names_itself(self) -> bool:
        """Whether the alias keeps a copy for what it stands before."""
        mine = {fold(self.whole), fold(self.address)}
        texts = [recipient(one) for one in self.destinations if one]
        return any(fold(text) in mine or fold(complete(text, self.rules)) in mine for text in texts)


def duplicates(
    instance: Instance, table: AliasTable, key: str, replacing: str | None, maps: Maps
) -> Iterator[EntryWarning]:
    """Whether a key, typed in place of `replacing`, stands in the table or in another of the list `maps`."""
    target = table.target
    if target is None or (replacing is not None and _folded(replacing) == _folded(key)):
        return
    try:
        document = entries(instance.files, target)
    except OSError:  # the table's own note says so
        return
    index, off = document.find(encode(key)), document.find_disabled(encode(key))
    if index is not None:
        entry = document.entry(index)
        text = f"exists already: {safe(target.path)}:{entry.line} → {safe(entry.value, 60)}"
        yield EntryWarning("address", text, "error")
        return
    if off is not None:
        line = document.entry(off).line
        yield EntryWarning("address", f"is there already, switched off: {safe(target.path)}:{line}", "advice")
    hit = maps.get(key)
    if hit is not None and hit.spec != table.spec:
        text = f"{place(hit)} has it too; of two tables the one named first in main.cf is asked first"
        yield EntryWarning("address", text)


def _folded(key: str) -> bytes:
    return Table.fold(encode(key))


def place(hit: Hit) -> str:
    """Where an entry stands."""
    return safe(f"{hit.file}:{hit.line}" if hit.file and hit.line else hit.spec)
