"""How long a start takes, from exec: in a terminal of 80x24, as an admin has it; and what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from mailtui.postfix import statefolder
from tests.bench import peers
from tests.bench.rows import NAN, Goal, Row, turns
from tests.bench.terminal import Terminal

FIRST_BYTES, USABLE, PLAIN, AGAINST_TOOLONG = 30.0, 1.4, 0.7, 0.6
MEMORY = 45.0
LAST_ALIAS = b"newsletter@falcotsbrand.com"
"""The last alias of the demo's first screenful."""
TOOLONG_LINES = 1000


def environment() -> dict[str, str]:
    """As a user has it: modules are compiled once."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _run(*argv: str) -> float:
    begun = time.perf_counter()
    subprocess.run(argv, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1000


def import_textual() -> float:
    """The floor of every Textual program."""
    return _run(sys.executable, "-c", "import textual.app")


def mailtui(config_dir: Path, *words: str) -> list[str]:
    """The command for an instance, which is not its first run."""
    statefolder.folder(statefolder.label(str(config_dir)))
    return [sys.executable, "-m", "mailtui", "--config-dir", str(config_dir), *words]


def plain_command(config_dir: Path) -> float:
    """`mailtui alias list` into nothing."""
    return _run(*mailtui(config_dir, "alias", "list"))


def first_bytes(config_dir: Path) -> float:
    """Until the terminal gets anything."""
    with Terminal(mailtui(config_dir, "aliases")) as term:
        return term.wait_for(b"")


def aliases_usable(config_dir: Path) -> float:
    """Until the last alias of the first screenful is on the screen."""
    with Terminal(mailtui(config_dir, "aliases")) as term:
        return term.wait_for(LAST_ALIAS)


def overview_usable(config_dir: Path) -> float:
    """`mailtui` alone: until the overview's last line is on the screen; what it says comes later."""
    with Terminal(mailtui(config_dir)) as term:
        return term.wait_for(b"Last write")


def toolong_usable(program: str, log: Path) -> float:
    """Until toolong shows the last line of a file of as many lines as fit many times over."""
    with Terminal([program, str(log)]) as term:
        return term.wait_for(f"{TOOLONG_LINES - 1:05}".encode())


def memory(config_dir: Path) -> float:
    """Resident memory in MB once the screen is up and stands still."""
    with Terminal(mailtui(config_dir, "aliases")) as term:
        term.wait_for(LAST_ALIAS)
        term.settle()
        return term.memory[1]


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    program = peers.toolong()
    log = config_dir.parent / "toolong.log"
    log.write_text("".join(f"line {number:05}\n" for number in range(TOOLONG_LINES)))
    imported, first, usable, overview, plain, other = turns(
        runs,
        import_textual,
        lambda: first_bytes(config_dir),
        lambda: aliases_usable(config_dir),
        lambda: overview_usable(config_dir),
        lambda: plain_command(config_dir),
        lambda: toolong_usable(program, log) if program else NAN,
    )
    floor = "floor: import textual.app"
    resident = median(memory(config_dir) for _ in range(max(1, runs // 3)))
    against = "peer: toolong opens a file" if program else "toolong cannot be had"
    return [
        Row("start: first bytes", first, goal=Goal(FIRST_BYTES)),
        Row("start: Aliases usable", usable, floor=imported, goal=Goal(USABLE, "floor"), notes=floor),
        Row("start: Overview usable", overview, floor=imported, goal=Goal(USABLE, "floor"), notes=floor),
        Row(
            "start: Aliases usable", usable, peer=other if program else None,
            goal=Goal(AGAINST_TOOLONG, "peer"), notes=against,
        ),
        Row("start: memory", resident, "MB", goal=Goal(MEMORY)),
        Row("mailtui alias list", plain, floor=imported, goal=Goal(PLAIN, "floor"), notes=floor),
    ]  # fmt: skip
