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


def data_table(folder: Path, table: Path) -> list[str]:
    """The program that shows a table in a DataTable."""
    script = folder / "datatable.py"
    script.write_text(DATA_TABLE)
    return [sys.executable, str(script), str(table)]


def fzf(table: Path) -> list[str] | None:
    """fzf over the same file, with exact words as the console's filter has them."""
    return ["sh", "-c", f"exec fzf -e --no-sort < '{table}'"] if shutil.which("fzf") else None


@lru_cache(maxsize=1)
def toolong() -> str | None:
    """Toolong's `tl`, in an environment of its own: it wants an older Textual. Made at the first call, in the
    cache; None where that cannot be done."""
    if found := shutil.which("tl"):
        return found
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "mailtui", "bench-toolong")
    program = cache / "bin" / "tl"
    if program.exists():
        return str(program)
    print("  making an environment for toolong …", file=sys.stderr, flush=True)
    try:
        venv.create(cache, with_pip=True, clear=True)
        pip = [str(cache / "bin" / "python"), "-m", "pip", "install", "-qq", "--compile", "toolong"]
        subprocess.run(pip, check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"  toolong cannot be had: {error}", file=sys.stderr)
        shutil.rmtree(cache, ignore_errors=True)
        return None
    return str(program)
