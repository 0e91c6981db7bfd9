"""Whether DNS knows the client, its HELO, and the domains of addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, context, outcome, said

DNS = """\
good.example MX 10 mail.good.example
mail.good.example A 198.51.100.7
six.example AAAA 2001:db8::99
null.example MX 0 .
nowhere.example TXT nothing
broken.example MX 10 -x-.example
half.example MX !
half.example A 203.0.113.1
down.example MX !
down.example A !
down.example AAAA !
partly.example MX !
partly.example A !
"""


def test_client(instance_dir: MakeInstance) -> None:
    folder = instance_dir("unknown_client_reject_code = 550\n")
    forged = replace(CLIENT, client_name="unknown", reverse_client_name="dial.pool.example")
    nameless = replace(CLIENT, client_name="unknown")
    no_name = "550 5.7.25 Client host rejected: cannot find your hostname, [198.51.100.7]"
    no_reverse = "550 5.7.1 Client host rejected: cannot find your reverse hostname, [198.51.100.7]"
    for session, name, reverse in (
        (CLIENT, "dunno", "dunno"),
        (forged, no_name, "dunno"),
        (nameless, no_name, no_reverse),
    ):
        asked = context(folder, session)
        assert said(asked, "reject_unknown_client_hostname") == name
        assert said(asked, "reject_unknown_client") == name
        assert said(asked, "reject_unknown_reverse_client_hostname") == reverse
    assert outcome(context(folder, nameless), "reject_unknown_client").why == "no PTR"
    assert "dial.pool.example" in outcome(context(folder, forged), "reject_unknown_client").why


NOT_FOUND = "450 4.7.1 <{}>: Helo command rejected: Host not found"


@pytest.mark.parametrize(
    ("helo", "expected"),
    [
        ("mail.good.example", "dunno"),
        ("good.example", "dunno"),
        ("six.example", "dunno"),
        ("null.example", "dunno"),
        ("half.example", "dunno"),
        ("nowhere.example", NOT_FOUND),
        ("gone.example", NOT_FOUND),
        ("broken.example", "450 4.7.1 <{}>: Helo command rejected: Malformed DNS server reply"),
        ("down.example", f"defer_if_permit {NOT_FOUND}"),
        ("partly.example", f"defer_if_permit {NOT_FOUND}"),
        ("198.51.100.7", NOT_FOUND),
        ("good.example.", NOT_FOUND),
        ("[198.51.100.7]", "dunno"),
    ],
)
def test_helo(instance_dir: MakeInstance, helo: str, expected: str) -> None:
    asked = context(instance_dir(), replace(CLIENT, helo=helo), DNS)
    assert said(asked, "reject_unknown_helo_hostname") == expected.format(helo)


@pytest.mark.parametrize(
    ("domain", "sender", "recipient"),
    [
        ("good.example", "dunno", "dunno"),
        ("six.example", "dunno", "dunno"),
        ("half.example", "dunno", "dunno"),
        ("falcot.com", "dunno", "dunno"),
        ("[203.0.113.1]", "dunno", "dunno"),
        ("GONE.example", "550 5.1.8 {}Domain not found", "550 5.1.2 {}Domain not found"),
        ("nowhere.example", "550 5.1.8 {}Domain not found", "550 5.1.2 {}Domain not found"),
        ("down.example", "defer_if_permit 450 4.1.8 {}Domain not found", "defer_if_permit 450 4.1.2 {}Domain not found"),
        ("partly.example", "defer_if_permit 450 4.1.8 {}Domain not found", "defer_if_permit 450 4.1.2 {}Domain not found"),
        ("broken.example", "550 5.1.8 {}Malformed DNS server reply", "550 5.1.2 {}Malformed DNS server reply"),
        ("Null.example", "550 5.7.27 {}Domain null.example does not accept mail (nullMX)",
         "556 5.1.10 {}Domain null.example does not accept mail (nullMX)"),
    ],
)  # fmt: skip
def test_domains(instance_dir: MakeInstance, domain: str, sender: str, recipient: str) -> None:
    folder = instance_dir("unknown_address_reject_code = 550\n")
    address = f"x@{domain}"
    asked = context(folder, replace(CLIENT, sender=address, recipient=address), DNS)
    by = f"<{address}>: Sender address rejected: ", f"<{address}>: Recipient address rejected: "
    assert said(asked, "reject_unknown_sender_domain") == sender.format(by[0])
    assert said(asked, "reject_unknown_address") == sender.format(by[0])
    assert said(asked, "reject_unknown_recipient_domain") == recipient.format(by[1])


def test_tempfail_actions(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "unknown_address_tempfail_action = defer\nunknown_helo_hostname_tempfail_action = defer\n"
    )
    asked = context(folder, replace(CLIENT, sender="x@down.example", helo="down.example"), DNS)
    assert outcome(asked, "reject_unknown_sender_domain").kind == "reject"
    assert outcome(asked, "reject_unknown_helo_hostname").kind == "reject"


def test_what_a_filter_hides_is_not_known(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir("smtpd_dns_reply_filter = pcre:{{/x/ IGNORE}}\n"), CLIENT, DNS)
    assert said(asked, "reject_unknown_sender_domain") == "unknown"
    assert said(asked, "reject_rbl_client bl.example") == "unknown"


def test_null_sender_and_no_recipient(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, sender="", recipient=None))
    assert said(asked, "reject_unknown_sender_domain") == "no effect"
    assert said(asked, "reject_unknown_recipient_domain") == "no effect"
