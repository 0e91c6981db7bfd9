"""transport(5)'s right-hand sides, taken apart as trivial-rewrite(8) and smtp(8) do.

What smtp(8) 3.7.11 said of each next hop (its fatal error, or the mail on its way) stands beside it.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtui.postfix.transportsyntax import (
    Hop,
    address_of,
    parse_hop,
    parse_transport,
    service_problem,
    split_hops,
    status_code,
)

DIES = (
    ("[127.0.0.1", 'missing "]"'),
    ("[127.0.0.1]:nosuch", "unknown service: nosuch/tcp"),
    ("[127.0.0.1]:0", "bad network port: 0"),
    ("[127.0.0.1]:99999", "bad network port: 99999"),
    ("::1", "valid hostname or network address required"),
    ("[127.0.0.1]:2525:33", "garbage after numerical service"),
    ("[]:25", "valid hostname or network address required"),
    ("ipv6:[::1]", "valid hostname or network address required"),
    ("inet:[127.0.0.1]:2525", "valid hostname or network address required"),
    (":2525", "missing host information"),
    ("unix:/tmp/x", "unknown service: /tmp/x/tcp"),
    ("[127.0.0.1]25", 'garbage after "]"'),
    ("-bad-.example", "valid hostname or network address required"),
    ("@x.example", "valid hostname or network address required"),
    ("[999.1.2.3]:25", "valid hostname or network address required"),
    ("u@d.example", "valid hostname or network address required"),
    ("2001:db8::1", "valid hostname or network address required"),
    ("[127.0.0.1]:-1", "unknown service: -1/tcp"),
    ("<[127.0.0.1]:2525>", "valid hostname or network address required"),
    ("mail.example.com.:2525", "valid hostname or network address required"),
    ("[a", 'missing "]"'),
    ("host:25:26", "valid hostname or network address required"),
)
LIVES = (
    ("[127.0.0.1]:2525", Hop("127.0.0.1", "2525", True)),
    ("127.0.0.1", Hop("127.0.0.1", "", False)),
    ("127.0.0.1:2525", Hop("127.0.0.1", "2525", False)),
    ("[127.0.0.1]:", Hop("127.0.0.1", "", True)),
    ("[127.0.0.1]:02525", Hop("127.0.0.1", "02525", True)),
    ("[127.0.0.1]:smtp", Hop("127.0.0.1", "smtp", True)),
    ("[::1]:2525", Hop("::1", "2525", True)),
    ("[ipv6:::1]:2525", Hop("::1", "2525", True)),
    ("localhost:2525", Hop("localhost", "2525", False)),
    ("a_b.example", Hop("a_b.example", "", False)),
    ("[mail_x.example]:2525", Hop("mail_x.example", "2525", True)),
    ("relais.exämple", Hop("relais.exämple", "", False)),
)


@pytest.mark.parametrize(("text", "fatal"), DIES)
def test_what_kills_smtp_is_a_problem(text: str, fatal: str) -> None:
    assert parse_hop(text).problem, fatal


@pytest.mark.parametrize(("text", "hop"), LIVES)
def test_what_smtp_takes_is_none(text: str, hop: Hop) -> None:
    assert parse_hop(text) == hop


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("smtp:[h]:25", ("smtp", "[h]:25", True)),
        (":", ("", "", True)),
        ("slow:", ("slow", "", True)),
        (":[h]", ("", "[h]", True)),
        ("smtp", ("smtp", "", False)),
        ("error:5.7.1 no, not here: never", ("error", "5.7.1 no, not here: never", True)),
        ("::1", ("", ":1", True)),
        ("", ("", "", False)),
    ],
)
def test_a_value_is_cut_at_its_first_colon(value: str, parts: tuple[str, str, bool]) -> None:
    assert parse_transport(value) == parts


def test_codes() -> None:
    assert status_code("5.7.1 gone away") == ("5.7.1", "gone away")
    assert status_code("4.2.2") == ("4.2.2", "")
    assert status_code("5.7 gone") == ("", "5.7 gone")
    assert status_code("5.7.1gone") == ("", "5.7.1gone")


TEXT = st.text(st.sampled_from("[]:.,- \tabz019_@äöipv6\x00\x1b\udcff"), max_size=30)


@given(TEXT)
def test_no_text_is_lost_or_too_strange(value: str) -> None:
    """Whatever is typed can be taken apart, and put together again."""
    found = parse_transport(value)
    assert found.transport + (":" if found.colon else "") + found.nexthop == value
    for hop in split_hops(found.nexthop):
        parse_hop(hop)


HOST = st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,8}[a-z0-9_])?(\.[a-z]{2,5}){1,2}", fullmatch=True)
ADDRESS = st.ip_addresses(v=4).map(str)


@given(HOST | ADDRESS, st.integers(1, 65535) | st.none(), st.booleans())
@example("mail.example", None, True)
def test_a_well_formed_hop_is_read_as_it_was_meant(host: str, port: int | None, brackets: bool) -> None:
    written = (f"[{host}]" if brackets else host) + (f":{port}" if port is not None else "")
    assert parse_hop(written) == Hop(host, "" if port is None else str(port), brackets)
    assert split_hops(f"{written}, {written}\t{written}") == [written] * 3


@given(st.integers(-5, 70000))
def test_ports(port: int) -> None:
    assert (service_problem(str(port)) == "") == (0 < port < 65536)


@given(st.ip_addresses(v=6).map(str))
def test_an_ipv6_address_needs_brackets(address: str) -> None:
    assert parse_hop(f"[{address}]") == Hop(address, "", True)
    bare = parse_hop(address)
    assert bare.problem or address_of(bare.host) is not None  # `2001:db8::1:25` is read as a host and a port
