"""Tables moved to another type and back, with the real compilers and no running Postfix."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mailtui.apply.history import History
from mailtui.apply.review import review
from mailtui.apply.transaction import apply
from mailtui.edits.compiling import MigrateTable
from mailtui.edits.mapmigration import migration
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.apply.changing import Server, write_old

KEY = "contact@falcotsbrand.com"
VALUE = "laure@falcot.com, sophie@falcot.com"


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def typed(server: Server, name: str, kind: str) -> Target:
    return Target("aliases" if name == "aliases" else "table", str(server.etc / name), kind)


@pytest.mark.parametrize("to", ["lmdb", "cdb"])
def test_to_the_new_type_and_back(server: Server, to: str) -> None:
    main = server.text("main.cf")
    os.chown(server.etc / "virtual.db", -1, 8)
    os.chmod(server.etc / "virtual.db", 0o640)
    old = {name: os.stat(server.etc / name) for name in ("virtual.db", "aliases.db")}
    edits = migration(server.instance, to).plan.edits
    steps = [(step.action, step.target) for step in review(server.instance, edits).plan.steps]
    assert ("compile", f"{to}:{server.etc}/virtual") in steps
    assert ("compile", f"hash:{server.etc}/virtual") not in steps
    done = apply(server.instance, edits)
    assert done.state == "applied", done.error
    after = Instance.open(str(server.etc))
    assert after.parameters.effective("virtual_alias_maps") == f"{to}:{server.etc}/virtual"
    assert after.parameters.effective("default_database_type") == to
    assert server.answers(typed(server, "virtual", to), KEY) == VALUE
    assert server.answers(typed(server, "aliases", to), "root") == "roland"
    for name, before in old.items():  # not touched
        now = os.stat(server.etc / name)
        assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    new = os.stat(server.etc / f"virtual.{to}")
    assert (new.st_mode & 0o777, new.st_gid) == (0o640, 8)
    assert apply(after, migration(after, to).plan.edits).state == "nothing"  # there are none to move

    write_old(server.etc / "virtual", server.text().replace("jean@", "laure@"))  # while it is of the new type
    os.utime(server.etc / "virtual")
    number = History.open(after).list()[0].id
    back = History.open(after).undo(number)
    undone = apply(after, back, accept_not_yours=True)
    assert undone.state == "applied", undone.error
    assert server.text("main.cf") == main
    assert server.answers(server.table, "webmaster@falcotsbrand.com") == "laure@falcot.com"
    assert {row.id: row.state for row in History.open(after).list()}[number] == "undone"
    assert not server.litter()


def test_what_somebody_saved_and_did_not_compile_goes_live_and_is_said(server: Server) -> None:
    path = server.etc / "virtual"
    path.write_text(path.read_text() + "press@falcotsbrand.com sophie@falcot.com\n")
    edits = migration(server.instance, "lmdb").plan.edits
    seen = review(server.instance, edits)
    assert [str(each) for each in seen.not_yours] == ["virtual press@falcotsbrand.com → sophie@falcot.com"]
    assert apply(server.instance, edits).state == "refused"
    assert apply(server.instance, edits, accept_not_yours=True).state == "applied"


def test_a_text_that_the_new_type_cannot_hold_stops_it(server: Server) -> None:
    """lmdb's keys end at 511 bytes."""
    write_old(server.etc / "virtual", server.text() + f"{'x' * 600}@falcotsbrand.com jean\n")
    server.compile(server.table)
    main = server.text("main.cf")
    done = apply(server.instance, migration(server.instance, "lmdb").plan.edits)
    assert done.state == "refused"
    assert (server.text("main.cf"), (server.etc / "virtual.lmdb").exists()) == (main, False)


@pytest.mark.parametrize("to", ["lmdb", "cdb"])
def test_a_newer_copy_of_another_text_does_not_go_live(server: Server, to: str) -> None:
    """Postfix reads the copy, whatever its text: mail of strangers must not go by what somebody tried once.
    Nor does it where the migration is taken back. Tables of passwords are taken back, too."""
    write_old(server.etc / "sasl_passwd", "a.example jean:hunter1\n")
    main = server.text("main.cf") + f"smtp_sasl_password_maps = hash:{server.etc}/sasl_passwd\n"
    write_old(server.etc / "main.cf", main)
    logins = Target("table", str(server.etc / "sasl_passwd"), "hash")
    server.compile(logins)
    (server.etc / "stray").write_text(f"{KEY} stranger@example.com\nmore@falcotsbrand.com x\n")
    for kind in (to, "hash"):
        subprocess.run(["postmap", f"{kind}:{server.etc}/stray"], check=True)
    os.replace(server.etc / f"stray.{to}", server.etc / f"virtual.{to}")
    instance = Instance.open(str(server.etc))
    edits = migration(instance, to).plan.edits
    done = apply(instance, edits)
    assert done.state == "applied", done.error
    assert server.answers(typed(server, "virtual", to), KEY) == VALUE
    assert server.answers(typed(server, "virtual", to), "more@falcotsbrand.com") == ""
    words = f"{server.etc}/virtual.{to}: is there already, and 3 entries in it differ from the text"
    assert any(str(each).startswith(words) for each in done.findings), done.findings

    os.replace(server.etc / "stray.db", server.etc / "virtual.db")
    after = Instance.open(str(server.etc))
    number = History.open(after).list()[0].id
    assert History.open(after).show(number).not_undone == ()
    undone = apply(after, History.open(after).undo(number))
    assert undone.state == "applied", undone.error
    assert server.text("main.cf") == main
    assert server.answers(server.table, KEY) == VALUE
    assert server.answers(logins, "a.example") == "jean:hunter1"
    assert [row.state for row in History.open(after).list()] == ["applied", "undone"]


def test_what_lies_in_the_new_tables_place_is_no_table(server: Server) -> None:
    """Newer than the text, and yet nothing that answers: it is compiled over, a folder stops it."""
    (server.etc / "virtual.lmdb").write_bytes(b"rubbish")
    done = apply(server.instance, migration(server.instance, "lmdb").plan.edits)
    assert done.state == "applied", done.error
    assert server.answers(typed(server, "virtual", "lmdb"), KEY) == VALUE
    assert any("virtual.lmdb: is there already and cannot be read" in str(each) for each in done.findings)
    (server.etc / "virtual.cdb").mkdir()
    after = Instance.open(str(server.etc))
    seen = review(after, migration(after, "cdb", leaving=["lmdb"]).plan.edits)
    assert [str(each) for each in seen.blocking] == [f"{server.etc}/virtual.cdb: is not a file; move it away"]


def test_another_edit_of_the_table_in_the_same_draft(server: Server) -> None:
    edits = migration(server.instance, "lmdb").plan.edits
    done = apply(server.instance, [*edits, server.new()])
    assert done.state == "applied", done.error
    assert server.answers(typed(server, "virtual", "lmdb"), "presse@falcotsbrand.com") == "sophie@falcot.com"
    assert any(isinstance(edit, MigrateTable) for edit in edits)


def test_a_table_of_certificates_holds_them_in_the_new_type_too(server: Server) -> None:
    """tls_server_sni_maps is compiled by postmap -F; a plain postmap would leave the files' names in it."""
    pem = server.etc / "one.pem"
    pem.write_text("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n")
    write_old(server.etc / "sni", f"mail.falcot.org {pem}\n")
    subprocess.run(["postmap", "-F", f"hash:{server.etc}/sni"], check=True)
    write_old(
        server.etc / "main.cf",
        server.text("main.cf") + f"tls_server_sni_maps = proxy:hash:{server.etc}/sni\n",
    )
    instance = Instance.open(str(server.etc))
    done = apply(instance, migration(instance, "lmdb").plan.edits)
    assert done.state == "applied", done.error
    assert f"= proxy:lmdb:{server.etc}/sni\n" in server.text("main.cf")
    asked = ["postmap", "-F", "-q", "mail.falcot.org", f"lmdb:{server.etc}/sni"]
    assert "PRIVATE KEY" in subprocess.run(asked, check=True, capture_output=True, text=True).stdout
