"""Saved sessions: a file that keeps its comments, replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd import cases
from mailtui.postfix.smtpd.cases import Case, CaseError
from mailtui.postfix.smtpd.session import Session, as_given, session_of

TEXT = """\
# what our partners need
[[session]]
name = "partner"   # weekly
must = "accept"
client_address = "192.0.2.7"
recipient = "bob@local.example"

[[session]]
name = "relay"
must = "refuse"
client_address = "192.0.2.7"
helo = "h"
sender = "a@good.example"
recipient = "x@remote.example"
"""


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sessions.toml"
    case = Case("one", "refuse", Session("2001:db8::1", "n.example", None, "h", "", "b@c.example", tls=True))
    cases.keep(str(path), case)
    assert cases.load(str(path)) == [case]


def test_a_change_leaves_the_rest_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sessions.toml"
    path.write_text(TEXT)
    partner, relay = cases.load(str(path))
    cases.keep(str(path), Case("relay", "accept", relay.session))
    assert path.read_text() == TEXT.replace('"refuse"', '"accept"')
    assert cases.drop(str(path), "relay")
    assert not cases.drop(str(path), "relay")
    assert path.read_text().startswith(TEXT.partition("\n\n")[0])
    assert cases.load(str(path)) == [partner]


@pytest.mark.parametrize(
    "text",
    [
        "[[session]]\n",
        '[[session]]\nname = "x"\nmust = "perhaps"\n',
        '[[session]]\nname = "x"\nmust = "accept"\nclient_address = "a"\nrecipient = "b"\n',
        '[[session]]\nname = "x"\nmust = "accept"\ncolour = "red"\n',
        '[[session]]\nname = "x"\nmust = ["accept"]\n',
        '[[session]]\nname = "x"\nmust = "accept"\nstage_until = ["data"]\n',
        "session = 1\n",
        "session = [1]\n",
        "[[",
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sessions.toml"
    path.write_text(text)
    with pytest.raises(CaseError):
        cases.load(str(path))


def test_no_file_holds_no_sessions(tmp_path: Path) -> None:
    assert cases.load(str(tmp_path / "none")) == []


@pytest.mark.parametrize("text", ["session = 1\n", 'session = "x"\n', "session = [1]\n", "[["])
def test_nothing_is_kept_among_what_is_no_session(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sessions.toml"
    path.write_text(text)
    case = Case("one", "refuse", Session("192.0.2.7", recipient="b@c.example"))
    with pytest.raises(CaseError):
        cases.keep(str(path), case)
    with pytest.raises(CaseError):
        cases.drop(str(path), "one")
    assert path.read_text() == text


def test_a_file_is_written_whole_with_its_mode_and_through_its_symlink(tmp_path: Path) -> None:
    real, link, bait = tmp_path / "real.toml", tmp_path / "sessions.toml", tmp_path / "bait"
    real.write_text(TEXT)
    real.chmod(0o640)
    link.symlink_to(real)
    bait.write_text("kept")
    (tmp_path / "sessions.toml.new").symlink_to(bait)
    (tmp_path / "real.toml.new").symlink_to(bait)
    cases.keep(str(link), Case("one", "refuse", Session("192.0.2.7", recipient="b@c.example")))
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in cases.load(str(link))] == ["partner", "relay", "one"]
    assert bait.read_text() == "kept"


def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "sessions.toml"
    path.write_text(TEXT)
    case = Case("one", "refuse", Session("192.0.2.7", helo="\udcff", recipient="b@c.example"))
    with pytest.raises(CaseError, match="not UTF-8"):
        cases.keep(str(path), case)
    assert [each.name for each in tmp_path.iterdir()] == ["sessions.toml"]
    assert path.read_text() == TEXT


def test_replay_tells_what_holds_and_what_a_change_flips(tmp_path: Path) -> None:
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    main = "compatibility_level = 3.6\nmydestination = local.example\nlocal_recipient_maps =\n"
    (tmp_path / "main.cf").write_text(main + "mynetworks = 127.0.0.1\ninet_interfaces = 127.0.0.1\n")
    (tmp_path / "s.toml").write_text(TEXT)
    saved = cases.load(str(tmp_path / "s.toml"))
    before = cases.replay(Instance.open(str(tmp_path)), saved)
    assert [each.holds for each in before] == [True, True]
    with (tmp_path / "main.cf").open("a") as file:
        file.write("smtpd_client_restrictions = reject\n")
    after = cases.replay(Instance.open(str(tmp_path)), saved)
    assert [each.holds for each in after] == [False, True]
    assert [new.case.name for _old, new in cases.flipped(before, after)] == ["partner"]


def test_a_session_in_json_names() -> None:
    given = {"client_address": "[IPv6:2001:DB8::1]", "recipient": "r@x", "stage_until": "data", "tls": True}
    session = session_of(given)
    assert session.client_address == "2001:db8::1"
    assert session.sender == ""
    assert session_of(as_given(session)) == session
