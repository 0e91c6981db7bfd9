"""A key is its owner's alone from its first moment, and nothing is ever replaced."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.milters.dkim.generate import GenerateError, Wanted, check_bits, check_name, make_key
from mailtui.milters.dkim.keyfile import read_key

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")

WATCHER = """
import os, sys
path, seconds = sys.argv[1], float(sys.argv[2])
import time
end = time.monotonic() + seconds
states = set()
while time.monotonic() < end and not os.path.exists(path + ".stop"):
    for folder, _, files in os.walk(os.path.dirname(path)):
        for name in files:
            try:
                found, above = os.lstat(os.path.join(folder, name)), os.lstat(folder)
            except OSError:
                continue
            name = "KEY" if name == os.path.basename(path) else name
            inside = oct(above.st_mode & 0o777) if "/." in folder else ""
            states.add((name, oct(found.st_mode & 0o7777), found.st_uid, inside))
print(sorted(states))
"""
READER = """
import os, sys, time
path, seconds = sys.argv[1], float(sys.argv[2])
os.setgid(65534); os.setgroups([]); os.setuid(65534)
end = time.monotonic() + seconds
got = 0
while time.monotonic() < end and not os.path.exists(path + ".stop"):
    for folder, _, files in os.walk(os.path.dirname(path)):
        for name in files:
            try:
                got += bool(open(os.path.join(folder, name), "rb").read())
            except OSError:
                pass
print(got)
"""


def _watch(script: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), "20"], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may look into, as that of a test is not."""
    folder = Path(tempfile.mkdtemp(prefix="mt-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@ROOT
def test_nobody_else_can_read_the_key_at_any_moment(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder = open_folder
    watched = folder / "watched.private"
    with _watch(WATCHER, watched) as watcher, _watch(READER, watched) as reader:
        time.sleep(0.3)
        daemon = pwd.getpwnam("daemon")
        for number in range(15):
            path = folder / (watched.name if not number else f"other{number}.private")
            make_key(Wanted(str(path), "ed25519", uid=daemon.pw_uid, gid=daemon.pw_gid))
        time.sleep(0.1)
        (folder / f"{watched.name}.stop").write_bytes(b"")
        states = eval(watcher.communicate(timeout=30)[0])
        got = int(reader.communicate(timeout=30)[0])
    assert got == 0
    named = {state for state in states if state[0] not in {"key", f"{watched.name}.stop"}}
    assert ("KEY", "0o600", daemon.pw_uid, "") in named
    assert {state[1:] for state in named} == {("0o600", daemon.pw_uid, "")}
    assert all(state[3] == "0o700" and state[1] == "0o600" for state in states if state[0] == "key")
    assert nobody.pw_uid == 65534
    assert not [name for name in os.listdir(folder) if name.startswith(".")]  # no folder of ours is left


@ROOT
def test_folders_on_the_way_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    daemon = pwd.getpwnam("daemon")
    path = tmp_path / "a.example" / "deep" / "s.private"
    wanted = Wanted(str(path), "rsa", 1024, daemon.pw_uid, daemon.pw_gid)
    assert wanted.folders == (str(tmp_path / "a.example"), str(tmp_path / "a.example" / "deep"))
    data = make_key(wanted)
    assert data == read_key(str(path))
    assert (data.kind, data.bits) == ("rsa", 1024)
    for folder in wanted.folders, (str(path.parent),):
        for each in folder:
            found = os.stat(each)
            assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, daemon.pw_uid)


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.private"
    path.write_text("mine")
    with pytest.raises(GenerateError, match="is not replaced"):
        make_key(Wanted(str(path), "ed25519", uid=os.geteuid(), gid=os.getegid()))
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["s.private"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GenerateError, match="cannot be made"):
        make_key(Wanted(str(tmp_path / "file" / "s.private"), "ed25519", uid=os.geteuid(), gid=os.getegid()))


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", "-x", "x-", "a..b", "é.example", "a:b", "%", "*"])
def test_names_that_cannot_stand_in_a_path_and_in_dns_are_refused(name: str) -> None:
    with pytest.raises(GenerateError):
        check_name("domain", name)


def test_names_are_folded() -> None:
    assert check_name("domain", " Falcot.COM. ") == "falcot.com"
    assert check_name("selector", "mail2026._x") == "mail2026._x"


@pytest.mark.parametrize("bits", [0, 512, 1023, 4097])
def test_lengths_that_nobody_verifies_are_refused(bits: int) -> None:
    with pytest.raises(GenerateError):
        check_bits(bits)
