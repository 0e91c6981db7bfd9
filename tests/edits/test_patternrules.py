"""Edits of tables of patterns: what they say, how they fold, and that their inverse takes them back."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.edits import patternmaking as rules
from mailtui.edits.draft import merged
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.patternrules import SetPattern, SwitchPattern
from mailtui.edits.store import from_json, to_json
from mailtui.formats.patterns import Patterns, Pcre
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target

TARGET = Target("pcre", "/etc/postfix/header_checks", "pcre")
TABLE = b"""\
# title

/a/ REJECT
if /b/
/c/ WARN
endif
# about d
/d/ IGNORE
/a/ HOLD
"""


def over(document: Patterns, edit: Edit) -> Patterns:
    return document.spliced(edit.splices(document))


def test_what_they_say() -> None:
    document = Pcre.parse(TABLE)
    said = [
        rules.adding(document, TARGET, "/new/ DISCARD", 1),
        rules.removing(document, TARGET, 1),
        rules.setting(document, TARGET, 0, "/a/ WARN"),
        rules.moving(document, TARGET, 4, 0),
        rules.switching(document, TARGET, 5),
    ]
    assert [edit.describe() for edit in said if edit is not None] == [
        "+ /new/ DISCARD in header_checks, before if /b/",
        "- if /b/ … (2 lines more) out of header_checks",
        "~ header_checks: /a/ REJECT → /a/ WARN",
        "~ header_checks: /d/ before /a/",
        "# header_checks: /a/ off",
    ]


def test_a_rule_that_someone_else_changed_is_a_conflict() -> None:
    document = Pcre.parse(TABLE)
    edit = rules.setting(document, TARGET, 0, "/a/ WARN")
    theirs = Pcre.parse(TABLE.replace(b"/a/ REJECT", b"/a/ REJECT more"))
    with pytest.raises(Conflict):
        edit.splices(theirs)
    with pytest.raises(Conflict):
        rules.adding(document, TARGET, "/x/ OK", 1).splices(Pcre.parse(b"/a/ REJECT\n"))


def test_what_is_added_and_changed_is_one_edit_and_taken_out_none() -> None:
    document = Pcre.parse(TABLE)
    first = rules.adding(document, TARGET, "/x/ OK")
    after = over(document, first)
    at = after.find(b"/x/")
    assert at is not None
    second = rules.setting(after, TARGET, at, "/y/ HOLD")
    assert merged([first, second]) == (rules.adding(document, TARGET, "/y/ HOLD"),)
    assert merged([first, rules.removing(after, TARGET, at)]) == ()


_MAKERS: list[Callable[[Patterns, int, int | None], Edit | None]] = [
    lambda document, _at, before: rules.adding(document, TARGET, "/n/ OK", before),
    lambda document, _at, before: rules.adding(document, TARGET, "if /n/\n/a/ X\nendif", before),
    lambda document, at, _before: rules.removing(document, TARGET, at),
    lambda document, at, before: rules.moving(document, TARGET, at, before),
    lambda document, at, _before: rules.switching(document, TARGET, at),
    lambda document, at, _before: rules.setting(
        document, TARGET, at, "if /z/" if document.rows[at].kind == "if" else "/z/ WARN"
    ),
]
_LINES = st.lists(
    st.sampled_from([b"/a/ X", b"/b/ Y", b"if /c/\n/a/ X\nendif", b"if /d/\nif /c/\nendif\nendif", b"# note",
                     b"#/a/ X", b"", b"/e/ Z\n   more"]),
    min_size=1, max_size=8, unique=True,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_LINES, st.randoms(use_true_random=False))
def test_the_inverse_takes_an_edit_back(lines: list[bytes], choose: random.Random) -> None:
    document = Pcre.parse(b"\n".join([b"# title", b"", *lines]) + b"\n")
    if not document.rows:
        return
    at = choose.randrange(len(document.rows))
    before = choose.choice([None, *range(len(document.rows))])
    try:
        edit = choose.choice(_MAKERS)(document, at, before)
        if edit is None:
            return
        after = over(document, edit)
    except Refused:
        return
    assert from_json(to_json(edit)) == edit
    back = over(after, edit.inverse())
    assert [row.text for row in back.rows if row.enabled] == [
        row.text for row in document.rows if row.enabled
    ]
    assert merged([edit, edit.inverse()]) in {(), (edit, edit.inverse())}
    if isinstance(edit, SwitchPattern | SetPattern):
        assert back.raw == document.raw


WRONG = [b"/a/Z REJECT\n", b"/a/\n", b"/^b REJECT\n", b"if /b/ xx\n/c/ WARN\nendif\n"]


@pytest.mark.parametrize("line", WRONG)
def test_a_fix_of_a_wrong_line_can_be_taken_back(line: bytes) -> None:
    document = Pcre.parse(b"/z/ OK\n" + line + b"/y/ OK\n")
    wrong = next(at for at, row in enumerate(document.rows) if row.error)
    good = "if /b/" if line.startswith(b"if") else "/b/ WARN"
    edit = rules.setting(document, TARGET, wrong, good)
    after = over(document, edit)
    assert not any(row.error for row in after.rows)
    assert over(after, edit.inverse()).raw == document.raw
    with pytest.raises(Refused):
        rules.setting(after, TARGET, wrong, line.split(b"\n")[0].decode())


def test_one_line_more_is_one() -> None:
    document = Pcre.parse(b"if /b/\nendif\n")
    assert rules.removing(document, TARGET, 0).describe() == "- if /b/ … (1 line more) out of header_checks"
