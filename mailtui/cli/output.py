"""What a command prints: data on standard output, everything else on standard error, never a traceback."""

from __future__ import annotations

import json
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


def write(text: str, stream: TextIO | None = None) -> None:
    """One line of data: made safe for a terminal, byte for byte into a pipe or file."""
    out = stream or sys.stdout
    if out.isatty():
        out.write("\n".join(safe(line) for line in text.split("\n")) + "\n")
        return
    out.flush()
    buffer = getattr(out, "buffer", None)
    if buffer is None:
        out.write(safe(text) + "\n")
        return
    buffer.write(encode(text) + b"\n")


def write_json(data: Any, *, line: bool = False) -> None:
    """A JSON document (or one object a line). Bytes that are not UTF-8 come out as `\\udcXX`."""
    text = json.dumps(data, ensure_ascii=True, indent=None if line else 2)
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A remark beside the data, on standard error."""
    sys.stderr.write("".join(f"{safe(line)}\n" for line in text.split("\n")))


def report(failure: Failed, *, as_json: bool) -> int:
    """Say the error and return its exit code."""
    if as_json:
        sys.stderr.write(json.dumps(failure.as_json()) + "\n")
    else:
        sys.stderr.write(failure.words() + "\n")
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
