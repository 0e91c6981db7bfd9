"""Files beside main.cf and master.cf that name a compiled table or its type: scripts, other settings.

Nobody can know them all: a few folders are searched, and what is found is told and never written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from mailtui.postfix.lookups import INDEXED
from mailtui.text.safe import encode

FOLDERS = (
    "/etc/dovecot", "/etc/mailman", "/etc/mailman3", "/etc/opendkim", "/etc/amavis", "/etc/default",
    "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly",
    "/etc/letsencrypt/renewal-hooks",
)  # fmt: skip
FILES = ("/etc/crontab", "/etc/opendkim.conf", "/etc/opendmarc.conf")
LARGEST = 256 << 10
"""Bytes above which a file is not searched."""
MOST = 2000
"""Files that are searched at most."""
_DEEP = 3


class Elsewhere(NamedTuple):
    """A line that names a table, from 1."""

    file: str
    line: int
    text: str
    """What names it."""


def elsewhere(config_dir: str, paths: Collection[str]) -> list[Elsewhere]:
    """Lines that name one of the tables by its type, or its compiled copy."""
    if not paths:
        return []
    names = b"|".join(re.escape(encode(path)) for path in sorted(paths))
    types, copies = rb"(?:hash|btree|lmdb|cdb):(?:", rb")\.(?:db|lmdb|cdb)(?![\w./-])"
    wanted = re.compile(types + names + rb")(?![\w./-])|(?:" + names + copies)
    found = []
    for file in _files(config_dir):
        raw = _read(file)
        if raw is None:
            continue
        for hit in wanted.finditer(raw):
            begin = raw.rfind(b"\n", 0, hit.start()) + 1
            if not raw[begin:].lstrip().startswith(b"#"):
                text = hit[0].decode("utf-8", "surrogateescape")
                found.append(Elsewhere(file, raw.count(b"\n", 0, begin) + 1, text))
    return found


def _files(config_dir: str) -> Iterator[str]:
    own = {os.path.join(config_dir, name) for name in ("main.cf", "master.cf", "main.cf.proto")}
    count = 0
    for file in (*FILES, *_below(config_dir), *(each for folder in FOLDERS for each in _below(folder))):
        if file in own or os.path.splitext(file)[1] in set(INDEXED.values()):
            continue
        count += 1
        if count > MOST:
            return
        yield file


def _below(top: str, deep: int = _DEEP) -> Iterator[str]:
    try:
        with os.scandir(top) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False) and deep:
            yield from _below(entry.path, deep - 1)
        elif entry.is_file():
            yield entry.path


def _read(file: str) -> bytes | None:
    """A file's bytes; None where it is no text, too large, or not to be read."""
    try:
        with open(file, "rb") as stream:
            raw = stream.read(LARGEST + 1)
    except OSError:
        return None
    return None if len(raw) > LARGEST or b"\0" in raw else raw
