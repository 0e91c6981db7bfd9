"""Explain: the form, the answer over its steps, before and after what is staged, kept sessions. No question
ever goes to the network."""

from __future__ import annotations

import asyncio
import threading
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from mailtui.postfix.smtpd.session import Session
from mailtui.screens.explain import ExplainScreen, open_explain
from mailtui.screens.parts import explaining, explainview
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import StageOrDiscard, TextView
from mailtui.screens.parts.formview import FormEditor
from tests.postfix.conftest import instance_dir
from tests.screens.restricting import Rules, folder, restrictions, tmp_path

__all__ = ["folder", "instance_dir", "tmp_path"]

STRANGER = Session(
    "192.0.2.7",
    helo="mail.example.net",
    sender="a@example.net",
    recipient="jean@falcot.com",
    service="smtp/inet",
)

GREYLISTED = Session("192.0.2.9", sender="a@example.net", recipient="joe@falcot.com", service="smtp/inet")


async def explained(up: Rules, session: Session = STRANGER) -> None:
    """Explain over Restrictions, with an answer."""
    open_explain(up.view, session)
    await up.answered("SESSION", session.client_address)
    await up.pilot.pause()


async def test_the_form_asks_for_a_session(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, ExplainScreen) and up.app.screen.query(FormEditor))
        await up.press("ctrl+u")
        await up.type("300.1.2.3")
        await up.shows("an IP address, as 203.0.113.9")
        await up.press("ctrl+u")
        await up.type("192.0.2.7")
        await up.press(*["enter"] * 4)
        await up.press("ctrl+u")
        await up.type("a@example.net")
        await up.press("enter", "ctrl+u")
        await up.type("jean@falcot.com")
        await up.press(*["enter"] * 4)
        await up.shows("next line, last: explain")
        await up.press("enter")
        await up.answered(
            "ANSWER   554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: not you", "at RCPT TO",
            "client › check_client_access",
            "access_client has 192.0.2.7",
        )  # fmt: skip
        assert up.app.session.asked is not None
        assert up.app.session.asked.recipient == "jean@falcot.com"


async def test_the_cursor_is_on_the_rule_that_decided(folder: Path) -> None:
    async with restrictions(folder) as up:
        await explained(up)
        row = up.explained.row
        assert row is not None
        assert (row.stage, row.rule, row.outcome) == ("client", "check_client_access", "reject")
        await up.shows("does     refuses", "192.0.2.7 → REJECT not you", "etc1/main.cf:6")
        assert up.line_with("reject_unknown_client_hostname").split()[-3:] == ["never", "answered", "before"]
        assert "never" in up.line_with("check_recipient_access")


async def test_steps_in_a_class_are_set_in(folder: Path) -> None:
    async with restrictions(folder) as up:
        await explained(up, GREYLISTED)
        lines = up.text.splitlines()
        at = next(n for n, line in enumerate(lines) if "check_recipient_access" in line)
        assert "greylisting" in lines[at + 1]
        assert lines[at].index("check_recipient") < lines[at + 1].index(" greylisting", 16)
        assert lines[at + 2].index("check_policy_service") == lines[at].index("check_recipient") + 4
        assert lines[at + 2].startswith(" ? ")
        await up.shows("UNKNOWN", "as far as can be known")


async def test_the_null_sender_and_no_recipient(folder: Path) -> None:
    async with restrictions(folder) as up:
        await explained(
            up, Session("::1", helo="x.example.net", sender="", service="smtp/inet", until="mail")
        )
        await up.shows("::1 (unknown)", "x.example.net  <>", "250 2.1.0 Ok", "at MAIL FROM")


async def test_before_and_after_what_is_staged(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.press("d")
        await up.now_staged(1)
        await explained(up)
        await up.shows("NOW      554 5.7.1", "STAGED >", "with what is staged")
        assert "check_client_access" not in "".join(up.text.splitlines()[10:])
        await up.press("tab")
        await up.shows("NOW >", "as it is now")
        assert "REJECT" in up.line_with("check_client_access hash:access_client")
        await up.press("u")
        await up.shows("ANSWER   554")
        assert "STAGED" not in up.text


async def test_the_last_session_is_remembered_for_the_next_rule(folder: Path) -> None:
    async with restrictions(folder) as up:
        await explained(up)
        await up.press("q")
        await up.on("reject_unauth_destination")
        await up.press("x")
        await up.answered("jean@falcot.com")
        await up.until(lambda: up.explained.row is not None)
        row = up.explained.row
        assert row is not None
        assert row.rule == "reject_unauth_destination"
        await up.press("enter")
        await up.until(lambda: up.app.screen.query(FormEditor))
        form = up.app.screen.query_one(FormEditor).form
        assert form.values()["client"] == "192.0.2.7"
        await up.press("1", "escape")
        await up.until(lambda: isinstance(up.app.screen, StageOrDiscard))
        await up.shows("not in use yet", "explain")
        await up.press("d")
        await up.until(lambda: not up.app.screen.query(FormEditor))
        await up.press("q")
        await up.press("right", "x")
        await up.answered("submission/inet")


async def test_a_session_is_kept_and_replayed(folder: Path, tmp_path: Path) -> None:
    async with restrictions(folder) as up:
        await explained(up)
        await up.press("o")
        await up.shows("No session is kept yet")
        await up.press("s")
        await up.until(lambda: up.app.screen.query(FormEditor))
        await up.press("ctrl+u")
        await up.type("the bad neighbour")
        await up.press("enter", "enter")
        await up.shows("the bad neighbour is kept in")
        kept = tomllib.loads((tmp_path / "config" / "mailtui" / "sessions.toml").read_text())
        assert kept["session"][0]["must"] == "refuse"
        assert kept["session"][0]["client_address"] == "192.0.2.7"
        assert not up.app.session.draft
        await up.press("q")
        await up.on("check_client_access")
        await up.press("d")
        await up.now_staged(1)
        await up.on("permit_mynetworks", "helo")
        await up.press("x")
        await up.answered("STAGED")
        await up.press("o")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("the bad neighbour: must be refused, gets")
        await up.press("enter")
        await up.answered("STAGED")
        await up.press("d")
        await up.shows("the bad neighbour is no longer kept")


async def test_copied_and_saved(folder: Path, tmp_path: Path) -> None:
    async with restrictions(folder) as up:
        await explained(up)
        await up.press("y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows(
            "SESSION  192.0.2.7", "REJECT check_client_access", "never  reject_unknown_client_hostname"
        )
        await up.press("q", "S")
        await up.shows("Save the lines")
        await up.press("ctrl+u")
        await up.type(f"{tmp_path}/why.txt")
        await up.press("enter")
        await up.shows("Saved as")
        assert "ANSWER" in (tmp_path / "why.txt").read_text()


async def test_asking_can_be_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Event()
    real = explaining.ask

    def slow(*args: object, **options: object) -> object:
        late.wait(20)
        return real(*args, **options)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(explainview, "ask", slow)
    try:
        async with restrictions(folder) as up:
            open_explain(up.view, STRANGER)
            await up.until(lambda: isinstance(up.app.screen, ExplainScreen) and "Esc ends it" in up.text)
            up.burst("escape")
            await up.until(lambda: "Ended; Enter asks again" in up.text)
            late.set()
            await asyncio.sleep(0.2)
            assert "Client host rejected" not in up.text
            up.burst("escape")
            await up.until(lambda: up.app.screen is up.app.screen_stack[0])
    finally:
        late.set()


async def test_policy_servers_are_asked_only_on_demand(folder: Path) -> None:
    async with restrictions(folder) as up:
        await explained(up, GREYLISTED)
        await up.shows("UNKNOWN")
        await up.press("p")
        await up.shows("Policy servers are asked now")
        await up.until(lambda: up.explained._is_laid and up.explained.live)


async def test_a_wrong_service_is_said(folder: Path) -> None:
    async with restrictions(folder) as up:
        open_explain(up.view, Session("192.0.2.7", recipient="jean@falcot.com", service="nowhere/inet"))
        await up.shows("nowhere")
        assert up.app.is_running


async def test_what_makes_no_difference_is_said_once(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_rbl_client")
        await up.press("d")
        await up.now_staged(1)
        await explained(up)
        await up.shows("ANSWER   554 5.7.1", "at RCPT TO, staged or not")
        assert "STAGED" not in up.text


async def test_a_small_window(folder: Path) -> None:
    async with restrictions(folder, size=(60, 20)) as up:
        await explained(up)
        await up.shows("ANSWER   554 5.7.1", "check_client_access", "does     refuses", "q back")


async def test_a_fix_is_chosen_and_lets_the_mail_pass(folder: Path) -> None:
    main = folder / "main.cf"
    main.write_text(main.read_text().replace("_helo_hostnam\n", "_helo_hostname\n"))
    async with restrictions(folder) as up:
        await explained(up, replace(STRANGER, recipient="laure@falcot.com"))
        await up.answered("554 5.7.1")
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("Let the client 192.0.2.7 through → 250, for this client only")
        await up.press("1")
        await up.shows("A reason, if you like", "REJECT not you of 192.0.2.7")
        await up.press("enter")
        await up.answered("Staged: Let the client 192.0.2.7 through", "NOW", "STAGED", "250")
        await up.press("f")
        await up.answered("This mail passes")
