"""Whether mail flows, by a real log that grows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.maillog.feed import Feed
from mailtui.maillog.source import Source, find
from mailtui.overview.flow import Pulse, hour, mail
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]
PATIENCE = 10.0


def line(seconds_ago: float, text: str) -> bytes:
    stamp = time.strftime("%b %e %H:%M:%S", time.localtime(time.time() - seconds_ago))
    return f"{stamp} mx postfix/{text}\n".encode()


def sent(ago: float) -> bytes:
    return line(
        ago, "local[9]: 3FCA722E68E: to=<a@falcot.com>, relay=local, delay=0.3, dsn=2.0.0, status=sent (ok)"
    )


def deferred(ago: float) -> bytes:
    return line(
        ago, "smtp[9]: 3FCA722E68F: to=<a@x.test>, relay=none, delay=3, dsn=4.4.1, status=deferred (no)"
    )


def fatal(ago: float) -> bytes:
    return line(ago, "smtpd[9]: fatal: bad boolean value for smtpd_helo_required: ja\x1b[2J")


@contextmanager
def following(source: Source) -> Iterator[Feed]:
    feed = Feed(source, lambda: None)
    feed.start()
    try:
        end = time.monotonic() + PATIENCE
        while source.kind == "file" and not source.why and feed.rates.counting:
            assert time.monotonic() < end, "the log was not read"
            time.sleep(0.01)
        yield feed
    finally:
        feed.stop()


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


@pytest.fixture
def instance(instance_dir: Any, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """One that is said to run: no daemon here."""
    found = Instance.open(str(instance_dir()))
    monkeypatch.setattr(Instance, "running", lambda _: True)
    return found


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_bytes(line(7200, "master[1]: daemon started"))
    return path


def test_mail_flows(instance: Instance, log: Path) -> None:
    log.write_bytes(sent(3000) + sent(400) + line(5, "smtpd[7]: connect from c.test[192.0.2.1]"))
    with following(Source("file", str(log))) as feed:
        pulse = Pulse()
        assert mail(instance, feed, pulse).text == "flows · last delivery 6 min ago"
        before = len(feed.lines)
        with log.open("ab") as stream:
            stream.write(sent(1))
        until(lambda: len(feed.lines) > before)
        found = mail(instance, feed, pulse).text
        assert found.startswith("flows · last delivery ")
        assert found.endswith(" s ago")


def test_an_hour_without_mail_is_quiet(instance: Instance, log: Path) -> None:
    log.write_bytes(sent(3 * 3600) + line(5, "smtpd[7]: connect from c.test[192.0.2.1]"))
    with following(Source("file", str(log))) as feed:
        assert mail(instance, feed, Pulse()).text == "quiet · last delivery 3 h ago"


def test_mail_that_is_stuck(instance: Instance, log: Path) -> None:
    log.write_bytes(sent(2 * 86400) + deferred(100) * 3)
    with following(Source("file", str(log))) as feed:
        found = mail(instance, feed, Pulse())
    assert found.text == "STUCK · 3 deferred and none delivered in an hour · last delivery 2 days ago"
    assert found.weight == "warning"


def test_a_daemon_that_dies_is_told_of_for_a_while(instance: Instance, log: Path) -> None:
    log.write_bytes(sent(900) + fatal(300) + sent(2))
    with following(Source("file", str(log))) as feed:
        found = mail(instance, feed, Pulse())
        assert found.weight == "error"
        assert found.text.startswith("a daemon died 5 min ago · postfix/smtpd: fatal: bad boolean value")
        assert "\x1b" not in found.text
    log.write_bytes(fatal(1000) + sent(2))
    with following(Source("file", str(log))) as feed:
        assert mail(instance, feed, Pulse()).weight == ""


def test_a_command_that_fails_is_no_daemon(instance: Instance, log: Path) -> None:
    log.write_bytes(sent(900) + fatal(300).replace(b"postfix/smtpd[", b"postfix/postqueue["))
    with following(Source("file", str(log))) as feed:
        assert mail(instance, feed, Pulse()).weight == ""


def test_others_words_are_no_death(instance: Instance, log: Path) -> None:
    log.write_bytes(sent(9) + line(5, "smtpd[9]: warning: x").replace(b"postfix/smtpd", b"dovecot: fatal: x"))
    with following(Source("file", str(log))) as feed:
        assert mail(instance, feed, Pulse()).weight == ""


def test_a_stopped_server(instance_dir: Any, log: Path, tmp_path: Path) -> None:
    log.write_bytes(sent(7200))
    stopped = Instance.open(str(instance_dir(f"queue_directory = {tmp_path}/spool\n")))
    with following(Source("file", str(log))) as feed:
        found = mail(stopped, feed, Pulse())
    assert found.text == "STOPPED · Postfix does not run · last delivery 2 h ago"
    assert found.weight == "error"


def test_no_log(instance: Instance) -> None:
    nothing = Source("none", why="no mail log found; name one with --log FILE")
    with following(nothing) as feed:
        until(lambda: feed.trouble)
        found = mail(instance, feed, Pulse())
        assert found.text == "not known · no mail log found; name one with --log FILE"
        assert "no mail log found" in hour(feed).text


def test_a_log_that_may_not_be_read(instance: Instance, tmp_path: Path) -> None:
    source = find(str(tmp_path / "gone.log"))
    with following(source) as feed:
        until(lambda: feed.trouble)
        found = mail(instance, feed, Pulse())
    assert found.weight == "warning"
    assert "no such file" in found.text


def test_the_last_hour(log: Path) -> None:
    log.write_bytes(
        sent(2 * 3600) * 5 + line(1800, "smtpd[7]: 3FCA722E68E: client=c.test[192.0.2.1]")
        + deferred(600) * 2 + line(60, "smtpd[7]: NOQUEUE: reject: RCPT from c.test[192.0.2.1]: 554 5.7.1 no") * 7
    )  # fmt: skip
    with following(Source("file", str(log))) as feed:
        found = hour(feed)
    assert found.text == "accepted 1 · deferred 2 · rejected 7"
    assert [len(counts) for _, counts, _ in found.curves] == [60, 60, 60]
