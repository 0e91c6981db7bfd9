"""Accounts are changed by the real saslpasswd2, on a copy that is swapped in; the history has words only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.apply import accounts as acts
from mailtui.apply.accountrepairs import repairs
from mailtui.apply.accounts import AccountError, Done, Verb, carry_out, plan
from mailtui.apply.faults import Changed
from mailtui.apply.history import History, HistoryError
from mailtui.apply.locks import Busy, apply_lock
from mailtui.postfix.instance import Instance
from mailtui.postfix.private import MARK
from mailtui.sasl.database import look
from mailtui.sasl.names import Account
from mailtui.sasl.secret import Secret
from tests.postfix.conftest import instance_dir
from tests.sasl.offices import CONF, accounts, inside, listing, office, saslpasswd

__all__ = ["instance_dir"]
JEAN = Account("jean", "falcot.com")
LAURE = Account("laure", "falcot.com")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def do(folder: Path, verb: Verb, who: Account, password: str = "geheim") -> Done:
    secret = None if verb == "remove" else Secret(password)
    return carry_out(Instance.open(str(folder)), plan(accounts(folder), verb, who), secret)


def digest(path: Path, who: Account) -> bytes:
    held = look(str(path)).digests
    assert held is not None
    return held[who.user, who.realm]


def test_add_password_lock_remove(instance_dir: Any, tmp_path: Path, state: Path) -> None:
    folder, path = office(instance_dir, tmp_path), tmp_path / "sasldb2"
    assert do(folder, "add", JEAN).words == f"+ account jean@falcot.com ({path})"
    assert listing(path) == ["jean@falcot.com"]
    assert path.stat().st_mode & 0o777 == 0o640
    first = digest(path, JEAN)
    do(folder, "password", JEAN, "anders")
    second = digest(path, JEAN)
    do(folder, "lock", JEAN, "x" * 20)
    assert len({first, second, digest(path, JEAN)}) == 3
    saslpasswd(path, "jean@falcot.com", "geheim")
    assert digest(path, JEAN) == first
    do(folder, "add", LAURE)
    do(folder, "remove", JEAN)
    assert listing(path) == ["laure@falcot.com"]
    history = History.open(Instance.open(str(folder))).list()
    assert [each.edits[0].partition(" (")[0] for each in reversed(history)] == [
        "+ account jean@falcot.com", "~ account jean@falcot.com: another password",
        "~ account jean@falcot.com: locked", "+ account laure@falcot.com", "- account jean@falcot.com",
    ]  # fmt: skip
    assert not any(each.files or each.diff for each in history)
    with pytest.raises(
        HistoryError, match=r"no way back; by hand: its old password is not kept.* account add jean"
    ):
        History.open(Instance.open(str(folder))).undo(history[0].id)
    held = b"".join(each.read_bytes() for each in state.rglob("*") if each.is_file())
    assert b"geheim" not in held
    assert b"anders" not in held


@pytest.mark.parametrize("line", ["", "sasldb_path: /etc/sasldb2\n", "sasldb_path: {database}\n"])
def test_the_hosts_accounts_are_not_a_copys(line: str, instance_dir: Any, tmp_path: Path) -> None:
    """Neither by libsasl's default, nor by what a server's copy still says, nor through a link."""
    if line.endswith("{database}\n"):
        (tmp_path / "sasldb2").symlink_to("/etc/sasldb2")
    text = CONF.replace("sasldb_path: {database}\n", line)
    folder = office(instance_dir, tmp_path, conf=text)
    found = accounts(folder)
    with pytest.raises(AccountError, match="is the database of this host") as refused:
        plan(found, "add", Account("nobody-has-this-name", "falcot.com"))
    assert refused.value.do == f"name a file of its own as sasldb_path in {folder}/sasl/smtpd.conf"
    assert repairs(found) == []
    assert any("is the host's own" in each for each in found.notes)


def test_owner_mode_and_link_stay(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path)
    real = tmp_path / "elsewhere/accounts"
    saslpasswd(real, "laure@falcot.com", "geheim")
    (tmp_path / "sasldb2").symlink_to(real)
    real.chmod(0o660)
    if os.geteuid() == 0:
        os.chown(real, 1234, 4321)
    before = real.stat()
    do(folder, "add", JEAN)
    after = real.stat()
    assert (tmp_path / "sasldb2").is_symlink()
    assert (before.st_uid, before.st_gid, before.st_mode) == (after.st_uid, after.st_gid, after.st_mode)
    assert listing(real) == ["jean@falcot.com", "laure@falcot.com"]
    assert sorted(each.name for each in real.parent.iterdir()) == ["accounts"]


def test_both_copies_change(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path, chroot=True)
    outside, copy = tmp_path / "sasldb2", inside(tmp_path)
    do(folder, "add", JEAN)
    assert listing(outside) == listing(copy) == ["jean@falcot.com"]
    assert digest(outside, JEAN) == digest(copy, JEAN)
    saslpasswd(outside, "laure@falcot.com", "geheim")
    found = plan(accounts(folder), "password", LAURE)
    assert found.says[0] == f"{copy} has no laure@falcot.com: it gets the account too"
    do(folder, "remove", LAURE)
    assert listing(outside) == listing(copy) == ["jean@falcot.com"]


def test_all_or_nothing(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = office(instance_dir, tmp_path, chroot=True)
    outside, copy = tmp_path / "sasldb2", inside(tmp_path)
    do(folder, "add", LAURE)
    before = outside.read_bytes(), copy.read_bytes()
    what = plan(accounts(folder), "add", JEAN)
    made, real = [], acts._made

    def second_fails(*words: Any) -> bytes:
        made.append(words)
        if len(made) == 2:
            raise AccountError("the second one fails")
        return real(*words)

    monkeypatch.setattr(acts, "_made", second_fails)
    with pytest.raises(AccountError, match="the second one fails"):
        carry_out(Instance.open(str(folder)), what, Secret("geheim"))
    assert (outside.read_bytes(), copy.read_bytes()) == before
    assert len(History.open(Instance.open(str(folder))).list()) == 1
    assert [each.name for each in outside.parent.iterdir() if each.name.startswith(".")] == []


def test_what_is_refused(instance_dir: Any, tmp_path: Path) -> None:
    folder, path = office(instance_dir, tmp_path), tmp_path / "sasldb2"
    do(folder, "add", JEAN)
    with pytest.raises(AccountError, match="already"):
        plan(accounts(folder), "add", JEAN)
    for verb in ("password", "lock", "remove"):
        with pytest.raises(AccountError, match="there is no account laure"):
            plan(accounts(folder), verb, LAURE)
    path.write_bytes(b"garbage")
    with pytest.raises(AccountError, match="sasldblistusers2 cannot read it"):
        plan(accounts(folder), "add", LAURE)
    assert path.read_bytes() == b"garbage"


def test_a_program_that_does_nothing_and_ends_well_is_found_out(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = office(instance_dir, tmp_path), tmp_path / "sasldb2"
    do(folder, "add", JEAN)
    before = path.read_bytes()
    what = plan(accounts(folder), "remove", JEAN)
    ask = commands.ask

    def idle(argv: Any, **more: Any) -> commands.Result:
        return ask(["true"] if argv[0] == "saslpasswd2" else argv, **more)

    monkeypatch.setattr(commands, "ask", idle)
    with pytest.raises(AccountError, match="still there after saslpasswd2 ended well"):
        carry_out(Instance.open(str(folder)), what, None)
    assert path.read_bytes() == before


def test_saslpasswd2_has_its_word(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path)
    with pytest.raises(AccountError, match="invalid parameter supplied"):
        do(folder, "add", JEAN, "")
    assert not (tmp_path / "sasldb2").exists()


def test_someone_else_changes_it_meanwhile(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, path = office(instance_dir, tmp_path), tmp_path / "sasldb2"
    do(folder, "add", JEAN)
    real = acts._made

    def other_hand(*words: Any) -> bytes:
        saslpasswd(path, "roland@falcot.com", "geheim")
        return real(*words)

    monkeypatch.setattr(acts, "_made", other_hand)
    with pytest.raises(Changed):
        do(folder, "add", LAURE)
    assert listing(path) == ["jean@falcot.com", "roland@falcot.com"]


def test_one_at_a_time(instance_dir: Any, tmp_path: Path) -> None:
    folder, path = office(instance_dir, tmp_path), tmp_path / "sasldb2"
    do(folder, "add", JEAN)
    with apply_lock([str(path)]), pytest.raises(Busy):
        do(folder, "remove", JEAN)
    assert listing(path) == ["jean@falcot.com"]


def test_what_a_killed_one_left_is_cleared_away(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path)
    left = tmp_path / f"{MARK}0badcafe"
    left.mkdir(mode=0o700)
    (left / "sasldb2").write_bytes(b"with passwords in it")
    do(folder, "add", JEAN)
    assert not left.exists()
