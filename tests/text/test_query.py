"""The filter grammar, and that searching a whole file finds what trying every record finds."""

from __future__ import annotations

from array import array
from itertools import accumulate
from typing import Literal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mailtui.formats import entry_search
from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.text import folded as folded_module
from mailtui.text import masks
from mailtui.text import scan as scan_module
from mailtui.text.masks import Page, Word
from mailtui.text.query import Query, fold
from mailtui.text.scan import TextLines, runs, scan, starts_of
from tests.formats.nasty import files

law = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@pytest.mark.parametrize(
    ("typed", "text", "hit"),
    [
        ("", "anything", True),
        ("ivan", "ivan@falcot.com jean", True),
        ("IVAN", "ivan@falcot.com", False),
        ("ivan", "IVAN@falcot.com", True),
        ("Ivan", "Ivan@falcot.com", True),
        ("iva com", "ivan@falcot.com", True),
        ("iva org", "ivan@falcot.com", False),
        ("ivn", "ivan@falcot.com", False),
        ("'ivan", "ivan", True),
        ("^ivan", "ivan@falcot.com", True),
        ("^falcot", "ivan@falcot.com", False),
        ("com$", "ivan@falcot.com", True),
        ("falcot$", "ivan@falcot.com", False),
        ("^ivan$", "ivan", True),
        ("^ivan$", "ivan x", False),
        ("!ivan", "ivan", False),
        ("!ivan", "jean", True),
        ("!^ivan", "x ivan", True),
        ("!^ivan", "ivan", False),
        ("!com$", "a.com", False),
        ("!com$", "com.a", True),
        ("!'ivan", "ivan", False),
        ("jean | laure", "laure", True),
        ("jean | laure", "ivan", False),
        ("jean | laure com", "laure@falcot.com", True),
        ("jean | laure org", "laure@falcot.com", False),
        ("| jean", "jean|", True),
        ("| jean", "jean", False),
        ("jean |", "jean", True),
        ("jean | | laure", "a | laure", True),
        (r"a\ b", "a b", True),
        (r"a\ b", "ab", False),
        ("$", "a$b", True),
        ("^", "anything", True),
        ("!", "anything", True),
        ("müller", "MÜLLER@falcot.com", True),
        ("k", "\u212a", False),
    ],
)
def test_grammar(typed: str, text: str, hit: bool) -> None:
    assert Query.parse(typed).matches(text.encode()) is hit


def test_empty_queries() -> None:
    assert Query.parse("").empty
    assert Query.parse("  ^ ! ' ").empty
    assert not Query.parse("x").empty


@pytest.mark.parametrize(
    ("typed", "text", "spans"),
    [
        ("an", "Ivan Jean", [(2, 4), (7, 9)]),
        ("va an", "Ivan", [(1, 4)]),
        ("^iv", "ivan iv", [(0, 2)]),
        ("an$", "jean an", [(5, 7)]),
        ("^x", "ivan", []),
        ("!iv", "ivan", []),
        ("ü | ÿ", "Ünü", [(0, 1), (2, 3)]),
        ("", "ivan", []),
    ],
)
def test_spans(typed: str, text: str, spans: list[tuple[int, int]]) -> None:
    assert Query.parse(typed).spans(text) == spans


@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(), st.text(alphabet="aAbß \\|!^$'\u212aé"))
def test_every_text_is_a_query(text: str, typed: str) -> None:
    parsed = Query.parse(typed)
    for start, end in parsed.spans(text):
        assert 0 <= start < end <= len(text)
    assert Query.parse(text).matches(b"x") in (True, False)


KINDS: list[type[Table | Aliases | TextLines]] = [Table, Aliases, TextLines]

typed_words = st.sampled_from(
    [
        "root",
        "o",
        "Info",
        "info@falcot.com",
        "^r",
        "^first",
        "com$",
        "!root",
        "!^r",
        "!com$",
        "|",
        "x",
        "ab",
        "é",
        "ss",
        "a.b",
        "a:b",
        ":",
        "#",
        "(",
        '"',
        "first\\ last",
        "\\",
        "ö",
        "k",
        "K",
        "caf",
        "'list",
        "y",
        ",",
        "x,\\ y",
    ]
)


def _agree(typed: str, records: Table | Aliases | TextLines) -> None:
    query = Query.parse(typed)
    expected = [index for index in range(len(records)) if query.matches(records.fields(index))]
    assert [index for index in scan(query, records) if index is not None] == expected
    back = [list(found) for found in runs(query, records, backwards=True) if found is not None]
    assert [index for page in reversed(back) for index in page] == expected


def _paged(kind: type[Table | Aliases | TextLines], raw: bytes) -> Table | Aliases | TextLines:
    """The records in pages of two or three lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry_search, "_FIRST_PAGE", 2)
        patch.setattr(entry_search, "_PAGE", 3)
        patch.setattr(scan_module, "_PAGE", 3)
        records = kind(raw)
        assert all(len(page.lines) for page in records.pages)  # they are made now
    return records


@law
@given(words=st.lists(typed_words, max_size=4), raw=files, more=files)
def test_scan_finds_what_every_record_would(words: list[str], raw: bytes, more: bytes) -> None:
    for records in (_paged(kind, raw + more) for kind in KINDS):
        _agree(" ".join(words), records)


@law
@given(typed=st.lists(st.lists(typed_words, max_size=3), min_size=2, max_size=6), raw=files, more=files)
def test_what_is_remembered_of_words_does_not_change_what_is_found(
    typed: list[list[str]], raw: bytes, more: bytes
) -> None:
    for records in (_paged(kind, raw + more) for kind in KINDS):
        for words in typed:
            text = " ".join(words)
            for length in range(1, len(text) + 1):
                _agree(text[:length], records)


@law
@given(raw=files, data=st.data())
def test_scan_finds_pieces_of_its_own_texts(raw: bytes, data: st.DataObject) -> None:
    records = _paged(data.draw(st.sampled_from(KINDS)), raw)
    assume(len(records))
    text = records.fields(data.draw(st.integers(0, len(records) - 1))).decode("utf-8", "replace")
    start = data.draw(st.integers(0, len(text)))
    _agree(text[start : start + data.draw(st.integers(1, 6))].replace(" ", "\\ "), records)


@law
@given(
    raw=files,
    text=st.sampled_from(["a", "o", "ro", "oo", "info", "com", ".", "#", ":", "@falcot.com", "K", "e"]),
    anchor=st.sampled_from(["", "^", "$"]),
    exact_case=st.booleans(),
    data=st.data(),
)
def test_each_way_to_look_finds_the_same_lines(
    raw: bytes, text: str, anchor: Literal["", "^", "$"], exact_case: bool, data: st.DataObject
) -> None:
    word = Word((text if exact_case else text.lower()).encode(), anchor, exact_case)
    lines = raw.removesuffix(b"\n").split(b"\n") if raw else []
    low = data.draw(st.integers(0, len(lines)))
    span = range(low, data.draw(st.integers(low, len(lines))))
    starts = array("Q", accumulate((len(line) + 1 for line in lines), initial=0))
    starts[-1] = len(raw)
    page = Page(raw, starts, span, b"\1" * len(span), low)

    def has(line: bytes) -> bool:
        subject = line if exact_case else line.lower()
        if anchor == "^":
            return subject.startswith(word.text)
        return subject.endswith(word.text) if anchor == "$" else word.text in subject

    expected = int.from_bytes(bytes(has(lines[number]) for number in span), "little")
    assert page.holding(word) == expected
    assert page.holding(word, many=True) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masks, "FEW", 0)
        patch.setattr(masks, "_HANDFUL", data.draw(st.integers(0, 3)))
        more = int.from_bytes(bytes(data.draw(st.booleans()) for _ in span), "little")
        assert page.holding(word, expected | more) == expected


def test_an_entry_commented_out_inside_another_hides_nothing() -> None:
    for kind in (Table, Aliases):
        records = kind.parse(b"root: jean,\n#admin: bob\n   laure\nother: x\n")
        assert [index for index in scan(Query.parse("laure"), records) if index is not None] == [0]
        _agree("laure", records)


def test_quoted_names_are_found_as_they_read() -> None:
    aliases = Aliases.parse(b'"first last": jean\na . b: x\n#"c\\d": y\n"e\\f": z\n')
    for typed, index in (("^first", 0), ("a.b", 1), ("^cd", 2), ("^ef", 3)):
        assert list(filter(lambda each: each is not None, scan(Query.parse(typed), aliases))) == [index]


@pytest.mark.parametrize("typed", ["", "x", "!x", "a | b", "nothing-at-all", "user77@", "^zz"])
def test_scan_gives_turns(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr(scan_module, "perf_counter", clock)
    monkeypatch.setattr(entry_search, "_FIRST_PAGE", 32)
    monkeypatch.setattr(entry_search, "_PAGE", 32)
    table = Table.parse(b"".join(b"user%d@example.com  x%d\n" % (number, number) for number in range(1000)))
    found = list(scan(Query.parse(typed), table))
    assert found.count(None) >= len(table) // 32
    _agree(typed, table)


def test_a_letter_more_looks_only_where_the_word_stood_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"".join(b"user%d@example.com  x%d\n" % (number, number) for number in range(1000))
    table = _paged(Table, raw)
    looked: list[bytes] = []
    among, holding = Page._among, Page.holding  # what it does is counted

    def counted(page: Page, word: Word, known: int) -> bytearray:
        looked.append(page.of_records(known))
        return among(page, word, known)

    monkeypatch.setattr(masks, "FEW", 0)
    monkeypatch.setattr(Page, "_among", counted)
    _agree("user77", table)
    assert not looked
    _agree("user777", table)
    assert sum(map(sum, looked)) == 10 + 1  # 77, and 770 to 779
    monkeypatch.setattr(Page, "holding", None)
    _agree("user77", table)
    monkeypatch.setattr(Page, "holding", holding)


def test_memory_for_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "REMEMBERED", 2000)
    table = Table.parse(b"".join(b"user%d@example.com  x%d\n" % (n, n) for n in range(1000)))
    for typed in ("u", "s", "e", "r", "u | s e r", "x 7"):
        _agree(typed, table)
    kept = table.masks._kept  # nothing else tells
    assert set(kept) == {Word(b"x"), Word(b"7")}
    assert sum(known.size for known in kept.values()) <= 2 * 2000


@law
@given(raw=files, words=st.lists(typed_words, max_size=3))
def test_the_lines_of_a_block(raw: bytes, words: list[str]) -> None:
    query, found, at = Query.parse(" ".join(words)), [], 0
    for line in raw.split(b"\n"):
        if at < len(raw) and query.matches(line.rstrip(b" \t\r\v\f")):
            found.append(at)
        at += len(line) + 1
    assert list(starts_of(query, raw)) == found


@law
@given(raw=files, word=st.binary(max_size=4), piece=st.integers(1, 9))
def test_folded_text_is_searched_as_a_lowered_copy_would_be(raw: bytes, word: bytes, piece: int) -> None:
    word = word.lower()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folded_module, "PIECE", piece)
        text = folded_module.FoldedText(raw)
        assert [raw.lower()[at] for at in range(len(raw))] == [text[at] for at in range(len(raw))]
        for start in range(len(raw) + 2):
            for end in (None, start + 5, len(raw)):
                assert text.find(word, start, end) == raw.lower().find(
                    word, start, len(raw) if end is None else end
                )
        assert text.startswith(word) is raw.lower().startswith(word)
        assert (word in text) is (word in raw.lower())
    assert (folded_module.folded(raw) is raw) is (raw == raw.lower())
