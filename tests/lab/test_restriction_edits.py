"""After `restriction add` and its like the real smtpd answers so; other services answer as before."""

from __future__ import annotations

import json
from typing import Any

from mailtui.demo.accounts import PASSWORDS
from mailtui.demo.lab import Lab

TALK = """
import smtplib, ssl, sys
s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=20)
if sys.argv[5:]:
    s.starttls(context=ssl._create_unverified_context())
    s.login(*sys.argv[5:])
s.ehlo(sys.argv[2]); s.mail(sys.argv[3])
code, text = s.rcpt(sys.argv[4])
print(code, text.decode())
"""


def changed(lab: Lab, *words: str) -> Any:
    done = lab.mailtui("restriction", *words, "--json")
    assert done.ok, done.words
    return json.loads(done.out)


def answer(lab: Lab, port: int, helo: str = "mx.example.net", to: str = "sophie@falcot.com") -> str:
    """What smtpd says to RCPT TO; on the submission port, after a login."""
    login = ("jean", PASSWORDS["jean@falcot.com"]) if port == 587 else ()
    done = lab.run("python3", "-c", TALK, str(port), helo, "a@falcot.com", to, *login)
    assert done.ok, done.words
    return done.out.decode().strip()


def test_rules_by_command_are_what_smtpd_does(lab: Lab) -> None:
    assert answer(lab, 25).startswith("250")
    rule = ("check_helo_access", "inline:{{mx.example.net = REJECT not you}}")
    assert changed(lab, "add", "client", *rule, "--first")["applied"]
    assert "Helo command rejected: not you" in answer(lab, 25)
    assert answer(lab, 25, helo="other.example").startswith("250")
    assert answer(lab, 587).startswith("250")  # it has a client list of its own
    assert changed(lab, "move", "client", *rule, "--last")["applied"]
    assert answer(lab, 25).startswith("250")  # permit_mynetworks stands above it now
    assert changed(lab, "add", "sender", "reject", "--service", "submission", "--first")["applied"]
    assert "Access denied" in answer(lab, 587)
    assert answer(lab, 25).startswith("250")
    assert changed(lab, "remove", "sender", "reject", "--service", "submission")["applied"]
    assert answer(lab, 587).startswith("250")


def test_a_rule_switched_off_in_an_override_is_not_asked(lab: Lab) -> None:
    """A comment within `{ name = … }` of master.cf: master(8) and smtpd read the list without it."""
    script = """
import sys
from mailtui.edits import ruleplan
from mailtui.edits.rules import SwitchRule
from mailtui.apply.transaction import apply
from mailtui.postfix.chains import chains
from mailtui.postfix.instance import Instance
instance = Instance.open(sys.argv[1])
chain = chains(instance, instance, "submission").chain("recipient")
row = next(row for row in chain.rows if row.name == "permit_sasl_authenticated")
outcome = apply(instance, ruleplan.switch(instance, row).edits, no_rehearsal=True)
print(outcome.state)
"""
    import sys

    assert answer(lab, 587).startswith("250")
    done = lab.run(sys.executable, "-c", script, str(lab.config_dir))
    assert done.out.decode().split() == ["applied"], done.words
    master = (lab.config_dir / "master.cf").read_text()
    assert "#    permit_sasl_authenticated," in master
    assert "Recipient address rejected: Access denied" in answer(lab, 587)
