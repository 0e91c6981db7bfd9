"""Messages that became others, came from others, or were tried before."""

from __future__ import annotations

from mailtui.maillog.trace import trace, trace_of
from tests.maillog.memorylog import kinds, log

BOUNCED = """
20:00:00 smtpd[5]: connect from localhost[127.0.0.1]
20:00:00 smtpd[5]: 77E7822C5AB: client=localhost[127.0.0.1]
20:00:00 cleanup[2]: 77E7822C5AB: message-id=<m@falcot.com>
20:00:00 qmgr[3]: 77E7822C5AB: from=<roland@falcot.com>, size=377, nrcpt=2 (queue active)
20:00:01 smtp[6]: Untrusted TLS connection established to mx.bigmail.example[203.0.113.25]:25: TLSv1.2 with cipher ECDHE (256/256 bits)
20:00:01 smtp[6]: 77E7822C5AB: to=<gone@bigmail.example>, relay=mx.bigmail.example[203.0.113.25]:25, delay=1, delays=0/0/0.5/0.5, dsn=5.1.1, status=bounced (host mx.bigmail.example[203.0.113.25] said: 550 5.1.1 no such user here (in reply to RCPT TO command))
20:00:01 smtp[6]: 77E7822C5AB: to=<here@bigmail.example>, relay=mx.bigmail.example[203.0.113.25]:25, delay=1, delays=0/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4PcV4K5FPLz3tBr)
20:00:01 cleanup[2]: 89FFE22C5B4: message-id=<20261122.89FFE22C5B4@mail.falcot.com>
20:00:01 qmgr[3]: 89FFE22C5B4: from=<>, size=2356, nrcpt=1 (queue active)
20:00:01 bounce[7]: 77E7822C5AB: sender non-delivery notification: 89FFE22C5B4
20:00:01 qmgr[3]: 77E7822C5AB: removed
20:00:02 local[8]: 89FFE22C5B4: to=<roland@falcot.com>, relay=local, delay=0.01, delays=0.01/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
20:00:02 qmgr[3]: 89FFE22C5B4: removed
"""


def test_a_bounce_and_what_it_is_of() -> None:
    (one,) = trace(log(BOUNCED), "77E7822C5AB")
    assert one.state == "partly"
    assert [(r.queue_id, r.why, r.trace.state) for r in one.related] == [
        ("89FFE22C5B4", "the bounce", "delivered")
    ]
    assert kinds(one)[4:7] == ["tls", "bounced", "delivered"]
    (bounce,) = trace(log(BOUNCED), "89FFE22C5B4")
    assert [(r.queue_id, r.why) for r in bounce.related] == [
        ("77E7822C5AB", "the message that this tells of")
    ]


FILTERED = """
19:47:43 smtpd[17]: connect from xmx2.tcd.ie[134.226.1.152]
19:47:43 smtpd[17]: 34B3F4317A: client=xmx2.tcd.ie[134.226.1.152]
19:47:43 cleanup[18]: 34B3F4317A: message-id=<F@tpnet.pl>
19:47:43 qmgr[19]: 34B3F4317A: from=<t@tpnet.pl>, size=3326, nrcpt=1 (queue active)
19:47:50 smtpd[16]: connect from localhost[127.0.0.1]
19:47:50 smtpd[16]: 8B22B43C3F: client=localhost[127.0.0.1], orig_client=xmx2.tcd.ie[134.226.1.152]
19:47:50 cleanup[18]: 8B22B43C3F: message-id=<F@tpnet.pl>
19:47:50 qmgr[19]: 8B22B43C3F: from=<t@tpnet.pl>, size=5800, nrcpt=1 (queue active)
19:47:50 amavis[30]: (16661-16) Passed CLEAN {RelayedInbound}, [134.226.1.152]:5 [134.226.1.152] <t@tpnet.pl> -> <g@cs.tcd.ie>, Message-ID: <F@tpnet.pl>, Hits: -1, size: 3326, queued_as: 8B22B43C3F, 700 ms
19:47:50 cleanup[18]: 9627443F0A: message-id=<F@tpnet.pl>
19:47:50 local[15]: 8B22B43C3F: to=<g@cs.tcd.ie>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as 9627443F0A)
19:47:50 qmgr[19]: 8B22B43C3F: removed
19:47:50 qmgr[19]: 9627443F0A: from=<t@tpnet.pl>, size=5900, nrcpt=1 (queue active)
19:47:50 lmtp[20]: 34B3F4317A: to=<g@cs.tcd.ie>, relay=127.0.0.1[127.0.0.1]:10024, delay=7, delays=0/0/0/7, dsn=2.0.0, status=sent (250 2.6.0 Ok, id=16661-16, from MTA([127.0.0.1]:11025): 250 Ok: queued as 8B22B43C3F)
19:47:50 qmgr[19]: 34B3F4317A: removed
19:47:55 smtp[21]: 9627443F0A: to=<g@elsewhere.example>, orig_to=<g@cs.tcd.ie>, relay=none, delay=5, delays=0/0/5/0, dsn=4.4.1, status=deferred (connect to elsewhere.example[192.0.2.9]:25: Connection timed out)
"""


def test_what_a_filter_gives_back_and_what_is_forwarded() -> None:
    (one,) = trace(log(FILTERED), "34B3F4317A")
    (passed,) = one.related
    assert (passed.queue_id, passed.why, passed.trace.state) == (
        "8B22B43C3F",
        "passed on as this",
        "delivered",
    )
    assert "amavis" in [step.title for step in passed.trace.steps]
    (on,) = passed.trace.related
    assert (on.queue_id, on.why, on.trace.state) == ("9627443F0A", "forwarded as this", "deferred")
    (last,) = trace(log(FILTERED), "9627443F0A")
    assert [(r.queue_id, r.why) for r in last.related] == [("8B22B43C3F", "was passed on as this")]


GREYLISTED = """
20:00:00 postgrey[30]: action=greylist, reason=new, client_name=mx.new.example, client_address=198.51.100.44, sender=ann@new.example, recipient=jobs@falcot.com
20:00:00 smtpd[10]: connect from mx.new.example[198.51.100.44]
20:00:00 smtpd[10]: NOQUEUE: reject: RCPT from mx.new.example[198.51.100.44]: 450 4.2.0 <jobs@falcot.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/falcot.com.html; from=<ann@new.example> to=<jobs@falcot.com> proto=ESMTP helo=<mx.new.example>
20:00:00 smtpd[10]: disconnect from mx.new.example[198.51.100.44] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4
20:06:00 smtpd[11]: connect from mx.new.example[198.51.100.44]
20:06:00 policyd-spf[31]: prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=198.51.100.44; helo=mx.new.example; envelope-from=ann@new.example; receiver=<UNKNOWN>
20:06:00 policyd-spf[32]: prepend Received-SPF: Fail (mailfrom) identity=mailfrom; client-ip=198.51.100.45; helo=mx.other.example; envelope-from=ann@new.example; receiver=<UNKNOWN>
20:06:00 postgrey[30]: action=pass, reason=triplet found, delay=360, client_name=mx.new.example, client_address=198.51.100.44, sender=ann@new.example, recipient=jobs@falcot.com
20:06:00 smtpd[11]: 114A622C5BB: client=mx.new.example[198.51.100.44]
20:06:00 cleanup[12]: 114A622C5BB: message-id=<greyed@new.example>
20:06:00 smtpd[11]: disconnect from mx.new.example[198.51.100.44] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
20:06:00 qmgr[13]: 114A622C5BB: from=<ann@new.example>, size=450, nrcpt=1 (queue active)
20:06:01 local[14]: 114A622C5BB: to=<claire@falcot.com>, orig_to=<jobs@falcot.com>, relay=local, delay=0.01, delays=0.01/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
20:06:01 qmgr[13]: 114A622C5BB: removed
"""


def test_greylisting_with_the_attempt_before() -> None:
    (one,) = trace(log(GREYLISTED), "114A622C5BB")
    assert kinds(one)[:4] == ["connect", "spf", "greylisted", "accepted"]
    assert one.steps[2].text == "passed: triplet found, after 360 s"
    assert one.steps[1].text == "pass for ann@new.example (mailfrom)"
    (before,) = one.related
    assert (before.queue_id, before.why, before.trace.state) == ("", "an earlier attempt", "rejected")
    assert "greylisted" in kinds(before.trace)


def test_a_policy_services_line_leads_to_its_session() -> None:
    source = log(GREYLISTED)
    one = trace_of(source, source.key(b"action=greylist"))
    assert (one.state, kinds(one)) == ("rejected", ["greylisted", "connect", "greylisted", "disconnect"])


def test_a_requeued_message_goes_on_under_its_new_id() -> None:
    text = """
20:00:00 qmgr[13]: A1B7A22C5B7: from=<r@falcot.com>, size=371, nrcpt=1 (queue active)
20:00:01 smtp[6]: A1B7A22C5B7: to=<x@closed.example>, relay=none, delay=0.01, delays=0/0/0/0, dsn=4.4.1, status=deferred (connect to 127.0.0.1[127.0.0.1]:9: Connection refused)
20:00:06 postsuper[20]: A1B7A22C5B7: requeued
20:00:06 pickup[21]: E111A22C5C7: uid=102 from=<r@falcot.com> orig_id=A1B7A22C5B7
20:00:06 qmgr[13]: E111A22C5C7: from=<r@falcot.com>, size=484, nrcpt=1 (queue active)
20:00:07 smtp[6]: E111A22C5C7: to=<x@closed.example>, relay=127.0.0.1[127.0.0.1]:9, delay=7, delays=6/0/0/1, dsn=2.0.0, status=sent (250 ok)
20:00:07 qmgr[13]: E111A22C5C7: removed
"""
    (old,) = trace(log(text), "A1B7A22C5B7")
    assert (old.state, old.related[0].queue_id) == ("delivered", "E111A22C5C7")


PROXIED = """
11:03:12 smtpd[30]: connect from misas5.babino.pl[207.154.235.157]
11:03:12 smtpd[30]: NOQUEUE: client=misas5.babino.pl[207.154.235.157]
11:03:15 smtpd[31]: connect from localhost[127.0.0.1]
11:03:15 smtpd[31]: 1FEB7E00C4: client=localhost[127.0.0.1], orig_client=misas5.babino.pl[207.154.235.157]
11:03:15 qmgr[32]: 1FEB7E00C4: from=<z@babino.pl>, size=53549, nrcpt=1 (queue active)
11:03:15 smtpd[30]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 1FEB7E00C4; from=<z@babino.pl> to=<info@test2.com> proto=ESMTP helo=<misas5.babino.pl>
11:03:15 smtpd[30]: disconnect from misas5.babino.pl[207.154.235.157] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
11:03:15 lmtp[33]: 1FEB7E00C4: to=<info@test2.com>, relay=mail[private/dovecot-lmtp], delay=0.3, delays=0.1/0/0/0.2, dsn=2.0.0, status=sent (250 2.0.0 <info@test2.com> Saved)
"""


def test_the_session_before_a_filter() -> None:
    (one,) = trace(log(PROXIED), "1FEB7E00C4")
    (before,) = one.related
    assert before.why == "the session before the filter"
    assert before.trace.client == "misas5.babino.pl[207.154.235.157]"
    assert [step.title for step in before.trace.steps] == ["connect", "accepted", "filter", "disconnect"]
