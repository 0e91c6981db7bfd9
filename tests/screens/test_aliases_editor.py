"""The alias editor: fields, proposals, warnings, completion, and the guard of Escape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events

from mailtui.screens.parts.aliaseditor import AliasLines
from mailtui.screens.parts.aliasform import Form
from mailtui.screens.parts.dialogs import StageOrDiscard
from mailtui.screens.parts.linefield import LineField
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import ALIASES, Console, console, shop, tmp_path

__all__ = ["instance_dir", "tmp_path"]


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return shop(instance_dir, tmp_path)


def field_of(up: Console) -> LineField:
    found = up.app.focused
    assert isinstance(found, LineField)
    return found


def view_of(up: Console) -> AliasLines:
    return up.screen.query_one(AliasLines)


async def test_a_new_virtual_alias(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n")
        await up.shows("new alias", "the address decides")
        await up.type("presse@falcotsbrand.com")
        await up.shows("falcotsbrand.com is a virtual alias domain", f"hash:{folder}/virtual")
        await up.press("enter")
        await up.type("jean")
        await up.press("enter")
        await up.type("laure@falcot.com")
        await up.press("enter", "enter")
        await up.until(up.staged(1))
        assert up.said == ["+ virtual presse@falcotsbrand.com → jean, laure@falcot.com"]
        await up.shows("staged + virtual presse@falcotsbrand.com", "+ presse@falcotsbrand.com")
        assert up.here == "presse@falcotsbrand.com"
        assert up.app.focused is up.screen.lines
        await up.press("d")
        await up.until(up.staged(0))
        await up.shows("Taken back: presse@falcotsbrand.com")
        assert "presse" not in up.text.replace("Taken back: presse", "")


async def test_a_local_alias_is_kept_without_its_domain(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n")
        await up.type("presse@falcot.com")
        await up.shows("falcot.com is local", "kept there as presse", f"hash:{folder}/aliases")
        await up.press("enter")
        await up.type("jean")
        await up.press("enter", "enter")
        await up.until(up.staged(1))
        assert up.said == ["+ alias presse → jean"]


async def test_the_table_is_right_however_fast_one_types(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n", *"presse", "enter", *"jean", "enter", "enter")
        await up.until(up.staged(1))
        assert up.said == ["+ alias presse → jean"]


async def test_keys_typed_ahead_are_text_and_no_commands(folder: Path) -> None:
    """All at once, as a slow line delivers them: `d` and `#` must not act on the list."""
    async with console(folder) as up:
        for key in ("n", *"dd", "enter", *"jean", "enter", "enter"):
            up.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await up.until(up.staged(1))
        assert up.said == ["+ alias dd → jean"]
        for key in ("enter", *"nobody", "enter", "enter", "d"):
            up.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await up.until(lambda: up.said == ["+ alias dd → jean, nobody"] or not up.said)
        await up.until(lambda: not up.said)


async def test_another_table_by_hand(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n")
        await up.type("presse@falcot.com")
        await up.shows("kept there as presse")
        await up.press("up")
        await up.shows("Left/Right choose")
        await up.press("right")
        await up.shows(f"table    hash:{folder}/virtual")
        await up.press("z", "backspace")
        assert field_of(up).value == f"hash:{folder}/virtual"
        await up.press("down", "down")
        await up.type("jean")
        await up.press("enter", "enter")
        await up.until(up.staged(1))
        assert up.said == ["+ virtual presse@falcot.com → jean"]


async def test_edit_adds_changes_and_drops_destinations(folder: Path) -> None:
    async with console(folder) as up:
        await up.go_to("contact@falcotsbrand.com")
        await up.press("enter")
        await up.shows("edit contact@falcotsbrand.com")
        await up.press("up")
        assert field_of(up).value == "sophie@falcot.com"
        await up.press("ctrl+u", "up")
        assert field_of(up).value == "laure@falcot.com"
        await up.press("down")
        await up.type("jean, nobody")
        await up.press("enter")
        assert view_of(up).form.items == ("laure@falcot.com", "jean", "nobody")
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["~ virtual contact@falcotsbrand.com → laure@falcot.com, jean, nobody"]
        await up.shows("before", "now", "~ contact@falcotsbrand.com")


async def test_a_renamed_alias_keeps_its_row(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("enter", "up", "up", *["backspace"] * 30)
        await up.type("www@falcotsbrand.com")
        await up.press("down", "down", "enter")
        await up.until(up.staged(1))
        assert up.said == ["~ virtual webmaster@falcotsbrand.com is called www@falcotsbrand.com"]
        await up.shows("~ www@falcotsbrand.com", "renamed", "from webmaster@falcotsbrand.com")
        assert up.screen.lines.cursor == 0


async def test_a_staged_new_alias_can_be_edited_again(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n", *"presse", "enter", *"jean", "enter", "enter")
        await up.until(up.staged(1))
        await up.press("enter", "up", "up", "s", "down", "down", *"laure", "enter", "enter")
        await up.until(lambda: up.said == ["+ alias presses → jean, laure"])
        await up.until(up.staged(1))
        assert up.here == "presses"


async def test_enter_without_a_change_stages_nothing(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("enter")
        await up.shows("edit webmaster@falcotsbrand.com")
        await up.press("enter")
        await up.until(lambda: up.screen.editor is None)
        assert not up.said


async def test_escape_asks_before_it_drops_what_was_typed(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("enter", "escape")
        await up.until(lambda: up.screen.editor is None)
        await up.press("enter", *"laure", "escape")
        await up.until(lambda: isinstance(up.app.screen, StageOrDiscard))
        await up.press("escape")
        await up.until(lambda: not isinstance(up.app.screen, StageOrDiscard))
        assert field_of(up).value == "laure"
        await up.press("escape", "d")
        await up.until(lambda: up.screen.editor is None)
        assert not up.said
        await up.press("enter", *"laure", "escape", "enter")
        await up.until(up.staged(1))
        assert up.said == ["~ virtual webmaster@falcotsbrand.com → jean@falcot.com, laure"]
        assert up.screen.lines.cursor == 0
        await up.press("j")  # the list has the keys again
        await up.until(lambda: up.screen.lines.cursor == 1)


@pytest.mark.parametrize(
    ("address", "destination", "warning"),
    [
        ("webmaster@falcotsbrand.com", "jean", "exists already"),
        ("a b@falcotsbrand.com", "jean", "! "),
        ("x@nowhere.example", "jean", "nowhere.example is not hosted here"),
        ("new@falcotsbrand.com", "gone@falcotsbrand.com", ""),
        ("new@falcotsbrand.com", "unknown-name@falcot.com", "no such local user"),
        ("new@falcotsbrand.com", "new@falcotsbrand.com", ""),
        ("new@falcotsbrand.com", "|/bin/x", "works only in alias_maps"),
        ("pong@falcot.org", "ping@falcotsbrand.com", "loop"),
        ("root", "jean", "exists already"),
        ("daemon", "jean", "takes the mail of the local user daemon"),
    ],
)
async def test_warnings_while_typing(folder: Path, address: str, destination: str, warning: str) -> None:
    async with console(folder, size=(100, 40)) as up:
        await up.press("n")
        await up.type(address)
        await up.press("enter")
        await up.type(destination)
        if warning:
            await up.shows(warning)
        else:
            await up.shows("virtual alias domain")
            assert "! " not in up.text


async def test_what_would_bounce_is_asked_about_and_what_was_there_is_not(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n", *"info@falcotsbrand.com", "enter", *"/dev/null", "enter", "enter")
        await up.shows("/dev/null: bounces: works only in alias_maps", "? /dev/null", "Enter again stages")
        assert up.said == []
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["+ virtual info@falcotsbrand.com → /dev/null"]
        await up.press("enter", *"jean", "enter", "enter")  # what stands there is the admin's own
        await up.until(lambda: up.said == ["+ virtual info@falcotsbrand.com → /dev/null, jean"])


async def test_what_exists_cannot_be_staged_twice(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n", *"root", "enter", *"jean", "enter", "enter")
        await up.shows("exists on the disk already: nobody")
        assert not up.said
        assert up.screen.editor is not None


async def test_without_a_destination_it_says_so(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n", *"presse", "enter", "enter")
        await up.shows("An alias needs a destination")
        assert up.screen.editor is not None
        await up.press(*"jean", "enter", "enter")
        await up.until(up.staged(1))


async def test_completion_by_the_right_arrow(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("enter")
        await up.type("sophie@fa")
        await up.shows("sophie@falcot.com")
        await up.until(lambda: field_of(up)._suggestion.startswith("sophie@falcot"))
        await up.press("right")
        await up.until(
            lambda: field_of(up).value == field_of(up)._shown or "sophie@falcot" in field_of(up).value
        )
        assert field_of(up).value in {"sophie@falcot.com", "sophie@falcot.org"}


async def test_printable_keys_are_text_and_the_footer_is_the_fields(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("n", "q", "1", "d", "question_mark", "number_sign")
        assert field_of(up).value == "q1d?#"
        footer = up.text.splitlines()[-1]
        assert "Esc close" in footer
        assert "quit" not in footer


async def test_many_destinations_are_all_reachable(instance_dir: Any, tmp_path: Path) -> None:
    names = [f"user{n:03}@falcot.com" for n in range(300)]
    folder = shop(instance_dir, tmp_path, aliases=ALIASES + f"all: {', '.join(names)}\n")
    async with console(folder) as up:
        await up.go_to("all")
        await up.press("enter")
        await up.shows("edit all")
        view = view_of(up)
        assert len(list(view.children)) == 2, "a widget for each destination"
        for key, place in (("up", 299), ("up", 298)):
            await up.press(key)
            assert field_of(up).value == names[place]
            assert field_of(up).region.y in range(view.region.y, view.region.bottom)
        view.go(0)
        await up.shows("more lines", "goes to  user000")
        for place in range(40):
            await up.press("down")
            assert field_of(up).value == names[place]
            assert field_of(up).region.y in range(view.region.y, view.region.bottom), place
        await up.shows(names[39], names[38])
        await up.press("x", "up")
        await up.press("escape", "enter")
        await up.until(up.staged(1))
        (edit,) = up.app.session.draft.edits
        assert edit.value == (*names[:39], "user039@falcot.comx", *names[40:])  # type: ignore[attr-defined]  # SetEntry


async def test_a_change_on_the_disk_while_editing_is_noticed(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("enter", *"laure")
        table = folder / "virtual"
        table.write_text(table.read_text().replace("jean@falcot.com", "sophie@falcot.com", 1))
        await up.until(lambda: "sophie" in up.line_with("   webmaster@falcotsbrand.com"))
        assert field_of(up).value == "laure"
        await up.press("enter", "enter")
        await up.shows("changed on the disk meanwhile")
        assert not up.said


def test_a_destination_that_is_left_empty_goes() -> None:
    form = Form((), destinations=["a", "", "b", ""])
    assert form.tidy(1) == -1
    assert form.destinations == ["a", "b", ""]
    assert form.items == ("a", "b")


def test_a_pasted_list_becomes_lines_and_a_command_stays_one() -> None:
    form = Form((), destinations=["a, b, c", '"|cmd x, y"', ""])
    assert form.tidy(0) == 2
    assert form.tidy(3) == 0
    assert form.items == ("a", "b", "c", '"|cmd x, y"')


async def test_pasted_lines_are_destinations(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("enter")
        up.app.post_message(events.Paste("laure\nsophie, nobody\n"))
        await up.until(lambda: "sophie" in up.text)
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["~ virtual webmaster@falcotsbrand.com → jean@falcot.com, laure, sophie, nobody"]


async def test_a_line_can_be_put_between_two(folder: Path) -> None:
    async with console(folder) as up:
        await up.go_to("contact@falcotsbrand.com")
        await up.press("enter", "up", "ctrl+o", *"jean", "down", "down", "enter")
        await up.until(up.staged(1))
        assert up.said == ["~ virtual contact@falcotsbrand.com → laure@falcot.com, jean, sophie@falcot.com"]
