"""The console in a real (pseudo-)terminal: it must leave it as it found it, whatever ends it."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui.screens.parts.terminal import plan_for, prepare
from tests.screens.console_demo import HOSTILE
from tests.screens.pty_driver import Pty

DEMO = [sys.executable, str(Path(__file__).with_name("console_demo.py"))]
UP = "user0000001@falcot.com"


def demo(**env: str) -> Pty:
    return Pty(DEMO, env={"DEMO_ROWS": "1000", **env})


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("q", 0),
        ("ctrl+c", 0),
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGINT, 128 + signal.SIGINT),
        (signal.SIGQUIT, 128 + signal.SIGQUIT),
        (signal.SIGALRM, 128 + signal.SIGALRM),
        (signal.SIGUSR1, 128 + signal.SIGUSR1),
    ],
)
def test_the_terminal_is_restored(how: str | signal.Signals, code: int, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with demo(DEMO_KEPT=str(kept)) as term:
        term.wait_until(UP)
        assert not term.restored["main screen"]
        if isinstance(how, str):
            term.send(how)
        else:
            term.kill(how)
        assert term.wait() == code
        assert all(term.restored.values()), term.restored
        assert kept.read_text() == "kept"
        assert b"Traceback" not in term.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_signal_while_textual_is_imported_leaves_no_alternate_screen(number: signal.Signals) -> None:
    with demo() as term:
        assert b"\x1b[?1049h" in term.read(5)  # the skeleton
        term.kill(number)
        assert term.wait() == 128 + number
        assert term.restored["main screen"]
        assert term.restored["cursor"]


def test_a_failure_writes_a_private_report_and_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with demo(DEMO_CRASH_DIR=str(folder), DEMO_KEPT=str(tmp_path / "kept")) as term:
        term.wait_until(UP)
        term.send("f")
        assert term.wait() == 1
        assert all(term.restored.values()), term.restored
        (report,) = folder.iterdir()
        assert stat.S_IMODE(report.stat().st_mode) == 0o600
        written = report.read_text()
        assert "RuntimeError: made to fail 7" in written
        assert "hunter2" not in written.replace('secret = "hunter2"', "")
        after = term.raw[term.raw.rfind(b"\x1b[?1049l") :].decode()
        assert str(report) in after
        assert "Traceback" not in after
        assert (tmp_path / "kept").exists()


def test_a_terminal_that_goes_away_ends_it(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    term = demo(DEMO_KEPT=str(kept))
    try:
        term.wait_until(UP)
        os.close(term._master)
        os.close(term._slave)
        pid, status = 0, 0
        for _ in range(100):
            pid, status = os.waitpid(term.pid, os.WNOHANG)
            if pid:
                break
            subprocess.run(["/bin/sleep", "0.05"], check=True)
        assert pid, "it outlived its terminal"
        assert os.waitstatus_to_exitcode(status) != 0
        assert kept.exists()
    finally:
        if not pid:
            os.kill(term.pid, signal.SIGKILL)


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_is_refused(term: str) -> None:
    with demo(TERM=term) as session:
        assert session.wait() == 1
        assert session.raw.startswith(b"mailtui: ")
        assert b"TERM=" in session.raw
        assert b"\x1b" not in session.raw


def test_no_terminal_on_standard_input_is_refused() -> None:
    done = subprocess.run(
        DEMO,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
        env={**os.environ, "TERM": "xterm"},
    )
    assert done.returncode == 1
    assert b"standard input is not a terminal" in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize("term", ["linux", "xterm-256color"])
def test_no_color_uses_the_default_colours_only(term: str) -> None:
    with demo(NO_COLOR="1", TERM=term, COLORTERM="truecolor") as session:
        session.wait_until(UP)
        session.send("down", "/", "user")
        session.wait_until("of 1000 shown")
        session.settle()
        attributes = {
            number for found in re.findall(rb"\x1b\[([0-9;]*)m", session.raw) for number in found.split(b";")
        }
        assert attributes <= {b"", b"0", b"1", b"2", b"4", b"7", b"39", b"49"}, attributes
        assert b"7" in attributes  # the cursor is to be seen


def test_sixteen_colours_never_set_a_foreground_on_itself() -> None:
    with demo(TERM="xterm") as session:
        session.wait_until(UP)
        session.settle()
        for row in range(session.screen.lines):
            for cell in session.screen.buffer[row].values():
                assert cell.fg != cell.bg or cell.fg == "default", (row, cell)
        assert b"38;5" not in session.raw.split(b"?2026", 1)[1]


def test_the_linux_console_gets_ascii_only() -> None:
    with demo(TERM="linux", DEMO_EDITS="1") as session:
        session.wait_until(UP)
        session.send("?")
        session.wait_until("EVERYWHERE")
        session.send("q", "x")
        session.wait_until("postmap refused")
        session.settle()
        drawn = re.sub(rb"[\x00-\x7f]", b"", session.raw).decode()
        assert set(drawn) <= set("日本語表"), set(drawn)  # what the rows themselves hold


def test_hostile_rows_send_no_control_bytes() -> None:
    with demo() as session:
        session.wait_until(UP)
        for _ in range(12):
            session.send("pagedown")
            session.settle(0.1)
        text = session.raw.decode()
        known = re.sub(r"\x1b(\[[0-9;?<>=$]*[A-Za-z])", "", text)
        assert not re.search(r"[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u200b\ufeff\u2028]", known)
        assert "\x1b]" not in text
        assert "PWNED" in text, "the hostile row was not drawn at all"
        assert len(HOSTILE) == 10


def test_bytes_that_are_no_utf8_do_not_kill_it() -> None:
    with demo() as session:
        session.wait_until(UP)
        session.send("/")
        session.settle()
        os.write(session._master, b"\xff\xe9\x9bab")
        session.wait_until(lambda screen: "ab " in screen.split("\n")[2])
        session.send("escape")
        session.wait_until("q quit")
        session.send("q")
        assert session.wait() == 0


def test_over_ssh_the_mouse_stays_the_terminals_own() -> None:
    for env, taken in (({"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}, False), ({}, True)):
        with demo(**env) as session:
            session.wait_until(UP)
            assert (b"\x1b[?1000h" in session.raw) is taken


def test_suspending_gives_the_terminal_back_and_takes_it_again() -> None:
    with demo() as session:
        session.wait_until(UP)
        session.settle()
        before = session.text
        session.send("ctrl+z")
        for _ in range(100):
            pid, status = os.waitpid(session.pid, os.WNOHANG | os.WUNTRACED)
            if pid:
                break
            session.read(0.05)
        assert os.WIFSTOPPED(status)
        session.settle(0.05)
        assert all(session.restored.values()), session.restored
        session.screen.reset()
        session.kill(signal.SIGCONT)
        session.wait_until(lambda screen: screen == before)
        session.send("j")
        session.wait_until("virtual:2")
        session.send("q")
        assert session.wait() == 0
        assert all(session.restored.values()), session.restored


def test_nothing_is_sent_while_nothing_happens() -> None:
    with demo() as session:
        session.wait_until(UP)
        session.settle(0.5)
        assert session.read(3.5) == b""
        session.send("/")
        session.settle(0.5)
        assert session.read(2) == b"", "the cursor blinks"


def test_sizes() -> None:
    with demo() as session:
        session.wait_until(UP)
        session.resize(50, 12)
        session.wait_until("mailtui needs 60x16")
        session.resize(60, 20)
        session.wait_until(UP)
        assert "q quit  ? keys" in session.text
        for size in [(1, 1), (3, 2), (200, 60), (80, 24)]:
            session.resize(*size)
            session.settle(0.1)
        session.wait_until(UP)
        session.send("j", "j")
        session.wait_until("virtual:3")  # the focus is back on the list


def test_one_start_shows_the_skeleton_first() -> None:
    with demo() as session:
        first = session.read(5)
        assert b"mailtui" in first
        assert b"[3Aliases]" in first
        assert b"ADDRESS" not in first


@pytest.mark.parametrize(
    ("environ", "ansi", "no_colour", "ascii_only", "mouse"),
    [
        ({"TERM": "xterm-256color"}, False, False, False, True),
        ({"TERM": "xterm-256color", "SSH_CONNECTION": "x"}, False, False, False, False),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False, False, False, True),
        ({"TERM": "screen"}, True, False, False, True),
        ({"TERM": "linux"}, True, False, True, True),
        ({"TERM": "vt100", "NO_COLOR": "1"}, True, True, True, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, True, False, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, False, False, False, True),
        ({"TERM": "xterm", "LC_ALL": "de_DE.ISO-8859-1"}, True, False, True, True),
        ({"TERM": "xterm", "LANG": "de_DE.UTF-8"}, True, False, False, True),
    ],
)
def test_the_plan(
    environ: dict[str, str], ansi: bool, no_colour: bool, ascii_only: bool, mouse: bool
) -> None:
    plan = plan_for(environ)
    assert (plan.ansi, plan.no_colour, plan.ascii_only, plan.mouse) == (ansi, no_colour, ascii_only, mouse)


def test_what_is_asked_for_wins_over_the_environment() -> None:
    assert plan_for({"TERM": "linux"}, colours="256", ascii_only=False, mouse=True).ansi is False
    assert plan_for({"TERM": "xterm-256color"}, colours="none").no_colour
    environ = {"NO_COLOR": ""}
    prepare(environ, plan_for(environ))
    assert "NO_COLOR" not in environ
    assert environ["TEXTUAL_SMOOTH_SCROLL"] == "0"
