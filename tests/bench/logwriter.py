"""Writes a mail log at a rate, rotated by renaming if asked: python -m tests.bench.logwriter FILE RATE SECONDS [ROTATE].

Each line has a number, and the last of every block the clock, as `t` and milliseconds: how old what a reader
shows is can be read off its screen. As syslog daemons do it keeps a renamed file open for a moment. Prints
how many lines it wrote.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

TICK = 0.01
"""Seconds between two blocks at a high rate."""
KEPT_OPEN = 0.2
"""Seconds for which a renamed file is written on."""
FILES = 9
"""Rotated files that are kept."""

_KINDS = (
    b"postfix/smtpd[%d]: connect from mail%d.example.net[192.0.2.%d]",
    b"postfix/smtpd[%d]: ID: client=mail%d.example.net[192.0.2.%d]",
    b"postfix/cleanup[%d]: ID: message-id=<m%d.%d@example.net>",
    b"postfix/local[%d]: ID: to=<jean%d@falcot.com>, relay=local, delay=0.3, delays=0.2/0/0/%d, dsn=2.0.0, "
    b"status=sent (delivered to mailbox)",
    b"postfix/qmgr[%d]: ID: removed (%d.%d)",
    b"postfix/smtpd[%d]: disconnect from mail%d.example.net[192.0.2.%d] ehlo=1 mail=1 rcpt=1 data=1 quit=1",
    b"postfix/qmgr[%d]: ID: from=<tCLOCK@example.net>, size=%d, nrcpt=%d (queue active)",
)


def block(lines: int) -> bytes:
    """A block of lines to be filled in: TIME, CLOCK, BLOCK (a number)."""
    made = []
    for number in range(lines):
        text = _KINDS[(number + len(_KINDS) - lines) % len(_KINDS)] % (number, number % 90, number % 250)
        made.append(b"TIME mx " + text.replace(b"ID", b"BLOCK%05X" % number) + b"\n")
    return b"".join(made)


def filled(text: bytes, number: int, now: float) -> bytes:
    """A block as it is written now."""
    stamp = time.strftime("%b %e %H:%M:%S", time.localtime(now)).encode()
    text = text.replace(b"TIME", stamp).replace(b"CLOCK", b"%d" % (now * 1000))
    return text.replace(b"BLOCK", b"%06X" % number)


def rotate(path: Path) -> None:
    """As logrotate does it."""
    for age in range(FILES, 0, -1):
        old = path.with_name(f"{path.name}.{age}")
        if old.exists():
            if age == FILES:
                old.unlink()
            else:
                old.rename(path.with_name(f"{path.name}.{age + 1}"))
    path.rename(path.with_name(f"{path.name}.1"))
    path.touch()


def main() -> None:
    path, rate, seconds = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    every = float(sys.argv[4]) if len(sys.argv) > 4 else 0.0
    size = max(1, round(rate * TICK))
    text = block(size)
    written = number = 0
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    begun = time.monotonic()
    rotated, reopen = begun, 0.0
    while (passed := time.monotonic() - begun) < seconds:
        if every and time.monotonic() - rotated >= every:
            rotate(path)
            rotated = time.monotonic()
            reopen = rotated + KEPT_OPEN
        if reopen and time.monotonic() >= reopen:
            os.close(fd)
            fd, reopen = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), 0.0
        if written > passed * rate:
            time.sleep(min(TICK, written / rate - passed))
            continue
        os.write(fd, filled(text, number, time.time()))
        number += 1
        written += size
    print(written, flush=True)


if __name__ == "__main__":
    main()
