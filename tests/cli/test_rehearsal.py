"""What changing commands say of the rehearsal, and how it is left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.apply.rehearsal import rehearse as module
from mailtui.apply.rehearsal.verdict import Rehearsal
from tests.cli.conftest import Shop

SET = ("parameter", "set", "message_size_limit", "20480000")
pytestmark = pytest.mark.usefixtures("rehearsing")


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.apply.state.ROOT_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", tmp_path / "none.toml")


def comes_to(monkeypatch: pytest.MonkeyPatch, result: Rehearsal) -> None:
    monkeypatch.setattr(module, "rehearse", lambda *_, **__: result)


def main_cf(shop: Shop) -> str:
    return (shop.folder / "main.cf").read_text()


def test_a_real_one_passes_and_is_told(shop: Shop) -> None:
    tried = shop.run(*SET, "--dry-run")
    assert (tried.status, "rehearsal: passed in " in tried.err) == (0, True)
    done = shop.run(*SET)
    assert (done.status, "rehearsal: passed in " in done.err) == (0, True)
    assert "message_size_limit = 20480000" in main_cf(shop)


def test_a_real_one_finds_what_no_rule_knows(shop: Shop) -> None:
    before = main_cf(shop)
    value = "check_client_access static:{reject_nonsense}"
    done = shop.run("parameter", "set", "smtpd_client_restrictions", value)
    assert (done.status, main_cf(shop)) == (1, before)
    assert 'unknown smtpd restriction: "reject_nonsense"' in done.err
    assert done.err.rstrip().endswith("with --no-rehearsal")


def test_a_failed_one_refuses_with_every_line_and_what_to_do(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    comes_to(monkeypatch, Rehearsal("failed", lines=("smtpd: fatal: no", "smtp/inet: no answer in time")))
    before = main_cf(shop)
    done = shop.run(*SET)
    assert (done.status, done.out, main_cf(shop)) == (1, "", before)
    assert done.err.splitlines()[-3:] == [
        "rehearsal failed: smtpd: fatal: no",
        "rehearsal failed: smtp/inet: no answer in time",
        "mailtui: rehearsal failed: smtpd: fatal: no (and 1 more); "
        "mend it, or write it in spite of that with --no-rehearsal",
    ]
    assert shop.run(*SET, "--dry-run").status == 1
    assert shop.run(*SET, "--no-rehearsal").status == 0
    assert "message_size_limit = 20480000" in main_cf(shop)


def test_json_says_it_as_data(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    comes_to(monkeypatch, Rehearsal("failed", lines=("smtpd: fatal: no",), not_tried=("delivery",)))
    done = shop.run(*SET, "--json")
    assert (done.status, done.json["applied"], done.json["state"]) == (1, False, "refused")
    assert done.json["rehearsal"] == {
        "state": "failed", "lines": ["smtpd: fatal: no"], "not_tried": ["delivery"]
    }  # fmt: skip
    (step,) = [each for each in done.json["plan"] if each["action"] == "rehearse"]
    assert step["result"] == "failed: smtpd: fatal: no"
    skipped = shop.run(*SET, "--no-rehearsal", "--json")
    assert (skipped.status, skipped.json["rehearsal"]) == (0, {"state": "skipped", "why": "as you asked"})


def test_where_it_is_not_possible_it_must_be_left_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    comes_to(monkeypatch, Rehearsal("impossible", "unshare: Operation not permitted"))
    done = shop.run(*SET)
    assert done.status == 1
    assert (
        "mailtui: rehearsal not possible here: unshare: Operation not permitted; --no-rehearsal " in done.err
    )
    assert "rehearsal = false" in done.err
    assert shop.run(*SET, "--dry-run").status == (1 if os.geteuid() == 0 else 0)
    assert shop.run(*SET, "--yes").status == 1
    assert shop.run(*SET, "--no-rehearsal").status == 0


def test_it_is_switched_off_in_the_settings(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    comes_to(monkeypatch, Rehearsal("failed"))
    folder = tmp_path / "own/mailtui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("rehearsal = false\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))
    done = shop.run(*SET)
    assert (done.status, "rehearsal: skipped: switched off in settings" in done.err) == (0, True)


def test_a_table_alone_says_nothing_of_it(shop: Shop) -> None:
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com")
    assert (done.status, "rehearsal" in done.err) == (0, False)


def test_an_instance_without_master_cf(shop: Shop) -> None:
    os.unlink(shop.folder / "master.cf")
    done = shop.run(*SET)
    assert (done.status, "services: there is no master.cf" in done.err) == (0, True)
