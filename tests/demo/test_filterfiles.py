"""What is written for the filters, and what is said where they cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo import filterfiles, guards
from mailtui.demo.daemon import Endpoint
from mailtui.demo.filterfiles import with_settings
from mailtui.demo.place import Mode, Place
from mailtui.formats.keywords import KeywordDocument

HERE = Place(Path("/tmp/mt"), Mode.NAMESPACE)


def test_a_setting_takes_the_place_of_its_line_or_is_added() -> None:
    text = "# Mode\nMode sv\nModes x\n"
    assert with_settings(text, {"Mode": r"s\1"}) == "# Mode\nMode s\\1\nModes x\n"
    assert with_settings(text, {"New": "1"}, " = ") == text + "New = 1\n"
    assert with_settings("a = 1\n", {"a": "2"}, " = ") == "a = 2\n"


def test_an_address_is_written_as_each_program_wants_it() -> None:
    assert Endpoint(port=8891).postfix(HERE.spool) == "inet:127.0.0.1:8891"
    assert Endpoint(port=8891).milter() == "inet:8891@127.0.0.1"
    below = Endpoint(HERE.spool / "opendkim" / "s")
    assert (below.postfix(HERE.spool), below.milter()) == (
        "unix:opendkim/s",
        "local:/tmp/mt/spool/opendkim/s",
    )
    assert Endpoint(Path("/run/s")).postfix(HERE.spool) == "unix:/run/s"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("opendkim.conf", filterfiles.OPENDKIM),
        ("opendmarc.conf", filterfiles.OPENDMARC),
        ("clamav-milter.conf", filterfiles.CLAMAV_MILTER),
        ("policyd-spf.conf", filterfiles.POLICYD_SPF),
    ],
)
def test_our_own_reader_finds_nothing_wrong_with_them(kind: str, text: str) -> None:
    if kind == "opendkim.conf":
        text = text.replace("@SIGNING@", filterfiles.SINGLE)
    text = text.replace("@INFECTED@", "Reject")
    document = KeywordDocument.parse(text.encode(), kind)  # type: ignore[arg-type]  # one of its kinds
    assert not document.problems
    assert len(document.entries) > 5


def test_what_is_not_installed_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        commands, "find", lambda name: None if name in ("clamd", "opendmarc") else f"/bin/{name}"
    )
    there, words = guards.available(HERE)
    assert there == ("opendkim", "policyd-spf", "postgrey")
    assert words == "left out, as not installed: opendmarc, clamav-daemon, clamav-milter"
    assert "unix:opendmarc" not in guards.main_cf(there)
    assert "unix:opendkim/opendkim.sock" in guards.main_cf(there)
    assert guards.main_cf(()) == ""


def test_a_path_that_is_too_long_for_sockets_has_no_filters() -> None:
    there, words = guards.available(Place(Path("/tmp") / ("x" * 90), Mode.NAMESPACE))
    assert there == ()
    assert "too long" in words
