"""What a killed demo left goes with the next one, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui.demo.leftovers import MARK, marked, sweep
from mailtui.demo.place import DemoError, held

HOLDS = """
import signal, sys
from pathlib import Path
from mailtui.demo.leftovers import marked
with marked(Path(sys.stdin.readline().strip())):
    print("held", flush=True)
    signal.pause()
"""


def folder(base: Path, name: str, said: str | None = None) -> Path:
    """A folder as a demo makes it, with its mark, or with what is `said` there."""
    made = base / f"mailtui-demo-{name}"
    (made / "spool").mkdir(parents=True)
    made.chmod(0o755)
    (made / MARK).write_text(f"{made}\n" if said is None else said)
    return made


def test_only_what_a_killed_demo_left_is_removed(tmp_path: Path) -> None:
    running = tmp_path / "mailtui-demo-running0"
    running.mkdir(mode=0o755)
    demo = subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    worker = None
    try:
        assert demo.stdin is not None
        assert demo.stdout is not None
        demo.stdin.write(f"{running}\n")
        demo.stdin.flush()
        assert demo.stdout.readline() == "held\n"
        worked_in = folder(tmp_path, "worked_i")
        worker = subprocess.Popen(["/bin/sleep", "60"], cwd=worked_in / "spool")
        stays = [
            running, worked_in,
            folder(tmp_path, "moved_00", f"{tmp_path}/mailtui-demo-elsewher\n"),
            folder(tmp_path, "of_mine"),  # no name that a demo gives
            folder(tmp_path, "open_000"),
            folder(tmp_path, "unmarked"),
            folder(tmp_path, "linked_m"),
        ]  # fmt: skip
        stays[4].chmod(0o777)
        (stays[5] / MARK).unlink()
        (stays[6] / MARK).rename(tmp_path / "aside")
        (stays[6] / MARK).symlink_to(tmp_path / "aside")
        link = tmp_path / "mailtui-demo-symlink0"
        link.symlink_to(stays[5])
        assert list(sweep(tmp_path)) == []
        assert all(each.is_dir() for each in (*stays, link))
        demo.send_signal(signal.SIGKILL)
        demo.wait(10)
        assert list(sweep(tmp_path)) == [f"removed {running}: a demo that was killed had left it"]
        assert not running.exists()
        worker.kill()
        worker.wait(10)
        assert len(list(sweep(tmp_path))) == 1
        assert [each.is_dir() for each in stays] == [False, False, True, True, True, True, True]
    finally:
        for each in (demo, worker):
            if each is not None and each.poll() is None:
                each.kill()
                each.wait(10)
        for stream in (demo.stdin, demo.stdout):
            if stream is not None:
                stream.close()


def test_a_demo_holds_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "mailtui-demo-abcdefgh"
    made.mkdir(mode=0o755)
    with marked(made), pytest.raises(DemoError, match="a demo runs in"), held(made):
        pass
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert list(sweep(tmp_path)) == [], "another user's"
    assert made.is_dir()
