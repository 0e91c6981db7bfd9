"""A draft saved as a file that a second person can review and apply.

Over sudo the file belongs to the person who called it, and is made only in a folder that is theirs to
write: a name planted in a shared folder must not become a file that root writes through.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtui.apply.actor import now
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.edits.draft import Group


class SaveError(Exception):
    """The file was not written. `what` says why, `do` what helps."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what, self.do = what, do


class Exists(SaveError):
    """A file of that name is there already."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose file it becomes."""

    uid: int
    gid: int
    groups: frozenset[int]

    def may_write(self, folder: os.stat_result) -> bool:
        """Whether the folder's mode lets this person make files in it."""
        if self.uid == 0:
            return True
        if folder.st_uid == self.uid:
            wanted = stat.S_IWUSR | stat.S_IXUSR
        elif folder.st_gid in self.groups:
            wanted = stat.S_IWGRP | stat.S_IXGRP
        else:
            wanted = stat.S_IWOTH | stat.S_IXOTH
        return folder.st_mode & wanted == wanted


def caller() -> Person | None:
    """The person who called sudo; None where this process is nobody else's."""
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() != 0 or not (uid.isdecimal() and gid.isdecimal()) or int(uid) == 0:
        return None
    return Person(int(uid), int(gid), frozenset(_groups(int(uid), int(gid))))


def _groups(uid: int, gid: int) -> Iterable[int]:
    import pwd

    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        return (gid,)


def default_name(host: str) -> str:
    """`mailtui-draft-HOST-DATE.json`."""
    plain = re.sub(r"[^A-Za-z0-9.-]", "_", host) or "host"
    return f"mailtui-draft-{plain}-{now()[:10]}.json"


def draft_bytes(instance: Instance, groups: Iterable[Group], who: str) -> bytes:
    """The file's content."""
    from mailtui.edits import store

    try:
        host = instance.hostname
    except InstanceError:  # the draft may be what mends main.cf: its name is only said, never used
        host = os.uname().nodename
    return store.dumps(groups, config_dir=instance.config_dir, hostname=host, who=who, time=now())


def save(path: str, raw: bytes | Iterable[bytes], *, replace: bool = False) -> str:
    """Write the file with mode 0600, whole and durably, and return its absolute path. `raw` may come in
    pieces: where one cannot be made no file is left.

    Raises Exists unless `replace` is set (then only a plain file of the same person is replaced), and
    SaveError.
    """
    path = os.path.abspath(os.path.expanduser(path))
    parent, name = os.path.split(path)
    if not name or os.path.isdir(path):
        raise SaveError(f"{path}: is a folder", "name a file in it")
    try:
        folder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise SaveError(f"{parent}: {_words(error)}", "choose another folder") from None
    try:
        _put(folder, parent, name, (raw,) if isinstance(raw, bytes) else raw, replace=replace)
    except OSError as error:
        raise SaveError(f"{path}: {_words(error)}", "choose another folder") from None
    finally:
        os.close(folder)
    return path


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _put(folder: int, parent: str, name: str, pieces: Iterable[bytes], *, replace: bool) -> None:
    person = caller()
    if person is not None and not person.may_write(os.fstat(folder)):
        raise SaveError(
            f"{parent}: the user who called sudo (id {person.uid}) may not write there",
            "choose a folder of your own",
        )
    path = os.path.join(parent, name)
    if replace:
        _require_own(folder, name, path, person)
    own = f".mailtui-{secrets.token_hex(8)}" if replace else name
    try:
        made = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    except FileExistsError:
        raise Exists(f"{path}: is there already", "choose another name") from None
    try:
        with os.fdopen(made, "wb") as stream:
            if person is not None:
                os.fchown(made, person.uid, person.gid)
            stream.writelines(pieces)
            stream.flush()
            os.fsync(made)
        if replace:
            os.replace(own, name, src_dir_fd=folder, dst_dir_fd=folder)
    except Exception:
        os.unlink(own, dir_fd=folder)
        raise
    os.fsync(folder)


def _require_own(folder: int, name: str, path: str, person: Person | None) -> None:
    """What is replaced must be a plain file, and over sudo one of the caller's own."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise SaveError(f"{path}: is not a plain file", "choose another name")
    if person is not None and found.st_uid != person.uid:
        raise SaveError(f"{path}: belongs to another user", "choose another name")
