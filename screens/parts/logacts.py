"""What the log and a trace offer for a line: why it was refused (`x`), and what can be done (`f`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from mailtui.edits.plan import Plan
from mailtui.maillog.record import Record
from mailtui.maillog.refusal import refusal
from mailtui.maillog.story import Trace
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.logrows import line_at
from mailtui.text.safe import encode

if TYPE_CHECKING:
    from mailtui.maillog.feed import Feed
    from mailtui.screens.parts.chooser import Option
    from mailtui.screens.parts.logkeys import Keys

REFUSED = frozenset({"reject", "milter_reject"})
"""Events that `x` explains."""


class Offer(Protocol):
    """An edit that is offered for a line: its words, what staging it comes to, and the same with a reason."""

    @property
    def title(self) -> str: ...
    @property
    def plan(self) -> Plan: ...
    def because(self, reason: str, /) -> Plan: ...


def blocks(instance: Instance, record: Record, who: str) -> Sequence[Offer]:
    """What refuses the sender, its domain, or the client from now on."""
    from mailtui.edits.blocking import offers

    return offers(instance, record, who=who)


AROUND = 2000
"""Lines before one among which a circle of mail is looked for."""


def lines_before(feed: Feed, keys: Keys, key: int) -> bytes:
    """The lines that are shown before one, and itself."""
    place = keys.place(key)
    return b"".join(line_at(feed, each) + b"\n" for each in keys.part(place - AROUND, place + 1))


def circles(instance: Instance, record: Record, around: bytes, who: str) -> Sequence[Offer]:
    """What ends a circle of mail that a line is of. `around`: the lines before it, and itself."""
    from mailtui.edits.holding import hold_offers
    from mailtui.maillog.loops import Loops

    loops = Loops()
    loops.add(0, around)
    mine = {address.lower() for address in (record.recipient, record.orig_to) if address}
    found = next((each for each in loops.findings if mine.intersection(each.addresses)), None)
    return hold_offers(instance, found, who=who) if found is not None else []


OFFERS: list[Callable[[Instance, Record, str], Sequence[Offer]]] = [blocks]
"""Who is asked for offers, each in a thread; the last argument is who asks."""


def why_refused(
    record: Record, trace: Trace | None = None, instance: Instance | None = None
) -> Iterator[str]:
    """The lines of the explanation: the rule and where it stands, the session as far as the log has it, the
    reply. Raises InstanceError where the files of the instance cannot be read."""
    found = refusal(record)
    service = (record.process or "smtpd").rpartition("/")[2]
    code = " ".join(str(part) for part in (record.code, record.dsn) if part)
    yield f"ANSWER     {code} {record.text}".rstrip()
    doubt = {"sure": "", "likely": "  (likely: other rules can say this too)", "unknown": ""}[found.certainty]
    yield f"BY         {found.rule or 'no rule that the words tell'}{doubt}"
    yield f"BECAUSE    {found.why}"
    if instance is not None:
        from mailtui.postfix.refusalplaces import places

        standing = [place.words for place in places(instance, record, found)]
        for number, words in enumerate(standing or ["nowhere in the lists as they are now"]):
            yield f"{'' if number else 'STANDS':<10} {words}"
    if found.do:
        yield f"TO DO      {found.do}"
    yield ""
    client = f"{record.client_address or 'unknown'} ({record.client_name or 'unknown'})"
    sender = record.sender if record.sender is not None else (trace.sender if trace is not None else None)
    told = {
        "client": client if record.client_address is not None else None,
        "helo": record.helo,
        "from": "<>" if sender == "" else sender,
        "to": record.recipient,
        "login": record.sasl_username,
        "service": service,
        "time": (record.time or "")[:19].replace("T", " "),
    }
    for name, value in told.items():
        yield f"{name:<10} {value or 'not in this line'}"
    yield ""
    yield record.raw


def explain(screen: ConsoleScreen, record: Record, trace: Trace | None = None) -> None:
    """Show why a line's client was refused; of other lines say that there is nothing to explain."""
    if record.event not in REFUSED:
        screen.say("Only a refusal can be explained: R in the list, e goes to the next problem")
        return

    def shown(text: str) -> None:
        screen.console.show_plain("Why it was refused", text)

    def failed(error: Exception) -> None:
        shown("\n".join([*why_refused(record, trace), "", f"Where the rule stands: {problem(error)}"]))

    instance = screen.session.instance
    beside(screen, "explain", lambda: "\n".join(why_refused(record, trace, instance)), shown, failed)


def offer(screen: ConsoleScreen, record: Record, around: Callable[[], bytes] | None = None) -> None:
    """Let one of the edits be chosen that are offered for a line, ask for a reason, and stage it. `around`
    reads the lines before it, with itself; it is asked in a thread."""
    session = screen.session

    def ask() -> list[Offer]:
        lines = encode(record.raw) if around is None else around()
        found = [*circles(session.instance, record, lines, session.who)]
        for provider in OFFERS:
            found += provider(session.instance, record, session.who)
        return found

    def answered(found: list[Offer]) -> None:
        if not found:
            screen.say("Nothing is offered for this line")
            return
        from mailtui.screens.parts.chooser import Chooser, Option

        options: list[Option[Offer]] = [Option("", one.title, one) for one in found]
        screen.app.push_screen(Chooser("What to do", options), chosen)

    def chosen(found: Offer | None) -> None:
        if found is None:
            return
        if found.plan.refused:
            screen.say(found.plan.refused, "warning")
            return
        from mailtui.screens.parts.chooser import Reason

        lines = [*found.plan.says, "A reason, if you like: it is kept as a comment with date and name."]
        screen.app.push_screen(Reason(found.title, lines), lambda reason: give(found, reason))

    def give(found: Offer, reason: str | None) -> None:
        if reason is None:
            return
        plan = found.because(reason) if reason else found.plan
        if plan.refused:
            screen.say(plan.refused, "warning")
            return
        session.stage(*plan.edits, label=found.title if len(plan.edits) > 1 else "")
        screen.say(f"Staged: {found.title}; w writes it")

    beside(screen, "offers", ask, answered, lambda error: screen.say(problem(error), "error"))
