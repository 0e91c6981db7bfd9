"""The settings in the console: shown with their places, edited in place, in force at once; and the key map."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts.dialogs import Confirm, TypedWord
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.guarded import GUARD
from mailtui.screens.parts.keys import key_for, keyed
from mailtui.screens.parts.overrule import wants_name
from mailtui.screens.parts.ownsettings import OwnRow
from mailtui.screens.parts.reviewwords import accepts, overrules, why_not
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.settings import SettingsScreen
from mailtui.settings import Settings, load
from mailtui.settingswords import BY_NAME
from tests.postfix.conftest import instance_dir
from tests.screens import aliasing
from tests.screens.conftest import screen_of
from tests.screens.console_demo import demo_session
from tests.screens.listing import ListConsole
from tests.screens.reviewing import made_server, open_review, session_of, shows, until, untouched

__all__ = ["instance_dir"]

Open = Callable[..., Any]
MINE = """\
# mine
start = "log"   # where I work
dkim_grace = 14
aftr_write = ["x"]

[keymap]
"aliases.new" = "N"
"app.review" = "d"
"list.nonsense" = "f5"
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The caller's own file; the other one says something, too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", str(tmp_path / "mailtui.toml"))
    (tmp_path / "mailtui.toml").write_text("dkim_grace = 3\n")
    path = tmp_path / "mailtui" / "config.toml"
    path.parent.mkdir()
    path.write_text(MINE)
    return path


@asynccontextmanager
async def opened(folder: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[ListConsole]:
    """The console on the settings, with all its actions."""
    session = aliasing.session_of(folder)
    session.settings = load()
    app = MailtuiApp(session, Plan(), "overview")
    async with app.run_test(size=size) as pilot:
        up = ListConsole(app, pilot, folder)
        await up.press("comma")
        await up.until(lambda: isinstance(app.screen, SettingsScreen) and app.screen._index is not None)
        await up.until(lambda: up.list.lines.rows.find(("key", "aliases.new", "", 0)) is not None)
        yield up


def words(path: Path) -> str:
    """What a file says now."""
    return path.read_text()


def row(up: ListConsole, part: str, name: str) -> OwnRow:
    assert isinstance(up.list, SettingsScreen)
    (found,) = (each for each in up.list.shown_rows() if (each.part, each.name) == (part, name))
    return found


async def test_a_day_with_the_settings(
    instance_dir: Any, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Problems on top; an edit, a refusal, a reset, keys, an instance: each written at once, comments kept."""
    system = mine.parent.parent / "mailtui.toml"
    forced: list[dict[str, str]] = []
    monkeypatch.setattr("mailtui.screens.app.put_in_force", lambda keymap: forced.append(dict(keymap)))
    async with opened(instance_dir("biff = no\n")) as up:
        app = up.app
        lines = up.text.splitlines()
        assert lines[4].startswith(" ! aftr_write")
        assert "no such setting; did you mean after_write?" in lines[4]
        assert "config.toml:4" in lines[4]
        await up.shows("keymap.list.nonsense", "there is no such action", "keymap.app.review", "already")
        assert app._keymap == {"aliases.new": "N"}
        assert forced == [{}, {"aliases.new": "N"}], "what cannot hold was in force until it was judged"
        await up.press("d")
        await up.until(lambda: "aftr_write" not in words(mine))

        await up.at(("setting", "dkim_grace", "", 0))
        await up.shows("14 days", "config.toml:3", "mailtui.toml:1", "what is shown wins", "at once")
        await up.press("enter")
        await up.until(lambda: up.list.editor is not None)
        await up.press("ctrl+u")
        await up.type("soon")
        await up.shows("! must be a number above 0")
        await up.press("enter", "enter")
        await up.shows("dkim_grace must be a number above 0")
        await up.press("up", "ctrl+u", "9", "enter", "enter")
        await up.until(lambda: app.session.settings.dkim_grace == 9.0)
        assert 'start = "log"   # where I work\ndkim_grace = 9\n' in words(mine)
        await up.until(lambda: row(up, "setting", "dkim_grace").value == "9 days")
        await up.press("d")
        await up.until(lambda: row(up, "setting", "dkim_grace").value == "3 days")
        await up.shows("dkim_grace: 3 days, as")
        assert "dkim_grace" not in words(mine)

        await up.at(("setting", "ask_quit", "", 0))
        await up.press("enter")
        await up.until(lambda: up.list.editor is not None)
        await up.press("right", "enter", "right", "enter")  # always, in the file for everybody
        await up.until(lambda: app.session.settings.ask_quit == "always")
        assert words(system) == 'dkim_grace = 3\nask_quit = "always"\n'

        await up.at(("key", "aliases.delete", "", 0))
        await up.press("enter")
        await up.until(lambda: up.list.editor is not None)
        await up.press("ctrl+u", "N", "enter")
        await up.shows("! N is aliases.new already")
        await up.press("up", "ctrl+u", "f", "8", "enter", "enter", "enter")
        await up.until(lambda: row(up, "key", "aliases.delete").value == "f8")
        await up.until(lambda: app._keymap == {"aliases.new": "N", "aliases.delete": "f8"})
        await up.at(("key", "aliases.new", "", 0))
        await up.press("d")
        await up.until(lambda: app._keymap == {"aliases.delete": "f8"})
        assert '"aliases.new"' not in words(mine)

        await up.press("n")
        await up.until(lambda: up.list.editor is not None)
        await up.type("out")
        await up.press("enter")
        await up.type("/nowhere")
        await up.shows("? there is no main.cf")
        await up.press("enter", "enter", "enter")
        await up.until(lambda: app.session.settings.instances == (("out", "/nowhere", ""),))
        await up.until(lambda: row(up, "instance", "out").value == "/nowhere")
        assert load().problems == ()
        assert words(mine).startswith('# mine\nstart = "log"   # where I work\n')

        await up.press("q", "q")  # ask_quit
        await up.until(lambda: isinstance(app.screen, Confirm))
        await up.press("escape")


@pytest.fixture
def broken(mine: Path) -> Path:
    mine.write_text("dkim_grace = [")
    return mine


async def test_what_cannot_be_written_is_refused(
    instance_dir: Any, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(instance_dir("biff = no\n"), (60, 16)) as up:
        assert up.text.splitlines()[4].startswith(" ! the file")
        await up.at(("setting", "log", "", 0))
        await up.press("enter")
        await up.until(lambda: up.list.editor is not None)
        await up.press("ctrl+u", "x", "enter", "enter")
        await up.until(lambda: "cannot be read" in up.app.screen.query_one(Footer).message)
        monkeypatch.setattr("mailtui.screens.parts.ownfiles.writable", lambda path: False)
        await up.press("escape", "d")
        await up.at(("setting", "ascii", "", 0))
        await up.press("enter")
        await up.shows("you may write neither file")
        await up.press("right", "enter", "enter")
        await up.shows("? Neither")
    assert words(broken) == "dkim_grace = ["


async def test_a_mapped_key_is_in_force_everywhere(open_console: Open) -> None:
    session = demo_session()
    assert session.findings
    session.settings = Settings(
        keymap=(
            ("app.help", ("f1",)),
            ("list.filter", ("ctrl+f",)),
            ("app.review", ("W",)),
            ("app.findings", ("f2",)),
            ("app.reread", ("f5",)),
            ("review.overrule", ("f8",)),
        )
    )
    async with open_console(session=session) as (app, pilot):
        foot = "".join(text for part in app.screen.query_one(Footer).parts(100) for text, _ in part)
        assert "f1 keys" in foot
        assert "2 warnings · f2" in screen_of(app)
        await pilot.press("w", "f1")
        assert " W  " in await shows(pilot, "See the staged changes")
        await pilot.press("q", "ctrl+f", "W")
        await shows(pilot, "/ W")
        ids = {active.binding.id for active in app.screen.active_bindings.values()}
        assert "app.review" not in ids  # while a field has the cursor it is text
        assert (key_for("app.review", "w"), keyed("{app.findings:f} tells")) == ("W", "f2 tells")
        assert why_not("unchecked", None, accepted=False) == "Nothing is written unchecked: f5 tries again"
        assert (accepts(), overrules()) == ("a accepts", "f8 overrules")
        await pilot.press("escape", "W")
        await until(pilot, lambda: getattr(app.screen, "mode", "") == "review")
    async with open_console(session=demo_session()):
        assert key_for("app.review", "w") == "w"  # another console, without a map


@pytest.mark.parametrize(("edit", "asked"), [("change", False), ("gone", True)])
async def test_what_w_asks(
    open_console: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str, asked: bool
) -> None:
    """The host's name where something is removed, as the settings want it; another word writes nothing."""
    with made_server(tmp_path, monkeypatch) as server:
        session = session_of(server, getattr(server, edit)(), settings=Settings(ask_write="risky"))
        async with open_console(session=session, size=(80, 40)) as (app, pilot):
            screen = await open_review(pilot)
            await until(pilot, lambda: screen.phase == "ready")
            found = screen.found
            assert found is not None
            assert [wants_name(found, word) for word in ("never", "risky", "always")] == [False, asked, True]
            await pilot.press("enter")
            if asked:
                await until(pilot, lambda: isinstance(app.screen, TypedWord))
                await pilot.press("y", "enter")
                await shows(pilot, "That is not mail.falcot.com")
                assert untouched(server)
                await pilot.press("backspace", *"mail", "full_stop", *"falcot", "full_stop", *"com", "enter")
            await shows(pilot, "Done in")
            session.settings = Settings(write_delay=9)
            assert screen._guard == 9


def test_no_delay_is_shorter_than_the_default() -> None:
    assert Settings.write_delay == GUARD
    with pytest.raises(TypeError, match=r"from 0\.5 to 10"):
        BY_NAME["write_delay"].kind.take(0.4)
