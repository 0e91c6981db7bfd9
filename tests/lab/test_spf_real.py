"""The real policyd-spf in smtpd's chain: whom it refuses, what it writes, what its odd switch means."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mailtui import commands
from mailtui.demo import traffic
from mailtui.demo.beside import Filter
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from tests.lab.traces import trace

pytestmark = pytest.mark.skipif(commands.find("policyd-spf") is None, reason="policyd-spf is not installed")


@pytest.fixture(scope="module")
def checked() -> Iterator[tuple[Lab, Filters, Filter]]:
    with Lab() as lab:
        filters = Filters(lab)
        service = filters.policyd_spf()
        rules = "permit_mynetworks, reject_unauth_destination, check_policy_service"
        filters.configure({"smtpd_recipient_restrictions": f"{rules} {service.address}"})
        yield lab, filters, service


def test_a_server_that_spf_does_not_name_is_refused(checked: tuple[Lab, Filters, Filter]) -> None:
    lab, _, _ = checked
    after = lab.log_size()
    answer = lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.SUPPLIER)
    assert (answer.code, "5.7.23" in answer.text, "SPF fail - not authorized" in answer.text) == (
        550, True, True,
    )  # fmt: skip
    lab.logged(r"policyd-spf\[\d+\]: .*550 5\.7\.23", after=after)
    path = lab.directory / "one.log"
    path.write_bytes(lab.log.read_bytes()[after:])
    (verdict,) = [each for each in trace(lab, None, str(path)) if each["process"] == "policyd-spf"]
    assert (verdict["code"], verdict["dsn"]) == (550, "5.7.23")
    (refused,) = [each for each in trace(lab, None, str(path)) if each["event"] == "reject"]
    assert "SPF fail" in refused["text"]


@pytest.mark.parametrize(
    ("client", "sender", "verdict"),
    [
        (traffic.PARTNER, "ana@partner.example", "Pass"),
        (traffic.SUPPLIER, "bill@supplier.example", "None"),
        (traffic.SUPPLIER, "jean@falcot.org", "Permerror"),
    ],
)
def test_what_is_taken_carries_the_result(
    checked: tuple[Lab, Filters, Filter], client: tuple[str, str], sender: str, verdict: str
) -> None:
    lab, _, _ = checked
    after, subject = lab.log_size(), f"from {sender}"
    answer = lab.send("marie@falcot.com", sender=sender, subject=subject, client=client)
    assert answer.code == 250, answer
    lab.logged(r"to=<marie@falcot\.com>.*status=sent", after=after)
    (message,) = [each for each in lab.mailbox("marie").split(b"\nFrom ") if subject.encode() in each]
    assert f"Received-SPF: {verdict} (mailfrom)".encode() in message


def test_our_own_desks_are_not_asked_about(checked: tuple[Lab, Filters, Filter]) -> None:
    lab, _, _ = checked
    assert lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.DESK).code == 250


def test_test_only_0_is_the_test_mode(checked: tuple[Lab, Filters, Filter]) -> None:
    """policyd-spf.conf(5) reads as if 1 were: Debian's default 1 refuses, 0 only tells."""
    lab, filters, service = checked
    text = service.config.read_text()
    service.config.write_text(text.replace("TestOnly = 1", "TestOnly = 0"))
    try:
        assert lab.postfix("reload").ok  # a process that waits keeps the old file
        lab.run("sleep", "0.2")
        assert lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.SUPPLIER).code == 250
    finally:
        service.config.write_text(text)
        filters.configure({})


def test_a_number_that_is_none_ends_it_and_mail_waits(checked: tuple[Lab, Filters, Filter]) -> None:
    lab, filters, service = checked
    text = service.config.read_text()
    service.config.write_text(text.replace("debugLevel = 1", "debugLevel = one"))
    try:
        filters.configure({})
        answer = lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.PARTNER)
        assert (answer.code, "4.3.5" in answer.text) == (451, True), answer
    finally:
        service.config.write_text(text)
        filters.configure({})
    assert lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.PARTNER).code == 250


def test_a_rule_that_names_nobody_stops_mail(checked: tuple[Lab, Filters, Filter]) -> None:
    """doctor says so beforehand, and names the service that is meant."""
    lab, filters, service = checked
    rules = "permit_mynetworks, reject_unauth_destination, check_policy_service"
    filters.configure({"smtpd_recipient_restrictions": f"{rules} unix:private/policy-spf"})
    try:
        answer = lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.PARTNER)
        assert (answer.code, "4.3.5" in answer.text) == (451, True), answer
        told = {each["id"]: each for each in json.loads(lab.mailtui("doctor", "--json").out)}
        assert "every mail that comes to this rule gets 451 4.3.5" in told["policy-service-missing"]["why"]
        assert service.address in told["policy-service-missing"]["fix"]
    finally:
        filters.configure({"smtpd_recipient_restrictions": f"{rules} {service.address}"})
    assert "policy-service-missing" not in lab.mailtui("doctor", "--json").out.decode()


def test_a_program_that_is_gone_stops_mail(checked: tuple[Lab, Filters, Filter]) -> None:
    lab, filters, _ = checked
    master = lab.config_dir / "master.cf"
    text = master.read_text()
    master.write_text(text.replace("argv=/usr/bin/policyd-spf", "argv=/nowhere/policyd-spf"))
    try:
        filters.configure({"policyd-spf_time_limit": "3600s", "smtpd_policy_service_timeout": "3s"})
        answer = lab.send("jean@falcot.com", sender="ana@partner.example", client=traffic.PARTNER)
        assert (answer.code, "4.3.5" in answer.text) == (451, True), answer
        assert "policyd-spf-missing" in lab.mailtui("doctor", "--json").out.decode()
    finally:
        master.write_text(text)
        filters.configure({})
