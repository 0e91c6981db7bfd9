"""The demo's chains, which are the handbook's: each is changed by keys, and explained before and after."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo import files, place
from mailtui.demo.place import Mode
from mailtui.dns.ask import Answer, Names
from mailtui.postfix.smtpd.session import Session
from mailtui.screens.explain import open_explain
from mailtui.screens.parts import explainview
from tests.screens.restricting import restrictions, tmp_path

__all__ = ["tmp_path"]

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")

LISTED = "203.0.113.9"
DNS = {
    ("example.net", "MX"): Answer("ok", ("10 mail.example.net",)),
    ("mail.example.net", "A"): Answer("ok", ("198.51.100.7",)),
    ("9.113.0.203.dnsbl.falcot.test", "A"): Answer("ok", ("127.0.0.2",)),
}
"""A sender's domain that exists, and a client on the DNS list."""


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(explainview, "new_names", lambda: Names(supplied=DNS, only_supplied=True))
    there, _ = place.settle(tmp_path / "demo", Mode.NAMESPACE if os.geteuid() == 0 else Mode.REPLAY)
    files.write(there)
    return there.etc


def session(**other: str | None) -> Session:
    """A stranger who does nothing wrong, but for what is named."""
    given: dict[str, str | None] = {
        "client_address": "198.51.100.7", "client_name": "mail.example.net", "helo": "mail.example.net",
        "sender": "a@example.net", "recipient": "postmaster@falcot.com",
    }  # fmt: skip
    return Session(**{**given, **other}, service="")  # type: ignore[arg-type]  # fields by their names


CHANGES = [
    ("client", "reject_rbl_client", session(client_address=LISTED), "554", "250"),
    ("helo", "reject_non_fqdn_helo_hostname", session(helo="pc"), "504", "250"),
    ("sender", "reject_unknown_sender_domain", session(sender="a@nowhere.test"), "450", "250"),
    (
        "relay",
        "permit_mynetworks",
        session(client_address="127.0.0.1", recipient="x@example.net"),
        "250",
        "554",
    ),
    ("recipient", "reject_unlisted_recipient", session(recipient="nosuch@falcot.com"), "550", "550"),
]


@pytest.mark.parametrize(("stage", "rule", "asked", "before", "after"), CHANGES, ids=[c[1] for c in CHANGES])
async def test_a_chain_is_changed_and_explained(
    etc: Path, stage: str, rule: str, asked: Session, before: str, after: str
) -> None:
    if os.geteuid() != 0 and rule == "permit_mynetworks":
        pytest.skip("only the demo of root sends mail to other domains")
    async with restrictions(etc) as up:
        await up.on(rule, stage)
        await up.press("number_sign")
        await up.now_staged(1)
        open_explain(up.view, replace(asked, service=up.view.service))
        await up.answered("SESSION")
        found = up.explained.found
        assert found is not None
        assert found.before is not None
        assert (str(found.before.code), str(found.after.code)) == (before, after), (found.before, found.after)
        if before != after:
            await up.shows("NOW", "STAGED", before, after)


async def test_the_classes_of_the_handbook(etc: Path) -> None:
    async with restrictions(etc) as up:
        text = up.text
        for name in (
            "greylisting → check_policy_service",
            "aggressive → reject_rbl_client",
            "permissive → permit",
        ):
            assert name in text
