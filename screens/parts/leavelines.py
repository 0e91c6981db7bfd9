"""The places of somebody who leaves as rows, as what the pane tells, and as plain text."""

from __future__ import annotations

import os

from mailtui.edits.leaving import Leave, Place
from mailtui.edits.leavingplaces import Kind
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.rows import Row
from mailtui.screens.parts.text import Spans
from mailtui.text.safe import safe

KINDS: dict[Kind, str] = {
    "alias": "own alias", "destination": "goes to them", "list": "list file", "address": "their mail",
    "mailbox": "mailbox", "owner": "mail's owner", "canonical": "rewriting", "bcc": "copies",
    "relocated": "has moved", "transport": "route", "generic": "shown outside", "recipient": "known here",
    "local": "delivery", "sender-login": "may send as", "access": "access", "password": "login elsewhere",
    "parameter": "parameter", "pattern": "pattern", "forward-file": ".forward", "account": "login",
    "greylist": "greylisting", "dkim": "DKIM", "other": "elsewhere",
    "perhaps": "same name",
}  # fmt: skip
_BECOMES = {"remove": "removed", "keep": "kept", "forward": "handed on"}
_MAIL = {"remove": "refused", "keep": "kept", "forward": "new alias"}


def cells(place: Place) -> Row:
    """A row of the list: what it is, its key, what becomes of it, and where it stands."""
    marker = "!" if place.undecided else " " if place.now else place.marker
    style = "dim" if place.choice == "keep" else ""
    name = os.path.basename(place.file) or place.table
    where = f"{name}:{place.line}" if place.line else name
    becomes = [(becomes_of(place), "warning" if place.undecided else "")]
    return Row((KINDS[place.kind], place.key, becomes, [(where, "dim")]), marker, style)


def becomes_of(place: Place) -> str:
    """What becomes of a place, in a few words."""
    if place.now:
        return f"now: lock ({key_for('leave.open', 'Enter')})"
    if place.kind == "perhaps":
        return f"theirs? ({key_for('leave.choose', 'Space')})"
    if not place.ways:
        return "not edited here"
    if place.undecided:
        return "CHOOSE"
    return (_MAIL if place.kind == "address" else _BECOMES)[place.choice]


def about(place: Place, found: Leave) -> list[Spans]:
    """The pane's lines: what the place is, what each choice comes to, and what holds of their mail then."""
    lines = [_said("what", place.what)]
    if place.value:
        lines.append(_said("now", place.value))
    if place.now:
        lines.append(_said("do", f"{key_for('leave.open', 'Enter')}, or {place.now}"))
    for name, way in place.ways.items():
        chosen = name == place.choice
        style = "" if chosen else "dim"
        label = f">{name}" if chosen else f" {name}"
        lines.append([(f"{label} ".ljust(LABEL), "accent" if chosen else "dim"), (way.then, style)])
    return [*lines, *ending(found)]


def ending(found: Leave) -> list[Spans]:
    """What holds once all of it is written."""
    style = "good" if found.proof.nothing else "warning"
    lines = [_said("then", found.proof.words, style)]
    odd = {"arrives": "warning", "elsewhere": "warning"}
    lines += [_said("", str(fate), odd.get(fate.state, "dim")) for fate in found.proof.fates[:6]]
    if found.proof.still:
        lines.append(_said("still", f"names them: {', '.join(found.proof.still[:5])}", "warning"))
    return [*lines, *(_said("note", text) for text in found.says)]


def as_text(place: Place) -> str:
    """A place in one line, for copying and saving."""
    marker = place.marker.strip() or "="
    return safe(
        f"{marker:<4} {place.kind:<13} {place.name}  {place.value}  {place.where}  {place.then or place.what}"
    )


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]
