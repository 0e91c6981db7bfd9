"""Values of parameters as they are typed: choices, lists item by item, texts; refused where Postfix would stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.parts.form import ListField
from mailtui.screens.parts.formview import FormLines
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import MASTER, instance_dir
from tests.screens.aliasing import tmp_path
from tests.screens.listing import lists
from tests.screens.parametering import MAIN, accepted, folder

__all__ = ["folder", "instance_dir", "tmp_path"]


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


async def test_items_are_moved(folder: Path) -> None:
    async with lists(folder, "parameters", size=(80, 40)) as up:
        await up.at("mydestination")
        await up.press("enter")
        await up.shows("Ctrl+T and Ctrl+N move an item")
        await up.press("ctrl+t")
        assert up.field.value == "", "the empty line stays the last"
        await up.press("up", "ctrl+t", "ctrl+up", "ctrl+t", "ctrl+t")
        assert up.field.value == "localhost", "the cursor goes with it, and no further than the top"
        await up.press("ctrl+n", "up", "ctrl+down")
        assert up.field.value == "$myhostname"
        await up.press("down", "down", "down", "enter")
        await up.until(up.laid(1))
        assert "    # the brand\n" in up.written("main.cf")
        assert accepted(up, "mydestination").replace(",", " ").split() == [
            "localhost", "$myhostname", "localhost.$mydomain", "falcot.com"
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
