"""Postfix and its queue, told of as they are."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.overview import server
from mailtui.overview.line import Downs, Line
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailqueue import tally as module
from mailtui.postfix.mailqueue.tally import Tally
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]
ROW = (
    '{"queue_name": "%s", "queue_id": "%s", "arrival_time": %d, "message_size": 500, "forced_expire": false, '
    '"sender": "a@x.test", "recipients": [{"address": "b@gmail.com"%s}]}\n'
)
WHY = ', "delay_reason": "host gmail-smtp-in.l.google.com[192.0.2.1] said: 421 4.7.0 Try again later"'


@pytest.fixture
def instance(instance_dir: Any, tmp_path: Path) -> Instance:
    return Instance.open(str(instance_dir(f"queue_directory = {tmp_path}/spool\n")))


def test_postfix_that_does_not_run(instance: Instance) -> None:
    downs = Downs()
    found = server.postfix(instance, downs)
    assert found.items[0][0][0].startswith("NOT RUNNING since before ")
    assert "smtp submission" in found.text
    assert found.weight == "error"


def test_postfix_that_runs(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process stands in for master(8): how long it has run is real."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            time.sleep(1.1)
            monkeypatch.setattr(server, "master_pid", lambda _: process.pid)
            found = server.postfix(instance, Downs())
        finally:
            process.kill()
    assert found.items[0][0][0] in {"running 1 s", "running 2 s", "running 3 s"}
    assert found.weight == ""
    assert found.items[-1][0][0] == instance.parameters.effective("mail_version")


def queue(instance: Instance, monkeypatch: pytest.MonkeyPatch, *rows: str, size: int = 100) -> Line:
    raw = "".join(rows).encode()

    def stream(argv: Any, **_: Any) -> Iterator[bytes]:
        assert argv == ["postqueue", "-c", instance.config_dir, "-j"]
        for at in range(0, len(raw), size):
            yield raw[at : at + size]

    monkeypatch.setattr(commands, "stream", stream)
    return server.queue(instance)


def test_a_queue(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    rows = [
        ROW % ("deferred", "AAAAA1", now - 60, WHY), ROW % ("deferred", "AAAAA2", now - 7300, WHY),
        ROW % ("hold", "AAAAA3", now - 3 * 86400 - 60, ""), ROW % ("active", "AAAAA4", now, ""),
    ]  # fmt: skip
    found = queue(instance, monkeypatch, *rows)
    assert (
        found.text
        == "2 deferred · 1 active · 1 hold · oldest deferred 2 h, gmail.com: 4.7.0 · oldest hold 3 days"
    )
    assert found.weight == ""


def test_old_mail_is_marked(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    found = queue(instance, monkeypatch, ROW % ("deferred", "AAAAA1", time.time() - 3 * 86400, ""))
    assert found.text == "1 deferred · oldest deferred 3 days"
    assert found.weight == "warning"


def test_an_empty_queue(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    assert queue(instance, monkeypatch).text == "empty"


def test_a_queue_that_postqueue_does_not_tell(instance: Instance) -> None:
    """The real postqueue, over an instance whose queue is nowhere."""
    found = server.queue(instance)
    assert found.weight == "warning"
    assert found.text == "not known while Postfix is stopped"
    assert found.more[0]
    assert "\n" not in found.more[0]


def test_a_large_queue_costs_no_memory() -> None:
    found = Tally()
    block = "".join(
        ROW % ("deferred", f"B{number:06d}", 1000 + number, WHY) for number in range(1000)
    ).encode()
    for _ in range(100):
        found.add(block)
    assert found.counts == {"deferred": 100_000}
    assert found.oldest == {"deferred": 1000}
    entry = found.entry("deferred")
    assert entry is not None
    assert entry.queue_id == "B000000"
    assert found.entry("hold") is None


def test_a_line_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 10_000)
    head = '{"queue_name": "active", "queue_id": "AAAAA1", "arrival_time": 5, "message_size": 500'

    def stream(*_args: Any, **_options: Any) -> Iterator[bytes]:
        yield head.encode()
        for _ in range(100):
            yield b"x" * 1000

    monkeypatch.setattr(commands, "stream", stream)
    found = module.tally("/etc/postfix")
    assert dict(found.counts) == {"active": 1}
