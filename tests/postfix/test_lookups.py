"""Lookup tables: what kinds there are, and answers equal to `postmap -q`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mailtui.formats.target import Target
from mailtui.postfix.files import Files
from mailtui.postfix.lookups import Answer, Lookup, parse_map, parse_maps, split_list
from tests.postfix.conftest import MakeInstance, put, run

TABLE = """\
# people
webmaster@falcot.com  jean, laure
Info@Falcot.com\tjean@falcot.com,
    # a comment between
    laure
info@falcot.com   second one does not count
@falcotsbrand.com   sophie
falcot.org   anything
"two words"@falcot.com  jean
\u00c4rger@falcot.com  x
bare
#off@falcot.com jean
user+ext@falcot.com   a  b   c
"""
KEYS = [
    "webmaster@falcot.com", "WEBMASTER@falcot.com", "info@falcot.com", "@falcotsbrand.com", "falcot.org",
    '"two words"@falcot.com', "\u00e4rger@falcot.com", "bare", "off@falcot.com", "user+ext@falcot.com",
    "user@falcot.com", "nobody@falcot.com", "falcot.com",
]  # fmt: skip


def value(answer: Answer) -> bytes | None:
    assert not answer.problem
    return answer.value


def by_postmap(folder: Path, spec: str, key: str) -> bytes | None:
    done = run("postmap", "-c", str(folder), "-q", key, spec)
    assert done.returncode in {0, 1}
    return done.stdout.removesuffix(b"\n") if done.returncode == 0 else None


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb", "texthash"])
def test_text_tables_answer_as_postmap(instance_dir: MakeInstance, kind: str) -> None:
    folder = instance_dir(files={"virtual": TABLE}, postmap=() if kind == "texthash" else [f"{kind}:virtual"])
    table = parse_map(f"{kind}:{folder}/virtual", config_dir=str(folder))
    answers = table.get_many([key.encode() for key in KEYS], Files())
    assert {key: value(answer) for key, answer in zip(KEYS, answers, strict=True)} == {
        key: by_postmap(folder, table.spec, key) for key in KEYS
    }


def test_aliases_answer_as_postalias(instance_dir: MakeInstance) -> None:
    text = 'Postmaster: root\nlist : "|/bin/x a b", /file, laure\n"e f": jean\nlist: second\n'
    folder = instance_dir(files={"aliases": text}, postalias=["hash:aliases"])
    table = parse_map(f"hash:{folder}/aliases", "alias_maps", str(folder))
    for key in ("postmaster", "LIST", "e f", "nobody"):
        done = run("postalias", "-c", str(folder), "-q", key, table.spec)
        found = value(table.get(key.encode(), Files()))
        truth = done.stdout.removesuffix(b"\n") if done.returncode == 0 else None
        assert (found and b"".join(found.split())) == (truth and b"".join(truth.split())), key


PATTERNS = {
    "regexp": "/^(.*)@old\\.example$/  ${1}@new.example\n/^x/i case\n",
    "pcre": "/^(.*)@old\\.example$/  ${1}@new.example\n/(?<n>y)z/ two\n",
    "cidr": "192.0.2.0/24  OK\n2001:db8::/32  REJECT no\n",
}


@pytest.mark.parametrize("kind", sorted(PATTERNS))
def test_pattern_tables_are_asked_by_postmap(instance_dir: MakeInstance, kind: str) -> None:
    folder = instance_dir(files={"p": PATTERNS[kind]})
    table = parse_map(f"{kind}:{folder}/p", config_dir=str(folder))
    keys = ["a@old.example", "a@new.example", "yz", "x", "X", "192.0.2.7", "2001:db8::7", "192.0.3.1", ""]
    answers = table.get_many([key.encode() for key in keys], Files())
    assert [value(answer) for answer in answers] == [
        by_postmap(folder, table.spec, key) if key else None for key in keys
    ]
    assert any(answer.found for answer in answers)


@pytest.mark.parametrize(
    ("spec", "key", "expected"),
    [
        ("static:{some text}", "any", b"some text"),
        ("proxy:static:x", "any", b"x"),
        ("inline:{a=b, {c = d e}}", "c", b"d e"),
        ("inline:{a=b, {c = d e}}", "x", None),
        ("pipemap:{inline:{a=b},inline:{b=c}}", "a", b"c"),
        ("unionmap:{static:one,static:two}", "a", b"one,two"),
        ("proxy:unix:passwd.byname", "root", None),
        ("regexp:{{/^a(.*)/ $1}}", "abc", b"bc"),
    ],
)
def test_other_tables(instance_dir: MakeInstance, spec: str, key: str, expected: bytes | None) -> None:
    table = parse_map(spec, config_dir=str(instance_dir()))
    answer = table.get(key.encode(), Files())
    assert not answer.problem
    if spec == "proxy:unix:passwd.byname":
        assert answer.value is not None
        assert answer.value.startswith(b"root:")
    else:
        assert answer.value == expected


def test_keys_with_tabs_and_keys_asked_twice(instance_dir: MakeInstance) -> None:
    folder = instance_dir(files={"p": "/^(k.)/  found $1\n/a\tb/  tabbed\n"})
    table = parse_map(f"pcre:{folder}/p", config_dir=str(folder))
    answers = table.get_many([b"k1", b"a\tb", b"none", b"k1"], Files())
    assert [answer.value for answer in answers] == [b"found k1", b"tabbed", None, b"found k1"]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("hash:{folder}/none", "does not exist"),
        ("regexp:{folder}/none", "open {folder}/none"),
        ("ldap:/nonexistent.cf", "ldap"),
        ("nosuch:/x", "unsupported dictionary type"),
        ("fail:x", "fail"),
        ("/etc/postfix/virtual", "is no table"),
        ("hash:", "is no table"),
        ("proxy:hash", "is no table"),
    ],
)
def test_failures_have_words(instance_dir: MakeInstance, spec: str, says: str) -> None:
    folder = instance_dir()
    table = parse_map(spec.format(folder=folder), "virtual_alias_maps", str(folder))
    for answer in table.get_many([b"a", b"b"], Files()):
        assert answer.value is None
        assert says.format(folder=folder) in answer.problem
        assert "\n" not in answer.problem


def test_a_bad_pattern_is_skipped_not_a_failure(instance_dir: MakeInstance) -> None:
    folder = instance_dir(files={"p": "/(/ x\n/b/ y\n"})
    table = parse_map(f"pcre:{folder}/p", config_dir=str(folder))
    assert [value(answer) for answer in table.get_many([b"a", b"b"], Files())] == [None, b"y"]


KINDS = [
    ("hash:/p/virtual", True, "/p/virtual.db", "compile", "text, compiled by postmap"),
    ("btree:/p/virtual", True, "/p/virtual.db", "compile", "text, compiled by postmap"),
    ("lmdb:/p/virtual", True, "/p/virtual.lmdb", "compile", "text, compiled by postmap"),
    ("cdb:/p/virtual", True, "/p/virtual.cdb", "compile", "text, compiled by postmap"),
    ("proxy:hash:/p/v", True, "/p/v.db", "compile", "text, compiled by postmap, through proxymap"),
    ("texthash:/p/virtual", True, None, "reload", "text, read when Postfix reloads"),
    ("regexp:/p/r", False, None, "reload", "patterns, read when Postfix reloads"),
    ("pcre:{{/a/ b}}", False, None, "reload", "patterns, written in the parameter itself"),
    ("cidr:/p/c", False, None, "reload", "networks, read when Postfix reloads"),
    ("inline:{a=b}", False, None, "reload", "written in the parameter itself"),
    ("ldap:/p/l.cf", False, None, "nothing", "asked of an LDAP directory"),
    ("proxy:mysql:/p/m.cf", False, None, "nothing", "asked of a MySQL database, through proxymap"),
    ("nosuch:/x", False, None, "nothing", "of type nosuch, which is not known here"),
    ("hash:virtual", False, None, "compile", "at a relative path, which depends on the daemon that opens it"),
]


@pytest.mark.parametrize(("spec", "editable", "compiled", "needs", "how"), KINDS)
def test_kinds(spec: str, editable: bool, compiled: str | None, needs: str, how: str) -> None:
    table = parse_map(spec)
    assert (table.editable, table.compiled_path, table.needs, table.how) == (editable, compiled, needs, how)
    assert (table.target is not None) is editable
    assert table.written == spec


def test_target_and_program() -> None:
    assert parse_map("proxy:lmdb:/p/v").target == Target("table", "/p/v", "lmdb")
    aliases = parse_map("hash:/etc/aliases", "alias_maps")
    assert (aliases.target, aliases.program) == (Target("aliases", "/etc/aliases", "hash"), "postalias")
    texthash = parse_map("texthash:/etc/aliases", "alias_maps")
    assert (texthash.target, texthash.program) == (Target("table", "/etc/aliases", "texthash"), "postmap")
    shared = parse_map("hash:/etc/aliases", "local_recipient_maps", alias_paths=frozenset({"/etc/aliases"}))
    assert shared.program == "postalias"


def test_lists() -> None:
    value = "hash:/a, proxy:btree:/b\t inline:{x=y, z = w},,regexp:/c"
    assert split_list(value) == ["hash:/a", "proxy:btree:/b", "inline:{x=y, z = w}", "regexp:/c"]
    found = parse_maps(value)
    assert [(each.type, each.path, each.proxied) for each in found] == [
        ("hash", "/a", False), ("btree", "/b", True), ("inline", "{x=y, z = w}", False), ("regexp", "/c", False),
    ]  # fmt: skip
    assert parse_maps(" , ") == []
    (bare,) = parse_maps("/etc/aliases", "alias_database", default_type="hash")
    assert bare == Lookup(
        "/etc/aliases", "hash", "/etc/aliases", parameter="alias_database", program="postalias"
    )


def test_compiled_copy(instance_dir: MakeInstance) -> None:
    folder = instance_dir(files={"virtual": "a@b.example c\n"})
    table = parse_map(f"hash:{folder}/virtual")
    state = table.compiled()
    assert state is not None
    assert (state.path, state.exists, state.older) == (f"{folder}/virtual.db", False, False)
    run("postmap", "-c", str(folder), table.spec)
    state = table.compiled()
    assert state is not None
    assert (state.exists, state.older) == (True, False)
    put(folder / "virtual", "a@b.example d\n", age=-5)
    state = table.compiled()
    assert state is not None
    assert state.older
    assert parse_map("regexp:/p").compiled() is None


def test_what_is_not_compiled_yet_is_answered_from_the_text(instance_dir: MakeInstance) -> None:
    folder = instance_dir(files={"virtual": "a@b.example c\n"}, postmap=["hash:virtual"])
    table = parse_map(f"hash:{folder}/virtual")
    put(folder / "virtual", "a@b.example d\n")
    assert by_postmap(folder, table.spec, "a@b.example") == b"c"
    assert table.get(b"a@b.example", Files()).value == b"d"


def test_many_keys_of_a_pattern_table_are_one_run(instance_dir: MakeInstance) -> None:
    folder = instance_dir(files={"p": "/^k([0-9]+)$/ v$1\n"})
    table = parse_map(f"regexp:{folder}/p", config_dir=str(folder))
    begun = time.monotonic()
    keys = [f"k{number}".encode() for number in range(5000)]
    answers = table.get_many(keys, Files())
    assert [answer.value for answer in answers] == [b"v" + key[1:] for key in keys]
    assert time.monotonic() - begun < 2.0
