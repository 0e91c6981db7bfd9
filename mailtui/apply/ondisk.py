"""The files and folders of one attempt put on the disk, and taken back in the opposite order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mailtui.apply import folders, writing
from mailtui.apply.faults import Changed, WriteError, in_one
from mailtui.apply.plan import Action
from mailtui.apply.ready import File
from mailtui.apply.record import FolderRecord
from mailtui.apply.report import Reporter


@dataclass(slots=True)
class OnDisk:
    """What is written, as far as it is. `require_going_on`: asked after each step; what it raises ends the
    writing. `told`: gets what an admin should know."""

    files: Sequence[File]
    folders: Sequence[FolderRecord]
    reporter: Reporter
    require_going_on: Callable[[], None]
    told: list[str]
    _made: list[FolderRecord] = field(default_factory=list)
    """Folders that were made or removed so far."""

    def write(self) -> None:
        """Make folders, swap tables, write texts, remove folders. Raises Changed, WriteError and OSError."""
        self._folders(making=True)
        swapped = [file for file in self.files if file.record.swaps]
        if swapped:
            with self.reporter.step("swap"):
                for file in swapped:
                    self._put(file)
        for file in self.files:
            if not file.record.swaps:
                verb: Action = "remove" if file.record.removed else "write"
                with self.reporter.step(verb, file.change.target.path):
                    self._put(file)
        self._folders(making=False)

    def _folders(self, *, making: bool) -> None:
        for record in self.folders:
            if record.make is making:
                with self.reporter.step("make" if making else "remove", record.path):
                    self.told += folders.carry_out([record], making=making)
                    self._made.append(record)
                self.require_going_on()

    def _put(self, file: File) -> None:
        try:
            writing.put(file.record, file.change.pieces(), file.meta, file.mtime_ns)
        except Changed:
            file.overtaken = True
            raise
        self.require_going_on()

    def take_back(self) -> list[str]:
        """Everything as it was; what failed, in words."""
        failed = self._folders_back(make=False)
        for file in reversed(self.files):
            try:
                with self.reporter.step("write", f"{file.change.target.path} as it was"):
                    writing.take_back(file.record, overtaken=file.overtaken)
            except (WriteError, OSError) as error:
                failed.append(in_one(error))
        return failed + self._folders_back(make=True)

    def _folders_back(self, *, make: bool) -> list[str]:
        """Take folders back that were made, or removed; what failed."""
        try:
            self.told += folders.take_back([each for each in self._made if each.make is make])
        except (WriteError, OSError) as error:
            return [in_one(error)]
        return []
