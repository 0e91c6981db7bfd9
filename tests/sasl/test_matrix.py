"""What each service does with AUTH, from main.cf and master.cf; and the edits of each cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits import authplan, authrelay, senderplan
from mailtui.edits.authplan import Wanted
from mailtui.edits.candidate import Candidate
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.sasl.matrix import ServiceLine, filtered, matrix
from tests.postfix.conftest import instance_dir, postconf, put
from tests.sasl.offices import CONF

__all__ = ["instance_dir"]
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_security_level=encrypt
#submissions inet n     -       y       -       -       smtpd
#  -o smtpd_tls_wrappermode=yes
#  -o smtpd_sasl_auth_enable=yes
10025     inet  n       -       n       -       -       smtpd
  -o mynetworks=127.0.0.0/8
cleanup   unix  n       -       n       -       0       cleanup
"""
CERTIFIED = "smtpd_tls_cert_file = /etc/hostname\nsmtpd_tls_key_file = /etc/hostname\n"


def made(make: Any, tmp_path: Path, main: str = "", master: str = MASTER) -> Instance:
    folder = make(f"myhostname = mail.falcot.com\n{CERTIFIED}{main}", master=master)
    put(folder / "sasl/smtpd.conf", CONF.format(database=tmp_path / "sasldb2"))
    return Instance.open(str(folder))


def line(instance: Instance, name: str = "submission/inet") -> ServiceLine:
    return next(each for each in matrix(instance) if each.name == name)


def after(instance: Instance, plan: Plan) -> Instance:
    assert not plan.refused
    candidate = Candidate(instance.files, plan.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)


def test_the_rows(instance_dir: Any, tmp_path: Path) -> None:
    found = matrix(made(instance_dir, tmp_path))
    assert [(each.name, each.offered, each.row.enabled) for each in found] == [
        ("smtp/inet", False, True),
        ("submission/inet", True, True),
        ("submissions/inet", False, False),
        ("10025/inet", False, True),
    ]
    submission = found[1]
    assert submission.mechanisms == ("PLAIN", "LOGIN", "CRAM-MD5")
    assert submission.checked_by == "sasldb"
    assert (submission.relay, submission.clear, submission.senders.word) == ("yes", False, "any")


RELAY = [
    ("smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination", "no"),
    ("smtpd_relay_restrictions = reject_unauth_destination, permit_sasl_authenticated", "late"),
    ("smtpd_relay_restrictions = permit_sasl_authenticated, reject", "yes"),
    ("smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = reject_unauth_destination", "no"),
    ("smtpd_recipient_restrictions = permit_mynetworks, reject", "no"),
    ("smtpd_client_restrictions = permit_mynetworks, reject", "no"),
    ("smtpd_helo_restrictions = reject_non_fqdn_helo_hostname", "yes"),
    ("smtpd_relay_restrictions = warn_if_reject reject_unauth_destination, defer_unauth_destination", "no"),
    (
        "smtpd_restriction_classes = ours\nours = permit_sasl_authenticated\n"
        "smtpd_relay_restrictions = ours, reject_unauth_destination",
        "yes",
    ),
    ("mua = permit_sasl_authenticated\nsmtpd_relay_restrictions = $mua, reject_unauth_destination", "yes"),
    ("rest = reject_unauth_destination\nsmtpd_relay_restrictions = permit_mynetworks, $rest", "no"),
]


@pytest.mark.parametrize(("main", "relay"), RELAY)
def test_who_logged_in_may_send_elsewhere(instance_dir: Any, tmp_path: Path, main: str, relay: str) -> None:
    instance = made(instance_dir, tmp_path, f"{main}\n")
    found = line(instance)
    assert found.relay == relay
    if relay == "yes":
        assert authrelay.relay(instance, found).edits == ()
        return
    assert found.shut[0].why
    assert line(after(instance, authrelay.relay(instance, found))).relay == "yes"


def test_each_setting_where_it_belongs(instance_dir: Any, tmp_path: Path) -> None:
    instance = made(instance_dir, tmp_path, "smtpd_sasl_auth_enable = yes\n")
    smtp, submission = line(instance, "smtp/inet").row, line(instance).row
    off = authplan.setting(instance, smtp, "smtpd_sasl_auth_enable", "no")
    assert [each.describe() for each in off.edits] == ["+ service smtp/inet -o smtpd_sasl_auth_enable=no"]
    same = authplan.setting(instance, submission, "smtpd_sasl_auth_enable", "yes")
    assert same.edits == ()
    old = authplan.setting(instance, smtp, "broken_sasl_auth_clients", "yes")
    assert [each.describe() for each in old.edits] == ["+ broken_sasl_auth_clients = yes"]
    assert old.says == ("broken_sasl_auth_clients is for every service",)
    level = authplan.tls_level(instance, submission, "may")
    assert [each.describe() for each in level.edits] == [
        "~ service submission/inet -o smtpd_tls_security_level=may"
    ]


def test_on_and_off_again(instance_dir: Any, tmp_path: Path) -> None:
    """A service that was commented out; off takes back what on did for it."""
    instance = made(
        instance_dir, tmp_path, "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
    )
    row = line(instance, "submissions/inet").row
    on = after(instance, authplan.turn_on(instance, row))
    found = line(on, "submissions/inet")
    assert found.auth is not None
    assert (found.offered, found.auth.tls, found.relay) == (True, "wrapper", "yes")
    plan = authplan.turn_off(on, found)
    assert "smtpd_relay_restrictions" not in "".join(each.describe() for each in plan.edits)
    off = after(on, plan)
    assert line(off, "submissions/inet").offered is False
    assert line(off).relay == "yes", "submission needs the rule"
    last = authplan.turn_off(off, line(off))
    assert [each.describe() for each in last.edits] == [
        "- service submission/inet -o smtpd_sasl_auth_enable (was yes): main.cf",
        "- permit_sasl_authenticated out of smtpd_relay_restrictions",
    ]


def test_smtp_gets_auth_under_tls_alone(instance_dir: Any, tmp_path: Path) -> None:
    instance = made(instance_dir, tmp_path)
    on = after(instance, authplan.turn_on(instance, line(instance, "smtp/inet").row))
    found = line(on, "smtp/inet")
    assert found.auth is not None
    assert (found.offered, found.auth.tls, found.auth.auth_only, found.clear) == (True, "may", True, False)
    folder = instance.config_dir
    assert postconf(Path(folder), "-P", "smtp/inet/smtpd_sasl_auth_enable") == ""


def test_without_a_certificate_it_is_refused(instance_dir: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = Instance.open(str(instance_dir("", master=MASTER)))
    monkeypatch.setattr(authplan, "SNAKEOIL", ("/nonexistent.pem", "/nonexistent.key"))
    row = line(instance, "submission/inet").row
    assert "there is no certificate" in authplan.turn_on(instance, row).refused
    assert "no file /nonexistent" in authplan.turn_on(instance, row, Wanted(cert="/nonexistent")).refused


def test_dovecot_and_saslauthd(instance_dir: Any, tmp_path: Path) -> None:
    instance = made(instance_dir, tmp_path)
    row = line(instance).row
    dovecot = after(instance, authplan.checked_by(instance, row, Wanted(by="dovecot")))
    found = line(dovecot)
    assert found.auth is not None
    assert (found.checked_by, found.auth.path) == ("dovecot", "private/auth")
    back = line(after(dovecot, authplan.checked_by(dovecot, row, Wanted(by="sasldb"))))
    assert back.checked_by == "sasldb"
    daemon = line(after(instance, authplan.checked_by(instance, row, Wanted(by="saslauthd"))))
    assert (daemon.checked_by, daemon.mechanisms) == ("saslauthd", ("PLAIN", "LOGIN"))


def test_sender_checks(instance_dir: Any, tmp_path: Path) -> None:
    instance = made(
        instance_dir,
        tmp_path,
        "smtpd_sender_restrictions = permit_sasl_authenticated, reject_non_fqdn_sender\n",
    )
    rule = "reject_authenticated_sender_login_mismatch"
    assert senderplan.sender_check(instance, line(instance), rule, "").refused
    checked = after(instance, senderplan.sender_check(instance, line(instance), rule, "hash:/etc/senders"))
    found = line(checked).senders
    assert (found.word, found.maps, len(found.late)) == ("checked", "hash:/etc/senders", 0)
    other = after(
        checked, senderplan.sender_check(checked, line(checked), "reject_sender_login_mismatch", found.maps)
    )
    assert [each.name for each in line(other).senders.rules] == ["reject_sender_login_mismatch"]
    gone = after(other, senderplan.sender_check(other, line(other), "any", ""))
    assert line(gone).senders.word == "any"


def test_the_filter_of_mechanisms() -> None:
    names = ("PLAIN", "LOGIN", "EXTERNAL", "CRAM-MD5")
    assert filtered(names, "!external, static:rest") == ["PLAIN", "LOGIN", "CRAM-MD5"]
    assert filtered(names, "plain, login") == ["PLAIN", "LOGIN"]
    assert filtered(names, "!gssapi, !login, static:all") == ["PLAIN", "EXTERNAL", "CRAM-MD5"]
    assert filtered(names, "") == []


def test_passwords_in_clear(instance_dir: Any, tmp_path: Path) -> None:
    master = MASTER.replace("smtpd_tls_security_level=encrypt", "smtpd_tls_security_level=may")
    instance = made(instance_dir, tmp_path, "", master)
    assert line(instance).clear
    safe = made(instance_dir, tmp_path, "smtpd_sasl_security_options = noanonymous, noplaintext\n", master)
    assert line(safe).clear is False
