"""Alias files: read as postalias reads them, and each entry edited and back, in every real file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.compiled import Compiler
from tests.laws.entrylaws import LAWS, Allowed, allowed
from tests.laws.entryreading import reads_the_same
from tests.laws.entrytrials import Trial
from tests.laws.whole import WHOLE, corpus, differs, sample, tally

FILES = corpus("aliases", 12, templated=True)
OTHER_TYPES = sample(FILES, 4 if not WHOLE else 200)
FEW = 5
"""Entries of a file that each law tries in a sample."""

REFUSED = [
    Allowed("off and on", "stands again on line", r".*", "a duplicate would come into force in its place"),
    Allowed(
        "rename and back", "stands again on line", r".*", "a duplicate would come into force in its place"
    ),
    Allowed("off and on", "would read as prose", r"\{[{%#].*", "a template: its tags are no names"),
    Allowed("off and on", "would read as prose", r"root", "a template: its tags are no recipients"),
    Allowed("on and off", "is in force already", r".*", "the same key stands in the file in force"),
]


@pytest.fixture
def compiler(tmp_path: Path) -> Compiler:
    return Compiler(tmp_path, "postalias")


def _name(path: Path | None) -> str:
    return f"{path.parent.name}-{path.stem}" if path else "none"


def _needed(path: Path | None) -> Path:
    if path is None:
        pytest.skip("no corpus of real files here: set MAILTUI_CORPUS to its folder")
    return path


@pytest.mark.law
@pytest.mark.parametrize("path", FILES or [None], ids=_name)
def test_read_as_postalias_reads(path: Path | None, compiler: Compiler) -> None:
    tally("aliases: reading, hash", **reads_the_same(_needed(path), compiler))


@pytest.mark.law
@pytest.mark.parametrize("path", OTHER_TYPES or [None], ids=_name)
def test_lmdb_gets_the_same(path: Path | None, compiler: Compiler) -> None:
    tally("aliases: reading, lmdb", **reads_the_same(_needed(path), compiler, "lmdb"))


@pytest.mark.law
@pytest.mark.parametrize("path", FILES or [None], ids=_name)
def test_each_entry_edited_and_back(path: Path | None, compiler: Compiler) -> None:
    trial = Trial.of(_needed(path), compiler)
    for name, law in LAWS.items():
        trial.settle()
        trial.counts.clear()
        for edit, reason in law(trial, FEW):
            why = allowed(REFUSED, name, edit, reason)
            assert why, f"{trial.target.path}: {edit.describe()}: {reason}"
            trial.counts["refused"] += 1
            differs(f"aliases: {name}", trial.target.name, why)
        trial.settle()
        tally(f"aliases: {name}", files=1, **trial.counts)
