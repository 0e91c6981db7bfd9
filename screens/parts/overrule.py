"""What is answered by the host's name before it is written: what a rehearsal speaks against, and what the
settings want asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.apply.review import Review
from mailtui.screens.parts.dialogs import TypedWord

if TYPE_CHECKING:
    from textual.app import App

TOLD = 8
"""Changes that are named."""


def ask_to_overrule(app: App[int], found: Review, host: str, write: Callable[[], None]) -> None:
    """Call `write` if the host's name is typed."""

    def answered(yes: bool | None) -> None:
        if yes:
            write()

    lines = [str(each) for each in found.dangers]
    if found.rehearsal.stops:
        lines += found.rehearsal.lines or (str(found.rehearsal),)
    lines += ["", "The history records that it was overruled.", ""]
    app.push_screen(TypedWord(_title(found), host, lines), answered)


def _title(found: Review) -> str:
    if found.dangers:
        return "Write what is dangerous?"
    if found.rehearsal.state == "failed":
        return "Write what failed when it was tried?"
    return "Write what could not be tried?"


def wants_name(found: Review, ask_write: str) -> bool:
    """Whether the setting `ask_write` has the host's name typed before this is written."""
    return not found.nothing and (ask_write == "always" or (ask_write == "risky" and found.risky))


def ask_to_write(app: App[int], found: Review, host: str, write: Callable[[], None]) -> None:
    """Call `write` if the host's name is typed."""

    def answered(yes: bool | None) -> None:
        if yes:
            write()

    lines = [line.text for line in found.edits[:TOLD]]
    if len(found.edits) > TOLD:
        lines.append(f"… and {len(found.edits) - TOLD} more")
    app.push_screen(TypedWord(found.title, host, [*lines, ""]), answered)
