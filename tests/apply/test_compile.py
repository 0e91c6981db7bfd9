"""What the real compilers say of a candidate, compiled apart; and what a colleague has not compiled yet."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mailtui.apply.compile import Complaint, added, build, live_path, summary
from mailtui.apply.dump import Difference, dump, pending
from mailtui.apply.faults import WriteError
from mailtui.apply.work import Work, Works, sweep
from mailtui.formats.target import Target

INDEXED = ["hash", "btree", "lmdb", "cdb"]
BAD = b'a@x 1\nA@x 2\nbad\n  \nk: v\n\xff\xfe z\n q\n"un x\n'


def table(etc: Path, kind: str) -> Target:
    return Target("table", f"{etc}/virtual", kind)


def aliases(etc: Path, kind: str) -> Target:
    return Target("aliases", f"{etc}/aliases", kind)


@pytest.mark.parametrize("kind", INDEXED)
def test_exit_0_is_not_clean_and_lines_are_those_of_the_real_file(etc: Path, kind: str) -> None:
    with Work(str(etc)) as work:
        built = build(str(etc), table(etc, kind), BAD, work)
        assert built.ok
        assert os.path.exists(f"{work.path}/{built.compiled}")
    said = [str(each) for each in built.warnings]
    path = f"{etc}/virtual"
    assert set(said) == {
        f'{path}: duplicate entry: "a@x"',
        f"{path}:3: expected format: key whitespace value",
        f'{path}:5: record is in "key: value" format; is this an alias file?',
        f'{path}:6: non-UTF-8 input "?? z q" -- ignoring this line',
        f"{path}:8: unbalanced '\"' in '\"un x' -- ignoring this line",
    }
    assert [each.name for each in etc.iterdir()] == ["main.cf"]


@pytest.mark.parametrize("kind", INDEXED)
def test_aliases(etc: Path, kind: str) -> None:
    with Work(str(etc)) as work:
        built = build(str(etc), aliases(etc, kind), b"a: b\nfoo bar\nA: z\n", work)
        assert {str(each) for each in built.warnings} == {
            f"{etc}/aliases:2: need name:value pair",
            f'{etc}/aliases: duplicate entry: "a"',
        }
        assert dump(str(etc), built.target, f"{work.path}/{built.compiled}") == {b"a\tb\n"}


@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("pcre", b"/(x/ y\n/a/ b\n", ":1: error in regex at offset 2: missing closing parenthesis"),
        ("regexp", b"/a/ b\n/(x/ y\n", ":2: Unmatched ( or \\("),
        (
            "cidr",
            b"10.0.0.0/8 ok\n300.1.1.1 no\n",
            ':2: bad address pattern: "300.1.1.1": skipping this rule',
        ),
        ("texthash", b"a b\na c\n", ':2: duplicate entry: "a"'),
    ],
)
def test_types_that_are_not_compiled_are_read_by_their_own_reader(
    etc: Path, kind: str, source: bytes, said: str
) -> None:
    with Work(str(etc)) as work:
        built = build(str(etc), table(etc, kind), source, work)
    assert (built.ok, built.compiled) == (True, "")
    assert [str(each) for each in built.warnings] == [f"{etc}/virtual{said}"]
    assert built.seconds < 1.0  # no waiting for a hot file


def test_what_the_program_refuses_is_in_its_words(etc: Path) -> None:
    with Work(str(etc)) as work:
        built = build(str(etc), table(etc, "nosuch"), b"a b\n", work)
    assert not built.ok
    assert "unsupported dictionary type: nosuch" in built.failed


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_no_room_to_compile(etc: Path) -> None:
    place = etc / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
    try:
        target = Target("table", f"{place}/virtual", "hash")
        with Work(str(place)) as work:
            rows = b"".join(b"user%d@x.test y@x.test\n" % n for n in range(1500))
            built = build(str(etc), target, rows, work)
            assert not built.ok
            with pytest.raises(WriteError, match="the disk is full"):
                build(str(etc), target, rows * 3, work)
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_another_owner_of_the_folder_gains_nothing(etc: Path) -> None:
    """A user who owns the folder moves our work folder away and puts his own, with a trap, in its place."""
    os.chown(etc, 12345, 12345)
    precious = etc.parent / "precious"
    precious.write_text("precious")
    with Work(str(etc)) as work:
        os.rename(work.path, etc / "moved")
        os.mkdir(work.path)
        os.symlink(precious, f"{work.path}/1-hash.db")
        built = build(str(etc), table(etc, "hash"), b"a b\n", work)
        assert built.ok
        assert (etc / "moved" / built.compiled).stat().st_size > 8
    assert precious.read_text() == "precious"
    assert (etc / "moved").is_dir()


def test_only_new_complaints_count_wherever_their_lines_are() -> None:
    before = [Complaint("f", 3, "bad"), Complaint("f", 9, "worse")]
    after = [Complaint("f", 5, "bad"), Complaint("f", 6, "bad"), Complaint("f", 11, "worse")]
    assert added(after, before) == [Complaint("f", 6, "bad")]
    assert added(before, after) == []
    assert summary(after, most=2) == "f:5: bad\nf:6: bad\nand 1 more"


@pytest.mark.parametrize("kind", INDEXED)
def test_a_dump_has_what_postmap_stored(etc: Path, kind: str) -> None:
    source = b'Key@X.test  value, two\n"quoted key" v\n\xc3\x84@x.test utf\nkey@x.test late\n' + b"".join(
        b"k%d v%d\n" % (n, n) for n in range(600)
    )
    with Work(str(etc)) as work:
        built = build(str(etc), table(etc, kind), source, work)
        held = dump(str(etc), built.target, f"{work.path}/{built.compiled}")
    expected = {b"k%d\tv%d\n" % (n, n) for n in range(600)}
    assert held - expected == {b"key@x.test\tvalue, two\n", b'"quoted key"\tv\n', b"\xc3\xa4@x.test\tutf\n"}
    assert expected <= held


@pytest.mark.parametrize("kind", INDEXED)
@pytest.mark.parametrize("make", [table, aliases])
def test_what_a_colleague_did_not_compile_is_named(etc: Path, kind: str, make: object) -> None:
    target = table(etc, kind) if make is table else aliases(etc, kind)
    colon = b"" if make is table else b":"
    was = b"".join(b"user%d%s x\n" % (n, colon) for n in range(50))
    now = was.replace(b"user7%s x" % colon, b"user7%s y" % colon).replace(b"user8%s x\n" % colon, b"")
    now += b"# a comment\nnew%s z\n" % colon
    program = "postmap" if make is table else "postalias"
    Path(target.path).write_bytes(was)
    subprocess.run([program, "-c", etc, target.spec], check=True)
    with Works() as works:
        present = build(str(etc), target, was + b"# only a comment\n", works.beside(target.path))
        assert not pending(str(etc), present, live_path(target))
        present = build(str(etc), target, now, works.beside(target.path))
        found = pending(str(etc), present, live_path(target))
        assert found.differences == (
            Difference(b"new", None, b"z"),
            Difference(b"user7", b"x", b"y"),
            Difference(b"user8", b"x", None),
        )
        few = pending(str(etc), present, live_path(target), most=1)
        assert (len(few.differences), few.total) == (1, 3)
    assert not [each for each in etc.iterdir() if "mailtui" in each.name]


def test_a_broken_compiled_table_is_said(etc: Path) -> None:
    (etc / "virtual.cdb").write_bytes(b"short")
    with pytest.raises(WriteError, match="is not a cdb file"):
        dump(str(etc), table(etc, "cdb"), f"{etc}/virtual.cdb")
    with pytest.raises(WriteError, match=r"postmap -s failed: .*open database"):
        dump(str(etc), table(etc, "hash"), f"{etc}/virtual.db")


def test_only_work_folders_of_the_dead_are_swept(etc: Path) -> None:
    with Work(str(etc)) as alive:
        dead = Work(str(etc))
        dead.write("1-hash", b"x")
        os.close(dead.fd)
        (etc / ".mailtui-file").write_text("not a folder")
        assert sweep(str(etc)) == [dead.path]
        assert os.path.isdir(alive.path)
    shutil.rmtree(etc)
