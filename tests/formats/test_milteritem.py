"""Milters as smtpd reads them: addresses, settings within { }, what is wrong and what it does.

The harm that each text does was seen on smtpd(8); tests/lab/test_milter_grammar.py sees it again.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.formats.lists import is_one_item, items
from mailtui.formats.milteritem import (
    ACTIONS,
    SETTINGS,
    TIMES,
    Endpoint,
    endpoint,
    item_text,
    own_endpoint,
    parse_item,
    seconds,
)
from mailtui.text.safe import encode

HARMS = {
    "inet:127.0.0.1:9": "", "inet::9": "", "inet:9": "", "inet:[::1]:9": "", "inet:::1:9": "",
    "inet:[IPv6:::1]:9": "", "inet:[127.0.0.1]:9": "", "inet:a_b:9": "", "inet:1.2.3.04:9": "",
    "inet:localhost:smtp": "", "inet:host:-9": "", "inet:abc@host": "", "unix:/x": "", "unix:x": "",
    "local:x": "", "{ inet:127.0.0.1:9, default_action=ACCEPT }": "",
    "{ inet:127.0.0.1:9, { default_action = accept } }": "", "{ unix:x default_action=accept, }": "",
    "{ inet:127.0.0.1:9, {protocol=6,no_header_reply} }": "", "{ unix:x, connect_timeout=+5sec }": "",
    "{ unix:x, connect_timeout=2147483647 }": "",
    "inet:9@127.0.0.1": "stops", "inet:127.0.0.1": "stops", "inet:[]:9": "stops", "inet:[::1": "stops",
    "inet:a]b:9": "stops", "inet:123:9": "stops", "inet:a.b.:9": "stops", "inet:-a:9": "stops",
    "inet:host:9x": "stops", "inet:[::1%lo]:9": "stops", "inet:IPv6:::1:9": "stops", "inet:host:": "stops",
    "{ inet:127.0.0.1:9, default_action = accept }": "stops", "{ inet:127.0.0.1:9, foo=bar }": "stops",
    "{ unix:x, connect_timeout=5x }": "stops", "{ unix:x, connect_timeout=5S }": "stops",
    "{ unix:x, connect_timeout=0s }": "stops", "{ unix:x, connect_timeout= }": "stops",
    "{ unix:x, connect_timeout=2147483648 }": "stops", "{ unix:x, connect_timeout=3551w }": "stops",
    "{ unix:x": "stops", "{ }": "stops", "{unix:x}y": "stops", "{ { unix:x }, default_action=accept }": "stops",
    "{ unix:x, DEFAULT_action=accept }": "stops", "{ unix:x, default_action= }": "stops",
    "{ unix:x, {=5} }": "stops", "{ unix:x, {default_action=accept}x }": "stops",
    "{ unix:x, {{default_action=accept}} }": "stops",
    "foo:bar": "refuses", "/var/run/x": "refuses", "inet6:127.0.0.1:9": "refuses",
    "INET:127.0.0.1:9": "refuses", "inet:": "refuses", "unix:": "refuses", ":x": "refuses",
    "{ DISABLE }": "refuses", "{ unix:x, default_action=foo }": "refuses",
    "{ unix:x, default_action=shutdown }": "refuses", "{ unix:x, default_action={accept} }": "refuses",
    "{ unix:x, protocol=9 }": "refuses", "{ unix:x, {protocol=6 foo} }": "refuses",
    "{ unix:x, protocol={6,no_header_reply} }": "refuses",
}  # fmt: skip
"""What each does to Postfix 3.7."""


@pytest.mark.parametrize(("text", "harm"), HARMS.items())
def test_what_is_wrong_does_what_smtpd_does(text: str, harm: str) -> None:
    found = parse_item(text)
    assert found.harm == harm, found.problem
    assert bool(found.problem) == bool(harm) or "@" in text


@pytest.mark.parametrize("port", ["0", "65536", "99999", "9" * 5000])
def test_a_port_that_no_host_has(port: str) -> None:
    found = parse_item(f"inet:localhost:{port}")
    assert (found.harm, "is no port: a number from 1 to 65535" in found.problem) == ("refuses", True)
    assert parse_item("inet:localhost:65535").harm == ""


def test_sendmails_way_is_named_with_what_postfix_wants() -> None:
    assert "inet:localhost:8891" in parse_item("inet:8891@localhost").problem
    assert "inet:localhost:8891" in parse_item("inet:8891@").problem
    assert parse_item("inet:smtp@host").problem  # never reached, though smtpd starts with it


def test_an_item_with_settings() -> None:
    found = parse_item(
        "{ inet:localhost:8891, connect_timeout=3s, {default_action = accept} connect_timeout=4s }"
    )
    assert (found.address, found.problem) == ("inet:localhost:8891", "")
    assert found.settings == (
        ("connect_timeout", "3s"), ("default_action", "accept"), ("connect_timeout", "4s"),
    )  # fmt: skip
    assert found.own == {"connect_timeout": "4s", "default_action": "accept"}
    assert found.endpoint == Endpoint("inet", "localhost", "8891")


@pytest.mark.parametrize(
    ("postfix", "own"),
    [
        ("inet:localhost:8891", "inet:8891@localhost"), ("inet:[::1]:8891", "inet6:8891@::1"),
        ("inet:127.0.0.1:8891", "inet:8891@127.0.0.1"), ("unix:/run/x", "local:/run/x"),
    ],
)  # fmt: skip
def test_the_two_ways_of_one_address(postfix: str, own: str) -> None:
    found = endpoint(postfix)
    assert found is not None
    assert (found.postfix, found.sendmail) == (postfix, own)
    assert own_endpoint(own) == found


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        ("inet:8891", Endpoint("inet", "", "8891")), ("/run/x", Endpoint("unix", path="/run/x")),
        ("unix:/run/x", Endpoint("unix", path="/run/x")), ("inet6:8891@[::1]", Endpoint("inet", "::1", "8891")),
        ("", None), ("run/x", None), ("tcp:x", None), ("local:", None), ("inet:", None), ("inet:@host", None),
    ],
)  # fmt: skip
def test_what_programs_write(own: str, wanted: Endpoint | None) -> None:
    assert own_endpoint(own) == wanted


@pytest.mark.parametrize(("text", "time"), [("5", 5), ("2m", 120), ("1h", 3600), ("x", None), ("", None)])
def test_times(text: str, time: int | None) -> None:
    assert seconds(text) == time


PIECES = st.sampled_from(
    ["inet:", "unix:", "local:", "foo:", "127.0.0.1", "[::1]", "host", ":", "8891", "@", "/run/x", "{", "}", " ",
     ",", "=", "default_action", "accept", "connect_timeout=", "5s", "protocol=6", "é", "\udcff", "DISABLE"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_read_and_nothing_is_lost(text: str) -> None:
    for raw in items(encode(text)):
        word = raw.decode("utf-8", "surrogateescape")
        found = parse_item(word)
        assert found.written == word
        if found.harm:
            assert found.problem
        elif found.endpoint is not None:
            assert endpoint(found.endpoint.postfix) is not None


VALUES = {
    **dict.fromkeys(TIMES, st.sampled_from(["1s", "10", "5m", "1h"])),
    "default_action": st.sampled_from(ACTIONS), "protocol": st.sampled_from(["6", "6 no_header_reply", "2"]),
}  # fmt: skip
OWN = st.lists(st.sampled_from(SETTINGS), unique=True).flatmap(
    lambda names: st.tuples(*(st.tuples(st.just(name), VALUES[name]) for name in names))
)
ADDRESSES = st.sampled_from(
    ["inet:localhost:8891", "inet:[::1]:9", "unix:opendkim/opendkim.sock", "unix:/a-b_c.d"]
)


@given(ADDRESSES, OWN)
def test_what_is_written_is_read_back(address: str, settings: tuple[tuple[str, str], ...]) -> None:
    text = item_text(address, settings)
    assert is_one_item(encode(text))
    found = parse_item(text)
    assert (found.address, found.settings, found.problem) == (address, settings, "")
