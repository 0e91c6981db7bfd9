"""The demo's files, judged by the real postconf, postmap and postalias."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo import accounts, files, guards, maincf, place, tables
from mailtui.demo.place import Mode, Place

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")
MODES = list(Mode) if os.geteuid() == 0 else [Mode.REPLAY]
KINDS = [(mode, False) for mode in MODES] + [(mode, True) for mode in MODES if not accounts.missing()]


@pytest.fixture(params=KINDS, ids=lambda kind: f"{kind[0]}{'-whole' * kind[1]}", scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A demo's files: of each mode, without anything beside Postfix, and with all that the mode can have."""
    mode, whole = request.param
    there, _ = place.settle(tmp_path_factory.mktemp("demo"), mode)
    if whole:
        filters = tuple(guards.PACKAGES) if mode is Mode.NAMESPACE else ()
        there = dataclasses.replace(there, accounts=True, filters=filters)
    files.write(there)
    return there


def postconf(there: Place, *arguments: str) -> commands.Result:
    return commands.ask(["postconf", "-c", str(there.etc), *arguments])


def test_every_word_is_filled_in(made: Place) -> None:
    for path in (*made.etc.rglob("*"), *(made.directory / "bin").iterdir(), made.names):
        if path.is_file() and path.suffix != ".db":
            assert "@DIR@" not in (text := path.read_text()), path
            assert not any(
                word in text
                for word in ("@ETC@", "@CHROOT@", "@SMTP@", "@ONLY", "@SUBM", "@MILT", "@SETT", "@POL")
            ), path


def test_postconf_finds_nothing_unused_or_unknown(made: Place) -> None:
    for arguments in (["-n"], ["-Mf"], ["-P"]):
        done = postconf(made, *arguments)
        assert done.ok
        assert done.err == b"", done.words


def test_only_a_private_network_lets_mail_out(made: Place) -> None:
    told = postconf(made, "-h", "default_transport", "relay_transport").out.decode().splitlines()
    own = made.mode is Mode.NAMESPACE
    assert [value.startswith("error:") for value in told] == [not own, not own]


def test_settings_are_old_enough_not_to_stall_postfix(made: Place) -> None:
    assert (made.etc / "master.cf").stat().st_mtime - (made.etc / "main.cf").stat().st_mtime > 5


@pytest.mark.parametrize(
    ("key", "table", "value"),
    [
        ("webmaster@falcotsbrand.com", "hash:virtual", "jean@falcot.com"),
        ("contact@falcotsbrand.com", "hash:virtual", "laure@falcot.com, sophie@falcot.com"),
        ("shop@falcotsbrand.com", "hash:virtual", "archive@falcot.com"),
        ("web-old@falcotsbrand.com", "hash:virtual", ""),
        ("@falcotsbrand.com", "hash:virtual", "sophie@falcot.com"),
        ("ticket-7@falcot.com", "regexp:virtual_patterns", "tickets@falcot.com"),
        ("falcot.com", "regexp:virtual_patterns", ""),
        ("jean@falcot.org", "hash:vmailbox", "falcot.org/jean/"),
        ("printer", "hash:aliases", "it"),
        ("front desk", "hash:aliases", "reception"),
        ("joe@falcot.com", "hash:recipient_access", "aggressive"),
    ],
)
def test_the_compiled_tables_answer(made: Place, key: str, table: str, value: str) -> None:
    kind, _, name = table.partition(":")
    done = commands.ask(["postmap", "-c", str(made.etc), "-q", key, f"{kind}:{made.etc / name}"])
    assert done.out.decode().strip().endswith(value)
    assert bool(done.out) is bool(value)


def test_accounts_are_a_table_where_no_users_can_be_had(made: Place) -> None:
    accounts = made.etc / "accounts"
    assert accounts.exists() is (made.mode is not Mode.NAMESPACE)
    assert ("accounts" in postconf(made, "-h", "alias_maps").out.decode()) is accounts.exists()


def test_the_demo_has_material_for_an_editor() -> None:
    entries = [line for line in tables.ALIASES.splitlines() if line and line[0] not in "# \t"]
    assert len(entries) >= 40
    assert "\n#" in tables.VIRTUAL
    assert ",\n   " in tables.ALIASES
    assert "|@DIR@" in tables.ALIASES
    assert ":include:" in tables.ALIASES
    assert "    # " in maincf.MAIN_CF


def test_what_postmap_refuses_is_said(made: Place) -> None:
    broken = Place(made.directory / "nowhere", made.mode)
    with pytest.raises(place.DemoError, match=r"postalias refuses the demo's tables: .*No such file"):
        files.compile_tables(broken)


def test_mail_folders_belong_to_those_who_write_there(made: Place) -> None:
    vhosts = made.mail / "vhosts" / "falcot.org"
    wanted = files.VMAIL_ID if os.geteuid() == 0 else os.geteuid()
    assert vhosts.stat().st_uid == wanted
    assert f"static:{wanted}" in postconf(made, "-h", "virtual_uid_maps").out.decode()
    assert Path(made.directory, "bin", "new-ticket").stat().st_mode & 0o111 == 0o111
