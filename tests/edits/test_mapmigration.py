"""Tables moved from Berkeley DB to lmdb and cdb: what is changed, what stays and why; postconf reads the result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.compiling import MigrateTable
from mailtui.edits.draft import merged
from mailtui.edits.mapmigration import Migration, migration
from mailtui.edits.store import from_json, to_json
from mailtui.postfix import postconf as asked
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapmentions import Spec, uses
from tests.postfix.conftest import MakeInstance, instance_dir, postconf, put

__all__ = ["instance_dir"]

MAIN = """\
indexed = ${default_database_type}:$config_directory/
own = hash:$config_directory/
alias_maps = hash:$config_directory/aliases
alias_database = $alias_maps
virtual_alias_maps = hash:$config_directory/virtual,
    # by pattern
    regexp:$config_directory/patterns,
    proxy:hash:$config_directory/more
transport_maps = ${indexed}transport
relocated_maps = ${own}relocated
canonical_maps = unionmap:{hash:$config_directory/virtual, inline:{a=b}},
    pipemap:{btree:${config_directory}/tree, static:x}
smtpd_restriction_classes = guests
guests = check_sender_access hash:$config_directory/virtual, reject
smtpd_sender_restrictions =
    # the boss
    check_sender_access hash:$config_directory/virtual,
    check_sender_access { hash:$config_directory/virtual, search_order = <address> }
smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache
sender_canonical_maps = hash:$config_directory/gone
sender_bcc_maps = hash:$config_directory/textless
recipient_bcc_maps = hash:tables/relative
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o smtpd_helo_restrictions=check_helo_access,hash:$config_directory/virtual,permit
  -o { smtpd_client_restrictions = check_client_access hash:$config_directory/virtual, permit }
postscreen unix  n      -       n       -       1       postscreen
"""
KEYED = "a@x.example b@x.example\n"


@pytest.fixture
def mixed(instance_dir: MakeInstance) -> Instance:
    files = dict.fromkeys(("virtual", "more", "transport", "relocated", "tree", "textless"), KEYED)
    tables = ("hash:virtual", "hash:more", "hash:transport", "hash:relocated", "btree:tree", "hash:textless")
    folder = instance_dir(
        MAIN, master=MASTER, files={**files, "aliases": "a: b\n", "patterns": "/x/ y\n"}, postmap=tables,
        postalias=("hash:aliases",),
    )  # fmt: skip
    (folder / "textless").unlink()
    put(folder / "Makefile", f"all:\n\tpostmap hash:{folder}/virtual\n# {folder}/virtual.db\n")
    return Instance.open(str(folder))


def written(instance: Instance, made: Migration) -> Instance:
    """The instance with the plan in its files; the edits survive a saved draft."""
    edits = made.plan.edits
    assert tuple(from_json(json.loads(json.dumps(to_json(edit)))) for edit in edits) == edits
    candidate = Candidate(instance.files, merged(edits))
    assert (candidate.conflicts, candidate.stopped) == ([], [])
    for path in (instance.main.path, instance.master.path):
        put(Path(path), candidate.raw(path))
    return Instance.open(instance.config_dir)


@pytest.mark.parametrize("to", ["lmdb", "cdb"])
def test_everything_is_moved_and_what_stays_says_why(mixed: Instance, to: str) -> None:
    folder, before = Path(mixed.config_dir), mixed.files.raw(mixed.main.path)
    made = migration(mixed, to)
    rows = {row.spec.path.rpartition("/")[2]: row for row in made.rows}
    assert {name: row.to for name, row in rows.items()} == {
        "aliases": to, "virtual": to, "more": to, "transport": to, "relocated": to, "tree": to,
        "smtp_scache": "lmdb", "postscreen_cache": "lmdb", "gone": "", "textless": "", "relative": "",
    }  # fmt: skip
    assert "neither a text nor" in rows["gone"].why
    assert "postmap -s hash:" in rows["textless"].why
    assert "relative" in rows["relative"].why
    assert "wait once more" in rows["postscreen_cache"].why
    assert [(e.file, e.line) for e in made.elsewhere] == [(f"{folder}/Makefile", 2)]
    assert {e.target.spec: e.was for e in made.plan.edits if isinstance(e, MigrateTable)} == {
        f"{to}:{folder}/{name}": "btree" if name == "tree" else "hash"
        for name in ("aliases", "virtual", "more", "transport", "relocated", "tree")
    }
    after = written(mixed, made)
    left = {"gone", "textless", "tables/relative"}
    assert {use.spec.path.removeprefix(f"{folder}/") for use in uses(after)} == left
    text = postconf(folder, "-x") + postconf(folder, "-Px")
    here = f"{to}:{folder}/"
    for found in (
        f"alias_database = {here}aliases", f"proxy:{here}more", f"transport_maps = {here}transport",
        f"relocated_maps = {here}relocated", f"unionmap:{{{here}virtual, inline:{{a=b}}}}",
        f"pipemap:{{{to}:{folder}/tree, static:x}}", f"guests = check_sender_access {here}virtual, reject",
        f"{{ {here}virtual, search_order = <address> }}", f"check_helo_access,{here}virtual,permit",
        f"smtpd_client_restrictions = check_client_access {here}virtual, permit",
        "smtp_tls_session_cache_database = lmdb:/var/lib/postfix/smtp_scache",
    ):  # fmt: skip
        assert found in text, found
    raw = after.files.raw(after.main.path)
    assert b"    # by pattern\n    regexp:" in raw
    assert b"    # the boss\n" in raw
    back = [edit.inverse() for edit in reversed(made.plan.edits)]
    assert Candidate(after.files, merged(back)).raw(after.main.path) == before


def test_one_table_alone_leaves_the_others(mixed: Instance) -> None:
    folder = mixed.config_dir
    after = written(mixed, migration(mixed, "lmdb", {f"hash:{folder}/more"}))
    assert Spec("hash", f"{folder}/more") not in {use.spec for use in uses(after)}
    assert Spec("hash", f"{folder}/virtual") in {use.spec for use in uses(after)}
    assert postconf(Path(folder), "-h", "default_database_type").strip() == "hash"


def test_a_table_written_through_a_name_that_others_use_stays(instance_dir: MakeInstance) -> None:
    main = "i = hash:$config_directory/\ntransport_maps = ${i}a\nrelocated_maps = ${i}b\n"
    instance = Instance.open(str(instance_dir(main, files={"a": KEYED, "b": KEYED})))
    folder = instance.config_dir
    refused = migration(instance, "lmdb", {f"hash:{folder}/a"}).plan.refused
    assert "it is written by $i, and so are others that stay" in refused
    both = migration(instance, "lmdb", {f"hash:{folder}/a", f"hash:{folder}/b"})
    assert not uses(written(instance, both))


def test_refused_in_words(mixed: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such table that could" in migration(mixed, "lmdb", {"hash:/nowhere"}).plan.refused
    monkeypatch.setattr(asked, "table_types", lambda: frozenset({"hash", "btree", "cdb"}))
    assert "postfix-lmdb" in migration(mixed, "lmdb").plan.refused
    rows = {row.spec.path.rpartition("/")[2]: row for row in migration(mixed, "cdb").rows}
    assert "a daemon writes it" in rows["smtp_scache"].why


def test_another_draft_of_the_same_tables_is_one(mixed: Instance) -> None:
    """To lmdb, then to cdb instead; and back again is nothing."""
    table = next(e for e in migration(mixed, "lmdb").plan.edits if isinstance(e, MigrateTable))
    assert merged([table, table.inverse()]) == ()
