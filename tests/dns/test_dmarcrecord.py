"""DMARC records: what counts, what is wrong, and what they are mended to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.dns.dmarc import walk
from mailtui.dns.dmarcrecord import POLICIES, DmarcRecord, is_record, mended

TAGS = st.sampled_from(
    ["p", "sp", "np", "adkim", "aspf", "rua", "ruf", "fo", "pct", "t", "psd", "ri", "rf", "x", "v"]
)
VALUES = st.one_of(
    st.sampled_from(["none", "reject", "quarantine", "r", "s", "y", "n", "u", "50", "mailto:a@b.example", "1:d", "strict"]),
    st.text(max_size=12),
)  # fmt: skip
RECORDS = st.one_of(
    st.text(max_size=80),
    st.lists(st.tuples(TAGS, VALUES), max_size=6).map(
        lambda tags: "; ".join(["v=DMARC1", *(f"{name}={value}" for name, value in tags)])
    ),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=DMARC1; p=none", "does nothing"),
        ("v=DMARC1; rua=mailto:a@b.example", "p= is missing"),
        ("v=DMARC1; sp=none; p=reject", "should stand right behind"),
        ("v=DMARC1; p=rejct", "p=rejct counts for nothing"),
        ("v=DMARC1; p=reject; aspf=strict", "aspf=strict counts for nothing: it must be r or s"),
        ("v=DMARC1; p=reject; rua=a@b.example", "is no address"),
        ("v=DMARC1; p=reject; rua=https://b.example/x", "but by mailto:"),
        ("v=DMARC1; p=reject; rua=mailto:a@b.example!10m", "the limit !10m"),
        ("v=DMARC1; p=reject; pct=101", "must be 0 to 100"),
        ("v=DMARC1; p=reject; pct=20", "t=y is for trials"),
        ("v=DMARC1; p=reject; fo=2", "fo=2 counts for nothing"),
        ("v=DMARC1; p=reject; p=none", "stands there twice"),
        ("v=DMARC1; p=reject; rau=mailto:a@b.example", "nobody knows the tag rau"),
        ("v=DMARC1; p=reject; nonsense", "“nonsense” is no tag"),
        ("v=dmarc1; p=reject", "in capitals"),
        ("v=DMARC1 p=reject", "it must begin with"),
        ("p=reject; v=DMARC1", "v= must stand first"),
    ],
)
def test_what_is_wrong(text: str, words: str) -> None:
    assert any(words in problem for problem in DmarcRecord.parse(text).problems), DmarcRecord.parse(
        text
    ).problems


def test_a_good_record_has_no_problem() -> None:
    text = "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; rua=mailto:a@b.example, mailto:c@d.example; fo=1:d;"
    record = DmarcRecord.parse(text)
    assert not record.problems
    assert (record.policy, record.below(), record.below(exists=False)) == ("reject", "quarantine", "none")
    assert (record.alignment("adkim"), record.alignment("aspf")) == ("strict", "relaxed")
    assert record.addresses("rua") == ["a@b.example", "c@d.example"]
    assert DmarcRecord.parse("v=DMARC1; p=reject; pct=100; ri=86400; rf=afrf").problems == {}


@given(RECORDS)
def test_what_is_mended_is_in_order(text: str) -> None:
    record = DmarcRecord.parse(text)
    assert record.policy in POLICIES
    fixed = mended(record)
    again = DmarcRecord.parse(fixed)
    assert is_record(fixed)
    assert set(again.problems) <= {"p=none without rua= does nothing: nobody refuses, and nobody reports"}
    assert again.policy == record.policy
    assert again.addresses("rua") == record.addresses("rua")
    assert mended(again) == fixed
    assert all(problem.isprintable() for problem in record.problems)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=20).map(".".join))
def test_the_walk_up_the_tree(domain: str) -> None:
    steps = walk(domain)
    assert steps[0] == domain
    assert len(steps) <= 8
    assert steps[-1] == domain.rpartition(".")[2]
    assert all(domain.endswith(step) for step in steps)
