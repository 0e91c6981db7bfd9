"""Data sets are read as opendkim reads them; the whole proof is tests/lab/test_dkim_signing.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.milters.dkim.datasets import LONGEST, Row, Spec, parsed, read
from mailtui.milters.dkim.wildcards import BadPattern, Pattern
from mailtui.postfix.files import Files


@pytest.mark.parametrize(
    ("value", "kind", "place"),
    [
        ("refile:/etc/opendkim/SigningTable", "refile", "/etc/opendkim/SigningTable"),
        ("/etc/opendkim/KeyTable", "file", "/etc/opendkim/KeyTable"),
        ("FILE:/k", "file", "/k"),
        ("a.example, b.example", "csl", "a.example, b.example"),
        ("csl:a=b", "csl", "a=b"),
        ("a.example,b:c", "csl", "a.example,b:c"),
        ("/etc/keys.db", "db", "/etc/keys.db"),
        ("db:/etc/keys", "db", "/etc/keys"),
        ("a.example:s1:/key", "", "s1:/key"),
    ],
)
def test_the_kind_of_a_set_is_told_by_the_words_before_a_colon(value: str, kind: str, place: str) -> None:
    assert Spec.parse(value) == Spec(kind, place)


def test_a_flat_file_is_cut_at_a_hash_and_split_at_the_first_blanks() -> None:
    found = parsed(Spec("file", "/k"), b"one\ta:b # c\n\n# no\n  two \t x y \r\nthree\n")
    assert found.rows == (Row("one", "a:b", 1), Row("two", "x y", 4), Row("three", None, 5))
    assert not found.problems


def test_a_line_of_a_refile_that_begins_with_a_blank_is_passed_over_and_told() -> None:
    found = parsed(Spec("refile", "/k"), b" *@a.example k\n*@b.example k \n*@c.example \n*\n")
    assert found.rows == (Row("*@b.example", "k", 2), Row("*@c.example", "", 3), Row("*", None, 4))
    assert [problem.line for problem in found.problems] == [1]


def test_a_pattern_that_is_no_expression_keeps_opendkim_from_starting() -> None:
    found = parsed(Spec("refile", "/k"), b"[a@b.example k\n*@c.example k\n")
    assert "will not start" in found.problems[0].text
    assert found.get("x@c.example", icase=True) == Row("*@c.example", "k", 2)


def test_the_rest_of_a_long_line_is_a_line_of_its_own() -> None:
    found = parsed(Spec("file", "/k"), b"#" + b"x" * (LONGEST - 1) + b"live key\n")
    assert found.rows == (Row("live", "key", 1),)
    assert "longer" in found.problems[0].text


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    files = Files()
    assert "does not exist" in read(f"file:{tmp_path}/none", files).unread
    assert "only opendkim asks" in read("ldap://x", files).unread
    assert "no kind of data set" in read("fiel:/x", files).unread


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*@falcot.com", "jean@falcot.com", True),
        ("*@falcot.com", "jean@falcotxcom", False),
        ("*@Falcot.com", "JEAN@falcot.com", True),
        ("falcot.com", "jean@falcot.com", False),
        ("jean+*@falcot.com", "jean+x@falcot.com", True),
        ("[jl]*@falcot.com", "laure@falcot.com", True),
        ("a@x|b@y", "b@y", True),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert Pattern(pattern, icase=True).fits(text) is fits


def test_a_pattern_longer_than_the_room_for_it_is_refused() -> None:
    with pytest.raises(BadPattern):
        Pattern("." * 600, icase=True)


@given(st.binary(max_size=300), st.sampled_from(["file", "refile"]))
def test_every_byte_string_is_a_set(raw: bytes, kind: str) -> None:
    found = parsed(Spec(kind, "/k"), raw)
    assert all(row.key and 1 <= row.line <= raw.count(b"\n") + 1 for row in found.rows)
    assert all(not set(row.key) & set(" \t\r\n#") for row in found.rows)
