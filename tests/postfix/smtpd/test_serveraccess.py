"""The servers of a name, looked up in an access table."""

from __future__ import annotations

from dataclasses import replace

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, check, context, outcome, said

DNS = """\
good.example MX 10 mx.good.example
good.example NS ns.host.example
good.example A 203.0.113.1
mx.good.example A 203.0.113.2
mail.good.example A 198.51.100.7
ns.host.example AAAA 2001:db8::53
two.example MX 10 a.two.example
two.example MX 20 b.two.example
a.two.example A 192.0.2.1
b.two.example A 192.0.2.2
many.example A 192.0.2.1
many.example A 192.0.2.2
null.example MX 0 .
down.example MX !
numeric.example MX 10 203.0.113.2
"""


def rule(which: str, entries: str) -> str:
    return f"check_{which}_access inline:{{{entries}}}"


def test_kinds(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir("inet_protocols = all\n"), CLIENT, DNS)
    check(asked, {
        rule("sender_mx", "mx.good.example=m"): "mx.good.example -> m",
        rule("sender_mx", "good.example=m"): "good.example -> m",
        rule("sender_mx", "203.0.113=m"): "203.0.113 -> m",
        rule("sender_mx", "203.0.113.1=m"): "dunno",
        rule("sender_ns", "host.example=n"): "host.example -> n",
        rule("sender_ns", "2001:db8:=n"): "2001:db8: -> n",
        rule("sender_a", "203.0.113.1=a"): "203.0.113.1 -> a",
        rule("sender_a", "good.example=a"): "dunno",
        rule("helo_ns", "ns.host.example=n"): "ns.host.example -> n",  # of the domain above
        rule("client_mx", "198.51.100.7=m"): "198.51.100.7 -> m",  # without MX the host itself
        rule("client_a", "198.51=a"): "198.51 -> a",
        rule("reverse_client_hostname_a", "198.51=a"): "198.51 -> a",
        rule("recipient_mx", "falcot.com=m"): "falcot.com -> m",
        rule("recipient_ns", "falcot.com=m"): "dunno",
    })  # fmt: skip
    assert outcome(asked, rule("sender_mx", "mx.good.example=OK")).on_ok == "error"


def test_what_has_no_server(instance_dir: MakeInstance) -> None:
    folder = instance_dir()
    for sender, entry, kind, expected in (
        ("x@null.example", "null.example=x", "mx", "dunno"),
        ("x@down.example", "down.example=x", "mx", "dunno"),
        ("x@numeric.example", "203.0.113.2=x", "mx", "203.0.113.2 -> x"),
        ("x@[203.0.113.2]", "203.0.113=x", "mx", "203.0.113 -> x"),
        ("x@[203.0.113.2]", "203.0.113=x", "a", "203.0.113 -> x"),
        ("x@[203.0.113.2]", "203.0.113=x", "ns", "dunno"),
        ("x@[203.0.113.2", "203.0.113=x", "a", "dunno"),
        ("", "203.0.113=x", "a", "no effect"),
    ):
        asked = context(folder, replace(CLIENT, sender=sender), DNS)
        assert said(asked, rule(f"sender_{kind}", entry)) == expected, sender
    found = outcome(context(folder, replace(CLIENT, sender="x@down.example"), DNS), rule("sender_mx", "a=b"))
    assert found.warning == "Unable to look up MX host for down.example: Host not found, try again"


def test_servers_in_any_order(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, sender="x@two.example", helo="many.example"), DNS)
    check(asked, {
        rule("sender_mx", "a.two.example=x, b.two.example=y"): "unknown",
        rule("sender_mx", "a.two.example=x, 192.0.2.2=x"): "a.two.example -> x",
        rule("sender_mx", "192.0.2.2=y"): "192.0.2.2 -> y",
        rule("helo_a", "192.0.2.1=x, 192.0.2.2=y"): "unknown",
        rule("helo_a", "192.0.2=x"): "192.0.2 -> x",
    })  # fmt: skip


def test_a_final_dot_is_none_of_the_resolver_s_business(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, helo="good.example."), DNS)
    assert said(asked, rule("helo_a", "203.0.113=x")) == "203.0.113 -> x"


def test_names_that_are_not_known(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, client_name="unknown", helo=None, sender=None, recipient=None)
    asked = context(instance_dir(), session, DNS)
    hosts = ("client", "reverse_client_hostname", "helo", "sender", "recipient")
    check(asked, {rule(f"{host}_{kind}", "a=b"): "no effect" for host in hosts for kind in ("mx", "ns", "a")})


def test_too_many_addresses(instance_dir: MakeInstance) -> None:
    dns = "".join(f"crowd.example A 192.0.2.{number}\n" for number in range(1, 103))
    asked = context(instance_dir(), replace(CLIENT, helo="crowd.example"), dns)
    check(asked, {
        rule("helo_a", "192.0.2.100=x"): "192.0.2.100 -> x",
        rule("helo_a", "192.0.2.101=x"): "dunno",
    })  # fmt: skip
