"""DNS lists: what is asked, which answers count, and the words of the refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, check, context, outcome, said

DNS = """\
7.100.51.198.bl.example A 127.0.0.4
7.100.51.198.txt.example A 127.0.0.2
7.100.51.198.txt.example TXT because $1
7.100.51.198.dead.example A !
good.example.rhs.example A 127.0.0.2
mail.good.example.rhs.example A 127.0.0.5
falcot.com.rhs.example A 127.0.0.2
9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example A 127.0.0.2
"""
BLOCKED = "554 5.7.1 Service unavailable; {} blocked using {}"


def test_clients(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), CLIENT, DNS)
    host = "Client host [198.51.100.7]"
    check(asked, {
        "reject_rbl_client bl.example": BLOCKED.format(host, "bl.example"),
        "reject_rbl bl.example=127.0.0.[2..4]": BLOCKED.format(host, "bl.example"),
        "reject_rbl_client bl.example=127.0.0.2": "dunno",
        "reject_rbl_client none.example": "dunno",
        "reject_rbl_client dead.example": "dunno",
        "reject_rbl_client bl.example=127.0.0": "unknown",
        "reject_rbl_client": "no effect",
        "reject_rbl_client txt.example": BLOCKED.format(host, "txt.example; because $1"),
        "reject_rhsbl_client rhs.example": BLOCKED.format("Client host [mail.good.example]", "rhs.example"),
        "reject_rhsbl_client rhs.example=127.0.0.2": "dunno",
        "reject_rhsbl_reverse_client rhs.example":
            BLOCKED.format("Unverified Client host [mail.good.example]", "rhs.example"),
        "reject_rhsbl_helo rhs.example": BLOCKED.format("Helo command [mail.good.example]", "rhs.example"),
        "reject_rhsbl_sender rhs.example": BLOCKED.format("Sender address [a@good.example]", "rhs.example"),
        "reject_rhsbl_recipient rhs.example":
            BLOCKED.format("Recipient address [jean@falcot.com]", "rhs.example"),
    })  # fmt: skip
    assert "RBL lookup error" in outcome(asked, "reject_rbl_client dead.example").warning
    assert outcome(asked, "reject_rbl_client").warning


def test_ipv6(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, client_address="2001:db8::99"), DNS)
    assert said(asked, "reject_rbl_client bl.example").startswith("554 5.7.1 ")


@pytest.mark.parametrize("helo", ["[198.51.100.7]", "198.51.100.7", "-x.example", "10.20", "host.5", ""])
def test_helos_that_no_list_is_asked_for(instance_dir: MakeInstance, helo: str) -> None:
    asked = context(instance_dir(), replace(CLIENT, helo=helo), DNS)
    assert said(asked, "reject_rhsbl_helo rhs.example") == "dunno"


def test_names_that_are_not_known(instance_dir: MakeInstance) -> None:
    nameless = replace(CLIENT, client_name="unknown", helo=None, sender="", recipient=None)
    asked = context(instance_dir(), nameless, DNS)
    rules = ("client", "reverse_client", "helo", "sender", "recipient")
    assert {said(asked, f"reject_rhsbl_{rule} rhs.example") for rule in rules} == {"no effect"}


def test_lists_that_permit(instance_dir: MakeInstance) -> None:
    folder = instance_dir()
    asked = context(folder, CLIENT, DNS)
    check(asked, {
        "permit_dnswl_client bl.example": "ok",
        "permit_dnswl_client none.example": "dunno",
        "permit_rhswl_client rhs.example=127.0.0.5": "ok",
        "permit_rhswl_client rhs.example=127.0.0.2": "dunno",
        "permit_dnswl_client dead.example":
            "defer_if_reject 450 4.7.1 <198.51.100.7>: Client host rejected: Service unavailable",
    })  # fmt: skip
    elsewhere = context(folder, replace(CLIENT, recipient="x@elsewhere.example"), DNS)
    assert said(elsewhere, "permit_dnswl_client bl.example") == "dunno"
    elsewhere.where, elsewhere.recipient = "MAIL", None
    assert said(elsewhere, "permit_dnswl_client bl.example") == "ok"


def test_maps_rbl_domains(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir("maps_rbl_domains = none.example, bl.example\n"), CLIENT, DNS)
    assert said(asked, "reject_maps_rbl") == BLOCKED.format("Client host [198.51.100.7]", "bl.example")


@pytest.mark.parametrize(
    ("template", "reply"),
    [
        ("$rbl_code $rbl_class [$rbl_what] $rbl_domain${rbl_reason?; $rbl_reason}",
         "554 5.7.1 Client host [198.51.100.7] txt.example; because $1"),
        ("450 4.7.9 $client $client_name $client_address $reverse_client_name $helo_name",
         "450 4.7.9 mail.good.example[198.51.100.7] mail.good.example 198.51.100.7 mail.good.example mail.good.example"),
        ("550 5.1.1 $sender $sender_name $sender_domain $recipient $server_name",
         "550 5.0.0 a@good.example a good.example jean@falcot.com mx.falcot.com"),
        ("450", "450 4.7.1 Service unavailable"),
        ("hello", "450 4.7.1 Service unavailable"),
        ("554 ", "450 4.7.1 Service unavailable"),
    ],
)  # fmt: skip
def test_default_reply(instance_dir: MakeInstance, template: str, reply: str) -> None:
    asked = context(instance_dir(f"default_rbl_reply = {template}\n"), CLIENT, DNS)
    assert said(asked, "reject_rbl_client txt.example") == reply


def test_what_cannot_be_filled_in(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir("default_rbl_reply = 554 $nothing\n"), CLIENT, DNS)
    assert said(asked, "reject_rbl_client txt.example") == "unknown"


def test_replies_of_zones(instance_dir: MakeInstance) -> None:
    replies = "bl.example 551 5.7.3 $rbl_what here\nbl.example=127.0.0.4 552 four\ntxt.example 554 $nothing\n"
    letters = "abcdefghijklmnopqrstuvwxyz"
    folder = instance_dir(
        f"rbl_reply_maps = hash:$config_directory/replies\nsmtpd_expansion_filter = \\40.{letters}\n",
        files={"replies": replies},
        postmap=["hash:replies"],
    )
    check(context(folder, CLIENT, DNS), {
        "reject_rbl_client bl.example": "551 5.7.3 ___.__.___._ here",
        "reject_rbl_client bl.example=127.0.0.4": "552 5.7.1 four",
        # its own reply names nothing that there is, and in the usual one the code is filtered away
        "reject_rbl_client txt.example": "450 4.7.1 Service unavailable",
    })  # fmt: skip
