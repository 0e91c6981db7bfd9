"""All name servers of a zone, each on an address of its own with a file of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailtui.demo.nameserver import Nameserver
from mailtui.dns.ask import Names
from mailtui.dns.authoritative import Told, agreed, ask_each, servers_of

WORLD = """\
falcot.com           NS     ns1.falcot.com.
falcot.com           NS     ns2.falcot.com.
ns1.falcot.com       A      127.0.0.2
ns2.falcot.com       A      127.0.0.3
keys.example         NS     ns.keys.example.
ns.keys.example      A      127.0.0.4
broken.example       NS     ns1.falcot.com.
broken.example       NS     gone.falcot.com.
broken.example       NS     closed.falcot.com.
broken.example       NS     nowhere.falcot.com.
broken.example       NS     six.falcot.com.
gone.falcot.com      A      127.0.0.5
closed.falcot.com    A      127.0.0.9
six.falcot.com       AAAA   2001:db8::9
dnsdown.example      SERVFAIL
"""
SELECTOR = "mail2026._domainkey.falcot.com"
LONG = '"' + "x" * 250 + '" '
OLD = "broken.example   LAME\n"
NEW = f"""\
{SELECTOR}           TXT    "v=DKIM1; p=new"
huge.falcot.com      TXT    {LONG * 8}
theirs._domainkey.falcot.com  CNAME  sel.keys.example.
inside.falcot.com    CNAME  {SELECTOR}.
dead.falcot.com      CNAME  nothing.falcot.com.
round.falcot.com     CNAME  round.falcot.com.
broken.example       TXT    "here"
"""
GONE = "broken.example  DROP\n"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Nameserver]]:
    folder = tmp_path_factory.mktemp("dns")
    files = [
        ("127.0.0.1", WORLD), ("127.0.0.2", NEW + OLD),
        ("127.0.0.3", NEW.replace("p=new", "p=old") + OLD),
        ("127.0.0.4", 'sel.keys.example  TXT  "v=DKIM1; p=theirs"\n'), ("127.0.0.5", GONE),
    ]  # fmt: skip
    with ExitStack() as stack:
        running: list[Nameserver] = []
        port = 0
        for address, text in files:
            path = Path(folder, address)
            path.write_text(text)
            running.append(stack.enter_context(Nameserver(path, address, port)))
            port = running[0].port
        yield running


def names(servers: list[Nameserver]) -> Names:
    return Names(nameservers=["127.0.0.1"], port=servers[0].port, timeout=2)


def each(servers: list[Nameserver], name: str, kind: str = "TXT", timeout: float = 2) -> list[Told]:
    return ask_each(name, kind, names=names(servers), port=servers[0].port, timeout=timeout)


def records(told: list[Told]) -> dict[str, tuple[str, ...]]:
    return {one.server: one.answer.records for one in told}


def test_the_zone_of_a_name_and_its_servers(servers: list[Nameserver]) -> None:
    zone = servers_of(SELECTOR, names(servers))
    assert zone.name == "falcot.com"
    assert [(server.name, server.address) for server in zone.servers] == [
        ("ns1.falcot.com", "127.0.0.2"),
        ("ns2.falcot.com", "127.0.0.3"),
    ]
    down = servers_of("x.dnsdown.example", names(servers))
    assert not down.servers
    assert "cannot be found" in down.problem
    assert "nobody" in servers_of("a.b.nowhere", names(servers)).problem


def test_each_server_has_its_own_word(servers: list[Nameserver]) -> None:
    told = each(servers, SELECTOR)
    assert records(told) == {
        "ns1.falcot.com": ("v=DKIM1; p=new",),
        "ns2.falcot.com": ("v=DKIM1; p=old",),
    }
    assert len(list(agreed(told))) == 2
    missing = each(servers, "other._domainkey.falcot.com")
    assert [one.answer.state for one in missing] == ["nxdomain", "nxdomain"]
    assert [has for has, _ in agreed(missing)] == [()]


def test_a_long_answer_comes_whole(servers: list[Nameserver]) -> None:
    assert {one.answer.records for one in each(servers, "huge.falcot.com")} == {("x" * 2000,)}


def test_aliases_lead_to_the_servers_of_what_they_stand_for(servers: list[Nameserver]) -> None:
    (theirs,) = each(servers, "theirs._domainkey.falcot.com")
    assert (theirs.server, theirs.answer.records) == ("ns.keys.example", ("v=DKIM1; p=theirs",))
    assert set(records(each(servers, "inside.falcot.com")).values()) == {
        ("v=DKIM1; p=new",),
        ("v=DKIM1; p=old",),
    }
    assert {one.answer.state for one in each(servers, "dead.falcot.com")} == {"nxdomain"}
    looping = each(servers, "round.falcot.com")
    assert {one.answer.state for one in looping} == {"tempfail"}
    aliases = each(servers, "theirs._domainkey.falcot.com", "CNAME")
    assert {one.answer.records for one in aliases} == {("sel.keys.example",)}


def test_no_answer_is_told_apart(servers: list[Nameserver]) -> None:
    began = time.monotonic()
    told = {one.server: one for one in each(servers, "broken.example", timeout=0.6)}
    assert time.monotonic() - began < 2
    assert {name: one.fault for name, one in told.items()} == {
        "ns1.falcot.com": "lame",
        "gone.falcot.com": "unreachable",
        "closed.falcot.com": "unreachable",
        "nowhere.falcot.com": "unreachable",
        "six.falcot.com": told["six.falcot.com"].fault,
    }
    assert told["six.falcot.com"].fault in {"no route", "unreachable"}
    assert told["nowhere.falcot.com"].answer.problem == "it has no address"
    assert {one.answer.state for one in told.values()} == {"tempfail"}
    assert all(one.answer.problem for one in told.values())


def test_who_cannot_be_asked_is_no_empty_list(servers: list[Nameserver]) -> None:
    (told,) = each(servers, "x.dnsdown.example")
    assert (told.server, told.fault, told.answer.state) == ("", "unreachable", "tempfail")
