"""One alias changed in a table of any size: by mailtui, and by the programs that it stands beside."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.edits.entries import current as standing
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = mail.falcot.com
mydestination = localhost
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = {kind}:{folder}/virtual
alias_maps =
alias_database =
"""
_counter = itertools.count()


@dataclass(frozen=True)
class Site:
    """An instance and the alias in its table `virtual` that is changed."""

    config_dir: Path
    kind: str
    key: str

    @property
    def text(self) -> Path:
        return self.config_dir / "virtual"

    @property
    def target(self) -> Target:
        return Target("table", str(self.text), self.kind)

    def postmap(self, *options: str, spec: str = "") -> None:
        subprocess.run(["postmap", "-c", self.config_dir, *options, spec or self.target.spec], check=True)

    def one_alias(self) -> float:
        """By mailtui, from the call to a compiled, verified table: the whole transaction, journal included."""
        instance = Instance.open(str(self.config_dir))
        was = standing(entries(instance.files, self.target), self.key, ())
        edit = SetEntry(self.target, self.key, (f"user{next(_counter)}@falcot.com",), was)
        begun = time.perf_counter()
        outcome = apply(instance, [edit], who="bench", accept_not_yours=True)
        taken = (time.perf_counter() - begun) * 1000
        if outcome.state != "applied":
            raise RuntimeError(f"{outcome.state}: {outcome.error}")
        return taken

    def floor(self) -> float:
        """The table's own compile, and its text written durably."""
        with tempfile.TemporaryDirectory(dir=self.config_dir) as folder:
            copy, raw = Path(folder, "virtual"), self.text.read_bytes()
            begun = time.perf_counter()
            with copy.open("wb") as text:
                text.write(raw)
                text.flush()
                os.fsync(text.fileno())
            self.postmap(spec=f"{self.kind}:{copy}")
            return (time.perf_counter() - begun) * 1000

    def sed(self) -> float:
        """What an admin's one-liner takes."""
        begun = time.perf_counter()
        expression = f"s/^{self.key}[ \t].*/{self.key} x{next(_counter)}@falcot.com/"
        subprocess.run(["sed", "-i", expression, self.text], check=True)
        self.postmap()
        return (time.perf_counter() - begun) * 1000

    def augtool(self) -> float | None:
        """The same by Augeas, and postmap; None where it is not installed."""
        program = shutil.which("augtool")
        if program is None:
            return None
        place = f'/files{self.text}/pattern[. = "{self.key}"]/destination'
        words = f"set {place} x{next(_counter)}@falcot.com\nsave\n"
        begun = time.perf_counter()
        lens = f"Postfix_Virtual.lns incl {self.text}"
        argv = [program, "--noautoload", "--transform", lens]
        done = subprocess.run(argv, input=words, text=True, capture_output=True, check=True)
        if "Saved 1 file" not in done.stdout:
            raise RuntimeError(f"augtool: {done.stdout}{done.stderr}")
        self.postmap()
        return (time.perf_counter() - begun) * 1000

    def longest_lookup(self, change: Callable[[], object]) -> float:
        """How long the slowest of many lookups took (ms), one after the other while the change was made."""
        stop, slowest = threading.Event(), [0.0]

        def look() -> None:
            while not stop.is_set():
                begun = time.perf_counter()
                self.postmap("-q", self.key)
                slowest[0] = max(slowest[0], (time.perf_counter() - begun) * 1000)

        thread = threading.Thread(target=look)
        with open(os.devnull, "wb") as nowhere, _standard_output(nowhere.fileno()):
            thread.start()
            try:
                change()
            finally:
                stop.set()
                thread.join()
        return slowest[0]


class _standard_output:  # noqa: N801 - used as a function
    """Standard output of the programs started meanwhile goes elsewhere."""

    def __init__(self, other: int) -> None:
        self._other = other

    def __enter__(self) -> None:
        self._kept = os.dup(1)
        os.dup2(self._other, 1)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._kept, 1)
        os.close(self._kept)


def plain_text(lines: int) -> bytes:
    """Entries of one line each, the only thing that every program here can read."""
    return b"".join(b"user%d@falcotsbrand.com    someone%d@falcot.com\n" % (n, n) for n in range(lines))


def made(folder: Path, kind: str, text: bytes, key: str) -> Site:
    """A new instance in `folder` with this table, compiled."""
    for name in ("queue", "data"):
        (folder / name).mkdir(parents=True)
    (folder / "main.cf").write_text(MAIN_CF.format(folder=folder, kind=kind))
    (folder / "master.cf").write_text("")
    (folder / "virtual").write_bytes(text)
    past = time.time() - 60
    for path in folder.iterdir():
        os.utime(path, (past, past))
    site = Site(folder, kind, key)
    site.postmap()
    return site
