"""postgrey's options and whitelists, edited by keys, and what would be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.formats.target import Target
from mailtui.postfix import greylisting
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.postgrey import PostgreyScreen
from tests.postfix.conftest import instance_dir
from tests.screens.restricting import Rules, restrictions, tmp_path

__all__ = ["instance_dir", "tmp_path"]

OPTS = """\
# postgrey startup options
POSTGREY_OPTS="--inet=10023 --delay=60 --dbdir=/srv/grey"
#POSTGREY_TEXT="Your customized message"
"""
CLIENTS = """\
# the package's
debian.org
# no retry
gw.bas.example   # unique sender
two words
#old.example
"""


@pytest.fixture
def etc(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(greylisting, "_process", lambda: (0, ()))
    for folder in ("default", "postgrey"):
        (tmp_path / folder).mkdir()
    (tmp_path / "default" / "postgrey").write_text(OPTS)
    (tmp_path / "postgrey" / "whitelist_clients").write_text(CLIENTS)
    (tmp_path / "postgrey" / "whitelist_recipients").write_text("postmaster@\n")
    made: Path = instance_dir("", master="smtp inet n - n - - smtpd\n")
    return made


def left(up: Rules, name: str) -> str:
    """A file beside the instance's folder as the draft would leave it."""
    session = up.app.session
    candidate = Candidate(session.instance.files, session.draft.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return candidate.raw(str(up.folder.parent / name)).decode()


async def opened(up: Rules) -> PostgreyScreen:
    await up.press("P")
    await up.shows("No rule asks a policy service")
    await up.press("o")
    await up.until(lambda: isinstance(up.app.screen, PostgreyScreen) and up.app.screen.listing is not None)
    found = up.app.screen
    assert isinstance(found, PostgreyScreen)
    return found


def option(up: Rules, name: str) -> tuple[str, str, str, bool]:
    return ("options", str(up.folder.parent / "default" / "postgrey"), name, True)


async def test_options_are_set_and_taken_out(etc: Path) -> None:
    async with restrictions(etc) as up:
        await opened(up)
        await up.shows("[Options]", "seconds until a stranger", "dbdir", "no postgrey is seen to run here")
        await up.at(option(up, "delay"))
        await up.shows("value    60", "default  300", "reads its options as it starts")
        await up.press("enter")
        await up.shows("delay of postgrey")
        await up.type("x")
        await up.shows("a whole number")
        await up.press("ctrl+u")
        await up.type("120")
        await up.press("enter")
        await up.until(up.laid(1))
        await up.shows("~ delay", "before   60", "now      120")
        assert 'POSTGREY_OPTS="--inet=10023 --delay=120 --dbdir=/srv/grey"\n' in left(up, "default/postgrey")
        await up.at(option(up, "privacy"))
        await up.press("number_sign")
        await up.until(lambda: "--privacy" in left(up, "default/postgrey"))
        await up.at(option(up, "delay"))
        await up.press("d")
        await up.until(lambda: "--delay" not in left(up, "default/postgrey"))
        await up.until(lambda: up.list._is_laid)
        await up.at(option(up, "postgrey_text"))
        await up.press("enter")
        await up.type("Come back in %s seconds")
        await up.press("enter")
        await up.until(lambda: "Come back" in left(up, "default/postgrey"))
        assert (
            left(up, "default/postgrey")
            == OPTS.replace(" --delay=60", "").replace('/srv/grey"', '/srv/grey --privacy"')
            + 'POSTGREY_TEXT="Come back in %s seconds"\n'
        )
        for _ in range(4):
            await up.press("u")
        await up.until(lambda: not up.app.session.draft)


async def test_what_cannot_be_written_is_said(etc: Path) -> None:
    async with restrictions(etc) as up:
        await opened(up)
        await up.at(option(up, "inet"))
        await up.press("enter", "ctrl+u")
        await up.type("no port")
        await up.press("enter")
        await up.shows("one word, without quotes")
        await up.press("ctrl+u")
        await up.type("127.0.0.1:99999")
        await up.shows("[HOST:]PORT")
        await up.press("ctrl+u")
        await up.type("127.0.0.1:10024")
        await up.press("enter")
        await up.shows("must name the same place")
        await up.until(up.laid(1))


async def test_clients_are_spared(etc: Path) -> None:
    async with restrictions(etc) as up:
        screen = await opened(up)
        await up.press("tab")
        await up.shows("[Clients]", "debian.org", "whitelist_clients:2", "# old.example", "? two words")
        await up.press("n")
        await up.shows("clients that are not greylisted")
        await up.type("debian.org")
        await up.shows("whitelist_clients:2 has it already")
        await up.press("ctrl+u")
        await up.type("192.0.2.0/24")
        await up.press("enter")
        await up.until(up.laid(1))
        await up.shows("+ 192.0.2.0/24", "clients in 192.0.2.0/24: not greylisted", "(SIGHUP)")
        assert left(up, "postgrey/whitelist_clients.local") == "192.0.2.0/24\n"
        package = str(etc.parent / "postgrey" / "whitelist_clients")
        await up.at(("clients", package, "gw.bas.example", True))
        await up.shows("the package's own")
        await up.press("number_sign")
        await up.until(lambda: screen.row_of(("clients", package, "gw.bas.example", False)) is not None)
        assert "#gw.bas.example   # unique sender\n" in left(up, "postgrey/whitelist_clients")
        await up.at(("clients", package, "old.example", False))
        await up.press("number_sign")
        await up.until(lambda: "\nold.example\n" in left(up, "postgrey/whitelist_clients"))
        await up.until(lambda: up.list._is_laid)
        await up.at(("clients", package, "debian.org", True))
        await up.press("d")
        await up.until(lambda: "debian.org" not in left(up, "postgrey/whitelist_clients"))
        await up.until(lambda: up.list._is_laid)
        await up.shows("- debian.org", "is the package's")
        for _ in range(4):
            await up.press("u")
        await up.until(lambda: not up.app.session.draft)


async def test_a_recipient_is_changed_in_its_place(etc: Path) -> None:
    async with restrictions(etc) as up:
        await opened(up)
        await up.press("shift+tab")
        await up.shows("[Recipients]", "postmaster@")
        await up.press("enter", "ctrl+u")
        await up.type("a@b@c")
        await up.shows("is no recipient")
        await up.press("ctrl+u")
        await up.type("abuse@falcot.com")
        await up.press("enter")
        await up.until(up.laid(1))
        assert left(up, "postgrey/whitelist_recipients") == "abuse@falcot.com\n"
        await up.press("escape")
        await up.until(lambda: not isinstance(up.app.screen, PostgreyScreen))


@pytest.fixture
def clients(etc: Path) -> Path:
    """A whitelist that only the running postgrey names."""
    made = etc.parent / "own"
    made.write_text("x.example\n")
    return made


async def test_what_runs_is_told_where_it_differs(
    etc: Path, clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--inet=127.0.0.1:10023", "--delay=300", "--dbdir=/srv/grey", f"--whitelist-clients={clients}")
    monkeypatch.setattr(greylisting, "_process", lambda: (4711, words))
    async with restrictions(etc) as up:
        await opened(up)
        await up.shows("60  runs with 300", "postgrey runs, pid 4711")
        await up.at(option(up, "delay"))
        await up.shows("the postgrey that runs (pid 4711) was started with 300")
        assert "runs with" not in up.line_with("inet ")
        await up.press("tab")
        await up.shows("x.example", "own:1")


async def test_no_postgrey_here(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (etc.parent / "default" / "postgrey").unlink()
    monkeypatch.setattr(greylisting, "DEFAULTS", Target("defaults", str(etc / "none")))
    async with restrictions(etc) as up:
        await up.press("P")
        await up.shows("No rule asks a policy service")
        await up.press("o")
        await up.shows("postgrey is not installed")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_it_fits(etc: Path, size: tuple[int, int]) -> None:
    async with restrictions(etc, size=size, plan=Plan(ascii_only=size[0] == 60)) as up:
        await opened(up)
        await up.shows("delay", "[Options]", "next list", "edit")
        await up.press("tab")
        await up.shows("[Clients]", "new", "debian.org")
        assert all(len(line) <= size[0] for line in up.text.splitlines())
