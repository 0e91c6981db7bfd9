"""A file is replaced whole, keeps all that hangs on it, and a failure leaves it and its folder as they were."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mailtui.apply import exchange, write
from mailtui.apply.faults import Changed, WriteError
from mailtui.apply.write import FileMeta, create, hot_mtime, read_file, replace

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "virtual table"
    path.write_bytes(b"old\n")
    return path


def run(*argv: str | Path) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def names(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_content_changes_and_the_rest_stays(file: Path) -> None:
    file.chmod(0o640)
    run("setfacl", "-m", "u:nobody:r", file)
    run("setfattr", "-n", "user.note", "-v", "kept", file)
    if os.geteuid() == 0:
        os.chown(file, 1234, 2345)
    data, meta = read_file(str(file))
    assert data == b"old\n"
    after = replace(str(file), b"new", meta)
    again, found = read_file(str(file))
    assert again == b"new"
    assert found == after
    kept = ("mode", "uid", "gid", "xattrs")
    assert [getattr(found, each) for each in kept] == [getattr(meta, each) for each in kept]
    assert {"user.note", "system.posix_acl_access"} <= dict(found.xattrs).keys()
    assert found.inode != meta.inode
    assert names(file) == ["virtual table"]


def test_an_acl_that_the_folder_would_add_is_not_added(file: Path) -> None:
    _, meta = read_file(str(file))
    run("setfacl", "-d", "-m", "u:nobody:rw", file.parent)
    assert replace(str(file), b"new", meta).xattrs == ()


def test_a_chain_of_links_is_kept_and_its_end_written(file: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    middle, link = tmp_path / "folder/middle", tmp_path / "link"
    middle.symlink_to("../virtual table")
    link.symlink_to("folder/middle")
    _, meta = read_file(str(link))
    replace(str(link), b"new", meta)
    assert (link.is_symlink(), middle.is_symlink(), file.read_bytes()) == (True, True, b"new")
    assert names(middle) == ["middle"]


def test_the_time_asked_for_is_given(file: Path) -> None:
    _, meta = read_file(str(file))
    assert replace(str(file), b"new", meta, mtime_ns=123 * 10**9).mtime_ns == 123 * 10**9


def test_hot_time_is_another_second_than_before_and_settled() -> None:
    second, now = 10**9, 1_000 * 10**9
    assert hot_mtime(0, now) == now - 3 * second
    assert hot_mtime(now - second, now) == now - 3 * second  # written by postconf a moment ago
    assert hot_mtime(now - 3 * second + 5, now) == now - 4 * second


def test_a_reader_never_sees_a_part(file: Path) -> None:
    sides = (b"a" * 300_000, b"b" * 400_000)
    file.write_bytes(sides[0])
    seen: set[bytes] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(file.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for turn in range(60):
        _, meta = read_file(str(file))
        replace(str(file), sides[turn % 2], meta)
    stop.set()
    reader.join()
    assert seen == set(sides)


@pytest.mark.parametrize("what", ["content", "same size", "replaced", "mode", "removed", "xattr"])
def test_what_someone_else_changed_is_not_overwritten(file: Path, what: str) -> None:
    _, meta = read_file(str(file))
    match what:
        case "content":
            file.write_bytes(b"theirs\n")
        case "same size":
            file.write_bytes(b"OLD\n")
            os.utime(file, ns=(meta.mtime_ns, meta.mtime_ns))
        case "replaced":
            file.unlink()
            file.write_bytes(b"else\n")
        case "mode":
            file.chmod(0o600)
        case "removed":
            file.unlink()
        case "xattr":
            os.setxattr(file, "user.x", b"1")
    there = file.read_bytes() if file.exists() else None
    with pytest.raises(Changed):
        replace(str(file), b"ours", meta)
    assert (file.read_bytes() if file.exists() else None) == there
    assert len(names(file)) == (there is not None)


def test_a_file_that_was_only_touched_is_written(file: Path) -> None:
    _, meta = read_file(str(file))
    os.utime(file)
    replace(str(file), b"ours", meta)
    assert file.read_bytes() == b"ours"


def test_a_large_file_is_known_by_its_stamp(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "WHOLE_CHECK", 0)
    monkeypatch.setattr(write, "RACY", -(10**10))
    _, meta = read_file(str(file))
    replace(str(file), b"ours", meta)
    _, meta = read_file(str(file))
    os.utime(file)
    file.write_bytes(b"them")
    with pytest.raises(Changed):
        replace(str(file), b"late", meta)


def test_put_back_as_before(file: Path) -> None:
    file.chmod(0o640)
    old, before = read_file(str(file))
    after = replace(str(file), b"new", before)
    replace(str(file), old, before, expected=after, mtime_ns=before.mtime_ns)
    data, found = read_file(str(file))
    assert (data, found.mode, found.mtime_ns) == (b"old\n", 0o640, before.mtime_ns)


def test_a_new_file_never_covers_another(file: Path, tmp_path: Path) -> None:
    made = create(str(tmp_path / "fresh"), b"x", mode=0o640)
    assert ((tmp_path / "fresh").read_bytes(), made.mode, made.nlink) == (b"x", 0o640, 1)
    with pytest.raises(Changed, match="meanwhile"):
        create(str(file), b"x", mode=0o644)
    assert file.read_bytes() == b"old\n"
    assert names(file) == ["fresh", "virtual table"]
    write.remove(str(tmp_path / "fresh"), made)
    with pytest.raises(Changed):
        write.remove(str(file), made)
    assert names(file) == ["virtual table"]


def test_meta_goes_through_json(file: Path) -> None:
    import json

    os.setxattr(file, "user.raw", b"\x00\xff")
    _, meta = read_file(str(file))
    assert FileMeta.from_json(json.loads(json.dumps(meta.as_json()))) == meta


def test_hard_links_are_told(file: Path, tmp_path: Path) -> None:
    assert write.advice(str(file)) == []
    (tmp_path / "other").hardlink_to(file)
    assert "1 other name (hard links): it keeps the old content" in write.advice(str(file))[0]
    _, meta = read_file(str(file))
    replace(str(file), b"new", meta)
    assert (tmp_path / "other").read_bytes() == b"old\n"


def test_leftovers_of_a_killed_write_are_swept_and_nothing_else(file: Path) -> None:
    folder = file.parent
    (folder / ".virtual table.mailtui-0011aabb").write_text("half")
    (folder / ".virtual.mailtui-0011aabb").write_text("another file's")
    assert write.sweep(str(file)) == [str(folder / ".virtual table.mailtui-0011aabb")]
    assert names(file) == [".virtual.mailtui-0011aabb", "virtual table"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EDQUOT, "quota is used up"),
        (errno.EIO, "input/output error; look at the kernel's log"),
        (errno.EROFS, "mounted read-only"),
        (errno.EACCES, "permission denied; run mailtui as root"),
    ],
)
@pytest.mark.parametrize("step", ["write", "fsync", "fchmod", "exchange", "rename", "open"])
def test_a_failure_at_any_step_leaves_all_as_it_was(
    file: Path, number: int, words: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, meta = read_file(str(file))
    real_open = os.open

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    def fail_to_create(path: Any, flags: int, *rest: Any, **kind: Any) -> int:
        if flags & os.O_CREAT:
            fail()
        return real_open(path, flags, *rest, **kind)

    if step == "exchange":
        monkeypatch.setattr(exchange, "exchange", fail)
    else:
        monkeypatch.setattr(os, step, fail_to_create if step == "open" else fail)
    if step == "rename":  # as where names cannot be exchanged
        monkeypatch.setattr(exchange, "exchange", lambda *_: False)
    with pytest.raises(WriteError, match=words) as caught:
        replace(str(file), b"new", meta)
    monkeypatch.undo()
    assert caught.value.path == str(file)
    assert read_file(str(file))[1] == meta
    assert names(file) == ["virtual table"]


@pytest.mark.parametrize("how", ["rename", "in place", "twice"])
def test_what_somebody_saves_at_the_last_moment_stays(
    file: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, meta = read_file(str(file))
    real, calls = exchange.exchange, list[int]()

    def save(text: bytes) -> None:
        if how == "in place":
            file.write_bytes(text)
        else:
            (file.parent / "theirs").write_bytes(text)
            (file.parent / "theirs").rename(file)

    def exchanged(*names: Any) -> bool:
        calls.append(1)
        if len(calls) <= (2 if how == "twice" else 1):
            save(b"theirs %d" % len(calls))
        return real(*names)

    monkeypatch.setattr(exchange, "exchange", exchanged)
    with pytest.raises(Changed):
        replace(str(file), b"new", meta)
    assert file.read_bytes() == (b"theirs 2" if how == "twice" else b"theirs 1")
    assert names(file) == ["virtual table"]


def test_where_names_cannot_be_exchanged_the_file_is_renamed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "exchange", lambda *_: False)
    replace(str(file), b"new", read_file(str(file))[1])
    assert file.read_bytes() == b"new"
    assert names(file) == ["virtual table"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    place = tmp_path / "small"
    place.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place)
    yield place
    run("umount", place)


def test_a_really_full_disk(small: Path) -> None:
    path = small / "virtual"
    path.write_bytes(b"old\n")
    _, meta = read_file(str(path))
    with pytest.raises(WriteError, match="the disk is full"):
        replace(str(path), b"x" * 100_000, meta)
    assert names(path) == ["virtual"]
    assert path.read_bytes() == b"old\n"


def test_a_really_read_only_disk(small: Path) -> None:
    path = small / "virtual"
    path.write_bytes(b"old\n")
    _, meta = read_file(str(path))
    run("mount", "-o", "remount,ro", small)
    with pytest.raises(WriteError, match="mounted read-only; findmnt"):
        replace(str(path), b"new", meta)


@as_root
@pytest.mark.parametrize(("flag", "word"), [("i", "immutable"), ("a", "append-only")])
def test_an_immutable_file_is_named_with_the_cure(file: Path, flag: str, word: str) -> None:
    _, meta = read_file(str(file))
    if subprocess.run(["chattr", f"+{flag}", file], capture_output=True, check=False).returncode != 0:
        pytest.skip("this file system has no such flag")
    try:
        with pytest.raises(WriteError, match=rf"marked {word} \(chattr \+{flag}\); chattr -{flag} "):
            replace(str(file), b"new", meta)
        assert names(file) == ["virtual table"]
    finally:
        run("chattr", f"-{flag}", file)


@as_root
def test_no_permission(root: Path) -> None:
    path = root / "virtual"
    path.write_bytes(b"old\n")
    _, meta = read_file(str(path))
    os.seteuid(65534)
    try:
        with pytest.raises(WriteError, match="permission denied; run mailtui as root"):
            replace(str(path), b"new", meta)
    finally:
        os.seteuid(0)
    assert (path.read_bytes(), names(path)) == (b"old\n", ["virtual"])
