"""An answer of smtpd as rows of a list: each rule that was asked, those never reached where they stand, and
what the log would say."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from mailtui.postfix.smtpd.session import Answer, Session, Step
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.rulelines import short
from mailtui.screens.parts.text import Span, Spans
from mailtui.text.fewrows import FewRows

OUTCOMES: dict[str, tuple[str, str, str]] = {
    "permit": ("permit", "good", " "),
    "reject": ("REJECT", "error", "!"),
    "defer": ("DEFER", "warning", "!"),
    "dunno": ("-", "dim", " "),
    "no effect": ("none", "dim", " "),
    "warn": ("warns", "warning", "w"),
    "unknown": ("?", "warning", "?"),
    "error": ("ERROR", "error", "!"),
    "flag": ("later", "warning", "?"),
    "never": ("never", "dim", " "),
}
"""What a rule did → its word in the list, the word's style, and the row's marker."""
WORDS = {
    "permit": "permits, and ends this list", "reject": "refuses", "defer": "refuses for now",
    "dunno": "no opinion: the next rule is asked", "no effect": "passed over",
    "warn": "would refuse, but only warns (warn_if_reject)", "unknown": "cannot be known from here",
    "error": "smtpd answers 451 and says why in its log",
    "flag": "kept: it makes a later answer a temporary one", "never": "never reached",
}  # fmt: skip
_ACTIONS = {"permit": "good", "reject": "error", "defer": "warning", "unknown": "warning"}


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A rule with the `step` that asked it, None where it was never reached; or a line of the log (`log`)."""

    stage: str
    rule: str
    argument: str
    depth: int
    key: Hashable
    first: bool
    step: Step | None = None
    log: str = ""

    @property
    def outcome(self) -> str:
        return self.step.outcome if self.step is not None else "never"

    @property
    def text(self) -> str:
        """The rule in one line."""
        warns = "warn_if_reject " if self.step is not None and self.step.warn_only else ""
        return self.log or warns + " ".join(word for word in (self.rule, self.argument) if word)

    @property
    def label(self) -> str:
        """The list, or the class, that it stands in."""
        return "log" if self.log else self.stage.removeprefix("class:")

    @property
    def why(self) -> str:
        return self.step.why if self.step is not None else ("" if self.log else "answered before")


def _words(row: AskedRow) -> str:
    return f"{row.label} {row.text} {OUTCOMES.get(row.outcome, ('',))[0]} {row.why}"


class AskedRows(FewRows[AskedRow]):
    """The rows of an answer, for a list."""

    def __init__(self, rows: Sequence[AskedRow] = ()) -> None:
        super().__init__(rows, lambda row: row.key, _words)


def rows_of(answer: Answer) -> list[AskedRow]:
    """The rules in the order in which smtpd comes to them, those never reached behind the ones above them."""
    steps = answer.steps
    behind: dict[int, list[tuple[str, str, str]]] = {}
    depths: dict[str, int] = {}
    for step in steps:
        depths.setdefault(step.stage, step.depth)
    for never in answer.never_reached:
        behind.setdefault(_end_of(never[0], steps), []).append(never)
    made: list[AskedRow] = []
    seen: dict[tuple[str, str, str], int] = {}
    label = ""

    def add(stage: str, rule: str, argument: str, depth: int, step: Step | None) -> None:
        nonlocal label
        name = (stage, rule, argument)
        number = seen[name] = seen.get(name, -1) + 1
        made.append(AskedRow(*name, depth, (*name, number), stage != label, step))
        label = stage

    for place in range(-1, len(steps)):
        if place >= 0:
            step = steps[place]
            add(step.stage, step.rule, step.argument, step.depth, step)
        if place >= 0 or not steps:
            for stage, rule, argument in behind.get(place, ()):
                add(stage, rule, argument, depths.get(stage, 0), None)
    for stage, rule, argument in behind.get(len(steps), ()):
        add(stage, rule, argument, 0, None)
    made += [
        AskedRow("log", "", "", 0, ("log", number), not number, None, line)
        for number, line in enumerate(answer.warnings)
    ]
    return made


def _end_of(stage: str, steps: Sequence[Step]) -> int:
    """The last step of a list with all that lies within it; behind all of them for one never begun."""
    last = max((place for place, step in enumerate(steps) if step.stage == stage), default=-1)
    if last < 0:
        return len(steps)
    depth = steps[last].depth
    while last + 1 < len(steps) and steps[last + 1].depth > depth:
        last += 1
    return last


def cells_of(row: AskedRow, config_dir: str, *, labelled: bool) -> Row:
    """A row of the list. `labelled`: name its list in any case."""
    if row.log:
        sign, _, rest = row.log.partition(": ")
        return Row((row.label if row.first or labelled else "", sign, "", rest, ""), " ", "dim")
    word, style, marker = OUTCOMES.get(row.outcome, (row.outcome, "", " "))
    label: Span = (row.label if row.first or labelled else "", "" if row.depth else "bold")
    quiet = "dim" if row.outcome in {"never", "no effect"} else ""
    step = row.step
    took = f"{step.ms:.0f} ms" if step is not None and step.ms >= 1 else ""
    words = " ".join(word for word in (row.rule, row.argument) if word)
    rule = "  " * row.depth + short(words, config_dir)
    return Row(([label], [(rule, quiet)], [(word, style)], [(row.why, quiet or "")], [(took, "dim")]), marker)


def about(row: AskedRow) -> Iterator[Spans]:
    """The lines of the detail pane."""
    if row.log:
        yield _said("log", row.log)
        return
    yield _said("does", WORDS.get(row.outcome, row.outcome), OUTCOMES.get(row.outcome, ("", "", ""))[1])
    if row.why:
        yield _said("because", row.why)
    step = row.step
    if step is None:
        return
    if step.table:
        found = f"{step.key} → {step.value}" if step.value else f"{step.key}" if step.key else "no entry"
        yield _said("table", f"{step.table}: {found}")
    if step.ms >= 1:
        yield _said("took", f"{step.ms:.0f} ms")


def place_of(row: AskedRow) -> str:
    """File and line of the rule."""
    step = row.step
    if step is None or not step.file:
        return ""
    return f"{step.file}:{step.line}" if step.line else step.file


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


# The head: the session, and the answer


def session_words(session: Session) -> str:
    """The session in one line."""
    name = session.client_name
    reverse = session.reverse_client_name
    if reverse is not None and reverse != name:
        name = f"{name}, its address says {reverse}"
    sender = "" if session.sender is None else f"<{session.sender}>"
    recipient = "" if session.recipient is None else f"→ <{session.recipient}>"
    parts = (
        f"{session.client_address} ({name})",
        f"HELO {session.helo}" if session.helo else "no HELO",
        f"{sender} {recipient}".strip(),
        session.service,
        f"login {session.sasl_user}" if session.sasl_user else "",
        "TLS" if session.tls else "",
    )
    return "  ".join(part for part in parts if part)


def reply_words(answer: Answer) -> str:
    """The reply; where smtpd gives none, that."""
    reply = answer.reply if answer.code else "no answer"
    more = {"discard": "taken, and thrown away", "hold": "taken, and held in the queue",
            "filter": "taken, for a filter", "redirect": "taken, for another recipient",
            "unknown": "as far as can be known"}  # fmt: skip
    said = more.get(answer.action)
    return f"{reply}  ({said})" if said else reply


def by_words(answer: Answer) -> str:
    """The rule that settled it, with the way to it."""
    by = answer.decided_by
    if not by.rule:
        return "no rule: the lists ended without a refusal" if answer.code < 400 else ""
    deep = [step.stage for step in answer.steps if (step.rule, step.argument) == (by.rule, by.argument)]
    inner = deep[-1].removeprefix("class:") if deep and deep[-1].startswith("class:") else ""
    rule = " ".join(word for word in (by.rule, by.argument) if word)
    way = " › ".join(word for word in (by.stage, inner, rule) if word)
    if not by.table or not by.key:
        return way
    return f"{way} has {by.key}" if by.table == by.argument else f"{way}, by {by.key} in {by.table}"


def answer_style(answer: Answer) -> str:
    """Red where it is refused, green where it is taken."""
    return _ACTIONS.get(answer.action, "good" if answer.code and answer.code < 400 else "warning")


AT = {"connect": "at the connection", "helo": "at HELO", "mail": "at MAIL FROM", "rcpt": "at RCPT TO",
      "data": "at DATA"}  # fmt: skip


def head_of(label: str, answer: Answer, *, shown: bool = True, more: str = "") -> Iterator[Spans]:
    """The lines over the list that tell of one answer."""
    style = answer_style(answer)
    quiet = "" if shown else "dim"
    yield [(f" {label:<{LABEL}}", "dim"), (reply_words(answer), style), (f"  {AT[answer.at]}{more}", "dim")]
    by = by_words(answer)
    if by:
        yield [(f" {'BY':<{LABEL}}", "dim"), (by, quiet)]
    for why in answer.unknown[:2]:
        yield [(f" {'UNKNOWN':<{LABEL}}", "warning"), (why, quiet)]
    if len(answer.unknown) > 2:
        yield [(f" {'':<{LABEL}}", ""), (f"and {len(answer.unknown) - 2} more unknowns in the list", "dim")]


def decided(answer: Answer, rows: Sequence[AskedRow]) -> Hashable | None:
    """The row of the rule that settled it."""
    by = answer.decided_by
    mine = [
        row for row in rows if row.step is not None and (row.rule, row.argument) == (by.rule, by.argument)
    ]
    telling = [row for row in mine if row.outcome not in {"dunno", "no effect", "warn"}]
    return (telling or mine)[-1].key if mine else None


def as_text(session: Session, answers: Sequence[tuple[str, Answer]]) -> str:
    """The whole explanation as plain text. `answers`: each with its heading."""
    lines = [f"SESSION  {session_words(session)}"]
    for label, answer in answers:
        lines += ["".join(text for text, _ in spans).strip() for spans in head_of(label, answer)]
        lines += [f"UNKNOWN  {why}" for why in answer.unknown[2:]]
        lines.append("")
        for row in rows_of(answer):
            word = "" if row.log else f"{OUTCOMES.get(row.outcome, (row.outcome,))[0]:<7}"
            why = f"  {row.why}" if row.why else ""
            lines.append(f"{row.label:<11}{'  ' * row.depth}{word}{row.text}{why}")
        lines.append("")
    return "\n".join(lines).rstrip()
