"""A form is on the screen before a key is pressed, whoever asked for its place before it was laid out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mailtui.screens.parts.detail import DetailPane
from mailtui.screens.parts.form import Form, TextField
from mailtui.screens.parts.formview import FormEditor
from tests.postfix.conftest import instance_dir
from tests.screens.conftest import Opened, open_console, screen_of
from tests.screens.realconsole import started
from tests.screens.test_dkimkeys import etc, tmp_path

__all__ = ["etc", "instance_dir", "open_console", "tmp_path"]


async def _nothing() -> None:
    return None


async def test_a_form_whose_place_was_asked_for_before_it_had_one(
    open_console: Callable[..., Opened],
) -> None:
    """Textual takes such a widget for one that it has shown already, and sends it no Resize."""
    async with open_console() as (app, pilot):
        fields = [
            TextField(name="domain", label="domain", content="falcot.com", hint="whose mail it signs"),
            TextField(name="selector", label="selector", content="mail2026"),
        ]
        editor = FormEditor(Form("new key", fields), _nothing, _nothing)
        app.screen.query_one(DetailPane).display = False
        app.screen.add_class("editing")
        await app.screen.query_one(".side").mount(editor)
        app.screen._compositor.update_widgets({editor.lines})
        assert editor.lines.region.size, "asked for"
        for _ in range(3):
            await pilot.pause()
        assert "domain    falcot.com" in screen_of(app)
        assert "selector  mail2026" in screen_of(app)
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert "selector  mail2026" in screen_of(app)


def test_a_form_without_notes_in_a_real_terminal(etc: Path, tmp_path: Path) -> None:
    """Nothing looks at what is typed into it, so nothing paints it a second time."""
    with started(etc, screen="milters", state=tmp_path / "state") as up:
        up.wait_until("PROGRAM", 30)
        up.send("tab")
        up.wait_until("SELECTOR", 30)
        up.send("n")
        up.wait_until("new key")
        up.wait_until(lambda text: "domain    falcot.com" in text and "selector  mail" in text)
