"""Folded rows on the screen, filtering in and out by a line's values, the last hour's curves, statistics."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.log import LogScreen
from mailtui.screens.logstats import StatisticsScreen
from mailtui.screens.logtrace import TraceScreen
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.logfoot import spark
from mailtui.screens.parts.logkeys import Keys
from mailtui.screens.parts.logrows import AT_ONCE, CHUNK, LogRows
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import Console, console, tmp_path
from tests.screens.logged import add, folder, looped, message, put, refused, sent

__all__ = ["folder", "instance_dir", "tmp_path"]

ENDS = (b"a@x.test", b"b@y.test")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    loop = [looped(40 + n // 120, ENDS[n % 2]) for n in range(600)]
    put(path, [*(sent(n) for n in range(20)), *loop, *message(b"3FCA722E68E", 50)], 1)
    return path


async def ready(up: Console) -> None:
    await up.shows("live", "S sent")


async def test_a_loop_is_one_row_that_names_its_ends(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log, size=(110, 40)) as up:
        await ready(up)
        row = up.line_with("×600 in 4 s")
        assert "a@x.test ↔ b@y.test" in row
        assert "B bounced" in row
        assert len(up.log.lines.rows) == 20 + 1 + 13
        await up.press("E", "E")
        await up.shows("600 lines alike, of which")


async def test_enter_unfolds_and_z_folds_all_or_none(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await ready(up)
        await up.press("E", "E")
        await up.until(lambda: len(up.log.rows.members(up.log.lines.cursor)) == 600)
        key = up.log.here
        await up.press("enter")
        assert len(up.log.lines.rows) == 633
        assert up.log.here == key
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TraceScreen))
        await up.press("q", "z")
        await up.shows("Every line is a row")
        await up.press("z")
        await up.shows("Lines that are alike are one row", "×600 in 4 s")
        assert up.log.here == key


async def test_it_grows_while_one_follows_and_flows_into_a_flood(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await ready(up)
        add(log, *(refused(60) for _ in range(10)))
        await up.shows("×10 in 0 s")
        add(log, *(refused(61) for _ in range(10)))
        await up.shows("×20 in 1 s")
        add(log, *(refused(62) for _ in range(AT_ONCE * 4)))
        await up.until(lambda: up.log.seen == 633 + 20 + AT_ONCE * 4)
        row = up.line_with("R reject")
        count = int(row.partition("×")[2].partition("+")[0].partition(" ")[0].replace(",", ""))
        assert AT_ONCE + 20 <= count <= 20 + AT_ONCE * 4
        assert len(up.log.rows.keys) == 633 + 20 + AT_ONCE * 4
        await up.press("p")
        for _ in range(200):
            await up.press("pageup")
            if up.log.lines.cursor == 0:
                break
        assert up.log.here == 0


async def test_scrolling_back_folds_what_comes_into_sight(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    put(path, [line for n in range(400) for line in (sent(n * 20), *(refused(n * 20) for _ in range(9)))], 1)
    async with console(folder, start="log", log=path) as up:
        await ready(up)
        rows = up.log.rows
        assert rows.cut == len(rows.keys) - CHUNK > 0
        while up.log.lines.cursor:
            before = up.log.here
            await up.press("pageup")
            await up.until(lambda: not up.log._reading.running)
            assert up.log.here != before
            assert rows.run(up.log.lines.top) is not None
        members = sorted(key for index in range(len(rows)) for key in rows.members(index))
        assert members == [rows.keys[index] for index in range(4000)]
        assert rows.cut == 0
        assert 800 <= len(rows) < 810  # a few rows more where a part that was folded by itself begins


async def test_in_and_out_by_a_value_of_the_line(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log, size=(100, 30)) as up:
        await ready(up)
        await up.press(*["k"] * 6, "i")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("Only lines with", "gone@far.test", "bounced", "3FCA722E68E", "postfix/smtp")
        options = [option.term for option in (one.value for one in up.app.screen._options)]  # type: ignore[attr-defined]
        await up.press(str(options.index("status:^bounced$") + 1))
        await up.until(lambda: up.log.bar.text == "status:^bounced$")
        await up.shows("601 found")
        await up.press("o")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        options = [option.term for option in (one.value for one in up.app.screen._options)]  # type: ignore[attr-defined]
        assert "from:^sophie@example.net$" in options
        await up.press(str(options.index("from:^sophie@example.net$") + 1))
        await up.until(lambda: up.log.bar.text == "status:^bounced$ !from:^sophie@example.net$")
        await up.shows("600 found")
        await up.press("escape")
        await up.until(lambda: up.log.asked is None)
        await up.press("G", "o", "escape")
        assert up.app.screen is up.log
        assert not up.log.bar.text


async def test_a_line_without_values(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"garbage\n")
    async with console(folder, start="log", log=path) as up:
        await up.shows("garbage")
        await up.press("i")
        await up.shows("This line has no value to filter by")


async def test_the_last_hour_at_the_foot(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    now = f"{datetime.now().astimezone():%b %e %H:%M:%S}".encode()
    path.write_bytes(
        b"".join(now + line[15:] for line in (*message(b"3FCA722E68E", 1), refused(2), refused(2), sent(1)))
    )
    for plan, sign in ((Plan(), "▇"), (Plan(ascii_only=True), "O")):
        async with console(folder, start="log", log=path, plan=plan) as up:
            await up.until(lambda: "rejected" in up.text and " 2 " in up.line_with("last hour"))
            line = up.line_with("last hour")
            assert " accepted " in line
            assert f"{sign} 1 " in line
            assert f"{sign} 2 " in line
            assert plan.ascii_only is line.isascii()
    async with console(folder, start="log", log=path, size=(60, 20)) as up:
        await up.until(lambda: "rejected" in up.text and " 2 " in up.line_with("1 h"))


def test_a_spark_tells_each_part_and_hides_no_small_one() -> None:
    assert spark([0, 0, 1, 100], 4) == "▁▁▂▇"
    assert spark([0] * 60, 10) == "▁" * 10
    assert spark([1] * 60, 7) == "▇▇▇▇▇▇▇" or len(spark([1] * 60, 7)) == 7
    assert spark([5], 3) == "▇▇▇"
    assert not spark([], 3)


async def test_statistics_of_a_span_as_text(
    folder: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUDO_UID", raising=False)
    put(tmp_path / "mail.log.1", [refused(n) for n in range(7)], 1)
    now = f"{datetime.now().astimezone():%b %e %H:%M:%S}".encode()
    add(log, *(now + line[15:] for line in (refused(1), refused(2))))
    async with console(folder, start="log", log=log, size=(80, 40)) as up:
        await ready_stats(up, "2  rejected", "[day]")
        await up.press("tab", "tab")
        await up.shows("[all]", "9  rejected", "601  bounced", "All that was logged")
        await up.press("shift+tab", "left", "left")
        await up.shows("[hour]", "2  rejected", "The last hour")
        await up.press("y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        assert "The last hour" in up.app.clipboard
        await up.press("q", "s", "enter")
        await up.shows("Saved as")
        assert "rejected" in (tmp_path / "mail-hour.txt").read_text()
        await up.press("r")
        await up.shows("2  rejected")
        await up.press("escape")
        assert isinstance(up.app.screen, LogScreen)


async def ready_stats(up: Console, *words: str) -> None:
    await up.shows("live")
    await up.press("S")
    await up.until(lambda: isinstance(up.app.screen, StatisticsScreen))
    await up.shows(*words)


async def test_counting_can_be_ended(folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtui.screens import logstats

    def endless(_feed: object, _since: object, stop: Any) -> Any:
        yield logstats.Counted(1, 4)
        assert stop.wait(20)

    monkeypatch.setattr(logstats, "count", endless)
    async with console(folder, start="log", log=log) as up:
        await ready_stats(up, "counting… 25 %")
        await up.press("escape")
        await up.shows("stopped; r counts again")
        await up.press("escape")
        assert up.app.screen is up.log


def test_keys_in_order() -> None:
    from array import array

    keys = Keys(array("q", [-30, -20, -1]), range(5, 8))
    assert [keys[n] for n in range(len(keys))] == [-30, -20, -1, 5, 6, 7]
    assert [keys.find(n) for n in (-30, -29, -1, 0, 5, 7, 8)] == [0, None, 2, None, 3, 5, None]
    assert keys.part(1, 9) == [-20, -1, 5, 6, 7]
    assert keys.end == 8
    assert Keys().end == 0
    assert issubclass(LogRows, object)
