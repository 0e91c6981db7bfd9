"""Real mail through a real Postfix, and what `mailtui log --trace` says became of it."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo import traffic
from mailtui.demo.lab import Lab

MILTER, POSTGREY, DKIM = 10070, 10060, 10071
SETTINGS = {
    "header_checks": "regexp:{{/^Subject: held/ HOLD for review} {/^Subject: cheap/ REJECT no offers here}}",
    "transport_maps": "inline:{closed.example=smtp:[127.0.0.1]:9}",
    "smtpd_sasl_auth_enable": "yes",
}
_LOGIN = """
import smtplib
server = smtplib.SMTP("192.0.2.25", 25)
server.ehlo("mx1.partner.example")
try:
    server.login("bob", "wrong")
except smtplib.SMTPAuthenticationError as error:
    print(error.smtp_code)
print(server.docmd("MAIL FROM:<bob@partner.example>")[0], server.docmd("RCPT TO:<jean@falcot.com>")[0])
print(server.data(b"Subject: after all\\r\\n\\r\\nHello.\\r\\n")[1].decode().split()[-1])
server.quit()
"""
_SASL = "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {}/sasldb2\n"


@dataclass
class Post:
    """The running server, and the queue ids of what was sent through it."""

    lab: Lab
    ids: dict[str, str] = field(default_factory=dict)

    def sent(self, name: str, *to: str, **how: Any) -> None:
        answer = self.lab.send(*to, **how)
        assert answer.accepted, (name, answer)
        self.ids[name] = answer.text.split()[-1]

    def traces(self, name: str) -> list[dict[str, Any]]:
        done = self.lab.mailtui("log", "--trace", self.ids[name], "--json")
        assert done.ok, done.words
        return [json.loads(line) for line in done.out.splitlines()]

    def trace(self, name: str) -> dict[str, Any]:
        (one,) = self.traces(name)
        return one

    def text(self, name: str) -> str:
        return self.lab.mailtui("log", "--trace", self.ids[name]).out.decode()

    def background(self, *argv: str) -> None:
        """A program that ends with the lab."""
        done = self.lab.run("sh", "-c", 'exec >/dev/null 2>&1 </dev/null; setsid "$@" &', "sh", *argv)
        assert done.ok, done.words

    def listening(self, port: int) -> None:
        ask = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1).close()"
        for _ in range(100):
            if self.lab.run(sys.executable, "-c", ask).ok:
                return
            time.sleep(0.05)
        raise AssertionError(f"nothing listens on port {port}")

    def set(self, name: str, value: str) -> None:
        done = self.lab.run("postconf", "-c", str(self.lab.config_dir), "-e", f"{name}={value}")
        assert done.ok, done.words


def kinds(one: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in one["steps"]]


def step(one: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(step for step in one["steps"] if step["kind"] == kind)
    return found


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with Lab() as lab:
        running = Post(lab)
        _furnish(running)
        _send(running)
        yield running


def _furnish(post: Post) -> None:
    lab = post.lab
    for name, value in SETTINGS.items():
        post.set(name, value)
    (lab.config_dir / "sasl").mkdir(exist_ok=True)
    (lab.config_dir / "sasl" / "smtpd.conf").write_text(_SASL.format(lab.config_dir))
    post.background(sys.executable, str(Path(__file__).with_name("refusing_milter.py")), str(MILTER))
    post.listening(MILTER)
    milters = [f"inet:127.0.0.1:{MILTER}"]
    if shutil.which("postgrey"):
        (lab.directory / "grey").mkdir()
        post.background(
            "postgrey", f"--inet=127.0.0.1:{POSTGREY}", "--delay=1", f"--dbdir={lab.directory}/grey",
            "--daemonize", "--user=root", "--group=root", f"--pidfile={lab.directory}/grey/pid",
        )  # fmt: skip
        post.listening(POSTGREY)
        post.set("greylisting", f"check_policy_service inet:127.0.0.1:{POSTGREY}")
    if shutil.which("opendkim") and shutil.which("openssl"):
        _dkim(post)
        milters.append(f"inet:127.0.0.1:{DKIM}")
    post.set("smtpd_milters", " ".join(milters))
    assert lab.postfix("reload").ok


def _dkim(post: Post) -> None:
    folder = post.lab.directory / "dkim"
    folder.mkdir()
    assert post.lab.run("openssl", "genrsa", "-out", str(folder / "key"), "2048").ok
    (folder / "conf").write_text(
        f"Syslog yes\nSyslogSuccess yes\nLogWhy yes\nMode s\nDomain falcot.com\nSelector s1\nKeyFile {folder}/key\n"
        f"RequireSafeKeys no\nSocket inet:{DKIM}@127.0.0.1\nUserID root\nPidFile {folder}/pid\nBackground no\n"
    )
    post.background("opendkim", "-f", "-x", str(folder / "conf"))
    post.listening(DKIM)


def _send(post: Post) -> None:
    lab, desk = post.lab, "roland@falcot.com"
    post.sent("virtual", "webmaster@falcotsbrand.com")
    post.sent("local", "webmaster@falcot.com")
    post.sent("bounce", "gone@bigmail.example", sender=desk)
    post.sent("some", "busy@bigmail.example", "customer@bigmail.example", sender=desk)
    post.sent("deferral", "x@closed.example", sender=desk)
    post.sent("held", "jean@falcot.com", subject="held, please")
    first = lab.send("jobs@falcot.com", sender="ann@new.example", client=traffic.NEWCOMER)
    assert first.code == 450
    assert lab.send("jean@falcot.com", subject="a virus").code == 550
    assert lab.send("jean@falcot.com", subject="cheap things").code == 550
    assert lab.send("stranger@falcot.com", client=traffic.PARTNER).code == 550
    code, mail, rcpt, queue_id = lab.run(sys.executable, "-c", _LOGIN).out.decode().split()
    assert (code, mail, rcpt) == ("535", "250", "250")
    post.ids["login"] = queue_id
    done = lab.run("sendmail", "-C", str(lab.config_dir), "-f", desk, "jean@falcot.com", stdin=b"\nHello.\n")
    assert done.ok, done.words
    found = lab.logged(r"pickup\[\d+\]: (\w+): uid=0 from=<roland@falcot.com>")
    post.ids["sendmail"] = found[1]
    time.sleep(2.1)  # longer than either greylist of this lab asks for, with postgrey's --delay=1
    if shutil.which("postgrey"):
        post.sent("greylisted", "jobs@falcot.com", sender="ann@new.example", client=traffic.NEWCOMER)
    lab.logged(r"notification: ")
    lab.logged(r"to=<x@closed.example>.*status=deferred")
    lab.logged(f"{queue_id}: removed")


@pytest.mark.parametrize(
    ("name", "given", "account"),
    [("virtual", "webmaster@falcotsbrand.com", "jean"), ("local", "webmaster@falcot.com", "roland")],
)
def test_an_alias_is_told_with_whom_it_stands_for(post: Post, name: str, given: str, account: str) -> None:
    one = post.trace(name)
    assert (one["state"], one["recipients"]) == ("delivered", [given])
    assert step(one, "alias")["text"] == f"{given} → {account}@falcot.com"
    assert step(one, "delivered")["record"]["relay"] == "local"
    assert kinds(one)[:3] == ["connect", "accepted", "message-id"]
    assert kinds(one).index("removed") > kinds(one).index("delivered")  # others may tell of it even later
    assert one["message_id"].encode() in post.lab.mailbox(account)
    assert f"alias       {given} → {account}@falcot.com" in post.text(name)


def test_a_bounce_is_told_with_its_own_story(post: Post) -> None:
    one = post.trace("bounce")
    assert one["state"] == "bounced"
    assert "550 5.1.1 no such user here" in step(one, "bounced")["text"]
    (bounce,) = one["related"]
    told = bounce["trace"]
    assert (bounce["why"], told["sender"], told["state"]) == ("the bounce", "", "delivered")
    assert told["recipients"] == ["roland@falcot.com"]
    assert told["message_id"].encode() in post.lab.mailbox("roland")
    assert step(one, "dsn")["text"].endswith(told["queue_id"])


def test_what_is_still_queued_is_told_so(post: Post) -> None:
    queue = post.lab.run("postqueue", "-c", str(post.lab.config_dir), "-j").out.splitlines()
    waiting = {entry["queue_id"]: entry for entry in map(json.loads, queue)}
    assert set(waiting) == {post.ids[name] for name in ("some", "deferral", "held")}
    some, deferral = post.trace("some"), post.trace("deferral")
    assert (some["state"], deferral["state"]) == ("partly", "deferred")
    assert "removed" not in kinds(some) + kinds(deferral)
    reason = waiting[post.ids["deferral"]]["recipients"][0]["delay_reason"]
    assert reason in step(deferral, "deferred")["text"]
    assert step(deferral, "warning" if "warning" in kinds(deferral) else "note")["text"] == reason
    assert set(step(some, "deferred")["delays"]) == {"before_queue", "queue", "connect", "transmit"}


def test_greylisting_is_told_with_the_attempt_before(post: Post) -> None:
    if "greylisted" not in post.ids:
        pytest.skip("postgrey is not installed")
    one = post.trace("greylisted")
    assert one["state"] == "delivered"
    assert step(one, "greylisted")["text"].startswith("passed: triplet found, after ")
    attempts = [related for related in one["related"] if related["why"] == "an earlier attempt"]
    (before,) = attempts
    assert before["trace"]["state"] == "rejected"
    said = [step["text"] for step in before["trace"]["steps"] if step["kind"] == "greylisted"]
    assert any(text.startswith("450 4.2.0 <jobs@falcot.com>") for text in said)
    assert "told to come again: new" in said


@pytest.mark.parametrize(
    ("marker", "why"), [("a virus", "5.7.1 Virus found: Test"), ("cheap", "no offers here (header Subject")]
)
def test_what_a_milter_or_a_header_check_refuses(post: Post, marker: str, why: str) -> None:
    pattern = r"(\w+): reject: header Subject: cheap" if marker == "cheap" else r"(\w+): milter-reject: END"
    post.ids[marker] = post.lab.logged(pattern)[1]
    one = post.trace(marker)
    assert one["state"] == "rejected"
    assert step(one, "rejected")["text"].startswith(why)
    assert one["recipients"] == ["jean@falcot.com"]


def test_a_failed_login_stands_before_the_message(post: Post) -> None:
    one = post.trace("login")
    assert one["state"] == "delivered"
    told = kinds(one)
    assert "login" in told[: told.index("accepted")]
    assert step(one, "login")["text"].startswith("PLAIN")


def test_mail_of_the_sendmail_command(post: Post) -> None:
    one = post.trace("sendmail")
    assert (one["client"], one["state"]) == ("uid 0", "delivered")
    assert "connect" not in kinds(one)


def test_signing_is_told(post: Post) -> None:
    if not (shutil.which("opendkim") and shutil.which("openssl")):
        pytest.skip("opendkim is not installed")
    assert step(post.trace("deferral"), "dkim")["text"] == "signed with s1 of falcot.com"


def test_held_then_released_then_delivered(post: Post) -> None:
    lab, config = post.lab, str(post.lab.config_dir)
    one = post.trace("held")
    assert (one["state"], step(one, "held")["text"].startswith("for review")) == ("held", True)
    assert lab.run("postsuper", "-c", config, "-H", post.ids["held"]).ok
    assert lab.run("postqueue", "-c", config, "-i", post.ids["held"]).ok
    lab.logged(f"{post.ids['held']}: removed")
    one = post.trace("held")
    assert one["state"] == "delivered"
    assert kinds(one).index("held") < kinds(one).index("released") < kinds(one).index("delivered")


def test_requeued_and_deleted(post: Post) -> None:
    lab, config = post.lab, str(post.lab.config_dir)
    after = lab.log_size()
    assert lab.run("postsuper", "-c", config, "-r", post.ids["some"]).ok
    assert lab.run("postqueue", "-c", config, "-f").ok  # wakes pickup
    new = lab.logged(r"pickup\[\d+\]: (\w+): .* orig_id=" + post.ids["some"], after=after)[1]
    lab.logged(f"{new}: to=<busy", after=after)
    one = next(one for one in post.traces("some") if one["related"])
    assert [(other["why"], other["trace"]["queue_id"]) for other in one["related"]] == [
        ("requeued as this", new)
    ]
    assert lab.run("postsuper", "-c", config, "-d", new).ok
    lab.logged(f"postsuper.*{new}: removed", after=after)
    post.ids["deleted"] = new
    assert post.traces("deleted")[-1]["state"] == "deleted"


def test_the_numbers_are_those_of_what_was_sent(post: Post) -> None:
    done = post.lab.mailtui("log", "--stats", "--json")
    told = json.loads(done.out)
    raw = post.lab.log.read_text()
    assert told["received"] == raw.count(": client=") + len(
        [1 for line in raw.splitlines() if " uid=0 " in line]
    )
    assert told["delivered"] == raw.count("status=sent")
    assert told["bounced"] == raw.count("status=bounced") == 1
    assert told["rejected"] == raw.count(" reject: ") + raw.count("milter-reject: ")
    reasons = {entry["reason"]: entry["count"] for entry in told["rejected_by_reason"]}
    assert reasons["header Subject: no offers here"] == 1
    assert reasons["END-OF-MESSAGE: Virus found: Test"] == 1


def test_what_is_no_id_and_what_nobody_had(post: Post) -> None:
    assert post.lab.mailtui("log", "--trace", "0123456789").status == 1
    done = post.lab.mailtui("log", "--trace", "nonsense")
    assert (done.status, "no queue id" in done.words) == (2, True)
