"""`table`, `parameter`, `inspect`, `log`, `draft`, and what a plain command may import."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui.edits import store
from mailtui.edits.draft import Group
from mailtui.edits.entries import SetEntry
from mailtui.formats.target import Target
from tests.cli.conftest import Shop


def spec(shop: Shop) -> str:
    return f"hash:{shop.folder}/virtual"


def test_table_list_get_and_try(shop: Shop) -> None:
    rows = shop.run("table", "list", spec(shop), "--json").json
    assert rows[0] == {
        "key": "webmaster@falcotsbrand.com", "value": "jean@falcot.com", "enabled": True, "line": 2, "counts": True,
    }  # fmt: skip
    assert shop.run("table", "get", spec(shop), "WebMaster@falcotsbrand.com").out == "jean@falcot.com\n"
    assert shop.run("table", "get", spec(shop), "nobody@falcotsbrand.com").status == 1
    (shop.folder / "virtual").write_text("webmaster@falcotsbrand.com  laure@falcot.com\n")
    assert shop.run("table", "get", spec(shop), "webmaster@falcotsbrand.com").out == "laure@falcot.com\n"
    assert shop.run("table", "try", spec(shop), "webmaster@falcotsbrand.com").out == "jean@falcot.com\n"


def test_table_set_and_remove(shop: Shop) -> None:
    assert (
        shop.run(
            "table", "set", spec(shop), "a@falcotsbrand.com", "x@falcot.com,", "y@falcot.com", "--yes"
        ).status
        == 0
    )
    assert shop.run("table", "try", spec(shop), "a@falcotsbrand.com").out == "x@falcot.com, y@falcot.com\n"
    assert shop.run("table", "remove", spec(shop), "a@falcotsbrand.com").status == 0
    gone = shop.run("table", "try", spec(shop), "a@falcotsbrand.com", "--json")
    assert (gone.status, gone.json["found"], "value" in gone.json) == (0, False, False)


def test_a_value_no_table_can_hold_is_refused(shop: Shop) -> None:
    before = shop.virtual
    done = shop.run("table", "set", spec(shop), "a@falcotsbrand.com", "x\ny")
    assert (done.status, shop.virtual) == (1, before)
    assert "Traceback" not in done.err


def test_parameter_get_set_reset(shop: Shop) -> None:
    assert shop.run("parameter", "get", "myhostname").out == "mx.falcot.com\n"
    assert shop.run("parameter", "set", "delay_warning_time", "4h").status == 0
    found = shop.run("parameter", "get", "delay_warning_time", "--json").json[0]
    assert (found["value"], found["effective"], found["default"], found["explicit"]) == (
        "4h",
        "4h",
        "0h",
        True,
    )
    asked = subprocess.run(
        ["postconf", "-c", str(shop.folder), "-h", "delay_warning_time"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout == "4h\n"
    assert shop.run("parameter", "reset", "delay_warning_time").status == 0
    assert shop.run("parameter", "get", "delay_warning_time").out == "0h\n"


def test_a_misspelt_parameter_is_helped(shop: Shop) -> None:
    done = shop.run("parameter", "get", "mydestinaton")
    assert done.status == 1
    assert "did you mean mydestination" in done.err


@pytest.mark.parametrize(
    ("kind", "name"),
    [("main.cf", "main.cf"), ("master.cf", "master.cf"), ("table", "virtual"), ("aliases", "aliases")],
)
def test_inspect_gives_the_bytes_back(shop: Shop, kind: str, name: str) -> None:
    path = shop.folder / name
    assert shop.run("inspect", kind, str(path), "--raw").out.encode() == path.read_bytes()
    found = shop.run("inspect", kind, str(path), "--json").json
    assert found["problems"] == []
    assert all(entry["line"] >= 1 for entry in found["entries"])
    assert len(found["entries"]) >= 3


def test_inspect_names_the_line_of_a_problem(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(b"good value\nlonely\n")
    found = shop.run("inspect", "table", str(path), "--json").json
    assert [problem["line"] for problem in found["problems"]] == [2]


def test_inspect_tells_a_few_problems_and_counts_the_rest(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF\0\n" * 750)
    done = shop.run("inspect", "main.cf", str(path))
    told = done.err.splitlines()
    assert (done.status, len(told)) == (0, 21)
    assert told[-1].endswith(
        "1,480 problems more; a file with NUL bytes is no main.cf; --json has all of them"
    )
    assert len(shop.run("inspect", "main.cf", str(path), "--json").json["problems"]) == 1500


LINE = b"Nov 22 13:22:20 mx postfix/qmgr[1]: 3FCA722E68E: removed\n"


def test_log_gives_an_object_a_line(shop: Shop, tmp_path: Path) -> None:
    plain, packed = tmp_path / "mail.log", tmp_path / "mail.log.1.gz"
    plain.write_bytes(LINE + b"\n" + b"odd \xff\n" + LINE.rstrip())
    packed.write_bytes(gzip.compress(LINE))
    done = shop.run("log", "--json", str(packed), str(plain))
    events = [json.loads(line)["event"] for line in done.out.splitlines()]
    assert events == ["removed", "removed", "other", "removed"]
    assert "\\udcff" in done.out
    assert shop.run("log", "--filter", "odd", str(plain)).out == "odd \udcff\n"


def test_a_log_cut_short_is_said(shop: Shop, tmp_path: Path) -> None:
    packed = tmp_path / "mail.log.1.gz"
    packed.write_bytes(gzip.compress(LINE * 1000)[:60])
    done = shop.run("log", str(packed))
    assert done.status == 1
    assert "cut short" in done.err


def saved(shop: Shop, path: Path, was: str, config_dir: str | None = None) -> Path:
    target = Target("table", str(shop.folder / "virtual"), "hash")
    edit = SetEntry(target, "webmaster@falcotsbrand.com", "laure@falcot.com", was)
    path.write_bytes(
        store.dumps(
            [Group((edit,))],
            config_dir=config_dir or str(shop.folder),
            hostname="mx",
            who="jean",
            time="2026-01-01",
        )
    )
    return path


def test_a_second_person_applies_a_draft(shop: Shop, tmp_path: Path) -> None:
    path = saved(shop, tmp_path / "draft.json", "jean@falcot.com")
    assert "webmaster@falcotsbrand.com → laure@falcot.com" in shop.run("draft", "show", str(path)).out
    assert shop.run("draft", "apply", str(path)).status == 0
    assert shop.run("table", "try", spec(shop), "webmaster@falcotsbrand.com").out == "laure@falcot.com\n"


def test_a_stale_draft_is_a_conflict(shop: Shop, tmp_path: Path) -> None:
    before = shop.virtual
    done = shop.run("draft", "apply", str(saved(shop, tmp_path / "draft.json", "sophie@falcot.com")))
    assert (done.status, shop.virtual) == (3, before)
    assert "theirs  jean@falcot.com" in done.err


def test_a_draft_of_another_server_is_refused(shop: Shop, tmp_path: Path) -> None:
    path = saved(shop, tmp_path / "draft.json", "jean@falcot.com", config_dir="/etc/elsewhere")
    assert shop.run("draft", "apply", str(path)).status == 1
    assert shop.run("draft", "show", str(tmp_path / "none")).status == 1


def test_plain_commands_import_no_textual(shop: Shop) -> None:
    program = (
        "import sys; from mailtui.__main__ import main; "
        f"status = main(['--config-dir', {str(shop.folder)!r}, 'alias', 'list']); "
        "heavy = {'textual', 'rich', 'sh', 'dns', 'sqlite3', 'tomlkit', 'asyncio'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_hostile_text_cannot_steer_a_terminal(shop: Shop) -> None:
    with (shop.folder / "virtual").open("ab") as table:
        table.write(b"evil@falcotsbrand.com  \x1b]0;pwned\x07\x1b[2J@x\n")
    main_fd, child_fd = pty.openpty()
    argv = [sys.executable, "-m", "mailtui", "--config-dir", str(shop.folder), "alias", "list"]
    subprocess.run(argv, stdout=child_fd, stderr=child_fd, check=True)
    os.close(child_fd)
    said = b""
    while True:
        try:
            chunk = os.read(main_fd, 65536)
        except OSError:
            break
        said += chunk
        if not chunk:
            break
    os.close(main_fd)
    assert b"evil@falcotsbrand.com" in said
    assert b"\x1b" not in said
    assert b"\x07" not in said


def test_completion_knows_the_commands(shop: Shop) -> None:
    done = shop.run("completion", "bash")
    assert done.status == 0
    assert "resolve" in done.out
    assert "--dry-run" in done.out
