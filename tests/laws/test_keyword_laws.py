"""Filter files of other people: read as their programs read them, each keyword and row edited and back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.formats.defaults import Defaults
from mailtui.formats.dkimtables import HostList, KeyTable, SigningTable
from mailtui.formats.keywordgrammar import Kind
from mailtui.formats.keywords import Keyword, KeywordDocument
from mailtui.formats.splice import Missing, Refused
from tests.formats.keywordreaders import agrees, as_read, has, read, stopping
from tests.laws.whole import corpus, differs, tally

KINDS: dict[str, Kind] = {
    "opendkim.conf": "opendkim.conf",
    "opendmarc.conf": "opendmarc.conf",
    "clamav-milter.conf": "clamav-milter.conf",
    "policyd-spf.conf": "policyd-spf.conf",
    "sasl-smtpd.conf": "smtpd.conf",
}
FILES = [(kind, path) for kind in KINDS for path in corpus(kind, 5, templated=True)]
TABLES = corpus("dkim-tables", 12, templated=True)
DEFAULTS = corpus("postgrey-defaults", 6)
EDITED = {"boolean": b"no", "integer": b"077", "number": b"77", "size": b"7M", "text": b"/mailtui/edited"}

READ_OTHERWISE: list[tuple[str, str]] = []
"""Part of a path, and why its program reads the file otherwise."""


def name_of(value: object) -> str | None:
    return value.name.removesuffix(".txt") if isinstance(value, Path) else None


def given(pair: tuple[str, Path] | None) -> tuple[Kind, Path]:
    if pair is None:
        pytest.skip("no corpus of real files here")
    return KINDS[pair[0]], pair[1]


def pair_name(value: object) -> str | None:
    return f"{value[0]}-{name_of(value[1])}" if isinstance(value, tuple) else None


@pytest.mark.law
@pytest.mark.parametrize("pair", FILES or [None], ids=pair_name)
def test_read_as_its_program_reads(pair: tuple[str, Path] | None, tmp_path: Path) -> None:
    kind, path = given(pair)
    if not has(kind):
        pytest.skip("its program is not installed")
    raw = path.read_bytes()
    found = KeywordDocument.parse(raw, kind)
    assert found.raw == raw
    names = dict.fromkeys(found.grammar.spelled(each.name) for each in found.entries)
    names.pop("Include", None)
    real = read(kind, raw, tmp_path, names)
    why = next((why for part, why in READ_OTHERWISE if part in str(path)), "")
    if why:
        differs("keywords as read", path.name, why)
        return
    assert (stopping(found) is None) is (real.line is None), (found.problems, real.line)
    if real.line:
        assert stopping(found) == real.line
    for name in names:
        if name in real.values and found.grammar.shape(name) not in (None, "anything"):
            assert agrees(found, name, real.values[name]), (name, as_read(found, name), real.values[name])
    tally("keywords as read", files=1, entries=len(found.entries))


@pytest.mark.law
@pytest.mark.parametrize("pair", FILES or [None], ids=pair_name)
def test_each_keyword_edited_and_back(pair: tuple[str, Path] | None, tmp_path: Path) -> None:
    kind, path = given(pair)
    found = KeywordDocument.parse(path.read_bytes(), kind)
    edits = 0
    for each in found.entries:
        shape = found.grammar.shape(each.name)
        if shape in (None, "include", "anything"):
            continue
        edits += _set_and_back(found, each) if each.enabled else _on_and_back(found, each)
        if each.enabled:
            edits += _off_and_back(found, each)
    edits += _new_and_back(found)
    _seen_by_the_program(found, tmp_path)
    tally("keywords edited and back", files=1, edits=edits)


def _set_and_back(found: KeywordDocument, each: Keyword) -> int:
    if not each.counts or (found.value(each.name) != each.value):
        return 0
    shape = found.grammar.shape(each.name)
    value = EDITED[shape or "text"]
    if found.grammar.refuses(each.name, value):
        value = b"Accept" if each.name.startswith("On") else b"No"
    changed = found.spliced(found.set(each.name, value))
    assert changed.value(each.name) == value
    assert len(changed.raw.splitlines()) == len(found.raw.splitlines())
    back = changed.spliced(changed.set(each.name, each.value)) if not _unwritable(found, each) else found
    assert back.raw == found.raw, each.name
    return 1


def _unwritable(found: KeywordDocument, each: Keyword) -> bool:
    """Whether a value that stands there could not be written: its program refuses it, or it is cut."""
    try:
        found.grammar.written(each.name, each.value)
    except Refused:
        differs("keywords edited and back", each.name, "a value that its program refuses is not written back")
        return True
    return False


def _off_and_back(found: KeywordDocument, each: Keyword) -> int:
    if len(found.every(each.name)) > 1:
        differs("keywords edited and back", each.name, "stands twice: off takes both, on brings one back")
        return 0
    off = found.spliced(found.switch(each.name, on=False))
    assert off.value(each.name) is None
    if each.problem:
        return 1
    on = off.spliced(off.switch(each.name, True, each.value))
    if on.raw != found.raw:
        twins = [other for other in found.entries if not other.enabled and other.value == each.value]
        assert any(found.grammar.fold(other.name) == found.grammar.fold(each.name) for other in twins)
        assert on.value(each.name) == each.value
        differs(
            "keywords edited and back", each.name, "the same stands commented out elsewhere, and came back"
        )
    return 1


def _on_and_back(found: KeywordDocument, each: Keyword) -> int:
    if found.every(each.name) and found.grammar.spelled(each.name) not in found.grammar.repeated:
        with pytest.raises(Refused, match="set already"):
            found.switch(each.name, True, each.value)
        return 1
    on = found.spliced(found.switch(each.name, True, each.value))
    assert on.value(each.name) == each.value
    return 1


def _new_and_back(found: KeywordDocument) -> int:
    edits = 0
    for name, shape in found.grammar.names.items():
        if found.every(name) or shape in ("include", "anything"):
            continue
        value = EDITED[shape]
        if found.grammar.refuses(name, value):
            continue
        made = found.spliced(found.set(name, value))
        assert made.value(name) == value, name
        assert made.spliced(made.unset(name)).raw in (
            found.raw,
            found.raw + found.lines.newline,
            found.raw + b"\n",
        )
        edits += 1
    return edits


def _seen_by_the_program(found: KeywordDocument, folder: Path) -> None:
    """One edit of the file, judged by the program: it reads the new value, and the others as before."""
    if not has(found.kind) or stopping(found) is not None:
        return
    name = {"opendkim.conf": "UMask", "opendmarc.conf": "UMask", "clamav-milter.conf": "ReadTimeout",
            "policyd-spf.conf": "Lookup_Time", "smtpd.conf": "log_level"}[found.kind]  # fmt: skip
    changed = found.spliced(found.set(name, b"5"))
    names = {found.grammar.spelled(each.name) for each in found.entries} | {name}
    names.discard("Include")
    real = read(found.kind, changed.raw, folder, names)
    assert real.line is None
    for each, value in real.values.items():
        if found.grammar.shape(each) not in (None, "anything"):
            assert agrees(changed, each, value), each
    assert real.values.get(name, [b"5"]) == [b"5"]


# Tables of opendkim


def kind_of(raw: bytes) -> type[KeyTable | SigningTable | HostList]:
    """What such a file is, by its first rows."""
    rows = [line for line in raw.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    if any(line.count(b":") >= 2 and len(line.split()) == 2 for line in rows):
        return KeyTable
    return SigningTable if any(len(line.split()) > 1 for line in rows) else HostList


@pytest.mark.law
@pytest.mark.parametrize("path", TABLES or [None], ids=name_of)
def test_each_row_edited_and_back(path: Path | None, tmp_path: Path) -> None:
    if path is None:
        pytest.skip("no corpus of real files here")
    raw = path.read_bytes()
    kind = kind_of(raw)
    found = kind.parse(raw)
    assert found.raw == raw
    edits = 0
    for row in found.rows:
        if not row.enabled or len(found.every(row.key)) > 1 or not row.whole:
            continue
        off = found.spliced(found.switch(row.key, row.value, on=False))
        if off.every(row.key, row.value, enabled=False):
            assert off.spliced(off.switch(row.key, row.value, on=True)).raw == raw
        else:
            differs("rows edited and back", path.name, "off, the row would read as prose")
        if row.value and not found.fault(row.key, row.value):
            changed = found.spliced(found.set(row.key, b"a.example:s:/k"))
            assert changed.spliced(changed.set(row.key, row.value)).raw == raw
        edits += 2
    try:
        made = found.spliced(found.add(b"mailtui.example", b"" if kind is HostList else b"a.example:s:/k"))
    except Refused:
        pytest.fail("a plain row is refused")
    assert made.spliced(made.remove(b"mailtui.example")).raw in (raw, raw + found.lines.newline)
    _rows_as_opendkim(found, raw, tmp_path)
    tally("rows edited and back", files=1, entries=len(found.rows), edits=edits + 1)


def _rows_as_opendkim(found: KeyTable | SigningTable | HostList, raw: bytes, folder: Path) -> None:
    if commands.find("opendkim") is None or isinstance(found, HostList):
        return
    path = folder / "set"
    path.write_bytes(raw)
    for row in found.rows:
        if not row.enabled or not row.value or b"/" in row.key or not row.key.isascii():
            continue
        first = found.get(row.key)
        assert first is not None
        fields = first.value.count(b":") + 1
        words = f"file:{path}\n".encode() + row.key + b"/%d\n" % fields
        done = subprocess.run(["opendkim", "-Q"], input=words, capture_output=True, check=False, timeout=20)
        answer = re.findall(rb"^(?:> )*'(.*)'$", done.stdout, re.MULTILINE)
        if [each for each in found.rows if each.key.lower() == row.key.lower() and each.key != row.key]:
            continue  # -Q tells upper and lower case apart, as for a KeyTable
        assert b":".join(answer) == first.value, row.key


# /etc/default/postgrey


@pytest.mark.law
@pytest.mark.parametrize("path", DEFAULTS or [None], ids=name_of)
def test_each_variable_edited_and_back(path: Path | None, tmp_path: Path) -> None:
    if path is None:
        pytest.skip("no corpus of real files here")
    raw = path.read_bytes()
    found = Defaults.parse(raw)
    assert found.raw == raw
    copy = tmp_path / "file"
    edits = 0
    for each in found.assignments:
        name = each.name.decode()
        if not each.enabled or not each.counts or each.odd:
            continue
        assert _of_sh(raw, name, copy) == each.value
        changed = found.spliced(found.set(name, b"--inet=7 --delay=60"))
        assert _of_sh(changed.raw, name, copy) == b"--inet=7 --delay=60"
        again = changed.spliced(changed.set(name, each.value))
        assert again.value(name) == each.value
        off = found.spliced(found.switch(name, on=False))
        assert off.value(name) is None
        assert off.spliced(off.switch(name, True, each.value)).raw == raw
        edits += 2
    try:
        found.unset("NO_SUCH_NAME")
    except Missing:
        edits += 1
    tally("variables edited and back", files=1, entries=len(found.assignments), edits=edits)


def _of_sh(raw: bytes, name: str, copy: Path) -> bytes:
    """What a shell makes of it; nothing but its own words is to be found there."""
    copy.write_bytes(raw)
    argv = ["/bin/sh", "-c", f'. {copy}; printf %s "${name}"']
    done = subprocess.run(
        argv, env={"PATH": "/nonexistent"}, capture_output=True, check=False, timeout=10, cwd="/"
    )
    return done.stdout
