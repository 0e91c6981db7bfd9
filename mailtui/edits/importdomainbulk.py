"""Many domains out of the lists of their classes, and into those of another one, at once.

What one domain's plan comes to is worked out here for all of them together: a plan looks at every list as it
is after those before it, which takes minutes for a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mailtui.edits.bulk import Change, standing
from mailtui.edits.domainitems import out_of_list
from mailtui.edits.domainplaces import take_in
from mailtui.edits.domaintables import first_addresses
from mailtui.edits.entries import SetEntry
from mailtui.edits.importing import entry_edits
from mailtui.edits.items import AddItem
from mailtui.edits.model import Edit, Value, show
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.domains import DomainClass
from mailtui.postfix.files import entries
from mailtui.postfix.hosted import Hosted
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, encode

ITEMS = 20
"""Items of one parameter up to which each is an edit of its own."""
ROLES = ("postmaster", "abuse")


class DomainBulk:
    """Domains of one state of an instance that leave their classes. Raises InstanceError and OSError."""

    def __init__(self, instance: Instance, hosted: Hosted, source: str) -> None:
        """`hosted`: the domains of that state."""
        self._instance, self._source = instance, source
        self.hosted = hosted
        self._literal: dict[str, frozenset[str]] = {}

    def fits(self, name: str, kinds: Sequence[DomainClass]) -> bool:
        """Whether these classes have the domain in tables to be edited, or by its own name in main.cf."""
        for kind in kinds:
            listed = self.hosted.classes[kind]
            for place in (listed.found[name], *listed.again.get(name, ())):
                if place.table is not None:
                    if place.table.target is None:
                        return False
                elif place.source != place.parameter or name not in self._literals(place.parameter):
                    return False
        return True

    def _literals(self, parameter: str) -> frozenset[str]:
        """The items of a list that stand there as they are, folded; none where one of them is a `$name`."""
        if parameter not in self._literal:
            texts = [text for text, _ in self._instance.parameters.items(parameter)]
            is_set = self._instance.parameters.definition(parameter) is not None
            plain = is_set and not any("$" in text for text in texts)
            self._literal[parameter] = frozenset(map(str.casefold, texts if plain else ()))
        return self._literal[parameter]

    def out(self, names: Sequence[str], kinds: Mapping[str, Sequence[DomainClass]]) -> list[Edit]:
        """The edits that take domains, each of which fits, out of some of their classes."""
        tables: dict[Target, dict[str, None]] = {}
        lists: dict[str, dict[str, None]] = {}
        for name in names:
            for kind in kinds[name]:
                listed = self.hosted.classes[kind]
                for place in (listed.found[name], *listed.again.get(name, ())):
                    target = place.table.target if place.table is not None else None
                    if target is not None:
                        tables.setdefault(target, {})[name] = None
                    else:
                        lists.setdefault(place.parameter, {})[name] = None
        made: list[Edit] = []
        for target, each in tables.items():
            document = entries(self._instance.files, target)
            there = document.standing(map(encode, each))
            found = [there[raw] for raw in (document.fold(encode(name)) for name in each) if raw in there]
            changes = [Change(decode(document.key_at(at)), decode(was), "") for at, was, _ in found]
            made += entry_edits(target, changes, lists=False, source=self._source)
        for parameter, gone in lists.items():
            made += self._off_list(parameter, gone)
        return made

    def _off_list(self, parameter: str, gone: Mapping[str, None]) -> Sequence[Edit]:
        if len(gone) <= ITEMS:
            return [edit for name in gone for edit in out_of_list(self._instance, parameter, name).edits]
        was = tuple(text for text, _ in self._instance.parameters.items(parameter))
        kept = tuple(text for text in was if text.casefold() not in gone)
        return [SetParameter(self._instance.main, parameter, kept, was)]

    def moved(
        self, names: Sequence[str], kinds: Mapping[str, Sequence[DomainClass]], kind: DomainClass
    ) -> list[Edit]:
        """The edits that put domains, each of which fits, from the classes that they have into another."""
        made = self.out(names, kinds)
        made += joining(self._instance, names, kind, self._source, hosted=self.hosted)[0]
        if kind in {"virtual-alias", "virtual-mailbox"}:
            made += self._roles(names)
        return made

    def _roles(self, names: Sequence[str]) -> list[Edit]:
        """The addresses that every such domain must have, where they are not there."""
        now = self._instance
        first, made = names[0], first_addresses(now, names[0], "", "")
        values: dict[str, Value] = {}
        for role in ROLES:  # of a domain that has neither
            one = first_addresses(
                now, f"no-such-name.{first}", *("" if each == role else None for each in ROLES)
            )
            values.update((role, edit.value) for edit in one.edits if isinstance(edit, SetEntry))
        if made.target is None or not values:
            return []
        try:
            document = entries(now.files, made.target)
        except FileNotFoundError:
            return []
        wanted = {f"{role}@{name}": show(value) for name in names for role, value in values.items()}
        there = standing(document, list(wanted))
        changes = [Change(name, "", value) for name, value in wanted.items() if name not in there]
        return entry_edits(made.target, changes, lists=True, source=self._source)


def joining(
    now: Instance,
    names: Sequence[str],
    kind: DomainClass,
    source: str,
    most: int | None = None,
    hosted: Hosted | None = None,
) -> tuple[list[Edit], str]:
    """The edits that put domains into a class whose list there is; or why they cannot be: `most` is how many
    a list may get that names its domains one by one."""
    plan = take_in(now, hosted or Hosted(now), names[0], kind)
    if plan.refused:
        return [], plan.refused
    made: list[Edit] = []
    for edit in plan.edits:
        if isinstance(edit, SetEntry) and isinstance(edit.value, str):
            changes = [Change(name, "", edit.value) for name in names]
            made += entry_edits(edit.target, changes, lists=False, source=source)
        elif isinstance(edit, AddItem):
            if most is not None and len(names) > most:
                return [], "one by one"
            made += _items(now, edit, names)
    return made, ""


def _items(now: Instance, like: AddItem, names: Sequence[str]) -> Sequence[Edit]:
    """Items of a list, those of a parameter together where they are many."""
    if len(names) <= ITEMS or not like.name:
        return [replace(like, item=name) for name in names]
    was = tuple(item for item, _ in now.parameters.items(like.name))
    return [SetParameter(like.target, like.name, (*was, *names), was)]
