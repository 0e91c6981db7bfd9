"""Which log is read, and what is said where none can be."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mailtui.maillog import journal, source
from mailtui.maillog.record import parse


def test_the_instance_names_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "mail.log").touch()
    found = source.find(str(tmp_path / "mail.log"))
    assert (found.kind, found.path, found.why) == ("file", str(tmp_path / "mail.log"), "")


def test_what_the_admin_names_comes_first(tmp_path: Path) -> None:
    found = source.find("/dev/stdout", str(tmp_path / "other.log"))
    assert found.path == str(tmp_path / "other.log")
    assert "no such file" in found.why
    assert source.find("", "journal").kind == "journal"


def test_the_newest_syslog_file_is_the_live_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "mail.log", tmp_path / "maillog"
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    monkeypatch.setattr(source, "SYSLOG_FILES", (str(old), str(new)))
    assert source.find("").path == str(new)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_permission_denied_names_the_group(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.touch(mode=0)
    assert "adm" in source.find(str(path)).why


def test_a_journal_entry_reads_as_a_line() -> None:
    entry = {
        "__REALTIME_TIMESTAMP": "1795353740123456", "_HOSTNAME": "mx", "SYSLOG_IDENTIFIER": "postfix/qmgr",
        "SYSLOG_PID": "77", "MESSAGE": list(b"3FCA722E68E: removed \xff"),
    }  # fmt: skip
    line = journal.line(json.dumps(entry).encode())
    assert line is not None
    record = parse(line)
    assert (record.process, record.pid, record.host) == ("postfix/qmgr", 77, "mx")
    assert record.queue_id == "3FCA722E68E"
    assert b"\xff" in line


@pytest.mark.parametrize("entry", [b"", b"{", b"[]", b'{"MESSAGE":"x"}', b'{"__REALTIME_TIMESTAMP":"1e99"}'])
def test_a_damaged_entry_is_left_out(entry: bytes) -> None:
    assert journal.line(entry) is None
