"""Each program that a lab can have beside Postfix answers as the real one does, and ends with the lab."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import dkim
import pytest

from mailtui import commands
from mailtui.demo import dkimkeys
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from mailtui.demo.place import DemoError

LOG_IN = """
import smtplib, ssl, sys
smtp = smtplib.SMTP("127.0.0.1", 587, timeout=20)
smtp.starttls(context=ssl._create_unverified_context())
try:
    print(smtp.login(*sys.argv[1:])[0])
except smtplib.SMTPAuthenticationError as error:
    print(error.smtp_code)
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if commands.find(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def logs_in(lab: Lab, user: str, password: str) -> bool:
    done = lab.run(sys.executable, "-c", LOG_IN, user, password)
    assert done.ok, done.words
    return done.out.split() == [b"235"]


@needs("opendkim", "openssl")
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("tables", [False, True])
def test_opendkim_signs_by_either_set_up(lab: Lab, kind: str, tables: bool) -> None:
    filters = Filters(lab)
    milter = filters.opendkim(kind=kind, tables=tables, unix=True)
    assert milter.address == "unix:opendkim/opendkim.sock"
    filters.attach(milter)
    assert lab.send("jean@falcot.com", sender="laure@falcot.com").accepted
    lab.logged(r"to=<jean@falcot\.com>.*status=sent")
    message = lab.mailbox("jean").partition(b"\n")[2].rstrip(b"\n") + b"\n"
    assert f"a={kind}-sha256".encode() in message
    record = dkimkeys.record(filters.dkim_key("falcot.com", "mail").read_bytes(), kind)
    assert dkim.verify(message, dnsfunc=lambda *_, **__: record.encode())


@needs("testsaslauthd", "saslauthd", "saslpasswd2")
def test_saslauthd_checks_accounts_of_its_own(lab: Lab) -> None:
    if not Path("/etc/sasldb2").exists():
        pytest.skip("no /etc/sasldb2 to lay ours over")
    filters = Filters(lab)
    daemon = filters.saslauthd({"paul@falcot.com": "a secret"})
    ask = ("testsaslauthd", "-f", str(daemon.endpoint.path), "-u", "paul", "-r", "falcot.com", "-p")
    assert lab.run(*ask, "a secret").out.startswith(b"0: OK")
    assert lab.run(*ask, "a guess").out.startswith(b"0: NO")
    conf = lab.config_dir / "sasl" / "smtpd.conf"
    assert daemon.endpoint.path is not None
    mux = daemon.endpoint.path.parent
    conf.write_text(f"pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\nsaslauthd_path: {mux}/mux\n")
    filters.configure({})
    assert logs_in(lab, "paul@falcot.com", "a secret")
    assert not logs_in(lab, "paul@falcot.com", "a guess")


@needs("dovecot")
def test_dovecot_tells_who_logs_in(lab: Lab) -> None:
    filters = Filters(lab)
    filters.dovecot({"paul": "a secret"})
    filters.configure({"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/auth"})
    assert logs_in(lab, "paul", "a secret")
    assert not logs_in(lab, "paul", "a guess")


@needs("opendkim")
def test_what_does_not_start_says_why(lab: Lab) -> None:
    with pytest.raises(DemoError, match=r"opendkim does not run; .*unrecognized parameter"):
        Filters(lab).opendkim(settings={"Bogus": "1"})


@needs("opendmarc", "opendkim")
def test_hung_gone_and_back(lab: Lab) -> None:
    milter = Filters(lab).opendmarc()
    first = milter.pid
    milter.hang()
    assert Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    milter.resume()
    milter.hang()
    milter.restart()
    assert milter.pid != first
    assert not Path(f"/proc/{first}").exists()
    last = milter.pid
    lab.stop()
    assert not Path(f"/proc/{last}").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)
