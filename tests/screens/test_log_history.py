"""The log's history on the screen: older lines as one scrolls, search through all of it, problems far back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtui.maillog import history as history_module
from mailtui.screens.parts import logback, logrows
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import Console, console, tmp_path
from tests.screens.logged import folder, message, put, refused, sent

__all__ = ["folder", "instance_dir", "tmp_path"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three files: 300 lines of the 3rd of November, 300 of the 2nd, and of the 1st, with a refusal and one
    message."""
    path = tmp_path / "mail.log"
    first = [sent(n, day=1) for n in range(280)]
    put(
        tmp_path / "mail.log.2.gz",
        [*first[:100], refused(100, day=1), *first[100:], *message(b"3FCA722E68E", 290)],
        1,
    )
    put(tmp_path / "mail.log.1", [sent(n, day=2) for n in range(300)], 2)
    put(path, [sent(n, day=3) for n in range(300)], 3)
    return path


def clock(up: Console) -> str:
    """Day and time of the line under the cursor, as the pane says it."""
    key = up.log.here
    assert key is not None
    return up.log.feed.line(key)[:15].decode()


def shown(up: Console) -> int:
    return len(up.log.rows.keys)


async def test_scrolling_up_goes_on_in_the_older_files(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        seen: list[str] = []
        key = up.log.here
        while shown(up) < 894 or (up.log.here or 0) > up.log.oldest:
            await up.press("pageup")
            await up.until(lambda: up.log.here == up.log.oldest or not up.log._reading.running)
            seen.append(clock(up))
            assert up.log.here is not None
            assert key is not None
            assert up.log.here <= key
            key = up.log.here
            assert len(seen) < 400
        assert {time[:6] for time in seen} == {"Nov  3", "Nov  2", "Nov  1"}
        keys = up.log.rows.keys
        lines = [up.log.feed.line(keys[index]) for index in range(len(keys))]
        assert len(lines) == 300 + 300 + 294
        assert lines == [
            line for name in ("mail.log.2.gz", "mail.log.1", "mail.log") for line in read(log.parent / name)
        ]


def read(path: Path) -> list[bytes]:
    import gzip

    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return raw.splitlines()


async def test_g_goes_to_the_oldest_that_was_read_and_says_what_lies_before(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        await up.press("g")
        await up.shows("Oldest read: 03 Nov 2025 00:00 · ", "before it: mail.log.1 …", "k reads on")
        assert not up.log.following
        await up.until(lambda: shown(up) == 600)
        await up.press("g")
        await up.until(lambda: shown(up) == 894)
        await up.press("g")
        await up.shows("01 Nov 2025 00:00")
        await up.until(lambda: not up.log._reading.running)
        await up.press("g")
        await up.shows("the log begins here")
        await up.press("G")
        await up.shows("live")
        assert clock(up).startswith("Nov  3 00:04:59")


async def test_the_filter_finds_what_is_weeks_old(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        await up.press("slash")
        await up.type("from:sophie@")
        await up.shows("A accepted", "sophie@example.net → gone@far", "B bounced")
        await up.press("enter", "k")
        await up.until(lambda: not up.log.searching)
        assert all(b"3FCA722E68E" in up.log.feed.line(up.log.rows.keys[n]) for n in range(shown(up)))
        here = up.log.here
        await up.press("escape")
        await up.until(lambda: shown(up) == 894)
        assert up.log.here == here
        await up.shows("3FCA722E68E")


async def test_a_search_can_be_ended_and_keeps_what_it_found(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second file comes only once nobody waits for it any more."""
    real = history_module.FileHistory._opened
    asked: list[str] = []

    def slow(self: Any, sibling: Any, cancel: Any) -> Any:
        asked.append(sibling.path)
        if sibling.path.endswith(".gz") and cancel is not None:
            assert cancel.wait(20)
            return None
        return real(self, sibling, cancel)

    monkeypatch.setattr(history_module.FileHistory, "_opened", slow)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        up.log.filter_to("to:jean")
        await up.shows("600 found", "Esc stops")
        await up.press("escape")
        await up.shows("Stopped; what was found stays")
        assert not up.log.searching
        assert shown(up) == 600
        assert up.log.bar.text == "to:jean"
        await up.press("escape")
        await up.until(lambda: up.log.asked is None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("since:yesteryear", "since:yesteryear is no time"), ("level:bad", "level:bad is none of info")],
)
async def test_what_is_wrong_in_a_filter_is_said_in_words(
    folder: Path, log: Path, typed: str, said: str
) -> None:
    async with console(folder, start="log", log=log, size=(110, 24)) as up:
        await up.shows("live", "S sent")
        await up.press("slash")
        await up.type(typed)
        await up.shows(said)
        assert shown(up) == 300
        await up.press("escape")
        await up.shows("live")


async def test_previous_problem_goes_back_through_the_files(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        await up.press("E")
        await up.shows("B bounced")
        await up.until(lambda: clock(up).startswith("Nov  1 00:04:51"))
        await up.press("E")
        await up.until(lambda: clock(up).startswith("Nov  1 00:01:40"))
        assert b"Relay access denied" in up.log.feed.line(up.log.here or 0)
        await up.press("E")
        await up.shows("No further problem")
        await up.press("e")
        await up.until(lambda: clock(up).startswith("Nov  1 00:04:51"))
        await up.press("e")
        await up.shows("No further problem")


async def test_a_line_too_far_back_is_named(folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logback, "FURTHEST", 10)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        await up.press("E")
        await up.shows("lies more than 10 bytes back")


async def test_what_cannot_be_read_is_said(folder: Path, log: Path) -> None:
    (log.parent / "mail.log.2.gz").write_bytes((log.parent / "mail.log.2.gz").read_bytes()[:-300])
    async with console(folder, start="log", log=log, size=(140, 24)) as up:
        await up.shows("live", "S sent")
        await up.press("slash")
        await up.type("to:nobody")
        await up.shows("mail.log.2.gz: ", "No line matches")


async def test_the_cursor_stays_while_hits_come_before_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mail.log"
    for number in range(1, 6):
        put(tmp_path / f"mail.log.{number}", [sent(n, day=20 - number) for n in range(200)], 20 - number)
    put(path, [sent(n, day=20) for n in range(200)], 20)
    waits: list[Callable[[], None]] = []
    real = history_module.FileHistory._opened

    def one_by_one(self: Any, sibling: Any, cancel: Any) -> Any:
        import threading

        gate = threading.Event()
        waits.append(gate.set)
        assert gate.wait(20)
        return real(self, sibling, cancel)

    monkeypatch.setattr(history_module.FileHistory, "_opened", one_by_one)
    async with console(folder, start="log", log=path) as up:
        await up.shows("live", "S sent")
        up.log.filter_to("jean")
        await up.shows("200 found")
        await up.press("k", "k")
        here, above = up.log.here, up.log.lines.cursor - up.log.lines.top
        for count in range(2, 7):
            await up.until(lambda count=count: len(waits) >= count - 1)  # type: ignore[misc]  # of this round
            waits[count - 2]()
            await up.shows(f"{count * 200:,} found")
            assert up.log.here == here
            assert up.log.lines.cursor - up.log.lines.top == above
        await up.until(lambda: not up.log.searching)
        assert logrows.CHUNK == 1000
