"""Who handed a message in, from the log by its queue id; and who did not, though the log has that id."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from mailtui.maillog.source import Source
from mailtui.postfix.mailqueue.origins import NEAR, NOBODY, UNKNOWN, Origin, Origins
from tests.postfix.queues import line, listed, stamp, taken

AT = 1_763_900_000
LAURE = Origin("laure@falcot.com", "c.test[192.0.2.9]")


def found(tmp_path: Path, *lines: str, arrived: int = AT, queue_id: str = "3FCA722E68E") -> Origin:
    """What these lines of a log say of one message."""
    log = tmp_path / "mail.log"
    log.write_text("".join(lines))
    origins = Origins()
    for _ in origins.look_in(Source("file", str(log)), listed(line(queue_id, arrived=arrived))):
        pass
    return origins.of(queue_id)


def test_the_user_and_the_client(tmp_path: Path) -> None:
    assert found(tmp_path, taken("3FCA722E68E", AT, user="laure@falcot.com")) == LAURE
    assert LAURE.address == "192.0.2.9"
    assert LAURE.name == "c.test"
    assert found(tmp_path, taken("3FCA722E68E", AT)) == Origin("", "c.test[192.0.2.9]")
    assert found(tmp_path, taken("4444444AAAA", AT, user="x")) == NOBODY
    assert found(tmp_path) == NOBODY


def test_an_id_that_came_again_is_told_by_its_time(tmp_path: Path) -> None:
    before = taken("3FCA722E68E", AT - 4000, user="other@falcot.com")
    assert found(tmp_path, before) == NOBODY
    assert found(tmp_path, before, taken("3FCA722E68E", AT, user="laure@falcot.com")) == LAURE
    later = taken("3FCA722E68E", AT + int(NEAR) + 60, user="other@falcot.com")
    assert found(tmp_path, taken("3FCA722E68E", AT, user="laure@falcot.com"), later) == LAURE


def test_mail_of_this_host_and_requeued_mail(tmp_path: Path) -> None:
    own = f"{stamp(AT)} mx postfix/pickup[9]: 3FCA722E68E: uid=33 from=<www-data>\n"
    assert found(tmp_path, own) == Origin("", "uid 33")
    first = taken("1111111AAAA", AT, user="laure@falcot.com")
    again = f"{stamp(AT + 9000)} mx postfix/pickup[9]: 2222222AAAA: uid=102 from=<a@b> orig_id=1111111AAAA\n"
    third = f"{stamp(AT + 9900)} mx postfix/pickup[9]: 3FCA722E68E: uid=102 from=<a@b> orig_id=2222222AAAA\n"
    assert found(tmp_path, first, again, third) == LAURE


def test_mail_that_a_filter_gave_back(tmp_path: Path) -> None:
    log = [
        taken("1111111AAAA", AT - 2, user="laure@falcot.com"),
        taken("3FCA722E68E", AT, client="localhost[127.0.0.1]"),
        f"{stamp(AT)} mx postfix/smtp[9]: 1111111AAAA: to=<a@b>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, "
        "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 3FCA722E68E)\n",
    ]
    assert found(tmp_path, *log) == LAURE
    far = log[2].replace("127.0.0.1[127.0.0.1]:10024", "mx.far.test[192.0.2.1]:25")
    assert found(tmp_path, log[0], log[1], far) == Origin("", "localhost[127.0.0.1]")


@pytest.mark.parametrize(
    "text",
    [
        "postfix/smtpd[9]: warning: non-SMTP command from c[192.0.2.66]: ]: 3FCA722E68E: client=e[192.0.2.1], sasl_username=boss",
        "postfix/cleanup[9]: ABCDEF1: warning: header Subject: 3FCA722E68E: client=e[192.0.2.1] from c[192.0.2.66]; from=<>",
        "other[9]: 3FCA722E68E: client=e[192.0.2.1], sasl_username=boss",
        "postfix/smtpd[9]: 3FCA722E68E: client=e[192.0.2.1], sasl_username=boss, and more",
        "postfix/smtpd[9]: 3FCA722E68E: uid=0 from=<x>",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_does_not_count(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, f"{stamp(AT)} mx {text}\n") == NOBODY


def test_before_a_filter_of_the_proxy_kind(tmp_path: Path) -> None:
    text = "postfix/smtpd[9]: 3FCA722E68E: client=localhost[127.0.0.1], orig_client=c.test[192.0.2.9]"
    assert found(tmp_path, f"{stamp(AT)} mx {text}\n") == Origin("", "c.test[192.0.2.9]")


def test_rotated_logs_are_read_as_far_as_the_oldest_message(tmp_path: Path) -> None:
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(taken("1111111AAAA", AT, user="old").encode()))
    (tmp_path / "mail.log.1").write_text(taken("3FCA722E68E", AT + 500_000, user="laure@falcot.com"))
    os.utime(tmp_path / "mail.log.2.gz", (AT + 10, AT + 10))
    os.utime(tmp_path / "mail.log.1", (AT + 500_010, AT + 500_010))
    assert found(tmp_path, arrived=AT + 500_000).user == "laure@falcot.com"
    assert found(tmp_path, queue_id="1111111AAAA").user == "old"


def test_what_is_known_is_not_looked_for_again_and_others_are_forgotten(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(taken("3FCA722E68E", AT, user="laure@falcot.com"))
    origins, source = Origins(), Source("file", str(log))
    both = listed(line("3FCA722E68E", arrived=AT), line("1111111AAAA", arrived=AT))
    assert sum(origins.look_in(source, both)) == 1
    log.unlink()
    assert not list(origins.look_in(source, both))
    assert origins.of("2222222AAAA") == UNKNOWN
    origins.keep(["1111111AAAA"])
    assert (origins.of("3FCA722E68E"), origins.of("1111111AAAA")) == (UNKNOWN, NOBODY)


def test_a_search_that_nobody_waits_for_ends_and_says_nothing(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(taken("3FCA722E68E", AT))
    end = threading.Event()
    end.set()
    origins = Origins()
    assert not list(origins.look_in(Source("file", str(log)), listed(line("3FCA722E68E", arrived=AT)), end))
    assert origins.of("3FCA722E68E") == UNKNOWN


def test_a_message_of_just_now_is_looked_for_again(tmp_path: Path) -> None:
    import time

    log = tmp_path / "mail.log"
    log.write_text("")
    now = int(time.time())
    origins, source = Origins(), Source("file", str(log))
    one = listed(line("3FCA722E68E", arrived=now))
    list(origins.look_in(source, one))
    assert origins.of("3FCA722E68E") == UNKNOWN
    log.write_text(taken("3FCA722E68E", now, user="laure@falcot.com"))
    list(origins.look_in(source, one))
    assert origins.of("3FCA722E68E") == LAURE
