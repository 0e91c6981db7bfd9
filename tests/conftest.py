"""What tests of every room share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus import corpus_root

TESTS = Path(__file__).parent
LONG = (
    "lab/test_maps.py", "lab/test_mailboxes.py", "screens/test_hostile.py", "lab/test_accounts.py",
    "laws/test_kill_points.py", "lab/test_filter_files.py", "lab/test_changes.py", "screens/test_aliases_editor.py",
    "lab/test_auth_services.py", "screens/test_terminals_matrix.py", "lab/test_offers.py", "lab/test_clamav_limits.py",
    "lab/test_differential.py", "laws/test_injected_errors.py", "lab/test_demo.py", "lab/test_queue.py",
)  # fmt: skip
"""The files that take longest: they begin first, so that none is the last that all others wait for."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests (`--dist loadfile --no-loadscope-reorder`), files that wait for
    servers go between those that compute."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    first = [path for name in LONG if (path := TESTS / name) in files]
    waiting = [path for path in files if path not in first and path.is_relative_to(TESTS / "lab")]
    others = [path for path in files if path not in first and path not in waiting]
    places = [(n / len(paths), paths[n]) for paths in (waiting, others) for n in range(len(paths))]
    items[:] = [item for path in (*first, *(path for _, path in sorted(places))) for item in files[path]]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files of other people (see `tests.corpus`); the test is skipped without it."""
    root = corpus_root()
    if root is None:
        pytest.skip("no corpus of real files: set MAILTUI_CORPUS to its folder")
    return root


@pytest.fixture(scope="session", autouse=True)
def _no_rehearsals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A rehearsal takes a third of a second: only tests that are about it (see `rehearsing`) make any. What
    mailtui keeps lies beside these settings, unless a test says where."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "mailtui").mkdir()
    (folder / "mailtui/config.toml").write_text("rehearsal = false\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.setenv("MAILTUI_STATE_DIR", str(folder / "state"))
        yield


@pytest.fixture
def rehearsing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings as they are by default: a change of main.cf or master.cf is rehearsed."""
    if os.geteuid() != 0:
        pytest.skip("only root can rehearse")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-settings"))
