"""Addresses of our domains that nobody has, and whose transport refuses them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, context, outcome, said

MAIN = """\
recipient_delimiter = +
myorigin = falcot.com
local_recipient_maps = inline:{jean=x, laure=x}
relay_domains = relay.example, closed.example, later.example
relay_recipient_maps = inline:{{r@relay.example = x}}
virtual_alias_domains = alias.example
virtual_alias_maps = inline:{{v@alias.example = jean}, {@catch.example = jean}}
virtual_mailbox_domains = box.example, catch.example
virtual_mailbox_maps = inline:{{m@box.example = m/}}
canonical_maps = inline:{{old@falcot.com = jean}}
sender_canonical_maps = inline:{{sent@falcot.com = jean}}
relocated_maps = inline:{{moved@falcot.com = jean@elsewhere.example}}
transport_maps = inline:{{closed.example = error:5.2.1 closed}, {later.example = retry:later},
    {mute.example = error:}, {spoken.example = error:it is closed}}
"""
UNKNOWN = "550 5.1.{} <{}>: {} address rejected: User unknown in {} table"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("jean@falcot.com", ""),
        ("Jean+x@falcot.com", ""),
        ("jean", ""),
        ("postmaster@falcot.com", ""),
        ("MAILER-DAEMON@falcot.com", ""),
        ("double-bounce@falcot.com", ""),
        ("old@falcot.com", ""),
        ("r@relay.example", ""),
        ("m+x@box.example", ""),
        ("v@alias.example", ""),
        ("any@catch.example", ""),
        ("x@elsewhere.example", ""),
        ("nobody@falcot.com", "5.1.# User unknown in local recipient table"),
        ("x@relay.example", "5.1.# User unknown in relay recipient table"),
        ("x@box.example", "5.1.# User unknown in virtual mailbox table"),
        ("x@alias.example", "5.1.* User unknown in virtual alias table"),
        ("moved@falcot.com", "5.1.^ User has moved to jean@elsewhere.example"),
        ("x@closed.example", "5.2.1 closed"),
        ("x@spoken.example", "5.1.# it is closed"),
        ("x@mute.example", "5.1.# Address is undeliverable"),
        ("x@later.example", "4.1.# later"),
    ],
)
def test_addresses(instance_dir: MakeInstance, address: str, text: str) -> None:
    asked = context(instance_dir(MAIN), replace(CLIENT, recipient=address, sender=address))
    code = "450" if text.startswith("4") else "550"

    def expected(which: str, usual: str, coded: str, moved: str) -> str:
        status, _blank, rest = text.partition(" ")
        status = status.replace("#", usual).replace("*", coded).replace("^", moved)
        return f"{code} {status} <{address}>: {which} address rejected: {rest}" if text else "dunno"

    assert said(asked, "reject_unlisted_recipient") == expected("Recipient", "1", "1", "6")
    assert said(asked, "reject_unlisted_sender") == expected("Sender", "0", "7", "7")


def test_senders_may_be_rewritten(instance_dir: MakeInstance) -> None:
    asked = context(
        instance_dir(MAIN), replace(CLIENT, sender="sent@falcot.com", recipient="sent@falcot.com")
    )
    assert said(asked, "reject_unlisted_sender") == "dunno"
    assert said(asked, "reject_unlisted_recipient").startswith("550 5.1.1 ")


def test_each_is_asked_once(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(MAIN), replace(CLIENT, recipient="nobody@falcot.com"))
    asked.warn_only = True
    assert said(asked, "reject_unlisted_recipient").startswith("550")
    asked.warn_only = False
    assert said(asked, "check_recipient_maps").startswith("550")
    assert said(asked, "reject_unlisted_recipient") == "dunno"


def test_switches(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, recipient="nobody@falcot.com")

    def with_(line: str) -> str:
        kept = [
            each for each in MAIN.splitlines(keepends=True) if each.split()[0] != line.split(maxsplit=1)[0]
        ]
        return said(context(instance_dir("".join(kept) + line + "\n"), session), "reject_unlisted_recipient")

    assert with_("local_recipient_maps =") == "dunno"
    assert with_("receive_override_options = no_unknown_recipient_checks") == "no effect"
    assert with_("unknown_local_recipient_reject_code = 450").startswith("450 4.1.1 ")
    assert with_("show_user_unknown_table_name = no").endswith("rejected: User unknown")
    retry = "451 4.3.0 <nobody@falcot.com>: Temporary lookup failure"
    assert with_("local_recipient_maps = inline:{jean=x} texthash:/nonexistent/x") == retry
    assert with_("canonical_maps = texthash:/nonexistent/x") == retry
    assert with_("transport_maps = texthash:/nonexistent/x") == retry
    assert with_("relocated_maps = texthash:/nonexistent/x") == retry


def test_a_transport_of_the_sender(instance_dir: MakeInstance) -> None:
    line = "sender_dependent_default_transport_maps = inline:{{a@good.example = error:not from you}}\n"
    asked = context(instance_dir(line), replace(CLIENT, recipient="x@elsewhere.example"))
    assert said(asked, "reject_unlisted_recipient") == (
        "550 5.1.1 <x@elsewhere.example>: Recipient address rejected: not from you"
    )


def test_why(instance_dir: MakeInstance) -> None:
    folder = instance_dir(MAIN)
    found = outcome(context(folder), "reject_unlisted_recipient")
    assert (found.why, found.key, found.table) == (
        "local_recipient_maps has jean", "jean", "inline:{jean=x, laure=x}",
    )  # fmt: skip
    asked = context(folder, replace(CLIENT, sender="", recipient="nobody@falcot.com"))
    assert (
        outcome(asked, "reject_unlisted_recipient").why
        == "local_recipient_maps does not have nobody@falcot.com"
    )
    assert said(asked, "reject_unlisted_sender") == "no effect"
