"""Header and body checks as a tree: edited by keys, and tried on a message."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.screens.contentchecks import ContentChecksScreen, open_content_checks
from mailtui.screens.parts.chooser import Chooser
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.sampledialog import SampleDialog
from tests.postfix.conftest import MASTER, instance_dir
from tests.screens.aliasing import Console, console, tmp_path

__all__ = ["instance_dir", "tmp_path"]

MAIN = "header_checks = regexp:{R}/hc\nbody_checks = pcre:{R}/bc\n"
FILES = {
    "hc": "# ours\n\n/^Subject:.*game/ REJECT no games\nif /^X-/\n/^X-Old:/ IGNORE\nendif\n/^To:/ 550 no\n",
    "bc": "/pills/ DISCARD\n",
}
SAMPLE = "Subject: a game\nTo: joe\n\npills\n"


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path) -> Path:
    made: Path = instance_dir(
        MAIN.replace("{R}", str(tmp_path / "etc1")),
        master=MASTER + "smtp inet n - n - - smtpd\n",
        files=FILES,
    )
    return made


@pytest.fixture(autouse=True)
def _no_sample() -> Iterator[None]:
    yield
    ContentChecksScreen.sample = ""


@asynccontextmanager
async def opened(folder: Path, parameter: str) -> AsyncIterator[Console]:
    """The console with a table of checks open over the list of rules."""
    async with console(folder, start="restrictions", size=(100, 30)) as up:
        below = up.app.screen
        assert isinstance(below, ConsoleScreen)
        open_content_checks(below, parameter)
        await up.pilot.pause()
        await up.until(lambda: isinstance(up.app.screen, ContentChecksScreen | Chooser))
        if isinstance(up.app.screen, ContentChecksScreen):
            await up.until(lambda: up.app.screen.listing is not None)  # type: ignore[attr-defined]  # a list screen
        await up.pilot.pause()
        yield up


def staged(up: Console, name: str) -> bytes:
    """A file as the draft makes it."""
    session = up.app.session
    return Candidate(session.instance.files, session.draft.edits).raw(f"{up.folder}/{name}")


async def test_rules_stand_as_a_tree_with_what_is_wrong(folder: Path) -> None:
    async with opened(folder, "header_checks") as up:
        await up.shows("/^Subject:.*game/", "REJECT no games", "if /^X-/", "  /^X-Old:/", "endif")
        await up.shows("550 5.7.1 no games", "header_checks, mime_header_checks, nested_header_checks")
        await up.press("G")
        await up.shows("550 is no action here")


async def test_a_rule_is_tried_as_it_is_typed(folder: Path) -> None:
    ContentChecksScreen.sample = SAMPLE
    async with opened(folder, "header_checks") as up:
        await up.press("n")
        await up.type("/^To: j/")
        await up.shows("fires on 2 To: joe")
        await up.type("(")
        await up.press("backspace", "enter")
        await up.type("HOLD")
        await up.press("enter")
        await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) == 1)
        assert b"/^To: j/ HOLD\n" in staged(up, "hc")


async def test_a_message_is_run_through_all_checks(folder: Path) -> None:
    async with opened(folder, "header_checks") as up:
        await up.press("d")
        await up.until(lambda: len(up.app.session.draft) == 1)
        await up.press("t")
        await up.until(lambda: isinstance(up.app.screen, SampleDialog))
        for line in SAMPLE.splitlines():
            await up.type(line)
            await up.press("enter")
        await up.press("escape")
        await up.until(lambda: isinstance(up.app.screen, ContentChecksScreen))
        assert ContentChecksScreen.sample == SAMPLE, "what was typed is thrown away"
        await up.press("t")
        await up.until(lambda: isinstance(up.app.screen, SampleDialog))
        await up.shows("Ctrl+R runs it")
        await up.press("ctrl+r")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("thrown away", "bc:1", "DISCARD", "550 is no action here")
        assert ContentChecksScreen.sample == SAMPLE


async def test_of_several_tables_one_is_chosen(folder: Path) -> None:
    async with opened(folder, "") as up:
        await up.shows("Which table", "hc", "bc", "body_checks")
        await up.press("2")
        await up.until(lambda: isinstance(up.app.screen, ContentChecksScreen))
        await up.shows("/pills/", "DISCARD")


async def test_it_opens_from_the_list_of_rules(folder: Path) -> None:
    async with console(folder, start="restrictions", size=(100, 40)) as up:
        await up.shows("pcre:bc")
        await up.press("G")
        await up.pilot.pause(0.3)
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, ContentChecksScreen))
        await up.shows("/pills/", "DISCARD")
