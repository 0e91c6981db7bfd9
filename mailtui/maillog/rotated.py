"""The older files of a log: what logrotate(8) and `postfix logrotate` made of it, newest first.

mail.log.1, mail.log.2.gz (numbers), mail.log-20261101.gz (dateext), mail.1.log (extension), and
mail.log.20261101-235959.gz (maillog_file_rotate_suffix); compressed with whatever program.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from mailtui.maillog.logfile import LogFile

_DIGITS = re.compile(r"\d+")
GROWS = 60
"""Seconds for which a renamed file may still be written to."""
_NUMBERS = 5
"""Digits from which on a suffix is a date and no number."""


class Sibling(NamedTuple):
    """An older file. `modified` in whole seconds: compressing a file keeps that, and not its inode."""

    path: str
    device: int
    inode: int
    modified: int
    size: int

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode

    def still_is(self, file: LogFile) -> bool:
        """Whether that is the file that was listed: inodes are used again. One that was renamed a moment ago
        may still grow."""
        if file.identity != self.identity:
            return False
        modified = int(file.modified.timestamp())
        return modified == self.modified or (modified - self.modified < GROWS and file.size >= self.size)


def _pattern(name: str) -> re.Pattern[str]:
    """What matches the names of a log's older files; the first group is what orders them."""
    stem, dot, extension = name.rpartition(".")
    digits = r"[.-](\d[\d\-_.:T]*?)"
    packed = r"(?:\.(?:gz|xz|bz2|zst|zstd|Z|lz4|lzma))?"
    plain = f"{re.escape(name)}{digits}{packed}"
    if not dot or not stem:
        return re.compile(plain)
    return re.compile(f"{plain}|{re.escape(stem)}{digits}{re.escape(dot + extension)}{packed}")


def siblings(path: str) -> list[Sibling]:
    """The older files of a log, newest first. A folder that cannot be listed has none."""
    folder, name = os.path.split(path)
    pattern = _pattern(name)
    found: list[tuple[str, Sibling]] = []
    try:
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                match = pattern.fullmatch(entry.name)
                if match is None:
                    continue
                try:
                    status = entry.stat()
                except OSError:
                    continue  # renamed at this moment; it is listed under its other name, or next time
                if entry.is_file():
                    own = Sibling(
                        entry.path, status.st_dev, status.st_ino, int(status.st_mtime), status.st_size
                    )
                    found.append((match[1] or (match[2] if pattern.groups > 1 else ""), own))
    except OSError:
        return []
    return _ordered(found)


def _ordered(found: list[tuple[str, Sibling]]) -> list[Sibling]:
    """Newest first: by number or by date where all have the same; by when they were written last else."""
    digits = ["".join(_DIGITS.findall(suffix)) for suffix, _ in found]
    if all(len(text) < _NUMBERS for text in digits):
        ranks: Sequence[tuple[float, str]] = [(int(text), "") for text in digits]
    elif all(len(text) >= _NUMBERS for text in digits):
        # 20261101 rotated before 20261101-235959: pad what is coarser.
        ranks = [(-int(text[:14].ljust(14, "0")), "") for text in digits]
    else:
        ranks = [(-sibling.modified, sibling.path) for _, sibling in found]
    # Of a file and its compressed self, which both exist for a moment, the plain one comes first.
    keyed = zip(ranks, (sibling for _, sibling in found), strict=True)
    return [sibling for _, sibling in sorted(keyed, key=lambda pair: (pair[0], len(pair[1].path)))]


def newer_than(identity: tuple[int, int], path: str) -> list[Sibling] | None:
    """The older files of a log that are newer than the one with this identity, oldest first; None where it
    is not among them any more."""
    listed = siblings(path)
    for index, sibling in enumerate(listed):
        if sibling.identity == identity:
            return listed[:index][::-1]
    return None


def where_now(old: Sibling, path: str) -> str | None:
    """The path of a sibling that may have been renamed or compressed since it was listed."""
    listed = siblings(path)
    same = [one for one in listed if one.modified == old.modified]
    same.sort(key=lambda one: one.identity != old.identity)
    return same[0].path if same else None
