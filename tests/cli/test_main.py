"""Options wherever they stand, one-line errors, and standard streams that are closed or full."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui import __version__
from mailtui.__main__ import main, wanted_screen
from mailtui.apply.actor import who
from mailtui.screennames import SCREENS
from tests.cli.conftest import Shop


def mailtui(shop: Shop, shell: str) -> subprocess.CompletedProcess[str]:
    """A shell line in which $M is mailtui on the shop."""
    own = f"{sys.executable} -m mailtui --config-dir {shop.folder}"
    return subprocess.run(["sh", "-c", shell.replace("$M", own)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "alias", "list", "^root"),
        ("alias", "--json", "list", "^root"),
        ("alias", "list", "--json", "^root"),
        ("alias", "list", "^root", "--json"),
        ("alias", "--read-only", "--log=auto", "--json", "list", "^root"),
    ],
)
def test_options_stand_before_between_and_after(shop: Shop, words: tuple[str, ...]) -> None:
    assert [row["address"] for row in shop.run(*words).json] == ["root"]


def test_the_instance_may_be_named_after_the_noun(shop: Shop) -> None:
    assert main(["alias", "--config-dir", str(shop.folder), "list"]) == 0


@pytest.mark.parametrize(
    "words", ["", "alias", "alias list", "table try", "log", "inspect", "history", "demo"]
)
def test_version_and_help_everywhere(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    for option, said in (("--version", f"mailtui {__version__}\n"), ("--help", "usage: mailtui")):
        with pytest.raises(SystemExit) as ended:
            main([*words.split(), option])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(said)


def test_the_help_names_the_screens_and_a_word_that_is_both_names_its_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert said.startswith("usage: mailtui [OPTION...] [SCREEN]\n")
    for number, name in zip("1234567890", SCREENS, strict=True):
        assert f"{number} {name}" in said
        assert wanted_screen([number]) == name
    assert main(["queue"]) == 2
    assert capsys.readouterr().err == (
        "mailtui: no command given; see mailtui queue --help; the screen is mailtui 9\n"
    )


def test_a_wrong_setting_is_told_and_the_rest_holds(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own/mailtui/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("colour = 'red'\nlog = 'journal'\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    done = shop.run("alias", "list", "^root", "--json")
    assert (done.status, len(done.json)) == (0, 1)
    told = f"{file}:1: colour: no such setting; did you mean color?"
    assert json.loads(done.err) == {"notes": [told]}
    assert shop.run("alias", "list", "^root").err == f"note: {told}\n"


@pytest.mark.parametrize(
    "words", [("--jso", "alias", "list"), ("alias", "list", "--read"), ("alias", "set", "a", "--dry")]
)
def test_an_option_is_never_guessed(shop: Shop, words: tuple[str, ...]) -> None:
    done = shop.run(*words)
    assert (done.status, done.out) == (2, "")
    assert "unrecognized arguments" in done.err


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("nope",), 2),
        (("alias",), 2),
        (("alias", "set", "webmaster"), 2),
        (("table", "list", "/no/type"), 2),
        (("table", "list", "hash:/nonexistent/table"), 1),
        (("table", "get", "hash:/nonexistent/table", "x"), 1),
        (("parameter", "get", "mydestinatoin"), 1),
        (("parameter", "set", "mydestinatoin", "x"), 1),
        (("parameter", "set", "\x1b[2J", "x"), 1),
        (("parameter", "set", "relayhost", "a\nb"), 1),
        (("alias", "set", "new@falcotsbrand.com", "a\nb"), 1),
        (("alias", "set", "new@falcotsbrand.com", "x", "--read-only"), 1),
        (("history", "show", "77"), 1),
        (("draft", "show", "/nonexistent"), 1),
        (("inspect", "table", "/dev/zero"), 1),
        (("inspect", "table", "/tmp"), 1),
        (("log", "/nonexistent"), 1),
    ],
)
def test_an_error_is_one_line_and_one_object(shop: Shop, words: tuple[str, ...], status: int) -> None:
    plain = shop.run(*words)
    lines = [line for line in plain.err.splitlines() if not line.startswith(("note: ", "warning: "))]
    assert lines[-1].startswith("mailtui: ")
    assert (plain.status, plain.out, len(lines)) == (status, "", 1)
    assert "\x1b" not in plain.err
    told = json.loads(shop.run(*words, "--json").err)  # one document, and nothing beside it
    assert set(told) == ({"error", "notes"} if len(plain.err.splitlines()) > 1 else {"error"})
    assert set(told["error"]) <= {"what", "file", "line", "do"}


def test_an_error_names_its_file_and_line(shop: Shop) -> None:
    with (shop.folder / "main.cf").open("a") as stream:
        stream.write("oops\n")
    line = (shop.folder / "main.cf").read_text().count("\n")
    told = json.loads(shop.run("alias", "set", "webmaster@falcotsbrand.com", "a@b.example", "--json").err)
    assert (told["error"]["file"], told["error"]["line"]) == (f"{shop.folder}/main.cf", line)


def test_a_table_may_be_named_with_macros(shop: Shop) -> None:
    done = shop.run("table", "get", "hash:$config_directory/virtual", "webmaster@falcotsbrand.com")
    assert done.out == "jean@falcot.com\n"


@pytest.mark.parametrize(
    "words", ["alias list", "--json alias list", "inspect table $F --raw", "parameter get myhostname"]
)
def test_a_full_output_is_one_line_of_error(shop: Shop, words: str) -> None:
    done = mailtui(shop, f"$M {words.replace('$F', str(shop.folder / 'virtual'))} > /dev/full")
    assert done.returncode == 1
    assert "standard output cannot be written: no space left on device" in done.stderr
    assert done.stderr.count("\n") == 1


def test_closed_streams_break_nothing(shop: Shop) -> None:
    assert mailtui(shop, "$M alias list >&-").returncode == 0
    assert mailtui(shop, "$M alias list 2>&-").stdout == shop.run("alias", "list").out != ""
    assert mailtui(shop, "$M nope >&- 2>&-").returncode == 2
    assert mailtui(shop, "$M nope 2>/dev/full").returncode == 2
    table = shop.virtual
    assert mailtui(shop, "$M alias set webmaster@falcotsbrand.com x@falcot.com >&- 2>&-").returncode == 0
    assert shop.virtual == table.replace("jean@falcot.com", "x@falcot.com", 1)


def test_a_huge_value_does_not_widen_every_line(shop: Shop) -> None:
    with (shop.folder / "aliases").open("a") as stream:
        stream.write(f"big: {'x' * 100_000}\n")
    lines = shop.run("alias", "list").out.splitlines()
    assert sorted(map(len, lines))[-2] < 400


def test_only_root_acts_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "laure")
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    assert who() != "laure"


HOSTILE = "\x1b]0;x\x07\x1b[2J\u202e\x9b"


@pytest.mark.parametrize(
    "words",
    [
        (HOSTILE,),
        ("alias", "set", "webmaster@falcotsbrand.com", HOSTILE, "--dry-run"),
        ("alias", "replace", HOSTILE, "x"),
        ("alias", "find", HOSTILE),
        ("alias", "list", HOSTILE),
        ("alias", "resolve", HOSTILE),
        ("table", "try", "TABLE", HOSTILE),
        ("table", "set", "TABLE", f"{HOSTILE} x", "y"),
        ("parameter", "get", HOSTILE),
        ("inspect", "table", f"/nonexistent{HOSTILE}"),
        ("draft", "show", f"/nonexistent{HOSTILE}"),
        ("demo", f"--{HOSTILE}"),
        ("demo", "--keep", f"/etc/{HOSTILE}", "--", "true"),
        ("--config-dir", HOSTILE, "alias", "list"),
    ],
)
def test_hostile_words_reach_no_terminal(shop: Shop, words: tuple[str, ...]) -> None:
    table = f"hash:{shop.folder}/virtual"
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(shop.folder)]
    argv += [table if word == "TABLE" else word for word in words]
    said = terminal_output(argv)
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80\xae|\xc2\x9b", said), said


def terminal_output(argv: list[str]) -> bytes:
    ours, theirs = os.openpty()
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=Path("/")):
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 65536):
                said += chunk
        except OSError:  # the last one closed it
            pass
    os.close(ours)
    return said


@pytest.mark.parametrize(
    ("words", "screen"),
    [
        ([], ""), (["0"], "parameters"), (["services"], "services"), (["--ascii", "aliases"], "aliases"),
        (["--instance", "out", "3"], "aliases"), (["--instance=out"], ""), (["instance", "list"], None),
        (["8"], "log"), (["log"], None), (["queue"], None), (["service", "list"], None), (["nowhere"], None),
    ],
)  # fmt: skip
def test_the_screen_that_is_asked_for(words: list[str], screen: str | None) -> None:
    assert wanted_screen(words) == screen


def test_an_instance_by_its_name(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    settings = tmp_path / "config/mailtui/config.toml"
    settings.parent.mkdir(parents=True)
    log = tmp_path / "shop.log"
    log.write_text("Jan  1 13:22:21 mx postfix/smtpd[1]: fatal: of the shop\n")
    settings.write_text(f'[[instance]]\nname = "shop"\nconfig_dir = "{shop.folder}"\nlog = "{log}"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert main(["alias", "--instance", "shop", "list", "^root"]) == 0
    assert b"roland" in capfdbinary.readouterr().out
    assert main(["--instance=shop", "log"]) == 0
    assert b"of the shop" in capfdbinary.readouterr().out
    for words, said in (
        (["--instance", "nowhere"], b"no instance is called nowhere"),
        (["--instance", "shop", "--config-dir", str(shop.folder)], b"give one of them"),
        (["--config-dir", ""], b"--config-dir is empty; name one"),
        (["--instance", ""], b"--instance is empty; name one"),
    ):
        assert main([*words, "alias", "list"]) != 0
        assert said in capfdbinary.readouterr().err
    assert main(["instance", "show", "--instance", "shop"]) == 0
    shown = capfdbinary.readouterr().out.decode()
    assert "7 in 2 tables" in shown
    assert str(log) in shown
    assert main(["--instance", "shop", "instance", "show", "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["writable"]
