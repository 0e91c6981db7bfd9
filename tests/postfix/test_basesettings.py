"""The base settings: effective values as postconf has them, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.postfix import debconf
from mailtui.postfix.basesettings import BASE, SettingRow, base_settings
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, postconf, put


def settings(folder: Path) -> dict[str, SettingRow]:
    return {row.name: row for row in base_settings(Instance.open(str(folder)))}


def test_effective_values_are_postconfs(instance_dir: MakeInstance) -> None:
    folder = instance_dir("mydomain = falcot.com\nmyorigin = $mydomain\nsmtpd_tls_loglevel = 1\n")
    rows = settings(folder)
    assert set(BASE) <= set(rows)
    assert rows["smtpd_tls_loglevel"].explicit
    for row in rows.values():
        assert row.effective == postconf(folder, "-xh", row.name).rstrip("\n"), row.name
    assert (rows["myorigin"].value, rows["myorigin"].line) == ("$mydomain", 2)
    assert (rows["biff"].explicit, rows["biff"].file, rows["biff"].line) == (False, None, None)


def test_myorigin_by_a_file(instance_dir: MakeInstance) -> None:
    folder = instance_dir("myorigin = $config_directory/mailname\n", files={"mailname": "falcot.com\nmore\n"})
    row = settings(folder)["myorigin"]
    assert row.effective == "falcot.com"
    assert "first line" in row.note
    (folder / "mailname").unlink()
    row = settings(folder)["myorigin"]
    assert row.effective is None
    assert "does not exist" in row.note


@pytest.mark.parametrize(
    ("main", "name", "says"),
    [
        ("mydestination = falcot.com\n", "mydestination", "lacks localhost"),
        ("mynetworks = 127.0.0.0/8, 0.0.0.0/0\n", "mynetworks", "open relay"),
        ("mynetworks = [::]/0\n", "mynetworks", "open relay"),
        ("relayhost = hub.example\n", "relayhost", "without [ ]"),
        ("relayhost = [hub.example]\n", "relayhost", ""),
        ("mailbox_size_limit = 100\nmessage_size_limit = 200\n", "mailbox_size_limit", "delivers nothing"),
        ("mailbox_size_limit = 0\n", "mailbox_size_limit", "no limit"),
        ("compatibility_level = 2\n", "compatibility_level", "below 3.6"),
        ("compatibility_level = 3.6\n", "compatibility_level", ""),
        ("alias_maps = hash:/a\nalias_database = hash:/b\n", "alias_maps", "no mail is looked up in it"),
        ("alias_maps = hash:/a\nalias_database = hash:/b\n", "alias_database", "postalias hash:/a"),
        ("alias_maps = hash:/a\nalias_database = hash:/a\n", "alias_maps", ""),
        ("smtpd_tls_security_level = encrypt\n", "smtpd_tls_security_level", "no certificate"),
        ("smtp_tls_security_level =\n", "smtp_tls_security_level", "without TLS"),
        ("smtp_tls_security_level = secure\n", "smtp_tls_security_level", "no authority"),
        (
            "smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache\n",
            "smtp_tls_session_cache_database", "no table to compile",
        ),
        ("smtpd_tls_session_cache_database = btree:/var/x\n", "smtpd_tls_session_cache_database", "outside"),
        ("inet_interfaces = loopback-only\n", "inet_interfaces", "no other host"),
        ("append_dot_mydomain = yes\n", "append_dot_mydomain", "jean@web becomes"),
        ("default_transport = error:no\n", "default_transport", "no mail leaves"),
    ],
)  # fmt: skip
def test_notes(instance_dir: MakeInstance, main: str, name: str, says: str) -> None:
    note = settings(instance_dir(main))[name].note
    assert says in note
    assert bool(says) == bool(note)


def test_a_broken_value_is_told_and_the_others_stand(instance_dir: MakeInstance) -> None:
    rows = settings(instance_dir("smtpd_banner = ${x\n"))
    assert rows["smtpd_banner"].effective is None
    assert "cannot be expanded" in rows["smtpd_banner"].note
    assert rows["myhostname"].effective == "mx.falcot.com"


ANSWERS = """\
Name: postfix/destinations
Template: postfix/destinations
Value: a.example, localhost
Owners: postfix
Flags: set

Name: postfix/mailbox_limit
Template: postfix/mailbox_limit
Owners: postfix

Name: postfix/recipient_delim
Value: +
Owners: postfix

Name: postfix/relayhost
Template: postfix/relayhost
Value: old.example
Owners: postfix
"""


def test_debconf(instance_dir: MakeInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = instance_dir(
        "relayhost = [hub.example]\nrecipient_delimiter = +\nmydestination = $myhostname, localhost\n"
    )
    assert "dpkg" not in " ".join(row.note for row in settings(folder).values())
    put(tmp_path / "script", "#!/usr/bin/perl\n")
    put(tmp_path / "config.dat", ANSWERS)
    monkeypatch.setattr(debconf, "CONFIG_DIR", str(folder))
    monkeypatch.setattr(debconf, "SCRIPT", str(tmp_path / "script"))
    monkeypatch.setattr(debconf, "ANSWERS", str(tmp_path / "config.dat"))
    assert debconf.answers(Instance.open(str(folder))) == {
        "destinations": "a.example, localhost", "recipient_delim": "+", "relayhost": "old.example",
    }  # fmt: skip
    rows = settings(folder)
    assert "`old.example`" in rows["relayhost"].note
    assert "postfix/relayhost string [hub.example] | debconf-set-selections" in rows["relayhost"].note
    assert "give the same answer" in rows["recipient_delimiter"].note
    assert "with its $ expanded" in rows["mydestination"].note
    assert "type of mail configuration" in rows["inet_interfaces"].note
    assert "/etc/mailname" in rows["myorigin"].note
    assert "dpkg" not in rows["message_size_limit"].note
