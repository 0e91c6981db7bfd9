"""Settings: a wrong key costs a clear line, the rest holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailtui.settings import SCREENS, Settings, load, user_file


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
        ("colour = 1\n", "colour: no such setting"),
        ('mouse = "yes"\n', "mouse: must be true or false"),
        ('rehearsal = "off"\n', "rehearsal: must be true or false"),
        ('nameservers = "192.0.2.53"\n', "nameservers: must be a list of addresses"),
        ('nameservers = ["ns.falcot.com"]\n', "nameservers: must be a list of addresses"),
        ('nameservers = ["192.0.2.53:99999"]\n', "nameservers: must be a list of addresses"),
        ("nameservers = [3]\n", "nameservers: must be a list of addresses"),
        ("dns_rate = 0\n", "dns_rate: must be a number above 0"),
        ("dns_timeout = true\n", "dns_timeout: must be a number above 0"),
        ('color = "pink"\n', "color: must be one of"),
        ('after_write = "x"\n', "after_write: must be a list"),
        ("log = \n", "line 1"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_holds(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text("ascii = true\n" + text if "log" not in text else text)
    found = load((path,))
    assert len(found.problems) == 1
    assert words in found.problems[0]
    assert str(path) in found.problems[0]
    assert found.ascii is ("log" not in text)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'log = "\xff"\n')
    assert "cannot be read" in load((path,)).problems[0]


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
    assert found.problems == (f"{file}: start: must be one of {', '.join(SCREENS)}",)


def test_the_screens_are_those_of_the_console() -> None:
    from mailtui.screens.parts.names import SCREENS as THERE

    assert tuple(name.mode for name in THERE) == SCREENS
