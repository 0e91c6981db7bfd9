"""What in the layout of a main.cf an edit cannot bring back, as the file then does not tell it any more.

The journal does: undoing a change that is the file's last restores its very bytes.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from mailtui.formats.lines import BLANK, COMMENT
from mailtui.formats.maincf import MainCf

if TYPE_CHECKING:
    from tests.laws.maincf_edits import Trial

_PLAIN_INDENT = re.compile(rb"(?:\t+|    +)[^ \t]")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
_LONG = "an item over several lines"
_GAP = re.compile(rb"[ \t\r]+")


def several_lines(document: MainCf, name: str) -> bool:
    """Whether the value that counts begins or goes on below the line of its name."""
    return len(document.place(name)[1].members) > 1


def _lines(document: MainCf, name: str) -> tuple[list[bytes], list[bytes]]:
    """The lines of a definition, and the comments and blank lines between them."""
    members = document.place(name)[1].members
    numbers = range(members[0], members[-1] + 1)
    inner = [n for n in numbers if document.lines.kinds[n] in (BLANK, COMMENT)]
    return [document.lines.line(n) for n in members], [document.lines.line(n) for n in inner]


def _lines_not_in_value(document: MainCf, name: str) -> str:
    """Why the lines of a value cannot be told from the value."""
    lines, inner = _lines(document, name)
    bare = [line.rstrip(b"\r\n") for line in lines]
    if inner:
        return "comments between the lines of the value: its lines are written together"
    if any(line != line.rstrip() for line in bare):
        return "blanks at the end of a line of the value"
    if not all(_PLAIN_INDENT.match(line) for line in bare[1:]):
        return "lines of the value indented by less than four blanks"
    if any(b"{" in line and line.count(b"{") != line.count(b"}") for line in bare):
        return "braces over several lines"
    return ""


def _value(document: MainCf, trial: Trial) -> str:
    found = document.get(trial.name)
    assert found is not None
    _, layout, parts = document.place(trial.name)
    head = layout.text[parts.equals : parts.start]
    if several_lines(document, trial.name):
        reason = _lines_not_in_value(document, trial.name)
        if (
            not reason
            and trial.what == "emptied"
            and not layout.in_one_line(parts.equals - 1, parts.start + 1)
        ):
            return "a value that begins below its name begins behind it after it was empty"
        if (
            not reason
            and found.value.endswith(b",")
            and not layout.in_one_line(parts.equals - 1, parts.start + 1)
        ):
            return "a list that begins below its name and ends in a comma: a value without one is no change of items"
        if reason:
            return reason
    elif any(len(gap) > 3 or b"\t" in gap for gap in _GAP.findall(found.value)) or (
        _GAP.search(found.value) and all(len(gap) > 1 for gap in _GAP.findall(found.value))
    ):
        return "gaps in a value on one line as wide as an indentation: it is written in lines"
    if trial.what == "emptied" and head != (b" " if parts.equals - parts.name_end > 1 else b""):
        return "other blanks behind the = than one: lost with the value"
    return ""


def _switched(document: MainCf, trial: Trial) -> str:
    found = document.get(trial.name)
    assert found is not None
    if len(document.all(trial.name)) > 1:
        return "set more than once: only the definition that counts is switched on again"
    twins = [d for d in document.commented if (d.name, d.value) == (trial.name, found.value)]
    if any(twin.line > found.line for twin in twins):
        return "the same value is commented out below it: that one is switched on"
    lines, inner = _lines(document, trial.name)
    if any(not line.strip() for line in inner) or any(
        line[:1] == b" " and line[1:2] != b" " for line in lines
    ):
        return "blank lines, or lines indented by one blank, in what was commented out"
    return ""


def _switched_on(document: MainCf, trial: Trial) -> str:
    example = next(d for d in reversed(document.commented) if d.name == trial.name)
    if document.lines.line(example.line - 1)[1:2] != trial.name[:1].encode():
        return "written `# name`, it is commented out again as `#name`"
    return "a remark amid the lines of what was commented out"


def uneven(document: MainCf, name: str) -> str:
    """Why an item taken out of a list gets another place than the one it had; empty where it does not."""
    tokens = document.tokens(name)
    lines, inner = _lines(document, name)
    if any(b"\n" in document.raw[token.start : token.end] for token in tokens):
        return _LONG
    rows = [token.line for token in tokens]
    if len(set(rows)) == 1:
        gaps = {document.raw[a.end : b.start] for a, b in pairwise(tokens)}
        return "items on one line that are set apart in several ways" if len(gaps) > 1 else ""
    if len(rows) != len(set(rows)):
        return "several items on a line of a list over several lines"
    if inner:
        return "comments between the lines of a list"
    if len({line[: len(line) - len(line.lstrip())] for line in lines[1:]}) > 1:
        return "lines of a list indented in several ways"
    tails = [document.raw[t.end : document.lines.starts[t.line]].rstrip(b"\n") for t in tokens]
    if (
        len(set(tails[:-1])) > 1
        or tails[-1] not in (tails[0], b"")
        or any(b" " in t or b"\t" in t for t in tails)
    ):
        return "lines of a list that end in several ways"
    return ""


def _item_off(document: MainCf, trial: Trial) -> str:
    tokens = document.tokens(trial.name)
    assert trial.at is not None
    token = tokens[trial.at]
    if sum(other.line == token.line for other in tokens) > 1:
        return "an item that shared its line gets a line of its own"
    if document.place(trial.name)[0] + 1 == token.line:
        return "an item on the line of the name gets a line of its own"
    return uneven(document, trial.name)


def reason(document: MainCf, trial: Trial) -> str:
    """Why the edit that takes `trial` back does not bring back the bytes; empty where it must."""
    what = trial.what
    if what in ("set", "emptied"):
        return _value(document, trial)
    if what in ("set as a list", "item replaced", "item put in"):
        uneven_ = uneven(document, trial.name)
        return uneven_ if uneven_ == _LONG else ""
    if what == "reset":
        return "a new definition stands below its commented-out example, or last in the file"
    if what == "off":
        return _switched(document, trial)
    if what == "on":
        return _switched_on(document, trial)
    if what == "added":
        return "the newline that was missing at the end of the file" if document.lines.ends_open else ""
    if what == "item off":
        return _item_off(document, trial)
    return uneven(document, trial.name)


def refusal(document: MainCf, trial: Trial) -> str:
    """Why `trial` or what takes it back cannot be written; empty where it must be."""
    if trial.what == "off" and not _NAME.fullmatch(trial.name):
        return "a name that begins with a word of a template: as a comment it reads as prose"
    if trial.what != "item off":
        return ""
    if any(token.text.startswith(b"#") for token in document.tokens(trial.name)):
        return "an item that begins with # would come to stand first on a line"
    return ""
