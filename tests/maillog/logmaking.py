"""Logs for tests: numbered lines with a time, rotated and compressed as servers do it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

BEGIN = datetime(2026, 11, 1, 12, 0, 0).astimezone()  # local

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": lambda raw: subprocess.run(["zstd", "-qc"], input=raw, check=True, capture_output=True).stdout,
}


def numbered(number: int, *, iso: bool = False, begin: datetime = BEGIN, step: float = 1.0) -> bytes:
    """Line number N, `step` seconds after the one before it."""
    at = begin + timedelta(seconds=number * step)
    stamp = at.isoformat() if iso else f"{at:%b} {at.day:2} {at:%H:%M:%S}"
    return f"{stamp} mx postfix/smtpd[{number % 97}]: number {number:07}\n".encode()


def lines(start: int, stop: int, *, iso: bool = False, begin: datetime = BEGIN, step: float = 1.0) -> bytes:
    """Lines START up to STOP."""
    return b"".join(numbered(number, iso=iso, begin=begin, step=step) for number in range(start, stop))


def numbers(raw: bytes | Iterable[bytes]) -> list[int]:
    """The numbers of lines, in their order."""
    text = raw if isinstance(raw, bytes) else b"".join(raw)
    return [int(number) for number in re.findall(rb"number (\d{7})", text)]


def written(path: Path, raw: bytes, last: datetime) -> Path:
    """A file that was written to last at a moment."""
    path.write_bytes(raw)
    os.utime(path, (last.timestamp(), last.timestamp()))
    return path
