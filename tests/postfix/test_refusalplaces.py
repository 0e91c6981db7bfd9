"""Where the rule behind a refusal stands: service, list, line, and the entry of its table."""

from __future__ import annotations

import pytest

from mailtui.maillog.record import Record, parse
from mailtui.maillog.refusal import refusal
from mailtui.postfix.instance import Instance
from mailtui.postfix.refusalplaces import places
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

MAIN = """\
message_size_limit = 1000
header_checks = regexp:$config_directory/header_checks
smtpd_restriction_classes = strict
strict = reject_rbl_client one.test, reject_rbl_client two.test=127.0.0.2
smtpd_client_restrictions = permit_mynetworks,
    check_client_access hash:$config_directory/clients
smtpd_sender_restrictions =
    hash:$config_directory/senders
    warn_if_reject reject_non_fqdn_sender
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,
    strict
    check_recipient_access hash:$config_directory/rcpt
    check_policy_service inet:127.0.0.1:10023
"""
MASTER = """\
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_sender_restrictions=reject_non_fqdn_sender
"""
TABLES = {
    "clients": "bad.test REJECT\n203.0.113 550 5.7.1 not from there\n",
    "senders": "# no\nspam@far.test  REJECT we know you\n<> DEFER\nfar.test   OK\n",
    "rcpt": "jean@ REJECT\n",
    "header_checks": "/^Subject: x/ REJECT\n",
}


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir(MAIN, master=MASTER, files=TABLES)))


def line(
    said: str,
    sender: str = "spam@far.test",
    process: str = "postfix/smtpd",
    client: str = "c.test[203.0.113.9]",
) -> Record:
    return parse(
        f"Nov 22 20:00:00 mx {process}[7]: NOQUEUE: reject: RCPT from {client}: {said}; from=<{sender}> "
        "to=<jean@falcot.com> proto=ESMTP helo=<c.test>".encode()
    )


def told(instance: Instance, record: Record) -> list[str]:
    return [
        place.words.replace(instance.config_dir, "DIR") for place in places(instance, record, refusal(record))
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("554 5.7.1 <spam@far.test>: Sender address rejected: we know you",
         ["smtp/inet  smtpd_sender_restrictions: check_sender_access hash:DIR/senders  DIR/main.cf:8  "
          "senders:2 spam@far.test REJECT we know you"]),
        ("550 5.7.1 <c.test[203.0.113.9]>: Client host rejected: not from there",
         ["smtp/inet  smtpd_client_restrictions: check_client_access hash:DIR/clients  DIR/main.cf:6  "
          "clients:2 203.0.113 550 5.7.1 not from there"]),
        ("554 5.7.1 <jean@falcot.com>: Recipient address rejected: Access denied",
         ["smtp/inet  smtpd_recipient_restrictions: check_recipient_access hash:DIR/rcpt  DIR/main.cf:12  rcpt:1 jean@ REJECT"]),
        ("554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using two.test",
         ["smtp/inet  strict: reject_rbl_client two.test=127.0.0.2  DIR/main.cf:4"]),
        ("554 5.7.1 <jean@falcot.com>: Relay access denied",
         ["smtp/inet  smtpd_recipient_restrictions: reject_unauth_destination  DIR/main.cf:10"]),
        ("454 4.7.1 <jean@falcot.com>: Relay access denied",
         ["smtp/inet  smtpd_recipient_restrictions: reject_unauth_destination  DIR/main.cf:10",
          "smtp/inet  smtpd_relay_restrictions: defer_unauth_destination  DIR/main.cf (by default)"]),
        ("552 5.3.4 Message size exceeds fixed limit", ["message_size_limit: 1000  DIR/main.cf:1"]),
        ("450 4.2.0 <jean@falcot.com>: Recipient address rejected: Greylisted",
         ["smtp/inet  smtpd_recipient_restrictions: check_policy_service inet:127.0.0.1:10023  DIR/main.cf:13"]),
        ("504 5.5.2 <spam>: Sender address rejected: need fully-qualified address", []),
    ],
)  # fmt: skip
def test_the_places_of_a_reply(instance: Instance, said: str, expected: list[str]) -> None:
    assert sorted(told(instance, line(said))) == sorted(expected)


def test_the_service_that_logged_it(instance: Instance) -> None:
    said = "504 5.5.2 <spam>: Sender address rejected: need fully-qualified address"
    (place,) = told(instance, line(said, process="postfix/submission/smtpd"))
    assert (
        place
        == "submission/inet  submission/inet -o smtpd_sender_restrictions: reject_non_fqdn_sender  DIR/master.cf:4"
    )
    assert len(told(instance, line(said, process="elsewhere/smtpd"))) == 1


def test_the_null_sender(instance: Instance) -> None:
    (place,) = told(instance, line("450 4.7.1 <>: Sender address rejected: Access denied", sender=""))
    assert place.endswith("senders:3 <> DEFER")


def test_header_checks(instance: Instance) -> None:
    record = parse(
        b"Nov 22 20:00:00 mx postfix/cleanup[7]: 3FCA722E68E: reject: header Subject: x from c[192.0.2.1]; "
        b"from=<a@b.test> to=<n@c.test> proto=ESMTP helo=<vm>: 5.7.1 message content rejected"
    )
    assert told(instance, record) == ["header_checks: regexp:DIR/header_checks  DIR/main.cf:2"]
