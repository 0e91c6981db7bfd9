"""KeyTable, SigningTable and lists of hosts: read as `opendkim -Q` reads them, edited by the smallest splice."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui import commands
from mailtui.formats.dataset import DataSet
from mailtui.formats.dkimtables import KINDS, HostList, KeyTable, SigningTable
from mailtui.formats.splice import Missing, Refused

LINES = (
    b"k1 a.example:s1:/etc/k1", b"  k2\ta.example:s2:/etc/k2  # why", b"k1 b.example:s:/x", b"# prose is here",
    b"#k3 a.example:s3:/etc/k3", b"*@example.com k1", b"#*@example.org k2", b"user@example.com k1:other",
    b"127.0.0.1", b"#10.0.0.0/8", b"!192.0.2.1", b".example.com", b"localhost", b"::1", b"a b", b"", b"  ", b"#",
    b"k4", b"#" + b"v" * 1030 + b" k9", b"K1 c.example:s:/x", b"\xe9 x:y:z",
)  # fmt: skip


def texts() -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(LINES), max_size=6).map(
        lambda lines: b"".join(line + b"\n" for line in lines)
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(raw=st.one_of(st.binary(max_size=200), texts()))
def test_every_byte_string_is_one(kind: str, raw: bytes) -> None:
    found = KINDS[kind].parse(raw)
    assert found.raw == raw
    for row in found.rows:
        assert raw[row.key_start : row.key_start + len(row.key)] == row.key
        assert raw[row.start : row.end] == row.value
    assert all(1 <= problem.line <= raw.count(b"\n") + 1 for problem in found.problems)


def asked(path: Path, kind: str, key: bytes, fields: int = 1) -> list[bytes] | None:
    """The fields that opendkim finds for a key, the last with all that is left; None where it finds nothing."""
    words = f"{kind}:{path}\n".encode() + key + b"/%d\n" % fields
    done = subprocess.run(["opendkim", "-Q"], input=words, capture_output=True, check=False, timeout=20)
    if b"not found" in done.stderr + done.stdout:
        return None
    return re.findall(rb"^(?:> )*'(.*)'$", done.stdout, re.MULTILINE)


@pytest.mark.skipif(commands.find("opendkim") is None, reason="opendkim is not installed")
@settings(max_examples=25, deadline=None)
@given(raw=texts())
def test_a_row_is_read_as_opendkim_reads_it(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("t") / "set"
    path.write_bytes(raw)
    found = KeyTable.parse(raw)
    for key in {row.key for row in found.rows if b"/" not in row.key and row.key.isascii()}:  # as -Q takes
        row = found.get(key)
        answer = asked(path, "file", key, row.value.count(b":") + 1 if row is not None and row.value else 0)
        assert (answer is None) is (row is None), key
        if row is not None and answer is not None:
            assert b":".join(answer) == row.value, key


@pytest.mark.skipif(commands.find("opendkim") is None, reason="opendkim is not installed")
def test_a_line_that_begins_with_a_blank_is_lost_in_a_refile(tmp_path: Path) -> None:
    path = tmp_path / "set"
    raw = b"  *@a.example k1\n*@b.example k2\n"
    path.write_bytes(raw)
    assert asked(path, "refile", b"x@a.example") is None
    assert asked(path, "refile", b"x@b.example") == [b"k2"]
    assert [row.indented for row in SigningTable.parse(raw).rows] == [True, False]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80)
@given(data=st.data())
def test_edits_and_back(kind: str, data: st.DataObject) -> None:
    raw = data.draw(texts())
    found = KINDS[kind].parse(raw)
    key = data.draw(
        st.sampled_from([b"new.example", b"k1", b"*@example.com", b"127.0.0.1", b"bad key", b"#x"])
    )
    value = data.draw(st.sampled_from([b"a.example:s:/k", b"k1", b"", b"x#y"]))
    try:
        made = found.spliced(found.add(key, value))
    except Refused:
        made = found
    if made.raw != raw:
        assert value in [row.value for row in made.every(key)]
        assert made.spliced(made.remove(key, value)).raw == raw
    for row in [each for each in found.rows if each.enabled and each.whole]:
        if len(found.every(row.key)) > 1 or found.fault(row.key, row.value):
            continue
        off = found.spliced(found.switch(row.key, row.value, on=False))
        assert not off.every(row.key)
        if off.every(row.key, row.value, enabled=False):  # not where it would read as prose
            back = off.spliced(off.switch(row.key, row.value, on=True))
            assert back.raw == raw or len(off.every(row.key, row.value, enabled=False)) > 1


def rows_of(kind: type[DataSet], raw: bytes) -> list[tuple[bytes, bytes, bool]]:
    return [(row.key, row.value, row.enabled) for row in kind.parse(raw).rows]


def test_rows() -> None:
    raw = b"# the keys\nk1\ta:b:/c\n#k2\ta:b:/d\nk1\tx:y:/z\n"
    assert rows_of(KeyTable, raw) == [
        (b"k1", b"a:b:/c", True), (b"k2", b"a:b:/d", False), (b"k1", b"x:y:/z", True),
    ]  # fmt: skip
    found = KeyTable.parse(raw)
    assert [problem.line for problem in found.problems] == [4]
    assert found.get(b"k1") == found.rows[0]
    assert KeyTable.fields(b"a:b:/c:d") == (b"a", b"b", b"/c:d")
    changed = found.spliced(found.set(b"k1", b"a:b:/e", b"a:b:/c"))
    assert changed.raw == raw.replace(b"a:b:/c", b"a:b:/e")
    with pytest.raises(Missing):
        found.set(b"k9", b"a:b:/c")
    with pytest.raises(Refused, match="there already"):
        found.add(b"k1", b"q:r:/s")
    assert found.spliced(found.add(b"k3", b"q:r:/s")).raw == raw + b"k3\tq:r:/s\n"


def test_a_signing_row_goes_above_the_one_that_would_hide_it() -> None:
    found = SigningTable.parse(b"*@a.example k1\n* k2")
    assert found.spliced(found.add(b"*@b.example", b"k3", before=b"*")).raw == (
        b"*@a.example k1\n*@b.example k3\n* k2"
    )
    assert found.spliced(found.add(b"*@b.example", b"k3")).raw == b"*@a.example k1\n* k2\n*@b.example k3\n"


def test_hosts() -> None:
    raw = b"127.0.0.1\n#10.0.0.0/8\n# our desks\n!192.0.2.1\nlocalhost\na b\n"
    found = HostList.parse(raw)
    assert [(row.key, row.enabled) for row in found.rows] == [
        (b"127.0.0.1", True), (b"10.0.0.0/8", False), (b"!192.0.2.1", True), (b"localhost", True), (b"a", True),
    ]  # fmt: skip
    assert "one host a line" in found.problems[0].text
    for bad in (b"a,b", b"300.1.1.1/x y", b"=x", b""):
        with pytest.raises(Refused):
            found.add(bad)
    assert found.spliced(found.add(b"[2001:db8::1]")).raw == raw + b"[2001:db8::1]\n"
    assert found.spliced(found.switch(b"10.0.0.0/8", None, on=True)).raw == raw.replace(b"#10", b"10")
