"""The way to a Unix socket that smtpd asks about passwords: whether it is there, and smtpd may use it."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import socket
import stat
from typing import Literal, NamedTuple

from mailtui.sasl.reading import Reader, may_read
from mailtui.text.safe import safe

Trouble = Literal["", "missing", "no socket", "closed", "deserted"]


class Way(NamedTuple):
    """`owner` as ls(1) says it (`root:sasl 0660`), with the group's number; both of what is there."""

    path: str
    trouble: Trouble = ""
    owner: str = ""
    gid: int = 0

    def says(self, user: str) -> str:
        """In words; empty where the way is free."""
        where = safe(self.path)
        closed = f"it is {self.owner}, or a folder above it is closed"
        return {
            "": "",
            "missing": f"{where} is not there",
            "no socket": f"{where} is no socket",
            "closed": f"{user} may not connect to {where}: {closed}",
            "deserted": f"{where} is there, and nobody listens on it",
        }[self.trouble]


def way(path: str, who: Reader) -> Way:
    """The way to a socket, as smtpd goes it. Nobody who listens is asked anything.

    Raises CommandError where setpriv hangs.
    """
    try:
        found = os.stat(path)
    except OSError:
        return Way(path, "missing", "", _folder_group(path))
    owner = f"{_user(found.st_uid)}:{_group(found.st_gid)} {stat.S_IMODE(found.st_mode):04o}"
    if not stat.S_ISSOCK(found.st_mode):
        return Way(path, "no socket", owner, found.st_gid)
    if not may_read(path, who, write=True):
        return Way(path, "closed", owner, _closing(path, found, who))
    if _deserted(path):
        return Way(path, "deserted", owner, found.st_gid)
    return Way(path, "", owner, found.st_gid)


def _deserted(path: str) -> bool:
    """Whether nobody listens: the kernel knows no socket of that name, and connecting is refused. (A name is
    as its maker gave it, and one of another network namespace is not in the kernel's list here.)"""
    name = os.path.basename(path).encode("utf-8", "surrogateescape")
    try:
        with open("/proc/net/unix", "rb") as stream:
            names = [line.rpartition(b" ")[2].strip() for line in stream]
    except OSError:
        return False
    if any(each.rpartition(b"/")[2] == name for each in names):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(1)
        return line.connect_ex(path) == errno.ECONNREFUSED


def _closing(path: str, found: os.stat_result, who: Reader) -> int:
    """The group that would let it on: of the first folder on the way that is closed, else the socket's."""
    parts = os.path.realpath(path).split("/")
    for count in range(1, len(parts)):
        folder = "/".join(parts[:count]) or "/"
        try:
            each = os.stat(folder)
        except OSError:
            break
        shift = 6 if each.st_uid == who.uid else 3 if each.st_gid in who.groups else 0
        if not each.st_mode >> shift & 1:
            return each.st_gid
    return found.st_gid


def _folder_group(path: str) -> int:
    try:
        return os.stat(os.path.dirname(path)).st_gid
    except OSError:
        return 0


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
