"""A compiled table goes in and out again whole, keeps its owner, and no reader ever misses an entry."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import tables
from mailtui.apply.compile import build, live_path
from mailtui.apply.faults import Changed, WriteError
from mailtui.apply.swap import Swap
from mailtui.apply.work import Work, Works, sweep
from mailtui.apply.write import now_ns, read_file
from mailtui.formats.target import Target
from tests.apply.tabling import NEW, OLD, ask, attributes, kinds, prepared, table

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@kinds
def test_in_and_out_again(etc: Path, kind: str) -> None:
    target = table(etc, kind)
    live = live_path(target)
    os.chmod(live, 0o640)
    subprocess.run(["setfacl", "-m", "u:nobody:r", live], check=True)
    if os.geteuid() == 0:
        os.chown(live, 1234, 2345)
    before = attributes(live)
    stamp = now_ns() + 5 * 10**9 if kind != "lmdb" else now_ns()
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work, stamp)
        assert tables.state(swap) == "before"
        assert ask(etc, target, "old@v.test") == "b"
        tables.install(swap)
        assert tables.state(swap) == "after"
        assert (ask(etc, target, "old@v.test"), ask(etc, target, "new@v.test")) == ("", "c")
        assert attributes(live) == before
        assert os.stat(live).st_mtime_ns >= stamp
        again = Swap.from_json(json.loads(json.dumps(swap.as_json())))
        assert again == swap
        tables.restore(again)
        assert tables.state(swap) == "before"
        assert (ask(etc, target, "old@v.test"), ask(etc, target, "new@v.test")) == ("b", "")
        assert attributes(live) == before
        tables.restore(swap)
    assert sorted(each.name for each in etc.iterdir()) == ["main.cf", "virtual", os.path.basename(live)]


@kinds
def test_a_table_that_did_not_exist(etc: Path, kind: str) -> None:
    target = table(etc, kind, compiled=False)
    os.chmod(target.path, 0o640)
    if os.geteuid() == 0:
        os.chown(target.path, 1234, 2345)
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        tables.install(swap)
        assert ask(etc, target, "new@v.test") == "c"
        found = os.stat(live_path(target))
        source = os.stat(target.path)
        assert (found.st_mode & 0o777, found.st_uid, found.st_gid) == (0o640, source.st_uid, source.st_gid)
        assert found.st_nlink == 1
        tables.restore(swap)
        assert not os.path.exists(live_path(target))
        assert tables.state(swap) == "before"


@kinds
def test_what_postmap_would_give_a_new_table(etc: Path, kind: str) -> None:
    target = table(etc, kind)
    os.unlink(live_path(target))
    for mode in (0o644, 0o640, 0o600, 0o664, 0o444):
        os.chmod(target.path, mode)
        subprocess.run(["postmap", "-c", etc, target.spec], check=True)
        theirs = attributes(live_path(target))
        os.unlink(live_path(target))
        with Work(str(etc)) as work:
            tables.install(prepared(etc, target, NEW, work))
        assert attributes(live_path(target)) == theirs
        os.unlink(live_path(target))


@kinds
def test_the_table_of_a_link_is_beside_the_link(etc: Path, kind: str) -> None:
    """postmap opens PATH.db by the name it is given; that name may itself be a link."""
    real = etc / "real"
    real.mkdir()
    (real / "text").write_bytes(OLD)
    target = Target("table", f"{etc}/virtual", kind)
    Path(target.path).symlink_to(real / "text")
    subprocess.run(["postmap", "-c", etc, target.spec], check=True)
    live = Path(live_path(target))
    live.rename(real / "compiled")
    live.symlink_to(real / "compiled")
    with Works() as works:
        swap = prepared(etc, target, NEW, works.beside(live_path(target)))
        tables.install(swap)
        assert works.paths[0].startswith(str(real))
    assert ask(etc, target, "new@v.test") == "c"
    assert live.is_symlink()
    assert sorted(each.name for each in real.iterdir()) == ["compiled", "text"]


@kinds
@pytest.mark.parametrize("when", ["before install", "before restore"])
def test_what_a_colleague_compiled_meanwhile_is_not_lost(etc: Path, kind: str, when: str) -> None:
    target = table(etc, kind)
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        if when == "before restore":
            tables.install(swap)
        time.sleep(0.01)
        Path(target.path).write_bytes(b"theirs@v.test d\n")
        subprocess.run(["postmap", "-c", etc, target.spec], check=True)
        with pytest.raises(Changed, match="someone else compiled"):
            tables.install(swap) if when == "before install" else tables.restore(swap)
        assert tables.state(swap) == "other"
    assert ask(etc, target, "theirs@v.test") == "d"


@kinds
def test_a_new_table_that_appears_meanwhile_is_not_covered(etc: Path, kind: str) -> None:
    target = table(etc, kind, compiled=False)
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        subprocess.run(["postmap", "-c", etc, target.spec], check=True)
        with pytest.raises(Changed):
            tables.install(swap)
    assert ask(etc, target, "old@v.test") == "b"


@pytest.mark.parametrize("kind", ["hash", "btree", "cdb"])
def test_another_name_of_the_old_table_keeps_its_content_and_shows_a_new_time(etc: Path, kind: str) -> None:
    target = table(etc, kind)
    other = etc / "snapshot"
    other.hardlink_to(live_path(target))
    content, seen = other.read_bytes(), int(other.stat().st_mtime)
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        tables.install(swap)
        assert int(other.stat().st_mtime) != seen  # what dict_changed_name(3) looks at
        seen = int(os.stat(live_path(target)).st_mtime)
        tables.restore(swap)
    assert other.read_bytes() == content
    assert not swap.restore_needs_reload


def test_all_names_of_an_lmdb_table_change_together(etc: Path) -> None:
    target = table(etc, "lmdb")
    (etc / "second.lmdb").hardlink_to(live_path(target))
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        tables.install(swap)
        assert swap.restore_needs_reload
    second = Target("table", f"{etc}/second", "lmdb")
    assert (ask(etc, second, "old@v.test"), ask(etc, second, "new@v.test")) == ("", "c")


def test_a_failing_compile_of_lmdb_leaves_the_live_table(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = table(etc, "lmdb")
    (etc.parent / "second").hardlink_to(live_path(target))  # else no compiler touches the live one
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        killed = etc.parent / "killed"
        killed.write_text("#!/bin/sh\nkill -9 $$\n")
        killed.chmod(0o755)
        monkeypatch.setattr(tables, "program", lambda _: str(killed))
        with pytest.raises(WriteError, match="failed"):
            tables.install(swap)
        assert tables.state(swap) == "before"
    assert ask(etc, target, "old@v.test") == "b"


@as_root
@kinds
def test_an_immutable_live_table_is_named(etc: Path, kind: str) -> None:
    target = table(etc, kind)
    live = live_path(target)
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        if subprocess.run(["chattr", "+i", live], capture_output=True, check=False).returncode != 0:
            pytest.skip("this file system has no such flag")
        try:
            with pytest.raises(WriteError, match=f"marked immutable.*chattr -i {live}"):
                tables.install(swap)
        finally:
            subprocess.run(["chattr", "-i", live], check=True)
        assert tables.state(swap) == "before"
    assert ask(etc, target, "old@v.test") == "b"


def test_a_work_folder_that_others_may_write_is_refused(etc: Path) -> None:
    target = table(etc, "hash")
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        os.chmod(work.path, 0o777)
        with pytest.raises(WriteError, match="is not the folder that mailtui made"):
            tables.install(swap)
    assert ask(etc, target, "old@v.test") == "b"


def test_a_compile_under_way_is_waited_for(etc: Path) -> None:
    target = table(etc, "hash")
    compiler = open(live_path(target), "r+b")  # noqa: SIM115 - it is held by a thread
    with Work(str(etc)) as work:
        swap = prepared(etc, target, NEW, work)
        fcntl.flock(compiler, fcntl.LOCK_EX)
        timer = threading.Timer(0.2, compiler.close)
        timer.start()
        begun = time.monotonic()
        tables.install(swap)
        assert time.monotonic() - begun > 0.15
        timer.join()
    assert ask(etc, target, "new@v.test") == "c"


@contextmanager
def readers(etc: Path, target: Target, count: int) -> Iterator[list[str]]:
    """Processes that ask for an entry that is always there, as fast as they can; what went wrong."""
    wrong: list[str] = []
    stop = threading.Event()
    asked = [0] * count

    def loop(number: int) -> None:
        while not stop.is_set():
            done = subprocess.run(
                ["postmap", "-c", etc, "-q", "keep@v.test", target.spec], capture_output=True, check=False
            )
            asked[number] += 1
            if done.returncode or done.stdout != b"a\n" or done.stderr:
                wrong.append(repr(done))

    threads = [threading.Thread(target=loop, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sum(asked) > 10


@kinds
def test_no_lookup_fails_while_a_table_is_replaced_again_and_again(etc: Path, kind: str) -> None:
    rows = b"".join(b"user%d@v.test x\n" % n for n in range(2000))
    target = table(etc, kind, text=OLD + rows)
    with readers(etc, target, 2) as wrong:
        for turn in range(12):
            with Work(str(etc)) as work:
                swap = prepared(etc, target, (OLD, NEW)[turn % 2] + rows * (turn % 2), work)
                tables.install(swap)
                if turn % 3 == 2:
                    tables.restore(swap)
    assert wrong == []
    assert sorted(each.name for each in etc.iterdir() if "mailtui" in each.name) == []


STEPS = ("mkdir", "sendfile", "fchmod", "utime", "fsync", "rename", "link", "unlink", "symlink", "rmdir")


def _change(etc: str, target: Target, text: bytes, journal: str, last: int) -> None:
    """A change whose process is killed just before its call number `last` to the system."""
    calls = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return call

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    with Work(etc) as work:
        swap = tables.prepare(
            build(etc, target, text, work), etc, read_file(target.path)[1], mtime_ns=now_ns()
        )
        Path(journal).write_text(json.dumps(swap.as_json()))
        tables.install(swap)
        Path(journal).rename(journal + ".done")


@kinds
@pytest.mark.parametrize("links", [1, 2])
def test_killed_at_any_step_it_is_all_before_or_all_after(etc: Path, kind: str, links: int) -> None:
    """As a recovery does: by the journal's values alone the old table is put back, and nothing is left."""
    target = table(etc, kind)
    journal, done = etc.parent / "journal", etc.parent / "journal.done"
    context = multiprocessing.get_context("fork")
    seen = []
    for last in range(1, 100):
        if links == 2:
            (etc.parent / f"name{last}").hardlink_to(live_path(target))
        arguments = (str(etc), target, NEW, str(journal), last)
        child = context.Process(target=_change, args=arguments)
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        answers = ask(etc, target, "old@v.test"), ask(etc, target, "new@v.test")
        if journal.exists():
            swap = Swap.from_json(json.loads(journal.read_text()))
            seen.append(tables.state(swap))
            assert answers == {"before": ("b", ""), "after": ("", "c")}[seen[-1]]
            tables.restore(swap)
            journal.unlink()
        elif done.exists():  # it had ended well; only its work folder is left
            assert answers == ("", "c")
            subprocess.run(["postmap", "-c", etc, target.spec], check=True)
            done.unlink()
        else:
            assert answers == ("b", "")
        sweep(str(etc))
        assert (ask(etc, target, "old@v.test"), ask(etc, target, "keep@v.test")) == ("b", "a")
        assert [each.name for each in etc.iterdir() if "mailtui" in each.name] == []
    assert last > 10
    assert set(seen) == {"before", "after"}
    assert ask(etc, target, "new@v.test") == "c"
