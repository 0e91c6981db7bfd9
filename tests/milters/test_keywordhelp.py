"""What the keywords mean: every one that the installed programs know, and which values are refused."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from mailtui.formats.keywordgrammar import GRAMMARS
from mailtui.milters.keywordhelp import catalogue, meaning, wrong
from mailtui.milters.programs import PROGRAMS, debconf_owner, of_file

PAGES = {
    "opendkim.conf": ("opendkim.conf.5.gz", r"^\.TP\n\.I ([A-Za-z-]+) \("),
    "opendmarc.conf": ("opendmarc.conf.5.gz", r"^\.TP\n\.I ([A-Za-z-]+) \("),
    "clamav-milter.conf": ("clamav-milter.conf.5.gz", r"^\\fB([A-Z]\w+) (?:STRING|BOOL|NUMBER|SIZE)\\fR"),
    "policyd-spf.conf": ("policyd-spf.conf.5.gz", r"^([A-Z]\w+) ="),
}
"""A manual page, and how a keyword stands in it."""
ELSEWHERE = {
    "opendkim.conf": {
        "IdentityHeader", "IdentityHeaderRemove", "POPDBFile", "ResignAll", "ResignMailTo", "SMTPURI",
        "StatisticsPolicyScript",
    },
    "policyd-spf.conf": {"QueueID"},
}  # fmt: skip
"""In the manual page, but unknown to the program as Debian builds it."""


@pytest.mark.parametrize("kind", GRAMMARS)
def test_each_keyword_of_the_grammar_has_a_meaning(kind: str) -> None:
    words = catalogue(kind)
    assert set(words) == set(GRAMMARS[kind].names)  # type: ignore[index]  # a kind of the table
    for name, known in words.items():
        shape = GRAMMARS[kind].shape(name)  # type: ignore[index]
        assert known.text.endswith((".", "!")), name
        assert len(known.text) > 15, name
        assert (shape == "boolean") is (known.kind == "boolean"), name
        if known.default:
            assert not wrong(kind, name, known.default), name


@pytest.mark.parametrize("kind", PAGES)
def test_each_keyword_of_the_manual_page_has_a_meaning(kind: str) -> None:
    name, pattern = PAGES[kind]
    page = Path("/usr/share/man/man5") / name
    if not page.exists():
        pytest.skip(f"{page} is not installed")
    text = gzip.decompress(page.read_bytes()).decode("utf-8", "replace")
    named = set(re.findall(pattern, text, re.MULTILINE)) - ELSEWHERE.get(kind, set())
    assert len(named) > 12
    known = {each.lower() for each in catalogue(kind)}
    assert {each for each in named if each.lower() not in known} == set()


def test_each_option_of_postgrey_has_a_meaning() -> None:
    page = Path("/usr/share/man/man8/postgrey.8.gz")
    if not page.exists():
        pytest.skip("postgrey is not installed")
    text = gzip.decompress(page.read_bytes()).decode("utf-8", "replace").replace(r"\-", "-")
    named = set(re.findall(r"^\\& +(?:-\w, )?--([a-z][a-z0-9-]+)", text, re.MULTILINE))
    assert len(named) > 20
    assert named <= set(catalogue("postgrey"))


def test_a_keyword_is_found_as_its_program_finds_it() -> None:
    assert meaning("opendkim.conf", "onbadsignature") is None
    found = meaning("opendkim.conf", "on-badsignature")
    assert found is not None
    assert found.name == "On-BadSignature"
    assert meaning("clamav-milter.conf", "user") is None
    assert meaning("nothing", "x") is None


@pytest.mark.parametrize(
    ("kind", "name", "value", "why"),
    [
        ("opendkim.conf", "Socket", "inet:127.0.0.1:8891", "here it is inet:8891@127.0.0.1"),
        ("opendkim.conf", "Socket", "8891", "is no socket"),
        ("opendkim.conf", "Socket", "inet:8891@localhost", ""),
        ("opendkim.conf", "Mode", "x", "wants one of sv, s, v"),
        ("opendkim.conf", "On-BadSignature", "q", ""),
        ("opendkim.conf", "On-BadSignature", "drop", "accept, reject, tempfail, discard, quarantine"),
        ("opendkim.conf", "Syslog", "maybe", "yes or no"),
        ("opendkim.conf", "KeyFile", "keys/x", "a path"),
        ("opendkim.conf", "UMask", "007", ""),
        ("opendmarc.conf", "RejectString", "no", "%s must stand in it once"),
        ("clamav-milter.conf", "ClamdSocket", "/x", "unix:/path or tcp:HOST:PORT"),
        ("clamav-milter.conf", "OnFail", "Quarantine", "one of"),
        ("policyd-spf.conf", "skip_addresses", "127.0.0.0/8, ::1", "a blank never matches"),
        ("policyd-spf.conf", "skip_addresses", "127.0.0.1/8", "host bits"),
        ("policyd-spf.conf", "Lookup_Time", "soon", "a number"),
        ("smtpd.conf", "whatever", "x", ""),
    ],
)
def test_wrong_values_are_told(kind: str, name: str, value: str, why: str) -> None:
    said = wrong(kind, name, value)
    assert why in said
    assert bool(why) is bool(said)


def test_programs() -> None:
    dkim = PROGRAMS["opendkim"]
    assert dkim.needs(["Canonicalization", "KeyTable"]) == "reload"
    assert dkim.needs(["Canonicalization", "Socket"]) == "restart"
    assert PROGRAMS["opendmarc"].needs(["IgnoreHosts"]) == "restart"
    assert PROGRAMS["clamav-milter"].needs(["AddHeader"]) == "restart"
    found = of_file("defaults", "/x/default/postgrey")
    assert found is not None
    assert found.name == "postgrey"
    assert of_file("defaults", "/etc/default/locale") is None
    assert of_file("keytable", "/x") is None


def test_who_owns_a_file() -> None:
    raw = b"#Automatically Generated by clamav-milter postinst\n#To reconfigure\nUser x\n"
    assert debconf_owner("/x/clamav-milter.conf", raw) == "clamav-milter"
    assert debconf_owner("/etc/clamav/clamav-milter.conf", b"User x\n") == "clamav-milter"
    assert debconf_owner("/etc/clamav/clamd.conf", b"") == "clamav-base"
    assert debconf_owner("/etc/opendkim.conf", b"Mode s\n") == ""
