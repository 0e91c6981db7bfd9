"""Greylisted by the real postgrey, an offer for it written, and the real smtpd says 250 at once; others wait on."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from mailtui.edits.draft import Group
from mailtui.edits.letting import let_through
from mailtui.edits.postgreyplan import set_option
from mailtui.edits.store import dumps
from mailtui.maillog.record import parse
from mailtui.postfix.greylisting import places
from mailtui.postfix.instance import Instance
from mailtui.postfix.refusalsession import session_of
from mailtui.postfix.smtpd.explain import explain

pytestmark = pytest.mark.skipif(commands.find("postgrey") is None, reason="postgrey is not installed")

GREY = "Greylisted, see"
_TALK = """
import json, smtplib, sys
sender, to, name, address = json.loads(sys.argv[1])
server = smtplib.SMTP("127.0.0.1", 25, local_hostname="probe.example", timeout=20)
server.ehlo("probe.example")
server.docmd("XCLIENT NAME=%s ADDR=%s" % (name, address))
server.ehlo(name)
server.docmd("MAIL FROM:<%s>" % sender)
code, text = server.docmd("RCPT TO:<%s>" % to)
print(code, text.decode())
"""
_LOOK = """
import json, os
from mailtui.postfix.greylisting import places
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyrows import asked, policy_rows, program_of
instance = Instance.open(os.environ["MAILTUI_CONFIG_DIR"])
here = places(instance)
rows = [[row.written, *program_of(row, None), asked(instance, row).says] for row in policy_rows(instance)]
print(json.dumps([here.pid, dict(here.running or {}), [each.path for each in here.recipients], rows]))
"""


@pytest.fixture(scope="module")
def live() -> Iterator[Lab]:
    with Lab() as lab:
        grey = Filters(lab).postgrey(delay=600)
        done = lab.run(
            "postconf", "-c", str(lab.config_dir), "-e", "smtpd_authorized_xclient_hosts=127.0.0.1",
            "smtpd_client_restrictions=", "smtpd_helo_restrictions=", "smtpd_sender_restrictions=",
            "smtpd_data_restrictions=",
            f"smtpd_recipient_restrictions=permit_mynetworks, reject_unauth_destination, "
            f"check_policy_service {grey.address}",
        )  # fmt: skip
        assert done.ok, done.words
        assert lab.postfix("reload").ok
        try:
            yield lab
        finally:
            grey.stop()


def talk(lab: Lab, client: str, sender: str = "ann@good.example", to: str = "sales@falcot.com") -> str:
    done = lab.run(sys.executable, "-c", _TALK, json.dumps([sender, to, "c.good.example", client]))
    assert done.ok, done.words
    return done.out.decode().strip()


def test_the_running_postgrey_is_found_with_its_files(live: Lab) -> None:
    done = live.run(sys.executable, "-c", _LOOK)
    assert done.ok, done.words
    pid, options, recipients, rows = json.loads(done.out)
    assert pid > 0
    assert options["delay"] == "600"
    folder = live.config_dir.parent / "postgrey"
    assert recipients == [f"{folder}/whitelist_recipients", f"{folder}/whitelist_recipients.local"]
    written, program, by, says = rows[0]
    assert (written, program) == ("inet:127.0.0.1:10024", "postgrey")
    assert by.startswith("the process postgrey")
    assert says.startswith("answers ")


@pytest.mark.parametrize(
    ("title", "client", "to", "name"),
    [
        ("No greylisting for the recipient", "203.0.113.21", "jobs@falcot.com", "whitelist_recipients.local"),
        ("No greylisting for the client", "203.0.113.22", "press@falcot.com", "whitelist_clients.local"),
    ],
)
def test_who_is_greylisted_passes_at_once(live: Lab, title: str, client: str, to: str, name: str) -> None:
    after = live.log_size()
    assert GREY in talk(live, client, to=to)
    live.logged(re.escape(GREY), after=after)
    lines = live.log.read_bytes()[after:].splitlines()
    record = parse([line for line in lines if GREY.encode() in line and b"reject: " in line][-1])
    instance = Instance.open(str(live.config_dir))
    session = session_of(instance, record)
    assert session is not None
    offers = let_through(instance, session, explain(instance, session), who="laure")
    found = [each for each in offers if each.title.startswith(title) and "whitelist" in each.title]
    assert found, ([each.title for each in offers], explain(instance, session))
    offer = found[0]
    assert "→ 250 once postgrey has read it" in offer.title
    said = apply(live, Group(offer.plan.edits, offer.title))
    assert any(re.match(r"reload postgrey: SIGHUP to process \d+ ", step) for step in said), said
    assert (live.config_dir.parent / "postgrey" / name).exists()
    assert talk(live, client, to=to).startswith("250")
    assert GREY in talk(live, "198.51.100.99", to="roland@falcot.com")


def apply(lab: Lab, group: Group) -> list[str]:
    """Write it through the command line, as a saved draft; the steps of the plan, each in one line."""
    path = lab.directory / "draft.json"
    path.write_bytes(dumps([group], config_dir=str(lab.config_dir), hostname="", who="laure", time=""))
    done = lab.mailtui("draft", "apply", str(path), "--no-rehearsal", "--json")
    assert done.ok, done.words
    plan = json.loads(done.out)["plan"]
    return [f"{step['action']} {step.get('target', '')} {step.get('why', '')}" for step in plan]


def test_an_option_says_who_must_start_it_again(live: Lab) -> None:
    """This postgrey was started by hand: the plan says so, and nobody is told."""
    instance = Instance.open(str(live.config_dir))
    here = places(instance)
    plan = set_option(instance, here, "delay", "30")
    assert not plan.refused
    said = apply(live, Group(plan.edits, "a shorter delay"))
    assert any(step.endswith("was started by hand: start it again yourself") for step in said), said
    written = Path(here.defaults.path).read_text()
    assert 'POSTGREY_OPTS="--inet=127.0.0.1:10024 --delay=30"\n' in written
