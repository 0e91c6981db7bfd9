"""What is staged, and what was written last."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mailtui.overview.line import Item, Line, many, said
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.apply.history import Entry


def staged(acts: Sequence[str], count: int, *, read_only: bool = False) -> Line:
    """`acts`: what was staged, in words, the last one last; `count`: edits."""
    if not count:
        words = "nothing; read-only: you may not write here" if read_only else "nothing"
        return Line("staged", (said(words, "dim"),))
    last = acts[-1] if acts else ""
    items = [said(f"{many(count, 'change')}, not written", "bold")]
    if last:
        items.append(said(last))
    return Line("staged", tuple(items), "", tuple(reversed(acts)))


def written(instance: Instance) -> Line:
    """The last change that was written here, and what a crash left half done."""
    from mailtui.apply.history import History

    history = History.open(instance)
    told = history.told
    entries = history.list(1)
    if told:
        return Line("written", (said(told, "warning" if os.geteuid() == 0 else "dim"),), "", (told,))
    if not entries:
        whose = "nothing yet" if os.geteuid() == 0 else "nothing by you; what root wrote is for root's eyes"
        return Line("written", (said(whose, "dim"),))
    entry = entries[0]
    half = history.unfinished()
    items: list[Item] = [said("a change was NOT FINISHED", "error")] if half else []
    items.append(said(f"{day(entry.time)} by {entry.who}{_ended(entry)}"))
    items.append(said(entry.words))
    return Line("written", tuple(items), "error" if half else "", (*half, *entry.told))


def _ended(entry: Entry) -> str:
    return "" if entry.state == "applied" else f" ({entry.state})"


def day(stamp: str, now: float | None = None) -> str:
    """A moment as `today 18:02`, `yesterday 18:02`, `21 Nov 18:02` or `2024-11-21`."""
    try:
        moment = datetime.fromisoformat(stamp).astimezone()
    except ValueError:
        return stamp
    here = datetime.fromtimestamp(time.time() if now is None else now).astimezone()
    apart = (here.date() - moment.date()).days
    clock = f"{moment:%H:%M}"
    if apart == 0:
        return f"today {clock}"
    if apart == 1:
        return f"yesterday {clock}"
    return f"{moment.day} {moment:%b} {clock}" if 0 < apart < 180 else f"{moment:%Y-%m-%d}"
