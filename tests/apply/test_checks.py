"""What stops a change: what the real programs say of it and did not say before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.apply import checks
from mailtui.apply import compile as compiling
from mailtui.apply.compile import Built
from mailtui.apply.configchecks import check_config
from mailtui.apply.finding import Finding, NotYours
from mailtui.apply.goinglive import going_live
from mailtui.apply.touched import touched_lines
from mailtui.apply.uses import Use
from mailtui.apply.work import Works
from mailtui.edits.candidate import Candidate, FileChange
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.model import Edit
from mailtui.formats.splice import Splice
from mailtui.formats.target import Target
from mailtui.postfix.files import Files
from tests.apply.changing import VIRTUAL, Server, write_old

MAIN = b"compatibility_level = 3.6\nmydestination = a\n"
MASTER = b"smtp inet n - y - - smtpd\n"


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


@pytest.fixture
def works() -> Iterator[Works]:
    with Works() as made:
        yield made


def complaints(before: bytes, after: bytes, *touched: str, master: bytes = MASTER) -> list[tuple[bool, str]]:
    found = check_config("/etc/x", (before, MASTER), (after, master), touched)
    return [(each.stop, str(each)) for each in found]


def test_a_good_main_cf_gives_no_finding() -> None:
    assert complaints(MAIN, MAIN + b"message_size_limit = 1\n", "message_size_limit") == []


def test_a_line_that_kills_every_program_stops_with_our_file_and_line() -> None:
    assert complaints(MAIN, MAIN + b"oops\n") == [
        (True, "/etc/x/main.cf:3: missing '=' after attribute name: \"oops\"")
    ]


def test_a_broken_master_cf_stops() -> None:
    assert complaints(MAIN, MAIN, master=b"smtp inet n - y - -\n") == [
        (True, "/etc/x/master.cf:1: bad field count")
    ]


def test_a_name_that_nothing_uses_stops_when_we_set_it() -> None:
    after = MAIN + b"smtpd_recpient_restrictions = permit\n"
    said = "/etc/x/main.cf: unused parameter: smtpd_recpient_restrictions=permit"
    assert complaints(MAIN, after, "smtpd_recpient_restrictions") == [(True, said)]


def test_a_class_may_be_set_before_the_list_that_names_it() -> None:
    after = (
        MAIN + b"greylisting = check_policy_service inet:127.0.0.1:10023\nmua_client_restrictions = reject\n"
    )
    found = complaints(MAIN, after, "greylisting", "mua_client_restrictions")
    assert [stop for stop, _ in found] == [False, False]


def test_an_unused_name_that_was_there_may_get_another_value() -> None:
    before, after = MAIN + b"relay_host = b\n", MAIN + b"relay_host = c\n"
    assert complaints(before, after, "relay_host") == [
        (False, "/etc/x/main.cf: unused parameter: relay_host=c")
    ]


def test_a_name_that_becomes_unused_by_our_change_is_only_told() -> None:
    before = MAIN + b"mine = b\nrelay_domains = $mine\n"
    after = MAIN + b"mine = b\nrelay_domains = c\n"
    assert complaints(before, after, "relay_domains") == [(False, "/etc/x/main.cf: unused parameter: mine=b")]


def test_what_was_wrong_before_never_stops_though_its_line_moves() -> None:
    before = MAIN + b"mydestination = b\nfoo = $nothing\n"
    after = b"relay_domains = r\n" + before
    found = complaints(before, after, "relay_domains")
    assert len(found) == 3
    assert not any(stop for stop, _ in found)
    assert (False, "/etc/x/main.cf:4: overriding earlier entry: mydestination=a") in found


def test_one_more_of_the_same_complaint_is_new() -> None:
    before = MAIN + b"mydestination = b\n"
    after = before + b"mydestination = c\n"
    found = complaints(before, after, "mydestination")
    assert [stop for stop, _ in found].count(True) == 1


def changed(server: Server, *edits: Edit) -> FileChange:
    return Candidate(Files(), edits).changes[0]


def raw_change(target: Target, before: str, after: str) -> FileChange:
    old, new = before.encode(), after.encode()
    at = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return FileChange(target, old, (Splice(at, len(old), new[at:]),), (), created=False)


def judged(server: Server, change: FileChange, works: Works) -> list[Finding]:
    built = compiling.build(
        server.instance.config_dir, change.target, change.after, works.beside(change.target.path)
    )
    return checks.judge(built, change, server.instance.config_dir)


def test_a_broken_main_cf_is_named_where_a_table_cannot_be_compiled(server: Server, works: Works) -> None:
    lines = server.text("main.cf").count("\n")
    write_old(server.etc / "main.cf", server.text("main.cf") + "oops\n")
    found = judged(server, raw_change(server.table, VIRTUAL, VIRTUAL + "a@falcotsbrand.com b@x\n"), works)
    assert [(each.stop, each.file, each.line) for each in found] == [
        (True, str(server.etc / "main.cf"), lines + 1)
    ]


def test_what_postmap_says_of_main_cf_is_not_our_line(server: Server, works: Works) -> None:
    write_old(server.etc / "main.cf", "x = y\nx = z\n")
    found = judged(server, raw_change(server.table, VIRTUAL, "a@falcotsbrand.com b@x\n" + VIRTUAL), works)
    assert [(each.stop, each.file, each.line) for each in found] == [(False, str(server.etc / "main.cf"), 2)]


def test_a_table_in_a_folder_that_is_not_there(server: Server) -> None:
    target = Target("table", str(server.etc / "none/virtual"), "hash")
    change = changed(server, SetEntry(target, "a@falcotsbrand.com", "b@x", None))
    assert [(each.stop, str(each)) for each in checks.surroundings(change, [])] == [
        (True, f"{target.path}: its folder {server.etc}/none does not exist; make it")
    ]


def test_a_line_of_ours_that_postmap_warns_of_stops(server: Server, works: Works) -> None:
    change = raw_change(server.table, VIRTUAL, VIRTUAL + "alone@falcotsbrand.com\n")
    assert judged(server, change, works) == [
        Finding(
            stop=True,
            text="expected format: key whitespace value",
            file=server.table.path,
            line=4,
        )
    ]


def test_a_bad_line_that_was_there_is_told_with_its_new_line_and_does_not_stop(
    server: Server, works: Works
) -> None:
    old = VIRTUAL + "alone@falcotsbrand.com\n"
    change = raw_change(server.table, old, "new@falcotsbrand.com x@falcot.com\n" + old)
    found = judged(server, change, works)
    assert [(each.stop, each.line) for each in found] == [(False, 5)]


def test_a_bad_line_next_to_ours_is_not_ours(server: Server, works: Works) -> None:
    old = VIRTUAL + "alone@falcotsbrand.com\n"
    change = raw_change(server.table, old, old + "new@falcotsbrand.com x@falcot.com\n")
    assert [each.stop for each in judged(server, change, works)] == [False]


def test_a_duplicate_that_we_make_stops_and_one_that_stood_does_not(server: Server, works: Works) -> None:
    twice = VIRTUAL + "WEBMASTER@falcotsbrand.com other@falcot.com\n"
    made = raw_change(server.table, VIRTUAL, twice)
    named = SetEntry(server.table, "webmaster@falcotsbrand.com", "x@falcot.com", None)
    made = FileChange(made.target, made.before, made.splices, (named,), created=False)
    assert [each.stop for each in judged(server, made, works)] == [True]
    (server.etc / "virtual").write_text(twice)
    stood = changed(server, server.change())
    assert [(each.stop, "duplicate" in each.text) for each in judged(server, stood, works)] == [(False, True)]


def test_a_text_that_the_compiler_refuses_stops(server: Server, works: Works) -> None:
    change = raw_change(Target("table", server.table.path, "nosuch"), VIRTUAL, VIRTUAL + "a@b c\n")
    found = judged(server, change, works)
    assert [each.stop for each in found] == [True]
    assert "nosuch" in found[0].text


def test_a_bad_pattern_stops(server: Server, works: Works) -> None:
    target = Target("table", str(server.etc / "checks"), "pcre")
    change = raw_change(target, "/good/ OK\n", "/good/ OK\n/bad(/ REJECT\n")
    found = judged(server, change, works)
    assert [(each.stop, each.line) for each in found] == [(True, 2)]


def built_for(server: Server, change: FileChange, works: Works) -> Built:
    return compiling.build(
        server.instance.config_dir, change.target, change.after, works.beside(change.target.path)
    )


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
def test_what_a_colleague_saved_and_did_not_compile_is_not_ours(root: Path, works: Works, kind: str) -> None:
    server = Server(root, kind)
    text = VIRTUAL.replace("# the brand\n", "") + "half@falcotsbrand.com made@falcot.com\n"
    text = text.replace("contact@falcotsbrand.com     laure@falcot.com, ", "contact@falcotsbrand.com ")
    (server.etc / "virtual").write_text(text)
    change = changed(server, server.change())
    found = going_live(built_for(server, change, works), change, server.instance.config_dir)[0]
    spec = server.table.spec
    assert found == [
        NotYours(
            spec, "contact@falcotsbrand.com", "laure@falcot.com, sophie@falcot.com", "sophie@falcot.com"
        ),
        NotYours(spec, "half@falcotsbrand.com", None, "made@falcot.com"),
    ]
    assert str(found[1]) == "virtual half@falcotsbrand.com → made@falcot.com"


def test_an_entry_that_a_colleague_took_out_is_not_ours_either(server: Server, works: Works) -> None:
    (server.etc / "virtual").write_text(VIRTUAL.splitlines(keepends=True)[1])
    change = changed(server, server.change())
    found = going_live(built_for(server, change, works), change, server.instance.config_dir)[0]
    assert [str(each) for each in found] == [
        "virtual contact@falcotsbrand.com is taken out (live: laure@falcot.com, sophie@falcot.com)"
    ]


def test_our_own_edits_are_not_a_colleagues(server: Server, works: Works) -> None:
    change = changed(server, server.change(), server.new(), server.gone())
    assert going_live(built_for(server, change, works), change, server.instance.config_dir)[0] == []


def test_an_alias_of_ours_is_not_a_colleagues_though_postalias_says_it_otherwise(
    server: Server, works: Works
) -> None:
    change = changed(server, server.alias(), RemoveEntry(server.aliases, "postmaster", ("root",)))
    assert going_live(built_for(server, change, works), change, server.instance.config_dir)[0] == []


def test_a_large_table_is_compared_only_where_its_text_is_newer(
    server: Server, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailtui.apply.goinglive.COMPARE_LIMIT", 10)
    path = server.etc / "virtual"
    path.write_text(VIRTUAL + "half@falcotsbrand.com made@falcot.com\n")
    change = changed(server, server.change())
    built = built_for(server, change, works)
    os.utime(path, (1, 1))
    assert going_live(built, change, server.instance.config_dir)[0] == []
    os.utime(path, (4_000_000_000, 4_000_000_000))
    assert len(going_live(built, change, server.instance.config_dir)[0]) == 1


def test_touched_lines_are_those_of_the_new_text() -> None:
    change = FileChange(
        Target("table", "/x", "hash"),
        b"a 1\nb 2\nc 3\nd 4\n",
        (Splice(4, 4, b"x 9\ny 9\n"), Splice(8, 12, b""), Splice(14, 15, b"5")),
        (),
        created=False,
    )
    assert touched_lines(change) == [(2, 4), (5, 5), (5, 5)]


def test_what_stands_beside_a_file_is_told(server: Server) -> None:
    (server.etc / "virtual").write_text("# This file is managed by Puppet\n" + VIRTUAL)
    (server.etc / ".#virtual").symlink_to(f"laure@host.{os.getpid()}:1")
    (server.etc / "virtual.db").unlink()
    change = changed(server, server.change())
    used = Use("hash", server.table.path, ("virtual_alias_maps",))
    found = checks.surroundings(change, [used, Use("sdbm", server.table.path, ())])
    assert [(each.stop, str(each)) for each in found] == [
        (False, f"{server.table.path}: laure has virtual open in Emacs"),
        (False, f"{server.table.path}:1: it says (line 1) that Puppet manages it and may overwrite this"),
        (False, f"{server.table.path}: {server.table.spec} was never compiled: all of it goes live"),
        (
            True,
            f"{server.table.path}: sdbm:{server.table.path}: mailtui cannot compile sdbm: use hash, btree, lmdb, cdb",
        ),
    ]
