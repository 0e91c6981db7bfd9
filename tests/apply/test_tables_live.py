"""A Postfix that runs all the time sees each new table, and no mail is refused because of a change."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mailtui.apply import tables
from mailtui.apply.compile import build, live_path
from mailtui.apply.work import Work
from mailtui.apply.write import now_ns, read_file, replace
from mailtui.formats.target import Target

pytestmark = pytest.mark.lab
INDEXED = ["hash", "btree", "lmdb", "cdb"]


def change(lab: Any, text: bytes, *, back: bool = False) -> None:
    """What a transaction does to a table: its compiled copy, then its text."""
    target = Target("table", f"{lab.etc}/virtual", lab.type)
    _, meta = read_file(target.path)
    stamp = now_ns()
    with Work(lab.config_dir) as work:
        built = build(lab.config_dir, target, text, work)
        swap = tables.prepare(built, lab.config_dir, meta, mtime_ns=stamp)
        tables.install(swap)
        if back:
            tables.restore(swap)
        else:
            replace(target.path, text, meta, mtime_ns=stamp)


def text(*users: str) -> bytes:
    return "".join(f"{user}@v.test x@x.test\n" for user in users).encode()


@pytest.mark.parametrize("kind", INDEXED)
def test_a_running_daemon_sees_each_value_at_once(make_lab: Callable[[str], Any], kind: str) -> None:
    lab = make_lab(kind)
    assert lab.accepts("keep", "old", "u0") == [True, True, False]
    for turn in range(8):  # far more than one change in the same second
        change(lab, text("keep", f"u{turn}"))
        assert lab.accepts("keep", "old", f"u{turn}", f"u{turn - 1}") == [True, False, True, False]
    change(lab, text("keep", "never"), back=True)
    assert lab.accepts("keep", "never", "u7") == [True, False, True]
    assert "fatal" not in lab.log
    assert "error" not in lab.log


@pytest.mark.parametrize("kind", INDEXED)
def test_also_where_the_old_table_has_another_name(make_lab: Callable[[str], Any], kind: str) -> None:
    lab = make_lab(kind)
    live = live_path(Target("table", f"{lab.etc}/virtual", kind))
    assert lab.accepts("keep", "u0") == [True, False]
    for turn in range(3):
        os.link(live, f"{lab.root}/snapshot{turn}")
        change(lab, text("keep", f"u{turn}"))
        assert lab.accepts("keep", f"u{turn}", f"u{turn - 1}") == [True, True, False]


@pytest.mark.parametrize("kind", INDEXED)
def test_no_recipient_is_refused_while_tables_change(make_lab: Callable[[str], Any], kind: str) -> None:
    lab = make_lab(kind)
    stop, answers = threading.Event(), list[bool]()

    def mail() -> None:
        while not stop.is_set():
            answers.extend(lab.accepts("keep", "keep"))

    sender = threading.Thread(target=mail)
    sender.start()
    until = time.monotonic() + 1.5
    turns = 0
    while time.monotonic() < until:
        turns += 1
        change(lab, text("keep", *(f"u{n}" for n in range(turns % 7 * 300))), back=turns % 4 == 0)
    stop.set()
    sender.join()
    assert turns > 5
    assert len(answers) > 20
    assert all(answers)
    assert "table lookup" not in lab.log
