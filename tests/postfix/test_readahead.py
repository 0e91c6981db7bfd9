"""Tables that a second process reads: as if read here, whatever becomes of the other process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix import readahead
from mailtui.postfix.files import Files, entries

TABLE = b"""# a comment
web@falcot.example  jean
#off@falcot.example  laure
two@falcot.example
  one, two
"quo ted"@falcot.example x
no-value
\xff\xfe bad
 \t
last@falcot.example nul\0
open@falcot.example end"""
ALIASES = b"postmaster: root\n# a comment\n#root: jean\nweb : jean,\n  laure\nno colon\nlast: open"

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor alone")


def _in_one_thread(work: str, folder: Path) -> None:
    """Run a function of this module by itself: forking is for a process of one thread, which pytest's is not."""
    code = f"import sys; from pathlib import Path; from tests.postfix import test_readahead as it; it.{work}(Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(folder)], stderr=subprocess.PIPE, check=False
    )
    assert not done.returncode, done.stderr.decode()


def _files(folder: Path, table: bytes = TABLE) -> tuple[Files, list[Target]]:
    readahead.LARGE = 10
    (folder / "virtual").write_bytes(table)
    (folder / "aliases").write_bytes(ALIASES)
    (folder / "small").write_bytes(b"a b\n")
    targets = [
        Target("table", str(folder / "virtual"), "hash"),
        Target("aliases", str(folder / "aliases"), "hash"),
        Target("table", str(folder / "small"), "hash"),
        Target("table", str(folder / "missing"), "hash"),
    ]
    files = Files()
    readahead.read_ahead(files, targets)
    assert files._expected.keys() == {target.path for target in targets[:2]}
    return files, targets


def _alike(document: Table | Aliases, raw: bytes) -> None:
    fresh = type(document)(raw)
    assert document.raw == raw
    assert document.index[1:] == fresh.index[1:]
    ours, own = document.index.lines, fresh.index.lines
    assert (ours.starts, ours.kinds, ours.firsts) == (own.starts, own.kinds, own.firsts)
    assert [document.entry(at) for at in range(len(document))] == [
        fresh.entry(at) for at in range(len(fresh))
    ]


def _read_there(folder: Path) -> None:
    files, targets = _files(folder)
    for target, kind, raw in ((targets[0], Table, TABLE), (targets[1], Aliases, ALIASES)):
        read = files._expected[target.path][1].wait()
        assert read is not None
        document = entries(files, target)
        assert document is read.document
        assert type(document) is kind
        _alike(document, raw)
    assert files.raw(targets[2].path) == b"a b\n"
    with pytest.raises(FileNotFoundError):
        files.raw(targets[3].path)


def _changed_since(folder: Path) -> None:
    files, targets = _files(folder)
    assert files._expected[targets[0].path][1].wait() is not None
    (folder / "virtual").write_bytes(b"other@falcot.example jean\n")
    _alike(entries(files, targets[0]), b"other@falcot.example jean\n")


def _killed(folder: Path) -> None:
    more_than_a_pipe_holds = TABLE + b"\n" + b"many@falcot.example jean\n" * 100_000
    files, targets = _files(folder, more_than_a_pipe_holds)
    reading = files._expected[targets[0].path][1]
    assert isinstance(reading, readahead.Reading)
    os.kill(reading._pid, signal.SIGKILL)
    assert reading.wait() is None
    assert entries(files, targets[0]).raw == more_than_a_pipe_holds


@pytest.mark.parametrize("work", ["_read_there", "_changed_since", "_killed"])
def test_a_table_read_by_another_process_is_what_is_on_the_disk(work: str, tmp_path: Path) -> None:
    _in_one_thread(work, tmp_path)
