"""The demo's small servers, its replayed log and its traffic, each by itself."""

from __future__ import annotations

import re
import smtplib
import socket
import threading
import time
from pathlib import Path

import pytest

from mailtui.demo import background, elsewhere, greylist, replay, syslog, traffic
from mailtui.demo.traffic import Message, Traffic


def test_a_stranger_waits_and_is_let_in() -> None:
    server = greylist.Greylist(("127.0.0.1", 0), delay=0.15)
    with (
        background.serving(server, "test"),
        socket.create_connection(("127.0.0.1", server.server_address[1]), 2) as sock,
        sock.makefile("rw") as line,
    ):

        def ask(client: str) -> str:
            line.write(f"request=smtpd_access_policy\nclient_address={client}\nsender=a\nrecipient=b\n\n")
            line.flush()
            answer = line.readline().strip()
            assert line.readline() == "\n"
            return answer

        assert ask("1.2.3.4").startswith("action=DEFER_IF_PERMIT greylisted")
        assert ask("5.6.7.8").startswith("action=DEFER_IF_PERMIT")
        time.sleep(0.2)
        assert ask("1.2.3.4") == "action=DUNNO"


@pytest.mark.parametrize(
    ("to", "code"),
    [("busy@bigmail.example", 450), ("Gone@bigmail.example", 550), ("anna@bigmail.example", 250)],
)
def test_the_rest_of_the_world_answers_by_recipient(to: str, code: int) -> None:
    with elsewhere.Elsewhere(("127.0.0.1", 0)) as server, background.serving(server, "test"):
        host, port = server.server_address[:2]
        with smtplib.SMTP(str(host), int(port), "me.test", 2) as smtp:
            assert smtp.docmd("NONSENSE")[0] == 500
            smtp.ehlo()
            assert smtp.mail("a@b.test")[0] == 250
            assert smtp.rcpt(to)[0] == code
            if code == 250:
                assert smtp.data("Subject: x\r\n\r\n.dots\r\n.\r\nare kept out\r\n") == (250, b"2.0.0 taken")


def test_a_record_for_syslog_gets_its_host(tmp_path: Path) -> None:
    path, log = tmp_path / "log.socket", tmp_path / "mail.log"
    server = syslog.Syslog(path, log, "mail")
    with background.serving(server, "test"), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"<22>Nov  2 13:22:20 postfix/smtpd[7]: fatal: two\nlines\0", str(path))
        limit = time.monotonic() + 2
        while not log.exists() and time.monotonic() < limit:
            time.sleep(0.01)
    assert log.read_bytes() == b"Nov  2 13:22:20 mail postfix/smtpd[7]: fatal: two lines\n"


LINE = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d mail postfix/[a-z]+\[\d+\]: \S.*")


def test_the_replayed_log_reads_like_postfixs(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    replay.Replay(log).history(time.time())
    lines = log.read_text().splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    text = log.read_text()
    assert text.count("NOQUEUE: reject:") + text.count(": reject: header") == len(
        traffic.REJECTED + traffic.GREYLISTED
    )
    assert text.count("status=deferred") == len(traffic.DEFERRED)
    assert text.count("status=bounced") == len(traffic.BOUNCED)
    assert text.count("status=sent") == sum(len(message.recipients) for message in traffic.ACCEPTED)
    assert "{" not in text


@pytest.mark.parametrize("message", traffic.OPENING, ids=lambda message: message.subject)
def test_every_message_can_be_replayed(tmp_path: Path, message: Message) -> None:
    log = tmp_path / "mail.log"
    replay.Replay(log).deliver(message)
    first, *_, last = log.read_text().splitlines()
    assert f"connect from {message.client[0] or 'unknown'}[{message.client[1]}]" in first
    assert LINE.fullmatch(last)


def test_a_message_has_what_a_mailbox_needs() -> None:
    message = traffic.REJECTED[7]
    head, _, body = traffic.text_of(message).partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n")]
    assert names == [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"X-Mailer"]
    assert body == message.body.encode()


def test_traffic_goes_on_when_the_server_is_down() -> None:
    sent: list[Message] = []
    done = threading.Event()

    def deliver(message: Message) -> None:
        sent.append(message)
        if len(sent) == 1:
            raise ConnectionRefusedError
        done.set()

    with Traffic(deliver, traffic.ACCEPTED[:2]) as running:
        assert done.wait(5)
    assert sent == list(traffic.ACCEPTED[:2])
    assert running.failures == 1
