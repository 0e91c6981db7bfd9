"""A sasldb: whether it is there, who may read it, and which accounts it has, by sasldblistusers2(8).

That program ends with 0 whatever happens: a missing, an unreadable and a damaged database are told apart
here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from mailtui import commands
from mailtui.sasl.hashfile import cut_short, passwords
from mailtui.sasl.names import Account
from mailtui.text.safe import decode, safe

State = Literal["fine", "missing", "unreadable", "damaged"]
LARGEST = 64 << 20
"""Bytes of a database above which passwords are not compared."""
PLAIN = "userPassword"
"""The property that holds the password itself, from which every mechanism can work."""
SECRET = "cmusaslsecret"  # noqa: S105  # a property's name
"""What the properties begin with that serve one mechanism: `cmusaslsecretOTP`."""


@dataclass(frozen=True)
class Database:
    """One file, as it was when it was looked at. `path` is as it was asked for, `real` without symlinks."""

    path: str
    real: str
    state: State
    problem: str = ""
    """What is wrong with it, in words; empty where it is fine."""
    uid: int = 0
    gid: int = 0
    mode: int = 0
    mtime: float = 0.0
    accounts: Mapping[Account, tuple[str, ...]] = field(default_factory=dict)
    """Its accounts, each with its properties."""

    @property
    def fine(self) -> bool:
        return self.state == "fine"

    @property
    def owner(self) -> str:
        """`root:sasl 0660`, as ls(1) would say."""
        import grp
        import pwd

        try:
            user = pwd.getpwuid(self.uid).pw_name
        except KeyError:
            user = str(self.uid)
        try:
            group = grp.getgrgid(self.gid).gr_name
        except KeyError:
            group = str(self.gid)
        return f"{user}:{group} {self.mode:04o}"

    @cached_property
    def digests(self) -> Mapping[tuple[str, str], bytes] | None:
        """(user, realm) → a digest of what it has; None where that cannot be had. They are compared, never
        shown."""
        try:
            with open(self.real, "rb") as stream:
                raw = stream.read(LARGEST + 1)
        except OSError:
            return None
        return passwords(raw) if len(raw) <= LARGEST else None


def look(path: str) -> Database:
    """The database of this path as it is now. Raises CommandError where sasldblistusers2 is missing."""
    real = os.path.realpath(path)
    try:
        found = os.stat(real)
    except FileNotFoundError:
        dangling = os.path.islink(path)
        return _without(path, real, "missing", f"leads to {real}, which does not exist" if dangling else "")
    except OSError as error:
        return _without(path, real, "unreadable", (error.strerror or str(error)).lower())
    if not stat.S_ISREG(found.st_mode):
        return _without(path, real, "damaged", "is not a file")
    facts = (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode), found.st_mtime)
    if not os.access(real, os.R_OK):
        return Database(path, real, "unreadable", "permission denied: root alone may look", *facts)
    accounts, words = listed(real)
    words = words or _shortened(real, found.st_size)
    if words:
        return Database(path, real, "damaged", words, *facts)
    return Database(path, real, "fine", "", *facts, accounts)


def _shortened(real: str, size: int) -> str:
    with open(real, "rb") as stream:
        head = stream.read(72)
    return "it is cut short: accounts are missing from it" if cut_short(head, size) else ""


def _without(path: str, real: str, state: State, words: str) -> Database:
    said = {"missing": "does not exist", "unreadable": "cannot be read", "damaged": "is no database"}[state]
    return Database(path, real, state, words or said)


def listed(real: str) -> tuple[dict[Account, tuple[str, ...]], str]:
    """What sasldblistusers2 prints of a file that is there, and what it complains of (its first line).

    Raises CommandError where the program is missing or hangs.
    """
    result = commands.ask(["sasldblistusers2", "-f", real], timeout=10)
    complaints = [line for line in decode(result.err).splitlines() if line.strip()]
    if complaints or not result.ok:
        what = complaints[0].rpartition(": ")[2] if complaints else f"ended with {result.status}"
        return {}, f"sasldblistusers2 cannot read it: {safe(what)[:120]}"
    found: dict[Account, tuple[str, ...]] = {}
    for line in decode(result.out).splitlines():
        name, separator, kind = line.rpartition(": ")
        user, at, realm = name.partition("@")
        if separator and at:
            who = Account(user, realm)
            found[who] = (*found.get(who, ()), kind)
    return found, ""


def differing(one: Database, other: Database) -> tuple[list[Account], list[Account], list[Account]]:
    """Accounts that only the first has, that only the second has, and those with another password."""
    first, second = one.accounts, other.accounts
    only = [who for who in first if who not in second], [who for who in second if who not in first]
    mine, theirs = one.digests, other.digests
    if mine is None or theirs is None:
        return *only, []
    both = (who for who in first if who in second)
    return *only, [
        who for who in both if mine.get((who.user, who.realm)) != theirs.get((who.user, who.realm))
    ]
