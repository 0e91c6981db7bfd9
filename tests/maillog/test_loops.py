"""Mail that goes round in a circle, as the log tells of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.loops import KEPT, Finding, Loops

BOUNCED = (
    "Nov 22 {clock} mx postfix/local[9]: {id}: to=<a@x.test>, orig_to=<b@x.test>, relay=local, delay=0.1, "
    "delays=0.1/0/0/0, dsn=5.4.6, status=bounced (mail forwarding loop for A@x.test)\n"
)
HOPS = (
    "2026-11-22T{clock}.1+01:00 mx postfix/smtp[9]: {id}: to=<a@x.test>, relay=127.0.0.1[127.0.0.1]:25, delay=0.1, "
    "delays=0.1/0/0/0, dsn=5.4.0, status=bounced (host 127.0.0.1[127.0.0.1] said: 554 5.4.0 Error: too many hops "
    "(in reply to end of DATA command))\n"
)
PASSED = (
    "Nov 22 {clock} mx postfix/smtp[9]: {id}: to=<{to}>, orig_to=<{by}>, relay=127.0.0.1[127.0.0.1]:10025, "
    "delay=0.1, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {next})\n"
)


def clock(second: int) -> str:
    return f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"


def circle(
    times: int, *, step: int = 0, start: int = 3600, a: str = "a@x.test", b: str = "b@x.test"
) -> bytes:
    """A message passed on between two addresses."""
    lines = []
    for number in range(times):
        by, to = (a, b) if number % 2 == 0 else (b, a)
        lines.append(
            PASSED.format(clock=clock(start + step * number), id=f"{number + 0xABC000:07X}", to=to, by=by,
                          next=f"{number + 0xABC001:07X}")
        )  # fmt: skip
    return "".join(lines).encode()


def test_what_postfix_ends_by_itself() -> None:
    loops = Loops()
    raw = "".join(BOUNCED.format(clock=clock(60 + n), id=f"ABCDE{n:05X}") for n in range(4)).encode()
    loops.add(7, b"Nov 22 00:00:59 mx postfix/qmgr[1]: ABCDEF12345: removed\n" + raw)
    loops.add(100, HOPS.format(clock="00:02:00", id="ABCDEF12345").encode())
    assert loops.findings == (
        Finding("forwarding", ("a@x.test", "b@x.test"), 4, 3, 8),
        Finding("hops", ("a@x.test",), 1, 0, 100),
    )
    assert loops.findings[0].words == "×4 in 3 s mail forwarding loop: a@x.test ↔ b@x.test"


def test_a_circle_that_still_goes_round() -> None:
    loops = Loops()
    raw = circle(40)
    for at, line in enumerate(raw.splitlines(keepends=True)):
        loops.add(at, line)
    (found,) = loops.findings
    assert (found.kind, found.addresses, found.count, found.key) == ("rate", ("a@x.test", "b@x.test"), 30, 10)
    whole = Loops()
    whole.add(-len(raw), raw)
    assert whole.findings == (
        Finding("rate", found.addresses, 30, 0, -len(raw) + raw.index(b"mx postfix/smtp[9]: 0ABC00A") - 16),
    )


def test_one_address_alone() -> None:
    loops = Loops()
    loops.add(0, circle(20, a="a@x.test", b="a@x.test"))
    assert [found.addresses for found in loops.findings] == [("a@x.test",)]


def test_slow_ones_are_none() -> None:
    loops = Loops()
    loops.add(0, circle(40, step=2))
    assert loops.findings == ()


def test_over_midnight() -> None:
    loops = Loops()
    loops.add(0, circle(40, start=86_399, step=0) + circle(1))
    assert len(loops.findings) == 1


def test_filters_and_lists_are_none() -> None:
    """Many messages for one address, each passed on three times, to the same and to others."""
    lines = []
    for number in range(200):
        for turn in range(3):
            to = "list@x.test" if turn < 2 else f"m{number}@y.test"
            lines.append(
                PASSED.format(clock=clock(60), id=f"{number:05X}{turn}", to=to, by="list@x.test",
                              next=f"{number:05X}{turn + 1}")
            )  # fmt: skip
    loops = Loops()
    loops.add(0, "".join(lines).encode())
    assert loops.findings == ()


def test_memory_is_bounded() -> None:
    loops = Loops()
    for number in range(KEPT + 10):
        loops.add(
            0,
            PASSED.format(
                clock="00:00:00", id=f"{number:06X}", to="a@b", by="c@d", next=f"{number:06X}F"
            ).encode(),
        )
    assert len(loops._ways) == KEPT


@given(st.binary(max_size=200), st.integers(-(10**6), 10**6), st.integers(0, 2000))
def test_any_bytes(noise: bytes, first: int, cut: int) -> None:
    loops = Loops()
    raw = circle(15)
    loops.add(first, raw[:cut] + noise + raw[cut:])
    for found in loops.findings:
        assert found.count > 0
        assert found.words


@given(st.lists(st.integers(1, 30), max_size=6))
def test_blocks_do_not_matter(cuts: list[int]) -> None:
    lines = (circle(30) + BOUNCED.format(clock="01:00:05", id="ABCDEF12345").encode()).splitlines(
        keepends=True
    )
    whole, parts = Loops(), Loops()
    whole.add(0, b"".join(lines))
    places = sorted({0, len(lines), *(cut for cut in cuts if cut < len(lines))})
    for start, end in pairwise(places):
        parts.add(start, b"".join(lines[start:end]))
    assert whole.findings == parts.findings
