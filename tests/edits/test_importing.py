"""Files brought in and written out: what was exported comes back as it was, and what a report says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtui.edits.candidate import Candidate
from mailtui.edits.exporting import export
from mailtui.edits.importing import Kind, Report, report_of
from mailtui.formats.sheet import BadSheet, SheetFormat, read
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

Make = Callable[[str, str], Path]


@pytest.fixture
def folder(instance_dir: MakeInstance, tmp_path: Path) -> Path:
    return instance_dir(
        f"""\
virtual_alias_domains = x.test, y.test
virtual_alias_maps = hash:{tmp_path}/etc1/virtual
alias_maps = hash:{tmp_path}/etc1/aliases
virtual_mailbox_domains = hash:{tmp_path}/etc1/boxdomains
virtual_mailbox_base = {tmp_path}/vhosts
virtual_mailbox_maps = hash:{tmp_path}/etc1/vmailbox
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
""",
        files={"virtual": "", "aliases": "root: jean\n", "vmailbox": "", "boxdomains": "box.test OK\n"},
    )


def planned(
    folder: Path, kind: Kind, raw: bytes | str, form: SheetFormat = "csv", mirror: bool = False
) -> Report:
    raw = raw.encode() if isinstance(raw, str) else raw
    return report_of(Instance.open(str(folder)), kind, raw, form, "file.csv", mirror=mirror)


def written(folder: Path, report: Report) -> None:
    instance = Instance.open(str(folder))
    candidate = Candidate(instance.files, report.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    for change in candidate.changes:
        Path(change.target.path).write_bytes(change.after)


# What is exported comes back

NAMES = [
    "a@x.test",
    "B@X.test",
    '"first last"@y.test',
    "é@y.test",
    "@y.test",
    "=cmd|calc@x.test",
    "-1+1@x.test",
]
VALUES = ["one@z.test", "one@z.test,two@z.test", '"a,b"@z.test\n  Jean <jean@z.test>', "née@z.test, @x.test"]
CELLS = st.text(st.sampled_from('ab@;,"\n\r\t=+ é#\\'), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=7),
    st.sampled_from(["csv", "json"]),
)
def test_aliases_there_and_back(folder: Path, rows: list[tuple[bool, str, str]], form: SheetFormat) -> None:
    text = "".join(
        f"{'' if on else '#'}{name}  {value if on else value.split(chr(10))[0]}\n" for on, name, value in rows
    )
    (folder / "virtual").write_text(text)
    data, count = export(Instance.open(str(folder)), "aliases", form)
    same = planned(folder, "aliases", data, form, mirror=True)
    assert (same.edits, same.counts["="]) == ((), count)
    (folder / "virtual").write_text("")
    (folder / "aliases").write_text("")
    written(folder, planned(folder, "aliases", data, form))
    again, _ = export(Instance.open(str(folder)), "aliases", form)
    in_force = all(on for on, _, _ in rows)  # what is commented out comes last in an empty file
    assert (
        again == data
        if in_force
        else sorted(again.splitlines()) == sorted(data.splitlines()) or form == "json"
    )
    (folder / "aliases").write_text("root: jean\n")


def test_mailboxes_and_domains_there_and_back(folder: Path) -> None:
    (folder / "vmailbox").write_text("jean@box.test  box.test/jean/\n#old@box.test  box.test/old\n")
    kinds: list[Kind] = ["mailboxes", "domains"]
    kept = {kind: export(Instance.open(str(folder)), kind, "csv")[0] for kind in kinds}
    assert kept["domains"].decode().splitlines() == [
        "domain,class", "falcot.com,local", "localhost,local", "x.test,virtual-alias", "y.test,virtual-alias",
        "box.test,virtual-mailbox",
    ]  # fmt: skip
    for kind, data in kept.items():
        assert planned(folder, kind, data, mirror=True).edits == ()
    (folder / "vmailbox").write_text("")
    main = (folder / "main.cf").read_text()
    (folder / "main.cf").write_text(
        main.replace("falcot.com, localhost", "other.test").replace(", y.test", "")
    )
    (folder / "boxdomains").write_text("")
    for kind in ("domains", "mailboxes"):
        written(folder, planned(folder, kind, kept[kind], mirror=True))
        assert export(Instance.open(str(folder)), kind, "csv")[0] == kept[kind]


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.sampled_from(",;\t"), st.booleans())
def test_a_cell_is_what_the_spreadsheet_shows(rows: list[tuple[str, str]], mark: str, marked: bool) -> None:
    quoted = (
        "".join(f'"{a.replace(chr(34), chr(34) * 2)}"{mark}"{b.replace(chr(34), chr(34) * 2)}"\r\n')
        for a, b in rows
    )
    raw = (
        ("\ufeffsep=;\r\n" if marked and mark == ";" else "\ufeff")
        + f"Address{mark}Goto\r\n"
        + "".join(quoted)
    )
    names = {"address": "address", "goto": "destinations"}
    found = read(raw.encode(), "csv", names)
    assert [(row.cells["address"], row.cells["destinations"]) for row in found.rows] == [
        row for row in rows if any(row)
    ]
    lines = raw.encode().splitlines()
    assert all(row.line <= len(lines) for row in found.rows)


@pytest.mark.parametrize(
    ("raw", "form", "words", "line"),
    [
        (b"", "csv", "no column is known", 1),
        (b"jean,paul\n", "csv", "no column is known", 1),
        (b"address,email\n", "csv", "two columns are both address", 1),
        (b'address\na\n"b\n', "csv", "cannot be read", 3),
        (b"address\na,b\n", "csv", "2 cells for 1 column", 2),
        ("address".encode("utf-16"), "csv", "UTF-16", 1),
        (b"[\n{]", "json", "not JSON", 2),
        (b"{}", "json", "no array", None),
        (b"adress,goto\na,b\n", "csv", "no column address among adress, goto", 1),
        (b'{"address": "a"}\n{"address"\n', "json", "not JSON", 2),
        (b'[{"address": {}}]', "json", "neither a text", 1),
        (b"[" * 100_000, "json", "nested too deep", None),
        (b'[{"address": "a"}, {"address": "b\\ud800"}]', "json", r"half a character, \\ud800", 2),
        (b'[{"address": ["b\\ud800"]}]', "json", "half a character", 1),
    ],
)
def test_what_cannot_be_read_says_where(raw: bytes, form: SheetFormat, words: str, line: int | None) -> None:
    with pytest.raises(BadSheet, match=words) as caught:
        read(raw, form, {"address": "address", "email": "address", "goto": "destinations"})
    assert caught.value.line == line


def test_json_may_have_an_object_a_line() -> None:
    found = read(b'{"address": "a"}\n\n{"address": "b"}\n', "json", {"address": "address"})
    assert [(row.line, row.cells["address"]) for row in found.rows] == [(1, "a"), (2, "b")]


# The report


def test_each_row_of_a_report(folder: Path) -> None:
    (folder / "virtual").write_text("a@x.test one@z.test\nb@x.test two@z.test\n#off@x.test one@z.test\n")
    report = planned(folder, "aliases", """\
alias;GOTO;active;Modified
A@X.test;one@z.test;1;x
b@x.test;"two@z.test
three@z.test";1;x
new@x.test;a@z.test, b@z.test;1;x
new@x.test;c@z.test;1;x
off@x.test;one@z.test;1;x
a@x.test;"|cmd";maybe;x
bad name@x.test;a@z.test;1;x
|cmd@x.test;/var/spool/x;1;x
c@x.test;"|run";1;x
nobody@x.test;;1;x
jean@falcot.com;p@z.test;1;x
""")  # fmt: skip
    shown = {(line.marker, line.line): line for line in report.lines}
    assert [(key, shown[key].name) for key in sorted(shown, key=lambda key: key[1] or 0)] == [
        (("=", 2), "A@X.test"), (("~", 3), "b@x.test"), (("+", 5), "new@x.test"), (("!", 6), "new@x.test"),
        (("~", 7), "off@x.test"), (("!", 8), "a@x.test"), (("!", 9), "bad name@x.test"),
        (("!", 10), "|cmd@x.test"), (("!", 11), "c@x.test"), (("!", 12), "nobody@x.test"),
        (("+", 13), "jean"),
    ]  # fmt: skip
    assert shown["!", 6].why == "stands on line 5 already, with a@z.test, b@z.test; put them into one row"
    assert shown["!", 11].why == "|run: bounces: works only in alias_maps"
    assert shown["~", 3].value == "two@z.test, three@z.test"
    assert report.words == "6 refused, 2 changed, 2 new, 1 the same, 1 not in the file stays"
    written(folder, report)
    assert (folder / "virtual").read_text() == (
        "a@x.test one@z.test\nb@x.test two@z.test, three@z.test\n"
        "new@x.test a@z.test, b@z.test\noff@x.test one@z.test\n"
    )
    assert (folder / "aliases").read_text() == "root: jean\njean: p@z.test\n"


def test_mirror_takes_out_only_from_the_tables_of_the_file(folder: Path) -> None:
    (folder / "virtual").write_text("a@x.test one@z.test\nb@x.test two@z.test\nb@x.test again@z.test\n")
    report = planned(folder, "aliases", "address,destinations\na@x.test,one@z.test\n", mirror=True)
    written(folder, report)
    assert (folder / "virtual").read_text() == "a@x.test one@z.test\n"
    assert (folder / "aliases").read_text() == "root: jean\n"
    assert report.label == "import aliases from file.csv: -1"
    refused = planned(
        folder, "aliases", "address,destinations\na@x.test,one@z.test\nb@x.test,|x\n", mirror=True
    )
    assert [line.marker for line in refused.lines] == ["=", "!"]


def test_circles_are_refused_and_what_closes_them_with_the_file(folder: Path) -> None:
    (folder / "virtual").write_text("a@x.test b@x.test\n")
    rows = ["b@x.test,c@x.test", "c@x.test,a@x.test", 'd@x.test,"d@x.test,e@x.test"', "e@x.test,d@x.test"]
    report = planned(folder, "aliases", "\n".join(["address,destinations", *rows]))
    assert [(line.marker, line.name) for line in report.lines] == [
        ("!", "b@x.test"), ("!", "c@x.test"), ("+", "d@x.test"), ("+", "e@x.test")
    ]  # fmt: skip
    assert report.lines[0].why == "loop: b@x.test → c@x.test → a@x.test → b@x.test; its mail would bounce"


def test_mailboxes_with_owners_and_what_is_wrong_with_them(folder: Path) -> None:
    (folder / "vmailbox").write_text("jean@box.test  box.test/jean/\n")
    report = planned(folder, "mailboxes", """\
username,maildir,uid
jean@box.test,box.test/j/,
new@box.test,,6000
up@box.test,../up/,
who@other.test,,
low@box.test,,33
""")  # fmt: skip
    assert [(line.marker, line.value) for line in report.lines] == [
        ("~", "box.test/j/"), ("+", "box.test/new/"), ("!", "../up/"), ("!", ""), ("!", "")
    ]  # fmt: skip
    assert [edit.describe() for edit in report.edits] == [
        "~ vmailbox jean@box.test → box.test/j/", "+ vmailbox new@box.test → box.test/new/",
        f"+ hash:{folder}/vmailbox_uids in virtual_uid_maps", "+ vmailbox_uids new@box.test → 6000",
    ]  # fmt: skip


def test_many_domains_join_their_lists_at_once(folder: Path) -> None:
    names = [f"d{n}.test" for n in range(60)]
    rows = [f"{name},{'virtual-mailbox' if n % 2 else 'virtual-alias'}" for n, name in enumerate(names)]
    report = planned(
        folder, "domains", "\n".join(["domain,class", *rows, "x.test,relay", "localhost,nothing"])
    )
    assert report.words == "1 refused, 1 changed, 60 new, 2 not in the file stay"
    assert len(report.edits) < 40
    written(folder, report)
    found = planned(folder, "domains", "\n".join(["domain,class", *rows, "x.test,relay"]))
    assert found.counts["="] == 61


def test_thousands_of_domains_join_a_list_of_main_cf(folder: Path) -> None:
    """Each of them looked the whole list through once: five thousand took minutes."""
    rows = [f"d{n}.test,virtual-alias" for n in range(3000)]
    begun = time.process_time()
    report = planned(folder, "domains", "\n".join(["domain,class", *rows]))
    assert time.process_time() - begun < 5
    assert report.words == "3,000 new, 2 not in the file stay"
    written(folder, report)
    text = (folder / "main.cf").read_text()
    assert "virtual_alias_domains = x.test, y.test, d0.test, d1.test, " in text
    assert ", d2998.test, d2999.test\n" in text


def test_blank_lines_above_the_columns_are_passed_over() -> None:
    found = read(b"\nsep=;\r\n \naddress\n\na\n", "csv", {"address": "address"})
    assert [(row.line, row.cells["address"]) for row in found.rows] == [(6, "a")]


def test_columns_without_a_meaning_are_named(folder: Path) -> None:
    raw = "address,destinations,colour\na@x.test,b@y.test,red\n"
    assert "columns that are not read: colour" in planned(folder, "aliases", raw).says
    assert not any(
        "columns" in text for text in planned(folder, "aliases", raw.replace("colour", "table")).says
    )


def test_what_stands_there_comes_back_however_wrong(folder: Path) -> None:
    (folder / "virtual").write_text("a@x.test |run\nb@x.test one@z.test\n")
    raw, _ = export(Instance.open(str(folder)), "aliases", "csv")
    assert planned(folder, "aliases", raw).words == "3 the same"
    changed = planned(folder, "aliases", raw.replace(b"|run", b"|walk"))
    assert [line.why for line in changed.refused] == ["|walk: bounces: works only in alias_maps"]


def test_a_command_cut_at_its_blanks_is_refused(folder: Path) -> None:
    rows = 'address,destinations\none,|/bin/x -r a\ntwo,"""|/bin/x -r a"""\nthree,"|/bin/x, jean"\n'
    report = planned(folder, "aliases", rows)
    assert [(line.marker, line.name) for line in report.lines] == [("!", "one"), ("+", "two"), ("+", "three")]
    assert report.refused[0].why == (
        "|/bin/x -r a: its blanks end a destination; put the whole command in quotes"
    )


def test_refused_rows_stand_in_the_order_of_the_file(folder: Path) -> None:
    report = planned(folder, "aliases", "address,destinations\n@@@,jean\nb@x.test,\n")
    assert [line.line for line in report.refused] == [2, 3]
