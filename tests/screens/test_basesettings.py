"""The base settings (`b` in Domains): what is shown, and what editing one comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.postfix.basesettings import BASE
from mailtui.screens.basesettings import BaseSettingsScreen
from mailtui.screens.parts.command import Goto, parse
from tests.postfix.conftest import instance_dir
from tests.screens.domaining import MAIN, Asked, Domains, asked, domains, falcot, tmp_path

__all__ = ["asked", "instance_dir", "tmp_path"]

MORE = """\
mynetworks = 127.0.0.0/8
    192.168.0.0/16
biff = no
smtpd_tls_security_level = may
"""


@pytest.fixture
def folder(
    instance_dir: Any, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> Path:  # no network
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return falcot(instance_dir, tmp_path, MAIN + MORE)


async def opened(up: Domains, name: str = "") -> None:
    """Press `b`, and go to a setting."""
    await up.press("b")
    await up.until(lambda: isinstance(up.app.screen, BaseSettingsScreen) and up.settings.listing is not None)
    if name:
        await up.pilot.pause()
        assert up.settings.lines.move_to_key(name), f"{name} is not there"
        await up.pilot.pause()


def main_after(up: Domains) -> str:
    session = up.app.session
    candidate = Candidate(session.instance.files, session.draft.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return candidate.raw(session.instance.main.path).decode()


async def test_all_of_them_with_value_and_place(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up)
        rows = up.settings.lines.rows
        assert set(BASE) <= {rows.key(number) for number in range(len(rows))}
        assert up.line_with("mydestination").split()[1:] == [
            "mail.falcot.com,", "falcot.com,", "localhost", "main.cf:4",
        ]  # fmt: skip
        assert up.line_with("relayhost").split() == ["relayhost", "(empty)", "default"]
        await up.shows("mail.falcot.com", "is       ")
        await up.press("q")
        await up.shows("DOMAIN", "9 domains")


async def test_the_notes_say_what_a_value_means(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up, "smtpd_tls_security_level")
        await up.shows("no certificate is set (smtpd_tls_chain_files, smtpd_tls_cert_file)")
        await up.press("slash")
        await up.type("mynet")
        await up.shows("1 of")
        await up.press("enter")
        await up.shows("written", "127.0.0.0/8", "192.168.0.0/16")


async def test_a_list_is_edited_item_by_item_and_keeps_its_layout(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up, "mynetworks")
        await up.press("enter")
        await up.shows("mynetworks", "192.168.0.0/16")
        await up.type("10.0.0.0/8")
        await up.press("enter", "enter")
        await up.staged_now(1)
        await up.shows("~ mynetworks", "before")
        assert "mynetworks = 127.0.0.0/8\n    192.168.0.0/16\n    10.0.0.0/8\n" in main_after(up)
        await up.press("u")
        await up.staged_now(0)


async def test_a_yes_or_no_is_chosen(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up, "biff")
        await up.press("enter", "right")
        await up.shows("yes")
        await up.press("enter")
        await up.staged_now(1)
        assert up.said == ["~ biff = yes"]
        assert up.settings.lines.key == "biff"


async def test_what_the_daemons_would_refuse_is_not_staged(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up, "message_size_limit")
        await up.press("enter", "ctrl+u")
        await up.type("12kb")
        await up.shows("! ", "12kb")
        await up.press("enter")
        await up.pilot.pause()
        assert len(up.app.session.draft) == 0
        assert up.settings.editor is not None
        await up.press("ctrl+u")
        await up.type("20480000")
        await up.press("enter")
        await up.staged_now(1)
        assert up.said == ["+ message_size_limit = 20480000"]


async def test_nothing_typed_is_nothing_staged(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up, "myhostname")
        await up.press("enter", "enter")
        await up.until(lambda: up.settings.editor is None)
        assert len(up.app.session.draft) == 0


async def test_back_to_the_default(folder: Path) -> None:
    async with domains(folder) as up:
        await opened(up, "biff")
        await up.press("d")
        await up.staged_now(1)
        await up.shows("- biff", "before", "the default: yes")
        assert "biff" not in main_after(up)
        await up.press("d")
        await up.shows("It is not set: the default is in force already")
        assert len(up.app.session.draft) == 1


async def test_myorigin_by_a_file(instance_dir: Any, tmp_path: Path, asked: Asked) -> None:  # no network
    main = MAIN.replace("myorigin = falcot.com", "myorigin = {folder}/mailname")
    folder = falcot(instance_dir, tmp_path, main, mailname="falcot.org\n")
    async with domains(folder) as up:
        await opened(up, "myorigin")
        assert "falcot.org" in up.line_with(" myorigin")
        await up.shows("The first line of", "mailname")


async def test_values_that_would_draw_on_the_terminal(
    instance_dir: Any, tmp_path: Path, asked: Asked
) -> None:
    evil = "smtpd_banner = \x1b]0;PWNED\x07[bold]x[/nope] \x9b31m\n"
    folder = falcot(instance_dir, tmp_path, MAIN + evil)
    async with domains(folder) as up:
        await opened(up, "smtpd_banner")
        await up.shows("␛]0;PWNED␇[bold]x[/nope]")
        await up.press("enter")
        await up.shows("value    ␛]0;PWNED")
        assert "\x1b" not in up.text
        assert "\x9b" not in up.text


async def test_it_is_a_view_with_its_help_and_command(folder: Path) -> None:
    assert parse("base") == Goto("basesettings")
    async with domains(folder) as up:
        await opened(up)
        await up.press("question_mark")
        await up.shows("Keys of the base settings", "Change the value.")
        await up.press("q", "q")
        await up.shows("DOMAIN")
