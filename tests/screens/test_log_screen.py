"""The Log screen: the live end, pausing, filtering, words and raw, problems, rotation."""

from __future__ import annotations

import os
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mailtui.maillog import feed as feed_module
from mailtui.maillog.lines import LogLines
from mailtui.screens.parts import livelog
from mailtui.screens.parts.dialogs import TextView
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import LINE, Console, console, tmp_path
from tests.screens.logged import add, folder

__all__ = ["folder", "instance_dir", "tmp_path"]

SENT = (
    LINE + b"local[9]: %06XABCD: to=<jean@falcot.com>, relay=local, delay=0.3, delays=0/0/0/0.3, dsn=2.0.0, "
    b"status=sent (delivered to mailbox)\n"
)
DEFERRED = (
    LINE + b"smtp[9]: 3FCA722E68E: to=<x@gmail.example>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.3, "
    b"status=deferred (no name)\n"
)
REJECT = (
    LINE + b"smtpd[9]: NOQUEUE: reject: RCPT from c[192.0.2.1]: 550 5.1.1 <n@b>: Recipient address rejected: "
    b"User unknown; from=<a@b> to=<n@b> proto=ESMTP helo=<vm>\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_bytes(b"".join(SENT % n for n in range(40)))
    return path


def has_lines(up: Console, count: int) -> bool:
    return len(up.log.feed.lines) == count


async def live(up: Console) -> None:
    await up.shows("live", "S sent")


async def test_it_follows_the_end(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log, size=(120, 30)) as up:
        await live(up)
        assert "0.3 s delivered" in up.line_with("S sent")
        add(log, REJECT)
        await up.shows("R reject", "a@b → n@b", "550 Recipient")
        assert up.log.lines.cursor == 40
        add(log, DEFERRED)
        await up.shows("D deferred", "4.4.3 no name")
        assert up.log.following


async def test_a_client_is_said_once(folder: Path, log: Path) -> None:
    add(log, LINE + b"smtpd[9]: connect from c.example[192.0.2.1]\n")
    async with console(folder, start="log", log=log, size=(120, 30)) as up:
        await up.shows("connect")
        for width in (84, 109, 160):  # from 110 columns the list has only a part of them
            await up.pilot.resize_terminal(width, 30)
            await up.until(lambda width=width: up.app.size.width == width)  # type: ignore[misc]  # bound now
            await up.pilot.pause()
            row = up.line_with("· connect")
            assert row.count("c.exam") == 1
            assert row.count("[192.0.2.1]") == 1, "the address, where the name leaves it no room"


async def test_the_cursor_keys_stop_it_and_g_follows_again(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.press("k")
        await up.shows("paused · G follow")
        add(log, REJECT, DEFERRED)
        await up.shows("2 newer · G follow")
        assert "D deferred" not in up.text
        assert up.log.lines.cursor == 38
        await up.press("G")
        await up.shows("live", "D deferred")
        assert up.log.lines.cursor == 41


async def test_pause(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.press("p")
        add(log, REJECT)
        await up.shows("1 newer · G follow")
        await up.press("p")
        await up.shows("live", "R reject")


async def test_filter_grows_with_the_log(folder: Path, log: Path) -> None:
    add(log, REJECT)
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.press("slash")
        await up.type("status=deferred | reject:")
        await up.shows("1 found")
        await up.press("enter")
        add(log, DEFERRED, SENT % 99)
        await up.shows("2 found", "D deferred", "live")
        assert up.log.lines.cursor == 1
        await up.press("slash", "escape")
        await up.until(lambda: len(up.log.lines.rows) == 43)
        await up.press("slash")
        await up.type("nothing like this")
        await up.shows("No line matches")


async def test_raw_and_back_keep_the_line(folder: Path, log: Path) -> None:
    add(log, REJECT, DEFERRED)
    async with console(folder, start="log", log=log, size=(140, 30)) as up:
        await live(up)
        await up.press("k", "v")
        await up.shows("LINE", "postfix/smtpd[9]: NOQUEUE: reject: RCPT from c[192.0.2.1]")
        assert up.log.lines.key == 40
        await up.press("v")
        await up.shows("WHAT", "R reject")
        assert up.log.lines.key == 40


async def test_next_and_previous_problem(folder: Path, log: Path) -> None:
    add(log, REJECT, SENT % 50, DEFERRED, SENT % 51)
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.press("E")
        await up.until(lambda: up.log.lines.key == 42)
        await up.press("E")
        await up.until(lambda: up.log.lines.key == 40)
        await up.press("E")
        await up.shows("No further problem")
        await up.press("e")
        await up.until(lambda: up.log.lines.key == 42)
        assert not up.log.following


async def test_the_detail_and_the_whole_line(folder: Path, log: Path) -> None:
    add(log, REJECT)
    async with console(folder, start="log", log=log) as up:
        await up.shows("says     550 5.1.1 <n@b>", "client   c [192.0.2.1]  helo vm", "mail     a@b → n@b")
        await up.press("l")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("NOQUEUE: reject: RCPT from c[192.0.2.1]")


async def test_copy_and_save(
    folder: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUDO_UID", raising=False)
    add(log, REJECT, b"hostile \x1b]0;PWNED\x07\n")
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.press("k", "space", "y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        assert up.app.clipboard == REJECT.decode().rstrip("\n")
        await up.press("q", "s", "enter")
        await up.shows("Saved as")
        saved = (tmp_path / "mail-log.txt").read_bytes()
        assert saved.count(b"\n") == 42
        assert b"\x1b" not in saved
        assert (tmp_path / "mail-log.txt").stat().st_mode & 0o777 == 0o600


async def test_no_log_says_why_and_what_to_do(folder: Path) -> None:
    async with console(folder, start="log") as up:
        await up.shows("no mail log found", "--log FILE")


async def test_a_log_that_appears_is_followed(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "late.log"
    async with console(folder, start="log", log=log) as up:
        await up.shows("no such file or directory")
        log.write_bytes(SENT % 1)
        await up.shows("S sent", "live")


async def test_nothing_is_lost_by_rotation(folder: Path, log: Path) -> None:
    """By rename with a late writer, then by copytruncate."""
    async with console(folder, start="log", log=log) as up:
        await live(up)
        with log.open("ab") as late:
            os.rename(log, f"{log}.1")
            add(log, REJECT)
            await up.shows("R reject")
            late.write(DEFERRED)
            late.flush()
            await up.shows("D deferred")
        os.truncate(log, 0)
        add(log, LINE + b"smtpd[1]: fatal: bad boolean configuration\n")
        await up.shows("! smtpd", "fatal: bad boolean")
        assert len(up.log.lines.rows) == 43


async def test_what_falls_out_of_memory_is_read_again(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LogLines
    monkeypatch.setattr(feed_module, "LogLines", lambda _limit, spool: real(20_000, spool))
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.press("slash")
        await up.type("status=deferred")
        await up.shows("No line matches")
        for block in range(20):
            add(log, *(SENT % (block * 100 + n) for n in range(20)), DEFERRED)
            await up.until(partial(has_lines, up, 40 + 21 * (block + 1)))
        await up.until(lambda: up.log.rows.end == 460)
        assert up.log.feed.lines.size <= 20_000
        assert up.log.feed.lines.first > 300
        keys = up.log.rows.keys
        assert len(keys) == 20
        assert all(b"no name" in up.log.feed.line(keys[index]) for index in range(20))


async def test_a_flood_is_painted_ten_times_a_second_at_most(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    async with console(folder, start="log", log=log) as up:
        await live(up)
        told: list[float] = []
        loop = up.app._loop
        assert loop is not None
        up.app.live_log.news.subscribe(lambda _: told.append(loop.time()))
        for _ in range(50):
            add(log, *(SENT % n for n in range(500)))
            await up.pilot.pause(0.01)
        await up.until(lambda: len(up.log.lines.rows) == 25_040)
        spaces = [after - before for before, after in pairwise(told)]
        assert len(told) < 40
        assert sorted(spaces)[len(spaces) // 2] > 0.05
        assert feed_module.SPACING == 0.1
        assert livelog.SSH_SPACING == 0.25


async def test_it_is_quiet_while_nothing_comes(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(folder, start="log", log=log) as up:
        await live(up)
        await up.pilot.pause(0.2)
        painted: list[object] = []
        compositor = up.app.screen._compositor
        real = compositor.render_update

        def counted(*args: Any, **more: Any) -> Any:
            painted.append(args)
            return real(*args, **more)

        monkeypatch.setattr(compositor, "render_update", counted)
        await up.pilot.pause(0.3)
        assert not painted
        add(log, REJECT)
        await up.shows("R reject")
        await up.until(lambda: painted)
