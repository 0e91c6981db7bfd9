"""Addresses looked up in DNS lists, answer filters in words, and who is asked."""

from __future__ import annotations

import pytest

from mailtui.dns.ask import Answer, Names
from mailtui.postfix.dnsbl import Asked
from mailtui.postfix.dnsblask import filter_words, look_up, question, through


@pytest.mark.parametrize(
    ("text", "holds", "name"),
    [
        ("203.0.113.9", "addresses", "9.113.0.203"),
        ("[203.0.113.9]", "addresses", "9.113.0.203"),
        ("::ffff:203.0.113.9", "addresses", "9.113.0.203"),
        ("2001:db8::1", "addresses", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"),
        ("Bad.Example.", "domains", "bad.example"),
        ("ann@bad.example", "domains", "bad.example"),
    ],
)
def test_how_a_list_is_asked(text: str, holds: str, name: str) -> None:
    assert question(text) == (holds, name)


@pytest.mark.parametrize(
    "text", ["", "localhost", "a b.example", "a..example", "x/y.example", "é.example", "\0.b"]
)
def test_what_no_list_can_be_asked(text: str) -> None:
    with pytest.raises(ValueError, match="is no address and no domain"):
        question(text)


def test_the_answers_of_each_list() -> None:
    def at(zone: str, kind: str = "A") -> tuple[str, str]:
        return f"9.113.0.203.{zone}", kind

    names = Names(
        supplied={
            at("zen.spamhaus.org"): Answer("ok", ("127.0.0.4", "127.255.255.254")),
            at("zen.spamhaus.org", "TXT"): Answer("ok", ("see \x1b[31mhere",)),
            at("shut.test"): Answer("ok", ("127.255.255.254",)),
            at("slow.test"): Answer("tempfail", problem="no answer in time"),
            at("other.test"): Answer("ok", ("127.0.9.9",)),
        },
        only_supplied=True,
    )
    wanted = (
        "zen.spamhaus.org=127.0.0.[2..11]", "zen.spamhaus.org", "shut.test", "shut.test=127.0.0.2", "slow.test",
        "other.test=127.0.0.2", "clean.test",
    )  # fmt: skip
    asked = [Asked(each, "addresses", ()) for each in wanted] + [Asked("names.test", "domains", ())]
    found = look_up(asked, "203.0.113.9", names)
    assert [each.verdict for each in found] == [
        "listed", "listed", "refused", "refused", "unknown", "not counted", "clean",
    ]  # fmt: skip
    assert found[0].reason == "see ␛[31mhere"
    assert "XBL" in found[0].says
    assert "no answer in time" in found[4].says
    assert look_up(asked, "names.example", names)[0].asked.zone == "names.test"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("z.test", "none: every answer of z.test counts"),
        ("z.test=127.0.0.2", "only the answer 127.0.0.2 counts"),
        ("z.test=127.0.0.[2..11]", "127.0.0.2 to 127.0.0.11 count"),
        ("z.test=127.0.0.[10;11;14]", "127.0.0.10 to 127.0.0.11 and 127.0.0.14 count"),
        ("z.test=127.0.[2..20].[1..3]", "that fit 127.0.[2..20].[1..3]"),
        ("z.test=127.0.0.[2..", "smtpd stops where it is needed"),
    ],
)
def test_a_filter_in_words(argument: str, words: str) -> None:
    assert words in filter_words(argument)


def test_through_whom() -> None:
    assert through(["127.0.0.53"]) == ("through 127.0.0.53", False)
    words, public = through(["10.0.0.1", "1.1.1.1"])
    assert public
    assert "1.1.1.1 (Cloudflare), a public resolver" in words
    assert through([]) == ("no name server is known here", False)
