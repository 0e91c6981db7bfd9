"""What the journal holds of a change: plain values, and their JSON."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from mailtui.apply.actor import owner_of
from mailtui.apply.swap import Swap
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target

State = Literal["preparing", "applying", "applied", "undone", "rolled-back"]


def _pack(splices: Sequence[Splice]) -> list[list[Any]]:
    return [[splice.start, splice.end, splice.new.decode("latin-1")] for splice in splices]


def _unpack(data: list[list[Any]] | None) -> tuple[Splice, ...] | None:
    if data is None:
        return None
    return tuple(Splice(int(start), int(end), str(new).encode("latin-1")) for start, end, new in data)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a change, with all that a later process needs to finish it or to take it back.

    `before` and `after` are SHA-256 of the text; `back` turns after into before, byte for byte (None once
    it is no longer kept). `old` is another name of the old file, in a work folder, while the change lasts.
    """

    path: str
    real: str
    target: Target
    secret: bool
    created: bool
    mtime_ns: int
    """The time the old text had."""
    before: str
    after: str
    back: tuple[Splice, ...] | None
    old: str = ""
    swaps: tuple[Swap, ...] = ()
    """Its compiled tables."""
    edits: str = ""
    """A digest of the edits of this file; `inverse` that of those which would take them back."""
    inverse: str = ""
    removed: bool = False
    """It goes: the undo of the change that made it."""
    compiled: bool = False
    """Only its table is compiled; the text stays."""

    @property
    def size(self) -> int:
        """Bytes that `back` holds."""
        return sum(len(splice.new) for splice in self.back or ())

    def ended(self, *, keep_back: bool) -> FileRecord:
        """What stays of the record once the change has ended."""
        return replace(self, back=self.back if keep_back else None, old="", swaps=())

    def row(self) -> tuple[str, str, str, str]:
        """Digest after, edits, inverse, and the rest as JSON; nothing of a secret file's content."""
        public = replace(self, before="", after="", back=None, edits="", inverse="") if self.secret else self
        data = {
            "path": self.path,
            "real": self.real,
            "target": [self.target.format, self.target.path, self.target.type],
            "secret": self.secret,
            "created": self.created,
            "removed": self.removed,
            "compiled": self.compiled,
            "mtime_ns": self.mtime_ns,
            "old": self.old,
            "swaps": [swap.as_json() for swap in self.swaps],
            "before": public.before,
            "after": public.after,
            "edits": public.edits,
            "inverse": public.inverse,
            "back": None if public.back is None else _pack(public.back),
        }
        return public.after, public.edits, public.inverse, json.dumps(data)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FileRecord:
        known = {
            **data,
            "target": Target(*data["target"]),
            "back": _unpack(data["back"]),
            "swaps": tuple(Swap.from_json(swap) for swap in data["swaps"]),
        }
        return cls(**known)


def encode_secrets(records: Sequence[FileRecord]) -> bytes:
    """What a crash needs of the secret files: kept apart, and only until the change ends."""
    return json.dumps(
        {
            record.path: {"before": record.before, "after": record.after, "back": _pack(record.back or ())}
            for record in records
        }
    ).encode("ascii")


def decode_secrets(records: list[FileRecord], raw: bytes) -> None:
    """Put what `encode_secrets` kept back into the records."""
    with contextlib.suppress(ValueError):  # cut short: the change had not begun to write
        kept = json.loads(raw)
        for place, record in enumerate(records):
            if record.secret and record.path in kept:
                own = kept[record.path]
                records[place] = replace(
                    record, before=own["before"], after=own["after"], back=_unpack(own["back"])
                )


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """One folder of a change: made with this owner and mode, or (`make` false) removed if it is empty."""

    path: str
    uid: int
    gid: int
    mode: int
    make: bool


@dataclass(slots=True)
class Change:
    """A change in the journal. `words` and `edits` are its edits for humans and as JSON values."""

    id: int
    time: str
    state: State
    owner: str
    who: str
    config_dir: str
    hostname: str
    words: list[str] = field(default_factory=list)
    edits: list[dict[str, Any]] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    diff: str = ""
    folders: list[str] = field(default_factory=list)
    """Folders that may hold temporary files of this change."""
    made: list[FolderRecord] = field(default_factory=list)
    """Folders that it makes or removes."""
    action: str = ""
    """`reload` or `restart` if the change needs one of them."""
    running: bool = False
    """Whether Postfix ran when it began."""
    acted: bool = False
    """Whether that command had been begun."""
    beside: list[list[str]] = field(default_factory=list)
    """Programs beside Postfix that must be told: name, `reload` or `restart`, and the file that it reads."""
    reason: str = ""
    """Why it was rolled back, or what recovery found."""
    label: str = ""
    """What the act is called under which its edits were staged; empty where it has no name."""
    by_hand: str = ""
    """How a change without edits, made at once, is taken back by hand; empty where it cannot be."""
    kept: bool = False
    """Whether its copies stay although it was not applied: a conflict wants them."""

    @property
    def holds_secrets(self) -> bool:
        """Whether it wrote a file whose values are not kept."""
        return any(record.secret for record in self.files)

    @property
    def at_work(self) -> bool:
        """Whether the process that makes this change is still alive."""
        pid = self.owner.split(" ", 1)[0]
        return pid.isdigit() and owner_of(int(pid)) == self.owner

    def to_json(self) -> dict[str, Any]:
        names = (
            "who",
            "config_dir",
            "hostname",
            "words",
            "edits",
            "diff",
            "folders",
            "action",
            "running",
            "acted",
            "beside",
            "reason",
        )
        made = [asdict(record) for record in self.made]
        named = {name: value for name in ("label", "by_hand") if (value := getattr(self, name))}
        return {name: getattr(self, name) for name in names} | {"kept": self.kept, "made": made} | named

    @classmethod
    def from_json(
        cls,
        number: int,
        time: str,
        state: State,
        owner: str,
        data: dict[str, Any],
        files: list[dict[str, Any]],
    ) -> Change:
        known = {**data, "made": [FolderRecord(**each) for each in data.get("made", ())]}
        records = [FileRecord.from_json(file) for file in files]
        return cls(number, time, state, owner, files=records, **known)
