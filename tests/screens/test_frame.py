"""The frame: bars, keys, help, palette, news from the disk, sizes; and that no text is ever markup."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding

from mailtui.screens import app as app_module
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts import built
from mailtui.screens.parts.keys import is_destructive
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.names import SCREENS, tab_line
from mailtui.screens.parts.session import Change, Status
from mailtui.screens.parts.terminal import Plan
from mailtui.screens.parts.text import cells, content, show, use_ascii, wrapped
from tests.screens.conftest import screen_of, screen_text
from tests.screens.console_demo import HOSTILE, DemoEdit, demo_findings, demo_session

Open = Callable[..., Any]
ROOT = Path(app_module.__file__).resolve().parent


async def test_the_bars_at_80(open_console: Open) -> None:
    async with open_console(rows=1204, edits=2) as (app, pilot):
        await pilot.pause(0.1)
        lines = screen_text(app)
        assert lines[0].startswith(" mailtui  mail.falcot.com  /etc/postfix ")
        assert lines[0].endswith("running  2 staged · w  2 warnings · f")
        assert lines[1] == (" 1Overview 2Domains[3Aliases]4Mailbox 5Rules 6Milters 7Auth 8Log 9Queue 0Param")
        assert lines[-1].startswith(" ⏎ edit  n new  d delete  # off  x explain ")
        assert lines[-1].endswith("q quit  ? keys")


@pytest.mark.parametrize("width", [40, 60, 80, 110, 200])
def test_the_line_of_screens_fits(width: int) -> None:
    for name in SCREENS:
        line = tab_line(name.mode, width)
        assert len(line) <= width
        assert re.search(rf"\[{name.key}.*\]", line)
        assert re.sub(r"[^0-9]", "", line) == "1234567890"


async def test_the_name_of_the_server_is_never_cut(open_console: Open) -> None:
    session = demo_session(edits=12)
    session.look = lambda: Status(running=False, host="mail.falcot.com", others=("laure",))
    session.findings = demo_findings(errors=3, warnings=12)
    session.read_only = True
    for width in (60, 70, 80, 100, 140):
        async with open_console(session=session, size=(width, 20)) as (app, pilot):
            await pilot.pause(0.1)
            assert "mail.falcot.com" in screen_text(app)[0]
            if width >= 70:
                assert "NOT RUNNING" in screen_text(app)[0]
                assert "read-only" in screen_text(app)[0]


@pytest.mark.parametrize("name", SCREENS, ids=lambda name: name.mode)
async def test_each_key_opens_its_screen(
    open_console: Open, name: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(start="overview" if name.mode != "overview" else "queue") as (app, pilot):
        for mode in list(built.BUILT):
            monkeypatch.delitem(built.BUILT, mode)
        await pilot.press(name.key)
        await pilot.pause()
        text = screen_of(app)
        assert app.current_mode == name.mode
        assert f"[{name.key}" in screen_text(app)[1]
        assert name.holds in " ".join(text.split())
        assert app.focused is None, "keys would go to a hidden field"


async def test_views_open_once_and_q_closes_them(open_console: Open) -> None:
    async with open_console(edits=1) as (app, pilot):
        for mode in ("review", "history"):
            if mode in built.BUILT:
                del built.BUILT[mode]
        await pilot.press("H", "H")
        await pilot.pause()
        assert len(app.screen_stack) == 2
        assert "q back" in screen_text(app)[-1]
        await pilot.press("q")
        await pilot.pause()
        assert len(app.screen_stack) == 1
        assert app.return_value is None


async def test_ctrl_c_is_q(open_console: Open) -> None:
    async with open_console(edits=1) as (app, pilot):
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert "1 staged change is not written" in screen_of(app)
        await pilot.press("d")
        await pilot.pause()
        assert app.return_value == 0
        assert len(app.session.draft) == 0


async def test_a_long_message_takes_the_lines_it_needs(open_console: Open) -> None:
    async with open_console(rows=3) as (app, pilot):
        long = "Nothing is offered: " + "group, mode, copies and realm are as they should be; " * 2
        app.notify(long.strip())
        await pilot.pause()
        said = [line.strip() for line in screen_of(app).split("\n")[-2:]]
        assert " ".join(said).startswith(long.strip())
        await pilot.press("j")
        await pilot.pause()
        assert "q quit" in screen_of(app).split("\n")[-1]


async def test_undo_says_what_it_took_back(open_console: Open) -> None:
    async with open_console(edits=1) as (app, pilot):
        await pilot.press("u")
        await pilot.pause()
        assert "Taken back: ~ alias webmaster@falcotsbrand.com" in screen_text(app)[-1]
        assert "staged" not in screen_text(app)[0]
        await pilot.press("u")
        await pilot.pause()
        assert "Nothing is staged" in screen_text(app)[-1]
        await pilot.press("j")
        await pilot.pause()
        assert "q quit" in screen_text(app)[-1]


async def test_help_names_every_action_once_and_runs_it(open_console: Open) -> None:
    async with open_console(size=(120, 60)) as (app, pilot):
        declared = {a.binding.tooltip for a in app.screen.active_bindings.values() if a.binding.id}
        await pilot.press("question_mark")
        await pilot.pause()
        text = screen_of(app)
        for sentence in declared:
            assert text.count(sentence) in {1, 2}, sentence  # the one under the cursor is shown below, too
        await pilot.press("j", "j", "j", "enter")
        await pilot.pause()
        await pilot.pause()
        assert len(app.session.draft) == 1, "Enter did not run `n new`"


async def test_palette_runs_actions_and_screens(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        await pilot.press("ctrl+p", *"make a new", "enter")
        await pilot.pause()
        await pilot.pause()
        assert len(app.session.draft) == 1
        await pilot.press("ctrl+p", *"queue", "enter")
        await pilot.pause()
        assert app.current_mode == "queue"
        await pilot.press("ctrl+p", "z", "z", "z", "enter", "escape")
        await pilot.pause()
        assert len(app.screen_stack) == 1


def test_every_action_of_the_app_is_declared_whole() -> None:
    bindings = [b for b in MailtuiApp.BINDINGS if isinstance(b, Binding) and b.id]
    assert len({b.id for b in bindings}) == len(bindings)
    for binding in bindings:
        assert binding.tooltip.endswith("."), binding
        assert binding.description
        assert hasattr(MailtuiApp, "action_" + binding.action.partition("(")[0])
    assert is_destructive(next(b for b in bindings if b.id == "app.quit"))


async def test_news_from_the_disk_reach_the_visible_screen_within_two_seconds(open_console: Open) -> None:
    session = demo_session()
    async with open_console(session=session, start="overview") as (app, pilot):
        await pilot.press("3")
        await pilot.pause()
        seen: list[Change] = []
        app.screen.refresh_view = seen.append
        session.files.news.add("/etc/postfix/virtual")
        for _ in range(20):
            await pilot.pause(0.1)
            if seen:
                break
        assert seen[0].paths == {"/etc/postfix/virtual"}
        await pilot.press("1")
        await pilot.pause()
        session.stage(DemoEdit())
        assert len(seen) == 1, "a hidden screen was refreshed"
        await pilot.press("3")
        await pilot.pause()
        assert seen[-1].draft


async def test_a_poll_that_fails_is_said_and_goes_on(open_console: Open) -> None:
    session = demo_session()

    def look() -> Status:
        raise PermissionError("[/etc] is closed")

    session.look = look
    async with open_console(session=session) as (app, pilot):
        await pilot.pause(0.2)
        assert "Cannot look at the instance: [/etc] is closed" in screen_text(app)[-1]
        assert app.is_running


async def test_a_window_that_is_too_small_says_so(open_console: Open) -> None:
    async with open_console(size=(59, 15)) as (app, pilot):
        assert "mailtui needs 60x16" in screen_of(app)
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert "user0000001" in screen_of(app)
        assert isinstance(app.focused, LineList)


async def test_wide_windows_put_the_detail_beside_the_list(open_console: Open) -> None:
    async with open_console(size=(140, 40)) as (app, pilot):
        await pilot.press("j")
        await pilot.pause()
        line = next(line for line in screen_text(app) if "/etc/postfix/virtual:2" in line)
        assert "ADDRESS" in line
        await pilot.resize_terminal(100, 40)
        await pilot.pause()
        line = next(line for line in screen_text(app) if "/etc/postfix/virtual:2" in line)
        assert "ADDRESS" not in line


async def test_the_strip_opens_on_every_screen(open_console: Open) -> None:
    async with open_console() as (app, pilot):
        built.BUILT.pop("mailboxes")  # it has no list without an instance
        await pilot.press("L")
        app.strip.append([[("20:14 smtp [/foo] \x1b[2J", "")]])
        await pilot.pause()
        assert "20:14 smtp [/foo] ␛[2J" in screen_of(app)
        await pilot.press("4")
        await pilot.pause()
        assert "20:14 smtp" in screen_of(app)
        await pilot.press("L")
        await pilot.pause()
        assert "20:14 smtp" not in screen_of(app)


async def test_ascii_only(open_console: Open) -> None:
    async with open_console(rows=3, edits=1, plan=Plan(ansi=True, ascii_only=True)) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert screen_of(app).isascii()
        assert "staged change is not written" in screen_of(app)


def test_hostile_text_is_made_safe_at_every_door() -> None:
    for text in HOSTILE:
        shown = show(text)
        assert shown.isprintable()
        assert "\n" not in shown
        assert content((text, "bold")).plain == shown
        for width in (8, 12, 30):
            lines = wrapped([(text, ""), (" and more words", "dim")], width, indent=2)
            for line in lines:
                assert sum(cells(part) for part, _ in line) <= width
            joined = "".join(part for line in lines for part, _ in line)
            assert re.sub(r"\s", "", joined) == re.sub(r"\s", "", show(text) + "andmorewords")
    path = wrapped([("hash:/etc/postfix/virtual and more", "")], 20, indent=2)
    assert ["".join(part for part, _ in line) for line in path] == [
        "hash:/etc/postfix/",
        "  virtual and more",
    ]
    use_ascii(True)
    try:
        assert show("a → b\x1b…") == "a -> b^[~"
    finally:
        use_ascii(False)


SINKS = {
    "Static",
    "Label",
    "Button",
    "OptionList",
    "Select",
    "Checkbox",
    "RichLog",
    "DataTable",
    "Tree",
    "Markdown",
}
"""Widgets of Textual's that read markup, or leave control characters as they are."""


def _sources() -> list[Path]:
    return [path for path in ROOT.rglob("*.py") if "__pycache__" not in path.parts]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_screen_hands_plain_text_to_a_widget_that_reads_markup(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {t.attr for t in targets if isinstance(t, ast.Attribute)}
            assert not names & {"border_title", "border_subtitle", "tooltip"}, f"{path}:{node.lineno}"
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in SINKS:
            first = node.args[0] if node.args else None
            safe = isinstance(first, ast.Call) and getattr(first.func, "id", "") == "content"
            assert first is None or safe, f"{path}:{node.lineno}: {name} takes content(…) only"
        if name in {"from_markup", "print"}:
            assert path.name == "console.py", f"{path}:{node.lineno}: {name}"


def test_parts_that_must_not_import_textual_do_not() -> None:
    code = (
        "import sys; import mailtui.screens, mailtui.screens.console, mailtui.screens.parts.session; "
        "import mailtui.screens.parts.command, mailtui.screens.parts.columns, mailtui.styles; "
        "sys.exit(', '.join(m for m in sys.modules if m.split('.')[0] in ('textual', 'rich', 'asyncio')) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT.parent
    )
    assert done.returncode == 0, done.stderr


def test_the_app_is_wiring_only() -> None:
    assert len(Path(app_module.__file__).read_text().splitlines()) < 250
