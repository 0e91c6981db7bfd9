"""Own networks, logins, certificates, and mail for our domains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, check, context, outcome, said

RETRY = "451 4.3.0 <jean@falcot.com>: Temporary lookup failure"
DENIED = "554 5.7.1 <{}>: Relay access denied"


@pytest.mark.parametrize(
    ("networks", "address", "expected"),
    [
        ("127.0.0.0/8", "198.51.100.7", "dunno"),
        ("127.0.0.0/8, 198.51.100.0/24", "198.51.100.7", "ok"),
        ("198.51.100.7", "198.51.100.7", "ok"),
        ("!198.51.100.7 198.51.100.0/24", "198.51.100.7", "dunno"),
        ("!198.51.100.7 198.51.100.0/24", "198.51.100.8", "ok"),
        ("good.example", "198.51.100.7", "ok"),
        ("198.51.100.7/24", "198.51.100.7", RETRY),
        ("198.51.100.7 198.51.100.7/24", "198.51.100.7", "ok"),
        ("10/8 198.51.100.7", "198.51.100.7", RETRY),
        ("198.51.100.0/33", "198.51.100.7", RETRY),
        ("198.51.100.0/255.255.255.0", "198.51.100.7", RETRY),
        ("[2001:db8::]/32", "198.51.100.7", "dunno"),
        ("[2001:db8::]/32", "2001:db8::99", "ok"),
        ("[2001:db8::/32]", "2001:db8::99", "ok"),
        ("[2001:db8:0::0099]", "2001:db8::99", "ok"),
        ("[2001:db8::99", "2001:db8::1", RETRY),
        ("cidr:$config_directory/nets", "198.51.100.7", "ok"),
        ("!cidr:$config_directory/nets 198.51.100.0/24", "198.51.100.7", "dunno"),
        ("hash:$config_directory/hosts", "203.0.113.9", "ok"),
        ("texthash:$config_directory/missing", "203.0.113.9", RETRY),
        ("$config_directory/list", "203.0.113.10", "ok"),
        ("!$config_directory/list 203.0.113.0/24", "203.0.113.10", "dunno"),
        ("$config_directory/none", "203.0.113.10", RETRY),
    ],
)
def test_mynetworks(instance_dir: MakeInstance, networks: str, address: str, expected: str) -> None:
    folder = instance_dir(
        f"mynetworks = {networks}\n",
        files={
            "nets": "198.51.100.0/24 REJECT\n",
            "hosts": "203.0.113.9 x\n",
            "list": "# ours\n203.0.113.10\n",
        },
        postmap=["hash:hosts"],
    )
    assert said(context(folder, replace(CLIENT, client_address=address)), "permit_mynetworks") == expected


def test_parents_of_names(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, client_name="a.mail.good.example")
    for style, networks, expected in (
        ("mynetworks", "good.example", "ok"),
        ("mynetworks", ".good.example", "dunno"),
        ("relay_domains", "good.example", "dunno"),
        ("relay_domains", ".good.example", "ok"),
        ("mynetworks", "hash:$config_directory/names", "ok"),
        ("relay_domains", "hash:$config_directory/names", "dunno"),
    ):
        folder = instance_dir(
            f"parent_domain_matches_subdomains = {style}\nmynetworks = {networks}\n",
            files={"names": "good.example x\n"},
            postmap=["hash:names"],
        )
        assert said(context(folder, session), "permit_mynetworks") == expected, (style, networks)


def test_why_not_in_mynetworks(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir("mynetworks = !198.51.100.7, 198.51.100.0/24\n"))
    assert outcome(asked, "permit_mynetworks").why == "mynetworks leaves 198.51.100.7 out: !198.51.100.7"
    asked = context(instance_dir("mynetworks = 127.0.0.0/8\n"))
    assert outcome(asked, "permit_mynetworks").why == "198.51.100.7 is in none of mynetworks"


def test_inet_interfaces(instance_dir: MakeInstance) -> None:
    folder = instance_dir("inet_interfaces = 192.0.2.25\nproxy_interfaces = 203.0.113.5\n")
    for address, expected in (("192.0.2.25", "ok"), ("203.0.113.5", "dunno"), ("unknown", "dunno")):
        assert (
            said(context(folder, replace(CLIENT, client_address=address)), "permit_inet_interfaces")
            == expected
        )


def test_logins(instance_dir: MakeInstance) -> None:
    user = replace(CLIENT, sasl_user="eve")
    assert said(context(instance_dir(), user), "permit_sasl_authenticated") == "no effect"
    folder = instance_dir("smtpd_sasl_auth_enable = yes\n")
    assert said(context(folder, user), "permit_sasl_authenticated") == "ok"
    assert said(context(folder), "permit_sasl_authenticated") == "dunno"
    folder = instance_dir("smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n")
    assert said(context(folder, user), "permit_sasl_authenticated") == "no effect"
    assert said(context(folder, replace(user, tls=True)), "permit_sasl_authenticated") == "ok"


def test_certificates(instance_dir: MakeInstance) -> None:
    folder = instance_dir()
    assert said(context(folder), "permit_tls_clientcerts") == "dunno"
    found = outcome(context(folder, replace(CLIENT, tls=True)), "permit_tls_all_clientcerts")
    assert found.kind == "dunno"
    assert found.warning == 'permit_tls_all_clientcerts is requested, but "smtpd_tls_ask_ccert = no"'


DOMAINS = """\
relay_domains = relay.example
virtual_alias_domains = alias.example
virtual_mailbox_domains = box.example
inet_interfaces = 192.0.2.25
"""


@pytest.mark.parametrize(
    ("recipient", "allowed"),
    [
        ("jean@falcot.com", True),
        ("jean", False),  # @$myorigin, which is the host's own name and not in mydestination here
        ("x@relay.example", True),
        ("x@sub.relay.example", True),
        ("x@alias.example", True),
        ("x@box.example.", True),
        ("x@sub.box.example", False),
        ("x@[192.0.2.25]", True),
        ("x@[192.0.2.26]", False),
        ("x%elsewhere.example@falcot.com", False),
        ("x%relay.example@falcot.com", True),
        ("x%elsewhere.example@relay.example", False),
        ("elsewhere.example!x@relay.example", False),
        ("x@elsewhere.example", False),
    ],
)
def test_destinations(instance_dir: MakeInstance, recipient: str, allowed: bool) -> None:
    asked = context(
        instance_dir(f"{DOMAINS}myorigin = elsewhere.example\n"), replace(CLIENT, recipient=recipient)
    )
    refused = DENIED.format(recipient)
    check(asked, {
        "permit_auth_destination": "ok" if allowed else "dunno",
        "reject_unauth_destination": "dunno" if allowed else refused,
        "defer_unauth_destination": "dunno" if allowed else refused.replace("554 5", "454 4"),
        "check_relay_domains": "ok" if allowed else
            f"554 5.7.1 <{recipient}>: Recipient address rejected: Relay access denied",
    })  # fmt: skip


def test_routed_addresses_may_be_trusted(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, recipient="x%elsewhere.example@relay.example")
    folder = instance_dir(f"{DOMAINS}allow_untrusted_routing = yes\nrelay_domains_reject_code = 550\n")
    assert said(context(folder, session), "permit_auth_destination") == "ok"
    session = replace(CLIENT, recipient="x@elsewhere.example")
    assert said(context(folder, session), "reject_unauth_destination").startswith("550 5.7.1 ")


def test_clients_of_relay_domains(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, client_name="host.relay.example", recipient="x@elsewhere.example")
    found = outcome(context(instance_dir(DOMAINS), session), "check_relay_domains")
    assert found.kind == "ok"
    assert "will be removed" in found.warning


def test_a_list_that_cannot_be_asked(instance_dir: MakeInstance) -> None:
    folder = instance_dir("relay_domains = texthash:$config_directory/missing\n")
    session = replace(CLIENT, recipient="x@elsewhere.example")
    retry = "451 4.3.0 <x@elsewhere.example>: Temporary lookup failure"
    asked = context(folder, session)
    rules = ("permit_auth_destination", "reject_unauth_destination", "permit_mx_backup",
             "permit_dnswl_client x.example", "reject_unlisted_recipient")  # fmt: skip
    check(asked, dict.fromkeys(rules, retry))
    assert said(context(folder), "permit_auth_destination") == "ok"


def test_before_a_recipient_is_known(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, recipient=None))
    rules = ("permit_auth_destination", "reject_unauth_destination", "defer_unauth_destination",
             "check_relay_domains", "permit_mx_backup")  # fmt: skip
    check(asked, dict.fromkeys(rules, "no effect"))
