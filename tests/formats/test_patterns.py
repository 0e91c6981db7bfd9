"""Tables of patterns: every byte kept, rules as Postfix reads them, edits that touch nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui import commands
from mailtui.formats import patternedit
from mailtui.formats.patterns import Patterns, Pcre, Regexp
from mailtui.formats.splice import Refused
from mailtui.postfix.patternask import compile_problems
from tests.laws.whole import WHOLE, corpus, tally

needs_postfix = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")

TABLE = b"""\
# Falcot's header checks

# no games
/^Subject: .*game/  REJECT no games, please
!/^[A-Z]/           WARN odd header
if /^Received:/
  # inside
/ by a\\/b /  IGNORE
if !/x/i
|^y|m  INFO it
    goes on
endif
endif
#/^X-Old:/ IGNORE
# see /etc/postfix for more
/a/!/b/ HOLD
"""


def names(document: Patterns) -> list[tuple[bytes, int, bool]]:
    return [(row.name, row.depth, row.enabled) for row in document.rows]


def test_rules_and_ifs_as_a_tree() -> None:
    document = Regexp.parse(TABLE)
    assert names(document) == [
        (b"/^Subject: .*game/", 0, True),
        (b"!/^[A-Z]/", 0, True),
        (b"if /^Received:/", 0, True),
        (b"/ by a\\/b /", 1, True),
        (b"if !/x/i", 1, True),
        (b"|^y|m", 2, True),
        (b"endif", 1, True),
        (b"endif", 0, True),
        (b"/^X-Old:/", 0, False),
        (b"/a/!/b/", 0, True),
    ]
    inner = document.rows[5]
    assert (inner.value, inner.line, inner.last_line) == (b"INFO it    goes on", 10, 11)
    assert (document.last_of(2), document.last_of(4)) == (7, 6)
    assert not document.problems


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"/abc REJECT", "no closing /"),
        (b"/abc/q REJECT", "no flag"),
        (b"/abc/", "no result"),
        (b"abc REJECT", "neither"),
        (b"endif", "no if above"),
        (b"if /x/ REJECT\nendif", "does not read"),
        (b"if /x\n/y/ OK\nendif", "without a condition"),
        (b"if /x/\n/y/ OK", "no endif"),
        (b"if /x/\n  /y/ OK\nendif", "part of the rule above"),
        (b"  /y/ OK", "no rule above"),
    ],
)
def test_what_postfix_would_not_do_as_it_looks(line: bytes, says: str) -> None:
    for document in (Regexp.parse(line + b"\n"), Pcre.parse(line + b"\n")):
        assert any(says in problem.text for problem in document.problems), document.problems


def test_two_patterns_are_for_regexp_tables_only() -> None:
    assert Regexp.parse(b"/a/!/b/ HOLD\n").problems == []
    assert "no flag" in Pcre.parse(b"/a/!/b/ HOLD\n").problems[0].text


@needs_postfix
@pytest.mark.parametrize(
    "line",
    [
        b"/(/ X", b"/a/q X", b"/a/ $2", b"/(a)/ $1y", b"!/(a)/ $1", b"/a/", b"/a X", b"foo", b"endif",
        b"if /(/\nendif", b"/a/ $$1", b"/a/ X", b"!!/a/ X", b"! /a/ X", b"/a/imx X", b"*a* X",
    ],
)  # fmt: skip
def test_what_is_found_by_reading_postmap_finds_too(line: bytes) -> None:
    document = Regexp.parse(line + b"\n")
    real = {problem.line for problem in compile_problems(document)}
    assert {problem.line for problem in document.problems} <= real


@needs_postfix
def test_what_does_not_compile_comes_with_its_line() -> None:
    found = compile_problems(Pcre.parse(b"# title\n/ok/ REJECT\n/a(/\n  REJECT\n/x/ $1\n"))
    assert [problem.line for problem in found] == [3, 5]
    assert "missing closing parenthesis" in found[0].text


# Edits


def test_a_rule_is_added_at_its_place_in_the_form_of_the_file() -> None:
    document = Pcre.parse(b"# title\r\n\r\n# one\r\n/a/ X\r\nif /b/\r\nendif")
    after = document.spliced(patternedit.add(document, b"/c/ REJECT", 0))
    assert after.raw == b"# title\r\n\r\n/c/ REJECT\r\n# one\r\n/a/ X\r\nif /b/\r\nendif"
    after = document.spliced(patternedit.add(document, b"/c/ REJECT", 2))
    assert after.rows[2].depth == 1
    after = document.spliced(patternedit.add(document, b"if /q/\n/c/ OK\nendif", None))
    assert after.raw.endswith(b"endif\r\nif /q/\r\n/c/ OK\r\nendif\r\n")


def test_an_if_is_moved_and_removed_with_all_that_is_in_it() -> None:
    document = Regexp.parse(TABLE)
    after = document.spliced(patternedit.move(document, 4, 0))
    assert [row.name for row in after.rows][:4] == [b"if !/x/i", b"|^y|m", b"endif", b"/^Subject: .*game/"]
    after = document.spliced(patternedit.remove(document, 2))
    assert [row.name for row in after.rows] == [
        b"/^Subject: .*game/", b"!/^[A-Z]/", b"/^X-Old:/", b"/a/!/b/",
    ]  # fmt: skip


def test_off_and_on_again() -> None:
    document = Regexp.parse(TABLE)
    off = document.spliced(patternedit.switch(document, 2, on=False))
    assert not any(row.enabled for row in off.rows if 6 <= row.line <= 13)
    back = off.spliced(patternedit.switch(off, 2, on=True))
    assert back.raw == TABLE


@pytest.mark.parametrize(
    "text",
    [b"", b"abc", b"# x", b"/a/ X\n/b/ Y", b"if /a/\n/b/ X", b"/a/q X", b"/a/", b"  /a/ X\0", b"endif"],
)
def test_what_is_not_one_rule_is_refused(text: bytes) -> None:
    with pytest.raises(Refused):
        patternedit.one_rule(Regexp.parse(TABLE), text)


# Whatever the bytes are

_LINES = st.lists(
    st.sampled_from(
        [
            b"/a/ X", b"!/b/i REJECT no", b"if /c/", b"if !/d/", b"endif", b"", b"# words", b"#/off/ IGNORE",
            b"   goes on", b"\t# inside", b"|x|m  OK", b"/a/ X", b"junk", b"/broken", b"#if /e/", b"#endif",
            b"#  goes on", b"/a/!/b/ HOLD", b"/n/\0z W", b"/\xff/ W", b"ENDIF", b"IF /f/ x",
        ]
    ),
    max_size=14,
)  # fmt: skip
_ENDS = st.sampled_from([b"\n", b"\r\n"])


@st.composite
def tables(draw: st.DrawFn) -> Patterns:
    raw = draw(_ENDS).join(draw(_LINES)) + draw(st.sampled_from([b"", b"\n"]))
    return draw(st.sampled_from([Regexp, Pcre])).parse(raw)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_every_byte_string_is_a_table(raw: bytes) -> None:
    for document in (Regexp.parse(raw), Pcre.parse(raw)):
        assert document.raw == raw
        assert list(document.problems) == sorted(document.problems)
        ends = [row.end for row in document.rows]
        assert ends == sorted(ends)
        assert all(row.start <= row.value_at <= row.end for row in document.rows)


@settings(max_examples=250, deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_an_edit_leaves_the_other_rules_as_they_are(document: Patterns, choose: random.Random) -> None:
    if not document.rows:
        return
    at = choose.randrange(len(document.rows))
    before = choose.choice([None, *range(len(document.rows))])
    seen = [(row.name, row.value, row.enabled) for row in document.rows]
    last = document.last_of(at)
    try:
        splices = {
            "add": lambda: patternedit.add(document, b"/new/ REJECT it", before),
            "remove": lambda: patternedit.remove(document, at),
            "move": lambda: patternedit.move(document, at, before),
            "switch": lambda: patternedit.switch(document, at, on=not document.rows[at].enabled),
        }[kind := choose.choice(["add", "remove", "move", "switch"])]()
    except Refused:
        return
    after = [(row.name, row.value, row.enabled) for row in document.spliced(splices).rows]
    match kind:
        case "add":
            after.remove((b"/new/", b"REJECT it", True))
            assert after == seen
        case "remove":
            assert after == seen[:at] + seen[last + 1 :]
        case "move":
            assert sorted(after) == sorted(seen)
        case "switch" if at == last:
            assert after == [*seen[:at], (*seen[at][:2], not seen[at][2]), *seen[at + 1 :]]


# Real tables


@needs_postfix
@pytest.mark.law
@pytest.mark.parametrize("path", corpus("checks", few=12, templated=True) or [None])
def test_real_tables_keep_their_bytes_and_are_read_as_postfix_reads_them(path: Path | None) -> None:
    if path is None:
        pytest.skip("no corpus of configuration files on this machine")
    raw = path.read_bytes()
    choose = random.Random(path.name)
    for kind in (Regexp, Pcre):
        document = kind.parse(raw)
        assert document.raw == raw
        _agrees(document)
        tried = list(range(len(document.rows)))
        for at in tried if WHOLE and len(tried) < 60 else choose.sample(tried, min(4, len(tried))):
            _edited(document, at)
        tally(
            "tables of patterns", files=1, rules=len(document.rows), edits=min(len(tried), 60 if WHOLE else 4)
        )


def _agrees(document: Patterns) -> None:
    """Every line that we say is passed over postmap complains of, and postmap complains of no other but for
    what only a compiler of patterns can tell."""
    real = {problem.line: problem.text for problem in compile_problems(document)}
    mine = {row.line for row in document.rows if row.enabled and row.error}
    assert mine <= real.keys()
    left = {line: text for line, text in real.items() if line not in mine}
    only_compiled = ("error in regex", "regcomp", "replacement", "substitution", "$number", "obsolete")
    unknown = {line: text for line, text in left.items() if not any(word in text for word in only_compiled)}
    errors = {line: text for line, text in unknown.items() if line in {row.line for row in document.rules}}
    if document.TABLE == "pcre":
        assert not errors, errors


def _edited(document: Patterns, at: int) -> None:
    row = document.rows[at]
    seen = [(each.name, each.value, each.enabled) for each in document.rows]
    try:
        after = document.spliced(patternedit.switch(document, at, on=not row.enabled))
    except Refused:
        return
    number = sum(each.name == row.name and each.enabled is not row.enabled for each in document.rows[:at])
    place = after.find(row.name, number, enabled=not row.enabled)
    assert place is not None
    back = after.spliced(patternedit.switch(after, place, on=row.enabled))
    assert [(each.name, each.value, each.enabled) for each in back.rows] == seen
    if row.line == row.last_line:
        assert back.raw == document.raw
