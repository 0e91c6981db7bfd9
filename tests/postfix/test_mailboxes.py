"""The list of mailboxes: rows, owners, markers of a draft, and what keeps mail from each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from mailtui.edits.entries import RemoveEntry, SetEntry, SwitchEntry
from mailtui.postfix.mailboxes import MailboxRow
from mailtui.text.query import Query
from tests.postfix.boxes import GID, UID, Boxes
from tests.postfix.conftest import MakeInstance

BOXES = """\
jean@box.test     box.test/jean/
laure@box.test    box.test/laure
#alt@box.test     box.test/alt/
sophie@box.test   box.test/sophie/
jean@box.test     box.test/second/
"""
MAIN = {
    "mydestination": "",
    "virtual_uid_maps": f"static:{UID}",
    "virtual_gid_maps": f"static:{GID}",
    "virtual_alias_domains": "brand.test",
}


class Shop(Boxes):
    """Its tables are compiled, and its base is the mailboxes' user's."""

    def __init__(
        self, make: MakeInstance, root: Path, more: str = "", files: Mapping[str, str] | None = None
    ) -> None:
        tables = {"vmailbox": BOXES, **(files or {})}
        super().__init__(make, root, MAIN, more, tables, ["hash:vmailbox", "hash:virtual"])
        own(self.base)


def own(path: Path, mode: int = 0o700) -> None:
    if os.geteuid() == 0:
        os.chown(path, UID, GID)
    path.chmod(mode)


@pytest.fixture
def shop(instance_dir: MakeInstance, tmp_path: Path) -> Shop:
    tmp_path.chmod(0o755)
    for above in tmp_path.parents:  # pytest's own folders let nobody else pass
        if above.stat().st_uid == os.geteuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    return Shop(instance_dir, tmp_path)


def test_rows(shop: Shop) -> None:
    rows = list(shop.list().rows())
    assert [(row.marker, row.address, row.path, row.format, row.line, row.enabled) for row in rows] == [
        (" ", "jean@box.test", f"{shop.base}/box.test/jean/", "maildir", 1, True),
        ("?", "laure@box.test", f"{shop.base}/box.test/laure", "mbox", 2, True),
        ("#", "alt@box.test", f"{shop.base}/box.test/alt/", "maildir", 3, False),
        (" ", "sophie@box.test", f"{shop.base}/box.test/sophie/", "maildir", 4, True),
        ("=", "jean@box.test", f"{shop.base}/box.test/second/", "maildir", 5, True),
    ]
    assert {(row.uid, row.gid, row.exists, row.kind, row.table) for row in rows} == {
        (UID, GID, False, "virtual", f"hash:{shop.etc}/vmailbox")
    }
    assert not rows[4].editable
    assert rows[4].why_not
    (shop.base / "box.test" / "jean").mkdir(parents=True)
    assert shop.row("jean@box.test").exists


def test_keys_find_their_rows(shop: Shop) -> None:
    found = shop.list([RemoveEntry(shop.target, "sophie@box.test", "box.test/sophie/")])
    keys = [found.key(at) for at in range(len(found))]
    assert len(set(keys)) == len(keys)
    assert [found.find(key) for key in keys] == list(range(len(found)))
    assert found.find(("virtual", "LAURE@box.test")) == 1
    assert found.find(("virtual", "nobody@box.test")) is None


def test_a_draft_over_it(shop: Shop) -> None:
    target = shop.target
    found = shop.list([
        RemoveEntry(target, "laure@box.test", "box.test/laure"),
        SwitchEntry(target, "sophie@box.test", "box.test/sophie/", on=False),
        SwitchEntry(target, "alt@box.test", "box.test/alt/", on=True),
        SetEntry(target, "new@box.test", "box.test/new/"),
        SetEntry(target, "jean@box.test", "box.test/else/", "box.test/jean/"),
    ])  # fmt: skip
    rows = {found.key(at): found.row(at) for at in range(len(found))}
    seen = [(row.marker, row.address, row.written, row.was) for row in rows.values()]
    assert sorted(seen) == sorted([
        ("~", "jean@box.test", "box.test/else/", "box.test/jean/"),
        ("-", "laure@box.test", "box.test/laure", ""),
        ("~", "alt@box.test", "box.test/alt/", "box.test/alt/"),
        ("#", "sophie@box.test", "box.test/sophie/", "box.test/sophie/"),
        ("=", "jean@box.test", "box.test/second/", ""),
        ("+", "new@box.test", "box.test/new/", ""),
    ])  # fmt: skip
    assert [row.address for row in rows.values()][:3] == ["jean@box.test", "laure@box.test", "alt@box.test"]


def test_one_of_two_alike_goes(instance_dir: MakeInstance, tmp_path: Path) -> None:
    """The entry in force, below a commented-out one of the same address."""
    text = "#jean@box.test old/\njean@box.test new/\n"
    shop = Shop(instance_dir, tmp_path, files={"vmailbox": text})
    rows = shop.list([RemoveEntry(shop.target, "jean@box.test", "new/")]).rows()
    assert [(row.marker, row.written) for row in rows] == [("#", "old/"), ("-", "new/")]


def test_a_filter(shop: Shop) -> None:
    found = shop.list()
    hits = [found.row(at).address for at in found.search(Query.parse("laure | second")) if at is not None]
    assert hits == ["laure@box.test", "jean@box.test"]


@pytest.mark.parametrize(
    ("more", "virtual", "words"),
    [
        (
            "",
            "@box.test x@far.test\n",
            "the catch-all @box.test (virtual:1) takes its mail → x@far.test; an alias of",
        ),
        (
            "",
            "jean@box.test x@far.test\n",
            "jean@box.test (virtual:1) takes its mail → x@far.test; it never gets",
        ),
        ("", "jean@box.test jean@box.test, x@far.test\n@box.test x@far.test\n", ""),
        ("", "jean@box.test laure@box.test\nlaure@box.test jean@box.test\n", "is refused (451)"),
        ("virtual_alias_maps = regexp:ETC/pattern", "", "(regexp:"),
        ("virtual_mailbox_domains =", "", "no list makes box.test a virtual mailbox domain"),
        ("mydestination = box.test", "", "box.test is a local domain"),
        ("virtual_alias_domains = box.test", "", "box.test is a virtual alias domain"),
        ("virtual_mailbox_domains =\nrelay_domains = box.test", "", "box.test is relayed"),
        (
            "transport_maps = inline:{box.test=error:closed}",
            "",
            "transport_maps or relocated_maps sends its mail",
        ),
        ("virtual_uid_maps =", "", "virtual_uid_maps has no number for it"),
        ("virtual_uid_maps = static:33", "", "uid 33 is below virtual_minimum_uid (100)"),
        ("virtual_gid_maps = static:0", "", "gid 0 is the group of root"),
        ("virtual_uid_maps = hash:ETC/uids\nvirtual_gid_maps = hash:ETC/uids", "", ""),
    ],
)
def test_what_keeps_mail_from_a_mailbox(
    shop: Shop, instance_dir: MakeInstance, tmp_path: Path, more: str, virtual: str, words: str
) -> None:
    files = {
        "virtual": virtual,
        "pattern": "/^jean@/ x@far.test\n",
        "uids": f"jean@box.test {UID}\n@box.test 7\n",
    }
    etc = tmp_path / "etc2"
    other = Shop(instance_dir, tmp_path, more.replace("ETC", str(etc)), files)
    (etc / "main.cf").write_text((etc / "main.cf").read_text().replace("/etc1/", "/etc2/"))
    (row,) = [row for row in other.list().rows() if row.line == 1]
    warnings = [text for text in row.warnings if "may not" not in text]
    assert words in (warnings[0] if warnings else "")
    assert bool(warnings) is bool(words)
    assert row.marker == ("?" if row.warnings else " ")
    assert shop is not other


def test_two_addresses_in_one_place_and_an_mbox_in_a_maildir(
    instance_dir: MakeInstance, tmp_path: Path
) -> None:
    boxes = "a@box.test box.test/a/\nb@box.test box.test/a/\nc@box.test box.test/a\nd@box.test box.test/a/d\n"
    shop = Shop(instance_dir, tmp_path, files={"vmailbox": boxes + "e@box.test ../e/\n"})
    own_folder = shop.base / "box.test"
    own_folder.mkdir()
    own(own_folder)
    told = {row.address[0]: " ".join(row.warnings) for row in shop.list().rows()}
    assert "one path as a maildir and as an mbox: b@box.test, c@box.test" in told["a"]
    assert "a maildir and as an mbox" in told["c"]
    assert f"is an mbox inside the maildir {shop.base}/box.test/a" in told["d"]
    assert "leads out of" in told["e"]
    (shop.etc / "vmailbox").write_text("a@box.test box.test/a/\nb@box.test box.test/a/\n")
    assert "shares its mail with b@box.test: one path" in " ".join(shop.row("a@box.test").warnings)


@pytest.mark.skipif(os.geteuid() != 0, reason="folders of other users")
def test_folders_that_its_user_may_not_write_in(shop: Shop) -> None:
    domain = shop.base / "box.test"
    domain.mkdir()
    own(domain)
    assert shop.row("jean@box.test").warnings == ()
    os.chown(domain, 0, 0)
    (told,) = shop.row("jean@box.test").warnings
    assert told == f"uid 5000 may not write in {domain} (owner 0:0, mode 0700): its mail is deferred"
    (domain / "jean").mkdir()
    own(domain / "jean")
    assert "may not pass through" in shop.row("jean@box.test").warnings[0]
    domain.chmod(0o711)
    assert shop.row("jean@box.test").warnings == ()
    (domain / "jean").rmdir()
    (domain / "jean").write_text("")
    assert "is a file, and the slash" in shop.row("jean@box.test").warnings[0]
    (domain / "laure").mkdir()
    assert "is a folder; without a slash" in shop.row("laure@box.test").warnings[0]
    (domain / "laure").rmdir()
    (domain / "laure").write_text("")
    assert "strict_mailbox_ownership" in shop.row("laure@box.test").warnings[0]


def test_limits_that_bite(instance_dir: MakeInstance, tmp_path: Path) -> None:
    """A limit below that of a message, of which virtual(8) dies, and an mbox that is nearly full."""
    small = Shop(instance_dir, tmp_path, "virtual_mailbox_limit = 1000000\nmessage_size_limit = 2000000")
    assert (
        small.list()
        .notes[0]
        .startswith("virtual_mailbox_limit (1.0 MB) is smaller than message_size_limit (2.0")
    )
    tight = Shop(
        instance_dir,
        tmp_path,
        "virtual_mailbox_limit = 10000\nmessage_size_limit = 9000\nmailbox_size_limit = 0",
    )
    assert not any("smaller" in text for text in tight.list().notes)
    (tight.base / "box.test").mkdir()
    own(tight.base / "box.test")
    file = tight.base / "box.test" / "laure"
    file.write_bytes(b"x" * 2000)
    own(file, 0o600)
    assert "of the 10.0 kB that virtual_mailbox_limit" in " ".join(_second(tight).warnings)


def _second(shop: Shop) -> MailboxRow:
    return shop.list().row(1)


def test_other_transports_know_the_place(instance_dir: MakeInstance, tmp_path: Path) -> None:
    shop = Shop(
        instance_dir, tmp_path, "virtual_transport = lmtp:unix:private/dovecot-lmtp\nvirtual_uid_maps ="
    )
    row = shop.list().row(0)
    assert "handed to lmtp:unix:private/dovecot-lmtp" in row.delivery
    assert "Sieve" in row.delivery
    assert row.warnings == ()


def test_tables_that_cannot_be_listed_are_one_row_each(instance_dir: MakeInstance, tmp_path: Path) -> None:
    shop = Shop(
        instance_dir,
        tmp_path,
        "virtual_mailbox_maps = regexp:ETC/pattern mysql:ETC/sql.cf hash:ETC/vmailbox hash:ETC/new",
        {"pattern": "/./ x/\n", "sql.cf": ""},
    )
    rows = list(shop.list().rows())
    assert [row.address for row in rows if not row.is_mailbox] == [
        f"regexp:{shop.etc}/pattern",
        f"mysql:{shop.etc}/sql.cf",
    ]
    assert len(rows) == 2 + 5
    assert any("does not exist; the first mailbox makes it" in text for text in shop.list().notes)


def test_a_bare_domain_is_no_mailbox(instance_dir: MakeInstance, tmp_path: Path) -> None:
    more = "virtual_mailbox_domains = $virtual_mailbox_maps"
    shop = Shop(instance_dir, tmp_path, more, {"vmailbox": "box.test OK\njean@box.test x/\n"})
    rows = list(shop.list().rows())
    assert [(row.is_mailbox, row.path) for row in rows] == [(False, ""), (True, f"{shop.base}/x/")]
    assert [job.path for job in shop.list().jobs()] == [f"{shop.base}/x/"]


def test_json_has_the_interfaces_names(shop: Shop) -> None:
    row = shop.row("sophie@box.test").as_json()
    assert {name: row[name] for name in ("address", "path", "format", "uid", "gid", "exists")} == {
        "address": "sophie@box.test", "path": f"{shop.base}/box.test/sophie/", "format": "maildir", "uid": UID,
        "gid": GID, "exists": False,
    }  # fmt: skip


def test_a_hundred_thousand(instance_dir: MakeInstance, tmp_path: Path) -> None:
    """What is made for all of them at once is no more than one pass over the table."""
    text = "".join(f"user{n}@box.test box.test/user{n}/\n" for n in range(100_000))
    shop = Shop(instance_dir, tmp_path, "virtual_alias_maps = regexp:ETC/pattern",
                {"vmailbox": text, "pattern": "/^user77@/ x@far.test\n"})  # fmt: skip
    found = shop.list([RemoveEntry(shop.target, "user50000@box.test", "box.test/user50000/")])
    assert len(found) == 100_000
    assert found.row(50_000).marker == "-"
    assert any("takes its mail" in text for text in found.row(77).warnings)
    assert found.find(("virtual", "user99999@box.test")) == 99_999
