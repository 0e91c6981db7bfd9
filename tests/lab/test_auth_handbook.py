"""Authenticated SMTP as the Debian Administrator's Handbook sets it up (its example 11.12 and those after), by
keys at the console of a running demo: an account, AUTH in main.cf, none on port 25, a login elsewhere."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mailtui.demo.lab import Lab
from mailtui.postfix.instance import Instance
from mailtui.sasl.matrix import matrix
from tests.lab.test_accounts import WORD, account, login
from tests.lab.test_auth_services import configure, line, talk
from tests.screens.pty_driver import Pty

ISP = "[mail.isp.com]:587"


@contextmanager
def console(lab: Lab, tab: int) -> Iterator[Pty]:
    """The console beside the server, on one of the lists of key 7."""
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(lab.config_dir), "auth"]
    with Pty(lab.inside(argv), env={**lab.environment(), "NO_COLOR": "1"}) as term:
        term.wait_until("[Accounts] Services Client", 20)
        for _ in range(tab):
            term.send("tab")
            term.settle()
        yield term


def write(term: Pty) -> None:
    """Review and apply what is staged."""
    term.send("w")
    term.wait_until("Enter apply", 30)
    term.settle(0.8)
    term.send("enter")
    term.wait_until("Done in", 40)
    term.send("q")
    term.wait_until(lambda text: "Done in" not in text)


def test_11_12_an_account(lab: Lab) -> None:
    """saslpasswd2 -c jean, by `n`; it logs in at once."""
    with console(lab, 0) as term:
        term.send("n")
        term.wait_until("New account")
        for text in ("marie", WORD, WORD):
            term.send(text)
            term.settle()
            term.send("enter")
            term.settle()
        term.wait_until("marie@falcot.com added", 20)
        assert WORD not in term.raw.decode("utf-8", "replace")
    assert login(lab, "marie", "submission") == (True, [])
    assert login(lab, "marie", "submissions") == (True, [])
    assert login(lab, "marie", "smtp")[0] is False


def test_11_13_auth_for_the_server_and_not_on_port_25(lab: Lab) -> None:
    """smtpd_sasl_auth_enable = yes in main.cf, permit_sasl_authenticated before reject_unauth_destination, and
    `-o smtpd_sasl_auth_enable=no` for smtp."""
    account(lab, "add", "marie@falcot.com")
    configure(
        lab,
        mynetworks="192.0.2.200/32",
        smtpd_sasl_auth_enable="yes",
        smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination",
    )
    assert talk(lab, 25)[0].split()[-1] == "True"
    assert talk(lab, 587, "marie")[2].startswith("554 ")
    with console(lab, 1) as term:
        term.wait_until("Accounts [Services] Client")
        term.wait_until("! submission")
        term.send("#")
        term.wait_until("1 staged")
        term.send("down")
        term.wait_until("reject_unauth_destination stops him")
        term.send("f")
        term.wait_until("+ permit_sasl_authenticated in")
        term.send("1")
        term.wait_until("2 staged")
        write(term)
        term.wait_until("who logged in may send anywhere", 20)
        term.send("q")
        assert term.wait() == 0
    assert "  -o smtpd_sasl_auth_enable=no\n" in (lab.config_dir / "master.cf").read_text()
    assert talk(lab, 25)[0].split() == ["False"]
    assert "554" in talk(lab, 25)[1]
    assert talk(lab, 587, "marie")[2].startswith("250 ")
    assert line(lab, "submission/inet").relay == "yes"
    assert all(each.relay != "no" for each in matrix(Instance.open(str(lab.config_dir))))


def test_11_14_this_server_logs_in_elsewhere(lab: Lab) -> None:
    """relayhost, smtp_sasl_auth_enable and sasl_passwd, by keys: compiled, 0600, masked everywhere."""
    with console(lab, 2) as term:
        term.wait_until("This server logs in nowhere")
        term.send("n")
        term.wait_until("a login elsewhere")
        for text in (ISP, "joe"):
            term.send(text)
            term.settle()
            term.send("enter")
            term.settle()
        term.send("\x1b[C")
        term.settle()
        term.send("enter")
        term.wait_until("Password of joe")
        for _ in range(2):
            term.send(WORD)
            term.settle()
            term.send("enter")
            term.settle()
        term.wait_until("6 staged")
        write(term)
        term.wait_until(lambda text: "  used" in text and "0600" in text, 20)
        term.send("q")
        assert term.wait() == 0
        assert WORD not in term.raw.decode("utf-8", "replace")
    instance = Instance.open(str(lab.config_dir))
    parameters = instance.parameters
    assert parameters.effective("relayhost") == ISP
    assert parameters.effective("smtp_sasl_auth_enable") == "yes"
    folder = lab.config_dir / "sasl"
    for path in folder.glob("sasl_passwd*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (table,) = parameters.effective("smtp_sasl_password_maps").split()
    assert lab.run("postmap", "-q", ISP, table).out == f"joe:{WORD}\n".encode()
    shown = b"".join(
        lab.mailtui(*words, "--json").out
        for words in (("history", "list"), ("doctor",), ("table", "list", table))
    )
    assert ISP.encode() in shown
    assert WORD.encode() not in shown
    number = json.loads(lab.mailtui("history", "list", "--json").out)[0]["id"]
    assert WORD.encode() not in lab.mailtui("history", "show", str(number)).out
    kept = [
        each for each in lab.directory.rglob("*") if each.is_file() and WORD.encode() in each.read_bytes()
    ]
    assert {each.parent for each in kept} == {folder}
