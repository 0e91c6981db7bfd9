"""What other tools get wrong on the same files, one named case each, by command and asked back from Postfix."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Shop


def postconf(shop: Shop, *names: str) -> list[str]:
    """What Postfix reads now: the values of these parameters, unexpanded."""
    done = subprocess.run(
        ["postconf", "-c", shop.folder, "-h", *names], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def live(shop: Shop, name: str = "virtual") -> dict[str, str]:
    """Every entry of the compiled table."""
    program = "postalias" if name == "aliases" else "postmap"
    done = subprocess.run(
        [program, "-c", shop.folder, "-s", f"hash:{shop.folder}/{name}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("\t", 1) for line in done.stdout.splitlines() if not line.startswith("YP_"))


def main_cf(shop: Shop, tail: str) -> str:
    """Put lines at the end of main.cf; returns what stands before them."""
    path = shop.folder / "main.cf"
    before = path.read_text()
    path.write_text(before + tail)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return before


def tail_of(shop: Shop, before: str) -> str:
    text = (shop.folder / "main.cf").read_text()
    assert text.startswith(before)
    return text.removeprefix(before)


def table(shop: Shop, text: str | bytes) -> None:
    raw = text.encode() if isinstance(text, str) else text
    (shop.folder / "virtual").write_bytes(raw)
    subprocess.run(
        ["postmap", "-c", shop.folder, f"hash:{shop.folder}/virtual"], check=True, capture_output=True
    )


def spec(shop: Shop) -> str:
    return f"hash:{shop.folder}/virtual"


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
    assert shop.run("parameter", "reset", "relayhost").status == 0
    assert tail_of(shop, before) == RESET.removeprefix("relayhost = a\n")


def test_a_reset_leaves_no_continuation_behind(shop: Shop) -> None:
    """Webmin: lines indented by blanks stay, and join the parameter above."""
    before = main_cf(
        shop,
        "mynetworks_style = host\nnotify_classes =\n    resource\n    # of the disk\n    software\nx = y\n",
    )
    assert shop.run("parameter", "reset", "notify_classes").status == 0
    assert tail_of(shop, before) == "mynetworks_style = host\n    # of the disk\nx = y\n"
    assert postconf(shop, "mynetworks_style") == ["host"]


def test_of_two_definitions_the_one_that_counts_is_shown_and_set(shop: Shop) -> None:
    """Webmin shows the first; `postconf -e` rewrites both."""
    before = main_cf(shop, "notify_classes = one\nx = y\nnotify_classes = two\n")
    assert shop.run("parameter", "get", "notify_classes").out == "two\n"
    assert shop.run("parameter", "set", "notify_classes", "bounce").status == 0
    assert tail_of(shop, before) == "notify_classes = one\nx = y\nnotify_classes = bounce\n"
    assert postconf(shop, "notify_classes") == ["bounce"]


def test_a_set_keeps_comments_and_lines_of_a_list(shop: Shop) -> None:
    """`postconf -e` folds the value to one line and strands the comments."""
    text = "smtpd_client_restrictions =\n    permit_mynetworks,\n    # strangers\n    reject\nx = y\n"
    before = main_cf(shop, text)
    wanted = "permit_mynetworks, reject_unknown_client_hostname, reject"
    assert shop.run("parameter", "set", "smtpd_client_restrictions", wanted).status == 0
    assert "\n    # strangers\n" in tail_of(shop, before)
    assert tail_of(shop, before).endswith("    reject\nx = y\n")
    assert postconf(shop, "smtpd_client_restrictions") == [wanted]


def test_nothing_is_glued_to_a_line_without_its_newline(shop: Shop) -> None:
    """`echo >>`, postconf -e on such a file, docker-mailserver."""
    main_cf(shop, "mynetworks_style = host")
    assert shop.run("parameter", "set", "relayhost", "mx.example").status == 0
    assert postconf(shop, "mynetworks_style", "relayhost") == ["host", "mx.example"]
    table(shop, "a@falcotsbrand.com  x@falcot.com")
    assert shop.run("table", "set", spec(shop), "b@falcotsbrand.com", "y@falcot.com").status == 0
    assert live(shop) == {"a@falcotsbrand.com": "x@falcot.com", "b@falcotsbrand.com": "y@falcot.com"}


def test_mode_owner_and_symlink_of_main_cf_stay(shop: Shop, tmp_path: Path) -> None:
    """`postconf -e` makes it 0644 root:root, and a plain file."""
    path, real = shop.folder / "main.cf", tmp_path / "real.cf"
    path.rename(real)
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 1, 2)
    owner = real.stat().st_uid, real.stat().st_gid
    (tmp_path / "middle").symlink_to(real)
    path.symlink_to(tmp_path / "middle")
    assert shop.run("parameter", "set", "relayhost", "mx.example").status == 0
    assert path.readlink() == tmp_path / "middle"
    assert not real.is_symlink()
    assert (stat.S_IMODE(real.stat().st_mode), real.stat().st_uid, real.stat().st_gid) == (0o640, *owner)
    assert postconf(shop, "relayhost") == ["mx.example"]


def test_an_entry_goes_with_its_continuations(shop: Shop) -> None:
    """docker-mailserver, Webmin's joined lines: what stays behind joins the entry above."""
    table(shop, "z@falcotsbrand.com q@x\na@falcotsbrand.com  x@y,\n# was carol\n    bob@x\n")
    assert shop.run("table", "remove", spec(shop), "a@falcotsbrand.com").status == 0
    assert shop.virtual == "z@falcotsbrand.com q@x\n# was carol\n"
    assert live(shop) == {"z@falcotsbrand.com": "q@x"}


def test_a_change_of_items_keeps_the_comment_between_them(shop: Shop) -> None:
    """Webmin deletes the comments inside an entry, and joins its lines."""
    table(shop, "a@falcotsbrand.com  x@y,\n    # was carol\n    bob@x\n")
    assert shop.run("alias", "set", "a@falcotsbrand.com", "--add", "eve@x").status == 0
    assert "    # was carol\n    bob@x" in shop.virtual
    assert live(shop)["a@falcotsbrand.com"].replace(" ", "") == "x@y,bob@x,eve@x"


def test_the_key_counts_and_not_what_it_begins_with(shop: Shop) -> None:
    """Salt's `startswith`, `grep ^KEY`; and docker-mailserver, which edits in one case what it found in another."""
    table(shop, "annette@falcotsbrand.com a@x\nanne@falcotsbrand.com.org b@x\nAnne@FalcotsBrand.com c@x\n")
    assert shop.run("table", "set", spec(shop), "anne@falcotsbrand.com", "d@x").status == 0
    assert shop.virtual.splitlines() == [
        "annette@falcotsbrand.com a@x", "anne@falcotsbrand.com.org b@x", "Anne@FalcotsBrand.com d@x",
    ]  # fmt: skip
    assert live(shop)["anne@falcotsbrand.com"] == "d@x"


def test_of_two_entries_the_first_counts_and_both_go(shop: Shop) -> None:
    table(shop, "a@falcotsbrand.com one@x\nb@falcotsbrand.com q@x\na@falcotsbrand.com two@x\n")
    assert shop.run("table", "set", spec(shop), "a@falcotsbrand.com", "three@x").status == 0
    assert shop.virtual.splitlines()[0] == "a@falcotsbrand.com three@x"
    assert live(shop)["a@falcotsbrand.com"] == "three@x"
    assert shop.run("table", "remove", spec(shop), "a@falcotsbrand.com").status == 0
    assert live(shop) == {"b@falcotsbrand.com": "q@x"}


def test_the_lines_of_a_dos_file_stay_so(shop: Shop) -> None:
    table(shop, b"a@falcotsbrand.com x@y\r\nb@falcotsbrand.com q@y\r\n")
    assert shop.run("table", "set", spec(shop), "a@falcotsbrand.com", "n@y").status == 0
    assert shop.run("table", "set", spec(shop), "c@falcotsbrand.com", "c@y").status == 0
    raw = (shop.folder / "virtual").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 3
    assert live(shop) == {
        "a@falcotsbrand.com": "n@y",
        "b@falcotsbrand.com": "q@y",
        "c@falcotsbrand.com": "c@y",
    }


def test_an_entry_is_found_by_its_name_after_an_insert_above(shop: Shop) -> None:
    """Webmin's row number: another admin's new first line moves the edit to the wrong row."""
    table(shop, "info@falcotsbrand.com a@x\nroot@falcotsbrand.com b@x\n")
    asked = shop.run("table", "set", spec(shop), "root@falcotsbrand.com", "c@x", "--dry-run")
    assert asked.status == 0
    table(shop, "new@falcotsbrand.com n@x\n" + shop.virtual)
    assert shop.run("table", "set", spec(shop), "root@falcotsbrand.com", "c@x").status == 0
    assert live(shop) == {
        "new@falcotsbrand.com": "n@x", "info@falcotsbrand.com": "a@x", "root@falcotsbrand.com": "c@x",
    }  # fmt: skip


def test_a_comment_with_a_colon_is_no_disabled_alias(shop: Shop) -> None:
    """Webmin shows `# Note: …` of an aliases file as an alias that is off."""
    (shop.folder / "aliases").write_text("# Note: ask Laure first\n#helpdesk: laure\nroot: roland\n")
    rows = shop.run("table", "list", f"hash:{shop.folder}/aliases", "--json").json
    assert [(row["key"], row["enabled"]) for row in rows] == [("helpdesk", False), ("root", True)]


@pytest.mark.parametrize("kind", ["cidr", "pcre", "regexp"])
def test_no_table_of_patterns_goes_to_a_compiler(shop: Shop, kind: str) -> None:
    """Webmin runs postmap on cidr, which ends in a fatal error."""
    text = "10.0.0.0/8 OK\n" if kind == "cidr" else "/^a@/ x@y\n"
    (shop.folder / "patterns").write_text(text)
    done = shop.run("table", "set", f"{kind}:{shop.folder}/patterns", "b", "c")
    assert (done.status, (shop.folder / "patterns").read_text()) == (1, text)
    assert "cannot be edited" in done.err or "can be edited" in done.err
