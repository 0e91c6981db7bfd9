"""How an apply was asked for, and what it has come to."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from mailtui import commands
from mailtui.apply import locks, state
from mailtui.apply.dangers import Danger
from mailtui.apply.database import JournalError
from mailtui.apply.faults import Changed, WriteError, in_one
from mailtui.apply.finding import NotYours
from mailtui.apply.outcome import OutcomeState
from mailtui.apply.report import Failed, Progress, Reporter
from mailtui.apply.review import Review
from mailtui.apply.trial import Wish
from mailtui.postfix.errors import InstanceError

ERRORS = (
    WriteError,
    OSError,
    commands.CommandError,
    InstanceError,
    JournalError,
    state.StateError,
    locks.Busy,
)


class Overtaken(Failed):
    """A third hand wrote a file or compiled a table in the middle: take ours back, and begin again."""


class Ended(Exception):
    """The apply ends before anything live was touched."""

    def __init__(self, state: OutcomeState, error: str = "") -> None:
        super().__init__(error)
        self.state, self.error = state, error


@dataclass(slots=True)
class Options:
    """How an apply was asked for; see `transaction.apply`."""

    who: str
    no_reload: bool
    accept_not_yours: bool | Collection[NotYours]
    cancel: threading.Event
    progress: Progress | None
    wish: Wish
    accept_dangers: bool | Collection[Danger] = False
    label: str = ""


@dataclass(slots=True)
class Course:
    """What the apply has come to, for its outcome."""

    reporter: Reporter
    review: Review | None = None
    number: int | None = None
    told: list[str] = field(default_factory=list)
    ended: tuple[OutcomeState, str] | None = None
    """Set once nothing that follows can alter it."""


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Every refusal of the system from here on is a Failed, which takes everything back."""
    try:
        yield
    except Changed as error:
        raise Overtaken(str(error)) from error
    except ERRORS as error:
        raise Failed(in_one(error)) from error
