"""A refusal by the real smtpd, an offer for it applied, and the real smtpd then says 250; nothing more opens."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import pytest

from mailtui.demo.lab import Lab
from mailtui.edits.draft import Group
from mailtui.edits.letting import let_through
from mailtui.edits.store import dumps
from mailtui.maillog.record import parse
from mailtui.postfix.instance import Instance
from mailtui.postfix.refusalsession import session_of
from mailtui.postfix.smtpd.explain import explain

_TALK = """
import json, smtplib, sys
helo, sender, to, name, address = json.loads(sys.argv[1])
server = smtplib.SMTP("127.0.0.1", 25, local_hostname="probe.example")
server.ehlo("probe.example")
server.docmd("XCLIENT NAME=%s ADDR=%s" % (name, address))
code, text = server.ehlo(helo)
for said in ("MAIL FROM:<%s>" % sender, "RCPT TO:<%s>" % to):
    code, text = server.docmd(said)
    if code >= 400:
        break
print(code, text.decode())
"""
HERE = "postmaster@falcot.com"  # an alias: an account would be one of the lab alone
FAR = "somebody@far.example"


def talk(
    lab: Lab, client: str, sender: str = "a@good.example", to: str = HERE, helo: str = "c.good.example"
) -> str:
    words = [helo, sender, to, "c.good.example", client]
    done = lab.run(sys.executable, "-c", _TALK, json.dumps(words))
    assert done.ok, done.words
    return done.out.decode().strip()


@pytest.fixture(scope="module")
def live() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


def configure(lab: Lab, **values: str) -> None:
    usual = {
        "smtpd_authorized_xclient_hosts": "127.0.0.1",
        "smtpd_client_restrictions": "", "smtpd_helo_restrictions": "", "smtpd_sender_restrictions": "",
        "smtpd_data_restrictions": "", "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
        "smtpd_recipient_restrictions": "permit_mynetworks",
    }  # fmt: skip
    wanted = [f"{name}={value}" for name, value in {**usual, **values}.items()]
    done = lab.run("postconf", "-c", str(lab.config_dir), "-e", *wanted)
    assert done.ok, done.words
    lab.postfix("reload")


CASES: tuple[tuple[str, str, str, dict[str, str], str], ...] = (
    ("smtpd_helo_restrictions", "reject_non_fqdn_helo_hostname", "need fully-qualified", {"helo": "bare"}, "client"),
    ("smtpd_sender_restrictions", "check_sender_access inline:{bad.example=REJECT}", "Access denied",
     {"sender": "a@bad.example"}, "sender"),
    ("smtpd_recipient_restrictions", "permit_mynetworks, check_policy_service inet:127.0.0.1:9", "configuration problem",
     {}, "recipient"),
    ("smtpd_helo_restrictions", "reject_non_fqdn_helo_hostname", "need fully-qualified", {"helo": "bare"}, "warn only"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("number", "name", "rules", "words", "said", "whom"), [(n, *each) for n, each in enumerate(CASES)]
)
def test_who_is_refused_is_let_through_as_foretold(
    live: Lab, number: int, name: str, rules: str, words: str, said: dict[str, str], whom: str
) -> None:
    client = f"203.0.113.{number + 10}"
    configure(live, **{name: rules})
    after = live.log_size()
    assert words in talk(live, client, **said)
    live.logged(re.escape(words), after=after, within=10)
    lines = live.log.read_bytes()[after:].splitlines()
    record = parse([line for line in lines if words.encode() in line and b"reject: " in line][-1])
    instance = Instance.open(str(live.config_dir))
    session = session_of(instance, record)
    assert session is not None
    assert (session.client_address, session.recipient) == (client, HERE)
    offers = let_through(instance, session, explain(instance, session), who="laure")
    offer = next(each for each in offers if whom in each.title)
    assert "→ 250" in offer.title
    path = live.directory / "draft.json"
    plan = offer.because("as a test")
    path.write_bytes(
        dumps([Group(plan.edits, "")], config_dir=str(live.config_dir), hostname="", who="laure", time="")
    )
    done = live.mailtui("draft", "apply", str(path), "--no-rehearsal")
    assert done.ok, done.words
    assert talk(live, client, **said).startswith("250")
    far: dict[str, str] = {**said, "to": FAR}
    assert talk(live, client, **far)[0] in "45"
    assert talk(live, "203.0.113.99", **far)[0] in "45"
    if whom == "client":
        assert words in talk(live, "203.0.113.99", **said)
    if whom == "sender":
        assert words in talk(live, client, sender="b@bad.example")
    if whom == "recipient":
        assert words in talk(live, client, to="abuse@falcot.com")
