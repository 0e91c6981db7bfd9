"""Where an instance's log is: the file it writes itself, the syslog file, or the journal."""

from __future__ import annotations

import grp
import os
import stat
from typing import Literal, NamedTuple

SYSLOG_FILES = ("/var/log/mail.log", "/var/log/maillog")
"""Where syslog daemons put the mail facility on Debian and on Red Hat."""


class Source(NamedTuple):
    """A log to follow. `path` of a file, or of a journal that is not this machine's; `why` in words where it
    cannot be read, with what would help."""

    kind: Literal["file", "journal", "none"]
    path: str = ""
    why: str = ""

    @property
    def title(self) -> str:
        """The source as the screen's title names it."""
        return {"file": self.path, "journal": "journal", "none": "no log"}[self.kind]


def denied(path: str) -> str:
    """That a file may not be read, and what would help: the group that may, where there is one."""
    words = f"{path}: permission denied; run mailtui with sudo"
    try:
        status = os.stat(path)
    except OSError:
        return words  # its folder hides it
    if not status.st_mode & stat.S_IRGRP:
        return words
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        return words
    return f"{words}, or join the group {group} (usermod -aG {group} NAME) and log in again"


def _readable(path: str) -> str:
    """Why the file cannot be read, or an empty text."""
    try:
        with open(path, "rb"):
            return ""
    except PermissionError:
        return denied(path)
    except OSError as error:
        return f"{path}: {(error.strerror or str(error)).lower()}"


def _file(path: str) -> Source:
    return Source("file", path, _readable(path))


def _journal() -> bool:
    return os.path.isdir("/run/systemd/journal") or os.path.isdir("/var/log/journal")


def find(maillog_file: str = "", wanted: str = "auto") -> Source:
    """The log to look at. `maillog_file` is that parameter's effective value, `wanted` what the admin chose:
    a path, `journal` (`journal:PLACE`: a journal file or a folder of them), or `auto`."""
    if wanted == "journal" or wanted.startswith("journal:"):
        place = wanted.partition(":")[2]
        return Source("journal", os.path.abspath(place) if place else "")
    if wanted not in {"", "auto"}:
        return _file(os.path.abspath(wanted))
    if maillog_file.startswith("/") and not maillog_file.startswith("/dev/"):
        return _file(maillog_file)
    present = [path for path in SYSLOG_FILES if os.path.exists(path)]
    if present:
        # An old file may lie beside a journal that took over: the newest is the live one.
        return _file(max(present, key=os.path.getmtime))
    if _journal():
        return Source("journal")
    return Source(
        "none",
        why="no mail log found (maillog_file, /var/log/mail.log, journal); name one with --log FILE",
    )
