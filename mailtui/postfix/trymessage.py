"""A message run through the header and body checks as cleanup(8) does it, and then through those of smtp(8).

The tables are asked by Postfix's own lookup; what ends the checks, and what the rules add up to, follows
cleanup(8). Postfix's own Received: line, which is checked too, is not part of a message before it has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailtui.formats.messages import Class, Limits, Piece, pieces
from mailtui.postfix.contentactions import DELIVERING, RECEIVING, Action, Effect, read_action
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.patternask import Hit, ask, ask_rules, patterns_of
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.formats.patterns import PatternRow, Patterns

_CLASSES: tuple[Class, ...] = ("header", "mime", "nested", "body")


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fires on a line of a message.

    `parameter`: whose table it is; `table` and `file` with `line`: where the rule stands (None where a table
    has no lines), `rule` as it is written, before the result; `value`: the result, groups put in. `at` to
    `last`: the lines of the message, `text` what stands there. `twice`: a HOLD on what is held already.
    """

    parameter: str
    table: str
    file: str
    line: int | None
    rule: str
    value: str
    at: int
    last: int
    text: str
    action: Action
    twice: bool = False

    @property
    def place(self) -> str:
        """`header_checks:12`, as lists name it."""
        name = self.file.rsplit("/", 1)[-1] if self.file else safe(self.table, 40)
        return f"{safe(name)}:{self.line}" if self.line else safe(name)

    def as_json(self) -> dict[str, Any]:
        """In the names of `mailtui try-message --json`."""
        action = self.action
        fields: dict[str, Any] = {
            "parameter": self.parameter, "table": self.table, "file": self.file, "line": self.line,
            "rule": self.rule, "value": self.value, "message_line": self.at, "message_last_line": self.last,
            "text": self.text, "action": action.word.upper(), "effect": action.effect, "does": action.does,
            "problem": action.problem, "ends": action.ends,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Trial:
    """What the checks make of a message. `fired`: in the order of the message, those of cleanup(8) first.
    `effect` and `says`: what becomes of the mail. `problems`: tables that could not be asked. `broken`: rules
    that Postfix passes over. `unseen`: body lines that are behind body_checks_size_limit. `tables`: how many
    were asked."""

    fired: tuple[Fired, ...]
    effect: Effect
    says: str
    problems: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    unseen: int = 0
    tables: int = 0

    def as_json(self) -> dict[str, Any]:
        """As `mailtui try-message --json` prints it."""
        return {
            "fired": [each.as_json() for each in self.fired], "effect": self.effect, "says": self.says,
            "problems": list(self.problems), "broken": list(self.broken), "unseen_lines": self.unseen,
            "tables": self.tables,
        }  # fmt: skip


def try_message(instance: Instance, raw: bytes, *, delivery: bool = True) -> Trial:
    """Run a message through the checks of an instance; seen through a draft's files, through what is staged.
    `delivery`: the smtp_ checks too. Raises InstanceError where main.cf cannot be read."""
    found = tuple(pieces(raw, limits(instance)))
    asking = _Asking(instance, found)
    fired, says = asking.receive()
    effect: Effect = says[0]
    if delivery and effect not in {"reject", "defer", "discard"}:
        fired += asking.deliver()
    unseen = sum(not piece.looked_at and bool(piece.text) for piece in found)
    problems = tuple(dict.fromkeys(asking.problems))
    broken = tuple(dict.fromkeys(asking.broken))
    return Trial(tuple(fired), effect, says[1], problems, broken, unseen, len(asking.asked))


def limits(instance: Instance) -> Limits:
    """The limits of main.cf. Raises ParameterError."""
    parameters = instance.parameters
    usual = Limits()

    def number(name: str, default: int) -> int:
        text = parameters.effective(name)
        return int(text) if text.isdigit() else default

    return Limits(
        number("header_size_limit", usual.header),
        max(number("line_length_limit", usual.line), 1),
        number("body_checks_size_limit", usual.body),
        number("mime_nesting_limit", usual.nesting),
        number("mime_boundary_length_limit", usual.boundary),
        parameters.effective("disable_mime_input_processing").lower() != "yes",
    )


def fires_on(
    instance: Instance, document: Patterns, raw: bytes, parameters: Sequence[str]
) -> list[tuple[Piece, Hit]]:
    """The pieces of a message on which rules fire that may be in no file yet, were theirs the only table of
    these parameters. Raises InstanceError."""
    kinds = {_CLASSES[(RECEIVING if name in RECEIVING else DELIVERING).index(name)] for name in parameters
             if name in RECEIVING or name in DELIVERING}  # fmt: skip
    seen = [piece for piece in pieces(raw, limits(instance)) if piece.kind in kinds and piece.looked_at]
    found: list[tuple[Piece, Hit]] = []
    for headers in (True, False):
        mine = [piece for piece in seen if (piece.kind != "body") is headers]
        texts = [piece.text for piece in mine]
        answers = ask_rules(document, texts, headers=headers, config_dir=instance.config_dir)
        found += ((piece, hit) for piece, hit in zip(mine, answers.hits, strict=True) if hit is not None)
    return sorted(found, key=lambda each: each[0].line)


class _Asking:
    """One message and the tables that are asked for it."""

    def __init__(self, instance: Instance, found: Sequence[Piece]) -> None:
        self.instance, self.pieces = instance, found
        self.problems: list[str] = []
        self.broken: list[str] = []
        self.asked: set[tuple[str, str]] = set()

    def receive(self) -> tuple[list[Fired], tuple[Effect, str]]:
        """What cleanup(8) does."""
        hits = self._hits(RECEIVING)
        fired: list[Fired] = []
        state = _Outcome()
        for number, piece in enumerate(self.pieces):
            found = hits.get(number)
            if found is None:
                continue
            if not found[1].value:
                state.broken = state.broken or _empty(*found)
            one = self._fired(piece, *found, held=state.held)
            fired.append(one)
            state.see(one)
            if one.action.ends:
                break
        return fired, state.words(asked=bool(self.asked), problems=self.problems)

    def deliver(self) -> list[Fired]:
        """What smtp(8) does with the same lines, should the mail leave by SMTP."""
        hits = self._hits(DELIVERING)
        return [self._fired(piece, *hits[n]) for n, piece in enumerate(self.pieces) if n in hits]

    def _hits(self, parameters: tuple[str, ...]) -> dict[int, tuple[Lookup, Hit]]:
        """By the number of a piece: the first table of its class that answers, and what."""
        result: dict[int, tuple[Lookup, Hit]] = {}
        for kind, parameter in zip(_CLASSES, parameters, strict=True):
            left = [n for n, piece in enumerate(self.pieces) if piece.kind == kind and piece.looked_at]
            for table in self.instance.lookups(parameter):
                self.asked.add((parameter, table.spec))
                texts = [self.pieces[n].text for n in left]
                answers = ask(table, texts, self.instance.files, headers=kind != "body")
                if answers.problem:
                    self.problems.append(answers.problem)
                self.broken += [f"{safe(table.path)}:{one.line}: {one.text}" for one in answers.broken]
                result.update(
                    (n, (table, hit)) for n, hit in zip(left, answers.hits, strict=True) if hit is not None
                )
                left = [n for n in left if n not in result]
        return result

    def _fired(self, piece: Piece, table: Lookup, hit: Hit, *, held: bool = False) -> Fired:
        value = decode(hit.value)
        action = read_action(value, table.parameter)
        row = self._row(table, hit.line)
        return Fired(
            table.parameter,
            table.spec,
            table.path if table.has_file else "",
            hit.line,
            decode(row.name) if row is not None else "",
            value,
            piece.line,
            piece.last_line,
            decode(piece.text),
            action,
            held and action.effect == "hold",
        )

    def _row(self, table: Lookup, line: int | None) -> PatternRow | None:
        if line is None:
            return None
        document = patterns_of(table, self.instance.files)
        return None if document is None else document.at_line(line)


def _empty(table: Lookup, hit: Hit) -> str:
    where = f"{safe(table.path)}:{hit.line}" if hit.line else safe(table.spec)
    return f"the mail is put off with 451: the rule at {where} has no result, which is an error"


@dataclass(slots=True)
class _Outcome:
    """What the rules that fired add up to."""

    last: Fired | None = None
    held: bool = False
    filter: str = ""
    redirect: str = ""
    copies: tuple[str, ...] = ()
    changed: int = 0
    broken: str = ""

    def see(self, fired: Fired) -> None:
        action = fired.action
        match action.effect:
            case "reject" | "defer" | "discard" | "pass":
                self.last = fired
            case "redirect":
                self.redirect = action.text
            case "hold":
                self.held = True
            case "filter":
                self.filter = action.text
            case "bcc":
                self.copies = (*self.copies, action.text)
            case "prepend" | "replace" | "remove":
                self.changed += 1

    def words(self, *, asked: bool, problems: Iterable[str]) -> tuple[Effect, str]:
        """What becomes of the mail: the strongest effect, and a sentence."""
        last = self.last
        if any(problems):
            return "error", "the mail is put off with 451: a table cannot be asked"
        if last is not None and last.action.effect in {"reject", "defer"}:
            return last.action.effect, f"the mail is refused: {safe(last.action.does, 200)}"
        if self.broken:
            return "error", self.broken
        if last is not None and last.action.effect == "discard":
            return "discard", "the mail is taken and thrown away"
        told = [*self._told()]
        if not asked:
            return "nothing", "no header or body checks are set: the mail passes"
        effect: Effect = "hold" if self.held else "redirect" if self.redirect else "nothing"
        return effect, "the mail passes" + (", and " + ", ".join(told) if told else " as it is")

    def _told(self) -> Iterable[str]:
        if self.held:
            yield "is put on hold"
        if self.redirect:
            yield f"goes to {safe(self.redirect)} alone"
        elif self.filter:
            yield f"goes through {safe(self.filter)}"
        if self.copies:
            yield f"a copy goes to {safe(', '.join(self.copies))}"
        if self.changed:
            yield f"{self.changed} of its lines {'is' if self.changed == 1 else 'are'} changed"
