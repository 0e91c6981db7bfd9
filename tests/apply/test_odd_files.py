"""Files of every kind that an admin may have: what is promised of them is kept, or refused in words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from mailtui.apply.history import History
from mailtui.apply.outcome import Outcome
from mailtui.apply.transaction import apply
from mailtui.apply.uses import SUFFIXES
from mailtui.edits.entries import SetEntry
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.apply.changing import VIRTUAL, Server, write_old

WEBMASTER = "webmaster@falcotsbrand.com"
NEW = "jean@falcot.com, laure@falcot.com"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
kinds = pytest.mark.parametrize("kind", ["hash", "lmdb", "cdb"])


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def run(*argv: str | Path) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


class Kept(NamedTuple):
    """All that must stay of a file beside its content. An ACL is `system.posix_acl_access`."""

    facts: tuple[int, int, int, int]
    attributes: dict[str, bytes]

    @classmethod
    def of(cls, path: Path) -> Kept:
        found = path.lstat()
        names = [] if path.is_symlink() else os.listxattr(path)
        return cls(
            (found.st_mode, found.st_uid, found.st_gid, found.st_nlink),
            {name: os.getxattr(path, name) for name in names},
        )


def live(server: Server) -> Path:
    return Path(server.table.path + SUFFIXES[server.kind])


def done_and_undone(server: Server, edits: list[Edit]) -> Outcome:
    """The outcome of the edits, after their undoing has left every file's content and nature as it was."""
    names = sorted(path for path in server.root.rglob("*") if not path.is_dir())
    plain = [path for path in names if path.suffix not in {".db", ".lmdb", ".cdb"}]
    before = {path: path.read_bytes() for path in plain}
    nature = {path: Kept.of(path) for path in names}
    done = apply(server.instance, edits)
    assert (done.state, done.error) == ("applied", "")
    assert {path: Kept.of(path) for path in names} == nature
    assert done.history_id is not None
    undone = apply(server.instance, History.open(server.instance).undo(done.history_id))
    assert (undone.state, undone.error) == ("applied", "")
    assert {path: path.read_bytes() for path in plain} == before
    assert {path: Kept.of(path) for path in names} == nature
    assert sorted(path for path in server.root.rglob("*") if not path.is_dir()) == names
    return done


# What hangs on a file


@as_root
@kinds
def test_owner_mode_acl_and_attributes_stay(root: Path, kind: str) -> None:
    server = Server(root, kind)
    text, table = Path(server.table.path), live(server)
    for path in (text, table):
        os.chown(path, 5, 60)
        path.chmod(0o640)
        run("setfacl", "-m", "u:games:r,g:mail:rw", path)
        run("setfattr", "-n", "user.note", "-v", "kept by hand", path)
    run("setfacl", "-d", "-m", "u:bin:rwx", server.etc)  # what a new file there would get
    done_and_undone(server, [server.change(), server.parameter(), server.alias()])
    assert "user:bin" not in run("getfacl", text, table)


@as_root
def test_set_id_bits_and_an_owner_without_a_name_stay(server: Server) -> None:
    os.chown(server.table.path, 54321, 54322)
    Path(server.table.path).chmod(0o6640)
    done_and_undone(server, [server.change()])


@kinds
def test_a_chain_of_links_across_folders_stays(root: Path, kind: str) -> None:
    server = Server(root, kind)
    text, table = Path(server.table.path), live(server)
    (root / "far/deep").mkdir(parents=True)
    text.rename(root / "far/real text")
    (root / "far/deep/step").symlink_to("../real text")
    text.symlink_to("../far/deep/step")
    table.rename(root / f"far/real{table.suffix}")
    table.symlink_to(f"../far/real{table.suffix}")
    done_and_undone(server, [server.change()])
    assert server.answers(server.table, WEBMASTER) == "jean@falcot.com"


def test_main_cf_behind_a_link_stays_behind_it(root: Path, server: Server) -> None:
    (root / "far").mkdir()
    (server.etc / "main.cf").rename(root / "far/main.cf")
    (server.etc / "main.cf").symlink_to(root / "far/main.cf")
    done_and_undone(server, [server.parameter(), server.change()])


def test_a_link_to_nothing_is_filled_where_it_leads(server: Server) -> None:
    text = Path(server.table.path)
    text.unlink()
    live(server).unlink()
    text.symlink_to("here")
    done = apply(server.instance, [server.new()])
    assert (done.state, done.error) == ("applied", "")
    assert (os.readlink(text), (server.etc / "here").read_text()) == (
        "here",
        "presse@falcotsbrand.com sophie@falcot.com\n",
    )
    assert server.answers(server.table, "presse@falcotsbrand.com") == "sophie@falcot.com"


@pytest.mark.parametrize(
    ("leads", "words"), [("../gone/here", "gone: no such file or folder"), ("virtual", "symbolic links")]
)
def test_a_link_that_leads_nowhere_is_refused(server: Server, leads: str, words: str) -> None:
    text = Path(server.table.path)
    text.unlink()
    text.symlink_to(leads)
    done = apply(server.instance, [server.new()])
    assert (done.state, done.exit_code) == ("refused", 1)
    assert words in done.error
    assert "Errno" not in done.error
    assert (os.readlink(text), server.litter()) == (leads, [])


@kinds
def test_hard_links_are_told_before_the_write(root: Path, kind: str) -> None:
    """Of a text and a table replaced whole the other name keeps the old content, and Review says so; an
    lmdb table is written into, and stays one file."""
    server = Server(root, kind)
    table = live(server)
    os.link(server.table.path, root / "text")
    os.link(table, root / "table")
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")
    names = [server.table.path] if kind == "lmdb" else [server.table.path, str(table)]
    ends = "has 1 other name (hard links): it keeps the old content"
    assert sorted(map(str, done.findings)) == [f"{name} {ends}" for name in names]
    assert (root / "text").read_text() == VIRTUAL
    assert os.path.samefile(table, root / "table") is (kind == "lmdb")
    assert server.answers(server.table, WEBMASTER) == NEW


NAMES = [
    "my table",
    "-v",
    "tàblé",
    "a'b\"c",
    "x:y",
    "tab\there",
    "back\\slash",
    "new\nline",
    "{b}",
    "$x",
    "\udcff",
]


def test_any_name_of_a_file_is_taken(server: Server) -> None:
    targets = [Target("table", str(server.etc / name), "hash") for name in NAMES]
    for target in targets:
        Path(target.path).write_text("old@b.example x@y.example\n")
    server.compile(*targets)
    done_and_undone(server, [SetEntry(each, "a@b.example", ("c@d.example",), None) for each in targets])
    assert [server.answers(each, "old@b.example") for each in targets] == ["x@y.example"] * len(targets)


@pytest.mark.parametrize("what", ["folder", "pipe", "device"])
@pytest.mark.parametrize("which", ["text", "table"])
def test_what_is_no_file_is_refused(server: Server, what: str, which: str) -> None:
    path = Path(server.table.path) if which == "text" else live(server)
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    done = apply(server.instance, [server.change()])
    assert (done.state, done.exit_code) == ("refused", 1)
    assert done.error.startswith(f"{path}: ")
    assert server.litter() == []


# Several uses of one text


def append(server: Server, lines: str) -> None:
    write_old(server.etc / "main.cf", server.text("main.cf") + lines)
    server.instance = Instance.open(str(server.etc))


def steps(done: Outcome, action: str) -> list[str]:
    return [report.step.target for report in done.steps if report.step.action == action]


def test_a_table_of_two_parameters_is_compiled_once(server: Server) -> None:
    append(server, f"canonical_maps = {server.table.spec}\n")
    done = done_and_undone(server, [server.change(), server.alias()])
    assert steps(done, "compile") == [server.table.spec, server.aliases.spec]
    assert "virtual_alias_maps, canonical_maps" in str(done.steps)
    assert "alias_maps, alias_database" in str(done.steps)


def test_one_text_used_as_two_types_is_compiled_as_both(server: Server) -> None:
    other = Target("table", server.table.path, "lmdb")
    append(server, f"canonical_maps = {other.spec}\n")
    server.compile(other)
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")
    assert (server.answers(server.table, WEBMASTER), server.answers(other, WEBMASTER)) == (NEW, NEW)
    assert done.history_id is not None
    apply(server.instance, History.open(server.instance).undo(done.history_id))
    assert server.answers(server.table, WEBMASTER) == server.answers(other, WEBMASTER) == "jean@falcot.com"


def test_two_names_of_one_text_are_both_compiled(server: Server) -> None:
    other = Target("table", str(server.etc / "other"), "hash")
    Path(other.path).symlink_to("virtual")
    append(server, f"canonical_maps = {other.spec}\n")
    server.compile(other)
    done_and_undone(server, [server.change()])
    apply(server.instance, [server.change()])
    assert (server.answers(server.table, WEBMASTER), server.answers(other, WEBMASTER)) == (NEW, NEW)


def test_two_names_of_one_text_and_one_table(server: Server) -> None:
    other = Target("table", str(server.etc / "other"), "hash")
    Path(other.path).symlink_to("virtual")
    Path(f"{other.path}.db").symlink_to("virtual.db")
    append(server, f"canonical_maps = {other.spec}\n")
    done = done_and_undone(server, [server.change()])
    assert len(steps(done, "compile")) == 1


def test_edits_under_two_names_of_one_text_are_one_change(server: Server) -> None:
    other = Target("table", str(server.etc / "other"), "hash")
    Path(other.path).symlink_to("virtual")
    append(server, f"canonical_maps = {other.spec}\n")
    server.compile(other)
    edit = SetEntry(other, "zoo@falcotsbrand.com", ("x@y.example",), None)
    done = done_and_undone(server, [server.new(), edit, server.change()])
    assert done.review is not None
    assert len(done.review.files) == 1


def test_types_that_are_not_compiled_never_clash(server: Server) -> None:
    append(server, f"canonical_maps = texthash:{server.table.path} cidr:{server.table.path}\n")
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")
    assert not any("cannot be used" in found.text for found in done.findings)


def test_hash_and_btree_of_one_path_cannot_both_be(server: Server) -> None:
    append(server, f"canonical_maps = btree:{server.table.path}\n")
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")
    assert [found.text for found in done.findings] == [
        f"btree:{server.table.path} (named by canonical_maps) cannot be used: {server.table.path}.db is hash"
    ]
    assert server.answers(server.table, WEBMASTER) == NEW
