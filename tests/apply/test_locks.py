"""Two who want to write the same file exclude each other: two mailtui, and mailtui and postconf."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from mailtui.apply import locks
from mailtui.apply.faults import WriteError
from mailtui.apply.locks import Busy, apply_lock, postconf_lock, shared_lock
from mailtui.apply.write import read_file, replace


def test_one_apply_at_a_time_for_a_real_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "laure")
    real, link, other = tmp_path / "virtual", tmp_path / "link", tmp_path / "other"
    real.write_text("")
    link.symlink_to(real)
    with apply_lock([str(link), str(other), str(real)]):
        words = rf"mailtui of laure \(process {os.getpid()}\)"
        with pytest.raises(Busy, match=words) as caught, apply_lock([str(real)]):
            pass
        assert caught.value.path == str(real)
        with apply_lock([str(tmp_path / "third")]):
            pass
    with apply_lock([str(real)]):
        pass
    folder = tmp_path / ("locks" if os.geteuid() == 0 else "state/locks")
    assert list(folder.iterdir()) == []


def test_only_locks_of_the_dead_are_swept(tmp_path: Path) -> None:
    folder = tmp_path / ("locks" if os.geteuid() == 0 else "state/locks")
    with apply_lock([str(tmp_path / "a")]):
        (alive,) = folder.iterdir()
        dead = folder / ("0" * 32)
        dead.write_text("1\n")
        dead.chmod(0o600)
        locks.sweep()
        assert list(folder.iterdir()) == [alive]
        with pytest.raises(Busy), apply_lock([str(tmp_path / "a")]):
            pass


def test_a_refused_lock_gives_back_those_it_had(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in "abc"]
    with apply_lock(paths[2:]):
        with pytest.raises(Busy), apply_lock(paths):
            pass
        with apply_lock(paths[:2]):
            pass


def _add_lines(path: str, times: int) -> None:
    for _ in range(times):
        while True:
            try:
                with apply_lock([path]):
                    data, meta = read_file(path)
                    replace(path, data + b"line\n", meta)
                    break
            except Busy:
                time.sleep(0.001)


def test_many_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_add_lines, args=(str(path), 15)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert path.read_bytes() == b"line\n" * 60
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_lock_file_left_by_a_crash_does_not_lock(tmp_path: Path) -> None:
    main = tmp_path / "main.cf"
    main.write_text("")
    for mode in (0o600, 0o644):
        left = tmp_path / "main.cf.tmp"
        left.write_text("half an edit")
        left.chmod(mode)
        with postconf_lock(str(main)):
            assert left.stat().st_mode & 0o777 == 0o600
        assert not left.exists()


def test_a_link_in_the_lock_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "main.cf.tmp").symlink_to(tmp_path / "precious")
    with pytest.raises(WriteError), postconf_lock(str(tmp_path / "main.cf"), wait=0.1):
        pass
    assert not (tmp_path / "precious").exists()


def test_waiting_for_postconf_ends(tmp_path: Path) -> None:
    lock = tmp_path / "main.cf.tmp"
    lock.touch(0o600)
    with lock.open("r+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="postconf"), postconf_lock(str(tmp_path / "main.cf"), wait=0.05):
            pass
    assert lock.exists()


def test_postconf_waits_while_we_hold_its_lock(etc: Path) -> None:
    with postconf_lock(str(etc / "main.cf")):
        editor = subprocess.Popen(["postconf", "-c", etc, "-e", "relayhost = a.test"])
        with pytest.raises(subprocess.TimeoutExpired):
            editor.wait(0.4)
        assert "relayhost" not in (etc / "main.cf").read_text()
    assert editor.wait(10) == 0
    assert "relayhost = a.test" in (etc / "main.cf").read_text()


def test_thirty_postconfs_and_thirty_edits_of_ours_lose_nothing(etc: Path) -> None:
    path = str(etc / "main.cf")
    editors: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        editors.extend(subprocess.Popen(["postconf", "-c", etc, "-e", f"theirs_{n} = 1"]) for n in range(30))

    starter = threading.Thread(target=start)
    starter.start()
    for number in range(30):
        with postconf_lock(path):
            data, meta = read_file(path)
            replace(path, data + f"ours_{number} = 1\n".encode(), meta)
    starter.join()
    assert [editor.wait(30) for editor in editors] == [0] * 30
    text = (etc / "main.cf").read_text()
    assert [n for n in range(30) if f"theirs_{n} = 1\n" not in text or f"ours_{n} = 1\n" not in text] == []
    assert sorted(each.name for each in etc.iterdir()) == ["main.cf"]


def test_a_table_being_compiled_is_waited_for_and_found_by_name_again(tmp_path: Path) -> None:
    path = tmp_path / "virtual.db"
    path.write_text("old")
    compiler = path.open("r+")
    fcntl.flock(compiler, fcntl.LOCK_EX)

    def finish() -> None:
        time.sleep(0.1)
        new = tmp_path / "new"
        new.write_text("new")
        new.rename(path)
        compiler.close()

    thread = threading.Thread(target=finish)
    thread.start()
    with shared_lock(str(path)) as fd:
        assert os.pread(fd, 10, 0) == b"new"
    thread.join()
