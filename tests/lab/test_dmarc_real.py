"""The real opendmarc behind the real opendkim: what it writes into a header, what it refuses, whom it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailtui import commands
from mailtui.demo import traffic
from mailtui.demo.beside import Filter
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from mailtui.demo.traffic import Answer
from tests.lab.traces import trace

pytestmark = pytest.mark.skipif(
    None in (commands.find("opendkim"), commands.find("opendmarc")),
    reason="opendkim or opendmarc is not installed",
)
STRANGER = traffic.NEWCOMER


@pytest.fixture(scope="module")
def judged() -> Iterator[tuple[Lab, Filters, Filter, Filter]]:
    with Lab() as lab:
        filters = Filters(lab)
        dmarc = filters.opendmarc()
        signer = filters.opendkim()
        filters.attach(signer, dmarc)
        yield lab, filters, dmarc, signer


def sent(lab: Lab, author: str, *, sender: str = "news@new.example", subject: str) -> Answer:
    """Mail from a stranger's server that names `author` in From:."""
    head = f"From: <{author}>\r\nSubject: {subject}\r\n"
    return lab.send("jean@falcot.com", sender=sender, head=head, client=STRANGER)


def test_a_forged_author_is_refused_by_the_policy_of_his_domain(
    judged: tuple[Lab, Filters, Filter, Filter],
) -> None:
    lab, _, _, _ = judged
    after = lab.log_size()
    answer = sent(lab, "service@bank.example", subject="Your account is locked")
    assert (answer.code, answer.text) == (550, "5.7.1 rejected by DMARC policy for bank.example")
    queue_id = lab.logged(r"cleanup\[\d+\]: (\w+): milter-reject: END-OF-MESSAGE", after=after)[1]
    steps = trace(lab, queue_id)
    assert [(each["domain"], each["verdict"]) for each in steps if each["process"] == "opendmarc"][-1:] == [
        ("bank.example", "fail")
    ]
    (refused,) = [each for each in steps if each["event"] == "milter_reject"]
    assert "DMARC policy for bank.example" in refused["text"]


@pytest.mark.parametrize(
    ("author", "sender", "client", "result"),
    [
        ("ana@partner.example", "ana@partner.example", traffic.PARTNER, "dmarc=pass (p=reject"),
        ("bill@supplier.example", "bill@supplier.example", traffic.SUPPLIER, "dmarc=none (p=none"),
        ("ceo@falcot.com", "news@new.example", STRANGER, "dmarc=fail (p=quarantine"),
    ],
)
def test_what_is_taken_carries_the_result(
    judged: tuple[Lab, Filters, Filter, Filter],
    author: str,
    sender: str,
    client: tuple[str, str],
    result: str,
) -> None:
    """quarantine is no refusal: the header tells, and whoever sorts the mail decides."""
    lab, _, _, _ = judged
    after, subject = lab.log_size(), f"from {author}"
    head = f"From: <{author}>\r\nSubject: {subject}\r\n"
    answer = lab.send("marie@falcot.com", sender=sender, head=head, client=client)
    assert answer.code == 250, answer
    lab.logged(r"to=<marie@falcot\.com>.*status=sent", after=after)
    (message,) = [each for each in lab.mailbox("marie").split(b"\nFrom ") if subject.encode() in each]
    assert f"Authentication-Results: mail.falcot.com; {result}".encode() in message


def test_our_own_people_are_not_judged(judged: tuple[Lab, Filters, Filter, Filter]) -> None:
    """IgnoreHosts, and IgnoreAuthenticatedClients: else our own p=reject would refuse our own mail."""
    lab, _, dmarc, _ = judged
    assert lab.send("jean@falcot.com", sender="x@bank.example", client=traffic.DESK).code == 250

    def handed_in() -> Answer:
        to, forged, who = "jean@falcot.com", "x@bank.example", "laure@falcot.com"
        return lab.send(to, sender=forged, client=traffic.HOTEL, login=who)

    assert handed_in().code == 250
    dmarc.config.write_text(
        dmarc.config.read_text().replace(
            "IgnoreAuthenticatedClients true", "IgnoreAuthenticatedClients false"
        )
    )
    dmarc.restart()
    refused = handed_in()
    assert (refused.code, "DMARC policy" in refused.text) == (550, True)


def test_with_reject_failures_off_only_the_header_tells(judged: tuple[Lab, Filters, Filter, Filter]) -> None:
    lab, _, dmarc, _ = judged
    dmarc.config.write_text(dmarc.config.read_text().replace("RejectFailures true", "RejectFailures false"))
    dmarc.restart()
    after = lab.log_size()
    assert sent(lab, "service@bank.example", subject="let through").code == 250
    lab.logged(r"to=<jean@falcot\.com>.*status=sent", after=after)
    (message,) = [each for each in lab.mailbox("jean").split(b"\nFrom ") if b"let through" in each]
    assert b"dmarc=fail (p=reject" in message


def test_before_opendkim_it_does_not_see_what_that_found(judged: tuple[Lab, Filters, Filter, Filter]) -> None:
    """The order of the chain: a forwarded message keeps its signature only, and needs opendkim's word."""
    lab, filters, dmarc, signer = judged
    signed = b""
    assert lab.send("marie@falcot.com", sender="laure@falcot.com", subject="to be forwarded").code == 250
    lab.logged(r"DKIM-Signature field added")
    for _ in range(100):
        found = [each for each in lab.mailbox("marie").split(b"\nFrom ") if b"to be forwarded" in each]
        if found:
            signed = found[0]
            break
        lab.run("sleep", "0.05")
    letter = signed[signed.index(b"DKIM-Signature: ") :].rstrip(b"\n").decode() + "\n"
    head, _, body = letter.partition("\n\n")
    head, body = head.replace("\n", "\r\n") + "\r\n", body.replace("\n", "\r\n")
    results = []
    for order in (1, -1):
        filters.attach(*(signer, dmarc)[::order])
        after = lab.log_size()
        answer = lab.send("jean@falcot.com", sender="list@new.example", client=STRANGER, head=head, body=body)
        assert answer.code == 250, answer
        verdict = lab.logged(r"opendmarc\[\d+\]: \w+: falcot\.com (\w+)", after=after)[1]
        results.append(verdict)
    assert results == ["pass", "fail"]
