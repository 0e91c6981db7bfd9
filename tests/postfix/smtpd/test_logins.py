"""Senders and the logins that own them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, check, context, outcome

MAIN = """\
smtpd_sasl_auth_enable = yes
smtpd_sender_login_maps = inline:{{a@good.example = eve, bob}, {jean@falcot.com = jean}}
"""
NOT_OWNED = "553 5.7.1 <{}>: Sender address rejected: not owned by user {}"
NOT_LOGGED_IN = "553 5.7.1 <{}>: Sender address rejected: not logged in"


@pytest.mark.parametrize(
    ("user", "sender", "with_login", "without", "known"),
    [
        ("bob", "a@good.example", "dunno", "dunno", "dunno"),
        ("BOB", "A@Good.example", "dunno", "dunno", "dunno"),
        ("jean", "a@good.example", NOT_OWNED, "dunno", NOT_OWNED),
        ("jean", "other@good.example", NOT_OWNED, "dunno", "dunno"),
        ("", "a@good.example", "dunno", NOT_LOGGED_IN, NOT_LOGGED_IN),
        ("", "other@good.example", "dunno", "dunno", "dunno"),
        ("jean", "", "no effect", "no effect", "no effect"),
    ],
)
def test_owners(
    instance_dir: MakeInstance, user: str, sender: str, with_login: str, without: str, known: str
) -> None:
    asked = context(instance_dir(MAIN), replace(CLIENT, sasl_user=user, sender=sender))
    both = with_login if with_login != "dunno" else without
    check(asked, {
        "reject_authenticated_sender_login_mismatch": with_login.format(sender, user),
        "reject_unauthenticated_sender_login_mismatch": without.format(sender, user),
        "reject_sender_login_mismatch": both.format(sender, user),
        "reject_known_sender_login_mismatch": known.format(sender, user),
    })  # fmt: skip


def test_without_sasl(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, sasl_user="eve"))
    for name in ("authenticated_", "unauthenticated_", "known_", ""):
        found = outcome(asked, f"reject_{name}sender_login_mismatch")
        assert found.kind == "no effect"
        assert "ignored: no SASL support" in found.warning


def test_a_table_that_cannot_be_asked(instance_dir: MakeInstance) -> None:
    main = "smtpd_sasl_auth_enable = yes\nsmtpd_sender_login_maps = texthash:/nonexistent/x\n"
    retry = "451 4.3.0 <a@good.example>: Temporary lookup failure"
    check(context(instance_dir(main)), {"reject_sender_login_mismatch": retry})
