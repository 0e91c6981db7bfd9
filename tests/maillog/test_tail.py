"""Following a file: nothing lost over rename, truncation and disappearance; whole lines only."""

from __future__ import annotations

import gzip
import os
import threading
import time
from pathlib import Path

import pytest

from mailtui.maillog import tail as tail_module
from mailtui.maillog.lines import LogLines
from mailtui.maillog.tail import LOOKS, FileTail, follow
from tests.maillog.logmaking import PACKERS, lines, numbers


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


# Rotation


def poll_all(tail: FileTail, rounds: int = 50) -> bytes:
    return b"".join(tail.poll() for _ in range(rounds))


def test_a_line_cut_by_rotation_is_not_glued_to_the_next_file(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = FileTail(str(log))
    with log.open("ab") as writer:
        writer.write(b"half a li")
        writer.flush()
        assert tail.poll() == b"one\ntwo\n"
        log.rename(log.with_name("mail.log.1"))
        log.write_bytes(b"new 1\nnew 2, cut")
        assert tail.poll() == b"new 1\n"
        writer.write(b"ne\n")
        writer.flush()
        with log.open("ab") as other:
            other.write(b" too\n")
        assert tail.poll() == b"half a line\nnew 2, cut too\n"
        writer.write(b"never ended")
    assert tail.poll() == b""
    monkeypatch.setattr(tail_module, "DRAIN", 0.0)
    assert tail.poll() == b"never ended\n"
    assert poll_all(tail) == b""
    tail.close()


@pytest.mark.parametrize("packer", ["", "gz", "xz"])
def test_files_that_came_and_went_between_two_looks(log: Path, packer: str) -> None:
    """As while the console was stopped (Ctrl+Z), or after several rotations at once."""
    log.write_bytes(lines(0, 10))
    tail = FileTail(str(log))
    found = [tail.poll()]
    log.write_bytes(lines(0, 15))
    for number in range(15, 40, 5):
        for age in range(6, 0, -1):
            for suffix in ("", f".{packer}"):
                old = log.with_name(f"mail.log.{age}{suffix}")
                if old.exists():
                    old.rename(log.with_name(f"mail.log.{age + 1}{suffix}"))
        log.rename(log.with_name("mail.log.1"))
        second = log.with_name("mail.log.2")
        if packer and second.exists():
            modified = second.stat().st_mtime_ns
            packed = log.with_name(f"mail.log.2.{packer}")
            packed.write_bytes(PACKERS[packer](second.read_bytes()))
            os.utime(packed, ns=(modified, modified))
            second.unlink()
        log.write_bytes(lines(number, number + 5))
    found.append(poll_all(tail))
    assert numbers(found) == list(range(40))
    tail.close()


def test_blocks_say_where_their_lines_stand(log: Path) -> None:
    log.write_bytes(lines(0, 10))
    tail = FileTail(str(log))
    seen = list(tail.blocks())
    with log.open("ab") as writer:
        writer.write(lines(10, 20))
    seen += tail.blocks()
    log.rename(log.with_name("mail.log.1"))
    log.write_bytes(lines(20, 30))
    seen += tail.blocks()
    os.replace(log.with_name("mail.log.1"), log.with_name("mail.log.2"))
    assert [block.raw for block in seen] == [lines(0, 10), lines(10, 20), lines(20, 30)]
    for block in seen:
        assert block.file.read(block.offset, len(block.raw)) == block.raw
    tail.close()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("regrown", [0, 5, 200])
def test_copytruncate_reads_the_rest_from_the_copy(log: Path, packed: bool, regrown: int) -> None:
    log.write_bytes(lines(0, 50))
    tail = FileTail(str(log))
    seen = list(tail.blocks())
    with log.open("ab") as writer:
        writer.write(lines(50, 60))
    raw = log.read_bytes()
    log.with_name("mail.log.1.gz" if packed else "mail.log.1").write_bytes(
        gzip.compress(raw) if packed else raw
    )
    os.truncate(log, 0)
    with log.open("ab") as writer:
        writer.write(lines(60, 60 + regrown))
    for _ in range(5):
        seen += tail.blocks()
    assert numbers(block.raw for block in seen) == list(range(60 + regrown))
    for block in seen:
        assert block.file.read(block.offset, len(block.raw)) == block.raw
    tail.close()


def test_copytruncate_of_a_cut_line(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "DRAIN", 0.0)
    log.write_bytes(b"first\nhalf a li")
    tail = FileTail(str(log))
    assert tail.poll() == b"first\n"
    with log.open("ab") as writer:
        writer.write(b"ne\nmore\n")
    log.with_name("mail.log.1").write_bytes(log.read_bytes())
    log.write_bytes(b"fresh\n")
    assert poll_all(tail) == b"half a line\nmore\nfresh\n"
    tail.close()


def test_emptied_without_a_copy(log: Path) -> None:
    log.write_bytes(lines(0, 50))
    tail = FileTail(str(log))
    [block] = tail.blocks()
    log.write_bytes(lines(50, 55))
    assert numbers(poll_all(tail)) == list(range(50, 55))
    with pytest.raises(LookupError):
        block.file.line(block.offset, len(block.raw))
    tail.close()


def test_a_writer_that_does_not_append_leaves_a_hole(log: Path) -> None:
    with log.open("r+b", buffering=0) as writer:
        writer.write(lines(0, 500))
        tail = FileTail(str(log))
        assert numbers(tail.poll()) == list(range(500))
        log.with_name("mail.log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        writer.write(lines(500, 505))
        assert tail.poll() == lines(500, 505)
        writer.write(lines(505, 506))
        assert tail.poll() == lines(505, 506)
    tail.close()


def test_long_lines_and_nul(log: Path) -> None:
    tail = FileTail(str(log))
    tail.poll()
    long = b"y" * (10 << 20) + b"\n"
    with log.open("ab") as writer:
        for at in range(0, len(long), 3 << 20):
            writer.write(long[at : at + (3 << 20)])
            writer.flush()
            if at + (3 << 20) < len(long):
                assert tail.poll() == b""
        writer.write(b"\0\0 nul \0\n\n")
    assert poll_all(tail) == long + b"\0\0 nul \0\n\n"
    tail.close()


def test_an_endless_line_is_given_in_pieces(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "LONGEST", 2 << 20)
    tail = FileTail(str(log))
    tail.poll()
    with log.open("ab") as writer:
        writer.write(b"z" * (5 << 20) + b"\nend\n")
    assert poll_all(tail) == b"z" * (5 << 20) + b"\nend\n"
    tail.close()


def test_a_vanished_file_is_said_once_it_is_quiet(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tail = FileTail(str(log))
    with log.open("ab") as writer:
        tail.poll()
        log.unlink()
        writer.write(b"still written\n")
        writer.flush()
        assert tail.poll() == b"still written\n"
        assert not tail.trouble
        monkeypatch.setattr(tail_module, "DRAIN", 0.0)
        assert tail.poll() == b""
        assert "no such file" in tail.trouble
    log.write_bytes(b"back\n")
    assert tail.poll() == b"back\n"
    assert not tail.trouble
    tail.close()


def rotate(log: Path) -> None:
    for age in range(30, 0, -1):
        old = log.with_name(f"mail.log.{age}")
        if old.exists():
            old.rename(log.with_name(f"mail.log.{age + 1}"))
    log.rename(log.with_name("mail.log.1"))
    log.touch()


def test_a_flood_loses_nothing_over_renames(log: Path) -> None:
    """A writer that keeps the old file for a while, as syslog daemons do; rotations faster than it drains."""
    log.write_bytes(b"")
    total = 120_000
    done = threading.Event()

    def write() -> None:
        stream = log.open("ab", buffering=0)
        for start in range(0, total, 500):
            stream.write(lines(start, start + 500, step=0.01))
            if start % 10_000 == 5000:
                stream.close()
                stream = log.open("ab", buffering=0)
            time.sleep(0.001)
        stream.close()
        done.set()

    tail = FileTail(str(log))
    seen: list[bytes] = []
    writer = threading.Thread(target=write)
    writer.start()
    last = time.monotonic()
    while not done.is_set() or time.monotonic() - last < 0.3:
        block = tail.poll()
        if block:
            seen.append(block)
            last = time.monotonic()
        if not done.is_set() and log.exists():
            rotate(log)
            if len(seen) % 3 == 0:
                rotate(log)
        time.sleep(0.03)
    writer.join()
    tail.close()
    found = numbers(seen)
    assert len(found) == total
    assert sorted(found) == list(range(total))


def test_a_flood_loses_nothing_over_copytruncates(log: Path) -> None:
    """Nobody writes between copy and truncation: such lines are lost to all readers."""
    log.write_bytes(b"")
    tail = FileTail(str(log))
    seen: list[bytes] = []
    for start in range(0, 60_000, 5000):
        for half in (start, start + 2500):
            with log.open("ab") as stream:
                stream.write(lines(half, half + 2500, step=0.01))
            if half == start:
                seen.append(tail.poll())
        log.with_name("mail.log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
    seen.append(poll_all(tail))
    assert numbers(seen) == list(range(60_000))
    tail.close()


def test_a_log_rotated_with_every_look_says_that_lines_are_missing(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = FileTail(str(log))
    tail.poll()
    looks: list[int] = []

    def moved(_sibling: object) -> None:
        looks.append(1)  # by the time it is opened another file has its name

    monkeypatch.setattr("mailtui.maillog.tail._opened_as", moved)
    log.rename(log.with_name("mail.log.2"))
    log.with_name("mail.log.1").write_bytes(b"between\n")
    log.write_bytes(b"new\n")
    assert b"new\n" in tail.poll()
    assert len(looks) == LOOKS
    assert "lines in between are missing" in tail.trouble
    tail._lost_until = 0.0  # half a minute later
    tail.poll()
    assert tail.trouble == ""
