"""Drafts as files: one JSON document that a second person can read, review and apply."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailtui.edits.draft import BadDraft, Group
from mailtui.edits.folders import FOLDER, FolderEdit
from mailtui.edits.kinds import NAMES, kind_of
from mailtui.edits.model import Edit
from mailtui.formats.target import FORMATS, Target

VERSION = 1


def to_json(edit: Edit) -> dict[str, Any]:
    """The edit as plain JSON values."""
    target = edit.target
    fields = {
        field.name: getattr(edit, field.name) for field in dataclasses.fields(edit) if field.name != "target"
    }
    return {
        "edit": edit.kind,
        "format": target.format,
        "path": target.path,
        **({"type": target.type} if target.type else {}),
        **fields,
    }


def _value(kind: type[Edit], name: str, value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise BadDraft(f"{kind.kind}: {name} is neither text nor a list of texts")


def from_json(data: Any) -> Edit:
    """The edit that `to_json` wrote. Raises BadDraft."""
    if not isinstance(data, dict):
        raise BadDraft("an edit is not an object")
    name = data.get("edit")
    if not isinstance(name, str) or name not in NAMES:
        raise BadDraft(f"unknown edit {name!r}: written by a newer mailtui?")
    kind = kind_of(name)
    formats = (FOLDER,) if issubclass(kind, FolderEdit) else FORMATS
    if data.get("format") not in formats or not isinstance(data.get("path"), str):
        raise BadDraft(f"{kind.kind}: format or path is missing")
    target = Target(data["format"], data["path"], str(data.get("type", "")))
    fields = [field for field in dataclasses.fields(kind) if field.name != "target"]
    missing = [field.name for field in fields if field.name not in data and field.default != ""]
    if missing:
        raise BadDraft(f"{kind.kind}: {missing[0]} is missing")
    values = {each.name: _value(kind, each.name, data[each.name]) for each in fields if each.name in data}
    _check_shapes(kind, values)
    return kind(target, **values)


_TEXTS = frozenset(
    {"name", "to", "item", "service", "field", "block", "rule", "text", "to_rule", "comment", "source"}
)
_NUMBERS = frozenset({"uid", "gid", "mode", "number", "to_number", "before_number", "was_before_number"})
_SWITCHES = frozenset({"on", "takes", "lists"})
_LISTS = frozenset({"comments", "was_comments", "names", "values", "were"})


def _check_shapes(kind: type[Edit], values: dict[str, Any]) -> None:
    for name, value in values.items():
        if (name in _SWITCHES) is not isinstance(value, bool):
            raise BadDraft(f"{kind.kind}: {name} has the wrong shape")
        if (name in _NUMBERS) is not (isinstance(value, int) and not isinstance(value, bool)):
            raise BadDraft(f"{kind.kind}: {name} has the wrong shape")
        if name in _NUMBERS and not 0 <= value < (0o10000 if name == "mode" else 1 << 32):
            raise BadDraft(f"{kind.kind}: {name} is out of range")
        if name in _TEXTS and not isinstance(value, str):
            raise BadDraft(f"{kind.kind}: {name} is not a text")
        if name in _LISTS and not isinstance(value, tuple) and (value is not None or kind.kind != "set-rule"):
            raise BadDraft(f"{kind.kind}: {name} is no list of texts")
    if kind.kind == "set-entries" and len({len(values[name]) for name in ("names", "values", "were")}) != 1:
        raise BadDraft(f"{kind.kind}: not as many names as values")


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft on the disk: who made it, when (RFC 3339), for which instance, and its groups."""

    groups: tuple[Group, ...]
    config_dir: str
    hostname: str
    who: str
    time: str

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(edit for group in self.groups for edit in group.edits)


def dumps(groups: Iterable[Group], *, config_dir: str, hostname: str, who: str, time: str) -> bytes:
    """The file's bytes: ASCII JSON (bytes that are not UTF-8 as `\\udcXX`)."""
    document = {
        "mailtui_draft": VERSION,
        "config_dir": config_dir,
        "hostname": hostname,
        "who": who,
        "time": time,
        "groups": [
            {"label": group.label, "edits": [to_json(edit) for edit in group.edits]} for group in groups
        ],
    }
    return (json.dumps(document, indent=1) + "\n").encode("ascii")


def loads(raw: bytes) -> SavedDraft:
    """Read a draft file. Raises BadDraft with what is wrong and where."""
    try:
        document = json.loads(raw)
    except ValueError as error:
        raise BadDraft(f"not JSON: {error}") from None
    if not isinstance(document, dict) or "mailtui_draft" not in document:
        raise BadDraft("not a draft of mailtui")
    if document["mailtui_draft"] != VERSION:
        raise BadDraft(
            f"a draft of version {document['mailtui_draft']}; this mailtui reads version {VERSION}"
        )
    groups = document.get("groups")
    if not isinstance(groups, list):
        raise BadDraft("the list of groups is missing")
    read: list[Group] = []
    for number, group in enumerate(groups, 1):
        edits = group.get("edits") if isinstance(group, dict) else None
        if not isinstance(edits, list):
            raise BadDraft(f"group {number} has no list of edits")
        try:
            read.append(Group(tuple(from_json(edit) for edit in edits), str(group.get("label", ""))))
        except BadDraft as error:
            raise BadDraft(f"group {number}: {error}") from None
    words = {name: str(document.get(name, "")) for name in ("config_dir", "hostname", "who", "time")}
    return SavedDraft(tuple(read), **words)
