"""main.cf: what it says, and edits that leave the rest in place."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import pytest

from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Missing, Refused, Splice

Edit = Callable[[MainCf], list[Splice]]

MAIN = b"""\
# Falcot Corp
#relayhost = $mydomain
#relayhost = [gateway.my.domain]
#
# Who we are

myhostname=mail.falcot.com
mydestination = $myhostname,
    localhost,
# the old name
    falcot.com
smtpd_recipient_restrictions =
    permit_mynetworks,
    # first the lists
    reject_rbl_client zen.spamhaus.org,
#   check_sender_access hash:/etc/postfix/a,
    reject_unauth_destination
inet_interfaces = all
smtpd_banner = $myhostname ESMTP
  no UCE  \t
mynetworks = 127.0.0.0/8, 192.168.0.0/16
inet_interfaces = loopback-only
#message_size_limit = 1,
#     2
"""


def changes(raw: bytes, edit: Edit) -> list[str]:
    """The lines that an edit takes out (`-`) and puts in (`+`)."""
    document = MainCf.parse(raw)
    after = document.spliced(edit(document)).raw
    before, now = raw.decode().splitlines(), after.decode().splitlines()
    return [line for line in difflib.unified_diff(before, now, n=0) if line[:1] in "+-"][2:]


def edited(raw: bytes, edit: Edit) -> bytes:
    document = MainCf.parse(raw)
    return document.spliced(edit(document)).raw


def test_definitions() -> None:
    document = MainCf.parse(MAIN)
    assert [(d.name, d.line, d.value) for d in document.parameters] == [
        ("myhostname", 7, b"mail.falcot.com"),
        ("mydestination", 8, b"$myhostname,    localhost,    falcot.com"),
        (
            "smtpd_recipient_restrictions",
            12,
            b"permit_mynetworks,    reject_rbl_client zen.spamhaus.org,    reject_unauth_destination",
        ),
        ("inet_interfaces", 18, b"all"),
        ("smtpd_banner", 19, b"$myhostname ESMTP  no UCE"),
        ("mynetworks", 21, b"127.0.0.0/8, 192.168.0.0/16"),
        ("inet_interfaces", 22, b"loopback-only"),
    ]
    assert [(d.name, d.line, d.value, d.enabled) for d in document.commented] == [
        ("relayhost", 2, b"$mydomain", False),
        ("relayhost", 3, b"[gateway.my.domain]", False),
        ("message_size_limit", 23, b"1,     2", False),
    ]
    found = document.get("inet_interfaces")
    assert found is not None
    assert (found.line, found.value) == (22, b"loopback-only")
    assert len(document.all("inet_interfaces")) == 2
    assert document.get("relayhost") is None


def test_tokens_know_their_place() -> None:
    document = MainCf.parse(MAIN)
    tokens = document.tokens("smtpd_recipient_restrictions")
    assert [(t.text, t.line) for t in tokens] == [
        (b"permit_mynetworks", 13),
        (b"reject_rbl_client", 15),
        (b"zen.spamhaus.org", 15),
        (b"reject_unauth_destination", 17),
    ]
    assert all(MAIN[t.start : t.end] == t.text for t in tokens)
    off = document.disabled_tokens("smtpd_recipient_restrictions")
    assert (b"check_sender_access", 16) in [(t.text, t.line) for t in off]
    assert all(MAIN[t.start : t.end] == t.text for t in off)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda d: d.set("relayhost", b"[x]:25"), ["+relayhost = [x]:25"]),
        (lambda d: d.set("new_one", b""), ["+new_one ="]),
        (
            lambda d: d.set("myhostname", b"mx.falcot.com"),
            ["-myhostname=mail.falcot.com", "+myhostname=mx.falcot.com"],
        ),
        (
            lambda d: d.set("inet_interfaces", b"127.0.0.1"),
            ["-inet_interfaces = loopback-only", "+inet_interfaces = 127.0.0.1"],
        ),
        (
            lambda d: d.set("mydestination", b"$myhostname, localhost, falcot.org, falcot.com"),
            ["+    falcot.org,"],
        ),
        (
            lambda d: d.set("smtpd_banner", b"hello"),
            ["-smtpd_banner = $myhostname ESMTP", "-  no UCE  \t", "+smtpd_banner = hello"],
        ),
        (
            lambda d: d.set("mynetworks", b""),
            ["-mynetworks = 127.0.0.0/8, 192.168.0.0/16", "+mynetworks ="],
        ),
        (
            lambda d: d.set("mynetworks", [b"127.0.0.0/8", b"10.0.0.0/8", b"192.168.0.0/16"]),
            [
                "-mynetworks = 127.0.0.0/8, 192.168.0.0/16",
                "+mynetworks = 127.0.0.0/8, 10.0.0.0/8, 192.168.0.0/16",
            ],
        ),
        (
            lambda d: d.set("mynetworks", [b"192.168.0.0/16"]),
            ["-mynetworks = 127.0.0.0/8, 192.168.0.0/16", "+mynetworks = 192.168.0.0/16"],
        ),
        (
            lambda d: d.set("mydestination", [b"localhost", b"falcot.com"]),
            ["-mydestination = $myhostname,", "-    localhost,", "+mydestination = localhost,"],
        ),
        (
            lambda d: d.set("mydestination", [b"$myhostname", b"localhost"]),
            ["-    localhost,", "+    localhost", "-    falcot.com"],
        ),
        (
            lambda d: d.set("mydestination", [b"$myhostname", b"localhost", b"falcot.com", b"falcot.org"]),
            ["-    falcot.com", "+    falcot.com,", "+    falcot.org"],
        ),
        (
            lambda d: d.insert_tokens("mydestination", 0, [b"new"]),
            ["-mydestination = $myhostname,", "+mydestination = new,", "+    $myhostname,"],
        ),
        (
            lambda d: d.insert_tokens("smtpd_recipient_restrictions", 0, [b"check_x", b"hash:/y"]),
            ["+    check_x hash:/y,"],
        ),
        (
            lambda d: d.remove_tokens("smtpd_recipient_restrictions", 1, 2),
            ["-    reject_rbl_client zen.spamhaus.org,"],
        ),
        (
            lambda d: d.replace_tokens("smtpd_recipient_restrictions", 2, 2, [b"bl.example"]),
            ["-    reject_rbl_client zen.spamhaus.org,", "+    reject_rbl_client bl.example,"],
        ),
        (
            lambda d: d.move_tokens("smtpd_recipient_restrictions", 1, 2, 0),
            ["+    reject_rbl_client zen.spamhaus.org,", "-    reject_rbl_client zen.spamhaus.org,"],
        ),
        (
            lambda d: d.disable_tokens("smtpd_recipient_restrictions", 1, 2),
            ["-    reject_rbl_client zen.spamhaus.org,", "+#    reject_rbl_client zen.spamhaus.org,"],
        ),
        (
            lambda d: d.disable_tokens("mynetworks", 0, 0),
            [
                "-mynetworks = 127.0.0.0/8, 192.168.0.0/16",
                "+mynetworks =",
                "+#    127.0.0.0/8,",
                "+    192.168.0.0/16",
            ],
        ),
        (
            lambda d: d.enable_tokens("smtpd_recipient_restrictions", 3, 4),
            [
                "-#   check_sender_access hash:/etc/postfix/a,",
                "+   check_sender_access hash:/etc/postfix/a,",
            ],
        ),
        (
            lambda d: d.unset("mydestination"),
            ["-mydestination = $myhostname,", "-    localhost,", "-    falcot.com"],
        ),
        (
            lambda d: d.unset("inet_interfaces"),
            ["-inet_interfaces = all", "-inet_interfaces = loopback-only"],
        ),
        (
            lambda d: d.disable("smtpd_banner"),
            [
                "-smtpd_banner = $myhostname ESMTP",
                "-  no UCE  \t",
                "+#smtpd_banner = $myhostname ESMTP",
                "+#  no UCE  \t",
            ],
        ),
        (
            lambda d: d.enable("relayhost", b"$mydomain"),
            ["-#relayhost = $mydomain", "+relayhost = $mydomain"],
        ),
        (
            lambda d: d.enable("message_size_limit"),
            ["-#message_size_limit = 1,", "-#     2", "+message_size_limit = 1,", "+     2"],
        ),
        (
            lambda d: d.rename("inet_interfaces", "x"),
            [
                "-inet_interfaces = all",
                "+x = all",
                "-inet_interfaces = loopback-only",
                "+x = loopback-only",
            ],
        ),
    ],
)
def test_an_edit_changes_these_lines_alone(edit: Edit, expected: list[str]) -> None:
    assert changes(MAIN, edit) == expected


@pytest.mark.parametrize(
    ("raw", "edit", "expected"),
    [
        (b"", lambda d: d.set("a", b"b"), b"a = b\n"),
        (b"x = y", lambda d: d.set("a", b"b"), b"x = y\na = b\n"),
        (b"x = y\r\n", lambda d: d.set("a", b"b"), b"x = y\r\na = b\r\n"),
        (b"x = y\r\n", lambda d: d.set("x", b"b"), b"x = b\r\n"),
        (b"x =  y  \n", lambda d: d.set("x", b"b"), b"x =  b  \n"),
        (b"x =\n  y\n", lambda d: d.set("x", b"b"), b"x =\n  b\n"),
        (b"x =\n  y\n", lambda d: d.set("x", b"#b"), b"x = #b\n"),
        (b"x =\n  y\n", lambda d: d.set("x", b""), b"x =\n"),
        (b"x =\n", lambda d: d.set("x", b"b"), b"x = b\n"),
        (b"x=\n", lambda d: d.set("x", b"b"), b"x=b\n"),
        (b"# x = 1\ny = 1\n  2\n", lambda d: d.set("x", b"b"), b"# x = 1\nx = b\ny = 1\n  2\n"),
        (b"y = 1\n# x = 1\n\n  2\nz =\n", lambda d: d.set("x", b"b"), b"y = 1\n# x = 1\n\n  2\nx = b\nz =\n"),
        (b"#x = 1,\n#   2\n# prose\n", lambda d: d.set("x", b"b"), b"#x = 1,\n#   2\nx = b\n# prose\n"),
        (b"x = a,\n  b", lambda d: d.set("x", [b"a", b"b", b"c"]), b"x = a,\n  b,\n  c"),
        (b"x = a\n  , b\n", lambda d: d.set("x", [b"a", b"b", b"c"]), b"x = a\n  , b\n  , c\n"),
        (b"x = a\n    b\n", lambda d: d.set("x", [b"a", b"b", b"c"]), b"x = a\n    b\n    c\n"),
        (b"x = a,\n  b,\n", lambda d: d.set("x", [b"a", b"b", b"c"]), b"x = a,\n  b,\n  c,\n"),
        (b"x = {a,\n# inner\n  b}, c\n", lambda d: d.set("x", [b"z", b"c"]), b"x = z\n# inner\n  , c\n"),
        (b"x = a\ny = b\n", lambda d: d.disable("x"), b"#x = a\ny = b\n"),
        (b"x = a\n\n  b\ny = b\n", lambda d: d.unset("x"), b"\ny = b\n"),
    ],
)  # fmt: skip
def test_layout_is_kept(raw: bytes, edit: Edit, expected: bytes) -> None:
    assert edited(raw, edit) == expected


def test_a_set_of_what_is_there_is_nothing() -> None:
    document = MainCf.parse(MAIN)
    for definition in document.parameters[1:3]:
        assert document.set(definition.name, definition.value) == []
        assert document.set(definition.name, [t.text for t in document.tokens(definition.name)]) == []
    assert document.set("mydestination", b"$myhostname, localhost, falcot.com") == []


@pytest.mark.parametrize(
    "name", ["myhostname", "mydestination", "smtpd_recipient_restrictions", "smtpd_banner"]
)
def test_off_and_on_is_the_same_file(name: str) -> None:
    document = MainCf.parse(MAIN)
    off = document.spliced(document.disable(name))
    assert off.get(name) is None
    assert [(d.name, d.value) for d in off.parameters] == [
        (d.name, d.value) for d in document.parameters if d.name != name
    ]
    assert off.spliced(off.enable(name)).raw == MAIN


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.set("a", b"b\nc"),
        lambda d: d.set("a", b"b\0"),
        lambda d: d.set("", b"b"),
        lambda d: d.set("a b", b"c"),
        lambda d: d.set("a=", b"c"),
        lambda d: d.set("#a", b"c"),
        lambda d: d.set("mynetworks", [b"a b"]),
        lambda d: d.set("mynetworks", [b""]),
        lambda d: d.set("mynetworks", [b"{a"]),
        lambda d: d.set("mydestination", [b"$myhostname", b"#x", b"localhost"]),
        lambda d: d.insert_tokens("smtpd_recipient_restrictions", 1, [b"#x"]),
        lambda d: d.insert_tokens("mynetworks", 3, [b"x"]),
        lambda d: d.remove_tokens("mynetworks", 1, 2),
        lambda d: d.enable("inet_interfaces"),
        lambda d: d.rename("mynetworks", "inet_interfaces"),
        lambda d: d.rename("mynetworks", "a b"),
        lambda d: d.enable_tokens("smtpd_recipient_restrictions", 3, 3),
    ],
)
def test_what_main_cf_cannot_hold_is_refused(edit: Edit) -> None:
    with pytest.raises(Refused):
        edit(MainCf.parse(MAIN))


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.unset("nope"),
        lambda d: d.disable("relayhost"),
        lambda d: d.enable("nope"),
        lambda d: d.enable("relayhost", b"other"),
        lambda d: d.tokens("nope"),
        lambda d: d.insert_tokens("relayhost", 0, [b"x"]),
    ],
)
def test_what_is_not_there_is_missing(edit: Edit) -> None:
    with pytest.raises(Missing):
        edit(MainCf.parse(MAIN))


def test_an_entry_amid_the_lines_of_another_cannot_come_back() -> None:
    with pytest.raises(Refused, match="among the lines"):
        edited(b"a = 1,\n#b = x\n  2\n", lambda d: d.enable("b"))


def test_a_name_that_would_read_as_prose_is_not_commented_out() -> None:
    with pytest.raises(Refused, match="read as prose"):
        edited(b"%{word}relayhost = a\n", lambda d: d.disable("%{word}relayhost"))


@pytest.mark.parametrize(
    ("raw", "line", "word"),
    [
        (b"  orphan\na = b\n", 1, "drops"),
        (b"a = b\n\nno equals\n", 3, "no “=”"),
        (b"= b\n", 1, "no parameter name"),
        (b"a = 1\nb = 2\na = 3\n", 1, "line 3"),
        (b"\xef\xbb\xbfa = b\n", 1, "byte order mark"),
        (b"a = 1,\n  2\0 3\n", 2, "NUL"),
    ],
)
def test_what_is_wrong_is_said(raw: bytes, line: int, word: str) -> None:
    problems = MainCf.parse(raw).problems
    assert [problem.line for problem in problems] == [line]
    assert word in problems[0].text


def test_equal_duplicates_are_no_problem() -> None:
    assert MainCf.parse(b"a = 1\na =  1 \n").problems == []


# -- set, and set back


@pytest.mark.parametrize(
    "lines",
    [
        b"r = permit_mynetworks,\n    check_x hash:/etc/x,\n    reject\n",
        b"r =\n\tpermit_mynetworks\n\treject\n",
        b"r = a,\n  b,\n  c\n",
        b"r = a,\r\n b,\r\n c\r\n",
        b"r = a  b, c\n",
        b"limit = 1\t# one\n",
        b"a = x, y\n",
    ],
)
def test_a_value_on_several_lines_gets_them_back(lines: bytes) -> None:
    document = MainCf.parse(b"x = 1\n" + lines + b"z = 2\n" if b"\r" not in lines else lines)
    found = document.parameters[1 if b"\r" not in lines else 0]
    other = document.spliced(document.set(found.name, b"other"))
    assert other.spliced(other.set(found.name, found.value)).raw == document.raw


@pytest.mark.parametrize("gap", [b",", b", ", b" ", b" , ", b",  "])
def test_a_new_item_is_set_apart_as_the_others_are(gap: bytes) -> None:
    document = MainCf.parse(b"r = " + gap.join([b"a", b"b", b"c"]) + b"\n")
    for at in range(4):
        wanted = [b"a", b"b", b"c"]
        wanted.insert(at, b"new")
        assert document.spliced(document.insert_tokens("r", at, [b"new"])).get("r").value == gap.join(wanted)  # type: ignore[union-attr]  # it is there


def test_the_line_of_the_name_keeps_an_item_when_its_first_goes() -> None:
    document = MainCf.parse(b"r = a,\n    b,\n    c\n")
    gone = document.spliced(document.remove_tokens("r", 0, 0))
    assert gone.raw == b"r = b,\n    c\n"
    assert gone.spliced(gone.insert_tokens("r", 0, [b"a"])).raw == document.raw


def test_a_comment_below_the_line_of_the_name_stays_above_its_item() -> None:
    document = MainCf.parse(b"r = a,\n# why b\n    b,\n    c\n")
    assert document.spliced(document.remove_tokens("r", 0, 0)).raw == b"r =\n# why b\n    b,\n    c\n"
