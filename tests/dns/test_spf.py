"""SPF: pyspf with our questions, and the count of lookups, for whatever may stand in a record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailtui.dns.ask import Answer, Names
from mailtui.dns.facts import Facts
from mailtui.dns.spf import letting, lints, spf
from mailtui.dns.spfcheck import RESULTS, check
from mailtui.dns.spftree import STOP, count

ADDRESSES = ("192.0.2.25", "2001:db8::25")
TERMS = st.sampled_from(
    ["a", "mx", "ptr", "all", "-all", "~all", "?all", "+all", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "include:b.example",
     "include:a.example", "redirect=b.example", "redirect=a.example", "exists:%{i}.x.example", "a:c.example/24//64",
     "mx:c.example", "exp=e.example", "ip4:300.1.1.1", "foo:bar", "include:", "a:", "%{p}", "include:%{d2}", "moo=%{z}",
     "ip4:192.0.2.25", "A:C.example.", "-", "all:x", "a/33", "mx//129", "exists", "redirect="]
)  # fmt: skip
RECORDS = st.one_of(
    st.lists(TERMS, max_size=8).map(lambda terms: " ".join(["v=spf1", *terms])),
    st.text(max_size=60).map(lambda text: f"v=spf1 {text}"),
)


def world(first: str, second: str = "v=spf1 -all") -> Names:
    """Two domains that may lead to each other, and one with addresses."""
    return Names(
        only_supplied=True,
        supplied={
            ("a.example", "TXT"): Answer("ok", (first,)),
            ("b.example", "TXT"): Answer("ok", (second,)),
            ("c.example", "A"): Answer("ok", ("192.0.2.25",)),
            ("c.example", "MX"): Answer("ok", ("10 c.example",)),
            ("e.example", "TXT"): Answer("tempfail", problem="down"),
        },
    )


@given(RECORDS, RECORDS)
def test_whatever_stands_there_is_judged(first: str, second: str) -> None:
    names = world(first, second)
    facts = Facts("mail.a.example", "mail.a.example", ADDRESSES, frozenset(ADDRESSES))
    part = spf("a.example", facts, names)
    assert part.state in {"ok", "warning", "error", "unknown", "missing"}
    assert all(text.isprintable() for text in (part.record, part.proposed, *part.problems))
    assert part.state == "ok" or part.problems or part.state == "missing"
    counted = count(first, "a.example", names)
    assert counted.lookups <= STOP
    assert sum(node.lookups for node in counted.tree) == counted.lookups
    if part.state == "ok":
        assert all(check(names, each, "a.example", "mail.a.example").word == "pass" for each in ADDRESSES)
        assert counted.lookups <= 10


@given(st.lists(TERMS, max_size=8))
def test_a_record_that_is_good_lets_send_once_it_is_proposed(terms: list[str]) -> None:
    record = " ".join(["v=spf1", *terms])
    names = world(record)
    if check(names, ADDRESSES[0], "a.example", "mail.a.example").word not in {"fail", "softfail", "neutral"}:
        return
    proposed = letting(record, ADDRESSES[:1])
    assert check(world(proposed), ADDRESSES[0], "a.example", "mail.a.example").word == "pass"


def test_the_library_answers_as_rfc_7208_has_it() -> None:
    names = world("v=spf1 include:b.example ?all", "v=spf1 ip4:192.0.2.0/28 -all")
    told = {
        each: check(names, each, "a.example", "h.example")
        for each in ("192.0.2.1", "192.0.2.99", "2001:db8::1")
    }
    assert [each.word for each in told.values()] == ["pass", "neutral", "neutral"]
    assert told["192.0.2.1"].lookups == 1
    assert (
        check(world("v=spf1 a:e.example include:e.example -all"), "192.0.2.1", "a.example", "h").word
        == "temperror"
    )
    assert check(world("v=spf1 -all"), "192.0.2.1", "nothing.example", "h").word == "none"
    assert {each.word for each in told.values()} <= set(RESULTS)


def test_what_is_allowed_and_hardly_meant() -> None:
    assert lints("v=spf1 mx -all") == {}
    assert set(lints("v=spf1 mx ptr").values()) == {"warning"}
    assert any("lets the whole world" in text for text in lints("v=spf1 all"))
    assert any("very many" in text for text in lints("v=spf1 ip4:10.0.0.0/8 -all"))
    assert any("very many" in text for text in lints("v=spf1 ip6:2001::/16 -all"))
