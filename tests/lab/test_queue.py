"""The queue of a running server: deferred mail listed, grouped, held, released, requeued, deleted; and read."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest

from mailtui.demo.lab import WAIT, Lab
from tests.screens.pty_driver import Pty
from tests.screens.realconsole import started, unknown

SPAM = """
import smtplib, ssl, sys
from mailtui.demo import accounts
who, count = sys.argv[1], int(sys.argv[2])
server = smtplib.SMTP("127.0.0.1", 587)
server.starttls(context=ssl._create_unverified_context())
server.login(who, accounts.PASSWORDS[who])
for number in range(count):
    to = f"x{number}@" + ("partner.example" if number % 2 else "[127.0.0.9]")
    server.sendmail(f"forged{number}@else.example", [to], f"Subject: Win {number}\\r\\n\\r\\nBuy.\\r\\n")
"""
SMUGGLED = '"\x1b]0;PWN\x07\x9b2J\u202eBoss" <b@x>'
HEAD = (
    f"From: {SMUGGLED}\r\nTo: a@b\r\nSubject: =?utf-8?B?SGVsbG8gG1syShs=?= [bold]x[/foo] =?x-none?Q?=FF?=\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n'
)
BODY = (
    "--b\r\nContent-Type: text/plain; charset=x-none\r\n\r\nhi \x1b[2J [/x]\r\n--b\r\n"
    'Content-Type: application/zip; name="../../a\x1b[2J.zip"\r\n'
    "Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
)


def messages(lab: Lab, *more: str) -> list[dict[str, Any]]:
    """`mailtui queue list --json`."""
    done = lab.mailtui("queue", "list", "--json", *more)
    assert done.ok, done.words
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def until(lab: Lab, count: int, *more: str) -> list[dict[str, Any]]:
    """Wait until so many messages are there."""
    end = time.monotonic() + WAIT
    while len(found := messages(lab, *more)) != count:
        assert time.monotonic() < end, [(each["queue_name"], each["queue_id"]) for each in messages(lab)]
        time.sleep(0.1)
    return found


def ids(found: list[dict[str, Any]]) -> set[str]:
    return {each["queue_id"] for each in found}


@pytest.fixture
def spammed(lab: Lab) -> Lab:
    """Six messages of laure's account with forged senders, and one of a stranger, to a port that is closed."""
    done = lab.run(sys.executable, "-c", SPAM, "laure@falcot.com", "6")
    assert done.ok, done.words
    lab.send("y@partner.example", head=HEAD, body=BODY)
    until(lab, 7, "--filter", "queue:deferred")
    return lab


def act(lab: Lab, *words: str, ok: bool = True) -> Any:
    done = lab.mailtui("queue", *words, "--yes", "--json")
    assert done.ok is ok, (done.out, done.words)
    return json.loads(done.out or done.err)


def test_listed_as_postqueue_does_and_joined_with_the_log(spammed: Lab) -> None:
    raw = [json.loads(line) for line in spammed.run("postqueue", "-j").out.decode().splitlines()]
    found = messages(spammed)
    assert sorted(found, key=lambda each: each["queue_id"]) == sorted(raw, key=lambda each: each["queue_id"])
    assert [each["arrival_time"] for each in found] == sorted(each["arrival_time"] for each in raw)
    laure = messages(spammed, "--filter", "user:laure")
    assert len(laure) == 6
    assert all(each["client_address"] == "127.0.0.1" for each in laure)
    groups = {each["key"]: each["messages"] for each in messages(spammed, "--group", "user")}
    assert groups == {"laure@falcot.com": 6, "": 1}
    assert {each["key"]: each["messages"] for each in messages(spammed, "--group", "domain")} == {
        "partner.example": 4, "[127.0.0.9]": 3
    }  # fmt: skip
    one = found[0]["queue_id"]
    assert ids(messages(spammed, one)) == {one}


def test_held_released_requeued_flushed_deleted_by_commands(spammed: Lab) -> None:
    laure = ids(messages(spammed, "--filter", "user:laure"))
    told = act(spammed, "hold", "--filter", "user:laure to:partner.example")
    held = set(told["done"])
    assert len(held) == 3
    assert held == ids(messages(spammed, "--filter", "queue:hold")) < laure
    assert act(spammed, "hold", *held)["done"] == []
    flushed = spammed.mailtui("queue", "flush", *laure, "--yes")
    assert b"3 messages flushed; 3 messages on hold not tried: release first" in flushed.out
    assert set(act(spammed, "release", *held, "FFFFFFF123")["gone"]) == {"FFFFFFF123"}
    assert not messages(spammed, "--filter", "queue:hold")
    one = min(laure)
    assert act(spammed, "requeue", one)["done"] == [one]
    spammed.run("sendmail", "roland", stdin=b"Subject: this wakes pickup, which else looks once a minute\n\n")
    until(spammed, 7, "--filter", "queue:deferred")
    now = messages(spammed, "--filter", "user:laure")
    assert len(now) == 6  # by the id that it had before
    assert one not in ids(now)
    refused = spammed.mailtui("queue", "delete", *ids(now))
    assert refused.status == 1
    assert b"delete 6 messages: now, no undo" in refused.err
    told = act(spammed, "delete", "--filter", "user:laure")
    assert set(told["done"]) == ids(now)
    assert len(until(spammed, 1)) == 1
    assert "what" in act(spammed, "delete", one, ok=False)["error"]
    words = [
        edit
        for each in json.loads(spammed.mailtui("history", "list", "--json").out)
        for edit in each["edits"]
    ]
    assert words[0] == "- queue: 6 messages deleted (user:laure)"
    assert not spammed.mailtui("history", "undo", str(told["history_id"])).ok


def test_nothing_is_done_without_saying_so(spammed: Lab) -> None:
    before = messages(spammed)
    dry = spammed.mailtui("queue", "delete", "--filter", "user:laure", "--dry-run", "--json")
    assert len(json.loads(dry.out)["ids"]) == 6
    assert spammed.mailtui("queue", "delete").status == 2
    assert spammed.mailtui("queue", "delete", "!").status == 2
    for bad in ("since:nonsense", "user: to:partner.example", "to:partner.example |from:"):
        assert spammed.mailtui("queue", "delete", "--filter", bad, "--yes").status == 2, bad
    assert spammed.mailtui("queue", "delete", "--filter", "to:nobody@x", "--yes").status == 0
    assert spammed.mailtui("--read-only", "queue", "delete", "--filter", "user:laure", "--yes").status == 1
    assert messages(spammed) == before
    spammed.postfix("stop")
    assert len(messages(spammed)) == 7  # root reads it without the server
    refused = spammed.mailtui("queue", "flush", "--yes")
    assert refused.status == 1
    assert b"mail system is down" in refused.err


def console(lab: Lab) -> Pty:
    return started(lab.config_dir, screen="9", size=(100, 30), state=lab.place.state, program=lab.inside(()))


def test_by_keys_a_group_is_held_and_messages_deleted(spammed: Lab) -> None:
    with console(spammed) as term:
        term.wait_until("7 deferred")
        term.send("b")
        term.wait_until("laure@falcot.com")
        term.wait_until("6 of 6 bear another sender")
        term.send("#")
        term.wait_until("Hold 6 messages: now, no undo")
        term.send("6\r")
        term.wait_until("6 messages put on hold")
        assert len(messages(spammed, "--filter", "queue:hold")) == 6
        term.send("\r")
        term.wait_until("6 of SASL user laure@falcot.com")
        term.send("  d")
        term.wait_until("Delete 2 messages: now, no undo")
        assert len(messages(spammed)) == 7
        term.send("2\r")
        term.wait_until("2 messages deleted")
        term.wait_until("4 of SASL user")
        term.send("R")
        term.wait_until("Requeue 1 message")
        term.send("1\r")
        term.wait_until("1 message requeued")
    assert len(until(spammed, 5)) == 5


def test_another_password_for_who_is_abused(spammed: Lab) -> None:
    with console(spammed) as term:
        term.wait_until("7 deferred")
        term.send("b")
        term.wait_until("laure@falcot.com")
        term.send("f")
        term.wait_until("set a random password for laure@falcot.com")
        term.send("2")
        term.wait_until("To do it, type laure@falcot.com")
        term.send("laure@falcot.com\r")
        term.wait_until("Shown this once")
    refused = spammed.run(sys.executable, "-c", SPAM, "laure@falcot.com", "1")
    assert b"SMTPAuthenticationError" in refused.err


def test_a_hostile_message_is_read_and_traced(spammed: Lab) -> None:
    with console(spammed) as term:
        term.wait_until("7 deferred")
        term.send("/from:desk\r")
        term.wait_until("1 of 7 shown")
        term.send("\r")
        term.wait_until("Hello ␛[2J␛")
        screen = term.text
        assert "[bold]x[/foo]" in screen
        assert "../../a␛[2J.zip" in screen
        assert "hi ␛[2J [/x]" in screen
        term.send("v")
        term.wait_until("message_size")
        term.send("t")
        term.wait_until("accepted")
        assert not unknown(bytes(term.raw))
