"""What tests of every room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus import corpus_root


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files of other people (see `tests.corpus`); the test is skipped without it."""
    root = corpus_root()
    if root is None:
        pytest.skip("no corpus of real files: set MAILTUI_CORPUS to its folder")
    return root
