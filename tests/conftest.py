"""What tests of every room share."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


@pytest.fixture(scope="session", autouse=True)
def _no_rehearsals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A rehearsal takes a third of a second: only tests that are about it (see `rehearsing`) make any."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "mailtui").mkdir()
    (folder / "mailtui/config.toml").write_text("rehearsal = false\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield


@pytest.fixture
def rehearsing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings as they are by default: a change of main.cf or master.cf is rehearsed."""
    if os.geteuid() != 0:
        pytest.skip("only root can rehearse")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-settings"))
