"""The pages for the admin, read by the tests that keep them true: their commands, outputs and links.

In a ```sh block each line is a command (a line that ends in a backslash goes on in the next one); `# exit 1`
behind it names the exit code where that is not 0. A ```console block is what the command before it prints:
… at the end of a line or within it stands for any text, on a line of its own for any lines. What cannot run
beside a mail server of tests stands in ```text blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
PAGES = (ROOT / "README.md", ROOT / "docs" / "coming-from.md", *sorted(GUIDE.glob("*.md")))
"""What an admin reads; every command in it is run."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d)$")
_CODE = re.compile(r"`(mailtui(?: [^`]+)?)`")
DOTS = "…"


class Block(NamedTuple):
    """A fenced block: its language, the line of its fence, its lines."""

    language: str
    line: int
    lines: tuple[str, ...]


class Command(NamedTuple):
    """A command of a page: where it stands, the exit code that it must have, and what it must print."""

    page: Path
    line: int
    text: str
    status: int = 0
    prints: tuple[str, ...] | None = None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: {self.text}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        indent, language, body = found.groups()
        lines = tuple(line.removeprefix(indent) for line in body.splitlines())
        yield Block(language, text.count("\n", 0, found.start()) + 1, lines)


def commands(page: Path) -> list[Command]:
    """What the page runs, in order. Raises ValueError for an output without a command before it."""
    told: list[Command] = []
    for block in blocks(page):
        if block.language == "sh":
            told.extend(_commands(page, block))
        elif block.language == "console":
            if not told or told[-1].prints is not None:
                raise ValueError(f"{page}:{block.line}: no command prints this")
            told[-1] = told[-1]._replace(prints=block.lines)
    return told


def _commands(page: Path, block: Block) -> Iterator[Command]:
    kept, begun = "", 0
    for number, line in enumerate(block.lines, block.line + 1):
        begun = begun or number
        if line.endswith("\\"):
            kept += line[:-1].rstrip() + " "
            continue
        whole = kept + line.strip()
        if whole and not whole.startswith("#"):
            wanted = _EXIT.search(whole)
            status = int(wanted[1]) if wanted else 0
            yield Command(page, begun, _EXIT.sub("", whole), status)
        kept, begun = "", 0


def named(page: Path) -> Iterator[str]:
    """Every `mailtui …` that the page names between backticks or in a ```text block."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        if block.language == "text":
            yield from (line.strip() for line in block.lines if line.strip().startswith("mailtui "))
    yield from (" ".join(each.split()) for each in _CODE.findall(_FENCE.sub("", text)))


def as_printed(wanted: tuple[str, ...], printed: str) -> bool:
    """Whether this is what was to be printed; runs of blanks count as one, blanks at an end not at all."""
    parts = [r"(?:.*\n)*?" if line.strip() == DOTS else _line(line) for line in wanted]
    text = "".join(" ".join(line.split()) + "\n" for line in printed.splitlines())
    return re.fullmatch("".join(parts), text) is not None


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in " ".join(line.split()).split(DOTS)) + "\n"
