"""The journal's database file: made, opened so that a commit survives a power cut, moved aside if damaged."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mailtui.apply.faults import worded

if TYPE_CHECKING:
    import sqlite3

DATABASE = "journal.sqlite"
VERSION = 1
BUSY_SECONDS = 10.0
"""How long to wait for another mailtui that is writing to the journal."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time TEXT NOT NULL,
  state TEXT NOT NULL,
  owner TEXT NOT NULL,
  data TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
  change INTEGER NOT NULL REFERENCES changes(id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  path BLOB NOT NULL,
  after TEXT NOT NULL,
  edits TEXT NOT NULL,
  inverse TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (change, place)
);
CREATE INDEX IF NOT EXISTS files_by_path ON files (path, change);
CREATE INDEX IF NOT EXISTS changes_by_state ON changes (state);
"""


class JournalError(Exception):
    """The journal cannot be kept, so nothing may be written. `what` says why, `do` what helps."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what, self.do = what, do


def write_durably(path: Path, data: bytes) -> None:
    """A new file of mode 0600, on the disk when this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the database in SQLite's URI mode `ro` or `rw`; it is never made here."""
    import sqlite3
    from urllib.parse import quote

    return sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def newest_directory(folder: Path) -> str:
    """The configuration directory of the newest change in a state folder; "" where that cannot be read."""
    path = folder / DATABASE
    try:
        if not path.exists():
            return ""
    except OSError:
        return ""
    import json
    import sqlite3

    try:
        with contextlib.closing(connect(path, "ro")) as database:
            row = database.execute("SELECT data FROM changes ORDER BY id DESC LIMIT 1").fetchone()
        return str(json.loads(row[0])["config_dir"]) if row else ""
    except (OSError, sqlite3.Error, ValueError, KeyError):
        return ""  # a folder of another kind, or one that this user may not read


def may_be_unfinished(folder: Path) -> bool:
    """Whether the journal in a state folder may hold a change that is at work or was left half done: known
    without reading any. True also where it cannot be told; the `Journal` says why."""
    path = folder / DATABASE
    if not os.path.exists(path):
        return False
    import sqlite3

    try:
        with contextlib.closing(connect(path, "ro")) as database:
            return database.execute("SELECT 1 FROM changes WHERE state = 'applying'").fetchone() is not None
    except (OSError, sqlite3.Error):
        return True


def require_version(database: sqlite3.Connection) -> int:
    """The version of its tables, 0 for an empty one. Raises sqlite3.OperationalError for a newer one."""
    import sqlite3

    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise sqlite3.OperationalError(f"written by a newer mailtui (version {version})")
    return version


def connect_writing(path: Path) -> sqlite3.Connection:
    """The database, made where it is missing, in the mode in which a commit survives a power cut."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    database = connect(path, "rw")
    try:
        database.execute("PRAGMA synchronous = EXTRA")
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA foreign_keys = ON")
        if require_version(database) == 0:
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        database.execute("SELECT id FROM changes WHERE state = 'applying'").fetchall()
        if Path(f"{path}-journal").exists():  # of a commit that was killed before it began: a write clears it
            database.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        database.close()
        raise
    return database


def move_aside(path: Path) -> Path:
    """Rename a damaged database and what SQLite keeps beside it; the new path."""
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    path.rename(aside)
    for ending in ("-journal", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{ending}").rename(f"{aside}{ending}")
    return aside


def unwritable(folder: Path, error: Exception) -> JournalError:
    """Why the journal cannot be written, and what helps."""
    reason = worded(error, str(folder)).what if isinstance(error, OSError) else str(error)
    do = "make room or correct its rights, or name another folder in MAILTUI_STATE_DIR"
    if isinstance(error, PermissionError) and os.geteuid() != 0:
        do = "start mailtui with sudo, or name a folder of your own in MAILTUI_STATE_DIR"
    return JournalError(
        f"{folder}: the journal cannot be written ({reason}), so nothing else is",
        do,
    )
