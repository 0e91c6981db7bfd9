"""The table of traps: each has a finding, and an edit that mends it or a reason why none does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.doctor.examine import examine
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value, errors
from tests.doctor.ailing import SOUND, healed
from tests.doctor.traps import ON_A_SERVER, TRAPS, Bench, Trap
from tests.postfix.conftest import MakeInstance, instance_dir
from tests.screens.aliasing import short_folder

__all__ = ["instance_dir"]
LAB = Path(__file__).parents[1] / "lab"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A short name, for sockets; others may enter it, for what they may read."""
    for folder in short_folder():
        os.chmod(folder, 0o755)
        yield folder


@pytest.fixture
def bench(instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(instance_dir, tmp_path, monkeypatch)
    with made.stack:
        yield made


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.words.replace(" ", "-"))
def test_a_trap_is_told_of_and_mended_or_says_why_not(trap: Trap, bench: Bench) -> None:
    if trap.root and os.geteuid() != 0:
        pytest.skip("only root can make this")
    instance = trap.make(bench)
    found = [each for each in examine(instance) if each.id == trap.id]
    assert found, sorted({(each.id, each.title) for each in examine(instance)})
    for each in found:
        assert len(each.why) > 30, "it must teach"
        told = json.loads(json.dumps(each.as_json()))
        assert {"id", "severity", "title", "file", "why", "fix"} <= told.keys()
        assert told["line"] >= 1 if each.line is not None else "line" not in told
        assert (told["fix"] is None) is (each.fix is None)
    if trap.do:
        assert [each.fix for each in found] == [None] * len(found)
        assert trap.do in found[0].fix_words
        assert found[0].as_json()["do"] == found[0].fix_words
        return
    assert found[0].as_json()["fix"] == found[0].fix_words
    left = [each for each in examine(healed(instance, found[0])) if each.name == found[0].name]
    assert left == []


def test_what_only_daemons_make_is_made_in_the_lab() -> None:
    for kind, (test, do) in ON_A_SERVER.items():
        text = (LAB / f"{test}.py").read_text()
        assert kind in text
        assert do in text


def test_a_sound_server_has_none(bench: Bench) -> None:
    main = f"{SOUND}alias_maps = hash:$config_directory/aliases\nvirtual_alias_domains = a.example\n"
    main += "virtual_alias_maps = hash:$config_directory/v, regexp:$config_directory/r\n"
    files = {
        "aliases": "postmaster: root\nroot: jean\n",
        "v": "@a.example @b.example\n",
        "r": "/^x/ y@b.example\n",
    }
    instance = bench.main(main, files, "hash:v", postalias=("hash:aliases",))
    assert [each.title for each in examine(instance)] == []


def test_a_list_without_a_guard_is_refused_before_it_is_written(bench: Bench) -> None:
    instance: Instance = bench.main(f"{SOUND}smtpd_recipient_restrictions = permit_mynetworks\n")
    said = errors(check_value(instance, "smtpd_relay_restrictions", ("permit_mynetworks",)))
    assert "smtpd stops" in said[0].text
