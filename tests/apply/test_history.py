"""What was written is told, and taken back: byte for byte where nobody wrote since."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.apply.history import History, HistoryError
from mailtui.apply.review import review, state_folder
from mailtui.apply.transaction import apply
from mailtui.edits.bulk import Change, SetEntries
from mailtui.edits.draft import merged
from mailtui.edits.entries import RemoveEntry, SetEntry, SwitchEntry
from mailtui.edits.leaving import Wish, leave
from mailtui.edits.leavingplaces import Choice
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.apply.changing import VIRTUAL, Server, write_old

ODD = """\
# people
webmaster@falcotsbrand.com\t jean@falcot.com,
   # a comment inside
   laure@falcot.com
contact@falcotsbrand.com     laure@falcot.com, sophie@falcot.com

# the end"""


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


@pytest.fixture
def history(server: Server) -> History:
    return History.open(server.instance)


def applied(server: Server, *edits: Edit) -> int:
    done = apply(server.instance, edits, who="roland")
    assert done.state == "applied", done.error
    assert done.history_id is not None
    return done.history_id


def test_the_list_is_newest_first_with_words_and_files(server: Server, history: History) -> None:
    assert history.list() == []
    first = applied(server, server.change())
    second = applied(server, server.alias(), server.parameter())
    listed = [entry.as_json() for entry in history.list()]
    assert [entry["id"] for entry in listed] == [second, first]
    assert listed[0]["edits"] == ["+ alias sales → laure", "+ message_size_limit = 20480000"]
    assert listed[0]["files"] == [server.aliases.path, server.main.path]
    assert set(listed[0]) == {"id", "time", "who", "state", "edits", "files"}
    assert history.show(first).diff == review_diff(server, first)


def review_diff(server: Server, number: int) -> str:
    """The patch that is kept beside the journal."""
    return (state_folder(server.instance) / f"changes/{number}.patch").read_text()


def test_an_undo_restores_the_bytes_and_is_a_change_of_its_own(server: Server, history: History) -> None:
    text = ODD
    (server.etc / "virtual").write_text(text)
    server.compile(server.table)
    edits: list[Edit] = [
        RemoveEntry(server.table, "webmaster@falcotsbrand.com", ("jean@falcot.com", "laure@falcot.com")),
        server.new(),
        server.parameter(),
    ]
    main = server.text("main.cf")
    number = applied(server, *edits)
    assert server.text() != text
    back = history.undo(number)
    plain = review(server.instance, back)
    assert plain.ok
    undone = applied(server, *back)
    assert server.text() == text
    assert server.text("main.cf") == main
    assert server.answers(server.table, "webmaster@falcotsbrand.com") == "jean@falcot.com,   laure@falcot.com"
    assert [(entry.id, entry.state) for entry in history.list()] == [(undone, "applied"), (number, "undone")]


def test_the_review_of_an_undo_shows_what_is_written(server: Server, history: History) -> None:
    (server.etc / "virtual").write_text(ODD)
    server.compile(server.table)
    entry = RemoveEntry(server.table, "webmaster@falcotsbrand.com", ("jean@falcot.com", "laure@falcot.com"))
    number = applied(server, entry)
    seen = review(server.instance, history.undo(number))
    assert "+   laure@falcot.com\n" in seen.diff
    done = apply(server.instance, history.undo(number))
    assert done.review is not None
    assert done.review.diff == seen.diff


def test_an_undo_of_an_undo_and_of_that(server: Server, history: History) -> None:
    number = applied(server, server.gone(), server.new())
    after = server.text()
    for expected in (VIRTUAL, after, VIRTUAL):
        number = applied(server, *history.undo(number))
        assert server.text() == expected
    assert [entry.state for entry in history.list()] == ["applied", "undone", "undone", "undone"]


def test_changes_undone_in_turn_give_the_first_bytes(server: Server, history: History) -> None:
    numbers = [
        applied(server, server.gone()),
        applied(server, server.change()),
        applied(server, server.new()),
    ]
    for number in reversed(numbers):
        applied(server, *history.undo(number))
    assert server.text() == VIRTUAL


def test_an_older_change_is_undone_under_newer_ones(server: Server, history: History) -> None:
    number = applied(server, server.change())
    applied(server, server.new())
    applied(server, *history.undo(number))
    assert server.text() == VIRTUAL + "presse@falcotsbrand.com      sophie@falcot.com\n"
    assert [entry.state for entry in history.list()] == ["applied", "applied", "undone"]


def test_an_undo_keeps_what_others_wrote_since(server: Server, history: History) -> None:
    number = applied(server, server.change())
    text = server.text() + "other@falcotsbrand.com x@falcot.com\n"
    (server.etc / "virtual").write_text(text)
    server.compile(server.table)
    applied(server, *history.undo(number))
    assert server.text() == VIRTUAL + "other@falcotsbrand.com x@falcot.com\n"


def test_an_undo_of_an_entry_that_others_changed_is_a_conflict(server: Server, history: History) -> None:
    number = applied(server, server.change())
    (server.etc / "virtual").write_text(VIRTUAL.replace("jean@", "sophie@"))
    server.compile(server.table)
    done = apply(server.instance, history.undo(number))
    assert done.state == "conflict"
    assert [entry.state for entry in history.list()] == ["applied"]


def test_an_undo_staged_with_other_edits_does_both(server: Server, history: History) -> None:
    number = applied(server, server.gone())
    applied(server, *merged([*history.undo(number), server.new()]))
    assert server.answers(server.table, "contact@falcotsbrand.com") == "laure@falcot.com, sophie@falcot.com"
    assert server.answers(server.table, "presse@falcotsbrand.com") == "sophie@falcot.com"


def test_what_was_rolled_back_or_is_unknown_cannot_be_undone(
    server: Server, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HistoryError, match="no change 7"):
        history.undo(7)
    number = applied(server, server.change())
    applied(server, *history.undo(number))
    with pytest.raises(HistoryError, match="undone: there is nothing to undo"):
        history.undo(number)


def with_logins(server: Server) -> Target:
    """Logins at other servers, with a file that holds them."""
    passwd = Target("table", str(server.etc / "sasl_passwd"), "hash")
    write_old(
        server.etc / "sasl_passwd", "# logins\na.example jean@falcot.com:hunter1\nb.example other:hunter2\n"
    )
    server.compile(passwd)
    write_old(server.etc / "main.cf", server.text("main.cf") + f"smtp_sasl_password_maps = {passwd.spec}\n")
    return passwd


def test_an_undo_of_passwords_says_what_to_type_again(server: Server, history: History) -> None:
    passwd = with_logins(server)
    number = applied(server, SetEntry(passwd, "a.example", "user:hunter3", "jean@falcot.com:hunter1"))
    with pytest.raises(HistoryError) as refused:
        history.undo(number)
    assert "type it again: ~ sasl_passwd a.example" in refused.value.do
    assert "hunter" not in str(refused.value)
    applied(server, SetEntry(passwd, "b.example", "other:hunter4", "other:hunter2"))
    assert [entry.state for entry in history.list()] == ["applied", "applied"]  # the second undoes nothing


def test_somebody_leaves_and_all_but_the_login_comes_back(server: Server, history: History) -> None:
    """Every byte of every other file, and what the real programs read of the tables; the login is named before,
    in the words of the undo, and stays away."""
    passwd = with_logins(server)
    (server.etc / "virtual").write_text(ODD)
    server.compile(server.table)
    instance = Instance.open(str(server.etc))
    before = {path.name: path.read_bytes() for path in server.etc.iterdir() if path.suffix != ".db"}
    tables = {each.path: server.dump(each) for each in (server.table, server.aliases)}
    choices: dict[str, Choice] = {"password": "remove", "destination": "remove"}
    found = leave(instance, Wish("jean@falcot.com", choices=choices))
    number = applied(
        server, *found.edits, server.parameter(), SetEntry(passwd, "c.example", "new:hunter5", None)
    )
    assert "jean@" not in server.text("sasl_passwd") + server.text()
    assert server.text("main.cf") != before["main.cf"].decode()

    (left,) = history.show(number).not_undone
    assert left.endswith("type it again: - sasl_passwd a.example (was •••••)")
    back = history.undo(number)
    seen = review(instance, back)
    assert seen.ok
    assert f"! {left}" in [line.text for line in seen.edits]
    assert seen.as_json()["not_undone"] == [left]
    assert "hunter" not in seen.diff + repr(seen.as_json())
    undone = apply(instance, back, who="roland")
    assert undone.state == "applied", undone.error
    after = {path.name: path.read_bytes() for path in server.etc.iterdir() if path.suffix != ".db"}
    assert {name for name in before if before[name] != after[name]} == {"sasl_passwd"}
    assert after["sasl_passwd"] == b"# logins\nb.example other:hunter2\n"
    assert {each.path: server.dump(each) for each in (server.table, server.aliases)} == tables
    assert server.dump(passwd) == {"b.example\tother:hunter2"}
    newest, oldest = history.list()
    assert (newest.state, oldest.state) == ("applied", "undone")
    assert f"! {left}" in newest.edits
    state = state_folder(instance)
    assert not any(b"hunter" in path.read_bytes() for path in state.rglob("*") if path.is_file())

    again = apply(instance, history.undo(newest.id))  # what was not brought back is not named once more
    assert again.state == "applied", again.error
    assert [entry.state for entry in history.list()] == ["applied", "undone", "undone"]


def test_a_secret_that_a_later_change_wrote_stays(server: Server, history: History) -> None:
    passwd = with_logins(server)
    rows = [Change("c.example", "", "c:hunter6"), Change("d.example", "", "d:hunter7"),
            Change("b.example", "other:hunter2", "other:hunter8")]  # fmt: skip
    first = applied(server, SetEntries.of(passwd, rows, lists=False), server.parameter())
    applied(server, SetEntry(passwd, "d.example", "d:hunter9", "d:hunter7"))
    applied(server, SwitchEntry(passwd, "c.example", "c:hunter6", False), server.new())
    switched = history.list()[0].id
    applied(server, *history.undo(switched))  # needs no secret but the one that stands there
    assert history.show(switched).state == "undone"
    assert "\nc.example c:hunter6\n" in server.text("sasl_passwd").replace("\t", " ")
    applied(server, *history.undo(first))
    assert server.text("main.cf").count("message_size_limit") == 0
    text = server.text("sasl_passwd")
    assert ("c:hunter6" in text, "d:hunter9" in text, "other:hunter8" in text) == (False, True, True)
    words = "\n".join(history.list()[0].edits)
    assert "type it again: ~ sasl_passwd b.example → •••••" in words
    assert "stays, as change 2 wrote it anew: + sasl_passwd d.example → •••••" in words
    assert history.show(first).state == "undone"


def test_the_patch_undoes_without_mailtui(server: Server, history: History) -> None:
    import subprocess

    number = applied(server, server.change(), server.new())
    patch = state_folder(server.instance) / f"changes/{number}.patch"
    subprocess.run(["patch", "-s", "-R", "-p0", "-d", "/", "-i", patch], check=True)
    assert server.text() == VIRTUAL
