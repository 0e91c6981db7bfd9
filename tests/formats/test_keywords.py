"""Keyword files: read as their programs read them, edited by the smallest splice."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailtui.formats.defaults import Defaults
from mailtui.formats.keywordgrammar import GRAMMARS, Kind
from mailtui.formats.keywordnames import CLAMAV_CHOICES
from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.splice import Missing, Refused, apply_splices
from tests.formats.keywordreaders import agrees, has, read, stopping

KINDS: tuple[Kind, ...] = (
    "opendkim.conf",
    "opendmarc.conf",
    "clamav-milter.conf",
    "clamd.conf",
    "policyd-spf.conf",
    "smtpd.conf",
)


def document(kind: Kind, raw: bytes) -> KeywordDocument:
    return KeywordDocument.parse(raw, kind)


def after_set(kind: Kind, raw: bytes, name: str, value: bytes) -> bytes:
    found = document(kind, raw)
    return apply_splices(raw, found.set(name, value))


LINES: dict[Kind, tuple[bytes, ...]] = {
    "opendkim.conf": (
        b"Mode sv", b"  MODE\tv", b"Mode  s # why", b"Socket local:/a b", b"Syslog Yup", b"Syslog maybe",
        b"UMask 007", b"UMask 0x1f", b"UMask 08", b"Mode", b"Bogus x", b"#Mode v", b"# Mode v", b"# Mode is a word",
        b"Domain = x", b"Mode s\rv", b"\r", b"\tUserID opendkim\t", b"Domain a,b", b"\x0bMode s", b"Mode\x0bs",
        b"On-BadSignature a", b"Socket \"x\"", b"MaximumHeaders -1", b"\xffMode s", b"Domain \xe9",
    ),
    "opendmarc.conf": (
        b"Syslog true", b"Syslog maybe", b" Socket x", b"UMask 0002", b"UMask 9x", b"Bogus x", b"#Socket y",
        b"# Socket y", b"Socket x # y", b"RejectFailures", b"#" + b"v" * 1022, b"#" + b"v" * 1023,
        b"#" + b"v" * 1021 + b" Bogus x", b"Socket " + b"x" * 1020, b"AuthservID a b", b"userid q",
    ),
    "clamav-milter.conf": (
        b"OnInfected Reject", b"OnInfected Accept", b" User clamav", b"User\troot  ", b'RejectMsg "a b" # c',
        b'RejectMsg "a', b"RejectMsg a # b", b"LogVerbose TRUE", b"LogVerbose maybe", b"LocalNet local",
        b"LocalNet 10.0.0.0/8", b"Bogus x", b"oninfected x", b"OnFail Quarantine", b"MaxFileSize 10M",
        b"MaxFileSize 1.5M", b"#Example", b"ExampleX", b"X", b"ab", b'RejectMsg "a"b"', b"RejectMsg", b" # c",
        b"ReadTimeout -1", b"MilterSocket inet:1@x", b"#LogFile /x", b"AddHeader replace", b"LogFile /a\x0b",
    ),
    "clamd.conf": (
        b"LocalSocket /a b", b"MaxFileSize 25M", b"MaxFileSize 1.5M", b"ScanMail maybe", b"TCPAddr 127.0.0.1",
        b"TCPAddr ::1", b"Example", b"#ScanMail no", b'VirusEvent "a b"', b"TCPSocket 3310", b"TCPSocket x",
    ),
    "policyd-spf.conf": (
        b"TestOnly = 1", b"TestOnly=0", b" debugLevel\t=  -1 ", b"debugLevel = x", b"Bogus = 1", b"HELO_reject = Fail # x",
        b"HELO_reject Fail", b"a = b = c", b"helo_reject = x", b"Whitelist = a,b", b"# TestOnly = 0", b"TestOnly = 1\rdebugLevel = 2",
        "Whitelist = é".encode(), b"Whitelist =\xc2\xa0x\xc2\xa0", b"Whitelist =", b"Lookup_Time = 1_0", b"\x1cTestOnly = 3",
    ),
    "smtpd.conf": (
        b"pwcheck_method: saslauthd", b"PWCHECK_method:auxprop  ", b" mech_list:\tPLAIN LOGIN", b"mech_list : PLAIN",
        b"mech_list:", b"# x", b" #mech_list: a", b"#mech_list: b", b"junk", b"any-thing: x # y", b"log_level: 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(st.binary(max_size=300))
@example(b"\xff\xfe\0\r\n\r")
@example(b"#" * 1025 + b"\nMode v")
def test_every_byte_string_is_one(kind: Kind, raw: bytes) -> None:
    found = document(kind, raw)
    assert found.raw == raw
    assert all(0 <= each.name_start <= each.start <= each.end <= len(raw) for each in found.entries)
    assert all(1 <= problem.line <= raw.count(b"\n") + 1 for problem in found.problems)
    assert found.spliced([]).entries == found.entries


def lines_of(kind: Kind) -> st.SearchStrategy[bytes]:
    ends = st.sampled_from([b"\n", b"\n", b"\r\n", b""])
    return st.lists(st.tuples(st.sampled_from(LINES[kind]), ends), max_size=6).map(
        lambda pairs: (
            b"".join(line + (end or b"\n") for line, end in pairs[:-1])
            + b"".join(line + end for line, end in pairs[-1:])
        )
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_it_is_read_as_its_program_reads_it(
    kind: Kind, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not has(kind):
        pytest.skip("its program is not installed")
    raw = data.draw(lines_of(kind))
    found = document(kind, raw)
    long = any(len(line) > 1022 for line in raw.split(b"\n"))
    names = dict.fromkeys(found.grammar.spelled(each.name) for each in found.entries)
    real = read(kind, raw, tmp_path_factory.mktemp("k"), names)
    assert (stopping(found) is None) is (real.line is None), (found.problems, real)
    if real.line and not long:  # what is left of a long line it counts as one
        assert stopping(found) == real.line
    for name in names:
        known = found.grammar.shape(name) not in (None, "anything")
        if name in real.values and known:
            assert agrees(found, name, real.values[name]), name


VALUES = st.one_of(
    st.sampled_from([b"x", b"/a/b", b"inet:1@localhost", b"a b", b'"q"', b"a\"b", b"yes", b"0", b"12", b"Reject", b"10M"]),
    st.binary(min_size=1, max_size=12),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_set_is_read_back_and_back_again(kind: Kind, data: st.DataObject) -> None:
    raw = data.draw(lines_of(kind))
    found = document(kind, raw)
    name = data.draw(st.sampled_from(sorted(found.grammar.names)))
    value = data.draw(VALUES)
    was = found.value(name)
    try:
        changed = found.spliced(found.set(name, value))
    except Refused:
        return
    assert changed.value(name) == value
    others = {each.name for each in found.entries} - {name}
    for other in others:
        if found.grammar.fold(other) != found.grammar.fold(name):
            assert changed.values(other) == found.values(other)
    if was is None:
        back = changed.spliced(changed.unset(name))
        assert back.raw == raw or back.raw == raw + found.lines.newline or back.raw == raw + b"\n"
        return
    try:
        back = changed.spliced(changed.set(name, was))
    except Refused:
        assert found.grammar.refuses(name, was) or set(was) & set(found.grammar.never) or not was
    else:
        assert back.raw == raw or back.value(name) == was


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_off_and_on_is_as_before(kind: Kind, data: st.DataObject) -> None:
    raw = data.draw(lines_of(kind))
    found = document(kind, raw)
    once = [each for each in found.entries if each.enabled and len(found.every(each.name)) == 1]
    for each in once:
        try:
            off = found.spliced(found.switch(each.name, on=False))
        except Refused:
            continue
        assert off.value(each.name) is None
        if each.problem or found.grammar.shape(each.name) is None:
            continue
        on = off.spliced(off.switch(each.name, True, each.value))
        twins = [other for other in found.entries if not other.enabled and other.value == each.value]
        assert on.raw == raw or (on.value(each.name) == each.value and twins)


# Single things worth a name


def test_where_a_new_keyword_goes() -> None:
    raw = b"# Text\nMode\t\t\tsv\n#Socket\t\t\tinet:1\n#Socket\t\t\tinet:2\n\n# the end\n"
    assert after_set("opendkim.conf", raw, "Socket", b"local:/x") == raw.replace(
        b"inet:2\n", b"inet:2\nSocket\t\t\tlocal:/x\n"
    )
    assert after_set("opendkim.conf", raw, "UMask", b"007") == raw + b"UMask\t\t\t007\n"
    assert after_set("opendkim.conf", b"Mode sv", "UMask", b"007") == b"Mode sv\nUMask 007\n"
    assert after_set("policyd-spf.conf", b"a=1\n", "TestOnly", b"0") == b"a=1\nTestOnly=0\n"
    assert after_set("smtpd.conf", b"", "mech_list", b"PLAIN") == b"mech_list: PLAIN\n"
    assert after_set("clamav-milter.conf", b"User a\r\n", "LogTime", b"yes") == b"User a\r\nLogTime yes\n"


def test_prose_is_no_keyword_that_is_off() -> None:
    raw = (
        b"# Socket for the MTA connection (required).\n# Mode sv\n#UMask 007\n##  PidFile path\n# PidFile /x\n"
        b"#Domain example.com and its kin\n# Domain   a b\n#Bogus x\n"
    )
    off = [(each.name, each.value) for each in document("opendkim.conf", raw).entries if not each.enabled]
    assert off == [
        ("Mode", b"sv"), ("UMask", b"007"), ("PidFile", b"/x"), ("Domain", b"example.com and its kin"),
        ("Domain", b"a b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "raw", "name", "value"),
    [
        ("opendkim.conf", b"Mode v\nMode s\n", "mode", b"s"),
        ("opendmarc.conf", b"Socket a\nSocket b\n", "SOCKET", b"b"),
        ("clamav-milter.conf", b"User a\nUser b\n", "User", b"a"),
        ("policyd-spf.conf", b"TestOnly = 1\nTestOnly = 0\n", "TestOnly", b"0"),
        ("smtpd.conf", b"mech_list: A\nMech_List: B\n", "mech_list", b"A"),
    ],
)
def test_which_of_two_counts(kind: Kind, raw: bytes, name: str, value: bytes) -> None:
    found = document(kind, raw)
    assert found.value(name) == value
    assert [each.counts for each in found.entries].count(False) == 1
    assert "stands twice" in found.problems[0].text


def test_all_of_a_repeated_one_count() -> None:
    raw = b"LocalNet local\nUser x\nLocalNet 10.0.0.0/8\n"
    found = document("clamav-milter.conf", raw)
    assert found.values("LocalNet") == [b"local", b"10.0.0.0/8"]
    assert not found.problems
    more = found.spliced(found.add("LocalNet", b"192.0.2.0/24"))
    assert more.raw == raw + b"LocalNet 192.0.2.0/24\n"
    assert more.spliced(more.remove("LocalNet", b"192.0.2.0/24")).raw == raw
    with pytest.raises(Refused, match="once only"):
        found.add("User", b"y")
    with pytest.raises(Missing):
        found.remove("LocalNet", b"x")


@pytest.mark.parametrize(
    ("kind", "name", "value", "why"),
    [
        ("opendkim.conf", "Mode", b"s#v", "cannot stand"),
        ("opendkim.conf", "Syslog", b"maybe", "yes or no"),
        ("opendkim.conf", "UMask", b"08", "a number"),
        ("opendkim.conf", "Mode", b"", "needs a value"),
        ("opendkim.conf", "Mode", b" s", "blank"),
        ("opendmarc.conf", "Socket", b"x" * 1030, "longer than"),
        ("clamav-milter.conf", "OnFail", b"Quarantine", "one of Accept, Defer, Reject"),
        ("policyd-spf.conf", "Reason_Message", b"a=b", "cannot stand"),
        ("policyd-spf.conf", "Whitelist", b"\xff", "UTF-8"),
        ("smtpd.conf", "bad name", b"x", "no keyword"),
    ],
)
def test_what_cannot_be_written_is_refused(kind: Kind, name: str, value: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        document(kind, b"").set(name, value)


def test_quotes_stay_where_clamav_needs_them() -> None:
    raw = b'RejectMsg "a b" # c\n'
    assert after_set("clamav-milter.conf", raw, "RejectMsg", b"x y") == b'RejectMsg "x y" # c\n'
    assert after_set("clamav-milter.conf", b"", "RejectMsg", b" x ") == b'RejectMsg " x "\n'


def test_a_line_that_is_read_in_pieces_is_left_alone() -> None:
    raw = b"#" + b"v" * 1022 + b"Socket x\n"
    found = document("opendmarc.conf", raw)
    assert found.value("Socket") == b"x"
    with pytest.raises(Refused, match="not one line to opendmarc"):
        found.set("Socket", b"y")


def test_dos_line_ends() -> None:
    assert document("opendkim.conf", b"Mode s\r\n").value("Mode") == b"s"
    found = document("opendmarc.conf", b"Socket s\r\n\r\n")
    assert found.value("Socket") == b"s\r"
    assert [problem.line for problem in found.problems] == [1, 2]
    assert apply_splices(found.raw, found.set("Socket", b"t")) == b"Socket t\n\r\n"


def test_choices_are_those_of_the_parser() -> None:
    assert set(CLAMAV_CHOICES) <= set(GRAMMARS["clamav-milter.conf"].names)


# /etc/default


def test_defaults_speak_the_same_language() -> None:
    raw = b'#A="x"\nB=1\nA="a b"\nA="c"\n'
    found = Defaults.parse(raw)
    assert [(each.name, each.enabled, each.counts) for each in found.entries] == [
        (b"A", False, False), (b"B", True, True), (b"A", True, False), (b"A", True, True),
    ]  # fmt: skip
    assert found.value("A") == b"c"
    off = found.spliced(found.switch("A", on=False))
    assert off.raw == b'#A="x"\nB=1\n#A="a b"\n#A="c"\n'
    assert off.spliced(off.switch("A", True, b"x")).raw == b'A="x"\nB=1\n#A="a b"\n#A="c"\n'
    with pytest.raises(Refused, match="set already"):
        found.switch("A", on=True)
    with pytest.raises(Missing):
        found.switch("C", on=False)
    assert [problem.line for problem in found.problems] == [3]


@pytest.mark.parametrize(
    ("kind", "command"),
    [("opendkim.conf", ("opendkim", "-n", "-x")), ("opendmarc.conf", ("opendmarc", "-n", "-c"))],
)
def test_every_name_is_one_of_the_installed_program(
    kind: Kind, command: tuple[str, ...], tmp_path: Path
) -> None:
    """A name alone: `required value missing` where the program knows it, `unrecognized` for any other word."""
    if not has(kind):
        pytest.skip("its program is not installed")
    path = tmp_path / kind
    for name in (*GRAMMARS[kind].names, "NoSuchWord"):
        path.write_text(f"{name}\n")
        done = subprocess.run([*command, str(path)], capture_output=True, check=False, timeout=20)
        assert (b"required value missing" in done.stderr) is (name != "NoSuchWord"), name


@pytest.mark.parametrize(
    ("raw", "stops"), [(b"ab", False), (b"ab\n", True), (b"a\n", False), (b"abc", True), (b" ab\0c\n", False)]
)
def test_two_bytes_without_a_line_end_are_no_line_to_clamav(raw: bytes, stops: bool, tmp_path: Path) -> None:
    assert (stopping(document("clamav-milter.conf", raw)) == 1) is stops
    if has("clamav-milter.conf"):
        assert (read("clamav-milter.conf", raw, tmp_path, []).line == 1) is stops
