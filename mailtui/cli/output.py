"""What a command prints: data on standard output, everything else on standard error, never a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from mailtui.text.safe import encode, safe

DONE, REFUSED, USAGE, CONFLICT, ROLLED_BACK = 0, 1, 2, 3, 4
"""The exit codes, each with one meaning."""

WIDEST = 120
"""Columns to which a cell is padded: one value of a megabyte must not make every line as long."""


class Failed(Exception):
    """A command that ends with an error: what, where, and what to do about it."""

    def __init__(
        self, what: str, *, file: str = "", line: int = 0, do: str = "", code: int = REFUSED
    ) -> None:
        super().__init__(what)
        self.what, self.file, self.line, self.do, self.code = what, file, line, do, code

    def words(self) -> str:
        """The error in one line."""
        place = (
            f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        )
        do = f"; {self.do}" if self.do else ""
        return safe(f"mailtui: {place}{self.what}{do}".replace("\n", " · "))

    def as_json(self) -> dict[str, Any]:
        fields = {"what": self.what, "file": self.file, "line": self.line, "do": self.do}
        return {"error": {name: value for name, value in fields.items() if value}}


class Unwritable(Failed):
    """Standard output takes no more."""


def write(text: str, stream: TextIO | None = None) -> None:
    """One line of data: made safe for a terminal, byte for byte into a pipe or file."""
    out = stream or sys.stdout
    try:
        buffer = getattr(out, "buffer", None)
        if out.isatty() or buffer is None:
            out.write("\n".join(safe(line) for line in text.split("\n")) + "\n")
            return
        out.flush()
        buffer.write(encode(text) + b"\n")
    except OSError as error:
        raise unwritable(error) from None


def write_bytes(data: bytes) -> None:
    """Bytes as they are, whatever they do to a terminal. Raises Failed."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    except OSError as error:
        raise unwritable(error) from None


def flush() -> None:
    """What was printed leaves the process. Raises Failed where it cannot."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise unwritable(error) from None


def unwritable(error: OSError) -> Exception:
    """Standard output that takes no more; a reader that went away is nothing wrong."""
    if isinstance(error, BrokenPipeError):
        return error
    return Unwritable(f"standard output cannot be written: {(error.strerror or str(error)).lower()}")


def drop_output() -> None:
    """Let what is left for standard output go nowhere, so that Python does not complain at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def write_json(data: Any, *, line: bool = False) -> None:
    """A JSON document (or one object a line). Bytes that are not UTF-8 come out as `\\udcXX`."""
    text = json.dumps(data, ensure_ascii=True, indent=None if line else 2)
    try:
        sys.stdout.write(text + "\n")
    except OSError as error:
        raise unwritable(error) from None


MOST_NOTES = 1000
"""Remarks that are kept: of a log that is followed for months more are not told."""
_kept: list[str] | None = None
"""With --json the remarks until the command ends: standard error holds one JSON document or nothing."""


def keep_notes(*, kept: bool) -> None:
    """Whether remarks are kept until `tell_kept` or `report`, which tell them as JSON."""
    global _kept  # noqa: PLW0603  # standard error is one, too
    _kept = [] if kept else None


def note(text: str) -> None:
    """A remark beside the data, on standard error; with --json it waits until the command ends."""
    if _kept is None:
        _tell("".join(f"{safe(line)}\n" for line in text.split("\n")))
    elif len(_kept) < MOST_NOTES:
        _kept.append(text.removeprefix("note: "))


def ask(text: str) -> None:
    """What somebody at the terminal must read before they answer: on standard error, at once, below the
    remarks that were kept."""
    before = "".join(f"{line}\n" for line in _taken().get("notes", ()))
    _tell("\n".join(safe(line) for line in (before + text).split("\n")))


def tell_kept() -> None:
    """At the end of a command without an error: what was kept, as `{"notes": […]}`."""
    if notes := _taken():
        _tell(json.dumps(notes) + "\n")


def _taken() -> dict[str, list[str]]:
    if not _kept:
        return {}
    told = {"notes": list(_kept)}
    _kept.clear()
    return told


def _tell(text: str) -> None:
    with contextlib.suppress(OSError):  # nowhere is left to tell it; the exit code still says it
        sys.stderr.write(text)


def report(failure: Failed, *, as_json: bool) -> int:
    """Say the error and return its exit code. As JSON it has what was remarked before as `notes`."""
    _tell((json.dumps(failure.as_json() | _taken()) if as_json else failure.words()) + "\n")
    return failure.code


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as aligned text; the last column is not padded, and no cell for a longer one than WIDEST."""
    if not rows:
        return []
    widths = [min(WIDEST, max(len(row[n]) for row in rows)) for n in range(len(rows[0]) - 1)]
    return [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)), row[-1]]
        ).rstrip()
        for row in rows
    ]
