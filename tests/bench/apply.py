"""How long one alias takes to be live, beside what postmap alone takes. Milliseconds."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from mailtui.apply.transaction import apply
from mailtui.edits.entries import SetEntry
from mailtui.edits.entries import current as standing
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance

LARGE = 100_000
_counter = itertools.count()


def one_alias(config_dir: Path, key: str = "webmaster@falcotsbrand.com") -> float:
    """From the call to a compiled, verified table: the whole transaction, journal included."""
    instance = Instance.open(str(config_dir))
    target = Target("table", str(config_dir / "virtual"), "hash")
    was = standing(entries(instance.files, target), key, ())
    edit = SetEntry(target, key, (f"user{next(_counter)}@falcot.com",), was)
    begun = time.perf_counter()
    outcome = apply(instance, [edit], who="bench", accept_not_yours=True)
    taken = (time.perf_counter() - begun) * 1000
    if outcome.state != "applied":
        raise RuntimeError(f"{outcome.state}: {outcome.error}")
    return taken


def postmap_alone(config_dir: Path, name: str = "virtual") -> float:
    """The floor: the table's own compile, and its text written durably."""
    with tempfile.TemporaryDirectory(dir=config_dir) as folder:
        copy = Path(folder, name)
        raw = Path(config_dir, name).read_bytes()
        begun = time.perf_counter()
        with copy.open("wb") as text:
            text.write(raw)
            text.flush()
            os.fsync(text.fileno())
        subprocess.run(["postmap", "-c", str(config_dir), f"hash:{copy}"], check=True)
        return (time.perf_counter() - begun) * 1000


def sed_in_place(config_dir: Path) -> float:
    """What an admin's one-liner takes; readers wait for the whole compile."""
    begun = time.perf_counter()
    expression = f"s/^user50000@.*/user50000@falcotsbrand.com x{next(_counter)}@falcot.com/"
    subprocess.run(["sed", "-i", expression, str(config_dir / "virtual")], check=True)
    subprocess.run(["postmap", "-c", str(config_dir), f"hash:{config_dir / 'virtual'}"], check=True)
    return (time.perf_counter() - begun) * 1000


def large_table(config_dir: Path, runs: int) -> tuple[float, float, float]:
    """One alias of LARGE: ours, the floor, sed and postmap; medians of `runs` in turn."""
    with tempfile.TemporaryDirectory(dir=config_dir.parent) as folder:
        other = Path(folder, "etc")
        shutil.copytree(config_dir, other)
        text = (other / "main.cf").read_text().replace(str(config_dir), str(other))
        (other / "main.cf").write_text(text)
        (other / "virtual").write_text(
            "".join(f"user{n}@falcotsbrand.com    someone{n}@falcot.com\n" for n in range(LARGE))
        )
        past = time.time() - 60
        for path in other.iterdir():
            os.utime(path, (past, past))
        subprocess.run(["postmap", "-c", str(other), f"hash:{other / 'virtual'}"], check=True)
        taken = [
            (one_alias(other, "user50000@falcotsbrand.com"), postmap_alone(other), sed_in_place(other))
            for _ in range(runs)
        ]
    ours, floor, sed = (median(column) for column in zip(*taken, strict=True))
    return ours, floor, sed
