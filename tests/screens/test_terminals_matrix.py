"""Every kind of terminal, with the real console: what is painted can be read, and only known things are sent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.parts.terminal import refusal
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import shop, tmp_path
from tests.screens.pty_driver import Pty
from tests.screens.realconsole import ROOT, started

__all__ = ["instance_dir", "tmp_path"]

ADDRESS = "contact@falcotsbrand.com"
LOG = b"""\
Jan  1 13:22:20 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <a@b.test>: no; \
from=<x@y.test> to=<a@b.test> proto=ESMTP helo=<h>
Jan  1 13:22:21 mx postfix/smtpd[1]: fatal: bad boolean value
Jan  1 13:22:22 mx postfix/local[4]: 3FCA722E68E: to=<jean@falcot.com>, relay=local, delay=0.3, \
delays=0/0/0/0.3, dsn=2.0.0, status=sent (delivered to mailbox)
"""


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    (tmp_path / "mail.log").write_bytes(LOG)
    return shop(instance_dir, tmp_path)


def test_over_ssh_no_mouse_unless_it_is_asked_for(folder: Path) -> None:
    for options, taken in (((), False), (("--mouse",), True)):
        with started(folder, options=options, SSH_CONNECTION="192.0.2.1 5 192.0.2.2 22") as term:
            term.wait_until(ADDRESS)
            term.settle(0.1)
            assert (b"\x1b[?1000h" in term.raw) is taken
            term.send("q")
            assert term.wait() == 0
            assert all(term.restored.values()), term.restored


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), ("ctrl+c", 0)])
def test_it_leaves_the_terminal_clean(folder: Path, how: Any, code: int) -> None:
    with started(folder) as term:
        term.wait_until(ADDRESS)
        term.send("w")
        term.wait_until("Nothing to write")
        time.sleep(1.2)  # the Review takes no key for half a second after it was drawn, which may be late
        term.send("q")
        term.wait_until(ADDRESS)
        term.send(how) if isinstance(how, str) else term.kill(how)
        assert term.wait() == code
        assert all(term.restored.values()), term.restored
        after = term.raw[term.raw.rfind(b"\x1b[?1049l") :]
        assert not re.search(rb"\x1b\[[1-9][0-9;]*m", after), "a colour is left"


def test_many_sizes(folder: Path) -> None:
    with started(folder) as term:
        term.wait_until(ADDRESS)
        for size in [(1, 1), (2, 40), (300, 1), (60, 16), (59, 16), (300, 100), (61, 17), (20, 5)] * 2:
            term.resize(*size)
            term.send("8" if size[0] > 100 else "3")
            term.read(0.05)
        for size, there in (((60, 20), "? keys"), ((300, 100), "ADDRESS"), ((80, 24), "q quit  ? keys")):
            term.resize(*size)
            term.send("3")
            term.wait_until(there, 60)  # a busy machine takes its time for thirty thousand cells
            assert len(term.text.split("\n")) == size[1]
        term.send("q")
        assert term.wait(30) == 0


def run(folder: Path, *words: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    """mailtui without a terminal on some stream."""
    return subprocess.run(
        [sys.executable, "-m", "mailtui", "--config-dir", str(folder), *words],
        check=False, timeout=20, env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}, **streams,
    )  # fmt: skip


def test_without_a_terminal_it_says_so_and_ends(folder: Path) -> None:
    done = run(folder, "aliases", stdin=subprocess.DEVNULL, capture_output=True)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"mailtui: standard input is not a terminal")
    with Pty(["/bin/sleep", "20"]) as term:
        for out, words in ((1, b"standard output"), (2, b"")):
            streams = {"stdin": term._slave, "stdout": term._slave, "stderr": term._slave}
            name = "stdout" if out == 1 else "stderr"
            done = run(folder, "aliases", **{**streams, name: subprocess.PIPE})
            assert done.returncode == 1
            said = term.read(0.2) if out == 1 else done.stderr
            assert b"is not a terminal" in said
            assert words in said
            assert b"\x1b" not in said


@pytest.mark.parametrize("term", ["", "dumb", "unknown", None])
def test_a_terminal_of_no_kind_is_refused(term: str | None) -> None:
    with Pty(["/bin/sleep", "5"]) as there:
        slave = there._slave
        why = refusal({} if term is None else {"TERM": term}, slave, slave, slave)
        assert why is not None
        assert "TERM" in why
        assert refusal({"TERM": "vt100"}, slave, slave, slave) is None


def test_copying_where_the_terminal_cannot_shows_the_text(folder: Path) -> None:
    for term_name, sent in (("linux", False), ("xterm", True)):
        with started(folder, TERM=term_name) as term:
            term.wait_until(ADDRESS)
            term.send("y")
            words = "Copied, if your terminal allows it" if sent else "This terminal cannot copy"
            term.wait_until(words)
            assert "falcotsbrand.com" in term.text.split("\n")[1]
            assert (b"\x1b]52;c;" in term.raw) is sent
            term.send("q", "q")
            assert term.wait() == 0


def test_detached_and_attached_again_in_tmux(folder: Path) -> None:
    sock = str(folder / "tmux")
    command = f"{sys.executable} -m mailtui --config-dir {folder} aliases"
    env = {"PYTHONPATH": str(ROOT), "MAILTUI_STATE_DIR": str(folder / "state"), "LANG": "C.UTF-8"}
    tmux = ["/usr/bin/tmux", "-S", sock, "-f", "/dev/null"]
    try:
        with Pty([*tmux, "new-session", command], env=env) as first:
            first.wait_until(ADDRESS)
            first.send("/", "contact@", "enter", "d")
            first.wait_until("1 staged")
            subprocess.run([*tmux, "detach-client"], check=True, timeout=10)
            assert first.wait() == 0
        with Pty([*tmux, "attach"], env=env, size=(100, 30)) as second:
            second.wait_until("1 staged")
            os.write(second._master, b"\x1b[M !!\x1b[?62;22c\x1b[<0;5;5M")  # what a terminal may send now
            second.settle(0.2)
            second.send("q")
            second.wait_until("not written")
            second.send("d")
            assert second.wait() == 0
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True, timeout=10)


def test_idle_it_sends_nothing(folder: Path) -> None:
    with started(folder, folder.parent / "mail.log") as term:
        term.wait_until(lambda text: "· f" in text)  # the findings have come
        term.settle(0.5)
        term.send("8")
        term.wait_until("fatal")
        term.settle(0.5)
        begun = time.monotonic()
        assert term.read(2.5) == b""
        assert time.monotonic() - begun > 2
        term.send("q")
        assert term.wait() == 0
