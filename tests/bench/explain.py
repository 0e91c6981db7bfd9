"""Explain on the demo's chains: the walk alone, the whole, a real session beside it; five DNS lists at once."""

from __future__ import annotations

import socketserver
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mailtui.demo.lab import Lab, unavailable
from mailtui.dns.ask import Answer, Names
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.explain import Explainer, explain
from mailtui.postfix.smtpd.session import Session
from tests.bench.rows import Goal, Row, turns

WALK, WHOLE, MORE = 5.0, 80.0, 20.0
"""Milliseconds: the walk, all with its table lookups, and what five DNS lists may take beside the slowest."""
SLOWEST = 0.1
"""Seconds that the slowest of the DNS lists takes."""
SESSIONS = tuple(
    Session(address, name, helo=helo, sender=sender, recipient=recipient)
    for address, name, helo, sender, recipient in (
        ("198.51.100.7", "mx1.partner.example", "mx1.partner.example", "ana@partner.example", "jean@falcot.org"),
        ("203.0.113.66", "mx.bulk.example", "mx.bulk.example", "x@bulk.example", "contact@falcotsbrand.com"),
        ("203.0.113.9", "unknown", "ylmf-pc", "a@nowhere.test", "joe@falcot.com"),
        ("198.51.100.44", "mx.new.example", "mx.new.example", "eve@new.example", "info@falcotsbrand.com"),
        ("192.168.10.5", "desk5.falcot.com", "desk5.falcot.com", "jean@falcot.com", "customer@bigmail.example"),
    )
)  # fmt: skip
_EXISTS = {(f"{name}.example", "MX"): Answer("ok", ("10 mx.example",)) for name in ("partner", "bulk", "new")}
_REAL = """
import smtplib, statistics, time
taken = []
for _ in range(20):
    begun = time.perf_counter()
    with smtplib.SMTP("192.0.2.25", 25, local_hostname="mx1.partner.example",
                      source_address=("198.51.100.7", 0)) as smtp:
        smtp.ehlo(); smtp.mail("ana@partner.example"); smtp.rcpt("jean@falcot.org")
    taken.append(time.perf_counter() - begun)
print(statistics.median(taken) * 1000)
"""


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    names = Names(supplied=_EXISTS, only_supplied=True)
    instance = Instance.open(str(config_dir))
    explainer = Explainer(instance, names=names)
    walks = [_milliseconds(partial(explainer.answer, session)) for session in SESSIONS for _ in range(20)]

    def whole() -> float:
        return _milliseconds(lambda: explain(Instance.open(str(config_dir)), SESSIONS[3], names=names))

    (all_of_it,) = turns(max(runs, 7), whole)
    real, note = _real_session()
    five = [_five_lists(config_dir.parent) for _ in range(3)]
    return [
        Row("explain: the walk, tables and DNS known", statistics.median(walks), peer=real, goal=Goal(WALK),
            notes=note),
        Row("explain: files, tables and the walk", all_of_it, peer=real, goal=Goal(WHOLE), notes=note),
        Row("explain: five DNS lists", statistics.median(five), floor=SLOWEST * 1000,
            goal=Goal(1.0, "floor", MORE), notes="floor: the slowest answer"),
    ]  # fmt: skip


def _milliseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _real_session() -> tuple[float | None, str]:
    """One session with the demo's smtpd, to RCPT TO."""
    why = unavailable()
    if why is not None:
        return None, f"no real smtpd: {why}"
    with Lab() as lab:
        return float(lab.run(sys.executable, "-c", _REAL).out), "peer: one session with the real smtpd"


# Five lists


class _Slow(socketserver.BaseRequestHandler):
    """Knows no name, and says so the later the higher the number in it is."""

    def handle(self) -> None:
        import dns.message
        import dns.rcode

        wire, sock = self.request
        reply = dns.message.make_response(dns.message.from_wire(wire))
        reply.set_rcode(dns.rcode.NXDOMAIN)
        zone = next(label for label in reply.question[0].name.labels if label.startswith(b"list"))
        time.sleep(SLOWEST * int(zone.removeprefix(b"list")) / 5)
        sock.sendto(reply.to_wire(), self.client_address)


@contextmanager
def _slow_nameserver() -> Iterator[int]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Slow) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _five_lists(folder: Path) -> float:
    """One explain of a chain with five lists, whose answers take up to SLOWEST."""
    etc = folder / "lists"
    etc.mkdir(exist_ok=True)
    zones = ", ".join(f"reject_rbl_client list{number}.example" for number in range(1, 6))
    (etc / "main.cf").write_text(
        f"compatibility_level = 3.6\nmydestination = a.example\nlocal_recipient_maps =\nmynetworks = 127.0.0.1\n"
        f"inet_interfaces = 127.0.0.1\nsmtpd_client_restrictions = {zones}\n"
    )
    (etc / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    session = Session("192.0.2.9", helo="h", sender="", recipient="b@a.example")
    with _slow_nameserver() as port:
        asked = Explainer(Instance.open(str(etc)), names=Names(supplied={}, only_supplied=True))
        asked.answer(session)  # what is read once: settings, and the modules
        explainer = Explainer(Instance.open(str(etc)), names=Names(nameservers=["127.0.0.1"], port=port))
        return _milliseconds(lambda: explainer.answer(session))
