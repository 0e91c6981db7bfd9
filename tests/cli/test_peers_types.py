"""Types of tables and kinds of lines that other tools do not know, or cannot read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Shop
from tests.cli.peering import changed, live, old, put, said, spec


@pytest.mark.parametrize("kind", ["cidr", "pcre", "regexp"])
def test_no_table_of_patterns_goes_to_a_compiler(shop: Shop, kind: str) -> None:
    """Webmin runs postmap on cidr, which ends in a fatal error; and reads `/a\\/b c/` as a key and a value."""
    text = "10.0.0.0/8 OK\n" if kind == "cidr" else "if /^a/\n/^X: a\\/b c/ REJECT no\nendif\n"
    put(shop, "patterns", text)
    done = shop.run("table", "set", f"{kind}:{shop.folder}/patterns", "b", "c")
    assert (done.status, (shop.folder / "patterns").read_text()) == (1, text)
    assert ("“b” is no address" if kind == "cidr" else "neither a /pattern/") in done.err
    key = "192.0.2.0/24" if kind == "cidr" else "/^b/"
    changed(shop, "table", "set", f"{kind}:{shop.folder}/patterns", key, "DUNNO")
    assert (shop.folder / "patterns").read_text().startswith(text)
    assert [path.name for path in shop.folder.glob("patterns*")] == ["patterns"]


@pytest.mark.parametrize("kind", ["texthash", "cdb", "lmdb", "btree"])
def test_each_type_is_known(shop: Shop, kind: str) -> None:
    """To Webmin texthash and cdb are unknown; cockpit-postfix compiles the default type, whatever is in use."""
    main = shop.folder / "main.cf"
    main.write_text(main.read_text().replace("hash:", f"{kind}:", 1))
    old(main)
    if kind != "texthash":
        said("postmap", "-c", shop.folder, spec(shop, "virtual", kind))
    changed(shop, "alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com")
    query = ("-q", "webmaster@falcotsbrand.com", spec(shop, "virtual", kind))
    assert said("postmap", "-c", shop.folder, *query) == ["laure@falcot.com"]
    made = sorted(path.name for path in shop.folder.glob("virtual*"))
    ending = {"texthash": [], "cdb": ["virtual.cdb"], "lmdb": ["virtual.lmdb"], "btree": []}[kind]
    assert made == ["virtual", "virtual.db", *ending] or made == ["virtual", *ending, "virtual.db"]


def test_a_table_behind_proxymap_stays_so(shop: Shop) -> None:
    """Webmin strips `proxy:` from what it shows, and writes that."""
    main = shop.folder / "main.cf"
    main.write_text(
        main.read_text().replace("virtual_alias_maps = hash:", "virtual_alias_maps = proxy:hash:")
    )
    before = old(main).read_text()
    changed(shop, "alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com")
    assert main.read_text() == before
    assert live(shop)["webmaster@falcotsbrand.com"] == "laure@falcot.com"


def test_a_line_that_postmap_drops_is_refused(shop: Shop) -> None:
    """postmap warns, drops it, and ends with 0."""
    before = shop.virtual
    done = shop.run("table", "set", spec(shop), '"dd@falcotsbrand.com', "ff")
    assert (done.status, shop.virtual) == (1, before)


AUGEAS = {
    "virtual": """\
a@falcotsbrand.com b@x c@x
b@falcotsbrand.com b@x
# within
  c@x
o'hara@falcotsbrand.com b@x
a/b@falcotsbrand.com b@x
c@falcotsbrand.com b@x,
jürgen@falcotsbrand.com b@x
z@falcotsbrand.com y
""",
    "transport": """\
a.example smtp:[192.0.2.1]:25
b.example relay:[mx.example]:587
c.example smtp:10.0.0.1
d.example error:5.1.2 text of it
e.example smtp:[IPv6:2001:db8::1]
z.example y
""",
    "access": """\
a.example REJECT see https://x.example/#faq
b.example REJECT one
# within
  two
z.example y
""",
    "aliases": """\
a: b,
# within
 c
b:
  b
c: b c
d: ""
z: y
""",
}


@pytest.mark.parametrize("name", AUGEAS)
def test_no_line_is_beyond_us(shop: Shop, name: str) -> None:
    """Augeas refuses a whole file for one of these lines; here each is read as Postfix reads it."""
    kind, program = ("aliases", "postalias") if name == "aliases" else ("table", "postmap")
    path = put(shop, name, AUGEAS[name])
    said(program, "-c", shop.folder, spec(shop, name))
    before = live(shop, name)
    read = shop.run("inspect", kind, str(path), "--json").json["entries"]
    assert {each["key"]: " ".join(each["value"].split()) for each in read} == {
        key: " ".join(value.split()) for key, value in before.items()
    }
    last = read[-1]["key"]
    changed(shop, "table", "set", spec(shop, name), last, "new")
    assert path.read_text() == AUGEAS[name].replace(" y\n", " new\n")
    assert live(shop, name) == {**before, last: "new"}


def test_the_submissions_service_is_seen_in_the_log(shop: Shop, tmp_path: Path) -> None:
    """pflogsumm knows `smtps` and `submission` alone, and guesses the year of an old stamp."""
    log = tmp_path / "mail.log"
    log.write_text(
        "2026-11-22T10:00:00.000001+01:00 mx postfix/submissions/smtpd[12]: connect from a.example[192.0.2.1]\n"
        "Nov 22 10:00:01 mx postfix/submission/smtpd[13]: disconnect from a.example[192.0.2.1]\n"
    )
    rows = shop.run("log", str(log), "--json").out.splitlines()
    assert ['"event": "connect"' in row or '"event":"connect"' in row for row in rows] == [True, False]
    assert all("192.0.2.1" in row for row in rows)


def test_postmap_itself_keeps_a_broken_table_quiet(shop: Shop) -> None:
    """Its exit code is 0; mailtui says which line it was, and does not make it worse."""
    text = 'a@falcotsbrand.com x@y\nlonely@falcotsbrand.com\n"unbalanced@falcotsbrand.com q@y\n'
    put(shop, "virtual", text)
    done = subprocess.run(
        ["postmap", "-c", shop.folder, spec(shop)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("warning")) == (0, 2)
    problems = shop.run("inspect", "table", str(shop.folder / "virtual"), "--json").json["problems"]
    assert [each["line"] for each in problems] == [2, 3]
    changed(shop, "table", "set", spec(shop), "a@falcotsbrand.com", "n@y")
    assert shop.virtual == text.replace("x@y", "n@y")
