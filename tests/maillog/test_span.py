"""A log read from its begin: files of any kind, pipes, standard input; and again, by keys."""

from __future__ import annotations

import gzip
import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from mailtui.maillog.chunks import lines_of
from mailtui.maillog.record import parse
from mailtui.maillog.source import Source
from mailtui.maillog.span import Span
from tests.maillog.logmaking import BEGIN, PACKERS, lines, numbers, written


def at(number: int) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Lines 0 to 2999 in three files, packed and not."""
    made = [
        written(tmp_path / "mail.log.2.xz", PACKERS["xz"](lines(0, 1000)), BEGIN + at(999)),
        written(tmp_path / "mail.log.1.gz", gzip.compress(lines(1000, 2000)), BEGIN + at(1999)),
        written(tmp_path / "mail.log", lines(2000, 3000), BEGIN + at(2999)),
    ]
    return [str(path) for path in made]


def read(span: Span) -> list[int]:
    return numbers(raw for _, raw in span.blocks())


def everything(span: Span, count: int) -> None:
    """The same lines forwards, backwards, by key, and in parts."""
    assert read(span) == list(range(count))
    keys = [pair for first, raw in span.blocks() for pair in lines_of(first, raw)]
    assert [span.line(key) for key, _ in keys[:: count // 37]] == [line for _, line in keys[:: count // 37]]
    assert [key for key, _ in keys] == sorted({key for key, _ in keys})
    assert numbers(chunk.raw for chunk in reversed(list(span.back()))) == list(range(count))
    low, high = count // 5, count * 4 // 5
    assert numbers(raw for _, raw in span.blocks(keys[low][0], keys[high][0])) == list(range(low, high))
    below = list(span.back(keys[high][0]))
    assert numbers(chunk.raw for chunk in reversed(below)) == list(range(high))
    assert read(span) == list(range(count))
    for key, line in keys[:: count // 10]:
        assert (parse(line, span.now(key)).time or "")[:4] == "2026"
    for wrong in (0, keys[0][0] - 1):
        with pytest.raises(LookupError):
            span.line(wrong)


def test_files_as_they_are_named(files: list[str]) -> None:
    span = Span.of_files(files)
    assert span.titles == tuple(files)
    everything(span, 3000)
    assert span.total == len(lines(0, 3000))
    assert not span.trouble
    assert read(Span.of_files(files[::-1]))[0] == 2000


def test_a_source_with_its_rotated_files(files: list[str]) -> None:
    span = Span.of_source(Source("file", files[-1]))
    everything(span, 3000)
    os.link(files[-1], f"{files[-1]}.3")  # once more by another name
    assert read(Span.of_source(Source("file", files[-1]))) == list(range(3000))


def test_since_leaves_old_files_alone(tmp_path: Path) -> None:
    for age, name in enumerate(("mail.log", "mail.log.1", "mail.log.2.gz"), 1):
        raw = lines(300_000 - age * 100_000, 400_000 - age * 100_000)
        written(
            tmp_path / name,
            gzip.compress(raw, 1) if "gz" in name else raw,
            BEGIN + at(400_000 - age * 100_000),
        )
    source = Source("file", str(tmp_path / "mail.log"))
    span = Span.of_source(source, since=BEGIN + at(150_000))
    assert [os.path.basename(title) for title in span.titles] == ["mail.log.1", "mail.log"]
    found = read(span)
    assert 150_000 - 4300 <= found[0] <= 150_000
    assert found == list(range(found[0], 300_000))
    assert span.line(next(iter(span.blocks()))[0]) == lines(found[0], found[0] + 1).rstrip()
    key = span.key_at(BEGIN + at(250_000))
    assert 250_000 - 4300 <= numbers(span.line(key))[0] <= 250_000


def test_a_file_cut_short_says_so(tmp_path: Path) -> None:
    packed = gzip.compress(lines(0, 5000))
    path = written(tmp_path / "cut.gz", packed[:-2000], BEGIN)
    span = Span.of_files([str(path)])
    assert read(span)[:100] == list(range(100))
    assert span.trouble == (f"{path}: cut short; what could be read is shown",)
    assert numbers(chunk.raw for chunk in reversed(list(span.back())))[:100] == list(range(100))


def test_what_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Span.of_files([str(tmp_path / "none")])


def test_standard_input_again_and_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    raw = lines(0, 3000)

    def write() -> None:
        with os.fdopen(writer, "wb") as stream:
            stream.write(raw)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        everything(Span.of_files(["-"]), 3000)
    thread.join()


def test_lines_of_a_pipe_come_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    more = threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as stream:
            stream.write(b"one\ntw")
            more.wait(10)
            stream.write(b"o\n")

    writer = threading.Thread(target=write)
    writer.start()
    blocks = Span.of_files([str(path)], kept=False).blocks()
    assert next(blocks)[1] == b"one\n"
    more.set()
    assert [raw for _, raw in blocks] == [b"two\n"]
    writer.join()


def test_a_last_line_without_newline_stays_a_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\ntwo")
    (tmp_path / "b").write_bytes(b"three\n")
    span = Span.of_files([str(tmp_path / "a"), str(tmp_path / "b")])
    found = [line for first, raw in span.blocks() for _, line in lines_of(first, raw)]
    assert found == [b"one", b"two", b"three"]


def test_the_sender_of_a_message(tmp_path: Path) -> None:
    head = b"Nov  1 12:00:00 mx postfix/"
    path = tmp_path / "log"
    path.write_bytes(
        head + b"smtpd[1]: 3FCA722E68E: client=x[192.0.2.1]\n"
        + head + b"qmgr[1]: 3FCA722E68E: from=<a@b>, size=3, nrcpt=1 (queue active)\n"
    )  # fmt: skip
    span = Span.of_files([str(path)])
    key = next(iter(span.blocks()))[0]
    assert span.sender("3FCA722E68E", key) == "a@b"
    assert span.sender("AAAAAAAAAA", key) is None
    assert span.sender("3FCA722E68E") is None
