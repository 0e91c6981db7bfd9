"""The Parameters screen: what it tells, what its keys stage, and what would be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.parts.dialogs import StageOrDiscard, TextView
from mailtui.screens.parts.form import ListField
from mailtui.screens.parts.formview import FormLines
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import MASTER, instance_dir, postconf, put
from tests.screens.aliasing import tmp_path
from tests.screens.listing import ListConsole, lists

__all__ = ["instance_dir", "tmp_path"]

MAIN = """\
# the server
myorigin = /etc/mailname
biff = no
delay_warning_time = 4h
mydestination = $myhostname, localhost.$mydomain,
    # the brand
    falcot.com
    localhost
mynetworks = 127.0.0.0/8
mynetworks = 127.0.0.0/8 [::1]/128
our_relay = [relay.falcot.com]:587
relayhost = $our_relay
smtpd_baner = hello
"""


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    made: Path = instance_dir(MAIN)
    return made


def accepted(up: ListConsole, name: str) -> str:
    """What the real postconf reads where the draft would be written."""
    put(up.folder / "main.cf", up.written("main.cf"))
    return postconf(up.folder, "-h", name).strip()


async def test_every_parameter_with_its_value_and_help(folder: Path) -> None:
    async with lists(folder, "parameters", size=(100, 40)) as up:
        assert "[0Param]" in up.text
        names = {*postconf(folder, "-dH").split(), *postconf(folder, "-nH").split(), "smtpd_baner"}
        listing = up.list.listing
        assert listing is not None
        assert {listing.key(at) for at in range(len(listing))} == names
        await up.at("delay_warning_time")
        await up.shows("delay_warning_time", f"{folder}/main.cf:4", "written  4h", "default  0h")
        await up.at("relayhost")
        await up.shows("in force [relay.falcot.com]:587", "written  $our_relay")
        await up.at("our_relay")
        await up.shows("yours", "used by  relayhost")
        await up.at("mynetworks")
        await up.shows("also on line 9: that does not count", "? mynetworks")
        await up.at("smtpd_baner")
        await up.shows("unused", "? smtpd_baner")
        await up.at("smtpd_banner")
        await up.shows("not set", "but      submission/inet has $myhostname for users", "+1 -o")


async def test_the_manual_opens_whole(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("smtpd_banner")
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows(
            "smtpd_banner; q goes back", "From postconf(5):", "The text that follows the 220 status code"
        )
        await up.press("q")
        await up.shows("[0Param]")


async def test_only_what_is_set(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("relayhost")
        await up.press("c")
        await up.shows("set in main.cf")
        assert up.key == "relayhost"
        listing = up.list.listing
        assert listing is not None
        assert {listing.key(at) for at in range(len(listing))} == {
            *postconf(folder, "-nH").split(), "smtpd_baner"
        } - {"config_directory"}  # fmt: skip  # the one by the option -c
        await up.press("slash")
        await up.type("^my")
        await up.shows("mydestination", "mynetworks")
        assert "mail_owner" not in up.text
        await up.press("escape", "c")
        await up.until(lambda: up.list.listing is not None and len(up.list.listing) > 800)
        assert up.key is not None


async def test_yes_and_no_are_chosen(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("biff")
        await up.press("enter")
        await up.shows("Left/Right choose")
        await up.press("z")
        assert up.field.value == "no"
        await up.press("right")
        await up.shows("the default")
        await up.press("enter")
        await up.until(up.laid(1))
        assert up.said == ["~ biff = yes"]
        assert up.written("main.cf").startswith(MAIN.replace("biff = no", "biff = yes"))
        await up.shows("~ biff", "before   no", "now      yes")
        assert up.key == "biff"


async def test_an_enumeration_and_its_empty_value(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("smtp_tls_security_level")
        await up.press("enter")
        await up.shows("not set: the default is shown")
        assert up.field.value == ""
        await up.press("right")
        chosen = up.field.value
        assert chosen
        await up.press("enter")
        await up.until(up.laid(1))
        assert up.said == [f"+ smtp_tls_security_level = {chosen}"]
        assert accepted(up, "smtp_tls_security_level") == chosen


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("delay_warning_time", "4 h", "4 h"),
        ("smtpd_client_connection_count_limit", "many", "many"),
        ("message_size_limit", "10M", "10M"),
        ("mynetworks", "10.0.0.1/8", "10.0.0.1/8"),
        ("virtual_alias_maps", "hsah:/etc/x", "hsah"),
        ("smtpd_recipient_restrictions", "permit_mynetwork", "permit_mynetwork"),
        ("myhostname", "a b", "a b"),
    ],
)
async def test_a_wrong_value_is_refused_with_the_reason_under_it(
    folder: Path, name: str, value: str, why: str
) -> None:
    async with lists(folder, "parameters", size=(100, 40)) as up:
        await up.at(name)
        await up.press("enter", "ctrl+u")
        await up.type(value)
        await up.press("enter")
        lines = up.list.query_one(FormLines)
        if isinstance(lines.place.field, ListField):
            await up.press("enter")
        await up.until(lambda: "! " in up.text and why in up.text.split("! ", 1)[1])
        assert not up.said
        assert up.list.editor is not None
        assert up.field is up.app.focused


async def test_a_list_keeps_its_layout(folder: Path) -> None:
    async with lists(folder, "parameters", size=(80, 30)) as up:
        await up.at("mydestination")
        await up.press("enter")
        await up.shows("value    $myhostname", "localhost.$mydomain", "falcot.com")
        assert up.field.value == "", "the place for the next"
        await up.type("falcot.org")
        await up.press("up", "up")
        assert up.field.value == "falcot.com"
        await up.press("ctrl+o")
        await up.type("falcot.net")
        await up.press("up", "up", "up", "enter")
        await up.until(up.laid(1))
        new = up.written("main.cf")
        assert "    # the brand\n" in new
        assert accepted(up, "mydestination").replace(",", " ").split() == [
            "$myhostname", "localhost.$mydomain", "falcot.net", "falcot.com", "localhost", "falcot.org"
        ]  # fmt: skip


async def test_pasted_items_are_items(folder: Path) -> None:
    async with lists(folder, "parameters", size=(80, 40)) as up:
        await up.at("mydestination")
        await up.press("enter")
        up.paste("a.example, b.example\n  c.example\nd.example\n")
        await up.until(lambda: "d.example" in up.text)
        await up.press("enter")
        await up.until(up.laid(1))
        assert accepted(up, "mydestination").replace(",", " ").split()[-4:] == [
            "a.example", "b.example", "c.example", "d.example"
        ]  # fmt: skip


async def test_names_are_completed_behind_a_dollar(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("mydestination")
        await up.press("enter")
        await up.type("$mydoma")
        await up.until(lambda: up.field._suggestion == "$mydomain")
        await up.press("right", "enter", "enter")
        await up.until(up.laid(1))
        assert "$mydomain" in up.written("main.cf")


async def test_back_to_the_default(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("delay_warning_time")
        await up.press("d")
        await up.until(up.laid(1))
        await up.shows("- delay_warning_time", "delay_warning_time: 0h, the default")
        assert "delay_warning_time" not in up.written("main.cf")
        await up.shows("was      4h", "then     the default: 0h")
        await up.press("d", "enter")
        await up.shows("goes back to its default; u takes that back")
        await up.press("u")
        await up.until(up.laid(0))
        await up.at("mynetworks")
        await up.press("d")
        await up.until(up.laid(1))
        assert "mynetworks" not in up.written("main.cf"), "each definition goes"
        await up.press("u")
        await up.until(up.laid(0))
        await up.at("mydestination")
        await up.press("d")
        await up.until(up.laid(1))
        assert "falcot.com" not in accepted(up, "mydestination")
        await up.at("bounce_queue_lifetime")
        await up.press("d")
        await up.shows("is not set: its default is in force")


async def test_several_at_once(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        for name in ("biff", "delay_warning_time"):
            await up.at(name)
            await up.press("space")
        await up.press("d")
        await up.until(lambda: len(up.said) == 2 and up.list._is_laid)
        assert len(up.app.session.draft.groups) == 1
        await up.press("u")
        await up.until(up.laid(0))


async def test_a_name_of_ones_own(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.press("n")
        await up.shows("new parameter")
        await up.type("our-nets")
        await up.shows("cannot be a name")
        await up.press("down", *"x", "enter")
        await up.shows("cannot be a name")
        assert not up.said
        await up.press("ctrl+u", "up", "ctrl+u", *"biff", "down", "enter")
        await up.shows("biff is set already")
        await up.press("up", "ctrl+u")
        await up.type("our_nets")
        await up.press("enter")
        await up.type("192.0.2.0/24")
        await up.press("enter")
        await up.until(up.laid(1))
        assert up.said == ["+ our_nets = 192.0.2.0/24"]
        assert up.key == "our_nets"
        await up.press("d")
        await up.until(up.laid(0))


async def test_keys_typed_ahead_are_text_and_no_commands(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("delay_warning_time")
        up.burst("enter", "ctrl+u", "2", "d", "enter", "d")
        await up.until(lambda: up.said == ["- delay_warning_time (was 4h): the default"])
        await up.at("biff")
        up.burst("d", "j", "j", "d")
        await up.pilot.pause()
        await up.until(lambda: len(up.said) == 2 and "biff" in up.said[1] and up.list._is_laid)


async def test_a_change_on_the_disk_while_editing_is_noticed(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("delay_warning_time")
        await up.press("enter", "ctrl+u", *"2h")
        main = folder / "main.cf"
        main.write_text(main.read_text().replace("= 4h", "= 6h"))
        await up.until(lambda: "6h" in up.line_with("delay_warning_time  "))
        await up.press("enter")
        await up.shows("changed on the disk meanwhile: 6h")
        assert not up.said
        assert up.field.value == "2h"


async def test_escape_asks_and_enter_without_a_change_stages_nothing(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("mydestination")
        await up.press("enter", "enter")
        await up.until(lambda: up.list.editor is None)
        assert not up.said
        await up.press("enter", "x", "escape")
        await up.until(lambda: isinstance(up.app.screen, StageOrDiscard))
        await up.press("escape")
        await up.until(lambda: up.app.focused is not None)
        assert up.field.value == "x"
        await up.press("escape", "d")
        await up.until(lambda: up.list.editor is None)
        assert not up.said


async def test_copy_is_main_cf(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("biff")
        await up.press("y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("biff = no")


async def test_e_goes_to_what_is_wrong(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.press("e")
        first = up.key
        assert first is not None
        await up.press("e", "E")
        await up.until(lambda: up.key == first)


async def test_hostile_text_and_bytes_that_are_not_typed_over(instance_dir: Any) -> None:
    evil = "\x1b]0;PWNED\x07[@click=app.quit]x[/foo]"
    main = (
        f"{MAIN}our_text = {evil}\ncompatibility_level = 3.6\n".encode()
        + b"our_caf\xe9 = x\nour_cafe = caf\xe9\n"
    )
    folder = instance_dir(main, master=MASTER)
    async with lists(folder, "parameters", size=(100, 40)) as up:
        await up.at("our_text")
        await up.shows("written  ␛]0;PWNED␇[@click=app.quit]x[/foo]")
        assert "\x1b" not in up.text
        await up.press("enter", "z", "enter")
        await up.until(up.laid(1))
        assert f"our_text = {evil}z\n" in up.written("main.cf")
        await up.at("our_cafe")
        await up.press("enter", "home", "x", "enter")
        await up.until(up.laid(2))
        assert b"our_cafe = xcaf\xe9\n" in up.written("main.cf").encode("utf-8", "surrogateescape")


async def test_a_huge_value_and_a_thousand_items(instance_dir: Any) -> None:
    items = [f"host{n:04}.example" for n in range(1000)]
    folder = instance_dir(f"our_huge = {'ab ' * 40000}end\nmydestination = {', '.join(items)}\n")
    async with lists(folder, "parameters") as up:
        await up.at("our_huge")
        await up.press("enter", "home", "x", "enter")
        await up.until(up.laid(1))
        assert f"our_huge = x{'ab ' * 40000}end\n" in up.written("main.cf")
        await up.at("mydestination")
        await up.press("enter", "up", "up")
        assert up.field.value == items[998]
        await up.press("home", "x", "down", "down")
        await up.type("last.example")
        await up.press("enter", "enter")
        await up.until(up.laid(2))
        now = accepted(up, "mydestination").replace(",", " ").split()
        assert now == [*items[:998], f"x{items[998]}", items[999], "last.example"]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_every_size(folder: Path, size: tuple[int, int]) -> None:
    plan = Plan(ansi=True, no_colour=True, ascii_only=True)
    async with lists(folder, "parameters", size=size, plan=plan) as up:
        await up.at("mydestination")
        await up.press("enter", "up")
        assert up.field.value == "localhost"
        assert up.field.region.bottom < size[1]
        await up.pilot.resize_terminal(60, 20)
        await up.pilot.pause()
        assert up.field.region.bottom < 20
        assert "Esc close" in up.footer


async def test_a_main_cf_that_postfix_dies_of_is_said(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        (folder / "main.cf").unlink()
        await up.press("r")
        await up.shows("main.cf: does not exist")
        await up.press("enter")
        await up.pilot.pause()
        assert up.app.is_running


async def test_a_list_that_is_emptied_and_one_that_is_new(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("mydestination")
        await up.press("enter")
        for _ in range(4):
            await up.press("up", "ctrl+u")
        await up.press("down", "enter")
        await up.until(up.laid(1))
        assert accepted(up, "mydestination") == ""
        await up.at("relay_domains")
        await up.press("enter")
        await up.shows("not set: the default is shown")
        await up.type("a.example, b.example")
        await up.press("enter", "enter")
        await up.until(up.laid(2))
        assert accepted(up, "relay_domains").replace(",", " ").split()[-2:] == ["a.example", "b.example"]


async def test_several_pasted_lines_are_one_text(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("smtpd_baner")
        await up.press("enter", "end", "space")
        up.paste("and\x1b[2J more\n  words\n")
        await up.until(lambda: up.field.value == "hello and[2J more words")


async def test_what_was_staged_and_changed_on_the_disk_is_marked(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("delay_warning_time")
        await up.press("enter", "ctrl+u", *"2h", "enter")
        await up.until(up.laid(1))
        main = folder / "main.cf"
        main.write_text(main.read_text().replace("= 4h", "= 6h"))
        await up.shows("* delay_warning_time", "staged   changed on the disk meanwhile: 6h")
