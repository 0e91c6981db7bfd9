"""Lists of 100,000 domains and of 100,000 mailboxes: until they are there, and keys while sizes are counted."""

from __future__ import annotations

import math
import os
import subprocess
from functools import partial
from pathlib import Path

from tests.bench.data import MAIN_CF
from tests.bench.rows import Goal, Row, turns
from tests.bench.start import import_textual, mailtui
from tests.bench.terminal import Terminal

MANY = 100_000
USABLE = 2500.0
"""Milliseconds from exec until the first rows are there."""
PAINTED = 50.0
"""Milliseconds from a key to the first paint after it, for nineteen keys of twenty."""
KEYS = 60
FOLDERS = 20_000
"""Mailboxes that lie on the disk, so that there is something to count for as long as keys are pressed."""
COUNTING = b"counting"
_MORE = """\
virtual_alias_domains = lmdb:{folder}/brands
virtual_mailbox_domains = box.test
virtual_mailbox_base = {folder}/vhosts
virtual_mailbox_maps = lmdb:{folder}/vmailbox
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
recipient_delimiter = +
"""


def made(folder: Path) -> Path:
    """The configuration directory of an instance that has them, compiled."""
    config_dir = folder / "hosting"
    base = config_dir / "vhosts/box.test"
    for name in ("queue", "data"):
        (config_dir / name).mkdir(parents=True)
    for number in range(FOLDERS):
        (base / f"user{number:06}" / "new").mkdir(parents=True)
        (base / f"user{number:06}" / "new" / f"1.{number}.box").write_bytes(b"Subject: Hello\n\nHello.\n")
    values = {"queue": config_dir / "queue", "data": config_dir / "data", "folder": config_dir}
    kept = [line for line in MAIN_CF.splitlines() if not line.startswith("virtual_alias_domains")]
    (config_dir / "main.cf").write_text(("\n".join(kept) + "\n" + _MORE).format(**values))
    (config_dir / "master.cf").write_bytes(b"")
    numbers = range(MANY)
    texts = {
        "brands": "".join(f"brand{n:06}.example OK\n" for n in numbers),
        "vmailbox": "".join(f"user{n:06}@box.test box.test/user{n:06}/\n" for n in numbers),
        "virtual": "".join(f"info@brand{n:06}.example user{n:06}@box.test\n" for n in numbers),
    }
    for name, text in texts.items():
        (config_dir / name).write_text(text)
        subprocess.run(["postmap", "-c", str(config_dir), f"lmdb:{config_dir / name}"], check=True)
        later = (config_dir / name).stat().st_mtime + 60
        os.utime(config_dir / f"{name}.lmdb", (later, later))
    return config_dir


def usable(config_dir: Path, screen: str, entry: bytes) -> float:
    """Until the first entries are on the screen."""
    with Terminal(mailtui(config_dir, screen)) as term:
        return term.wait_for(entry)


def keys(config_dir: Path, screen: str, entry: bytes, until: bytes = b"") -> list[float]:
    """Milliseconds to the first paint after each of KEYS cursor and page keys, in order of length."""
    taken = []
    with Terminal(mailtui(config_dir, screen)) as term:
        term.wait_for(entry)
        if until:
            term.wait_for(until)
        else:
            term.settle()
        for number in range(KEYS):
            taken.append(term.key(b"\x1b[6~" if number % 4 == 3 else b"j").first)
            term.collect(0.02, most=0.1)
    return sorted(taken)


def at_95(taken: list[float]) -> float:
    """The longest but for one of twenty."""
    return taken[math.ceil(len(taken) * 0.95) - 1]


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    hosting = made(config_dir.parent)
    domains = partial(usable, hosting, "domains", b"brand000")
    mailboxes = partial(usable, hosting, "mailboxes", b"user000")
    imported, two, four = turns(max(3, runs // 2), import_textual, domains, mailboxes)
    floor = "floor: import textual.app"
    quiet = keys(hosting, "domains", b"brand000")
    counting = keys(hosting, "mailboxes", b"user000", COUNTING)
    return [
        Row("100k domains: usable", two, floor=imported, goal=Goal(USABLE), notes=floor),
        Row("100k mailboxes: usable", four, floor=imported, goal=Goal(USABLE), notes=floor),
        Row("100k domains: key to paint, p95", at_95(quiet), notes=f"longest {quiet[-1]:.0f} ms"),
        Row("100k mailboxes: the same while counting", at_95(counting), goal=Goal(PAINTED),
            notes=f"{FOLDERS:,} of them on the disk; longest {counting[-1]:.0f} ms"),
    ]  # fmt: skip
