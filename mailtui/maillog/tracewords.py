"""A trace in words: rows for a screen, plain text to save or send, and the fields of `--trace --json`.

+0.00 connect     mx1.example.net [198.51.100.7]  TLS 1.3
+0.04 accepted    4031 bytes · DKIM pass · SPF pass · DMARC pass
+0.05 alias       webmaster@falcotsbrand.com → jean@falcot.com
+0.31 delivered   jean@falcot.com  local, delivered to mailbox     before 0.04 queue 0.01
+0.31 removed
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from mailtui.maillog.dmarcwhy import why as dmarc_why
from mailtui.maillog.story import Delays, Related, State, Step, Trace
from mailtui.text.safe import safe

STATES: dict[State, str] = {
    "delivered": "delivered to everyone",
    "partly": "delivered to some",
    "deferred": "waits in the queue to be tried again",
    "bounced": "given back to the sender",
    "rejected": "refused",
    "held": "held in the queue",
    "queued": "accepted; nothing says what became of it",
    "discarded": "thrown away",
    "deleted": "deleted from the queue by the admin",
    "unknown": "the log does not say what became of it",
}
"""What became of a message, in words."""

_FOLDED = {"tls": "connect", "login": "connect", "message-id": "", "queued": "accepted", "dkim": "accepted",
           "spf": "accepted", "dmarc": "accepted"}  # fmt: skip
"""Kinds that a row of another kind tells in a few words, where there is one before them."""
_WIDTH = 11
"""Columns of a row's title."""


class Row(NamedTuple):
    """One row of a trace. `steps` are what it tells of, the first one gives its time; `aside` stands at the
    right (the delays). Nothing here is safe for a terminal yet."""

    steps: tuple[Step, ...]
    offset: str
    title: str
    text: str
    aside: str

    @property
    def key(self) -> int:
        """The key of the line that it stands for."""
        return self.steps[0].key

    @property
    def kind(self) -> str:
        return self.steps[0].kind


def offset_words(seconds: float, *, fine: bool = True) -> str:
    """Time since the first line: `+0.31`, `+3:25`, `+2:05:10`, `+1 d 2:05`. Not `fine`: whole seconds."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    if seconds < 60:
        return f"{sign}{seconds:.2f}" if fine else f"{sign}{seconds:.0f}"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"{sign}{hours // 24} d {hours % 24}:{minutes:02}"
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def delay_words(delays: Delays | None) -> str:
    """The parts of a delivery's delay that took any time, in seconds: `before 0.04 queue 0.01`."""
    if delays is None:
        return ""
    names = ("before", "queue", "connect", "transmit")
    return " ".join(f"{name} {part:g}" for name, part in zip(names, delays, strict=True) if part)


def is_fine(trace: Trace) -> bool:
    """Whether the log tells parts of a second."""
    return any(step.at is not None and step.at.microsecond for step in trace.steps)


def rows(trace: Trace, *, every: bool = False) -> list[Row]:
    """The rows of a trace. Unless `every` step is wanted as a row of its own, TLS and login stand in the row
    of the connection, size and the verdicts of DKIM, SPF and DMARC in that of the acceptance."""
    fine = is_fine(trace)
    groups: list[list[Step]] = []
    homes: dict[str, list[Step]] = {}
    early = [] if every else _before_acceptance(trace)
    for step in trace.steps:
        if any(step is other for other in early):
            continue
        home = None if every or step.title == "login failed" else homes.get(_FOLDED.get(step.kind, "none"))
        if step.kind == "tls" and " to " in step.text:
            home = None
        if home is not None:
            home.append(step)
            continue
        if not every and _goes_without_saying(step, trace):
            continue
        groups.append([step])
        if step.kind == "accepted":
            groups[-1] += early
            early = []
        if step.kind in {"connect", "accepted"}:
            homes[step.kind] = groups[-1]
        if step.kind in {"delivered", "deferred", "bounced"}:
            homes.clear()
    client = next((step.text for step in trace.steps if step.kind == "connect"), "")
    return [_row(group, fine, client) for group in groups]


def _before_acceptance(trace: Trace) -> list[Step]:
    """What policy services said before the message had its queue id; empty where it never got one."""
    places = [place for place, step in enumerate(trace.steps) if step.kind == "accepted"]
    return [step for step in trace.steps[: places[0]] if step.kind == "spf"] if places else []


def _goes_without_saying(step: Step, trace: Trace) -> bool:
    """Whether a step tells no more than others do: the heading has the message-id."""
    if step.kind == "disconnect":
        return bool(trace.queue_id)
    return step.kind == "message-id"


def _row(group: list[Step], fine: bool, client: str) -> Row:
    step = group[0]
    offset = offset_words(step.offset, fine=fine)
    text = step.text
    if step.kind == "connect":
        text = "  ".join([text, *(_brief(other) for other in group[1:])])
    elif step.kind == "accepted" and len(group) > 1:
        text = " · ".join(part for part in (_accepted(step, group, client), *_verdicts(group)) if part)
    return Row(tuple(group), offset, step.title, text, delay_words(step.delays))


def _brief(step: Step) -> str:
    if step.kind == "tls":
        return (
            step.text.split(" ")[0] + " " + step.text.split(" ")[1]
            if step.text.startswith("TLS ")
            else step.text
        )
    return step.text


def _accepted(step: Step, group: list[Step], client: str) -> str:
    """Its size, and from whom unless the row of the connection says so."""
    size = next((other.record.size for other in group if other.record.size is not None), None)
    words = step.text.removeprefix(f"from {client}").removeprefix(", ") if client else step.text
    return (
        " · ".join(part for part in (words, f"{size} bytes" if size is not None else "") if part) or step.text
    )


def _verdicts(group: list[Step]) -> Iterator[str]:
    for step in group[1:]:
        key_only = step.kind == "dkim" and step.text.startswith("key ") and ":" not in step.text
        if step.kind in {"dkim", "spf", "dmarc"} and not key_only:
            yield f"{step.title} {step.text}"


def heading(trace: Trace) -> str:
    """Who, to whom: `3FCA722E68E · b@example.net → webmaster@falcotsbrand.com`."""
    sender = "?" if trace.sender is None else trace.sender or "<>"
    to = ", ".join(trace.recipients[:3]) or "?"
    if len(trace.recipients) > 3:
        to += f" and {len(trace.recipients) - 3} more"
    name = trace.queue_id or ("not accepted" if trace.state == "rejected" else "session")
    if not trace.queue_id and trace.sender is None and not trace.recipients:
        return f"{name} · {trace.client or '?'}"
    return f"{name} · {sender} → {to}"


def state_words(trace: Trace) -> str:
    """What became of it; of a session in which nothing was refused that it is one."""
    if trace.queue_id or trace.state != "unknown":
        return STATES[trace.state]
    return "a session with a client" if trace.client is not None else "a line of no message"


def as_text(trace: Trace, *, every: bool = False, lines: bool = False, indent: str = "") -> str:
    """The trace as text, each line safe for a terminal, ending in a newline. With `lines` the log's own lines
    stand below."""
    out = [indent + heading(trace), f"{indent}{state_words(trace)}{_facts(trace)}", ""]
    shown = rows(trace, every=every)
    width = max((len(row.offset) for row in shown), default=0)
    for row in shown:
        text = f"{row.text}   {row.aside}" if row.aside else row.text
        out.append(f"{indent}  {row.offset:>{width}} {row.title:<{_WIDTH}} {text}".rstrip())
    out += [f"{indent}  {'':>{width}} {text}" for text in dmarc_why(trace)]
    if lines:
        raw = dict.fromkeys(step.record.raw for step in trace.steps)
        out += ["", *(f"{indent}  {line}" for line in raw)]
    for related in trace.related:
        out += ["", f"{indent}  {related.why}:"]
        out += as_text(related.trace, every=every, lines=lines, indent=indent + "    ").splitlines()
    return "\n".join(safe(line) for line in out) + "\n"


def _facts(trace: Trace) -> str:
    facts = []
    if trace.began is not None:
        facts.append(trace.began.isoformat(sep=" ", timespec="seconds"))
    if trace.size is not None:
        facts.append(f"{trace.size} bytes")
    if trace.message_id is not None:
        facts.append(f"message-id {trace.message_id}")
    return "".join(f" · {fact}" for fact in facts)


def as_json(trace: Trace) -> dict[str, Any]:
    """The trace in the names of `mailtui log --trace ID --json`; what does not apply is absent."""
    fields = {
        "queue_id": trace.queue_id or None,
        "state": trace.state,
        "sender": trace.sender,
        "recipients": list(trace.recipients),
        "client": trace.client,
        "size": trace.size,
        "message_id": trace.message_id,
        "steps": [_step(step) for step in trace.steps],
        "dmarc": list(dmarc_why(trace)) or None,
        "related": [_related(related) for related in trace.related],
    }
    return {name: value for name, value in fields.items() if value is not None}


def _step(step: Step) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": _iso(step.at),
        "offset": step.offset,
        "kind": step.kind,
        "title": step.title,
        "text": step.text,
        "queue_id": step.queue_id or None,
        "delays": step.delays._asdict() if step.delays is not None else None,
        "record": step.record.as_json(),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _related(related: Related) -> dict[str, Any]:
    return {"why": related.why, "trace": as_json(related.trace)}
