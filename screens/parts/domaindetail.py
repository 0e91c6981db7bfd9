"""What the list, the detail pane and the opened view say about a domain."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailtui.postfix.domainchecks import CLASS_NAMES, CLASS_SENTENCES
from mailtui.postfix.domainlist import DomainList, DomainRow
from mailtui.postfix.hosted import Address
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolution import Final, Resolution
from mailtui.postfix.resolve import resolve
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Spans, short_path

FEW = 5
"""Aliases and mailboxes that the pane names."""
ALL = 1000
"""Aliases and mailboxes that the opened view names."""
NOTHING = "–"


class Known(NamedTuple):
    """What is found out about a domain in a thread: its first addresses, the fate of its postmaster's mail,
    and the notes of the whole list."""

    aliases: Sequence[Address]
    mailboxes: Sequence[Address]
    postmaster: Resolution | None
    notes: Sequence[str]


def find_out(listing: DomainList, after: Instance, row: DomainRow, limit: int) -> Known:
    """In a thread. Raises InstanceError and OSError."""
    name = row.domain
    return Known(
        listing.aliases_in(name, limit),
        listing.mailboxes_in(name, limit),
        resolve(after, postmaster(row)) if row.is_domain else None,
        listing.notes,
    )


def postmaster(row: DomainRow) -> str:
    """The address that every domain has (RFC 5321 4.5.1)."""
    return f"postmaster@{row.domain}"


def fate(found: Resolution) -> str:
    """Where the mail of an address ends, in a few words."""
    ends = _ends(found)
    first = next((step.key for step in found.steps if step.source == found.address), "")
    taken = f"by {first}, " if first.startswith("@") else ""
    return taken + "; ".join(ends[:2]) + ("; …" if len(ends) > 2 else "")


def _ends(found: Resolution) -> list[str]:
    if found.why:
        return [found.why]
    return [_end(end) for end in found.final] or [f"goes in circles: {loop}" for loop in found.loops]


def _end(end: Final) -> str:
    if end.how == "error":
        return f"bounces: {end.delivery}"
    return f"{end.address}, {end.how} {end.delivery}"


# The list


def marker_of(row: DomainRow) -> str:
    """The change first, then what is wrong: an item that Postfix cannot search, or that holds too much, is an
    error."""
    if row.marker.strip():
        return row.marker
    if not row.warnings:
        return " "
    return "?" if row.listed else "!"


def cells_of(row: DomainRow, dns: str = " ") -> Row:
    """A row of the list. `dns`: the sign of what DNS says of the domain."""
    marker = marker_of(row)
    marker = max(marker, dns, key=" ?!".find) if marker in " ?!" else marker
    idle = row.domain_class != "default" and not row.counts
    style = "dim" if marker == "-" or idle else ""
    if not row.listed:
        return Row((row.domain, row.domain_class, where(row), NOTHING, NOTHING, ""), marker, style)
    kind = "none" if row.domain_class == "default" else row.domain_class
    return Row(
        (row.domain, kind, where(row), number(row.aliases), number(row.mailboxes), row.catch_all),
        marker,
        style,
    )


def number(count: int) -> str:
    """A count; nothing at all is easier to see than a 0."""
    return str(count) if count else NOTHING


def where(row: DomainRow) -> str:
    """The file's name and the line: `main.cf:12`."""
    if row.domain_class == "default":
        return NOTHING
    if row.file is None:
        return "by default" if row.source == row.parameter else row.source
    return place(os.path.basename(row.file), row.line)


def place(path: str, line: int | None) -> str:
    """A file and a line."""
    return path if line is None else f"{path}:{line}"


# The pane


def title(row: DomainRow) -> tuple[Spans, Spans]:
    """Title left and right."""
    left: Spans = [(row.domain, "bold"), (f"  {CLASS_NAMES[row.domain_class]}", "dim")]
    return left, [(_stands(row), "dim")]


def _stands(row: DomainRow) -> str:
    if row.domain_class == "default":
        return ""
    if row.file is None:
        return f"{row.parameter}, by default"
    return place(short_path(row.file), row.line)


def said(label: str, text: str, style: str = "") -> Spans:
    """A line with a label."""
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def about(row: DomainRow, known: Known | None, told: Sequence[str], dns: Sequence[Spans]) -> list[Spans]:
    """The pane's lines. `known` None: it is being found out. `told`: what was said as the row was staged;
    `dns`: what DNS says."""
    lines = [*_state(row, told), *_findings(row)]
    if row.listed or row.domain_class == "default":
        lines += _counted(row, known)
        if known is not None and known.postmaster is not None:
            lines.append(said("mail to", f"postmaster: {fate(known.postmaster)}"))
        lines += dns
    if row.listed:
        lines.append(said("is", CLASS_SENTENCES[row.domain_class]))
    if known is not None:
        lines += [said("note", note) for note in known.notes if _concerns(note, row)]
    return lines


def _concerns(note: str, row: DomainRow) -> bool:
    """What holds for relay domains is not told of others."""
    return row.domain_class == "relay" or not note.startswith("relay_")


def _state(row: DomainRow, told: Sequence[str]) -> Iterator[Spans]:
    words = {"-": "deleted", "+": "new", "~": "changed"}.get(row.marker, "")
    if words and not told:
        told = ("staged, not written yet",)
    for text in told if words else ():
        yield said(words, text, "warning")
        words = ""


def _findings(row: DomainRow) -> Iterator[Spans]:
    sign, style = ("?", "warning") if row.listed else ("!", "error")
    for warning in row.warnings:
        yield said(sign, warning, style)
    if not row.listed and row.why_not not in {"", *row.warnings} and not row.warnings:
        yield said("table", f"its domains cannot be listed: {row.why_not}")


def _counted(row: DomainRow, known: Known | None) -> Iterator[Spans]:
    """How many aliases and mailboxes, the first ones, and the catch-all."""
    aliases = known.aliases if known is not None else ()
    boxes = known.mailboxes if known is not None else ()
    named = [each for each in aliases if not each.address.startswith("@")]
    more = "those of alias_maps" if row.domain_class == "local" and row.aliases else ""
    if row.aliases or row.domain_class != "virtual-mailbox":
        yield said("aliases", _some(row.aliases, named, more))
    if row.mailboxes or row.domain_class == "virtual-mailbox":
        yield said("boxes", _some(row.mailboxes, boxes))
    if row.catch_all:
        yield said("the rest", f"@{row.domain} → {row.catch_all}")


def _some(count: int, first: Sequence[Address], more: str = "") -> str:
    """`14: webmaster, contact, info, …`."""
    if not count:
        return "none"
    names = [local_part(each.address) for each in first[:FEW]]
    if more or count > len(names):
        names.append(more or "…")
    return f"{count}: {', '.join(names)}" if first or more else str(count)


def local_part(address: str) -> str:
    """An address without its domain."""
    return address.rpartition("@")[0] or address


# The opened view


def in_full(row: DomainRow, known: Known | None, told: Sequence[str], dns: Sequence[Spans]) -> list[Spans]:
    """All that is known of a domain, to be read from above to below."""
    kind = CLASS_NAMES[row.domain_class]
    lines: list[Spans] = [[(f"{kind}: {CLASS_SENTENCES[row.domain_class]}", "")]]
    if row.parameter:
        lines.append([(f"listed in {row.parameter}, {_place_in_full(row)}", "")])
    state = [*_state(row, told), *_findings(row)]
    lines += _block("", state)
    lines += _block("In DNS", dns)
    if known is None:
        return [*lines, [], [("reading…", "dim")]]
    lines += _block(f"Aliases: {row.aliases}", _addresses(known.aliases, row.aliases, "→"))
    if row.domain_class == "local":
        lines.append(_line("every alias of alias_maps has an address in it, too"))
    lines += _block(f"Mailboxes: {row.mailboxes}", _addresses(known.mailboxes, row.mailboxes, "in"))
    if known.postmaster is not None:
        lines += _block(f"Mail for {postmaster(row)}", [_line(text) for text in _ends(known.postmaster)])
    return lines + _block("For all domains", [_line(note) for note in known.notes])


def _place_in_full(row: DomainRow) -> str:
    return "by default" if row.file is None else place(row.file, row.line)


def _line(text: str) -> Spans:
    return [("  ", ""), (text, "")]


def _block(head: str, lines: Sequence[Spans]) -> list[Spans]:
    """A heading and its lines; a heading without lines stands alone where it has a number."""
    if not lines and not head[-1:].isdigit():
        return []
    return [[], *([[(head, "title")]] if head else []), *([*line] for line in lines)]


def _addresses(found: Sequence[Address], count: int, sign: str) -> list[Spans]:
    wide = min(max((len(each.address) for each in found), default=0), 36)
    lines: list[Spans] = [
        [(f"  {each.address:<{wide}}  {sign} ", ""), (" ".join(each.value.split()), ""),
         (f"  {place(os.path.basename(each.lookup.path), each.line)}", "dim")]
        for each in found
    ]  # fmt: skip
    if count > len(found) >= ALL:
        lines.append(_line(f"… and {count - len(found)} more"))
    return lines


def as_text(row: DomainRow) -> str:
    """A row as a line: its letter, the domain, its class, where it stands, what is in it."""
    marker = marker_of(row)
    text = f"{marker} {row.domain}  {row.domain_class}  {where(row)}"
    if row.listed:
        text += f"  {row.aliases} aliases, {row.mailboxes} mailboxes"
    return f"{text}, others go to {row.catch_all}" if row.catch_all else text
