"""The real clamav-milter and clamd with a signature of their own: a virus is refused, and the trace says by whom."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from mailtui import commands
from mailtui.demo.beside import Filter
from mailtui.demo.filterfiles import TEST_VIRUS
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from tests.lab.traces import trace

pytestmark = pytest.mark.skipif(
    None in (commands.find("clamd"), commands.find("clamav-milter")), reason="ClamAV is not installed"
)
VIRUS = TEST_VIRUS.decode()


@pytest.fixture(scope="module")
def scanned() -> Iterator[tuple[Lab, Filters, Filter]]:
    """A lab whose mail clamav-milter sees, and its clamd."""
    with Lab() as lab:
        filters = Filters(lab)
        clamd = filters.clamd()
        filters.attach(filters.clamav_milter(), default_action="tempfail")
        yield lab, filters, clamd


def test_a_virus_is_refused_and_the_trace_says_by_whom(scanned: tuple[Lab, Filters, Filter]) -> None:
    lab, _, _ = scanned
    after = lab.log_size()
    answer = lab.send("jean@falcot.com", subject="Photos", body=VIRUS)
    assert (answer.code, answer.text) == (550, "5.7.1 Virus found: MailTUI.Demo.Harmless.UNOFFICIAL")
    queue_id = lab.logged(r"cleanup\[\d+\]: (\w+): milter-reject: END-OF-MESSAGE", after=after)[1]
    events = trace(lab, queue_id)
    (found,) = [each for each in events if each["process"] == "clamav-milter"]
    assert (found["verdict"], found["reason"]) == ("infected", "MailTUI.Demo.Harmless.UNOFFICIAL")
    assert (found["sender"], found["about"]) == ("desk@partner.example", "Photos")
    (refused,) = [each for each in events if each["event"] == "milter_reject"]
    assert "Virus found" in refused["text"]
    assert lab.send("jean@falcot.com", subject="clean").code == 250
    lab.logged(r"to=<jean@falcot\.com>.*status=sent", after=after)
    assert b"X-Virus-Status: Clean" in lab.mailbox("jean")
    assert b"Photos" not in lab.mailbox("jean")


def test_without_clamd_mail_waits_and_passes_again_with_it(scanned: tuple[Lab, Filters, Filter]) -> None:
    """OnFail Defer: clamav-milter answers, and has nobody to ask."""
    lab, _, clamd = scanned
    clamd.stop()
    assert lab.send("jean@falcot.com", subject="no scanner").code == 451
    clamd.start()
    limit = time.monotonic() + 20
    while lab.send("jean@falcot.com", subject="scanner again").code != 250:
        assert time.monotonic() < limit, lab.log.read_text()[-2000:]
        time.sleep(0.5)  # clamav-milter looks for a lost clamd every second or two
    assert lab.send("jean@falcot.com", subject="virus again", body=VIRUS).code == 550


def test_on_infected_quarantine_holds_the_message(scanned: tuple[Lab, Filters, Filter]) -> None:
    lab, filters, _ = scanned
    after = lab.log_size()
    second = filters.clamav_milter(
        on_infected="Quarantine", port=8895, name="second", settings={"RejectMsg": '"unused"'}
    )
    try:
        filters.attach(second)
        assert lab.send("jean@falcot.com", subject="held", body=VIRUS).code == 250
        queue_id = lab.logged(r"cleanup\[\d+\]: (\w+): milter-hold: END-OF-MESSAGE", after=after)[1]
        steps = trace(lab, queue_id)
        assert [each["queue_id"] for each in steps if each.get("verdict") == "infected"] == [queue_id]
    finally:
        second.stop()


def test_a_line_without_a_queue_id_is_read_too(scanned: tuple[Lab, Filters, Filter]) -> None:
    """Where Postfix gives no {i} at that stage, clamav-milter names the message by what it has."""
    lab, _, _ = scanned
    raw = b"Nov 23 02:51:56 mail clamav-milter[9]: Message from <a@b.example> to <c@d.example> infected by X.Y\n"
    path = lab.directory / "old.log"
    path.write_bytes(raw)
    (event,) = trace(lab, None, str(path))
    assert (event["verdict"], event["reason"], event.get("queue_id")) == ("infected", "X.Y", None)
