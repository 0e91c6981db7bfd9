"""`mailtui account`: JSON fields, what is asked before, and how a password comes in."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import accounts as acts
from tests.cli.conftest import Done, Shop, instance_dir, shop
from tests.postfix.conftest import put
from tests.sasl.offices import CONF, MASTER, listing, saslpasswd
from tests.screens.pty_driver import Pty

__all__ = ["instance_dir", "shop"]
WORD = "Sommerwein"
Run = Callable[..., Done]


@pytest.fixture
def database(shop: Shop, tmp_path: Path) -> Path:
    """The shop with AUTH on submission; its database, with jean in it."""
    put(shop.folder / "master.cf", MASTER.format(more=""))
    put(shop.folder / "sasl/smtpd.conf", CONF.format(database=tmp_path / "sasldb2"))
    path = tmp_path / "sasldb2"
    saslpasswd(path, "jean@falcot.com", "geheim")
    return path


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts this on standard input, which is no terminal."""

    def put_in(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))

    put_in("")
    return put_in


def test_list_has_the_fields_of_the_contract(shop: Shop, database: Path) -> None:
    (row,) = shop.run("account", "list", "--json").json
    assert {"user", "realm", "database", "usable", "why"} <= set(row)
    assert (row["user"], row["realm"], row["database"]) == ("jean", "falcot.com", str(database))
    assert isinstance(row["usable"], bool)
    assert shop.run("account", "list", "!jean", "--json").json == []


def test_one_line_of_standard_input_is_the_password(shop: Shop, database: Path, typed: Any) -> None:
    typed(f"{WORD}\nanother line\n")
    done = shop.run("account", "add", "marie@falcot.com", "--json")
    assert done.status == 0
    assert set(done.json) == {"applied", "edits", "diff", "plan", "not_yours", "history_id"}
    assert WORD not in done.out + done.err
    assert WORD.encode() in database.read_bytes()
    assert b"another line" not in database.read_bytes()


@pytest.mark.parametrize("verb", ["password", "lock", "remove"])
def test_without_a_terminal_yes_must_be_said(verb: str, shop: Shop, database: Path, typed: Any) -> None:
    before = database.read_bytes()
    typed(f"{WORD}\n")
    done = shop.run("account", verb, "jean@falcot.com")
    assert done.status == 1
    assert "now, no undo; --yes says that you mean it" in done.err
    assert database.read_bytes() == before
    assert shop.run("account", verb, "jean@falcot.com", "--yes").status == 0
    assert listing(database) == ([] if verb == "remove" else ["jean@falcot.com"])
    assert database.read_bytes() != before


def test_dry_run_and_read_only_change_nothing(shop: Shop, database: Path, typed: Any) -> None:
    before = database.read_bytes()
    done = shop.run("account", "add", "marie@falcot.com", "--dry-run")
    assert done.status == 0
    assert "saslpasswd2 -p -c -f COPY -u falcot.com -- marie" in done.err
    assert shop.run("account", "remove", "jean", "--dry-run", "--json").json["applied"] is False
    assert "--read-only" in shop.run("account", "remove", "jean", "--yes", "--read-only").err
    assert "--read-only" in shop.run("account", "fix", "1", "--yes", "--read-only").err
    assert database.read_bytes() == before
    assert not (shop.folder.parent / "state").exists()


@pytest.mark.parametrize(
    ("words", "text", "why"),
    [
        (("add", "a b@falcot.com"), WORD, "has a blank"),
        (("add", "jean@falcot.com"), WORD, "there is an account jean@falcot.com already"),
        (("add", "marie@falcot.com"), "", "the password is empty"),
        (("add", "marie@falcot.com"), "x" * 3000, "longer than 1024 bytes"),
        (("remove", "marie", "--yes"), "", "there is no account marie"),
        (("remove", "marie@falcot.com", "--yes"), "", "there is no account marie@falcot.com"),
        (("test", "jean", "--service", "none"), WORD, "there is no smtpd service none"),
    ],
)
def test_what_is_refused(
    words: tuple[str, ...], text: str, why: str, shop: Shop, database: Path, typed: Any
) -> None:
    before = database.read_bytes()
    typed(f"{text}\n")
    done = shop.run("account", *words)
    assert done.status == 1
    assert why in done.err
    assert len(done.err.strip().splitlines()[-1]) < 300
    assert database.read_bytes() == before


def test_a_bare_name_is_the_one_account_of_it_or_the_realm_that_is_asked_for(
    shop: Shop, database: Path, typed: Any
) -> None:
    assert shop.run("account", "remove", "jean", "--yes").status == 0
    typed(f"{WORD}\n")
    assert shop.run("account", "add", "jean").status == 0
    assert listing(database) == ["jean@mx.falcot.com"]


def test_an_account_with_an_odd_name_can_be_removed(shop: Shop, database: Path, typed: Any) -> None:
    saslpasswd(database, "a b\x1b@falcot.com", "geheim")
    assert "\x1b" in shop.run("account", "list").out  # byte for byte: this is no terminal
    assert shop.run("account", "remove", "a b\x1b@falcot.com", "--yes").status == 0
    assert listing(database) == ["jean@falcot.com"]


def test_a_login_that_nothing_answers(shop: Shop, database: Path, typed: Any) -> None:
    put(shop.folder / "master.cf", MASTER.format(more="").replace("submission inet", "127.0.0.1:9 inet"))
    typed(f"{WORD}\n")
    done = shop.run("account", "test", "jean", "--json")
    assert done.status == 1
    assert done.json["mechanisms"][0]["why"] == [
        "127.0.0.1 port 9: nothing answers there: connection refused"
    ]
    assert WORD not in done.out + done.err


def test_a_report_of_what_was_not_foreseen_has_no_password(
    shop: Shop, database: Path, typed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_words: Any) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(acts, "_made", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    typed(f"{WORD}\n")
    done = shop.run("account", "add", "marie@falcot.com")
    assert done.status == 1
    (report,) = tmp_path.glob("mailtui-report-*")
    assert "something else" in report.read_text()
    assert WORD not in report.read_text() + done.out + done.err


# At a terminal


def at_a_terminal(shop: Shop, *words: str) -> Pty:
    root = str(Path(__file__).parents[2])
    state = str(shop.folder.parent / "state")
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(shop.folder), "account", *words]
    return Pty(argv, env={"PYTHONPATH": root, "MAILTUI_STATE_DIR": state}, size=(120, 24))


def test_twice_and_without_echo(shop: Shop, database: Path) -> None:
    with at_a_terminal(shop, "add", "marie@falcot.com") as terminal:
        terminal.wait_until("New password of marie@falcot.com:")
        terminal.send(*WORD, "enter")
        terminal.wait_until("Again:")
        terminal.send(*WORD, "enter")
        terminal.wait_until("this cannot be undone")
        assert WORD.encode() not in terminal.raw
    assert WORD.encode() in database.read_bytes()


def test_a_generated_one_is_shown_at_the_terminal_once(shop: Shop, database: Path) -> None:
    with at_a_terminal(shop, "password", "jean", "--generate") as terminal:
        terminal.wait_until("To do it, type jean@falcot.com:")
        terminal.send(*"jean@falcot.com", "enter")
        terminal.wait_until("this cannot be undone")
        shown = terminal.raw.decode()
    (made,) = {word for word in shown.split() if len(word) == 20 and word.isalnum()}
    assert shown.count(made) == 1
    assert made.encode() in database.read_bytes()


def test_generated_without_a_terminal_is_refused_before_anything_is_changed(
    shop: Shop, database: Path, tmp_path: Path
) -> None:
    before = database.read_bytes()
    pid = os.fork()
    if not pid:
        os.setsid()  # without a terminal of its own
        with open(tmp_path / "told", "w") as told:
            os.dup2(told.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            argv = [sys.executable, "-m", "mailtui", "--config-dir", str(shop.folder), "account"]
            os.execv(sys.executable, [*argv, "password", "jean", "--generate", "--yes"])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert "--generate shows the password at a terminal, and there is none" in (tmp_path / "told").read_text()
    assert database.read_bytes() == before
