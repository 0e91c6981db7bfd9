"""What the log and a trace offer for a line: why it was refused (`x`, `X`), and what can be done (`f`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from mailtui.maillog.record import Record
from mailtui.maillog.refusal import refusal
from mailtui.maillog.story import Trace
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.logrows import line_at
from mailtui.screens.parts.offering import Offer, choose_offer
from mailtui.text.safe import encode

if TYPE_CHECKING:
    from mailtui.maillog.feed import Feed
    from mailtui.postfix.smtpd.session import Session
    from mailtui.screens.parts.logkeys import Keys

REFUSED = frozenset({"reject", "milter_reject"})
"""Events that `x` explains."""
_NO_REFUSAL = "Only a refusal can be explained: a line with R reject"


ONE_QUESTION, ALL_QUESTIONS = 2.0, 8.0
"""Seconds that DNS has for one question of an offer, and for all of them: what is not known by then is
unknown, and nothing that rests on it is offered."""


def blocks(instance: Instance, record: Record, who: str) -> Sequence[Offer]:
    """What refuses the sender, its domain, or the client from now on."""
    from mailtui.edits.blocking import offers

    return offers(instance, record, who=who)


def lets_through(instance: Instance, record: Record, who: str) -> Sequence[Offer]:
    """What lets the session of a refusal pass from now on."""
    from mailtui.postfix.refusalsession import session_of

    found = session_of(instance, record)
    if found is None:
        return []
    from mailtui.dns.ask import Names
    from mailtui.edits.letting import let_through
    from mailtui.postfix.smtpd.explain import explain as explained

    names = Names(timeout=ONE_QUESTION)
    end = threading.Timer(ALL_QUESTIONS, names.stop)
    end.daemon = True
    end.start()
    try:
        return let_through(instance, found, explained(instance, found, names=names), who=who, names=names)
    finally:
        end.cancel()
        names.stop()


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


OFFERS: list[Callable[[Instance, Record, str], Sequence[Offer]]] = [lets_through, blocks]
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
    """Open Explain with the session of a refusal by smtpd; of another refusal say in words why it was."""
    if record.event not in REFUSED:
        screen.say(_NO_REFUSAL)
        return
    from mailtui.postfix.refusalsession import session_of

    instance = screen.session.instance
    sender = trace.sender if trace is not None else None

    def answered(found: Session | None) -> None:
        if found is None:
            explain_in_words(screen, record, trace)
            return
        from mailtui.screens.explain import open_explain

        open_explain(screen, found)

    def failed(_error: Exception) -> None:
        explain_in_words(screen, record, trace)  # which says what is wrong

    beside(screen, "explain", lambda: session_of(instance, record, sender), answered, failed)


def explain_in_words(screen: ConsoleScreen, record: Record, trace: Trace | None = None) -> None:
    """Show why a line's client was refused; of other lines say that there is nothing to explain."""
    if record.event not in REFUSED:
        screen.say(_NO_REFUSAL)
        return

    def shown(text: str) -> None:
        screen.console.show_plain("Why it was refused", text, hang=True)

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
        choose_offer(screen, found, "Nothing is offered for this line")

    beside(screen, "offers", ask, answered, lambda error: screen.say(problem(error), "error"))
