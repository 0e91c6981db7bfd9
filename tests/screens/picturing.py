"""Pictures of the console as text files that a diff can be read of: what each line says, and below that in
which look its parts are.

    album = Album("80x24")
    await album.keep(app, pilot, "aliases", there)       # compared, or written with MAILTUI_SNAPSHOTS=write
    album.finish()                                       # fails with a unified diff of every difference
"""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest
from rich.style import Style
from textual.pilot import Pilot

from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts.paint import DARK

FOLDER = Path(__file__).parent / "snapshots"
WRITES = os.environ.get("MAILTUI_SNAPSHOTS") == "write"
"""Whether the pictures are made anew instead of compared."""
PATIENCE, BEAT, STILL = 30.0, 0.02, 0.6
"""Seconds until a picture that is another one is believed, between two looks, and without a change before it
is kept."""
_GROUND = re.compile(r"on-|underline|reverse|strike")
"""What a blank shows of its look."""
MASKS = (r"\d{3,} (?:parameters|settings)", r" \d\.\d+\.\d+\b(?=  | ·|,)", r"\d\.\d\d s\b")
"""Parameters there are, Postfix's version, and what a step of a plan took."""
_COLOURS = {
    DARK.quiet: "dim", DARK.accent: "accent", DARK.red: "red", DARK.yellow: "yellow", DARK.green: "green",
    DARK.on_cursor: "white", DARK.ground: "ground", DARK.text: "",
}  # fmt: skip
_GROUNDS = {
    DARK.ground: "", DARK.bar: "on-bar", DARK.raised: "on-raised", DARK.cursor: "on-cursor",
    DARK.text: "on-text", DARK.accent: "on-accent",
}  # fmt: skip


def look_of(style: Style | None) -> str:
    """A style in words; nothing for plain text on the console's ground."""
    if style is None:
        return ""
    words = [
        name for name in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, name)
    ]
    for colour, names, other in ((style.color, _COLOURS, ""), (style.bgcolor, _GROUNDS, "on-")):
        if colour is not None and not colour.is_default:
            name = colour.triplet.hex if colour.triplet is not None else colour.name
            words.append(names.get(name, other + name))
    return " ".join(word for word in words if word)


def picture(app: MailtuiApp) -> str:
    """What stands on the screen, without what differs from machine to machine."""
    texts, looks = [], []
    for number, strip in enumerate(app.screen._compositor.render_strips(), 1):
        texts.append(masked(strip.text).rstrip())
        runs = ", ".join(_runs((segment.text, look_of(segment.style)) for segment in strip))
        if runs:
            looks.append(f"{number:>2}: {runs}")
    return "\n".join([*texts, "-" * app.size.width, *looks]) + "\n"


def masked(line: str) -> str:
    """A line without the numbers of MASKS: others stand there with another Postfix, or another day."""
    for pattern in MASKS:
        line = re.sub(pattern, lambda found: re.sub(r"\d", "#", found[0]), line)
    return line


def _runs(parts: Iterator[tuple[str, str]]) -> Iterator[str]:
    """`1-12 bold, 14 red`: columns from 1 on."""
    column = 1
    shown = ((text, look if text.strip() or _GROUND.search(look) else "") for text, look in parts)
    for look, group in groupby(shown, key=lambda part: part[1]):
        width = sum(len(text) for text, _ in group)  # the pictures have no wide characters
        if look and width:
            yield f"{column}-{column + width - 1} {look}"
        column += width


class Album:
    """The pictures of one size, each in a file of its own."""

    def __init__(self, size: str) -> None:
        self._size = size
        self._differences: list[str] = []
        self._kept: set[Path] = set()

    async def keep(self, app: MailtuiApp, pilot: Pilot[int], name: str, there: Callable[[], object]) -> None:
        """Compare what stands there once `there` is so, or write it."""
        path = FOLDER / f"{name}-{self._size}.txt"
        self._kept.add(path)
        before = path.read_text("utf-8") if path.is_file() else ""
        end, now, since = time.monotonic() + (PATIENCE if not self._differences else 2.0), "", 0.0
        while time.monotonic() < end:
            await pilot.pause()
            seen = picture(app)
            if seen != now:
                now, since = seen, time.monotonic()
            if there() and (time.monotonic() - since > STILL if WRITES else now == before):
                break
            await asyncio.sleep(BEAT)
        if not there():
            self._differences.append(f"{path.name}: what is waited for never came; there is:\n{now}")
        elif WRITES:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(now, "utf-8")
        elif now != before:
            lines = difflib.unified_diff(
                before.splitlines(), now.splitlines(), f"{path.name} kept", "now", lineterm=""
            )
            self._differences.append("\n".join(lines))

    def finish(self) -> None:
        """Fail where anything looks another way."""
        if self._differences:
            told = "\n\n".join(self._differences)
            pytest.fail(f"{told}\n\nMAILTUI_SNAPSHOTS=write keeps what is there now, once it was looked at")
