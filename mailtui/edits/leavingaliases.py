"""Aliases of somebody who leaves: their own, those of others that lead to them, and lists in files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.leavingplaces import Choice, Place, Way
from mailtui.edits.leavingwho import ALIASES, Found, Hunt
from mailtui.edits.model import Edit
from mailtui.formats.listfile import ListFile
from mailtui.formats.target import Target
from mailtui.postfix.addresses import recipient
from mailtui.postfix.forwarding import listed
from mailtui.text.safe import decode, safe

_INCLUDE = ":include:"


def alias_places(hunt: Hunt, to_ways: frozenset[str], seen: set[tuple[str, str]]) -> Iterator[Place]:
    """Every entry of alias tables that is theirs or leads to them, and every list that names them. `to_ways`:
    the places that mail to the successor passes, where it must not be sent round."""
    lists: dict[str, list[str]] = {}
    for found in hunt.entries(ALIASES, hunt.own | hunt.gone):
        for item in found.items:
            text = recipient(item)
            if text.lower().startswith(_INCLUDE) and found.lookup.parameter == "alias_maps":
                lists.setdefault(text[len(_INCLUDE) :], []).append(found.key)
        at = (os.path.realpath(found.target.path), found.document.fold(found.document.entry(found.index).key))
        where = (at[0], decode(at[1]))
        if where in seen:
            continue
        if hunt.key_place(found) in hunt.own:
            seen.add(where)
            yield own_alias(hunt, found)
        elif any(hunt.theirs(item) for item in found.items):
            seen.add(where)
            yield destination(hunt, found, to_ways)
    for path, aliases in lists.items():
        yield from _list(hunt, path, aliases, to_ways)


def own_alias(hunt: Hunt, found: Found) -> Place:
    """An alias whose address is theirs: with a successor it leads to nobody else."""
    items, key = found.items, found.key
    to = hunt.wish.to("alias", key, found.target.path, found.line)
    others = [item for item in items if not hunt.theirs(item) and item != to]
    lost = f"; {safe(', '.join(others))} gets it no more" if others else ""
    ways: dict[Choice, Way] = {}
    if to:
        edits: tuple[Edit, ...] = (SetEntry(found.target, key, (to,), items),) if items != (to,) else ()
        ways["forward"] = Way(edits, f"mail for it goes to {safe(to)}{lost}")
    ways["remove"] = Way((RemoveEntry(found.target, key, items),), f"the alias is no more{lost}")
    ways["keep"] = Way((), "mail for it goes where it went")
    return _place(hunt, found, "alias", "an address of theirs", ways, "forward" if to else "remove", own=True)


def destination(hunt: Hunt, found: Found, to_ways: frozenset[str]) -> Place:
    """An alias of others that leads to them: they go out of its list, or somebody takes their place."""
    items, key = found.items, found.key
    to = hunt.wish.to("destination", key, found.target.path, found.line)
    kept = tuple(item for item in items if not hunt.theirs(item))
    name = "everybody else in the domain" if key.startswith("@") else "it"
    ways: dict[Choice, Way] = {}
    if to and not (to_ways and hunt.key_place(found) in to_ways):
        new = _replaced(hunt, items, to)
        ways["forward"] = Way(
            (SetEntry(found.target, key, new, items),), f"mail for {name} goes to {_all(new)}"
        )
    if kept:
        edit: Edit = SetEntry(found.target, key, kept, items)
        ways["remove"] = Way((edit,), f"mail for {name} goes to {_all(kept)} only")
        default: Choice = "forward" if "forward" in ways else "remove"
    else:
        ways["remove"] = Way(
            (RemoveEntry(found.target, key, items),), "the alias is no more: it led to them alone"
        )
        default = "forward" if "forward" in ways else ""
    ways["keep"] = Way((), "it goes on leading to an address that is no more")
    what = "leads to them" if kept else "leads to them alone: without them it leads nowhere"
    return _place(hunt, found, "destination", what, ways, default, empties=not kept)


def _replaced(hunt: Hunt, items: tuple[str, ...], to: str) -> tuple[str, ...]:
    """The list with the successor in the first of their places, and once only."""
    mine = hunt.search.place(to)
    standing = any(hunt.search.place(item) == mine for item in items if not hunt.theirs(item))
    new: list[str] = []
    for item in items:
        if not hunt.theirs(item):
            new.append(item)
        elif not standing:
            new.append(to)
            standing = True
    return tuple(new)


def _all(items: tuple[str, ...], most: int = 5) -> str:
    return safe(", ".join(items[:most])) + (f" and {len(items) - most} more" if len(items) > most else "")


def _place(
    hunt: Hunt, found: Found, kind: str, what: str, ways: dict[Choice, Way], default: Choice,
    *, own: bool = False, empties: bool = False,
) -> Place:  # fmt: skip
    return hunt.wish.settled(
        Place(
            "alias" if kind == "alias" else "destination", found.key, what, safe(", ".join(found.items)),
            found.lookup.written, found.target.path, found.line, ways, default, own=own, empties=empties,
        )
    )  # fmt: skip


# Lists in files


def _list(hunt: Hunt, path: str, aliases: list[str], to_ways: frozenset[str]) -> Iterator[Place]:
    """Their lines in a file that aliases include; edited where Postfix and the editor read it alike."""
    try:
        raw = hunt.instance.files.raw(path)
    except OSError as error:
        hunt.notes.append(
            f"{safe(path)}, which {safe(aliases[0])} includes, cannot be read: {error.strerror}"
        )
        return
    every = list(listed(raw))
    mine = [one for one in every if hunt.theirs(one.item)]
    if not mine:
        return
    target = Target("list", path)
    tokens = [decode(token.text) for token in cast("ListFile", hunt.instance.files.document(target)).tokens]
    whose = f"the list of {safe(', '.join(aliases))} names them"
    if tokens != [one.item for one in every]:
        for one in mine:
            what = f"{whose}; mailtui does not edit such a line: take it out by hand"
            yield Place("list", one.item, what, one.item, file=path, line=one.line)
        return
    to = hunt.wish.to("list", mine[0].item, path, mine[0].line)
    gone = [RemoveItem(target, "", text) for text in dict.fromkeys(one.item for one in mine)]
    left = [one.item for one in every if one not in mine]
    ways: dict[Choice, Way] = {}
    passes = any(alias.casefold() in to_ways for alias in aliases)
    if to and not passes:
        there = any(hunt.search.place(item) == hunt.search.place(to) for item in left)
        new: tuple[Edit, ...] = () if there else (AddItem(target, "", to, mine[0].item),)
        ways["forward"] = Way((*new, *gone), f"the list has {safe(to)} instead")
    then = "the others of the list stay" if left else "the list is empty: mail for it goes to nobody"
    ways["remove"] = Way(tuple(gone), then)
    ways["keep"] = Way((), "the list goes on naming an address that is no more")
    default: Choice = "forward" if "forward" in ways else "remove" if left else ""
    yield hunt.wish.settled(
        Place(
            "list", mine[0].item, whose, safe(", ".join(one.item for one in mine)), file=path,
            line=mine[0].line, ways=ways, default=default, empties=not left,
        )
    )  # fmt: skip
