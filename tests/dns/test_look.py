"""The records of a domain, asked of the demo's own name server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from mailtui.demo import zones
from mailtui.demo.nameserver import Nameserver
from mailtui.dns.look import DomainDns, look

MORE = """\
mail2026._domainkey.falcot.com   TXT    "v=DKIM1; k=rsa; " "p=MIGf"
default._domainkey.falcot.com    TXT    "v=DKIM1; p=x"
two.example        MX     20 b.two.example.
two.example        MX     10 a.two.example.
a.two.example      A      192.0.2.1
a.two.example      AAAA   2001:db8::1
two.example        TXT    "v=spf1 -all"
two.example        TXT    "v=spf1 mx -all"
two.example        TXT    "something else"
_dmarc.two.example TXT    "v=DMARC1; p=none"
null.example       MX     0 .
hostile.example    TXT    "v=spf1 \\027[31m [bold]x[/bold]"
deaf.example       DROP
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nameserver]:
    path = tmp_path_factory.mktemp("dns") / "names"
    path.write_text(zones.NAMES + MORE)
    with Nameserver(path, port=0) as running:
        yield running


def asked(server: Nameserver, domain: str, *selectors: str, timeout: float = 5.0) -> DomainDns:
    return look(domain, selectors=selectors, timeout=timeout, nameservers=[server.address], port=server.port)


def test_what_a_domain_has(server: Nameserver) -> None:
    found = asked(server, "falcot.com", "mail2026")
    assert (found.mx.state, found.mx.record) == ("ok", "10 mail.falcot.com (192.0.2.25)")
    assert (found.address.state, found.address.record) == ("ok", "192.0.2.80")
    assert (found.spf.state, found.spf.record) == ("ok", "v=spf1 mx -all")
    assert found.dmarc.record == "v=DMARC1; p=quarantine; rua=mailto:dmarc@falcot.com"
    assert [(part.selector, part.state, part.record) for part in found.dkim] == [
        ("mail2026", "ok", "v=DKIM1; k=rsa; p=MIGf")
    ]


def test_usual_selectors_are_tried_where_none_is_known(server: Nameserver) -> None:
    assert [(part.selector, part.state) for part in asked(server, "falcot.com").dkim] == [("default", "ok")]
    (none,) = asked(server, "falcot.org").dkim
    assert none.state == "missing"
    assert "default" in none.problems[0]


def test_what_is_missing_and_what_is_too_much(server: Nameserver) -> None:
    brand = asked(server, "falcotsbrand.com", "mail")
    assert [brand.spf.state, brand.dmarc.state, brand.address.state] == ["missing"] * 3
    assert [part.state for part in brand.dkim] == ["missing"]
    nowhere = asked(server, "nowhere.test")
    assert [nowhere.mx.state, nowhere.spf.state] == ["missing", "missing"]
    two = asked(server, "two.example")
    assert two.mx.record == "10 a.two.example (192.0.2.1, 2001:db8::1), 20 b.two.example"
    assert (two.mx.state, two.mx.problems) == ("warning", ("b.two.example has no address",))
    assert two.spf.state == "error"
    assert "something else" not in two.spf.record
    assert asked(server, "null.example").mx.state == "error"


def test_no_answer_is_unknown_and_in_time(server: Nameserver) -> None:
    began = time.monotonic()
    deaf = asked(server, "deaf.example", timeout=0.4)
    assert time.monotonic() - began < 2
    parts = [deaf.mx, deaf.address, deaf.spf, deaf.dmarc, *deaf.dkim]
    assert {part.state for part in parts} == {"unknown"}
    assert {part.problems for part in parts} == {("no answer in time",)}
    down = asked(server, "dnsdown.example")
    assert (down.mx.state, down.mx.problems) == ("unknown", ("the name servers answer with an error",))


def test_records_are_hostile(server: Nameserver) -> None:
    record = asked(server, "hostile.example").spf.record
    assert "\x1b" not in record
    assert "[bold]" in record


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".example", "x." * 130 + "example"])
def test_what_is_no_name_is_said(server: Nameserver, name: str) -> None:
    found = asked(server, name)
    assert found.mx.state == "unknown"
    assert found.as_json()["domain"] == name


def test_interface_names(server: Nameserver) -> None:
    found = asked(server, "falcot.com", "mail2026").as_json()
    assert set(found) == {"domain", "mx", "address", "spf", "dkim", "dmarc"}
    assert found["mx"] == {"state": "ok", "record": "10 mail.falcot.com (192.0.2.25)", "problems": []}
    assert found["dkim"][0]["selector"] == "mail2026"


def test_a_program_that_ends_waits_for_no_name_server() -> None:
    program = """
import socket, threading, time
from mailtui.dns.look import look
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 0))
port = silent.getsockname()[1]
asking = lambda: look("falcot.com", nameservers=["127.0.0.1"], port=port, timeout=60)
threading.Thread(target=asking, daemon=True).start()
assert silent.recv(4096)
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=30, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
