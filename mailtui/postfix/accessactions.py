"""What the value of an access table does: the actions of access(5), or restrictions.

check_action("550", place)      # findings: "digits alone permit …"
told("REJECT go away", place)   # "refused: 554 5.7.1 … go away"
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.smtpd.chain import parse_rules
from mailtui.text.safe import safe

CLOSE = 0.6
"""How alike two words are, from 0 to 1, of which one is offered for the other."""
_WRONG = "every session that comes to it gets 451 4.3.5 Server configuration error"


class Action(NamedTuple):
    """An action of access(5). `argument`: what follows, empty for nothing, in `[ ]` where it may be left out.
    `whole`: it is done to the message, for all its recipients."""

    word: str
    argument: str
    says: str
    whole: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("REJECT", "[text]", "Refuses for good: 554 5.7.1, with this text."),
    Action("OK", "", "Permits: the rules below in this list are not asked; other lists are."),
    Action("DUNNO", "", "No opinion, and no further key is looked up: the next rule is asked."),
    Action("DEFER", "[text]", "Refuses for now: 450 4.7.1, with this text; the sender tries again."),
    Action("550", "5.7.1 text", "Refuses with a code and a text of your own; 4xx for now, 5xx for good."),
    Action("DEFER_IF_PERMIT", "[text]", "Refuses for now (450), unless a later rule refuses for good."),
    Action("DEFER_IF_REJECT", "[text]", "Refuses for now what a later rule would refuse for good."),
    Action("HOLD", "[text]", "Puts the message on hold in the queue until somebody releases it.", whole=True),
    Action("DISCARD", "[text]", "Takes the message and throws it away; nobody is told.", whole=True),
    Action("FILTER", "transport:destination", "Sends the message through a content filter.", whole=True),
    Action("REDIRECT", "user@domain", "Sends the message there, and to no recipient of its own.", whole=True),
    Action("BCC", "user@domain", "Sends a copy of the message there as well.", whole=True),
    Action("PREPEND", "header: text", "Puts a header line before the message.", whole=True),
    Action("WARN", "[text]", "Writes a warning with this text into the log, and goes on."),
    Action("INFO", "[text]", "Writes a line with this text into the log, and goes on."),
    Action("RELAY", "", "Permits, as OK does."),
)
"""In the order in which they are offered."""
_BY_WORD = {action.word: action for action in ACTIONS}
_HEADER = re.compile(r"[^\x00-\x20\x7f:]+[ \t]*:")
_CODE = re.compile(r"[45][0-9]{2}")
_STATUS = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")
_EARLY = frozenset(("client", "helo"))


class ActionPlace(NamedTuple):
    """Where a table is asked. `permitting`: the classes that hold a rule which permits. `may_permit`: whether
    an OK there permits. `per_recipient`: one recipient of several decides. `early`: it is asked before MAIL
    FROM (smtpd_delay_reject = no). `proxied`: smtpd_proxy_filter is set. `transports`: those of master.cf,
    empty where they are not known."""

    classes: tuple[str, ...] = ()
    permitting: frozenset[str] = frozenset()
    may_permit: bool = True
    per_recipient: bool = False
    early: bool = False
    proxied: bool = False
    transports: frozenset[str] = frozenset()
    reject_code: str = "554"
    defer_code: str = "450"
    check: str = ""


Severity = Literal["error", "warning", "advice"]


class Said(NamedTuple):
    """One thing to know about a value. `does`: what smtpd does where that is not what the value says: it
    answers `451`, passes over it (`nothing`), or `permits`."""

    text: str
    severity: Severity = "error"
    does: Literal["", "451", "nothing", "permits"] = ""


def split_action(value: str) -> tuple[str, str]:
    """The first word, as smtpd reads it, and the text behind it."""
    word, _, text = re.sub(r"[ \t]", " ", value.strip(), count=1).partition(" ")
    return word, text.strip()


def check_action(value: str, place: ActionPlace) -> Iterator[Said]:
    """What is wrong with a value, or to be minded, the worst first."""
    value = value.strip()
    if not value:
        yield Said("an entry without an action is dropped as the table is compiled")
        return
    word, text = split_action(value)
    name = word.upper()
    if value.isascii() and value.isdigit():
        yield _digits(value, place)
        yield from _permits(place)
    elif _CODE.fullmatch(word):
        yield from _status(word, text)
    elif name in _BY_WORD or name == "HANGUP":
        yield from _action(name, text, place)
    else:
        yield from _restrictions(value, place)


def _digits(value: str, place: ActionPlace) -> Said:
    if _CODE.fullmatch(value):
        return Said(
            f"{value} alone permits, as every number does; to refuse write {value} {value[0]}.7.1 text",
            "error",
            "permits",
        )
    what = "permits" if place.may_permit else "is an OK"
    return Said(f"a number alone {what}, whatever it is; OK says it better", "warning")


def _permits(place: ActionPlace) -> Iterator[Said]:
    if not place.may_permit:
        check = place.check or "this check"
        yield Said(
            f"{check} may not permit: {_WRONG}; write DUNNO to go on with the next rule", "error", "451"
        )


def _status(code: str, text: str) -> Iterator[Said]:
    found = _STATUS.match(text)
    if found is not None and found[1] != code[0]:
        yield Said(f"the answer has {code[0]}{found[0][1:]}, as its code begins with {code[0]}", "advice")
    if text.startswith("#"):
        yield Said("the client is told the # too: comments are lines of their own", "warning")


def _action(name: str, text: str, place: ActionPlace) -> Iterator[Said]:
    if name in {"OK", "RELAY"}:
        yield from _permits(place)
    if name in {"OK", "RELAY", "DUNNO"} and text:
        yield Said(f"{name} takes no text: “{safe(text, 40)}” says nothing to anybody", "advice")
    if name == "HANGUP":
        yield Said("HANGUP is for tests of Postfix only, and in no manual", "warning")
    if name == "FILTER":
        yield from _filter(text, place)
    if name in {"REDIRECT", "BCC"} and "@" not in text:
        yield Said(f"{name} wants user@domain: Postfix passes over it with a warning", "error", "nothing")
    if name == "PREPEND" and not _HEADER.match(text):
        yield Said("PREPEND wants header: text: Postfix passes over it with a warning", "error", "nothing")
    if text.startswith("#") and name not in {"OK", "RELAY", "DUNNO"}:
        yield Said("what follows the # is a part of the text: comments are lines of their own", "warning")
    if name in {"REJECT", "DEFER"}:
        yield from _reply(name, text, place)
    if name in _BY_WORD and _BY_WORD[name].whole:
        yield from _whole(name, place)


def _filter(text: str, place: ActionPlace) -> Iterator[Said]:
    if ":" not in text:
        yield Said(
            "FILTER wants transport:destination: Postfix passes over it with a warning", "error", "nothing"
        )
        return
    transport = text.partition(":")[0]
    if place.transports and transport not in place.transports:
        yield Said(
            f"master.cf has no transport “{safe(transport)}”: the mail would wait in the queue", "warning"
        )


def _reply(name: str, text: str, place: ActionPlace) -> Iterator[Said]:
    code = place.reject_code if name == "REJECT" else place.defer_code
    found = _STATUS.match(text)
    if found is not None and found[1] != code[:1]:
        whole = f"{found[1]}50 {safe(text, 30)}"
        yield Said(f"{name} answers {code} whatever the text says; write {whole}", "warning")
    elif re.match(r"[245][0-9]{2}(?:\s|$)", text):
        yield Said(f"the answer is {code} and the number a part of its text; leave {name} out", "warning")


def _whole(name: str, place: ActionPlace) -> Iterator[Said]:
    if place.early:
        yield Said(
            f"{name} does nothing here: with smtpd_delay_reject = no it is asked before MAIL FROM",
            "error",
            "nothing",
        )
    elif place.proxied and name != "PREPEND":
        yield Said(f"{name} does nothing here: smtpd_proxy_filter is set", "error", "nothing")
    elif place.per_recipient:
        yield Said(f"{name} acts on the whole message, for all its recipients", "warning")


# Restrictions


def _restrictions(value: str, place: ActionPlace) -> Iterator[Said]:
    rules = parse_rules(value, place.classes)
    for at, rule in enumerate(rules):
        if not rule.name and ":" in rule.argument and "=" not in rule.argument.partition(":")[0]:
            break
        if not rule.known:
            yield Said(_unknown(rule.name, place, alone=at == 0), "error", "451")
            return
    if ":" in value:
        yield Said(
            f"names a table or a server, which an access table may not: {_WRONG}; put it into a class",
            "error",
            "451",
        )
        return
    for rule in rules:
        needs = ARGUMENTS.get(rule.name.lower(), "")
        if needs == "zone" and not rule.argument:
            yield Said(f"{safe(rule.name)} without a zone behind it does nothing", "warning")
        elif needs and needs != "rule" and not rule.argument:
            yield Said(f"{safe(rule.name)} wants something behind it: {_WRONG}", "error", "451")
        elif rule.name.lower() == "permit":
            yield from _permits(place)
        elif not place.may_permit and (
            rule.name in place.permitting or rule.name.lower().startswith("permit_")
        ):
            check = place.check or "this check"
            yield Said(f"where {safe(rule.name)} permits, {check} answers 451: it may not permit", "warning")


def _unknown(word: str, place: ActionPlace, *, alone: bool) -> str:
    what = "no action, restriction or class" if alone else "no restriction or class"
    meant = close_words(word, place)
    if re.fullmatch(r"[0-9.]+", word):
        offer = "an answer begins with its code: 550 5.7.1 text"
    elif word.lower() in {name.lower() for name in place.classes}:
        offer = f"the class is called {next(n for n in place.classes if n.lower() == word.lower())}"
    elif word.upper() in _BY_WORD:
        offer = f"{word.upper()} stands alone, not among restrictions"
    else:
        offer = f"{meant[0]} is near" if meant else "text for the client stands behind REJECT"
    return f"“{safe(word, 40)}” is {what}: {_WRONG}; {safe(offer)}"


def close_words(word: str, place: ActionPlace) -> list[str]:
    """The actions, classes and restrictions that a word is like, the likest first."""
    known = [*_BY_WORD, *place.classes, *(name for name, kind in ARGUMENTS.items() if kind in {"", "zone"})]
    folded = {name.lower(): name for name in reversed(known)}
    return [folded[name] for name in difflib.get_close_matches(word.lower(), folded, 3, CLOSE)]


def words(place: ActionPlace) -> list[tuple[str, str]]:
    """What may be typed as a value, with a sentence each: actions, then classes, then restrictions."""
    from mailtui.postfix.restrictionwords import WORDS

    found = [(action.word, action.says) for action in ACTIONS if place.may_permit or action.word not in _OKS]
    found += [(name, f"Goes through the restriction class {name}.") for name in place.classes]
    found += [
        (name, WORDS[name].says)
        for name, kind in ARGUMENTS.items()
        if kind == "" and name in WORDS and (place.may_permit or not name.startswith("permit"))
    ]
    return found


_OKS = frozenset(("OK", "RELAY"))


# In words


def told(value: str, place: ActionPlace) -> str:
    """What a value does to a session, in one sentence."""
    value = value.strip()
    does = {each.does for each in check_action(value, place)}
    if "451" in does:
        return "451 4.3.5 Server configuration error"
    if "nothing" in does:
        return "nothing: Postfix passes over it, and the next rule is asked"
    word, text = split_action(value)
    name, shown = word.upper(), safe(text)
    if value.isdigit() or name in _OKS:
        return "permitted by this list: the rules below in it are not asked"
    if _CODE.fullmatch(word):
        return f"{'put off' if word[0] == '4' else 'refused'}: {word} {shown}"
    match name:
        case "REJECT":
            return f"refused: {place.reject_code} 5.7.1 … {shown or 'Access denied'}"
        case "DEFER":
            return f"put off: {place.defer_code} 4.7.1 … {shown or 'Access denied'}"
        case "DUNNO":
            return "no opinion: the next rule is asked"
        case "INFO" | "WARN":
            return f"a line in the log{f' ({shown})' if shown else ''}; the next rule is asked"
    if name in _BY_WORD:
        says = _BY_WORD[name].says.rstrip(".")
        return f"{says[0].lower()}{says[1:]}{f': {shown}' if shown else ''}"
    return f"goes through {safe(value)}"
