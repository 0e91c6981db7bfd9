"""What the programs beside smtpd and qmgr say, line by line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mailtui.maillog import programs
from mailtui.maillog.record import parse

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)

SAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("opendkim[1]", "3FCA722E68E: DKIM-Signature field added (s=mail, d=a.test)",
     {"queue_id": "3FCA722E68E", "verdict": "signed", "selector": "mail", "domain": "a.test", "event": "other"}),
    ("opendkim[1]", "3FCA722E68E: DKIM verification successful", {"verdict": "pass"}),
    ("opendkim[1]", "3FCA722E68E: s=mx d=a.test a=rsa-sha256 SSL-error", {"domain": "a.test", "selector": "mx"}),
    ("opendkim[1]", "3FCA722E68E: bad signature data", {"verdict": "fail"}),
    ("opendkim[1]", "3FCA722E68E: no signature data", {"verdict": "none"}),
    ("opendkim[1]", "3FCA722E68E: key retrieval failed (s=mail, d=a.test): 'mail._domainkey.a.test' record not found",
     {"verdict": "temperror", "domain": "a.test", "reason": "key retrieval failed"}),
    ("opendkim[1]", "3FCA722E68E: mx.b.test [192.0.2.1] not internal", {"client_address": "192.0.2.1"}),
    ("opendmarc[1]", "3FCA722E68E: a.test fail", {"verdict": "fail", "domain": "a.test"}),
    ("opendmarc[1]", "3FCA722E68E: SPF(mailfrom): joe@a.test pass", {"verdict": "pass", "about": "mailfrom"}),
    ("policyd-spf[1]", "prepend Received-SPF: Pass (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=mx.a.test; "
     "envelope-from=joe@a.test; receiver=<UNKNOWN>",
     {"verdict": "Pass", "client_address": "192.0.2.1", "sender": "joe@a.test", "helo": "mx.a.test"}),
    ("policyd-spf[1]", "550 5.7.23 Message rejected due to: SPF fail - not authorized.", {"code": 550, "dsn": "5.7.23"}),
    ("postgrey[1]", "action=greylist, reason=new, client_name=mx.a.test, client_address=192.0.2.1/32, "
     "sender=joe@a.test, recipient=ann@b.test",
     {"verdict": "greylist", "reason": "new", "client_address": "192.0.2.1", "recipient": "ann@b.test"}),
    ("postgrey[1]", "action=pass, reason=triplet found, delay=301, client_name=mx.a.test, client_address=192.0.2.1/32, "
     "sender=joe@a.test, recipient=ann@b.test", {"verdict": "pass", "delay": 301.0}),
    ("clamav-milter[1]", "Message 3FCA722E68E from <joe@a.test> to <ann@b.test> with subject 'It's Ann's' message-id "
     "'<1@a.test>' date 'Mon, 23 Nov 2026 03:26:00 +0000' infected by X.UNOFFICIAL",
     {"event": "other", "queue_id": "3FCA722E68E", "about": "It's Ann's", "message_id": "1@a.test",
      "reason": "X.UNOFFICIAL", "verdict": "infected"}),
    ("policyd-spf[1]", ": prepend Received-SPF: None (mailfrom) identity=mailfrom; client-ip=192.0.2.1; helo=mx.a.test; "
     "envelope-from=joe@a.test; receiver=b.test ", {"event": "other", "recipient": "b.test", "verdict": "None"}),
    ("clamav-milter[1]", "Message from <joe@a.test> to <ann@b.test> infected by Eicar-Test-Signature",
     {"verdict": "infected", "reason": "Eicar-Test-Signature", "recipient": "ann@b.test"}),
    ("clamd[1]", "/tmp/x: Eicar-Test-Signature FOUND", {"verdict": "infected", "about": "/tmp/x"}),
    ("clamd[1]", "instream(127.0.0.1@1): Eicar-Test-Signature FOUND", {"verdict": "infected"}),
    ("amavis[1]", "(14540-09) Passed CLEAN {RelayedInbound}, [192.0.2.1]:56540 [192.0.2.1] <a@a.test> -> <b@b.test>, "
     "Queue-ID: 3FCA722E68E, Message-ID: <m@a.test>, mail_id: x, Hits: -1.481, size: 142067, queued_as: A0320E00C3, "
     "dkim_sd=cm:a.test, 10172 ms",
     {"queue_id": "3FCA722E68E", "next_id": "A0320E00C3", "score": -1.481, "size": 142067, "verdict": "CLEAN",
      "elapsed_ms": 10172.0, "sender": "a@a.test", "event": "other", "client_port": 56540}),
    ("amavis[1]", "(1-09) Blocked SPAM {DiscardedInbound}, [192.0.2.1]:1 <a@a.test> -> <b@b.test>,<c@b.test>, Hits: 9, "
     "size: 1, 5 ms", {"event": "reject", "verdict": "SPAM", "score": 9.0, "recipient": "b@b.test"}),
    ("rspamd[1]", "<a1b2c3>; task; rspamd_task_write_log: id: <m@a.test>, qid: <3FCA722E68E>, ip: 192.0.2.1, "
     "from: <a@a.test>, (default: T (reject): [20.50/15.00] [BAYES_SPAM(5.1){100%;},X(1){}]), len: 1234, time: 5.1ms, "
     "dns req: 3, digest: <d>, rcpts: <b@b.test>, mime_rcpts: <b@b.test>",
     {"queue_id": "3FCA722E68E", "verdict": "reject", "score": 20.5, "size": 1234, "recipient": "b@b.test"}),
    ("saslauthd[1]", "do_auth         : auth failure: [user=joe] [service=smtp] [realm=a.test] [mech=pam] "
     "[reason=PAM auth error]", {"event": "auth_failed", "sasl_username": "joe", "reason": "PAM auth error"}),
    ("spamd[1]", "spamd: identified spam (15.9/5.0) for joe:1000 in 1.2 seconds, 2345 bytes.",
     {"verdict": "spam", "score": 15.9, "elapsed": 1.2, "size": 2345}),
    ("dovecot", "lmtp(ann@b.test)<77><x>: msgid=<m@a.test>: saved mail to INBOX",
     {"event": "delivered", "recipient": "ann@b.test", "message_id": "m@a.test", "mailbox": "INBOX"}),
    ("dovecot", "imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=1, TLS, session=<s>",
     {"status": "Login", "sasl_username": "ann", "client_address": "192.0.2.1", "service": "imap", "event": "other"}),
    ("dovecot", "auth: Error: something broke", {"level": "error", "event": "warning"}),
    ("postfix/postfix-script[1]", "starting the Postfix mail system", {"status": "starting"}),
    ("postfix/master[1]", "daemon started -- version 3.7.11, configuration /etc/postfix", {"version": "3.7.11"}),
    ("postfix/verify[1]", "cache lmdb:/x full cleanup: retained=7 dropped=6 entries",
     {"counts": {"retained": 7, "dropped": 6}}),
    ("postfix/smtpd[1]", "disconnect from a[192.0.2.1] ehlo=1 rcpt=0/1 commands=1/2",
     {"counts": {"ehlo": 1, "rcpt_accepted": 0, "rcpt": 1, "commands_accepted": 1, "commands": 2}}),
    ("postfix/smtpd[1]", "connect from a[192.0.2.1]:4711", {"client_port": 4711}),
    ("postfix/smtp[1]", "3FCA722E68E: to=<x@y>, relay=mx[192.0.2.1]:25, delay=1, delays=0.1/0.2/0.3/0.4, dsn=5.1.1, "
     "status=bounced (host mx[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command))",
     {"delays": (0.1, 0.2, 0.3, 0.4), "code": 550, "stage": "RCPT TO", "event": "bounced"}),
    ("postfix/bounce[1]", "3FCA722E68E: sender non-delivery notification: 4FCA722E68E",
     {"next_id": "4FCA722E68E", "reason": "non-delivery"}),
    ("postfix/qmgr[1]", "3FCA722E68E: from=<a@a.test>, status=expired, returned to sender",
     {"event": "bounced", "status": "expired"}),
    ("postfix/postlogd[1]", "warning: nobody knows this one", {"level": "warning", "event": "warning"}),
    ("postfix/proxymap[1]", "fatal: out of luck", {"level": "fatal", "event": "fatal"}),
    ("postfix-mx2/smtpd[1]", "connect from a[192.0.2.1]", {"event": "connect", "process": "postfix-mx2/smtpd"}),
    ("cron[1]", "(root) CMD (true)", {"event": "other", "process": "cron", "text": "(root) CMD (true)"}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "text", "expected"), SAMPLES)
def test_what_it_says(program: str, text: str, expected: dict[str, Any]) -> None:
    found = parse(f"Nov 22 13:22:20 mx {program}: {text}".encode(), NOW).as_json()
    assert {name: found.get(name) for name in expected} == expected


def test_every_program_has_shapes_that_compile() -> None:
    names = [f"postfix/{daemon}" for daemon in programs._POSTFIX] + list(programs._OTHERS)
    assert all(programs.table(name).shapes for name in names)


def test_an_other_smtpd_is_not_postfix() -> None:
    assert programs.table("smtpd").shapes == ()
    assert programs.table("mailout/smtpd").shapes


def test_queue_ids_fill_no_memory() -> None:
    table = programs.table("postfix/smtpd")
    found = {
        id(table.candidates(f"{number:05X}0A: client=mx.a.test[192.0.2.1]"))
        for number in range(1 << 20)[::97]
    }
    assert len(found) <= 256
