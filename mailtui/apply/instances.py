"""What mailtui knows of each instance of the host without opening it: whether it runs, what is kept staged
for it, and when something was last written there."""

from __future__ import annotations

from typing import NamedTuple

from mailtui.apply import actor
from mailtui.apply.database import JournalError
from mailtui.apply.faults import worded
from mailtui.apply.history import History
from mailtui.apply.keeping import DraftKeeper
from mailtui.apply.state import StateError
from mailtui.edits.draft import BadDraft
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.instances import HostInstance


class Seen(NamedTuple):
    """One instance. `running` is None where that cannot be known."""

    instance: HostInstance
    running: bool | None = None
    staged: int = 0
    """Edits that the user of this process keeps staged for it."""
    written: str = ""
    """When something was last written there (RFC 3339)."""
    problem: str = ""

    @property
    def state(self) -> str:
        """Whether it runs, in a word; `?` where that cannot be known."""
        return {True: "running", False: "stopped", None: "?"}[self.running]


def seen(each: HostInstance) -> Seen:
    """Look at an instance; what cannot be read is said. For a thread."""
    if each.problem:
        return Seen(each, problem=each.problem)
    try:
        instance = Instance.open(each.config_dir)
        running = instance.running()
        kept = DraftKeeper(instance, actor.who()).load()
        last = History.open(instance).list(1)
    except (InstanceError, StateError, JournalError, BadDraft, OSError) as error:
        what = worded(error, each.config_dir).what if isinstance(error, OSError) else str(error)
        return Seen(each, problem=what)
    staged = len(kept.edits) if kept else 0
    return Seen(each, running, staged, last[0].time if last else "")
