"""200 domains looked at together, their name server slow on purpose, beside the slowest of them alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailtui.dns.ask import Names
from mailtui.dns.facts import Facts
from mailtui.dns.world import look_at, look_at_many
from mailtui.settings import Settings
from tests.bench.rows import Goal, Row

MANY = 200
SLOW = 0.3
"""Seconds that an answer about most domains takes."""
SLOWEST = 1.2
"""Seconds that one about every tenth takes."""
TIMES = 1.5
"""What all of them may take, in times of the slowest alone, beside what the rate costs."""
HERE = ("192.0.2.25",)
FACTS = Facts("mail.here.example", "mail.here.example", HERE, frozenset(HERE))
_SERVER = """
import sys, time
from pathlib import Path
from mailtui.demo.nameserver import Nameserver
with Nameserver(Path(sys.argv[1]), port=0) as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""


def zones() -> str:
    """Domains with all their records, an SPF record that includes another's among them."""
    lines = ["mail.here.example A 192.0.2.25", "192.0.2.25 PTR mail.here.example."]
    for number in range(MANY):
        name = f"d{number}.example"
        lines += [
            f"{name} DELAY {SLOWEST if number % 10 == 0 else SLOW}",
            f"{name} MX 10 mail.{name}.",
            f"mail.{name} A 192.0.2.25",
            f'{name} TXT "v=spf1 include:spf.{name} -all"',
            f'spf.{name} TXT "v=spf1 mx -all"',
            f"spf.{name} MX 10 mail.{name}.",
            f'_dmarc.{name} TXT "v=DMARC1; p=reject; rua=mailto:a@{name}"',
            f'mail._domainkey.{name} TXT "v=DKIM1; p=x"',
        ]
    return "\n".join(lines) + "\n"


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The name server in a process of its own, on this port."""
    path = folder / "names"
    path.write_text(zones())
    words = [sys.executable, "-c", _SERVER, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(10)


def rows(runs: int, _config_dir: Path) -> list[Row]:
    """One row: all of them, at the rate of the settings."""
    rate = Settings().dns_rate
    with tempfile.TemporaryDirectory(prefix="mt-") as folder, served(Path(folder)) as port:
        took, alone, asked = [], [], 0
        for _ in range(max(1, min(runs, 3))):
            names = Names(nameservers=["127.0.0.1"], port=port, rate=rate)
            began = time.perf_counter()
            found = list(look_at_many([f"d{n}.example" for n in range(MANY)], FACTS, names))
            took.append((time.perf_counter() - began) * 1000)
            asked = names.count
            assert len(found) == MANY
            lost = [each.spf for each in found if each.spf.state != "ok"]
            assert not lost, lost[:3]
            began = time.perf_counter()
            look_at("d0.example", FACTS, Names(nameservers=["127.0.0.1"], port=port))
            alone.append((time.perf_counter() - began) * 1000)
    slowest = statistics.median(alone)
    goal = Goal(TIMES, "floor", asked / rate * 1000)
    notes = f"the slowest alone; {asked} questions at {rate:.0f} a second"
    return [Row(f"{MANY} domains in DNS", statistics.median(took), floor=slowest, goal=goal, notes=notes)]
