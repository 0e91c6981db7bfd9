"""Into which of the two settings files a value can be written."""

from __future__ import annotations

import os

from mailtui.settings import files


def writable(path: str) -> bool:
    """Whether the caller can write this file, or make it."""
    if os.path.exists(path):
        return os.access(path, os.W_OK) and os.access(os.path.dirname(os.path.realpath(path)), os.W_OK)
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return os.access(folder, os.W_OK | os.X_OK)


def choices() -> list[tuple[str, str]]:
    """The files that can be written, the caller's own first. Root leaves what lies in another's home alone:
    that user could not change it any more."""
    system, mine = files()
    found = []
    if writable(mine) and not (os.geteuid() == 0 and _anothers(mine)):
        found.append((mine, "for you alone; it wins over /etc"))
    if writable(system):
        found.append((system, "for everybody on this host"))
    return found


def _anothers(path: str) -> bool:
    path = os.path.abspath(path)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return os.stat(path).st_uid != 0
