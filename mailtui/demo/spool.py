"""The queue folders of a new demo. Left to `postfix start`, making and checking them takes a second: it asks
postconf for the place of everything that is installed, and looks for damage in what has just been made."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

OWNER, GROUP = "postfix", "postdrop"
"""mail_owner and setgid_group as main.cf leaves them."""
QUICK_START = "quick-start"
"""Where it lies in the queue, the next `postfix start` checks nothing; Postfix removes it (postfix(1))."""

_QUEUES = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
    "trace",
)  # fmt: skip
_SHARED = {"maildrop": 0o730, "public": 0o710}


def make(spool: Path) -> None:
    """Make every folder that Postfix's own list (postfix-files) has, as it would; for root. Where an owner is
    missing it is left to Postfix, which says so."""
    try:
        _folder(spool / "pid", 0o755)
        for name in _QUEUES:
            _folder(spool / name, 0o700, OWNER)
        for name, mode in _SHARED.items():
            _folder(spool / name, mode, OWNER, GROUP)
    except LookupError:
        return
    (spool / QUICK_START).touch()


def _folder(path: Path, mode: int, owner: str | None = None, group: str | None = None) -> None:
    path.mkdir(exist_ok=True)
    if owner is not None:
        shutil.chown(path, owner, group)
    os.chmod(path, mode)  # after chown(2), which clears bits; and whatever the umask is
