"""Access tables: which keys are asked, in which order, and what an OK means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from mailtui.postfix.addresses import Rules
from mailtui.postfix.smtpd.access import by_whole_key, domain_keys, mail_keys, network_keys
from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, check, context, outcome, said

RULES = Rules("falcot.com", "falcot.com", "+")


def keys(found: Iterable[str]) -> str:
    return " ".join(found)


def test_keys() -> None:
    assert keys(domain_keys("a.b.example", parents=True)) == "a.b.example b.example example"
    assert keys(domain_keys("a.b.example", parents=False)) == "a.b.example .b.example .example"
    assert keys(domain_keys("192.0.2.1", parents=True)) == "192.0.2.1"
    assert keys(network_keys("192.0.2.1")) == "192.0.2.1 192.0.2 192.0 192"
    assert keys(network_keys("2001:db8::99")) == "2001:db8::99 2001:db8: 2001:db8 2001"
    assert keys(mail_keys("a+x@b.example", RULES, parents=True)) == (
        "a+x@b.example a@b.example b.example example a+x@ a@"
    )
    assert list(mail_keys("a b@c.d", RULES, parents=False)) == [
        '"a b"@c.d', "a b@c.d", "c.d", ".d", '"a b"@', "a b@",
    ]  # fmt: skip


def test_tables_of_whole_keys() -> None:
    assert by_whole_key("pcre:/x")
    assert by_whole_key("proxy:cidr:/x")
    assert by_whole_key("unionmap:{regexp:/x, hash:/y}")
    assert not by_whole_key("pipemap:{hash:/x, pcre:/y}")
    assert not by_whole_key("hash:/x")


def test_what_is_asked(instance_dir: MakeInstance) -> None:
    table = "good.example g\n198.51 n\nfalcot.com f\njean@ j\n<> nobody\neve login\n"
    folder = instance_dir("smtpd_sasl_auth_enable = yes\n", files={"access": table}, postmap=["hash:access"])
    access = f"hash:{folder}/access"
    asked = context(folder, replace(CLIENT, sasl_user="eve"))
    check(asked, {
        f"check_client_access {access}": "good.example -> g",
        f"check_reverse_client_hostname_access {access}": "good.example -> g",
        f"check_helo_access {access}": "good.example -> g",
        f"check_sender_access {access}": "good.example -> g",
        f"check_recipient_access {access}": "falcot.com -> f",
        f"check_sasl_access {access}": "eve -> login",
        f"check_etrn_access {access}": "no effect",
    })  # fmt: skip
    nameless = context(folder, replace(CLIENT, client_name="unknown", sender="", recipient="jean@x.example"))
    check(nameless, {
        f"check_client_access {access}": "198.51 -> n",
        f"check_sender_access {access}": "<> -> nobody",
        f"check_recipient_access {access}": "jean@ -> j",
        f"check_sasl_access {access}": "no effect",
    })  # fmt: skip


def test_whom_a_reply_names(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir("smtpd_sasl_auth_enable = yes\n"), replace(CLIENT, sasl_user="e\tve"))
    named = {
        "check_client_access": ("mail.good.example[198.51.100.7]", "Client host"),
        "check_reverse_client_hostname_access": ("mail.good.example", "Unverified Client host"),
        "check_helo_access": ("mail.good.example", "Helo command"),
        "check_sender_access": ("a@good.example", "Sender address"),
        "check_recipient_access": ("jean@falcot.com", "Recipient address"),
        "check_sasl_access": ("e_ve", "SASL login name"),
    }
    for rule, words in named.items():
        found = outcome(asked, f"{rule} static:OK")
        assert (found.subject, found.subject_class) == words
        assert found.on_ok == ("error" if "reverse" in rule else "ok")


def test_addresses_are_completed_and_folded(instance_dir: MakeInstance) -> None:
    folder = instance_dir("myorigin = falcot.com\nrecipient_delimiter = +\n",
                          files={"access": "jean@falcot.com J\nx@elsewhere.example E\n"},
                          postmap=["hash:access"])  # fmt: skip
    rule = f"check_recipient_access hash:{folder}/access"
    for recipient, expected in (
        ("Jean", "jean@falcot.com -> J"),
        ("JEAN+x@Falcot.COM.", "jean@falcot.com -> J"),
        ("@a.example:jean@falcot.com", "jean@falcot.com -> J"),
        ("x%elsewhere.example@falcot.com", "x@elsewhere.example -> E"),
    ):
        assert said(context(folder, replace(CLIENT, recipient=recipient)), rule) == expected


def test_an_ok_for_a_routed_recipient(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, recipient="x!y@elsewhere.example", sender="x!y@elsewhere.example")
    asked = context(instance_dir(), session)
    assert outcome(asked, "check_recipient_access static:OK").on_ok == "dunno"
    assert outcome(asked, "check_sender_access static:OK").on_ok == "ok"
    trusting = context(instance_dir("allow_untrusted_routing = yes\n"), session)
    assert outcome(trusting, "check_recipient_access static:OK").on_ok == "ok"


def test_patterns_get_whole_names_and_addresses(instance_dir: MakeInstance) -> None:
    folder = instance_dir(files={
        "names": "/^good\\.example$/ part\n/^198\\.51\\.100\\.7$/ whole\n",
        "mail": '/^"a b"@/ quoted\n/^falcot\\.com$/ part\n/^jean@/ whole\n',
        "nets": "198.51.100.0/24 net\n",
    })  # fmt: skip
    asked = context(folder, replace(CLIENT, sender="a b@good.example"))
    check(asked, {
        f"check_client_access pcre:{folder}/names": "198.51.100.7 -> whole",
        f"check_client_access cidr:{folder}/nets": "198.51.100.7 -> net",
        f"check_helo_access regexp:{folder}/names": "dunno",
        f"check_recipient_access pcre:{folder}/mail": "jean@falcot.com -> whole",
        f"check_sender_access pcre:{folder}/mail": '"a b"@good.example -> quoted',
    })  # fmt: skip


def test_a_table_that_cannot_be_asked(instance_dir: MakeInstance) -> None:
    found = outcome(context(instance_dir()), "check_client_access hash:/nonexistent/x")
    assert found.value == "451 4.3.5 Server configuration error"
    assert found.warning
    empty = instance_dir(files={"x": "/(z?)good/ $1\n"})
    found = outcome(context(empty), f"check_helo_access pcre:{empty}/x")
    assert found.value == "451 4.3.5 Server configuration error"
    assert "empty value" in found.warning


def test_before_it_is_known(instance_dir: MakeInstance) -> None:
    folder = instance_dir()
    asked = context(folder, replace(CLIENT, helo=None, sender=None, recipient=None))
    check(
        asked, {f"check_{which}_access static:OK": "no effect" for which in ("helo", "sender", "recipient")}
    )
    assert "no SASL support" in outcome(asked, "check_sasl_access static:OK").warning


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("hash:/x", "no effect"),
        ("{hash:/x}", "no effect"),
        ("{hash:/x, { search_order = pubkey_fingerprint, cert_fingerprint }}", "no effect"),
        ("{hash:/x, search_order=cert_fingerprint}", "no effect"),
        ("{hash:/x, { search_order = other }}", "451 4.3.5 Server configuration error"),
        ("{hash:/x, foo=bar}", "451 4.3.5 Server configuration error"),
        ("{hash:/x", "451 4.3.5 Server configuration error"),
        ("{x, hash:/x}", "451 4.3.5 Server configuration error"),
    ],
)
def test_certificates(instance_dir: MakeInstance, argument: str, expected: str) -> None:
    asked = context(instance_dir("smtpd_tls_ask_ccert = yes\n"), replace(CLIENT, tls=True))
    assert said(asked, f"check_ccert_access {argument}") == expected
