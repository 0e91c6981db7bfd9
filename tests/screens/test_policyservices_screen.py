"""The policy services of the chains: real servers asked over sockets, what is set for them, greylisting added."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo.greylist import Greylist
from mailtui.screens.parts.formview import FormEditor
from mailtui.screens.parts.rulecatalogue import RuleCatalogue
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.policyservices import PolicyServicesScreen
from mailtui.screens.postgrey import PostgreyScreen
from tests.postfix.conftest import instance_dir
from tests.screens.restricting import Rules, restrictions, tmp_path

__all__ = ["instance_dir", "tmp_path"]

MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
policyd-spf unix - n n - 0 spawn
  user=nobody argv=/usr/bin/policyd-spf
"""
MAIN = """\
queue_directory = {queue}
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
    permit_mynetworks,
    # strangers wait
    check_policy_service inet:127.0.0.1:{port},
    check_policy_service {{ unix:private/rate, timeout=2s, default_action=DUNNO }},
    reject_rbl_client dnsbl.test=127.0.0.2
smtpd_data_restrictions = check_policy_service inet:127.0.0.1:{port}
smtpd_end_of_data_restrictions = check_policy_service unix:private/policyd-spf
"""


class Rate(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A policy server on a socket of its own; it refuses one sender, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.asked: list[dict[str, str]] = []
        super().__init__(str(path), _Answer)


class _Answer(socketserver.StreamRequestHandler):
    server: Rate

    def handle(self) -> None:
        told: dict[str, str] = {}
        for raw in self.rfile:
            name, equals, value = raw.decode().strip().partition("=")
            if equals:
                told[name] = value
                continue
            self.server.asked.append(told)
            bad = told.get("sender") == "spam@bad.example"
            self.wfile.write(b"action=" + (b"REJECT too many" if bad else b"DUNNO") + b"\n\n")
            told = {}


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture
def rate(tmp_path: Path) -> Iterator[Rate]:
    (tmp_path / "q" / "private").mkdir(parents=True)
    server = Rate(tmp_path / "q" / "private" / "rate")
    with serving(server):
        yield server


@pytest.fixture
def port() -> Iterator[int]:
    server = Greylist(("127.0.0.1", 0))
    with serving(server):
        yield server.server_address[1]


@pytest.fixture
def etc(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: Rate, port: int) -> Path:
    """The chains; postgrey's files beside them."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "postgrey").write_text('POSTGREY_OPTS="--inet=10023"\n')
    (tmp_path / "postgrey").mkdir()
    made: Path = instance_dir(MAIN.format(queue=tmp_path / "q", port=port), master=MASTER)
    return made


def view(up: Rules) -> PolicyServicesScreen:
    found = up.app.screen
    assert isinstance(found, PolicyServicesScreen), found
    return found


async def answered(up: Rules) -> PolicyServicesScreen:
    await up.until(
        lambda: isinstance(up.app.screen, PolicyServicesScreen) and up.app.screen.listing is not None
    )
    await up.until(lambda: not view(up).asking)
    return view(up)


async def test_each_service_is_recognised_and_tried(etc: Path, port: int) -> None:
    async with restrictions(etc) as up:
        await up.press("P")
        screen = await answered(up)
        assert "postgrey" in up.line_with(f"   inet:127.0.0.1:{port}")
        assert "alive" in up.line_with(f"   inet:127.0.0.1:{port}")
        assert "alive" in up.line_with("   unix:private/rate")
        assert "mail passes as if" in up.line_with("   unix:private/rate")
        down = up.line_with(" ! unix:private/policyd-spf")
        assert "policyd-spf" in down
        assert "DOWN" in down
        await up.at(f"inet:127.0.0.1:{port}")
        await up.shows(
            "answers DEFER_IF_PERMIT greylisted", "it answers as that does", "451 4.3.5",
            "100s for an answer, tried 2 times", "smtpd_data_restrictions in main.cf:9",
        )  # fmt: skip
        await up.at("unix:private/policyd-spf")
        await up.shows("master.cf:2 spawns user=nobody argv=/usr/bin/policyd-spf", "_time_limit = 3600s")
        await up.press("escape")
        await up.until(lambda: up.app.screen is not screen)
        assert "alive" in up.line_with(f"check_policy_service inet:127.0.0.1:{port}")
        assert up.line_with("unix:private/policyd-spf").startswith(" ! ")


async def test_enter_on_a_rule_and_a_session_of_ones_own(etc: Path, rate: Rate) -> None:
    async with restrictions(etc) as up:
        await up.on("check_policy_service { unix:private/rate")
        await up.press("enter")
        screen = await answered(up)
        assert screen.lines.key == "unix:private/rate"
        assert rate.asked[-1]["client_address"] == "192.0.2.1"
        await up.press("t")
        await up.shows("the session that unix:private/rate is asked about")
        await up.press("ctrl+u")
        await up.type("203.0.113.9")
        await up.press("down", "down", "down")
        await up.type("spam@bad.example")
        await up.press("down", "down", "down", "enter")
        await up.shows("answers REJECT too many", "Refuses for good")
        assert rate.asked[-1]["client_address"] == "203.0.113.9"
        assert rate.asked[-1]["sender"] == "spam@bad.example"
        assert rate.asked[-1]["protocol_state"] == "RCPT"
        assert not up.app.session.draft


async def test_what_is_set_for_a_service_in_all_its_rules(etc: Path, port: int) -> None:
    async with restrictions(etc, size=(120, 50)) as up:
        await up.press("P")
        await answered(up)
        await up.at(f"inet:127.0.0.1:{port}")
        await up.press("enter")
        await up.shows("in 2 rules", "empty: 100s", "(smtpd_policy_service_timeout)")
        await up.type("soon")
        await up.shows("a time, as 10s, 2m or 1h")
        await up.press("ctrl+u")
        await up.type("5s")
        await up.press("down")
        await up.type("DEFER wait a little")
        await up.shows("while it is down mail is put off")
        for _ in range(6):
            await up.press("down")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) == 2)
        braced = f"check_policy_service {{ inet:127.0.0.1:{port}, timeout=5s, {{ default_action = DEFER wait a little }} }}"
        for name in ("smtpd_recipient_restrictions", "smtpd_data_restrictions"):
            assert any(braced.partition(" ")[2] in item for item in up.reads(name)), up.reads(name)
        assert "    # strangers wait\n" in up.written("main.cf")
        await up.until(lambda: view(up)._is_laid)
        await up.shows("own      timeout=5s, default_action=DEFER wait a little")
        await up.press("u")
        await up.until(lambda: not up.app.session.draft)


async def test_the_smtpd_reads_what_is_set(etc: Path, port: int) -> None:
    """What is staged is what Postfix's own splitter of `{ }` takes as one argument."""
    from mailtui.postfix.policysettings import argument
    from mailtui.postfix.smtpd.policy import Endpoint, endpoint

    options = {"timeout": "5s", "default_action": "451 4.3.5 try later", "policy_context": ""}
    server = Endpoint("inet", f"127.0.0.1:{port}")
    read = endpoint(argument(server, options))
    assert (read.transport, read.place) == (server.transport, server.place)
    assert read.options == {"timeout": "5s", "default_action": "451 4.3.5 try later"}
    assert argument(server, {"timeout": " "}) == server.written


async def test_a_service_that_says_nothing_can_be_left(
    etc: Path, instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        where = silent.getsockname()[1]
        (etc / "main.cf").write_text(
            f"smtpd_data_restrictions = check_policy_service inet:127.0.0.1:{where}\n"
        )
        async with restrictions(etc) as up:
            await up.press("P")
            await up.shows("asking 1…  Esc ends it")
            screen = view(up)
            await up.press("escape")
            await up.shows("not asked", "what has answered stands")
            await up.press("r")
            await up.until(lambda: not screen.asking)
            await up.shows("DOWN", "does not answer: timed out")


async def test_greylisting_is_added_at_its_place(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "postgrey").write_text('POSTGREY_OPTS="--inet=127.0.0.1:10044"\n')
    etc = instance_dir(
        "smtpd_recipient_restrictions = permit_mynetworks,\n  reject_unauth_destination,\n"
        "  reject_rbl_client dnsbl.test,\n  reject_unlisted_recipient\n",
        master="smtp inet n - n - - smtpd\n",
    )
    async with restrictions(etc) as up:
        await up.press("P")
        await up.shows("No rule asks a policy service; n adds greylisting")
        await up.press("n")
        await up.shows("everybody: inet:127.0.0.1:10044", "after reject_unauth_destination, before")
        await up.press("1")
        await up.until(lambda: len(up.app.session.draft) == 1)
        assert up.reads("smtpd_recipient_restrictions") == [
            "permit_mynetworks", "reject_unauth_destination", "check_policy_service", "inet:127.0.0.1:10044",
            "reject_rbl_client", "dnsbl.test", "reject_unlisted_recipient",
        ]  # fmt: skip
        await up.press("u")
        await up.until(lambda: not up.app.session.draft)
        await up.press("n")
        await up.shows("by recipient: a class")
        await up.press("2")
        await up.until(lambda: len(up.app.session.draft) > 0)
        assert up.reads("greylisting") == ["check_policy_service", "inet:127.0.0.1:10044"]


async def test_postgrey_is_one_key_away(etc: Path) -> None:
    async with restrictions(etc) as up:
        await up.press("P")
        await answered(up)
        await up.press("o")
        await up.until(lambda: isinstance(up.app.screen, PostgreyScreen))
        await up.shows("[Options]", "delay", "300")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_socket_that_only_postfix_may_see_is_not_called_missing(tmp_path: Path) -> None:
    from mailtui.postfix.policysettings import _wrong

    closed = tmp_path / "private"
    closed.mkdir(mode=0)
    assert _wrong(str(closed / "x")) == ""


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_it_fits(etc: Path, size: tuple[int, int]) -> None:
    async with restrictions(etc, size=size, plan=Plan(ascii_only=size[0] == 60)) as up:
        await up.press("P")
        await answered(up)
        await up.shows("alive", "try session", "DOWN")
        assert all(len(line) <= size[0] for line in up.text.splitlines())


CHAIN = """\
smtpd_recipient_restrictions =
    permit_mynetworks,
    reject_unauth_destination,
    # strangers on a list
    reject_rbl_client dnsbl.test,
    reject_unlisted_recipient
"""


@pytest.fixture
def plain(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chain without any policy service."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "postgrey").write_text('POSTGREY_OPTS="--inet=127.0.0.1:10044"\n')
    made: Path = instance_dir(CHAIN, master="smtp inet n - n - - smtpd\n")
    return made


async def test_a_new_policy_rule_is_offered_its_place(plain: Path) -> None:
    async with restrictions(plain) as up:
        await up.on("reject_unlisted_recipient", "recipient")
        await up.press("n")
        await up.until(lambda: isinstance(up.app.screen, RuleCatalogue))
        await up.type("greylisting")
        await up.press("enter")
        await up.until(lambda: up.app.screen.query(FormEditor))
        await up.shows("Debian's postgrey: inet:127.0.0.1:10023")
        await up.type("inet:127.0.0.1:10044")
        await up.press("down")
        await up.shows("where greylisting belongs: before reject_rbl_client dnsbl.test")
        await up.press("down", "down", "enter")
        await up.now_staged(1)
        assert "    check_policy_service inet:127.0.0.1:10044,\n    # strangers on a list\n" in up.written(
            "main.cf"
        )


async def test_the_template_makes_the_table_in_which_recipients_choose(plain: Path) -> None:
    async with restrictions(plain) as up:
        await up.press("T")
        await up.shows("sound defaults", "greylisting by recipient", "strict HELO, warn first")
        await up.press("2")
        await up.until(lambda: len(up.app.session.draft) > 2)
        assert up.reads("smtpd_restriction_classes") == ["greylisting"]
        assert f"hash:{plain}/recipient_access" in up.reads("smtpd_recipient_restrictions")
        made = up.written("recipient_access").splitlines()
        assert made[0] == "# whoever wants it: address greylisting; DUNNO: mail as before"
        assert made[1].split() == ["postmaster@mx.falcot.com", "DUNNO"]
