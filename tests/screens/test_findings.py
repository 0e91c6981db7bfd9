"""Findings in the console: counted in the status line, listed by weight, mended by a key, silenced with a reason."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.compiling import CompileTable
from mailtui.screens.app import MailtuiApp
from mailtui.screens.findings import FindingsScreen
from mailtui.screens.parts import examiner, text
from mailtui.screens.parts.findinglines import FindingLine
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.restrictions import RestrictionsScreen
from tests.postfix.conftest import instance_dir, put
from tests.screens.aliasing import session_of, short_folder
from tests.screens.listing import ListConsole

__all__ = ["instance_dir"]

MAIN = """\
inet_interfaces = all
smtpd_helo_required = yes
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_client_restrictions =
    permit_mynetworks,
    reject_unknown_clint,
    reject_rbl_client bl.sorbs.net
smtpd_sender_restrictions = permit, reject_unknown_sender_domain
transport_maps = hash:{folder}/transport
biff = no
biff = no
"""
IDS = ["unknown-restriction", "table-not-compiled", "dnsbl-closed", "unreachable", "duplicate-parameter"]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    yield from short_folder()


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", tmp_path / "none.toml")
    made: Path = instance_dir(
        MAIN.format(folder=tmp_path / "etc1"), files={"transport": "a.example local:\n"}
    )
    return made


class Doctored(ListConsole):
    """The console on its findings."""

    @property
    def lines(self) -> list[FindingLine]:
        found = self.list.listing
        return [] if found is None else [found.row(at) for at in range(len(found))]

    def ids(self) -> list[str]:
        return [line.finding.id for line in self.lines]

    def marker(self, kind: str) -> str:
        return next(line.marker for line in self.lines if line.finding.id == kind)

    async def on(self, kind: str) -> None:
        found = self.list.listing
        assert found is not None
        await self.at(found.key(self.ids().index(kind)))


@asynccontextmanager
async def console(
    folder: Path, start: str = "parameters", session: Session | None = None, size: tuple[int, int] = (100, 40)
) -> AsyncIterator[Doctored]:
    app = MailtuiApp(session or session_of(folder), Plan(), start)
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Doctored(app, pilot, folder)
    finally:
        text.use_ascii(False)


async def opened(up: Doctored) -> None:
    """Press `f`, and wait for the findings."""
    await up.press("f")
    await up.until(lambda: isinstance(up.app.screen, FindingsScreen) and up.app.screen.listing is not None)
    await up.pilot.pause()


def examined(session: Session) -> Callable[[], list[Finding]]:
    return lambda: examine(session.instance.over(session.instance.files))


async def test_they_are_counted_at_the_start_and_after_a_change_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "FIRST", 0.0)
    session = session_of(folder)
    session.examine = examined(session)
    async with console(folder, session=session) as up:
        await up.shows("2 errors · f", "2 warnings · f")
        main = (folder / "main.cf").read_text()
        put(folder / "main.cf", main.replace("reject_unknown_clint,", "reject_unauth_pipelining,"), age=30)
        await up.shows("1 error · f")


async def test_an_examination_that_fails_is_said_and_nothing_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "FIRST", 0.0)

    def fails() -> list[Finding]:
        raise RuntimeError("no memory")

    session = session_of(folder)
    session.examine = fails
    async with console(folder, session=session) as up:
        await up.shows("Cannot examine the instance: RuntimeError: no memory")
        await opened(up)
        assert up.ids() == IDS


async def test_what_mends_it_is_seen_however_long_the_reason_is(folder: Path) -> None:
    async with console(folder, size=(80, 24)) as up:
        await opened(up)
        for line in up.lines:
            what = "fix" if line.finding.fix is not None else "do"
            await up.on(line.finding.id)
            await up.until(lambda what=what: up.line_with(f"   {what:<9}"))  # type: ignore[misc]  # bound now
            rows = up.text.splitlines()
            mends = next(at for at, row in enumerate(rows) if row.startswith(f"   {what:<9}"))
            why = next(at for at, row in enumerate(rows) if row.startswith(f"   {line.finding.severity:<9}"))
            assert mends < why


async def test_by_weight_with_letters_and_places(folder: Path) -> None:
    async with console(folder) as up:
        await opened(up)
        assert up.ids() == IDS
        assert [line.marker for line in up.lines] == ["!", "!", "?", "?", " "]
        await up.shows("2 errors, 2 warnings", "main.cf:6")
        await up.on("unknown-restriction")
        await up.shows(
            "error    every client that comes to it gets 451", "fix      ~ reject_unknown_client_hostname in",
            "6 - ", "reject_unknown_clint,", "6 + ",
        )  # fmt: skip


async def test_enter_stages_the_fix_and_the_list_shows_it(folder: Path) -> None:
    async with console(folder) as up:
        await opened(up)
        await up.on("unknown-restriction")
        await up.shows("⏎ stage the fix  o go there  # silence")
        await up.press("enter")
        await up.until(up.laid(1))
        assert up.marker("unknown-restriction") == "~"
        await up.shows("1 staged · w", "Staged: ~ reject_unknown_client_hostname in")
        assert "reject_unknown_client_hostname,\n" in up.written("main.cf")
        await up.on("unknown-restriction")
        await up.press("j", "k")
        await up.shows(" ⏎ go there  # silence")  # and nothing is offered twice
        await up.press("enter")
        await up.shows("What is staged mends this")
        await up.press("u")
        await up.until(up.laid(0))
        assert up.marker("unknown-restriction") == "!"


async def test_marked_ones_are_mended_as_one_act(folder: Path) -> None:
    async with console(folder) as up:
        await opened(up)
        await up.press("asterisk", "f")
        await up.until(lambda: len(up.app.session.draft) >= 5)
        await up.until(lambda: up.list._is_laid)
        assert {line.state for line in up.lines} == {"mended"}
        assert len(up.app.session.draft.groups) == 1
        main = up.written("main.cf")
        assert "sorbs" not in main
        assert main.count("biff") == 1
        await up.press("u")
        await up.until(up.laid(0))


async def test_a_table_is_compiled_by_one_key(folder: Path) -> None:
    async with console(folder) as up:
        await opened(up)
        await up.on("table-not-compiled")
        await up.press("enter")
        await up.until(up.laid(1))
        assert [type(edit) for edit in up.app.session.draft.edits] == [CompileTable]
        assert up.marker("table-not-compiled") == "~"


async def test_what_comes_with_a_draft_is_told_of(folder: Path) -> None:
    async with console(folder) as up:
        from mailtui.edits.parameters import SetParameter

        main = up.app.session.instance.main
        up.app.session.stage(SetParameter(main, "mynetworks", ("0.0.0.0/0",), ("127.0.0.0/8",)))
        await opened(up)
        await up.until(lambda: "open-relay" in up.ids())
        await up.on("open-relay")
        await up.shows("staged   this comes with what is staged")


async def test_next_and_previous_problem(folder: Path) -> None:
    async with console(folder) as up:
        await opened(up)
        await up.press("g", "e", "e")
        assert up.list.row is not None
        assert up.list.row.finding.id == IDS[2]
        await up.press("E")
        assert up.list.row.finding.id == IDS[1]


@pytest.mark.parametrize(
    ("kind", "mode", "words"),
    [
        ("unreachable", "restrictions", "reject_unknown_sender_domain"),
        ("duplicate-parameter", "parameters", "biff"),
        ("table-not-compiled", "parameters", "transport_maps"),
    ],
)
async def test_it_goes_to_the_screen_it_is_about(folder: Path, kind: str, mode: str, words: str) -> None:
    async with console(folder, "aliases") as up:
        await opened(up)
        await up.on(kind)
        await up.press("o")
        await up.until(lambda: up.app.current_mode == mode and not isinstance(up.app.screen, FindingsScreen))
        await up.until(lambda: up.list.row is not None)

        def there() -> bool:
            row = up.list.row
            text = "text" if isinstance(up.app.screen, RestrictionsScreen) else "name"
            return bool(getattr(row, text, "") == words)

        await up.until(there)


async def test_silenced_with_a_reason_and_heard_again(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "config" / "mailtui" / "config.toml"
    kept.parent.mkdir(parents=True)
    kept.write_text("# mine\nascii = false  # never\n")
    async with console(folder) as up:
        await opened(up)
        await up.on("dnsbl-closed")
        await up.press("number_sign")
        await up.shows("Silence this finding", "silence")
        await up.type("we wait for a reply")
        await up.press("enter")
        await up.until(lambda: up.marker("dnsbl-closed") == "#")
        assert up.ids()[-1] == "dnsbl-closed"
        written = kept.read_text()
        assert written.startswith("# mine\nascii = false  # never\n")
        assert 'reason = "we wait for a reply"' in written
        await up.on("dnsbl-closed")
        await up.shows("silent   we wait for a reply")
        await up.press("number_sign")
        await up.until(lambda: up.marker("dnsbl-closed") == "?")
        assert "silence" not in kept.read_text()


async def test_by_the_command_line_and_the_palette(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("colon")
        await up.type("findings clint")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, FindingsScreen) and len(up.list.lines.rows) == 1)
        await up.press("q", "ctrl+p")
        await up.type("findings")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, FindingsScreen))


async def test_in_restrictions_a_row_carries_its_findings_and_f_offers_the_fix(folder: Path) -> None:
    async with console(folder, "restrictions") as up:
        await up.until(lambda: isinstance(up.app.screen, RestrictionsScreen) and up.list.listing is not None)
        view = up.app.screen
        assert isinstance(view, RestrictionsScreen)
        view.go_to_rule("client", "reject_unknown_clint")
        await up.until(lambda: up.list.row is not None and up.list.row.text == "reject_unknown_clint")
        await up.shows(
            "!        smtpd knows no reject_unknown_clint; every client",
            "f fix    ~ reject_unknown_client_host",
        )
        await up.press("f")
        await up.shows("1  mend", "2  delete", "3  off")
        await up.press("enter")
        await up.until(up.laid(1))
        assert "reject_unknown_client_hostname" in up.written("main.cf")


async def test_f_with_nothing_to_mend_opens_the_findings(folder: Path) -> None:
    session = session_of(folder)
    session.findings = examine(session.instance)
    async with console(folder, "restrictions", session) as up:
        await up.until(lambda: isinstance(up.app.screen, RestrictionsScreen) and up.list.listing is not None)
        await up.press("g", "f")
        await up.until(lambda: isinstance(up.app.screen, FindingsScreen))
        await up.shows("Nothing is wrong here")


async def test_nothing_is_wrong(instance_dir: Any, folder: Path) -> None:
    sound = instance_dir("inet_interfaces = all\nsmtpd_helo_required = yes\n")
    async with console(sound) as up:
        await opened(up)
        await up.shows("Nothing is wrong that mailtui knows to look for")
        await up.press("enter", "o", "number_sign", "e")
        assert isinstance(up.app.screen, FindingsScreen)


async def test_hostile_words(instance_dir: Any, folder: Path) -> None:
    main = b"smtpd_client_restrictions = [bold]x\x1b]0;PWNED\x07[@click=app.quit]y[/] \xff\x9b31m\nbiff=no\nbiff=no\n"
    bad = instance_dir(main + b"compatibility_level = 3.6\n")
    async with console(bad) as up:
        await opened(up)
        assert "unknown-restriction" in up.ids()
        for at in range(len(up.lines)):
            up.list.lines.move_to(at)
            await up.pilot.pause(0.15)
            assert "\x1b" not in up.text
            assert "\x9b" not in up.text
        await up.shows("[bold]x")


def test_the_demo_is_examined_in_a_moment(folder: Path) -> None:
    session = session_of(folder)
    examine(session.instance)
    began = time.thread_time()
    examined(session)()
    assert time.thread_time() - began < 1
    assert os.path.exists(folder)
