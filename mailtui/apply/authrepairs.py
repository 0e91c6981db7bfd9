"""Files of passwords for logins elsewhere that others can read: closed at once, as a mode is no edit."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial

from mailtui.apply.accountrepairs import Repair
from mailtui.apply.accounts import AccountError
from mailtui.apply.faults import in_words
from mailtui.sasl.client import Client
from mailtui.text.safe import safe

MODE = 0o600
"""smtp(8) opens its tables as root, before it gives that up."""


def repairs(found: Client) -> list[Repair]:
    """What can be done for the files there are."""
    return list(_all(found))


def _all(found: Client) -> Iterator[Repair]:
    for each in found.files:
        real = os.path.realpath(each.path)
        try:
            seen = os.stat(real)
        except OSError:
            continue  # it is told as not there
        mode = stat.S_IMODE(seen.st_mode)
        if not mode & 0o077 and seen.st_uid == 0:
            continue
        yield Repair(
            "secret", f"close {safe(each.path)}: root's, mode {MODE:04o}",
            (f"It is {each.owner} now, and there are passwords in it", f"chmod {MODE:04o} {safe(real)}"),
            f"chown {seen.st_uid}:{seen.st_gid} {safe(real)}; chmod {mode:04o} {safe(real)}",
            (real,), partial(_close, real, mode),
        )  # fmt: skip


def _close(path: str, was: int) -> None:
    with in_words(path):
        if stat.S_IMODE(os.stat(path).st_mode) != was:
            raise AccountError("someone else changed its mode meanwhile", "read it again", path)
        os.chmod(path, MODE)
        if os.geteuid() == 0:
            os.chown(path, 0, 0)
