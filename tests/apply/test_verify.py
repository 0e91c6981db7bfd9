"""Postfix after a change: whether it lives, greets and answers as before, and what its log says of us."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.apply import act, verify
from mailtui.apply.compile import build
from mailtui.apply.verify import Endpoint, Health
from mailtui.apply.work import Work
from mailtui.formats.target import Target

MASTER = """\
smtp inet n - y - - smtpd
submission inet n - y - - smtpd -o syslog_name=postfix/submission
submissions inet n - y - - smtpd -o syslog_name=postfix/submissions -o smtpd_tls_wrappermode=yes
127.0.0.1:10025 inet n - y - - smtpd -o { smtpd_x = a b }
[::1]:2525 inet n - y - 1 postscreen
nosuchport inet n - y - - smtpd
127.0.0.1:9999 inet n n n - 0 spawn user=x argv=/bin/true
pickup unix n - y 60 1 pickup
"""


def postconf(interfaces: str, extra: str = "") -> Callable[[Sequence[str]], commands.Result]:
    settings = f"inet_interfaces = {interfaces}\ninet_protocols = all\n{extra}"

    def ask(argv: Sequence[str]) -> commands.Result:
        out = MASTER if "-Mx" in argv else settings
        return commands.Result(tuple(argv), 0, out.encode(), b"", 0.0)

    return ask


def test_the_services_that_greet_first() -> None:
    found = verify.endpoints("/etc/postfix", postconf("all"))
    assert found == [
        Endpoint("smtp", "127.0.0.1", 25),
        Endpoint("submission", "127.0.0.1", 587),
        Endpoint("127.0.0.1:10025", "127.0.0.1", 10025),
        Endpoint("[::1]:2525", "::1", 2525),
    ]
    assert verify.endpoints("/etc/postfix", postconf("192.0.2.1, localhost"))[0].host == "192.0.2.1"
    silent = postconf("all", "smtpd_upstream_proxy_protocol = haproxy\n")
    assert verify.endpoints("/etc/postfix", silent) == []
    empty = postconf("all", "smtpd_upstream_proxy_protocol = \nsmtpd_tls_wrappermode = no\n")
    assert len(verify.endpoints("/etc/postfix", empty)) == 4


def test_the_real_postconf_is_understood(etc: Path) -> None:
    (etc / "master.cf").write_text(MASTER.replace("nosuchport", "127.0.0.1:77"))
    assert len(verify.endpoints(str(etc))) == 5


@pytest.mark.parametrize(
    ("says", "greets"),
    [
        (b"220 mx ESMTP\r\n", True),
        (b"220-teaser\r\n", True),
        (b"421 busy\r\n", True),
        (b"", False),
        (None, False),
    ],
)
def test_greetings(says: bytes | None, greets: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                if says is None:
                    time.sleep(0.3)
                else:
                    connection.sendall(says)
                    if says:
                        connection.recv(10)

        thread = threading.Thread(target=serve)
        thread.start()
        endpoint = Endpoint("x", "127.0.0.1", server.getsockname()[1])
        assert verify.banners([endpoint], wait=0.2) == {endpoint: greets}
        thread.join()
    assert verify.banners([endpoint], wait=0.2) == {endpoint: False}
    assert verify.banners([]) == {}


LOG = """\
Nov 22 13:22:20 mx postfix/smtpd[138]: fatal: open database /etc/postfix/virtual.db: No such file or directory
Nov 22 13:22:21 mx postfix/smtpd[139]: fatal: open database /etc/postfix/virtual2.db: No such file
Nov 22 13:22:21 mx postfix/smtpd[140]: panic: in parameter relayhost: oops
Nov 22 13:22:22 mx postfix/smtpd[140]: warning: /etc/postfix/virtual is odd
2026-11-22T13:22:23.5+01:00 mx postfix/qmgr[7]: fatal: bad boolean configuration: relayhost_x = maybe
"""


def test_alarms_are_fatal_new_and_about_us() -> None:
    found = verify.alarms(LOG.encode(), ["/etc/postfix/virtual", "relayhost"])
    assert [line[16:40] for line in found] == ["mx postfix/smtpd[138]: f", "mx postfix/smtpd[140]: p"]
    earlier = LOG.encode().replace(b"[138]", b"[9]").replace(b"Nov 22", b"Nov 21").split(b"\n")[0]
    assert len(verify.alarms(LOG.encode(), ["/etc/postfix/virtual", "relayhost"], earlier)) == 1
    assert verify.alarms(LOG.encode(), []) == []


@pytest.mark.parametrize(("format_", "program"), [("table", "postmap"), ("aliases", "postalias")])
def test_what_the_live_table_answers(etc: Path, format_: Any, program: str) -> None:
    target = Target(format_, f"{etc}/t", "hash")
    colon = ":" if format_ == "aliases" else ""
    (etc / "t").write_text(f"a{colon} one\nb{colon} two, three\n")
    commands.ask([program, "-c", str(etc), target.spec])
    right: dict[bytes, bytes | None] = {b"a": b"one", b"b": b"two, three", b"c": None}
    assert verify.lookups(str(etc), target, right) == []
    assert verify.lookups(str(etc), target, {b"c": None}) == []
    wrong = verify.lookups(str(etc), target, {b"a": b"1", b"b": None, b"c": b"x"})
    assert [line.removeprefix(f"{target.spec} answers ") for line in wrong] == [
        "one for a, not 1",
        "two, three for b, not nothing",
        "nothing for c, not x",
    ]
    assert verify.lookups(str(etc), target, {}) == []
    missing = Target(format_, f"{etc}/absent", "hash")
    assert "cannot be queried" in verify.lookups(str(etc), missing, {b"a": b"1"})[0]


def test_a_candidate_is_asked_in_its_work_folder(etc: Path) -> None:
    target = Target("aliases", f"{etc}/aliases", "hash")
    with Work(str(etc)) as work:
        built = build(str(etc), target, b'root: ann, bob\n"a b": |cmd\n', work)
        spec = f"hash:{work.inside}/{built.source}"
        found = verify.answers(str(etc), target, spec, [b"root", b"a b", b"gone"])
    assert found == {b"root": b"ann, bob", b"a b": b"|cmd", b"gone": None}


def test_a_stopped_postfix_need_not_run(etc: Path) -> None:
    class Stopped:
        config_dir = str(etc)
        queue_directory = str(etc)

    assert verify.health(Stopped(), []) == Health(None, {})
    assert verify.unlike(Stopped(), Health(None, {})) == []
    assert verify.unlike(Stopped(), Health(1, {}), within=0) == ["Postfix does not run any more"]


@pytest.mark.lab
def test_a_healthy_and_a_broken_change(make_lab: Callable[[str], Any]) -> None:
    lab = make_lab("hash")
    where = verify.endpoints(lab.config_dir)
    assert where == [Endpoint(f"127.0.0.1:{lab.port}", "127.0.0.1", lab.port)]
    before = verify.health(lab, where)
    assert before.pid
    assert before.banners == {where[0]: True}
    by = act.control(lab)
    assert act.reload(by).ok
    assert verify.unlike(lab, before) == []
    assert act.restart(by).ok
    assert verify.unlike(lab, before, restarted=True) == []
    assert "another process" in verify.unlike(lab, before)[0]

    before = verify.health(lab, where)
    good = (lab.etc / "main.cf").read_text()
    lab.rewrite_main(good + "smtpd_helo_required = maybe\n")
    assert act.reload(by).ok  # exit status 0 proves nothing
    worse = verify.unlike(lab, before, within=0.5)
    assert worse == [f"127.0.0.1:{lab.port} (127.0.0.1:{lab.port}) does not answer any more"]
    named = verify.alarms(lab.log.encode(), ["smtpd_helo_required"])
    assert "fatal: bad boolean configuration: smtpd_helo_required = maybe" in named[0]

    lab.rewrite_main(good)
    assert act.reload(by).ok
    assert verify.unlike(lab, before, within=0.5) == worse  # master(8) still throttles the service
    assert act.restart(by).ok
    assert verify.unlike(lab, before, restarted=True) == []
    assert act.stop(by).ok
    assert verify.unlike(lab, before, within=0) == ["Postfix does not run any more"]
