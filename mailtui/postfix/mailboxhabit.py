"""How an instance lays out its mailboxes: which path a new one would get, told by those that are there."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mailtui.postfix.addresses import split
from mailtui.postfix.mailboxtables import Entry
from mailtui.postfix.mailsize import Format
from mailtui.text.safe import safe

DEFAULT = "{d}/{u}/"
SAMPLE = 200
"""Entries of a domain, the last ones, whose paths are looked at."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Habit:
    """A path with `{u}` for the local part, `{d}` for the domain, `{i}` for the local part's first letter.
    `of`: whose habit it is, for a sentence."""

    pattern: str
    of: str

    @property
    def format(self) -> Format:
        return "maildir" if self.pattern.endswith("/") else "mbox"

    def path(self, address: str, format: Format = "") -> str:  # noqa: A002
        """The path for an address, with the slash that the format wants."""
        local, domain = split(address.casefold())
        found = self.pattern.replace("{d}", domain or "").replace("{u}", local).replace("{i}", local[:1])
        return shaped(found, format or self.format)


def shaped(path: str, format: Format) -> str:  # noqa: A002
    """The path with a slash at the end for a maildir, without for an mbox."""
    return path.rstrip("/") + ("/" if format == "maildir" else "")


def habit(entries: Iterable[Entry], domain: str) -> Habit:
    """The commonest layout in a domain, else in all of the table, else `domain/user/`."""
    return Habits(entries).of(domain)


class Habits:
    """The layouts of all domains, for who asks for many."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._all: list[Entry] = []
        self._own: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.counts and "@" in entry.key[1:]:
                self._all.append(entry)
                self._own.setdefault(entry.folded.rpartition("@")[2], []).append(entry)

    @cached_property
    def _elsewhere(self) -> str:
        return _commonest(self._all)

    def of(self, domain: str) -> Habit:
        """The commonest layout in a domain, else in all of the table, else `domain/user/`."""
        domain = domain.casefold()
        if pattern := _commonest(self._own.get(domain, ())):
            return Habit(pattern, f"as in {safe(domain)}")
        if self._elsewhere:
            return Habit(self._elsewhere, "as in other domains")
        return Habit(DEFAULT, "domain/user, as is usual")


def _commonest(entries: Sequence[Entry]) -> str:
    counted = Counter(pattern for entry in entries[-SAMPLE:] for pattern in _patterns(entry))
    return counted.most_common(1)[0][0] if counted else ""


def _patterns(entry: Entry) -> Iterator[str]:
    """The layout of one entry, where its path names its user."""
    local, domain = split(entry.folded)
    parts = [_part(part, local, domain or "") for part in entry.value.casefold().split("/")]
    if any("{u}" in part for part in parts):
        written = entry.value.split("/")
        yield "/".join(part if "{" in part else own for part, own in zip(parts, written, strict=True)).lstrip(
            "/"
        )


def _part(part: str, local: str, domain: str) -> str:
    if part == f"{local}@{domain}":
        return "{u}@{d}"
    if part == local:
        return "{u}"
    if part == domain:
        return "{d}"
    return "{i}" if part == local[:1] else part


def path_words(base: str, path: str) -> str:
    """Why a path cannot be that of a new mailbox, what is wrong and what to do; empty where it can."""
    return Paths(base).words(path)


class Paths:
    """Paths of new mailboxes below virtual_mailbox_base: where the folders above them lead is looked up once,
    as a hundred thousand mailboxes may lie in a few of them."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._folders: dict[str, tuple[str, bool]] = {}
        """By the path below the base where a folder is in truth, and whether it is there."""

    def words(self, path: str) -> str:
        """As `path_words`."""
        if not path.strip("/"):
            return "the path is empty: name the folder or file below virtual_mailbox_base"
        if path.startswith("/"):
            return (
                f"the path is absolute: Postfix puts {safe(self._base)} before it; give the part below that"
            )
        if _CONTROL.search(path) or path != path.strip():
            return "the path holds control characters, or blanks at an end: no table can hold it so"
        folder, _, name = path.rstrip("/").rpartition("/")
        if name in _NO_NAMES or (folder and folder not in self._folders and not _is_plain(folder)):
            return "the path holds `..`, `.` or an empty part: name folders one below the other"
        inside, _ = self._folder("")
        real, _ = self._below(folder, name)
        if not real.startswith(inside.rstrip("/") + "/"):
            shown = safe(os.path.join(self._base, path))
            return f"a symlink leads {shown} out of {safe(self._base)}, to {safe(real)}"
        return ""

    def _folder(self, path: str) -> tuple[str, bool]:
        known = self._folders.get(path)
        if known is None:
            folder, _, name = path.rpartition("/")
            known = self._below(folder, name) if path else (os.path.realpath(self._base), True)
            self._folders[path] = known
        return known

    def _below(self, folder: str, name: str) -> tuple[str, bool]:
        """Where a name in a folder leads, as realpath(3), and whether it is there."""
        above, is_there = self._folder(folder)
        path = os.path.join(above, name)
        if not is_there:
            return path, False
        try:
            os.readlink(path)
        except FileNotFoundError:
            return path, False
        except OSError:  # no symlink, or one that we may not look at
            return path, True
        return os.path.realpath(path), True


_NO_NAMES = frozenset({"", ".", ".."})


def _is_plain(path: str) -> bool:
    return _NO_NAMES.isdisjoint(path.split("/"))
