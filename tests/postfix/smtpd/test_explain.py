"""The answer to a session: its service, what stands before the lists, what keeps smtpd from starting."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.dns.ask import Answer as DnsAnswer
from mailtui.dns.ask import Names
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.explain import explain, explain_batch
from mailtui.postfix.smtpd.session import Answer, Session

MAIN = """\
compatibility_level = 3.6
myhostname = mx.test.example
mydestination = local.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
local_recipient_maps = inline:{bob=x}
alias_maps =
"""
MASTER = """\
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_client_restrictions=reject_plaintext_session,permit
smtp unix - - n - - smtp
"""
NAMES = Names(only_supplied=True)


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "master.cf").write_text(MASTER)
    return tmp_path


def said(etc: Path, *settings: str, live: bool = False, names: Names = NAMES, **session: Any) -> Answer:
    with (etc / "main.cf").open("a") as file:
        file.write("".join(f"{line}\n" for line in settings))
    given = {"helo": "h.example", "sender": "a@good.example", "recipient": "bob@local.example", **session}
    return explain(
        Instance.open(str(etc)), Session("192.0.2.7", **given), names=names, live=live
    )  # fmt: skip


def test_mail_for_us_is_taken(etc: Path) -> None:
    answer = said(etc)
    assert (answer.action, answer.reply, answer.at) == ("permit", "250 2.1.5 Ok", "rcpt")


def test_relaying_is_refused_with_its_rule(etc: Path) -> None:
    answer = said(etc, "smtpd_relay_restrictions =", "  permit_mynetworks,", "  reject_unauth_destination",
                  recipient="x@remote.example")  # fmt: skip
    assert answer.reply == "554 5.7.1 <x@remote.example>: Relay access denied"
    assert answer.decided_by.rule == "reject_unauth_destination"
    step = answer.steps[-1]
    lines = (etc / "main.cf").read_text().splitlines()
    assert step.line is not None
    assert lines[step.line - 1].strip() == "reject_unauth_destination"


@pytest.mark.parametrize(
    ("settings", "session", "reply"),
    [
        ((), {"service": "submission"}, "530 5.7.0 Must issue a STARTTLS command first"),
        ((), {"service": "submission/inet", "tls": True}, "250 2.1.5 Ok"),
        ((), {"service": "465"}, "250 2.1.5 Ok"),
        (("smtpd_helo_required = yes",), {"helo": None}, "503 5.5.1 Error: send HELO/EHLO first"),
        ((), {"sender": "a@b..c"}, "501 5.1.7 Bad sender address syntax"),
        ((), {"recipient": "a@[1.2.3]"}, "501 5.1.3 Bad recipient address syntax"),
        ((), {"recipient": ""}, "501 5.1.3 Bad recipient address syntax"),
        (("soft_bounce = yes",), {"recipient": ""}, "401 4.1.3 Bad recipient address syntax"),
        (("smtpd_client_restrictions = reject",), {"recipient": "postmaster"}, "250 2.1.5 Ok"),
        (("smtpd_client_restrictions = reject",), {"recipient": "double-bounce@mx.test.example"}, "250 2.1.5 Ok"),
    ],
)  # fmt: skip
def test_what_is_said_before_the_lists(
    etc: Path, settings: tuple[str, ...], session: dict[str, Any], reply: str
) -> None:
    assert said(etc, *settings, **session).reply == reply


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (("smtpd_restriction_classes = strict",), "strict"),
        (("smtpd_relay_restrictions = permit_mynetworks", "smtpd_recipient_restrictions ="), "reject_unauth"),
        (("smtpd_relay_restrictions = warn_if_reject reject_unauth_destination",), "reject_unauth"),
        (("smtpd_data_restrictions = check_policy_service nonsense",), "check_policy_service nonsense"),
        (("smtpd_data_restrictions = check_policy_service { inet:x:1, timeout = 3s }",), "name=value"),
    ],
)
def test_an_smtpd_that_does_not_start_says_nothing(etc: Path, settings: tuple[str, ...], why: str) -> None:
    answer = said(etc, *settings)
    assert (answer.action, answer.code, answer.at) == ("unknown", 0, "connect")
    assert why in answer.unknown[0]


@pytest.mark.parametrize("service", ["nosuch", "smtp/unix", "submission/unix"])
def test_a_service_that_takes_no_mail_is_an_error(etc: Path, service: str) -> None:
    with pytest.raises(InstanceError, match="service"):
        said(etc, service=service)


def test_dns_may_be_supplied(etc: Path) -> None:
    listed = {("7.2.0.192.list.example", "A"): DnsAnswer("ok", ("127.0.0.2",))}
    names = Names(supplied=listed, only_supplied=True)
    rule = "smtpd_client_restrictions = reject_rbl_client list.example"
    assert said(etc, rule, names=names).code == 554
    assert said(etc).code == 250


def test_a_batch_answers_in_order(etc: Path) -> None:
    sessions = [
        Session("192.0.2.7", helo="h", sender="", recipient=f"{who}@local.example") for who in ("bob", "eve")
    ]
    answers = explain_batch(Instance.open(str(etc)), sessions, names=NAMES)
    assert [answer.code for answer in answers] == [250, 550]


class _Policy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked = {}
        for line in iter(lambda: self.rfile.readline().strip(), b""):
            name, _equals, value = line.partition(b"=")
            asked[name] = value
        self.wfile.write(b"action=DEFER_IF_PERMIT Greylisted " + asked[b"recipient"] + b"\n\n")


@pytest.fixture
def policy() -> Iterator[str]:
    with socketserver.TCPServer(("127.0.0.1", 0), _Policy) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_policy_server_is_asked_only_where_that_is_wanted(etc: Path, policy: str) -> None:
    answer = said(etc, policy)
    assert answer.action == "unknown"
    assert "was not asked" in answer.unknown[0]
    answer = said(etc, live=True)
    assert (
        answer.reply
        == "450 4.7.1 <bob@local.example>: Recipient address rejected: Greylisted bob@local.example"
    )
    assert any("postgrey" in step.why for step in answer.steps)


def test_a_policy_server_that_is_down_gives_its_default(etc: Path) -> None:
    down = "smtpd_recipient_restrictions = check_policy_service { inet:127.0.0.1:9, default_action=DUNNO }"
    assert said(etc, down, live=True).code == 250


def test_a_default_that_asks_again_ends_in_smtpds_own(etc: Path) -> None:
    answer = said(
        etc,
        "smtpd_restriction_classes = strict",
        "strict = check_policy_service { inet:127.0.0.1:9, default_action=strict }",
        "smtpd_recipient_restrictions = strict",
        live=True,
    )
    assert (
        answer.reply
        == "451 4.3.5 <bob@local.example>: Recipient address rejected: Server configuration problem"
    )


def test_a_naked_address_that_is_none_permits_where_it_is_only_warned_of(etc: Path) -> None:
    rules = "smtpd_recipient_restrictions = {}permit_naked_ip_address, reject"
    assert said(etc, rules.format(""), helo="12345").code == 501
    assert said(etc, rules.format("warn_if_reject "), helo="12345").code == 250
