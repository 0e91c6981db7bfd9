"""Edits of filter files: in words, and back, in a conflict, saved and folded."""

from __future__ import annotations

from typing import Any

import pytest

from mailtui.edits.datasets import AddLine, RemoveKeyRow, RemoveLine, SetKeyRow, SwitchKeyRow, SwitchLine
from mailtui.edits.draft import merged
from mailtui.edits.keywords import AddKeyword, RemoveKeyword, SetKeyword, SwitchKeyword, UnsetKeyword
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.store import from_json, to_json
from mailtui.formats.document import parse
from mailtui.formats.target import Target

CONF = Target("opendkim.conf", "/etc/opendkim.conf")
CLAM = Target("clamav-milter.conf", "/etc/clamav/clamav-milter.conf")
DEFAULTS = Target("defaults", "/etc/default/postgrey")
KEYS = Target("keytable", "/etc/opendkim/KeyTable")
SIGNING = Target("signingtable", "/etc/opendkim/SigningTable")
HOSTS = Target("trustedhosts", "/etc/opendkim/TrustedHosts")

CASES: list[tuple[Edit, bytes, bytes, str]] = [
    (SetKeyword(CONF, "mode", "s", "sv"), b"Mode sv\n", b"Mode s\n", "~ opendkim.conf: mode s"),
    (SetKeyword(CONF, "Mode", "s"), b"#Mode v\n", b"#Mode v\nMode s\n", "+ opendkim.conf: Mode s"),
    (UnsetKeyword(CONF, "Mode", "sv"), b"Mode sv\nUMask 0\n", b"UMask 0\n", "- opendkim.conf: Mode (was sv): the default"),
    (SwitchKeyword(CONF, "Mode", "sv", False), b"Mode sv\n", b"#Mode sv\n", "# opendkim.conf: Mode sv off"),
    (SwitchKeyword(CONF, "Mode", "sv", True), b"#Mode sv\n", b"Mode sv\n", "~ opendkim.conf: Mode sv on"),
    (AddKeyword(CLAM, "LocalNet", "local"), b"LocalNet 10.0.0.0/8\n", b"LocalNet 10.0.0.0/8\nLocalNet local\n",
     "+ clamav-milter.conf: LocalNet local, beside the others"),
    (RemoveKeyword(CLAM, "LocalNet", "local"), b"LocalNet local\nUser a\n", b"User a\n", "- clamav-milter.conf: LocalNet local"),
    (SetKeyword(DEFAULTS, "POSTGREY_OPTS", "--inet=1", "x"), b'POSTGREY_OPTS="x"\n', b'POSTGREY_OPTS="--inet=1"\n',
     "~ postgrey: POSTGREY_OPTS --inet=1"),
    (SwitchKeyword(DEFAULTS, "A", "x", False), b"A=x\n", b"#A=x\n", "# postgrey: A x off"),
    (SetKeyRow(KEYS, "k", "a:b:/d", "a:b:/c"), b"k a:b:/c\n", b"k a:b:/d\n", "~ KeyTable: k a:b:/d"),
    (SetKeyRow(KEYS, "n", "a:b:/d"), b"k a:b:/c\n", b"k a:b:/c\nn a:b:/d\n", "+ KeyTable: n a:b:/d"),
    (SetKeyRow(SIGNING, "*@a.b", "k", None, "*"), b"* x\n", b"*@a.b k\n* x\n", "+ SigningTable: *@a.b k"),
    (RemoveKeyRow(SIGNING, "*@a.b", "k", "*"), b"*@a.b k\n* x\n", b"* x\n", "- SigningTable: *@a.b (was k)"),
    (SwitchKeyRow(SIGNING, "*@a.b", "k", False), b"*@a.b k\n", b"#*@a.b k\n", "# SigningTable: *@a.b k off"),
    (AddLine(HOSTS, "10.0.0.1"), b"::1\n", b"::1\n10.0.0.1\n", "+ 10.0.0.1 in TrustedHosts"),
    (RemoveLine(HOSTS, "10.0.0.1"), b"::1\n10.0.0.1\n", b"::1\n", "- 10.0.0.1 out of TrustedHosts"),
    (SwitchLine(HOSTS, "10.0.0.1", False), b"10.0.0.1\n", b"#10.0.0.1\n", "# 10.0.0.1 in TrustedHosts off"),
]  # fmt: skip


def applied(edit: Edit, raw: bytes) -> bytes:
    document: Any = parse(edit.target.format, raw)
    result: bytes = document.spliced(edit.splices(document)).raw
    return result


@pytest.mark.parametrize(
    ("edit", "before", "after", "words"), CASES, ids=lambda value: getattr(value, "kind", None)
)
def test_each_edit(edit: Edit, before: bytes, after: bytes, words: str) -> None:
    assert applied(edit, before) == after
    assert applied(edit, after) == after  # it says so already
    assert edit.describe() == words
    assert edit.describe().startswith(edit.marker)
    back = edit.inverse()
    assert (
        parse(edit.target.format, applied(back, after)).problems == parse(edit.target.format, before).problems
    )
    if before.count(b"\n") == 1 or after.count(b"\n") > 1:
        assert applied(back, after) == before
    assert from_json(to_json(edit)) == edit
    assert merged([edit, back]) in ((), (edit, back))
    assert edit.merge(back) == "nothing"


CONFLICTS: list[tuple[Edit, bytes]] = [
    (SetKeyword(CONF, "Mode", "s", "sv"), b"Mode v\n"),
    (SetKeyword(CONF, "Mode", "s"), b"Mode v\n"),
    (UnsetKeyword(CONF, "Mode", "sv"), b"mode v\n"),
    (SwitchKeyword(CONF, "Mode", "sv", False), b"Mode v\n"),
    (SwitchKeyword(CONF, "Mode", "sv", True), b"#Mode sv\nMode v\n"),
    (SetKeyRow(KEYS, "k", "a:b:/d", "a:b:/c"), b"k a:b:/e\n"),
    (SetKeyRow(KEYS, "k", "a:b:/d"), b"k a:b:/e\n"),
    (RemoveKeyRow(KEYS, "k", "a:b:/c"), b"k a:b:/e\n"),
    (SwitchKeyRow(KEYS, "k", "a:b:/c", False), b"k a:b:/e\n"),
]


@pytest.mark.parametrize(("edit", "now"), CONFLICTS, ids=lambda value: getattr(value, "kind", None))
def test_someone_else_changed_the_same(edit: Edit, now: bytes) -> None:
    with pytest.raises(Conflict):
        applied(edit, now)


def test_several_edits_of_one_keyword_are_one() -> None:
    first, second = SetKeyword(CONF, "Mode", "s", "sv"), SetKeyword(CONF, "mode", "v", "s")
    assert merged([first, second]) == (SetKeyword(CONF, "Mode", "v", "sv"),)
    assert merged([first, SetKeyword(CONF, "MODE", "sv", "s")]) == ()
    assert merged([first, UnsetKeyword(CONF, "Mode", "s")]) == (UnsetKeyword(CONF, "Mode", "sv"),)
    assert merged([UnsetKeyword(CONF, "Mode", "sv"), SetKeyword(CONF, "Mode", "s")]) == (first,)
    case = SetKeyword(CLAM, "user", "a")
    assert len(merged([case, SetKeyword(CLAM, "User", "a")])) == 2  # ClamAV tells them apart


def test_a_row_among_others_of_its_key() -> None:
    raw = b"*@a.b k1\n*@a.b k2\n"
    assert applied(RemoveKeyRow(SIGNING, "*@A.b", "k2"), raw) == b"*@a.b k1\n"
    assert applied(SetKeyRow(SIGNING, "*@a.b", "k3", "k2"), raw) == b"*@a.b k1\n*@a.b k3\n"
    assert applied(SetKeyRow(SIGNING, "*@a.b", "k3"), raw) == raw + b"*@a.b k3\n"
