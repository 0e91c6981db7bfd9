"""Postfix's own tests of `$` expansion (mac_expand, compat_level) and of the compilers of tables."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mailtui.formats.aliases import Aliases
from mailtui.formats.macros import MacroError, expand
from mailtui.formats.table import Table
from tests.laws.owntests import LAW, sources
from tests.laws.test_expansion_laws import ask
from tests.laws.whole import differs, tally

SINCE = re.compile(r"[<>=!]length|test_named_fn")
"""Forms of `$` expansion that 3.7 does not know: it dies of them."""


def expansions(room: str, name: str) -> list[tuple[dict[str, str], str, bool, str]]:
    """From a .ref: what is defined, the text, whether it expands, and to what."""
    folder = sources(room)
    if folder is None:
        return []
    found = []
    defined: dict[str, str] = {}
    begun = False
    text = ""
    for line in (folder / f"{name}.ref").read_text().splitlines():
        if line.startswith("<< "):
            text = line[3:]
            if not text:
                begun = not begun
                defined = defined if begun else {}
            elif not begun:
                key, _, value = text.partition(" = ")
                defined = {**defined, key: value}
        elif line.startswith("stat="):
            stat, _, result = line.removeprefix("stat=").partition(" result=")
            found.append((defined, text, not int(stat) & 1, result))
    return found


@pytest.mark.law
@pytest.mark.parametrize(("room", "name"), [("util", "mac_expand"), ("global", "compat_level_expand")])
def test_expansion_is_that_of_mac_expand(room: str, name: str, corpus: Path, tmp_path: Path) -> None:
    tried = expansions(room, name)
    assert len(tried) > 10
    wrong = []
    newer = {text for _, text, _, _ in tried if SINCE.search(text)}
    dying = [ask(tmp_path / str(number), [text]) for number, text in enumerate(newer)]
    for defined, text, fine, result in tried:
        if text in newer:
            fine = False
            differs(LAW, f"{name} {text}", "an operator or function that 3.7 does not have")
        try:
            ours: str | None = expand(text, defined.get)
        except MacroError:
            ours = None
        if ours != (result if fine else None):
            wrong.append((defined, text, ours, result if fine else None))
    assert wrong == []
    assert [out for process in dying if (out := process.communicate()[0])] == []
    tally(LAW, expansions=len(tried))


@pytest.mark.law
@pytest.mark.parametrize(
    ("room", "name", "program"),
    [
        ("postmap", "map.in", "postmap"),
        ("postmap", "aliases", "postmap"),
        ("postmap", "quote_test.in", "postmap"),
        ("util", "dict_thash.map", "postmap"),
        ("postalias", "map.in", "postalias"),
        ("postalias", "aliases", "postalias"),
    ],
)
def test_a_table_of_their_tests_is_read_as_the_compiler_reads_it(
    room: str, name: str, program: str, corpus: Path, tmp_path: Path
) -> None:
    folder = sources(room)
    assert folder is not None
    raw = (folder / name).read_bytes()
    if name == "quote_test.in":  # a line each for `postmap -i`
        raw = b"".join(line + b"\n" for line in re.findall(rb"^echo '(.*)' \|", raw, re.MULTILINE))
    for each in ("main.cf", "master.cf"):
        (tmp_path / each).touch()
        os.utime(tmp_path / each, (1_000_000_000, 1_000_000_000))
    (tmp_path / "map").write_bytes(raw)
    compiled = [program, "-c", str(tmp_path)]
    subprocess.run([*compiled, f"hash:{tmp_path}/map"], check=True, capture_output=True, timeout=30)
    out = subprocess.run(
        [*compiled, "-s", f"hash:{tmp_path}/map"], check=True, capture_output=True, timeout=30
    )
    pairs = (line.split(b"\t", 1) for line in out.stdout.splitlines())
    aliases = program == "postalias"
    real = {
        (key.removesuffix(b":") if aliases else key): value
        for key, value in pairs
        if not aliases or not key.startswith((b"@:", b"YP_"))
    }
    document: Any = Aliases(raw) if aliases else Table(raw)
    unused = set(document.duplicates())
    ours = {}
    for index in range(len(document)):
        entry = document.entry(index)
        if entry.enabled and index not in unused:
            ours[Table.fold(entry.key)] = entry.value
    if aliases:
        assert ours.keys() == real.keys()
    else:
        assert ours == real
    tally(LAW, tables=1, entries=len(real))
