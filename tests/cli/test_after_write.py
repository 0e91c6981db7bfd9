"""The setting after_write under the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shop


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.apply.state.ROOT_LOCKS", str(tmp_path / "locks"))


def settings(monkeypatch: pytest.MonkeyPatch, folder: Path, line: str) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", folder / "none.toml")
    (folder / "mailtui").mkdir()
    (folder / "mailtui" / "config.toml").write_text(line)


def test_it_runs_after_a_write_and_only_then(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(monkeypatch, tmp_path, 'after_write = ["touch", "written"]\n')
    change = ("alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com")
    assert shop.run(*change, "--dry-run").status == 0
    assert shop.run("alias", "set", "webmaster@falcotsbrand.com", "jean@falcot.com").status == 0
    assert not (shop.folder / "written").exists()
    assert shop.run(*change).status == 0
    assert (shop.folder / "written").exists()


def test_its_failure_is_told_and_the_change_stays(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(monkeypatch, tmp_path, 'after_write = ["ls", "/no/such/file"]\n')
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com", "--json")
    assert (done.status, done.json["applied"]) == (0, True)
    assert "after_write: ls ended with status 2" in done.err
    assert "laure@falcot.com" in shop.virtual
