"""The overview: what becomes known when, what hangs, where each line leads, at every size."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from mailtui.edits.parameters import SetParameter
from mailtui.overview import topics as module
from mailtui.overview.gathering import Topic
from mailtui.overview.line import Line, said
from mailtui.overview.topics import NAMES
from mailtui.screens.app import MailtuiApp
from mailtui.screens.overview import OverviewScreen
from mailtui.screens.parts import examiner, text
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.overviewlines import LABELS, PLACES, fitted
from mailtui.screens.parts.session import Change, Session
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.text import cells, show
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import Console, session_of, short_folder
from tests.screens.conftest import screen_text

__all__ = ["instance_dir"]

MAIN = """\
queue_directory = {root}/spool
smtpd_recipient_restrictions = permit_mynetworks, reject_unknown_clint, permit
biff = no
biff = no
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    yield from short_folder()


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", tmp_path / "none.toml")
    monkeypatch.setattr(examiner, "FIRST", 0.01)
    made: Path = instance_dir(MAIN.format(root=tmp_path))
    return made


class Overview(Console):
    """The console on its overview."""

    @property
    def view(self) -> OverviewScreen:
        found = self.app.screen
        assert isinstance(found, OverviewScreen), found
        return found

    async def known(self, *names: str) -> None:
        await self.until(lambda: all(name in self.view.known for name in names or NAMES))
        await self.pilot.pause()

    def line(self, name: str) -> str:
        """A line as the screen has it."""
        label = f"{LABELS[name]} "
        return next((line for line in screen_text(self.app) if line[3:].startswith(label)), "")


@asynccontextmanager
async def overview(
    folder: Path, *, size: tuple[int, int] = (80, 24), log: Path | None = None, plan: Plan | None = None,
    examine: bool = False,
) -> AsyncIterator[Overview]:  # fmt: skip
    session = session_of(folder, log)
    if examine:
        session.examine = lambda: _findings(session)
    app = MailtuiApp(session, plan or Plan(), "overview")
    try:
        async with app.run_test(size=size) as pilot:
            up = Overview(app, pilot, folder)
            await up.until(lambda: isinstance(app.screen, OverviewScreen))
            await pilot.pause()
            yield up
    finally:
        text.use_ascii(False)


def _findings(session: Session) -> Any:
    from mailtui.doctor.examine import examine

    return examine(session.instance.over(session.instance.files))


def only(monkeypatch: pytest.MonkeyPatch, *topics: Topic) -> None:
    """These lines are found out, and no others."""
    monkeypatch.setattr("mailtui.screens.parts.overviewgathering.topics", lambda *_: list(topics))


async def test_everything_becomes_known(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    stamp = time.strftime("%b %e %H:%M:%S")
    log.write_bytes(
        f"{stamp} mx postfix/local[9]: AAAAA1: to=<a@b.test>, relay=local, dsn=2.0.0, status=sent (ok)\n".encode()
    )
    async with overview(folder, log=log, examine=True) as up:
        await up.known()
        assert up.line("mail").startswith(" ! Mail         STOPPED · Postfix does not run · last delivery ")
        assert up.line("postfix").startswith(" ! Postfix      NOT RUNNING since before ")
        assert "accepted" in up.line("hour")
        assert "rejected" in up.line("hour")
        assert "none is asked" in up.line("milters")
        assert "no rule asks a policy service" in up.line("policy")
        assert "falcot.com" not in up.line("domains")
        assert "1 not asked yet" in up.line("domains")
        assert "no service offers TLS" in up.line("certificate")
        assert "nothing" in up.line("staged")
        assert "nothing" in up.line("written")
        await up.until(lambda: "Findings  1 error" in up.text)
        assert up.app.session.findings[0].title[:40] in up.text


async def test_without_a_log(folder: Path) -> None:
    async with overview(folder) as up:
        await up.until(lambda: "no mail log found" in up.line("hour"))
        assert "STOPPED" in up.line("mail")


async def test_first_a_dash_and_what_hangs_holds_up_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()

    def hangs() -> Line:
        held.wait(60)
        return Line("milters", (said("alive again", "good"),))

    only(
        monkeypatch,
        Topic("milters", hangs, limit=0.3),
        Topic("queue", lambda: Line("queue", (said("empty", "good"),))),
    )
    async with overview(folder) as up:
        await up.until(lambda: "empty" in up.line("queue"))
        assert up.line("policy").split() == ["Policy", "–", "→5"]
        await up.until(lambda: "no answer within 0.3 s" in up.line("milters"))
        assert up.line("milters").startswith(" ? ")
        await up.pilot.press("j", "j")
        assert up.view.facts.key == "queue"
        held.set()
        await up.until(lambda: "alive again" in up.line("milters"))


async def test_staged_edits_are_known_at_once(folder: Path) -> None:
    async with overview(folder) as up:
        target = up.app.session.instance.main
        up.app.session.stage(SetParameter(target, "biff", "yes"))
        await up.pilot.pause()
        assert "1 change, not written" in up.line("staged")
        await up.pilot.press("u")
        await up.pilot.pause()
        assert "nothing" in up.line("staged")


@pytest.mark.parametrize("name", NAMES)
async def test_each_line_leads_to_its_screen(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch)
    async with overview(folder) as up:
        up.view.facts.move_to_key(name)
        await up.pilot.press("enter")

        def there() -> bool:
            screen: Screen[Any] = up.app.screen
            over = {"policy": "PolicyServicesScreen", "names": "DnsListsScreen"}.get(name)
            if over is not None:
                return type(screen).__name__ == over
            return isinstance(screen, ConsoleScreen) and screen.mode == PLACES[name]

        await up.until(there)


async def test_the_cursor_goes_on_into_the_findings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    async with overview(folder, examine=True) as up:
        await up.until(lambda: up.app.session.findings)
        await up.pilot.pause()
        await up.pilot.press("G", "j")
        assert up.view.here is up.view.findings
        assert up.view.finding == up.app.session.findings[0]
        assert any(line.startswith(("   do ", "   fix")) for line in screen_text(up.app))
        await up.pilot.press("k")
        assert up.view.facts.key == NAMES[-1]
        await up.pilot.press("tab")
        assert up.view.here is up.view.findings
        await up.pilot.press("tab")
        assert up.view.here is up.view.facts
        asked: list[bool] = []
        monkeypatch.setattr(MailtuiApp, "examine_again", lambda _: asked.append(True))
        worse = replace(up.app.session.findings[0], title="a worse one, known since")
        up.app.session.findings = (worse, *up.app.session.findings)
        up.view.refresh_view(Change(status=True))
        assert (up.view.findings.top, up.view.findings.cursor) == (0, 0), "the worst is in sight"
        for words, times in (("5 not asked yet", 0), ("a.test SPF error", 1), ("a.test SPF error", 1)):
            up.view.take_line(Line("domains", (said(words),)))
            assert len(asked) == times, "what DNS says becomes a finding at once"


async def test_a_finding_leads_to_its_screen_and_to_its_fix(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch)
    async with overview(folder, examine=True) as up:
        await up.until(lambda: up.app.session.findings)
        await up.pilot.press("tab", "enter")
        await up.until(
            lambda: isinstance(up.app.screen, ConsoleScreen) and up.app.screen.mode == "restrictions"
        )
        await up.pilot.press("1")
        await up.until(lambda: isinstance(up.app.screen, OverviewScreen))
        await up.pilot.press("j", "f")
        wanted = up.app.session.findings[1].title

        def on_it() -> bool:
            row = getattr(up.app.screen, "row", None)
            return row is not None and row.finding.title == wanted

        await up.until(on_it)


async def test_r_asks_everything_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def look() -> Line:
        seen.append(1)
        return Line("queue", (said(f"{len(seen)} times"),))

    only(monkeypatch, Topic("queue", look, every=1000))
    async with overview(folder) as up:
        await up.until(lambda: "1 times" in up.line("queue"))
        await up.pilot.press("r")
        await up.until(lambda: "2 times" in up.line("queue"))
        assert "asked again" in up.text.splitlines()[-1]


async def test_nothing_is_asked_while_another_screen_is_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def look() -> Line:
        seen.append(1)
        return Line("queue", (said(str(len(seen))),))

    only(
        monkeypatch,
        Topic("queue", look, every=0.02),
        Topic("written", lambda: Line("written", ()), every=1000),
    )
    async with overview(folder) as up:
        await up.until(lambda: len(seen) > 2)
        await up.pilot.press("0")
        await up.until(lambda: not isinstance(up.app.screen, OverviewScreen))
        await up.pilot.pause(0.1)
        count = len(seen)
        await up.pilot.pause(0.3)
        assert len(seen) <= count + 1
        await up.pilot.press("1")
        await up.until(lambda: len(seen) > count + 3)


async def test_problems_copy_and_save(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(
        monkeypatch,
        Topic(
            "milters", lambda: Line("milters", (said("x DOWN", "error"), said("\x1b[2Jy", "good")), "error")
        ),
        Topic("keys", lambda: Line("keys", (said("old", "warning"),), "warning")),
    )
    async with overview(folder) as up:
        await up.known("milters", "keys")
        stops = []
        for _ in range(3):
            await up.pilot.press("e")
            stops.append(up.view.facts.key)
        assert stops == ["milters", "keys", "keys"]
        assert "No further line" in up.text
        await up.pilot.press("E")
        assert up.view.facts.key == "milters"
        assert "\x1b" not in up.text
        await up.pilot.press("y")
        await up.until(lambda: "! Milters     x DOWN · " in up.text)
        await up.pilot.press("q", "s")
        await up.until(lambda: not isinstance(up.app.screen, OverviewScreen))
        await up.pilot.press(*["backspace"] * 60, *str(tmp_path / "saved.txt"), "enter")
        await up.until((tmp_path / "saved.txt").exists)
        assert "! Milters     x DOWN · " in (tmp_path / "saved.txt").read_text()


MANY = (
    Line("milters", tuple(said(f"milter-{number} alive {number} ms", "good") for number in range(9)), alike=True),
    Line("queue", (said("9 deferred"), said("1 hold"), said("oldest " + "x" * 90, "dim"))),
    Line("written", (said("today 18:02 by roland"), said("ä" * 200)), "warning", ("more",)),
    Line("hour", (), curves=(("accepted", (1,) * 60, "good"), ("deferred", (0,) * 60, "warning"),
                             ("rejected", (123456,) * 60, "error"))),
)  # fmt: skip


@pytest.mark.parametrize("size", [(60, 16), (60, 20), (80, 24), (109, 30), (110, 40), (140, 40), (200, 60)])
@pytest.mark.parametrize("plan", [Plan(), Plan(ansi=True, ascii_only=True)], ids=["colour", "ascii"])
async def test_every_size(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], plan: Plan
) -> None:
    only(monkeypatch, *(Topic(line.name, lambda line=line: line) for line in MANY))  # type: ignore[misc]  # bound now
    async with overview(folder, size=size, plan=plan, examine=True) as up:
        await up.known("milters", "queue", "written", "hour", "staged")
        await up.until(lambda: up.app.session.findings)
        await up.pilot.press("G")
        await up.pilot.pause()
        lines = screen_text(up.app)
        assert len(lines) == size[1]
        assert all(cells(line) <= size[0] for line in lines)
        assert "Last write" in up.text
        assert "Findings" in up.text
        assert "go there" in lines[-1]
        if plan.ascii_only:
            assert not set("→·–…─▁▇⏎").intersection(up.text)
        beside = next(line for line in lines if "Findings" in line)
        assert ("Mail " in beside) is (size[0] >= 110)
        if (below := size[1] - 16) > 0 and size[
            0
        ] < 110:  # what the findings leave is for what is told of one
            about, number = up.view.query_one("#about"), len(up.app.session.findings)
            assert about.display is (size[1] >= 22 or number < below - 1)
            assert about.size.height == max(3 * (size[1] >= 22), below - number)
        await up.pilot.press("g")
        await up.pilot.pause()
        marks = [line for line in screen_text(up.app) if "Milters" in line and "milter-0" in line]
        assert marks, up.text
        assert " +" in marks[0] or size[0] >= 200


def test_a_number_is_never_cut() -> None:
    busy = Line("hour", (), curves=(("accepted", (1204,), "good"), ("deferred", (310,), "warning"),
                                    ("rejected", (1877,), "error")))  # fmt: skip
    for room, begin in ((39, "acc. 1,204  def. 310  rej. 1,877"), (60, "accepted ")):
        told = "".join(part for part, _ in fitted(busy, room)[0])
        assert told.startswith(begin)
        assert "1,877" in told
        assert cells(told.rstrip()) <= room


def test_what_fits() -> None:
    line = MANY[0]
    for room in range(10, 250):
        spans, whole = fitted(line, room)
        text = "".join(part for part, _ in spans)
        shown = text.count("alive")
        assert whole is (shown == 9)
        assert cells(show(text)) <= max(room, len("milter-0 alive 0 ms +8"))
        if not whole:
            assert text.endswith(f" +{9 - shown}")


async def test_a_small_window_that_grows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, *(Topic(line.name, lambda line=line: line) for line in MANY))  # type: ignore[misc]  # bound now
    async with overview(folder, size=(60, 16)) as up:
        await up.until(lambda: " +8 " in up.line("milters"))
        await up.pilot.resize_terminal(140, 40)
        await up.until(lambda: " +7 " in up.line("milters"))
        await up.pilot.resize_terminal(40, 10)
        await up.until(lambda: "mailtui needs" in up.text)
        await up.pilot.resize_terminal(80, 24)
        await up.until(lambda: " +7 " in up.line("milters"))


def test_all_lines_have_a_label_a_place_and_a_way_to_be_known(folder: Path) -> None:
    from mailtui.postfix.instance import Instance

    found = {topic.name for topic in module.topics(Instance.open(str(folder)), lambda: None)}
    assert set(NAMES) == set(LABELS) == set(PLACES) == found | {"staged"}
