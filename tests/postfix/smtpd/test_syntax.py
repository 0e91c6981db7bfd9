"""HELO names and addresses by their form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, check, context, outcome, said

INVALID = "501 5.5.2 <{}>: Helo command rejected: Invalid name"
NO_ADDRESS = "501 5.5.2 <{}>: Helo command rejected: invalid ip address"
NOT_FULL = "504 5.5.2 <{}>: Helo command rejected: need fully-qualified hostname"


@pytest.mark.parametrize(
    ("helo", "invalid", "not_full"),
    [
        ("mail.good.example", "dunno", "dunno"),
        ("mail.good.example.", "dunno", "dunno"),
        ("under_score.example", "dunno", "dunno"),
        ("ylmf-pc", "dunno", NOT_FULL),
        ("-bad.example", INVALID, NOT_FULL),
        ("a..b", INVALID, NOT_FULL),
        ("198.51.100.7", "dunno", NOT_FULL),
        ("2001:db8::1", "dunno", NOT_FULL),
        ("12345", INVALID, NOT_FULL),
        ("[198.51.100.7]", "dunno", "dunno"),
        ("[IPv6:2001:db8::1]", "dunno", "dunno"),
        ("[2001:db8::1]", NO_ADDRESS, NO_ADDRESS),
        ("[1.2.3]", NO_ADDRESS, NO_ADDRESS),
        ("[", NO_ADDRESS, NO_ADDRESS),
    ],
)
def test_helo(instance_dir: MakeInstance, helo: str, invalid: str, not_full: str) -> None:
    asked = context(instance_dir(), replace(CLIENT, helo=helo))
    check(asked, {
        "reject_invalid_helo_hostname": invalid.format(helo),
        "reject_invalid_hostname": invalid.format(helo),
        "reject_non_fqdn_helo_hostname": not_full.format(helo),
        "reject_non_fqdn_hostname": not_full.format(helo),
    })  # fmt: skip


def test_bare_address(instance_dir: MakeInstance) -> None:
    folder = instance_dir()

    def permit(helo: str) -> str:
        return said(context(folder, replace(CLIENT, helo=helo)), "permit_naked_ip_address")

    assert permit("198.51.100.7") == "ok"
    assert permit("mail.good.example") == "dunno"
    assert permit("2001:db8::1") == "dunno"  # d and b are no digits
    assert permit("2001::1") == NO_ADDRESS.format("2001::1")
    assert "deprecated" in outcome(context(folder), "permit_naked_ip_address").warning


def test_addresses(instance_dir: MakeInstance) -> None:
    folder = instance_dir("non_fqdn_reject_code = 450\n")

    def judge(sender: str, recipient: str) -> tuple[str, str]:
        asked = context(folder, replace(CLIENT, sender=sender, recipient=recipient))
        return said(asked, "reject_non_fqdn_sender"), said(asked, "reject_non_fqdn_recipient")

    text = "450 4.5.2 <{}>: {} address rejected: need fully-qualified address"
    assert judge("a@good.example", "x@good.example.") == ("dunno", "dunno")
    assert judge("a", "x@host") == (text.format("a", "Sender"), text.format("x@host", "Recipient"))
    assert judge("", "x@[198.51.100.7]") == ("no effect", "dunno")
    assert judge("a@b..c", "x@-b.c") == (text.format("a@b..c", "Sender"), text.format("x@-b.c", "Recipient"))


def test_what_was_not_said_yet(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, helo=None, sender=None, recipient=None))
    rules = ("reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname", "permit_naked_ip_address",
             "reject_non_fqdn_sender", "reject_non_fqdn_recipient")  # fmt: skip
    assert {said(asked, rule) for rule in rules} == {"no effect"}
