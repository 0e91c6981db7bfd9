"""The saved sessions in a review: which of them a change makes smtpd(8) answer otherwise.

    for verdict in replayed(instance, edits).verdicts: verdict.words

Every change is asked about, for a recipient that is no longer there is refused as well as one that a rule
refuses. Who has saved none pays for no more than the look for the file.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any

from mailtui import settings
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.cases import Replayed

SECONDS = 10.0
"""How long a review waits for the answers."""
_TICK = 0.1
_MUST = {"accept": "accepted", "refuse": "refused"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A saved session that is answered otherwise after a change. `must`: accept or refuse; `holds`: whether
    it is then answered as it must be, None where that is not known; `by`: the rule that decides then."""

    name: str
    must: str
    before: str
    after: str
    holds: bool | None
    by: str = ""

    @property
    def words(self) -> str:
        """The verdict in one line, safe to show."""
        by = f" by {self.by}" if self.by else ""
        end = {
            True: "as it must be",
            False: f"but must be {_MUST[self.must]}",
            None: "perhaps: it is not known",
        }
        said = f"{self.name}: now {self.before}, then {self.after}{by}"
        return f"{safe(said)}, {end[self.holds]}"

    def as_json(self) -> dict[str, Any]:
        """The verdict in `--json --dry-run`."""
        return {
            "name": self.name, "must": self.must, "before": self.before, "after": self.after,
            "holds": self.holds, "by": self.by,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sessions:
    """What a review says of the saved sessions. `asked`: how many there are; `problem`: why nothing is known
    of them."""

    asked: int = 0
    verdicts: tuple[Verdict, ...] = ()
    problem: str = ""

    @property
    def wrong(self) -> tuple[Verdict, ...]:
        """Those that the change makes wrong."""
        return tuple(each for each in self.verdicts if each.holds is False)

    def as_json(self) -> dict[str, Any]:
        """The same in `--json --dry-run`."""
        said: dict[str, Any] = {"asked": self.asked, "flipped": [each.as_json() for each in self.verdicts]}
        return {**said, "problem": self.problem} if self.problem else said

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        every = f"{self.asked} saved session{'' if self.asked == 1 else 's'}"
        if not self.verdicts:
            return f"{every} answered as before"
        return f"{len(self.verdicts)} of {every} answered otherwise"


NONE = Sessions()


def replayed(
    instance: Instance,
    edits: Sequence[Edit],
    *,
    cancel: threading.Event | None = None,
    path: str = "",
    seconds: float = SECONDS,
) -> Sessions:
    """Answer the saved sessions as things are and as the edits make them. Waits `seconds` at most, and no
    longer than until `cancel` is set; raises nothing, but says what went wrong."""
    path = path or os.path.join(os.path.dirname(settings.user_file()), "sessions.toml")
    if not edits or not os.path.exists(path):
        return NONE
    answer: SimpleQueue[Sessions | Exception] = SimpleQueue()

    def work() -> None:
        try:
            answer.put(_asked(instance, edits, path))
        except Exception as error:  # noqa: BLE001  # it is said in the review
            answer.put(error)

    threading.Thread(target=work, name="saved sessions", daemon=True).start()
    end = monotonic() + seconds
    while monotonic() < end and not (cancel is not None and cancel.is_set()):
        try:
            found = answer.get(timeout=min(_TICK, max(0.0, end - monotonic())))
        except Empty:
            continue
        if isinstance(found, Exception):
            return Sessions(problem=f"not asked: {safe(path)}: {safe(str(found))}")
        return found
    return Sessions(problem=f"no answer within {seconds:g} s: it is not known whether they are as before")


def _asked(instance: Instance, edits: Sequence[Edit], path: str) -> Sessions:
    """Raises CaseError, InstanceError, OSError."""
    from mailtui.dns.ask import Names
    from mailtui.postfix.smtpd import cases

    saved = cases.load(path)
    if not saved:
        return NONE
    candidate = Candidate(instance.files, edits)
    names = Names()  # one for both: what DNS says does not come between them
    before = cases.replay(instance, saved, names=names)
    after = cases.replay(instance.over(candidate), saved, names=names)
    return Sessions(len(saved), tuple(_verdict(*pair) for pair in cases.flipped(before, after)))


def _verdict(old: Replayed, new: Replayed) -> Verdict:
    decided = new.answer.decided_by
    by = " ".join(part for part in (decided.rule, decided.argument) if part)
    return Verdict(new.case.name, new.case.must, _reply(old), _reply(new), new.holds, by)


def _reply(one: Replayed) -> str:
    if not one.answer.code:
        return "no greeting"
    return f"unknown ({one.answer.reply})" if one.answer.action == "unknown" else one.answer.reply
