"""Compiled copies that no program opens, beside tables in use: they mislead whoever asks them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import INDEXED, PATTERNS, Lookup, parse_map, split_list
from mailtui.postfix.mapmentions import Place, places
from mailtui.text.safe import safe

_SUFFIXES = (".db", ".lmdb", ".cdb")
_SHOWN = 4


def findings(case: Case) -> Iterator[Finding]:
    """Of every table that main.cf and master.cf name."""
    try:
        named = list(_tables(case))
    except InstanceError:
        return
    used = {(table.path, INDEXED.get(table.type, "")) for _, table in named}
    left: dict[str, tuple[Place, Lookup]] = {}
    useless: set[str] = set()
    for place, table in named:
        for suffix in _SUFFIXES:
            copy = table.path + suffix
            if (table.path, suffix) in used or not os.path.isfile(copy):
                continue
            if table.type in PATTERNS or table.type == "texthash":
                if copy not in useless:
                    useless.add(copy)
                    yield _useless(case, place, table, copy)
            else:
                left.setdefault(copy, (place, table))
    if left:
        yield _left(case, left)


def _tables(case: Case) -> Iterator[tuple[Place, Lookup]]:
    for place in places(case.instance):
        text = place.expanded(case.instance)
        if ":/" not in text or place.is_cache:
            continue
        for item in split_list(text.replace("{", " ").replace("}", " ")):
            table = parse_map(item, place.name, case.instance.config_dir)
            if table.has_file:
                yield place, table


def _useless(case: Case, place: Place, table: Lookup, copy: str) -> Finding:
    return Finding(
        "copy-useless", "advice", f"{safe(copy)} is asked by nobody",
        place.target(case.instance).path, place.line,
        f"somebody ran postmap on {safe(table.path)}, which {safe(place.title)} names as {table.type}:"
        " Postfix reads such a text itself when a process starts, so that a change counts after a reload, and"
        " not after postmap",
        None, f"cannot be mended by an edit: rm {safe(copy)}", (place.service,) if place.service else (),
    )  # fmt: skip


def _left(case: Case, left: dict[str, tuple[Place, Lookup]]) -> Finding:
    names = [safe(copy) for copy in left]
    place, table = next(iter(left.values()))
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return Finding(
        "copy-left", "advice",
        f"{len(names)} compiled cop{'y is' if len(names) == 1 else 'ies are'} left from another type",
        place.target(case.instance).path, place.line,
        f"Postfix asks {safe(table.spec)} and its like; what postmap or a script says of {shown} is old, and"
        " grows older with every change",
        None, f"cannot be mended by an edit: once you need not go back, rm {' '.join(names[:_SHOWN])}",
        (place.service,) if place.service else (),
    )  # fmt: skip
