"""Alias files: names as RFC 822 tokens, recipients as written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mailtui.formats import addresses
from mailtui.formats.aliases import Aliases
from mailtui.formats.splice import Refused, Splice

FILE = b"""# /etc/aliases
postmaster:     root
root:           jean, \\
                laure
"first last":   x
support:        "|/usr/bin/tickets --queue 'a b'", /var/mail/support,
        :include:/etc/postfix/support
#webmaster:     root
"""


def _after(raw: bytes, edit: Callable[[Aliases], list[Splice]]) -> bytes:
    aliases = Aliases.parse(raw)
    return aliases.spliced(edit(aliases)).raw


def test_entries() -> None:
    aliases = Aliases.parse(FILE)
    assert [aliases.entry(index).key for index in range(len(aliases))] == [
        b"postmaster",
        b"root",
        b"first last",
        b"support",
        b"webmaster",
    ]
    assert aliases.items(3) == [
        b"\"|/usr/bin/tickets --queue 'a b'\"",
        b"/var/mail/support",
        b":include:/etc/postfix/support",
    ]
    assert aliases.find(b"First Last") == 2
    assert aliases.find(b'"first last"') is None
    assert aliases.find_disabled(b"WebMaster") == 4


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"first last: x", b"first last"),
        (b'"first last" : x', b"first last"),
        (b"first.last: x", b"first.last"),
        (b'"a@b": x', b"a@b"),
        (b'"a\\"b": x', b'a"b'),
        (b'"": x', b""),
        (b"(c) root: x", b"(c) root"),
    ],
)
def test_names(line: bytes, key: bytes) -> None:
    aliases = Aliases.parse(line + b"\n")
    assert aliases.entry(0).key == key
    assert aliases.find(key) == 0


def test_problems_in_the_words_of_postalias() -> None:
    raw = b"a@b: x\nb\nc:\n: d\na, b: x\nok: x\nOK: y\n"
    assert [(problem.line, problem.text) for problem in Aliases.parse(raw).problems] == [
        (1, "name must be local"),
        (2, "need name:value pair"),
        (3, "need name:value pair"),
        (4, "need name:value pair"),
        (5, "need name:value pair"),
        (7, 'duplicate entry: "ok"'),
    ]


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (b"a, b", [b"a", b"b"]),
        (b"a b", [b"a", b"b"]),
        (b"a,,b,", [b"a", b"b"]),
        (b'"|cmd a, b", c', [b'"|cmd a, b"', b"c"]),
        (b"|cmd a b", [b"|cmd", b"a", b"b"]),
        (b"a (note, more) b", [b"a", b"b"]),
        (b"Joe User <joe@x>, <a@b> c", [b"Joe User <joe@x>", b"<a@b>", b"c"]),
        (b'"a b"@c.d e', [b'"a b"@c.d', b"e"]),
        (b":include:/a, :include:/b", [b":include:/a", b":include:/b"]),
        (b'""', [b'""']),
        (b",", []),
    ],
)
def test_items(value: bytes, items: list[bytes]) -> None:
    assert addresses.items(value) == items
    assert Aliases.parse(b"k: " + value + b"\n").items(0) == items


@pytest.mark.parametrize(
    ("raw", "key", "value", "after"),
    [
        (b"", b"root", b"jean", b"root: jean\n"),
        (b"", b"first last", b"jean", b'"first last": jean\n'),
        (b"", b"a@b", b"jean", b'"a@b": jean\n'),
        (b"", b'q"\\', b"jean", b'"q\\"\\\\": jean\n'),
        (b"a:b\n", b"root", b"jean", b"a:b\nroot:jean\n"),
        (b"a:\tb\nlonger-name:\tc\n", b"d", b"e", b"a:\tb\nlonger-name:\tc\nd:\te\n"),
        (b"a:\t\tb\nroot:\t\tc\n", b"postmaster", b"e", b"a:\t\tb\nroot:\t\tc\npostmaster:\te\n"),
        (b"a      : b\nroot   : c\n", b"web", b"d", b"a      : b\nroot   : c\nweb    : d\n"),
        (b"a: b\n# end\n", b"c", b"d", b"a: b\nc: d\n# end\n"),
        (b"root: a, b\n", b"ROOT", [b"b"], b"root: b\n"),
        (b"root: a\n", b"root", [b'"|/bin/x a b"', b"a"], b'root: "|/bin/x a b", a\n'),
        (b"root: a (boss), b\n", b"root", [b"a", b"b", b"c"], b"root: a (boss), b, c\n"),
        (b"root: a\n", b"root", b'""', b'root: ""\n'),
    ],
)
def test_set(raw: bytes, key: bytes, value: bytes | Sequence[bytes], after: bytes) -> None:
    assert _after(raw, lambda aliases: aliases.set(key, value)) == after


def test_rename_quotes_where_needed() -> None:
    assert _after(b"root : x\n", lambda aliases: aliases.rename(b"root", b"the boss")) == b'"the boss" : x\n'
    assert _after(b"the boss: x\n", lambda aliases: aliases.rename(b"the boss", b"root")) == b"root: x\n"
    with pytest.raises(Refused, match="goes on to line 3"):  # what is commented out amid it would go
        Aliases.parse(b"the\n#root: y\n boss: x\n").rename(b"the boss", b"root")


@pytest.mark.parametrize(
    "edit",
    [
        lambda aliases: aliases.set(b"k", [b"|/bin/x a"]),
        lambda aliases: aliases.set(b"k", b"|/bin/x a"),
        lambda aliases: aliases.set(b"k", b"x, |/bin/x a b, y"),
        lambda aliases: aliases.set(b"k", b""),
        lambda aliases: aliases.set(b"k\x00", b"a"),
        lambda aliases: aliases.set(b"k\nl", b"a"),
        lambda aliases: aliases.set(b"#k", b"a"),
        lambda aliases: aliases.set(b"k", b"(note"),
        lambda aliases: aliases.rename(b"root", b"other"),
    ],
)
def test_what_cannot_be_written_is_refused(edit: Callable[[Aliases], list[Splice]]) -> None:
    aliases = Aliases.parse(b"root: a\nother: b\n")
    with pytest.raises(Refused) as refused:
        edit(aliases)
    assert refused.value.do


@pytest.mark.parametrize(
    "raw", [b"#Note: this is prose\n", b"#see also: nothing at all\n", b"#x@y: z\n", b"# root: x\n"]
)
def test_prose_is_no_entry(raw: bytes) -> None:
    assert len(Aliases.parse(raw)) == 0


def test_off_and_on() -> None:
    for key in (b"postmaster", b"root", b"support"):
        aliases = Aliases.parse(FILE)
        off = aliases.spliced(aliases.disable(key))
        assert off.find(key) is None
        assert off.spliced(off.enable(key)).raw == FILE
