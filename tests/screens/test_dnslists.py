"""The DNS lists of the chains: asked of a real name server, shown in the list and in the chains, ended and mended
by keys."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo.nameserver import Nameserver
from mailtui.dns.ask import Names
from mailtui.screens import dnslists
from mailtui.screens.dnslists import DnsListsScreen
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.trydialog import TryDialog
from tests.postfix.conftest import instance_dir
from tests.screens.restricting import Rules, restrictions, tmp_path

__all__ = ["instance_dir", "tmp_path"]

MAIN = """\
smtpd_client_restrictions =
    permit_mynetworks,
    reject_rbl_client good.test=127.0.0.[2..11],
    reject_rbl_client all.test,
    reject_rbl_client shut.test,
    reject_rbl_client dead.test
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
    reject_rbl_client bl.sorbs.net,
    # asked once more
    reject_rbl_client good.test=127.0.0.[2..11],
    reject_rbl_client zen.spamhaus.org,
    reject_rhsbl_sender names.test
"""
MASTER = "smtp inet n - n - - smtpd\n"
ZONES = """\
good.test NS ns.test.
2.0.0.127.good.test A 127.0.0.2
7.113.0.203.good.test A 127.0.0.4
7.113.0.203.good.test TXT "seen sending rubbish"
8.113.0.203.good.test A 127.0.1.9
all.test NS ns.test.
2.0.0.127.all.test A 127.0.0.2
1.0.0.127.all.test A 127.0.0.2
7.113.0.203.all.test A 127.0.0.2
shut.test NS ns.test.
2.0.0.127.shut.test A 127.255.255.254
7.113.0.203.shut.test A 127.255.255.254
dead.test NS ns.test.
zen.spamhaus.org NS ns.test.
2.0.0.127.zen.spamhaus.org A 127.0.0.2
names.test NS ns.test.
test.names.test A 127.0.1.2
bad.example.names.test A 127.0.1.2
"""


@pytest.fixture
def etc(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The chains, and a name server of this test that knows their lists."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    zones = tmp_path / "zones"
    zones.write_text(ZONES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Nameserver(zones, port=port) as server:
        monkeypatch.setattr(
            dnslists, "new_names", lambda: Names(timeout=3, nameservers=[server.address], port=server.port)
        )
        monkeypatch.setattr(dnslists, "resolvers", lambda: ["127.0.0.1"])
        yield instance_dir(MAIN, master=MASTER)


def view(up: Rules) -> DnsListsScreen:
    found = up.app.screen
    assert isinstance(found, DnsListsScreen), found
    return found


async def answered(up: Rules) -> DnsListsScreen:
    """Wait until every list has answered."""
    await up.until(lambda: isinstance(up.app.screen, DnsListsScreen) and up.app.screen.listing is not None)
    await up.until(lambda: not view(up).asking)
    return view(up)


async def test_every_list_says_how_it_is(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.press("D")
        await answered(up)
        await up.shows("7 lists", "through 127.0.0.1")
        for zone, marker, state in (
            ("good.test", " ", "alive"), ("all.test", "!", "lists all"), ("shut.test", "!", "refused"),
            ("dead.test", "?", "dead"), ("bl.sorbs.net", "!", "closed"), ("names.test", " ", "alive"),
        ):  # fmt: skip
            line = up.line_with(f"   {zone}") if marker == " " else up.line_with(f" {marker} {zone}")
            assert state in line, line
            assert " ms" in line
        assert "2x client, recipient" in up.line_with("   good.test")


async def test_enter_on_a_rule_leads_to_its_list_and_back(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.on("reject_rbl_client shut.test")
        assert up.line_with("shut.test").endswith("DNS")
        await up.press("enter")
        screen = await answered(up)
        assert screen.lines.key == ("shut.test", "addresses")
        await up.shows(
            "refuses the question (127.255.255.254)", "without an answer filter the rule takes it for a hit",
            "none: every answer of shut.test counts, an error too", "smtpd_client_restrictions, line 5",
        )  # fmt: skip
        await up.press("escape")
        await up.until(lambda: up.app.screen is not screen)
        assert "refused" in up.line_with("shut.test")
        assert up.line_with("shut.test").startswith(" ! ")
        assert up.line_with("rbl_client dead.test").startswith(" ? ")
        assert "alive" in up.line_with("good.test")
        await up.shows("!        shut.test refuses the question")


async def test_what_is_known_of_a_list(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.press("D")
        await answered(up)
        await up.at(("good.test=127.0.0.[2..11]", "addresses"))
        await up.shows(
            "only the answers 127.0.0.2 to 127.0.0.11 count", "2 rules ask the same", "costs one question",
        )  # fmt: skip
        await up.at(("zen.spamhaus.org", "addresses"))
        await up.shows(
            "127.255.255.254", "use a name server of your own", "127.0.0.4        XBL: a machine that is taken over (CBL): counts",
            "write zen.spamhaus.org=127.0.0.[2..11]",
        )  # fmt: skip
        await up.at(("bl.sorbs.net", "addresses"))
        await up.shows("known to be closed by mailtui's data of")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("asked    through 127.0.0.1")


async def test_an_address_is_looked_up_in_all_of_them(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.press("D")
        await answered(up)
        await up.press("t")
        await up.until(lambda: isinstance(up.app.screen, TryDialog))
        await up.type("203.0.113.7")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows(
            "203.0.113.7 is in 2 of 6 lists; 1 gave no answer", "! good.test=127.0.0.[2..11]",
            "listed, 127.0.0.4: listed", "its words: seen sending rubbish",
            "? shut.test", "that says nothing of the address", "1 more: they hold the other kind",
        )  # fmt: skip
        await up.press("q", "t")
        await up.until(lambda: isinstance(up.app.screen, TryDialog))
        await up.type("203.0.113.8")
        await up.press("enter")
        await up.shows("the filter of the rule takes none of them", "is in 0 of 6 lists")
        await up.press("q", "t")
        await up.until(lambda: isinstance(up.app.screen, TryDialog))
        await up.type("someone@bad.example")
        await up.press("enter")
        await up.shows("is in 1 of 1 list", "! names.test")
        await up.press("q", "t")
        await up.until(lambda: isinstance(up.app.screen, TryDialog))
        await up.type("no such thing")
        await up.press("enter")
        await up.shows("is no address and no domain")


async def test_a_fix_is_staged_in_every_rule(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.press("D")
        await answered(up)
        await up.at(("zen.spamhaus.org", "addresses"))
        await up.press("f")
        await up.shows("write zen.spamhaus.org=127.0.0.[2..11]")
        await up.press("1")
        await up.until(up.laid(1))
        assert "zen.spamhaus.org=127.0.0.[2..11],\n" in up.written("main.cf")
        await answered(up)
        await up.at(("dead.test", "addresses"))
        await up.press("f")
        await up.shows("take the rule out", "switch it off")
        await up.press("1")
        await up.until(up.laid(2))
        assert "dead.test" not in up.written("main.cf")
        await up.at(("good.test=127.0.0.[2..11]", "addresses"))
        await up.press("f")
        await up.shows("Nothing is wrong with this list")


async def test_the_asking_ends_at_once(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        monkeypatch.setattr(
            dnslists, "new_names", lambda: Names(timeout=3, nameservers=["127.0.0.1"], port=port)
        )
        async with restrictions(etc) as up:
            await up.press("D")
            await up.shows("asking 7…  Esc ends it", "asking…")
            screen = view(up)
            await up.press("escape")
            await up.shows("what has answered stands", "not asked")
            assert not screen.asking
            await up.press("r")
            await up.shows("asking 7…")
            await up.until(lambda: not screen.asking)
            await up.shows("cannot be asked: no answer in time", "unknown")
            await up.press("escape")
            await up.until(lambda: up.app.screen is not screen)


async def test_a_public_resolver_is_a_trap(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dnslists, "resolvers", lambda: ["8.8.8.8"])
    async with restrictions(etc) as up:
        await up.press("D")
        await answered(up)
        await up.shows("through 8.8.8.8 (Google), a public resolver: Spamhaus and others refuse it")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_it_fits(etc: Path, size: tuple[int, int]) -> None:
    async with restrictions(etc, size=size, plan=Plan(ascii_only=True) if size[0] == 60 else None) as up:
        await up.press("D")
        await answered(up)
        await up.shows("good.test", "alive", "ask again")
        assert all(len(line) <= size[0] for line in up.text.splitlines())


async def test_t_on_a_rule_asks_for_an_address_at_once(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.on("reject_rbl_client all.test")
        await up.press("t")
        await up.until(lambda: isinstance(up.app.screen, TryDialog))
        await up.shows("Try on the DNS lists", "asked now.")
        await up.until(lambda: isinstance(up.app.screen_stack[-2], DnsListsScreen))
        await up.type("203.0.113.7")
        await up.press("enter")
        await up.shows("! all.test")
