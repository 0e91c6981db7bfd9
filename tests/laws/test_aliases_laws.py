"""Alias files: read as postalias reads them, and each entry edited and back, in every real file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.compiled import Compiler
from tests.laws.entryfiles import edited_and_back, file_name, read_the_same
from tests.laws.entrylaws import Allowed
from tests.laws.whole import WHOLE, corpus, sample

FILES = corpus("aliases", 12, templated=True)
OTHER_TYPES = sample(FILES, 4 if not WHOLE else 200)

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


@pytest.mark.law
@pytest.mark.parametrize("path", FILES or [None], ids=file_name)
def test_read_as_postalias_reads(path: Path | None, compiler: Compiler) -> None:
    read_the_same("aliases", path, compiler)


@pytest.mark.law
@pytest.mark.parametrize("path", OTHER_TYPES or [None], ids=file_name)
def test_lmdb_gets_the_same(path: Path | None, compiler: Compiler) -> None:
    read_the_same("aliases", path, compiler, "lmdb")


@pytest.mark.law
@pytest.mark.parametrize("path", FILES or [None], ids=file_name)
def test_each_entry_edited_and_back(path: Path | None, compiler: Compiler) -> None:
    edited_and_back("aliases", path, compiler, REFUSED)
