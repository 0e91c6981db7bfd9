"""Opening an instance, its names and places, and whether its master lives."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance, master_pid
from tests.postfix.conftest import MakeInstance, postconf


def test_opens_a_directory(instance_dir: MakeInstance) -> None:
    folder = instance_dir()
    instance = Instance.open(str(folder))
    assert instance.config_dir == str(folder)
    assert instance.main == Target("main.cf", f"{folder}/main.cf")
    assert instance.master == Target("master.cf", f"{folder}/master.cf")
    assert instance.hostname == "mx.falcot.com"
    assert instance.name == "-"
    assert instance.log_file is None
    assert instance.queue_directory == postconf(folder, "-xh", "queue_directory").strip()
    assert instance.data_directory == postconf(folder, "-xh", "data_directory").strip()


def test_the_default_directory_is_postconfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_CONFIG", "/nonexistent")
    assert Instance.open().config_dir == "/etc/postfix"


def test_places_are_taken_from_main_cf(instance_dir: MakeInstance) -> None:
    instance = Instance.open(
        str(instance_dir("multi_instance_name = postfix-out\nroot = /srv\nqueue_directory = $root/q\n"
                         "data_directory = ${root}/d\nmaillog_file = $data_directory/log\n"))
    )  # fmt: skip
    assert instance.name == "postfix-out"
    assert instance.queue_directory == "/srv/q"
    assert instance.log_file == "/srv/d/log"


@pytest.mark.parametrize(("make", "says"), [("nothing", "not a directory"), ("empty", "no main.cf")])
def test_no_instance(tmp_path: Path, make: str, says: str) -> None:
    folder = tmp_path / "etc"
    if make == "empty":
        folder.mkdir()
    with pytest.raises(InstanceError, match=says) as caught:
        Instance.open(str(folder))
    assert "--config-dir" in caught.value.do


def test_main_cf_that_is_a_directory(tmp_path: Path) -> None:
    (tmp_path / "main.cf").mkdir()
    with pytest.raises(InstanceError, match="is a directory"):
        Instance.open(str(tmp_path))


def test_a_missing_host_name_is_worked_out(instance_dir: MakeInstance) -> None:
    folder = instance_dir(b"mydomain = falcot.com\ninet_interfaces = 127.0.0.1\n")
    host = socket.gethostname()
    expected = host if "." in host else f"{host}.falcot.com"
    assert Instance.open(str(folder)).hostname == expected == postconf(folder, "-xh", "myhostname").strip()


def test_myorigin_from_a_file(instance_dir: MakeInstance, tmp_path: Path) -> None:
    name = tmp_path / "mailname"
    name.write_text("falcot.com\nrest\n")
    folder = instance_dir(f"myorigin = {name}\n")
    assert Instance.open(str(folder)).origin == "falcot.com"
    name.unlink()
    with pytest.raises(InstanceError, match="named by myorigin"):
        _ = Instance.open(str(folder)).origin


class Over(Files):
    """Files with one laid over them, as a draft does."""

    def __init__(self, path: str, raw: bytes) -> None:
        super().__init__()
        self._path, self._new = path, raw

    def raw(self, path: str) -> bytes:
        return self._new if path == self._path else super().raw(path)

    def document(self, target: Target):  # type: ignore[no-untyped-def]  # the union is Files' own
        from mailtui.formats.document import parse

        return parse(target.format, self._new) if target.path == self._path else super().document(target)


def test_over_unsaved_bytes(instance_dir: MakeInstance) -> None:
    folder = instance_dir("virtual_alias_domains = old.example\n")
    instance = Instance.open(str(folder))
    main = instance.main.path
    unsaved = (
        Path(main).read_bytes().replace(b"old", b"new") + b"mydomain = x.example\nmyorigin = $mydomain\n"
    )
    seen = instance.over(Over(main, unsaved))
    assert seen.parameters.effective("virtual_alias_domains") == "new.example"
    assert seen.origin == "x.example"
    assert instance.parameters.effective("virtual_alias_domains") == "old.example"


def test_a_change_on_the_disk_is_followed(instance_dir: MakeInstance) -> None:
    folder = instance_dir("a = 1\n")
    instance = Instance.open(str(folder))
    assert instance.parameters.effective("a") == "1"
    (folder / "main.cf").write_text("a = 22\n")
    assert instance.parameters.effective("a") == "22"
    instance.refresh()
    assert instance.parameters.effective("a") == "22"


def test_lookups_know_the_alias_files(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "alias_maps = hash:$config_directory/aliases, nis:mail.aliases\n"
        "alias_database = $config_directory/more\ndefault_database_type = btree\n"
        "local_recipient_maps = proxy:unix:passwd.byname $alias_maps\n"
        "virtual_alias_maps = lmdb:$config_directory/virtual\n"
    )
    instance = Instance.open(str(folder))
    users, aliases, nis = instance.lookups("local_recipient_maps")
    assert (users.proxied, users.spec, users.target) == (True, "unix:passwd.byname", None)
    assert aliases.target == Target("aliases", f"{folder}/aliases", "hash")
    assert aliases.program == "postalias"
    assert nis.target is None
    (database,) = instance.lookups("alias_database")
    assert database.target == Target("aliases", f"{folder}/more", "btree")
    (virtual,) = instance.lookups("virtual_alias_maps")
    assert virtual.target == Target("table", f"{folder}/virtual", "lmdb")


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    (tmp_path / "spool" / "pid").mkdir(parents=True)
    return tmp_path / "spool"


LOCK_AND_BECOME = """
import fcntl, os, sys
lock, program = sys.argv[1:]
handle = os.open(lock, os.O_RDWR | os.O_CREAT)
os.set_inheritable(handle, True)
fcntl.flock(handle, fcntl.LOCK_EX)
os.execv(program, [program, "60"])
"""


def start_master(folder: Path, cwd: Path, lock: Path | None = None) -> subprocess.Popen[bytes]:
    """A process that looks like a master: its name, where it works, and the lock it holds."""
    program = folder / "master"
    if not program.exists():
        shutil.copy("/bin/sleep", program)
    argv = [sys.executable, "-c", LOCK_AND_BECOME, str(lock)] if lock else []
    process = subprocess.Popen([*argv, str(program), *([] if lock else ["60"])], cwd=cwd)
    until = time.monotonic() + 10
    while Path(f"/proc/{process.pid}/comm").read_text() != "master\n":
        assert time.monotonic() < until
        time.sleep(0.005)
    return process


@pytest.fixture
def ended() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def test_no_pid_file_no_master(queue: Path) -> None:
    assert master_pid(str(queue)) is None


@pytest.mark.parametrize("content", [b"", b"x\n", b"999999999\n", b"-1\n"])
def test_a_pid_file_that_names_nobody(queue: Path, content: bytes) -> None:
    (queue / "pid/master.pid").write_bytes(content)
    assert master_pid(str(queue)) is None


def test_a_left_behind_pid_of_another_program(queue: Path) -> None:
    (queue / "pid/master.pid").write_text(f"{os.getpid():7d}\n")
    assert master_pid(str(queue)) is None


def test_a_master_at_work_in_the_queue(
    queue: Path, tmp_path: Path, ended: list[subprocess.Popen[bytes]]
) -> None:
    ended.append(start_master(tmp_path, queue))
    (queue / "pid/master.pid").write_text(f"{ended[0].pid:7d}\n")
    assert master_pid(str(queue)) == ended[0].pid
    ended[0].kill()
    os.waitid(os.P_PID, ended[0].pid, os.WEXITED | os.WNOWAIT)
    assert master_pid(str(queue)) is None, "a zombie does not run"


def test_a_master_of_another_queue_with_the_same_pid(
    queue: Path, tmp_path: Path, ended: list[subprocess.Popen[bytes]]
) -> None:
    ended.append(start_master(tmp_path, tmp_path))
    (queue / "pid/master.pid").write_text(f"{ended[0].pid}\n")
    assert master_pid(str(queue)) is None


def test_a_lock_alone_is_not_the_queue(
    queue: Path, tmp_path: Path, ended: list[subprocess.Popen[bytes]]
) -> None:
    file = queue / "pid/master.pid"
    ended.append(start_master(tmp_path, tmp_path, lock=file))
    assert master_pid(str(queue)) is None, "it works elsewhere"
    ended.append(start_master(tmp_path, queue, lock=queue / "pid/other"))
    assert master_pid(str(queue)) is None, "it holds another lock"


def test_the_lock_is_enough(queue: Path, tmp_path: Path, ended: list[subprocess.Popen[bytes]]) -> None:
    ended.append(start_master(tmp_path, queue, lock=queue / "pid/master.pid"))
    (queue / "pid/master.pid").write_text("only root may read the number\n")
    assert master_pid(str(queue)) == ended[0].pid


def test_running(instance_dir: MakeInstance, queue: Path) -> None:
    assert not Instance.open(str(instance_dir(f"queue_directory = {queue}\n"))).running()
