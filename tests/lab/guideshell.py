"""A shell beside a lab's server for the commands of the guide.

A page has far more commands than a test has seconds: `mailtui` runs in forks of one Python that has imported
it, in the lab's namespaces. A line with a pipe goes to sh, where `mailtui` is the same program, started anew.
Paths that a page gives as on a real server (/etc/postfix) are those of the lab, there and back.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from mailtui.demo.lab import Lab

_SERVER = """
import gc, importlib, json, os, pkgutil, sys
import mailtui
for room in ("formats", "postfix", "edits", "apply", "doctor", "cli", "maillog", "sasl", "milters", "dns"):
    package = importlib.import_module("mailtui." + room)
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from mailtui.__main__ import main
gc.collect()
gc.freeze()
asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
for line in asked:
    wanted = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(wanted["folder"])
        os.environ["XDG_CONFIG_HOME"] = wanted["folder"] + "/.config"
        for number, name, flags in (
            (0, "/dev/null", os.O_RDONLY), (1, "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (2, "err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ):
            handle = os.open(os.path.join(wanted["answers"], name), flags, 0o600)
            os.dup2(handle, number)
        status = 70
        try:
            status = main(wanted["arguments"])
        except SystemExit as ended:
            status = ended.code or 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)
"""
_PIPES = frozenset("|<>;&*$")


class Answer(NamedTuple):
    """What a command of a page came to, with a real server's paths. `notes`: its standard error."""

    status: int
    out: str
    notes: str


class Shell:
    """Runs lines of the guide beside a lab, in `folder` as the working directory."""

    def __init__(self, lab: Lab, answers: Path) -> None:
        self._lab, self._answers = lab, answers
        self.folder = answers
        place = lab.place
        self._paths = (
            (str(place.etc), "/etc/postfix"), (str(place.settings), "/etc"),
            (str(place.log), "/var/log/mail.log"), (str(place.state), "/var/lib/mailtui"),
            (str(place.directory), ""),
        )  # fmt: skip
        self._server = subprocess.Popen(
            lab.inside([sys.executable, "-c", _SERVER]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **lab.environment()},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate(timeout=20)

    def begin(self, folder: Path) -> None:
        """A page begins: in this folder, with settings of its own."""
        self.folder = folder
        (folder / ".config/mailtui").mkdir(parents=True)
        (folder / ".config/mailtui/config.toml").write_text("rehearsal = false\n")

    def run(self, line: str) -> Answer:
        line = line.replace("/etc/postfix", str(self._lab.place.etc))
        line = line.replace("/var/log/mail.log", str(self._lab.place.log))
        if _PIPES & set(line) or not line.startswith("mailtui "):
            return self._sh(line)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        config = ["--config-dir", str(self._lab.config_dir)] if "--instance" not in line else []
        told = {
            "arguments": [*config, *shlex.split(line)[1:]],
            "folder": str(self.folder), "answers": str(self._answers),
        }  # fmt: skip
        self._server.stdin.write(json.dumps(told) + "\n")
        self._server.stdin.flush()
        status = int(self._server.stdout.readline())
        out, err = ((self._answers / name).read_text() for name in ("out", "err"))
        return Answer(status, self._as_real(out), self._as_real(err))

    def _sh(self, line: str) -> Answer:
        program = shlex.join([sys.executable, "-m", "mailtui", "--config-dir", str(self._lab.config_dir)])
        script = (
            f"cd {shlex.quote(str(self.folder))}; export XDG_CONFIG_HOME=$PWD/.config\n"
            f'mailtui() {{ {program} "$@"; }}\n{line}\n'
        )
        done = self._lab.run("sh", "-c", script)
        return Answer(done.status, self._as_real(done.out.decode()), self._as_real(done.err.decode()))

    def _as_real(self, text: str) -> str:
        for lab, real in self._paths:
            text = text.replace(lab, real)
        return text


class _Kept(NamedTuple):
    """What a path held: the link's target or the bytes, its mode and owner."""

    target: str
    data: bytes
    mode: int
    owner: tuple[int, int]


class Files:
    """A lab's files as they were, to be put back between pages."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        place = lab.place
        self._roots = (place.settings, place.mail / "vhosts", place.spool / "etc", place.names.parent)
        self._kept = {path: _kept(path) for path in self._walk()}

    def _walk(self) -> list[Path]:
        return [path for root in self._roots for path in sorted(root.rglob("*")) if not path.is_socket()]

    def restore(self) -> None:
        """Put back what changed, take out what came, and let Postfix read it."""
        here = set(self._walk())
        for path in sorted(here - set(self._kept), reverse=True):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        changed = [path for path, was in self._kept.items() if path not in here or _kept(path) != was]
        for path in changed:
            _put(path, self._kept[path])
        shutil.rmtree(self._lab.place.state, ignore_errors=True)
        self._lab.place.state.mkdir()
        if any(path.suffix == ".cf" for path in changed):
            assert self._lab.postfix("reload").ok


def _kept(path: Path) -> _Kept:
    if path.is_symlink():
        return _Kept(str(path.readlink()), b"", 0, (0, 0))
    seen = path.stat()
    data = b"" if path.is_dir() else path.read_bytes()
    return _Kept("", data, seen.st_mode, (seen.st_uid, seen.st_gid))


def _put(path: Path, was: _Kept) -> None:
    if was.target:
        path.unlink(missing_ok=True)
        path.symlink_to(was.target)
        return
    if not path.is_dir():
        fresh = path.with_name(f".{path.name}.guide")
        fresh.write_bytes(was.data)
        fresh.replace(path)
    os.chown(path, *was.owner)
    path.chmod(was.mode & 0o7777)
