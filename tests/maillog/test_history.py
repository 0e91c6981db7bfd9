"""A log and its rotated files as one history: in order, no line twice, nothing left out in silence."""

from __future__ import annotations

import grp
import gzip
import lzma
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailtui.maillog import compressed, logfile, rotated
from mailtui.maillog.chunks import key_at, lines_of
from mailtui.maillog.history import FileHistory, History
from mailtui.maillog.logfile import LogFile
from mailtui.maillog.record import parse
from mailtui.maillog.span import Span
from tests.maillog.logmaking import BEGIN, PACKERS, lines, numbered, numbers, written


def at(number: int) -> datetime:
    return BEGIN + timedelta(seconds=number)


def history_of(path: Path, begin: int | None = None) -> FileHistory:
    file = LogFile.open(str(path))
    return FileHistory(file, file.size if begin is None else begin)


def read(history: History) -> list[int]:
    """All numbers, oldest first; and each line again by its key."""
    found: list[int] = []
    for chunk in history.back():
        kept = list(chunk.lines())
        for key, line in (kept[0], kept[-1], kept[len(kept) // 2]):
            assert history.line(key) == line
        found[:0] = [number for _, line in kept for number in numbers(line)]
    return found


NAMES = {
    "numbers": ("mail.log.1", "mail.log.2{}", "mail.log.10{}"),
    "dateext": ("mail.log-20261103", "mail.log-20261102{}", "mail.log-20261101{}"),
    "postfix": ("mail.log.20261103-000001", "mail.log.20261102-000001{}", "mail.log.20261102-000000{}"),
    "extension": ("mail.1.log", "mail.2.log{}", "mail.3.log{}"),
    "mixed": ("mail.log-20261103", "mail.log.1{}", "mail.log.2{}"),
}


@pytest.mark.parametrize("packer", ["", *PACKERS])
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_all_files_in_order(tmp_path: Path, names: tuple[str, ...], packer: str) -> None:
    if packer == "zst" and shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    suffix = f".{packer}" if packer else ""
    for age, name in enumerate(names, 1):
        raw = lines(400 - age * 100, 500 - age * 100)
        packed = PACKERS[packer](raw) if packer and "{}" in name else raw
        written(tmp_path / name.format(suffix), packed, at(499 - age * 100))
    log = written(tmp_path / "mail.log", lines(400, 500), at(499))
    (tmp_path / "mail.log.save").write_text("no rotated file\n")
    (tmp_path / "mail.logs.1").write_text("nor this\n")
    history = history_of(log)
    assert history.titles == tuple(name.format(suffix) for name in names)
    assert read(history) == list(range(100, 500))
    assert not history.trouble
    assert history.total == len(lines(100, 500))


def test_keys_tell_bytes_before_the_begin(tmp_path: Path) -> None:
    written(tmp_path / "mail.log.1", lines(0, 50), at(49))
    log = written(tmp_path / "mail.log", lines(50, 100), at(99))
    begin = len(lines(50, 80))
    history = history_of(log, begin)
    assert read(history) == list(range(80))
    line = numbered(79)
    assert history.line(-len(line)) == line.rstrip()
    first = -len(lines(0, 80))
    assert history.line(first) == numbered(0).rstrip()
    assert history.opened == first
    for wrong in (0, 5, first - 1):
        with pytest.raises(LookupError):
            history.line(wrong)
    before = -len(lines(60, 80))
    newest = next(history.back(before))
    assert numbers(newest.raw) == list(range(50, 60))
    assert numbers(chunk.raw for chunk in history.forward(before, -len(lines(70, 80)))) == list(range(60, 70))
    assert numbers(chunk.raw for chunk in history.forward()) == list(range(80))


def test_no_line_twice(tmp_path: Path) -> None:
    """While a file is copied or compressed, it is there twice."""
    log = written(tmp_path / "mail.log", lines(300, 400), at(399))
    written(tmp_path / "mail.log.1", lines(300, 380), at(379))  # a copy before the truncation
    written(tmp_path / "mail.log.2", lines(200, 300), at(299))
    whole = gzip.compress(lines(200, 300))
    written(tmp_path / "mail.log.2.gz", whole[: len(whole) // 2], at(299))  # gzip is at it
    written(tmp_path / "mail.log.3.gz", gzip.compress(lines(100, 200)), at(199))
    os.link(tmp_path / "mail.log.3.gz", tmp_path / "mail.log.4.gz")
    assert read(history_of(log)) == list(range(100, 400))


@pytest.mark.parametrize("packer", ["gz", "xz", "bz2", "zst"])
def test_a_file_cut_short_gives_what_it_has(tmp_path: Path, packer: str) -> None:
    raw = lines(0, 20_000)
    packed = PACKERS[packer](raw)
    written(tmp_path / f"mail.log.2.{packer}", packed[: len(packed) * 2 // 3], at(1))
    written(tmp_path / "mail.log.3", lines(50_000, 50_010), at(0))
    log = written(tmp_path / "mail.log", b"", at(2))
    history = history_of(log)
    found = read(history)
    assert found[:10] == list(range(50_000, 50_010))
    assert found[10:] == list(range(len(found) - 10))
    if packer != "bz2":  # its blocks are of 900 kB: it has all or nothing
        assert len(found) > 1000
    [said] = history.trouble
    assert re.search(f"mail.log.2.{packer}: .*what could be read is shown", said)


def test_damage_in_the_middle(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(os.urandom(1000).hex().encode() + b"\n" + lines(0, 20_000)))
    packed[len(packed) // 2] ^= 0xFF
    written(tmp_path / "mail.log.1.gz", bytes(packed), at(0))
    history = history_of(written(tmp_path / "mail.log", b"", at(1)))
    assert len(read(history)) > 0
    assert "what could be read is shown" in history.trouble[0]


def test_several_members_and_padding(tmp_path: Path) -> None:
    packed = gzip.compress(lines(0, 10)) + gzip.compress(lines(10, 20)) + bytes(512)
    written(tmp_path / "mail.log.1.gz", packed, at(20))
    history = history_of(written(tmp_path / "mail.log", b"", at(21)))
    assert read(history) == list(range(20))
    assert not history.trouble


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "_full", lambda _fd: True)
    written(tmp_path / "mail.log.1.gz", gzip.compress(lines(0, 10)), at(9))
    history = history_of(written(tmp_path / "mail.log", lines(10, 20), at(19)))
    assert read(history) == list(range(10, 20))
    assert "no room to unpack it wholly" in history.trouble[0]


def test_nowhere_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "folder", lambda: str(tmp_path / "nowhere"))
    written(tmp_path / "mail.log.1.gz", gzip.compress(lines(0, 10)), at(9))
    history = history_of(written(tmp_path / "mail.log", lines(10, 20), at(19)))
    assert read(history) == list(range(10, 20))
    assert "to unpack into" in history.trouble[0]


@pytest.mark.parametrize(("head", "packer"), [(b"\x04\x22\x4d\x18", "lz4"), (b"\x1f\x9d", "compress")])
def test_what_no_packer_here_reads_is_no_lines(tmp_path: Path, head: bytes, packer: str) -> None:
    written(tmp_path / "mail.log.1", head + lines(0, 10), at(9))
    history = history_of(written(tmp_path / "mail.log", lines(10, 20), at(19)))
    assert read(history) == list(range(10, 20))
    assert history.trouble == (
        f"{tmp_path}/mail.log.1: packed by {packer}, which is not read here: unpack it to have its lines",
    )
    for read_span in (Span.blocks, Span.back):  # in its order, and from any place
        span = Span.of_files([str(tmp_path / "mail.log.1")])
        assert list(read_span(span)) == []
        assert f"mail.log.1: packed by {packer}" in span.trouble[0]


def test_lzma_alone_is_read(tmp_path: Path) -> None:
    packed = lzma.compress(lines(0, 10), format=lzma.FORMAT_ALONE)
    written(tmp_path / "mail.log.1.lzma", packed, at(9))
    history = history_of(written(tmp_path / "mail.log", lines(10, 20), at(19)))
    assert read(history) == list(range(20))
    assert not history.trouble


def test_unpacked_files_have_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", str(place))
    written(tmp_path / "mail.log.1.gz", gzip.compress(lines(0, 10)), at(9))
    history = history_of(written(tmp_path / "mail.log", b"", at(19)))
    assert read(history) == list(range(10))
    assert not list(place.iterdir())
    fd = compressed.nameless()
    assert os.fstat(fd).st_mode & 0o777 == 0o600
    os.close(fd)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else here")
def test_permission_denied_names_the_files_group() -> None:
    with tempfile.TemporaryDirectory(prefix="mt-") as name:  # pytest's own folders are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        old = written(folder / "mail.log.1", lines(0, 10), at(9))
        os.chown(old, 0, grp.getgrnam("adm").gr_gid)
        old.chmod(0o640)
        closed = written(folder / "mail.log.2", lines(0, 5), at(4))
        closed.chmod(0o600)
        log = written(folder / "mail.log", lines(10, 20), at(19))
        os.seteuid(65534)
        try:
            history = history_of(log)
            assert read(history) == list(range(10, 20))
        finally:
            os.seteuid(0)
        first, second = history.trouble
        assert first.startswith(f"{old}: permission denied; run mailtui with sudo, or join the group adm")
        assert second == f"{closed}: permission denied; run mailtui with sudo"


def test_rotated_meanwhile_is_found_again(tmp_path: Path) -> None:
    """The history was listed; then everything moved on by one, and the oldest was compressed or removed."""
    written(tmp_path / "mail.log.1", lines(200, 300), at(299))
    written(tmp_path / "mail.log.2", lines(100, 200), at(199))
    written(tmp_path / "mail.log.3.gz", gzip.compress(lines(0, 100)), at(99))
    log = written(tmp_path / "mail.log", lines(300, 400), at(399))
    history = history_of(log)
    (tmp_path / "mail.log.3.gz").unlink()
    written(tmp_path / "mail.log.3.gz", gzip.compress((tmp_path / "mail.log.2").read_bytes()), at(199))
    (tmp_path / "mail.log.2").unlink()
    (tmp_path / "mail.log.1").rename(tmp_path / "mail.log.2")
    log.rename(tmp_path / "mail.log.1")
    written(log, lines(400, 500), at(499))
    assert read(history) == list(range(100, 400))
    assert "mail.log.3.gz: was removed meanwhile" in history.trouble[0]


def test_a_history_listed_behind_a_rotation(tmp_path: Path) -> None:
    """The file that was opened is already called otherwise."""
    log = written(tmp_path / "mail.log", lines(100, 200), at(199))
    written(tmp_path / "mail.log.1", lines(0, 100), at(99))
    file = LogFile.open(str(log))
    (tmp_path / "mail.log.1").rename(tmp_path / "mail.log.2")
    log.rename(tmp_path / "mail.log.1")
    written(log, lines(200, 300), at(299))
    assert read(FileHistory(file, file.size)) == list(range(200))


def test_a_file_emptied_under_us_is_said(tmp_path: Path) -> None:
    log = written(tmp_path / "mail.log", lines(0, 100), at(99))
    history = history_of(log)
    key = next(iter(history.back())).first
    os.truncate(log, 0)
    assert list(history.back()) == []
    assert "cut short meanwhile" in history.trouble[0]
    with pytest.raises(LookupError, match="gone"):
        history.line(key)


def test_cancel_ends_unpacking(tmp_path: Path) -> None:
    written(tmp_path / "mail.log.1.gz", gzip.compress(lines(0, 10)), at(9))
    history = history_of(written(tmp_path / "mail.log", lines(10, 20), at(19)))
    cancel = threading.Event()
    chunks = history.back(cancel=cancel)
    next(chunks)
    cancel.set()
    assert list(chunks) == []
    assert not history.trouble
    assert read(history) == list(range(20))  # and it can begin anew


def test_a_line_of_ten_megabytes_and_nul(tmp_path: Path) -> None:
    long = b"Nov  1 12:00:00 mx a: " + b"x" * (10 << 20) + b"\0\0\n"
    log = written(tmp_path / "mail.log", lines(0, 10) + long + b"\0\n" + lines(10, 20), at(30))
    history = history_of(log)
    found = [pair for chunk in history.back() for pair in reversed(list(chunk.lines()))][::-1]
    assert [line for _, line in found][10:12] == [long.rstrip(b"\n"), b"\0"]
    assert history.line(found[10][0]) == long.rstrip(b"\n")
    assert numbers(line for _, line in found) == list(range(20))


def test_an_endless_line_is_taken_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "LONGEST", 1 << 21)
    raw = b"begin\n" + b"y" * (9 << 20) + b"\nend\n"
    history = history_of(written(tmp_path / "mail.log", raw, at(0)))
    chunks = [chunk.raw for chunk in history.back()][::-1]
    assert b"".join(chunks) == raw
    assert max(map(len, chunks)) <= 5 << 20
    assert b"".join(chunk.raw for chunk in history.forward()) == raw


@pytest.mark.parametrize("size", [100, 1000, 4096, 8192, 8193])
def test_blocks_of_any_size_hold_whole_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(logfile, "SIZE", size)
    raw = b"".join(b"n" * (n * 7 % 301) + b"\n" for n in range(500)) + b"no newline"
    history = history_of(written(tmp_path / "mail.log", raw, at(0)))
    back = [chunk.raw for chunk in history.back()]
    assert b"".join(back[::-1]) == raw
    assert all(block.endswith(b"\n") for block in back[1:])
    forward = [chunk.raw for chunk in history.forward()]
    assert b"".join(forward) == raw
    assert all(block.endswith(b"\n") for block in forward[:-1])
    every = [pair for chunk in history.forward() for pair in chunk.lines()]
    assert [line for _, line in every] == raw.split(b"\n")
    assert all(history.line(key) == line for key, line in every if line)


# Times


def years(history: History) -> set[int]:
    found = set()
    for chunk in history.back():
        for number, (key, line) in enumerate(chunk.lines()):
            time = parse(line, chunk.now).time
            assert time is not None
            if number % 50 == 0:
                assert parse(line, history.now(key)).time == time
            found.add(int(time[:4]) * 10_000_000 + numbers(line)[0])
    return found


def test_the_year_of_traditional_times_over_new_year(tmp_path: Path) -> None:
    begin = datetime(2024, 12, 31, 23, 50).astimezone()
    later = begin + timedelta(days=365, seconds=-1000)
    written(tmp_path / "mail.log.1", lines(0, 1000, begin=begin), begin + timedelta(seconds=999))
    log = written(tmp_path / "mail.log", lines(1000, 2000, begin=later), later + timedelta(seconds=1999))
    found = years(history_of(log))
    for number in range(1000):
        new_year = number >= 600
        assert (2024 + new_year) * 10_000_000 + number in found
        assert (2025 + new_year) * 10_000_000 + number + 1000 in found


def test_one_file_of_three_years(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "SIZE", 1 << 12)
    begin = datetime(2023, 6, 1).astimezone()
    step = 3 * 365 * 86400 / 3000
    last = begin + timedelta(seconds=step * 2999)
    log = written(tmp_path / "mail.log", lines(0, 3000, begin=begin, step=step), last)
    wanted = {(begin + timedelta(seconds=step * number)).year * 10_000_000 + number for number in range(3000)}
    assert years(history_of(log)) == wanted


@pytest.mark.parametrize("iso", [True, False])
def test_where_a_time_begins(tmp_path: Path, iso: bool) -> None:
    written(tmp_path / "mail.log.2.gz", gzip.compress(lines(0, 50_000, iso=iso)), at(49_999))
    written(tmp_path / "mail.log.1", lines(50_000, 100_000, iso=iso), at(99_999))
    log = written(tmp_path / "mail.log", lines(100_000, 150_000, iso=iso), at(149_999))
    for number in (140_000, 70_000, 60_000, 20_000):
        history = history_of(log)
        key = history.key_at(at(number))
        first = next(chunk for chunk in history.forward(key))
        found = numbers(next(first.lines())[1])[0]
        # A little before: an hour's slack for the end of summer time, and one step of the search.
        assert number - 3900 - 300 <= found <= number
        if number >= 70_000:
            assert not any("gz" in part.file.path for part in history._parts), "unpacked for nothing"
    history = history_of(log)
    assert history.key_at(at(-100_000)) == -len(lines(0, 150_000, iso=iso))
    assert history.key_at(at(200_000)) > -20_000


def test_siblings_of_other_logs_are_none(tmp_path: Path) -> None:
    for name in ("mail.log", "mail.log.1", "mail.info.1", "mail.log.bak", "mail.log-20261101.gz.tmp"):
        (tmp_path / name).touch()
    (tmp_path / "mail.log.7").mkdir()
    found = rotated.siblings(str(tmp_path / "mail.log"))
    assert [os.path.basename(one.path) for one in found] == ["mail.log.1"]
    assert rotated.siblings(str(tmp_path / "gone" / "mail.log")) == []


def test_keys_of_lines_in_blocks() -> None:
    raw = b"one\ntwo\nthree"
    assert list(lines_of(-13, raw)) == [(-13, b"one"), (-9, b"two"), (-5, b"three")]
    assert list(lines_of(7, raw)) == [(7, b"one"), (8, b"two"), (9, b"three")]
    places: list[tuple[int, Callable[[int], int]]] = [(0, lambda first: first)]
    assert key_at(-13, raw, 4) == -9
    assert key_at(7, raw, 4) == 8
    assert all(key_at(first, raw, offset) == same(first) for offset, same in places for first in (-13, 7))
