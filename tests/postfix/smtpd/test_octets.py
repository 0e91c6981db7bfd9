"""The filter behind a DNS list's zone (ip_match(3))."""

from __future__ import annotations

import pytest

from mailtui.postfix.smtpd.octets import FilterError, matches, parse


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("127.0.0.2", "127.0.0.2", "127.0.0.3"),
        ("127.0.0.[2..11]", "127.0.0.11", "127.0.0.12"),
        ("127.0.0.[1;3]", "127.0.0.3", "127.0.0.2"),
        ("127.0.[0;1].[1..2;9]", "127.0.1.9", "127.0.2.9"),
        ("[127.0.0.[2;5]]", "127.0.0.5", "127.0.0.4"),
        ("[127].0.0.[0..255]", "127.0.0.255", "126.0.0.1"),
        ("127.0.0.002", "127.0.0.2", "127.0.0.20"),
    ],
)
def test_filters(text: str, yes: str, no: str) -> None:
    places = parse(text)
    assert matches(places, yes)
    assert not matches(places, no)


@pytest.mark.parametrize(
    "text",
    ["", "127.0.0", "127.0.0.2.3", "127.0.0.256", "127.0.0.[", "127.0.0.[]", "127.0.0.[5..2]", "a.b.c.d",
     "127.0.0.[1,3]", "127.0.0.2 ", "[127.0.0.2", "127.0.0.[1..2..3]", "127.0.0.99999999999999"],
)  # fmt: skip
def test_what_stops_smtpd(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)
