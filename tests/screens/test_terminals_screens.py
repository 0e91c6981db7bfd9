"""Every kind of terminal and each of the ten screens, with the real console: what is painted can be read and fits,
only known things are sent, and the window changes its size on every screen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo import files
from mailtui.demo.place import Mode, Place
from mailtui.screens.parts.names import SCREENS
from mailtui.screens.parts.paint import DARK, LIGHT, paint_for
from mailtui.screens.parts.terminal import Plan, light_ground
from tests.laws.whole import WHOLE
from tests.screens.aliasing import short_folder
from tests.screens.pty_driver import Pty
from tests.screens.readable import CONTRAST, Sheet, contrast, rgb
from tests.screens.realconsole import started, unknown

TERMINALS: dict[str, dict[str, str]] = {
    "linux": {"TERM": "linux"},
    "linux without colour": {"TERM": "linux", "NO_COLOR": "1"},
    "vt100": {"TERM": "vt100"},
    "screen": {"TERM": "screen"},
    "xterm on white": {"TERM": "xterm", "COLORFGBG": "0;15"},
    "xterm-256color": {"TERM": "xterm-256color"},
    "truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "truecolor without colour": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
    "tmux-256color on white": {"TERM": "tmux-256color", "COLORFGBG": "0;default;15"},
    "Latin-1": {"TERM": "xterm", "LANG": "de_DE.ISO-8859-1", "LC_ALL": ""},
}
FEW = {"linux without colour", "vt100", "xterm on white", "truecolor", "tmux-256color on white", "Latin-1"}
"""Between them every way to draw; the others draw as one of these does."""
VIEWED = {"linux without colour", "xterm on white", "truecolor"}
"""Those on which the views are always looked at as well."""
SIZES = ((60, 20), (200, 60), (80, 24))
ALIAS = "contact@falcotsbrand.com"
LOG = b"""\
Jan  1 13:22:20 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <a@b.test>: no; \
from=<x@y.test> to=<a@b.test> proto=ESMTP helo=<h>
Jan  1 13:22:21 mx postfix/smtpd[1]: fatal: bad boolean value
Jan  1 13:22:22 mx postfix/local[4]: 3FCA722E68E: to=<jean@falcot.com>, relay=local, delay=0.3, \
delays=0/0/0/0.3, dsn=2.0.0, status=sent (delivered to mailbox)
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[Path]:
    """The demo's configuration, without its server and with a name server that does not answer."""
    for folder in short_folder():
        place = Place(folder, Mode.REPLAY)
        files.write(place)
        files.compile_tables(place)
        (folder / "mail.log").write_bytes(LOG)
        settings = place.etc / "no-settings" / "mailtui"
        settings.mkdir(parents=True)
        (settings / "config.toml").write_text('nameservers = ["127.0.0.1:9"]\ndns_timeout = 0.2\n')
        yield place.etc


class Looking:
    """A console that is looked at, cell by cell, after each key."""

    def __init__(self, term: Pty, *, light: bool) -> None:
        self.term, self._light = term, light
        self.sheet = Sheet(term, 80, 24)

    def at(self, *keys: str, there: str) -> None:
        """Press keys, wait for a text, and look."""
        self.term.send(*keys)
        self.term.wait_until(there, 30)
        self.term.settle(0.11)  # a letter right behind Escape would be Alt and that letter
        for _ in range(10):
            if not any("beside" in fault for fault in self.sheet.faults(light=self._light)):
                break
            self.sheet.turn()  # it may have been on its way when the window became smaller
            self.term.settle(0.3)
        assert not self.sheet.faults(light=self._light)

    def screens(self, turn: int) -> None:
        """Go to each screen in a window of one size, and give it another one there."""
        for place, name in enumerate(SCREENS, turn):
            self.term.send(name.key)
            self.term.wait_until(partial(self._is_open, name.key), 30)
            self.sheet.resize(*SIZES[place % len(SIZES)])
            self.at(there="? keys")
            assert self._is_open(name.key), self.sheet.rows[1]
            assert "q quit" in self.sheet.rows[-1]
        self.sheet.resize(80, 24)

    def _is_open(self, key: str, _screen: str = "") -> bool:
        return f"[{key}" in self.sheet.rows[1]


@pytest.mark.law
@pytest.mark.parametrize("name", TERMINALS if WHOLE else sorted(FEW))
def test_every_screen_can_be_read_and_fits(name: str, demo: Path) -> None:
    env: Any = TERMINALS[name]
    with started(demo, demo.parents[1] / "mail.log", state=demo / name.replace(" ", "-"), **env) as term:
        look = Looking(term, light="white" in name)
        look.at(there=ALIAS)
        look.screens(list(TERMINALS).index(name))
        look.at("3", there=ALIAS)
        look.at("/", "contact@", there=" of 79 shown")
        look.at("enter", "d", there="1 staged")
        assert re.search(rf"^ - {ALIAS}", term.text, re.MULTILINE), "told by colour alone"
        look.at("/", "escape", there="79 aliases")
        if WHOLE or name in VIEWED:
            views(look)
        look.at("q", there="not written")
        sent_as_it_should_be(name, env, term.raw)
        term.send("d")
        assert term.wait() == 0
        assert not unknown(term.raw)
        assert all(term.restored.values()), term.restored
        assert term.raw.rstrip().endswith((b"l", b"h")), "the last word is not the terminal's own state"


def views(look: Looking) -> None:
    """What opens over a screen or in it."""
    look.at("j", "j", "enter", there="edit ")
    look.at("escape", there="q quit")
    look.at("?", there="EVERYWHERE")
    look.at("q", "\x10", there="undo")
    look.at("escape", there="[3Aliases]")
    look.at("w", there="Rehearsal")
    time.sleep(0.6)  # the Review takes no key at first
    look.at("q", "H", there="Nothing was written")
    look.at("q", there="[3Aliases]")


def sent_as_it_should_be(name: str, env: dict[str, str], raw: bytes) -> None:
    """Only characters and colours that the terminal knows."""
    if "linux" in name or name in {"vt100", "Latin-1"}:
        drawn = re.sub(r"[\x00-\x7f]", "", raw.decode("utf-8", "replace"))
        assert not drawn, set(drawn)
    if "NO_COLOR" in env:
        used = {n for found in re.findall(rb"\x1b\[([0-9;]*)m", raw) for n in found.split(b";")}
        assert used <= {b"", b"0", b"1", b"2", b"4", b"7", b"22", b"24", b"27", b"39", b"49"}, used
    if env["TERM"] in {"linux", "vt100", "screen", "xterm"}:
        assert b"38;2;" not in raw
        assert b"38;5;" not in raw.split(b"?1004h", 1)[1]


GROUNDS: dict[str, tuple[Plan, tuple[str, ...], str]] = {
    "own, dark": (Plan(), (DARK.ground, DARK.bar, DARK.raised), DARK.text),
    "own, light": (Plan(light=True), (LIGHT.ground, LIGHT.bar, LIGHT.raised), LIGHT.text),
    "sixteen, dark": (Plan(ansi=True), ("#000000",), "#e5e5e5"),
    "sixteen, light": (Plan(ansi=True, light=True), ("#ffffff",), "#000000"),
    "plain, dark": (Plan(ansi=True, plain=True), ("#000000",), "#e5e5e5"),
}
ANSI = {"red": "red", "bright_red": "brightred", "yellow": "brown", "magenta": "magenta", "green": "green",
        "cyan": "cyan", "blue": "blue"}  # fmt: skip


@pytest.mark.parametrize("name", GROUNDS)
def test_every_style_can_be_read_on_every_ground(name: str) -> None:
    plan, grounds, default = GROUNDS[name]
    for style_name, style in paint_for(plan).items():
        text = style.color.name if style.color else default
        under = (style.bgcolor.name,) if style.bgcolor else grounds
        for ground in under:
            pair = [rgb(ANSI.get(each, each).lstrip("#"), default) for each in (text, ground)]
            assert contrast(*pair) >= CONTRAST, (style_name, text, ground, contrast(*pair))


@pytest.mark.parametrize(
    ("said", "light"),
    [
        ("0;15", True),
        ("15;0", False),
        ("0;default;15", True),
        ("12;8", False),
        ("0;7", True),
        ("", False),
        ("x", False),
    ],
)
def test_the_ground_that_the_terminal_tells_of(said: str, light: bool) -> None:
    assert light_ground({"COLORFGBG": said}) is light
