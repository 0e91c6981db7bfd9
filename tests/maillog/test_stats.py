"""The numbers of a log: by hand, and beside pflogsumm's of the same file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailtui.maillog.reasons import reason, reply
from mailtui.maillog.stats import Statistics
from mailtui.maillog.statwords import as_json, cut, per_minute, report
from tests.corpus import corpus_root
from tests.laws.whole import differs, tally

NOW = datetime(2026, 12, 31, tzinfo=UTC)


def counted(text: str) -> Statistics:
    """The numbers of these lines: `20:14:05 smtpd[1]: text`."""
    lines = [line.strip().split(" ", 1) for line in text.strip().splitlines()]
    numbers = Statistics()
    numbers.add("".join(f"Nov 22 {clock} mail postfix/{rest}\n" for clock, rest in lines).encode(), NOW)
    return numbers


DAY = """
20:14:05 smtpd[1]: AAAAAA: client=mx1.example.net[198.51.100.7]
20:14:05 qmgr[2]: AAAAAA: from=<Ann@Example.NET>, size=4000, nrcpt=2 (queue active)
20:14:06 local[3]: AAAAAA: to=<jean@falcot.com>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)
20:14:07 smtp[4]: AAAAAA: to=<x@gmail.com>, orig_to=<y@falcot.com>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (connect to gmail.com[192.0.2.1]:25: Connection timed out)
20:19:05 qmgr[2]: AAAAAA: from=<Ann@Example.NET>, size=4000, nrcpt=2 (queue active)
20:19:07 smtp[4]: AAAAAA: to=<x@gmail.com>, relay=none, delay=301, delays=300/0/0/1, dsn=4.4.1, status=deferred (connect to gmail.com[192.0.2.2]:25: Connection timed out)
20:24:07 smtp[4]: AAAAAA: to=<x@gmail.com>, relay=g[192.0.2.1]:25, delay=601, delays=600/0/0/1, dsn=5.1.1, status=bounced (host g[192.0.2.1] said: 550-5.1.1 <x@gmail.com>: no such user https://x.example/1 (in reply to RCPT TO command))
20:24:07 qmgr[2]: BBBBBB: from=<>, size=2000, nrcpt=1 (queue active)
20:24:07 smtp[4]: BBBBBB: to=<Ann@example.net>, relay=mx[198.51.100.7]:25, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 ok)
20:24:07 qmgr[2]: BBBBBB: removed
20:24:07 qmgr[2]: AAAAAA: removed
20:24:08 pickup[5]: AAAAAA: uid=0 from=<root>
20:24:08 qmgr[2]: AAAAAA: from=<root@falcot.com>, size=500, nrcpt=1 (queue active)
20:24:08 local[3]: AAAAAA: to=<root@falcot.com>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as CCCCCC)
20:25:00 smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.9; from=<a@b.example> to=<c@falcot.com> proto=ESMTP helo=<x>
20:25:00 smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.10]: 554 5.7.1 Service unavailable; Client host [203.0.113.10] blocked using zen.spamhaus.org; from=<a@b.example> to=<c@falcot.com> proto=ESMTP helo=<x>
20:25:01 cleanup[6]: DDDDDD: milter-reject: END-OF-MESSAGE from unknown[203.0.113.9]: 5.7.1 Virus found; from=<a@b.example> to=<c@falcot.com> proto=ESMTP helo=<x>
20:25:02 cleanup[6]: EEEEEE: hold: header Subject: x from unknown[203.0.113.9]; from=<a@b.example> to=<c@falcot.com> proto=ESMTP helo=<x>: look
20:25:03 smtpd[1]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: authentication failure
20:25:04 smtpd[1]: NOQUEUE: client=unknown[203.0.113.9]
"""


def test_each_number() -> None:
    numbers = counted(DAY)
    told = as_json(numbers)
    names = ("lines", "received", "received_bytes", "delivered", "delivered_bytes", "forwarded", "deferred",
             "deferrals", "bounced", "rejected", "held", "failed_logins", "warnings")  # fmt: skip
    assert [told[name] for name in names] == [20, 2, 4500, 2, 6000, 1, 1, 2, 1, 3, 1, 1, 1]
    assert numbers.reasons == {
        "RCPT: Service unavailable; Client host blocked using zen.spamhaus.org": 2,
        "END-OF-MESSAGE: Virus found": 1,
    }
    assert numbers.deferral_reasons == {"connect to gmail.com: Connection timed out": 2}
    assert numbers.bounce_reasons == {"550-5.1.1 no such user": 1}
    assert numbers.clients == {"mx1.example.net[198.51.100.7]": 1, "sendmail": 1}
    assert numbers.refused_clients == {"unknown[203.0.113.9]": 2, "unknown[203.0.113.10]": 1}
    assert told["senders"][0] == {
        "sender": "Ann@example.net", "messages": 1, "bytes": 4000, "deferred": 0, "bounced": 0,
    }  # fmt: skip
    gmail = next(one for one in told["recipient_domains"] if one["domain"] == "gmail.com")
    assert (gmail["messages"], gmail["deferred"], gmail["bounced"]) == (0, 2, 1)


def test_minutes() -> None:
    numbers = counted(DAY)
    told = {f"{at:%H:%M}": minute for at, minute in per_minute(numbers)}
    assert list(told) == ["20:14", "20:19", "20:24", "20:25"]
    first = told["20:14"]
    assert (first.received, first.delivered, first.deferred, first.rejected) == (1, 1, 1, 0)
    assert told["20:25"].rejected == 3


def test_blocks_may_be_cut_anywhere_between_lines() -> None:
    lines = DAY.strip().splitlines()
    whole = counted(DAY)
    numbers = Statistics()
    for line in lines:
        clock, rest = line.strip().split(" ", 1)
        numbers.add(f"Nov 22 {clock} mail postfix/{rest}\n".encode(), NOW)
    assert as_json(numbers) == as_json(whole)


def test_the_report_fits_eighty_columns_and_a_terminal() -> None:
    numbers = counted(
        DAY + "20:26:00 smtpd[1]: FFFFFF: client=\x1b[2J\u202e" + "日本語" * 40 + "[192.0.2.1]\n"
    )
    text = report(numbers, title="mail.log")
    assert "        2  delivered" in text
    assert "Refused, by reason" in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert max(map(len, text.split("\n"))) <= 80
    json.dumps(as_json(numbers))


def test_a_report_of_nothing() -> None:
    assert "no line has a time" in report(Statistics())
    assert report(counted("20:14:05 qmgr[2]: BBBBBB: removed")).splitlines()[1].endswith(", 1 line")
    assert as_json(Statistics())["minutes"] == []


@pytest.mark.parametrize(("text", "width", "expected"), [
    ("short", 10, "short"), ("0123456789", 10, "0123456789"), ("0123456789x", 10, "012345678…"),
    ("日本語", 6, "日本語"), ("日本語x", 6, "日本…"), ("é" * 7, 6, "ééééé…"),
])  # fmt: skip
def test_cut(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


@pytest.mark.parametrize(("rest", "expected"), [
    (b"RCPT from a[1.2.3.4]: 450 4.2.0 <j@x.example>: Recipient address rejected: Greylisted, see "
     b"http://postgrey.schweikert.ch/help/x.html; from=<a@b.example> to=<j@x.example> proto=ESMTP helo=<m>",
     "RCPT: Recipient address rejected: Greylisted"),
    (b"RCPT from unknown[1.2.3.4]: 450 4.7.25 Client host rejected: cannot find your hostname, [1.2.3.4]; "
     b"from=<a@b.example> to=<j@x.example> proto=ESMTP helo=<m>",
     "RCPT: Client host rejected: cannot find your hostname"),
    (b"CONNECT from [1.2.3.4]:12345: too many connections", "CONNECT: too many connections"),
    (b"header Subject: cheap from local; from=<a@b.example> to=<j@x.example>: 5.7.1 no offers",
     "header Subject: no offers"),
    (b"body 00: spam from x[1.2.3.4]; from=<a@b.example> to=<j@x.example> proto=ESMTP helo=<m>: 5.7.1 no",
     "body: no"),
    (b"Unsupported", "Unsupported: no reason given"),
])  # fmt: skip
def test_reasons_without_what_differs(rest: bytes, expected: str) -> None:
    assert reason(rest) == expected


def test_replies_without_what_differs() -> None:
    said = b" (host mx.x.example[1.2.3.4] said: 452 4.2.2 <a@x.example> mailbox full (in reply to RCPT TO command))"
    assert reply(said) == "452 4.2.2 mailbox full"
    assert reply(b" (mail forwarding loop for a@x.example)") == "mail forwarding loop"


# pflogsumm, a Perl script that Debian packages

THEIR_TIME = (
    rb"(?:... {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)) \S+ "
)
THEIR_HEAD = re.compile(THEIR_TIME + rb"postfix(?:/(?:smtps|submission))?/([^\[:]*).*?: [^:\s]+")
_SERVERS = {b"smtpd", b"postscreen"}
TOTALS = (
    "received",
    "delivered",
    "forwarded",
    "deferred",
    "deferrals",
    "bounced",
    "rejected",
    "held",
    "discarded",
)


def left_out(line: bytes) -> str | None:
    """Why pflogsumm does not count a line that is counted here; None where it does."""
    line = re.sub(rb": \[ID \d+ [^\]]+\] ", b": ", line)
    match = THEIR_HEAD.match(line)
    if match is None:
        return "it reads only syslog names postfix, postfix/smtps and postfix/submission, after a host name"
    if b": client=" in line and (match[1] not in _SERVERS or not re.search(rb"\[\d+\]: \w+: client=", line)):
        return (
            "it counts client= only of a service called smtpd or postscreen, and with a colon behind its pid"
        )
    if b"reject: " in line and not _their_reject(match[1], line):
        return "it counts milter-reject only of cleanup and at END-OF-MESSAGE, and no rejection of other services"
    return None


def _their_reject(service: bytes, line: bytes) -> bool:
    if service == b"cleanup":
        return re.search(rb"\b(?:milter-)?reject: (?:header|body|END-OF-MESSAGE) ", line) is not None
    return (
        service in _SERVERS and re.search(rb"\]: \w+: reject: ", line) is not None
    ) or b"]: reject: " in line


def counted_by_pflogsumm(path: Path) -> dict[str, int]:
    """The grand totals; a count that it does not print is 0."""
    out = subprocess.run(["pflogsumm", path], capture_output=True, check=True).stdout.decode(
        "utf-8", "replace"
    )
    totals = out.partition("Grand Totals")[2].partition(" senders")[0]
    found = dict.fromkeys(TOTALS, 0)
    for count, unit, name in re.findall(r"^ +(\d+)([km ]) +(\w+)", totals, re.MULTILINE):
        if name in found:
            assert unit == " ", "rounded"
            found[name] = int(count)
    deferrals = re.search(r"\((\d+) +deferrals\)", totals)
    return {**found, "deferrals": int(deferrals[1]) if deferrals else 0}


def log_files() -> list[Path]:
    root = corpus_root()
    return sorted((root / "logs").glob("*.log")) if root is not None else []


@pytest.mark.law
@pytest.mark.parametrize("file", log_files() or [None], ids=lambda file: file.name if file else "none")
def test_the_totals_are_those_of_pflogsumm(file: Path | None) -> None:
    if file is None:
        pytest.skip("no corpus of logs")
    if shutil.which("pflogsumm") is None:
        pytest.skip("pflogsumm is not installed")
    law = "statistics as pflogsumm's"
    numbers, skipped = Statistics(), 0
    for line in file.read_bytes().split(b"\n"):
        alone = Statistics()
        alone.add(line + b"\n", NOW)
        why = left_out(line) if any(getattr(alone, name) for name in TOTALS) else None
        if why is None:
            numbers.add(line + b"\n", NOW)
        else:
            skipped += 1
            differs(law, file.name, why)
    assert {name: getattr(numbers, name) for name in TOTALS} == counted_by_pflogsumm(file)
    tally(law, files=1, entries=numbers.lines, others=skipped)
