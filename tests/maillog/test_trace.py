"""Traces of messages: what belongs to one, what became of it, which others it is related to."""

from __future__ import annotations

import threading
import time

import pytest

from mailtui.maillog.trace import Cancelled, Delays, trace, trace_of
from tests.maillog.memorylog import MemoryLog, kinds, log

SIMPLE = """
20:14:05 smtpd[10]: connect from mx1.example.net[198.51.100.7]
20:14:05 smtpd[10]: Anonymous TLS connection established from mx1.example.net[198.51.100.7]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
20:14:05 smtpd[10]: 3FCA722E68E: client=mx1.example.net[198.51.100.7]
20:14:05 smtpd[11]: connect from other.example[203.0.113.5]
20:14:05 cleanup[12]: 3FCA722E68E: message-id=<1@example.net>
20:14:05 opendkim[9]: 3FCA722E68E: DKIM verification successful
20:14:05 opendkim[9]: 3FCA722E68E: s=s1 d=example.net a=rsa-sha256 SSL
20:14:05 opendmarc[8]: 3FCA722E68E: example.net pass
20:14:05 smtpd[11]: NOQUEUE: reject: RCPT from other.example[203.0.113.5]: 554 5.7.1 <x@y.example>: Relay access denied; from=<a@b.example> to=<x@y.example> proto=ESMTP helo=<other>
20:14:06 qmgr[13]: 3FCA722E68E: from=<b@example.net>, size=4031, nrcpt=1 (queue active)
20:14:06 smtpd[10]: disconnect from mx1.example.net[198.51.100.7] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
20:14:06 local[14]: 3FCA722E68E: to=<jean@falcot.com>, orig_to=<webmaster@falcotsbrand.com>, relay=local, delay=0.31, delays=0.04/0.01/0/0.26, dsn=2.0.0, status=sent (delivered to mailbox)
20:14:06 qmgr[13]: 3FCA722E68E: removed
"""


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("size", [80, 300, 1 << 20])
def test_a_message_with_all_that_belongs_to_it(live: bool, size: int) -> None:
    source = log(SIMPLE, live=live, size=size)
    (one,) = trace(source, "3FCA722E68E")
    assert kinds(one) == [
        "connect", "tls", "accepted", "message-id", "dkim", "dkim", "dmarc", "queued", "disconnect", "alias",
        "delivered", "removed",
    ]  # fmt: skip
    assert (one.sender, one.recipients, one.state) == (
        "b@example.net",
        ("webmaster@falcotsbrand.com",),
        "delivered",
    )
    assert (one.size, one.message_id, one.client) == (4031, "1@example.net", "mx1.example.net[198.51.100.7]")
    assert one.steps[-2].delays == Delays(0.04, 0.01, 0, 0.26)
    assert one.steps[-3].text == "webmaster@falcotsbrand.com → jean@falcot.com"
    assert [step.offset for step in one.steps[-2:]] == [1.0, 1.0]
    assert one.related == ()


@pytest.mark.parametrize("live", [False, True])
def test_every_line_of_a_message_leads_to_the_same_trace(live: bool) -> None:
    source = log(SIMPLE, live=live, size=200)
    (whole,) = trace(source, "3FCA722E68E")
    for step in whole.steps:
        if step.queue_id:
            assert trace_of(source, step.key) == whole
            assert trace(source, "3FCA722E68E", step.key) == [whole]


def test_a_line_of_a_session_leads_to_the_session_and_its_messages() -> None:
    source = log(SIMPLE, size=200)
    session = trace_of(source, source.key(b"disconnect from mx1"))
    assert kinds(session) == ["connect", "tls", "accepted", "disconnect"]
    assert [(related.queue_id, related.trace.state) for related in session.related] == [
        ("3FCA722E68E", "delivered")
    ]


def test_a_refusal_leads_to_its_session() -> None:
    source = log(SIMPLE)
    refused = trace_of(source, source.key(b"Relay access"))
    assert (refused.state, refused.queue_id, kinds(refused)) == ("rejected", "", ["connect", "rejected"])
    assert (refused.sender, refused.recipients) == ("a@b.example", ("x@y.example",))


def test_an_unknown_id_and_a_text_that_is_none() -> None:
    assert trace(log(SIMPLE), "3FCA722E68F") == []
    assert trace(log(SIMPLE), "NOQUEUE") == []
    assert trace(log(SIMPLE), "3FCA722E68E\n") == []
    assert trace(log(SIMPLE), "FCA722E68") == []  # part of an id
    with pytest.raises(KeyError):
        trace_of(log(SIMPLE), 5)


def test_nobody_waits_any_more() -> None:
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(Cancelled):
        trace(log(SIMPLE), "3FCA722E68E", cancel=given_up)


REUSED = """
20:00:00 pickup[1]: A1B2C3D4E5: uid=1000 from=<first@falcot.com>
20:00:00 cleanup[2]: A1B2C3D4E5: message-id=<first@falcot.com>
20:00:00 qmgr[3]: A1B2C3D4E5: from=<first@falcot.com>, size=100, nrcpt=1 (queue active)
20:00:00 qmgr[3]: A1B2C3D4E5: removed
20:00:01 local[4]: A1B2C3D4E5: to=<jean@falcot.com>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
20:00:03 cleanup[2]: A1B2C3D4E5: message-id=<bounce@mail.falcot.com>
20:00:03 qmgr[3]: A1B2C3D4E5: from=<>, size=2000, nrcpt=1 (queue active)
20:00:03 local[4]: A1B2C3D4E5: to=<roland@falcot.com>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
20:00:03 qmgr[3]: A1B2C3D4E5: removed
21:00:00 cleanup[2]: A1B2C3D4E5: message-id=<third@falcot.com>
21:00:00 smtpd[5]: A1B2C3D4E5: client=desk5.falcot.com[192.168.10.5]
21:00:00 qmgr[3]: A1B2C3D4E5: from=<third@falcot.com>, size=300, nrcpt=1 (queue active)
21:00:05 smtp[6]: A1B2C3D4E5: to=<x@gmail.com>, relay=none, delay=5, delays=0/0/5/0, dsn=4.4.1, status=deferred (connect to gmail.com[192.0.2.1]:25: Connection timed out)
21:30:00 smtpd[5]: A1B2C3D4E5: client=desk6.falcot.com[192.168.10.6]
21:30:00 cleanup[2]: A1B2C3D4E5: message-id=<fourth@falcot.com>
"""


def test_ids_that_come_again_are_told_apart() -> None:
    found = trace(log(REUSED), "A1B2C3D4E5")
    assert [one.message_id for one in found] == [
        "first@falcot.com", "bounce@mail.falcot.com", "third@falcot.com", "fourth@falcot.com",
    ]  # fmt: skip
    assert [one.state for one in found] == ["delivered", "delivered", "deferred", "queued"]
    assert [one.sender for one in found] == ["first@falcot.com", "", "third@falcot.com", None]
    assert found[0].client == "uid 1000"


@pytest.mark.parametrize("size", [100, 1 << 20])
def test_near_a_line_only_its_message_is_told(size: int) -> None:
    source = log(REUSED, size=size)
    for text, message_id in ((b"size=100", "first@falcot.com"), (b"roland", "bounce@mail.falcot.com"),
                             (b"gmail", "third@falcot.com"), (b"fourth", "fourth@falcot.com")):  # fmt: skip
        (one,) = trace(source, "A1B2C3D4E5", source.key(text))
        assert one.message_id == message_id


SECOND_OF_A_SESSION = """
20:00:00 submission/smtpd[10]: connect from desk[192.168.10.5]
20:00:00 submission/smtpd[10]: warning: desk[192.168.10.5]: SASL PLAIN authentication failed: authentication failure, sasl_username=bob
20:00:01 submission/smtpd[10]: AAAAA11111: client=desk[192.168.10.5], sasl_method=PLAIN, sasl_username=bob
20:00:01 cleanup[12]: AAAAA11111: message-id=<one@falcot.com>
20:00:02 submission/smtpd[10]: NOQUEUE: reject: RCPT from desk[192.168.10.5]: 550 5.1.1 <no@falcot.com>: Recipient address rejected: User unknown; from=<bob@falcot.com> to=<no@falcot.com> proto=ESMTP helo=<desk>
20:00:03 submission/smtpd[10]: BBBBB22222: client=desk[192.168.10.5], sasl_method=PLAIN, sasl_username=bob
20:00:03 cleanup[12]: BBBBB22222: message-id=<two@falcot.com>
20:00:04 submission/smtpd[10]: lost connection after DATA from desk[192.168.10.5]
20:00:04 submission/smtpd[10]: disconnect from desk[192.168.10.5] ehlo=1 auth=1/2 commands=3
"""


def test_each_message_of_a_session_has_its_own_rejections() -> None:
    source = log(SECOND_OF_A_SESSION)
    (first,) = trace(source, "AAAAA11111")
    assert kinds(first) == ["connect", "login", "accepted", "message-id", "warning", "disconnect"]
    (second,) = trace(source, "BBBBB22222")
    assert kinds(second) == [
        "connect",
        "login",
        "rejected",
        "accepted",
        "message-id",
        "warning",
        "disconnect",
    ]
    assert second.steps[3].text.endswith("logged in as bob (PLAIN)")
    assert second.state == "queued"
    assert second.recipients == ()


HELD = """
20:00:00 smtpd[10]: 312B822C5BB: client=localhost[127.0.0.1]
20:00:00 cleanup[12]: 312B822C5BB: hold: header Subject: held, please from localhost[127.0.0.1]; from=<desk@partner.example> to=<jean@falcot.com> proto=ESMTP helo=<mx1.partner.example>: for review
20:00:00 cleanup[12]: 312B822C5BB: message-id=<held@partner.example>
"""
FREED = """
20:09:00 postsuper[20]: 312B822C5BB: released from hold
20:09:01 qmgr[13]: 312B822C5BB: from=<desk@partner.example>, size=377, nrcpt=1 (queue active)
20:09:01 local[14]: 312B822C5BB: to=<jean@falcot.com>, relay=local, delay=541, delays=541/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
20:09:01 qmgr[13]: 312B822C5BB: removed
"""
DELETED = "20:09:00 postsuper[20]: 312B822C5BB: removed"
EXPIRED = """
20:00:00 qmgr[13]: 312B822C5BB: from=<a@b.example>, size=377, nrcpt=1 (queue active)
20:00:01 smtp[6]: 312B822C5BB: to=<x@gmail.com>, relay=none, delay=5, delays=0/0/5/0, dsn=4.4.1, status=deferred (connect to gmail.com[192.0.2.1]:25: Connection timed out)
20:00:02 qmgr[13]: 312B822C5BB: from=<a@b.example>, status=expired, returned to sender
20:00:02 qmgr[13]: 312B822C5BB: removed
"""
REFUSED = """
20:00:00 smtpd[10]: 312B822C5BB: client=unknown[203.0.113.9]
20:00:00 cleanup[12]: 312B822C5BB: message-id=<m@x.example>
20:00:00 cleanup[12]: 312B822C5BB: milter-reject: END-OF-MESSAGE from unknown[203.0.113.9]: 5.7.1 Virus found: Eicar; from=<a@x.example> to=<jean@falcot.com> proto=ESMTP helo=<x>
"""


@pytest.mark.parametrize(
    ("text", "state"),
    [(HELD, "held"), (HELD + FREED.lstrip(), "delivered"), (HELD + DELETED, "deleted"), (EXPIRED, "bounced"),
     (REFUSED, "rejected")],
)  # fmt: skip
def test_what_became_of_it(text: str, state: str) -> None:
    (one,) = trace(log(text), "312B822C5BB")
    assert one.state == state


def test_a_log_that_begins_in_the_middle() -> None:
    lines = SIMPLE.strip().splitlines()
    for first in range(1, len(lines)):
        found = trace(log("\n".join(lines[first:])), "3FCA722E68E")
        assert [one.queue_id for one in found] == ["3FCA722E68E"]
        assert found[0].state in {"delivered", "unknown"}


def test_a_long_id_is_looked_for_no_further_back_than_its_beginning() -> None:
    old = "".join(
        f"Nov 21 10:00:00 mail postfix/qmgr[1]: line {n} of before\n" for n in range(200_000)
    ).encode()
    told = b"""Nov 22 10:00:00 mail postfix/smtpd[5]: connect from x[192.0.2.1]
Nov 22 10:00:00 mail postfix/smtpd[5]: 4PcV4K5FPLz3tBr: client=x[192.0.2.1]
Nov 22 10:00:00 mail postfix/qmgr[6]: 4PcV4K5FPLz3tBr: removed
"""
    source = MemoryLog(old + told, size=65536)
    (one,) = trace(source, "4PcV4K5FPLz3tBr")
    assert kinds(one) == ["connect", "accepted", "removed"]
    assert source.read < len(old) // 2


def test_a_trace_near_a_line_reads_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailtui.maillog.passed.EARLIER", 1 << 16)
    monkeypatch.setattr("mailtui.maillog.connection.NEAR", 1 << 16)
    monkeypatch.setattr("mailtui.maillog.telling.NEAR", 1 << 16)
    monkeypatch.setattr("mailtui.maillog.telling.CLOSE", 1 << 16)
    around = b"".join(b"Nov 22 10:00:00 mail postfix/qmgr[1]: another line, %d\n" % n for n in range(100_000))
    told = log(SIMPLE).raw
    source = MemoryLog(around + told + around, size=65536)
    (one,) = trace(source, "3FCA722E68E", source.key(b"size=4031"))
    assert one.state == "delivered"
    assert source.read < len(around)


def test_postscreen_before_the_session() -> None:
    text = """
20:00:00 postfix/postscreen[7]: CONNECT from [198.51.100.7]:36942 to [192.0.2.1]:25
20:00:00 postfix/postscreen[7]: PASS OLD [198.51.100.7]:36942
"""
    (one,) = trace(log(text + SIMPLE.lstrip()), "3FCA722E68E")
    assert [step.title for step in one.steps[:3]] == ["postscreen", "postscreen", "connect"]


def test_a_mailing_list_of_thousands() -> None:
    lines = ["20:00:00 qmgr[13]: 114A622C5BB: from=<l@lists.example>, size=450, nrcpt=5000 (queue active)"]
    lines += [
        f"20:00:01 smtp[{n % 90 + 20}]: 114A622C5BB: to=<u{n}@x{n % 97}.example>, orig_to=<all@falcot.com>, "
        "relay=mx[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok: queued as ABCDEF)"
        for n in range(5000)
    ]
    begun = time.perf_counter()
    (one,) = trace(log("\n".join(lines)), "114A622C5BB")
    assert time.perf_counter() - begun < 10
    assert (one.state, one.recipients, len(one.steps)) == ("delivered", ("all@falcot.com",), 5002)
    assert one.steps[1].text.endswith("u19@x19.example and 4980 more")
