"""Looking writes nothing: the console through every screen, and the commands that only read, under strace.

Allowed outside the state folder, and why:
* /dev and /proc: terminals and /dev/null are no files on a disk.
* Files without a name (O_TMPFILE): a rotated log is unpacked into one; it is gone with its descriptor.
* Once the Review is opened, folders `.mailtui-XXXXXXXX` beside a table that is to change: its candidate is
  compiled there, on the same file system and for root alone, and they are gone when the Review is left.

Compiled modules (__pycache__) belong to the installation: PYTHONDONTWRITEBYTECODE keeps them out of the trace.
Reading times of files (atime) are not compared; /etc/mailtui.toml and what a key saves (`s`) are not looking.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.demo.lab import Lab
from tests.screens.pty_driver import Pty

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

CALLS = (
    "open", "openat", "creat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir",
    "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat",
    "chown", "lchown", "fchown", "fchownat", "utime", "utimes", "futimesat", "utimensat", "truncate",
    "ftruncate", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
    "bind", "mount",
)  # fmt: skip
_WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)")
_PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"|<(/[^>]*)>')
_BESIDE = re.compile(r"/\.mailtui-[0-9a-f]{8}(/|$)")
PATIENCE = 8.0

WALK: tuple[tuple[tuple[str, ...], str], ...] = (
    (("f",), "WHERE"), (("q",), "[1Overview]"),
    (("2",), "mail to"), (("t",), "ask again"), (("q",), "c class"), (("b",), "mydestination"), (("q",), "c class"),
    (("3",), "goes to"), (("x",), "The way"), (("q",), "x explain"), (("/", "web", "enter"), "shown"), (("escape",), ""),
    (("4",), "[4Mailbox]"), (("c",), ""),
    (("5",), "[5Rules]"), (("D",), "ASKED IN"), (("q",), "K/J"), (("P",), "WHILE IT IS DOWN"), (("q",), "K/J"),
    (("T",), "emplate"), (("q",), "K/J"), (("b",), "smtpd_delay_reject"), (("q",), "K/J"),
    (("6",), "[6Milters]"), (("tab",), "[6Keys]"), (("tab",), "[6Files]"),
    (("7",), "[7Auth]"), (("tab",), ""), (("tab",), ""),
    (("8",), "[8Log]"), (("S",), "tatistics"), (("q",), "[8Log]"), (("enter",), "AFTER"), (("q",), "[8Log]"),
    (("9",), "oldest"), (("enter",), "every header"), (("escape",), "group"), (("b",), ""),
    (("0",), "[0Param]"), (("tab",), "[0Serv]"),
    (("L",), ""), (("L",), ""), (("?",), "Keys of"), (("q",), "[0Serv]"),
    (("ctrl+p",), "what to do?"), (("escape",), "[0Serv]"), (("H",), "Nothing was written here yet"), (("q",), "[0Serv]"),
    ((":", "instance", "enter"), "DIRECTORY"), (("q",), "[0Serv]"),
    ((":", "settings", "enter"), "dns_timeout"), (("q",), "[0Serv]"),
    ((":", "migrate", "enter"), "lmdb"), (("q",), "[0Serv]"),
    ((":", "firstrun", "enter"), "What mailtui found"), (("q",), "[0Serv]"),
)  # fmt: skip
"""Keys, and what then stands on the screen ("": whatever does)."""


def _said(calls: str) -> Iterator[str]:
    for line in calls.splitlines():
        call = line.partition(" ")[2].strip().replace("AT_FDCWD</>, ", "")
        name = call.partition("(")[0]
        if name in {"open", "openat"} and not _WRITES.search(call):
            continue
        if name == "bind" and "sun_path" not in call:
            continue
        if name in CALLS:
            yield call


def written(calls: str, lab: Lab, *, review: bool = False) -> list[str]:
    """The calls of a trace that changed what they may not."""
    found = []
    for call in _said(calls):
        paths = [quoted or named for quoted, named in _PATHS.findall(call)]
        whole = [path for path in paths if path.startswith("/")]
        # a name relative to a folder that is held open stands behind that folder's path
        ours = (f"{lab.place.state}/", "/dev/", "/proc/")
        own = [
            path.startswith(ours) or path == str(lab.place.state) or bool(review and _BESIDE.search(path))
            for path in whole
        ]
        if "O_TMPFILE" in call or "(deleted)" in call or (own and all(own)):
            continue
        found.append(call)
    return found


def state_of(*folders: Path) -> dict[str, tuple[object, ...]]:
    """Every path with its kind, mode, owner, time and contents."""
    found: dict[str, tuple[object, ...]] = {}
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            told = path.lstat()
            held: object = None
            if stat.S_ISLNK(told.st_mode):
                held = os.readlink(path)
            elif stat.S_ISREG(told.st_mode):
                held = path.read_bytes()
            found[str(path)] = (told.st_mode, told.st_uid, told.st_gid, told.st_ino, told.st_mtime_ns, held)
    return found


def different(before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def traced(lab: Lab, trace: Path, *argv: str) -> list[str]:
    """The command that runs a program beside the server with its changes of files traced."""
    env = [f"{name}={value}" for name, value in lab.environment().items()]
    wanted = "trace=" + ",".join(f"?{name}" for name in CALLS)
    options = ["-f", "-qq", "-y", "-z", "--seccomp-bpf", "-s", "4096", "-e", wanted, "-e", "signal=none"]
    return lab.inside(
        [
            "env",
            *env,
            "PYTHONDONTWRITEBYTECODE=1",
            "strace",
            *options,
            "-o",
            str(trace),
            sys.executable,
            *argv,
        ]
    )


@pytest.fixture(scope="module")
def full() -> Iterator[Lab]:
    with Lab(traffic=True, filters=True) as lab:
        limit = time.monotonic() + PATIENCE
        while not lab.mailtui("milter", "ping").ok:  # until then the demo still makes their files
            assert time.monotonic() < limit, "the filters never came up"
        yield lab


def test_a_session_of_looking_writes_nothing(full: Lab, tmp_path: Path) -> None:
    lab, trace = full, tmp_path / "trace"
    folders = [lab.place.settings, lab.place.etc, lab.place.homes, lab.directory / "bin"]
    shutil.rmtree(lab.place.state)  # as on a server that mailtui never saw
    before = state_of(*folders)
    with Pty(traced(lab, trace, "-m", "mailtui"), size=(100, 30)) as term:
        term.wait_until("What mailtui found", PATIENCE)
        term.send("enter")
        term.wait_until("[1Overview]", PATIENCE)
        for keys, there in WALK:
            term.send(*keys)
            if there:
                term.wait_until(there, PATIENCE)
            else:
                term.settle(0.2)
        assert different(before, state_of(*folders)) == set()
        looked = trace.read_text("utf-8", "replace")
        assert written(looked, lab) == []

        term.send("3", "g", "d")
        term.wait_until("1 staged", PATIENCE)
        term.send("w")
        term.wait_until("Write 1 change", PATIENCE)
        term.wait_until("⏎", PATIENCE)
        term.settle(1)
        term.send("q", "u")
        term.wait_until("Taken back", PATIENCE)
        term.send("q")
        assert term.wait(PATIENCE) == 0
    reviewed = trace.read_text("utf-8", "replace")[len(looked) :]
    assert written(reviewed, lab, review=True) == []
    compiled_in = {str(lab.place.etc)}  # its own time alone: the candidate was compiled beside the table
    assert different(before, state_of(*folders)) <= compiled_in
    assert [path for path in lab.directory.rglob(".mailtui-*") if lab.place.state not in path.parents] == []
    assert str(lab.place.state) in looked  # the trace would have shown it: the console's card was written


COMMANDS = """alias list|alias resolve webmaster@falcotsbrand.com|alias find jean@falcot.com|domain list|domain dns
domain settings|table list hash:ETC/virtual|parameter list|parameter get mynetworks|mailbox list|account list
dkim list|restriction list|restriction check|milter list|milter ping|service list|doctor|doctor --all
log|log --stats|queue list|history list|instance list|instance show|inspect main.cf ETC/main.cf|completion bash
restriction explain --client-address 192.0.2.9 --sender a@b.example --recipient jean@falcot.com"""
RUN = """
import json, os, sys
from mailtui.__main__ import main
told = []
for words in json.loads(sys.argv[1]):
    try:
        told.append(main([*words, "--json"] if words[0] not in ("completion", "inspect") else words))
    except SystemExit as ended:
        told.append(ended.code)
print(json.dumps(told), file=sys.stderr)
"""


WRITING = """
import os, sys
os.chdir(sys.argv[1])
for name in ("file", "made"):
    open(name, "w").close()
os.mkdir("folder"); os.chmod("folder", 0o700); os.utime("file", (1, 1)); os.rename("file", "folder/file")
os.symlink("made", "link"); os.truncate("made", 3); os.setxattr("made", "user.a", b"b"); os.unlink("made")
"""


def test_what_writes_is_seen(full: Lab, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "there").mkdir()
    argv = traced(full, trace, "-c", WRITING, str(tmp_path / "there"))[len(full.inside([])) :]
    assert full.run(*argv).ok
    seen = [call.partition("(")[0] for call in written(trace.read_text(), full)]
    assert seen[:3] == ["openat", "openat", "mkdir"]
    assert {"chmod", "rename", "symlink", "truncate", "setxattr", "unlink"} <= set(seen)


def test_commands_that_read_write_nothing(full: Lab, tmp_path: Path) -> None:
    lab, trace = full, tmp_path / "trace"
    commands = [words.split() for words in re.split(r"[|\n]", COMMANDS.replace("ETC", str(lab.config_dir)))]
    folders = [lab.place.settings, lab.place.etc, lab.place.homes]
    before = state_of(*folders)
    done = lab.run(*traced(lab, trace, "-c", RUN, json.dumps(commands))[len(lab.inside([])) :], timeout=120)
    codes = json.loads(done.err.decode("utf-8", "replace").strip().splitlines()[-1])
    failed = [(words, code) for words, code in zip(commands, codes, strict=True) if code not in {0, 1}]
    assert failed == []
    assert written(trace.read_text("utf-8", "replace"), lab) == []
    assert different(before, state_of(*folders)) == set()
