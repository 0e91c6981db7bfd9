"""How an instance lays out its mailboxes: which path a new one would get, told by those that are there."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
    usable = [entry for entry in entries if entry.counts and "@" in entry.key[1:]]
    domain = domain.casefold()
    own = [entry for entry in usable if entry.folded.endswith(f"@{domain}")][-SAMPLE:]
    for sample, whose in ((own, f"as in {safe(domain)}"), (usable[-SAMPLE:], "as in other domains")):
        counted = Counter(pattern for entry in sample for pattern in _patterns(entry))
        if counted:
            return Habit(counted.most_common(1)[0][0], whose)
    return Habit(DEFAULT, "domain/user, as is usual")


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
    if not path.strip("/"):
        return "the path is empty: name the folder or file below virtual_mailbox_base"
    if path.startswith("/"):
        return f"the path is absolute: Postfix puts {safe(base)} before it; give the part below that"
    if _CONTROL.search(path) or path != path.strip():
        return "the path holds control characters, or blanks at an end: no table can hold it so"
    parts = path.rstrip("/").split("/")
    if ".." in parts or "." in parts or "" in parts:
        return "the path holds `..`, `.` or an empty part: name folders one below the other"
    real, inside = os.path.realpath(os.path.join(base, path)), os.path.realpath(base)
    if not real.startswith(inside.rstrip("/") + "/"):
        return f"a symlink leads {safe(os.path.join(base, path))} out of {safe(base)}, to {safe(real)}"
    return ""
