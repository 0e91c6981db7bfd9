"""What is done to messages of the queue: held, released, requeued, flushed, deleted. At once, without undo.

postsuper(1) gets the ids on its standard input and names each message that it found; what it does not name
was not there any more. A short queue id may be another message's by the time somebody has typed the number:
what is not the message that was shown is left out. The history gets a line of words; where it cannot be
written (a full disk is a reason to empty a queue) the action goes on, and that is said.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from mailtui import commands
from mailtui.apply.actor import who
from mailtui.apply.database import JournalError
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.review import state_folder
from mailtui.apply.state import StateError
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailqueue.entry import HOLD, Seen, comes_again, is_id
from mailtui.postfix.mailqueue.listing import Listing, read_all
from mailtui.text.safe import safe

Verb = Literal["hold", "release", "requeue", "flush", "delete"]
VERBS: tuple[Verb, ...] = get_args(Verb)
DONE: dict[Verb, str] = {
    "hold": "put on hold", "release": "released", "requeue": "requeued", "flush": "flushed",
    "delete": "deleted",
}  # fmt: skip
_OPTION: dict[Verb, str] = {"hold": "-h", "release": "-H", "requeue": "-r", "delete": "-d"}
_NAMED = re.compile(rb"^postsuper: ([0-9A-Za-z]+): (placed on hold|released from hold|requeued|removed)")
_SIGN: dict[Verb, str] = {"hold": "#", "release": "~", "requeue": "~", "flush": "~", "delete": "-"}
FEW = 5
"""Ids that are named in words; of more only their number is."""


class QueueError(Exception):
    """What could not be done, in words."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of it. `done` and `gone`: ids that were there, and that were not any more (or were so
    already, as one on hold that is to be held). `held`: ids that flushing does not try."""

    verb: Verb
    done: tuple[str, ...]
    gone: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    seconds: float = 0.0
    history_id: int | None = None
    notes: tuple[str, ...] = ()
    site: str = ""
    """Whose mail was flushed; `*` all of it."""

    @property
    def words(self) -> str:
        """What was done, in a sentence without an end."""
        if self.site:
            return (
                "flushed the whole queue" if self.site == "*" else f"flushed the mail for {safe(self.site)}"
            )
        said = [f"{counted(len(self.done))} {DONE[self.verb]}"]
        if self.verb == "requeue" and self.done:
            said.append("pickup takes them in again within a minute")
        if self.held:
            said.append(f"{counted(len(self.held))} on hold not tried: release first")
        if self.gone:
            named = f" ({', '.join(self.gone)})" if len(self.gone) <= FEW else ""
            why = {"hold": " or on hold already", "release": " or not on hold"}.get(self.verb, "")
            said.append(f"{counted(len(self.gone))} not there any more{why}{named}")
        if self.other:
            named = f" ({', '.join(self.other)})" if len(self.other) <= FEW else ""
            are = "is another message" if len(self.other) == 1 else "are other messages"
            said.append(f"{len(self.other):,} {are} by now, left alone{named}")
        return "; ".join(said)

    def as_json(self, plan: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """In the names of every command that changes something, and the ids."""
        found: dict[str, Any] = {
            "applied": True, "edits": [self.words], "diff": "", "plan": list(plan), "not_yours": [],
            "done": list(self.done), "gone": list(self.gone), "other": list(self.other),
        }  # fmt: skip
        if self.history_id is not None:
            found["history_id"] = self.history_id
        return found


def counted(number: int) -> str:
    """`1 message`, `1,290 messages`."""
    return f"{number:,} message{'' if number == 1 else 's'}"


def argv(config_dir: str, verb: Verb) -> list[str]:
    """The program that is run; the ids go to its standard input."""
    return ["postsuper", "-c", config_dir, _OPTION[verb], "-"]


def plan(config_dir: str, verb: Verb, count: int) -> list[dict[str, Any]]:
    """The plan, as `--dry-run` prints it."""
    if verb == "flush":
        words, why = f"postqueue -c {config_dir} -i ID", "for each of them that is deferred"
    else:
        words, why = " ".join(argv(config_dir, verb)), "the ids by standard input"
    return [{"action": "run", "target": words, "why": f"{counted(count)}: {why}; now, no undo"}]


def carry_out(
    instance: Instance,
    verb: Verb,
    ids: Collection[str],
    about: str = "",
    seen: Mapping[str, Seen] | None = None,
) -> Acted:
    """Do it now to these messages and no others. `about`: how they were chosen, for the history. `seen`: what
    they were known by then; an id that is another message's now is left out.

    Raises QueueError and CommandError where nothing or not all was done.
    """
    wanted = list(dict.fromkeys(ids))
    if wrong := next((each for each in wanted if not is_id(each)), ""):
        raise QueueError(f"{safe(wrong)} is no queue id")
    begun, seen = time.monotonic(), seen or {}
    asks = verb == "flush" or any(each in seen and comes_again(each) for each in wanted)
    now = read_all(instance.config_dir) if asks else Listing()
    other = [each for each in wanted if _is_other(now, each, seen)]
    left = set(other)
    there = [each for each in wanted if each not in left]
    if verb == "flush":
        done, held = _flushed(instance.config_dir, there, now)
    else:
        done, held = _supered(instance.config_dir, verb, there), []
    known = {*done, *held, *other}
    gone = [each for each in wanted if each not in known]
    seconds = time.monotonic() - begun
    acted = Acted(verb, tuple(done), tuple(gone), tuple(held), tuple(other), seconds)
    return _recorded(instance, acted, about)


def _is_other(now: Listing, queue_id: str, seen: Mapping[str, Seen]) -> bool:
    """Whether an id is another message's than that which was shown."""
    row, was = now.row_of(queue_id), seen.get(queue_id)
    return row is not None and was is not None and Seen.of(now.entry(row)) != was


def _supered(config_dir: str, verb: Verb, ids: Sequence[str]) -> list[str]:
    """What postsuper named. Raises QueueError with its words where it named nothing and failed."""
    if not ids:
        return []
    result = commands.ask(
        argv(config_dir, verb),
        stdin="".join(f"{each}\n" for each in ids).encode(),
        timeout=commands.ACT_TIMEOUT,
    )
    found = [match[1].decode() for line in result.err.split(b"\n") if (match := _NAMED.match(line))]
    if not result.ok:
        words = next((line for line in reversed(result.words.splitlines()) if "fatal" in line), result.words)
        some = f" after {counted(len(found))}" if found else ""
        raise QueueError(f"{safe(words) or f'postsuper ended with status {result.status}'}{some}")
    return found


def _flushed(config_dir: str, ids: Sequence[str], now: Listing) -> tuple[list[str], list[str]]:
    """Ask for the delivery of each that is there; those that are on hold are not asked for."""
    done: list[str] = []
    held: list[str] = []
    for each in ids:
        row = now.row_of(each)
        if row is None:
            continue
        if now.entry(row).queue == HOLD:
            held.append(each)
            continue
        _flush(["postqueue", "-c", config_dir, "-i", each])
        done.append(each)
    return done, held


def _flush(words: Sequence[str]) -> None:
    result = commands.ask(words, timeout=60)
    if not result.ok:
        raise QueueError(safe(result.words) or f"postqueue ended with status {result.status}")


def flush(instance: Instance, site: str = "*") -> Acted:
    """Have all mail tried now, or all for one site (flush(8) must keep a list of it: fast_flush_domains).

    Raises QueueError and CommandError.
    """
    begun = time.monotonic()
    words = ["postqueue", "-c", instance.config_dir]
    _flush([*words, "-f"] if site == "*" else [*words, "-s", site])
    return _recorded(instance, Acted("flush", (), seconds=time.monotonic() - begun, site=site), "")


def _recorded(instance: Instance, acted: Acted, about: str) -> Acted:
    """With a line in the history, if anything was done."""
    if not acted.done and not acted.site:
        return acted
    few = ", ".join(acted.done) if len(acted.done) <= FEW else ""
    chosen = f" ({safe(about or few)})" if about or few else ""
    words = acted.words if acted.site else f"{counted(len(acted.done))} {DONE[acted.verb]}"
    try:
        number = _journalled(instance, f"{_SIGN[acted.verb]} queue: {words}{chosen}")
    except (JournalError, StateError) as error:
        return replace(acted, notes=(f"the history could not be written: {error}",))
    return replace(acted, history_id=number)


def _journalled(instance: Instance, words: str) -> int:
    """Write a change without edits: nothing takes it back. Raises JournalError, StateError."""
    with Journal.writing(state_folder(instance, make=True)) as journal:
        change = new_change(who(), instance.config_dir, instance.hostname)
        change.words = [words]
        change.id = journal.prepare(change)
        journal.begin(change, [], b"")
        journal.finish(change, "applied")
    return change.id
