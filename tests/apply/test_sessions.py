"""Saved sessions in the review: what a change makes smtpd answer otherwise is told before it is written."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic

import pytest

from mailtui.apply import sessions
from mailtui.apply.review import Cancelled, review
from mailtui.apply.sessions import NONE, Sessions, replayed
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

SAVED = """\
[[session]]
name = "the partner"
must = "accept"
client_address = "192.0.2.7"
helo = "mail.partner.example"
sender = "news@partner.example"
recipient = "jean@falcot.com"

[[session]]
name = "a relay"
must = "refuse"
client_address = "192.0.2.7"
helo = "h.example"
sender = "a@b.example"
recipient = "x@far.example"
"""


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    path = tmp_path / "own" / "mailtui" / "sessions.toml"
    path.parent.mkdir(parents=True)
    path.write_text(SAVED)
    return path


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir()))


def rules(instance: Instance, value: str) -> Edit:
    return SetParameter(instance.main, "smtpd_sender_restrictions", value, None)


OPEN = "check_client_access static:OK, reject_unauth_destination"
REFUSES = "check_sender_access inline:{partner.example=REJECT}"


def test_a_flipped_verdict_is_in_the_review(instance: Instance, saved: Path) -> None:
    assert saved.exists()
    seen = review(instance, [rules(instance, REFUSES)], no_rehearsal=True)
    (verdict,) = seen.sessions.verdicts
    assert (verdict.name, verdict.must, verdict.holds) == ("the partner", "accept", False)
    assert verdict.before.startswith("250")
    assert verdict.after.startswith("554 5.7.1")
    assert verdict.words.endswith("but must be accepted")
    assert str(seen.sessions) == "1 of 2 saved sessions answered otherwise"
    assert seen.as_json()["sessions"]["flipped"][0]["holds"] is False
    assert seen.ok  # it is told; the admin decides


def test_an_opened_relay_is_told(instance: Instance, saved: Path) -> None:
    assert saved.exists()
    edit = SetParameter(instance.main, "smtpd_relay_restrictions", OPEN, None)
    found = replayed(instance, [edit])
    assert [(each.name, each.holds) for each in found.wrong] == [("a relay", False)]


def test_what_changes_no_verdict_says_so(instance: Instance, saved: Path) -> None:
    assert saved.exists()
    found = replayed(instance, [SetParameter(instance.main, "message_size_limit", "20480000", None)])
    assert (found.asked, found.verdicts, str(found)) == (2, (), "2 saved sessions answered as before")


def test_without_saved_sessions_nothing_is_asked(
    instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    seen = review(instance, [rules(instance, REFUSES)], no_rehearsal=True)
    assert seen.sessions == NONE
    assert "sessions" not in seen.as_json()


def test_without_saved_sessions_nothing_is_imported() -> None:
    code = (
        "import sys, mailtui.apply.review; "
        "print([m for m in sys.modules if m.startswith(('mailtui.postfix.smtpd.cases', 'tomllib', 'tomlkit'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_file_that_cannot_be_read_is_told(instance: Instance, saved: Path) -> None:
    saved.write_text("[[session]]\nname = 1\n")
    found = replayed(instance, [rules(instance, REFUSES)])
    assert "session 1 has no name" in found.problem
    assert str(saved) in str(found)


def test_it_waits_no_longer_than_it_may(
    instance: Instance, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert saved.exists()
    release = threading.Event()

    def slow(*_: object) -> Sessions:
        release.wait(20)
        return NONE

    monkeypatch.setattr(sessions, "_asked", slow)
    began = monotonic()
    found = replayed(instance, [rules(instance, REFUSES)], seconds=0.3)
    assert monotonic() - began < 5
    assert "no answer within 0.3 s" in found.problem
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    with pytest.raises(Cancelled):
        review(instance, [rules(instance, REFUSES)], no_rehearsal=True, cancel=cancel)
    release.set()
