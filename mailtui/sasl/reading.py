"""Whether smtpd may read a file: asked of the kernel, as the user and with the groups that smtpd has.

smtpd runs as mail_owner with the groups that /etc/group gives it when it starts; one that runs since before
keeps those it began with.
"""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path
from typing import NamedTuple

from mailtui import commands
from mailtui.postfix.instance import Instance, master_pid

_SMTPD = b"smtpd\n"


class Reader(NamedTuple):
    """Whom smtpd runs as."""

    user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    """Its groups by /etc/group now, its own included."""
    running: tuple[tuple[int, ...], ...]
    """Those of each smtpd that runs; none where none does."""

    def names(self) -> list[str]:
        """Its groups by name."""
        return [group_name(each) for each in self.groups]

    @property
    def outdated(self) -> tuple[int, ...]:
        """Groups that /etc/group gives and a running smtpd has not."""
        return tuple(each for each in self.groups if any(each not in has for has in self.running))


def group_name(gid: int) -> str:
    """The name of a group, or its number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def group_id(name: str) -> int | None:
    """The number of a group; None where there is none of that name."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def reader(instance: Instance) -> Reader:
    """Whom this instance's smtpd runs as. Raises ParameterError; of an unknown mail_owner the id is -1."""
    name = instance.parameters.effective("mail_owner")
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return Reader(name, -1, -1, (), ())
    groups = tuple(sorted({*os.getgrouplist(name, found.pw_gid)}))
    return Reader(name, found.pw_uid, found.pw_gid, groups, tuple(_running(instance.queue_directory)))


def _running(queue: str) -> list[tuple[int, ...]]:
    """The groups of each smtpd below this queue's master."""
    master = master_pid(queue)
    if master is None:
        return []
    found = []
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except OSError:
        return []
    for child in children:
        process = Path("/proc", child)
        try:
            if process.joinpath("comm").read_bytes() == _SMTPD:
                status = process.joinpath("status").read_text()
                line = next(line for line in status.splitlines() if line.startswith("Groups:"))
                found.append(tuple(int(word) for word in line.split()[1:]))
        except (OSError, StopIteration):
            continue  # it has ended meanwhile
    return found


def may_read(path: str, who: Reader, groups: tuple[int, ...] | None = None, *, write: bool = False) -> bool:
    """Whether the user, with these groups (default: by /etc/group), may open the file: every folder above it
    included, ACLs as well, because the kernel says it. Without root it is worked out from the modes.
    `write`: whether he may write to it, as connecting to a socket wants."""
    has = who.groups if groups is None else groups
    if os.geteuid() == 0 and commands.find("setpriv") is not None:
        listed = ",".join(map(str, has)) or str(who.gid)
        argv = ["setpriv", f"--reuid={who.uid}", f"--regid={who.gid}", f"--groups={listed}", "--"]
        return commands.ask([*argv, "test", "-w" if write else "-r", path]).ok
    return _by_modes(path, who.uid, has, 2 if write else 4)


def _by_modes(path: str, uid: int, groups: tuple[int, ...], bit: int) -> bool:
    real = os.path.realpath(path)
    above = [str(each) for each in Path(real).parents]
    return all(_allows(each, uid, groups, 1) for each in above) and _allows(real, uid, groups, bit)


def _allows(path: str, uid: int, groups: tuple[int, ...], bit: int) -> bool:
    try:
        found = os.stat(path)
    except OSError:
        return False
    shift = 6 if found.st_uid == uid else 3 if found.st_gid in groups else 0
    return bool(found.st_mode >> shift & bit)
