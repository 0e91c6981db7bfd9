"""The folders that a new mailbox needs, so that whoever its mail is written as may come there and write."""

from __future__ import annotations

import os
import stat

from mailtui.edits.candidate import Candidate
from mailtui.edits.folders import MakeFolder, folder
from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import Folders
from mailtui.postfix.mailboxids import GIDS, UIDS, ids_of
from mailtui.postfix.mailboxtables import box_tables, path_of, read_entries
from mailtui.postfix.mailsize import Format
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe

MODE = 0o700
SHARED_MODE = 0o755
"""Of a folder above the mailboxes of several users, which is root's."""
PASSED = 0o011
"""What lets others through a folder, without a look into it."""


class Unusable(Exception):
    """A folder can only be made for somebody else; why, and what to do."""


def folders(
    instance: Instance, base: str, path: str, owner: tuple[int | None, int | None]
) -> tuple[list[Edit], list[str]]:
    """The folders that are missing, from the base on; of an mbox the one that it lies in; and what to say.

    Those that a draft makes already stay their owners', and are opened for this user where he only passes
    through. Raises Unusable where he would have to write in one that is another's.
    """
    uid, gid = owner
    assert uid is not None
    assert gid is not None
    wanted = path.rstrip("/") if path.endswith("/") else os.path.dirname(path)
    if os.path.isdir(wanted):
        return [], _standing(wanted, uid)
    staged = _staged(instance)
    missing = []
    at = wanted
    while not os.path.isdir(at) and at.startswith(base.rstrip("/")):
        missing.append(at)
        at = os.path.dirname(at)
    alone = _one_owner(instance, uid, gid)
    above = (uid, gid, MODE) if alone else (0, 0, SHARED_MODE)
    dwellers = {} if alone else _dwellers(instance, base, set(missing) - set(staged))
    edits: list[Edit] = []
    for each in reversed(missing):
        made = staged.get(each)
        if made is None and each in dwellers:
            edits.append(_with(dwellers[each], each, uid, gid, is_own=each == wanted))
        elif made is None:
            edits.append(MakeFolder(folder(each), *((uid, gid, MODE) if each == wanted else above)))
        elif each == wanted:
            edits += _own(made, uid, gid)
        elif not _lets_through(made, uid, gid):
            edits.append(MakeFolder(made.target, made.uid, made.gid, made.mode | PASSED))
    return edits, _shut(base, at, uid, gid)


def _dwellers(instance: Instance, base: str, missing: set[str]) -> dict[str, tuple[int, int, str]]:
    """Of folders that are not there yet: who owns a mailbox file that will lie in one, and its address."""
    resolver = Resolver(instance)
    found: dict[str, tuple[int, int, str]] = {}
    seen: set[str] = set()
    for table in box_tables(instance):
        for entry in read_entries(table, seen):
            path, kind = path_of(base, entry)
            if kind != "mbox" or os.path.dirname(path) not in missing or not entry.counts:
                continue
            ids = ids_of(resolver, entry.folded, far=False)
            if ids.uid is not None and ids.gid is not None:
                found.setdefault(os.path.dirname(path), (ids.uid, ids.gid, entry.folded))
    return found


def _with(dweller: tuple[int, int, str], path: str, uid: int, gid: int, *, is_own: bool) -> MakeFolder:
    """The folder in which another's mailbox file will lie: that one must write there, this user pass through.
    Raises Unusable where this user would have to write there too."""
    owner, group, address = dweller
    if owner == uid:
        return MakeFolder(folder(path), uid, gid, MODE)
    if is_own:
        raise Unusable(
            f"the mailbox file of {safe(address)} will lie in {safe(path)} and is written as uid {owner},"
            f" this one as uid {uid}; take a folder of its own (a maildir is one), or the same owner"
        )
    return MakeFolder(folder(path), owner, group, MODE | PASSED)


def _staged(instance: Instance) -> dict[str, MakeFolder]:
    """The folders that a draft makes."""
    files = instance.files
    found = files.folders.values() if isinstance(files, Candidate) else ()
    return {edit.target.path: edit for edit in found if isinstance(edit, MakeFolder)}


def _one_owner(instance: Instance, uid: int, gid: int) -> bool:
    """Whether all mailboxes belong to this one user: then the folders above them do too."""
    for name, number in ((UIDS, uid), (GIDS, gid)):
        for lookup in instance.lookups(name):
            if lookup.type != "static" or lookup.spec.partition(":")[2].strip() != str(number):
                return False
    return True


def _own(made: MakeFolder, uid: int, gid: int) -> list[Edit]:
    """What makes a folder that is staged one in which this user writes: of root's, through which others pass
    on to theirs, his own; of another's, whose mail lies in it, nothing. Raises Unusable."""
    if made.uid == uid:
        return []
    if made.uid == 0:
        return [MakeFolder(made.target, uid, gid, MODE | PASSED)]
    raise Unusable(
        f"{safe(made.target.path)} is staged for uid {made.uid}, and uid {uid} could not write in it; "
        "take a folder of its own (a maildir is one), or the same owner"
    )


def _lets_through(made: MakeFolder, uid: int, gid: int) -> bool:
    shift = 6 if made.uid == uid else 3 if made.gid == gid else 0
    return bool(made.mode >> shift & 1)


def _standing(path: str, uid: int) -> list[str]:
    status = os.stat(path)
    told = [f"{safe(path)} is there already"]
    if status.st_uid != uid:
        told.append(f"it belongs to uid {status.st_uid}, and mail is written as {uid}")
    return told


def _shut(base: str, there: str, uid: int, gid: int) -> list[str]:
    """What to do where a folder that is there does not let this user pass."""
    shut = Folders(base).shut(there, uid, gid)
    if not shut:
        return []
    status = os.stat(shut)
    rights = f"owner {status.st_uid}:{status.st_gid}, mode {stat.S_IMODE(status.st_mode):04o}"
    why = f"uid {uid} may not pass through {safe(shut)} ({rights}), so that its mail is deferred"
    return [f"{why}: chmod o+x {safe(shut)} lets it"]


def writable_words(instance: Instance, base: str, path: str, uid: int | None, gid: int | None) -> list[str]:
    """What keeps this user from writing at a path as it is now."""
    kind: Format = "maildir" if path.endswith("/") else "mbox"
    strict = instance.parameters.effective("strict_mailbox_ownership").lower() == "yes"
    dotlock = "dotlock" in instance.parameters.effective("virtual_mailbox_lock")
    found = Folders(base, strict_owner=strict, dotlock=dotlock).words(path, kind, uid, gid)
    return [f"{words}; let its folder be made too" for words in found]
