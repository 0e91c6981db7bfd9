"""What the laws about alias files and about tables share: each real file read as its compiler reads it, and each
entry edited and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.formats.compiled import Compiler
from tests.laws.entrylaws import LAWS, Allowed, allowed
from tests.laws.entryreading import reads_the_same
from tests.laws.entrytrials import Trial
from tests.laws.whole import differs, tally

FEW = 5
"""Entries of a file that each law tries in a sample."""


def file_name(path: Path | None) -> str:
    """What a test of this file is called."""
    return f"{path.parent.name}-{path.stem}" if path else "none"


def _needed(path: Path | None) -> Path:
    if path is None:
        pytest.skip("no corpus of real files here: set MAILTUI_CORPUS to its folder")
    return path


def read_the_same(kind: str, path: Path | None, compiler: Compiler, compiled: str = "hash") -> None:
    """The compiler finds the entries that mailtui finds. `kind`: what is counted, `aliases` or `tables`."""
    tally(f"{kind}: reading, {compiled}", **reads_the_same(_needed(path), compiler, compiled))


def edited_and_back(kind: str, path: Path | None, compiler: Compiler, refused: Sequence[Allowed]) -> None:
    """Every law holds for its entries; what is refused is in the list."""
    trial = Trial.of(_needed(path), compiler)
    for name, law in LAWS.items():
        trial.settle()
        trial.counts.clear()
        for edit, reason in law(trial, FEW):
            why = allowed(refused, name, edit, reason)
            assert why, f"{trial.target.path}: {edit.describe()}: {reason}"
            trial.counts["refused"] += 1
            differs(f"{kind}: {name}", trial.target.name, why)
        trial.settle()
        tally(f"{kind}: {name}", files=1, **trial.counts)
