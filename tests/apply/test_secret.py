"""No output shows what a password file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.apply.journal import new_change
from mailtui.apply.secret import MASK, masked_edit, masked_hunks, masked_line, unified
from mailtui.apply.undoing import filled, taken_back
from mailtui.apply.uses import Use, is_secret
from mailtui.edits.candidate import FileChange
from mailtui.edits.diff import hunks
from mailtui.edits.entries import RemoveEntry, RenameEntry, SetEntry, SwitchEntry
from mailtui.edits.keywords import SetKeyword, SwitchKeyword, UnsetKeyword
from mailtui.edits.notundone import NotUndone
from mailtui.edits.patternrules import SetPattern
from mailtui.edits.store import to_json
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target
from tests.apply.changing import Server

PASSWD = Target("table", "/etc/postfix/relay_logins", "hash")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"smtp.example.net  user:hunter2\n", f"smtp.example.net  {MASK}\n"),
        (b"[smtp.example.net]:587\tuser:hunter2\r\n", f"[smtp.example.net]:587\t{MASK}\r\n"),
        (b"smtp.example.net:submission user:hunter2\n", f"smtp.example.net:submission {MASK}\n"),
        (b"user:hunter2 more\n", f" {MASK}\n"),
        (b"   more:hunter2\n", f" {MASK}\n"),
        (b"# old smtp.example.net user:hunter2\n", f"# {MASK}\n"),
        (b"#smtp.example.net user:hunter2", f"# {MASK}"),
        (b"hunter2\n", f" {MASK}\n"),
        (b"\n", "\n"),
    ],
)
def test_a_line_keeps_its_key_at_most(line: bytes, shown: str | None) -> None:
    masked = masked_line(line)
    assert b"hunter2" not in masked
    if shown is not None:
        assert masked == shown.encode()


def test_a_masked_diff_shows_where_and_not_what() -> None:
    before = b"# relays\na.example user:hunter2\nb.example user:hunter3\n"
    change = FileChange(PASSWD, before, (Splice(30, 31, b"4"),), (), created=False)
    text = unified(change, hunks(change)).decode()
    assert "hunter" not in text
    assert f"-a.example {MASK}\n+a.example {MASK}\n b.example {MASK}\n" in text
    assert all(b"hunter" not in line.raw for hunk in masked_hunks(hunks(change)) for line in hunk.lines)


@pytest.mark.parametrize(
    "edit",
    [
        SetEntry(PASSWD, "a.example", "user:hunter2", "user:hunter1"),
        SetEntry(PASSWD, "a.example", ("user:hunter2",), None),
        RemoveEntry(PASSWD, "a.example", "user:hunter1"),
        SwitchEntry(PASSWD, "a.example", "user:hunter1", on=False),
        RenameEntry(PASSWD, "a.example", "b.example", "user:hunter1"),
    ],
)
def test_a_masked_edit_says_what_is_touched(edit: SetEntry) -> None:
    masked = masked_edit(edit)
    assert type(masked) is type(edit)
    assert masked.marker == edit.marker
    assert "a.example" in masked.describe()
    assert "hunter" not in repr(masked)


def test_password_maps_are_secret_by_the_parameter_or_the_name() -> None:
    used = Use("hash", PASSWD.path, ("smtp_sasl_password_maps",))
    own = Use("hash", PASSWD.path, ("relay/unix: smtp_sasl_password_maps",))
    other = Use("hash", PASSWD.path, ("transport_maps",))
    assert is_secret(PASSWD, [used])
    assert is_secret(PASSWD, [own])
    assert not is_secret(PASSWD, [other])
    assert is_secret(Target("table", "/etc/postfix/sasl_passwd", "hash"), [])
    assert not is_secret(Target("main.cf", "/etc/passw/main.cf"), [])


def test_a_rule_of_a_secret_table_leaves_nothing() -> None:
    """Patterns are named by their whole text."""
    target = Target("pcre", "/etc/postfix/sasl_passwd.pcre", "pcre")
    edit = SetPattern(target, "/a/", 0, "/a/ new:secret", "/a/ old:secret", "/a/", 0)
    masked = masked_edit(edit)
    assert "secret" not in repr(masked).replace("sasl_passwd", "")
    change = new_change("roland", "/etc/postfix", "host")
    change.edits = [to_json(masked)]
    assert [type(each) for each in taken_back(change)] == [NotUndone]


def test_a_filters_file_with_a_password_is_held_to_the_same_rule(root: Path) -> None:
    """What was new goes, whatever it is set to; what had another value, or was off, is named."""
    server = Server(root)
    path = server.etc / "opendkim.conf"
    path.write_text("LDAPBindPassword geheim\nMode s\nSyslog yes\n")
    target = Target("opendkim.conf", str(path))
    change = new_change("roland", str(server.etc), "host")
    edits = [
        SetKeyword(target, "Mode", "s", None),
        SetKeyword(target, "LDAPBindPassword", "geheim", "anders"),
        SwitchKeyword(target, "Syslog", "yes", on=True),
        SwitchKeyword(target, "Canonicalization", "simple", on=False),
    ]
    change.edits = [to_json(masked_edit(edit)) for edit in edits]
    off, on, secret, new = filled(taken_back(change), server.instance)
    assert new == UnsetKeyword(target, "Mode", "s")
    assert on == SwitchKeyword(target, "Syslog", "yes", on=False)
    assert isinstance(secret, NotUndone)
    assert secret.text.endswith("type it again: ~ opendkim.conf: LDAPBindPassword •••••")
    assert isinstance(off, NotUndone)
