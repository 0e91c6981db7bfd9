"""What doctor says of relaying is what the real smtpd does: to a stranger, before the fix and after it."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from mailtui.demo.lab import Lab
from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.candidate import Candidate
from mailtui.postfix.instance import Instance

STRANGER = ("mx.stranger.example", "203.0.113.77")
FAR = "somebody@elsewhere.example"
RELAY, RECIPIENT = "smtpd_relay_restrictions", "smtpd_recipient_restrictions"

OPEN = [
    ("a sender that anybody can say", {RELAY: "", RECIPIENT: "check_sender_access inline:{partner.example=OK},"
        " reject_unauth_destination"}),
    ("a table that permits everybody", {RELAY: "permit_mynetworks, check_client_access static:OK,"
        " reject_unauth_destination"}),
    ("a class that permits", {RELAY: "check_sender_access inline:{partner.example=permissive},"
        " reject_unauth_destination"}),
    ("the whole world in mynetworks", {"mynetworks": "127.0.0.0/8 0.0.0.0/0"}),
    ("digits in a pattern", {RELAY: "check_sender_access regexp:{{/partner/ 550}}, reject_unauth_destination"}),
]  # fmt: skip
CLOSED = [
    ("as the demo is", {}),
    ("a permit behind a guarded relay list", {RECIPIENT: "check_sender_access inline:{partner.example=OK}"}),
    ("a reject in the client list", {"smtpd_client_restrictions": "permit_mynetworks, reject",
        RELAY: "permit_mynetworks, check_sender_access inline:{partner.example=OK}, reject_unauth_destination"}),
    ("defer_if_permit as the guard", {RELAY: "permit_mynetworks, defer_if_permit", RECIPIENT: ""}),
]  # fmt: skip


def put(lab: Lab, text: bytes, *, restart: bool = False) -> None:
    """main.cf as it is from now on, for a running server; one whose smtpd died is waited for by master(8) for
    a minute, unless it starts anew."""
    path = lab.config_dir / "main.cf"
    path.write_bytes(text)
    os.utime(path, (time.time() - 60,) * 2)
    for verb in ("stop", "start") if restart else ("reload",):
        assert lab.postfix(verb).ok
    time.sleep(0.3)  # master(8) tells its children by a signal


def changed(text: bytes, settings: dict[str, str]) -> bytes:
    """main.cf with these parameters in the place of those that it has."""
    for name, value in settings.items():
        text = re.sub(rb"(?m)^" + name.encode() + rb" *=.*\n(?:[ \t#].*\n)*", b"", text)
        text += f"{name} = {value}\n".encode()
    return text


def relaying(instance: Instance) -> list[Finding]:
    return [
        each
        for each in examine(instance)
        if each.id in {"open-relay", "no-guard"} and each.severity == "error"
    ]


def fixed(instance: Instance, found: Finding) -> bytes:
    assert found.fix is not None
    return Candidate(instance.files, found.fix.edits).raw(instance.main.path)


@pytest.fixture
def original(lab: Lab) -> bytes:
    return Path(lab.config_dir, "main.cf").read_bytes()


def test_an_open_relay_relays_and_its_fix_closes_it(lab: Lab, original: bytes) -> None:
    for what, settings in OPEN:
        put(lab, changed(original, settings))
        instance = Instance.open(str(lab.config_dir))
        found = relaying(instance)
        assert [each.id for each in found if "smtp/inet" in each.services] == ["open-relay"], what
        assert lab.send(FAR, client=STRANGER).code == 250, what
        put(lab, fixed(instance, found[0]))
        answer = lab.send(FAR, client=STRANGER)
        assert (answer.code, answer.text.split()[0]) in {(554, "5.7.1"), (454, "4.7.1")}, (what, answer)
        assert [each.services for each in relaying(instance) if "smtp/inet" in each.services] == [], what


def test_what_is_no_relay_is_not_called_one(lab: Lab, original: bytes) -> None:
    for what, settings in CLOSED:
        put(lab, changed(original, settings))
        assert relaying(Instance.open(str(lab.config_dir))) == [], what
        assert lab.send(FAR, client=STRANGER).code >= 400, what


def test_smtpd_that_does_not_start_starts_again(lab: Lab, original: bytes) -> None:
    for settings in ({RELAY: "permit_mynetworks"}, {RELAY: "", RECIPIENT: "permit_mynetworks"}):
        after = len(lab.log.read_bytes())
        put(lab, changed(original, settings))
        instance = Instance.open(str(lab.config_dir))
        found = [each for each in relaying(instance) if "smtp/inet" in each.services]
        assert [each.id for each in found] == ["no-guard"]
        lab.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/25; read -t 1 x <&3")
        lab.logged("fatal: in parameter smtpd_relay_restrictions or", after=after)
        put(lab, fixed(instance, found[0]), restart=True)
        assert lab.send(FAR, client=STRANGER).code in {454, 554}


def test_a_log_that_postfix_may_not_write_stops_every_program_until_it_is_mended(
    lab: Lab, original: bytes
) -> None:
    path = lab.config_dir / "main.cf"
    postmap = ("postmap", "-c", str(lab.config_dir), "-q", "x", "inline:{x=y}")
    path.write_bytes(re.sub(rb"(?m)^maillog_file_prefixes.*\n", b"", original))
    told = lab.run(*postmap)
    assert (told.ok, b"does not match any prefix" in told.err) == (False, True)
    assert not lab.postfix("reload").ok
    instance = Instance.open(str(lab.config_dir))
    (found,) = (each for each in examine(instance) if each.id == "log-prefix")
    put(lab, fixed(instance, found))
    assert lab.run(*postmap).out == b"y\n"
