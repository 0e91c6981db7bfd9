"""What other tools get wrong in main.cf, one named case each, by command and asked back from Postfix."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mailtui.edits.entries import SetEntry
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from tests.cli.conftest import Shop
from tests.cli.peering import changed, draft, live, main_cf, old, peer, postconf, said, table, tail_of

RESET = """\
relayhost = a
mynetworks = 127.0.0.0/8
smtpd_client_restrictions =
\tpermit_mynetworks
\treject
inet_protocols = ipv4
"""


def test_a_reset_takes_out_its_own_lines_only(shop: Shop) -> None:
    """Webmin: everything down to the last tab-indented line of the file goes."""
    before = main_cf(shop, RESET)
    changed(shop, "parameter", "reset", "relayhost")
    assert tail_of(shop, before) == RESET.removeprefix("relayhost = a\n")


def test_a_reset_leaves_no_continuation_behind(shop: Shop) -> None:
    """Webmin: lines indented by blanks stay, and join the parameter above."""
    before = main_cf(
        shop,
        "mynetworks_style = host\nnotify_classes =\n    resource\n    # of the disk\n    software\nx = y\n",
    )
    changed(shop, "parameter", "reset", "notify_classes")
    assert tail_of(shop, before) == "mynetworks_style = host\n    # of the disk\nx = y\n"
    assert postconf(shop, "mynetworks_style") == ["host"]


def test_of_two_definitions_the_one_that_counts_is_shown_and_set(shop: Shop, tmp_path: Path) -> None:
    """Webmin shows the first; `postconf -e` rewrites both."""
    before = main_cf(shop, "notify_classes = one\nx = y\nnotify_classes = two\n")
    other = peer(
        shop, tmp_path / "peer", lambda at: said("postconf", "-c", at, "-e", "notify_classes=bounce")
    )
    assert (other / "main.cf").read_text().count("notify_classes = bounce\n") == 2
    done = shop.run("parameter", "get", "notify_classes")
    assert done.out == "two\n"
    assert "does not count" in done.err
    changed(shop, "parameter", "set", "notify_classes", "bounce")
    assert tail_of(shop, before) == "notify_classes = one\nx = y\nnotify_classes = bounce\n"
    assert postconf(shop, "notify_classes") == ["bounce"]


def test_a_set_keeps_comments_and_lines_of_a_list(shop: Shop, tmp_path: Path) -> None:
    """`postconf -e` folds the value to one line and strands the comments."""
    text = "smtpd_client_restrictions =\n    permit_mynetworks,\n    # strangers\n    reject\nx = y\n"
    before = main_cf(shop, text)
    wanted = "permit_mynetworks, reject_unknown_client_hostname, reject"
    setting = f"smtpd_client_restrictions={wanted}"
    other = peer(shop, tmp_path / "peer", lambda at: said("postconf", "-c", at, "-e", setting))
    assert f"smtpd_client_restrictions = {wanted}\n    # strangers\n" in (other / "main.cf").read_text()
    changed(shop, "parameter", "set", "smtpd_client_restrictions", wanted)
    assert "\n    # strangers\n" in tail_of(shop, before)
    assert tail_of(shop, before).endswith("    reject\nx = y\n")
    assert postconf(shop, "smtpd_client_restrictions") == [wanted]


def test_an_item_comes_where_it_has_an_effect(shop: Shop, tmp_path: Path) -> None:
    """Webmin pushes a newly ticked restriction to the end, behind the one that ends the list."""
    text = "smtpd_relay_restrictions =\n  permit_mynetworks\n  # the rest\n  defer_unauth_destination\n"
    before = main_cf(shop, text)
    target = Target("main.cf", str(shop.folder / "main.cf"))
    edit = AddItem(
        target, "smtpd_relay_restrictions", "permit_sasl_authenticated", "defer_unauth_destination"
    )
    changed(shop, "draft", "apply", draft(shop, tmp_path / "draft", edit))
    assert postconf(shop, "smtpd_relay_restrictions") == [
        "permit_mynetworks permit_sasl_authenticated defer_unauth_destination"
    ]
    assert "  # the rest\n" in tail_of(shop, before)
    gone = RemoveItem(target, "smtpd_relay_restrictions", "permit_mynetworks", None)
    changed(shop, "draft", "apply", draft(shop, tmp_path / "draft", gone))
    assert postconf(shop, "smtpd_relay_restrictions") == [
        "permit_sasl_authenticated defer_unauth_destination"
    ]


def test_a_service_in_braces_keeps_its_commas(shop: Shop, tmp_path: Path) -> None:
    """Webmin: the options of a policy service lose their commas, and all becomes one line."""
    policy = "check_policy_service { inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO }"
    text = f"smtpd_recipient_restrictions =\n  permit_mynetworks,\n  {policy},\n  permit\n"
    before = main_cf(shop, text)
    target = Target("main.cf", str(shop.folder / "main.cf"))
    edit = AddItem(target, "smtpd_recipient_restrictions", "reject_unlisted_recipient", "permit")
    changed(shop, "draft", "apply", draft(shop, tmp_path / "draft", edit))
    assert f"\n  {policy},\n" in tail_of(shop, before)
    assert len(tail_of(shop, before).splitlines()) == 5


def test_nothing_is_glued_to_a_line_without_its_newline(shop: Shop, tmp_path: Path) -> None:
    """`echo >>`, and `postconf -e`."""
    main_cf(shop, "mynetworks_style = host")
    other = peer(shop, tmp_path / "peer", lambda at: said("postconf", "-c", at, "-e", "relayhost=mx.example"))
    assert "mynetworks_style = hostrelayhost = mx.example" in (other / "main.cf").read_text()
    changed(shop, "parameter", "set", "relayhost", "mx.example")
    assert postconf(shop, "mynetworks_style", "relayhost") == ["host", "mx.example"]


def linked(shop: Shop, real: Path) -> Path:
    """main.cf as a link to a link to a file of mode 0640 and another owner."""
    path, middle = shop.folder / "main.cf", real.with_name("middle")
    path.rename(real)
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 1, 2)
    middle.symlink_to(real)
    path.symlink_to(middle)
    return path


def test_mode_owner_and_symlink_of_main_cf_stay(shop: Shop, tmp_path: Path) -> None:
    """`postconf -e` makes it 0644 root:root, and a plain file."""
    real = tmp_path / "real.cf"
    path = linked(shop, real)
    owner = real.stat().st_uid, real.stat().st_gid
    changed(shop, "parameter", "set", "relayhost", "mx.example")
    assert path.readlink() == tmp_path / "middle"
    assert not real.is_symlink()
    assert (stat.S_IMODE(real.stat().st_mode), real.stat().st_uid, real.stat().st_gid) == (0o640, *owner)
    assert postconf(shop, "relayhost") == ["mx.example"]
    said("postconf", "-c", shop.folder, "-e", "relayhost=other.example")
    assert not path.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert "mx.example" in real.read_text()


def test_the_lines_of_a_dos_main_cf_stay_so(shop: Shop, tmp_path: Path) -> None:
    """`postconf -e` writes LF among CRLF."""
    path = shop.folder / "main.cf"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"relayhost = a\r\n")
    old(path)
    other = peer(shop, tmp_path / "peer", lambda at: said("postconf", "-c", at, "-e", "relayhost=b", "x=y"))
    raw = (other / "main.cf").read_bytes()
    assert raw.count(b"\r\n") < raw.count(b"\n")
    changed(shop, "parameter", "set", "relayhost", "b")
    changed(shop, "parameter", "set", "delay_warning_time", "4h")
    raw = path.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n")
    assert postconf(shop, "relayhost", "delay_warning_time") == ["b", "4h"]


def test_a_name_is_not_what_another_begins_with(shop: Shop) -> None:
    """Salt's `startswith`; `sed /^name/`."""
    text = "mynetworks_style = host\nrelayhost_of_old = x\nrelayhost = a\n"
    before = main_cf(shop, text)
    changed(shop, "parameter", "set", "relayhost", "b")
    assert tail_of(shop, before) == text.replace("relayhost = a", "relayhost = b")
    changed(shop, "parameter", "reset", "relayhost")
    assert tail_of(shop, before) == "mynetworks_style = host\nrelayhost_of_old = x\n"


def test_a_value_like_the_default_is_kept(shop: Shop) -> None:
    """Webmin takes a parameter out when it is set to its default."""
    before = main_cf(shop, "relayhost = a\n")
    default = said("postconf", "-d", "-h", "append_dot_mydomain")[0]
    changed(shop, "parameter", "set", "delay_warning_time", "0h")
    changed(shop, "parameter", "set", "append_dot_mydomain", default)
    assert tail_of(shop, before).endswith(f"delay_warning_time = 0h\nappend_dot_mydomain = {default}\n")


def _text(shop: Shop) -> str:
    return (shop.folder / "main.cf").read_text()


def test_another_list_of_milters_is_left_alone(shop: Shop) -> None:
    """Virtualmin sets non_smtpd_milters to whatever smtpd_milters is."""
    before = main_cf(shop, "smtpd_milters = inet:127.0.0.1:1\nnon_smtpd_milters = inet:127.0.0.1:2\n")
    changed(shop, "parameter", "set", "smtpd_milters", "inet:127.0.0.1:1, inet:127.0.0.1:3")
    assert tail_of(shop, before).endswith("\nnon_smtpd_milters = inet:127.0.0.1:2\n")


def test_comments_do_not_pile_up(shop: Shop) -> None:
    """Mail-in-a-Box comments out the old value at each change."""
    before = main_cf(shop, "#relayhost = old\nrelayhost = a\nx = y\n")
    for value in "bcd":
        changed(shop, "parameter", "set", "relayhost", value)
    assert tail_of(shop, before) == "#relayhost = old\nrelayhost = d\nx = y\n"


def test_no_reader_sees_a_part_of_the_file(shop: Shop) -> None:
    """Mail-in-a-Box truncates in place; a program that starts then reads half a file."""
    main_cf(shop, "relayhost = a\n")
    with (shop.folder / "main.cf").open("rb") as reader:
        whole = reader.read()
        changed(shop, "parameter", "set", "relayhost", "b")
        reader.seek(0)
        assert reader.read() == whole
    assert postconf(shop, "relayhost") == ["b"]


def test_every_other_file_of_the_folder_stays(shop: Shop) -> None:
    """il-postino puts a folder with its own files in place of the whole."""
    (shop.folder / "sasl").mkdir()
    (shop.folder / "sasl" / "smtpd.conf").write_text("pwcheck_method: auxprop\n")
    (shop.folder / "header_checks").write_text("/^X:/ IGNORE\n")
    before = {path: path.stat().st_ino for path in shop.folder.rglob("*") if path.name != "main.cf"}
    changed(shop, "parameter", "set", "relayhost", "b")
    after = {path: path.stat().st_ino for path in shop.folder.rglob("*") if path.name != "main.cf"}
    assert after == before


def test_what_stands_below_stays(shop: Shop) -> None:
    """mailcow cuts main.cf at a mark, interprets backslashes, and deletes each line that names myhostname."""
    text = "# Overrides\nsmtp_helo_name = $myhostname\nrelayhost = a\nx = a\\nb\\\\c\n# end"
    before = main_cf(shop, text)
    changed(shop, "parameter", "set", "relayhost", "b")
    changed(shop, "parameter", "set", "y", r"c\td\\e")
    assert tail_of(shop, before) == text.replace("= a\nx", "= b\nx") + "\ny = c\\td\\\\e\n"
    changed(shop, "parameter", "set", "myhostname", "mx2.falcot.com")
    assert "smtp_helo_name = $myhostname\n" in _text(shop)


def test_all_of_a_change_is_undone_where_one_file_is_refused(shop: Shop, tmp_path: Path) -> None:
    """Webmin puts main.cf back where `postfix check` fails; tables and master.cf stay as they came."""
    target = Target("table", str(shop.folder / "virtual"), "hash")
    edits = (
        SetEntry(target, "webmaster@falcotsbrand.com", "new@falcot.com", "jean@falcot.com"),
        SetParameter(Target("main.cf", str(shop.folder / "main.cf")), "inet_protocols", "${ipv4", "ipv4"),
    )
    before = _text(shop), shop.virtual, live(shop)
    done = shop.run("draft", "apply", draft(shop, tmp_path / "draft", *edits))
    assert done.status in {1, 4}, done.err
    assert (_text(shop), shop.virtual, live(shop)) == before


def test_of_two_who_write_the_second_is_told(shop: Shop, tmp_path: Path) -> None:
    """PostfixAdmin, Webmin: the last write wins."""
    main_cf(shop, "relayhost = a\n")
    target = Target("main.cf", str(shop.folder / "main.cf"))
    mine = draft(shop, tmp_path / "draft", SetParameter(target, "relayhost", "mine.example", "a"))
    said("postconf", "-c", shop.folder, "-e", "relayhost=theirs.example")
    done = shop.run("draft", "apply", mine)
    assert done.status == 3
    assert "theirs  theirs.example" in done.err
    old(shop.folder / "main.cf")
    assert postconf(shop, "relayhost") == ["theirs.example"]


@pytest.mark.parametrize(
    "text",
    [
        "mydestination = a\n  # within\n  b\n",
        "mydestination = a\n\n  b\n",
        "mydestination = a\n# in column 0\n\tb\n",
        "mydestination = a b #\n",
        "mydestination =\n  a, b",
        "mydestination = a {b, c}",
    ],
)
def test_no_line_is_beyond_us(shop: Shop, text: str, tmp_path: Path) -> None:
    """Augeas refuses the whole file for a comment or a blank line in a value."""
    before = main_cf(shop, text)
    file = shop.folder / "main.cf"
    assert shop.run("inspect", "main.cf", str(file), "--raw").out == _text(shop)
    changed(shop, "parameter", "set", "relayhost", "b")
    assert tail_of(shop, before).startswith(text)
    assert postconf(shop, "relayhost") == ["b"]


def test_a_misspelt_name_is_said(shop: Shop) -> None:
    """`postconf -e` takes any name, and `postfix check` ends well."""
    said("postconf", "-c", shop.folder, "-e", "smtpd_client_restriction=reject")
    old(shop.folder / "main.cf")
    rows = shop.run("parameter", "list", "--set", "--json").json
    assert [row["name"] for row in rows if row["unused"]] == ["smtpd_client_restriction"]
    done = shop.run("parameter", "set", "smtpd_helo_restriction", "reject", "--dry-run")
    assert "smtpd_helo_restrictions" in done.err


def test_the_table_is_untouched_by_a_parameter(shop: Shop) -> None:
    """docker-mailserver writes every file anew at each change."""
    table(shop, "a@falcotsbrand.com x@y\n")
    before = {
        name: (shop.folder / name).stat().st_mtime_ns for name in ("virtual", "virtual.db", "aliases.db")
    }
    changed(shop, "parameter", "set", "relayhost", "b")
    assert before == {name: (shop.folder / name).stat().st_mtime_ns for name in before}
