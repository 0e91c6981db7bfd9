"""What is done to messages from the queue's views: the number is typed, then it is done, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from mailtui.apply import queueacts
from mailtui.apply.queueacts import Acted, QueueError, Verb, counted
from mailtui.commands import CommandError
from mailtui.postfix.mailqueue.entry import HOLD, Entry, Seen
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.chooser import Chooser, Option
from mailtui.screens.parts.dialogs import ErrorDialog, TypedWord
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.queuerows import recipients_of, sender_of

NAMED = 4
"""Messages that a question shows; of more their number."""
_WORDS: dict[Verb, tuple[str, str]] = {
    "hold": ("Hold", "Nothing of it is delivered until it is released."),
    "release": ("Release", "It is tried again, in its turn."),
    "requeue": ("Requeue", "Addresses are rewritten and looked up anew, under another queue id."),
    "flush": ("Flush", "It is tried now. Often repeated this slows all other mail down."),
    "delete": ("Delete", "Gone for ever, and nobody is told."),
}


class Picked(NamedTuple):
    """Messages that somebody is about to act on: their ids, those that are on hold, the first few, and what
    each is known by."""

    ids: list[str]
    held: list[str]
    first: list[Entry]
    seen: dict[str, Seen]


def pick(listing: Listing, rows: Sequence[int]) -> Picked:
    """The messages of these rows. For a thread: there may be very many."""
    found = Picked([], [], [], {})
    for row in rows:
        entry = listing.entry(row)
        found.ids.append(entry.queue_id)
        found.seen[entry.queue_id] = Seen.of(entry)
        if entry.queue == HOLD:
            found.held.append(entry.queue_id)
        if len(found.first) < NAMED:
            found.first.append(entry)
    return found


def may_change(screen: ConsoleScreen) -> bool:
    """Whether anything may be changed; if not, that is said."""
    if screen.session.read_only:
        screen.say("This console is read-only: nothing is changed", "warning")
    return not screen.session.read_only


def toggled(picked: Picked) -> tuple[Verb, list[str]]:
    """What `#` does: hold what is not held; where all are, release them."""
    if len(picked.held) == len(picked.ids):
        return "release", picked.held
    held = set(picked.held)
    return "hold", [each for each in picked.ids if each not in held]


def ask(
    screen: ConsoleScreen,
    verb: Verb,
    picked: Picked,
    done: Callable[[Acted], object],
    *,
    ids: Sequence[str] | None = None,
    about: str = "",
) -> None:
    """Have the number typed, then do it to these messages, or to `ids` of them, and to no others."""
    ids, first = picked.ids if ids is None else ids, picked.first
    if not ids:
        screen.say("No message is chosen", "warning")
        return
    if not may_change(screen):
        return
    name, means = _WORDS[verb]
    lines = [f"{each.queue_id}  {sender_of(each)} → {recipients_of(each)}" for each in first]
    if len(ids) > len(first) > 0:
        lines.append(f"and {len(ids) - len(first):,} more")
    if about:
        lines.insert(0, f"of {about}")
    if verb == "requeue" and (held := len(set(picked.held) & set(ids))):
        lines.append(f"! {counted(held)} on hold: requeueing ends that, and they are delivered")
    title = f"{name} {counted(len(ids))}: now, no undo"
    instance = screen.session.instance

    def failed(error: Exception) -> None:
        screen.app.push_screen(
            ErrorDialog(f"Not done: {name.lower()} {counted(len(ids))}", [words_of(error)])
        )

    def answered(yes: bool | None) -> None:
        if yes:
            screen.say("working…")
            act = partial(queueacts.carry_out, instance, verb, ids, about, picked.seen)
            beside(screen, "act", act, done, failed)

    screen.app.push_screen(TypedWord(title, str(len(ids)), [*lines, means]), answered)


def words_of(error: Exception) -> str:
    """What went wrong."""
    return str(error) if isinstance(error, QueueError | CommandError) else problem(error)


def flush(
    screen: ConsoleScreen,
    picked: Picked,
    total: int,
    done: Callable[[Acted], object],
    *,
    site: str = "",
    about: str = "",
) -> None:
    """Let be chosen what is tried now: what is picked, all for one site, or the whole queue."""
    if not may_change(screen):
        return
    options = [Option("these", f"{counted(len(picked.ids))}{f' of {about}' if about else ''}", "these")]
    if site:
        options.append(Option("site", f"all mail for {site} (where fast_flush_domains has it)", "site"))
    options.append(Option("all", f"the whole queue, {counted(total)}", "all"))
    instance = screen.session.instance

    def failed(error: Exception) -> None:
        screen.app.push_screen(ErrorDialog("Not flushed", [words_of(error)]))

    def run(where: str, title: str, word: str) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                beside(screen, "act", lambda: queueacts.flush(instance, where), done, failed)

        screen.app.push_screen(TypedWord(f"{title}: now", word, [_WORDS["flush"][1]]), answered)

    def chosen(what: str | None) -> None:
        if what == "these":
            ask(screen, "flush", picked, done, about=about)
        elif what == "site":
            run(site, f"Flush all mail for {site}", site)
        elif what == "all":
            run("*", f"Flush the whole queue, {counted(total)}", str(total))

    screen.app.push_screen(Chooser("Try what now?", options), chosen)
