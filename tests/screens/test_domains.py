"""The Domains screen: its list, what it says of a domain, DNS, and what is hostile or large."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mailtui.screens.domains import DomainsScreen
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.domainview import AddressDialog, DomainView
from tests.postfix.conftest import instance_dir
from tests.screens.domaining import MAIN, Asked, asked, domains, falcot, tmp_path

__all__ = ["asked", "instance_dir", "tmp_path"]


@pytest.fixture
def folder(
    instance_dir: Any, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> Path:  # no network
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return falcot(instance_dir, tmp_path)


# The list


async def test_every_list_file_and_table(folder: Path) -> None:
    async with domains(folder) as up:
        assert up.shown[:3] == ["mail.falcot.com", "falcot.com", "localhost"]
        assert {"falcotsbrand.com", "falcot.org", "partner.example", "nowhere.example"} <= set(up.shown)
        assert up.line_with(" falcot.org ").split()[:4] == [
            "falcot.org",
            "virtual-mailbox",
            "boxdomains:1",
            "1",
        ]
        assert "relay:1" in up.line_with(" partner.example ")
        assert up.line_with("? falcotsbrand.com").split()[-1].startswith("sophie@falcot")
        assert up.line_with("? nowhere.example").split()[2] == "none"
        assert up.shown.count("falcotsbrand.com") == 2
        await up.to("falcotsbrand.com", "virtual-mailbox")
        await up.shows("virtual_alias_domains has it too and comes first")


async def test_the_detail_has_addresses_fate_and_findings(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcotsbrand.com", "virtual-alias")
        await up.shows(
            "aliases  2: webmaster, contact", "the rest @falcotsbrand.com → sophie@falcot.com",
            'postmaster: by @falcotsbrand.com, bounces: unknown user: "sophie"', "virtual_mailbox_domains has it too", "main.cf:",
        )  # fmt: skip
        await up.to("falcot.org", "virtual-mailbox")
        await up.shows("boxes    2: jean, laure", "boxdomains:1", "without accounts on this machine")
        await up.to("empty.example", "virtual-alias")
        await up.shows("it has no address yet", "aliases  none")


async def test_filter_problems_and_rows(folder: Path) -> None:
    async with domains(folder) as up:
        await up.press("slash")
        await up.type("virtual-mailbox")
        await up.shows("2 of 9 shown")
        await up.press("escape")
        await up.shows("9 domains")
        await up.press("g", "e")
        assert up.line_with("? falcotsbrand.com")
        assert up.view.lines.key == ("falcotsbrand.com", "virtual-alias")
        await up.press("E")
        await up.shows("No problem above")


async def test_enter_shows_all_there_is(folder: Path, asked: Asked) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("enter")
        await up.shows(
            "Domain falcot.org", "Mailboxes: 2", "jean@falcot.org", "falcot.org/jean/", "vmailbox:1"
        )
        await up.shows(
            "MX", "10 mail.falcot.com (192.0.2.1)", "v=spf1 mx -all", "DKIM mail", "DMARC", "missing"
        )
        await up.press("t")
        await up.until(lambda: asked.domains == ["falcot.org", "falcot.org"])
        assert isinstance(up.app.screen, DomainView)
        await up.press("q")
        await up.shows("DNS      MX ok · A/AAAA none · SPF ok · DKIM mail ok · DMARC ? missing", "s ago")


# Looking


async def test_explain_asks_for_an_address(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcotsbrand.com", "virtual-alias")
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, AddressDialog))
        await up.shows("postmaster")
        await up.press("ctrl+u")
        await up.type("contact")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("Where mail for contact@falcotsbrand.com goes", "laure")
        await up.press("q")
        await up.press("x", "enter")
        await up.shows("Where mail for postmaster@falcotsbrand.com goes")


async def test_to_its_aliases_and_back(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcotsbrand.com", "virtual-alias")
        await up.press("a")
        await up.shows("@falcotsbrand.com", "3 of 9 shown", "webmaster@falcotsbrand.com")
        await up.press("2")
        await up.shows("9 domains", "virtual-mailbox")


async def test_to_its_mailboxes(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("m")
        await up.shows("@falcot.org", "2 of", "jean@falcot.org", "laure@falcot.org")


async def test_copy_and_save_as_text(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("y")
        await up.shows("falcot.org  virtual-mailbox  boxdomains:1  1 aliases, 2 mailboxes")
        await up.press("q", "s", "enter")
        await up.shows("Saved as")
        text = (tmp_path / "domains.txt").read_text()
        assert text.count("\n") == 9
        assert "? nowhere.example  default" in text


# DNS


async def test_dns_is_asked_once_where_the_cursor_rests(folder: Path, asked: Asked) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.shows("DNS      not asked; t asks")
        await up.shows("MX ok")
        assert asked.domains == ["falcot.org"]
        await up.press("k", "j")
        await up.shows("MX ok")
        assert asked.domains == ["falcot.org"]


async def test_the_row_bears_the_sign_of_its_records_and_f_leads_to_them(folder: Path, asked: Asked) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.shows("DMARC ? missing", " ? falcot.org")
        await up.press("f")
        await up.shows("? DMARC", "q back", "10 mail.falcot.com")


async def test_a_filter_without_a_hit_does_not_say_that_there_is_no_domain(
    folder: Path, asked: Asked
) -> None:
    async with domains(folder) as up:
        await up.press("slash", *"zzzz")
        await up.shows("Nothing matches", "0 of 9 shown")
        await up.press("escape")
        await up.shows("9 domains", "falcot.org")
        assert "Nothing matches" not in up.text
        assert not up.view.names.asking, asked.domains


async def test_the_records_of_a_domain(folder: Path, asked: Asked) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("t")
        await up.shows("? DMARC", "DKIM mail", "10 mail.falcot.com", "asked 0 s ago")
        assert asked.domains == ["falcot.org"]
        await up.press("e")
        await up.shows("publish  v=DMARC1; p=none; rua=mailto:a@b.example")
        await up.press("y")
        await up.shows("q back")
        assert up.text.splitlines()[1].strip() == "v=DMARC1; p=none; rua=mailto:a@b.example"
        await up.press("q", "enter")
        await up.shows("_dmarc.falcot.org. IN TXT", "quoted")
        asked.records["dmarc"] = "v=DMARC1; p=reject"
        await up.press("q", "r")
        await up.shows("v=DMARC1; p=reject")
        assert asked.domains == ["falcot.org", "falcot.org"]
        await up.press("escape")
        await up.shows("falcot.org", "DMARC ok")


async def test_marked_domains_are_asked_at_once_and_can_be_left(
    folder: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()

    def waits(instance: Any, domains: list[str], stop: Event, answered: Any) -> str:
        asked(instance, domains[:1], stop, answered)
        begun.set()
        stop.wait(10)
        return ""

    monkeypatch.setattr("mailtui.screens.parts.domaindns.ask_all", waits)
    async with domains(folder) as up:
        await up.press("asterisk", "t")
        await up.shows("Asking DNS for")
        await up.until(begun.is_set)
        await up.until(lambda: len(asked.domains) == 1)
        await up.press("t")
        await up.shows("are not answered")


async def test_name_servers_that_do_not_answer_hold_nothing_up(
    folder: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.silent = True

    def slow(*given: Any) -> str:
        time.sleep(2.5)
        return asked(*given)

    monkeypatch.setattr("mailtui.screens.parts.domaindns.ask_all", slow)
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("t")
        await up.shows("asking DNS…")
        await up.press("q")
        await up.shows("DNS      asking…")
        begun = time.monotonic()
        await up.press("g", "j", "j", "n")
        await up.shows("new domain")
        assert not asked.domains
        assert time.monotonic() - begun < 2.0
        await up.press("escape")
        await up.to("falcot.org", "virtual-mailbox")
        await up.shows("not known: no answer in time; t asks again")


# Hostile things, many things


async def test_names_that_would_draw_on_the_terminal(instance_dir: Any, tmp_path: Path, asked: Asked) -> None:
    evil = b"e\x1b]0;PWNED\x07vil.example \x1b[2J[bold]x[/bold].example \xff\xfe.example [/foo].example\n"
    main = MAIN.replace("empty.example", "{folder}/evil")
    folder = falcot(instance_dir, tmp_path, main, evil=evil)
    asked.records["mx"] = "10 \x1b[31mmx\u202e.example"
    async with domains(folder) as up:
        for _ in range(len(up.shown)):
            await up.press("t")
            if not isinstance(up.app.screen, DomainsScreen):
                await up.press("q")
            await up.press("j")
        await up.press("g", "enter")
        await up.shows("Domain")
        await up.press("q")
        assert "e␛]0;pwned␇vil.example" in up.text
        assert "[bold]x[/bold].example" in up.text
        assert "\x1b" not in up.text
        assert "\u202e" not in up.text
        await up.press("slash")
        await up.type("pwned")
        await up.shows("1 of")
        await up.press("enter", "d")
        await up.until(lambda: len(up.app.session.draft) == 1)


async def test_a_list_that_cannot_be_read_is_said(instance_dir: Any, tmp_path: Path, asked: Asked) -> None:
    main = MAIN.replace("empty.example", "{folder}/missing")
    folder = falcot(instance_dir, tmp_path, main)
    async with domains(folder) as up:
        assert up.line_with("! ").strip()
        await up.press("g", "e", "e")
        await up.shows("451")


async def test_a_hundred_thousand_domains(instance_dir: Any, tmp_path: Path, asked: Asked) -> None:
    lines = "".join(f"d{number:06}.example  OK\n" for number in range(100_000))
    folder = falcot(instance_dir, tmp_path, relay=lines)
    begun = time.monotonic()
    async with domains(folder) as up:
        usable = time.monotonic() - begun
        assert f"{100_000 + 8} domains" in up.text
        await up.press("G")
        await up.shows("d099999.example")
        await up.press("slash")
        await up.type("d0500")
        await up.shows("100 of")
        await up.press("enter", "asterisk", "d")
        await up.shows("100 domains are marked: 50 at a time, please")
        await up.press("c")
        assert up.view.editor is None
        await up.press("asterisk", "d")
        await up.until(lambda: len(up.app.session.draft) == 1)
        assert up.said == ["- relay d050000.example (was OK)"]
        await up.until(lambda: up.view._is_laid)
        await up.shows("- d050000.example")
        assert usable < 15.0, usable
