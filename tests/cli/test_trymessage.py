"""`mailtui try-message`: what it prints, and that it ends well whether a rule fires or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui import commands

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir()
    (made / "hc").write_text("/^Subject:.*game/ REJECT no games\n/^X-A/ 550 no\n")
    (made / "main.cf").write_text(f"header_checks = regexp:{made}/hc\n")
    (made / "master.cf").write_text("")
    for path in made.iterdir():
        os.utime(path, (1e9, 1e9))
    return made


def run(folder: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(folder), "try-message", *words]
    return subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=30)


def test_what_fires_is_printed(folder: Path) -> None:
    done = run(folder, "-", stdin=b"Subject: a game\n\nx\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == [
        b"1", b"Subject:", b"a", b"game", b"hc:1", b"header_checks", b"REJECT", b"550", b"5.7.1", b"no", b"games",
    ]  # fmt: skip
    assert done.stdout.splitlines()[1] == b"the mail is refused: 550 5.7.1 no games"


def test_nothing_fires_and_a_rule_without_effect(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "message"
    path.write_bytes(b"X-A: b\r\n\r\n\xff\x1b[1m\r\n")
    done = run(folder, str(path))
    assert done.returncode == 0
    assert b"the mail passes as it is" in done.stdout
    assert b"550 is no action here" in done.stderr


def test_as_json(folder: Path) -> None:
    found = json.loads(run(folder, "-", "--json", stdin=b"Subject: game\n\n").stdout)
    assert (found["effect"], found["fired"][0]["line"], found["fired"][0]["message_line"]) == ("reject", 1, 1)


def test_a_missing_file_is_an_error_in_one_line(folder: Path) -> None:
    done = run(folder, "/nonexistent")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
