"""Whether opendkim takes a key file for safe (RequireSafeKeys, opendkim.conf(5)): its judgement of the file
and of every folder above it, with the node that spoils it named.

The rules are those of dkimf_securefile and dkimf_checkfsnode in opendkim.c, and nothing more: a folder that
others may read does no harm, a file that they may read does, even below a folder that keeps them out.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from mailtui.text.safe import safe

ELSEWHERE = "keep keys in a folder of their own, as /etc/dkimkeys"


@dataclass(frozen=True, slots=True)
class Node:
    """The file, or a folder on the way to it, with links resolved. `why`: what opendkim minds, nothing where
    it does not; `mend`: the command that puts it right."""

    path: str
    mode: int
    uid: int
    gid: int
    is_file: bool
    why: str = ""
    mend: str = ""

    @property
    def owner(self) -> str:
        """`user:group` by name."""
        return f"{user_name(self.uid)}:{group_name(self.gid)}"

    @property
    def mode_words(self) -> str:
        """As `0640`."""
        return f"{self.mode:04o}"


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def uid_of(user: str) -> int:
    """The number of opendkim's UserID (`user` or `user:group`); root's where none is set. Raises KeyError."""
    name = user.partition(":")[0].strip()
    return pwd.getpwnam(name).pw_uid if name else 0


def walk(path: str, uid: int) -> list[Node]:
    """Every node from the root folder to the file, as opendkim running as `uid` sees it. Raises OSError where
    one cannot be looked at."""
    real = os.path.realpath(path, strict=True)
    places = ["/"]
    for part in real.strip("/").split("/"):
        places.append(os.path.join(places[-1], part))
    return [_judged(place, uid) for place in places]


def first_unsafe(nodes: list[Node]) -> Node | None:
    """The node at which opendkim stops: the first that it minds, from the root on."""
    return next((node for node in nodes if node.why), None)


def _judged(place: str, uid: int) -> Node:
    found = os.stat(place)
    mode, is_file = stat.S_IMODE(found.st_mode), stat.S_ISREG(found.st_mode)
    node = Node(place, mode, found.st_uid, found.st_gid, is_file)
    faults = _of_file(node, uid) if is_file else _of_folder(node, uid)
    for why, mend in faults:
        do = ELSEWHERE if _shared(node) else f"{mend} {place}"
        return Node(place, mode, found.st_uid, found.st_gid, is_file, why, do)
    return node


def _shared(node: Node) -> bool:
    """A folder that is everybody's on purpose, as /tmp is: its mode is right, the key is in the wrong
    place."""
    return not node.is_file and bool(node.mode & stat.S_ISVTX)


def _of_file(node: Node, uid: int) -> Iterator[tuple[str, str]]:
    if node.uid not in {0, uid}:
        yield f"belongs to {safe(user_name(node.uid))}, not to {_me(uid)}", f"chown {user_name(uid)}"
    if node.mode & (stat.S_IRGRP | stat.S_IWGRP):
        other = _other_in(node.gid, uid)
        if other:
            yield f"its group {safe(group_name(node.gid))} has {safe(other)} in it too", "chmod g-rw"
    if node.mode & (stat.S_IROTH | stat.S_IWOTH):
        yield "everybody may read or write it", "chmod o-rw"


def _of_folder(node: Node, uid: int) -> Iterator[tuple[str, str]]:
    if node.mode & stat.S_IWOTH:
        yield "everybody may write it", "chmod o-w"
    if node.mode & stat.S_IWGRP:
        other = _other_in(node.gid, uid)
        if other:
            yield (
                f"its group {safe(group_name(node.gid))} may write it, and has {safe(other)} in it too",
                "chmod g-w",
            )
    if node.mode & stat.S_IWUSR and node.uid not in {0, uid}:
        yield f"{safe(user_name(node.uid))} may write it, who is not {_me(uid)}", f"chown {user_name(uid)}"


def _me(uid: int) -> str:
    return "root" if uid == 0 else f"{safe(user_name(uid))} or root"


def _other_in(gid: int, uid: int) -> str:
    """Somebody other than `uid` and root whose group this is; nothing where nobody is, or the group has no
    name (opendkim then gives up and takes the node for safe)."""
    for each in pwd.getpwall():
        if each.pw_uid not in {0, uid} and each.pw_gid == gid:
            return each.pw_name
    try:
        members = grp.getgrgid(gid).gr_mem
    except KeyError:
        return ""
    mine = {user_name(uid), "root"}
    return next((name for name in members if name not in mine), "")
