"""A setting, a key, a table written into a file: what was said before stays, and what is read is what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.settings import Settings, load
from mailtui.settingsfile import FileProblem
from mailtui.settingswords import SETTINGS
from mailtui.settingswrite import put, put_key, put_table

TEXT = """\
# mine
log = "auto"   # as it comes

[keymap]  # odd hands
"aliases.new" = "N"
domains.new = "f7"

[[silence]]
finding = "soft-bounce"
reason = "a test server"
"""
VALUES: dict[str, Any] = {
    "start": "log", "log": "journal", "color": "16", "background": "light", "ascii": True, "mouse": False,
    "plain": True, "ask_write": "risky", "write_delay": 2.5, "ask_quit": "always", "rehearsal": False,
    "after_write": ["etckeeper", "commit", "m"], "nameservers": ["192.0.2.53"], "dns_timeout": 2.0,
    "dns_rate": 12.5, "dkim_grace": 14.0, "dkim_age": 180.0, "certificate_days": 10.0,
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return path


def test_every_setting_is_written_read_and_taken_out_again(path: Path) -> None:
    assert [each.name for each in SETTINGS if each.kind.shape != "tables"] == list(VALUES)
    for name, value in VALUES.items():
        put(str(path), name, value)
        found = load([path])
        assert getattr(found, name) == (tuple(value) if isinstance(value, list) else value), name
        assert found.problems == ()
        if name == "log":
            assert 'log = "journal"   # as it comes' in path.read_text()
            put(str(path), name, "auto")
        else:
            put(str(path), name, None)
        assert path.read_text() == TEXT, name


def test_the_keys_of_an_action(path: Path) -> None:
    put_key(str(path), "aliases.new", ("N", "f5"))
    put_key(str(path), "domains.new", ("f8",))
    put_key(str(path), "log.trace", ("?",))
    found = dict(load([path]).keymap)
    assert found == {"aliases.new": ("N", "f5"), "domains.new": ("f8",), "log.trace": ("question_mark",)}
    assert "# odd hands" in path.read_text()
    for name in found:
        put_key(str(path), name, None)
    assert load([path]).keymap == ()
    assert "keymap" not in path.read_text()
    put_key(str(path), "log.trace", None)  # nothing to take out


def test_tables_come_change_and_go(path: Path) -> None:
    put_table(str(path), "instance", None, {"name": "out", "config_dir": "/etc/postfix-out", "log": ""})
    put_table(str(path), "instance", None, {"name": "in", "config_dir": "/etc/postfix-in", "log": "journal"})
    assert path.read_text().count("\n\n[[instance]]\n") == 2
    put_table(str(path), "instance", 1, {"name": "in", "config_dir": "/etc/postfix-in", "log": ""})
    assert load([path]).instances == (("out", "/etc/postfix-out", ""), ("in", "/etc/postfix-in", ""))
    put_table(str(path), "instance", 0, None)
    put_table(str(path), "instance", 0, None)
    put_table(str(path), "silence", 0, None)
    found = load([path])
    assert (found.instances, found.silence, found.problems) == ((), (), ())
    with pytest.raises(FileProblem, match="changed meanwhile"):
        put_table(str(path), "instance", 3, None)


def test_a_file_that_cannot_be_read_is_not_written(path: Path) -> None:
    path.write_text("log = [")
    with pytest.raises(FileProblem, match=f"{path} cannot be read"):
        put(str(path), "log", "journal")
    assert path.read_text() == "log = ["


def test_the_words_are_those_of_the_settings() -> None:
    fields = [each.field for each in SETTINGS]
    assert {*fields, "problems"} == set(Settings.__annotations__)
    for each in SETTINGS:
        assert each.help.endswith("."), each.name
        assert "\n" not in each.help
        default = getattr(Settings, each.field)
        if each.kind.shape == "tables":
            assert default == ()
        elif default is not None:
            assert each.kind.take(list(default) if isinstance(default, tuple) else default) == default
