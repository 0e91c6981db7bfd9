"""Postfix's own restriction tests agree, where they need no DNS of the world and no stub of the program."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.postfix.smtpd.own_scripts import Script

SOURCE = os.environ.get("MAILTUI_POSTFIX_SOURCE", "")
SCRIPTS = {
    "smtpd_acl": 38, "smtpd_check_dsn": 37, "smtpd_error": 11, "smtpd_check": 95, "smtpd_check2": 50,
    "smtpd_check4": 9,
}  # fmt: skip
"""Each with how many commands must have been compared at least: the others asked DNS."""


OLDER = "cannot find your hostname"
"""Postfix keeps smtpd_check and smtpd_check2 as `broken-tests`: since RFC 7372 the code of this reply is 4.7.25.
The program can also say that DNS failed for the client, which no session does."""


@pytest.mark.skipif(not SOURCE, reason="MAILTUI_POSTFIX_SOURCE names no unpacked Postfix source")
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_agrees(name: str, tmp_path: Path) -> None:
    source = Path(SOURCE, "src/smtpd")
    base, number = name.rstrip("24"), name[len(name.rstrip("24")) :]
    for each in ("smtpd_check_access",):
        shutil.copy(source / each, tmp_path / each)
    (tmp_path / "master.cf").write_text("")
    (tmp_path / "main.cf").write_text("")
    subprocess.run(["postmap", "-c", str(tmp_path), f"hash:{tmp_path}/smtpd_check_access"], check=True)
    compared = list(Script(tmp_path).replay((source / f"{base}.ref{number}").read_text()))
    offline = [each for each in compared if not each.by_others]
    wrong = [each for each in offline if each.theirs != each.ours and OLDER not in each.theirs]
    assert not wrong, "\n".join(f"{each.line}\n  {each.theirs}\n  {each.ours}" for each in wrong)
    assert len(offline) >= SCRIPTS[name]
