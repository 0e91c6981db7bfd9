"""Where state is kept, and what root refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.apply import state
from mailtui.apply.state import StateError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root refuses can be seen only as root")


def test_folder_is_made_when_needed_for_its_owner_only(tmp_path: Path) -> None:
    expected = tmp_path / "state" / "postfix-out"
    assert state.folder("postfix-out", make=False) == str(expected)
    assert not expected.exists()
    assert state.folder("postfix-out") == str(expected)
    assert expected.stat().st_mode & 0o777 == 0o700


def test_places_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(state.VARIABLE)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert state.base() == "/var/lib/mailtui"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("XDG_STATE_HOME", "/home/ann/.s")
    assert state.base() == "/home/ann/.s/mailtui"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state.base() == "/home/ann/.local/state/mailtui"


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a\0b"])
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(StateError, match="cannot have a folder"):
        state.folder(name)


def test_every_directory_has_a_folder_of_its_own(tmp_path: Path) -> None:
    assert state.label("/etc/postfix") == "etc-postfix"
    assert state.label("/etc/postfix/") == "etc-postfix"
    (tmp_path / "link").symlink_to("/etc/postfix")
    assert state.label(str(tmp_path / "link")) == "etc-postfix"
    alike = ["/a-b/c", "/a/b-c", "/a/b/c", "/a%2Db/c", "/a--b/c", "/", "/" + "x" * 300, "/" + "x" * 301]
    assert len({state.label(each) for each in alike}) == len(alike)
    assert all(len(os.fsencode(state.label(each))) < 255 for each in (*alike, "/" + "\xe9/" * 200))


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "-").write_text("")
    with pytest.raises(StateError) as caught:
        state.folder("-")
    assert caught.value.path == str(tmp_path / "state" / "-")


@as_root
@pytest.mark.parametrize("which", ["state", "state/-"])
def test_root_refuses_what_another_user_owns_or_may_write(tmp_path: Path, which: str) -> None:
    state.folder("-")
    os.chown(tmp_path / which, 12345, 0)
    with pytest.raises(StateError, match=r"belongs to user id 12345.*chown root:root"):
        state.folder("-", make=False)
    os.chown(tmp_path / which, 0, 0)
    (tmp_path / which).chmod(0o770)
    with pytest.raises(StateError, match=r"may be written by others.*chmod go-w"):
        state.folder("-")


@as_root
def test_root_refuses_a_link_to_another_users_folder(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 0)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "-").symlink_to(theirs)
    with pytest.raises(StateError):
        state.folder("-")
