"""The first paragraph of the manual, walked in a terminal: an alias edited by keys, the mail arrives there."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtui.demo.lab import Lab

PATIENCE = 15.0


class Terminal:
    """A program in a private tmux of 80x24: keys in, screen out."""

    def __init__(self, folder: Path) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]

    def start(self, command: str) -> None:
        subprocess.run([*self._tmux, "new-session", "-d", "-x", "80", "-y", "24", command], check=True)

    def press(self, *keys: str) -> None:
        """Keys by tmux's names."""
        subprocess.run([*self._tmux, "send-keys", *keys], check=True)

    def type(self, text: str) -> None:
        subprocess.run([*self._tmux, "send-keys", "-l", text], check=True)

    @property
    def screen(self) -> str:
        done = subprocess.run(
            [*self._tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False
        )
        return done.stdout

    def until(self, wanted: str | Callable[[str], bool], within: float = PATIENCE) -> str:
        """The screen once it shows the text; fails with the screen where it never does."""
        limit = time.monotonic() + within
        while True:
            shown = self.screen
            if wanted in shown if isinstance(wanted, str) else wanted(shown):
                return shown
            if time.monotonic() > limit:
                raise AssertionError(f"never came: {wanted!r}; the screen was\n{shown}")
            time.sleep(0.05)

    def write(self) -> None:
        """Enter in the Review; again where a check had not answered yet."""
        time.sleep(0.6)  # the Review takes no Enter in its first half second
        limit = time.monotonic() + PATIENCE
        self.press("Enter")
        while "Done in" not in self.until(lambda screen: "Done in" in screen or "Not every check" in screen):
            assert time.monotonic() < limit, "the checks never answered"
            time.sleep(1)
            if "Done in" not in self.screen:
                self.press("Enter")

    def gone(self) -> bool:
        return subprocess.run([*self._tmux, "has-session"], capture_output=True, check=False).returncode != 0

    def kill(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.kill()


def console(lab: Lab) -> str:
    """The shell command that opens the console beside the server."""
    environment = [f"{name}={value}" for name, value in lab.environment().items()]
    argv = ["env", *environment, sys.executable, "-m", "mailtui", "--config-dir", str(lab.config_dir)]
    return shlex.join(lab.inside(argv))


def test_the_first_live_alias_edit(lab: Lab, terminal: Terminal) -> None:
    before = (lab.config_dir / "virtual").read_bytes()
    assert lab.send("webmaster@falcotsbrand.com").accepted
    lab.logged(r"to=<jean@falcot.com>, orig_to=<webmaster@falcotsbrand.com>.*status=sent")

    terminal.start(console(lab))
    terminal.until("running")
    terminal.press("3")
    terminal.until("contact@falcotsbrand.com")
    terminal.type("/")
    terminal.type("webmaster@falcotsbrand")
    terminal.until(lambda screen: " of " in screen and "shown" in screen)
    terminal.press("Enter")
    terminal.until("arrives")
    terminal.press("Enter")
    terminal.until("goes to")
    # The cursor is on the last, empty destination: go up, type over the first one.
    terminal.press("Up")
    terminal.press("C-u")
    terminal.type("laure@falcot.com")
    terminal.press("Enter")
    terminal.press("Enter")
    terminal.until("1 staged")
    terminal.press("w")
    review = terminal.until(lambda screen: "laure@falcot.com" in screen and "compile" in screen)
    assert "Write 1 change" in review
    assert "jean@falcot.com" in review
    terminal.until("Enter apply")
    seen = lab.log_size()
    begun = time.monotonic()
    terminal.write()
    took = time.monotonic() - begun
    assert took < PATIENCE

    assert lab.send("webmaster@falcotsbrand.com").accepted
    lab.logged(r"to=<laure@falcot.com>, orig_to=<webmaster@falcotsbrand.com>.*status=sent", after=seen)
    assert b"webmaster" in lab.mailbox("laure")
    terminal.until(lambda screen: "webmaster@falcotsbrand.com" in screen and "laure@falcot.com" in screen)
    after = (lab.config_dir / "virtual").read_bytes()
    assert after == before.replace(
        b"webmaster@falcotsbrand.com      jean@falcot.com",
        b"webmaster@falcotsbrand.com      laure@falcot.com",
    )

    # Back: the history stages the opposite, the review writes it.
    terminal.press("q")
    terminal.press("H")
    terminal.until(" by root")
    terminal.press("u")
    terminal.until("1 staged")
    terminal.press("q")
    terminal.press("w")
    terminal.until(lambda screen: "Enter apply" in screen and "compile" in screen)
    terminal.write()
    assert (lab.config_dir / "virtual").read_bytes() == before
    terminal.press("q")
    terminal.press("q")
    limit = time.monotonic() + PATIENCE
    while not terminal.gone() and time.monotonic() < limit:
        time.sleep(0.05)
    assert terminal.gone()
