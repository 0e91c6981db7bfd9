"""Lines as Postfix writes them, and lines that nobody should."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.maillog.record import parse

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
HEAD = b"Nov 22 13:22:20 mx postfix/"

SAMPLES: list[tuple[bytes, dict[str, Any]]] = [
    (
        HEAD + b"smtpd[138]: connect from localhost[127.0.0.1]",
        {"event": "connect", "client_name": "localhost", "client_address": "127.0.0.1", "pid": 138, "host": "mx"},
    ),
    (
        HEAD + b"smtpd[138]: disconnect from unknown[2001:db8::9] ehlo=1 quit=1 commands=2",
        {"event": "disconnect", "client_address": "2001:db8::9"},
    ),
    (
        HEAD + b"submission/smtpd[1]: 3FCA722E68E: client=c[192.0.2.1], sasl_method=PLAIN, sasl_username=bob",
        {"event": "received", "queue_id": "3FCA722E68E", "sasl_username": "bob", "client_name": "c"},
    ),
    (
        HEAD + b"qmgr[1]: 4bZqYp0XqJz1x: from=<a@b.example>, size=403, nrcpt=2 (queue active)",
        {"event": "queued", "queue_id": "4bZqYp0XqJz1x", "sender": "a@b.example", "size": 403},
    ),
    (
        HEAD + b"local[1]: 3FCA722E68E: to=<alice@lab.test>, orig_to=<info@v.test>, relay=local, delay=0.3, "
        b"delays=0/0/0/0.3, dsn=2.0.0, status=sent (delivered to mailbox)",
        {
            "event": "delivered", "recipient": "alice@lab.test", "orig_to": "info@v.test", "relay": "local",
            "delay": 0.3, "dsn": "2.0.0", "status": "sent", "text": "delivered to mailbox",
        },
    ),
    (
        HEAD + b"smtp[1]: 3FCA722E68E: to=<x@y>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.3, "
        b"status=deferred (Host or domain name not found. Name service error)",
        {"event": "deferred", "dsn": "4.4.3", "text": "Host or domain name not found. Name service error"},
    ),
    (
        HEAD + b"smtpd[1]: NOQUEUE: reject: RCPT from c[192.0.2.1]: 550 5.1.1 <n@b>: Recipient address rejected: "
        b"User unknown; from=<> to=<n@b> proto=ESMTP helo=<vm>",
        {
            "event": "reject", "code": 550, "dsn": "5.1.1", "sender": "", "recipient": "n@b", "helo": "vm",
            "text": "<n@b>: Recipient address rejected: User unknown",
        },
    ),
    (
        HEAD + b"cleanup[1]: 3FCA722E68E: milter-reject: END-OF-MESSAGE from c[192.0.2.1]: 5.7.1 Virus found; "
        b"from=<a@b> to=<c@d> proto=ESMTP helo=<h>",
        {"event": "milter_reject", "dsn": "5.7.1", "text": "Virus found"},
    ),
    (
        HEAD + b"smtpd[1]: warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: x, sasl_username=joe",
        {"event": "auth_failed", "level": "warning", "sasl_username": "joe"},
    ),
    (
        HEAD + b"smtpd[1]: fatal: bad boolean configuration: smtpd_helo_required = maybe",
        {"event": "fatal", "level": "fatal"},
    ),
    (HEAD + b"qmgr[1]: 3FCA722E68E: removed", {"event": "removed", "queue_id": "3FCA722E68E"}),
    (b"2026-11-22T13:22:20.5+01:00 mx postfix/qmgr[1]: 3FCA722E68E: removed", {"time": "2026-11-22T13:22:20.500000+01:00"}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), SAMPLES)
def test_fields(line: bytes, expected: dict[str, Any]) -> None:
    found = parse(line, NOW).as_json()
    assert {name: found.get(name) for name in expected} == expected
    assert found["raw"] == line.decode()


def test_a_time_without_year_lies_in_the_past() -> None:
    assert str(parse(b"Dec 31 23:59:59 mx postfix/qmgr[1]: x", NOW).time).startswith("2025-12-31T23:59:59")
    assert str(parse(b"Jan  2 11:59:59 mx postfix/qmgr[1]: x", NOW).time).startswith("2026-01-02")


@pytest.mark.parametrize(
    "line", [b"", b"garbage \xff", b"Feb 30 00:00:00 mx x: y", b"\x00\x1b]0;x\x07", b"Nov 22 1"]
)
def test_a_line_nobody_knows_is_other(line: bytes) -> None:
    assert parse(line, NOW).event == "other"


@given(st.binary(max_size=200), st.sampled_from([line for line, _expected in SAMPLES]), st.integers(0, 250))
def test_no_line_raises(noise: bytes, line: bytes, cut: int) -> None:
    parse(line[:cut] + noise + line[cut:], NOW).as_json()
