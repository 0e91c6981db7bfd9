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
from tests.screens.realconsole import ROOT, started, unknown

__all__ = ["instance_dir", "tmp_path"]

ADDRESS = "contact@falcotsbrand.com"
LOG = b"""\
Jan  1 13:22:20 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <a@b.test>: no; \
from=<x@y.test> to=<a@b.test> proto=ESMTP helo=<h>
Jan  1 13:22:21 mx postfix/smtpd[1]: fatal: bad boolean value
Jan  1 13:22:22 mx postfix/local[4]: 3FCA722E68E: to=<jean@falcot.com>, relay=local, delay=0.3, \
delays=0/0/0/0.3, dsn=2.0.0, status=sent (delivered to mailbox)
"""
TERMINALS: dict[str, dict[str, str]] = {
    "linux": {"TERM": "linux"},
    "linux without colour": {"TERM": "linux", "NO_COLOR": "1"},
    "vt100": {"TERM": "vt100"},
    "screen": {"TERM": "screen"},
    "xterm": {"TERM": "xterm"},
    "xterm-256color": {"TERM": "xterm-256color"},
    "truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "truecolor without colour": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
    "tmux-256color": {"TERM": "tmux-256color"},
    "Latin-1": {"TERM": "xterm", "LANG": "de_DE.ISO-8859-1", "LC_ALL": ""},
}
NAMED = {
    "black": (0, 0, 0), "red": (205, 0, 0), "green": (0, 205, 0), "brown": (205, 205, 0),
    "blue": (0, 0, 238), "magenta": (205, 0, 205), "cyan": (0, 205, 205), "white": (229, 229, 229),
    "brightblack": (127, 127, 127), "brightred": (255, 0, 0), "brightgreen": (0, 255, 0),
    "brightbrown": (255, 255, 0), "brightyellow": (255, 255, 0), "brightblue": (92, 92, 255),
    "brightmagenta": (255, 0, 255), "brightcyan": (0, 255, 255), "brightwhite": (255, 255, 255),
}  # fmt: skip
"""xterm's own sixteen."""


def light(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def rgb(name: str, default: str) -> tuple[int, int, int]:
    """pyte's name of a colour as numbers."""
    name = default if name == "default" else name
    return NAMED.get(name) or (int(name[:2], 16), int(name[2:4], 16), int(name[4:], 16))


def unreadable(term: Pty) -> list[str]:
    """The cells of the screen whose text is hardly or not to be told from its ground (contrast below 2.5),
    on a dark terminal as, where its own ground is used, on a bright one."""
    found = []
    for row in range(term.screen.lines):
        for column, cell in sorted(term.screen.buffer[row].items()):
            if not cell.data.strip():
                continue
            own = cell.fg == "default" or cell.bg == "default"
            for text, ground in (("white", "black"), ("black", "white")) if own else (("white", "black"),):
                pair = [rgb(cell.fg, text), rgb(cell.bg, ground)]
                least = (
                    1.25 if ground == "white" else 2.5
                )  # yellow on white is what the admin's own palette makes it
                a, b = sorted(map(light, pair))
                if (b + 0.05) / (a + 0.05) < least:
                    found.append(f"{row}:{column} {cell.data!r} {cell.fg} on {cell.bg}")
    return found


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    (tmp_path / "mail.log").write_bytes(LOG)
    return shop(instance_dir, tmp_path)


def looked_at(term: Pty, *keys: str, there: str) -> None:
    """Press keys, wait for a text, and look at every cell."""
    term.send(*keys)
    term.wait_until(there)
    term.settle(0.15)  # a letter right behind Escape would be Alt and that letter
    found = unreadable(term)
    assert not found, found


@pytest.mark.parametrize("name", TERMINALS)
def test_every_screen_can_be_read(name: str, folder: Path) -> None:
    env = TERMINALS[name]
    plain = "linux" in name or name in {"vt100", "Latin-1"}
    settings: Any = env
    with started(folder, folder.parent / "mail.log", **settings) as term:
        looked_at(term, there=ADDRESS)
        looked_at(term, "/", "contact@", there="1 of ")
        looked_at(term, "enter", "d", there="1 staged")
        assert re.search(rf"^ - {ADDRESS}", term.text, re.MULTILINE), "told by colour alone"
        looked_at(term, "/", "escape", there="19 rows")
        looked_at(term, "j", "j", "enter", there="goes to")
        looked_at(term, "escape", there="q quit")
        looked_at(term, "?", there="EVERYWHERE")
        looked_at(term, "q", "\x10", there="undo")
        looked_at(term, "escape", there="[3Aliases]")
        looked_at(term, "8", there="fatal")
        looked_at(term, "w", there="Rehearsal")
        time.sleep(0.6)  # the Review takes no key at first
        looked_at(term, "q", "H", there="Nothing was written")
        looked_at(term, "q", "q", there="not written")
        if plain:
            drawn = re.sub(r"[\x00-\x7f]", "", term.raw.decode("utf-8", "replace"))
            assert not drawn, set(drawn)
        if "NO_COLOR" in env:
            used = {n for found in re.findall(rb"\x1b\[([0-9;]*)m", term.raw) for n in found.split(b";")}
            assert used <= {b"", b"0", b"1", b"2", b"4", b"7", b"22", b"24", b"27", b"39", b"49"}, used
        if env["TERM"] in {"linux", "vt100", "screen", "xterm"}:
            assert b"38;2;" not in term.raw
            assert b"38;5;" not in term.raw.split(b"?1004h", 1)[1]
        assert (b"38;2;" in term.raw) is (name == "truecolor")
        term.send("d")
        assert term.wait() == 0
        assert not unknown(term.raw)
        assert all(term.restored.values()), term.restored
        assert term.raw.rstrip().endswith((b"l", b"h")), "the last word is not the terminal's own state"


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
        time.sleep(0.6)  # the Review takes no key at first
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
        term.wait_until(ADDRESS)
        term.settle(0.5)
        term.send("8")
        term.wait_until("fatal")
        term.settle(0.5)
        begun = time.monotonic()
        assert term.read(2.5) == b""
        assert time.monotonic() - begun > 2
        term.send("q")
        assert term.wait() == 0
