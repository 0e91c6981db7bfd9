"""Postfix's own tests of postconf: what they say of files, we read too.

Each test of src/postconf is run as its Makefile says, with the installed postconf; then what it left in
main.cf and master.cf must be read here as that postconf reads it, and its edits must read alike when they are
made here. The expected output may be of a newer Postfix: then the installed one is right, and the difference
is listed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtui.formats.maincf import MainCf
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masterentry import left_over
from mailtui.formats.splice import apply_splices
from tests.laws.owntests import LAW, sources
from tests.laws.realconf import MainRead, disagreement
from tests.laws.test_expansion_laws import check_main_cf, check_services
from tests.laws.whole import differs, sample, tally
from tests.postconf import postconf

NO_FILE = {
    "test77": "its main.cf is not among the files",
    "test92": "compares two outputs of postconf -PP (3.11) with each other, for no file but an empty one",
}
"""Tests without a file that could be read here."""

JSON = "-j, of 3.11"
DEPRECATED = "3.9 and later say what is deprecated"
OTHERWISE = {
    "test18": DEPRECATED,
    "test76": DEPRECATED,
    "test78": DEPRECATED,
    "test79": DEPRECATED,
    "test58": "3.7 says main.cf where a newer one says ./main.cf",
    "test71": "3.9 and later warn of # behind other text",
    "test91": "-PP lists only the -o of a service in 3.7",
    **{f"test{number}": JSON for number in range(80, 88)},
}
"""Where the installed 3.7 prints something else than is expected of the newest."""

READ_ONLY = {"test34": b"process_name"}
"""What main.cf cannot set: postconf warns, and does not print it."""


BRACES = {
    "test59": "text behind a brace, and one never closed: postconf warns, and prints what it makes of them"
}
"""Broken entries of master.cf, of which master(8) dies: here they are problems with their lines."""


def recipes() -> dict[str, list[str]]:
    """The shell lines of each test in the Makefile, without the comparison at their end."""
    folder = sources("postconf")
    if folder is None:
        return {}
    text = (folder / "Makefile.in").read_text().replace("\\\n", " ")
    found = {}
    for name, body in re.findall(r"^(test\w+):[^\n]*\n((?:\t[^\n]*\n)+)", text, re.MULTILINE):
        lines = [line.lstrip("\t@-").replace("./$(PROG)", "./postconf") for line in body.splitlines()]
        lines = [re.sub(r"\$\((HTABLE_FIX|SHLIB_ENV|VALGRIND)\)", "", line) for line in lines]
        ends = re.compile(
            r"(.*\| *)?diff |.* -qnc|rm -f .*\.tmp(?! *$).*$|rm -f main\.cf master\.cf test\w+\.tmp"
        )
        found[name] = [line.replace("$$", "$") for line in lines if not ends.match(line)]
    return found


RECIPES = recipes()


def run(lines: list[str], folder: Path) -> None:
    """Do what the lines say, as make does: each by a shell of its own."""
    (folder / "postconf").symlink_to(shutil_which("postconf"))
    script = "\n".join(lines)
    subprocess.run(["sh"], input=script, text=True, cwd=folder, check=False, capture_output=True, timeout=60)
    for name in ("main.cf", "master.cf"):
        if (folder / name).exists():
            os.utime(folder / name, (1_000_000_000, 1_000_000_000))


def shutil_which(program: str) -> str:
    return subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.law
@pytest.mark.parametrize("name", sample(sorted(RECIPES.keys() - NO_FILE.keys()), 12) or [None])
def test_what_a_test_of_postconf_leaves_is_read_as_postconf_reads_it(
    name: str | None, corpus: Path, tmp_path: Path
) -> None:
    assert name is not None
    folder = sources("postconf")
    assert folder is not None
    run(RECIPES[name], tmp_path)
    output = tmp_path / f"{name}.tmp"
    said = (output if output.exists() else tmp_path / "master.cf").read_text()
    expected = (folder / f"{name}.ref").read_text().replace("PWD", str(tmp_path))
    # warnings come in the order of a hash table
    same = sorted(said.splitlines()) == sorted(expected.splitlines())
    assert same is (name not in OTHERWISE), (said, expected)
    if not same:
        differs(LAW, name, f"the installed postconf prints otherwise: {OTHERWISE[name]}")
    check_reading(name, tmp_path)
    tally(LAW, tests=1)


def check_reading(name: str, folder: Path) -> None:
    """main.cf, master.cf and the expansion of both, as the installed postconf has them."""
    main = MainCf((folder / "main.cf").read_bytes())
    code, out, error = postconf(folder, "-n")
    if code == 0:
        wrong = disagreement(main, MainRead(out, error))
        assert wrong == (f"{READ_ONLY[name]!r} is not read" if name in READ_ONLY else "")
    else:
        assert main.problems or MasterCf((folder / "master.cf").read_bytes()).problems, error
    if code == 0:
        check_main_cf(folder, name)
    if (folder / "master.cf").exists():
        check_services(folder, name)
        raw = (folder / "master.cf").read_bytes()
        if name in BRACES:
            assert MasterCf(raw).problems
            differs(LAW, name, BRACES[name])
        else:
            assert entries(raw) == real_entries(folder)


Entry = tuple[tuple[str, ...], list[tuple[str, bytes]], list[bytes]]


def entries(raw: bytes) -> list[Entry] | None:
    """Of each service in force its fields, its options, and the words of what is neither option nor flag;
    None if postconf would die."""
    document = MasterCf(raw)
    if any("postconf dies" in problem.text for problem in document.problems):
        return None
    found = []
    for service in document.services:
        if service.enabled:
            options = [(option.name, option.value) for option in service.options if option.enabled]
            text = document.raw[service.start : service.end]
            # postconf writes some groups without their braces
            words = b" ".join(left_over(text)).translate(None, b"{}").split()
            found.append((service.fields, options, [word for word in words if not word.startswith(b"-")]))
    return found


def real_entries(folder: Path) -> list[Entry] | None:
    """The same of what `postconf -M` prints, where each option stands as `-o name=value`."""
    code, out, _ = postconf(folder, "-M")
    return None if code else entries(out)


Edit = Callable[[Any], Any]

EDITS: dict[str, tuple[type[MainCf | MasterCf], list[Edit]]] = {
    "test41": (MasterCf, [
        lambda d: d.set_option("bar", "unix", "xxx", b"yyy"), lambda d: d.set_option("bar", "unix", "aaa", b"bbb"),
        lambda d: d.set_option("bar", "unix", "xxx", b"YYY"), lambda d: d.set_option("bar", "unix", "aaa", b"BBB"),
    ]),
    "test42": (MasterCf, [
        lambda d: d.set_option("bar", "unix", "xxx", b"yyy"), lambda d: d.set_option("bar", "unix", "aaa", b"bbb"),
        lambda d: d.remove_option("bar", "unix", "xxx"), lambda d: d.remove_option("bar", "unix", "aaa"),
    ]),
    "test52": (MasterCf, [lambda d: d.remove("bar", "inet"), lambda d: d.remove("foo", "unix")]),
    "test53": (MasterCf, [lambda d: d.disable("bar", "inet")]),
    "test54": (MasterCf, [lambda d: d.disable("bar", "inet"), lambda d: d.disable("foo", "unix")]),
    "test55": (MasterCf, [lambda d: d.disable("bar", "inet"), lambda d: d.disable("baz", "unix")]),
    "test56": (MasterCf, [lambda d: d.disable("bar", "inet")]),
    "test75": (MainCf, [lambda d: d.set("mail_version", b"x"), lambda d: d.set("mail_version", b"y")]),
    "test76": (MainCf, [
        lambda d: d.set("deleted-test-only", b"whatever"), lambda d: d.set("disable_dns_lookups", b"no"),
        lambda d: d.set("lmtp_use_tls", b"no"), lambda d: d.set("smtpd_tls_dh1024_param_file", b"auto"),
    ]),
    "test78": (MainCf, [
        lambda d: d.set("smtp_tls_enforce_peername", b"yes"), lambda d: d.set("lmtp_tls_enforce_peername", b"yes"),
    ]),
}  # fmt: skip
"""The edits of a test, made here."""

NO_EDIT = {
    "test43": "sets the command together with its arguments; here each has an edit of its own",
    "test44": "puts a whole entry of another name in place of one",
    "test72": "adds an inet service that is private, of which master(8) dies: refused here",
    "test73": "as test72",
    "test74": "as test72",
    "test79": "sets fifteen names as test76 sets five",
}
"""Tests of edits that are not made here, or not so."""


def test_every_test_that_edits_is_told_of() -> None:
    """A command with `name=value`, -X or -# is an edit."""
    edit = re.compile(r"\./postconf -(\w*[X#]\w*c?|[PFM]?c) ?\. .*|\./postconf -\w*[X#]")
    editing = {
        name
        for name, lines in RECIPES.items()
        for line in lines
        if line.strip().startswith("./postconf") and edit.match(line.strip())
        and ("=" in line.partition(">")[0] or re.search(r" -\w*[X#]", line)) and " -o " not in line
    }  # fmt: skip
    assert editing - NO_FILE.keys() <= EDITS.keys() | NO_EDIT.keys()


@pytest.mark.law
@pytest.mark.parametrize("name", sample(sorted(EDITS), 3))
def test_an_edit_of_a_test_of_postconf_reads_alike_when_made_here(
    name: str, corpus: Path, tmp_path: Path
) -> None:
    kind, edits = EDITS[name]
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for folder in (theirs, ours):
        folder.mkdir()
    run(RECIPES[name], theirs)
    begin = next(n for n, line in enumerate(RECIPES[name]) if line.strip().startswith("./postconf"))
    later = [line for line in RECIPES[name][begin:] if "postconf" not in line]
    run([*RECIPES[name][:begin], *later], ours)
    path = ours / ("main.cf" if kind is MainCf else "master.cf")
    document: Any = kind(path.read_bytes())
    for edit in edits:
        document = kind(apply_splices(document.raw, edit(document)))
    path.write_bytes(document.raw)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    if kind is MasterCf:
        assert real_entries(ours) == real_entries(theirs)
        assert postconf(ours, "-P")[1] == postconf(theirs, "-P")[1]
        if "test53" <= name <= "test56":
            assert path.read_text() == (theirs / "master.cf").read_text()
    else:
        read = [MainRead(*postconf(folder, "-n")[1:]) for folder in (ours, theirs)]
        assert (read[0].values, read[0].unused) == (read[1].values, read[1].unused)
    tally(LAW, edits=len(edits))
