"""An import (`:import KIND FILE`): what each row of a file would do, before it is staged; and exports.

Rows that are refused stand first. Enter stages all the others as one act.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from mailtui.edits.importing import MARKERS, Kind, Line, Report, report_of
from mailtui.edits.model import Edit
from mailtui.formats.sheet import BadSheet, SheetFormat
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.background import BackgroundList, Listing
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import Confirm, ErrorDialog, TypedWord
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.importasking import ask_file
from mailtui.screens.parts.importlines import about, as_text, cells, offered, searched
from mailtui.screens.parts.keys import key_for, takes_back, writes
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.text.fewrows import FewRows

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp

LOOK = 0.2
"""Seconds between two looks at how far the reading has come."""
_ORDER = {marker: place for place, marker in enumerate(MARKERS)}


class Cancelled(InstanceError):
    """The view was closed, or Escape pressed, while the file was read."""

    def __init__(self) -> None:
        super().__init__(f"stopped; {key_for('app.reread', 'r')} reads the file again")


class ImportScreen(BackgroundList[Line]):
    """See the module's text."""

    MODE = "import"
    EMPTY = "The file has no rows"
    COLUMNS = (
        Column("NAME", share=3, least=20),
        Column("WILL BE", share=3, least=16),
        Column("WAS, OR WHY", share=3, least=14, drop=60),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "stage all", id="import.stage",
                tooltip="Stage all that is new, changed or removed as one act; refused rows are left out."),
        Binding("m", "mirror", "mirror", id="import.mirror",
                tooltip="Take out what is here and not in the file, too; again: keep it."),
        Binding("escape", "stop", "stop", show=False, id="import.stop",
                tooltip="Stop reading the file; r begins anew."),
        *list_keys("import", "rows", "!"),
    ]  # fmt: skip

    def __init__(self, kind: Kind, path: str, form: SheetFormat) -> None:
        super().__init__()
        self._kind, self._path, self._form = kind, path, form
        self._mirror = False
        self._stop = Event()
        self._done = (0, 0)
        self.report: Report | None = None
        self._offered = ""

    @on(events.Mount)
    def _watch(self) -> None:
        self.set_interval(LOOK, self._tell_progress)

    def on_unmount(self) -> None:
        self._stop.set()

    # The list

    def read_again(self) -> None:
        self._stop.set()
        self._stop, self.report = Event(), None
        super().read_again()

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[Line]:  # noqa: ARG002
        stop, name = self._stop, os.path.basename(self._path)

        def progress(done: int, total: int) -> None:
            if stop.is_set():
                raise Cancelled
            self._done = done, total

        with open(self._path, "rb") as stream:
            raw = stream.read()
        try:
            found = report_of(
                after, self._kind, raw, self._form, name, mirror=self._mirror, progress=progress
            )
        except BadSheet as error:
            place = f"{self._path}:{error.line}" if error.line else self._path
            raise InstanceError(f"{place}: {error.what}", error.do) from None
        if stop.is_set():
            raise Cancelled
        self._offered = offered(found)
        self.report = found
        rows = sorted(found.lines, key=lambda line: _ORDER[line.marker])
        return FewRows(rows, lambda line: (line.marker, line.line, line.name), searched)

    def _unreadable(self, error: Exception) -> None:
        self._stop.set()
        super()._unreadable(error)
        self.refresh_bindings()
        if not isinstance(error, Cancelled):
            self.app.push_screen(ErrorDialog("This cannot be imported", [problem(error)]))

    def _made(self, found: Listing[Line], generation: int) -> None:
        super()._made(found, generation)
        self.refresh_bindings()

    def _tell_progress(self) -> None:
        if self._reading:
            done, total = self._done
            words = f"{done:,} of {total:,} rows; {key_for('import.stop', 'Esc')} stops"
            self.bar.say((words if total else "reading…", "dim"))

    def cells_of(self, row: Line) -> Row:
        return cells(row)

    def aside(self) -> str:
        return self.report.words if self.report is not None else ""

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None or self.report is None:
            self.pane.show([], [], [])
            return
        place = f"{self.report.source}:{row.line}" if row.line else "not in the file"
        self.pane.show([(row.name or "(none)", "bold")], [(place, "dim")], about(row, self.report))

    # Keys

    def word_of(self, binding: Binding) -> str:
        """What Enter comes to; nothing, where there is nothing that could be staged."""
        if binding.id != "import.stage":
            return binding.description
        return self._offered if self.report is not None else ""

    def action_take(self) -> None:
        report = self.report
        if report is None:
            words = (
                "The file is still being read" if self._reading else "The file was not read: nothing to stage"
            )
            self.say(words, "warning")
        elif self._kind == "accounts":
            self._ask_accounts(report)
        elif not report.edits:
            self.say("There is nothing to stage: all of it is here already, or refused", "warning")
        elif report.refused:
            count = len(report.refused)
            rows = "row is" if count == 1 else "rows are"
            lines = [f"{count:,} {rows} refused and left out.", report.words]
            question = Confirm("Stage the others?", lines, yes="stage the others")
            self.app.push_screen(question, lambda yes: self._stage_all(report) if yes else None)
        else:
            self._stage_all(report)

    def _stage_all(self, report: Report) -> None:
        console, session = self.console, self.session
        console.pop_screen()
        session.stage(*report.edits, label=report.label)
        if isinstance(console.screen, ConsoleScreen):
            console.screen.say(f"Staged: {report.label}; {writes()}, {takes_back()}")

    def open_row(self, key: Hashable) -> None:
        """A double click only moves the cursor: one row is never staged by itself."""

    @property
    def _reading(self) -> bool:
        return self.report is None and not self._stop.is_set()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop":
            return self._reading
        return super().check_action(action, parameters)

    def action_mirror(self) -> None:
        self._mirror = not self._mirror
        self.read_again()
        words = "is taken out, too" if self._mirror else "stays"
        self.say(f"What is here and not in the file {words}")

    def action_stop(self) -> None:
        self._stop.set()

    def action_copy(self) -> None:
        self.console.copy_and_show("\n".join(as_text(row) for row in self.chosen()))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row) for row in self.shown_rows())

        save_text(self, "rows", "import.txt", lines, lambda path: self.say(f"Saved as {path}"))

    # Accounts, which are never staged

    def _ask_accounts(self, report: Report) -> None:
        from mailtui.apply.importaccounts import new_accounts, words

        new = new_accounts(report)
        if not new:
            self.say("Every account of the file is here already", "warning")
            return
        if self.session.read_only:
            self.say("Started with --read-only: nothing is changed", "warning")
            return
        key = key_for("auth.password", "Enter")
        lines = [f"An account is never staged. Each gets its own password later: {key} in Auth."]
        self.app.push_screen(
            TypedWord(words(len(new)), str(len(new)), lines),
            lambda yes: self._make_accounts(report) if yes else None,
        )

    def _make_accounts(self, report: Report) -> None:
        from mailtui.apply.importaccounts import make, new_accounts

        new, instance = new_accounts(report), self.session.instance

        def done(made: list[str]) -> None:
            self.read_again()
            self.say(f"Made {len(made):,} account{'s' * (len(made) != 1)}")

        beside(self, "accounts", lambda: make(instance, new), done, self._accounts_failed)

    def _accounts_failed(self, error: Exception) -> None:
        self.app.push_screen(ErrorDialog("Not all accounts were made", [problem(error)]))
        self.read_again()


def open_import(app: MailtuiApp, words: str) -> None:
    """Show what an import would do; `words`: the kind and the file, asked for where they are missing."""

    def given(kind: Kind, path: str, form: SheetFormat) -> None:
        app.push_screen(ImportScreen(kind, path, form))

    ask_file(app, "Import", words, given)


def open_export(app: MailtuiApp, words: str) -> None:
    """Save what there is on the disk as a file, mode 0600."""
    from mailtui.apply.saving import Exists, save
    from mailtui.edits.exporting import export

    def given(kind: Kind, path: str, form: SheetFormat, *, replace: bool = False) -> None:
        screen = app.screen
        if not isinstance(screen, ConsoleScreen):
            return

        def work() -> str:
            data, count = export(app.session.instance, kind, form)
            return f"{count:,} {kind} in {save(path, data, replace=replace)}"

        def failed(error: Exception) -> None:
            if isinstance(error, Exists):
                question = Confirm(
                    f"{path} is there already", ["Its content would be lost."], yes="replace it"
                )
                app.push_screen(question, lambda yes: given(kind, path, form, replace=True) if yes else None)
            else:
                app.push_screen(ErrorDialog("Nothing was exported", [problem(error)]))

        beside(screen, "export", work, screen.say, failed)

    ask_file(app, "Export", words, given)
