"""The Aliases screen's further lists: Tab, and every key on the tables that rewrite and route mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.postfix.mapkinds import MAP_KINDS
from mailtui.screens.parts.dialogs import TextView
from tests.postfix.conftest import MASTER, instance_dir
from tests.screens.aliasing import Console, console, tmp_path

__all__ = ["instance_dir", "tmp_path"]

MAIN = """\
recipient_delimiter = +
myorigin = falcot.com
relay_domains = relay.example
virtual_alias_maps = hash:{R}/virtual
"""
AGENTS = """\
error     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
"""
TABLES = {
    "virtual": "info@falcot.com nobody@falcot.com\n",
    "canonical_maps": "old@falcot.com   nobody@falcot.com\n@old.example  @falcot.com\n",
    "sender_canonical_maps": "jean  Jean.D@falcot.com\n",
    "recipient_canonical_maps": "",
    "transport_maps": (
        "# routes\nslow.example  smtp:[gate.example]:2525\n#off.example  smtp:\n"
        ".sub.example   error:5.1.1 gone, for good: sorry\nbad.example  [gate.example]\n*   :\n"
    ),
    "relocated_maps": "gone@falcot.com  /dev/null, room 3\n",
    "relay_recipient_maps": "known@relay.example OK\n",
    "smtp_generic_maps": "jean@falcot.com jean@isp.example\n",
    "sender_bcc_maps": "jean@falcot.com nobody@falcot.com\n",
    "recipient_bcc_maps": "nobody@falcot.com archive@far.example\n",
}


def make(instance_dir: Any, tmp_path: Path, *parameters: str, second: str = "") -> Path:
    folder = tmp_path / "etc1"
    lines = "".join(
        f"{name} = hash:{{R}}/{name}{', hash:{R}/' + second if second else ''}\n" for name in parameters
    )
    files = dict(TABLES) | ({second: "two.example smtp:\n"} if second else {})
    made: Path = instance_dir(
        (MAIN + lines).replace("{R}", str(folder)), master=MASTER + AGENTS, files=files,
        postmap=[f"hash:{name}" for name in files],
    )  # fmt: skip
    return made


async def to(up: Console, parameter: str) -> None:
    """Tab until the list of a parameter is shown."""
    for _ in range(len(MAP_KINDS) + 1):
        if up.screen.view == parameter:
            break
        await up.press("tab")
    assert up.screen.view == parameter
    await up.until(lambda: up.screen.aliases is not None)
    await up.pilot.pause()


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return make(instance_dir, tmp_path, *MAP_KINDS)


async def test_each_table_in_use_is_a_list_of_its_own(folder: Path) -> None:
    async with console(folder, size=(110, 30)) as up:
        await up.shows("ADDRESS", "GOES TO", "info@falcot.com", "alias", f"1/{len(MAP_KINDS) + 1} (Tab)")
        for place, (name, kind) in enumerate(MAP_KINDS.items(), 2):
            await to(up, name)
            await up.shows(kind.key_title, kind.value_title, f"{name} {place}/{len(MAP_KINDS) + 1}")
            rows = up.screen.aliases
            assert rows is not None
            assert {row.table.name for row in rows.rows()} <= {name}
        await up.press("tab")
        await up.shows("GOES TO", "info@falcot.com")
        await up.press("shift+tab")
        await up.shows("recipient_bcc_maps", "COPY TO", "archive@far.example")


async def test_only_what_the_instance_uses(instance_dir: Any, tmp_path: Path) -> None:
    async with console(make(instance_dir, tmp_path, "transport_maps"), size=(100, 30)) as up:
        await up.shows("1 alias  1/2 (Tab)")
        await up.press("tab")
        await up.shows(
            "ADDRESS OR DOMAIN", "TRANSPORT:NEXTHOP", "slow.example", "error:5.1.1 gone, for good: sorry"
        )
        assert up.line_with("# off.example")
        assert up.line_with("? bad.example")
        assert "everything" in up.line_with("  * ")
        await up.press("tab")
        await up.shows("info@falcot.com")


async def test_without_such_tables_tab_is_no_key(instance_dir: Any, tmp_path: Path) -> None:
    async with console(make(instance_dir, tmp_path)) as up:
        await up.shows("info@falcot.com")
        assert "Tab" not in up.text
        await up.press("tab")
        assert up.screen.view == ""


async def test_the_detail_says_what_an_entry_does(folder: Path) -> None:
    async with console(folder, size=(200, 40)) as up:
        await to(up, "transport_maps")
        await up.shows("goes by", "the host", "port 2525", "asked by", "trivial-rewrite(8)")
        await up.go_to("bad.example")
        await up.shows("write smtp:[gate.example]")
        await to(up, "relocated_maps")
        await up.shows("550 5.1.6", "asked by")
        assert "file" not in up.line_with("gone@falcot.com")
        await to(up, "canonical_maps")
        await up.go_to("@old.example")
        await up.shows("the same name at")


async def test_a_new_route(folder: Path) -> None:
    async with console(folder, size=(200, 40)) as up:
        await to(up, "transport_maps")
        await up.press("n")
        await up.shows("new entry in transport_maps", "* (everything)", "smtp:[host]:port")
        await up.type("new.example")
        await up.press("enter")
        await up.type("smtp:192.0.2.1")
        await up.shows("an IP address belongs in brackets")
        await up.press(*["backspace"] * len("192.0.2.1"))
        await up.press("left_square_bracket")
        await up.type("192.0.2.1")
        await up.press("right_square_bracket")
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["+ transport_maps new.example → smtp:[192.0.2.1]"]
        assert up.here == "new.example"
        await up.press("d")
        await up.until(up.staged(0))


async def test_what_cannot_work_is_asked_about(folder: Path) -> None:
    async with console(folder, size=(200, 40)) as up:
        await to(up, "transport_maps")
        await up.press("n")
        await up.type("new.example")
        await up.press("enter")
        await up.type("nothere:")
        await up.press("enter")
        await up.shows("master.cf has no transport nothere", "Enter again stages it all the same")
        assert up.said == []
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["+ transport_maps new.example → nothere:"]


async def test_a_value_is_one_text_whatever_is_in_it(folder: Path) -> None:
    """Commas and blanks separate nothing here; edited, renamed, off and on, removed."""
    async with console(folder, size=(200, 40)) as up:
        await to(up, "transport_maps")
        await up.go_to(".sub.example")
        await up.press("enter", *["backspace"] * len("sorry"))
        await up.type("bye, bye")
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["~ transport_maps .sub.example → error:5.1.1 gone, for good: bye, bye"]
        await up.shows("~ .sub.example", "before", "now")
        await up.press("u")
        await up.until(up.staged(0))
        await up.go_to(".sub.example")
        await up.press("number_sign")
        await up.until(up.staged(1))
        assert up.said == ["# transport_maps .sub.example off"]
        await up.press("number_sign")
        await up.until(up.staged(0))
        await up.press("d")
        await up.until(up.staged(1))
        assert up.said == ["- transport_maps .sub.example (was error:5.1.1 gone, for good: sorry)"]
        await up.shows("- .sub.example", "mail to anyone@sub.sub.example")
        await up.press("u")
        await up.until(up.staged(0))
        await up.go_to("off.example")
        await up.press("number_sign")
        await up.until(up.staged(1))
        assert up.said == ["~ transport_maps off.example on again"]


async def test_what_comes_into_the_file(folder: Path) -> None:
    """A new entry, a changed one, one off: nothing else moves, comments and layout stay."""
    async with console(folder, size=(80, 24)) as up:
        await to(up, "transport_maps")
        await up.shows("TRANSPORT:NEXTHOP", "transport_maps 5/10 (Tab)")
        await up.press("n", *"new", "full_stop", *"example", "enter")
        await up.type("error:no, never")
        await up.press("enter")
        await up.until(up.staged(1))
        await up.go_to("slow.example")
        await up.press("number_sign")
        await up.until(up.staged(2))
        session = up.app.session
        after = Candidate(session.instance.files, session.draft.edits)
        text = after.raw(str(folder / "transport_maps")).decode()
        before = TABLES["transport_maps"].replace("slow.example  smtp", "#slow.example  smtp")
        assert text.replace("new.example error:no, never\n", "") == before
        assert "new.example error:no, never\n" in text


async def test_renaming_keeps_the_value(folder: Path) -> None:
    async with console(folder, size=(200, 40)) as up:
        await to(up, "relocated_maps")
        await up.press("enter", "up", "home", "x", "enter", "enter")
        await up.until(up.staged(1))
        assert up.said == ["~ relocated_maps gone@falcot.com is called xgone@falcot.com"]
        await up.shows("renamed", "/dev/null, room 3")


async def test_the_table_is_chosen_by_hand_where_there_are_two(instance_dir: Any, tmp_path: Path) -> None:
    async with console(make(instance_dir, tmp_path, "transport_maps", second="more"), size=(200, 40)) as up:
        await to(up, "transport_maps")
        await up.shows("two.example")
        await up.press("n")
        await up.type("new.example")
        await up.press("enter")
        await up.type("discard:")
        await up.press("down", "right")
        await up.shows("etc1/more")
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["+ more new.example → discard:"]
        await up.shows("thrown away")


async def test_filter_marks_and_problems(folder: Path) -> None:
    async with console(folder, size=(110, 30)) as up:
        await to(up, "transport_maps")
        await up.press("slash")
        await up.type("gate")
        await up.shows("2 of 5 shown")
        await up.press("enter", "tab")
        await up.until(lambda: up.screen.view == "relocated_maps" and up.screen.aliases is not None)
        await up.shows("gone@falcot.com", "1 entry")
        await up.press("shift+tab")
        await up.shows("5 entries")
        await up.press("g", "e")
        await up.until(lambda: up.here == "bad.example")
        await up.press("g", "space", "space", "d")
        await up.until(up.staged(2))
        assert up.here


async def test_x_and_t(folder: Path) -> None:
    async with console(folder, size=(200, 40)) as up:
        await to(up, "transport_maps")
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("Asked by trivial-rewrite(8)", "anyone@slow.example", "Arrives")
        await up.press("q")
        await up.press("t")
        await up.shows("Try on transport_maps")
        await up.press(*["backspace"] * len("slow.example"))
        await up.type("jean@a.sub.example")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("jean@a.sub.example", ".sub.example", "→ error:5.1.1 gone", ".sub.example answers")
        await up.press("q")
        await up.press("t", "escape")
        assert up.app.screen is up.screen


async def test_t_on_aliases(folder: Path) -> None:
    async with console(folder, size=(200, 40)) as up:
        await up.press("t")
        await up.shows("Try on virtual_alias_maps")
        await up.press("enter")
        await up.shows("info@falcot.com answers", "→ nobody@falcot.com")


async def test_a_copy_and_an_address_of_here(folder: Path) -> None:
    """Where no recipient's way shows it, words do."""
    async with console(folder, size=(200, 40)) as up:
        await to(up, "recipient_bcc_maps")
        await up.shows("a copy of new mail to nobody@falcot.com", "nobody sees it")
        await up.press("d")
        await up.shows("no copy of the mail of nobody@falcot.com")
        await to(up, "smtp_generic_maps")
        await up.shows("in envelope and header of", "lmtp_generic_maps")
        await to(up, "sender_canonical_maps")
        await up.press("x")
        await up.shows("Asked by cleanup(8), for senders")


async def test_an_empty_table_takes_its_first_entry(folder: Path) -> None:
    async with console(folder, size=(110, 30)) as up:
        await to(up, "recipient_canonical_maps")
        await up.shows("No entry in recipient_canonical_maps yet; n makes one")
        await up.press("n")
        await up.type("new@falcot.com")
        await up.press("enter")
        await up.type("nobody")
        await up.press("enter")
        await up.until(up.staged(1))
        assert up.said == ["+ recipient_canonical_maps new@falcot.com → nobody"]


async def test_hostile_entries(instance_dir: Any, tmp_path: Path) -> None:
    folder = make(instance_dir, tmp_path, "relocated_maps")
    (folder / "relocated_maps").write_bytes(
        "x@falcot.com \x1b[2J\x07[bold red]there[/] \x9b31m\n\x9b@y z\n".encode()
    )
    async with console(folder, size=(110, 30)) as up:
        await to(up, "relocated_maps")
        await up.shows("[bold red]there[/]")
        await up.press("down", "x")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in up.text.replace("\n", ""))
