"""Settings: a wrong key costs a clear line, the rest holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.settings import SCREENS, Settings, load, user_file
from mailtui.settingskinds import key, written
from mailtui.settingsread import lines


def test_none_means_defaults(tmp_path: Path) -> None:
    assert load((tmp_path / "none.toml",)) == Settings()


def test_the_later_file_wins_key_by_key(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text('log = "journal"\nascii = true\nrehearsal = false\n')
    two.write_text('log = "/var/log/mail"\nafter_write = ["etckeeper", "commit", "m"]\n')
    found = load((one, two))
    assert (found.log, found.ascii, found.rehearsal) == ("/var/log/mail", True, False)
    assert found.after_write == ("etckeeper", "commit", "m")
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1\n", ":2: colour: no such setting; did you mean color?"),
        ("frob = 1\n", ":2: frob: no such setting; there are start, log"),
        ('x = """\nlog = 1\n"""\nplain = 3\n', ":5: plain: must be true or false"),
        ('background = "pink"\n', "background: must be one of auto, dark, light"),
        ("ask_write = false\n", "ask_write: must be one of never, risky, always"),
        ("write_delay = 0.1\n", "write_delay: must be a number from 0.5 to 10"),
        ('log = ""\n', "log: must be a text in quotes"),
        ("keymap = 3\n", "keymap: must be a [keymap] table"),
        ('[keymap]\n"a.b" = "shift+n"\n', ':3: keymap: "a.b": must be without shift: N instead of shift+n'),
        ('[keymap]\na.b = "ctrl+i"\n', "which no terminal tells apart from tab"),
        ('[keymap]\na.b = ["n", "nn"]\n', "must be a key, as N, ctrl+n, f5 or ?; 'nn' is none"),
        ("[keymap]\na.b = []\n", "must be a key or a list of keys"),
        ('[[instance]]\nname = "out"\n', "instance: must be [[instance]] tables, each with name, config_dir"),
        ('[[instance]]\nname = "o"\nconfig_dir = "etc"\n', "tables whose config_dir begins with /"),
        ('[[instance]]\nname = "o"\nconfig_dir = "/e"\n' * 2, "each with a name of its own"),
        ('mouse = "yes"\n', "mouse: must be true or false"),
        ('rehearsal = "off"\n', "rehearsal: must be true or false"),
        ('nameservers = "192.0.2.53"\n', "nameservers: must be a list of addresses"),
        ('nameservers = ["ns.falcot.com"]\n', "nameservers: must be a list of addresses"),
        ('nameservers = ["192.0.2.53:99999"]\n', "nameservers: must be a list of addresses"),
        ("nameservers = [3]\n", "nameservers: must be a list of addresses"),
        ("dns_rate = 0\n", "dns_rate: must be a number above 0"),
        ("dkim_age = 9e9\n", "dkim_age: must be a number above 0 and at most 1,000,000"),
        ("dns_timeout = true\n", "dns_timeout: must be a number above 0"),
        ('color = "pink"\n', "color: must be one of"),
        ('after_write = "x"\n', "after_write: must be a list"),
        ("log = \n", ":1: this is not TOML: Invalid value (column 7); nothing in this file holds"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_holds(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.toml"
    unreadable = text == "log = \n"
    path.write_text(f"ascii = true\n{text}" if not unreadable else text)
    found = load((path,))
    assert words in found.problems[-1]
    assert len(found.problems) == (2 if text.startswith("x =") else 1)
    assert found.problems[0].startswith(str(path))
    assert found.ascii is not unreadable


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'log = "\xff"\n')
    assert "cannot be read" in load((path,)).problems[0]
    path.unlink()
    os.mkfifo(path)  # nobody writes into it: to wait for that would be for ever
    assert load((path,)).problems == (f"{path}: cannot be read: it is not a plain file",)


def test_an_editors_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'\xef\xbb\xbflog = "journal"\nfrob = 1\n')
    found = load((path,))
    assert found.log == "journal"
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"{path}:2: frob: no such setting")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to lose")
def test_root_does_not_obey_another_users_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('after_write = ["sh", "-c", "id"]\n')
    os.chown(path, 65534, 65534)
    found = load((path,))
    assert found.after_write == ()
    assert "chown root" in found.problems[0]


def test_the_users_file_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_file() == str(tmp_path / "mailtui" / "config.toml")


def test_whom_to_ask_about_names(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('nameservers = ["192.0.2.53", "[2001:db8::53]:5353"]\ndns_timeout = 2\ndns_rate = 12.5\n')
    found = load([file])
    assert found.problems == ()
    assert found.nameservers == ("192.0.2.53", "[2001:db8::53]:5353")
    assert (found.dns_timeout, found.dns_rate) == (2.0, 12.5)


def test_the_first_screen(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    assert load([file]).start == "overview"
    file.write_text('start = "log"\n')
    assert load([file]).start == "log"
    file.write_text('start = "alias"\nascii = true\n')
    found = load([file])
    assert (found.start, found.ascii) == ("overview", True)
    assert found.problems == (f"{file}:1: start: must be one of {', '.join(SCREENS)}",)


def test_the_screens_are_those_of_the_console() -> None:
    from mailtui.screens.parts.names import SCREENS as THERE

    assert tuple(name.mode for name in THERE) == SCREENS


def test_tables_and_keys_of_both_files_count(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(
        '[keymap]\naliases.new = "N"\n"log.trace" = ["?", "ctrl+T", "Space", "/", "comma"]\n'
        '[[instance]]\nname = "out"\nconfig_dir = "/etc/postfix-out"\n'
        '[[instance]]\nname = "in"\nconfig_dir = "/etc/postfix-in"\nlog = "/var/log/in"\n'
    )
    two.write_text(
        'instance = [{name = "out", config_dir = "/srv/out"}]\nkeymap = {"aliases.new" = "f12", "bad" = 3}\n'
    )
    found = load((one, two))
    assert found.instances == (("in", "/etc/postfix-in", "/var/log/in"), ("out", "/srv/out", ""))
    assert dict(found.keymap) == {
        "aliases.new": ("f12",), "log.trace": ("question_mark", "ctrl+t", "space", "slash", "comma"),
    }  # fmt: skip
    assert found.problems == (
        f'{two}:2: keymap: "bad": must be a key or a list of keys, as "N" or ["N", "f5"]',
    )


def test_keys_are_called_as_textual_calls_them() -> None:
    from textual.keys import _character_to_key

    signs = [chr(code) for code in (*range(33, 127), 0xE9, 0xA7)]
    assert [key(sign) for sign in signs] == [_character_to_key(sign) for sign in signs]
    assert [written(key(sign)) for sign in signs[:94]] == signs[:94]


def test_where_each_value_begins() -> None:
    text = 'a = [\n 1,\n 2]\n\n# no\n[keymap]\n"x.y" = "n"\nz.w = "m"\n[[s]]\nf = """\na = 1\n"""\n[[s]]\nf = "3"\n'
    assert lines(text) == {
        "a": 1,
        "keymap": 6,
        "keymap.x.y": 7,
        "keymap.z.w": 8,
        "s": 9,
        "s[0]": 9,
        "s[1]": 13,
    }
    assert lines("a = 1\n" * 3) == {"a": 1}


def test_a_file_that_is_not_utf_8_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe")
    assert load((path,)).problems == (f"{path}: cannot be read: it is not UTF-8",)
