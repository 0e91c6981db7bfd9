"""The log screen under lines that anybody may have sent: nothing steers the terminal, nothing is markup, nothing
is lost, and no line ends the console."""

from __future__ import annotations

import asyncio
import gzip
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailtui.screens.log import LogScreen
from tests.laws.whole import SEED, WHOLE, tally
from tests.postfix.conftest import completed, put
from tests.screens.hostile import PIECES, Watched, World, watched
from tests.screens.logged import looped, message, refused, sent

ROUNDS = 40 if WHOLE else 2
LINES = 150


@pytest.fixture
def lines(corpus: Path) -> list[bytes]:
    """Lines of real logs."""
    found = [
        line
        for path in sorted((corpus / "logs").glob("*.log"))
        for line in path.read_bytes().split(b"\n")[:40]
    ]
    assert found
    return found


def mutated(line: bytes, chance: random.Random) -> bytes:
    """A line with something hostile in it, cut, doubled, or mixed with itself."""
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(line) + 1)
        match chance.randrange(6):
            case 0:
                line = line[:at]
            case 1:
                line = line[at:] + line[:at]
            case 2:
                line = line[:at] + bytes(chance.randrange(256) for _ in range(4)) + line[at:]
            case 3:
                line = line[:at] + line[at + chance.randrange(8) :]
            case _:
                line = line[:at] + chance.choice(PIECES) + line[at:]
    return line.replace(b"\n", b"")


@contextmanager
def world(lines: list[bytes]) -> Iterator[Path]:
    """A configuration folder and a log with an older one beside it, which is cut short."""
    root = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    try:
        etc = root / "etc"
        put(etc / "main.cf", completed("myorigin = falcot.com\nalias_maps =\nalias_database =\n").encode())
        put(etc / "master.cf", b"")
        put(etc / "virtual", b"")
        half = len(lines) // 2
        put(root / "mail.log", b"\n".join([*lines[half:], b""]))
        (root / "mail.log.1.gz").write_bytes(gzip.compress(b"\n".join([*lines[:half], b""]))[:-9])
        yield root
    finally:
        shutil.rmtree(root)


NOTHING = World([], [], [], [], [], [b"x"])


async def back_to(up: Watched, log: LogScreen) -> None:
    """Close what lies over the log."""
    for _ in range(9):
        if up.app.screen is log:
            return
        over_log = any(screen is log for screen in up.app.screen_stack)
        await up.press("escape" if over_log else "8")  # a step may have led to another screen
    raise AssertionError(f"{up.app.screen} stays open:\n{up.shown}")


async def walk(up: Watched, lines: list[bytes]) -> None:
    await up.until("still staged")
    await up.typed("enter", "8")
    for _ in range(500):
        if isinstance(up.app.screen, LogScreen) and len(up.app.screen.lines.rows):
            break
        await asyncio.sleep(0.02)
    log = up.app.screen
    assert isinstance(log, LogScreen)
    await up.press("E", "k", "k", "enter")
    await up.press("j", "j", "v", "x", "escape", "f", "e", "E", "y", "q", "g", "enter")
    await back_to(up, log)
    await up.press("x", "escape", "i", "escape", "l", "q", "v", "k", "pageup", "y", "q", "v", "z", "z", "g")
    await back_to(up, log)
    await up.press("g", "pageup", "g", "pagedown", "S")
    await up.press("tab", "tab", "pagedown", "y", "q", "escape", "escape", "escape")
    await back_to(up, log)
    await up.press("slash", "a", "enter", "k", "escape", "escape", "G")
    held = [log.feed.line(log.rows.keys[index]) for index in range(len(log.rows.keys))]
    newest = [line.rstrip(b"\r\n") for line in lines[len(lines) // 2 :]]
    assert held[-len(newest) :] == newest


def walked(lines: list[bytes], size: tuple[int, int] = (80, 24)) -> None:
    async def run() -> None:
        with world(lines) as root:
            async with watched(root, NOTHING, size=size) as up:
                await walk(up, lines)

    asyncio.run(run())


@pytest.mark.law
@pytest.mark.parametrize("number", range(ROUNDS))
def test_mutated_lines_of_real_logs(lines: list[bytes], number: int) -> None:
    chance = random.Random(SEED + number)
    some = [mutated(chance.choice(lines), chance) for _ in range(LINES)]
    walked(some, size=chance.choice([(80, 24), (60, 16), (140, 40)]))
    tally("hostile log lines on the screen", entries=LINES)


def test_every_piece_in_every_place_of_a_story() -> None:
    story = [*message(b"3FCA722E68E", 1), refused(2), sent(3), looped(4, b"a@b")]
    some = [line.rstrip(b"\n") for line in story]
    spoilt = [line.replace(b"example.net", b"x" + piece) for piece in PIECES for line in some[::4]]
    walked([*spoilt, *(b"Nov  1 00:00:01 mx postfix/" + piece for piece in PIECES), *some])


async def test_a_clock_that_jumps_and_a_log_that_is_deleted_under_us() -> None:
    jumps = [sent(n * 7919 % 86_400).rstrip(b"\n") for n in range(60)]
    with world(jumps) as root:
        async with watched(root, NOTHING) as up:
            await up.until("still staged")
            await up.typed("enter", "8")
            await up.until("S sent")
            (root / "mail.log").unlink()
            (root / "mail.log.1.gz").unlink()
            await up.press("k", "pageup", "g", "E", "enter")
            await up.press("q")
            (root / "mail.log").write_bytes(b"Nov  1 00:00:09 mx postfix/qmgr[2]: warning: it is back\n")
            await up.typed("G")
            await up.until("it is back")
