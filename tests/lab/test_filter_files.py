"""A filter's file changed while the filter works: checked, reloaded or restarted, verified, taken back."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.demo.beside import Filter
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab

pytestmark = pytest.mark.skipif(commands.find("opendkim") is None, reason="opendkim is not installed")


@pytest.fixture
def dkim(lab: Lab) -> Iterator[Filter]:
    filters = Filters(lab)
    found = filters.opendkim()
    filters.attach(found)
    yield found
    found.stop()


def keyword(
    path: Path, name: str, value: str, was: str | None = None, kind: str = "opendkim.conf"
) -> dict[str, Any]:
    return {
        "edit": "set-keyword",
        "format": kind,
        "path": str(path),
        "name": name,
        "value": value,
        "was": was,
    }


def change(lab: Lab, *edits: dict[str, Any], options: tuple[str, ...] = ()) -> commands.Result:
    path = lab.directory / "draft.json"
    path.write_text(json.dumps({"mailtui_draft": 1, "groups": [{"label": "", "edits": list(edits)}]}))
    return lab.mailtui("draft", "apply", str(path), "--yes", "--json", *options)


def plan_of(result: commands.Result) -> list[tuple[str, str]]:
    return [(step["action"], step["why"]) for step in json.loads(result.out)["plan"]]


def test_a_keyword_is_read_again_and_undone(lab: Lab, dkim: Filter) -> None:
    before = dkim.config.read_bytes()
    shutil.chown(dkim.config, "root", "opendkim")
    dkim.config.chmod(0o640)
    owner = dkim.config.stat()
    after = lab.log_size()
    edit = keyword(dkim.config, "Canonicalization", "relaxed/relaxed", "relaxed/simple")
    tried = change(lab, edit, options=("--dry-run",))
    assert (
        "reload",
        "Canonicalization: opendkim reads it again when told, with the next connection",
    ) in plan_of(tried)
    assert dkim.config.read_bytes() == before
    done = change(lab, edit)
    assert done.ok, done.err
    assert dkim.config.read_bytes() == before.replace(b"relaxed/simple", b"relaxed/relaxed")
    assert stat.S_IMODE(dkim.config.stat().st_mode) == 0o640
    assert (dkim.config.stat().st_uid, dkim.config.stat().st_gid) == (owner.st_uid, owner.st_gid)
    lab.logged(r"opendkim\[\d+\]: configuration reloaded", after=after)
    lab.send("laure@falcot.com", sender="jean@falcot.com", subject="signed anew")
    lab.logged(r"DKIM-Signature field added", after=after)
    undone = lab.mailtui("history", "undo", "1", "--yes")
    assert undone.ok, undone.err
    assert dkim.config.read_bytes() == before


def test_what_the_log_says_of_it_takes_it_back(lab: Lab, dkim: Filter) -> None:
    """opendkim has long become another user, who may not read the file: the signal comes to nothing."""
    dkim.config.chmod(0o600)
    before = dkim.config.read_bytes()
    done = change(lab, keyword(dkim.config, "LogWhy", "yes"))
    assert done.status == 4
    assert b"error reading configuration file" in done.err
    assert dkim.config.read_bytes() == before
    assert stat.S_IMODE(dkim.config.stat().st_mode) == 0o600


def test_what_opendkim_refuses_is_not_written(lab: Lab, dkim: Filter) -> None:
    before = dkim.config.read_bytes()
    for name, value, was, words in (
        ("Canonicalization", "bogus", "relaxed/simple", "unknown canonicalization algorithm"),
        ("NoSuchKeyword", "x", None, "unrecognized parameter"),
        ("SigningTable", "refile:/nonexistent/table", None, "No such file"),
    ):
        refused = change(lab, keyword(dkim.config, name, value, was))
        assert refused.status == 1
        assert words in refused.err.decode(), refused.err
    assert dkim.config.read_bytes() == before
    assert dkim.running


def test_what_was_wrong_before_stops_nothing(lab: Lab, dkim: Filter) -> None:
    dkim.config.write_bytes(dkim.config.read_bytes() + b"NoSuchKeyword x\n")
    found = change(lab, keyword(dkim.config, "LogWhy", "yes"), options=("--dry-run",))
    assert found.ok, found.err


def test_a_restart_that_nobody_can_do_is_said(lab: Lab, dkim: Filter) -> None:
    edit = keyword(dkim.config, "Socket", "inet:8899@127.0.0.1", "inet:8891@127.0.0.1")
    tried = change(lab, edit, options=("--dry-run",))
    assert any(action == "nothing" and "start it again yourself" in why for action, why in plan_of(tried))
    told = lab.mailtui("draft", "apply", str(lab.directory / "draft.json"), "--yes", "--dry-run")
    assert b"still leads to the old socket" in told.err


def test_a_table_and_the_file_that_names_it_in_one_change(lab: Lab, dkim: Filter) -> None:
    """A single key becomes a table: the candidate names files that are not there yet."""
    text = dkim.config.read_text()
    key = next(line.split()[1] for line in text.splitlines() if line.startswith("KeyFile"))
    folder = dkim.config.parent / "opendkim"
    table, signing = folder / "KeyTable", folder / "SigningTable"
    edits: list[dict[str, Any]] = [
        {"edit": "set-key-row", "format": "keytable", "path": str(table), "name": "main",
         "value": f"falcot.com:mail:{key}", "was": None, "before": None},
        {"edit": "set-key-row", "format": "signingtable", "path": str(signing), "name": "*@falcot.com",
         "value": "main", "was": None, "before": None},
        keyword(dkim.config, "KeyTable", str(table)),
        keyword(dkim.config, "SigningTable", f"refile:{signing}"),
        *({"edit": "unset-keyword", "format": "opendkim.conf", "path": str(dkim.config), "name": name, "was": was}
          for name, was in (("Domain", "falcot.com"), ("Selector", "mail"), ("KeyFile", key))),
    ]  # fmt: skip
    after = lab.log_size()
    done = change(lab, *edits)
    assert done.ok, done.err
    lab.logged(r"opendkim\[\d+\]: configuration reloaded", after=after)
    lab.send("laure@falcot.com", sender="jean@falcot.com", subject="by the table")
    lab.logged(r"DKIM-Signature field added \(s=mail, d=falcot.com\)", after=after)


def test_a_stopped_filter_needs_nothing(lab: Lab, dkim: Filter) -> None:
    dkim.stop()
    done = change(lab, keyword(dkim.config, "LogWhy", "yes"))
    assert done.ok, done.err
    assert any(action == "nothing" and "does not run here" in why for action, why in plan_of(done))
    assert b"\nLogWhy" in dkim.config.read_bytes()


def test_no_reload_is_heeded(lab: Lab, dkim: Filter) -> None:
    after = lab.log_size()
    done = change(lab, keyword(dkim.config, "LogWhy", "yes"), options=("--no-reload",))
    assert done.ok, done.err
    assert any(action == "nothing" and "as you asked" in why for action, why in plan_of(done))
    assert b"configuration reloaded" not in lab.log.read_bytes()[after:]


_DIES = """\
import os, signal, socket, struct, sys
def die(*_):
    os._exit(9)
signal.signal(signal.SIGUSR1, die)
server = socket.create_server(("127.0.0.1", int(sys.argv[3])))
while True:
    one, _ = server.accept()
    with one:
        size = struct.unpack(">I", one.recv(4))[0]
        one.recv(size)
        one.sendall(struct.pack(">I", 13) + b"O" + struct.pack(">III", 6, 0, 0))
"""


def test_a_program_that_dies_of_it_takes_all_back(lab: Lab, dkim: Filter) -> None:
    """What goes by the name of opendkim dies at the signal: the file is as it was, and that is said."""
    dkim.stop()
    before = dkim.config.read_bytes()
    program = lab.directory / "stand-in" / "opendkim"
    program.parent.mkdir()
    program.write_text(f"#!/usr/bin/python3\n{_DIES}")
    program.chmod(0o755)
    port = dkim.address.rpartition(":")[2]
    stands_in = Filter(
        "opendkim", [str(program), "-x", str(dkim.config), port], dkim.endpoint, dkim.config, lab
    )
    stands_in.start()
    try:
        done = change(lab, keyword(dkim.config, "LogWhy", "yes"))
        assert done.status == 4, done
        assert b"opendkim does not run any more" in done.err
        assert dkim.config.read_bytes() == before
        assert b"start it again" in done.err
    finally:
        stands_in.stop()


def test_check_and_restart_of_clamav_milter_in_words(lab: Lab) -> None:
    """clamav-milter has no reload; its own parser refuses what is wrong."""
    if commands.find("clamconf") is None:
        pytest.skip("clamav is not installed")
    filters = Filters(lab)
    clamd, milter = filters.clamd(), filters.clamav_milter()
    filters.attach(milter, default_action="accept")
    try:
        refused = change(
            lab,
            keyword(milter.config, "OnFail", "Quarantine", "Defer", "clamav-milter.conf"),
            options=("--dry-run",),
        )
        assert refused.status == 1
        edit = keyword(milter.config, "AddHeader", "Add", "Replace", "clamav-milter.conf")
        tried = change(lab, edit, options=("--dry-run",))
        assert any("clamav-milter reads it only when it starts" in why for _, why in plan_of(tried))
        told = lab.mailtui("draft", "apply", str(lab.directory / "draft.json"), "--yes", "--dry-run")
        assert b"dpkg-reconfigure clamav-milter" in told.err
        done = change(lab, edit)
        assert done.ok, done.err
    finally:
        milter.stop()
        clamd.stop()


_BY_INIT_SCRIPT = r"""
set -e
mkdir -p "$1/up" "$1/work" /run/opendkim
mount -t tmpfs tmpfs "$1/work" && mkdir "$1/work/up" "$1/work/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/work/up,workdir=$1/work/work" /etc
mount -t tmpfs tmpfs /run/opendkim
chown opendkim:opendkim /run/opendkim
sed 's#^PidFile.*#PidFile /run/opendkim/opendkim.pid#' "$2" > /etc/opendkim.conf
service opendkim start
shift 2
status=0
"$@" || status=$?
printf '\n---\n'
cat /etc/opendkim.conf /run/opendkim/opendkim.pid
service opendkim stop
exit $status
"""


def by_init_script(lab: Lab, dkim: Filter, *edits: dict[str, Any]) -> tuple[int, str, str]:
    """Change /etc/opendkim.conf where the real init script has started the real opendkim, on a copy of /etc that
    nobody else sees: the status, what was said, and the file with the process number afterwards."""
    dkim.stop()
    path = lab.directory / "draft.json"
    path.write_text(json.dumps({"mailtui_draft": 1, "groups": [{"label": "", "edits": list(edits)}]}))
    command = [
        sys.executable,
        "-m",
        "mailtui",
        "--config-dir",
        str(lab.config_dir),
        "draft",
        "apply",
        str(path),
    ]
    folder = lab.directory / "overlay"
    done = lab.run(
        "unshare", "--mount", "sh", "-c", _BY_INIT_SCRIPT, "sh", str(folder), str(dkim.config), *command, "--yes",
        timeout=120,
    )  # fmt: skip
    out, _, left = done.out.decode().partition("\n---\n")
    return done.status, out + done.err.decode(), left


def test_a_restart_by_the_init_script(lab: Lab, dkim: Filter) -> None:
    conf = Path("/etc/opendkim.conf")
    edit = keyword(conf, "Socket", "inet:8899@127.0.0.1", "inet:8891@127.0.0.1")
    status, said, left = by_init_script(lab, dkim, edit)
    assert status == 0, said
    assert "still leads to the old socket" in said
    assert "Socket\t\t\tinet:8899@127.0.0.1" in left
    lab.logged(r"OpenDKIM Filter v[^ ]+ terminating")


def test_one_that_does_not_start_any_more_is_taken_back(lab: Lab, dkim: Filter) -> None:
    conf = Path("/etc/opendkim.conf")
    edit = keyword(conf, "Socket", "inet:25@127.0.0.1", "inet:8891@127.0.0.1")  # Postfix has that port
    status, said, left = by_init_script(lab, dkim, edit)
    assert status == 4, said
    assert "Socket\t\t\tinet:8891@127.0.0.1" in left
