"""When the console fails: a file for the one who mends it, one line for the one who used it."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from mailtui.text.safe import safe


def write_report(error: BaseException, folder: Path, words: str = "") -> Path | None:
    """Write the traceback, without any variable's value, to a new file that only its owner can read.
    None where that is not possible."""
    lines = traceback.format_exception(error)
    text = f"mailtui, Python {sys.version}\n{words}\n{''.join(lines)}"
    name = time.strftime("crash-%Y%m%dT%H%M%S") + f"-{os.getpid()}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return folder / name


def message(error: BaseException, report: Path | None) -> str:
    """The line for standard error."""
    what = safe(f"{type(error).__name__}: {error}".rstrip(": "), 160)
    where = f"; what happened is in {report}" if report else ""
    return f"mailtui: the console failed ({what}){where}. What was staged is kept for next time."
