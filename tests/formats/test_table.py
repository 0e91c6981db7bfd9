"""Tables that postmap reads: what an entry is, and where and how edits are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.formats.table import Table

VIRTUAL = b"""# virtual aliases
falcot.com              anything
info@falcot.com         jean,
  # the secretary
                        laure
sales@falcot.com        laure
#old@falcot.com         jean

@example.org            root
postmaster@example.org  root
"""


def _after(raw: bytes, edit: Callable[[Table], list[Splice]]) -> bytes:
    table = Table.parse(raw)
    return table.spliced(edit(table)).raw


def test_entries() -> None:
    table = Table.parse(VIRTUAL)
    entries = [table.entry(index) for index in range(len(table))]
    assert [entry.key for entry in entries] == [
        b"falcot.com",
        b"info@falcot.com",
        b"sales@falcot.com",
        b"old@falcot.com",
        b"@example.org",
        b"postmaster@example.org",
    ]
    assert [entry.enabled for entry in entries] == [True, True, True, False, True, True]
    info = entries[1]
    assert info.value == b"jean," + b" " * 24 + b"laure"
    assert info.line == 3
    assert VIRTUAL[info.start : info.end].endswith(b"laure\n")
    assert table.items(1) == [b"jean", b"laure"]
    assert table.fields(2) == b"sales@falcot.com laure"


def test_find_sets_letter_case_aside_and_takes_the_first() -> None:
    table = Table.parse(b"A@b 1\na@B 2\n# c@d 3\n#c@d 4\n  e@f 5\n" + "Ä@b 6\n".encode())
    assert [table.find(key) for key in (b"a@b", b"A@B", b"c@d", b"e@f", b"")] == [0, 0, None, None, None]
    assert table.find("ä@b".encode()) == 3
    assert table.find_disabled(b"C@D") == 2
    assert list(table.duplicates()) == [1]


@pytest.mark.parametrize(
    ("offset", "index"),
    [(0, 0), (20, 0), (60, 1), (85, 1), (105, 1), (len(VIRTUAL) - 1, 5), (len(VIRTUAL), 6)],
)
def test_index_at(offset: int, index: int) -> None:
    assert Table.parse(VIRTUAL).index_at(offset) == index


def test_index_at_behind_the_last_entry() -> None:
    table = Table.parse(b"a b\n# end\n")
    assert table.index_at(6) == len(table) == 1
    assert Table.parse(b"").index_at(0) == 0
    within = Table.parse(b"root jean,\n#admin@x bob\n  laure\n")
    assert within.index_at(within.raw.index(b"laure")) == 0


def test_problems_in_the_words_of_postmap() -> None:
    raw = b'  lost\n\nkey\n"open x\nlist: x\nodd caf\xe9\na x\nA y\nfine ok\n'
    assert [(problem.line, problem.text) for problem in Table.parse(raw).problems] == [
        (1, 'logical line must not start with whitespace: "  lost"'),
        (3, "expected format: key whitespace value"),
        (4, "unbalanced '\"' in '\"open x' -- ignoring this line"),
        (5, 'record is in "key: value" format; is this an alias file?'),
        (6, 'non-UTF-8 input "odd caf\udce9" -- ignoring this line'),
        (8, 'duplicate entry: "a"'),
    ]
    assert Table.parse(b"\xef\xbb\xbfa b\n").problems[0].text.startswith("byte order mark")
    assert not Table.parse(VIRTUAL).problems


@pytest.mark.parametrize(
    ("raw", "value", "after"),
    [
        (b"k  v   \r\n", b"w", b"k  w   \r\n"),
        (b"k v", b"w x", b"k w x"),
        (b"k a,\n # note\n  b\nz y\n", b"c", b"k c\n # note\nz y\n"),
        (b"k\n  a,\n  b\n", b"c", b"k\n  c\n"),
        (b"k a, b , c\n", [b"a", b"c"], b"k a, c\n"),
        (b"k a, b , c\n", [b"b", b"c"], b"k b , c\n"),
        (b"k a, b , c\n", [b"a", b"b"], b"k a, b\n"),
        (b"k a, b\n", [b"a", b"x", b"b"], b"k a, x, b\n"),
        (b"k a b\n", [b"a", b"b", b"c"], b"k a b c\n"),
        (b"k a,b\n", [b"c", b"a", b"b"], b"k c,a,b\n"),
        (b"k a\n", [b"a", b"b"], b"k a, b\n"),
        (b"k a,\n\tb,\n\t# note\n\tc\n", [b"a", b"c"], b"k a,\n\t# note\n\tc\n"),
        (b"k a,\n\tb,\n\t# note\n\tc\n", [b"a", b"b"], b"k a,\n\tb\n\t# note\n"),
        (b"k a,\n\tb\n", [b"b"], b"k b\n"),
        (b"k a,\n\tb\n", [b"a", b"b", b"c"], b"k a,\n\tb,\n\tc\n"),
        (b"k a,\n\tb\n", [b"a", b"x", b"b"], b"k a,\n\tx,\n\tb\n"),
        (b"k a,\r\n\tb,\r\n", [b"a", b"b", b"c"], b"k a,\r\n\tb,\r\n\tc,\r\n"),
        (b"k a, b,\n  c, d\n", [b"a", b"b", b"c", b"d", b"e"], b"k a, b,\n  c, d, e\n"),
        (b"k a, b,\n  c, d\n", [b"a", b"d"], b"k a,\n  d\n"),
        (b"k\n  a,\n  b\n", [b"x", b"a", b"b"], b"k\n  x,\n  a,\n  b\n"),
        (b"k a,\n# note\n  b\n", [b"b"], b"k \n# note\n  b\n"),
        (b'k "a, b"@c, d\n', [b'"a, b"@c', b"e"], b'k "a, b"@c, e\n'),
    ],
)
def test_set_changes_what_must_change(raw: bytes, value: bytes | Sequence[bytes], after: bytes) -> None:
    assert _after(raw, lambda table: table.set(b"k", value)) == after


@pytest.mark.parametrize(
    ("raw", "key", "after"),
    [
        (b"", b"a@b", b"a@b v\n"),
        (b"x@b y", b"a@b", b"x@b y\na@b v\n"),
        (b"x@b\ty\r\n", b"a@b", b"x@b\ty\r\na@b\tv\r\n"),
        (b"x@b 1\ny@c 2\n", b"a@B", b"x@b 1\na@B v\ny@c 2\n"),
        (b"x@b 1,\n # n\n  2\n# about c\ny@c 2\n", b"a@b", b"x@b 1,\n # n\n  2\na@b v\n# about c\ny@c 2\n"),
        (b"b    any\nz@z  1\n", b"a@b", b"b    any\na@b  v\nz@z  1\n"),
        (b"aa@b   1\nlonger@b 2\n", b"x@b", b"aa@b   1\nlonger@b 2\nx@b v\n"),
        (b"aa@b     1\nlonger@b 2\n", b"x@b", b"aa@b     1\nlonger@b 2\nx@b      v\n"),
        (b"a@b\t\t1\nlonger@b.c\t2\n", b"x@b.c", b"a@b\t\t1\nlonger@b.c\t2\nx@b.c\t\tv\n"),
        (b"a@b\t\t1\n", b"much-longer-key@b", b"a@b\t\t1\nmuch-longer-key@b\tv\n"),
        (b"root 1\nadmin 2\nx@b 3\n", b"web", b"root 1\nadmin 2\nweb v\nx@b 3\n"),
        (b"x@b 3\nroot 1\ny@b 3\n", b"web", b"x@b 3\nroot 1\ny@b 3\nweb v\n"),
        (b'"x y"@b 1\nz@c 2\n', b"a@b", b'"x y"@b 1\na@b v\nz@c 2\n'),
        (b"# only a comment", b"a@b", b"# only a comment\na@b v\n"),
    ],
)
def test_a_new_entry_stands_with_its_like(raw: bytes, key: bytes, after: bytes) -> None:
    assert _after(raw, lambda table: table.set(key, b"v")) == after


def test_remove_takes_every_line_of_the_entry_and_leaves_its_comments() -> None:
    raw = b"a 1\nk 2,\n  # note\n  3\nb 4\nK 5\n"
    assert _after(raw, lambda table: table.remove(b"k")) == b"a 1\n  # note\nb 4\n"
    assert _after(raw, lambda table: table.remove_duplicates(b"k")) == b"a 1\nk 2,\n  # note\n  3\nb 4\n"


def test_off_and_on() -> None:
    off = _after(VIRTUAL, lambda table: table.disable(b"info@falcot.com"))
    assert b"#info@falcot.com         jean,\n#  # the secretary\n#                        laure\n" in off
    assert _after(off, lambda table: table.enable(b"info@falcot.com")) == VIRTUAL
    on = _after(VIRTUAL, lambda table: table.enable(b"OLD@falcot.com"))
    assert on == VIRTUAL.replace(b"#old", b"old")


def test_rename_changes_the_key_alone() -> None:
    raw = b"a@b   1,\n # n\n  2\n"
    assert _after(raw, lambda table: table.rename(b"a@b", b"longer@b")) == b"longer@b   1,\n # n\n  2\n"
    assert _after(raw, lambda table: table.rename(b"a@b", b"A@b")) == raw.replace(b"a@b", b"A@b")
    assert Table.parse(raw).rename(b"a@b", b"a@b") == []


@pytest.mark.parametrize(
    ("raw", "edit"),
    [
        (b"", lambda table: table.set(b"k", b"")),
        (b"", lambda table: table.set(b"k", b"  ")),
        (b"", lambda table: table.set(b"k", [])),
        (b"", lambda table: table.set(b"k", b"a\nb")),
        (b"", lambda table: table.set(b"k", b"a\0b")),
        (b"", lambda table: table.set(b"k", b"caf\xe9")),
        (b"", lambda table: table.set(b"k", [b"a b"])),
        (b"", lambda table: table.set(b"k", [b"a", b""])),
        (b"", lambda table: table.set(b"k", [b"a,b"])),
        (b"", lambda table: table.set(b"", b"v")),
        (b"", lambda table: table.set(b"two words", b"v")),
        (b"", lambda table: table.set(b'open"quote', b"v")),
        (b"", lambda table: table.set(b"#k", b"v")),
        (b"", lambda table: table.set(b" k", b"v")),
        (b"", lambda table: table.set(b"k\n l", b"v")),
        (b"", lambda table: table.set(b"caf\xe9", b"v")),
        (b"k\n  a\n", lambda table: table.set(b"k", b"#a")),
        (b"k a\nl b\n", lambda table: table.rename(b"k", b"L")),
        (b"k a\nk b\n", lambda table: table.rename(b"k", b"l")),
        (b"k a\n", lambda table: table.rename(b"k", b"#l")),
        (b"k a\nK b\n", lambda table: table.disable(b"k")),
        (b"k a\n#k b\n", lambda table: table.disable(b"k")),
        (b"k this is no list\n", lambda table: table.disable(b"k")),
        (b"k a\n#k b\n", lambda table: table.enable(b"k")),
        (b"root jean,\n#admin@x bob\n  laure\n", lambda table: table.enable(b"admin@x")),
    ],
)
def test_what_cannot_be_written_is_refused(raw: bytes, edit: Callable[[Table], list[Splice]]) -> None:
    with pytest.raises(Refused) as refused:
        edit(Table.parse(raw))
    assert refused.value.do


def test_missing() -> None:
    with pytest.raises(Missing):
        Table.parse(b"# a b\n#a b\n").remove(b"a")


@pytest.mark.parametrize(
    ("raw", "entry"),
    [
        (b"#info@falcot.com jean\n", (b"info@falcot.com", b"jean")),
        (b"#1.2.3.4 permit\n", (b"1.2.3.4", b"permit")),
        (b"#example.org REJECT we do not like you\n", (b"example.org", b"REJECT we do not like you")),
        (b"#example.org 550 no\n", (b"example.org", b"550 no")),
        (b"#root jean\n", (b"root", b"jean")),
        (b"#* smtp:[relay.example.net]\n", (b"*", b"smtp:[relay.example.net]")),
        (b"#<> REJECT\n", (b"<>", b"REJECT")),
        (b"#root jean, laure\n", (b"root", b"jean, laure")),
        (b"#root\tjean and others\n", (b"root", b"jean and others")),
        (b"#root jean,\n#\tlaure\n# Prose\n", (b"root", b"jean,\tlaure")),
        (b"#root jean\n# Prose\n#\n#   more of it\n", (b"root", b"jean")),
        (b"#root jean,\n## inner\n#\n# laure\n", (b"root", b"jean, laure")),
        (b"#root jean,\n## inner\n", (b"root", b"jean,")),
    ],
)
def test_commented_out_entries(raw: bytes, entry: tuple[bytes, bytes]) -> None:
    table = Table.parse(raw)
    assert [(table.entry(index).key, table.entry(index).value) for index in range(len(table))] == [entry]
    assert not table.is_enabled(0)
    assert table.find(entry[0]) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"# root jean\n",
        b"#\n",
        b"##root jean\n",
        b"#This is a comment\n",
        b"#virtual aliases for falcot\n",
        b"#Mailing lists\n",
        b"#See below.\n",
        b"#Note: that\n",
        b"#----- -----\n",
        b"#key\n",
        b"#caf\xe9 x@y\n",
        b' #root jean\n#"open x@y\n',
    ],
)
def test_prose_is_no_entry(raw: bytes) -> None:
    assert len(Table.parse(raw)) == 0
