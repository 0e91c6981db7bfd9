"""Falcot's domains in a folder, and the console on them. No question ever goes to the network."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mailtui.dns.part import DomainDns, Part
from mailtui.postfix.instance import Instance
from mailtui.screens.basesettings import BaseSettingsScreen
from mailtui.screens.domains import DomainsScreen
from mailtui.screens.parts import domaindns
from tests.screens import aliasing
from tests.screens.aliasing import Console

MAIN = """\
myhostname = mail.falcot.com
mydomain = falcot.com
myorigin = falcot.com
mydestination = $myhostname, $mydomain, localhost
virtual_alias_domains = falcotsbrand.com, empty.example
virtual_alias_maps = hash:{folder}/virtual
virtual_mailbox_domains = {folder}/boxdomains, falcotsbrand.com
virtual_mailbox_maps = hash:{folder}/vmailbox
virtual_mailbox_base = {folder}/vhosts
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
relay_domains = hash:{folder}/relay
transport_maps =
alias_maps = hash:{folder}/aliases
alias_database = hash:{folder}/aliases
recipient_delimiter = +
"""
FILES = {
    "virtual": (
        "webmaster@falcotsbrand.com  jean@falcot.com\ncontact@falcotsbrand.com    laure, sophie\n"
        "@falcotsbrand.com           sophie@falcot.com\nlost@nowhere.example        jean\n"
        "info@falcot.org             jean@falcot.com\n"
    ),
    "vmailbox": "jean@falcot.org  falcot.org/jean/\nlaure@falcot.org falcot.org/laure/\n",
    "boxdomains": "falcot.org\n",
    "relay": "partner.example  OK\n",
    "aliases": "postmaster: root\nroot: nobody\nabuse: root\njean: nobody\n",
}


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name, so that what a screen says about its files is not cut."""
    yield from aliasing.short_folder()


class Asked:
    """The name servers' place is taken by this: what was asked, and what is answered."""

    def __init__(self) -> None:
        self.domains: list[str] = []
        self.records = {"mx": "10 mail.falcot.com (192.0.2.1)", "spf": "v=spf1 mx -all"}
        self.silent = False

    def __call__(
        self, instance: Instance, domains: Sequence[str], stop: Event, answered: Callable[[DomainDns], None]
    ) -> str:
        for domain in domains:
            if not stop.is_set():
                self.domains.append(domain)
                answered(self.answer(domain))
        return ""

    def answer(self, domain: str) -> DomainDns:
        """What DNS says."""
        if self.silent:
            late = Part("unknown", problems=("no answer in time",))
            return DomainDns(domain, late, late, late, late, (late,), late, time.time())
        parts = {name: Part("ok", self.records[name]) if name in self.records else Part("missing")
                 for name in ("mx", "address", "spf")}  # fmt: skip
        dmarc = Part("missing", proposed="v=DMARC1; p=none; rua=mailto:a@b.example", name=f"_dmarc.{domain}")
        if "dmarc" in self.records:
            dmarc = Part("ok", self.records["dmarc"])
        key = Part("ok", "v=DKIM1; p=MII", selector="mail")
        return DomainDns(domain, host=Part("ok", "HELO mail.falcot.com"), dkim=(key,), dmarc=dmarc,
                         asked=time.time(), **parts)  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Must be used by every test that opens the screen."""
    instead = Asked()
    monkeypatch.setattr(domaindns, "ask_all", instead)
    return instead


def falcot(make: Any, tmp_path: Path, main: str = MAIN, **files: str | bytes) -> Path:
    """The folder, its tables compiled by the real programs."""
    folder: Path = make(
        main.format(folder=tmp_path / "etc1"), files={**FILES, **files},
        postmap=["hash:virtual", "hash:vmailbox", "hash:relay"], postalias=["hash:aliases"],
    )  # fmt: skip
    return folder


class Domains(Console):
    """The console on its Domains."""

    @property
    def view(self) -> DomainsScreen:
        found = self.app.screen
        assert isinstance(found, DomainsScreen)
        return found

    @property
    def settings(self) -> BaseSettingsScreen:
        found = self.app.screen
        assert isinstance(found, BaseSettingsScreen)
        return found

    @property
    def shown(self) -> list[str]:
        """The domains in the list, as far as the filter lets them through."""
        rows = self.view.lines.rows
        return [str(rows.key(number)[0]) for number in range(len(rows))]  # type: ignore[index]  # (domain, class)

    async def to(self, domain: str, kind: str) -> None:
        """Put the cursor on a domain."""
        assert self.view.lines.move_to_key((domain, kind)), f"{domain} {kind} is not there:\n{self.text}"
        await self.pilot.pause()

    async def staged_now(self, count: int) -> None:
        """Wait until so many edits are staged, and the list shows them."""
        screen = self.app.screen
        assert isinstance(screen, (DomainsScreen, BaseSettingsScreen))
        draft = self.app.session.draft
        await self.until(lambda: len(draft) == count and screen._is_laid)


@asynccontextmanager
async def domains(folder: Path, size: tuple[int, int] = (100, 40)) -> AsyncIterator[Domains]:
    """The console on Domains, once the list is there."""
    async with aliasing.console(folder, size=size, start="domains", kind=Domains) as up:
        assert isinstance(up, Domains)
        await up.until(lambda: isinstance(up.app.screen, DomainsScreen) and up.view.listing is not None)
        await up.pilot.pause()
        yield up
