"""Asking for a file name, and saving the draft under it.

save_draft(app, app.session, done=lambda path: …)      # `s` in the Review
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.apply.saving import Exists, SaveError, default_name, draft_bytes, save
from mailtui.postfix.errors import InstanceError
from mailtui.screens.parts.dialogs import Confirm, Dialog, ErrorDialog
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.session import Session


def _folder() -> str:
    try:
        return f"In {os.getcwd()}"
    except FileNotFoundError:  # it was removed since: only a full path helps
        return "Type a full path"


class SaveDialog(Dialog[str]):
    """A file name; Enter saves, Escape does not."""

    class NameField(Field):
        """The name."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.save", "save", id="dialog.save", tooltip="Save the draft as this file."),
        ]

    def __init__(self, name: str) -> None:
        super().__init__(
            "Save the draft as a file",
            [
                f"{_folder()}; only you can read it. Somebody else reviews and writes it with",
                "mailtui draft apply FILE",
            ],
        )
        self._file_name = name

    def inputs(self) -> ComposeResult:
        yield self.NameField(self._file_name)

    def on_mount(self) -> None:
        focus_now(self.query_one(Field))

    def action_save(self) -> None:
        name = self.query_one(Field).value.strip()
        self.dismiss(name or None)


class NameDialog(SaveDialog):
    """A file name for something that is not a draft."""

    def __init__(self, title: str, lines: Iterable[str], name: str) -> None:
        Dialog.__init__(self, title, list(lines))
        self._file_name = name


def save_draft(session: Session, push: Callable[..., object], done: Callable[[str], object]) -> None:
    """Ask for a name and save the draft; `push` shows a dialog, `done` is called with the file's path."""
    try:
        host = session.instance.hostname
    except InstanceError:
        host = os.uname().nodename

    def named(name: str | None) -> None:
        if name:
            put(name, replace=False)

    def put(name: str, *, replace: bool) -> None:
        try:
            raw = draft_bytes(session.instance, session.draft.groups, session.who)
            path = save(name, raw, replace=replace)
        except Exists:
            question = Confirm(f"{name} is there already", ["Its content would be lost."], yes="replace it")
            push(question, lambda yes: put(name, replace=True) if yes else None)
        except SaveError as error:
            push(ErrorDialog("The draft was not saved", [error.what, error.do]))
        else:
            done(path)

    push(SaveDialog(default_name(host)), named)
