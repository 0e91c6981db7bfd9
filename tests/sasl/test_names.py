"""Names of accounts are taken apart as saslpasswd2 and smtpd do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.sasl.names import Account, BadName, account, require, taken_apart
from tests.postfix.conftest import run
from tests.sasl.offices import listing


@pytest.mark.parametrize(
    ("text", "realm", "found"),
    [
        ("jean", "falcot.com", "jean@falcot.com"),
        ("jean@falcot.org", "falcot.com", "jean@falcot.org"),
        ("Jean@Falcot.org", "falcot.com", "Jean@Falcot.org"),
        ("-bad", "falcot.com", "-bad@falcot.com"),
    ],
)
def test_saslpasswd2_makes_of_a_name_what_is_said_here(
    text: str, realm: str, found: str, tmp_path: Path
) -> None:
    path = tmp_path / "db"
    argv = ["saslpasswd2", "-p", "-c", "-f", str(path), "-u", realm, "--", text]
    assert run(*argv, stdin=b"geheim").returncode == 0
    assert listing(path) == [found] == [str(taken_apart(text, realm))]


@pytest.mark.parametrize("text", ["", "@falcot.com", "a b", "a:b", "a\tb", "a\x1b[2J", "a@b@c", "a" * 256])
def test_names_that_are_refused(text: str) -> None:
    with pytest.raises(BadName):
        account(text, "falcot.com")


@given(st.text(), st.text())
def test_any_text_is_an_account_or_refused_in_words(text: str, realm: str) -> None:
    try:
        found = account(text, realm)
    except BadName as error:
        words = str(error)
    else:
        require(found)
        assert taken_apart(str(found), "other") == found
        assert isinstance(found, Account)
        words = ""
    assert words.isprintable()
