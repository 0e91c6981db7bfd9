"""Where an instance's log is: the file it writes itself, the syslog file, or the journal."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple

SYSLOG_FILES = ("/var/log/mail.log", "/var/log/maillog")
"""Where syslog daemons put the mail facility on Debian and on Red Hat."""


class Source(NamedTuple):
    """A log to follow. `path` of a file; `why` in words where it cannot be read, with what would help."""

    kind: Literal["file", "journal", "none"]
    path: str = ""
    why: str = ""

    @property
    def title(self) -> str:
        """The source as the screen's title names it."""
        return {"file": self.path, "journal": "journal", "none": "no log"}[self.kind]


def _readable(path: str) -> str:
    """Why the file cannot be read, or an empty text."""
    try:
        with open(path, "rb"):
            return ""
    except PermissionError:
        return (
            f"{path}: permission denied; run mailtui with sudo, or join the group adm (usermod -aG adm NAME)"
        )
    except OSError as error:
        return f"{path}: {(error.strerror or str(error)).lower()}"


def _file(path: str) -> Source:
    return Source("file", path, _readable(path))


def _journal() -> bool:
    return os.path.isdir("/run/systemd/journal") or os.path.isdir("/var/log/journal")


def find(maillog_file: str = "", wanted: str = "auto") -> Source:
    """The log to look at. `maillog_file` is that parameter's effective value, `wanted` what the admin chose:
    a path, `journal`, or `auto`."""
    if wanted == "journal":
        return Source("journal")
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
