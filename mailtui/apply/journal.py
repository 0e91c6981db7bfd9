"""The journal: every change in words and bytes, durable before the first write.

One SQLite database in the state folder, and beside it plain files that serve without mailtui:
`changes/ID.patch` (undo it with `patch -R -p0`) and small before-copies in `changes/ID/`. What a secret
file held is never in the database: it waits in `changes/ID.secret` (mode 0600) until the change ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time as clock
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mailtui.apply.actor import now, owner_of
from mailtui.apply.database import (
    DATABASE,
    JournalError,
    connect,
    connect_writing,
    move_aside,
    require_version,
    sync_folder,
    unwritable,
    write_durably,
)
from mailtui.apply.record import Change, FileRecord, State, decode_secrets, encode_secrets

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Journal", "JournalError", "new_change"]

COPY_LIMIT = 1 << 20
"""Bytes of a file above which no before-copy is kept: its patch is enough."""
COPIES_SIZE = 64 << 20
"""Bytes of all before-copies together; the oldest go first."""
COPIES_AGE = 180 * 86400
"""Seconds for which before-copies are kept."""
BACK_LIMIT = 8 << 20
"""Bytes of splices above which a finished change keeps its inverse edits only."""


class Journal:
    """The journal of one instance. Open it with `reading` or `writing`; close it when done."""

    def __init__(self, folder: Path, database: sqlite3.Connection | None, told: str = "") -> None:
        self.folder = folder
        self._database = database
        self.told = told
        """What an admin must hear about the journal itself: moved aside, unreadable; empty if all is well."""

    # -- opening ---------------------------------------------------------------------------------

    @classmethod
    def reading(cls, folder: Path) -> Journal:
        """For looking only: a missing journal is an empty one, a damaged or closed one is told in `told`."""
        import sqlite3

        path = folder / DATABASE
        try:
            if not path.exists():
                return cls(folder, None)
        except PermissionError:
            return cls(folder, None, f"{path}: permission denied; the history is readable as root only")
        for mode in ("ro", "rw"):  # a journal that a crash left half written is rolled back by SQLite: rw
            database = None
            try:
                database = connect(path, mode)
                if require_version(database) > 0:
                    return cls(folder, database)
                database.close()  # made a moment ago, or by a crash: nothing is in it yet
                return cls(folder, None)
            except sqlite3.Error as error:
                if database is not None:
                    database.close()
                reason = str(error)
        return cls(folder, None, f"{path}: {reason}; the next change moves it aside and begins a new one")

    @classmethod
    def writing(cls, folder: Path) -> Journal:
        """For a change. A damaged database is moved aside (`told` says where). Raises JournalError."""
        import sqlite3

        path = folder / DATABASE
        told = ""
        try:
            try:
                database = connect_writing(path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                aside = move_aside(path)
                told = f"the history was damaged ({error}) and is kept as {aside}; a new one begins"
                database = connect_writing(path)
        except (sqlite3.Error, OSError) as error:
            raise unwritable(folder, error) from None
        return cls(folder, database, told)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction. Raises JournalError where it cannot be committed."""
        import sqlite3

        if self._database is None:
            raise JournalError("the journal is open for reading only")
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
        except sqlite3.Error as error:
            raise unwritable(self.folder, error) from None

    # -- the life of a change --------------------------------------------------------------------

    def prepare(self, change: Change) -> int:
        """Give the change its number, before anything of it is on the disk. State `preparing`."""
        with self._change() as database:
            row = database.execute(
                "INSERT INTO changes (time, state, owner, data) VALUES (?, 'preparing', ?, ?)",
                (change.time, change.owner, json.dumps(change.to_json())),
            )
            return int(row.lastrowid or 0)

    def begin(self, change: Change, copies: Sequence[tuple[FileRecord, bytes]], patch: bytes) -> None:
        """State `applying`, durable with the copies, the patch and the secrets, when this returns."""
        folder = self.folder / "changes"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            secrets = [record for record in change.files if record.secret]
            if secrets:
                write_durably(folder / f"{change.id}.secret", encode_secrets(secrets))
            write_durably(folder / f"{change.id}.patch", patch)
            self._copy(folder / str(change.id), copies)
            sync_folder(folder)
        except OSError as error:
            raise unwritable(self.folder, error) from None
        with self._change() as database:
            updated = database.execute(
                "UPDATE changes SET state = 'applying', data = ? WHERE id = ?",
                (json.dumps(change.to_json()), change.id),
            )
            if updated.rowcount != 1:
                raise JournalError(f"another mailtui took change {change.id} for a dead one", "try again")
            for place, record in enumerate(change.files):
                database.execute(
                    "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (change.id, place, os.fsencode(record.path), *record.row()),
                )

    def _copy(self, folder: Path, copies: Sequence[tuple[FileRecord, bytes]]) -> None:
        for place, (record, before) in enumerate(copies):
            if record.secret or record.created or len(before) > COPY_LIMIT:
                continue
            folder.mkdir(mode=0o700, exist_ok=True)
            write_durably(folder / f"{place}-{Path(record.path).name}", before)
        if folder.is_dir():
            sync_folder(folder)

    def update(self, change: Change) -> None:
        """Keep what the change has come to (its commands that were begun)."""
        with self._change() as database:
            database.execute(
                "UPDATE changes SET data = ? WHERE id = ?", (json.dumps(change.to_json()), change.id)
            )

    def finish(self, change: Change, state: State, undoes: int | None = None) -> None:
        """The end of a change: its state and reason, and the change that it undid; secrets are dropped."""
        with self._change() as database:
            database.execute(
                "UPDATE changes SET state = ?, data = ? WHERE id = ?",
                (state, json.dumps(change.to_json()), change.id),
            )
            if undoes is not None:
                database.execute("UPDATE changes SET state = 'undone' WHERE id = ?", (undoes,))
            for place, record in enumerate(change.files):
                ended = record.ended(keep_back=state == "applied" and record.size <= BACK_LIMIT)
                database.execute(
                    "UPDATE files SET data = ? WHERE change = ? AND place = ?",
                    (ended.row()[-1], change.id, place),
                )
        self._drop(f"{change.id}.secret")
        if state == "applied":
            self._prune()
        elif not change.kept:
            self._drop(f"{change.id}.patch")
            self._drop(str(change.id))

    def forget(self, number: int) -> None:
        """A change that never began: its row and files go."""
        with self._change() as database:
            database.execute("DELETE FROM files WHERE change = ?", (number,))
            database.execute("DELETE FROM changes WHERE id = ?", (number,))
        for name in (f"{number}.secret", f"{number}.patch", str(number)):
            self._drop(name)

    def tidy(self) -> None:
        """Drop what ended changes need no more: a crash may come between the end and the dropping."""
        import sqlite3

        assert self._database is not None
        with contextlib.suppress(OSError, sqlite3.Error):  # housekeeping: the next change tries again
            names = os.listdir(self.folder / "changes")
            rows = self._database.execute("SELECT id, state FROM changes").fetchall()
            states = {str(number): state for number, state in rows}
            for name in names:
                number = name.split(".")[0]
                if not number.isdigit():
                    continue
                state = states.get(number, "")
                if (
                    not state
                    or (name.endswith(".secret") and state not in {"preparing", "applying"})
                    or (state == "rolled-back" and not self._keeps(number))
                ):
                    self._drop(name)

    def _keeps(self, number: str) -> bool:
        """Whether the copies of a change that was rolled back stay."""
        assert self._database is not None
        row = self._database.execute("SELECT data FROM changes WHERE id = ?", (int(number),)).fetchone()
        return bool(json.loads(row[0])["kept"])

    def _drop(self, name: str) -> None:
        """Remove a file or folder of `changes`; where the disk refuses that, `tidy` tries again."""
        path = self.folder / "changes" / name
        with contextlib.suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Before-copies by age and size: the oldest go."""
        with contextlib.suppress(OSError):  # housekeeping: the next change tries again
            folders = sorted(
                (entry for entry in (self.folder / "changes").iterdir() if entry.name.isdigit()),
                key=lambda entry: -int(entry.name),
            )
            total, oldest = 0, clock.time() - COPIES_AGE
            for entry in folders:
                total += sum(file.stat().st_size for file in entry.iterdir())
                if total > COPIES_SIZE or entry.stat().st_mtime < oldest:
                    shutil.rmtree(entry, ignore_errors=True)

    # -- reading ---------------------------------------------------------------------------------

    def _rows(self, where: str, *values: object) -> list[Change]:
        import sqlite3

        if self._database is None:
            return []
        query = f"SELECT id, time, state, owner, data FROM changes {where}"  # noqa: S608 - our own constants
        try:
            found = self._database.execute(query, values).fetchall()
            return [self._change_of(row) for row in found]
        except (sqlite3.Error, ValueError, KeyError) as error:
            raise JournalError(
                f"{self.folder / DATABASE}: {error}", "the next change moves it aside"
            ) from None

    def _change_of(self, row: tuple[int, str, State, str, str]) -> Change:
        assert self._database is not None
        number, time, state, owner, data = row
        files = self._database.execute(
            "SELECT data FROM files WHERE change = ? ORDER BY place", (number,)
        ).fetchall()
        change = Change.from_json(
            number, time, state, owner, json.loads(data), [json.loads(f) for (f,) in files]
        )
        if change.holds_secrets:
            with contextlib.suppress(FileNotFoundError):
                decode_secrets(change.files, (self.folder / "changes" / f"{number}.secret").read_bytes())
        return change

    def changes(self, limit: int = -1) -> list[Change]:
        """Every change that was begun, newest first."""
        return self._rows("WHERE state != 'preparing' ORDER BY id DESC LIMIT ?", limit)

    def get(self, number: int) -> Change | None:
        found = self._rows("WHERE id = ? AND state != 'preparing'", number)
        return found[0] if found else None

    def unfinished(self) -> list[Change]:
        """Changes begun and not ended, newest first; one may still be at work (`Change.at_work`)."""
        return self._rows("WHERE state IN ('preparing', 'applying') ORDER BY id DESC")

    def touching(self, path: str, limit: int = 20) -> list[Change]:
        """The newest finished changes of one file."""
        return self._rows(
            "WHERE state = 'applied' AND id IN (SELECT change FROM files WHERE path = ?)"
            " ORDER BY id DESC LIMIT ?",
            os.fsencode(path),
            limit,
        )


def new_change(who: str, config_dir: str, hostname: str) -> Change:
    """A change that has no number yet, by this process."""
    return Change(0, now(), "preparing", owner_of(os.getpid()), who, config_dir, hostname)
