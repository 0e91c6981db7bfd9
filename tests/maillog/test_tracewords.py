"""A trace in words: rows, text, and what stands in which row."""

from __future__ import annotations

import pytest

from mailtui.maillog.story import Delays
from mailtui.maillog.trace import trace, trace_of
from mailtui.maillog.tracewords import as_json, as_text, delay_words, offset_words, rows
from tests.maillog.memorylog import MemoryLog

LOG = b"""\
2026-11-22T20:14:05.000000+01:00 mail postfix/smtpd[10]: connect from mx1.example.net[198.51.100.7]
2026-11-22T20:14:05.010000+01:00 mail postfix/smtpd[10]: Anonymous TLS connection established from mx1.example.net[198.51.100.7]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
2026-11-22T20:14:05.020000+01:00 mail policyd-spf[31]: prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=198.51.100.7; helo=mx1.example.net; envelope-from=b@example.net; receiver=<UNKNOWN>
2026-11-22T20:14:05.030000+01:00 mail postfix/smtpd[10]: 3FCA722E68E: client=mx1.example.net[198.51.100.7]
2026-11-22T20:14:05.040000+01:00 mail postfix/cleanup[12]: 3FCA722E68E: message-id=<1@example.net>
2026-11-22T20:14:05.040000+01:00 mail opendkim[9]: 3FCA722E68E: DKIM verification successful
2026-11-22T20:14:05.040000+01:00 mail opendkim[9]: 3FCA722E68E: s=s1 d=example.net a=rsa-sha256 SSL
2026-11-22T20:14:05.040000+01:00 mail opendmarc[8]: 3FCA722E68E: example.net pass
2026-11-22T20:14:05.050000+01:00 mail postfix/qmgr[13]: 3FCA722E68E: from=<b@example.net>, size=4031, nrcpt=1 (queue active)
2026-11-22T20:14:05.050000+01:00 mail postfix/smtpd[10]: disconnect from mx1.example.net[198.51.100.7] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
2026-11-22T20:14:05.310000+01:00 mail postfix/local[14]: 3FCA722E68E: to=<jean@falcot.com>, orig_to=<webmaster@falcotsbrand.com>, relay=local, delay=0.31, delays=0.04/0.01/0/0.26, dsn=2.0.0, status=sent (delivered to mailbox)
2026-11-22T20:14:05.310000+01:00 mail postfix/qmgr[13]: 3FCA722E68E: removed
2026-11-22T20:15:00.000000+01:00 mail postfix/smtpd[10]: connect from x\x1b[2J.example[203.0.113.9]
"""
TEXT = """\
3FCA722E68E · b@example.net → webmaster@falcotsbrand.com
delivered to everyone · 2026-11-22 20:14:05+01:00 · 4031 bytes · message-id 1@example.net

  +0.00 connect     mx1.example.net [198.51.100.7]  TLS 1.3
  +0.03 accepted    4031 bytes · SPF pass for b@example.net (mailfrom) · DKIM pass · DMARC pass for example.net
  +0.05 alias       webmaster@falcotsbrand.com → jean@falcot.com
  +0.31 delivered   jean@falcot.com  local, delivered to mailbox   before 0.04 queue 0.01 transmit 0.26
  +0.31 removed
"""


def test_the_text_of_a_trace() -> None:
    (one,) = trace(MemoryLog(LOG), "3FCA722E68E")
    assert as_text(one) == TEXT


def test_every_step_and_the_lines_themselves() -> None:
    (one,) = trace(MemoryLog(LOG), "3FCA722E68E")
    assert [row.key for row in rows(one, every=True)] == [step.key for step in one.steps]
    text = as_text(one, lines=True)
    assert text.startswith(TEXT)
    assert text.count("\n  2026-11-22T20:14:05") == 12


def test_each_row_knows_its_lines() -> None:
    (one,) = trace(MemoryLog(LOG), "3FCA722E68E")
    told = {row.title: [step.kind for step in row.steps] for row in rows(one)}
    assert told["connect"] == ["connect", "tls"]
    assert told["accepted"] == ["accepted", "spf", "dkim", "dkim", "dmarc", "queued"]


def test_nothing_reaches_a_terminal_as_it_is() -> None:
    source = MemoryLog(LOG)
    text = as_text(trace_of(source, source.key(b"[2J")), lines=True)
    assert "x␛[2J.example" in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_json_has_what_applies() -> None:
    (one,) = trace(MemoryLog(LOG), "3FCA722E68E")
    told = as_json(one)
    assert told["client"] == "mx1.example.net[198.51.100.7]"
    assert [step["kind"] for step in told["steps"]] == [step.kind for step in one.steps]
    assert "delays" not in told["steps"][0]
    assert told["related"] == []


@pytest.mark.parametrize(
    ("seconds", "fine", "words"),
    [(0, True, "+0.00"), (0.314, True, "+0.31"), (7, False, "+7"), (205, True, "+3:25"), (7510, True, "+2:05:10"),
     (93_900, True, "+1 d 2:05"), (-1.5, True, "-1.50")],
)  # fmt: skip
def test_time_since_the_first_line(seconds: float, fine: bool, words: str) -> None:
    assert offset_words(seconds, fine=fine) == words


def test_delays_without_what_took_no_time() -> None:
    assert delay_words(Delays(0.04, 0, 1.5, 0)) == "before 0.04 connect 1.5"
    assert delay_words(None) == ""
