"""`mailtui import` and `export`: the report, exit codes, drafts, what is written and taken back."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shop, instance_dir, shop

__all__ = ["instance_dir", "shop"]

NEW = "".join(f"n{n}@falcotsbrand.com,jean@falcot.com\n" for n in range(60))


def sheet(tmp_path: Path, text: str) -> str:
    path = tmp_path / "new.csv"
    path.write_text(text)
    return str(path)


def test_a_file_there_and_back_with_its_history(shop: Shop, tmp_path: Path) -> None:
    before = shop.virtual
    out = str(tmp_path / "out.json")
    assert shop.run("export", "aliases", out).err == f"7 aliases in {out}\n"
    assert shop.run("export", "aliases", out).status == 1
    assert shop.run("import", "aliases", out).out == "aliases of out.json: 7 the same\n"
    file = sheet(tmp_path, f"address,destinations\n{NEW}contact@falcotsbrand.com,jean@falcot.com\n")
    dry = shop.run("import", "aliases", file, "--dry-run")
    assert dry.status == 0
    assert "+ … and 40 more\n" in dry.out
    assert "~ contact@falcotsbrand.com → jean@falcot.com (was laure@falcot.com, sophie@falcot.com)" in dry.out
    assert "--- " not in dry.out
    assert "/virtual: +61 -1 lines; --json has the diff" in dry.err
    assert shop.virtual == before
    done = shop.run("import", "aliases", file, "--json", "--mirror").json
    assert (done["applied"], done["report"]["counts"]) == (
        True, {"refused": 0, "removed": 2, "changed": 1, "new": 60, "same": 0}
    )  # fmt: skip
    assert len(done["report"]["rows"]) == 63
    assert shop.run("history", "undo", str(done["history_id"])).status == 0
    assert shop.virtual == before


def test_refused_rows_refuse_the_file_unless_they_are_left_out(shop: Shop, tmp_path: Path) -> None:
    before = shop.virtual
    file = sheet(tmp_path, "address,destinations\nnew@falcotsbrand.com,jean\nbad,,\nno one@x,jean\n")
    refused = shop.run("import", "aliases", file)
    assert refused.status == 1
    assert f"! {file}:4: no one@x: a blank needs quotes" in refused.out
    assert refused.err.splitlines()[-1].startswith(
        f"mailtui: {file}:3: 2 rows are refused, so nothing was imported: bad: there is no destination"
    )
    assert shop.virtual == before
    told = shop.run("import", "aliases", file, "--json")
    assert (told.json["applied"], told.json["report"]["counts"]["refused"]) == (False, 2)
    assert json.loads(told.err)["error"]["line"] == 3
    assert shop.run("import", "aliases", file, "--skip-bad").status == 0
    assert "new@falcotsbrand.com" in shop.virtual


def test_a_draft_for_a_second_person_and_standard_input(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Piped(io.StringIO):
        buffer = io.BytesIO(f"address,destinations\n{NEW}".encode())

    monkeypatch.setattr("sys.stdin", Piped())
    out = str(tmp_path / "draft.json")
    assert shop.run("import", "aliases", "-", "--format", "csv", "--draft", out).status == 0
    assert "n59@" not in shop.virtual
    assert shop.run("draft", "apply", out).status == 0
    assert "n59@falcotsbrand.com" in shop.virtual


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("aliases", "x.txt"), 2, "is it CSV or JSON?"),
        (("aliases", "/nowhere/x.csv"), 1, "no such file"),
        (("domains", "x.csv", "--table", "hash:/x"), 2, "--table is for aliases"),
        (("things", "x.csv"), 2, "invalid choice"),
        (("aliases", "/dev/null", "--format", "csv"), 1, "no column is known: it is empty"),
    ],
)
def test_what_is_wrong_with_the_words(shop: Shop, words: tuple[str, ...], status: int, said: str) -> None:
    done = shop.run("import", *words)
    assert (done.status, said in done.err) == (status, True), done.err


def test_a_refused_row_is_told_in_one_line_of_a_fair_length(shop: Shop, tmp_path: Path) -> None:
    file = sheet(tmp_path, f'address,destinations\n"a\nb@falcotsbrand.com",jean\nc@x,{"y" * 9000}\n')
    done = shop.run("import", "aliases", file)
    assert done.status == 1
    lines = done.out.splitlines()
    assert [line[:2] for line in lines] == ["! ", "! ", "al"]
    assert "a · b@falcotsbrand.com" in lines[0]
    assert max(map(len, lines)) <= 500


def test_no_draft_can_hold_accounts(shop: Shop, tmp_path: Path) -> None:
    done = shop.run("import", "accounts", sheet(tmp_path, "user,realm\n"), "--draft", "x", "--yes")
    assert (done.status, "no draft can hold them" in done.err) == (2, True)
