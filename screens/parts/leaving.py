"""The question before the console ends while changes are staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.screens.parts.dialogs import Choice, Confirm

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp

TOLD = 8
"""Staged changes that are named."""


def ask(app: MailtuiApp) -> None:
    """Ask what becomes of the staged changes, and do it; where nothing is staged, whether to leave at all."""
    if not app.session.draft:
        _ask_nothing_staged(app)
        return

    def answered(answer: str | None) -> None:
        if answer == "review":
            app.action_view("review")
        elif answer == "keep":
            app.end()
        elif answer == "drop":
            app.session.drop_draft()
            app.end()

    edits = [edit.describe() for edit in app.session.draft.edits]
    more = [f"… and {len(edits) - TOLD} more"] if len(edits) > TOLD else []
    app.push_screen(
        Choice(
            f"{len(edits)} staged change{'s are' if len(edits) != 1 else ' is'} not written",
            [*edits[:TOLD], *more],
            ("w", "review", "See them as a diff and a plan, and write them."),
            ("k", "keep", "Leave, and find them staged next time."),
            ("d", "drop", "Leave without them: they are gone."),
        ),
        answered,
    )


def _ask_nothing_staged(app: MailtuiApp) -> None:
    def answered(yes: bool | None) -> None:
        if yes:
            app.end()

    app.push_screen(Confirm("Leave mailtui?", ["Nothing is staged."], yes="leave"), answered)
