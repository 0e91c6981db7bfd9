"""The way of a message: Enter in the log, its steps, where each leads, as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from mailtui.edits.entries import SetEntry
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.maillog.record import Record
from mailtui.postfix.instance import Instance
from mailtui.screens.aliases import AliasesScreen
from mailtui.screens.explain import ExplainScreen
from mailtui.screens.logtrace import TraceScreen
from mailtui.screens.mailboxes import MailboxesScreen
from mailtui.screens.parts import logacts
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import TextView
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import Console, console, shop, tmp_path
from tests.screens.logged import message, put, refused, sent

__all__ = ["instance_dir", "tmp_path"]


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    return shop(instance_dir, tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    lines = [sent(n) for n in range(20)]
    put(path, [*lines, refused(30), *message(b"3FCA722E68E", 40)], 1)
    return path


def trace(up: Console) -> TraceScreen:
    found = up.app.screen
    assert isinstance(found, TraceScreen)
    return found


async def traced(up: Console, *keys: str) -> TraceScreen:
    """Open the trace of the newest message's last line, or of where keys lead."""
    await up.shows("live", "S sent")
    await up.press(*keys, "enter")
    await up.until(lambda: isinstance(up.app.screen, TraceScreen) and up.app.screen.trace is not None)
    return trace(up)


async def at(up: Console, words: str) -> None:
    """Put the cursor on the first step that says this."""
    lines = trace(up).lines
    place = next(n for n in range(len(lines.rows)) if words in str(lines.rows.cells(n).cells))
    lines.move_to(place)
    await up.pilot.pause()


async def test_the_story_of_a_message(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        found = await traced(up, "k", "k")
        assert found.trace is not None
        assert found.trace.queue_id == "3FCA722E68E"
        await up.shows(
            "connect", "accepted", "4031 bytes", "alias", "webmaster@falcotsbrand.com → jean@falcot.com",
            "S delivered", "B bounced", "→ trace", "3FCA722E68E  sophie@example.net → ",
        )  # fmt: skip
        assert "01 Nov" in up.line_with("delivered to some")
        await up.press("q")
        assert up.app.screen is up.log
        assert not up.log.following
        await up.press("G")
        await up.shows("live")


async def test_enter_on_the_alias_and_the_mailbox_goes_there(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await traced(up, "k", "k")
        await at(up, "alias")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, AliasesScreen))
        await up.shows("webmaster@falcotsbrand.com", "1 of")
        await up.press("8")
        assert isinstance(up.app.screen, TraceScreen)
        await at(up, "S delivered")
        await up.shows("⏎ the mailbox")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, MailboxesScreen))
        await up.until(lambda: "jean" in up.app.screen.bar.text)  # type: ignore[attr-defined]  # a list


async def test_related_messages_open_their_own_trace(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        await traced(up, "k", "k")
        await at(up, "→ trace")
        await up.press("enter")
        await up.until(lambda: trace(up).trace is not None and trace(up).trace.queue_id == "4CCA722E68F")  # type: ignore[union-attr]
        await up.shows("<> → sophie@example.net", "delivered to everyone")
        await up.press("q")
        assert trace(up).trace.queue_id == "3FCA722E68E"  # type: ignore[union-attr]


async def test_a_refusal_is_traced_and_explained(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log, size=(80, 30)) as up:
        found = await traced(up, *["k"] * 13)
        assert found.trace is not None
        assert found.trace.state == "rejected"
        await at(up, "R rejected")
        await up.press("X")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows(
            "ANSWER     554 5.7.1", "BY         reject_unauth_destination", "from       spam@bad.test",
            "client     192.0.2.1 (c.test)", "helo       bad.test", "to         x@far.test", "service    smtpd",
        )  # fmt: skip
        await up.press("q")
        for key in ("enter", "x"):
            await up.press(key)
            await up.until(lambda: isinstance(up.app.screen, ExplainScreen))
            await up.shows("SESSION", "192.0.2.1", "spam@bad.test", "ANSWER")
            await up.press("q")
        await up.press("q", "X")
        await up.shows("BY         reject_unauth_destination")
        await up.press("q", "G", "x")
        await up.shows("Only a refusal can be explained")


async def test_every_step_problems_and_the_whole_line(folder: Path, log: Path) -> None:
    async with console(folder, start="log", log=log) as up:
        found = await traced(up, "k", "k")
        few = len(found.lines.rows)
        await up.press("v")
        assert len(found.lines.rows) > few
        await up.press("v", "g", "e")
        await up.shows("says     gone@far.test")
        assert found.here is not None
        assert found.here.event == "bounced"
        await up.press("e")
        await up.shows("No further problem in this trace")
        await up.press("E", "E", "g", "enter")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("connect from c.test")
        await up.press("q", "slash")
        await up.type("bounced")
        await up.until(lambda: len(found.lines.rows) < few)
        await up.press("escape", "escape")
        assert up.app.screen is up.log


async def test_copy_and_save(
    folder: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUDO_UID", raising=False)
    async with console(folder, start="log", log=log) as up:
        await traced(up, "k", "k")
        await up.press("y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        assert up.app.clipboard.startswith("3FCA722E68E · sophie@example.net → ")
        await up.press("q", "s", "enter")
        await up.shows("Saved as")
        saved = (tmp_path / "trace-3FCA722E68E.txt").read_text()
        assert "webmaster@falcotsbrand.com → jean@falcot.com" in saved
        assert "4CCA722E68F" in saved


async def test_escape_ends_the_search_for_a_trace(
    folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []

    def slow(_source: object, _key: int, cancel: Any) -> None:
        ended.append(cancel.wait(20))

    monkeypatch.setattr("mailtui.maillog.trace.trace_of", slow)
    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        await up.press("enter")
        await up.shows("Looking for the lines of this message")
        await up.press("escape")
        await up.until(lambda: ended)
        assert ended == [True]
        assert up.app.screen is up.log


async def test_a_line_of_nothing_known(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"garbage\n\n[bold]\n")
    async with console(folder, start="log", log=path) as up:
        await up.shows("garbage")
        for _ in range(3):
            await up.press("enter")
            await up.until(lambda: isinstance(up.app.screen, TraceScreen) and up.app.screen.trace is not None)
            await up.press("x", "f", "e", "q", "k")


class Held:
    """An offer as whoever makes offers has it."""

    title = "block the sender spam@bad.test"
    advice = ""
    reasons: ClassVar[list[str]] = []
    plan = Plan((SetEntry(Target("table", "/nowhere/access", "hash"), "spam@bad.test", ("REJECT",), None),))

    def because(self, reason: str, /) -> Plan:
        self.reasons.append(reason)
        return self.plan


async def test_offers_are_chosen_and_staged(folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def offers(_instance: Instance, record: Record, _who: str) -> list[Held]:
        asked.append(record.sender)
        return [Held()] if record.event == "reject" else []

    async with console(folder, start="log", log=log) as up:
        await up.shows("live", "S sent")
        await up.press("f")
        await up.shows("Nothing is offered for this line")
        monkeypatch.setattr(logacts, "OFFERS", [offers])
        await up.press(*["k"] * 13, "f")
        await up.until(lambda: isinstance(up.app.screen, Chooser))
        await up.shows("What to do", "block the sender spam@bad.test")
        await up.press("enter")
        await up.shows("A reason, if you like")
        await up.type("too much")
        await up.press("enter")
        await up.until(lambda: Held.reasons == ["too much"])
        await up.shows("Staged: block the sender spam@bad.test; w writes it", "1 staged")
        assert asked == ["spam@bad.test"]
