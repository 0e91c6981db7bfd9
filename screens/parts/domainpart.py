"""One record of a domain in lines: what DNS has, what is wrong with it, the lookups that it costs, and what
to publish instead in every form that there is for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.domaindns import STYLES, WORDS
from mailtui.screens.parts.text import Spans

if TYPE_CHECKING:
    from mailtui.dns.part import Node, Part

LOOKUPS, VOIDS = 10, 2


@dataclass(frozen=True, slots=True)
class PartLine:
    """A row of the view: a record and what it is called. `told`: sign, word and style."""

    label: str
    part: Part
    told: tuple[str, str, str]

    @property
    def key(self) -> str:
        return self.label


def about(line: PartLine, *, full: bool = False) -> Iterator[Spans]:
    """The pane's lines, or with `full` all of them."""
    part = line.part
    if full or not (part.record or part.problems or part.proposed):
        yield [_label("state"), (WORDS[part.state], STYLES[part.state])]
    if full and part.name:
        yield [_label("at"), (part.name, "")]
    if part.record:
        yield [_label("record"), (part.record, "")]
    label = "wrong" if part.state != "ok" else "note"
    for text in part.problems:
        yield [_label(label), (text, STYLES[part.state] if part.state != "ok" else "")]
        label = ""
    if part.proposed:
        yield [_label("publish"), (part.proposed, "good")]
        if full:
            yield from _forms(part)
    if part.lookups is not None:
        yield from _lookups(part)


def _label(text: str) -> tuple[str, str]:
    return f"{text:<{LABEL}}", "dim"


def _lookups(part: Part) -> Iterator[Spans]:
    voids = part.voids or 0
    style = "error" if (part.lookups or 0) > LOOKUPS or voids > VOIDS else ""
    yield [
        _label("lookups"), (f"{part.lookups} of {LOOKUPS}", style),
        (f", {voids} of {VOIDS} that find nothing" if voids else "", style),
    ]  # fmt: skip
    for at, node in enumerate(part.tree):
        yield from _branch(node, "", last=at == len(part.tree) - 1)


def _branch(node: Node, before: str, *, last: bool) -> Iterator[Spans]:
    stem = "" if len(before) > 60 else before
    branch = f"{node.lookups:>3}  {stem}{'`-' if last else '|-'} "
    line = [_label(""), (branch, "dim"), (node.term, "")]
    if node.problem:
        line.append((f"  {node.problem}", "warning"))
    yield line
    for at, each in enumerate(node.below):
        yield from _branch(each, before + ("  " if last else "| "), last=at == len(node.below) - 1)


def _forms(part: Part) -> Iterator[Spans]:
    """The record as a line of a zone file, and in pieces where it is long."""
    from mailtui.dns.dkimrecord import ways

    if part.kind == "TXT":
        found = ways(part.proposed, part.name, part.name.partition(".")[2])
        yield [_label("name"), (f"{part.name}.", "")]
        yield [_label("quoted"), (found.quoted, "")]
        yield [_label("zone"), (found.zone.replace("\t", " "), "")]
    else:
        yield [_label("zone"), (f"{part.name}. IN {part.kind} {part.proposed}", "")]


def copied(part: Part) -> str:
    """What `y` copies: the record to publish, else the one there is."""
    return part.proposed or part.record


def as_text(line: PartLine) -> str:
    """A record on one line."""
    part = line.part
    says = [part.record, *part.problems, f"publish: {part.proposed}" if part.proposed else ""]
    return f"{line.label}  {part.state}  {'; '.join(text for text in says if text)}"
