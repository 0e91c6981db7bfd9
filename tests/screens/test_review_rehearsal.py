"""The Review and the rehearsal: it is waited for, shown, and overruled by the host's name alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply.history import History
from mailtui.apply.rehearsal import rehearse as module
from mailtui.apply.rehearsal.verdict import Rehearsal
from mailtui.edits.parameters import SetParameter
from mailtui.screens.review import ReviewScreen
from tests.apply.changing import Server, write_old
from tests.apply.conftest import MASTER, free_port
from tests.screens.reviewing import made_server, open_review, session_of, shows, until

Open = Callable[..., Any]
FAILED = Rehearsal("failed", lines=("smtpd: fatal: bad boolean", "25/inet: no answer in time"))
HOST = "mail.falcot.com"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rehearsing: None) -> Iterator[Server]:
    with made_server(tmp_path, monkeypatch) as made:
        write_old(made.etc / "master.cf", MASTER.format(port=free_port()))
        yield made


class Gate:
    """Holds the rehearsal until `open`; then it comes to `result`, or to what the real one does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, result: Rehearsal | None = None) -> None:
        self.opened, self.count, self.cancelled = threading.Event(), 0, False
        real = module.rehearse

        def rehearse(*args: Any, cancel: threading.Event, **named: Any) -> Rehearsal:
            self.count += 1
            while not self.opened.wait(0.01):
                if cancel.is_set():
                    self.cancelled = True
                    raise module.GivenUp
            return result or real(*args, cancel=cancel, **named)

        monkeypatch.setattr(module, "rehearse", rehearse)

    def open(self) -> None:
        self.opened.set()


async def test_the_diff_is_read_while_it_runs_and_enter_waits_for_it(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    before = server.text("main.cf")
    async with open_console(session=session_of(server, server.parameter()), size=(100, 40)) as (_app, pilot):
        screen = await open_review(pilot, "Rehearsal    running")
        text = await shows(pilot, "rehearsing  Esc back")
        assert "message_size_limit = 20480000" in text
        assert any("rehearse" in line and "running" in line for line in text.split("\n"))
        await pilot.press("enter")
        await shows(pilot, "The rehearsal has not answered yet")
        assert server.text("main.cf") == before
        gate.open()
        text = await shows(pilot, "Enter apply")
        assert any(re.search(r" rehearse .* ok \d", line) for line in text.split("\n"))
        assert "Rehearsal    passed in " in text
        assert "not tried: delivery" in text
        assert screen.phase == "ready"
        await pilot.press("enter")
        await shows(pilot, "Done in")
        assert gate.count == 1
    assert "message_size_limit = 20480000" in server.text("main.cf")


async def test_leaving_ends_it(open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    async with open_console(session=session_of(server, server.parameter())) as (app, pilot):
        await open_review(pilot, "rehearsing")
        await pilot.press("q")
        await until(pilot, lambda: gate.cancelled)
        assert not isinstance(app.screen, ReviewScreen)


async def test_dropping_the_edit_ends_it(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    async with open_console(session=session_of(server, server.parameter(), server.change())) as (_app, pilot):
        await open_review(pilot, "rehearsing")
        await pilot.press("d")
        await shows(pilot, "not needed: main.cf and master.cf unchanged")
        assert gate.cancelled
        await shows(pilot, "Enter apply")


async def test_a_failed_one_is_overruled_by_the_hosts_name_alone(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, FAILED)
    gate.open()
    before = server.text("main.cf")
    async with open_console(session=session_of(server, server.parameter()), size=(100, 40)) as (app, pilot):
        screen = await open_review(pilot, "! overrules the rehearsal")
        text = await shows(pilot, "REHEARSAL FAILED")
        assert "! smtpd: fatal: bad boolean" in text
        assert "! 25/inet: no answer in time" in text
        await pilot.press("enter")
        await shows(pilot, "! writes it all the same")
        await pilot.press("exclamation_mark")
        await shows(pilot, f"type {HOST}")
        await pilot.press("y", "enter")
        await shows(pilot, f"That is not {HOST}")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert (screen.phase, server.text("main.cf")) == ("ready", before)
        await pilot.press("exclamation_mark")
        await shows(pilot, f"type {HOST}")
        await pilot.press(*("full_stop" if key == "." else key for key in HOST), "enter")
        await shows(pilot, "Done in")
        assert gate.count == 1
    (entry,) = History.open(server.instance).list()
    assert (
        entry.edits[1]
        == "in spite of a failed rehearsal: smtpd: fatal: bad boolean; 25/inet: no answer in time"
    )


async def test_there_is_nothing_to_overrule_where_none_failed(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    Gate(monkeypatch, Rehearsal("passed")).open()
    async with open_console(session=session_of(server, server.parameter())) as (app, pilot):
        screen = await open_review(pilot)
        await pilot.press("exclamation_mark")
        await pilot.pause()
        assert (app.screen, screen.phase) == (screen, "ready")
        screen.action_overrule()
        await shows(pilot, "Nothing to overrule: no rehearsal failed")


async def test_a_file_that_changed_since_is_rehearsed_again(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, Rehearsal("passed"))
    gate.open()
    async with open_console(session=session_of(server, server.parameter())) as (_app, pilot):
        await open_review(pilot)
        write_old(server.etc / "master.cf", server.text("master.cf") + "# laure\n")
        await pilot.press("enter")
        await shows(pilot, "Done in")
        assert gate.count == 2


async def test_it_may_be_switched_off(
    open_console: Open, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    folder = tmp_path / "own/mailtui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("rehearsal = false\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))
    async with open_console(session=session_of(server, server.parameter()), size=(100, 40)) as (_app, pilot):
        await open_review(pilot)
        await shows(pilot, "Rehearsal    skipped: switched off in settings")
        await pilot.press("enter")
        await shows(pilot, "Done in")
        assert gate.count == 0


async def test_what_opens_a_relay_wants_the_hosts_name(
    open_console: Open, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    Gate(monkeypatch, Rehearsal("passed")).open()
    write_old(server.etc / "master.cf", "smtp inet n - n - - smtpd\n")
    main = server.instance.main
    edit = SetParameter(main, "inet_interfaces", "all", server.instance.parameters.get("inet_interfaces"))
    world = SetParameter(main, "mynetworks", "0.0.0.0/0", server.instance.parameters.get("mynetworks"))
    async with open_console(session=session_of(server, edit, world), size=(100, 40)) as (_app, pilot):
        await open_review(pilot, "! writes it all the same")
        text = await shows(pilot, "an open relay: everybody can send anywhere")
        assert "DANGEROUS" in text
        assert "── Dangerous" in text
        await pilot.press("enter")
        await shows(pilot, "no list behind it refuses what is left; ! writes it all the same")
        assert "0.0.0.0/0" not in server.text("main.cf")
        await pilot.press("exclamation_mark")
        await shows(pilot, "Write what is dangerous?")
        await pilot.press(*("full_stop" if key == "." else key for key in HOST), "enter")
        await shows(pilot, "Done in")
    (entry,) = History.open(server.instance).list()
    assert any(words.startswith("in spite of this: ") for words in entry.edits)
