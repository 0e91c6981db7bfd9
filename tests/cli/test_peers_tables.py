"""What other tools get wrong in tables and alias files, one named case each."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from tests.cli.conftest import Shop
from tests.cli.peering import aliases, changed, draft, live, postconf, spec, table


def test_nothing_is_glued_to_a_line_without_its_newline(shop: Shop) -> None:
    """`echo >>`, docker-mailserver."""
    table(shop, "a@falcotsbrand.com  x@falcot.com")
    changed(shop, "table", "set", spec(shop), "b@falcotsbrand.com", "y@falcot.com")
    assert live(shop) == {"a@falcotsbrand.com": "x@falcot.com", "b@falcotsbrand.com": "y@falcot.com"}


def test_an_entry_goes_with_its_continuations(shop: Shop) -> None:
    """docker-mailserver, Webmin's joined lines: what stays behind joins the entry above."""
    table(shop, "z@falcotsbrand.com q@x\na@falcotsbrand.com  x@y,\n# was carol\n    bob@x\n")
    changed(shop, "table", "remove", spec(shop), "a@falcotsbrand.com")
    assert shop.virtual == "z@falcotsbrand.com q@x\n# was carol\n"
    assert live(shop) == {"z@falcotsbrand.com": "q@x"}


def test_a_line_that_an_entry_lost_is_seen_where_postmap_puts_it(shop: Shop) -> None:
    """docker-mailserver leaves it behind: postmap reads on through the comment, and so do we."""
    table(shop, "foo@falcotsbrand.com a@x\n# z\n   bob2@x\n")
    rows = shop.run("alias", "list", "--json").json
    assert [row["destinations"] for row in rows if row["address"] == "foo@falcotsbrand.com"] == [
        ["a@x", "bob2@x"]
    ]
    assert live(shop)["foo@falcotsbrand.com"].split() == ["a@x", "bob2@x"]


def test_a_new_item_of_a_continued_entry_is_one(shop: Shop) -> None:
    """docker-mailserver: `alice@example.net,,eve@example.net`, and the old line below it."""
    table(shop, "a@falcotsbrand.com  alice@x,\n    bob@x\nb@falcotsbrand.com q@x\n")
    changed(shop, "alias", "set", "a@falcotsbrand.com", "--add", "eve@x")
    assert live(shop)["a@falcotsbrand.com"].replace(" ", "") == "alice@x,bob@x,eve@x"
    assert live(shop)["b@falcotsbrand.com"] == "q@x"
    assert shop.virtual.startswith("a@falcotsbrand.com  alice@x,\n    bob@x")


def test_a_change_of_items_keeps_the_comment_between_them(shop: Shop) -> None:
    """Webmin deletes the comments inside an entry, and joins its lines."""
    table(shop, "a@falcotsbrand.com  x@y,\n    # was carol\n    bob@x\n")
    changed(shop, "alias", "set", "a@falcotsbrand.com", "--add", "eve@x")
    assert "    # was carol\n    bob@x" in shop.virtual
    assert live(shop)["a@falcotsbrand.com"].replace(" ", "") == "x@y,bob@x,eve@x"


def test_columns_stay(shop: Shop) -> None:
    """Webmin makes one TAB of what lies between address and destination."""
    table(shop, "a@falcotsbrand.com       x@y\nbcd@falcotsbrand.com     q@y\n")
    changed(shop, "table", "set", spec(shop), "a@falcotsbrand.com", "n@y")
    assert shop.virtual == "a@falcotsbrand.com       n@y\nbcd@falcotsbrand.com     q@y\n"


def test_a_heading_does_not_go_with_the_entry_below_it(shop: Shop) -> None:
    """Webmin takes the comment above an entry for its description: it moves and dies with it."""
    table(shop, "# ==== Sales ====\na@falcotsbrand.com x@y\nb@falcotsbrand.com q@y\n")
    changed(shop, "table", "set", spec(shop), "a@falcotsbrand.com", "n@y")
    changed(shop, "table", "remove", spec(shop), "a@falcotsbrand.com")
    assert shop.virtual == "# ==== Sales ====\nb@falcotsbrand.com q@y\n"


def test_the_key_counts_and_not_what_it_begins_with(shop: Shop) -> None:
    """Salt's `startswith`, `grep ^KEY`; and docker-mailserver, which edits in one case what it found in another."""
    table(shop, "annette@falcotsbrand.com a@x\nanne@falcotsbrand.com.org b@x\nAnne@FalcotsBrand.com c@x\n")
    changed(shop, "table", "set", spec(shop), "anne@falcotsbrand.com", "d@x")
    assert shop.virtual.splitlines() == [
        "annette@falcotsbrand.com a@x", "anne@falcotsbrand.com.org b@x", "Anne@FalcotsBrand.com d@x",
    ]  # fmt: skip
    assert live(shop)["anne@falcotsbrand.com"] == "d@x"


def test_a_key_is_no_pattern(shop: Shop) -> None:
    """docker-mailserver, cockpit-postfix: a `.` or `*` of the address is one of grep's and sed's."""
    table(shop, "aXb@falcotsbrand.com 1@x\na.b@falcotsbrand.com 2@x\na+b*@falcotsbrand.com 3@x\n")
    changed(shop, "table", "set", spec(shop), "a.b@falcotsbrand.com", "&/2@x")
    changed(shop, "table", "remove", spec(shop), "a+b*@falcotsbrand.com")
    assert shop.virtual == "aXb@falcotsbrand.com 1@x\na.b@falcotsbrand.com &/2@x\n"


def test_of_two_entries_the_first_counts_and_both_go(shop: Shop) -> None:
    """postmap keeps the first and warns; what edits the last edits nothing."""
    table(shop, "a@falcotsbrand.com one@x\nb@falcotsbrand.com q@x\na@falcotsbrand.com two@x\n")
    changed(shop, "table", "set", spec(shop), "a@falcotsbrand.com", "three@x")
    assert shop.virtual.splitlines()[0] == "a@falcotsbrand.com three@x"
    assert live(shop)["a@falcotsbrand.com"] == "three@x"
    changed(shop, "table", "remove", spec(shop), "a@falcotsbrand.com")
    assert live(shop) == {"b@falcotsbrand.com": "q@x"}


def test_the_lines_of_a_dos_file_stay_so(shop: Shop) -> None:
    """An added line with LF alone."""
    table(shop, b"a@falcotsbrand.com x@y\r\nb@falcotsbrand.com q@y\r\n")
    changed(shop, "table", "set", spec(shop), "a@falcotsbrand.com", "n@y")
    changed(shop, "table", "set", spec(shop), "c@falcotsbrand.com", "c@y")
    raw = (shop.folder / "virtual").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 3
    assert live(shop) == {
        "a@falcotsbrand.com": "n@y",
        "b@falcotsbrand.com": "q@y",
        "c@falcotsbrand.com": "c@y",
    }


def test_an_entry_is_found_by_its_name_after_an_insert_above(shop: Shop, tmp_path: Path) -> None:
    """Webmin's row number: another admin's new first line moves the edit to the wrong row."""
    table(shop, "info@falcotsbrand.com a@x\nroot@falcotsbrand.com b@x\n")
    target = Target("table", str(shop.folder / "virtual"), "hash")
    mine = draft(shop, tmp_path / "draft", SetEntry(target, "root@falcotsbrand.com", "c@x", "b@x"))
    table(shop, "new@falcotsbrand.com n@x\n" + shop.virtual)
    changed(shop, "draft", "apply", mine)
    assert live(shop) == {
        "new@falcotsbrand.com": "n@x", "info@falcotsbrand.com": "a@x", "root@falcotsbrand.com": "c@x",
    }  # fmt: skip


def test_an_entry_that_another_changed_is_a_conflict(shop: Shop, tmp_path: Path) -> None:
    """PostfixAdmin, Webmin: the last write wins, and says nothing."""
    table(shop, "root@falcotsbrand.com b@x\n")
    target = Target("table", str(shop.folder / "virtual"), "hash")
    mine = draft(shop, tmp_path / "draft", SetEntry(target, "root@falcotsbrand.com", "c@x", "b@x"))
    table(shop, "root@falcotsbrand.com theirs@x\n")
    done = shop.run("draft", "apply", mine)
    assert (done.status, live(shop)) == (3, {"root@falcotsbrand.com": "theirs@x"})
    assert "theirs@x" in done.err


def test_a_comment_with_a_colon_is_no_disabled_alias(shop: Shop) -> None:
    """Webmin shows `# Note: …` of an aliases file as an alias that is off."""
    aliases(shop, "# Note: ask Laure first\n#helpdesk: laure\nroot: roland\n")
    rows = shop.run("table", "list", spec(shop, "aliases"), "--json").json
    assert [(row["key"], row["enabled"]) for row in rows] == [("helpdesk", False), ("root", True)]


def test_a_catch_all_can_be_set(shop: Shop) -> None:
    """cockpit-postfix refuses `@domain`."""
    changed(shop, "alias", "set", "@falcotsbrand.com", "laure@falcot.com")
    assert live(shop)["@falcotsbrand.com"] == "laure@falcot.com"


def test_mode_and_owner_of_a_table_stay(shop: Shop) -> None:
    """cockpit-postfix: `mktemp` and `mv`, and the file is 0600."""
    paths = [shop.folder / "virtual", shop.folder / "virtual.db"]
    for path in paths:
        path.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(path, 1, 2)
    before = [(stat.S_IMODE(p.stat().st_mode), p.stat().st_uid, p.stat().st_gid) for p in paths]
    changed(shop, "table", "set", spec(shop), "b@falcotsbrand.com", "y@falcot.com")
    assert [(stat.S_IMODE(p.stat().st_mode), p.stat().st_uid, p.stat().st_gid) for p in paths] == before


def test_what_another_wrote_by_hand_stays(shop: Shop) -> None:
    """Proxmox and OPNsense write their templates over it; Modoboa refuses the whole file from then on."""
    by_hand = shop.virtual + "# by hand\nhand@falcotsbrand.com   h@x\n"
    table(shop, by_hand)
    changed(shop, "table", "set", spec(shop), "b@falcotsbrand.com", "y@falcot.com")
    assert shop.virtual.startswith(by_hand)


def test_a_list_of_aliases_is_a_list(shop: Shop) -> None:
    """docker-mailserver shows what stands after the first blank; postmap and local(8) take blanks for commas."""
    table(shop, "a@falcotsbrand.com x@y z@y\n")
    changed(shop, "alias", "set", "a@falcotsbrand.com", "--drop", "x@y")
    assert live(shop)["a@falcotsbrand.com"] == "z@y"
    assert postconf(shop, "virtual_alias_maps") == [spec(shop)]
