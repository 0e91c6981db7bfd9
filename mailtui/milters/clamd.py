"""Asking clamd: whether it is alive, which version it has, and how old its signatures are (clamd(8)).

ask(Endpoint("unix", path="/run/clamav/clamd.ctl")).says    # ClamAV 1.4.6, alive in 1 ms, …
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailtui.formats.milteritem import Endpoint
from mailtui.milters.alive import SECONDS, connected, seconds_left, why_not
from mailtui.text.safe import decode, safe

OLD = 7 * 86400.0
"""Seconds after which signatures are old: freshclam itself warns then."""
_HEADER = 512
"""Bytes of a database's header: `ClamAV-VDB:` and eight fields with colons between them."""
_NAMES = (".cvd", ".cld")
_OTHERS = (".ndb", ".hdb", ".hsb", ".ldb", ".mdb", ".msb", ".cdb", ".yar", ".yara", ".cud")
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Clamd:
    """What clamd answered. `database`: the number of its daily signatures, and when they were made (seconds
    since the epoch); 0 for one without them. `problem`: why it does not answer; safe to show."""

    alive: bool
    version: str = ""
    database: int = 0
    made: float = 0.0
    ms: float = 0.0
    problem: str = ""

    @property
    def says(self) -> str:
        """In one line."""
        if not self.alive:
            return self.problem
        signatures = "no signatures of the project's"
        if self.database:
            signatures = f"signatures {self.database}, {days(time.time() - self.made)} old"
        return f"{safe(self.version, 60)}, alive in {self.ms:.0f} ms, {signatures}"


def ask(where: Endpoint, *, timeout: float = SECONDS) -> Clamd:
    """Ask by PING and VERSION; both together take no longer than `timeout` seconds."""
    began = time.monotonic()
    end = began + timeout
    try:
        if _said(where, b"PING", end) != "PONG":
            return Clamd(False, problem="what listens there is no clamd: it does not answer PING")
        ms = (time.monotonic() - began) * 1000
        version, number, made = taken_apart(_said(where, b"VERSION", end))
    except OSError as error:
        return Clamd(False, problem=f"clamd does not answer: {why_not(error, timeout)}")
    return Clamd(True, version, number, made, ms)


def _said(where: Endpoint, command: bytes, end: float) -> str:
    """Its answer to a command (`z`: both end with a zero byte). Raises OSError."""
    with connected(where, "/", end) as connection:
        connection.settimeout(seconds_left(end))
        connection.sendall(b"z" + command + b"\0")
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _LONGEST:
            connection.settimeout(seconds_left(end))
            part = connection.recv(_LONGEST)
            if not part:
                break
            answer += part
    return decode(answer.rstrip(b"\0"))


def taken_apart(text: str) -> tuple[str, int, float]:
    """`ClamAV 1.4.6/27500/Mon Nov 23 08:35:10 2026`, in the machine's time: version, number of the daily
    signatures, when they were made; without signatures of the project's the version alone."""
    version, _, rest = text.partition("/")
    number, _, when = rest.partition("/")
    if not number.isdecimal():
        return version, 0, 0.0
    try:
        made = datetime.strptime(" ".join(when.split()), "%a %b %d %H:%M:%S %Y").timestamp()  # noqa: DTZ007
    except ValueError:
        made = 0.0
    return version, int(number), made


# Its database


@dataclass(frozen=True, slots=True)
class Signatures:
    """The databases of a folder. `made`: when the daily ones were, 0 where there are none; `size`: bytes in
    all; `names`: the files. `problem`: why the folder cannot be read; `unseen`: because it is not for us."""

    names: tuple[str, ...] = ()
    made: float = 0.0
    version: int = 0
    size: int = 0
    problem: str = ""
    unseen: bool = False


def signatures(folder: str) -> Signatures:
    """What is in a database folder, by the headers of its files."""
    try:
        found = sorted(each.name for each in os.scandir(folder) if each.name.endswith((*_NAMES, *_OTHERS)))
        total = sum(os.stat(os.path.join(folder, name)).st_size for name in found)
        daily = [_header(os.path.join(folder, name)) for name in found if name in _daily()]
    except OSError as error:
        unseen = isinstance(error, PermissionError)
        return Signatures(problem=safe(error.strerror or str(error)), unseen=unseen)
    version, made = max(daily, default=(0, 0.0))
    return Signatures(tuple(found), made, version, total)


def _daily() -> Iterator[str]:
    return (f"daily{kind}" for kind in _NAMES)


def _header(path: str) -> tuple[int, float]:
    """Version and time of a database; zeros where it has no header."""
    with open(path, "rb") as file:
        fields = file.read(_HEADER).rstrip(b" \n").split(b":")
    if len(fields) < 9 or fields[0] != b"ClamAV-VDB" or not fields[2].isdigit() or not fields[8].isdigit():
        return 0, 0.0
    return int(fields[2]), float(int(fields[8]))


def days(seconds: float) -> str:
    """An age in words."""
    number = max(0, int(seconds // 86400))
    return "less than a day" if not number else "1 day" if number == 1 else f"{number} days"
