"""A private folder is there while its maker lives, and no crash leaves one for long."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest

from mailtui.postfix import private, statefolder


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def left_by_the_dead(parent: Path) -> Path:
    path, fd = private.make(str(parent))
    Path(path, "main.cf").write_text("x")
    os.close(fd)
    return Path(path)


def test_the_copies_are_private_old_and_gone_at_the_end(tmp_path: Path) -> None:
    with private.copied(b"a = b\n", b"smtp\n") as folder:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert Path(folder, "main.cf").read_bytes() == b"a = b\n"
        assert Path(folder, "master.cf").read_bytes() == b"smtp\n"
        assert os.stat(f"{folder}/main.cf").st_mtime < time.time() - 10
        assert [each.name for each in tmp_path.iterdir()] == [Path(folder).name]
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_is_removed_by_the_next(tmp_path: Path) -> None:
    dead = left_by_the_dead(tmp_path)
    with private.copied(b"", b"") as alive:
        assert not dead.exists()
        assert private.sweep(str(tmp_path)) == []
        assert os.path.isdir(alive)


def test_nothing_else_is_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / ".mailtui-link").symlink_to(outside)
    (tmp_path / ".mailtui-file").write_text("x")
    (tmp_path / "mailtui-demo-1").mkdir()
    names = sorted(each.name for each in tmp_path.iterdir())
    assert private.sweep(str(tmp_path)) == []
    assert sorted(each.name for each in tmp_path.iterdir()) == names


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_folder_of_another_user_is_his(tmp_path: Path) -> None:
    theirs = left_by_the_dead(tmp_path)
    os.chown(theirs, 65534, 65534)
    assert private.sweep(str(tmp_path)) == []
    assert theirs.is_dir()


def test_a_folder_swept_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    swept: list[str] = []

    def flock(fd: int, how: int) -> None:
        if not swept:
            swept.append(os.readlink(f"/proc/self/fd/{fd}"))
            shutil.rmtree(swept[0])
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    path, fd = private.make(str(tmp_path))
    assert path not in swept
    assert private.still_named(path, fd)
    os.close(fd)


def test_the_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert private.temporary() == str(tmp_path)
    for useless in ("", "relative", str(tmp_path / "missing")):
        monkeypatch.setenv("TMPDIR", useless)
        assert private.temporary() == "/tmp"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_full_disk_is_said_of_the_folder_and_nothing_stays(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", tmp_path], check=True)
    try:
        with pytest.raises(OSError, match="No space left") as caught, private.copied(b"x" * 40_000, b""):
            pass
        assert caught.value.filename == str(tmp_path)
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_what_is_looked_at_lies_in_the_state_folder_while_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, files = tmp_path / "state", {"main.cf": b"x" * 40_000}
    monkeypatch.setenv(statefolder.VARIABLE, str(state))
    with private.looked_at(files) as folder:
        assert Path(folder).parent == state
        assert Path(folder, "main.cf").stat().st_mtime < time.time() - 30
    assert list(state.iterdir()) == []
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=755", "tmpfs", state], check=True)
    try:
        with private.looked_at(files) as folder:  # no room
            assert Path(folder).parent == tmp_path
        assert list(state.iterdir()) == []
    finally:
        subprocess.run(["umount", state], check=True)
    state.chmod(0o777)  # anyone might put a copy of his own there
    with private.looked_at(files) as folder:
        assert Path(folder).parent == tmp_path
