"""The demo's name server, asked by dnspython over real sockets."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from mailtui.demo import namesfile, zones
from mailtui.demo.nameserver import Nameserver

NAMES = """\
# a comment
falcot.com        MX     10 mail.falcot.com.
mail.falcot.com   A      192.0.2.25
www.falcot.com    CNAME  mail.falcot.com.
192.0.2.25        PTR    mail.falcot.com.
2001:db8::25      PTR    mail.falcot.com.
down.example      SERVFAIL
shut.example      REFUSED
deaf.example      DROP
lame.example      LAME
slow.example      DELAY  0.3
slow.example      A      192.0.2.7
many.example      TXT    "{long}"
many.example      TXT    "{long}2"
many.example      TXT    "{long}3"
""".format(long="x" * 240)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nameserver]:
    path = tmp_path / "names"
    path.write_text(NAMES)
    with Nameserver(path, port=0) as running:
        yield running


def ask(server: Nameserver, name: str, kind: str = "A", **options: object) -> dns.message.Message:
    query = dns.message.make_query(name, kind, **options)  # type: ignore[arg-type]  # options are its own
    return dns.query.udp(query, server.address, timeout=2, port=server.port)


def test_an_answer_has_its_record(server: Nameserver) -> None:
    reply = ask(server, "falcot.com", "MX")
    assert reply.rcode() == dns.rcode.NOERROR
    assert reply.flags & dns.flags.AA
    assert ask(server, "FalCot.COM", "MX").answer
    assert reply.answer[0].to_text().endswith("IN MX 10 mail.falcot.com.")


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("nowhere.test", "A", dns.rcode.NXDOMAIN),
        ("mail.falcot.com", "AAAA", dns.rcode.NOERROR),
        ("com", "A", dns.rcode.NOERROR),
        ("down.example", "A", dns.rcode.SERVFAIL),
        ("below.down.example", "MX", dns.rcode.SERVFAIL),
        ("shut.example", "A", dns.rcode.REFUSED),
    ],
)
def test_what_is_not_there(server: Nameserver, name: str, kind: str, rcode: dns.rcode.Rcode) -> None:
    reply = ask(server, name, kind)
    assert reply.rcode() == rcode
    assert reply.answer == []


def test_no_answer_at_all(server: Nameserver) -> None:
    query = dns.message.make_query("deaf.example", "A")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, server.address, timeout=0.2, port=server.port)


def test_a_cname_is_followed(server: Nameserver) -> None:
    reply = ask(server, "www.falcot.com")
    assert [part.to_text().split()[-1] for part in reply.answer] == ["mail.falcot.com.", "192.0.2.25"]


@pytest.mark.parametrize(
    "name", ["25.2.0.192.in-addr.arpa", "5.2.0.0" + ".0" * 20 + ".8.b.d.0.1.0.0.2.ip6.arpa"]
)
def test_an_address_stands_for_its_reverse_name(server: Nameserver, name: str) -> None:
    assert ask(server, name, "PTR").answer[0].to_text().endswith("PTR mail.falcot.com.")


def test_a_long_answer_needs_tcp(server: Nameserver) -> None:
    query = dns.message.make_query("many.example", "TXT", use_edns=False)
    short = dns.query.udp(query, server.address, timeout=2, port=server.port)
    assert short.flags & dns.flags.TC
    assert short.answer == []
    whole = dns.query.tcp(query, server.address, timeout=2, port=server.port)
    assert len(whole.answer[0]) == 3
    assert len(ask(server, "many.example", "TXT", use_edns=0, payload=4096).answer[0]) == 3


def test_rubbish_gets_no_answer_and_does_no_harm(server: Nameserver) -> None:
    assert server.reply(b"rubbish", 512) == (None, 0.0)
    assert ask(server, "mail.falcot.com").answer


def test_a_changed_file_is_read_again(server: Nameserver) -> None:
    server.path.write_text("new.example A 192.0.2.1\n")
    assert ask(server, "new.example").answer
    assert ask(server, "mail.falcot.com").rcode() == dns.rcode.NXDOMAIN


def test_a_file_that_goes_wrong_keeps_the_last_good_answers(server: Nameserver) -> None:
    server.path.write_text(NAMES + "broken.example A not-an-address\n")
    assert ask(server, "mail.falcot.com").answer
    assert server.problem is not None
    assert server.problem.startswith(f"line {len(NAMES.splitlines()) + 1}: broken.example A not-an-address")
    server.path.write_text(NAMES)
    os.utime(server.path, (time.time() + 5, time.time() + 5))
    assert ask(server, "mail.falcot.com").answer
    assert server.problem is None


@pytest.mark.parametrize("line", ["name", "name A", "name BOGUS x", "x A 1.2.3", "..bad A 1.2.3.4"])
def test_a_wrong_line_is_named(line: str) -> None:
    with pytest.raises(namesfile.ZoneError, match=r"^line 2: "):
        namesfile.parse(f"# first\n{line}\n")


def test_the_demos_own_names_are_right() -> None:
    names = namesfile.parse(zones.NAMES)
    assert len(names.records) > 40
    assert len(names.faults) == 1


def test_a_lame_answer_has_no_authority(server: Nameserver) -> None:
    reply = ask(server, "www.lame.example")
    assert reply.rcode() == dns.rcode.NOERROR
    assert not reply.flags & dns.flags.AA
    assert not reply.answer


def test_a_slow_answer_keeps_nobody_else_waiting(server: Nameserver) -> None:
    began = time.monotonic()
    query = dns.message.make_query("slow.example", "A")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, server.address, timeout=0.1, port=server.port)
    assert ask(server, "mail.falcot.com").answer
    assert time.monotonic() - began < 0.3
    assert ask(server, "slow.example").answer
    assert dns.query.tcp(query, server.address, timeout=2, port=server.port).answer
    assert time.monotonic() - began > 0.6
