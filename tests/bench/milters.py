"""The Milters screen: keys with ten milters of which two hang, beside the same with none that hangs."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.rows import Goal, Row
from tests.bench.start import mailtui
from tests.bench.terminal import Terminal

MANY, HUNG = 10, 2
KEYS = 60
PAINTED = 50.0
"""Milliseconds from a key to the first paint after it, for nineteen keys of twenty."""
MASTER = "smtp inet n - n - - smtpd\ncleanup unix n - n - 0 cleanup\n"
_SERVE = """
import socket, struct, sys, threading
def one(connection, hangs):
    with connection:
        head = connection.recv(17)
        if not hangs and head:
            connection.sendall(struct.pack(">IcIII", 13, b"O", 6, 0, 0))
        while connection.recv(4096):
            pass
def serve(server, hangs):
    while True:
        threading.Thread(target=one, args=(server.accept()[0], hangs), daemon=True).start()
many, hung = map(int, sys.argv[1:])
servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(many)]
for place, server in enumerate(servers):
    threading.Thread(target=serve, args=(server, place < hung), daemon=True).start()
print(*(server.getsockname()[1] for server in servers), flush=True)
sys.stdin.read()
"""


@contextmanager
def serving(hung: int) -> Iterator[list[str]]:
    """Milters in a process of their own, the first `hung` of which never say anything."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(MANY), str(hung)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as servers:
        assert servers.stdout is not None
        yield [f"inet:127.0.0.1:{int(port)}" for port in servers.stdout.readline().split()]
        servers.communicate()


def made(folder: Path, addresses: list[str]) -> Path:
    """An instance that asks these."""
    folder.mkdir()
    (folder / "spool").mkdir()
    main = f"compatibility_level = 3.6\nqueue_directory = {folder}/spool\nmyhostname = bench.example\n"
    (folder / "main.cf").write_text(f"{main}smtpd_milters = {', '.join(addresses)}\n")
    (folder / "master.cf").write_text(MASTER)
    return folder


def keys(config_dir: Path) -> list[float]:
    """Milliseconds to the first paint after each of KEYS cursor keys, while the milters are asked.
    `r` before each twentieth has all of them asked anew."""
    taken = []
    with Terminal(mailtui(config_dir, "milters")) as term:
        term.wait_for(b"[Chain]")
        for number in range(KEYS):
            if number % 20 == 0:
                term.key(b"r")
                term.collect(0.3, most=0.5)
            taken.append(term.key(b"k" if number // (MANY // 2) % 2 else b"j").first)
            term.collect(0.02, most=0.1)
    return taken


def at_95(taken: list[float]) -> float:
    """The longest but for one of twenty."""
    return taken[math.ceil(len(taken) * 0.95) - 1]


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    base = config_dir.parent
    with serving(0) as well, serving(HUNG) as hung:
        sound, ill = made(base / "sound", well), made(base / "ill", hung)
        none: list[float] = []
        two: list[float] = []
        for _ in range(2):  # in turn: a busy machine slows both alike
            none += keys(sound)
            two += keys(ill)
    floor, most = at_95(sorted(none)), at_95(sorted(two))
    return [
        Row("10 milters, 2 hung: key to paint, p95", most, floor=floor, goal=Goal(1.5, "floor", 3.0),
            notes=f"floor: the same, none hung; longest {max(two):.0f} ms, {max(none):.0f} with none"),
        Row("10 milters, 2 hung: the same, as it must be", most, goal=Goal(PAINTED)),
    ]  # fmt: skip
