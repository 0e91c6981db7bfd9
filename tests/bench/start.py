"""How long a start takes, from exec: in a terminal of 80x24, as an admin has it. Milliseconds."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 20.0
ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ENVIRONMENT}


def import_textual() -> float:
    """The floor of every Textual program."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import textual.app"], env=_environment(), check=True)
    return (time.perf_counter() - begun) * 1000


def plain_command(config_dir: Path) -> float:
    """`mailtui alias list` into a pipe."""
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(config_dir), "alias", "list"]
    begun = time.perf_counter()
    subprocess.run(argv, env=_environment(), check=True, capture_output=True)
    return (time.perf_counter() - begun) * 1000


def first_bytes(config_dir: Path) -> float:
    """Until the terminal gets anything."""
    return _until(config_dir, b"")


def aliases_usable(config_dir: Path) -> float:
    """Until the last alias of the first screenful is on the screen."""
    return _until(config_dir, b"newsletter@falcotsbrand.com")


def _until(config_dir: Path, wanted: bytes) -> float:
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(config_dir), "aliases"]
    begun = time.perf_counter()
    pid, terminal = _spawn(argv, _environment())
    try:
        return _wait(terminal, wanted, begun)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _spawn(argv: list[str], environment: Mapping[str, str]) -> tuple[int, int]:
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.environ["LINES"], os.environ["COLUMNS"] = "24", "80"
            os.execve(argv[0], argv, {**environment, "LINES": "24", "COLUMNS": "80"})
        finally:
            os._exit(127)
    return pid, terminal


def _wait(terminal: int, wanted: bytes, begun: float) -> float:
    seen = b""
    while time.perf_counter() - begun < PATIENCE:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            break
        seen += os.read(terminal, 65536)
        if seen and wanted in seen:
            return (time.perf_counter() - begun) * 1000
    raise RuntimeError(f"{wanted!r} never came; the terminal got {seen[-500:]!r}")
