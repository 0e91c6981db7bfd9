"""`mailtui` itself in a pseudo-terminal, over a real configuration folder and a log file.

with started(folder, log, TERM="linux") as term: term.wait_until("webmaster@falcotsbrand.com")
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mailtui.postfix.statefolder import label
from tests.screens.pty_driver import Pty

ROOT = Path(__file__).resolve().parents[2]

_PRIVATE = "7 25 1000 1003 1004 1006 1015 1049 2004 2026 2048"
KNOWN = re.compile(
    rb"\x1b(?:\[[0-9;]*m"  # colours
    rb"|\[\d+;\d+H|\[H|\[2J"  # cursor to a place, clear
    rb"|\[\d+;\d+r\x1b\[\d+;1H(?:\r?\n|\x1bM)+\x1b\[r"  # rows between two moved up or down, and all free again
    rb"|\[\?(?:" + _PRIVATE.replace(" ", "|").encode() + rb")[hl]"  # modes
    rb"|\[\?(?:2026|2048)\$p"  # are these modes known here?
    rb"|\[<u"  # leave a keyboard protocol that was never entered: harmless
    rb"|\]52;c;[A-Za-z0-9+/=]*\x07)"  # copy
)
"""Every sequence that a console may send."""
STEERING = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
    "|[\ufe00-\ufe0f\U000e0000-\U000e0fff]"
)
"""Characters that a terminal obeys or does not show, and those that turn or join what stands beside them."""


def unknown(raw: bytes) -> list[str]:
    """What a terminal would obey in bytes that a console sent, and that is not in KNOWN."""
    text = KNOWN.sub(b"", raw).decode("utf-8", "surrogateescape")
    return [repr(text[max(0, m.start() - 20) : m.end() + 20]) for m in STEERING.finditer(text)]


def started(
    folder: Path,
    log: Path | None = None,
    *,
    screen: str = "aliases",
    options: Sequence[str] = (),
    size: tuple[int, int] = (80, 24),
    state: Path | None = None,
    program: Sequence[str] = (),
    first: bool = False,
    **env: str,
) -> Pty:
    """Start the console. `program`: what runs it (nohup, a shell). `first`: on an instance that no mailtui
    ever saw; it then tells what it found."""
    kept = state or folder / "state"
    if not first:
        kept.mkdir(exist_ok=True)
        (kept / label(str(folder))).mkdir(mode=0o700, exist_ok=True)
    command = [
        *program, sys.executable, "-m", "mailtui", "--config-dir", str(folder),
        *(["--log", str(log)] if log else []), *options, screen,
    ]  # fmt: skip
    settings = {
        "PYTHONPATH": str(ROOT),
        "MAILTUI_STATE_DIR": str(kept),
        "XDG_CONFIG_HOME": str(folder / "no-settings"),
        **env,
    }
    return Pty(command, size=size, env=settings)
