"""Filter files by command: read by `inspect`, checked and planned by a draft, passwords never shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    postfix = tmp_path / "postfix"
    (postfix / "sasl").mkdir(parents=True)
    (postfix / "main.cf").write_text("")
    (postfix / "master.cf").write_text("")
    return tmp_path


def run(*words: str, status: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "mailtui", *words], capture_output=True, check=False, timeout=30
    )
    assert done.returncode == status, done.stderr
    return done


def tried(etc: Path, *edits: dict[str, Any], status: int = 0) -> tuple[dict[str, Any], str]:
    """The plan of a draft, and what is said beside it."""
    draft = etc / "draft.json"
    draft.write_text(json.dumps({"mailtui_draft": 1, "groups": [{"label": "", "edits": list(edits)}]}))
    where = ("--config-dir", str(etc / "postfix"))
    done = run(*where, "draft", "apply", str(draft), "--yes", "--dry-run", "--json", status=status)
    told = run(*where, "draft", "apply", str(draft), "--yes", "--dry-run", status=status)
    return json.loads(done.stdout), told.stdout.decode() + told.stderr.decode()


def keyword(kind: str, path: Path, name: str, value: str, was: str | None = None) -> dict[str, Any]:
    return {
        "edit": "set-keyword",
        "format": kind,
        "path": str(path),
        "name": name,
        "value": value,
        "was": was,
    }


@pytest.mark.parametrize(
    ("kind", "text", "entries", "problems"),
    [
        ("opendkim.conf", "Mode s # x\n#UMask 007\n", [("Mode", "s", True), ("UMask", "007", False)], []),
        ("opendmarc.conf", "Bogus x\n", [("Bogus", "x", True)], [1]),
        ("clamav-milter.conf", 'RejectMsg "a b"\nUser a\nUser b\n',
         [("RejectMsg", "a b", True), ("User", "a", True), ("User", "b", True)], [3]),
        ("policyd-spf.conf", "TestOnly = 1\nnonsense\n", [("TestOnly", "1", True)], [2]),
        ("smtpd.conf", "mech_list : PLAIN\n", [], [1]),
        ("defaults", "A=1\n#B=2\n", [("A", "1", True), ("B", "2", False)], []),
        ("keytable", "k a:b:/c\nk x:y:/z\n", [("k", "a:b:/c", True), ("k", "x:y:/z", True)], [2]),
        ("signingtable", "*@a.b k\n#*@c.d k\n", [("*@a.b", "k", True), ("*@c.d", "k", False)], []),
        ("trustedhosts", "127.0.0.1\n", [("127.0.0.1", "", True)], []),
    ],
)  # fmt: skip
def test_inspect(
    tmp_path: Path, kind: str, text: str, entries: list[tuple[str, str, bool]], problems: list[int]
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    found = json.loads(run("inspect", kind, str(path), "--json").stdout)
    assert [(e.get("key", e.get("name")), e["value"], e["enabled"]) for e in found["entries"]] == entries
    assert [problem["line"] for problem in found["problems"]] == problems
    assert run("inspect", kind, str(path), "--raw").stdout == text.encode()


def test_what_postfix_starts_needs_a_reload_of_postfix(etc: Path) -> None:
    spf, sasl = etc / "policyd-spf.conf", etc / "postfix" / "sasl" / "smtpd.conf"
    spf.write_text("TestOnly = 1\n")
    sasl.write_text("mech_list: PLAIN\n")
    seen, _ = tried(
        etc,
        keyword("policyd-spf.conf", spf, "TestOnly", "0", "1"),
        keyword("smtpd.conf", sasl, "mech_list", "LOGIN", "PLAIN"),
    )
    assert any("Postfix is stopped" in step["why"] for step in seen["plan"])
    seen, told = tried(etc, keyword("smtpd.conf", sasl, "log_level", "1\n2"), status=1)
    assert "cannot stand in a value of SASL" in told


def test_what_our_reading_refuses_stops_where_no_program_checks(etc: Path) -> None:
    spf = etc / "policyd-spf.conf"
    spf.write_text("TestOnly = 1\nnonsense\n")
    _, told = tried(etc, keyword("policyd-spf.conf", spf, "Lookup_Time", "soon"), status=1)
    assert "Lookup_Time wants a number" in told
    tried(etc, keyword("policyd-spf.conf", spf, "Lookup_Time", "20"))  # what was wrong before stops nothing


def test_a_stopped_program_is_said_and_the_file_checked(etc: Path) -> None:
    if commands.find("opendmarc") is None:
        pytest.skip("opendmarc is not installed")
    conf = etc / "opendmarc.conf"
    conf.write_text("Syslog true\n")
    seen, _ = tried(etc, keyword("opendmarc.conf", conf, "RejectFailures", "true"))
    actions = [(step["action"], step["target"]) for step in seen["plan"]]
    assert ("check", str(conf)) in actions
    assert ("nothing", "opendmarc") in actions
    assert "postfix" not in json.dumps(seen["plan"]).replace(str(etc), "").lower().split("verify")[0]


def test_the_old_init_scripts_file_changes_nothing(etc: Path) -> None:
    path = etc / "opendkim"
    path.write_text("SOCKET=local:/x\n")
    seen, _ = tried(etc, keyword("defaults", path, "SOCKET", "inet:1", "local:/x"))
    assert any("systemd does not read this file" in step["why"] for step in seen["plan"])


@pytest.mark.parametrize(
    ("kind", "name", "text", "secret", "edit"),
    [
        (
            "smtpd.conf",
            "smtpd.conf",
            "sql_passwd: hush7\nmech_list: PLAIN\n",
            "hush7",
            ("mech_list", "LOGIN", "PLAIN"),
        ),
        ("smtpd.conf", "smtpd.conf", "mech_list: PLAIN\n", "hush7", ("sql_passwd", "hush7", None)),
        (
            "opendkim.conf",
            "opendkim.conf",
            "LDAPBindPassword hush7\nSyslog yes\n",
            "hush7",
            ("Syslog", "no", "yes"),
        ),
    ],
)
def test_passwords_are_not_shown(
    etc: Path, kind: str, name: str, text: str, secret: str, edit: tuple[str, str, str | None]
) -> None:
    path = etc / name
    path.write_text(text)
    seen, told = tried(etc, keyword(kind, path, *edit))
    assert secret not in told
    assert secret not in json.dumps(seen)
