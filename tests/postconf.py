"""The real postconf(1) as an independent reader of main.cf and master.cf."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path


def write(folder: Path, main: bytes = b"", master: bytes = b"") -> None:
    """The two files in `folder`, old enough that no Postfix program waits for them to cool down."""
    for name, raw in (("main.cf", main), ("master.cf", master)):
        path = folder / name
        path.write_bytes(raw)
        os.utime(path, (time.time() - 10,) * 2)


def postconf(folder: Path, *arguments: str) -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error."""
    done = subprocess.run(
        ["postconf", "-c", str(folder), *arguments], capture_output=True, timeout=30, check=False
    )
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def explicit(folder: Path, main: bytes) -> tuple[dict[bytes, bytes] | None, str]:
    """What `postconf -n` reads in a main.cf: names and values, runs of blanks made one; None if it dies."""
    write(folder, main)
    code, out, error = postconf(folder, "-n")
    if code:
        return None, error
    result: dict[bytes, bytes] = {}
    for line in out.split(b"\n"):
        name, equals, value = line.partition(b" =")
        if equals and name != b"config_directory":  # what -c says, not the file
            result[name] = b" ".join(value.split())
    return result, error
