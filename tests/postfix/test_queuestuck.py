"""Which messages of a queue need somebody, what is usual for a user, and that another's id is left alone."""

from __future__ import annotations

import gzip
import os
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import queueacts
from mailtui.maillog.source import Source
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailqueue.entry import Seen, comes_again, parse
from mailtui.postfix.mailqueue.stuck import Lifetimes, lasting, stuck
from mailtui.postfix.mailqueue.usual import DAYS, Usual, look_in
from tests.postfix.conftest import instance_dir
from tests.postfix.queues import fake_postqueue, line, stamp, taken

__all__ = ["instance_dir"]
NOW = 1_763_900_000
DAY = 86_400
LIVES = Lifetimes(5 * DAY, DAY)
TODAY = date(2025, 11, 23)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("host a.test[192.0.2.1] said: 450 4.7.0 <x>: Greylisted, try again (in reply to RCPT TO command)", ""),
        ("connect to a.test[192.0.2.1]:25: Connection timed out", ""),
        ("Host or domain name not found. Name service error for name=a.test type=MX: Host not found, try again", ""),
        ("host a.test[192.0.2.1] said: 451 4.3.0 Server configuration error, mailbox quota 550 MB (in reply to DATA)", ""),
        ("lost connection with a.test[192.0.2.1] while receiving the initial server greeting", ""),
        ("", ""),
        ("host a.test[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command)", "refuses it for good"),
        ("delivery temporarily suspended: host a.test[192.0.2.1] refused to talk to me: 554 5.7.1 blocked", "refuses it"),
        ("SASL authentication failed; server relay.test[192.0.2.1] said: 535 5.7.8 Error: authentication failed", "login"),
        ("mail for a.test loops back to myself", "DNS leads to this server"),
        ("delivery temporarily suspended: mail transport unavailable", "service that should deliver"),
        ("Server certificate not trusted", "TLS to that host"),
        ("alias database unavailable", "setting or a table"),
        ("connect to mail.test[private/dovecot-lmtp]: No such file or directory", "is its service running"),
        ("cannot update mailbox /var/mail/jean for user jean. unable to lock", "mailbox cannot be written"),
    ],
)  # fmt: skip
def test_reasons_that_do_not_pass_by_themselves(reason: str, words: str) -> None:
    assert words in lasting(reason)
    assert bool(lasting(reason)) is bool(words)


def test_what_is_returned_soon_and_what_nobody_takes() -> None:
    def why(age: float, **more: Any) -> str:
        found = stuck(parse(line("ABCDE1", arrived=int(NOW - age), **more)), NOW, LIVES)
        return f"{found.sign} {found.why}" if found is not None else ""

    assert why(4 * DAY) == ""
    assert why(4.75 * DAY) == "? it is returned in 6 h"
    assert why(6 * DAY) == "? it is returned at the next try"
    assert why(6 * DAY, queue="hold") == ""
    assert why(23 * 3600, sender="MAILER-DAEMON") == "? it is returned in 1 h"
    assert why(60, queue="maildrop") == ""
    assert why(DAY, queue="maildrop") == "? pickup should have taken it long ago"
    assert why(60, queue="corrupt").startswith("! ")
    assert stuck(parse(line("ABCDE1", arrived=NOW - 9 * DAY)), NOW, Lifetimes()) is None


def test_lifetimes_in_every_unit(instance_dir: Any) -> None:
    folder = instance_dir("maximal_queue_lifetime = 2\nbounce_queue_lifetime = 36h\n")
    assert Lifetimes.of(Instance.open(str(folder))) == Lifetimes(2 * DAY, 36 * 3600)


def at(day: int, hour: int = 12) -> int:
    """A moment so many days before TODAY."""
    return int(datetime(TODAY.year, TODAY.month, TODAY.day, hour).astimezone().timestamp()) - day * DAY


def test_what_a_user_hands_in_is_counted_over_full_days(tmp_path: Path) -> None:
    log, counts = tmp_path / "mail.log", (14, 9, 0, 31, 12, 14, 15, 40)
    evil = "[/x]\x1b\u202e"
    lines = {
        day: [taken(f"{n:X}AAAAA", at(day), user="laure@falcot.com") for n in range(count)]
        for day, count in enumerate(reversed(counts), 1)
    }
    lines[2] += [
        taken("ABCDEF1", at(2), user=evil),
        f"{stamp(at(2))} mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from a[b]: 554; sasl_username=laure@falcot.com\n",
        f"{stamp(at(2))} mx dovecot[9]: x: client=a[b], sasl_method=PLAIN, sasl_username=laure@falcot.com\n",
    ]  # fmt: skip
    with gzip.open(tmp_path / "mail.log.2.gz", "wt") as old:
        old.writelines(each for day in range(len(counts), 3, -1) for each in lines[day])
    (tmp_path / "mail.log.1").write_text("".join(lines[3] + lines[2]))
    log.write_text("".join(lines[1] + [taken("ABCDEF2", at(0, 1), user="laure@falcot.com")] * 90))
    for age, name in enumerate(("mail.log", "mail.log.1", "mail.log.2.gz")):
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    found = look_in(Source("file", str(log)), today=TODAY)
    assert found.days == tuple(TODAY - timedelta(days=n) for n in range(DAYS, 0, -1))
    assert found.of("laure@falcot.com") == list(counts[1:])
    assert found.words("laure@falcot.com") == "14 a day; 0 to 40 in the 7 days before today"
    assert found.words("nobody") == "none in the 7 days before today"
    assert found.of(evil)[-2] == 1
    stop = threading.Event()
    stop.set()
    assert look_in(Source("file", str(log)), stop, today=TODAY) == Usual()
    log.write_text("".join(taken("ABCDEF3", at(0, hour), user="x") for hour in (1, 2)))
    for name in ("mail.log.1", "mail.log.2.gz"):
        (tmp_path / name).unlink()
    young = look_in(Source("file", str(log)), today=TODAY)
    assert (young.days, young.words("x")) == ((), "")


def test_an_id_that_is_another_message_now_is_left_alone(
    instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    folder = instance_dir()
    before = [line(f"AAAAAA{n}", arrived=NOW + n) for n in range(4)]
    seen = {each.queue_id: Seen.of(each) for each in map(parse, before)}
    other = [line("AAAAAA1", arrived=NOW + 1, sender="new@else.test"), line("AAAAAA2", arrived=NOW + 99)]
    fake_postqueue(folder, monkeypatch, [before[0], *other])
    acted = queueacts.carry_out(Instance.open(str(folder)), "delete", list(seen), "", seen)
    assert (acted.done, acted.gone, acted.other) == (("AAAAAA0",), ("AAAAAA3",), ("AAAAAA1", "AAAAAA2"))
    assert acted.words == (
        "1 message deleted; 1 message not there any more (AAAAAA3); "
        "2 are other messages by now, left alone (AAAAAA1, AAAAAA2)"
    )
    assert (folder / "queue.json").read_bytes() == b"".join(other)
    flushed = queueacts.carry_out(Instance.open(str(folder)), "flush", ["AAAAAA1"], "", seen)
    assert (flushed.done, flushed.other) == ((), ("AAAAAA1",))


def test_only_short_ids_come_again() -> None:
    assert comes_again("3FCA722E68E")
    assert not comes_again("4PcV4K5FPLz3tBr")
