"""The Restrictions screen: what it shows of the chains, and its keys that change no rule."""

from __future__ import annotations

from pathlib import Path

from mailtui.screens.explain import ExplainScreen
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.trydialog import TryDialog
from mailtui.screens.switches import SwitchesScreen
from tests.postfix.conftest import instance_dir
from tests.screens.restricting import folder, restrictions, tmp_path

__all__ = ["folder", "instance_dir", "tmp_path"]


async def test_the_chains_as_the_conversation(folder: Path) -> None:
    async with restrictions(folder) as up:
        lines = up.text.splitlines()
        heads = [
            line.split()[:2]
            for line in lines
            if line[3:12].strip() in {"CONNECT", "HELO", "DATA", "END", "ETRN"}
        ]
        assert heads == [
            ["CONNECT", "client"],
            ["HELO", "helo"],
            ["DATA", "data"],
            ["END", "end"],
            ["ETRN", "etrn"],
        ]
        assert up.line_with("MAIL FROM").split()[:3] == ["MAIL", "FROM", "sender"]
        assert "relay" in up.line_with("RCPT TO")
        assert "hash:access_client" in up.line_with("check_client_access")
        assert up.line_with("check_client_access").endswith("2 keys")
        assert up.line_with("reject_unknown_client_hostname").startswith(" w ")
        assert up.line_with("reject_rbl_client").startswith(" ? ")
        assert "closed" in up.line_with("reject_rbl_client")
        assert up.line_with("reject_invalid_helo_hostnam").startswith(" ! ")
        assert up.line_with("reject_unknown_sender_domain").startswith(" ? ")
        assert up.line_with("reject_unlisted_recipient").startswith(" # ")
        assert up.line_with("regexp:header_checks").endswith("1 rule")
        assert "all answers wait for RCPT TO (smtpd_delay_reject = yes)" in up.text
        await up.shows("smtp/inet 1 of 2")


async def test_a_class_stands_under_the_rule_that_leads_to_it(folder: Path) -> None:
    async with restrictions(folder) as up:
        lines = up.text.splitlines()
        at = next(n for n, line in enumerate(lines) if "check_recipient_access" in line)
        assert "greylisting → check_policy_service" in lines[at + 1]
        unused = up.line_with("reject_unauth_pipelining")
        assert unused.split()[:2] == ["class", "unused_o…"]
        assert lines.index(unused) > next(n for n, line in enumerate(lines) if "ETRN" in line)
        await up.on("reject_unauth_pipelining")
        await up.shows("nothing uses this class")


async def test_the_pane_tells_of_a_rule(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.shows(
            "etc1/main.cf:6", "does     Looks up", "comment  the neighbours", "costs    one look into a table"
        )
        await up.on("reject_rbl_client")
        await up.shows(
            "that list is no more; sorbs.net is closed", "f fix    - reject_rbl_client bl.sorbs.net out of"
        )
        await up.on("warn_if_reject reject_unknown")
        await up.shows("what it would refuse is only logged")
        await up.on("reject_invalid_helo_hostnam")
        await up.shows(
            "!        smtpd knows no reject_invalid_helo_hostnam; every client that comes to it gets 451"
        )
        await up.on("reject_unknown_sender_domain")
        await up.shows("is never asked; it stands after permit")
        await up.on("reject_unlisted_recipient")
        await up.shows("off      it stands in the file as a comment")


async def test_another_service(folder: Path) -> None:
    async with restrictions(folder) as up:
        for key, service in (("right", 2), ("left", 1), ("tab", 2), ("shift+tab", 1)):
            await up.press(key)
            await up.shows(f"/inet {service} of 2")
        await up.press("right")
        await up.shows("submission/inet 2 of 2")
        assert up.rows("client") == ["  permit_mynetworks", "  reject"]
        await up.on("reject", "client")
        await up.shows("submission/inet has its own list in master.cf", "etc1/master.cf:3")


async def test_a_filter_names_the_list_of_each_row(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.press("slash")
        await up.type("mynetworks")
        await up.until(lambda: "shown" in up.line_with(" / "))
        shown = [line.split() for line in up.text.splitlines() if line.endswith(" permit_mynetworks")]
        assert [words[-2] for words in shown] == ["client", "helo", "relay", "recipient"]
        await up.press("escape")
        await up.shows("rules  smtp/inet")


async def test_problems_in_turn(folder: Path) -> None:
    async with restrictions(folder) as up:
        seen = []
        for _ in range(3):
            await up.press("e")
            await up.pilot.pause()
            seen.append(up.line.text)
        assert seen == [
            "reject_rbl_client bl.sorbs.net",
            "reject_invalid_helo_hostnam",
            "reject_unknown_sender_domain",
        ]
        await up.press("E")
        await up.pilot.pause()
        assert up.line.text == "reject_invalid_helo_hostnam"


async def test_copied_and_saved_as_text(folder: Path, tmp_path: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("warn_if_reject")
        await up.press("y")
        await up.shows("w client       warn_if_reject reject_unknown_client_hostname  (warns only)")
        await up.press("q", "s")
        await up.shows("Save the rules")
        await up.press("ctrl+u")
        await up.type(f"{tmp_path}/rules.txt")
        await up.press("enter")
        await up.shows("Saved as")
        saved = (tmp_path / "rules.txt").read_text().splitlines()
        assert len(saved) == len(up.view.lines.rows)
        assert "! helo         reject_invalid_helo_hostnam  (unknown)" in saved


async def test_the_switches_beside_the_chains(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.press("b")
        await up.until(
            lambda: isinstance(up.app.screen, SwitchesScreen) and up.app.screen.listing is not None
        )
        await up.shows(
            "smtpd_delay_reject", "smtpd_helo_required", "soft_bounce", "what governs the restrictions"
        )
        await up.at("soft_bounce")
        await up.press("enter", "right", "enter")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.press("q")
        await up.shows("soft_bounce = yes: every refusal is a temporary one")
        assert up.reads("soft_bounce") == ["yes"]


async def test_explain_begins_with_a_form_and_goes_to_the_rule(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_unauth_destination")
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, ExplainScreen))
        await up.shows("the session to be explained", "postmaster@")
        await up.press("escape", "q")
        await up.until(lambda: up.app.screen is up.app.screen_stack[0])


async def test_no_smtpd_at_all(folder: Path) -> None:
    master = folder / "master.cf"
    master.write_text("local     unix  -       n       n       -       -       local\n")
    async with restrictions(folder) as up:
        await up.shows("No service of master.cf runs smtpd")
        await up.press("n", "c", "d", "number_sign", "J", "x", "f", "right", "C", "enter")
        await up.pilot.pause()
        assert not up.app.session.draft


async def test_a_small_window_and_sixteen_colours(folder: Path) -> None:
    async with restrictions(folder, size=(60, 20), plan=Plan(ansi=True, ascii_only=True)) as up:
        await up.shows("permit_mynetworks", "check_client_access hash:access_client", "n new", "? keys")
        assert up.text.isascii()
        assert max(len(line) for line in up.text.splitlines()) <= 60


async def test_enter_opens_the_table_of_a_rule(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.press("enter")
        await up.shows("192.0.2.7", "REJECT not you", "KEY", "ACTION")
        await up.press("q")
        await up.shows("check_recipient_access")
        await up.on("permit_mynetworks", "client")
        await up.press("enter")
        await up.shows("permit_mynetworks in smtpd_client_restrictions", "warn only")


async def test_a_key_is_tried_on_the_table_of_a_rule(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.press("t")
        await up.until(lambda: isinstance(up.app.screen, TryDialog))
        await up.press("ctrl+u")
        await up.type("192.0.2.7")
        await up.press("enter")
        await up.shows("REJECT not you", "192.0.2.7")
        await up.press("q", "q")
        await up.on("permit_mynetworks", "client")
        await up.press("t")
        await up.shows("This rule asks no table")


async def test_a_list_that_services_share_says_so(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("permit_mynetworks", "helo")
        await up.shows("a change of it holds for submission/inet too")
        await up.on("permit_mynetworks", "client")
        await up.pilot.pause()
        assert "holds for" not in up.text
