"""`mailtui history`: its words, its JSON, its exit codes, and what it does to the files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailtui.apply import transaction, writing
from mailtui.apply.database import DATABASE
from mailtui.apply.review import state_folder
from mailtui.edits.draft import Group
from mailtui.edits.entries import SetEntry
from mailtui.edits.store import dumps
from mailtui.formats.target import Target
from mailtui.overview.changes import written as overview_written
from mailtui.postfix.instance import Instance
from tests.apply import killing
from tests.cli.conftest import VIRTUAL, Shop

WEBMASTER = "webmaster@falcotsbrand.com"


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.apply.state.ROOT_LOCKS", str(tmp_path / "locks"))


@pytest.fixture
def written(shop: Shop) -> Shop:
    done = shop.run("alias", "set", WEBMASTER, "laure@falcot.com")
    assert done.status == 0, done.err
    return shop


def test_nothing_was_written_yet(shop: Shop) -> None:
    done = shop.run("history", "list")
    assert (done.status, done.out) == (0, "")
    assert "nothing was written here yet" in done.err
    assert shop.run("history", "list", "--json").json == []


def test_list(written: Shop) -> None:
    (entry,) = written.run("history", "list", "--json").json
    assert entry["id"] == 1
    assert entry["state"] == "applied"
    assert entry["edits"] == [f"~ virtual {WEBMASTER} → laure@falcot.com"]
    assert entry["files"] == [f"{written.folder}/virtual"]
    assert entry["time"][10] == "T"
    done = written.run("history", "list")
    assert done.out.startswith("1  ")
    assert f"applied  ~ virtual {WEBMASTER} → laure@falcot.com" in done.out


def test_show(written: Shop) -> None:
    done = written.run("history", "show", "1")
    assert done.status == 0
    assert f"-{WEBMASTER}   jean@falcot.com\n+{WEBMASTER}   laure@falcot.com\n" in done.out
    assert "change 1 of" in done.err
    assert "-webmaster" in written.run("history", "show", "1", "--json").json["diff"]


@pytest.mark.parametrize("verb", ["show", "undo"])
def test_a_change_that_is_not_there(written: Shop, verb: str) -> None:
    done = written.run("history", verb, "7")
    assert (done.status, done.out) == (1, "")
    assert "there is no change 7; mailtui history list shows them" in done.err
    done = written.run("history", verb, "7", "--json")
    assert json.loads(done.err)["error"]["what"] == "there is no change 7"
    done = written.run("history", verb, "seven")
    assert (done.status, "'seven' is no change's number" in done.err) == (2, True)


def test_an_act_is_called_by_its_name(written: Shop) -> None:
    """Also an undo, in the overview too; edits without a name, and what was written before names, by their words."""
    assert written.run("history", "undo", "1").status == 0
    edit = f"~ virtual {WEBMASTER} → laure@falcot.com"
    undo, first = written.run("history", "list", "--json").json
    assert (undo["label"], "label" in first) == (f"undo of 1: {edit}", False)
    assert f"undo of 1: ~ virtual {WEBMASTER}" in written.run("history", "list").out
    assert f"undo of 1: {edit}\n" in written.run("history", "show", "2").err
    last = overview_written(Instance.open(str(written.folder)))
    assert last.items[-1] == ((f"undo of 1: {edit}", ""),)
    draft = written.folder / "draft.json"
    target = Target("table", f"{written.folder}/virtual", "hash")
    groups = [
        Group((SetEntry(target, "a@falcotsbrand.com", ("jean@falcot.com",), None),), "somebody comes"),
        Group((SetEntry(target, "b@falcotsbrand.com", ("jean@falcot.com",), None),)),
    ]
    told = {"config_dir": str(written.folder), "hostname": "h", "who": "w", "time": "2026-01-01T00:00:00Z"}
    draft.write_bytes(dumps(groups, **told))
    assert written.run("draft", "apply", str(draft)).status == 0
    assert "somebody comes; and 1 edit more (2 edits)\n" in written.run("history", "list").out


def test_undo_names_the_secret_that_nobody_kept(shop: Shop) -> None:
    table = f"hash:{shop.folder}/sasl_passwd"
    made = [shop.run("table", "set", table, "mx.example", "jean@falcot.com:hunter2")]
    made.append(shop.run("parameter", "set", "smtp_sasl_password_maps", table))
    made.append(shop.run("leave", "jean@falcot.com", "--remove", "password", "--remove", "destination"))
    assert [each.status for each in made] == [0, 0, 0], made[-1].err
    assert shop.virtual != VIRTUAL
    assert "mailtui history undo 3 takes it back, except for 1 in a file with passwords" in made[-1].err
    left = "type it again: - sasl_passwd mx.example (was •••••)"
    assert left in shop.run("history", "show", "3").err
    tried = shop.run("history", "undo", "3", "--dry-run", "--json").json
    (words,) = tried["not_undone"]
    assert words.endswith(left)
    assert f"! {words}\n" in shop.run("history", "undo", "3", "--dry-run").err
    done = shop.run("history", "undo", "3")
    assert (done.status, done.err.index(f"note: {words}\n")) == (0, 0)
    assert shop.virtual == VIRTUAL
    undo, _, _, *_ = shop.run("history", "list", "--json").json
    assert undo["label"] == "undo of 3, in part: jean@falcot.com leaves"
    assert f"! {words}" in undo["edits"]
    assert "nothing to do" in shop.run("history", "undo", "1").err  # the login is gone already


def test_undo_gives_the_bytes_back(written: Shop) -> None:
    tried = written.run("history", "undo", "1", "--dry-run", "--json")
    assert tried.json["applied"] is False
    assert "+webmaster@falcotsbrand.com   jean@falcot.com" in tried.json["diff"]
    assert written.virtual != VIRTUAL
    assert written.run("history", "undo", "1", "--read-only").status == 1
    assert written.virtual != VIRTUAL
    done = written.run("history", "undo", "1", "--json")
    assert done.status == 0, done.err
    assert (done.json["applied"], done.json["history_id"]) == (True, 2)
    assert written.virtual == VIRTUAL
    states = [entry["state"] for entry in written.run("history", "list", "--json").json]
    assert states == ["applied", "undone"]
    again = written.run("history", "undo", "1")
    assert again.status == 1
    assert "change 1 is undone" in again.err


def test_undo_of_what_somebody_changed_since_is_a_conflict(written: Shop) -> None:
    text = written.virtual.replace("   laure@falcot.com\n", "   anna@falcot.com\n", 1)
    (written.folder / "virtual").write_text(text)
    done = written.run("history", "undo", "1")
    assert done.status == 3
    assert "theirs  anna@falcot.com" in done.err
    assert written.virtual == text


def killed_before_the_end(shop: Shop) -> None:
    """A change whose process dies once its table is live and its text is not."""
    real = writing.put

    def job() -> None:
        import os

        def put(*args: Any) -> None:
            real(*args)
            os._exit(0)

        setattr(writing, "put", put)  # noqa: B010  # for good: this process ends in it
        target = Target("table", f"{shop.folder}/virtual", "hash")
        alias = Target("aliases", f"{shop.folder}/aliases", "hash")
        edits = [
            SetEntry(target, WEBMASTER, ("anna@falcot.com",), ("jean@falcot.com",)),
            SetEntry(alias, "sales", ("laure",), None),
        ]
        transaction.apply(Instance.open(str(shop.folder)), edits)

    killing.run_until_exit(job)


@pytest.mark.parametrize(
    "words",
    [
        ("alias", "list"),
        ("alias", "resolve", WEBMASTER),
        ("parameter", "get", "myhostname"),
        ("history", "list"),
    ],
)
def test_what_only_looks_says_once_that_a_change_is_unfinished(shop: Shop, words: tuple[str, ...]) -> None:
    assert "was not finished" not in shop.run(*words).err
    killed_before_the_end(shop)
    for _ in range(2):
        done = shop.run(*words)
        assert (done.status, done.err.count("was not finished")) == (0, 1)
    assert shop.run("history", "recover").status == 0
    assert "was not finished" not in shop.run(*words).err


def test_recover_with_nothing_to_do(written: Shop) -> None:
    done = written.run("history", "recover")
    assert (done.status, done.out) == (0, "")
    assert "nothing to recover" in done.err
    assert written.run("history", "recover", "--json").json == []


def test_recover_takes_a_half_done_change_back(shop: Shop) -> None:
    killed_before_the_end(shop)
    assert shop.virtual != VIRTUAL
    listed = shop.run("history", "list")
    assert "applying" in listed.out
    assert "was not finished" in listed.err
    tried = shop.run("history", "recover", "--dry-run")
    assert (tried.status, "was not finished" in tried.out) == (0, True)
    assert shop.virtual != VIRTUAL
    refused = shop.run("history", "recover", "--read-only")
    assert refused.status == 1
    assert shop.virtual != VIRTUAL
    done = shop.run("history", "recover", "--json")
    assert done.status == 0
    (mended,) = done.json
    assert (mended["id"], mended["result"]) == (1, "rolled back")
    assert f"{shop.folder}/virtual" in mended["files"]
    assert shop.virtual == VIRTUAL


def test_recover_leaves_what_a_third_hand_wrote(shop: Shop) -> None:
    killed_before_the_end(shop)
    text = shop.virtual + "new@falcotsbrand.com   sophie@falcot.com\n"
    (shop.folder / "virtual").write_text(text)
    done = shop.run("history", "recover")
    assert done.status == 3
    assert "nothing was touched" in done.out
    assert shop.virtual == text


def test_a_damaged_journal_is_said(written: Shop) -> None:
    database = state_folder(Instance.open(str(written.folder))) / DATABASE
    database.write_bytes(b"no database at all" * 100)
    done = written.run("history", "list")
    assert (done.status, done.out) == (0, "")
    assert "not a database" in done.err
