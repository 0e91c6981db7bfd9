"""Folding: what is alike, what is not, how it grows, and that no line is lost."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.folding import LEAST, PAUSE, REACH, Folder, Run, addresses, merged, opened, signature


def at(second: int, text: bytes, pid: int = 7, process: bytes = b"smtpd") -> bytes:
    clock = b"%02d:%02d:%02d" % (second // 3600 % 24, second // 60 % 60, second % 60)
    return b"Jan  1 %s mx postfix/%s[%d]: %s" % (clock, process, pid, text)


def folded(lines: Iterable[bytes], after: Folder | None = None) -> Folder:
    folder = Folder(after=after)
    for key, line in enumerate(lines):
        folder.add(key, line)
    return folder


def shape(folder: Folder) -> list[list[int]]:
    return [list(run.keys) for run in folder.runs]


REJECT = b"NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <a@b>: Relay access denied; from=<c@d> to=<a@b>"


def test_lines_that_differ_in_time_and_pid_are_one_row() -> None:
    folder = folded(at(second, REJECT, pid=second) for second in range(10))
    assert shape(folder) == [list(range(10))]
    assert folder.runs[0].lasted == 9


def test_three_are_too_few() -> None:
    assert shape(folded([at(0, REJECT)] * (LEAST - 1))) == [[0], [1], [2]]


def test_they_fold_across_others_and_stand_where_the_newest_is() -> None:
    lines = [at(n // 2, REJECT if n % 2 else b"connect from x%d[192.0.2.%d]" % (n, n)) for n in range(12)]
    assert shape(folded(lines)) == [[0], [2], [4], [6], [8], [10], [1, 3, 5, 7, 9, 11]]


def test_what_comes_seldom_is_never_hidden() -> None:
    assert len(folded(at(n * (PAUSE + 1), REJECT) for n in range(20)).runs) == 20


def test_nor_what_is_far_apart() -> None:
    others = [at(1, b"statistics: %s" % bytes([97 + n, 97 + m])) for n in range(8) for m in range(REACH)]
    lines = [line for n in range(8) for line in (at(1, REJECT), *others[n * REACH : (n + 1) * REACH])]
    assert all(len(run.keys) == 1 for run in folded(lines).runs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (REJECT, REJECT.replace(b"192.0.2.1", b"192.0.2.2")),
        (REJECT, REJECT.replace(b"<a@b>", b"<x@b>")),
        (b"3FCA722E68E: removed", b"3FCA722E68F: removed"),
        (b"3FCA722E68E: client=a[192.0.2.1]", b"3FCA722E68F: client=a[192.0.2.1]"),
    ],
)
def test_other_clients_addresses_and_messages_are_not_alike(one: bytes, other: bytes) -> None:
    assert signature(at(0, one)) != signature(at(0, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"3FCA722E68E: to=<a@b>, relay=c[192.0.2.1]:25, delay=0.3, delays=0/0/0/0.3, dsn=2.0.0, status=sent "
         b"(250 2.0.0 Ok: queued as 4AB12CD34E)",
         b"4FY6ms0sWHz3xyz: to=<a@b>, relay=c[192.0.2.1]:25, delay=7, delays=1/2/3/1, dsn=2.0.0, status=sent "
         b"(250 2.0.0 Ok: queued as 4FY6ms0sWHz3xyq)"),
        (b"3FCA722E68E: message-id=<a@b>", b"3FCA722E68F: message-id=<c@d>"),
        (b"3FCA722E68E: from=<a@b>, size=10, nrcpt=1 (queue active)",
         b"3FCA722E68F: from=<a@b>, size=1000, nrcpt=1 (queue active)"),
    ],
)  # fmt: skip
def test_messages_of_one_sender_are(one: bytes, other: bytes) -> None:
    def sender(_queue_id: bytes) -> bytes:
        return b"a@b"

    assert signature(at(0, one), sender) == signature(at(9, other, pid=99), sender)
    assert signature(at(0, one)) != signature(at(0, other))


def test_a_mail_loop_is_one_row_whoever_it_names() -> None:
    ends = (b"<a@x.test>", b"<b@y.test>")
    lines = [
        at(
            n,
            b"%06XABCD: to=%s, relay=none, delay=0.1, dsn=5.4.6, status=bounced (too many hops)"
            % (n, ends[n % 2]),
        )
        for n in range(1240)
    ]
    folder = folded(lines)
    assert [len(run.keys) for run in folder.runs] == [1240]
    assert addresses(lines) == [b"a@x.test", b"b@y.test"]


def test_what_went_on_unseen_is_remembered() -> None:
    before = folded(at(n, REJECT) for n in range(100))
    after = Folder(after=before)
    for key in range(1000, 1010):
        after.add(key, at(key - 900, REJECT))
    assert shape(after) == [list(range(1000, 1010))]
    assert after.runs[0].earlier == 100
    assert after.runs[0].lasted == 99 + 9


def test_opening_a_row_gives_each_line_its_place() -> None:
    lines = [at(n // 2, REJECT if n % 2 else b"connect from x%d[192.0.2.%d]" % (n, n)) for n in range(12)]
    folder = folded(lines)
    shown = opened(folder.runs, folder.runs[-1])
    assert [run.keys[0] for run in shown] == list(range(12))
    folder.runs = shown
    folder.add(12, at(6, REJECT))
    assert len(folder.runs) == 13


def test_what_was_folded_in_two_parts_is_joined() -> None:
    older, newer = Folder(), Folder()
    for key in range(40):
        (older if key < 25 else newer).add(key, at(key // 4, REJECT))
    kept = merged(older.runs, newer.runs)
    assert kept == []
    assert shape(newer) == [list(range(40))]
    assert newer.runs[0].lasted == 9
    late = folded(at(100, REJECT) for _ in range(5))
    early = folded(at(100 - PAUSE - 1, REJECT) for _ in range(5))
    assert merged(early.runs, late.runs) == early.runs


def test_midnight_and_a_clock_that_jumps_back() -> None:
    folder = folded(at(86_395 + n, REJECT) for n in range(10))
    assert shape(folder) == [list(range(10))]
    assert folder.runs[0].lasted == 9
    assert folded([at(5000, REJECT)] * 3 + [at(100, REJECT)] * 3).runs[0].lasted == 0


words = st.sampled_from(
    [REJECT, b"connect from a[192.0.2.1]", b"", b"\0", b"\xff]: [", b"]: ]: status=sent", b"a" * 5000]
)


@given(
    st.lists(
        st.one_of(st.builds(at, st.integers(0, 90_000), words), st.binary(max_size=60), words), max_size=120
    )
)
def test_no_line_is_lost_or_shown_twice(lines: list[bytes]) -> None:
    folder = folded(lines)
    assert sorted(key for run in folder.runs for key in run.keys) == list(range(len(lines)))
    lasts = [run.last for run in folder.runs]
    assert lasts == sorted(lasts)
    for run in list(folder.runs):
        assert isinstance(run, Run)
        shown = opened(folder.runs, run)
        assert sorted(key for one in shown for key in one.keys) == list(range(len(lines)))
