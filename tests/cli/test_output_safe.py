"""What a command prints: safe on a terminal, byte for byte into a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.screens.hostile import PIECES, World, folder_of
from tests.screens.pty_driver import Pty
from tests.screens.realconsole import ROOT, unknown

LINES = [b" ".join(PIECES[at : at + 6]) for at in range(0, len(PIECES), 6)]
WORLD = World(LINES, LINES, LINES, LINES, LINES, LINES)


def command(root: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    """mailtui over a hostile folder."""
    env = {"PYTHONPATH": str(ROOT), "MAILTUI_STATE_DIR": str(root / "state"), "XDG_CONFIG_HOME": str(root)}
    etc = str(root / "etc")
    return [
        sys.executable,
        "-m",
        "mailtui",
        "--config-dir",
        etc,
        "--log",
        str(root / "mail.log"),
        *words,
    ], env


@pytest.mark.parametrize(
    "words",
    [
        ("alias", "list"), ("log",), ("parameter", "list"), ("table", "list", "hash:{etc}/virtual"),
        ("inspect", "main.cf", "{etc}/main.cf"), ("inspect", "aliases", "{etc}/aliases"),
        ("alias", "find", "\x1b]0;PWNED\x07@[bold]"), ("alias", "set", "\x1b[2J@x.test", "y", "--dry-run"),
        ("history", "show", "7"), ("\x1b[2J",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_nothing_steers_the_terminal(words: tuple[str, ...]) -> None:
    with folder_of(WORLD) as root:
        argv, env = command(root, *(word.format(etc=root / "etc") if "{" in word else word for word in words))
        with Pty(argv, env=env) as term:
            term.wait(30)
            assert not unknown(term.raw.replace("\ufe0f".encode(), b""))  # how an emoji looks steers nothing
            assert b"Traceback" not in term.raw


def test_a_pipe_gets_the_bytes_and_json_every_one_of_them() -> None:
    with folder_of(World([b"\xff\xfe@x.test"], LINES, LINES, LINES, LINES, LINES)) as root:

        def out(*words: str) -> bytes:
            argv, env = command(root, *words)
            done = subprocess.run(argv, env=os.environ | env, capture_output=True, check=False, timeout=30)
            assert done.returncode == 0, done.stderr
            return done.stdout

        raw = (root / "etc" / "virtual").read_bytes()
        assert out("inspect", "table", f"{root}/etc/virtual", "--raw") == raw
        read = json.loads(out("inspect", "table", f"{root}/etc/virtual", "--json"))
        whole = json.dumps(read, ensure_ascii=False).encode("utf-8", "surrogateescape")
        assert whole.count(b"\xff\xfe@x.test") >= 2
        assert out("log", "--json").count(b"\n") == sum(
            bool(line.strip()) for line in (root / "mail.log").read_bytes().split(b"\n")
        )
