"""The filter grammar, and that searching a whole file finds what trying every record finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mailtui.formats import entry_search
from mailtui.formats.aliases import Aliases
from mailtui.formats.lines import Lines
from mailtui.formats.table import Table
from mailtui.text import folded as folded_module
from mailtui.text import scan as scan_module
from mailtui.text.masks import Page
from mailtui.text.query import Query, fold
from mailtui.text.scan import Records, scan
from tests.formats.nasty import files

law = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


class LogLines:
    """Lines of a log as records."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.folded, self.lines = raw, raw.lower(), Lines(raw)
        self.unplain: list[int] = []

    def __len__(self) -> int:
        return len(self.lines)

    def fields(self, index: int) -> bytes:
        return self.lines.line(index).removesuffix(b"\n")

    def locate(self, offset: int, after: int = 0) -> tuple[int, bool]:
        return self.lines.at(offset), True

    def pages(self) -> Iterator[Page]:
        yield Page(0, self.raw, b"\1" * len(self), [], [])


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


def _agree(typed: str, records: Records) -> None:
    query = Query.parse(typed)
    expected = [index for index in range(len(records)) if query.matches(records.fields(index))]
    for common in (0.0, 100.0):  # line by line, and from hit to hit
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scan_module, "_COMMON", common)
            patch.setattr(entry_search, "_FIRST_PAGE", 2)
            patch.setattr(entry_search, "_PAGE", 3)
            assert [index for index in scan(query, records) if index is not None] == expected


@law
@given(words=st.lists(typed_words, max_size=4), raw=files, more=files)
def test_scan_finds_what_every_record_would(words: list[str], raw: bytes, more: bytes) -> None:
    for records in (Table.parse(raw + more), Aliases.parse(raw + more), LogLines(raw + more)):
        _agree(" ".join(words), records)


@law
@given(raw=files, data=st.data())
def test_scan_finds_pieces_of_its_own_texts(raw: bytes, data: st.DataObject) -> None:
    records = data.draw(st.sampled_from([Table, Aliases, LogLines]))(raw)
    assume(len(records))
    text = records.fields(data.draw(st.integers(0, len(records) - 1))).decode("utf-8", "replace")
    start = data.draw(st.integers(0, len(text)))
    _agree(text[start : start + data.draw(st.integers(1, 6))].replace(" ", "\\ "), records)


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
    monkeypatch.setattr(scan_module, "_WINDOW", 1000)
    monkeypatch.setattr(entry_search, "_FIRST_PAGE", 32)
    monkeypatch.setattr(entry_search, "_PAGE", 32)
    table = Table.parse(b"".join(b"user%d@example.com  x%d\n" % (number, number) for number in range(1000)))
    found = list(scan(Query.parse(typed), table))
    assert found.count(None) >= len(table) // 64
    _agree(typed, table)


def test_a_needle_across_two_windows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "_WINDOW", 7)
    _agree("abcdef", LogLines(b"12345abcdef\n" * 5 + b"abcdef"))


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
