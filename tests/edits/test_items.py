"""One item of a list is added or removed; the list's layout and everyone else's items stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.store import from_json, to_json
from mailtui.formats.document import parse
from mailtui.formats.splice import Missing, Refused
from mailtui.formats.target import Target
from mailtui.postfix.files import Files

MAIN = Target("main.cf", "/etc/postfix/main.cf")
LIST = Target("list", "/etc/postfix/domains")
RAW = b"""\
mydestination = $myhostname,
    # the old name
    old.example,
    localhost
"""
FILE = b"# ours\nfalcot.com\nfalcot.org, falcotsbrand.com\n\nlast.example"


def done(raw: bytes, edit: Edit) -> bytes:
    document: Any = parse(edit.target.format, raw)
    after: bytes = document.spliced(edit.splices(document)).raw
    return after


def test_in_main_cf() -> None:
    add = AddItem(MAIN, "mydestination", "new.example", "localhost")
    after = done(RAW, add)
    assert after.index(b"new.example") < after.index(b"localhost")
    assert b"    # the old name\n    old.example,\n" in after
    assert done(after, add) == after
    assert done(after, add.inverse()) == RAW
    assert done(RAW, RemoveItem(MAIN, "mydestination", "OLD.example")) == RAW.replace(
        b"    old.example,\n", b""
    )
    with pytest.raises(Missing):
        done(RAW, AddItem(MAIN, "relay_domains", "x.example"))


def test_an_item_that_stands_twice_is_gone_wholly() -> None:
    raw = b"mydestination = a.example, b.example, A.example, c.example\n"
    assert (
        done(raw, RemoveItem(MAIN, "mydestination", "a.example")) == b"mydestination = b.example, c.example\n"
    )


@pytest.mark.parametrize(
    ("item", "before", "after"),
    [
        ("new.example", None, FILE + b"\nnew.example\n"),
        ("new.example", "falcot.com", FILE.replace(b"falcot.com", b"new.example\nfalcot.com", 1)),
        ("new.example", "falcotsbrand.com", FILE.replace(b"falcotsb", b"new.example falcotsb")),
        ("new.example", "gone.example", FILE + b"\nnew.example\n"),
        ("Falcot.Org", None, FILE),
    ],
)
def test_added_to_a_file_of_items(item: str, before: str | None, after: bytes) -> None:
    edit = AddItem(LIST, "", item, before)
    assert done(FILE, edit) == after
    assert from_json(to_json(edit)) == edit
    assert done(b"", AddItem(LIST, "", "first.example")) == b"first.example\n"


@pytest.mark.parametrize(
    ("item", "after"),
    [
        ("falcot.com", FILE.replace(b"falcot.com\n", b"")),
        ("falcot.org", FILE.replace(b"falcot.org, ", b"")),
        ("falcotsbrand.com", FILE.replace(b", falcotsbrand.com", b"")),
        ("last.example", FILE.replace(b"last.example", b"")),
        ("gone.example", FILE),
    ],
)
def test_removed_from_a_file_of_items(item: str, after: bytes) -> None:
    edit = RemoveItem(LIST, "", item)
    assert done(FILE, edit) == after
    assert done(after, edit) == after


def test_twins_on_one_line_go_and_what_follows_a_hash_is_no_item() -> None:
    raw = b"a.example, b.example a.example\nb.example # a.example\r\n"
    assert done(raw, RemoveItem(LIST, "", "a.example")) == b"b.example\nb.example # a.example\r\n"
    document: Any = parse("list", raw)
    assert [problem.line for problem in document.problems] == [2]
    assert done(raw, AddItem(LIST, "", "c.example")).endswith(b"# a.example\r\nc.example\r\n")
    for bad in ("a b", "#x", "", "a,b"):
        with pytest.raises(Refused):
            done(raw, AddItem(LIST, "", bad))


def test_a_whole_list_and_its_items_one_after_the_other(tmp_path: Path) -> None:
    main = Target("main.cf", str(tmp_path / "main.cf"))
    (tmp_path / "main.cf").write_bytes(b"relay_domains = a.example, b.example\n")
    edits = [
        AddItem(main, "relay_domains", "c.example"),
        SetParameter(main, "relay_domains", ("A.example", "b.example", "c.example"),
                     ("a.example", "b.example", "c.example")),
        RemoveItem(main, "relay_domains", "A.example", "b.example"),
    ]  # fmt: skip
    candidate = Candidate(Files(), edits)
    assert not candidate.conflicts
    assert candidate.raw(main.path) == b"relay_domains = b.example, c.example\n"
