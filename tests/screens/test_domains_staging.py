"""What the keys of the Domains screen stage: new domains, other classes, removals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.postfix.domains import domain_class
from tests.postfix.conftest import instance_dir
from tests.screens.domaining import MAIN, Asked, Domains, asked, domains, falcot, tmp_path

__all__ = ["asked", "instance_dir", "tmp_path"]


@pytest.fixture
def folder(
    instance_dir: Any, tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> Path:  # no network
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return falcot(instance_dir, tmp_path)


def class_after(up: Domains, domain: str) -> str:
    """The class of a domain once what is staged is written."""
    session = up.app.session
    candidate = Candidate(session.instance.files, session.draft.edits)
    assert not candidate.stopped
    assert not candidate.conflicts
    return domain_class(session.instance.over(candidate), domain)


def main_after(up: Domains) -> str:
    """main.cf once what is staged is written."""
    session = up.app.session
    return Candidate(session.instance.files, session.draft.edits).raw(session.instance.main.path).decode()


# A new domain


async def test_a_new_alias_domain_with_its_first_addresses(folder: Path) -> None:
    async with domains(folder) as up:
        await up.press("n")
        await up.type("Falcot.NET")
        await up.shows("+ falcot.net in virtual_alias_domains", "+ virtual postmaster@falcot.net")
        await up.shows("Its addresses are aliases only")
        await up.press(*["enter"] * 4)
        await up.type("-")
        await up.press("enter")
        await up.staged_now(2)
        assert up.said[0] == "+ falcot.net in virtual_alias_domains"
        assert up.said[1].startswith("+ virtual postmaster@falcot.net")
        assert up.view.lines.key == ("falcot.net", "virtual-alias")
        await up.shows("+ falcot.net")
        assert class_after(up, "falcot.net") == "virtual-alias"
        await up.press("u")
        await up.staged_now(0)
        await up.until(lambda: "falcot.net" not in up.shown)


async def test_the_class_is_chosen_with_its_sentence(folder: Path) -> None:
    async with domains(folder) as up:
        await up.press("n")
        await up.type("falcot.net")
        await up.press("enter", "right", "right", "right")
        await up.shows("relay", "passed on to the server that has its mailboxes", "server")
        await up.press("enter")
        await up.type("mx.falcot.net")
        await up.press(*["enter"] * 4)
        await up.until(lambda: len(up.app.session.draft) > 0)
        assert up.said[0] == "+ relay falcot.net → OK"
        assert any("mx.falcot.net" in words for words in up.said)
        assert class_after(up, "falcot.net") == "relay"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("falcot.com", "is a local domain already"),
        ("a..b", "has an empty part between its dots"),
        ("x y.example", "is no part of a domain"),
        ("[1.2.3", "the ] of the address literal is missing"),
    ],
)
async def test_what_is_no_new_domain_is_refused_with_its_text_kept(
    folder: Path, typed: str, says: str
) -> None:
    async with domains(folder) as up:
        await up.press("n")
        for sign in typed:
            await up.pilot.press({" ": "space", ".": "full_stop", "[": "left_square_bracket"}.get(sign, sign))
        await up.shows(says)
        await up.press(*["enter"] * 5)
        await up.pilot.pause()
        assert len(up.app.session.draft) == 0
        assert typed in up.text
        await up.press("escape")
        await up.shows("What you typed is not staged yet")
        await up.press("d")
        await up.until(lambda: up.view.editor is None)


async def test_keys_typed_ahead_make_a_domain(folder: Path) -> None:
    async with domains(folder) as up:
        await up.pilot.press("n", *"net", "full_stop", *"example", *["enter"] * 5, "k")
        await up.until(lambda: len(up.app.session.draft) > 0)
        assert up.said[0] == "+ net.example in virtual_alias_domains"


async def test_a_domain_that_no_class_takes_is_made_one(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("nowhere.example", "default")
        await up.press("c")
        await up.shows("new domain", "nowhere.example")
        await up.press(*["enter"] * 5)
        await up.until(lambda: len(up.app.session.draft) > 0)
        assert class_after(up, "nowhere.example") == "virtual-alias"
        await up.until(
            lambda: ("nowhere.example", "default") not in [up.view.lines.rows.key(n) for n in range(9)]
        )


async def test_fix_makes_it_one_or_takes_out_what_counts_for_nothing(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcotsbrand.com", "virtual-mailbox")
        await up.press("f")
        await up.staged_now(1)
        assert up.said == ["- falcotsbrand.com out of virtual_mailbox_domains"]
        assert class_after(up, "falcotsbrand.com") == "virtual-alias"
        await up.to("nowhere.example", "default")
        await up.press("f")
        await up.shows("new domain", "nowhere.example")
        await up.press("escape")
        await up.to("falcot.com", "local")
        await up.press("f")
        await up.shows("Nothing is wrong here")


# Another class, and removal


async def test_another_class_says_what_becomes_of_it(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("c")
        await up.shows("class of falcot.org", "mailboxes of their own")
        await up.press("left")
        await up.shows(
            "+ falcot.org in virtual_alias_domains", "- falcot.org out of boxdomains", "its 2 mailboxes"
        )
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) > 0)
        assert class_after(up, "falcot.org") == "virtual-alias"
        await up.until(lambda: up.view.lines.key == ("falcot.org", "virtual-alias"))
        await up.shows("new", "get no mail any more")


async def test_the_same_class_is_nothing_to_stage(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("c", "enter")
        await up.shows("is a virtual mailbox domain already")
        assert len(up.app.session.draft) == 0


async def test_removal_says_what_is_left_behind(folder: Path) -> None:
    (folder / "vhosts/falcot.org/jean").mkdir(parents=True)
    async with domains(folder) as up:
        await up.to("falcot.org", "virtual-mailbox")
        await up.press("d")
        await up.staged_now(1)
        assert up.said == ["- falcot.org out of boxdomains"]
        assert up.view.lines.key == ("falcot.org", "virtual-mailbox")
        await up.shows(
            "- falcot.org", "Relay access denied", "its 2 mailboxes", "the mail of one mailbox stays"
        )
        await up.press("d")
        await up.pilot.pause()
        assert len(up.app.session.draft) == 1
        await up.press("c")
        await up.shows("This domain is to be deleted")
        await up.press("u")
        await up.staged_now(0)


async def test_marked_domains_go_together(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("mail.falcot.com", "local")
        await up.press("space", "space", "space", "d")
        await up.until(lambda: len(up.app.session.draft) == 3)
        draft = up.app.session.draft
        assert [group.label for group in draft.groups] == [
            "- 3 domains: mail.falcot.com, falcot.com, localhost"
        ]
        assert "mydestination =" in main_after(up)
        assert {class_after(up, name) for name in ("mail.falcot.com", "falcot.com", "localhost")} == {
            "default"
        }


async def test_delete_takes_a_new_domain_back_with_its_addresses(folder: Path) -> None:
    async with domains(folder) as up:
        await up.press("n")
        await up.type("falcot.net")
        await up.press(*["enter"] * 5)
        await up.staged_now(3)
        assert up.view.lines.key == ("falcot.net", "virtual-alias")
        await up.press("d")
        await up.staged_now(0)
        await up.shows("Taken back: + domain falcot.net (virtual alias)")


async def test_marked_domains_change_their_class_together(folder: Path) -> None:
    async with domains(folder) as up:
        await up.to("empty.example", "virtual-alias")
        await up.press("space")
        await up.to("partner.example", "relay")
        await up.press("space", "c")
        await up.shows("class of 2 domains")
        await up.press("right")
        await up.shows("+ empty.example in boxdomains", "+ partner.example in boxdomains")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) > 3)
        assert len(up.app.session.draft.groups) == 1
        assert {class_after(up, name) for name in ("empty.example", "partner.example")} == {"virtual-mailbox"}


async def test_a_domain_that_only_a_table_knows_cannot_be_changed(
    instance_dir: Any, tmp_path: Path, asked: Asked
) -> None:
    main = MAIN.replace("relay_domains = hash:{folder}/relay", "relay_domains = regexp:{folder}/any")
    folder = falcot(instance_dir, tmp_path, main, any="/./ OK\n")
    async with domains(folder) as up:
        row = next(
            key for key in (up.view.lines.rows.key(n) for n in range(len(up.shown))) if "regexp" in str(key)
        )
        up.view.lines.move_to_key(row)
        await up.shows("! regexp:", "an open relay")
        before = up.said
        await up.press("d")
        await up.until(lambda: up.app.screen.query_one("Footer").message)  # type: ignore[attr-defined]  # it has one
        assert up.said == before
