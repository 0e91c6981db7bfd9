"""The one list over all alias tables: its tables, rows, staged changes and search; lazy on a large table."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mailtui.formats.entries import Entry
from mailtui.formats.table import Table
from mailtui.postfix.aliases import AddedRow, AliasList, AliasRow, AliasTable, AliasTables, Overlay, StagedRow
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from mailtui.text.query import Query
from tests.postfix.conftest import MakeInstance, put, run

MAIN = """\
myorigin = falcot.com
recipient_delimiter = +
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = hash:{R}/virtual, regexp:{R}/patterns, static:root
alias_maps = hash:{R}/aliases, texthash:{R}/texts
alias_database = hash:{R}/aliases
"""
VIRTUAL = """\
# brand
webmaster@falcotsbrand.com  jean@falcot.com, laure@falcot.com
#off@falcotsbrand.com       sophie
jean+news@falcotsbrand.com  laure
falcotsbrand.org            anything
Webmaster@FalcotsBrand.com  nobody
wrong@falcotsbrand.com      |/bin/true
@falcotsbrand.com           sophie
"""
ALIASES = """\
root: jean
list: "|/bin/echo a b", /var/file,
   :include:/etc/list
"""


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instance = Instance.open(str(folder))
        self.tables = AliasTables.of(self.instance)

    def table(self, name: str) -> AliasTable:
        return next(table for table in self.tables if table.name == name)

    def rows(self, overlay: Overlay | None = None) -> AliasList:
        return AliasList(self.tables, self.instance.files, overlay)


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    folder = instance_dir(
        MAIN.replace("{R}", str(tmp_path / "etc1")),
        files={"virtual": VIRTUAL, "aliases": ALIASES, "patterns": "/^x@/ jean\n", "texts": "lost: jean\n"},
        postmap=["hash:virtual"],
        postalias=["hash:aliases"],
    )
    return Server(folder)


def shown(row: AliasRow) -> tuple[str, str, str]:
    return row.marker, row.address, ", ".join(row.destinations)


def found(rows: AliasList, text: str) -> list[int]:
    return [row for row in rows.search(Query.parse(text)) if row is not None]


def test_tables_in_the_order_of_postfix(server: Server) -> None:
    assert [(table.name, table.role, table.editable) for table in server.tables] == [
        ("virtual", "virtual", True),
        ("patterns", "virtual", False),
        ("static:root", "virtual", False),
        ("aliases", "local", True),
        ("texts", "local", False),
    ]
    assert server.table("aliases").parameters == ("alias_maps", "alias_database")
    assert server.table("virtual").parameters == ("virtual_alias_maps",)
    assert server.table("virtual").note == ""
    assert "one answer for every key" in server.table("static:root").note
    assert "texthash keeps the colon" in server.table("texts").note
    assert server.table("texts").is_error
    assert server.tables.by_spec(f"hash:{server.folder}/aliases") is server.table("aliases")
    assert server.tables.by_spec("hash:/no/such") is None


def test_texthash_aliases_are_really_never_found(server: Server) -> None:
    done = run("postmap", "-c", str(server.folder), "-q", "lost", f"texthash:{server.folder}/texts")
    assert done.returncode == 1


def test_rows(server: Server) -> None:
    rows = server.rows()
    rows.mark_duplicates()
    assert [shown(rows.row(number)) for number in range(len(rows))] == [
        ("", "webmaster@falcotsbrand.com", "jean@falcot.com, laure@falcot.com"),
        ("#", "off@falcotsbrand.com", "sophie"),
        ("", "jean+news@falcotsbrand.com", "laure"),
        ("", "falcotsbrand.org", "anything"),
        ("=", "Webmaster@FalcotsBrand.com", "nobody"),
        ("?", "wrong@falcotsbrand.com", "|/bin/true"),
        ("", "@falcotsbrand.com", "sophie"),
        ("", "/^x@/", "jean"),
        ("", "", ""),
        ("", "root", "jean"),
        ("", "list", '"|/bin/echo a b", /var/file, :include:/etc/list'),
        ("!", "lost", "jean"),
    ]
    assert [rows.row(number).kinds for number in range(len(rows))] == [
        ("plain",), ("plain",), ("extension",), ("domain",), ("plain",), ("command",), ("catchall",),
        ("pattern",), ("opaque",), ("plain",), ("command", "file", "include"), ("plain",),
    ]  # fmt: skip
    assert [rows.row(number).line for number in (0, 1, 6, 8, 10)] == [2, 3, 8, None, 2]
    assert rows.row(5).notes[0] == "bounces: works only in alias_maps"
    with pytest.raises(IndexError):
        rows.row(len(rows))
    assert [(table.name, list(numbers)) for table, numbers in rows.ranges()] == [
        ("virtual", list(range(7))), ("patterns", [7]), ("static:root", [8]), ("aliases", [9, 10]), ("texts", [11]),
    ]  # fmt: skip


def test_duplicates_only_when_asked(server: Server) -> None:
    rows = server.rows()
    assert rows.row(4).marker == ""
    rows.mark_duplicates()
    assert rows.row(4).duplicate
    assert not rows.row(4).editable
    assert not rows.row(0).duplicate


def test_json_of_a_row(server: Server) -> None:
    rows = server.rows()
    assert rows.row(0).as_json() == {
        "address": "webmaster@falcotsbrand.com",
        "destinations": ["jean@falcot.com", "laure@falcot.com"],
        "table": f"hash:{server.folder}/virtual",
        "type": "hash",
        "enabled": True,
        "line": 2,
    }
    assert [row.address for row in rows.rows()][-2:] == ["list", "lost"]
    assert all("opaque" not in row.kinds for row in rows.rows())


def test_what_its_files_lack_is_noted(server: Server) -> None:
    (server.folder / "virtual.db").unlink()
    assert "not compiled: postmap hash:" in AliasTables.of(server.instance).tables[0].note
    put(server.folder / "virtual.db", b"", age=600)
    assert "saved after it was last compiled" in AliasTables.of(server.instance).tables[0].note
    (server.folder / "aliases").unlink()
    left = Server(server.folder).table("aliases")
    assert f"Postfix answers from {server.folder}/aliases.db alone; postalias -s hash:" in left.note
    (server.folder / "aliases.db").unlink()
    again = Server(server.folder)
    assert "the first alias makes it" in again.table("aliases").note
    assert again.table("aliases").editable
    rows = again.rows()
    assert [len(numbers) for table, numbers in rows.ranges() if table.name == "aliases"] == [0]
    assert rows.row(len(rows) - 1).address == "lost"


def overlay(server: Server) -> Overlay:
    virtual, aliases = server.table("virtual").target, server.table("aliases").target
    assert virtual is not None
    assert aliases is not None
    return Overlay(
        staged={
            (virtual, "webmaster@falcotsbrand.com"): StagedRow("~", "webmaster@falcotsbrand.com", ("zoe",)),
            (virtual, "@falcotsbrand.com"): StagedRow("-", "@falcotsbrand.com", ("sophie",)),
            (virtual, "off@falcotsbrand.com"): StagedRow("~", "off@falcotsbrand.com", ("sophie",)),
            (aliases, "root"): StagedRow("#", "root", ("jean",), enabled=False),
            (aliases, "gone"): StagedRow("-", "gone", ("x",)),
        },
        added={
            virtual: [
                AddedRow(7, StagedRow("+", "last@falcotsbrand.com", ("zoe",))),
                AddedRow(2, StagedRow("+", "new@falcotsbrand.com", ("jean",))),
            ],
            aliases: [AddedRow(0, StagedRow("+", "first", ("root",)))],
        },
    )


def test_staged_rows_over_the_entries(server: Server) -> None:
    rows = server.rows(overlay(server))
    assert [shown(rows.row(number)) for number in range(len(rows)) if rows.row(number).marker] == [
        ("~", "webmaster@falcotsbrand.com", "zoe"),
        ("~", "off@falcotsbrand.com", "sophie"),
        ("+", "new@falcotsbrand.com", "jean"),
        ("?", "wrong@falcotsbrand.com", "|/bin/true"),
        ("-", "@falcotsbrand.com", "sophie"),
        ("+", "last@falcotsbrand.com", "zoe"),
        ("+", "first", "root"),
        ("#", "root", "jean"),
        ("!", "lost", "jean"),
    ]
    changed = rows.row(0)
    assert changed.was == ("jean@falcot.com", "laure@falcot.com")
    assert rows.row(1).enabled
    assert rows.row(5).marker == "", "a duplicate that does not count is not what is staged"
    assert len(rows) == 15
    rows.lay(Overlay())
    assert len(rows) == 12
    assert rows.row(0).marker == ""


def test_a_selection_survives(server: Server) -> None:
    rows = server.rows(overlay(server))
    virtual, aliases = server.table("virtual").target, server.table("aliases").target
    assert virtual is not None
    assert aliases is not None
    for number in range(len(rows)):
        row = rows.row(number)
        target = row.table.target
        if target is not None and row.key != "Webmaster@FalcotsBrand.com":
            assert rows.locate(target, row.key) == number
    assert rows.locate(virtual, "WEBMASTER@falcotsbrand.com") == 0
    assert rows.locate(virtual, "gone@falcotsbrand.com") is None
    assert rows.locate(aliases, "gone") is None


def test_search_over_addresses_destinations_and_staged_values(server: Server) -> None:
    rows = server.rows(overlay(server))
    everything = range(len(rows))
    assert found(rows, "") == list(everything)
    for text in ("jean", "zoe", "webmaster", "sophie", "^new@", "falcotsbrand !sophie", "zoe | /bin", "include",
                 "static:", "nowhere"):  # fmt: skip
        expected = []
        for number in everything:
            row = rows.row(number)
            texts = [
                " ".join((row.address, *row.destinations)),
                " ".join((row.key, *(row.destinations if row.was is None else row.was))),
            ]
            if not row.address:
                texts = [row.table.spec]
            if any(Query.parse(text).matches(one.encode()) for one in texts):
                expected.append(number)
        assert found(rows, text) == expected, text
    assert found(rows, "zoe") == [0, 8]


SIZE = 200_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    folder = tmp_path_factory.mktemp("large")
    lines = "".join(
        f"user{number}@d{number % 977}.example  box{number}@store.example\n" for number in range(SIZE)
    )
    put(folder / "virtual", lines)
    put(folder / "aliases", "root: jean\n")
    put(
        folder / "main.cf",
        f"virtual_alias_maps = lmdb:{folder}/virtual\nalias_maps = hash:{folder}/aliases\n",
    )
    put(folder / "master.cf", "")
    return Instance.open(str(folder))


class Count:
    """How many entries were decoded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded = 0
        entry, fields = Table.entry, Table.fields

        def counted_entry(table: Table, index: int) -> Entry:
            self.decoded += 1
            return entry(table, index)

        def counted_fields(table: Table, index: int) -> bytes:
            self.decoded += 1
            return fields(table, index)

        monkeypatch.setattr(Table, "entry", counted_entry)
        monkeypatch.setattr(Table, "fields", counted_fields)


def test_a_large_table_is_read_only_where_it_is_looked_at(
    large: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Count(monkeypatch)
    tables = AliasTables.of(large)
    rows = AliasList(tables, large.files)
    assert len(rows) == SIZE + 1
    assert count.decoded == 0
    screen = [rows.row(number).address for number in range(100_000, 100_030)]
    assert screen[0] == "user100000@d346.example"
    assert count.decoded == 30
    target = tables.tables[0].target
    assert target is not None
    assert rows.locate(target, "user199999@d691.example") == 199_999
    assert found(rows, "box199998@") == [199_998]
    assert found(rows, "root") == [SIZE]
    assert count.decoded < 100
    several = rows.search(Query.parse("box12345"))
    assert [row for row in several if row is not None][:2] == [12345, 123450]


def test_staged_rows_of_a_large_table_cost_only_themselves(
    large: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = AliasTables.of(large)
    target = tables.tables[0].target
    assert target is not None
    names = [f"user{number}@d{number % 977}.example" for number in range(0, SIZE, 20_000)]
    staged = {(target, name): StagedRow("~", name, ("zoe",)) for name in names}
    added = {
        target: [AddedRow(number, StagedRow("+", f"n{number}@x.example", ("zoe",))) for number in (5, 5, 9)]
    }
    count = Count(monkeypatch)
    rows = AliasList(tables, large.files, Overlay(staged, added))
    assert len(rows) == SIZE + 4
    assert len(found(rows, "zoe")) == len(names) + 3
    assert [rows.row(number).marker for number in (0, 4, 5, 6, 7, 10, 11, 12)] == [
        "~", "", "+", "+", "", "", "+", "",
    ]  # fmt: skip
    assert rows.row(7).address == "user5@d5.example"
    assert count.decoded < 100


def test_the_search_gives_way(large: Instance) -> None:
    rows = AliasList(AliasTables.of(large), large.files)
    search = rows.search(Query.parse("!nothing"))
    turns = 0
    begun = time.monotonic()
    while time.monotonic() - begun < 5 and turns < 3:
        turns += next(search) is None
    assert turns == 3


def test_another_reader_shows_other_bytes(server: Server) -> None:
    class Emptied(Files):
        def raw(self, path: str) -> bytes:
            return b"" if os.path.basename(path) == "virtual" else super().raw(path)

        def document(self, target):  # type: ignore[no-untyped-def]  # as the class above
            return Table.parse(b"") if target.name == "virtual" else super().document(target)

    rows = AliasList(server.tables, Emptied())
    assert rows.row(0).address == "/^x@/"
