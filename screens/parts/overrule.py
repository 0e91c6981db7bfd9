"""Writing in spite of a rehearsal: asked with its complaints in view, and answered by the host's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.apply.rehearsal.verdict import Rehearsal
from mailtui.screens.parts.dialogs import TypedWord

if TYPE_CHECKING:
    from textual.app import App


def ask_to_overrule(app: App[int], rehearsal: Rehearsal, host: str, write: Callable[[], None]) -> None:
    """Call `write` if the host's name is typed."""

    def answered(yes: bool | None) -> None:
        if yes:
            write()

    failed = rehearsal.state == "failed"
    title = "Write what failed when it was tried?" if failed else "Write what could not be tried?"
    lines = [*(rehearsal.lines or (str(rehearsal),)), "", "The history records that it was overruled.", ""]
    app.push_screen(TypedWord(title, host, lines), answered)
