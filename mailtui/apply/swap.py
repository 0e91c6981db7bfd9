"""What the journal holds of a compiled table that is put in the place of another: plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mailtui.formats.target import Target


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a compiled table is known again."""

    inode: int
    size: int
    mtime_ns: int
    head: str = ""
    """lmdb: digest of the pages that every commit changes."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Everything needed to put a table in, and to take it out again, by this process or by a later one.

    All values are plain, so that a journal can hold them before anything live is touched.
    """

    target: Target
    config_dir: str
    live: str
    """The real path of the compiled table."""
    work: str
    """The work folder; `source`, `compiled` and `copy` are names in it."""
    source: str
    compiled: str
    copy: str
    """The old table: its second name, or a copy where it cannot be linked; "" where there was none."""
    before: Mark | None
    copied: Mark | None
    """What `copy` is once the new table is in."""
    after: Mark
    links: int
    """How many names the old table had."""
    files: bool = False
    """Whether it was compiled with postmap -F."""
    broken: bool = False
    """Whether what is there is no lmdb file at all: its compiler would refuse to write into it."""

    @property
    def in_place(self) -> bool:
        """Whether the live file keeps its inode (the transaction of lmdb's compiler): no time tells a daemon
        that an lmdb table with other names is another one."""
        return self.target.type == "lmdb" and self.links > 1 and not self.broken

    @property
    def restore_needs_reload(self) -> bool:
        """Whether running daemons notice `restore` only after a reload: an lmdb file with several names."""
        return self.target.type == "lmdb" and self.links > 1

    def as_json(self) -> dict[str, Any]:
        """Plain values for a journal."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Swap:
        """The value that `as_json` was made from."""
        marks = {name: plain[name] and Mark(**plain[name]) for name in ("before", "copied", "after")}
        return cls(**{**plain, **marks, "target": Target(**plain["target"])})
