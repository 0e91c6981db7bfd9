"""Opening and searching large logs, in the console and in others."""

from __future__ import annotations

import math
import shutil
import subprocess
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailtui.maillog.feed import Feed
from mailtui.maillog.logquery import LogQuery
from mailtui.maillog.search import search
from mailtui.maillog.source import Source
from tests.bench.logflood import SIZE, console
from tests.bench.logwriter import block, filled
from tests.bench.rows import NAN
from tests.bench.start import LAST_ALIAS, mailtui
from tests.bench.terminal import Terminal

PEER_MEMORY = 6_000_000_000
"""Bytes that another program may take: what keeps an index of ten gigabytes takes more than most servers have."""
NEEDLE = b"5EEDED0123"
"""A word that stands once in a log."""


def text(size: int, needle_at: int = -1) -> Iterator[bytes]:
    """A log of about that many bytes; a rare word once in the block behind the byte `needle_at`."""
    one = block(7000)
    written = number = 0
    while written < size:
        raw = filled(one, number, 1_790_000_000 + number)
        if 0 <= needle_at < written + len(raw):
            raw, needle_at = raw.replace(b"%06X00001" % number, NEEDLE + b"0", 1), -1
        yield raw
        written += len(raw)
        number += 1


def write(path: Path, blocks: Iterator[bytes], at: int = 0) -> Path:
    with path.open("wb") as file:
        file.seek(at)
        file.writelines(blocks)
    return path


def opened(config_dir: Path, log: Path) -> tuple[float, float]:
    """Milliseconds from the key to the last byte of the first screenful, and MB of memory then."""
    with console(config_dir, log) as term:
        burst = term.key(b"8", 0.3)
        if "qmgr" not in term.text and "queued" not in term.text:
            raise RuntimeError(f"the log is not shown:\n{term.text}")
        return burst.last, term.memory[1]


def opened_at_once(config_dir: Path, log: Path) -> float:
    """Milliseconds from exec to the end of a log, `8` being typed ahead."""
    with Terminal(mailtui(config_dir, "--log", str(log), "aliases"), size=SIZE) as term:
        term.wait_for(LAST_ALIAS.partition(b"@")[0])
        taken = time.perf_counter() - term.begun
        return taken * 1000 + term.answered(b"8", b"queued", 20.0)


def open_peer(argv: list[str] | None, wanted: bytes, most: float = 60.0) -> float:
    """Milliseconds from exec until a program shows the end of a log; NaN where it is missing."""
    if argv is None or shutil.which(argv[0]) is None:
        return NAN
    limit = ["prlimit", f"--as={PEER_MEMORY}"] if shutil.which("prlimit") else []
    with Terminal([*limit, *argv], size=SIZE) as term:
        try:
            return term.seconds_to(wanted, most) * 1000
        except RuntimeError:  # out of memory
            return most * 1000


@contextmanager
def followed(log: Path) -> Iterator[Feed]:
    """A feed whose hour is counted."""
    feed = Feed(Source("file", str(log)), lambda: None)
    feed.start()
    while feed.rates.counting:
        time.sleep(0.01)
    yield feed
    feed.stop()


def searched(feed: Feed, words: str, hits: int = 0) -> tuple[float, float]:
    """Milliseconds until the first hits (`hits` of them), and until all was searched (or they were found)."""
    begun, first, count = time.perf_counter(), NAN, 0
    for part in search(feed, LogQuery.parse(words)):
        if isinstance(part, array):
            count += len(part)
            if math.isnan(first) and count >= max(1, hits):
                first = (time.perf_counter() - begun) * 1000
                if hits:
                    break
    return first, (time.perf_counter() - begun) * 1000


def grep(needle: bytes, log: Path, *options: str) -> float:
    """Milliseconds of `grep -c`."""
    begun = time.perf_counter()
    subprocess.run(["grep", "-c", *options, needle, log], stdout=subprocess.PIPE, check=False)
    return (time.perf_counter() - begun) * 1000


def less_search(log: Path, most: float) -> float:
    """Milliseconds in which less finds from the end what stands at the begin; not waited for any longer than
    `most` seconds."""
    if shutil.which("less") is None:
        return NAN
    with Terminal(["less", "+G", str(log)], size=SIZE) as term:
        term.settle(1.0)
        return term.answered(b"?" + NEEDLE + b"\r", NEEDLE + b"0", most)
