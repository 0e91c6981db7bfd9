"""Keys of Restrictions that change rules: what they stage, what stands in the files then, what postconf reads."""

from __future__ import annotations

import re
from pathlib import Path

from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.form import ChoiceField
from mailtui.screens.parts.formview import FormEditor
from mailtui.screens.parts.rulecatalogue import RuleCatalogue
from tests.postfix.conftest import instance_dir
from tests.screens.restricting import Rules, folder, restrictions, tmp_path

__all__ = ["folder", "instance_dir", "tmp_path"]

CLIENT = "smtpd_client_restrictions"


def chosen(up: Rules, name: str) -> str:
    """What a field of the form that is open holds."""
    return str(up.app.screen.query_one(FormEditor).form.values()[name])


async def from_catalogue(up: Rules, words: str) -> None:
    """`n`, words, Enter: the form of the first rule that they find is open."""
    await up.press("n")
    await up.until(lambda: isinstance(up.app.screen, RuleCatalogue))
    await up.type(words)
    await up.press("enter")
    await up.until(lambda: up.app.screen.query(FormEditor))


async def choose(up: Rules, name: str, value: str) -> None:
    """Go to a choice of the form, and to one of its values."""
    form = up.app.screen.query_one(FormEditor).form
    while up.app.screen.query_one(FormEditor).lines.place.field.name != name:  # type: ignore[attr-defined]  # a form's lines
        await up.press("down")
    field = form.field(name)
    assert isinstance(field, ChoiceField)
    for _ in field.choices:
        if field.chosen == value:
            return
        await up.press("right")
    raise AssertionError(f"{value} is not among {field.choices}")


async def test_off_and_on_within_the_list(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.press("number_sign")
        await up.now_staged(1)
        assert up.line.marker == "#"
        assert up.line.text.startswith("check_client_access")
        written = up.written("main.cf")
        assert re.search(rf"\n *# *check_client_access hash:{folder}/access_client", written)
        assert "# the neighbours" in written
        assert up.reads(CLIENT) == [
            "permit_mynetworks", "warn_if_reject", "reject_unknown_client_hostname", "reject_rbl_client",
            "bl.sorbs.net",
        ]  # fmt: skip
        await up.press("number_sign")
        await up.now_staged(0)
        assert up.written("main.cf") == (folder / "main.cf").read_text()
        await up.on("reject_unlisted_recipient")
        await up.press("number_sign")
        await up.now_staged(1)
        assert up.line.row is not None
        assert up.line.row.enabled
        assert up.reads("smtpd_recipient_restrictions")[2] == "reject_unlisted_recipient"


async def test_moved_with_its_comment(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.press("K")
        await up.now_staged(1)
        assert up.line.text.startswith("check_client_access")
        assert up.line.marker == "~"
        assert up.reads(CLIENT)[:3] == [
            "check_client_access",
            f"hash:{folder}/access_client",
            "permit_mynetworks",
        ]
        assert f"# the neighbours\n    check_client_access hash:{folder}/access_client" in up.written(
            "main.cf"
        )
        await up.press("K")
        await up.shows("it is the first rule of smtpd_client_restrictions already")
        await up.press("J", "J", "J")
        await up.until(
            lambda: up.rows("client")[-1].endswith(f"check_client_access hash:{folder}/access_client")
        )
        assert up.line.text.startswith("check_client_access")
        await up.press("J")
        await up.shows("it is the last rule")


async def test_taken_out_and_back(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await up.press("d")
        await up.now_staged(1)
        await up.shows("check_client_access is out of smtpd_client_restrictions")
        assert "access_client" not in up.written("main.cf")
        assert "the neighbours" not in up.written("main.cf")
        assert up.line_with("check_client_access").startswith(" - ")
        await up.press("u")
        await up.now_staged(0)
        assert up.written("main.cf") == (folder / "main.cf").read_text()


async def test_marked_rules_in_one_act(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("permit_mynetworks", "client")
        await up.press("space")
        await up.on("warn_if_reject")
        await up.press("space")
        await up.on("reject_rbl_client")
        await up.press("space", "d")
        await up.acts_staged(1)
        assert up.reads(CLIENT) == ["check_client_access", f"hash:{folder}/access_client"]
        await up.press("u")
        await up.now_staged(0)
        assert up.written("main.cf") == (folder / "main.cf").read_text()


async def test_marked_rules_off_in_one_act(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("permit_mynetworks", "client")
        await up.press("space")
        await up.on("reject_rbl_client")
        await up.press("space", "number_sign")
        await up.acts_staged(1)
        assert up.reads(CLIENT) == [
            "check_client_access", f"hash:{folder}/access_client", "warn_if_reject",
            "reject_unknown_client_hostname",
        ]  # fmt: skip


async def test_a_rule_from_the_catalogue(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        await from_catalogue(up, "reject_unknown_reverse")
        await choose(up, "warn", "yes")
        await up.press("down")
        await up.type("since May")
        await up.press("enter", "enter")
        await up.now_staged(1)
        assert up.line.text == "warn_if_reject reject_unknown_reverse_client_hostname"
        assert up.line.marker == "+"
        assert up.reads(CLIENT)[3:5] == ["warn_if_reject", "reject_unknown_reverse_client_hostname"]
        assert "# since May\n    warn_if_reject reject_unknown_reverse_client_hostname" in up.written(
            "main.cf"
        )


async def test_found_by_words_and_dimmed_with_the_reason(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("permit_mynetworks", "client")
        await up.press("n")
        await up.until(lambda: isinstance(up.app.screen, RuleCatalogue))
        await up.type("spam list")
        await up.shows("reject_rbl_client", "takes", "a DNS zone")
        await up.press("ctrl+u")
        await up.type("etrn")
        await up.shows("no effect in this list: only ETRN names a domain")
        await up.press("ctrl+u")
        await up.type("no such thing")
        await up.shows("no rule of that name or with these words")
        await up.press("enter")
        await up.press("escape")
        await up.until(lambda: up.app.screen is up.app.screen_stack[0])


async def test_the_table_is_picked_or_typed(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_non_fqdn_sender")
        await from_catalogue(up, "check_sender_access")
        assert chosen(up, "known") == f"hash:{folder}/access_client"
        await choose(up, "place", "before")
        await up.press("down", "down", "enter")
        await up.now_staged(1)
        assert up.reads("smtpd_sender_restrictions")[:2] == [
            "check_sender_access",
            f"hash:{folder}/access_client",
        ]
        await up.on("reject_non_fqdn_sender")
        await from_catalogue(up, "check_sender_access")
        await choose(up, "known", "another")
        await up.press("down")
        await up.type("hsah:/nowhere")
        await up.press("down", "down", "down", "enter")
        await up.until(lambda: "hsah" in up.app.screen.query_one(Footer).message)
        assert len(up.app.session.draft) == 1
        assert up.app.screen.query(FormEditor)


async def test_into_an_empty_list_and_into_a_class(folder: Path) -> None:
    async with restrictions(folder) as up:
        rows = up.view.lines.rows
        up.view.lines.move_to(next(n for n in range(len(rows)) if rows.key(n) == ("empty", "data")))
        await up.pilot.pause()
        await from_catalogue(up, "reject_unauth_pipelining")
        await up.press("down", "down", "enter")
        await up.now_staged(1)
        assert up.reads("smtpd_data_restrictions") == ["reject_unauth_pipelining"]
        await up.on("check_policy_service", "class:greylisting")
        await from_catalogue(up, "reject_rbl_client")
        await up.type("dnsbl.example.org")
        await choose(up, "place", "before")
        await up.press("down", "down", "enter")
        await up.now_staged(2)
        assert up.reads("greylisting")[:2] == ["reject_rbl_client", "dnsbl.example.org"]


async def test_a_service_of_its_own(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.press("right")
        await up.until(lambda: up.view.service == "submission/inet" and up.view._is_laid)
        await up.on("permit_mynetworks", "client")
        await from_catalogue(up, "permit_sasl")
        await up.press("down", "down", "enter")
        await up.now_staged(1)
        assert "permit_mynetworks, permit_sasl_authenticated, reject" in up.written("master.cf").replace(
            ",permit", ", permit"
        ).replace(",reject", ", reject")
        assert up.written("main.cf") == (folder / "main.cf").read_text()


async def test_changed_in_its_place(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_rbl_client")
        await up.press("c")
        await up.until(lambda: up.app.screen.query(FormEditor))
        await up.press("ctrl+u")
        await up.type("zen.spamhaus.org=127.0.0.[2..11]")
        await choose(up, "warn", "yes")
        await up.press("down", "enter")
        await up.now_staged(1)
        assert up.line.text == "warn_if_reject reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]"
        assert up.reads(CLIENT)[-3:] == [
            "warn_if_reject",
            "reject_rbl_client",
            "zen.spamhaus.org=127.0.0.[2..11]",
        ]
        await up.press("c")
        await up.until(lambda: up.app.screen.query(FormEditor))
        await up.press("down", "down")
        await up.type("ticket 7")
        await up.press("enter", "enter")
        await up.until(lambda: "# ticket 7\n" in up.written("main.cf"))


async def test_what_cannot_be_changed_says_so(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_unlisted_recipient")
        await up.press("c")
        await up.shows("is off; # switches it on again")
        await up.on("permit_mynetworks", "client")
        await up.press("d")
        await up.now_staged(1)
        rows = up.view.lines.rows
        up.view.lines.move_to(next(n for n in range(len(rows)) if rows.cells(n).marker == "-"))
        await up.press("c")
        await up.shows("is to be taken out; u takes that back")


async def test_a_misspelt_rule_is_put_right(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_invalid_helo_hostnam")
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("write reject_invalid_helo_hostname", "take the rule out")
        await up.press("enter")
        await up.now_staged(1)
        assert up.reads("smtpd_helo_restrictions") == ["permit_mynetworks", "reject_invalid_helo_hostname"]
        await up.on("permit_mynetworks", "client")
        await up.press("f")
        await up.shows("Nothing is wrong here")


async def test_a_closed_list_is_taken_out_and_a_warning_put_in_force(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("reject_rbl_client")
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.press("enter")
        await up.now_staged(1)
        assert "bl.sorbs.net" not in up.reads(CLIENT)
        await up.on("warn_if_reject")
        await up.press("f")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.press("enter")
        await up.now_staged(2)
        assert up.reads(CLIENT)[-1] == "reject_unknown_client_hostname"
        assert "warn_if_reject" not in up.reads(CLIENT)


async def test_a_class_is_made_renamed_and_removed(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.class_form()
        await up.type("strict")
        await up.press("enter")
        await up.type("reject_unknown_client_hostname")
        await up.press("enter", "enter")
        await up.acts_staged(1)
        assert up.reads("smtpd_restriction_classes") == ["greylisting", "unused_one", "strict"]
        assert up.reads("strict") == ["reject_unknown_client_hostname"]
        await up.class_renamed("class:greylisting", "postgrey", 2)
        assert [row[2:] for row in up.rows("class:postgrey")] == ["check_policy_service inet:127.0.0.1:10023"]
        assert "joe@falcot.com postgrey" in up.written("access_rcpt")
        await up.on("check_policy_service", "class:postgrey")
        await up.press("C")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.press("2")
        await up.acts_staged(3)
        assert "joe@falcot.com" not in up.written("access_rcpt")
        assert up.reads("smtpd_restriction_classes") == ["unused_one", "strict"]


async def test_a_template_is_staged_and_can_be_taken_back(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.press("T")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("sound defaults", "greylisting by recipient", "strict HELO, warn first")
        await up.press("1")
        await up.acts_staged(1)
        assert "reject_unauth_pipelining" in up.reads("smtpd_data_restrictions")
        assert up.reads("smtpd_helo_required") == ["yes"]
        await up.press("u")
        await up.now_staged(0)


async def test_keys_typed_ahead_mean_what_will_be_shown(folder: Path) -> None:
    async with restrictions(folder) as up:
        await up.on("check_client_access")
        up.burst("J", "J", "number_sign")
        await up.acts_staged(3)
        assert up.reads(CLIENT) == [
            "permit_mynetworks", "warn_if_reject", "reject_unknown_client_hostname", "reject_rbl_client",
            "bl.sorbs.net",
        ]  # fmt: skip
