"""master.cf: what its entries say, and edits that leave the rest in place."""

from __future__ import annotations

import difflib
from collections.abc import Callable

import pytest

from mailtui.formats.mastercf import MasterCf
from mailtui.formats.splice import Missing, Refused, Splice

MASTER = b"""\
# ==========================================================================
# service type  private unpriv  chroot  wakeup  maxproc command + args
#               (yes)   (yes)   (no)    (never) (100)
# ==========================================================================
smtp      inet  n       -       y       -       -       smtpd
#smtp      inet  n       -       y       -       1       postscreen
#smtpd     pass  -       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
# only with TLS
  -o smtpd_tls_security_level=encrypt
#  -o smtpd_sasl_auth_enable=yes
  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }
#  -o milter_macro_daemon_name=ORIGINATING
#smtps     inet  n       -       y       -       -       smtpd
#  -o syslog_name=postfix/smtps
#  Instead of this, specify that.
#  -o smtpd_tls_wrappermode=yes
#  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }
#628       inet  n       -       y       -       -       qmqpd
pickup    unix  n       -       y       60      1       pickup
qmgr      unix  n       -       n       300     1       qmgr -v -o a=1 -o b=2 -o a=3
maildrop  unix  -       n       n       -       -       pipe
  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}
    ${extension} {a b}
"""


def changes(raw: bytes, edit: Callable[[MasterCf], list[Splice]]) -> list[str]:
    """The lines that an edit takes out (`-`) and puts in (`+`)."""
    document = MasterCf.parse(raw)
    after = document.spliced(edit(document)).raw
    lines = difflib.ndiff(raw.decode().splitlines(keepends=True), after.decode().splitlines(keepends=True))
    return [line[:1] + line[2:].removesuffix("\n") for line in lines if line[:1] in "+-"]


def test_services_in_force_and_commented_out() -> None:
    services = MasterCf.parse(MASTER).services
    assert [(s.name, s.type, s.command, s.enabled, s.line) for s in services] == [
        ("smtp", "inet", "smtpd", True, 5),
        ("smtp", "inet", "postscreen", False, 6),
        ("smtpd", "pass", "smtpd", False, 7),
        ("submission", "inet", "smtpd", True, 8),
        ("smtps", "inet", "smtpd", False, 15),
        ("628", "inet", "qmqpd", False, 20),
        ("pickup", "unix", "pickup", True, 21),
        ("qmgr", "unix", "qmgr", True, 22),
        ("maildrop", "unix", "pipe", True, 23),
    ]
    assert MasterCf.parse(MASTER).problems == []


def test_fields_by_name() -> None:
    pickup = MasterCf.parse(MASTER).get("pickup", "unix")
    assert pickup is not None
    assert (pickup.private, pickup.unprivileged, pickup.chroot) == ("n", "-", "y")
    assert (pickup.wakeup, pickup.process_limit, pickup.command) == ("60", "1", "pickup")


def test_options_are_read_in_every_form() -> None:
    document = MasterCf.parse(MASTER)
    submission = document.get("submission", "inet")
    assert submission is not None
    assert [(o.name, o.value, o.line, o.enabled) for o in submission.options] == [
        ("syslog_name", b"postfix/submission", 9, True),
        ("smtpd_tls_security_level", b"encrypt", 11, True),
        ("smtpd_sasl_auth_enable", b"yes", 12, False),
        ("smtpd_relay_restrictions", b"permit_sasl_authenticated, reject", 13, True),
        ("milter_macro_daemon_name", b"ORIGINATING", 14, False),
    ]
    for option in submission.options:
        assert MASTER[option.start : option.end].startswith(b"-o ")
        assert option.value in MASTER[option.start : option.end]


def test_the_last_option_of_a_name_counts() -> None:
    qmgr = MasterCf.parse(MASTER).get("qmgr", "unix")
    assert qmgr is not None
    assert qmgr.values == {"a": b"3", "b": b"2"}
    assert qmgr.arguments == (b"-v", b"-o", b"a=1", b"-o", b"b=2", b"-o", b"a=3")


def test_options_of_a_commented_out_service() -> None:
    smtps = MasterCf.parse(MASTER).all("smtps", "inet")[0]
    assert not smtps.enabled
    assert smtps.values["smtpd_client_restrictions"] == b"permit_sasl_authenticated, reject"
    assert [o.line for o in smtps.options] == [16, 18, 19]
    assert MASTER[smtps.start : smtps.end].count(b"\n") == 5
    for option in smtps.options:
        assert MASTER[option.start : option.end].startswith(b"-o ")


def test_arguments_lose_their_braces() -> None:
    maildrop = MasterCf.parse(MASTER).get("maildrop", "unix")
    assert maildrop is not None
    assert maildrop.arguments[-2:] == (b"${extension}", b"a b")
    assert maildrop.options == ()


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            lambda d: d.set_field("pickup", "unix", "wakeup", "120"),
            [
                "-pickup    unix  n       -       y       60      1       pickup",
                "+pickup    unix  n       -       y       120     1       pickup",
            ],
        ),
        (
            lambda d: d.set_field("smtp", "inet", "service", "mail.falcot.com:smtp"),
            [
                "-smtp      inet  n       -       y       -       -       smtpd",
                "+mail.falcot.com:smtp inet  n       -       y       -       -       smtpd",
            ],
        ),
        (lambda d: d.set_field("smtp", "inet", "chroot", "y"), []),
        (
            lambda d: d.set_option("submission", "inet", "smtpd_tls_security_level", b"may"),
            ["-  -o smtpd_tls_security_level=encrypt", "+  -o smtpd_tls_security_level=may"],
        ),
        (
            lambda d: d.set_option("submission", "inet", "syslog_name", b"a b"),
            ["-  -o syslog_name=postfix/submission", "+  -o { syslog_name = a b }"],
        ),
        (
            lambda d: d.set_option("submission", "inet", "smtpd_relay_restrictions", b"reject"),
            [
                "-  -o { smtpd_relay_restrictions = permit_sasl_authenticated, reject }",
                "+  -o smtpd_relay_restrictions=reject",
            ],
        ),
        (lambda d: d.set_option("submission", "inet", "x", b"y z"), ["+  -o { x = y z }"]),
        (lambda d: d.set_option("submission", "inet", "x", b"{y z}"), ["+  -o x={y z}"]),
        (lambda d: d.set_option("pickup", "unix", "x", b""), ["+  -o x="]),
        (lambda d: d.set_option("maildrop", "unix", "x", b"1"), ["+  -o x=1"]),
        (
            lambda d: d.set_option("qmgr", "unix", "a", b"4"),
            [
                "-qmgr      unix  n       -       n       300     1       qmgr -v -o a=1 -o b=2 -o a=3",
                "+qmgr      unix  n       -       n       300     1       qmgr -v -o a=1 -o b=2 -o a=4",
            ],
        ),
        (
            lambda d: d.remove_option("qmgr", "unix", "a"),
            [
                "-qmgr      unix  n       -       n       300     1       qmgr -v -o a=1 -o b=2 -o a=3",
                "+qmgr      unix  n       -       n       300     1       qmgr -v -o b=2",
            ],
        ),
        (
            lambda d: d.remove_option("submission", "inet", "smtpd_tls_security_level"),
            ["-  -o smtpd_tls_security_level=encrypt"],
        ),
        (
            lambda d: d.disable_option("submission", "inet", "smtpd_tls_security_level"),
            ["-  -o smtpd_tls_security_level=encrypt", "+#  -o smtpd_tls_security_level=encrypt"],
        ),
        (
            lambda d: d.enable_option("submission", "inet", "smtpd_sasl_auth_enable"),
            ["-#  -o smtpd_sasl_auth_enable=yes", "+  -o smtpd_sasl_auth_enable=yes"],
        ),
        (
            lambda d: d.enable("smtps", "inet"),
            [
                "-#smtps     inet  n       -       y       -       -       smtpd",
                "+smtps     inet  n       -       y       -       -       smtpd",
                "-#  -o syslog_name=postfix/smtps",
                "+  -o syslog_name=postfix/smtps",
                "-#  -o smtpd_tls_wrappermode=yes",
                "+  -o smtpd_tls_wrappermode=yes",
                "-#  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }",
                "+  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }",
            ],
        ),
        (
            lambda d: d.remove("maildrop", "unix"),
            [
                "-maildrop  unix  -       n       n       -       -       pipe",
                "-  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}",
                "-    ${extension} {a b}",
            ],
        ),
        (
            lambda d: d.add(["628", "inet", "n", "-", "y", "-", "-", "qmqpd"], {"a": b"b c"}),
            ["+628       inet  n       -       y       -       -       qmqpd", "+  -o { a = b c }"],
        ),
        (
            lambda d: d.add(
                ["policyd-spf", "unix", "-", "n", "n", "-", "0", "spawn"], {}, [b"user=spf", b"argv=/usr/bin/x"]
            ),
            [
                "+policyd-spf unix -      n       n       -       0       spawn",
                "+  user=spf",
                "+  argv=/usr/bin/x",
            ],
        ),
    ],
)  # fmt: skip
def test_an_edit_changes_these_lines_alone(
    edit: Callable[[MasterCf], list[Splice]], expected: list[str]
) -> None:
    assert changes(MASTER, edit) == expected


def test_a_new_option_of_a_pipe_comes_before_its_command() -> None:
    document = MasterCf.parse(MASTER)
    after = document.spliced(document.set_option("maildrop", "unix", "x", b"1"))
    assert b"pipe\n  -o x=1\n  flags=DRXhu" in after.raw


def test_an_entry_is_added_below_its_commented_out_twin() -> None:
    document = MasterCf.parse(MASTER)
    after = document.spliced(document.add(["628", "inet", "n", "-", "y", "-", "-", "qmqpd"]))
    assert b"qmqpd\n628       inet" in after.raw


@pytest.mark.parametrize(
    "service", [("smtp", "inet"), ("submission", "inet"), ("qmgr", "unix"), ("maildrop", "unix")]
)
def test_a_service_goes_off_with_its_lines_and_comes_back_the_same(service: tuple[str, str]) -> None:
    document = MasterCf.parse(MASTER)
    off = document.spliced(document.disable(*service))
    assert off.get(*service) is None
    assert off.problems == []
    others = [s for s in document.services if s.enabled and (s.name, s.type) != service]
    assert [s.arguments for s in off.services if s.enabled] == [s.arguments for s in others]
    twin = off.all(*service)[-1] if service != ("smtp", "inet") else off.all(*service)[0]
    standing = document.get(*service)
    assert standing is not None
    assert twin.arguments == standing.arguments
    if service != ("smtp", "inet"):  # its commented-out twin below would come back instead
        assert off.spliced(off.enable(*service)).raw == MASTER


def test_an_option_goes_off_and_comes_back_the_same() -> None:
    document = MasterCf.parse(MASTER)
    for option in ("syslog_name", "smtpd_tls_security_level", "smtpd_relay_restrictions"):
        off = document.spliced(document.disable_option("submission", "inet", option))
        service = off.get("submission", "inet")
        assert service is not None
        assert option not in service.values
        assert off.spliced(off.enable_option("submission", "inet", option)).raw == MASTER


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.set_field("smtp", "inet", "private", "-"),
        lambda d: d.set_field("smtp", "inet", "chroot", "yes"),
        lambda d: d.set_field("smtp", "inet", "wakeup", "1x"),
        lambda d: d.set_field("smtp", "inet", "type", "tcp"),
        lambda d: d.set_field("smtp", "inet", "command", "smtpd -v"),
        lambda d: d.set_field("smtp", "inet", "colour", "red"),
        lambda d: d.set_field("smtp", "inet", "service", "#smtp"),
        lambda d: d.set_option("smtp", "inet", "a b", b"c"),
        lambda d: d.set_option("smtp", "inet", "a", b"c\nd"),
        lambda d: d.set_option("smtp", "inet", "a", b"{c"),
        lambda d: d.set_option("smtp", "inet", "a", b"c\0"),
        lambda d: d.enable("smtp", "inet"),
        lambda d: d.enable_option("submission", "inet", "syslog_name"),
        lambda d: d.add(["smtp", "inet", "n", "-", "y", "-", "-", "smtpd"]),
        lambda d: d.add(["x", "inet", "-", "-", "y", "-", "-", "smtpd"]),
        lambda d: d.add(["x", "unix", "-", "-", "y", "-", "-", "pipe"], {}, [b"#comment"]),
    ],
)
def test_what_would_break_the_file_is_refused(edit: Callable[[MasterCf], list[Splice]]) -> None:
    with pytest.raises(Refused):
        edit(MasterCf.parse(MASTER))


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.set_field("nope", "inet", "chroot", "n"),
        lambda d: d.set_option("smtp", "unix", "a", b"b"),
        lambda d: d.remove_option("smtp", "inet", "a"),
        lambda d: d.enable_option("smtp", "inet", "a"),
        lambda d: d.enable("nope", "unix"),
        lambda d: d.disable("nope", "unix"),
        lambda d: d.remove("628", "inet"),
    ],
)
def test_what_is_not_there_is_missing(edit: Callable[[MasterCf], list[Splice]]) -> None:
    with pytest.raises(Missing):
        edit(MasterCf.parse(MASTER))


GOOD = b"smtp inet n - y - - smtpd"


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (b"smtp inet n - y - smtpd", "fields"),
        (b"smtp tcp n - y - - smtpd", "type"),
        (b"smtp inet Y - y - - smtpd", "private"),
        (b"smtp inet n yes y - - smtpd", "unprivileged"),
        (b"smtp inet n - x - - smtpd", "chroot"),
        (b"smtp inet n - y 1? ? smtpd", "process_limit"),
        (b"smtp inet n - y ? - smtpd", "wakeup"),
        (b"smtp inet n - y 1s - smtpd", "wakeup"),
        (b"smtp inet n - y - - -", "command"),
        (b"smtp inet - - y - - smtpd", "private"),
        (GOOD + b" -o a = b", "braces|blanks"),
        (GOOD + b" -o{ a = b }", "blanks"),
        (GOOD + b" -o { a = b", "not closed"),
        (GOOD + b" -o { a = b }c", "behind"),
        (GOOD + b" -o a={b", "not closed"),
        (GOOD + b" -o", "without"),
        (GOOD + b" # remark", "comment"),
        (GOOD + b" remark", "no option"),
        (GOOD + b"\nsmtp inet n - n - - smtpd", "again"),
        (b"x unix - - - - - x\n#" + GOOD + b"\n#  -o a=b\n  -o b=c", "commented out"),
        (b"  -o a=b\n" + GOOD, "Postfix drops"),
        (b"\xef\xbb\xbf" + GOOD, "byte order"),
        (GOOD + b" -v\0", "NUL"),
    ],
)
def test_what_is_wrong_is_said(entry: bytes, word: str) -> None:
    problems = MasterCf.parse(entry + b"\n").problems
    assert len(problems) == 1
    assert any(part in problems[0].text for part in word.split("|"))
    assert problems[0].line == (4 if word == "commented out" else 1)


def test_options_of_an_entry_commented_out_amid_another_are_not_its_own() -> None:
    raw = b"x unix - - - - - x\n#" + GOOD + b"\n#  -o a=b\n  -o b=c\n#  -o c=d\n"
    x, smtp = MasterCf.parse(raw).services
    assert [(o.name, o.enabled) for o in x.options] == [("b", True), ("c", False)]
    assert [(o.name, o.enabled) for o in smtp.options] == [("a", True)]


@pytest.mark.parametrize(
    "extra", [b"", b" -v", b" -vvD", b" -o a=b", b" -o {a=b c}", b" -oa=b", b" -v -o a=", b" -vo a=b"]
)
def test_nothing_is_wrong_with_these(extra: bytes) -> None:
    assert MasterCf.parse(GOOD + extra + b"\n").problems == []


def test_a_service_that_was_switched_off_comes_back_and_not_its_example() -> None:
    document = MasterCf.parse(
        b"smtp      inet  n       -       y       -       -       smtpd\n"
        b"#smtp      inet  n       -       y       -       1       postscreen\n"
    )
    smtpd = document.get("smtp", "inet")
    off = document.spliced(document.disable("smtp", "inet"))
    assert off.spliced(off.enable("smtp", "inet", smtpd)).raw == document.raw
    example = off.spliced(off.enable("smtp", "inet")).get("smtp", "inet")
    assert example is not None
    assert example.command == "postscreen"


@pytest.mark.parametrize("option", [b"-o a=b", b"-o { a = b c }", b"-o {a=b c}", b"-o { a = b }", b"-oa=b"])
def test_an_option_set_and_set_back_has_the_braces_it_had(option: bytes) -> None:
    document = MasterCf.parse(b"x unix - - n - - smtp\n  " + option + b"\n")
    was = document.get("x", "unix").values["a"]  # type: ignore[union-attr]  # it is there
    other = document.spliced(document.set_option("x", "unix", "a", b"c"))
    assert other.spliced(other.set_option("x", "unix", "a", was)).raw == document.raw


def test_braces_that_a_value_needed_go_with_it() -> None:
    document = MasterCf.parse(b"x unix - - n - - smtp\n  -o a=b\n")
    spaced = document.spliced(document.set_option("x", "unix", "a", b"b c"))
    assert spaced.spliced(spaced.set_option("x", "unix", "a", b"b")).raw == document.raw


def test_what_would_not_come_back_is_not_commented_out() -> None:
    amid = b"smtp inet n - n - - smtpd\n#smtps inet n - n - - smtpd\n  -o a=b\n"
    with pytest.raises(Refused, match="commented-out entry above"):
        MasterCf.parse(amid).disable_option("smtp", "inet", "a")
    prose = b"smtp inet n - n - - smtpd\n  -o a=\n    some prose,\n"
    with pytest.raises(Refused, match="read as prose"):
        MasterCf.parse(prose).disable("smtp", "inet")
