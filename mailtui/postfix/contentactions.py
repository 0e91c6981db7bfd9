"""What a header or body check does: the actions of header_checks(5), and which work in which table.

An action that a table does not know is logged and has no effect: the mail passes. So does `550 text`, which
works in access tables only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mailtui.text.safe import safe

Place = Literal["cleanup", "milter", "smtp"]
Effect = Literal[
    "reject", "defer", "discard", "hold", "pass", "filter", "redirect", "bcc", "prepend", "replace", "remove",
    "log", "nothing", "error",
]  # fmt: skip

RECEIVING = ("header_checks", "mime_header_checks", "nested_header_checks", "body_checks")
"""The parameters whose tables cleanup(8) asks while mail comes in."""
DELIVERING = (
    "smtp_header_checks", "smtp_mime_header_checks", "smtp_nested_header_checks", "smtp_body_checks",
)  # fmt: skip
"""Those that smtp(8) asks while it hands mail on."""
MILTER = "milter_header_checks"
PARAMETERS = (*RECEIVING, MILTER, *DELIVERING)

ACTIONS = {
    "REJECT": "refuses the mail with 550 5.7.1 (or the 4.x.x, 5.x.x code that the text begins with)",
    "DISCARD": "takes the mail and throws it away, for all its recipients",
    "HOLD": "puts the mail on hold until somebody releases it",
    "FILTER": "sends the mail through transport:destination, in place of content_filter",
    "REDIRECT": "sends the mail to this address in place of its recipients, and ends the checks",
    "BCC": "sends a copy to this address",
    "PREPEND": "puts a line above this one",
    "REPLACE": "writes this line in its place",
    "STRIP": "takes the line out, and logs it",
    "IGNORE": "takes the line out, and logs nothing",
    "PASS": "lets the mail pass: no more checks, no milters",
    "WARN": "logs a warning",
    "INFO": "logs a line",
    "DUNNO": "nothing: no further rule is tried on this line",
}
"""Every action, and what it does, in words."""

_ENDS = frozenset({"reject", "defer", "discard", "pass", "redirect"})
_ONLY_SMTP = frozenset({"WARN", "INFO", "REPLACE", "PREPEND", "STRIP", "IGNORE", "DUNNO", "OK"})
_HEADER = re.compile(r"[!-9;-~]+[ \t]*:")
_CODE = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=[ \t]|\Z)")
_REPLY = re.compile(r"[245]\d\d\Z")


@dataclass(frozen=True, slots=True)
class Action:
    """What the result of a rule does at one place. `does`: in words; `problem`: why it does not do what it
    says, empty where it does. `ends`: whether the checks of this message end with it."""

    word: str
    text: str
    effect: Effect
    does: str
    problem: str = ""

    @property
    def ends(self) -> bool:
        return self.effect in _ENDS


def place_of(parameter: str) -> Place:
    """Which program asks the tables of a parameter."""
    return "milter" if parameter == MILTER else "smtp" if parameter.startswith("smtp_") else "cleanup"


def is_body(parameter: str) -> bool:
    """Whether a parameter's tables are asked for body lines."""
    return parameter.endswith("body_checks")


def read_action(value: str, parameter: str) -> Action:
    """What a result does in the tables of a parameter."""
    word, _, text = value.partition(" ") if " " in value else value.partition("\t")
    tab = word.find("\t")
    if tab >= 0:
        word, text = value[:tab], value[tab + 1 :]
    text = text.strip()
    name = word.upper()
    place = place_of(parameter)
    wrong = _wrong(name, word, place, parameter)
    if wrong:
        return Action(word, text, "error", "nothing: the mail passes", wrong)
    return _read(name, text, body=is_body(parameter))


def _wrong(name: str, word: str, place: Place, parameter: str) -> str:
    if not word:
        return "the rule has no result: Postfix then answers 451 to the whole mail"
    if name != "OK" and name not in ACTIONS:
        if _REPLY.match(word):
            return f"{word} is no action here, as it is in access tables: write REJECT text"
        if name in {"DEFER", "DEFER_IF_PERMIT", "DEFER_IF_REJECT"}:
            return f"{name} works in access tables only: write REJECT 4.7.1 text"
        return f"{safe(word, 40)} is no action of header_checks(5)"
    if place == "smtp" and name not in _ONLY_SMTP:
        return f"{name} does not work in {parameter}, which are asked while mail is handed on"
    if place == "milter" and name in {"PREPEND", "PASS"}:
        return f"{name} does not work in {parameter}"
    return ""


def _read(name: str, text: str, *, body: bool) -> Action:
    match name:
        case "REJECT":
            return _reject(text)
        case "FILTER" if not text or ":" not in text:
            return _useless(name, text, "it wants transport:destination")
        case "REDIRECT" | "BCC" if "@" not in text:
            return _useless(name, text, "it wants an address, user@domain")
        case "PREPEND" | "REPLACE" if not text:
            return _useless(name, text, "it wants a text")
        case "PREPEND" | "REPLACE" if not body and not _HEADER.match(text):
            return _useless(name, text, "it wants a header, Name: value")
    return Action(name, text, _EFFECTS.get(name, "nothing"), _does(name, text))


_EFFECTS: dict[str, Effect] = {
    "DISCARD": "discard", "HOLD": "hold", "FILTER": "filter", "REDIRECT": "redirect", "BCC": "bcc",
    "PREPEND": "prepend", "REPLACE": "replace", "STRIP": "remove", "IGNORE": "remove", "PASS": "pass",
    "WARN": "log", "INFO": "log",
}  # fmt: skip


def _useless(name: str, text: str, why: str) -> Action:
    return Action(name, text, "error", "nothing: the mail passes", f"{name} {why}")


def _reject(text: str) -> Action:
    found = _CODE.match(text)
    if not text:
        return Action("REJECT", "", "reject", "550 5.7.1 message content rejected")
    code = found[0] if found else "5.7.1"
    words = text[found.end() :].strip() if found else text
    problem = ""
    if code.startswith("2"):
        code, problem = f"4{code[1:]}", "a refusal has a code 4.x.x or 5.x.x: Postfix takes this for 4.x.x"
    soft = code.startswith("4")
    reply = f"{'451' if soft else '550'} {code} {words}".strip()
    return Action("REJECT", text, "defer" if soft else "reject", reply, problem)


def _does(name: str, text: str) -> str:
    shown = safe(text, 80)
    match name:
        case "PREPEND":
            return f"puts above it: {shown}"
        case "REPLACE":
            return f"writes in its place: {shown}"
        case "REDIRECT":
            return f"sends the mail to {shown} alone, and ends the checks"
        case "BCC":
            return f"sends a copy to {shown}"
        case "FILTER":
            return f"sends the mail through {shown}"
        case "OK":
            return ACTIONS["DUNNO"]
    return ACTIONS[name]
