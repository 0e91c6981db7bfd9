"""Access tables opened from a rule: every key of the list, the form with its actions, and trying."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.screens.access import AccessScreen, open_access_table
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.patterntable import PatternTableScreen
from tests.postfix.conftest import MASTER, instance_dir
from tests.screens.aliasing import Console, console, tmp_path

__all__ = ["instance_dir", "tmp_path"]

SMTPD = "smtp inet n - n - - smtpd\n"
MAIN = """\
myorigin = falcot.com
recipient_delimiter = +
parent_domain_matches_subdomains = smtpd_access_maps
smtpd_restriction_classes = greylisting
greylisting = check_policy_service inet:127.0.0.1:10023
smtpd_client_restrictions = check_client_access hash:{R}/clients, check_client_access cidr:{R}/nets
smtpd_sender_restrictions = check_sender_access hash:{R}/senders
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""
FILES = {
    "clients": "# sends us dictionaries\nspam.example   REJECT no dictionaries\n192.0.2.1  OK\n"
    "198.51.100.0/24 REJECT\n#203.0.113  REJECT\nshop.example  DUNNO\n192.0.2.1 REJECT\n10.1 greylistng\n"
    "# 2026-11-22 laure: by mistake\n192.0.2.9  REJECT\n",
    "senders": "@bad.example REJECT\n<> DUNNO\nok@far.example 550\nnews@  greylisting\n",
    "nets": "# ours\n192.0.2.0/24  OK\n192.0.2.128/25 REJECT hidden\nif 10.0.0.0/8\n10.1.0.0/16 DUNNO\nendif\n"
    "203.0.113.9/24 REJECT\n::/0 WARN six\n",
    "names": "/\\.dyn\\./  REJECT dynamic\n/^mail/i DUNNO\nif /example$/\n/^x/ greylisting\nendif\n",
}


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    made: Path = instance_dir(
        MAIN.replace("{R}", str(tmp_path / "etc1")), master=MASTER + SMTPD, files=FILES,
        postmap=["hash:clients", "hash:senders"],
    )  # fmt: skip
    return made


@asynccontextmanager
async def opened(
    folder: Path, check: str, table: str, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Console]:
    """The console with a table open over the list of rules."""
    async with console(folder, start="restrictions", size=size) as up:
        kind, _, name = table.partition(":")
        below = up.app.screen
        assert isinstance(below, ConsoleScreen)
        open_access_table(below, check, f"{kind}:{folder}/{name}", service="smtp/inet")
        await up.pilot.pause()
        wanted = AccessScreen if kind == "hash" else PatternTableScreen
        await up.until(lambda: isinstance(up.app.screen, wanted))
        if isinstance(up.app.screen, AccessScreen):
            await up.until(lambda: up.screen.aliases is not None)
        else:
            await up.until(lambda: up.app.screen.listing is not None)  # type: ignore[attr-defined]  # a list screen
        await up.pilot.pause()
        yield up


def staged(up: Console, name: str) -> bytes:
    """A file as the draft makes it."""
    session = up.app.session
    return Candidate(session.instance.files, session.draft.edits).raw(f"{up.folder}/{name}")


async def test_keys_actions_and_notes(folder: Path) -> None:
    async with opened(folder, "check_client_access", "hash:clients") as up:
        await up.shows("KEY", "ACTION", "NOTE", "sends us dictionaries", "no dictionaries", "network")
        await up.go_to("198.51.100.0/24")
        await up.shows("networks are written 198.51.100 here")
        await up.go_to("shop.example")
        await up.shows("hides the addresses of this table")
        await up.go_to("10.1")
        await up.shows("greylisting is near")
        await up.until(lambda: up.screen.row is not None and up.screen.rows.cells(5).marker == "=")


async def test_an_entry_is_made_by_keys(folder: Path) -> None:
    async with opened(folder, "check_client_access", "hash:clients") as up:
        await up.press("n")
        await up.type("198.51.100.0/24")
        await up.shows("networks are written 198.51.100 here")
        await up.press("ctrl+u")
        await up.type("198.51.100")
        await up.press("enter")
        await up.type("gre")
        await up.shows("greylisting: Goes through the restriction class")
        await up.press("right", "enter")
        await up.until(up.staged(1))
        assert b"198.51.100" in staged(up, "clients")
        assert staged(up, "clients").rstrip().endswith(b"greylisting")


async def test_all_actions_are_offered(folder: Path) -> None:
    async with opened(folder, "check_sender_access", "hash:senders") as up:
        await up.press("n")
        await up.type("a@far.example")
        await up.press("enter", "ctrl+o")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("REJECT", "DUNNO", "No opinion")
        await up.press("3")
        await up.until(lambda: isinstance(up.app.screen, AccessScreen))
        await up.press("enter")
        await up.until(up.staged(1))
        assert b"a@far.example DUNNO" in staged(up, "senders")


async def test_what_cannot_work_is_said_first(folder: Path) -> None:
    async with opened(folder, "check_sender_access", "hash:senders") as up:
        await up.go_to("@bad.example")
        await up.shows("@domain is how virtual(5) has it")
        await up.go_to("ok@far.example")
        await up.shows("550 alone permits")
        await up.press("n")
        await up.type("b@far.example")
        await up.press("enter")
        await up.type("REJEKT now")
        await up.press("enter")
        await up.shows("451", "Enter again stages it all the same")
        await up.press("escape")


async def test_off_delete_and_try(folder: Path) -> None:
    async with opened(folder, "check_client_access", "hash:clients") as up:
        await up.go_to("spam.example")
        await up.press("number_sign")
        await up.until(up.staged(1))
        assert b"#spam.example" in staged(up, "clients")
        await up.press("d")
        await up.until(up.staged(1))
        await up.go_to("shop.example")
        await up.press("t")
        await up.pilot.pause()
        await up.shows("Try on check_client_access")
        await up.press("ctrl+u")
        await up.type("mail.shop.example 192.0.2.1")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("mail.shop.example", "shop.example", "→ DUNNO", "no opinion")


async def test_a_blocked_entry_goes_with_its_remark(folder: Path) -> None:
    async with opened(folder, "check_client_access", "hash:clients") as up:
        await up.go_to("192.0.2.9")
        await up.press("d")
        await up.until(up.staged(2))
        assert len(up.app.session.draft.groups) == 1
        assert b"192.0.2.9" not in staged(up, "clients")
        assert b"laure" not in staged(up, "clients")
        assert b"# sends us dictionaries" in staged(up, "clients")


async def test_networks_in_their_order(folder: Path) -> None:
    async with opened(folder, "check_client_access", "cidr:nets") as up:
        screen = up.app.screen
        assert isinstance(screen, PatternTableScreen)
        await up.shows("192.0.2.128/25", "if 10.0.0.0/8", "203.0.113.9/24")
        screen.lines.move_to(1)
        await up.shows("is never found: line 2 comes first")
        screen.lines.move_to(5)
        await up.shows("write 203.0.113.0/24")
        screen.lines.move_to(1)
        await up.press("K")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.until(
            lambda: staged(up, "nets").index(b".128/25") < staged(up, "nets").index(b"192.0.2.0/24")
        )
        await up.press("u")
        await up.until(lambda: len(up.app.session.draft) == 0)
        await up.press("n")
        await up.type("198.51.100.7/24")
        await up.shows("write 198.51.100.0/24")
        await up.press("ctrl+u")
        await up.type("198.51.100.0/24")
        await up.press("enter")
        await up.type("REJECT out")
        await up.press("enter", "enter")
        await up.until(lambda: len(up.app.session.draft) == 1)
        assert b"198.51.100.0/24 REJECT out\n" in staged(up, "nets")
        await up.press("t")
        await up.shows("Try on")
        await up.type("198.51.100.9")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("REJECT out", "refused: 554")


async def test_a_network_is_edited_switched_and_removed(folder: Path) -> None:
    async with opened(folder, "check_client_access", "cidr:nets") as up:
        screen = up.app.screen
        assert isinstance(screen, PatternTableScreen)
        screen.lines.move_to(0)
        await up.press("number_sign")
        await up.until(lambda: len(up.app.session.draft) == 1)
        assert b"#192.0.2.0/24  OK" in staged(up, "nets")
        screen.lines.move_to(2)
        await up.press("d")
        await up.until(lambda: len(up.app.session.draft) == 2)
        assert b"10.0.0.0/8" not in staged(up, "nets")
        await up.until(lambda: screen.listing is not None and len(screen.listing) > 4)
        screen.lines.move_to(1)
        await up.press("enter")
        await up.shows("edit 192.0.2.128/25")
        await up.press("ctrl+u")
        await up.type("HOLD")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) == 3)
        assert b"192.0.2.128/25 HOLD\n" in staged(up, "nets")


async def test_patterns_in_their_order(folder: Path) -> None:
    async with opened(folder, "check_client_access", "regexp:names") as up:
        screen = up.app.screen
        assert isinstance(screen, PatternTableScreen)
        await up.shows("/^mail/i", "  /^x/", "greylisting")
        await up.press("J")
        await up.until(lambda: len(up.app.session.draft) == 1)
        assert staged(up, "names").startswith(b"/^mail/i DUNNO\n/\\.dyn\\./  REJECT dynamic\n")
        await up.press("t")
        await up.shows("Try on")
        await up.type("x.dyn.example 192.0.2.1")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("x.dyn.example", "REJECT dynamic", "refused: 554")
        await up.press("q")
        await up.until(lambda: up.app.screen is screen)
        await up.press("n")
        await up.type("/[/")
        await up.press("enter")
        await up.type("REJEKT")
        await up.shows("REJECT is near")
        await up.press("escape")


async def test_a_table_in_the_rule_is_shown(folder: Path) -> None:
    async with console(folder, start="restrictions", size=(100, 30)) as up:
        below = up.app.screen
        assert isinstance(below, ConsoleScreen)
        open_access_table(below, "check_client_access", "inline:{{192.0.2.1=OK}}", service="smtp/inet")
        await up.until(lambda: isinstance(up.app.screen, AccessScreen))
        await up.shows("inline:{{192.0.2.1=OK}}", "Restrictions changes the rule")
        await up.press("n")
        await up.shows("can be edited here")
        await up.press("t")
        await up.shows("Try on")
        await up.type("192.0.2.1")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("→ OK", "permitted by this list")
