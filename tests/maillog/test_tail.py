"""Following a file: nothing lost over rename, truncation and disappearance; whole lines only."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mailtui.maillog import tail as tail_module
from mailtui.maillog.lines import LogLines
from mailtui.maillog.tail import FileTail, follow


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_bytes(b"one\ntwo\n")
    return path


def test_backlog_begins_at_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"".join(b"line %04d\n" % n for n in range(1000)))
    tail = FileTail(str(path), backlog=35)
    assert tail.poll() == b"line 0997\nline 0998\nline 0999\n"
    tail.close()


def test_a_line_waits_for_its_newline(log: Path) -> None:
    tail = FileTail(str(log))
    assert tail.poll() == b"one\ntwo\n"
    with log.open("ab") as writer:
        writer.write(b"thr")
        writer.flush()
        assert tail.poll() == b""
        writer.write(b"ee\nfo")
    assert tail.poll() == b"three\n"
    tail.close()


def test_rename_loses_nothing(log: Path) -> None:
    tail = FileTail(str(log))
    tail.poll()
    with log.open("ab") as writer:
        log.rename(log.with_suffix(".1"))
        log.write_bytes(b"new 1\n")
        assert tail.poll() == b"new 1\n"
        # The daemon still writes into the renamed file for a moment.
        writer.write(b"late\n")
        writer.flush()
        assert tail.poll() == b"late\n"
    tail.close()


def test_copytruncate_is_noticed(log: Path) -> None:
    tail = FileTail(str(log))
    tail.poll()
    os.truncate(log, 0)
    with log.open("ab") as writer:
        writer.write(b"x\n")
    assert tail.poll() == b"x\n"
    tail.close()


def test_truncated_and_grown_past_is_noticed(log: Path) -> None:
    tail = FileTail(str(log))
    tail.poll()
    log.write_bytes(b"a longer text than before\n")
    assert tail.poll() == b"a longer text than before\n"
    tail.close()


def test_a_missing_file_says_so_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    tail = FileTail(str(path))
    assert tail.poll() == b""
    assert "no such file" in tail.trouble
    path.write_bytes(b"back\n")
    assert tail.poll() == b"back\n"
    assert tail.trouble == ""
    path.unlink()
    assert tail.poll() == b""
    path.write_bytes(b"again\n")
    assert tail.poll() == b"again\n"
    tail.close()


def test_old_files_are_let_go(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "DRAIN", 0.0)
    tail = FileTail(str(log))
    before = len(os.listdir("/proc/self/fd"))
    for n in range(5):
        tail.poll()
        log.rename(log.with_suffix(f".{n}"))
        log.write_bytes(b"new\n")
        tail.poll()
        tail.poll()
    assert len(os.listdir("/proc/self/fd")) <= before + 1
    tail.close()


def test_follow_ends_when_told(log: Path) -> None:
    got: list[bytes] = []
    stop, seen = threading.Event(), threading.Event()

    def give(block: bytes) -> None:
        got.append(block)
        seen.set()

    thread = threading.Thread(target=follow, args=(FileTail(str(log)), give, stop, 0.01))
    thread.start()
    assert seen.wait(5)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert got == [b"one\ntwo\n"]


def test_lines_are_bounded_and_numbered() -> None:
    lines = LogLines(limit=1000)
    for n in range(100):
        lines.append(b"".join(b"%03d-%d\n" % (n, m) for m in range(10)))
    assert len(lines) == 1000
    assert lines.size <= 1000
    assert lines.line(999) == b"099-9"
    assert lines.line(lines.first) == b"%03d-0" % (lines.first // 10)
    with pytest.raises(IndexError):
        lines.line(lines.first - 1)
