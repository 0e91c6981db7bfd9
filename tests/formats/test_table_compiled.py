"""The tables as postmap and postalias compile them: the same keys, values, and warned-of lines as ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailtui.formats.aliases import Aliases
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.formats.table import Table
from tests.corpus import corpus_files
from tests.formats.compiled import Compiler
from tests.formats.nasty import files

PROGRAMS = {"postmap": Table, "postalias": Aliases}
NASTY = {
    "postmap": [
        b"",
        b" orphan\n\torphan too\nkey value\n",
        b"key value",
        b"\xef\xbb\xbfkey value\n",
        b"A 1\na 2\n" + "Ä 1\nä 2\n".encode(),
        b'"a b"@x c\n"a\n  b"@y c\n"open c\n',
        b"a\\ b c\na\\\n b c\nend\\\n",
        b"key\n  value\n# note\n\n  more\n\tand more\nother x\n",
        b"key\r\n value\r\nnext value \r\n more\r\n",
        b"nul\0key value\nkey nul\0value\n\0\n",
        b"caf\xe9 x\nx caf\xe9\ny z\n caf\xe9\nz\0\xe9 a\nok ok\n",
        b"key: value\nkey2:\nkey3\n",
        "ſ x\ns y\n\u212a x\nk y\nSTRASSE 1\nStraße 2\n".encode(),
    ],
    "postalias": [
        b"",
        b'"first last": a\nFirst Last: b\nfirst  last : c\n(note) root: d\nroot (note): e\n',
        b'a@b: c\n"a@b": c\na%b: c\na,b: c\n: c\na:\n"": x\nx: ""\n',
        b'cmd: "|/bin/x a \\"b\\" c", |/bin/y d\nfile: /dev/null\ninc: :include:/etc/x\nself: \\self, other\n',
        b"a.b: c\na . b: d\na!b|c: d\n[lit]: x\n[li\\]t]: x\n",
        b"list: a,\n# note\n  b\n\n  c (note), <d@e>, Joe (x) User <joe@x>\n",
        b'open: (comment\nopen2: "quote\nopen3: [literal\nend: back\\\nq"q": z\n',
        b"a:b:c: d\r\nv\x0bt: x\x0cy\nnul\0: x\nnul2: \0\nc\x01: d\x02e\n",
        b"caf\xe9: x\nx: caf\xe9\n" + "ÄÖ: x\näö: y\n".encode(),
        b"esc\\ aped: x\\ y\nesc\\,b: x\n\\: x\n",
    ],
}


def _assert_same(compiler: Compiler, raw: bytes, kind: str = "hash") -> None:
    document = PROGRAMS[compiler.program].parse(raw)
    theirs, warnings = compiler.build(raw, kind)
    assert sorted(compiler.line(key, value) for key, value in document.compiled()) == theirs
    own = ("duplicate", "logical line", "byte order mark")
    with_line = [problem.line for problem in document.problems if not problem.text.startswith(own)]
    assert with_line == [line for line, _ in warnings if line]
    duplicates = sum(problem.text.startswith("duplicate entry") for problem in document.problems)
    assert duplicates == sum(b"duplicate entry" in text for _, text in warnings)
    for key, value in document.compiled():
        index = document.find(key)
        assert index is not None
        assert document._stored(document.entry(index).value) == value


@pytest.fixture(params=PROGRAMS)
def compiler(request: pytest.FixtureRequest, tmp_path: Path) -> Compiler:
    return Compiler(tmp_path, request.param)


def test_nasty_files_by_hand(compiler: Compiler) -> None:
    for raws in NASTY.values():
        for raw in raws:
            _assert_same(compiler, raw)


def test_lmdb_gets_the_same(compiler: Compiler) -> None:
    for raw in NASTY[compiler.program][1:4]:
        _assert_same(compiler, raw, "lmdb")


def test_words_of_the_warnings(compiler: Compiler) -> None:
    raw = b'  orphan\nkey\n"open x\nkey: x\nkey: y\na@b: x\nx caf\xe9\n'
    _, warnings = compiler.build(raw)
    ours = {
        problem.text.encode(errors="replace") for problem in PROGRAMS[compiler.program].parse(raw).problems
    }
    for line, text in warnings:
        if line and b"non-UTF-8" not in text:
            assert text in ours


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=files)
@example(raw=b"a b\n#c d\n  e\n")
def test_any_file(compiler: Compiler, raw: bytes) -> None:
    _assert_same(compiler, raw)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=files, data=st.data())
def test_each_edit_of_any_file_is_compiled_as_it_says(
    compiler: Compiler, raw: bytes, data: st.DataObject
) -> None:
    document = PROGRAMS[compiler.program].parse(raw)
    compiled = dict(document.compiled())
    key = data.draw(st.sampled_from(sorted(compiled))) if compiled else b"new"
    items = data.draw(st.permutations([b"x", b"y@z.example", b"/dev/null", b'"|c d, e"', b"w"]))[:3]
    edits: list[Callable[[], list[Splice]]] = [
        lambda: document.set(key, b"x"),
        lambda: document.set(key, items),
        lambda: document.set(b"added", items),
        lambda: document.remove(key),
        lambda: document.disable(key),
        lambda: document.rename(key, b"renamed"),
        lambda: document.remove_duplicates(key),
        lambda: document.add_disabled(b"off@x.example", b"y"),
    ]
    changed = []
    for edit in edits:
        try:
            changed.append(document.spliced(edit()))
        except (Missing, Refused):
            continue
    theirs = compiler.quick([each.raw for each in changed])
    assert theirs == [dict(each.compiled()) for each in changed]
    for each in theirs:
        assert len(set(each.items()) ^ set(compiled.items())) <= 2


def test_real_files(compiler: Compiler) -> None:
    kind = "tables" if compiler.program == "postmap" else "aliases"
    found = corpus_files(kind, 25)
    if not found:
        pytest.skip("no corpus of real files here")
    for path in found:
        _assert_same(compiler, path.read_bytes())
