"""Real milters that stop, hang and come back while mail flows: what happens is what milter_default_action says."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dkim
import pytest

from mailtui import commands
from mailtui.demo import dkimkeys
from mailtui.demo.beside import Filter
from mailtui.demo.daemon import Daemon, Endpoint
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from mailtui.demo.traffic import Answer

pytestmark = pytest.mark.skipif(commands.find("opendkim") is None, reason="opendkim is not installed")
SHORT = {"milter_connect_timeout": "1s", "milter_command_timeout": "1s", "milter_content_timeout": "1s"}
SIGNED = b"DKIM-Signature: "
_WHEN_DOWN = """
import os
from mailtui.milters.chains import milter_chains
from mailtui.milters.facts import when_down
from mailtui.postfix.instance import Instance
for chain in milter_chains(Instance.open(os.environ["MAILTUI_CONFIG_DIR"])):
    for row in chain.rows:
        print(chain.parameter, when_down(chain, row, "opendkim"), sep="|")
"""


@dataclass
class Bench:
    """A lab whose one milter signs what it sees."""

    lab: Lab
    filters: Filters
    signer: Filter

    def ask_it(self, action: str, **settings: str) -> None:
        self.filters.attach(self.signer, default_action=action, **SHORT, **settings)

    def send(self, subject: str, to: str = "jean") -> Answer:
        return self.lab.send(f"{to}@falcot.com", sender="laure@falcot.com", subject=subject)

    def arrived(self, subject: str, to: str = "jean") -> bytes:
        """The message with this subject, from its first line on, when it has been delivered."""
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            for each in self.lab.mailbox(to).split(b"\nFrom laure@"):
                if f"Subject: {subject}\n".encode() in each:
                    return each
            time.sleep(0.02)
        raise AssertionError(f"{subject} was not delivered: {self.lab.log.read_text()[-3000:]}")

    def says(self, parameter: str = "smtpd_milters") -> str:
        """What mailtui says would happen while the milter is down."""
        done = self.lab.run(sys.executable, "-c", _WHEN_DOWN)
        assert done.ok, done.words
        return dict(line.split("|") for line in done.out.decode().splitlines())[parameter]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Lab() as lab:
        filters = Filters(lab)
        yield Bench(lab, filters, filters.opendkim())


@pytest.fixture(autouse=True)
def _up_again(bench: Bench) -> Iterator[None]:
    yield
    bench.signer.restart()


@pytest.mark.parametrize("how", ["stopped", "hung"])
@pytest.mark.parametrize(
    ("action", "code", "words", "told"),
    [
        ("accept", 250, "queued", "it passes UNSIGNED"),
        ("tempfail", 451, "4.7.1 Service unavailable - try again later", "451 4.7.1"),
        ("reject", 554, "not accepting connections", "554"),
        ("quarantine", 250, "queued", "on hold"),
    ],
)
def test_a_milter_that_does_not_answer(
    bench: Bench, how: str, action: str, code: int, words: str, told: str
) -> None:
    bench.ask_it(action)
    assert told in bench.says()
    if how == "stopped":
        bench.signer.stop()
    else:
        bench.signer.hang()
    subject = f"{action} {how}"
    after = bench.lab.log_size()
    answer = answered(bench, subject)
    assert (answer.code, words in answer.text) == (code, True), answer
    bench.lab.logged(r"warning: (connect to Milter service|milter) inet:127\.0\.0\.1:8891", after=after)
    if action == "accept":
        assert SIGNED not in bench.arrived(subject)
    if action == "quarantine":
        bench.lab.logged(r"milter-hold: .*milter triggers HOLD action", after=after)
        held = bench.lab.run("postqueue", "-c", str(bench.lab.config_dir), "-p").out
        assert b"! " in held or b"!" in held.split(b"\n")[1], held
    bench.signer.restart()
    assert answered(bench, f"{subject}, restarted").code == 250
    assert SIGNED in bench.arrived(f"{subject}, restarted")


def answered(bench: Bench, subject: str) -> Answer:
    """What decides: a greeting that refuses ends the session before it began."""
    code = f"""
import smtplib, sys
try:
    s = smtplib.SMTP("127.0.0.1", 25, "client.example", 20)
except smtplib.SMTPConnectError as error:
    print(error.smtp_code, error.smtp_error.decode()); sys.exit()
s.ehlo()
for verb, argument in (("MAIL", "FROM:<laure@falcot.com>"), ("RCPT", "TO:<jean@falcot.com>"), ("DATA", "")):
    told = s.docmd(verb, argument)
    if told[0] >= 400:
        break
else:
    s.send(b"From: laure@falcot.com\\r\\nSubject: {subject}\\r\\n\\r\\nHello.\\r\\n.\\r\\n")
    told = s.getreply()
print(told[0], told[1].decode())
"""
    done = bench.lab.run(sys.executable, "-c", code)
    assert done.ok, done.words
    number, _, text = done.out.decode().strip().partition(" ")
    return Answer(int(number), text)


def test_one_milters_own_default_action_counts_for_it_alone(bench: Bench) -> None:
    gone = "{ inet:127.0.0.1:8899, default_action=accept }"
    bench.ask_it("tempfail", smtpd_milters=f"{gone}, {bench.signer.address}")
    assert bench.send("one is gone").code == 250
    assert SIGNED in bench.arrived("one is gone")
    bench.signer.stop()
    assert bench.send("both are gone").code == 451


def test_mail_of_this_host_waits_in_the_maildrop_folder_for_its_milter(bench: Bench) -> None:
    bench.ask_it("tempfail")
    assert "maildrop" in bench.says("non_smtpd_milters")
    bench.signer.stop()
    after = bench.lab.log_size()
    letter = b"From: laure@falcot.com\nTo: jean@falcot.com\nSubject: by sendmail\n\nHello.\n"
    sendmail = ("sendmail", "-C", str(bench.lab.config_dir), "-f", "laure@falcot.com", "-t")
    assert bench.lab.run(*sendmail, stdin=letter).ok
    bench.lab.logged(r"connect to Milter service inet:127\.0\.0\.1:8891: Connection refused", after=after)
    assert any((bench.lab.place.spool / "maildrop").iterdir())
    bench.signer.start()
    assert bench.lab.postfix("flush").ok
    bench.lab.postfix("reload")  # pickup looks at once, not within the minute
    assert SIGNED in bench.arrived("by sendmail")


def test_while_mail_flows_every_message_is_signed_or_put_off(bench: Bench) -> None:
    """Stopped, started, hung and let go on under load: with tempfail nothing passes unsigned."""
    bench.ask_it("tempfail")
    answers: list[tuple[str, int]] = []
    ending = threading.Event()

    def flow() -> None:
        number = 0
        while not ending.is_set():
            number += 1
            subject = f"flow {number}"
            answers.append((subject, bench.send(subject, to="marie").code))

    sender = threading.Thread(target=flow)
    sender.start()
    try:
        for step in (bench.signer.stop, bench.signer.start, bench.signer.hang, bench.signer.resume) * 2:
            time.sleep(0.4)
            step()
        time.sleep(0.4)
    finally:
        ending.set()
        sender.join(20)
    assert not sender.is_alive()
    taken = [subject for subject, code in answers if code == 250]
    assert {code for _, code in answers} == {250, 451}
    for subject in taken:
        assert SIGNED in bench.arrived(subject, to="marie")
    mailbox = bench.lab.mailbox("marie")
    assert mailbox.count(b"Subject: flow ") == len(taken) == mailbox.count(SIGNED)


def test_header_checks_before_signing_keep_the_signature_and_after_it_break_it(bench: Bench) -> None:
    """cleanup applies header_checks before opendkim signs; smtp_header_checks change what has been signed."""
    table = bench.lab.config_dir / "marked"
    table.write_text("/^Subject: (.*)/ REPLACE Subject: [Falcot] $1\n")
    folder = bench.lab.directory / "sunk"
    folder.mkdir()
    shutil.chown(folder, "nobody")
    sink = Daemon(
        ["smtp-sink", "-u", "nobody", "-d", f"{folder}/m.", "127.0.0.1:2526", "10"],
        Endpoint(port=2526),
        bench.lab.log.parent / "sink.out",
        bench.lab.inside,
    )
    bench.lab.accompany(sink)
    sink.start()
    try:
        bench.ask_it("accept", default_transport="smtp:[127.0.0.1]:2526")
        for parameter, other, whole in (
            ("header_checks", "smtp_header_checks", True),
            ("smtp_header_checks", "header_checks", False),
        ):
            bench.filters.configure({parameter: f"regexp:{table}", other: ""})
            answer = bench.lab.send("you@quiet.example", sender="laure@falcot.com", subject=parameter)
            assert answer.code == 250, answer
            assert intact(bench, sunk(folder, f"[Falcot] {parameter}")) is whole
    finally:
        sink.stop()
        bench.filters.configure({"default_transport": "smtp", "header_checks": "", "smtp_header_checks": ""})


def sunk(folder: Path, subject: str) -> bytes:
    """The message that went out with this subject."""
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        for path in folder.iterdir():
            raw = path.read_bytes()
            if f"Subject: {subject}\n".encode() in raw and raw.endswith(b"\n"):
                return raw
        time.sleep(0.02)
    raise AssertionError(f"{subject} never went out")


def intact(bench: Bench, message: bytes) -> bool:
    """Whether another library finds opendkim's signature good, by the record that is published."""
    key = bench.filters.dkim_key("falcot.com", "mail").read_bytes()
    assert SIGNED in message
    return bool(dkim.verify(message, dnsfunc=lambda *_, **__: dkimkeys.record(key).encode()))
