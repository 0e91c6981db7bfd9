"""Counting mailboxes: what is mail and what is not, symlinks, what has changed, and an end when asked for."""

from __future__ import annotations

import mailbox
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.postfix.mailsize import Cancelled, Job, Size, Sizer, amount, count


def maildir(path: Path, *sizes: int, age: float = 60) -> None:
    """A maildir with messages of these sizes, the last the newest; the folders are dated back."""
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True, exist_ok=True)
    now = time.time()
    for number, size in enumerate(sizes):
        file = path / ("new" if number % 2 else "cur") / f"{number}.host:2,S"
        file.write_bytes(b"x" * size)
        os.utime(file, (0, 1_000_000 + number))
    for name in ("cur", "new", "tmp", "."):
        os.utime(path / name, (now - age, now - age))


def test_a_maildir_with_its_subfolders(tmp_path: Path) -> None:
    box = tmp_path / "jean"
    maildir(box, 10, 20, 30)
    maildir(box / ".Sent", 5)
    maildir(box / ".Sent" / "2026", 7)
    (box / "dovecot.index").write_bytes(b"y" * 999)
    (box / "tmp" / "half").write_bytes(b"z" * 999)
    (box / "cur" / ".nfs1").write_bytes(b"z" * 999)
    assert count(f"{box}/", "maildir", str(tmp_path)) == Size(72, 5, 1_000_002.0)


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert count(str(tmp_path / "x"), "mbox") == count(f"{tmp_path}/x/", "maildir") == Size()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(alphabet="abF\nrom >", max_size=60), max_size=6))
def test_an_mbox_as_another_reader_counts_it(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[str]
) -> None:
    path = tmp_path_factory.mktemp("mbox", numbered=True) / "jean"
    with closing(mailbox.mbox(str(path))) as box:
        for body in bodies:
            message = Message()
            message["Subject"] = "x"
            message.set_payload(body)
            box.add(message)
        box.flush()
    size = count(str(path), "mbox")
    assert (size.messages, size.bytes) == (len(bodies), path.stat().st_size)


def test_messages_are_found_over_the_borders_of_what_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "jean"
    message = b"From a@b Mon\nSubject: x\n\n" + b"y" * 9973 + b"\n\n"
    path.write_bytes(message * 300)
    assert count(str(path), "mbox").messages == 300


def test_no_symlink_is_followed_out_of_the_base(tmp_path: Path) -> None:
    base, secret = tmp_path / "vhosts", tmp_path / "secret"
    maildir(secret, 100)
    base.mkdir()
    (base / "jean").symlink_to(secret)
    size = count(f"{base}/jean/", "maildir", str(base))
    assert (size.bytes, size.messages) == (0, 0)
    assert "leads out of" in size.problem
    assert count(f"{base}/jean/", "maildir").messages == 1  # no bound was given

    maildir(base / "laure", 5)
    (base / "laure" / ".Secret").symlink_to(secret)
    (base / "laure" / "cur" / "m").symlink_to(secret / "cur" / "0.host:2,S")
    assert count(f"{base}/laure/", "maildir", str(base)) == Size(5, 1, 1_000_000.0)
    (base / "sophie").symlink_to(base / "laure")  # another name within the base
    assert count(f"{base}/sophie/", "maildir", str(base)).messages == 1


def test_no_pipe_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "jean")
    assert "is no file" in count(str(tmp_path / "jean"), "mbox").problem
    maildir(tmp_path / "laure")
    os.mkfifo(tmp_path / "laure" / "new" / "m")
    assert count(f"{tmp_path}/laure/", "maildir") == Size()


def test_a_maildir_that_is_a_file_and_an_mbox_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "jean").write_text("x")
    assert "cannot be read" in count(f"{tmp_path}/jean/", "maildir").problem
    assert count(str(tmp_path), "mbox").problem


def spied(monkeypatch: pytest.MonkeyPatch, box: Path) -> list[str]:
    """The folders that are listed from now on."""
    listed: list[str] = []
    real: Callable[[int], object] = os.scandir

    def scandir(fd: int) -> object:
        listed.append(os.readlink(f"/proc/self/fd/{fd}").removeprefix(str(box)))
        return real(fd)

    monkeypatch.setattr(os, "scandir", scandir)
    return listed


def test_only_what_has_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = tmp_path / "jean"
    maildir(box / ".Sent", 5)
    maildir(box, 10, 20)
    listed = spied(monkeypatch, box)
    sizer, job = Sizer(), Job(f"{box}/", "maildir", str(tmp_path))
    assert sizer.get(job.path, "maildir") is None
    first = sizer.count(job)
    assert sizer.get(job.path, "maildir") == first
    assert len(listed) == 8
    listed.clear()
    assert sizer.count(job) == first
    assert listed == []
    (box / ".Sent" / "new" / "late").write_bytes(b"x" * 100)
    assert sizer.count(job) == first + Size(100, 1, (box / ".Sent" / "new" / "late").stat().st_mtime)
    assert listed == ["/.Sent/new"]


def test_an_mbox_is_read_again_when_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "jean"
    path.write_text("From a\n\nx\n\n")
    sizer, job = Sizer(), Job(str(path), "mbox", "")
    assert sizer.count(job).messages == 1
    with path.open("a") as file:
        file.write("From b\n\nx\n\n")
    assert sizer.count(job).messages == 2


def test_a_folder_that_was_written_just_now_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that comes within the same tick of the clock does not change the time."""
    box = tmp_path / "jean"
    maildir(box, 10, age=0)
    sizer, job = Sizer(), Job(f"{box}/", "maildir", "")
    assert sizer.count(job).messages == 1
    listed = spied(monkeypatch, box)
    assert sizer.count(job).messages == 1
    assert listed == ["", "/cur", "/new", "/tmp"]


def test_it_ends_when_asked_to_and_tells_how_far_it_is(tmp_path: Path) -> None:
    jobs = []
    for number in range(20):
        maildir(tmp_path / str(number), 1)
        jobs.append(Job(f"{tmp_path}/{number}/", "maildir", ""))
    told: list[int] = []
    assert Sizer().run(jobs, progress=told.append)
    assert told == list(range(1, 21))
    cancel, sizer = threading.Event(), Sizer()

    def stop(number: int) -> None:
        if number == 5:
            cancel.set()

    assert not sizer.run(jobs, cancel, stop)
    assert [sizer.get(job.path, job.format) is not None for job in jobs] == [True] * 5 + [False] * 15
    with pytest.raises(Cancelled):
        count(jobs[0].path, "maildir", "", cancel)


def test_one_large_mailbox_is_left_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "jean"
    with path.open("wb") as file:
        file.truncate(1 << 32)
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        count(str(path), "mbox", "", cancel)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_950, "100 kB"), (1_234_567, "1.2 MB"), (5 * 10**9, "5.0 GB"),
     (10**15, "1000 TB")],
)  # fmt: skip
def test_amounts(size: int, words: str) -> None:
    assert amount(size) == words
