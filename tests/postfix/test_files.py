"""Reading and keeping files: what is read is what is on the disk now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.formats.target import Target
from mailtui.postfix.files import Files, Stamp, entries, problem_words


def table(path: Path) -> Target:
    return Target("table", str(path), "hash")


def test_bytes_come_back_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "virtual"
    raw = b"\xef\xbb\xbfa@b.example\tc\r\n\0\xff last"
    file.write_bytes(raw)
    assert Files().raw(str(file)) == raw
    assert Files().document(table(file)).raw == raw


def test_a_document_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "virtual"
    file.write_bytes(b"a@b.example c\n")
    files = Files()
    first = files.document(table(file))
    assert files.document(table(file)) is first
    file.write_bytes(b"a@b.example d\n")
    os.utime(file, ns=(1, 1))
    second = entries(files, table(file))
    at = second.find(b"a@b.example")
    assert at is not None
    assert second.entry(at).value == b"d"


def test_a_change_of_same_size_and_time_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "virtual"
    file.write_bytes(b"a@b.example c\n")
    os.utime(file, ns=(10**18, 10**18))
    files = Files()
    assert files.raw(str(file)).endswith(b"c\n")
    other = tmp_path / "new"
    other.write_bytes(b"a@b.example d\n")
    os.utime(other, ns=(10**18, 10**18))
    other.rename(file)
    assert files.raw(str(file)).endswith(b"d\n")


def test_one_file_under_two_names_is_one_document(tmp_path: Path) -> None:
    file, link = tmp_path / "virtual", tmp_path / "link"
    file.write_bytes(b"a b\n")
    link.symlink_to(file)
    files = Files()
    assert files.document(table(file)) is files.document(table(link))


def test_a_repointed_link_is_followed(tmp_path: Path) -> None:
    one, two, link = tmp_path / "one", tmp_path / "two", tmp_path / "link"
    one.write_bytes(b"a 1\n")
    two.write_bytes(b"a 2\n")
    link.symlink_to(one)
    files = Files()
    assert files.raw(str(link)) == b"a 1\n"
    link.unlink()
    link.symlink_to(two)
    assert files.changed() == {str(link)}
    assert files.raw(str(link)) == b"a 2\n"


def test_changed_tells_each_change_once(tmp_path: Path) -> None:
    kept, edited, gone, new = (tmp_path / name for name in ("kept", "edited", "gone", "new"))
    for file in (kept, edited, gone):
        file.write_bytes(b"a b\n")
    files = Files()
    for file in (kept, edited, gone):
        files.raw(str(file))
    with pytest.raises(FileNotFoundError):
        files.raw(str(new))
    assert files.changed() == set()
    edited.write_bytes(b"a bc\n")
    gone.unlink()
    new.write_bytes(b"x y\n")
    assert files.raw(str(edited)) == b"a bc\n", "reading the change must not hide it"
    assert files.changed() == {str(edited), str(gone), str(new)}
    assert files.changed() == set()


def test_stamp(tmp_path: Path) -> None:
    file = tmp_path / "virtual"
    files = Files()
    assert files.stamp(str(file)) is None
    file.write_bytes(b"abc")
    assert files.stamp(str(file)) == Stamp.of(file.stat())
    assert files.changed() == {str(file)}


def test_forget_reads_anew(tmp_path: Path) -> None:
    file = tmp_path / "virtual"
    file.write_bytes(b"a b\n")
    files = Files()
    first = files.document(table(file))
    files.forget(str(file))
    assert files.document(table(file)) is not first


@pytest.mark.parametrize("kind", ["directory", "fifo", "device"])
def test_what_is_no_file_is_an_error_not_a_wait(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "odd"
    match kind:
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case _:
            path = Path("/dev/zero")
    with pytest.raises(OSError, match=r"Is a directory|not a regular file") as caught:
        Files().raw(str(path))
    words = problem_words(caught.value, str(path), "virtual_alias_maps")
    assert str(path) in words
    assert "virtual_alias_maps" in words
    assert "\n" not in words


def test_words_for_a_missing_file() -> None:
    error = FileNotFoundError(2, "No such file or directory")
    assert problem_words(error, "/etc/postfix/virtual", "virtual_alias_maps") == (
        "/etc/postfix/virtual (named by virtual_alias_maps) does not exist; create it, or take it out of "
        "virtual_alias_maps"
    )


def test_words_for_a_forbidden_file_name_the_group(tmp_path: Path) -> None:
    import grp

    file = tmp_path / "secret"
    file.write_bytes(b"x")
    group = next(each for each in grp.getgrall() if each.gr_gid in os.getgroups() or os.geteuid() == 0)
    if os.geteuid() == 0:
        group = grp.getgrnam("mail")
        os.chown(file, 0, group.gr_gid)
    file.chmod(0o640)
    words = problem_words(PermissionError(13, "Permission denied"), str(file))
    assert "sudo" in words
    assert group.gr_name in words or group.gr_gid == 0
    file.chmod(0o600)
    assert "sudo" in problem_words(PermissionError(13, "Permission denied"), str(file))
