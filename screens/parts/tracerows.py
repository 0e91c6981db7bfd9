"""A trace as rows and lines: its steps, the related messages, and where each leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from mailtui.maillog import tracewords
from mailtui.maillog.record import Record
from mailtui.maillog.story import Related, State, Step, Trace
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Span, Spans

Leads = Literal["aliases", "mailboxes", "milters", "explain", "trace", "line"]

_STYLES = {
    "delivered": "good", "stored": "good", "accepted": "good", "rejected": "error", "bounced": "error",
    "deferred": "warning", "greylisted": "warning", "held": "warning", "discarded": "warning",
    "warning": "warning", "milter": "", "connect": "", "removed": "dim", "disconnect": "dim",
    "queued": "dim", "message-id": "dim", "note": "dim", "tls": "dim",
}  # fmt: skip
_LETTERS = {
    "rejected": "R", "bounced": "B", "deferred": "D", "greylisted": "D", "warning": "?", "delivered": "S",
    "stored": "S", "accepted": "A", "held": "?", "discarded": "?",
}  # fmt: skip
STATES: dict[State, str] = {
    "delivered": "good", "partly": "warning", "deferred": "warning", "bounced": "error", "rejected": "error",
    "held": "warning", "queued": "warning", "discarded": "warning", "deleted": "warning", "unknown": "dim",
}  # fmt: skip
"""The style of what became of a message."""
PROBLEMS = frozenset({"rejected", "bounced", "deferred", "greylisted", "warning", "held", "discarded"})
"""Kinds of steps that `e` goes to."""

_LOCAL = ("local", "virtual", "dovecot", "maildrop", "procmail")
_WORDS: dict[Leads, str] = {
    "aliases": "the alias", "mailboxes": "the mailbox", "milters": "the milters", "explain": "why",
    "trace": "its trace", "line": "the whole line",
}  # fmt: skip


class TraceRow(NamedTuple):
    """A row of the time line, or a related message."""

    line: tracewords.Row | None
    related: Related | None = None

    @property
    def step(self) -> Step | None:
        """The step that gives the row its place."""
        return None if self.line is None else self.line.steps[0]


def rows_of(trace: Trace, *, every: bool = False) -> list[TraceRow]:
    """The steps in time, then the messages that belong to this one."""
    steps = [TraceRow(line) for line in tracewords.rows(trace, every=every)]
    return steps + [TraceRow(None, related) for related in trace.related]


def cells_of(row: TraceRow) -> Row:
    """One row of the time line."""
    if row.related is not None:
        other = row.related
        state = other.trace.state
        return Row(
            (
                "",
                [("→ trace", "accent")],
                [(f"{other.why}  ", ""), (tracewords.STATES[state], STATES[state])],
                "",
            )
        )
    line = row.line
    assert line is not None
    style = _STYLES.get(line.kind, "")
    named: list[Span] = [(f"{_LETTERS.get(line.kind, ' ')} {line.title}", style)]
    return Row((line.offset, named, line.text, line.aside), style="dim" if style == "dim" else "")


def leads(row: TraceRow) -> tuple[Leads, str]:
    """Where Enter leads from a row, and to what there."""
    if row.related is not None:
        return "trace", row.related.queue_id
    step = row.step
    assert step is not None
    record = step.record
    if step.kind == "alias":
        return "aliases", record.orig_to or record.recipient or ""
    if step.kind in {"delivered", "stored"} and (record.relay or "").startswith(_LOCAL):
        return "mailboxes", record.recipient or ""
    if step.kind in {"rejected", "greylisted"}:
        return ("milters", "") if record.event == "milter_reject" else ("explain", "")
    if step.kind in {"milter", "dkim", "dmarc", "spf"}:
        return "milters", ""
    return "line", ""


def leads_words(row: TraceRow) -> str:
    """The same in words."""
    return _WORDS[leads(row)[0]]


def title_of(trace: Trace) -> list[Span]:
    """Who to whom."""
    queue_id, _dot, way = tracewords.heading(trace).partition(" · ")
    return [(queue_id, "bold"), (f"  {way}", "")]


def about(row: TraceRow, reasons: Sequence[str] = ()) -> Iterator[Spans]:
    """The lines of the pane: the step's words, its fields, the line itself. `reasons`: why the message failed
    DMARC, told of the rows that say so."""
    if row.related is not None:
        state = row.related.trace.state
        yield _field("message", row.related.queue_id or "not queued")
        yield _field("is", row.related.why)
        yield _field("became", tracewords.STATES[state], STATES[state])
        return
    step = row.step
    assert step is not None
    yield _field("says", step.text or step.record.text)
    for other in row.line.steps[1:] if row.line is not None else ():
        yield _field(other.title, other.text)
    told = row.line.steps if row.line is not None else ()
    if any(each.kind == "dmarc" or each.record.event == "milter_reject" for each in told):
        for number, text in enumerate(reasons):
            yield _field("DMARC" if not number else "", text)
    if step.delays is not None:
        yield _field("took", "  ".join(
            f"{name} {seconds:g} s" for name, seconds in
            zip(("before the queue", "in the queue", "connecting", "sending"), step.delays, strict=True)
        ))  # fmt: skip
    yield from fields(step.record)
    yield _field("line", step.record.raw, "dim")


def says(record: Record) -> Spans:
    """What the line says: the reply's numbers, where it has any, and its words."""
    reply = " ".join(str(part) for part in (record.code, record.dsn) if part)
    shown = reply if reply and not record.text.startswith(reply) else ""
    return [(f"{'says':<{LABEL}}", "dim"), (f"{shown} {record.text}".strip(), "")]


def fields(record: Record) -> Iterator[Spans]:
    """The record's other fields that say something, few lines of them."""
    who: list[Span] = []
    if record.client_address is not None:
        who += [(f"{'client':<{LABEL}}", "dim"), (f"{record.client_name} [{record.client_address}]", "")]
    for name, value in (("login", record.sasl_username), ("helo", record.helo)):
        if value:
            who += [(f"  {name} " if who else f"{name:<{LABEL}}", "dim"), (value, "")]
    if who:
        yield who
    sender = "<>" if record.sender == "" else record.sender
    if record.recipient is not None or sender is not None:
        way: list[Span] = [
            (f"{'mail':<{LABEL}}", "dim"),
            (f"{sender or ''} → {record.recipient or ''}".strip(), ""),
        ]
        if record.orig_to and record.orig_to != record.recipient:
            way += [("  sent to ", "dim"), (record.orig_to, "")]
        yield way
    if record.relay:
        yield _field("relay", record.relay)


def _field(name: str, value: str, style: str = "") -> Spans:
    return [(f"{name:<{LABEL}}", "dim"), (value, style)]
