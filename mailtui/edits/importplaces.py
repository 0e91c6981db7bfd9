"""The alias tables that an import may write to: what stands in each, and what is to be changed there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mailtui.edits.bulk import Change, folded
from mailtui.edits.model import Edit
from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.aliastables import AliasTable, AliasTables
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode


@dataclass
class Place:
    """One table: its text, what stands in it, and what is to be changed."""

    table: AliasTable
    target: Target
    document: Table | Aliases
    changes: list[Change] = field(default_factory=list)
    single: list[Edit] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    """The folded names that the file has for it."""

    @cached_property
    def now(self) -> Mapping[str, str]:
        """What is in force, by folded name, in the order of the file. Read once for all that is asked."""
        return {decode(key): decode(value) for key, _, value in self.document.in_force()}

    @cached_property
    def offs(self) -> Mapping[str, str]:
        """What is commented out, by folded name; of several the last."""
        document, found = self.document, {}
        for index in range(len(document) if len(document.index.off) else 0):
            if not document.is_enabled(index):
                found[folded(decode(document.key_at(index)))] = decode(document.value_at(index))
        return found

    def standing(self, names: Sequence[str]) -> Mapping[str, str]:
        """Those of some folded names that are in force."""
        return {name: self.now[name] for name in names if name in self.now}

    def others(self, refused: set[str]) -> Iterator[Change]:
        """The removal of what the file does not have, save what it has in a row that is refused."""
        kept = self.named | refused
        for raw, name, value in self.document.in_force():
            if decode(raw) not in kept:
                yield Change(decode(name), decode(value), "")


def places_of(instance: Instance, tables: AliasTables) -> tuple[dict[str, Place], list[str]]:
    """By the tables' names those that can be edited; and why others cannot be read."""
    found: dict[str, Place] = {}
    says: list[str] = []
    for table in tables:
        if table.target is None or not table.editable:
            continue
        try:
            document = entries(instance.files, table.target)
        except FileNotFoundError:
            document = Aliases.parse(b"") if table.target.format == "aliases" else Table.parse(b"")
        except OSError as error:
            says.append(problem_words(error, table.target.path))
            continue
        found[table.spec] = Place(table, table.target, document)
    return found, says
