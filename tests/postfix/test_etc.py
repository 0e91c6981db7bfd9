"""The host's files are never taken for those of an instance that does not lie in /etc."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.milters import opendmarc, places
from mailtui.milters.dkim import place
from mailtui.milters.known import own_address
from mailtui.milters.policydspf import policyds
from mailtui.milters.programs import MILTERS, PROGRAMS
from mailtui.postfix import greylisting
from mailtui.postfix.etc import beside, is_in_etc
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MASTER, MakeInstance

SPAWNED = "policyd unix - n n - 0 spawn user=policyd-spf argv=/usr/bin/policyd-spf\n"


def test_where_a_file_is(tmp_path: Path) -> None:
    assert beside("/etc/postfix-none", "/etc/no/such.conf") == "/etc/no/such.conf"
    assert beside("/etc/mail/postfix/", "/etc/passwd") == "/etc/passwd"
    assert beside(f"{tmp_path}/postfix", "/etc/passwd") == f"{tmp_path}/passwd"
    (tmp_path / "link").symlink_to("/etc/default")
    assert is_in_etc(f"{tmp_path}/link")
    assert not is_in_etc("/etcetera/postfix")


def test_no_program_has_the_hosts_files(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance.open(str(instance_dir(master=MASTER + SPAWNED)))
    real = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: str(path).startswith("/etc/") or real(path))
    found = [place.config_path(instance), opendmarc.config_path(instance)]
    for program in PROGRAMS.values():
        found += places.config_paths(instance, program, [(1, program.name, (program.name,))])
    for program in MILTERS.values():
        own = own_address(program, Files(), None, str(tmp_path))
        found += [] if own is None else [own.source]
    found += [each.target.path for each in policyds(instance)]
    postgrey = greylisting.places(instance)
    found += [postgrey.defaults.path, *(each.path for each in (*postgrey.clients, *postgrey.recipients))]
    assert len(found) >= 7
    assert [path for path in found if not path.startswith(f"{tmp_path}/")] == []
