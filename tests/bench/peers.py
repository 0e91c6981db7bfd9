"""Other programs that the table stands beside. One that is missing has no figure, and the table says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from functools import lru_cache
from pathlib import Path

DATA_TABLE = """\
import sys
from textual.app import App
from textual.widgets import DataTable

class Peer(App):
    ENABLE_COMMAND_PALETTE = False

    def compose(self):
        yield DataTable(cursor_type="row")

    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("ADDRESS", "GOES TO")
        with open(sys.argv[1], encoding="utf-8") as file:
            rows = [line.split(None, 1) for line in file if line[:1] not in " #\\n"]
        table.add_rows(rows)
        table.focus()

Peer().run()
"""
"""The same table in Textual's own widget, as one would write it first."""

RICH_LOG = """\
import sys
from textual.app import App
from textual.widgets import RichLog

class Peer(App):
    ENABLE_COMMAND_PALETTE = False

    def compose(self):
        yield RichLog(max_lines=10_000)

    def on_mount(self):
        self.file = open(sys.argv[1], encoding="utf-8", errors="replace")
        self.set_interval(0.1, self.read)

    def read(self):
        log = self.query_one(RichLog)
        for line in self.file.readlines(1 << 18):
            log.write(line.rstrip())

Peer().run()
"""
"""A log in Textual's own widget, as one would write it first."""


def data_table(folder: Path, table: Path) -> list[str]:
    """The program that shows a table in a DataTable."""
    script = folder / "datatable.py"
    script.write_text(DATA_TABLE)
    return [sys.executable, str(script), str(table)]


def rich_log(folder: Path, log: Path) -> list[str]:
    """The program that follows a log in a RichLog."""
    script = folder / "richlog.py"
    script.write_text(RICH_LOG)
    return [sys.executable, str(script), str(log)]


def fzf(table: Path) -> list[str] | None:
    """fzf over the same file, with exact words as the console's filter has them."""
    return ["sh", "-c", f"exec fzf -e --no-sort < '{table}'"] if shutil.which("fzf") else None


def toolong() -> str | None:
    """Toolong's `tl`, in an environment of its own: it wants an older Textual."""
    return shutil.which("tl") or own_environment("toolong", "tl")


def pflogsumm() -> str | None:
    """The usual summary of a Postfix log, in Perl (Debian package pflogsumm)."""
    return shutil.which("pflogsumm")


def postfix_logsums() -> str | None:
    """The same in Python, in an environment of its own."""
    return shutil.which("postfix-logsums") or own_environment("postfix-logsums", "postfix-logsums")


@lru_cache(maxsize=8)
def own_environment(package: str, program: str) -> str | None:
    """A package's program, in an environment made at the first call, in the cache; None where that cannot be
    done."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mailtui", f"bench-{package}")
    found = cache / "bin" / program
    if found.exists():
        return str(found)
    print(f"  making an environment for {package} …", file=sys.stderr, flush=True)
    try:
        venv.create(cache, with_pip=True, clear=True)
        pip = [str(cache / "bin" / "python"), "-m", "pip", "install", "-qq", "--compile", package]
        subprocess.run(pip, check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"  {package} cannot be had: {error}", file=sys.stderr)
        shutil.rmtree(cache, ignore_errors=True)
        return None
    return str(found)
