"""Edits of folders: one made, or an empty one taken away. What is in a folder is never touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from mailtui.edits.model import Edit, Merged
from mailtui.edits.shapes import AddEdit, RemoveEdit
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target

FOLDER: Literal["folder"] = "folder"
"""The format of their targets: there is no text in them."""


def folder(path: str) -> Target:
    """The target of a folder's edits; a slash at the end says no more."""
    return Target(FOLDER, path.rstrip("/") or "/")


@dataclass(frozen=True, slots=True)
class FolderEdit(Edit):
    """What the edits of a folder share: the owner and the permission bits that it has or gets."""

    uid: int
    gid: int
    mode: int

    @property
    def key(self) -> str:
        return ""

    def splices(self, document: object) -> Sequence[Splice]:  # noqa: ARG002
        """Nothing: no text changes."""
        return ()

    @property
    def rights(self) -> str:
        """Owner and mode in words."""
        return f"owner {self.uid}:{self.gid}, mode {self.mode:04o}"


@dataclass(frozen=True, slots=True)
class MakeFolder(AddEdit, FolderEdit):
    """A new folder; the one above it must be there, or be made before. Nothing where it is there already."""

    kind: ClassVar[str] = "make-folder"

    def describe(self) -> str:
        return f"+ folder {self.target.path} ({self.rights})"

    def inverse(self) -> Edit:
        return RemoveFolder(self.target, self.uid, self.gid, self.mode)

    def merge(self, later: Edit) -> Merged:
        return later if isinstance(later, MakeFolder) else AddEdit.merge(self, later)


@dataclass(frozen=True, slots=True)
class RemoveFolder(RemoveEdit, FolderEdit):
    """A folder goes, if it is empty by then; else it stays as it is."""

    kind: ClassVar[str] = "remove-folder"

    def describe(self) -> str:
        return f"- folder {self.target.path}, if it is empty"

    def inverse(self) -> Edit:
        return MakeFolder(self.target, self.uid, self.gid, self.mode)
