"""Lists of recipients in files: `:include:` lists and a user's .forward (aliases(5), local(8))."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mailtui.formats.addresses import items
from mailtui.formats.macros import MacroError, expand
from mailtui.text.safe import decode

_PLAIN_MACRO = re.compile(r"\$(?:\{(\w+)\}|\((\w+)\)|(\w+))")


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipient in such a file, as written, and its line from 1."""

    item: str
    line: int


def listed(raw: bytes) -> Iterator[Listed]:
    """The recipients of a file. A `#` makes a comment in the first column only; lines are not continued."""
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.startswith(b"#"):
            yield from (Listed(decode(item), number) for item in items(line))


def expanded(text: str, values: dict[str, str], other: Callable[[str], str | None]) -> str | None:
    """A text of local(8) such as an element of forward_path, its macros filled in.

    None where a macro it names plainly has no value (local(8) then goes on to the next element) or
    the text is broken.
    """

    def lookup(name: str) -> str | None:
        return values[name] if name in values else other(name)

    named = (match[1] or match[2] or match[3] for match in _PLAIN_MACRO.finditer(text))
    if any(not lookup(name) for name in named):
        return None
    try:
        return expand(text, lookup)
    except MacroError:
        return None


@dataclass(frozen=True, slots=True)
class Forward:
    """A .forward file that local(8) would follow; `problem` says why it cannot be seen from here."""

    path: str
    recipients: tuple[Listed, ...] = ()
    problem: str = ""


def read_forward(path: str, uid: int) -> Forward | None:
    """The .forward at `path`, None where there is none or local(8) ignores it.

    It ignores what is no regular file, what belongs to someone else than the user or root, and what
    everyone may write.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unseen(path, error)
    if not stat.S_ISREG(status.st_mode) or status.st_uid not in {0, uid} or status.st_mode & stat.S_IWOTH:
        return None
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError as error:
        return _unseen(path, error)
    return Forward(path, tuple(listed(raw)))


def _unseen(path: str, error: OSError) -> Forward | None:
    if isinstance(error, NotADirectoryError):
        return None
    return Forward(path, problem=f"{path} cannot be read here ({error.strerror or error})")
