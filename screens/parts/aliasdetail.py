"""What the detail pane and `x` say about an alias."""

from __future__ import annotations

from mailtui.postfix.aliases import AliasRow
from mailtui.postfix.ends import find_ends
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolution import Final, Resolution
from mailtui.postfix.resolve import resolve
from mailtui.screens.parts.text import Spans

ENDS_SHOWN = 200
"""Aliases told of in the reverse search."""


def about(row: AliasRow, found: Resolution | None) -> tuple[Spans, Spans, list[Spans]]:
    """Title left and right, and lines. `found` None: it is being followed."""
    path = row.table.target.path if row.table.target is not None else row.table.spec
    place = f"{path}:{row.line}" if row.line is not None else f"{path} (new)"
    left: Spans = [(row.address or row.table.spec, "bold")]
    if row.kinds == ("opaque",):
        return left, [], [_said("note", note) for note in row.notes]
    lines: list[Spans] = []
    if row.was is not None and row.marker != "-":
        lines.append(_said("before", ", ".join(row.was)))
        lines.append(_said("now", ", ".join(row.destinations)))
    elif row.marker == "-":
        lines.append([("deleted   ", "warning"), (f"was {', '.join(row.destinations)}", "")])
    else:
        lines.append(_said("goes to", ", ".join(row.destinations)))
    if found is not None:
        lines += arrivals(found)
    lines += [_said("note", note) for note in row.notes]
    if row.table.note:
        lines.append([("table     ", "dim"), (row.table.note, "warning" if row.table.is_error else "")])
    return left, [(place, "dim")], lines


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<10}", "dim"), (text, style)]


def arrivals(found: Resolution) -> list[Spans]:
    """Where the mail ends, one line each."""
    lines: list[Spans] = []
    for place, end in enumerate(found.final):
        lines.append(_arrival("arrives" if place == 0 else "", end))
    if not found.final and found.why:
        lines.append(_said("arrives", found.why, "warning"))
    lines += [_said("LOOP", loop, "error") for loop in found.loops]
    lines += [_said("note", note) for note in found.notes]
    return lines


def _arrival(label: str, end: Final) -> Spans:
    style = "error" if end.how == "error" else ""
    return [(f"{label:<10}", "dim"), (f"{end.address}  ", ""), (f"{end.how} ", "dim"), (end.delivery, style)]


def explained(instance: Instance, address: str) -> list[str]:
    """The way of an address hop by hop, its ends, and who else ends where it does. Runs in a thread.

    Raises InstanceError and OSError.
    """
    found = resolve(instance, address)
    lines = [f"{address}: class {found.domain_class}", ""]
    for step in found.steps:
        lines.append(f"  {step.source}  →  {step.to}")
        lines.append(f"      {step.place}{f'  ({step.parameter})' if step.parameter else ''}")
    if found.steps:
        lines.append("")
    lines += [f"  ends: {end.address}  {end.how}  {end.delivery}" for end in found.final]
    if found.why:
        lines.append(f"  {found.why}")
    lines += [f"  LOOP: {loop}" for loop in found.loops]
    lines += [f"  note: {note}" for note in found.notes]
    ends = find_ends(instance, address, limit=ENDS_SHOWN)
    lines += [
        "",
        f"Mail of {len(ends)} other addresses ends at {address}:"
        if ends
        else f"No other alias ends at {address}.",
    ]
    for end in ends:
        place = f"{end.file}:{end.line}" if end.file and end.line else end.table
        lines.append(
            f"  {end.alias}  {place}{'' if end.direct else '  by ' + ' → '.join(s.to for s in end.path)}"
        )
    return lines
