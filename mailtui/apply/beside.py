"""Who else has a hand on a file: an editor that has it open, or a tool that will write it again."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mailtui.text.safe import safe

HEAD = 4096
"""Bytes at a file's start in which a tool says that the file is its own."""

_TOOLS = (
    ("Ansible", re.compile(rb"ansible[ _-]?managed|managed (?:by|with) ansible", re.IGNORECASE)),
    ("Puppet", re.compile(rb"(?:managed|generated|maintained|controlled) (?:by|with) puppet", re.IGNORECASE)),
    (
        "Salt",
        re.compile(rb"(?:managed|generated) (?:by|with) salt|salt[ _-]?managed", re.IGNORECASE),
    ),
    ("chezmoi", re.compile(rb"chezmoi:|(?:managed|generated) (?:by|with) chezmoi", re.IGNORECASE)),
    ("Chef", re.compile(rb"(?:managed|generated) (?:by|with) chef", re.IGNORECASE)),
    ("debconf", re.compile(rb"(?:managed|generated|maintained) (?:by|with|from) debconf", re.IGNORECASE)),
)

_VIM = (b"b0VIM ", b"b0nano")
"""How a swap file of vim, and a lock file of nano, begins (block 0 of vim's memfile.c)."""


@dataclass(frozen=True, slots=True)
class Managed:
    """A line by which a file says that `tool` writes it. `line` counts from 1."""

    tool: str
    line: int

    def __str__(self) -> str:
        return f"it says (line {self.line}) that {self.tool} manages it and may overwrite this"


def managed(raw: bytes) -> Managed | None:
    """The tool that a comment in the file's first lines names as its keeper."""
    for number, line in enumerate(raw[:HEAD].splitlines(), 1):
        if not line.lstrip().startswith(b"#"):
            continue
        for tool, words in _TOOLS:
            if words.search(line):
                return Managed(tool, number)
    return None


def editors(path: str) -> list[str]:
    """The editors that have the file open, in words: `laure has virtual open in vi`.

    By the swap and lock files of vim (`.NAME.swp`), nano (the same) and Emacs (`.#NAME`, and `#NAME#`
    with unsaved text), beside the name and beside the file a symlink leads to.
    """
    said: list[str] = []
    for place in dict.fromkeys([path, os.path.realpath(path)]):
        folder, name = os.path.split(place)
        for ending in ("swp", "swo", "swn"):
            said += _vim(Path(folder, f".{name}.{ending}"), name)
        said += _emacs(Path(folder), name)
    return list(dict.fromkeys(said))


def _vim(swap: Path, name: str) -> list[str]:
    try:
        head = swap.read_bytes()[:1024]
    except OSError:
        return []
    editor = "nano" if head.startswith(_VIM[1]) else "vi"
    if len(head) < 108 or not head.startswith(b"b0"):
        return [f"{safe(name)} is open in an editor ({safe(swap.name)})"]
    pid = int.from_bytes(head[24:28], "little")
    user = safe(head[28:68].split(b"\0")[0]) or _owner(swap)
    return [_says(user, name, editor, alive=Path(f"/proc/{pid}").is_dir())]


def _emacs(folder: Path, name: str) -> list[str]:
    said = []
    lock = folder / f".#{name}"
    if lock.is_symlink():
        where = re.match(r"(?P<user>[^@]*)@.*\.(?P<pid>\d+)(?::\d+)?$", os.readlink(lock))
        user = safe(where["user"]) if where else "someone"
        alive = where is None or Path(f"/proc/{where['pid']}").is_dir()
        said.append(_says(user, name, "Emacs", alive=alive))
    unsaved = folder / f"#{name}#"
    if unsaved.exists():
        said.append(f"{_owner(unsaved)} has unsaved text of {safe(name)} in Emacs ({safe(unsaved.name)})")
    return said


def _owner(path: Path) -> str:
    try:
        return safe(path.owner())
    except (OSError, KeyError):
        return "someone"


def _says(user: str, name: str, editor: str, *, alive: bool) -> str:
    if alive:
        return f"{user} has {safe(name)} open in {editor}"
    return f"{user} had {safe(name)} open in {editor}, which is gone: its swap file may hold unsaved text"
