"""Who acts, in which process, and when: what journal, kept draft and a console's card note down."""

from __future__ import annotations

import os


def now() -> str:
    """The time as RFC 3339 with the zone, to the second."""
    from datetime import datetime

    return datetime.now().astimezone().isoformat(timespec="seconds")


def who() -> str:
    """Who makes the change: the user behind sudo, else the user of this process."""
    import pwd

    name = os.environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""
    if name:
        return name
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def owner_of(pid: int) -> str:
    """A process as `pid start-time boot`, which no later process is; empty if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
    except OSError:
        return ""
    return f"{pid} {fields[19].decode()} {boot}"
