"""Whether Postfix may connect to a Unix socket: every folder on the way must let it through (x), and the
socket must let it write. Postfix connects as mail_owner with that user's groups (chroot_uid.c)."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import struct
from dataclasses import dataclass
from typing import Literal

from mailtui.text.safe import safe

_ACL = "system.posix_acl_access"
_SEARCH, _WRITE = 1, 2
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_ENTRY = struct.Struct("<HHI")

Trouble = Literal["", "missing", "no socket", "no folder", "may not pass", "may not write", "unseen"]


@dataclass(frozen=True, slots=True)
class Who:
    """A user with all his groups."""

    name: str
    uid: int
    gids: frozenset[int]


def user(name: str) -> Who | None:
    """A user by name; None where there is none."""
    try:
        found = pwd.getpwnam(name)
    except (KeyError, ValueError):
        return None
    return Who(name, found.pw_uid, frozenset(os.getgrouplist(name, found.pw_gid)))


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a socket. `node`: the first part of the path at which it ends, with its `rights` in words;
    `group`: the group that would let the user on, where being in it is enough."""

    trouble: Trouble = ""
    node: str = ""
    rights: str = ""
    group: str = ""

    def says(self, who: str) -> str:
        """In one line; empty where the way is free."""
        node = safe(self.node)
        match self.trouble:
            case "missing":
                return f"{node} is not there"
            case "no socket":
                return f"{node} is no socket"
            case "no folder":
                return f"{node} is no folder"
            case "unseen":
                return f"{node} cannot be looked at: be root to see more"
            case "may not pass":
                return f"{who} may not pass through {node} ({self.rights})"
            case "may not write":
                return f"{who} may not write to {node} ({self.rights})"
        return ""


FREE = Way()


def way(path: str, who: Who) -> Way:
    """The way of a user to a socket, each part of it looked at; links are followed."""
    try:
        real = os.path.realpath(path)
        parts = real.strip("/").split("/")
        nodes = ["/" + "/".join(parts[:count]) for count in range(len(parts) + 1)]
        for node in nodes[:-1]:
            found = _look(node)
            if isinstance(found, Way):
                return found
            if not stat.S_ISDIR(found.st_mode):
                return Way("no folder", node)
            if not may(node, found, who, _SEARCH):
                return Way("may not pass", node, rights(found), _helping(found, _SEARCH))
        found = _look(real)
        if isinstance(found, Way):
            return found
        if not stat.S_ISSOCK(found.st_mode):
            return Way("no socket", real)
        if not may(real, found, who, _WRITE):
            return Way("may not write", real, rights(found), _helping(found, _WRITE))
    except (OSError, ValueError):
        return Way("unseen", path)
    return FREE


def _look(node: str) -> os.stat_result | Way:
    try:
        return os.stat(node)
    except FileNotFoundError:
        return Way("missing", node)
    except PermissionError:
        return Way("unseen", node)


def _helping(found: os.stat_result, need: int) -> str:
    """The group that lets its members do what is needed; empty where it does not, and for root's."""
    if found.st_gid == 0 or not (found.st_mode >> 3) & need:
        return ""
    return group_name(found.st_gid)


def group_name(gid: int) -> str:
    """A group's name, its number where it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def rights(found: os.stat_result) -> str:
    """Owner, group and mode: `opendkim:opendkim 0750`."""
    try:
        owner = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        owner = str(found.st_uid)
    return f"{owner}:{group_name(found.st_gid)} {stat.S_IMODE(found.st_mode):04o}"


def may(path: str, found: os.stat_result, who: Who, need: int) -> bool:
    """Whether the kernel lets a user search or write there: mode bits, and the access list (acl(5))."""
    if who.uid == 0:
        return True
    entries = _acl(path)
    if entries:
        return _may_by_acl(entries, found, who, need)
    shift = 6 if found.st_uid == who.uid else 3 if found.st_gid in who.gids else 0
    return (found.st_mode >> shift) & need == need


def _acl(path: str) -> list[tuple[int, int, int]]:
    """Tag, permissions and id of each entry of an access list; none where there is none."""
    try:
        raw = os.getxattr(path, _ACL)
    except OSError:
        return []
    return [_ENTRY.unpack_from(raw, at) for at in range(4, len(raw) - _ENTRY.size + 1, _ENTRY.size)]


def _may_by_acl(entries: list[tuple[int, int, int]], found: os.stat_result, who: Who, need: int) -> bool:
    """acl(5), ACCESS CHECK ALGORITHM."""
    perms = {tag: perm for tag, perm, _ in entries if tag in {_USER_OBJ, _GROUP_OBJ, _MASK, _OTHER}}
    mask = perms.get(_MASK, 7)
    if found.st_uid == who.uid:
        return perms.get(_USER_OBJ, 0) & need == need
    for tag, perm, number in entries:
        if tag == _USER and number == who.uid:
            return perm & mask & need == need
    groups = [perm for tag, perm, number in entries if tag == _GROUP and number in who.gids]
    if found.st_gid in who.gids:
        groups.append(perms.get(_GROUP_OBJ, 0))
    if groups:
        return any(perm & mask & need == need for perm in groups)
    return perms.get(_OTHER, 0) & need == need
