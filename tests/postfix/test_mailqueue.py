"""The queue as postqueue prints it: every byte of it, its filter and groups, and a message to be read."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.commands import CommandError
from mailtui.postfix.mailqueue.entry import NULL_SENDER, Entry, Recipient, fields, parse
from mailtui.postfix.mailqueue.groups import BYS, grouped, inside
from mailtui.postfix.mailqueue.letter import MOST, Letter, decoded, fill
from mailtui.postfix.mailqueue.listing import Listing, read, read_all
from mailtui.postfix.mailqueue.origins import NOBODY, Origin, Origins
from mailtui.postfix.mailqueue.query import FIELDS, QueueQuery, word_for
from mailtui.postfix.mailqueue.words import age, amount, counts_words
from tests.postfix.queues import REFUSED, fake_postqueue, line, listed, many

NOW = datetime.fromtimestamp(1_763_900_000 + 3600).astimezone()
IDS = st.from_regex(r"[0-9A-F]{6,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ODD = st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


# Lines


@given(IDS, TEXTS | ODD, st.lists(TEXTS | ODD, max_size=3), TEXTS | ODD, st.integers(0, 1 << 40))
def test_what_postfix_prints_comes_back(
    queue_id: str, sender: str, to: list[str], reason: str, size: int
) -> None:
    raw = line(queue_id, sender=sender, to=to, reason=reason, size=size)
    entry = parse(raw)
    assert entry == Entry(
        "deferred", queue_id, 1_763_900_000, size, sender, tuple(Recipient(each, reason) for each in to)
    )
    one = listed(raw)
    assert (len(one), one.damaged, one.entry(0), one.id_of(0)) == (1, 0, entry, queue_id)


@given(st.binary(max_size=300))
def test_no_bytes_break_a_listing(raw: bytes) -> None:
    found = Listing()
    found.add(raw + b"\n")
    found.add(line("ABCDEF123"))
    found.add(
        b'{"queue_name": "hold", "queue_id": "ABCDEF124", "arrival_time": 1, "message_size": 2, '
        + raw
        + b"\n"
    )
    found.end()
    assert [found.entry(row).queue_id for row in found.order][-1] == "ABCDEF123"
    for row in range(len(found)):
        found.entry(row)


def test_fields_in_another_order_or_new_ones_are_read() -> None:
    raw = json.dumps({"extra": 1, **dict(reversed(fields(line("ABCDEF123")).items()))}).encode()
    found = listed(raw + b"\n", line("ABCDEF124"))
    assert found.row_of("ABCDEF123") is not None
    row = found.row_of("ABCDEF123")
    assert row is not None
    assert found.entry(row) == parse(line("ABCDEF123"))


def test_a_listing_is_sorted_counted_and_without_doubles() -> None:
    raw = [
        line("ABCDEF1", arrived=30),
        line("ABCDEF2", arrived=10, queue="hold"),
        line("ABCDEF3", arrived=20),
    ]
    found = listed(*raw, line("ABCDEF1", arrived=30, queue="active"))
    assert [found.id_of(row) for row in found.order] == ["ABCDEF2", "ABCDEF3", "ABCDEF1"]
    assert [found.place_of(row) for row in found.order] == [0, 1, 2]
    assert (found.counts, found.oldest, found.size) == ({"deferred": 2, "hold": 1}, 10, 1200)
    assert counts_words(found, 70) == "2 deferred · 1 hold · oldest 1 m"


@settings(max_examples=30)
@given(st.integers(1, 300))
def test_blocks_of_any_size_are_the_same_lines(size: int) -> None:
    raw = b"".join(many(20, now=2_000_000_000))
    whole = listed(raw)
    parts, rest = Listing(), b""
    for at in range(0, len(raw), size):
        block, newline, last = (rest + raw[at : at + size]).rpartition(b"\n")
        if newline:
            parts.add(block + newline)
        rest = last
    parts.end()
    assert list(parts.ids) == list(whole.ids)
    assert [parts.line(row) for row in parts.order] == [whole.line(row) for row in whole.order]


def test_reading_tells_block_by_block_and_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_postqueue(tmp_path, monkeypatch, many(5000))
    told = [len(each) for each in read("/etc/postfix")]
    assert told == sorted(told)
    assert told[-1] == 5000
    assert len(told) > 3
    begun = read("/etc/postfix")
    assert not next(begun).complete
    begun.close()


def test_postqueue_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_postqueue(tmp_path, monkeypatch, [])
    (tmp_path / "postqueue").write_text("#!/bin/sh\necho 'postqueue: fatal: nothing' >&2; exit 69\n")
    with pytest.raises(CommandError, match="postqueue: nothing"):
        read_all("/etc/postfix")


# The filter

MAIL = parse(line("3FCA722E68E", sender="forged@else.test", to=["Joe@gmail.test", "b@far.test"]))
FROM = Origin("laure@falcot.com", "c.test[192.0.2.9]")


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True), ("joe", True), ("laure", True), ("192.0.2.9", True), ("refused", True), ("nobody", False),
        ("recipients", False), ("!joe", False), ("to:joe@", True), ("to:Joe", True), ("to:JOE", False),
        ("to:@far.test$", True), ("to:^joe$", False), ("from:forged", True), ("from:joe", False),
        ("!from:joe", True), ("user:laure", True), ("user:^laure@falcot.com$", True), ("!user:laure", False),
        ("client:c.test", True), ("client:192.0.2", True), ("reason:refused", True), ("queue:def", True),
        ("queue:hold", False), ("queue:hold | queue:deferred", True), ("id:3FCA", True), ("id:CA722", False),
        ("since:2025-11-21", True), ("until:2025-11-25", True), ("since:30m", False), ("!since:30m", True),
        ("joe user:laure queue:deferred", True), ("joe queue:hold", False), ("from:<>", False),
    ],
)  # fmt: skip
def test_the_filter(text: str, matches: bool) -> None:
    assert QueueQuery.parse(text, NOW).matches(MAIL, FROM) is matches
    found = grouped(listed(line("3FCA722E68E", sender="forged@else.test", to=["Joe@gmail.test", "b@far.test"])),
                    QueueQuery.parse(text, NOW), _known({"3FCA722E68E": FROM}), "sender")  # fmt: skip
    assert bool(found) is matches


def _known(origins: dict[str, Origin]) -> Origins:
    made = Origins()
    made._known = origins
    return made


def test_a_bounce_is_found_by_its_sender() -> None:
    bounce = parse(line("3FCA722E68E", sender=NULL_SENDER))
    assert QueueQuery.parse("from:<>").matches(bounce)
    assert QueueQuery.parse("from:mailer-daemon").matches(bounce)


def test_a_word_that_is_not_understood_is_said_and_left_out() -> None:
    query = QueueQuery.parse("since:nonsense joe")
    assert "since:nonsense is no time" in query.problem
    assert query.matches(MAIL)


@given(st.text(max_size=40) | st.sampled_from(FIELDS).map(lambda name: f"{name}:"))
def test_every_text_is_a_filter(text: str) -> None:
    query = QueueQuery.parse(text, NOW)
    query.matches(MAIL, FROM)
    assert all(0 <= start < end <= len(MAIL.sender) for start, end in query.spans(MAIL.sender))


@given(st.sampled_from(["from", "to", "reason"]), TEXTS.filter(lambda text: text and "\t" not in text))
def test_a_word_for_a_value_finds_it(name: str, value: str) -> None:
    if value != value.lower() or "\\" in value or value[0] in "'^!<" or value[-1] in ">$ ":
        return  # what the grammar of the filter takes for its own
    raw = line(
        "ABCDEF123", **{"from": {"sender": value}, "to": {"to": [value]}, "reason": {"reason": value}}[name]
    )  # type: ignore[arg-type]  # one of these is given
    found = listed(raw)
    query = QueueQuery.parse(word_for(name, value))
    assert len(grouped(found, query, Origins(), "sender")) == 1


# Groups


def test_groups_by_everything() -> None:
    found = listed(
        line("ABCDEF1", to=["a@gmail.test", "b@far.test"], sender="x@else.test", arrived=10),
        line("ABCDEF2", to=["c@GMAIL.test"], sender="y@else.test", arrived=20, queue="hold"),
        line("ABCDEF3", sender=NULL_SENDER, reason="", arrived=30),
    )
    laure = Origin("laure", "c.test[192.0.2.9]")
    origins = _known({"ABCDEF1": laure, "ABCDEF2": laure, "ABCDEF3": NOBODY})
    every = {by: {g.key: len(g) for g in grouped(found, QueueQuery.parse(""), origins, by)} for by in BYS}
    assert every == {
        "user": {"laure": 2, "": 1},
        "client": {"c.test[192.0.2.9]": 2, "": 1},
        "sender": {"x@else.test": 1, "y@else.test": 1, NULL_SENDER: 1},
        "domain": {"gmail.test": 2, "far.test": 2},
        "reason": {"connect to mx.far.test: Connection refused": 2, "": 1},
    }
    group = grouped(found, QueueQuery.parse(""), origins, "user")[0]
    assert (group.oldest, group.held, group.forged, group.size) == (10, 1, 2, 800)
    assert [found.id_of(row) for row in inside(found, origins, "user", "laure")] == ["ABCDEF1", "ABCDEF2"]
    assert not grouped(found, QueueQuery.parse(""), origins, "user", None, lambda: True)


@pytest.mark.parametrize(
    ("sender", "forged"),
    [("laure@falcot.com", 0), ("Laure@Falcot.com", 0), ("laure@else.test", 0), ("x@y", 1)],
)
def test_a_sender_is_forged_where_it_is_another_name(sender: str, forged: int) -> None:
    found = listed(line("ABCDEF1", sender=sender))
    origins = _known({"ABCDEF1": Origin("laure", "c[192.0.2.9]")})
    assert grouped(found, QueueQuery.parse(""), origins, "user")[0].forged == forged


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (59.9, "59 s"), (60, "1 m"), (7200, "2 h"), (1e6, "11 d")]
)
def test_ages(seconds: float, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.parametrize(("size", "words"), [(0, "0"), (999, "999"), (4100, "4 k"), (20 << 20, "20.0 M")])
def test_amounts(size: int, words: str) -> None:
    assert amount(size) == words


# A message


def letter_of(raw: bytes) -> Letter:
    made = Letter("ABCDEF1")
    fill(made, raw)
    return made


HOSTILE = (
    b'From: "\x1b]0;PWN\x07Boss" <b@x>\nSubject: =?utf-8?B?SGVsbG8gG1syShs=?= [bold]\n =?x-unknown?Q?=FF?= y\n'
    b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=x-bad\n\nhi \x1b[2J\xff\n'
    b'--b\nContent-Type: application/zip; name="../../a\x1b[2J.zip"\nContent-Transfer-Encoding: base64\n\nAAAAAAAA\n'
    b"--b\nContent-Type: text/html\n\n<b>x</b>\n--b--\n"
)


def test_a_hostile_message_is_taken_apart() -> None:
    found = letter_of(HOSTILE)
    assert found.header("subject") == "Hello \x1b[2J\x1b [bold]\udcff y".replace(
        "[bold]", " [bold] "
    ).replace("  ", " ")
    assert found.text == "hi \x1b[2J\udcff"
    assert [(each.name, each.kind, each.size) for each in found.attachments] == [
        ("../../a\x1b[2J.zip", "application/zip", 6), ("", "text/html", 8)
    ]  # fmt: skip
    assert not found.problem


def test_html_alone_is_shown_as_it_is() -> None:
    found = letter_of(b"Content-Type: text/html; charset=latin-1\n\n<p>\xe9</p>\n")
    assert found.text == "<p>é</p>\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)),
        b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(3000)),
        b"Subject: x\n" * 60_000,
        b"Subject: " + b"=?utf-8?Q?a?= " * 60_000 + b"\n\n",
        b"\xff" * 200_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    ],
)
def test_what_is_made_to_be_slow_is_soon_read(raw: bytes) -> None:
    begun = time.process_time()  # whatever else the machine does
    found = letter_of(raw[:MOST])
    assert time.process_time() - begun < 10
    assert found.headers or found.text or found.problem


@given(st.binary(max_size=400) | st.lists(st.sampled_from(HOSTILE.split(b"\n")), max_size=30).map(b"\n".join))
def test_every_message_is_read(raw: bytes) -> None:
    letter_of(raw)


@given(st.text(max_size=60) | st.text("=?utf8BQ_ \n\t-", max_size=60))
def test_every_header_is_decoded_to_one_line(value: str) -> None:
    assert "\n" not in decoded(value)


def test_reasons_are_those_of_the_first_recipient_that_has_one() -> None:
    entry = parse(line("ABCDEF1", reason=REFUSED))
    assert entry.reason == REFUSED
    assert parse(line("ABCDEF1", reason="")).reason == ""
