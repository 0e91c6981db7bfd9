"""What is written to a terminal: at once where it takes it, in order where it does not."""

from __future__ import annotations

import os
import pty
import select
import tty
from collections.abc import Iterator

import pytest

from mailtui.screens.parts.output import TerminalWriter

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"


@pytest.fixture
def terminal() -> Iterator[tuple[int, TerminalWriter]]:
    """The other end of a terminal, and its writer, whose thread has not been started."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    with os.fdopen(slave, "w", encoding="utf-8") as file:
        yield master, TerminalWriter(file)
    os.close(master)


def read(master: int) -> bytes:
    """What has arrived by now."""
    raw = b""
    while select.select([master], [], [], 0)[0]:
        raw += os.read(master, 1 << 16)
    return raw


def test_no_thread_is_needed_where_the_terminal_takes_it(terminal: tuple[int, TerminalWriter]) -> None:
    master, writer = terminal
    writer.write("é")
    assert read(master) == "é".encode()
    assert not writer.busy


def test_a_frame_goes_out_as_one(terminal: tuple[int, TerminalWriter]) -> None:
    master, writer = terminal
    writer.write(BEGIN)
    writer.write("a line")
    assert read(master) == b""
    writer.write(END)
    assert os.read(master, 4096).decode() == f"{BEGIN}a line{END}"


def test_what_does_not_fit_follows_in_order(terminal: tuple[int, TerminalWriter]) -> None:
    master, writer = terminal
    wanted = [f"{number:06} " for number in range(40_000)]  # more than a terminal holds
    for text in wanted:
        writer.write(text)
    assert writer.busy
    writer.start()
    raw = b""
    while len(raw) < 7 * len(wanted):
        assert select.select([master], [], [], 10)[0]
        raw += os.read(master, 1 << 16)
    assert raw.decode() == "".join(wanted)
    writer.stop()
    assert not writer.is_alive()


def test_the_flags_of_the_shells_descriptor_stay(terminal: tuple[int, TerminalWriter]) -> None:
    _, writer = terminal
    assert os.get_blocking(writer.fileno())
