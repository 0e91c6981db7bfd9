"""A saved draft: private, whole, never over another file, and over sudo the caller's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.apply.saving import Exists, Person, SaveError, default_name, save

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root is called over sudo")
USER, GROUP = 1234, 2345


@pytest.fixture
def sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(USER))
    monkeypatch.setenv("SUDO_GID", str(GROUP))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of the user who called sudo."""
    made = tmp_path / "home"
    made.mkdir()
    os.chown(made, USER, GROUP)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_it_is_private_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        path = save(str(folder / "d.json"), b"one")
    finally:
        os.umask(before)
    assert path == str(folder / "d.json")
    assert (mode(folder / "d.json"), (folder / "d.json").read_bytes()) == (0o600, b"one")


def test_pieces_are_one_file_and_none_where_one_cannot_be_made(folder: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("the log was rotated away")

    assert Path(save(str(folder / "d.txt"), iter((b"one\n", b"two\n")))).read_bytes() == b"one\ntwo\n"
    for name, replace in (("e.txt", False), ("d.txt", True)):
        with pytest.raises(ValueError, match="rotated"):
            save(str(folder / name), broken(), replace=replace)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == {"d.txt": b"one\ntwo\n"}


def test_a_name_alone_is_in_the_present_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert save("d.json", b"x") == str(folder / "d.json")


def test_a_file_that_is_there_is_replaced_only_when_asked(folder: Path) -> None:
    path = folder / "d.json"
    path.write_bytes(b"mine")
    with pytest.raises(Exists):
        save(str(path), b"new")
    assert path.read_bytes() == b"mine"
    save(str(path), b"new", replace=True)
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
    assert os.listdir(folder) == ["d.json"]


def test_a_symlink_is_never_followed(folder: Path) -> None:
    victim = folder / "victim"
    victim.write_bytes(b"precious")
    (folder / "d.json").symlink_to(victim)
    (folder / "dangling.json").symlink_to(folder / "made")
    for name in ("d.json", "dangling.json"):
        with pytest.raises(Exists):
            save(str(folder / name), b"new")
        with pytest.raises(SaveError, match="not a plain file"):
            save(str(folder / name), b"new", replace=True)
    assert victim.read_bytes() == b"precious"
    assert not (folder / "made").exists()


def test_a_folder_is_no_file(folder: Path) -> None:
    with pytest.raises(SaveError, match="is a folder"):
        save(str(folder), b"x")
    with pytest.raises(SaveError, match="no such file"):
        save(str(folder / "no" / "d.json"), b"x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_what_cannot_be_written_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for replace in (False, True):
        with pytest.raises(SaveError, match="no space left"):
            save(str(folder / "d.json"), b"x", replace=replace)
        assert os.listdir(folder) == []


@ROOT_ONLY
@pytest.mark.usefixtures("sudo")
def test_over_sudo_it_belongs_to_the_caller(home: Path) -> None:
    path = home / "d.json"
    save(str(path), b"x")
    found = path.stat()
    assert (found.st_uid, found.st_gid, mode(path)) == (USER, GROUP, 0o600)
    save(str(path), b"y", replace=True)
    assert (path.stat().st_uid, path.read_bytes()) == (USER, b"y")


@ROOT_ONLY
@pytest.mark.usefixtures("sudo")
def test_over_sudo_only_the_callers_folders_are_written(folder: Path, home: Path) -> None:
    folder.chmod(0o755)
    with pytest.raises(SaveError, match="may not write there"):
        save(str(folder / "d.json"), b"x")
    home.chmod(0o555)
    with pytest.raises(SaveError, match="may not write there"):
        save(str(home / "d.json"), b"x")
    assert os.listdir(home) == []
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    planted = shared / "d.json"
    planted.write_bytes(b"of another")
    with pytest.raises(SaveError, match="belongs to another user"):
        save(str(planted), b"x", replace=True)
    assert planted.read_bytes() == b"of another"
    save(str(shared / "mine.json"), b"x")
    assert (shared / "mine.json").stat().st_uid == USER


def test_who_may_write_a_folder(folder: Path) -> None:
    person = Person(USER, GROUP, frozenset({GROUP, 77}))

    def may(bits: int, uid: int, gid: int) -> bool:
        return person.may_write(os.stat_result((stat.S_IFDIR | bits, 0, 0, 1, uid, gid, 0, 0, 0, 0)))

    assert may(0o700, USER, 0)
    assert may(0o070, 0, 77)
    assert may(0o007, 0, 0)
    assert not may(0o077, USER, 77)
    assert not may(0o707, 0, 77)
    assert not may(0o770, 0, 0)
    assert not may(0o200, USER, 0)


def test_the_proposed_name(folder: Path) -> None:
    name = default_name("mail/../falcot.com")
    assert name.startswith("mailtui-draft-mail_.._falcot.com-20")
    assert name.endswith(".json")
    assert "/" not in name
