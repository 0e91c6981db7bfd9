"""The Services screen: master.cf as rows, and what its keys stage and would write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.parts.dialogs import StageOrDiscard, TextView
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.services import ServicesScreen
from tests.postfix.conftest import instance_dir, postconf, put
from tests.screens.aliasing import tmp_path
from tests.screens.listing import ListConsole, lists

__all__ = ["instance_dir", "tmp_path"]

MASTER = """\
# services
smtp      inet  n       -       y       -       -       smtpd
#submissions inet n     -       y       -       -       smtpd
#  -o syslog_name=postfix/submissions
#  -o smtpd_tls_wrappermode=yes
alt       inet  n       -       y       -       20      smtpd
  # why
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_path=private/auth
#  -o smtpd_tls_security_level=encrypt
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       5       smtp
        -o syslog_name=postfix/$service_name
local     unix  -       n       n       -       -       local
"""
ALT, AUTH = ("alt/inet", "", 0), ("alt/inet", "smtpd_sasl_auth_enable", 0)
PATH, TLS = ("alt/inet", "smtpd_sasl_path", 0), ("alt/inet", "smtpd_tls_security_level", 0)


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    made: Path = instance_dir("", master=MASTER)
    return made


def accepted(up: ListConsole) -> str:
    """What the real postconf reads where the draft would be written."""
    put(up.folder / "master.cf", up.written("master.cf"))
    return postconf(up.folder, "-Mf")


async def test_the_table_with_its_overrides(folder: Path) -> None:
    async with lists(folder, "services", size=(80, 30)) as up:
        assert "[0Serv]" in up.text
        assert "16 services" in up.text
        assert up.line_with("   -o smtpd_relay_restrictions").endswith("= permit_sasl_auth…")
        assert up.line_with("# submissions")
        assert up.line_with("# " + "  -o smtpd_tls_security_level")
        assert up.line_with("= relay")
        await up.at(ALT)
        await up.shows("etc1/master.cf:6", "yes: it sees", "20 processes", "socket", "/private/auth")
        await up.at(("qmgr/unix", "", 0))
        await up.shows("wakes    every 300 s", "at most  1 process")
        await up.at(PATH)
        await up.shows("main.cf  smtpd", "which is")


async def test_every_column_in_a_wide_window(folder: Path) -> None:
    async with lists(folder, "services", size=(200, 30)) as up:
        assert all(word in up.text for word in ("PRV", "UNP", "CHR", "WAKE", "MAX", "[0 Services]"))


async def test_a_filter_shows_an_override_with_its_service(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.press("slash")
        await up.type("sasl_path")
        await up.shows("2 of 16 shown", "alt", "-o smtpd_sasl_path")


async def test_off_and_on_again_takes_the_overrides_along(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(ALT)
        await up.press("number_sign")
        await up.until(up.laid(1))
        assert up.said == ["# service alt/inet off"]
        assert "\n#alt       inet" in up.written("master.cf")
        assert "\n#  -o smtpd_sasl_auth_enable=yes" in up.written("master.cf")
        await up.shows("# alt", "#   -o smtpd_sasl_auth_enable", "commented out")
        await up.press("number_sign")
        await up.until(up.laid(0))
        assert up.written("master.cf") == MASTER
        await up.at(("submissions/inet", "", 0))
        await up.press("number_sign")
        await up.until(up.laid(1))
        await up.shows("~ submissions", "~   -o smtpd_tls_wrappermode")
        assert "submissions inet n - y - - smtpd" in " ".join(accepted(up).split())


async def test_one_override_off_and_on(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(AUTH)
        await up.press("number_sign")
        await up.until(up.laid(1))
        assert up.said == ["# service alt/inet -o smtpd_sasl_auth_enable=yes off"]
        await up.at(TLS)
        await up.press("number_sign")
        await up.until(up.laid(2))
        await up.shows("~   -o smtpd_tls_security_level", "#   -o smtpd_sasl_auth_enable")
        words = accepted(up)
        assert "smtpd_tls_security_level=encrypt" in words
        assert "smtpd_sasl_auth_enable" not in words


async def test_an_override_of_a_service_that_is_off_is_left_alone(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(("submissions/inet", "smtpd_tls_wrappermode", 0))
        await up.press("number_sign")
        await up.shows("submissions/inet is off as a whole")
        await up.press("enter")
        await up.shows("submissions/inet is off; # switches it on")
        await up.press("d")
        await up.shows("nothing in force to delete")
        assert not up.said


async def test_an_entry_that_does_not_count_is_left_alone(folder: Path) -> None:
    """Its name means the later one: neither must be hit by mistake."""
    async with lists(folder, "services") as up:
        for key in ("d", "number_sign", "enter"):
            await up.at(("relay/unix", "", 0))
            await up.press(key)
            await up.shows("relay/unix: a later")
        assert not up.said


async def test_delete_a_service_with_its_overrides(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(ALT)
        await up.press("d")
        await up.until(up.laid(1))
        await up.shows("- alt", "-   -o smtpd_sasl_path", "nothing listens there")
        assert "-o smtpd_sasl" not in up.written("master.cf")
        assert "# why" in up.written("master.cf")
        assert "alt" not in accepted(up)
        await up.press("d", "d")
        await up.pilot.pause()
        assert len(up.said) == 1
        await up.press("enter")
        await up.shows("alt/inet is to be deleted; u takes that back")


async def test_marked_rows_are_one_act(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(ALT)
        await up.press("space", "space", "space")
        await up.shows("3 marked")
        await up.press("d")
        await up.until(up.laid(1))
        assert up.said == ["- service alt/inet"], "the overrides go with their service"
        await up.press("u")
        await up.until(up.laid(0))
        await up.at(AUTH)
        await up.press("space", "space", "d")
        await up.until(lambda: len(up.said) == 2)
        await up.press("u")
        await up.until(up.laid(0))
        assert not up.said


async def test_keys_in_one_burst_mean_the_rows_they_were_typed_on(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(AUTH)
        up.burst("d", "j", "d", "d", "j", "j", "d")
        await up.until(lambda: len(up.said) == 3 and up.list._is_laid)
        assert [word.split()[4] for word in up.said] == [
            "smtpd_sasl_auth_enable", "smtpd_sasl_path", "smtpd_relay_restrictions"
        ]  # fmt: skip


async def test_change_an_override(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(AUTH)
        await up.press("enter")
        await up.shows("Left/Right choose")
        await up.press("right", "enter")
        await up.until(up.laid(1))
        assert up.said == ["~ service alt/inet -o smtpd_sasl_auth_enable=no"]
        assert up.written("master.cf") == MASTER.replace("auth_enable=yes", "auth_enable=no")
        assert up.key == AUTH
        await up.shows("before   yes", "value    no")


async def test_a_value_that_the_daemon_would_die_of_is_refused(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(("alt/inet", "smtpd_relay_restrictions", 0))
        await up.press("enter", "ctrl+u", *"permti", "enter")
        await up.shows("! ", "permti", "restrictions in the order")
        assert not up.said
        await up.press("ctrl+u", *"reject", "enter")
        await up.until(up.laid(1))
        assert "-o smtpd_relay_restrictions=reject\n" in up.written("master.cf")


async def test_change_the_columns(folder: Path) -> None:
    async with lists(folder, "services", size=(100, 40)) as up:
        await up.at(ALT)
        await up.press("enter")
        await up.shows("service alt/inet", "only Postfix itself may connect")
        await up.press("right", "right")
        await up.shows("an inet service cannot be private")
        await up.press(*["enter"] * 6)
        await up.shows("an inet service cannot be private")
        assert not up.said
        await up.press("down", "left", "left", "down", "down", "right")
        assert up.field.value == "n"
        await up.press("down", "down", *["backspace"] * 2, *"50", "down", *["backspace"] * 5, *"smptd")
        await up.shows("has no program smptd")
        await up.press(*["backspace"] * 4, *"mtpd", "enter")
        await up.until(lambda: len(up.said) == 2 and up.list._is_laid)
        assert "alt       inet  n       -       n       -       50      smtpd\n" in up.written("master.cf")
        await up.shows("before   private n", "now      private n")


async def test_escape_asks_before_it_drops_what_was_typed(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(AUTH)
        await up.press("enter", "escape")
        await up.until(lambda: up.list.editor is None)
        await up.press("enter", "right", "escape")
        await up.until(lambda: isinstance(up.app.screen, StageOrDiscard))
        await up.press("escape")
        await up.until(lambda: not isinstance(up.app.screen, StageOrDiscard))
        assert up.field.value == "no"
        await up.press("escape", "d")
        await up.until(lambda: up.list.editor is None)
        assert not up.said
        assert up.app.focused is up.list.lines


async def test_a_new_override_with_completion(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(ALT)
        await up.press("n")
        await up.shows("one -o more for alt/inet")
        await up.press("down", *"smtpd_sasl_secur")
        await up.until(lambda: up.field._suggestion == "smtpd_sasl_security_options")
        await up.press("right", "enter", *"noanonymous", "enter")
        await up.until(up.laid(1))
        assert up.said == ["+ service alt/inet -o smtpd_sasl_security_options=noanonymous"]
        assert "  -o smtpd_sasl_security_options=noanonymous\ncleanup" in up.written("master.cf")
        assert up.key == ("alt/inet", "smtpd_sasl_security_options", 0)
        await up.press("d")
        await up.until(up.laid(0))


async def test_submission_is_proposed_and_submissions_switched_on(folder: Path) -> None:
    async with lists(folder, "services", size=(100, 40)) as up:
        await up.press("n", "right", "enter")
        await up.until(up.laid(1))
        assert up.said == ["+ service submission/inet"]
        await up.shows("+ submission", "+   -o smtpd_tls_auth_only")
        await up.press("n", "right", "right", "enter")
        await up.until(up.laid(2))
        assert up.said[1] == "~ service submissions/inet on"
        await up.press("n", "right", "enter")
        await up.shows("submission/inet is in force already")
        await up.press("escape", "d")
        words = " ".join(accepted(up).split())
        assert "submission inet n - y - - smtpd -o syslog_name=postfix/submission" in words
        assert "submissions inet n - y - - smtpd -o syslog_name=postfix/submissions" in words


async def test_a_new_service_of_ones_own(folder: Path) -> None:
    async with lists(folder, "services", size=(100, 40)) as up:
        await up.press("n", "left")
        await up.shows("a service of your own")
        await up.press("down")
        await up.type("2525 inet n - y - smtpd")
        await up.press("down")
        await up.type("smtpd_banner")
        await up.press("enter", "enter")
        await up.shows("An entry has eight columns")
        await up.press("up", "up", *["backspace"] * 5)
        await up.type("- smtpd")
        await up.press("down", "down", "enter")
        await up.shows("smtpd_banner: an override is name=value")
        await up.press("up")
        await up.type("=two words")
        await up.press("enter", "enter")
        await up.until(up.laid(1))
        assert up.written("master.cf").endswith(
            "2525 inet n - y - - smtpd\n  -o { smtpd_banner = two words }\n"
        )
        assert "{smtpd_banner=two words}" in accepted(up)


async def test_tab_and_the_command_line(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.press("tab")
        await up.shows("[0Param]")
        await up.press("tab")
        await up.shows("[0Serv]")
        await up.press("3")
        await up.shows("[3Aliases]")
        await up.press("colon")
        await up.type("services sasl")
        await up.press("enter")
        await up.shows("[0Serv]", "of 16 shown")
        assert isinstance(up.app.screen, ServicesScreen)


async def test_copy_shows_what_stands_in_the_file(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(ALT)
        await up.press("y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("alt inet n - y - 20 smtpd")


async def test_hostile_text_and_a_huge_value(instance_dir: Any) -> None:
    evil = "\x1b]0;PWNED\x07[@click=app.quit]x[/foo]"
    master = MASTER + f"evil unix - - y - - smtp\n  -o smtp_helo_name={evil}\n  -o relayhost={'x' * 70000}\n"
    folder = instance_dir("", master=master.encode() + b"  -o syslog_name=caf\xe9\n")
    async with lists(folder, "services", size=(100, 40)) as up:
        await up.at(("evil/unix", "smtp_helo_name", 0))
        await up.shows("␛]0;PWNED␇[@click=app.quit]x[/foo]")
        assert "\x1b" not in up.text
        await up.press("enter", "z", "enter")
        await up.until(up.laid(1))
        assert f"helo_name={evil}z\n" in up.written("master.cf"), "what was not typed over stays"
        await up.at(("evil/unix", "syslog_name", 0))
        await up.press("enter", "home", "x", "enter")
        await up.until(up.laid(2))
        assert b"syslog_name=xcaf\xe9\n" in up.written("master.cf").encode("utf-8", "surrogateescape")
        await up.at(("evil/unix", "relayhost", 0))
        await up.press("enter", "home", "y", "enter")
        await up.shows("! ")
        assert len(up.said) == 2


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_every_size(folder: Path, size: tuple[int, int]) -> None:
    async with lists(
        folder, "services", size=size, plan=Plan(ansi=True, no_colour=True, ascii_only=True)
    ) as up:
        await up.at(ALT)
        await up.press("enter", "down", "down", "down", "down")
        await up.shows("process_limit")
        assert up.field.value == "20"
        assert up.field.region.bottom < size[1]
        await up.pilot.resize_terminal(60, 20)
        await up.pilot.pause()
        assert up.field.value == "20"
        assert up.field.region.bottom < 20
        assert "Esc close" in up.footer


async def test_a_file_that_cannot_be_read_is_said(folder: Path) -> None:
    async with lists(folder, "services") as up:
        (folder / "master.cf").unlink()
        await up.press("r")
        await up.shows("master.cf: does not exist")


async def test_what_was_staged_and_changed_on_the_disk_is_marked(folder: Path) -> None:
    async with lists(folder, "services") as up:
        await up.at(AUTH)
        await up.press("enter", "right", "enter")
        await up.until(up.laid(1))
        master = folder / "master.cf"
        master.write_text(master.read_text().replace("auth_enable=yes", "auth_enable=$x"))
        await up.shows("*   -o smtpd_sasl_auth_enable", "staged   changed on the disk meanwhile")
