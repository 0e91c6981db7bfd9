"""The keys under 6: their states, the next step and why not yet, a key made and activated, all by keys."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.dns.ask import Answer
from mailtui.dns.authoritative import Told
from mailtui.dns.dkimrecord import record_text
from mailtui.milters.dkim.keyfile import read_key
from mailtui.milters.dkim.keyrows import KeyRow
from mailtui.milters.dkim.publication import Publication, look_up
from mailtui.screens.app import MailtuiApp
from mailtui.screens.dkimkeys import DkimKeysScreen
from mailtui.screens.parts import dkimacts, text
from mailtui.screens.parts.dialogs import TextView, TypedWord
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import instance_dir, put
from tests.screens.aliasing import session_of, short_folder
from tests.screens.listing import ListConsole

__all__ = ["instance_dir", "tmp_path"]

SERVERS = ("ns1.falcot.com", "ns2.falcot.com", "ns3.example.net")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name, so that what a screen says about its files is not cut."""
    yield from short_folder()


class Dns:
    """What three name servers have: the number that has each key's record."""

    def __init__(self) -> None:
        self.have: dict[str, int] = {}

    def ask(self, row: KeyRow) -> Publication:
        record = record_text(row.data.kind, row.data.public)
        many = self.have.get(row.selector, 0)
        told = [
            Told(name, f"192.0.2.{n}", Answer("ok", (record,)) if n < many else Answer("nxdomain"))
            for n, name in enumerate(SERVERS)
        ]
        return look_up(row, lambda _name: told)


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Dns:
    made = Dns()
    monkeypatch.setattr(dkimacts, "ask", made.ask)
    return made


@pytest.fixture
def etc(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made: Path = instance_dir("smtpd_milters = inet:127.0.0.1:8891\nnon_smtpd_milters = $smtpd_milters\n")
    folder = tmp_path / "dkimkeys"
    folder.mkdir(0o700)
    argv = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    subprocess.run([*argv, "-out", str(folder / "mail.falcot.com.private")], check=True, capture_output=True)
    put(
        tmp_path / "opendkim" / "KeyTable",
        f"mail._domainkey.falcot.com falcot.com:mail:{folder}/mail.falcot.com.private\n",
    )
    put(tmp_path / "opendkim" / "SigningTable", "*@falcot.com mail._domainkey.falcot.com\n")
    put(tmp_path / "TrustedHosts", "127.0.0.1\n")
    put(
        tmp_path / "opendkim.conf",
        f"KeyTable {tmp_path}/opendkim/KeyTable\nSigningTable refile:{tmp_path}/opendkim/SigningTable\n"
        f"UserID root\nRequireSafeKeys no\nSocket inet:8891@127.0.0.1\nInternalHosts {tmp_path}/TrustedHosts\n",
    )
    return made


class Keys(ListConsole):
    """The console on its keys."""

    @property
    def list(self) -> DkimKeysScreen:
        found = self.app.screen
        assert isinstance(found, DkimKeysScreen), found
        return found

    async def made(self, selector: str = "next") -> None:
        """Make a key through the form."""
        await self.press("n")
        await self.shows("new key", "selector", "last: make it")
        await self.press("enter")
        await self.press(*["backspace"] * 20)
        await self.type(selector)
        await self.press("enter", "enter")
        await self.until(lambda: isinstance(self.app.screen, TypedWord))
        await self.shows("now, no undo: 1 key file is made", "To do it, type falcot.com")
        await self.type("falcot.com")
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, DkimKeysScreen))
        await self.at(("falcot.com", selector))

    async def type(self, word: str) -> None:
        await self.press(*("full_stop" if character == "." else character for character in word))


@asynccontextmanager
async def keys(
    etc: Path, *, size: tuple[int, int] = (80, 24), read_only: bool = False
) -> AsyncIterator[Keys]:
    session = session_of(etc)
    session.read_only = read_only
    app = MailtuiApp(session, Plan(), "dkimkeys")
    try:
        async with app.run_test(size=size) as pilot:
            yield Keys(app, pilot, etc)
    finally:
        text.use_ascii(False)


async def test_a_key_with_its_servers_and_what_it_signs(etc: Path, dns: Dns) -> None:
    dns.have["mail"] = 3
    async with keys(etc) as up:
        await up.shows(
            "Chain [Keys] Files", "yes, all 3", "*@falcot.com", "active", "none: it signs, and DNS has it"
        )
        assert up.line_with("*@falcot.com").startswith("   ")


async def test_a_record_that_servers_lack_is_an_error_with_their_names(etc: Path, dns: Dns) -> None:
    dns.have["mail"] = 1
    async with keys(etc) as up:
        await up.shows(
            "1 of 3", "waits for: ns2.falcot.com, ns3.example.net", "2 of 3 servers lacks its record"
        )
        assert up.line_with("*@falcot.com").startswith(" !")


async def test_a_new_key_waits_for_dns_and_is_activated_once_all_have_it(
    etc: Path, dns: Dns, tmp_path: Path
) -> None:
    dns.have["mail"] = 3
    async with keys(etc) as up:
        await up.shows("yes, all 3")
        await up.made()
        made = tmp_path / "dkimkeys" / "next.falcot.com.private"
        assert made.stat().st_mode & 0o777 == 0o600
        assert read_key(str(made)).bits == 2048
        await up.at(("falcot.com", "next"))
        await up.shows("new", "activate: not yet")
        dns.have["next"] = 1
        await up.press("r")
        await up.shows("1 of 3 servers has the record")
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, TypedWord))
        await up.shows("not yet, 1 of 3 servers")
        await up.press("escape")
        assert not up.app.session.draft.edits
        dns.have["next"] = 3
        await up.press("r")
        await up.shows("all 3 servers have its record")
        await up.press("f")
        await up.until(lambda: len(up.app.session.draft.edits) == 2)
        assert [edit.describe() for edit in up.app.session.draft.edits] == [
            f"+ KeyTable: next._domainkey.falcot.com falcot.com:next:{made}",
            "~ SigningTable: *@falcot.com next._domainkey.falcot.com",
        ]
        await up.until(lambda: "retiring" in up.line_with(" mail "))
        assert up.line_with(" next ").startswith(" ~")
        await up.press("u")
        await up.until(lambda: "active" in up.line_with(" mail "))


async def test_typing_the_domain_overrides_the_wait(etc: Path, dns: Dns) -> None:
    dns.have["mail"] = 3
    async with keys(etc) as up:
        await up.shows("yes, all 3")
        await up.made()
        await up.at(("falcot.com", "next"))
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, TypedWord))
        await up.type("falcot.com")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft.edits) == 2)


async def test_the_record_is_shown_for_every_way_to_publish_it(etc: Path, dns: Dns) -> None:
    dns.have["mail"] = 3
    async with keys(etc, size=(140, 40)) as up:
        await up.shows("yes, all 3")
        await up.press("y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("mail._domainkey.falcot.com. IN TXT", "a form of a DNS host", "value in one string")


async def test_details_walk_the_way_to_the_key(etc: Path, dns: Dns, tmp_path: Path) -> None:
    dns.have["mail"] = 3
    async with keys(etc, size=(140, 40)) as up:
        await up.shows("yes, all 3")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("as opendkim judges it", "0700 root:root", "ns3.example.net", "everybody may write it")


async def test_a_key_that_signs_cannot_be_retired(etc: Path, dns: Dns) -> None:
    dns.have["mail"] = 3
    async with keys(etc) as up:
        await up.shows("yes, all 3")
        await up.press("d")
        await up.shows("activate another key first")
        assert not up.app.session.draft.edits


async def test_read_only_makes_no_key(etc: Path, dns: Dns, tmp_path: Path) -> None:
    dns.have["mail"] = 3
    async with keys(etc, read_only=True) as up:
        await up.shows("yes, all 3")
        await up.press("n")
        await up.shows("no key is made")
    assert not (tmp_path / "state").exists()


async def test_no_key_at_all_says_what_to_do(etc: Path, dns: Dns, tmp_path: Path) -> None:
    put(tmp_path / "opendkim.conf", "Mode sv\n")
    async with keys(etc, size=(60, 20)) as up:
        await up.shows("No key signs anything yet; n makes one")
