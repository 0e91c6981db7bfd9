"""A change whose report cannot be printed: the change decides the exit code, and standard error says it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Shop

ADDRESS = "webmaster@falcotsbrand.com"
BROKEN = ["| true; exit ${PIPESTATUS[0]}", "> /dev/full", ">&-"]


def mailtui(shop: Shop, script: str) -> subprocess.CompletedProcess[str]:
    """Run a bash script in which `$M` is mailtui on the shop."""
    program = f"{sys.executable} -m mailtui --config-dir {shop.folder}"
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False,
        env={**os.environ, "M": program, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


@pytest.mark.parametrize("ending", BROKEN)
@pytest.mark.parametrize("option", ["", "--json"])
def test_a_change_that_stands_is_done(shop: Shop, ending: str, option: str) -> None:
    done = mailtui(shop, f"$M alias set {option} {ADDRESS} laure@falcot.com {ending}")
    assert done.returncode == 0
    assert f"{ADDRESS}   laure@falcot.com\n" in shop.virtual
    if ending == ">&-":
        return  # nothing broke: it went nowhere
    why = "nobody reads standard output" if "true" in ending else "standard output cannot be written"
    told = json.loads(done.stderr)["notes"] if option else done.stderr.splitlines()
    assert told[-1].startswith(f"mailtui: change 1 was written and stands; {why}")


def test_a_change_that_was_refused_keeps_its_code(shop: Shop) -> None:
    table = shop.virtual
    refused = mailtui(shop, f"$M --json table set hash:{shop.folder}/virtual a: b@x.example {BROKEN[0]}")
    assert refused.returncode == 1
    assert "is this an alias file?" in refused.stderr
    assert shop.virtual == table


def test_a_change_that_was_taken_back_keeps_its_code(shop: Shop) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file immutable")
    path = shop.folder / "virtual"
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode != 0:
        pytest.skip("this file system has no such flag")
    try:
        for ending in BROKEN[:2]:
            done = mailtui(shop, f"$M --json alias set {ADDRESS} laure@falcot.com {ending}")
            assert done.returncode == 4
            assert f"chattr -i {path}" in done.stderr
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def test_a_dry_run_whose_output_is_full_fails(shop: Shop) -> None:
    done = mailtui(shop, f"$M alias set {ADDRESS} laure@falcot.com --dry-run > /dev/full")
    assert done.returncode == 1
    assert "standard output cannot be written" in done.stderr


def test_undo_and_recover_are_changes_too(shop: Shop) -> None:
    table = shop.virtual
    assert mailtui(shop, f"$M alias set {ADDRESS} laure@falcot.com > /dev/full").returncode == 0
    assert mailtui(shop, "$M history undo 1 > /dev/full").returncode == 0
    assert shop.virtual == table
    assert mailtui(shop, "$M --json history recover > /dev/full").returncode == 0


def test_both_outputs_full_still_ends_with_the_code_of_the_change(shop: Shop) -> None:
    assert mailtui(shop, f"$M alias set {ADDRESS} laure@falcot.com > /dev/full 2>&1").returncode == 0
    assert mailtui(shop, f"$M alias set {ADDRESS} jean@falcot.com >&- 2>&-").returncode == 0
    assert f"{ADDRESS}   jean@falcot.com\n" in shop.virtual


def test_a_bug_in_the_report_makes_no_failed_change_of_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mailtui.cli.change._print_outcome", broken)
    done = shop.run("alias", "set", ADDRESS, "laure@falcot.com")
    assert done.status == 0
    assert "mailtui: change 1 was written and stands\n" in done.err
    assert "an error in mailtui itself (ZeroDivisionError)" in done.err
    report = done.err.split("the report ")[1].split()[0]
    os.unlink(report)
