"""Every key of every view is declared whole, and every view tells of all its actions: footer, help, palette, map."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.widgets import Input

from mailtui.screens.app import MailtuiApp
from mailtui.screens.help import HelpScreen
from mailtui.screens.palette import entries_of
from mailtui.screens.parts.actionindex import action_index, bindings_of, classes
from mailtui.screens.parts.built import BUILT
from mailtui.screens.parts.footer import Footer, actions
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keys import in_words
from mailtui.screens.parts.names import MODES
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import ALIASES, MAIN, VIRTUAL, console

__all__ = ["instance_dir"]

CURSOR = {
    "down", "up", "page_down", "page_up", "first", "last", "earlier", "later", "step", "move", "choose", "take",
}  # fmt: skip
"""Actions that move a cursor or choose what it would come to: their keys need no id, and cannot be mapped."""
TWINS = {"tab", "view", "service", "leave", "back", "cancel", "dismiss_view", "clear_line", "open_line"}
"""Further keys of actions that have another key with an id in the same view, or in the view below it: Shift+Tab
beside Tab, Ctrl+C beside q or Escape; and keys that are taken from a line in which nothing is typed."""


def _bare(action: str) -> str:
    return action.partition("(")[0].rpartition(".")[2]


@pytest.mark.parametrize("owner", classes(), ids=lambda owner: owner.__qualname__)
def test_every_key_has_an_id_a_word_and_a_sentence(owner: Any) -> None:
    declared = [each for each in vars(owner).get("BINDINGS", ()) if isinstance(each, Binding)]
    for each in declared:
        if not each.id:
            assert not each.show or _bare(each.action) in CURSOR, each
            assert _bare(each.action) in CURSOR | TWINS, each
            continue
        assert each.description, each
        assert len(each.tooltip.split()) > 1, each
        assert each.tooltip != each.description, each
    does: dict[str, set[str]] = defaultdict(set)
    for each in bindings_of(owner):
        if each.id and each.id in {one.id for one in declared}:
            does[each.id].add(each.action)
    assert all(len(found) == 1 for found in does.values()), dict(does)


def test_no_two_actions_of_a_view_share_a_key() -> None:
    index = action_index()
    assert len(index.actions) > 300
    for view in index.views:
        keys = [each.key for each in view.bindings]
        assert len(keys) == len(set(keys)), view.name
    apps = [view for view in index.views if view.kind == "app"]
    assert [view.name for view in apps] == ["MailtuiApp"]


SOURCES = sorted(Path(__file__).parents[2].glob("screens/**/*.py"))
NAMED = re.compile(r"""key_for\(\s*["']([a-z.-]+)["'],\s*["']([^"']+)["']""")
MARKED = re.compile(r"EMPTY = .*\{([a-z.-]+):([^}]+)\}")
"""An action and the key that a sentence names, which is its own by default."""


def test_a_key_that_a_sentence_names_is_that_of_its_action() -> None:
    """By default; and in none of the sentences that every screen has is it named as if no key map were there."""
    actions, found = action_index().actions, 0
    for path in SOURCES:
        text = path.read_text()
        for name, key in NAMED.findall(text) + MARKED.findall(text):
            found += 1
            assert in_words(actions[name].keys[0]) == key, (path.name, name, key)
        bare = re.search(r"(?<!\w)(?:w writes|u takes|d takes|n makes|n puts|# switches|t asks|H has) ", text)
        assert bare is None or path.name == "keys.py", (path.name, bare)
    assert found > 80
    for mode in re.findall(r"on_again\('([a-z]+)'\)", "".join(p.read_text() for p in SOURCES)):
        assert actions[f"{mode}.switch"].keys == ("number_sign",)


def test_what_a_key_map_may_not_say() -> None:
    index = action_index()
    for name, key, why in (
        ("aliases.new", "d", "d is aliases.delete already"), ("aliases.new", "w", "w is app.review already"),
        ("aliases.new", "j", "j is the cursor key down already"), ("app.review", "n", "n is "),
        ("list.mark", "n", "n is "), ("app.help", "ctrl+c", "C-c is "), ("edit.clear", "x", "x is text there"),
        ("edit.clear", "question_mark", "? is text there"), ("edit.clear", "space", "Space is text there"),
        ("aliases.nw", "N", "there is no such action; did you mean aliases.new?"),
        ("frob", "N", "there is no such action"),
    ):  # fmt: skip
        refused = index.refused({name: (key,)})
        assert refused.get(name, "").startswith(why), (name, key, refused)
    swapped = {"aliases.new": ("d",), "aliases.delete": ("n",)}
    assert index.refused(swapped) == {}
    assert index.refused({"app.quit": ("f10",), "app.help": ("f1",), "edit.clear": ("f3",)}) == {}
    assert list(index.refused({"aliases.new": ("f7",), "aliases.delete": ("f7",)})) == ["aliases.delete"]


async def test_footer_help_and_palette_tell_all(instance_dir: Any, tmp_path: Path) -> None:
    folder = instance_dir(
        MAIN.format(folder=tmp_path / "etc1", more=""),
        files={"virtual": VIRTUAL, "patterns": "", "team": "jean\n", "aliases": ALIASES.format(folder=tmp_path / "etc1")},
        postmap=["hash:virtual"],
    )  # fmt: skip
    switched = {name.mode for name in MODES}
    async with console(folder, size=(60, 16)) as up:
        app = up.app
        for mode in BUILT:
            app.switch_mode("aliases")
            await up.pilot.pause()
            app.switch_mode(mode) if mode in switched else app.action_view(mode)

            def there(mode: str = mode) -> bool:
                screen = app.screen
                return isinstance(screen, ConsoleScreen) and screen.mode == mode and screen.is_mounted

            await up.until(there)
            await up.pilot.pause()
            if not isinstance(app.focused, Input):  # while a field has the cursor its own keys are shown
                _footer(app, mode)
            found = actions(app.screen)
            rows = [row for _, row in HelpScreen(app.screen, "")._rows]
            said = [str(row.cells[1]) for row in rows]
            sentences = [active.binding.tooltip for active in found]
            assert [text for text in said if text in sentences] == sentences, mode
            entries = entries_of(app.screen, act=lambda _: print, command=lambda _: print)
            assert {one.binding.tooltip for one in found if one.enabled} <= {entry.text for entry in entries}
            if mode not in switched:
                app.pop_screen()


def _footer(app: MailtuiApp, mode: str) -> None:
    _, right = app.screen.query_one(Footer).parts(60)
    words = "".join(text for text, _ in right)
    back = "back" if len(app.screen_stack) > 1 else "quit"
    assert f"q {back}" in words, mode
    assert "? keys" in words, mode
