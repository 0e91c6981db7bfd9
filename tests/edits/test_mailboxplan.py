"""What a new mailbox, a changed one and one less come to, and why some cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.folders import MakeFolder
from mailtui.edits.mailboxnew import plan_new
from mailtui.edits.mailboxplan import plan_change, plan_remove, plan_switch
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailboxhabit import path_words
from mailtui.postfix.mailboxpropose import propose
from mailtui.postfix.mailsize import Format
from tests.postfix.boxes import Boxes
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

UID = 5000
MAIN = {
    "mydestination": "falcot.com",
    "myorigin": "falcot.com",
    "virtual_uid_maps": f"static:{UID}",
    "virtual_gid_maps": f"static:{UID}",
}


class Server(Boxes):
    """Plans laid over it."""

    def __init__(self, make: MakeInstance, root: Path, more: str = "", **tables: str) -> None:
        super().__init__(make, root, MAIN, more, {"vmailbox": "jean@box.test box.test/jean/\n", **tables})

    def planned(self, plan: Plan) -> Instance:
        assert not plan.refused
        return self.after(plan.edits)

    def row_of(self, plan: Plan, address: str) -> MailboxRow:
        assert not plan.refused
        return self.row(address, plan.edits)


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    return Server(instance_dir, tmp_path)


@pytest.mark.parametrize(
    ("table", "shape", "path"),
    [
        ("", "", "box.test/new/"),
        ("", "mbox", "box.test/new"),
        (
            "a@box.test box.test/a/Maildir/\nb@box.test box.test/b/Maildir/\nc@box.test other/\n",
            "",
            "box.test/new/Maildir/",
        ),
        ("a@box.test a@box.test\n", "", "new@box.test"),
        ("a@box.test a@box.test\n", "maildir", "new@box.test/"),
        ("anna@box.test mail/box.test/a/anna/\n", "", "mail/box.test/n/new/"),
        ("anna@far.test virtual/far.test/anna\n", "", "virtual/box.test/new"),
        ("anna@far.test x/\nbert@far.test x/\n", "", "box.test/new/"),
    ],
)
def test_the_path_follows_the_habit(
    instance_dir: MakeInstance,
    tmp_path: Path,
    table: str,
    shape: Format,
    path: str,
) -> None:
    server = Server(instance_dir, tmp_path, vmailbox=table)
    plan = plan_new(server.instance, "new@box.test", format=shape)
    row = server.row_of(plan, "new@box.test")
    assert row.written == path
    assert row.format == ("maildir" if path.endswith("/") else "mbox")
    assert row.path == f"{server.base}/{path}"
    assert propose(server.instance, "new@box.test").uid == UID


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/etc/passwd", "is absolute"),
        ("../x/", "`..`"),
        ("box.test/../../x/", "`..`"),
        ("a//b/", "empty part"),
        ("./a/", "`.`"),
        ("a\nb/", "control characters"),
        ("a\x1b[2J/", "control characters"),
        (" a/", "blanks at an end"),
        ("", "is empty"),
        ("/", "is empty"),
        ("link/x/", "a symlink leads"),
    ],
)
def test_paths_out_of_the_base_are_refused(server: Server, tmp_path: Path, path: str, why: str) -> None:
    (server.base / "link").symlink_to(tmp_path)
    plan = plan_new(server.instance, "new@box.test", path=path)
    assert why in plan.refused
    assert not plan.edits
    assert why in plan_change(server.instance, "jean@box.test", path=path).refused


@given(st.text(alphabet=st.sampled_from("ab./\\ \n\0~"), max_size=12))
def test_no_path_that_is_let_through_leaves_the_base(path: str) -> None:
    if not path_words("/nonexistent/base", path):
        full = os.path.normpath(f"/nonexistent/base/{path}")
        assert full.startswith("/nonexistent/base/")


@pytest.mark.parametrize(
    ("more", "address", "why"),
    [
        ("", "new@falcot.com", "is a local domain"),
        ("", "new@far.test", "no list makes far.test a virtual mailbox domain"),
        ("", "new", "is no address"),
        ("", "new @box.test", "is no address"),
        ("", "Jean@box.test", "has a mailbox already: box.test/jean/"),
        ("virtual_mailbox_base = ", "new@box.test", "virtual_mailbox_base is not set"),
        ("virtual_uid_maps = ", "new@box.test", "virtual_uid_maps gives this address no number"),
        ("virtual_uid_maps = static:33", "new@box.test", "uid 33 is below virtual_minimum_uid (100)"),
        ("virtual_minimum_uid = 6000", "new@box.test", "uid 5000 is below virtual_minimum_uid (6000)"),
        ("virtual_gid_maps = static:0", "new@box.test", "gid 0 is the group of root"),
        ("virtual_mailbox_maps = mysql:ETC/x", "new@box.test", "names no table that could be edited"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    instance_dir: MakeInstance, tmp_path: Path, more: str, address: str, why: str
) -> None:
    plan = plan_new(Server(instance_dir, tmp_path, more).instance, address)
    assert why in plan.refused
    assert not plan.edits


def test_the_first_mailbox_of_all_sets_what_is_missing(instance_dir: MakeInstance, tmp_path: Path) -> None:
    more = "virtual_mailbox_maps = \nvirtual_uid_maps = \nvirtual_gid_maps = "
    server = Server(instance_dir, tmp_path, more)
    (server.etc / "vmailbox").unlink()
    plan = plan_new(server.instance, "new@box.test", uid=5005, gid=5006)
    row = server.row_of(plan, "new@box.test")
    assert (row.uid, row.gid, row.table) == (5005, 5006, f"hash:{server.etc}/vmailbox")


def test_owners_of_each_in_tables(instance_dir: MakeInstance, tmp_path: Path) -> None:
    more = "virtual_uid_maps = hash:ETC/uids\nvirtual_gid_maps = hash:ETC/gids, static:5000"
    server = Server(instance_dir, tmp_path, more, uids="jean@box.test 5001\n", gids="")
    offer = propose(server.instance, "new@box.test")
    assert (offer.uid, offer.gid, offer.owned) == (5001, 5000, False)
    plan = plan_new(server.instance, "new@box.test", uid=5002)
    assert [edit.target.name for edit in plan.edits] == ["vmailbox", "uids"]
    row = server.row_of(plan, "new@box.test")
    assert (row.uid, row.gid) == (5002, 5000)
    gone = plan_remove(server.instance, "jean@box.test")
    assert [edit.target.name for edit in gone.edits] == ["vmailbox", "uids"]


@pytest.mark.parametrize("written", ["static:5000", "$virtual_gid_maps"])
def test_an_owner_of_its_own_beside_static(instance_dir: MakeInstance, tmp_path: Path, written: str) -> None:
    server = Server(instance_dir, tmp_path, f"virtual_uid_maps = {written}")
    plan = plan_new(server.instance, "new@box.test", uid=5007)
    row = server.row_of(plan, "new@box.test")
    assert (row.uid, row.gid) == (5007, 5000)
    other = server.row_of(plan, "jean@box.test")
    assert (other.uid, other.gid) == (5000, 5000)


def test_folders_from_the_base_on(server: Server) -> None:
    (server.base / "box.test").mkdir()
    plan = plan_new(server.instance, "new@box.test", path="box.test/n/new/", create=True)
    made = [edit for edit in plan.edits if isinstance(edit, MakeFolder)]
    assert [(edit.target.path, edit.uid, edit.mode) for edit in made] == [
        (f"{server.base}/box.test/n", UID, 0o700),
        (f"{server.base}/box.test/n/new", UID, 0o700),
    ]
    mbox = plan_new(server.instance, "new@box.test", path="box.test/n/new", create=True)
    assert [each.target.path for each in mbox.edits if isinstance(each, MakeFolder)] == [
        f"{server.base}/box.test/n"
    ]
    there = plan_new(server.instance, "new@box.test", path="box.test/new", create=True)
    assert not any(isinstance(edit, MakeFolder) for edit in there.edits)
    assert any("is there already" in text for text in there.says)


def test_the_folder_above_several_owners_is_roots(instance_dir: MakeInstance, tmp_path: Path) -> None:
    server = Server(instance_dir, tmp_path, "virtual_uid_maps = hash:ETC/uids", uids="@box.test 5001\n")
    made = [
        each
        for each in plan_new(server.instance, "new@box.test", create=True).edits
        if isinstance(each, MakeFolder)
    ]
    assert [(each.uid, each.mode) for each in made] == [(0, 0o755), (5001, 0o700)]


def test_the_folder_above_the_first_other_owner_is_roots(server: Server) -> None:
    """Those whom static: serves must pass through it."""
    plan = plan_new(server.instance, "new@box.test", uid=5007, create=True)
    made = [edit for edit in plan.edits if isinstance(edit, MakeFolder)]
    assert [(each.uid, each.mode) for each in made] == [(0, 0o755), (5007, 0o700)]


def test_an_owner_beside_static_is_not_that_of_an_extension(
    instance_dir: MakeInstance, tmp_path: Path
) -> None:
    """static: answers for the whole address, before virtual(8) leaves the extension out."""
    told = "mail for new+…@box.test is written as 5000:5000, and not as 5007:5000"
    server = Server(instance_dir, tmp_path, "recipient_delimiter = +")
    plan = plan_new(server.instance, "new@box.test", uid=5007)
    assert any(text.startswith(told) for text in plan.says)
    assert any(text.startswith(told) for text in server.row_of(plan, "new@box.test").warnings)
    assert not any("whole address" in text for text in server.row_of(plan, "jean@box.test").warnings)


@pytest.mark.parametrize("alias", ["@box.test x@far.test\n", "new@box.test x@far.test\n"])
def test_an_identity_keeps_its_mail(instance_dir: MakeInstance, tmp_path: Path, alias: str) -> None:
    server = Server(instance_dir, tmp_path, virtual=alias)
    plan = plan_new(server.instance, "new@box.test")
    assert any("takes its mail → x@far.test" in text for text in plan.says)
    kept = plan_new(server.instance, "new@box.test", identity=True)
    assert len(kept.edits) == len(plan.edits) + 1
    told = " ".join(server.row_of(kept, "new@box.test").warnings)
    assert "takes its mail" not in told


def test_shared_and_nested_places_are_told(server: Server) -> None:
    same = plan_new(server.instance, "new@box.test", path="box.test/jean/")
    assert any("jean@box.test has the same path" in text for text in same.says)
    inside = plan_new(server.instance, "new@box.test", path="box.test/jean/mbox")
    assert any("inside the maildir of jean@box.test" in text for text in inside.says)


def test_removing_says_where_the_mail_lies_and_how_much(server: Server) -> None:
    plan = plan_remove(server.instance, "jean@box.test")
    assert plan.says[0] == f"no mail lies in {server.base}/box.test/jean/: nothing is there"
    new = server.base / "box.test" / "jean" / "new"
    new.mkdir(parents=True)
    (new / "1").write_bytes(b"x" * 2000)
    plan = plan_remove(server.instance, "JEAN@box.test")
    assert plan.says[0] == f"its mail stays where it lies: {server.base}/box.test/jean/ (1 message, 2.0 kB)"
    assert "User unknown in virtual mailbox table" in plan.says[1]
    assert "jean@box.test" not in server.planned(plan).files.raw(str(server.etc / "vmailbox")).decode()
    assert "stands in no table" in plan_remove(server.instance, "nobody@box.test").refused


def test_changing(server: Server) -> None:
    plan = plan_change(server.instance, "jean@box.test", format="mbox")
    assert server.row_of(plan, "jean@box.test").written == "box.test/jean"
    plan = plan_change(server.instance, "jean@box.test", path="else/", uid=5009)
    row = server.row_of(plan, "jean@box.test")
    assert (row.written, row.uid, row.was) == ("else/", 5009, "box.test/jean/")
    assert not plan_change(server.instance, "jean@box.test").edits
    assert "below virtual_minimum_uid" in plan_change(server.instance, "jean@box.test", uid=3).refused


def test_another_address_has_the_same_mail(instance_dir: MakeInstance, tmp_path: Path) -> None:
    """The entry, the owner's entries and the alias to itself go together; whose mail it is stays."""
    more = "virtual_uid_maps = hash:ETC/owners static:5000\nvirtual_gid_maps = hash:ETC/owners static:5000"
    server = Server(
        instance_dir, tmp_path, more, owners="jean@box.test 5001\n",
        virtual="@box.test x@far.test\njean@box.test jean@box.test\nboss@box.test jean@box.test\n",
    )  # fmt: skip
    plan = plan_change(server.instance, "jean@box.test", to="Jeanne@box.test")
    assert [edit.describe() for edit in plan.edits] == [
        "~ vmailbox jean@box.test is called Jeanne@box.test",
        "~ owners jean@box.test is called Jeanne@box.test",
        "- virtual jean@box.test (was jean@box.test)",
        "+ virtual Jeanne@box.test → Jeanne@box.test",
    ]
    row = server.row_of(plan, "jeanne@box.test")
    assert (row.written, row.uid, row.gid) == ("box.test/jean/", 5001, 5001)
    assert not any("takes its mail" in text for text in row.warnings)
    told = " ".join(plan.says)
    assert f"its folder is not moved: mail for Jeanne@box.test lies in {server.base}/box.test/jean/" in told
    assert "the alias boss@box.test goes on leading to jean@box.test" in told
    assert "mail to jean@box.test is then" in told


def test_another_address_path_and_owner_at_once(server: Server) -> None:
    plan = plan_change(server.instance, "jean@box.test", to="anna@box.test", path="box.test/anna/", uid=5009)
    row = server.row_of(plan, "anna@box.test")
    assert (row.written, row.uid, row.gid) == ("box.test/anna/", 5009, UID)
    assert b"jean@" not in server.planned(plan).files.raw(str(server.etc / "vmailbox"))


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("luc@box.test", "luc@box.test has a mailbox already"),
        ("jean", "is no address"),
        ("jean@falcot.com", "falcot.com"),
        ("@box.test", "a catch-all and an address are two things"),
        ("", "there is no address"),
    ],
)
def test_an_address_that_it_cannot_have(
    instance_dir: MakeInstance, tmp_path: Path, to: str, why: str
) -> None:
    server = Server(instance_dir, tmp_path, vmailbox="jean@box.test jean/\nluc@box.test luc/\n")
    plan = plan_change(server.instance, "jean@box.test", to=to)
    assert why in plan.refused
    assert not plan.edits


def folders_of(server: Server, *plans: Callable[[Instance], Plan]) -> dict[str, tuple[int, int]]:
    """What the folders of several mailboxes that are staged one after the other will be."""
    edits: tuple[Edit, ...] = ()
    now = server.instance
    for each in plans:
        plan = each(now)
        assert not plan.refused
        edits = merged((*edits, *plan.edits))
        now = server.instance.over(Candidate(server.instance.files, edits))
    made = [edit for edit in edits if isinstance(edit, MakeFolder)]
    return {os.path.relpath(edit.target.path, server.base): (edit.uid, edit.mode) for edit in made}


def new(address: str, path: str, uid: int) -> Callable[[Instance], Plan]:
    return lambda now: plan_new(now, address, path=path, uid=uid, create=True)


def test_folders_of_two_owners_that_are_staged_together(server: Server) -> None:
    """The second passes through the folder of the first, which stays his; an mbox has that of root."""
    assert folders_of(server, new("a@box.test", "d/a/", UID), new("b@box.test", "d/b/", 6001)) == {
        "d": (UID, 0o711), "d/a": (UID, 0o700), "d/b": (6001, 0o700),
    }  # fmt: skip
    assert folders_of(server, new("a@box.test", "d/a", 6001), new("b@box.test", "d/b/", 6002)) == {
        "d": (6001, 0o711), "d/b": (6002, 0o700),
    }  # fmt: skip
    assert folders_of(server, new("a@box.test", "d/a/", 6001), new("b@box.test", "d/b", 6002)) == {
        "d": (6002, 0o711), "d/a": (6001, 0o700),
    }  # fmt: skip


def test_the_folder_of_a_mailbox_file_that_postfix_will_make_is_its_owners(server: Server) -> None:
    """Of an mbox without a folder yet: the next mailbox beside it must not shut its owner out."""
    first = plan_new(server.instance, "a@box.test", path="d/a", uid=6001)
    second = plan_new(server.planned(first), "b@box.test", path="d/b/", uid=6002, create=True)
    made = {edit.target.path: edit for edit in second.edits if isinstance(edit, MakeFolder)}
    above, own = sorted(made)
    assert (made[above].uid, made[above].mode) == (6001, 0o711)
    assert (made[own].uid, made[own].mode) == (6002, 0o700)
    beside = plan_new(server.planned(first), "c@box.test", path="d/c", uid=6002, create=True)
    assert "is written as uid 6001" in beside.refused


def test_an_mbox_in_the_staged_folder_of_another_is_refused(server: Server) -> None:
    first = plan_new(server.instance, "a@box.test", path="d/a", uid=6001, create=True)
    second = plan_new(server.planned(first), "b@box.test", path="d/b", uid=6002, create=True)
    assert "is staged for uid 6001, and uid 6002 could not write in it" in second.refused
    assert not plan_new(server.planned(first), "b@box.test", path="d/b", uid=6001, create=True).refused


def test_a_folder_that_shuts_the_owner_out_is_told(server: Server, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (server.base / "d").mkdir(mode=0o700)
    os.chown(server.base / "d", UID, UID)
    plan = plan_new(server.instance, "b@box.test", path="d/b/", uid=6001, create=True)
    (told,) = [text for text in plan.says if "may not pass through" in text and "chmod" in text]
    assert f"chmod o+x {server.base}/d lets it" in told


def test_off_and_on(server: Server) -> None:
    table = f"hash:{server.etc}/vmailbox"
    plan = plan_switch(server.instance, "jean@box.test", table, "box.test/jean/", on=False)
    text = server.planned(plan).files.raw(str(server.etc / "vmailbox"))
    assert text.startswith(b"#jean@box.test")
    assert plan_switch(server.instance, "jean@box.test", "hash:/other", "x", on=True).refused
