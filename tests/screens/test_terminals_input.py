"""What comes from a terminal without having been typed is no key; and a slow terminal holds nothing up."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from mailtui.screens.parts import replies
from mailtui.screens.parts.output import TerminalWriter
from mailtui.screens.parts.replies import CalmParser
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import shop, tmp_path
from tests.screens.realconsole import started, unknown

__all__ = ["instance_dir", "tmp_path"]


def heard(*chunks: str | float) -> list[str]:
    """The keys (and other messages by their class) for what was read; a number is a silence in seconds."""
    now = 100.0
    found: list[str] = []

    def take(messages: Any) -> None:
        for message in messages:
            if isinstance(message, events.Key):
                found.append(message.key)
            elif isinstance(message, events.Paste):
                found.append(f"paste {message.text}")
            else:
                found.append(type(message).__name__)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replies, "get_time", lambda: now)
        parser = CalmParser()
        for chunk in (*chunks, 2.0):
            if isinstance(chunk, float):
                now += chunk
                take(parser.tick())
            else:
                take(parser.feed(chunk))
    return found


@pytest.mark.parametrize(
    ("chunks", "keys"),
    [
        (["q"], ["q"]),
        (["\x1b"], ["escape"]),
        (["\x1b", 0.2, "d"], ["escape", "d"]),
        (["\x1b[A\x1bOB\x1b[[A\x1b[1;5C"], ["up", "down", "f1", "ctrl+right"]),
        (["\x1bx", "j"], ["alt+x", "j"]),
        (["\x1b[?62;22cj"], ["j"]),
        ([*"\x1b[?62;22cj"], ["j"]),
        (["\x1b[?6", 0.2, "q"], ["q"]),
        (["\x1b]11;rgb:d0d0/dddd/dddd\x07q"], ["q"]),
        (["\x1b]11;rgb:d0d0/dd", "dd/dddd\x1b\\q"], ["q"]),
        (["\x1b]52;c;", "ZGRkZA==" * 999, "\x07q"], ["q"]),
        (["\x1b]11;rgb:dd\x1b[Bq"], ["down", "q"]),
        (["\x1bP>|xterm(388) d\x1b\\q"], ["q"]),
        (["\x1b_Gi=1;dd\x1b\\q", "\x1b^dd\x1b\\", "\x1bXdd\x1b\\"], ["q"]),
        (["\x1b[97;5uj"], ["j"]),
        (["\x1b[27;5;100~j"], ["j"]),
        (["\x1b[M !!j"], ["j"]),
        (["\x1b[<0;5;5Mj"], ["MouseDown", "j"]),
        (["\x1b[I\x1b[O"], ["AppFocus", "AppBlur"]),
        (["\x1b[?2026;2$y"], ["TerminalSupportsSynchronizedOutput"]),
        (["\x1b[200~a\x1b[31md\x1b]0;d\x07\nd\x00\x1b[201~q"], ["paste a\x1b[31md\x1b]0;d\x07\nd", "q"]),
        (["\x1b[200~ab", "c\x1b[20", "1~q"], ["paste abc", "q"]),
        (["\x1b[200~abc", 1.5, "q"], ["paste abc", "q"]),
        (["日é"], ["日", "é"]),
    ],
)
def test_what_arrives(chunks: list[str | float], keys: list[str]) -> None:
    assert heard(*chunks) == keys


CSI = st.builds("\x1b[{}{}{}".format, st.text("<=>?0123456789:;", min_size=1), st.text(" !\"#$%&'()*+,-./"),
                st.sampled_from("@bcdefghijklnopqrstvwxyz`{|}")).filter(
                    lambda sent: not any(sent[:end] in ANSI_SEQUENCES_KEYS for end in range(3, len(sent)))
                )  # fmt: skip
"""Replies; none begins with what is a key somewhere, as `ESC [ 3 $` on rxvt: that key it is then."""
STRINGS = st.builds("\x1b{}{}{}".format, st.sampled_from("]P^_X"),
                    st.text(st.characters(codec="utf-8", exclude_characters="\x07\x1b")),
                    st.sampled_from(["\x07", "\x1b\\"]))  # fmt: skip


@given(st.lists(CSI | STRINGS, max_size=4), st.integers(1, 7))
def test_no_reply_is_a_letter_however_it_is_cut(sent: list[str], size: int) -> None:
    text = "".join(sent)
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    letters = [key for key in heard(*chunks, "j") if len(key) == 1]
    assert letters == ["j"]


@given(st.text(max_size=60))
def test_nothing_that_arrives_fails(text: str) -> None:
    assert heard(*text, "\x1b", 0.3, "\x1b[201~", 2.0, "q")[-1].endswith("q")


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return shop(instance_dir, tmp_path)


def test_replies_and_pastes_stage_nothing(folder: Path) -> None:
    with started(folder) as term:
        term.wait_until("contact@falcotsbrand.com")
        for sent in (
            "\x1b]11;rgb:d0d0/dddd/dddd\x07", "\x1b[?62;22d", "\x1bP1$r0d\x1b\\", "\x1b[200~ddd\nd#q\x1b[201~",
            "\x1b[?1;2c", "\x1b]4;1;rgb:dd/dd/dd\x1b\\", "\x1b[8;24;80t",
        ):  # fmt: skip
            os.write(term._master, sent.encode())
            term.settle(0.1)
        assert "staged" not in term.text
        assert "[3Aliases]" in term.text
        term.send("q")
        assert term.wait() == 0


def test_a_terminal_of_9600_baud_gets_the_last_frame_and_not_all(folder: Path) -> None:
    many = "".join(f"user{n:04}@falcotsbrand.com  jean@falcot.com\n" for n in range(400))
    (folder / "virtual").write_text(many)
    with started(folder, TERM="vt100") as term:
        term.wait_until("user0001@")
        term.settle(0.5)
        before = len(term.raw)
        for _ in range(80):  # a held cursor key, 40 a second, while 960 bytes a second are read
            term.send("j")
            time.sleep(0.025)
            term._stream.feed(got := os.read(term._master, 24))
            term.raw += got
        sent = time.monotonic()
        term.wait_until(lambda text: "user0080@falcotsbrand.com   " in text and "virtual:81" in text)
        assert time.monotonic() - sent < 3
        assert len(term.raw) - before < 40_000, "every frame was sent"
        assert not unknown(term.raw)
        term.send("q")
        assert term.wait() == 0


# The writer


@pytest.fixture
def pipe() -> Iterator[tuple[int, TerminalWriter]]:
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="ascii") as file:
        writer = TerminalWriter(file)
        writer.start()
        yield read, writer
        writer.stop()
    os.close(read)


def test_it_writes_in_order_and_says_when_it_is_done(pipe: tuple[int, TerminalWriter]) -> None:
    read, writer = pipe
    done: list[bool] = []
    begun = time.monotonic()
    for _ in range(1000):
        writer.write("x" * 1000)
    assert time.monotonic() - begun < 1, "it waited for the reader"
    assert writer.busy
    writer.when_idle(lambda: done.append(True))
    writer.write("é")
    got = b""
    while len(got) < 1_000_001:
        got += os.read(read, 65536)
    assert got == b"x" * 1_000_000 + b"?"
    for _ in range(200):
        if done:
            break
        time.sleep(0.01)
    assert done == [True]
    assert not writer.busy


def test_at_the_end_a_reader_that_reads_nothing_is_given_up(
    pipe: tuple[int, TerminalWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailtui.screens.parts.output._PATIENCE", 0.1)
    read, writer = pipe
    writer.write("x" * 1_000_000)
    begun = time.monotonic()
    writer.stop()
    assert time.monotonic() - begun < 2
    os.set_blocking(read, False)
    end = time.monotonic() + 10
    while writer.busy and time.monotonic() < end:
        try:
            os.read(read, 65536)
        except BlockingIOError:
            time.sleep(0.001)
    assert not writer.busy


def test_a_reader_that_went_away_is_noticed() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as file:
        writer = TerminalWriter(file)
        writer.start()
        writer.write("x")
        for _ in range(200):
            if writer.lost:
                break
            time.sleep(0.01)
        assert writer.lost
        writer.write("y")
        assert not writer.busy
        writer.stop()


def test_what_is_typed_behind_the_filters_enter_goes_to_the_list(folder: Path) -> None:
    with started(folder) as term:
        term.wait_until("contact@falcotsbrand.com")
        for _ in range(8):
            os.write(term._master, b"/contact@\rj/")
            time.sleep(0.05)
            os.write(term._master, b"\x1b")
            time.sleep(0.2)
            term.settle(0.1)
        term.wait_until("19 aliases")
        os.write(term._master, b"/contact@\rd")
        term.wait_until("1 staged")
        assert re.search(r"^ / contact@ ", term.text, re.MULTILINE), term.text
