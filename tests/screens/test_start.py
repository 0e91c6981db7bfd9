"""What a start may not import: each module here was once waited for, and cost milliseconds for nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BEFORE_FIRST_LINES = """
import os, sys
sys.path.insert(0, {root!r})
slow = ("typing", "re", "dataclasses", "contextlib", "argparse", "pathlib", "subprocess", "threading", "json",
        "hashlib", "unicodedata", "logging", "asyncio", "rich", "textual", "mailtui.apply", "mailtui.postfix")
os.isatty = lambda number: True
os.get_terminal_size = lambda number: os.terminal_size((80, 24))

def first_write(number, raw):
    loaded = [name for name in slow if name in sys.modules]
    print(*loaded) if loaded else print("first lines" if {tab} in raw else raw)
    sys.stdout.flush()
    os._exit(0)

os.write = first_write
from mailtui.__main__ import main
main({arguments})
"""

FOR_ALIASES = """
import sys
sys.path.insert(0, {root!r})
import mailtui.cli.console, mailtui.screens.parts.opening
from mailtui.screens.parts.built import import_screen
import_screen("aliases")
screens = ["access", "conflict", "domains", "explain", "help", "history", "log", "mailboxes", "palette",
           "parameters", "placeholder", "restrictions", "review", "services", "settings", "basesettings", "switches"]
parts = ["aliaseditor", "aliasexplain", "aliasform", "command", "commandline", "crash", "dialogs", "form",
         "formview", "keptdraft", "leaving", "livelog", "savetext", "typedlines"]
model = ["edits.candidate", "edits.entries", "edits.overlay", "edits.parameters", "edits.services",
         "maillog.record", "maillog.source", "postfix.ends", "postfix.resolution", "postfix.resolve",
         "postfix.validate", "apply.transaction"]
late = [f"mailtui.screens.{{name}}" for name in screens]
late += [f"mailtui.screens.parts.{{name}}" for name in parts]
late += [f"mailtui.{{name}}" for name in model]
late += ["sh", "dns", "sqlite3", "tomlkit", "argparse", "secrets", "textual.widgets._data_table", "markdown_it"]
print(*(name for name in late if name in sys.modules))
"""

FOR_OVERVIEW = """
import sys
sys.path.insert(0, {root!r})
import mailtui.cli.console, mailtui.screens.parts.opening
from mailtui.screens.parts.built import import_screen
import_screen("overview")
screens = ["aliases", "dnslists", "findings", "history", "log", "policyservices", "restrictions", "review"]
parts = ["findinglines", "findingplaces", "livelog", "savetext"]
model = ["apply.history", "apply.domaindns", "doctor.examine", "maillog.feed", "milters.look", "overview.asked",
         "overview.dated", "overview.flow", "overview.server", "postfix.chains", "sasl.tls"]
late = [f"mailtui.screens.{{name}}" for name in screens]
late += [f"mailtui.screens.parts.{{name}}" for name in parts]
late += [f"mailtui.{{name}}" for name in model]
late += ["sh", "dns", "sqlite3", "tomlkit", "argparse"]
print(*(name for name in late if name in sys.modules))
"""


def said(program: str, **words: object) -> str:
    """What a program prints in a new interpreter."""
    code = program.format(root=str(ROOT), **{name: repr(word) for name, word in words.items()})
    env = {"TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("arguments", "tab"), [(["aliases"], b"[3Aliases]"), ([], b"[1Overview]")])
def test_the_first_lines_wait_for_no_slow_module(arguments: list[str], tab: bytes) -> None:
    assert said(BEFORE_FIRST_LINES, arguments=arguments, tab=tab) == "first lines"


def test_aliases_import_nothing_of_what_is_not_shown() -> None:
    assert not said(FOR_ALIASES)


def test_the_overview_imports_nothing_of_what_it_finds_out_later() -> None:
    assert not said(FOR_OVERVIEW)
