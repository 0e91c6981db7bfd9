"""The strip (`L`): the newest lines on any screen, and those of the addresses just written."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.feed import Feed
from mailtui.maillog.source import Source
from mailtui.screens.parts.livelog import Watch, pattern
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import LINE, console, shop, tmp_path
from tests.screens.logged import add

__all__ = ["instance_dir", "tmp_path"]


def message(queue_id: bytes, recipient: bytes, asked: bytes = b"") -> bytes:
    """The lines of one message."""
    orig = b"orig_to=<" + asked + b">, " if asked else b""
    return b"".join(
        LINE + line + b"\n"
        for line in (
            b"smtpd[1]: " + queue_id + b": client=c.example[192.0.2.1]",
            b"cleanup[2]: " + queue_id + b": message-id=<1@c.example>",
            b"qmgr[3]: " + queue_id + b": from=<s@c.example>, size=400, nrcpt=1 (queue active)",
            b"local[4]: " + queue_id + b": to=<" + recipient + b">, " + orig + b"relay=local, delay=0.3, "
            b"delays=0/0/0/0.3, dsn=2.0.0, status=sent (delivered to mailbox)",
            b"qmgr[3]: " + queue_id + b": removed",
        )
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_bytes(message(b"AAAA11111", b"old@falcot.com"))
    return path


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return shop(instance_dir, tmp_path)


async def test_it_opens_and_closes_on_any_screen(folder: Path, log: Path) -> None:
    async with console(folder, log=log) as up:
        assert "old@falcot.com" not in up.text
        await up.press("L")
        await up.shows(f"── {log} ──", "S sent", "s@c.example → old@falcot.com")
        assert "removed" not in up.text, "lines that say nothing are in the strip"
        await up.press("5")
        await up.shows("CONNECT", "s@c.example → old@falcot.com")
        add(log, message(b"BBBB22222", b"jean@falcot.com"))
        await up.shows("s@c.example → jean@falcot.com")
        await up.press("3", "L")
        await up.until(lambda: "old@falcot.com" not in up.text)


async def test_without_a_log_it_says_why(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("L")
        await up.shows("no mail log found")


async def test_after_a_write_it_follows_the_addresses(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(folder, log=log) as up:
        up.app.live_log.start()
        await up.until(lambda: up.app.live_log.feed and len(up.app.live_log.feed.lines) == 5)
        up.app.written(["webmaster@falcotsbrand.com"])
        await up.shows("mail of webmaster@falcotsbrand.com", "no mail for it yet")
        flood = b"".join(message(b"CC%07d" % n, b"other@falcot.com") for n in range(500))
        near = message(b"DDDD33333", b"x@falcot.com", b"notwebmaster@falcotsbrand.com")
        add(log, flood, near, message(b"EEEE44444", b"jean@falcot.com", b"WebMaster@falcotsbrand.com"), flood)
        await up.shows("A accepted  s@c.example", "s@c.example → WebMaster@falcotsbrand.com → jean@falcot.co")
        strip = up.text.split("mail of webmaster")[1]
        assert "other@" not in strip
        assert "notwebmaster" not in strip
        assert up.app.live_log.watching
        up.app.live_log._unwatch()
        add(log, message(b"FFFF55555", b"later@falcot.com"))
        await up.shows("later@falcot.com", f"── {log}")


async def test_mail_from_before_the_write_is_not_shown(folder: Path, log: Path) -> None:
    """The log is first read when the write is done: what is in it already took the old way."""
    add(log, message(b"AAAA22222", b"jean@falcot.com", b"webmaster@falcotsbrand.com"))
    async with console(folder, log=log) as up:
        up.app.written(["webmaster@falcotsbrand.com"])
        await up.until(lambda: up.app.live_log.feed and len(up.app.live_log.feed.lines) == 10)
        await up.shows("no mail for it yet")
        now = time.strftime("%b %e %H:%M:%S mx postfix/").encode()
        add(log, message(b"BBBB22222", b"laure@falcot.com", b"webmaster@falcotsbrand.com").replace(LINE, now))
        await up.shows("webmaster@falcotsbrand.com → laure@falcot.c")
        assert "webmaster@falcotsbrand.com → jean" not in up.text


async def test_it_ends_after_five_minutes(folder: Path, log: Path) -> None:
    async with console(folder, log=log) as up:
        begun = asyncio.get_running_loop().time()
        up.app.written(["webmaster"])
        end = up.app.live_log._until
        assert end is not None
        assert 300 <= end.when() - begun < 310
        await up.shows("mail of webmaster")
        assert up.app.live_log.watching
        asyncio.get_running_loop().call_soon(end._run)  # those minutes are over
        await up.until(lambda: not up.app.live_log.watching)
        await up.shows(f"── {log}")


@pytest.mark.parametrize(
    ("address", "line", "found"),
    [
        ("web@x.example", "to=<web@x.example>,", True),
        ("Web@X.example", "to=<web@x.example>,", True),
        ("web@x.example", "to=<web+tag@x.example>,", True),
        ("web@x.example", "to=<cobweb@x.example>,", False),
        ("web@x.example", "to=<web@x.example.org>,", False),
        ("web@x.example", "to=<web@xxexample>,", False),
        ("web", "to=<web@falcot.com>,", True),
        ("web", "orig_to=<web>,", True),
        ("web", "to=<web@elsewhere.example>,", False),
        ("web", "to=<webmaster@falcot.com>,", False),
        ("@x.example", "to=<anyone@x.example>,", True),
        ("@x.example", "to=<anyone@y.x.example>,", False),
        ("a.b@x.example", "to=<axb@x.example>,", False),
        ("203.0.113.9", "reject: RCPT from unknown[203.0.113.9]: 554", True),
        ("203.0.113", "connect from mx.new.example[203.0.113.9]", True),
        ("203.0.113.9", "connect from unknown[203.0.113.99]", False),
        ("2001:db8", "connect from unknown[2001:db8::1]", True),
        ("bulk.example", "reject: RCPT from mx.bulk.example[203.0.113.66]: 554", True),
        ("bulk.example", "from=<lottery@bulk.example>,", True),
        ("bulk.example", "from=<lottery@notbulk.example>, unknown[192.0.2.1]", False),
        ("bulk.example", "reject: RCPT from notbulk.example[192.0.2.1]: 554", False),
    ],
)  # fmt: skip
def test_whole_addresses_are_found(address: str, line: str, found: bool) -> None:
    assert bool(pattern([address], ["falcot.com", "localhost"]).search(line.encode())) is found


def test_without_known_domains_a_name_is_found_in_any() -> None:
    assert pattern(["web"], []).search(b"to=<web@anywhere.example>,")


@given(
    st.lists(st.tuples(st.sampled_from([b"web@x.example", b"other@x.example"]), st.booleans()), max_size=8)
)
def test_a_watch_finds_whole_messages_however_the_log_comes_in(sent: list[tuple[bytes, bool]]) -> None:
    feed = Feed(Source("none"), lambda: None)
    watch = Watch(["web@x.example"], [], 0)
    wanted: list[int] = []
    found: list[int] = []
    for number, (recipient, split) in enumerate(sent):
        start = len(feed.lines)
        whole = message(b"ABCD%05d" % number, recipient)
        if recipient == b"web@x.example":
            wanted += range(start, start + 5)
        lines = whole.splitlines(keepends=True)
        for part in [b"".join(lines[:2]), b"".join(lines[2:])] if split else [whole]:
            seen = len(feed.lines)
            feed.lines.append(part)
            found += watch.lines(feed, seen)
    assert sorted(found) == wanted
    assert len(set(found)) == len(found)


async def test_the_reader_is_gone_with_the_console(folder: Path, log: Path) -> None:
    import threading

    async with console(folder, log=log) as up:
        await up.press("L")
        await up.shows("S sent")
        assert any(thread.name == "log" for thread in threading.enumerate())
    await asyncio.sleep(0)
    assert not any(thread.name == "log" for thread in threading.enumerate())
