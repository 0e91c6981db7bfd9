"""The draft kept between two consoles, and the consoles that know of each other."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui.apply.actor import owner_of
from mailtui.apply.keeping import DraftKeeper, Presence, write_private
from mailtui.apply.state import of_instance
from mailtui.cli.console import prepare
from mailtui.edits.draft import BadDraft, Group
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.settings import Settings


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "main.cf").write_text("myhostname = mx.falcot.com\n")
    (folder / "master.cf").write_text("")
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    return Instance.open(str(folder))


GROUP = Group(
    (SetEntry(Target("table", "/etc/postfix/virtual", "hash"), "a@b.example", ("c",), None),), "one"
)


def test_a_draft_is_found_again_by_its_owner_alone(instance: Instance) -> None:
    keeper = DraftKeeper(instance, "laure")
    assert keeper.load() is None
    keeper.keep([GROUP])
    found = keeper.load()
    assert found is not None
    assert found.groups == (GROUP,)
    assert (found.who, found.hostname) == ("laure", "mx.falcot.com")
    assert DraftKeeper(instance, "jean").load() is None
    (path,) = Path(os.environ["MAILTUI_STATE_DIR"]).rglob("draft-*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_draft_leaves_nothing(instance: Instance) -> None:
    keeper = DraftKeeper(instance, "laure")
    keeper.keep([])
    assert not Path(os.environ["MAILTUI_STATE_DIR"]).exists()
    keeper.keep([GROUP])
    keeper.keep([])
    assert keeper.load() is None


def test_a_name_that_is_no_file_name_is_made_one(instance: Instance) -> None:
    keeper = DraftKeeper(instance, "../../etc/passwd")
    keeper.keep([GROUP])
    assert keeper.load() is not None
    state = Path(os.environ["MAILTUI_STATE_DIR"])
    assert all(path.is_relative_to(state) for path in state.rglob("*draft*"))


def test_a_damaged_draft_is_said(instance: Instance) -> None:
    keeper = DraftKeeper(instance, "laure")
    keeper.keep([GROUP])
    (path,) = Path(os.environ["MAILTUI_STATE_DIR"]).rglob("draft-*.json")
    path.write_text("{")
    with pytest.raises(BadDraft, match="not JSON"):
        keeper.load()


def test_consoles_see_each_other_while_they_live(instance: Instance) -> None:
    mine = Presence(instance, "roland")
    mine.tell(0)
    assert mine.others() == []
    folder = Path(of_instance(instance))
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        card = {"who": "laure", "staged": 2, "owner": owner_of(other.pid)}
        (folder / f"console-{other.pid}.json").write_text(json.dumps(card))
        assert [neighbour.words() for neighbour in mine.others()] == ["laure, 2 staged"]
    finally:
        other.communicate(b"\n")
    assert mine.others() == []
    assert not (folder / f"console-{other.pid}.json").exists()
    mine.leave()
    mine.tell(3)  # a thread that was about to when the console ended
    assert list(folder.glob("console-*")) == []


def test_a_damaged_card_is_passed_over(instance: Instance) -> None:
    mine = Presence(instance, "roland")
    mine.tell(1)
    folder = Path(of_instance(instance))
    (folder / "console-1.json").write_text("[]")
    (folder / "console-x.json").write_text("{}")
    assert mine.others() == []


def test_a_draft_that_cannot_be_kept_keeps_the_console(instance: Instance, tmp_path: Path) -> None:
    prepared = prepare(Settings(), instance.config_dir, "")
    assert prepared.first
    prepared.presence.tell(1)
    prepared.draft.stage(*GROUP.edits)
    state = Path(os.environ["MAILTUI_STATE_DIR"])
    state.rename(tmp_path / "away")
    state.write_text("no folder")
    with pytest.raises(OSError, match=r"state.*MAILTUI_STATE_DIR"):
        prepared.keep_draft()
    prepared.draft.clear()
    prepared.keep_draft()  # nothing is lost
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))  # as on a disk that is full
    try:
        with pytest.raises(OSError, match=r"draft: cannot be written: File too large; make room .*STATE_DIR"):
            write_private(str(tmp_path / "draft"), b"too long")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.glob("draft*"))
    state.unlink()
    (tmp_path / "away").rename(state)
    assert not prepare(Settings(), instance.config_dir, "").first
