"""postgrey's files and tables of patterns by command: what a plan says of them, and how they are read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mailtui import commands

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")


def run(*words: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "mailtui", *words], capture_output=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_plan_says_what_makes_a_change_count(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("")
    (tmp_path / "master.cf").write_text("")
    (tmp_path / "postgrey").write_text('POSTGREY_OPTS="--inet=10023"\n')
    edits = [
        {"edit": "add-white", "format": "whitelist", "path": f"{tmp_path}/w.local", "item": "example.org"},
        {
            "edit": "set-default", "format": "defaults", "path": f"{tmp_path}/postgrey",
            "name": "POSTGREY_OPTS", "value": "--inet=10023 --delay=60", "was": "--inet=10023",
        },
    ]  # fmt: skip
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({"mailtui_draft": 1, "groups": [{"label": "", "edits": edits}]}))
    told = run("--config-dir", str(tmp_path), "draft", "apply", str(draft), "--yes", "--dry-run", "--json")
    why = [step["why"] for step in json.loads(told)["plan"]]
    assert any("systemctl restart postgrey" in each for each in why)
    assert any("SIGHUP" in each for each in why)


@pytest.mark.parametrize(
    ("kind", "text", "entries"),
    [
        ("pcre", "if /a/\n/b/ REJECT\nendif\n", [("if /a/", "", 0), ("/b/", "REJECT", 1), ("endif", "", 0)]),
        ("whitelist", "a.example # x\n", [("a.example", "", None)]),
        ("list", "a.example b.example\n", [("a.example", "", None), ("b.example", "", None)]),
        ("defaults", 'A="b c"\n', [("A", "b c", None)]),
    ],
)
def test_they_are_read(
    tmp_path: Path, kind: str, text: str, entries: list[tuple[str, str, int | None]]
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    found = json.loads(run("inspect", kind, str(path), "--json"))["entries"]
    assert [(e.get("key", e.get("name")), e["value"], e.get("depth")) for e in found] == entries
    assert run("inspect", kind, str(path), "--raw") == text.encode()
