"""What the detail pane and `x` say about an alias."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import TYPE_CHECKING

from mailtui.postfix.aliases import AliasRow
from mailtui.postfix.aliasrows import item_kind
from mailtui.screens.parts.aliasrows import ITEM_SIGNS, SIGNS, destination_spans
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.text import Spans, short_path

if TYPE_CHECKING:
    from mailtui.postfix.ends import End
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.resolution import Final, Resolution, Step

ENDS_SHOWN = 200
"""Aliases told of in one reverse search."""
ENDS_ASKED = 5
"""Final deliveries for which `x` looks who else ends there."""


def example(row: AliasRow) -> str:
    """An address that the row takes: of a catch-all any name in its domain."""
    return f"anyone{row.address}" if row.address.startswith("@") else row.address


def about(row: AliasRow, found: Resolution | None, then: str = "") -> tuple[Spans, Spans, list[Spans]]:
    """Title left and right, and lines. `found` None: it is being followed. `then`: what becomes of mail to
    an address that will have no alias any more."""
    signs = [(f"  {SIGNS[kind]}", "dim") for kind in row.kinds if kind in SIGNS]
    left: Spans = [(row.address or row.table.spec, "bold"), *signs]
    if row.kinds == ("opaque",):
        where: Spans = [(", ".join(row.table.parameters), "dim")]
        return left, where, [_said("shown", note) for note in row.notes]
    path = row.table.target.path if row.table.target is not None else row.table.spec
    place = f"{short_path(path)}:{row.line}" if row.line is not None else f"{short_path(path)} (new)"
    lines = list(_destinations(row))
    if then:
        lines.append(_said("then", then, "warning"))
    elif found is not None and row.enabled:
        lines += arrivals(found)
    lines += [_said("note", note) for note in row.notes]
    if row.table.note:
        lines.append(_said("table", row.table.note, "warning" if row.table.is_error else ""))
    return left, [(place, "dim")], lines


def _destinations(row: AliasRow) -> Iterator[Spans]:
    plain = row.table.kind is not None
    if row.marker == "-":
        yield _said("deleted", f"went to {', '.join(row.destinations)}")
        return
    if row.was is not None:
        if row.key != row.address:
            yield _said("renamed", f"from {row.key}")
        yield _listed("before", row.was, plain=plain)
        yield _listed("now", row.destinations, plain=plain)
        return
    if not row.enabled:
        yield _listed("off" if row.off else "off now", row.destinations, plain=plain)
        return
    if row.off:
        yield _listed("on again", row.destinations, plain=plain)
        return
    if row.key != row.address and row.line is not None:
        yield _said("renamed", f"from {row.key}")
    yield _listed("new" if row.line is None else _verb(row), row.destinations, plain=plain)


def _verb(row: AliasRow) -> str:
    return row.table.kind.value_label if row.table.kind is not None else "goes to"


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def _listed(label: str, items: tuple[str, ...], *, plain: bool) -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), *destination_spans(items, plain=plain)]


def arrivals(found: Resolution) -> list[Spans]:
    """Where the mail ends, one line each."""
    lines: list[Spans] = []
    wide = min(max((len(end.address) for end in found.final), default=0), 32)
    for place, end in enumerate(found.final):
        lines.append(_arrival("arrives" if place == 0 else "", end, wide))
    if not found.final and found.why:
        lines.append(_said("arrives", found.why, "warning"))
    lines += [_said("LOOP", loop, "error") for loop in found.loops]
    lines += [_said("note", note) for note in found.notes]
    return lines


def _arrival(label: str, end: Final, wide: int) -> Spans:
    style = "error" if end.how == "error" else ""
    name = "bounces" if end.how == "error" else end.how
    return [
        (f"{label:<{LABEL}}", "dim"), (f"{end.address:<{wide}}  ", ""), (f"{name}  ", style or "dim"),
        (end.delivery, style),
    ]  # fmt: skip


def way(found: Resolution) -> list[str]:
    """The way of an address hop by hop, and its ends."""
    lines = [f"class {found.domain_class}", ""]
    if found.steps:
        lines += ["The way", *_hops(found.steps), ""]
    lines.append("Arrives")
    lines += _table([(end.address, "bounces" if end.how == "error" else end.how, end.delivery)
                     for end in found.final])  # fmt: skip
    if found.why:
        lines.append(f"  nowhere: {found.why}")
    lines += [f"  LOOP: {loop}" for loop in found.loops]
    lines += [f"  note: {note}" for note in found.notes]
    return lines


def who_else(instance: Instance, found: Resolution, stop: Event) -> list[str]:
    """The other aliases that lead to an address, and those that end where it does; ends early where `stop`
    is set. Raises InstanceError and OSError."""
    from mailtui.postfix.ends import iter_ends, unsearched

    lines: list[str] = []
    for place in dict.fromkeys((found.address, *(end.address for end in found.final[:ENDS_ASKED]))):
        others: list[End] = []
        for end in iter_ends(instance, place, limit=ENDS_SHOWN):
            if stop.is_set():
                return lines
            if end.alias != found.address:
                others.append(end)
        lines += ["", *_who(place, others)]
    for spec in unsearched(instance):
        lines += ["", f"Not searched, because it cannot be listed: {spec}"]
    return lines


def _hops(steps: tuple[Step, ...]) -> list[str]:
    rows = []
    for step in steps:
        sign = ITEM_SIGNS.get(item_kind(step.to), "")
        place = f"{short_path(step.file)}:{step.line}" if step.file and step.line else step.table
        rows.append((step.source, f"→ {sign}{step.to}", place))
    return _table(rows)


def _who(place: str, ends: list[End]) -> list[str]:
    if not ends:
        return [f"No other alias ends at {place}"]
    more = " or more" if len(ends) >= ENDS_SHOWN else ""
    count = f"{len(ends)}{more} other aliases end" if len(ends) > 1 else "One other alias ends"
    return [f"{count} at {place}", *_table([_one(end) for end in ends])]


def _one(end: End) -> tuple[str, str, str]:
    where = f"{short_path(end.file)}:{end.line}" if end.file and end.line else end.table
    return end.alias, where, "" if end.direct else f"by {' → '.join(step.to for step in end.path[:-1])}"


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    """Rows of three columns, aligned as far as that stays readable."""
    first = min(max((len(row[0]) for row in rows), default=0), 36)
    second = min(max((len(row[1]) for row in rows), default=0), 36)
    return [f"  {one:<{first}}  {two:<{second}}  {three}".rstrip() for one, two, three in rows]
