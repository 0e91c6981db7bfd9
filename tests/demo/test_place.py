"""Where a demo may live, and how its folder is known again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mailtui.demo import place
from mailtui.demo.place import DemoError, Mode


@pytest.fixture
def open_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for one which user postfix may enter."""
    monkeypatch.setattr(place, "shut_out", lambda _folder: None)
    return tmp_path / "demo"


def test_a_new_folder_is_made(open_folder: Path) -> None:
    assert place.claim(open_folder / "below") == open_folder / "below"
    assert (open_folder / "below").is_dir()


def test_a_folder_with_other_files_is_left_alone(open_folder: Path) -> None:
    open_folder.mkdir()
    (open_folder / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoError, match=r"holds files that are no demo's; choose an empty or a new folder"):
        place.claim(open_folder)


def test_two_demos_never_share_a_folder(tmp_path: Path) -> None:
    with place.held(tmp_path), pytest.raises(DemoError, match="a demo runs in"), place.held(tmp_path):
        pass
    with place.held(tmp_path):
        pass


@pytest.mark.parametrize("name", ["with blank", "dollar$", "ü", "comma,"])
def test_a_path_that_main_cf_would_misread(open_folder: Path, name: str) -> None:
    with pytest.raises(DemoError, match=r"main\.cf takes no such path"):
        place.claim(open_folder / name)


def test_a_path_too_long_for_sockets(open_folder: Path) -> None:
    with pytest.raises(DemoError, match="too long for Postfix's sockets"):
        place.claim(open_folder / ("x" * 90))


def test_a_file_is_no_folder(open_folder: Path) -> None:
    open_folder.write_text("")
    with pytest.raises(DemoError, match="is not a folder"):
        place.claim(open_folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postfix")
def test_a_folder_that_postfix_may_not_enter(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    with pytest.raises(DemoError, match="user postfix may not enter"):
        place.claim(shut / "demo")


def test_the_first_closed_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o700)
    found = place.shut_out(tmp_path / "a" / "b")
    assert found is not None
    assert (tmp_path / "a" / "b").is_relative_to(found)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_marked_place_is_found_again(tmp_path: Path, mode: Mode) -> None:
    made, new = place.settle(tmp_path, mode)
    assert new
    assert (made.smtp_port == 25) is (mode is Mode.NAMESPACE)
    place.mark(made)
    assert place.settle(tmp_path, mode) == (made, False)


def test_a_place_of_another_mode(tmp_path: Path) -> None:
    place.mark(place.settle(tmp_path, Mode.REPLAY)[0])
    with pytest.raises(DemoError, match="was made in mode replay, this is namespace"):
        place.settle(tmp_path, Mode.NAMESPACE)


def test_a_place_that_was_moved(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    place.mark(place.settle(tmp_path / "old", Mode.REPLAY)[0])
    (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(DemoError, match=r"was moved from .*/old"):
        place.settle(tmp_path / "new", Mode.REPLAY)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"directory": "/x", "mode": "no"})])
def test_a_damaged_marker(tmp_path: Path, text: str) -> None:
    (tmp_path / place.MARKER).write_text(text)
    with pytest.raises(DemoError, match="is damaged"):
        place.settle(tmp_path, Mode.REPLAY)


def test_a_temporary_place_is_open_and_short() -> None:
    made = place.temporary()
    try:
        assert made.stat().st_mode & 0o777 == 0o755
        assert place.shut_out(made) is None
        assert len(str(made)) < place.SOCKET_PATH_LIMIT // 2 + 24
    finally:
        place.remove(made)
    assert not made.exists()
    place.remove(made)
