"""Programs that are run to do something: what they are given, what they say, and how they end."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from mailtui import commands


def test_streams_lines_and_the_status() -> None:
    lines: list[str] = []
    done = commands.act(["sh", "-c", r"printf 'one\r\ntwo'; echo 'a\303' >&2; exit 7"], on_line=lines.append)
    assert (done.status, done.out, done.err) == (7, b"one\r\ntwo", b"a\xc3\n")
    assert sorted(lines) == ["a�", "one", "two"]


def test_a_terminal_takes_both_streams_as_they_are() -> None:
    done = commands.act(["sh", "-c", "test -t 1 && test -t 2 && echo out && echo err >&2"], terminal=True)
    assert (done.status, done.out, done.err) == (0, b"", b"out\nerr\n")


def test_it_reads_and_prints_more_than_a_pipe_holds() -> None:
    text = os.urandom(1 << 20)
    assert commands.act(["cat"], stdin=text).out == text
    assert commands.act(["true"], stdin=text).status == 0  # it reads nothing of it


def test_no_input_is_an_end_at_once() -> None:
    assert commands.act(["cat"], timeout=10).out == b""


def test_ended_by_a_signal() -> None:
    assert commands.act(["sh", "-c", "kill -TERM $$"]).status == -15


@pytest.mark.parametrize("terminal", [False, True])
def test_a_daemon_that_holds_its_streams_is_not_waited_for(terminal: bool) -> None:
    begun = time.monotonic()
    done = commands.act(["setsid", "sh", "-c", "sleep 30 & echo $!"], terminal=terminal)
    os.kill(int(done.err if terminal else done.out), 9)
    assert done.status == 0
    assert time.monotonic() - begun < 20


def test_cancelled_or_too_slow_it_ends_with_all_that_it_started() -> None:
    cancel, pids = threading.Event(), list[int]()

    def started(line: str) -> None:
        pids.append(int(line))
        cancel.set()

    argv = ["sh", "-c", "sleep 30 & echo $!; wait"]
    with pytest.raises(commands.CommandError, match="was cancelled"):
        commands.act(argv, on_line=started, cancel=cancel)
    [pid] = pids
    _wait_for_its_end(pid)
    with pytest.raises(commands.CommandError, match=r"did not end within 0\.1 s"):
        commands.act(argv, timeout=0.1)


def _wait_for_its_end(pid: int) -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":  # whoever should reap it has yet to
                    return
        except FileNotFoundError:
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} lives on")


def test_what_cannot_be_run_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\0")
    broken.chmod(0o755)
    with pytest.raises(commands.CommandError, match="not installed"):
        commands.act(["no-such-program"])
    with pytest.raises(commands.CommandError, match="Exec format error"):
        commands.act([str(broken)])
    with pytest.raises(commands.CommandError, match="No such file"):
        commands.act(["true"], cwd="/no/such/folder")
