"""A rotation while mail flows: no message goes out unsigned, and each verifies by the record that stands in
DNS."""

from __future__ import annotations

import contextlib
import json
import mailbox
import subprocess
import sys
import time
from pathlib import Path

import dkim
import pytest

from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from tests.laws.whole import WHOLE, tally

MESSAGES = 500 if WHOLE else 60
WAIT = 60.0
ANYWAY = [] if WHOLE else ["--anyway", "falcot.com"]
"""A sample does not wait for the slower of the two name servers, which takes its time."""
SENDER = """
import json, smtplib, sys, time
host, port, count, sent = json.loads(sys.argv[1])
HEAD = ["From: <jean@falcot.com>", "To: <laure@falcot.com>", "Date: Mon, 23 Nov 2026 08:00:00 +0000"]
with open(sent, "w", buffering=1) as log:
    for number in range(count):
        own = [f"Subject: number {number}", f"Message-ID: <{number}@load>", "", f"No {number}."]
        with smtplib.SMTP(host, port, timeout=30) as server:
            text = chr(13) + chr(10)
            server.sendmail("jean@falcot.com", ["laure@mail.falcot.com"], text.join([*HEAD, *own, ""]))
        log.write(f"{number} {time.time()}" + chr(10))
"""


def _zone(lab: Lab) -> dict[bytes, bytes]:
    """The key records that the lab's DNS has."""
    found = {}
    for line in lab.place.names.read_text().splitlines():
        name, sign, value = line.partition(" TXT ")
        if sign and "._domainkey." in name:
            found[name.encode() + b"."] = "".join(value.strip('"').split('" "')).encode()
    return found


def _ok(lab: Lab, *words: str) -> bytes:
    done = lab.mailtui("--json", "dkim", *words)
    assert done.ok, (done.out.decode(), done.err.decode())
    return done.out


@pytest.mark.law
@pytest.mark.timeout(300)
def test_an_activation_under_load_loses_no_signature(lab: Lab, tmp_path: Path) -> None:
    filters = Filters(lab)
    signer = filters.opendkim(tables=True, canonicalization="relaxed/relaxed")
    try:
        filters.attach(signer, default_action="tempfail")
        made = json.loads(_ok(lab, "generate", "falcot.com", "--selector", "next", "--yes"))
        filters.publish(made["record"]["name"], made["record"]["value"])
        _published(lab)
        sent = lab.directory / "sent"
        words = json.dumps(["127.0.0.1", lab.place.smtp_port, MESSAGES, str(sent)])
        argv = lab.inside([sys.executable, "-c", SENDER, words])
        with subprocess.Popen(argv, stderr=subprocess.PIPE) as load:
            while not sent.exists() or sent.read_text().count("\n") < MESSAGES // 4:
                assert load.poll() is None, load.communicate()[1].decode()
                time.sleep(0.02)
            _ok(lab, "activate", "falcot.com", "next", *ANYWAY)
            said = load.communicate(timeout=WAIT)[1].decode()
        assert load.returncode == 0, said
        _every_one_verifies(lab, _zone(lab))
    finally:
        signer.stop()


def _published(lab: Lab) -> None:
    end = time.monotonic() + WAIT
    while (done := lab.mailtui("dkim", "check", "falcot.com", "next")).status and WHOLE:
        assert time.monotonic() < end, done.err.decode()
        time.sleep(0.5)


def _every_one_verifies(lab: Lab, zone: dict[bytes, bytes]) -> None:
    path = lab.place.mail / "laure"
    end = time.monotonic() + WAIT
    while lab.mailbox("laure").count(b"\nSubject: number ") < MESSAGES:
        assert time.monotonic() < end, "not all of it arrived"
        time.sleep(0.2)
    time.sleep(0.2)
    selectors = []
    with contextlib.closing(mailbox.mbox(path, create=False)) as box:
        for message in box:
            raw = message.as_bytes()
            raw = raw[raw.index(b"DKIM-Signature:") :]
            assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: zone.get(name)), raw.decode()
            signature = "".join(str(message["DKIM-Signature"]).split())
            selectors.append(signature.partition("s=")[2].partition(";")[0])
    assert len(selectors) == MESSAGES
    assert set(selectors) == {"mail", "next"}
    tally("signatures through an activation", messages=len(selectors), old=selectors.count("mail"))
