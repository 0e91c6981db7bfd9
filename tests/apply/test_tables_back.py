"""The old table is kept whole until a change has ended, and put back as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mailtui.apply import tables
from mailtui.apply.compile import live_path
from mailtui.apply.faults import Changed
from mailtui.apply.work import Work
from tests.apply.tabling import NEW, ask, kinds, prepared, table


@kinds
def test_taking_it_back_needs_no_copy(etc: Path, kind: str) -> None:
    """The old table itself gets its name again; a daemon that has it open never needs to notice."""
    target = table(etc, kind)
    live = live_path(target)
    inode = os.stat(live).st_ino
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        tables.install(swap)
        assert os.stat(live).st_ino != inode
        tables.restore(swap)
        assert (os.stat(live).st_ino, os.stat(live).st_nlink) == (inode, 1)


@kinds
def test_nothing_keeps_the_old_table_once_the_change_has_ended(etc: Path, kind: str) -> None:
    """Daemons notice the change by that: the file that they have open has no name left."""
    target = table(etc, kind)
    with open(live_path(target), "rb") as daemon:
        with Work(str(etc)) as work:
            tables.install(prepared(etc, target, NEW, work))
        assert os.fstat(daemon.fileno()).st_nlink == 0


def test_an_old_table_that_was_compiled_by_its_other_name_is_not_put_back(etc: Path) -> None:
    target = table(etc, "hash")
    (etc / "second").write_bytes(b"theirs@v.test d\n")
    (etc / "second.db").hardlink_to(live_path(target))
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        tables.install(swap)
        subprocess.run(["postmap", "-c", etc, f"hash:{etc}/second"], check=True)
        with pytest.raises(Changed, match="by another of its names"):
            tables.restore(swap)
    assert ask(etc, target, "new@v.test") == "c"


@kinds
def test_where_the_disk_has_no_links_the_old_table_is_copied(
    etc: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = table(etc, kind)
    monkeypatch.setattr(tables, "_linked", lambda *_: False)
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        tables.install(swap)
        assert ask(etc, target, "new@v.test") == "c"
        tables.restore(swap)
        assert tables.state(swap) == "before"
    assert ask(etc, target, "old@v.test") == "b"
