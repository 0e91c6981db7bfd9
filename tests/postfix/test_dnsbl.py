"""Whether DNS lists live, asked of the demo's own name server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.demo.nameserver import Nameserver
from mailtui.dns.ask import Names
from mailtui.postfix.dnsbl import Asked, explained, look, meaning, zones
from mailtui.postfix.instance import Instance

ZONES = """\
good.test NS ns.test.
2.0.0.127.good.test A 127.0.0.2
2.0.0.127.good.test A 127.0.0.4
all.test NS ns.test.
2.0.0.127.all.test A 127.0.0.2
1.0.0.127.all.test A 127.0.0.2
shut.test NS ns.test.
2.0.0.127.shut.test A 127.255.255.254
dead.test NS ns.test.
names.test NS ns.test.
test.names.test A 127.0.1.2
bare.test NS ns.test.
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nameserver]:
    path = tmp_path_factory.mktemp("dns") / "zones"
    path.write_text(ZONES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Nameserver(path, port=port) as running:
        yield running


def names(server: Nameserver, timeout: float = 2.0) -> Names:
    return Names(timeout=timeout, nameservers=[server.address], port=server.port)


@pytest.mark.parametrize(
    ("argument", "holds", "health"),
    [
        ("good.test", "addresses", "alive"),
        ("good.test=127.0.0.2", "addresses", "alive"),
        ("all.test", "addresses", "lists all"),
        ("shut.test", "addresses", "refused"),
        ("dead.test", "addresses", "dead"),
        ("names.test", "domains", "alive"),
        ("bare.test", "domains", "no test entry"),
        ("dnsbl.sorbs.net", "addresses", "closed"),
    ],
)
def test_how_a_list_is(server: Nameserver, argument: str, holds: str, health: str) -> None:
    asked = Asked(argument, "domains" if holds == "domains" else "addresses", ())
    state = look([asked], names(server))[0]
    assert state.health == health, state.says
    assert state.says
    assert state.good is (health == "alive")


def test_all_are_asked_at_once_and_none_for_longer_than_the_limit() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        deaf = Names(timeout=0.4, nameservers=["127.0.0.1"], port=silent.getsockname()[1])
        began = time.monotonic()
        states = look([Asked(f"l{number}.test", "addresses", ()) for number in range(6)], deaf)
        assert time.monotonic() - began < 2.0
    assert {state.health for state in states} == {"unknown"}


def test_answers_in_words() -> None:
    assert "CBL" in meaning("zen.spamhaus.org", "127.0.0.4")
    assert "public resolver" in meaning("zen.spamhaus.org", "127.255.255.254")
    assert "refused" in meaning("other.example", "127.255.255.1")
    assert meaning("other.example", "127.0.0.9") == "listed"
    assert "no answer of a list" in meaning("other.example", "192.0.2.1")
    assert explained("list.dnswl.org=127.0.[2..20].[1..3]", ["127.0.5.0", "127.0.5.2"]) == [
        ("127.0.5.0", "known, no trust", False),
        ("127.0.5.2", "known, medium trust", True),
    ]


def test_the_lists_of_the_chains(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(
        "smtpd_restriction_classes = strict\nstrict = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n"
        "smtpd_recipient_restrictions = reject_rbl_client bl.spamcop.net,\n  reject_rhsbl_sender dbl.example\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n")
    found = zones(Instance.open(str(tmp_path)))
    assert [(each.argument, each.holds, each.zone) for each in found] == [
        ("bl.spamcop.net", "addresses", "bl.spamcop.net"),
        ("dbl.example", "domains", "dbl.example"),
        ("zen.spamhaus.org=127.0.0.[2..11]", "addresses", "zen.spamhaus.org"),
    ]
    assert found[0].rules == ("smtpd_recipient_restrictions, line 3",)


def test_the_lists_of_postscreen_with_their_weights(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(
        "postscreen_dnsbl_sites = zen.test=127.0.0.[2..11]*3, good.test*-2\n"
        "smtpd_client_restrictions = reject_rbl_client zen.test=127.0.0.[2..11]\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n")
    found = {each.argument: each for each in zones(Instance.open(str(tmp_path)))}
    assert found["zen.test=127.0.0.[2..11]"].weight == 3
    assert len(found["zen.test=127.0.0.[2..11]"].rules) == 2
    assert (found["good.test"].weight, found["good.test"].rules) == (-2, ("postscreen_dnsbl_sites",))
