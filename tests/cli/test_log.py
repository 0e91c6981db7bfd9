"""`mailtui log`: traces, numbers, stretches of time, following; and what it refuses."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Shop


def stamped(at: datetime, text: str) -> str:
    return f"{at.astimezone().isoformat(timespec='microseconds')} mail postfix/{text}\n"


def story(at: datetime, queue_id: str, sender: str = "ann@example.net") -> str:
    """The lines of one message that arrives at a moment."""
    texts = (
        "smtpd[10]: connect from mx1.example.net[198.51.100.7]",
        f"smtpd[10]: {queue_id}: client=mx1.example.net[198.51.100.7]",
        f"cleanup[11]: {queue_id}: message-id=<{queue_id}@example.net>",
        f"qmgr[12]: {queue_id}: from=<{sender}>, size=4031, nrcpt=1 (queue active)",
        "smtpd[10]: disconnect from mx1.example.net[198.51.100.7] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
        f"local[13]: {queue_id}: to=<jean@falcot.com>, orig_to=<webmaster@falcot.com>, relay=local, delay=0.31, "
        "delays=0.04/0.01/0/0.26, dsn=2.0.0, status=sent (delivered to mailbox)",
        f"qmgr[12]: {queue_id}: removed",
    )
    return "".join(stamped(at + timedelta(milliseconds=50 * n), text) for n, text in enumerate(texts))


@pytest.fixture
def recent() -> datetime:
    """Half an hour ago, counted anew for each test."""
    return datetime.now().astimezone() - timedelta(minutes=30)


@pytest.fixture
def log(tmp_path: Path, recent: datetime) -> Path:
    """A log with a compressed older file, of three days ago."""
    old = recent - timedelta(days=3)
    path = tmp_path / "mail.log"
    older = tmp_path / "mail.log.1.gz"
    older.write_bytes(gzip.compress(story(old, "AAAAAAAAAA1").encode()))
    os.utime(older, (old.timestamp() + 60, old.timestamp() + 60))
    path.write_text(story(recent, "BBBBBBBBBB2", sender="bob@example.org"))
    return path


def test_a_message_of_an_older_file(shop: Shop, log: Path) -> None:
    done = shop.run("--log", str(log), "log", "--trace", "AAAAAAAAAA1")
    assert done.status == 0, done.err
    assert done.out.splitlines()[0] == "AAAAAAAAAA1 · ann@example.net → webmaster@falcot.com"
    assert "+0.25 delivered   jean@falcot.com  local, delivered to mailbox   before 0.04" in done.out
    assert shop.run("--log", str(log), "log", "--trace", "BBBBBBBBBB2").status == 0


def test_a_trace_as_json_is_one_object_a_line(shop: Shop, log: Path) -> None:
    done = shop.run("log", "--trace", "BBBBBBBBBB2", "--json", str(log))
    (told,) = map(json.loads, done.out.splitlines())
    assert (told["queue_id"], told["state"], told["sender"]) == (
        "BBBBBBBBBB2",
        "delivered",
        "bob@example.org",
    )
    delivered = next(step for step in told["steps"] if step["kind"] == "delivered")
    assert delivered["delays"] == {"before_queue": 0.04, "queue": 0.01, "connect": 0.0, "transmit": 0.26}
    assert delivered["record"]["event"] == "delivered"


def test_an_id_that_nobody_had(shop: Shop, log: Path) -> None:
    done = shop.run("log", "--trace", "CCCCCCCCCC3", str(log))
    assert (done.status, done.out) == (1, "")
    assert f"no message with the queue id CCCCCCCCCC3 in {log}" in done.err


def test_a_trace_outside_the_stretch(shop: Shop, log: Path) -> None:
    done = shop.run("--log", str(log), "log", "--trace", "AAAAAAAAAA1", "--since", "1h")
    assert done.status == 1
    assert "since " in done.err


def test_since_and_until(shop: Shop, log: Path, recent: datetime) -> None:
    whole = shop.run("--log", str(log), "log").out.splitlines()
    assert len(whole) == 14
    assert "AAAAAAAAAA1" in whole[1]
    assert len(shop.run("--log", str(log), "log", "--since", "1h").out.splitlines()) == 7
    assert len(shop.run("--log", str(log), "log", "--until", "1 day ago").out.splitlines()) == 7
    moment = (recent + timedelta(milliseconds=125)).isoformat()
    after = shop.run("--log", str(log), "log", "--since", moment, "--json").out.splitlines()
    assert [json.loads(line)["event"] for line in after] == ["queued", "disconnect", "delivered", "removed"]


def test_a_filter_with_fields(shop: Shop, log: Path) -> None:
    done = shop.run("--log", str(log), "log", "--filter", "from:bob status:sent")
    (line,) = done.out.splitlines()
    assert "BBBBBBBBBB2: to=<jean@falcot.com>" in line


def test_numbers(shop: Shop, log: Path) -> None:
    told = json.loads(shop.run("--log", str(log), "log", "--stats", "--json").out)
    assert (told["received"], told["delivered"], told["lines"]) == (2, 2, 14)
    told = json.loads(shop.run("--log", str(log), "log", "--stats", "--since", "1h", "--json").out)
    assert (told["received"], told["received_bytes"]) == (1, 4031)
    text = shop.run("log", "--stats", str(log)).out
    assert text.startswith(f"Mail statistics  {log}"[:79])
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--trace", "AAAAAAAAAA1", "--stats"], "--trace and --stats do not go together"),
        (["--follow", "--stats"], "--stats and --follow do not go together"),
        (["--follow", "--until", "2h"], "--follow has no end"),
        (["--follow", "-"], "--follow follows one file by its name"),
        (["--follow", "a", "b"], "--follow follows one file by its name"),
        (["--trace", "AAAAAAAAAA1", "--filter", "x"], "--filter would take lines out"),
        (["--stats", "--filter", "x"], "--filter would take lines out"),
        (["--trace", "NOQUEUE"], "this is no queue id"),
        (["--trace", ""], "this is no queue id"),
        (["--since", "the day before"], "this is no time"),
        (["--since", "1h", "--until", "2h"], "--until is before --since"),
        (["--filter", "level:odd"], "level:odd is none of"),
        (["-", "-"], "standard input can be read only once"),
        (["--log", "journal", "mail.log"], "--log and FILE both say which log"),
    ],
)
def test_what_makes_no_sense_is_refused(shop: Shop, words: list[str], why: str) -> None:
    done = shop.run("log", *words)
    assert (done.status, done.out) == (2, "")
    assert why in done.err


def test_a_file_that_is_not_there(shop: Shop, tmp_path: Path) -> None:
    for words in ([], ["--stats"], ["--trace", "AAAAAAAAAA1"], ["--follow"]):
        done = shop.run("log", *words, str(tmp_path / "none.log"))
        assert (done.status, "none.log: no such file" in done.err) == (1, True), done.err


def test_what_can_be_read_is_told_and_the_rest_said(shop: Shop, log: Path) -> None:
    packed = log.parent / "mail.log.1.gz"
    packed.write_bytes(packed.read_bytes()[:-12])
    done = shop.run("--log", str(log), "log", "--trace", "BBBBBBBBBB2")
    assert (done.status, "cut short" in done.err) == (1, True)
    assert "delivered   jean@falcot.com" in done.out


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "mailtui", "log", *words]


@contextmanager
def started(words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command that an interrupt ends, even where whoever runs the tests has interrupts ignored; killed at the
    end, also of a test that fails."""
    with subprocess.Popen(
        ["env", "--default-signal=INT", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_standard_input(log: Path) -> None:
    done = subprocess.run(
        command("--trace", "BBBBBBBBBB2", "-"), input=log.read_bytes(), capture_output=True, check=True
    )
    assert done.stdout.startswith(b"BBBBBBBBBB2")


@pytest.fixture
def following(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`mailtui log --follow` since an hour ago."""
    words = command("--follow", "--since", "1h", "--filter", "status:sent", str(log))
    with started(words) as process:
        yield process


def test_following_from_a_moment_on(following: subprocess.Popen[bytes], log: Path) -> None:
    assert following.stdout is not None
    assert b"BBBBBBBBBB2" in following.stdout.readline()
    with log.open("a") as file:
        file.write(story(datetime.now().astimezone(), "DDDDDDDDDD4"))
    assert b"DDDDDDDDDD4: to=<jean@falcot.com>" in following.stdout.readline()
    log.rename(log.with_name("mail.log.0"))
    log.write_text(story(datetime.now().astimezone(), "EEEEEEEEEE5"))
    assert b"EEEEEEEEEE5: to=<jean@falcot.com>" in following.stdout.readline()
    following.send_signal(signal.SIGINT)
    out, err = following.communicate(timeout=10)
    assert (out, err, following.returncode) == (b"", b"", 130)


def test_following_says_what_it_cannot_read(log: Path) -> None:
    packed = log.parent / "mail.log.1.gz"
    packed.write_bytes(packed.read_bytes()[:-12])
    words = command("--follow", "--since", "30 days ago", str(log))
    with started(words) as process:
        assert process.stderr is not None
        assert b"mail.log.1.gz: " in process.stderr.readline()
        log.rename(log.with_name("elsewhere"))
        assert b"mail.log: no such file" in process.stderr.readline()


def test_following_by_the_sender_of_the_message(log: Path) -> None:
    words = command("--follow", "--since", "1h", "--filter", "from:bob status:sent", str(log))
    with started(words) as process:
        assert process.stdout is not None
        assert b"BBBBBBBBBB2: to=<jean@falcot.com>" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130


def test_a_reader_that_goes_away_ends_it(following: subprocess.Popen[bytes], log: Path) -> None:
    assert following.stdout is not None
    following.stdout.readline()
    following.stdout.close()
    following.stdout = None
    end = time.monotonic() + 10
    while following.poll() is None and time.monotonic() < end:
        with log.open("a") as file:
            file.write(story(datetime.now().astimezone(), "FFFFFFFFFF6"))
        time.sleep(0.05)
    _out, err = following.communicate(timeout=10)
    assert (following.returncode, err) == (0, b"")
