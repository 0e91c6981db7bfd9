"""Each step of a change refused by the system itself: nothing changed or all taken back, in words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.apply import writing
from mailtui.apply.history import History
from mailtui.apply.outcome import Outcome
from mailtui.apply.transaction import apply
from mailtui.apply.uses import SUFFIXES
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from tests.apply.changing import Server
from tests.apply.test_transaction_live import Running, impatient, running

__all__ = ["impatient", "running"]

WEBMASTER = "webmaster@falcotsbrand.com"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount, and make a file immutable")
kinds = pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
FILES = ("virtual", "aliases", "main.cf")


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


class Before:
    """What must be so again, or still."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.was = self._is()

    def _is(self) -> list[object]:
        texts: list[object] = [self.server.text(name) for name in FILES]
        return [
            *texts,
            self.server.answers(self.server.table, WEBMASTER),
            self.server.dump(self.server.aliases),
        ]

    def require(self, done: Outcome, state: str, *words: str) -> None:
        """The outcome is `state`, says these words and no others' jargon, and everything is as it was."""
        assert (done.state, done.exit_code) == (state, {"refused": 1, "rolled-back": 4}[state]), done.error
        assert all(word in done.error for word in words), done.error
        assert "Errno" not in done.error
        assert self._is() == self.was
        assert self.server.litter() == []
        assert History.open(self.server.instance).unfinished() == []


@contextmanager
def marked(flag: str, path: Path) -> Iterator[None]:
    """A file or folder with an attribute of chattr(1)."""
    if subprocess.run(["chattr", f"+{flag}", path], capture_output=True, check=False).returncode != 0:
        pytest.skip("this file system has no such flag")
    try:
        yield
    finally:
        subprocess.run(["chattr", f"-{flag}", path], check=True)


def everything(server: Server) -> list[Any]:
    return [server.change(), server.alias(), server.parameter()]


# Files and folders


@as_root
@pytest.mark.parametrize("flag", ["i", "a"])
@pytest.mark.parametrize("name", FILES)
def test_a_text_that_may_not_be_replaced(server: Server, name: str, flag: str) -> None:
    before, path = Before(server), server.etc / name
    with marked(flag, path):
        done = apply(server.instance, everything(server))
    before.require(done, "rolled-back", str(path), f"chattr -{flag} {path}")


@as_root
@kinds
def test_a_compiled_table_that_may_not_be_replaced(root: Path, kind: str) -> None:
    server = Server(root, kind)
    before, path = Before(server), Path(server.table.path + SUFFIXES[kind])
    with marked("i", path):
        done = apply(server.instance, everything(server))
    before.require(done, "rolled-back", f"is marked immutable (chattr +i); chattr -i {path}")


@as_root
@pytest.mark.parametrize("flag", ["i", "a"])
def test_a_folder_in_which_nothing_may_be_replaced(server: Server, flag: str) -> None:
    before = Before(server)
    for edits in (everything(server), [server.parameter()]):
        with marked(flag, server.etc):
            done = apply(server.instance, edits)
        before.require(done, "refused", f"chattr -{flag} {server.etc}")


def in_mounts(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script whose mounts only it sees; `$M` is mailtui."""
    program = f"{sys.executable} -m mailtui"
    return subprocess.run(
        [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "bash",
            "-c",
            script,
            "bash",
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "M": program, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@as_root
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (f"alias set {WEBMASTER} b@x.example", "etc"),
        ("parameter set message_size_limit 20480000", "etc/main.cf.tmp"),
    ],
)
def test_a_read_only_mount(server: Server, words: str, named: str) -> None:
    before = Before(server)
    done = in_mounts(
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && $M --config-dir "$1" ' + words, server.etc
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(
        f"mailtui: {server.root}/{named}: the file system is mounted read-only; findmnt"
    )
    assert before.was == Before(server).was


@as_root
def test_a_read_only_state_folder(server: Server, tmp_path: Path) -> None:
    before, state = Before(server), tmp_path / "state"
    state.mkdir()
    done = in_mounts(
        'mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" && $M --config-dir "$1" alias list && '
        f'$M --config-dir "$1" alias set {WEBMASTER} b@x.example',
        server.etc,
        state,
    )
    assert done.returncode == 1
    assert WEBMASTER in done.stdout  # looking works
    assert done.stderr.startswith(f"mailtui: {state}/")
    assert "Read-only file system" in done.stderr
    assert "set MAILTUI_STATE_DIR to another folder" in done.stderr
    assert before.was == Before(server).was


# The compiler


@pytest.fixture
def instead(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """A function that puts a shell script in place of a program; `$REAL` is the program."""
    folder = root / "bin"
    folder.mkdir()

    def put(name: str, script: str) -> None:
        real = commands.find(name)
        (folder / name).write_text(f"#!/bin/sh\nREAL={real}\n{script}\n")
        (folder / name).chmod(0o755)
        monkeypatch.setattr(commands, "SEARCH_PATH", f"{folder}:{commands.SEARCH_PATH}")

    return put


KILLED = "kill -9 $$"
QUERY_KILLED = 'case "$*" in *" -q "*" hash:/tmp/"*) kill -9 $$;; esac; exec $REAL "$@"'


def test_a_compiler_that_is_killed_changes_nothing(
    server: Server, instead: Callable[[str, str], None]
) -> None:
    before = Before(server)
    instead("postmap", KILLED)
    before.require(
        apply(server.instance, everything(server)), "refused", "virtual: postmap ended by signal 9"
    )


def test_the_second_compiler_killed_changes_nothing(
    server: Server, instead: Callable[[str, str], None]
) -> None:
    before = Before(server)
    instead("postalias", f'$REAL "$@" && {KILLED}')
    before.require(
        apply(server.instance, everything(server)), "refused", "aliases: postalias ended by signal 9"
    )


def test_a_lookup_that_is_killed_after_the_write_takes_it_back(
    server: Server, instead: Callable[[str, str], None]
) -> None:
    before = Before(server)
    instead("postmap", QUERY_KILLED)
    done = apply(server.instance, everything(server))
    before.require(done, "rolled-back", f"{server.table.spec} cannot be queried: ended by signal 9")


def test_postconf_killed_changes_nothing(server: Server, instead: Callable[[str, str], None]) -> None:
    before = Before(server)
    instead("postconf", KILLED)
    done = apply(server.instance, [server.parameter()])
    before.require(done, "refused", "signal 9")


def test_a_program_that_is_not_there_changes_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Before(server)
    found = commands.find
    monkeypatch.setattr(commands, "find", lambda name: None if name == "postmap" else found(name))
    done = apply(server.instance, everything(server))
    monkeypatch.undo()
    before.require(done, "refused", "postmap: this program is not installed")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("a:", "x@y.example", 'is in "key: value" format'),
        ("two words", "x@y.example", "not one word"),
        ("fo\udcff@falcotsbrand.com", "x@y.example", "not UTF-8"),
    ],
)
def test_a_new_line_of_which_postmap_only_warns_is_refused(
    server: Server, key: str, value: str, words: str
) -> None:
    before = Before(server)
    edit = SetEntry(server.table, key, (value,), None)
    before.require(apply(server.instance, [edit, server.parameter()]), "refused", words)


def test_a_new_pattern_that_its_reader_skips_is_refused(server: Server) -> None:
    target = Target("table", str(server.etc / "access.pcre"), "pcre")
    edit = SetEntry(target, "/(unclosed/", "REJECT", None)
    before = Before(server)
    before.require(apply(server.instance, [edit]), "refused", "error in regex at offset")


# The running Postfix


@pytest.mark.lab
@pytest.mark.usefixtures("impatient", "without_rules")
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("inet_interfaces", "192.0.2.77", "inet_interfaces: no local interface found for 192.0.2.77"),
        ("mail_owner", "nobody-of-that-name", "mail_owner: unknown user name value"),
        ("queue_directory", "/nonexistent/spool", "chdir(/nonexistent/spool): No such file or directory"),
    ],
)
def test_a_restart_from_which_postfix_does_not_come_back(
    running: Callable[[str], Running], name: str, value: str, words: str
) -> None:
    server = running("hash")
    text = (server.etc / "main.cf").read_text()
    done = apply(server.instance, [server.parameter(name, value), server.add("hash")])
    assert (done.state, done.exit_code) == ("rolled-back", 4)
    assert words in done.error
    assert (server.etc / "main.cf").read_text() == text
    assert server.pid is not None
    assert server.lab.accepts("keep", "new") == [True, False]


@pytest.mark.lab
@pytest.mark.usefixtures("impatient")
def test_a_reload_that_fails_because_postfix_has_died(
    running: Callable[[str], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = running("hash")
    text, put = (server.etc / "main.cf").read_text(), writing.put

    def put_and_kill(*arguments: Any) -> None:
        put(*arguments)
        server.lab.kill()

    monkeypatch.setattr(writing, "put", put_and_kill)
    done = apply(server.instance, [server.parameter("smtpd_banner", "$myhostname x")])
    assert (done.state, done.exit_code) == ("rolled-back", 4)
    assert "reload: postfix/postfix-script: fatal: the Postfix mail system is not running" in done.error
    assert (server.etc / "main.cf").read_text() == text
    assert server.accepts("keep")  # and it runs again
