"""The chains of the Debian Administrator's Handbook (its examples 11.2 to 11.10: clients, EHLO, senders,
recipients, DATA, contents, greylisting by recipient) as the demo has them: each changed by keys, explained before
and after, seen in the review, written, and read by the real programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo import files, place
from mailtui.demo.place import Mode
from mailtui.dns.ask import Answer, Names
from mailtui.postfix.smtpd.session import Answer as Reply
from mailtui.postfix.smtpd.session import Session
from mailtui.screens.access import AccessScreen
from mailtui.screens.contentchecks import ContentChecksScreen
from mailtui.screens.explain import ExplainScreen, open_explain
from mailtui.screens.parts import explainview
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.formview import FormEditor
from mailtui.screens.parts.linefield import LineField
from mailtui.screens.parts.rulecatalogue import RuleCatalogue
from mailtui.screens.parts.sampledialog import SampleDialog
from mailtui.screens.restrictions import RestrictionsScreen
from tests.screens.restricting import Rules, restrictions, tmp_path

__all__ = ["tmp_path"]

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")

DIAL_UP = "203.0.113.77"
DNS = {
    ("example.net", "MX"): Answer("ok", ("10 mail.example.net",)),
    ("mail.example.net", "A"): Answer("ok", ("198.51.100.7",)),
    ("77.113.0.203.dnsbl.falcot.test", "A"): Answer("ok", ("127.0.0.10",)),
}
"""A domain that sends properly, and a client that the list has as a dial-up."""


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's configuration, with nothing running."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("mailtui.apply.state.ROOT_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setattr("mailtui.screens.parts.guarded.GUARD", 0.0)
    monkeypatch.setattr("mailtui.screens.parts.guarded.BY_HAND", 0.0)
    monkeypatch.setattr(explainview, "new_names", lambda: Names(supplied=DNS, only_supplied=True))
    there, _ = place.settle(tmp_path / "demo", Mode.NAMESPACE if os.geteuid() == 0 else Mode.REPLAY)
    files.write(there)
    with (there.etc / "main.cf").open("a") as main:  # its accounts are those of a namespace
        main.write("local_recipient_maps = inline:{joe=x, claire=x}, $alias_maps\n")
    return there.etc


def stranger(**other: str | None) -> Session:
    """Somebody who does nothing wrong, but for what is named."""
    given: dict[str, str | None] = {
        "client_address": "198.51.100.7", "client_name": "mail.example.net", "helo": "mail.example.net",
        "sender": "a@example.net", "recipient": "sales-office@falcot.com",
    }  # fmt: skip
    return Session(**{**given, **other}, service="smtp/inet")  # type: ignore[arg-type]  # fields by their names


class Handbook(Rules):
    """The console on the demo's chains."""

    async def explained_twice(self, asked: Session) -> tuple[Reply, Reply]:
        """What a session gets as things are, and with what is staged; seen on the screen."""
        open_explain(self.view, asked)
        await self.until(lambda: isinstance(self.app.screen, ExplainScreen) and self.explained.found)
        found = self.explained.found
        assert found is not None
        assert found.before is not None
        if found.before.reply != found.after.reply:
            await self.shows("NOW", "STAGED", str(found.before.code), str(found.after.code))
        await self.press("q")
        await self.until(lambda: isinstance(self.app.screen, RestrictionsScreen))
        return found.before, found.after

    async def opened(self, rule: str, stage: str) -> None:
        """Enter on a rule: its table is open."""
        await self.on(rule, stage)
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, AccessScreen) and self.app.screen.aliases)
        await self.pilot.pause()

    async def back(self) -> None:
        await self.press("q")
        await self.until(lambda: isinstance(self.app.screen, RestrictionsScreen) and self.view._is_laid)

    async def write(self, *words: str) -> None:
        """Look at the review, and write."""
        await self.press("w")
        await self.shows("Enter apply", *words)
        await self.press("enter")
        await self.shows("Done in")
        await self.press("q")

    def asked(self, name: str) -> str:
        """What the real postconf says now."""
        done = subprocess.run(
            ["postconf", "-c", self.folder, "-xh", name], capture_output=True, text=True, check=True
        )
        return " ".join(done.stdout.split())

    def checked(self, header: str) -> str:
        """What the real header check says of a line."""
        spec = f"regexp:{self.folder}/header_checks"
        done = subprocess.run(
            ["postmap", "-c", self.folder, "-q", header, spec], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def looked_up(self, table: str, key: str) -> str:
        """What the real postmap answers."""
        spec = f"hash:{self.folder}/{table}"
        done = subprocess.run(
            ["postmap", "-c", self.folder, "-q", key, spec], capture_output=True, text=True, check=False
        )
        return done.stdout.strip()


@asynccontextmanager
async def handbook(etc: Path) -> AsyncIterator[Handbook]:
    async with restrictions(etc) as up:
        yield Handbook(up.app, up.pilot, up.folder)


async def test_clients_the_warning_is_put_in_force(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.on("warn_if_reject reject_unknown_client_hostname", "client")
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.press("enter")
        await up.now_staged(1)
        before, after = await up.explained_twice(stranger(client_name="unknown"))
        assert (before.code, after.code) == (250, 450)
        assert after.decided_by.rule == "reject_unknown_client_hostname"
        await up.write("~ reject_unknown_client_hostname in smtpd_client_restrictions")
        assert "warn_if_reject reject_unknown_client_hostname" not in up.asked("smtpd_client_restrictions")
        assert "# many honest hosts have no name" in (etc / "main.cf").read_text()


async def test_ehlo_a_name_without_a_dot_is_only_warned_of(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.on("reject_non_fqdn_helo_hostname", "helo")
        await up.press("c")
        await up.until(lambda: up.app.screen.query(FormEditor))
        await up.press("right", "enter", "enter")
        await up.now_staged(1)
        before, after = await up.explained_twice(stranger(helo="pc"))
        assert (before.code, before.decided_by.rule) == (504, "reject_non_fqdn_helo_hostname")
        assert after.code == 250
        assert any("pc" in words for words in after.warnings)
        await up.write("warn_if_reject reject_non_fqdn_helo_hostname")
        assert "warn_if_reject reject_non_fqdn_helo_hostname" in up.asked("smtpd_helo_restrictions")


async def test_senders_one_more_is_refused_in_their_table(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.opened("check_sender_access", "sender")
        await up.press("n")
        await up.type("a@example.net")
        await up.press("enter")
        await up.type("REJECT not from you")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.back()
        before, after = await up.explained_twice(stranger())
        assert (before.code, after.code) == (250, 554)
        assert after.text.endswith("not from you")
        await up.write("a@example.net", "compile", "access_sender")
        assert up.looked_up("access_sender", "a@example.net") == "REJECT not from you"


async def test_recipients_who_is_asked_for_first(etc: Path) -> None:
    """Whether the address exists is asked before whether it is complete."""
    async with handbook(etc) as up:
        await up.on("reject_unlisted_recipient", "recipient")
        await up.press("K")
        await up.now_staged(1)
        before, after = await up.explained_twice(stranger(recipient="nosuch@falcot.com"))
        assert (before.code, after.code) == (550, 550)

        def places(answer: Reply) -> list[str]:
            return [step.rule for step in answer.steps if step.stage == "recipient"]

        assert places(before)[1:3] == ["reject_non_fqdn_recipient", "reject_unlisted_recipient"]
        assert places(after)[1] == "reject_unlisted_recipient"
        await up.write("reject_unlisted_recipient")
        words = up.asked("smtpd_recipient_restrictions").replace(",", "").split()
        assert words[:3] == ["permit_mynetworks", "reject_unlisted_recipient", "reject_non_fqdn_recipient"]


async def test_data_one_rule_more(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.on("reject_unauth_pipelining", "data")
        await up.press("n")
        await up.until(lambda: isinstance(up.app.screen, RuleCatalogue))
        await up.type("reject_multi_recipient_bounce")
        await up.press("enter")
        await up.until(lambda: up.app.screen.query(FormEditor))
        await up.press("enter", "enter", "enter")
        await up.now_staged(1)
        before, after = await up.explained_twice(replace(stranger(sender=""), until="data"))
        assert before.code == after.code
        rules = [step.rule for step in after.steps if step.stage == "data"]
        assert rules == ["reject_unauth_pipelining", "reject_multi_recipient_bounce"]
        await up.write("reject_multi_recipient_bounce")
        assert up.asked("smtpd_data_restrictions").endswith("reject_multi_recipient_bounce")


async def test_contents_a_pattern_is_added_and_a_message_tried(etc: Path) -> None:
    async with handbook(etc) as up:
        found = up.view.laid_lines
        assert found is not None
        key = next(each.key for each in found.rows if each.check and each.check.parameter == "header_checks")
        await up.at(key)
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, ContentChecksScreen) and up.app.screen.listing)
        await up.press("n")
        await up.type("/^Subject:.*free money/")
        await up.press("enter")
        await up.type("REJECT nothing is free")
        await up.press("enter", "enter")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.press("t")
        await up.until(lambda: isinstance(up.app.screen, SampleDialog))
        await up.type("Subject: get free money")
        await up.press("enter", "ctrl+r")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("REJECT", "nothing is free")
        await up.press("q", "q")
        await up.until(lambda: isinstance(up.app.screen, RestrictionsScreen))
        await up.write("free money", "header_checks")
        assert up.checked("Subject: get free money") == "REJECT nothing is free"
    ContentChecksScreen.sample = ""


async def test_greylisting_a_class_asks_the_dns_list_no_more(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.on("reject_rbl_client", "class:aggressive")
        await up.press("number_sign")
        await up.now_staged(1)
        asked = stranger(client_address=DIAL_UP, client_name="pool.example", recipient="joe@falcot.com")
        before, after = await up.explained_twice(asked)
        assert (before.code, before.decided_by.rule) == (554, "reject_rbl_client")
        assert after.action == "unknown"  # the policy server would be asked
        assert any("check_policy_service" in step.rule for step in after.steps)
        await up.write("# reject_rbl_client dnsbl.falcot.test in aggressive off")
        assert up.asked("aggressive").startswith("check_policy_service")


async def test_greylisting_by_recipient_somebody_gets_another_class(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.opened("check_recipient_access", "recipient")
        view = up.app.screen
        assert isinstance(view, AccessScreen)
        rows = view.rows
        joe = next(n for n in range(len(rows)) if "joe@falcot.com" in str(rows.cells(n).cells[0]))
        view.lines.move_to(joe)
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.focused, LineField))
        await up.press("ctrl+u")
        await up.type("permissive")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.back()
        asked = stranger(client_address=DIAL_UP, client_name="pool.example", recipient="joe@falcot.com")
        before, after = await up.explained_twice(asked)
        assert (before.code, after.code) == (554, 250)
        await up.write("joe@falcot.com", "recipient_access")
        assert up.looked_up("recipient_access", "joe@falcot.com") == "permissive"


async def test_the_classes_get_another_name_with_all_their_uses(etc: Path) -> None:
    async with handbook(etc) as up:
        await up.class_renamed("class:greylisting", "wait", 1)
        before, after = await up.explained_twice(stranger(recipient="claire@falcot.com"))
        assert {step.stage for step in before.steps} - {step.stage for step in after.steps} == {
            "class:greylisting"
        }
        assert "class:wait" in {step.stage for step in after.steps}
        await up.write("wait", "recipient_access")
        assert up.asked("smtpd_restriction_classes").split(", ")[0] == "wait"
        assert up.looked_up("recipient_access", "claire@falcot.com") == "wait"
