"""The ring of newest lines: what falls out of memory stays reachable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.maillog import lines as lines_module
from mailtui.maillog.lines import LogLines, Spool
from mailtui.maillog.logfile import LogFile
from tests.maillog.logmaking import lines, numbered, numbers


def filled(ring: LogLines, path: Path, count: int, block: int = 10) -> LogFile:
    path.write_bytes(lines(0, count))
    file = LogFile.open(str(path))
    offset = 0
    for start in range(0, count, block):
        raw = lines(start, min(start + block, count))
        ring.append(raw, file, offset)
        offset += len(raw)
    return file


@pytest.mark.parametrize("limit", [1000, 20_000, 10 << 20])
def test_all_lines_can_be_had_from_the_file(tmp_path: Path, limit: int) -> None:
    ring = LogLines(limit)
    filled(ring, tmp_path / "log", 5000)
    assert ring.start == 0
    assert ring.size <= max(limit, 2 * len(lines(0, 10)))
    assert ring.total == len(lines(0, 5000))
    assert (ring.first > 0) is (limit < 1 << 20)
    for number in (0, 1, 9, 10, 777, 2500, 4999):
        assert ring.line(number) == numbered(number).rstrip()
    assert numbers(raw for _, raw in ring.forward(0, 5000)) == list(range(5000))
    assert numbers(raw for _, raw in ring.forward(123, 456)) == list(range(123, 456))
    assert [numbers(raw)[0] for _, raw in ring.forward(7, 4000)] == [
        first for first, _ in ring.forward(7, 4000)
    ]
    backwards = list(ring.back(4321))
    assert numbers(raw for _, raw in reversed(backwards)) == list(range(4321))
    assert all(numbers(raw)[0] == first for first, raw in backwards)
    with pytest.raises(IndexError):
        ring.line(5000)
    with pytest.raises(IndexError):
        ring.line(-1)


def test_lines_of_no_file_go_to_a_spool() -> None:
    ring = LogLines(1000, Spool())
    for start in range(0, 3000, 7):
        ring.append(lines(start, min(start + 7, 3000)))
    assert ring.first > 2900
    assert ring.start == 0
    assert [ring.line(number) for number in range(3000)] == [numbered(n).rstrip() for n in range(3000)]


def test_lines_of_no_file_and_no_spool_are_gone() -> None:
    ring = LogLines(1000)
    for start in range(0, 3000, 10):
        ring.append(lines(start, start + 10))
    assert ring.start == ring.first > 2900
    assert numbers(raw for _, raw in ring.forward(0, 3000)) == list(range(ring.first, 3000))
    assert numbers(raw for _, raw in reversed(list(ring.back(3000)))) == list(range(ring.first, 3000))


def test_a_full_disk_keeps_the_newest_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool()
    monkeypatch.setattr(lines_module, "KEPT_FREE", 1.1)
    ring = LogLines(1000, spool)
    for start in range(0, 1000, 10):
        ring.append(lines(start, start + 10))
    assert "older lines cannot be kept: the disk is nearly full" in spool.trouble
    assert ring.start == ring.first


def test_a_file_cut_under_us(tmp_path: Path) -> None:
    ring = LogLines(1000)
    filled(ring, tmp_path / "log", 1000)
    os.truncate(tmp_path / "log", len(lines(0, 500)))
    with pytest.raises(LookupError, match="gone"):
        ring.line(0 if ring._gone[0].size > len(lines(0, 500)) else 600)
    assert ring.line(999) == numbered(999).rstrip()
    found = numbers(raw for _, raw in ring.forward(0, 1000))
    assert found[-1] == 999
    assert len(list(ring.back(1000))) >= 1


def test_small_blocks_are_joined() -> None:
    ring = LogLines()
    for number in range(2000):
        ring.append(numbered(number))
    assert len(ring._blocks) < 10
    assert [ring.line(number) for number in range(0, 2000, 99)] == [
        numbered(number).rstrip() for number in range(0, 2000, 99)
    ]
