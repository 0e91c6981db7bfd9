"""The lines of one message as a trace: steps in order, who sent it to whom, what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mailtui.maillog import outsiders
from mailtui.maillog.connection import NEAR, policies, postscreen, session
from mailtui.maillog.fate import state_of
from mailtui.maillog.gather import Found, Reader, needle
from mailtui.maillog.head import quick
from mailtui.maillog.lives import Word
from mailtui.maillog.record import Record, parse
from mailtui.maillog.stamp import when
from mailtui.maillog.steps import delays_of, said
from mailtui.maillog.story import Step, Trace
from mailtui.text.safe import encode

CLOSE = 1 << 20
"""Bytes around a delivery in which its process's own lines are looked for."""
MOST_TARGETS = 20
"""Addresses that an alias step names; a mailing list has thousands."""
MOST_DELIVERIES = 50
"""Above this the connections of the deliveries are left out: a newsletter has thousands."""


def told(reader: Reader, queue_id: str, life: list[Word]) -> Trace:
    """The trace of a message's lines and of what belongs to them, without related messages."""
    made = Trace(queue_id)
    own = [word.found for word in life if word.own or not _of_postfix(word.found)]
    records = {found.key: parse(found.line, found.now) for found in own}
    _fill(made, list(records.values()))
    taken = {found.key: found for found in own}
    for found in [
        *_session(reader, own, records, made),
        *_deliveries(reader, own),
        *_by_message_id(reader, own, made),
    ]:
        taken.setdefault(found.key, found)
    made.steps = _steps(sorted(taken.values()), queue_id, records)
    made.state = state_of(made)
    return made


def refused(reader: Reader, line: Found) -> tuple[Trace, list[tuple[str, int]]]:
    """The trace of a session, or of a single line that is of none, and the messages that it brought (queue
    ids, keys)."""
    lines = {found.key: found for found in _whole_session(reader, line)}
    made = Trace("")
    steps = _steps(sorted(lines.values()), "", {})
    made.steps = steps
    turned_away = [step for step in steps if step.kind in {"rejected", "greylisted"}]
    _fill(made, [step.record for step in turned_away or steps])
    brought: dict[str, int] = {}
    for step in steps:
        if step.kind == "accepted" and step.record.queue_id is not None:
            brought.setdefault(step.record.queue_id, step.key)
    made.state = "rejected" if turned_away and not brought else "unknown"
    return made, list(brought.items())


def _whole_session(reader: Reader, line: Found) -> list[Found]:
    daemon = outsiders.daemon(line.line)
    if daemon == "smtpd":
        found = session(reader, line, all_of_it=True)
        return [*_before_and_beside(reader, found.lines), *found.lines]
    whom = outsiders.policy(line.line)
    if whom is None or whom.address is None:
        return [line]
    peer = encode(f"[{whom.address}]")
    for other in [*reader.after(line.key, peer, NEAR >> 2), *reader.before(line.key, peer, NEAR >> 2)]:
        if outsiders.daemon(other.line) == "smtpd":
            found = session(reader, other, all_of_it=True)
            return [line, *found.lines]
    return [line]


def _before_and_beside(reader: Reader, lines: Sequence[Found]) -> list[Found]:
    """postscreen's and the policy services' lines of a session."""
    records = [parse(found.line, found.now) for found in lines]
    address = next((record.client_address for record in records if record.client_address), None)
    if address is None:
        return []
    sender = next((record.sender for record in records if record.sender is not None), None)
    recipients = frozenset(record.recipient.lower() for record in records if record.recipient)
    beside = policies(reader, lines[0].key, lines[-1].key, address, sender, recipients)
    return [*postscreen(reader, lines[0]), *beside]


def _of_postfix(found: Found) -> bool:
    """Whether Postfix wrote a line; what it says of another message is that one's."""
    head = quick(found.line)
    return head.queue_id is not None or b"postfix" in head.process


def _fill(made: Trace, records: Sequence[Record]) -> None:
    """What the lines say of the message as a whole."""
    recipients: dict[str, None] = {}
    for record in records:
        if made.sender is None and record.sender is not None:
            made.sender = record.sender
        if made.size is None:
            made.size = record.size
        if made.message_id is None:
            made.message_id = record.message_id
        if made.client is None and record.client_address is not None:
            made.client = f"{record.client_name}[{record.client_address}]"
        if made.client is None and record.event == "received" and " uid=" in record.raw:
            made.client = "uid " + record.raw.partition(" uid=")[2].partition(" ")[0]
        recipient = record.orig_to or record.recipient
        if recipient and record.event in {"delivered", "deferred", "bounced", "reject", "milter_reject"}:
            recipients.setdefault(recipient)
    made.recipients = tuple(recipients)


def _session(reader: Reader, own: list[Found], records: dict[int, Record], made: Trace) -> list[Found]:
    """The session that brought the message; empty where it came otherwise, or that is not in the log."""
    for found in own:
        record = records[found.key]
        if record.event == "received" and record.client_address is not None:
            break
    else:
        return []
    came = session(reader, found)
    lines = came.lines
    first = min(lines, key=lambda line: line.key)
    passed = [other.key for other in own if records[other.key].event in {"received", "queued"}]
    until = max([found.key, *passed])
    everyone = frozenset(
        each.lower()
        for each in (*made.recipients, *(record.recipient or "" for record in records.values()))
        if each
    )
    since = first.key if came.whole else reader.some_before(first.key)
    beside = policies(reader, since, until, record.client_address, made.sender, everyone)
    return [*lines, *beside, *postscreen(reader, first)]


def _deliveries(reader: Reader, own: list[Found]) -> list[Found]:
    """TLS, refused connections and replies that a delivering process logged without the queue id."""
    lines = [found for found in own if b" status=" in found.line and b", relay=" in found.line]
    if len(lines) > MOST_DELIVERIES:
        return []
    taken: list[Found] = []
    for line in lines:
        text = needle(line.line)
        if not text or (b"/smtp[" not in text and b"/lmtp[" not in text):
            continue
        for found in reader.before(line.key, text, CLOSE):
            if quick(found.line).queue_id is not None:
                break
            taken.append(found)
    return taken


def _by_message_id(reader: Reader, own: list[Found], made: Trace) -> list[Found]:
    """What content filters and Dovecot's delivery agent say, which name only the message-id."""
    if not made.message_id or len(made.message_id) < 8:
        return []
    text = encode(made.message_id)
    first, last = own[0].key, own[-1].key
    near = [
        *reader.before(first, text, CLOSE),
        *reader.after(first, text, NEAR),
        *reader.before(last, text, CLOSE),
    ]
    return [found for found in near if not _of_postfix(found) and outsiders.words(found.line) is not None]


def _steps(lines: Sequence[Found], queue_id: str, own: Mapping[int, Record]) -> tuple[Step, ...]:
    """`own`: the records of the message's own lines; the others are of its session."""
    times = [when(found.line, found.now) for found in lines]
    began = next((time for time in times if time is not None), None)
    steps: list[Step] = []
    aliases = _Aliases()
    for found, at in zip(lines, times, strict=True):
        record = own.get(found.key)
        step = _step(found, record or parse(found.line, found.now), at, began, queue_id if record else "")
        aliases.before(step, steps)
        steps.append(step)
    aliases.tell(steps)
    return tuple(steps)


def _step(found: Found, record: Record, at: datetime | None, began: datetime | None, queue_id: str) -> Step:
    words = None if b"postfix" in quick(found.line).process else outsiders.words(found.line)
    if words is None:
        one = said(found.line, record)
        words = (one.kind, one.title, one.text)
    offset = (at - began).total_seconds() if at is not None and began is not None else 0.0
    kind, title, text = words
    return Step(found.key, at, offset, kind, title, text, record, delays_of(record), queue_id)


class _Aliases:
    """What addresses stood for: one step each, before the first delivery that names it."""

    def __init__(self) -> None:
        self._targets: dict[str, dict[str, None]] = {}
        self._places: dict[str, int] = {}

    def before(self, step: Step, steps: list[Step]) -> None:
        """Append the alias of a delivery, where it is the first of it."""
        record = step.record
        target, given = record.recipient, record.orig_to
        if (step.delays is None and record.relay is None) or not target or not given or given == target:
            return
        self._targets.setdefault(given, {})[target] = None
        if given in self._places:
            return
        self._places[given] = len(steps)
        took = step.delays.connect + step.delays.transmit if step.delays is not None else 0.0
        floor = min(steps[-1].offset if steps else 0.0, step.offset)
        offset = max(step.offset - took, floor)
        steps.append(Step(step.key, step.at, offset, "alias", "alias", "", record, None, step.queue_id))

    def tell(self, steps: list[Step]) -> None:
        """Put the words in."""
        for given, place in self._places.items():
            targets = list(self._targets[given])
            more = f" and {len(targets) - MOST_TARGETS} more" if len(targets) > MOST_TARGETS else ""
            text = f"{given} → {', '.join(targets[:MOST_TARGETS])}{more}"
            steps[place] = replace(steps[place], text=text)
