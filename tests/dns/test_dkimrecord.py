"""DKIM key records: parsed and judged as verifiers do, written so that any reader joins them again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.dns.dkimrecord import PIECE, DkimRecord, cut, judge, record_name, record_text, ways

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 12
NAME = record_name("mail", "falcot.com")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("v=DKIM1; k=rsa; p=AAAA", ""),
        ("p=AAAA", ""),
        (" v = DKIM1 ; p = A A\tAA ; n=note; x=whatever", ""),
        ("k=rsa; v=DKIM1; p=AAAA", "first"),
        ("v=dkim1; p=AAAA", "version"),
        ("v=DKIM1; k=rsa", "no p="),
        ("v=DKIM1; k=dsa; p=AAAA", "kind of key"),
        ("v=DKIM1; p=AAAA; p=BBBB", "twice"),
        ("v=DKIM1; h=sha1; p=AAAA", "sha256"),
        ("v=DKIM1; h=sha1:sha256; p=AAAA", ""),
        ("v=DKIM1; s=other; p=AAAA", "for mail"),
        ("v=DKIM1; s=email; p=AAAA", ""),
        ("garbage", "no tag"),
    ],
)
def test_faults_are_those_that_verifiers_mind(text: str, fault: str) -> None:
    found = DkimRecord.parse(text).faults
    assert (fault in " ".join(found)) if fault else not found


def test_a_test_and_a_strict_record_are_notes() -> None:
    assert [note[:3] for note in DkimRecord.parse("v=DKIM1; t=y:s; p=AAAA").notes] == ["t=y", "t=s"]


@pytest.mark.parametrize(
    ("records", "state", "why"),
    [
        ([], "no", "no record"),
        ([record_text("rsa", KEY)], "yes", ""),
        ([f"v=DKIM1; p={KEY[:40]} {KEY[40:]}"], "yes", ""),
        ([record_text("rsa", KEY[:-8])], "different", "another key"),
        (["v=DKIM1; p="], "different", "revoked"),
        ([record_text("ed25519", KEY)], "different", "k=ed25519"),
        ([record_text("rsa", KEY)] * 2, "different", "2 records"),
        ([f"k=rsa; v=DKIM1; p={KEY}"], "different", "first"),
    ],
)
def test_records_are_compared_with_the_key(records: list[str], state: str, why: str) -> None:
    found = judge(records, "rsa", KEY)
    assert found.state == state
    assert why in found.why


def test_a_key_that_cannot_be_read_makes_it_unknown() -> None:
    assert judge([record_text("rsa", KEY)], "rsa", "").state == "unknown"


def test_every_way_to_publish_says_the_same() -> None:
    made = ways(record_text("rsa", KEY), NAME, "falcot.com")
    assert made.host == "mail._domainkey"
    assert "".join(made.pieces) == made.text
    assert all(len(piece) <= PIECE for piece in made.pieces)
    assert made.zone.startswith('mail._domainkey.falcot.com. IN TXT ( "v=DKIM1; ')
    joined = "".join(made.zone.partition("( ")[2].removesuffix(" )").strip('"').split('" "'))
    assert joined == made.text


def test_a_short_record_needs_no_brackets() -> None:
    made = ways(record_text("ed25519", "AAAA"), NAME, "falcot.com")
    assert made.zone == f'{NAME}. IN TXT "{made.text}"'


def test_a_real_zone_reader_reads_the_line() -> None:
    import dns.zone

    made = ways(record_text("rsa", KEY), NAME, "falcot.com")
    text = f"@ 3600 IN SOA ns. h. 1 1 1 1 1\n@ IN NS ns.\n{made.zone}\n"
    zone = dns.zone.from_text(text, origin="falcot.com.")
    found = zone.get_rdataset("mail._domainkey", "TXT")
    assert found is not None
    assert b"".join(found[0].strings).decode() == made.text


@given(st.text(max_size=900))
def test_pieces_join_again_and_are_short(text: str) -> None:
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(len(piece.encode("utf-8", "surrogateescape")) <= PIECE for piece in pieces)


@given(st.text(max_size=300))
def test_every_text_can_be_parsed(text: str) -> None:
    DkimRecord.parse(text)
