"""Which smtpd.conf this Postfix reads, and what counts in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mailtui.postfix.instance import Instance
from mailtui.sasl.config import conf, folders, read
from tests.postfix.conftest import instance_dir, put

__all__ = ["instance_dir"]


def test_debian_looks_in_two_fixed_places(instance_dir: Any) -> None:
    if not os.path.exists("/etc/debian_version"):
        pytest.skip("this Postfix is not Debian's")
    folder = instance_dir("cyrus_sasl_config_path = /elsewhere\n")
    instance = Instance.open(str(folder))
    assert folders(instance) == (f"{folder}/sasl", "/usr/lib/sasl")
    found = conf(instance, "smtpd")
    assert (found.path, found.wanted) == ("", f"{folder}/sasl/smtpd.conf")
    assert found.methods == ("auxprop",)
    assert found.mechanisms == ()
    assert found.asks_sasldb
    assert found.database == "/etc/sasldb2"


def test_another_postfix_asks_the_parameter(instance_dir: Any, tmp_path: Path) -> None:
    (tmp_path / "daemons").mkdir()
    (tmp_path / "daemons/smtpd").write_bytes(b"an smtpd without that patch")
    folder = instance_dir(
        f"cyrus_sasl_config_path = {tmp_path}/a:{tmp_path}/b\ndaemon_directory = {tmp_path}/daemons\n"
    )
    put(tmp_path / "b/other.conf", "mech_list: plain\n")
    instance = Instance.open(str(folder))
    assert folders(instance) == (f"{tmp_path}/a", f"{tmp_path}/b")
    assert conf(instance, "other").path == f"{tmp_path}/b/other.conf"
    assert conf(instance, "other").mechanisms == ("PLAIN",)


def test_the_first_of_two_counts_and_comments_do_not() -> None:
    values, wrong = read(b"#mech_list: A\nmech_list: PLAIN\nMECH_LIST:LOGIN\n  log_level:7\n")
    assert values == {"mech_list": "PLAIN", "log_level": "7"}
    assert wrong == ""


@pytest.mark.parametrize("line", ["pwcheck_method : auxprop", "mech_list:", "junk"])
def test_a_line_that_ends_every_smtpd_is_told(line: str) -> None:
    _, wrong = read(f"log_level: 1\n{line}\n".encode())
    assert wrong.startswith("line 2: ")
