"""Commands of a user who may read a part of the configuration and write nothing: what he sees, and what he
is told that he cannot see."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sh

from tests.apply.changing import Server

NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env"]
SOURCE = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def server() -> Iterator[Server]:
    path = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    path.chmod(0o755)
    yield Server(path)
    shutil.rmtree(path)


def python_for_nobody() -> str:
    """A Python that user nobody may run, on a checkout that he may read; skips where there is none."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    code = f"import os, sys; os.listdir({str(SOURCE)!r}); sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*NOBODY, python, "-c", code], capture_output=True, check=False).returncode == 0:
            return python
    pytest.skip("user nobody may not run this Python or read this checkout")


@pytest.fixture
def run(server: Server) -> Run:
    """mailtui as user nobody, who may not read the virtual table."""
    python = python_for_nobody()
    path = f"{SOURCE}:{Path(sh.__file__).parents[1]}"
    (server.root / "home").mkdir()
    shutil.chown(server.root / "home", "nobody")
    (server.etc / "virtual").chmod(0o640)
    (server.etc / "virtual.db").chmod(0o640)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILTUI", "XDG"))}
        return subprocess.run(
            [*NOBODY, python, "-m", "mailtui", "--config-dir", str(server.etc), *words],
            capture_output=True,
            text=True,
            check=False,
            env={
                **kept,
                "HOME": str(server.root / "home"),
                "PYTHONPATH": path,
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )

    return run


def test_aliases_that_may_be_read_are_listed_and_the_others_named(run: Run, server: Server) -> None:
    done = run("alias", "list")
    assert (done.returncode, done.stdout) == (
        0,
        "   postmaster  root    aliases\n   root        roland  aliases\n",
    )
    path = f"{server.etc}/virtual"
    assert done.stderr == (
        f"note: hash:{path}: {path} (named by virtual_alias_maps) may not be read by nobody; run mailtui with sudo\n"
    )


def test_what_follows_from_an_unread_table_is_not_said_as_known(run: Run) -> None:
    done = run("alias", "resolve", "webmaster@falcotsbrand.com")
    assert done.returncode == 0
    assert (
        "User unknown in virtual alias table, unless a table that could not be read says otherwise"
        in done.stdout
    )
    assert "may not be read by nobody" in done.stderr
    done = run("alias", "find", "roland")
    assert (done.returncode, done.stdout.split()[0]) == (0, "root")
    assert "has no text that could be searched" in done.stderr


@pytest.mark.parametrize("verb", ["list", "get"])
def test_a_table_that_may_not_be_read_is_one_line(run: Run, server: Server, verb: str) -> None:
    done = run("table", verb, server.table.spec, *(["x"] if verb == "get" else []))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "may not be read by nobody; run mailtui with sudo" in done.stderr


def test_a_compiled_table_that_may_not_be_read_answers_nothing_and_says_why(run: Run, server: Server) -> None:
    done = run("table", "try", server.table.spec, "webmaster@falcotsbrand.com")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied" in done.stderr


def test_parameters_and_files_that_may_be_read(run: Run, server: Server) -> None:
    assert run("parameter", "get", "myhostname").stdout == "mail.falcot.com\n"
    assert run("table", "get", server.aliases.spec, "root").stdout == "roland\n"
    assert run("inspect", "main.cf", server.main.path, "--raw").stdout == server.text("main.cf")


def test_a_history_that_is_roots_is_named(run: Run) -> None:
    done = run("history", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "you wrote nothing here yet; what root wrote: sudo mailtui history list" in done.stderr


@pytest.mark.parametrize(
    "words", [("alias", "set", "root", "laure"), ("parameter", "set", "message_size_limit", "20480000")]
)
def test_a_change_is_refused_in_words_and_can_be_tried(
    run: Run, server: Server, words: tuple[str, ...]
) -> None:
    before = server.text("main.cf"), server.text("aliases")
    tried = run(*words, "--dry-run")
    assert (tried.returncode, "+++ " in tried.stdout) == (0, True)
    done = run(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ermission denied" in done.stderr
    assert (server.text("main.cf"), server.text("aliases"), server.litter()) == (*before, [])


@pytest.mark.parametrize(("path", "mode"), [("main.cf", 0o600), ("", 0o700)])
def test_a_configuration_that_may_not_be_read_is_one_line(
    run: Run, server: Server, path: str, mode: int
) -> None:
    (server.etc / path).chmod(mode)
    for words in (("alias", "list"), ("parameter", "list"), ("history", "list")):
        done = run(*words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith(
            f"mailtui: {server.etc}/main.cf: may not be read by nobody; run mailtui with sudo"
        )


def test_files_that_are_all_his_he_may_change_and_take_back(run: Run, server: Server) -> None:
    before = server.text()
    for path in (server.etc, *server.etc.iterdir()):
        shutil.chown(path, "nobody", "nogroup")
    done = run("alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com")
    assert (done.returncode, done.stderr.count("mailtui history undo 1 takes it back")) == (0, 1)
    assert server.answers(server.table, "webmaster@falcotsbrand.com") == "laure@falcot.com"
    assert run("history", "undo", "1").returncode == 0
    assert (server.text(), server.litter()) == (before, [])


@pytest.mark.parametrize("name", ["virtual", "virtual.db", "main.cf"])
def test_an_owner_that_he_cannot_keep_is_not_lost(run: Run, server: Server, name: str) -> None:
    before = server.text(), server.text("main.cf"), server.dump(server.table)
    for path in (server.etc, *server.etc.iterdir()):
        shutil.chown(path, "nobody", "nogroup")
    shutil.chown(server.etc / name, "root", "root")
    (server.etc / name).chmod(0o644)
    main = ("parameter", "set", "message_size_limit", "20480000", "--no-rehearsal")
    done = run(
        *(main if name == "main.cf" else ("alias", "set", "webmaster@falcotsbrand.com", "x@y.example"))
    )
    assert done.returncode in {1, 4}
    assert f"{server.etc}/{name}" in done.stderr
    assert (server.text(), server.text("main.cf"), server.dump(server.table), server.litter()) == (
        *before,
        [],
    )
    assert (server.etc / name).stat().st_uid == 0


def test_what_root_alone_may_read_is_no_error_and_not_said_to_be_empty(run: Run, server: Server) -> None:
    key, base = server.etc / "mail.key", server.etc / "sasldb2"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mail.falcot.com",
         "-keyout", str(key), "-out", str(server.etc / "mail.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    base.write_bytes(b"")
    (server.etc / "sasl").mkdir()
    for conf in (
        server.etc / "smtpd.conf",
        server.etc / "sasl/smtpd.conf",
    ):  # Debian's smtpd reads the latter
        conf.write_text(f"pwcheck_method: auxprop\nsasldb_path: {base}\n")
    for path in (key, base):
        path.chmod(0o600)
    with (server.etc / "main.cf").open("a") as main:
        main.write(
            f"smtpd_tls_cert_file = {server.etc}/mail.pem\nsmtpd_tls_key_file = {key}\n"
            f"smtpd_tls_security_level = may\nsmtpd_sasl_auth_enable = yes\n"
            f"cyrus_sasl_config_path = {server.etc}\n"
        )
    found = {each["id"]: each for each in json.loads(run("doctor", "--json").stdout)}
    assert not {"tls-key", "sasldb-damaged"} & set(found)
    for name in ("tls-key-unseen", "sasldb-unseen"):
        assert (found[name]["severity"], "with sudo" in found[name]["do"]) == ("advice", True)
    listed = run("account", "list")
    assert "there is no account yet" not in listed.stderr
    done = run("export", "accounts", "-")
    assert (done.returncode, done.stdout, "start mailtui with sudo" in done.stderr) == (1, "", True)
