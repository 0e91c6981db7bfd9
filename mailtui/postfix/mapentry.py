"""An entry of a rewriting or routing table as it would be, and the instance before and after it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mailtui.postfix.addresses import complete, fold, items, recipient, split
from mailtui.postfix.aliastables import AliasTable
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapkeys import SOMEBODY, example
from mailtui.postfix.mapkinds import MapKind
from mailtui.postfix.mapsearch import Hit, Instead, Maps
from mailtui.postfix.resolution import Trail
from mailtui.postfix.resolver import Resolver

if TYPE_CHECKING:
    from mailtui.postfix.transportchecks import Carried


class MapEntry:
    """`before` and `after` resolve without the entry and with it. `table.kind` must be set."""

    def __init__(
        self,
        instance: Instance,
        table: AliasTable,
        key: str,
        value: str,
        replacing: str | None,
        before: Resolver,
    ) -> None:
        assert table.kind is not None, "a table of aliases"
        self.instance, self.table, self.key, self.value = instance, table, key, value
        self.kind: MapKind = table.kind
        self.replacing, self.before, self.rules = replacing, before, before.rules

    @cached_property
    def after(self) -> Resolver:
        """With the entry, and without the one that it replaces."""
        if self.table.target is None:
            return self.before
        changed: dict[str, tuple[str, ...] | None] = {}
        if self.replacing is not None:
            changed[fold(self.replacing)] = None
        value = items(self.value) if self.kind.values == "address" else (self.value,)
        changed[fold(self.key)] = value if self.value else None
        instead = Instead(self.table.target, changed)
        return Resolver(self.instance, self.before.users, like=self.before, instead=instead)

    @cached_property
    def whole(self) -> str:
        """A complete address that the key takes (internal form)."""
        return example(self.kind.keys, self.key, self.before)

    @property
    def is_one(self) -> bool:
        """Whether the key stands for one address, not for a domain."""
        if self.kind.keys == "transport":
            return "@" in self.key
        return not self.key.startswith("@")

    @cached_property
    def target(self) -> str:
        """The complete address that the value comes to; empty where it is none."""
        if self.kind.values not in {"address", "copy"}:
            return ""
        text = recipient(next(iter(items(self.value)), ""))
        if text.startswith("@"):
            local = split(self.whole)[0]
            return "" if local == SOMEBODY else f"{local}{text}"
        return complete(text, self.rules)

    @property
    def taken_without(self) -> Hit | None:
        """What takes the address where this entry is not."""
        gone = Instead(self.table.target, {fold(self.key): None}) if self.table.target is not None else None
        maps = self.before.maps(self.kind.parameter)
        maps = maps.would_be(gone) if gone is not None else maps
        return maps.find(self.whole, self.rules, self.before.router.is_here)

    def rewritten(self) -> tuple[str, str]:
        """What the canonical map makes of the address, and the circle in it, if any."""
        trail = Trail()
        result = self.after.rewriter.canonical(self.after.maps(self.kind.parameter), self.whole, trail)
        return result, next((note for note in trail.notes), "")

    def canonical(self, side: str) -> tuple[Maps, ...]:
        """The canonical maps that are asked for envelope senders or recipients (`side`), in order."""
        envelope = f"envelope_{side}"
        return tuple(
            self.before.maps(f"{name}_maps")
            for name in (f"{side}_canonical", "canonical")
            if envelope in self.before.words(f"{name}_classes")
        )

    def carriers(self, program: str) -> list[str]:
        """The transports of master.cf that this daemon serves. Raises InstanceError."""
        from mailtui.postfix.services import services

        rows = services(self.instance)
        return [row.name for row in rows if row.counts and row.type == "unix" and row.command == program]

    @cached_property
    def carried(self) -> Carried:
        """What the value of transport_maps means for the key. Raises InstanceError."""
        from mailtui.postfix.transportchecks import carried

        domain = split(self.whole)[1] or ""
        return carried(self.instance, self.before, self.before.class_of(domain), domain, self.value)

    @property
    def keeps_class(self) -> bool:
        """Whether a value of transport_maps leaves the class's own transport."""
        return self.value.startswith(":")
