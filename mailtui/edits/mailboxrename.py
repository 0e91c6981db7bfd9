"""Another address for a mailbox: its entry, those of its owner and its alias to itself in one act; the mail
stays where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import RemoveEntry, RenameEntry, SetEntry, current
from mailtui.edits.mailboxids import owner_edits
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.addresses import fold
from mailtui.postfix.ends import iter_ends
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import taken_words
from mailtui.postfix.mailboxids import GIDS, UIDS, ids_of
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

_NAMED = 100
"""Aliases that lead to the old address: so many are counted."""


def rename_edits(
    instance: Instance, target: Target, old: str, new: str, value: str, owner: tuple[int | None, int | None]
) -> list[Edit]:
    """The entry `old` of `target`, which has this value, under its new name, with the owner (uid, gid) that
    it is to have. Raises ParameterError, InstanceError, and OSError for a table that cannot be read."""
    edits: list[Edit] = [
        RenameEntry(target, old, new, value), *_owners(instance, old, new), *_identity(instance, old, new)
    ]  # fmt: skip
    then = instance.over(Candidate(instance.files, edits))
    resolver = Resolver(then)
    now = ids_of(resolver, resolver.normal(new))
    return [*edits, *owner_edits(then, new, *owner, (now.uid, now.gid))]


def _owners(instance: Instance, old: str, new: str) -> list[Edit]:
    """The address's own entries in the tables of owners."""
    found: dict[str, list[Edit]] = {}
    for parameter in (UIDS, GIDS):
        for lookup in instance.lookups(parameter):
            if lookup.target is None or lookup.target.path in found:
                continue
            try:
                document = entries(instance.files, lookup.target)
            except FileNotFoundError:
                continue
            was, other = current(document, old, ""), current(document, new, "")
            if not isinstance(was, str):
                continue
            found[lookup.target.path] = (
                [RenameEntry(lookup.target, old, new, was)]
                if other is None or fold(old) == fold(new)
                else [RemoveEntry(lookup.target, old, was), SetEntry(lookup.target, new, was, other)]
            )
    return [edit for edits in found.values() for edit in edits]


def _identity(instance: Instance, old: str, new: str) -> list[Edit]:
    """Its alias to itself alone, which keeps its mail from a catch-all, becomes that of the new address."""
    for lookup in instance.lookups("virtual_alias_maps"):
        if lookup.target is None:
            continue
        try:
            document = entries(instance.files, lookup.target)
        except FileNotFoundError:
            continue
        own = current(document, old, ())
        if own is None:
            continue
        if not isinstance(own, tuple) or [fold(item) for item in own] != [fold(old)]:
            return []
        if current(document, new, ()) is not None:
            return []
        return [RemoveEntry(lookup.target, old, own), SetEntry(lookup.target, new, (new,))]
    return []


def rename_words(instance: Instance, old: str, new: str, path: str, edits: Sequence[Edit]) -> list[str]:
    """What the new name means: where the mail lies, who takes it, what goes on naming the old one.

    `path`: where the mail of the new address will lie. Raises as `rename_edits`.
    """
    then = instance.over(Candidate(instance.files, edits))
    said = [f"its folder is not moved: mail for {safe(new)} lies in {safe(path)}"]
    taken = taken_words(Resolver(then), Resolver(then).normal(new))
    if taken:
        said.append(taken)
    names = [end.alias for end in islice(iter_ends(then, old), _NAMED) if end.direct]
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        go = "go" if len(names) > 1 else "goes"
        said.append(f"the alias {safe(names[0])}{more} {go} on leading to {safe(old)}: change it in Aliases")
    return said
