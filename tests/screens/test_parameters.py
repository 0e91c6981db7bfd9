"""The Parameters screen: what it tells, what its keys stage, and what would be written."""

from __future__ import annotations

from pathlib import Path

from mailtui.screens.parts.dialogs import StageOrDiscard, TextView
from tests.postfix.conftest import instance_dir, postconf
from tests.screens.aliasing import tmp_path
from tests.screens.listing import lists
from tests.screens.parametering import accepted, folder

__all__ = ["folder", "instance_dir", "tmp_path"]


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
        await up.shows("smtpd_banner", "From postconf(5):", "The text that follows the 220 status code")
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


async def test_a_main_cf_that_postfix_dies_of_is_said(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        (folder / "main.cf").unlink()
        await up.press("r")
        await up.shows("main.cf: does not exist")
        await up.press("enter")
        await up.pilot.pause()
        assert up.app.is_running


async def test_what_was_staged_and_changed_on_the_disk_is_marked(folder: Path) -> None:
    async with lists(folder, "parameters") as up:
        await up.at("delay_warning_time")
        await up.press("enter", "ctrl+u", *"2h", "enter")
        await up.until(up.laid(1))
        main = folder / "main.cf"
        main.write_text(main.read_text().replace("= 4h", "= 6h"))
        await up.shows("* delay_warning_time", "staged   changed on the disk meanwhile: 6h")
