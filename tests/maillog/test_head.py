"""Where a line's program stands, in every form that a syslog has."""

from __future__ import annotations

import pytest

from mailtui.maillog.head import head, quick

TEXT = b"3FCA722E68E: removed"


@pytest.mark.parametrize(
    ("before", "host", "process", "pid"),
    [
        (b"Nov 22 13:22:20 mx postfix/qmgr[12]: ", b"mx", b"postfix/qmgr", b"12"),
        (b"Nov 22 13:22:20 postfix/qmgr[12]: ", b"", b"postfix/qmgr", b"12"),
        (
            b"Nov 22 13:22:20 mx postfix-out/submission/smtpd[12]: ",
            b"mx",
            b"postfix-out/submission/smtpd",
            b"12",
        ),
        (b"Nov 22 13:22:20 mx dovecot: ", b"mx", b"dovecot", b""),
        (b"Nov 22 13:22:20 2001:db8::1 opendkim[5]: ", b"2001:db8::1", b"opendkim", b"5"),
        (b"Nov 22 13:22:20 mx mail.info postfix/qmgr[12]: ", b"mx", b"postfix/qmgr", b"12"),
        (b"Nov 22 13:22:20 <mail.info> mx postfix/qmgr[12]: ", b"mx", b"postfix/qmgr", b"12"),
        (b"Nov 22 13:22:20 mx postfix/qmgr[12]: [ID 197553 mail.info] ", b"mx", b"postfix/qmgr", b"12"),
        (b"2026-11-22T13:22:20.5+01:00 mx postfix/qmgr[12]: ", b"mx", b"postfix/qmgr", b"12"),
        (b"2026-11-22 13:22:20 mx postfix/qmgr[12]: ", b"mx", b"postfix/qmgr", b"12"),
        (b"<22>Nov 22 13:22:20 mx postfix/qmgr[12]: ", b"mx", b"postfix/qmgr", b"12"),
        (b"<22>1 2026-11-22T13:22:20Z mx postfix/qmgr 12 - - ", b"mx", b"postfix/qmgr", b"12"),
        (b'<22>1 2026-11-22T13:22:20Z mx postfix/qmgr - ID47 [a b="c"] ', b"mx", b"postfix/qmgr", b""),
        (b"Nov 22 13:22:20 mx postfix/qmgr[12] ", b"mx", b"postfix/qmgr", b"12"),
        (b"postfix/qmgr[12]: ", b"", b"postfix/qmgr", b"12"),
        (b"postfix/qmgr: ", b"", b"postfix/qmgr", b""),
    ],
)
def test_heads(before: bytes, host: bytes, process: bytes, pid: bytes) -> None:
    line = before + TEXT
    found = head(line)
    assert (found.host, found.process, found.pid, found.start_of_text) == (host, process, pid, len(before))
    assert quick(line) == (b"3FCA722E68E", process, len(before))


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        (b"4bZqYp0XqJz1x: removed", b"4bZqYp0XqJz1x"),
        (b"warning: 3FCA722E68E: defer service failure", b"3FCA722E68E"),
        (b"NOQUEUE: reject: RCPT from a[192.0.2.1]: 550", None),
        (b"statistics: max cache size 1", None),
        (b"connect from a[192.0.2.1]", None),
        (b"3FCA722E68E", None),
    ],
)
def test_queue_ids(text: bytes, queue_id: bytes | None) -> None:
    assert quick(b"Nov 22 13:22:20 mx postfix/smtpd[1]: " + text).queue_id == queue_id


@pytest.mark.parametrize("line", [b"", b"garbage", b"\x00\xff", b"Nov 22 13:22:20", b"a b c", b"12: 34: 56"])
def test_no_head(line: bytes) -> None:
    assert head(line).process == b""


def test_dovecots_own_file() -> None:
    line = b"Nov 22 13:22:20 auth(joe@a.test,192.0.2.1,sasl:login)<x>: Info: sql: Password mismatch"
    assert quick(line) == (None, b"dovecot", 16)
    assert head(b"Nov 22 13:22:20 Info: imap-login: Login: user=<joe>").process == b"dovecot"
