"""A configuration folder with its own state, lock and temporary folders, laid anew for each trial, and the
real `mailtui` command on it in a mount namespace of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.draft import Group
from mailtui.edits.model import Edit
from mailtui.edits.store import dumps
from tests.apply.changing import Server

CODE = Path(__file__).parents[2]
PROGRAMS = ("postmap", "postalias", "postconf")
"""Those that an apply starts while Postfix is stopped."""
PARTS = ("etc", "state", "run", "tmp")
"""The folders of a place that a trial may change."""


def one_table(server: Server) -> Sequence[Edit]:
    return [server.change(), server.new()]


def main_cf(server: Server) -> Sequence[Edit]:
    return [server.parameter()]


def three_files(server: Server) -> Sequence[Edit]:
    return [server.change(), server.gone(), server.alias(), server.parameter()]


CHANGES: dict[str, Callable[[Server], Sequence[Edit]]] = {
    "one_table": one_table, "main_cf": main_cf, "three_files": three_files
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@dataclass
class Place:
    """A place in `root`, whose virtual table is of the type `kind`, with the drafts of CHANGES."""

    root: Path
    kind: str = "hash"
    pyc: str = ""
    server: Server = field(init=False)
    before: Any = None
    after: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*PARTS, "bin", "real"):
            (self.root / name).mkdir()
        self.server = Server(self.root, self.kind)
        for name, change in CHANGES.items():
            group = Group(tuple(change(self.server)))
            raw = dumps([group], config_dir=str(self.etc), hostname="h", who="x", time="now")
            (self.root / f"{name}.json").write_bytes(raw)
        first = self.run("alias", "set", "root", "raphael", "--table", f"hash:{self.etc}/aliases")
        assert first.code == 0, first.err
        (self.root / "template").mkdir()
        for name in PARTS:
            shutil.copytree(self.root / name, self.root / "template" / name)
        self.before = self.seen()

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    def reset(self) -> None:
        """As it was at first."""
        for name in PARTS:
            shutil.rmtree(self.root / name)
            shutil.copytree(self.root / "template" / name, self.root / name)

    def apply(self, change: str) -> tuple[str, ...]:
        """The arguments that write a change."""
        return ("draft", "apply", str(self.root / f"{change}.json"))

    @property
    def environment(self) -> dict[str, str]:
        """Of a command: nothing of it is written outside the place."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        own = {
            "MAILTUI_STATE_DIR": str(self.root / "state"),
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONPATH": str(CODE),
            "PYTHONPYCACHEPREFIX": self.pyc or str(self.root / "pyc"),
        }
        return kept | own

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The words of a `mailtui` command on this place."""
        return (sys.executable, "-m", "mailtui", "--config-dir", str(self.etc), *arguments)

    def start(self, argv: Sequence[str], *, programs: bool = False) -> Said:
        """Run a program in the place, with its lock folder; `programs`: with the stand-ins of `bin`."""
        mounts = [f"mount --bind {self.root}/run /run"]
        for name in PROGRAMS if programs else ():
            real = shutil.which(name, path="/usr/sbin")
            mounts += [f"mount --bind {real} {self.root}/real/{name}"]
            mounts += [f"mount --bind {self.root}/bin/{name} {real}"]
        script = " && ".join([*mounts, 'exec "$@"'])
        done = subprocess.run(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", *argv],
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            timeout=120,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str) -> Said:
        """Run one command to its end."""
        return self.start(self.command(*arguments))

    def several(self, *commands: Sequence[str]) -> list[Said]:
        """Run some commands, one after another, in one process."""
        options = ("--config-dir", str(self.etc))
        words = json.dumps([[*options, *command] for command in commands])
        done = self.start((sys.executable, "-m", "tests.laws.several", words))
        assert done.code == 0, done.err
        return [Said(**each) for each in json.loads(done.out)]

    def seen(self) -> dict[str, Any]:
        """All that Postfix reads: each text with its rights, and what each compiled table holds."""
        found: dict[str, Any] = {}
        for name in ("main.cf", "master.cf", "virtual", "aliases"):
            path = self.etc / name
            status = path.stat()
            found[name] = (
                path.read_bytes(),
                oct(status.st_mode),
                status.st_uid,
                status.st_gid,
                status.st_nlink,
            )
        found["virtual.db"] = sorted(self.server.dump(self.server.table))
        found["aliases.db"] = sorted(self.server.dump(self.server.aliases))
        return found

    def litter(self, applied: Sequence[int]) -> list[str]:
        """What does not belong there: `applied` are the changes whose patch and copies stay."""
        return self.litter_now()(applied)

    def litter_now(self) -> Callable[[Sequence[int]], list[str]]:
        """What there is at this moment, to be asked later what of it does not belong there."""
        left = [f"etc/{name}" for name in self.server.litter()]
        left += [f"tmp/{each.name}" for each in (self.root / "tmp").iterdir()]
        left += [
            str(each.relative_to(self.root)) for each in (self.root / "run").rglob("*") if each.is_file()
        ]
        copies = []
        for folder in (self.root / "state").iterdir():
            left += [f"state/{each.name}" for each in folder.iterdir() if each.name not in _STATE]
            copies += [each.name for each in (folder / "changes").glob("*")]

        def asked(applied: Sequence[int]) -> list[str]:
            numbers = {str(number) for number in applied}
            own = [name for name in copies if name.split(".")[0] in numbers and not name.endswith(".secret")]
            return left + sorted(set(copies) - set(own))

        return asked

    def know(self, change: str) -> None:
        """The change was just written whole: what that gives is known from now on."""
        self.after[change] = self.seen()
        assert self.after[change] != self.before

    def learn(self, other: Place, change: str) -> None:
        """Know of a change what another place knows: all but the paths in main.cf is the same."""
        self.after[change] = {
            name: (seen[0].replace(bytes(other.root), bytes(self.root)), *seen[1:])
            if isinstance(seen, tuple)
            else seen
            for name, seen in other.after[change].items()
        }


_STATE = {"journal.sqlite", "changes"}


def need_root_and_strace() -> None:
    """Skip where system calls cannot be watched, or mounts not be made."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    if shutil.which("strace") is None or shutil.which("unshare") is None:
        pytest.skip("needs strace(1) and unshare(1)")


@contextmanager
def places(number: int, kind: str = "hash") -> Iterator[list[Place]]:
    """Some places that share nothing but the compiled Python; all removed at the end."""
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        made = []
        for index in range(number):
            root = Path(folder, str(index))
            root.mkdir()
            made.append(Place(root, kind, f"{folder}/pyc"))
        warm = made[0].run(*made[0].apply("three_files"))  # from here on Python's own files are compiled
        assert warm.code == 0, warm.err
        yield made
