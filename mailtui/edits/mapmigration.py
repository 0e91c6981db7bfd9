"""Compiled tables put into another type (hash and btree, as a rule), as one staged group: each is compiled in
the new type, then what names it in main.cf and master.cf is changed. DATABASE_README, NON_BERKELEYDB_README.

The texts stay as they are, and so do the old compiled copies: what still has the old ones open is answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from mailtui.edits.candidate import Candidate
from mailtui.edits.compiling import MigrateTable
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import SetServiceOption
from mailtui.formats.target import Target
from mailtui.postfix import postconf
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.etc import is_in_etc
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED
from mailtui.postfix.mapelsewhere import Elsewhere, elsewhere
from mailtui.postfix.mapmentions import (
    BERKELEY,
    COMPILED,
    TYPE_NAMES,
    WRITTEN,
    Place,
    Spec,
    Use,
    places,
    uses,
)
from mailtui.text.safe import decode, safe

TO = ("lmdb", "cdb")
"""The types that a table can go to, the better first: lmdb holds caches too."""
_EMPTY = {
    "postscreen_cache_map": "postscreen makes every client wait once more",
    "address_verify_map": "verify probes every address once more",
}
"""What comes of a cache that begins empty; of one of TLS, that sessions are made anew."""
_MOST = 6
_To = Callable[[str], str]


class Row(NamedTuple):
    """A table, and what becomes of it. `to`: its new type, empty where it stays. `why`: why it stays, or what
    is to be known of it; safe to show."""

    spec: Spec
    to: str
    places: Sequence[Place]
    what: Literal["compile", "cache", "stays"]
    why: str = ""

    @property
    def named_by(self) -> str:
        return ", ".join(dict.fromkeys(place.title for place in self.places))

    @property
    def old_copy(self) -> str:
        return self.spec.path + INDEXED[self.spec.type]


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration to the type `to` would do."""

    to: str
    rows: tuple[Row, ...] = ()
    plan: Plan = field(default_factory=Plan)
    elsewhere: tuple[Elsewhere, ...] = ()
    kinds: tuple[tuple[str, int], ...] | None = None
    """Where no table is of a type that was to be left: the types that there are, with how many have each."""

    @property
    def leaves(self) -> tuple[str, ...]:
        """The types that could be left for `to` instead."""
        return tuple(kind for kind, _ in self.kinds or () if kind != self.to)

    @property
    def moved(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.what != "stays")

    @property
    def label(self) -> str:
        """The group's name in a draft."""
        count = len(self.moved)
        return f"{count} table{'' if count == 1 else 's'} to {self.to}"


def types_to() -> tuple[str, ...]:
    """The types that this Postfix can move tables to (`postconf -m`), the better first.

    Raises PostconfError.
    """
    known = postconf.table_types()
    return tuple(each for each in TO if each in known)


def migration(
    instance: Instance, to: str, wanted: Collection[str] = (), leaving: Collection[str] = BERKELEY
) -> Migration:
    """How the tables `wanted` (`hash:/etc/postfix/virtual`), or all of the types `leaving` if there are none,
    get the type `to`. Refused where this Postfix lacks it, or where one is named nowhere.

    Raises ParameterError.
    """
    try:
        types = postconf.table_types()
    except postconf.PostconfError as error:
        return Migration(to, plan=Plan(refused=f"postconf does not say which types there are: {error.what}"))
    if to not in types:
        return Migration(to, plan=Plan(refused=_lacks(to)))
    found = places(instance)
    there = uses(instance, found, COMPILED)
    used = [use for use in there if use.spec.type != to]
    unknown = sorted(safe(each) for each in set(wanted) - {str(use.spec) for use in used})
    if unknown:
        words = f"{', '.join(unknown)}: main.cf and master.cf name no such table that could be moved"
        words += "; mailtui table migrate --dry-run shows those that can"
        return Migration(to, plan=Plan(refused=words))
    chosen = [use for use in used if (str(use.spec) in wanted if wanted else use.spec.type in leaving)]
    made = _Making(instance, to, types, found, chosen, () if wanted else leaving).made()
    if made.rows or made.plan.edits:
        return made
    kinds = tuple(sorted(Counter(use.spec.type for use in there).items()))
    return replace(made, plan=Plan(refused=_none_of(leaving, kinds)), kinds=kinds)


def _none_of(leaving: Collection[str], kinds: Sequence[tuple[str, int]]) -> str:
    """That there is nothing to move, and what there is."""
    if not kinds:
        return "main.cf and master.cf name no compiled table"
    are = ", ".join(f"{count} {'is' if count == 1 else 'are'} of type {kind}" for kind, count in kinds)
    return f"no table is of type {' or '.join(leaving)}: {are}"


def _lacks(kind: str) -> str:
    return (
        f"this Postfix has no {kind} tables (postconf -m): install them (Debian, Ubuntu, Fedora:"
        f" postfix-{kind}), then try again"
    )


class _Making:
    """One migration as it is worked out."""

    def __init__(
        self,
        instance: Instance,
        to: str,
        types: Collection[str],
        found: Sequence[Place],
        chosen: Sequence[Use],
        leaving: Collection[str],
    ) -> None:
        """`leaving`: the types of which none is to be left, beside the tables `chosen`."""
        self.instance, self.to, self.found, self.chosen, self.leaving = instance, to, found, chosen, leaving
        self.cache_to = to if to == "lmdb" else "lmdb" if "lmdb" in types else ""
        self.stays: dict[Spec, str] = {}
        self.goal: dict[Spec, str] = {}
        for use in chosen:
            kind, why = self._goal(use)
            if kind:
                self.goal[use.spec] = kind
            else:
                self.stays[use.spec] = why
        self.moved: set[Spec] = set()

    def _goal(self, use: Use) -> tuple[str, str]:
        """The type that a table goes to, or why it stays."""
        if use.is_cache:
            why = f"a daemon writes it, and none can write {self.to}; lmdb would do (postfix-lmdb)"
            return self.cache_to, "" if self.cache_to else why
        if not use.spec.path.startswith("/"):
            return "", "its path is relative: which file that is depends on the daemon"
        if is_in_etc(use.spec.path) and not is_in_etc(self.instance.config_dir):
            return "", "it is this host's own, and this instance is not the host's"
        if self.instance.files.stamp(use.spec.path) is not None:
            return self.to, ""
        if self.instance.files.stamp(f"{use.spec.path}.db") is None:
            return "", "there is neither a text nor a compiled copy of it"
        return "", f"it has no text: `postmap -s {safe(str(use.spec))} > {safe(use.spec.path)}` makes one"

    def made(self) -> Migration:
        values: list[Edit] = [edit for place in self.found if (edit := self._changed(place)) is not None]
        values += self._of_types(values)
        tables: list[Edit] = [
            MigrateTable(self._target(use.spec), use.spec.type)
            for use in self.chosen
            if use.spec in self.moved and not use.is_cache
        ]
        left = self._left((*tables, *values)) if tables or values else {}
        rows = tuple(self._row(use, left) for use in self.chosen)
        others = tuple(elsewhere(self.instance.config_dir, {row.spec.path for row in rows if row.to}))
        edits = (*tables, *values)
        plan = Plan(edits, tuple(_says(rows, others, self.to))) if edits else Plan(refused=_nothing(rows))
        return Migration(self.to, rows, plan, others)

    def _target(self, spec: Spec) -> Target:
        is_aliases = spec.path in self.instance.alias_paths
        return Target("aliases" if is_aliases else "table", spec.path, self.goal[spec])

    # What names them

    def _changed(self, place: Place) -> Edit | None:
        """The edit that gives the tables of one value their new type, as far as it writes them out."""

        def to(text: str) -> str:
            return WRITTEN.sub(lambda hit: self._renamed(place, hit), text)

        return self._edit(place, to) if to(place.text) != place.text else None

    def _renamed(self, place: Place, hit: re.Match[str]) -> str:
        try:
            spec = Spec(hit["type"], place.expand(self.instance, hit["path"]))
        except ParameterError:
            return hit[0]
        if spec not in self.goal:
            return hit[0]
        self.moved.add(spec)
        return f"{self.goal[spec]}:{hit['path']}"

    def _edit(self, place: Place, to: _To) -> Edit:
        """A value with another text in it; a list keeps its layout and its comments."""
        target = place.target(self.instance)
        if place.service:
            return SetServiceOption(target, place.service, place.name, to(place.text), place.text)
        if not place.is_set:
            return SetParameter(target, place.name, to(place.text), None)
        tokens = self.instance.parameters.values.main.tokens(place.name)
        was = tuple(decode(token.text) for token in tokens)
        return SetParameter(target, place.name, tuple(to(item) for item in was), was)

    def _of_types(self, before: Sequence[Edit]) -> list[Edit]:
        """Edits of values that hold a type alone, or what a table's name begins with: those that the tables
        to move are written by, and none that others are written by."""
        edits: list[Edit] = []
        for place, to in self._holding_types():
            edit = self._edit(place, to)
            now = self._specs([*before, *edits])
            gone = now - self._specs([*before, *edits, edit])
            kind = self.cache_to if place.name == TYPE_NAMES[1] else self.to
            if not all(self.goal.get(spec) == kind for spec in gone):
                for spec in gone & self.goal.keys():
                    self.stays[spec] = f"it is written by ${place.name}, and so are others that stay"
                continue
            if gone or (place.text.strip() in self.leaving and place.name in TYPE_NAMES):
                self.moved |= gone
                edits.append(edit)
        return edits

    def _holding_types(self) -> list[tuple[Place, _To]]:
        found: list[tuple[Place, _To]] = []
        parameters = self.instance.parameters
        unset = [name for name in TYPE_NAMES if parameters.get(name) is None and parameters.default(name)]
        holders = [Place(name, parameters.default(name) or "", None, is_set=False) for name in unset]
        for place in (*(each for each in self.found if not each.service), *holders):
            kind = self.cache_to if place.name == TYPE_NAMES[1] else self.to
            bare, begins = place.text.strip(), WRITTEN.fullmatch(place.text.strip())
            own = parameters.default(place.name) is None
            if kind and kind != bare and bare in COMPILED and (own or place.name in TYPE_NAMES):
                found.append((place, {bare: kind}.__getitem__ if place.is_set else _always(kind)))
            elif begins is not None and own and begins["type"] != self.to and begins["path"].endswith("/"):
                found.append((place, _always(f"{self.to}:{begins['path']}")))
        return found

    def _specs(self, edits: Sequence[Edit]) -> set[Spec]:
        after = self.instance.over(Candidate(self.instance.files, edits))
        return {use.spec for use in uses(after, None, COMPILED)}

    def _left(self, edits: Sequence[Edit]) -> Mapping[Spec, str]:
        """Who still names which table once the edits are written."""
        after = self.instance.over(Candidate(self.instance.files, edits))
        return {
            use.spec: ", ".join(dict.fromkeys(place.title for place in use.places))
            for use in uses(after, None, COMPILED)
        }

    def _row(self, use: Use, left: Mapping[Spec, str]) -> Row:
        spec = use.spec
        if spec not in self.moved:
            why = self.stays.get(spec, "its name is put together in a way that mailtui does not take apart")
            return Row(spec, "", use.places, "stays", why)
        why = f"{safe(left[spec])} goes on with {spec.type}" if spec in left else ""
        if not use.is_cache:
            return Row(spec, self.goal[spec], use.places, "compile", why)
        name = next(place.name for place in use.places if place.is_cache)
        empty = _EMPTY.get(name, "TLS sessions are made anew")
        return Row(spec, self.goal[spec], use.places, "cache", f"a cache, which begins empty: {empty}")


def _always(text: str) -> _To:
    return lambda _: text


def _nothing(rows: Sequence[Row]) -> str:
    return "; ".join(f"{safe(str(row.spec))}: {row.why}" for row in rows)


def _says(rows: Sequence[Row], others: Sequence[Elsewhere], to: str) -> list[str]:
    """What to tell beside the edits."""
    old = [safe(row.old_copy) for row in rows if row.what == "compile"]
    said = [f"{safe(str(row.spec))} stays: {row.why}" for row in rows if row.what == "stays"]
    said += [f"{safe(str(row.spec))}: {row.why}" for row in rows if row.what != "stays" and row.why]
    said += [
        f"{safe(each.file)}:{each.line} names {safe(each.text)}: mailtui does not change it, you must"
        for each in others
    ]
    if old:
        more = f" and {len(old) - _MOST} more" if len(old) > _MOST else ""
        said.append(
            f"the old compiled copies stay, and nothing reads them any more: {', '.join(old[:_MOST])}{more}"
        )
    if others or any(row.what == "compile" for row in rows):
        said.append(f"who compiles by hand says the type from now on: postmap {to}:FILE")
    return said
