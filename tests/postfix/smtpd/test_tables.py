"""Tables as smtpd will find them: the compiled copy, or what a draft makes of the text."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailtui import commands
from mailtui.formats.document import parse
from mailtui.formats.target import Target
from mailtui.postfix.files import Files, Stamp
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.tables import Tables

if TYPE_CHECKING:
    from mailtui.formats.document import AnyDocument


class Draft:
    """The disk with other bytes for some files."""

    def __init__(self, **texts: bytes) -> None:
        self.texts = texts
        self._disk = Files()

    def raw(self, path: str) -> bytes:
        return self.texts.get(os.path.basename(path)) or self._disk.raw(path)

    def document(self, target: Target) -> AnyDocument:
        return parse(target.format, self.raw(target.path))

    def stamp(self, path: str) -> Stamp | None:
        return self._disk.stamp(path)


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\nqueue_directory = {tmp_path}\n")
    (tmp_path / "master.cf").write_text("")
    (tmp_path / "access").write_text("a@b.test  REJECT old\n")
    (tmp_path / "patterns").write_text("/old/  REJECT old\n")
    return tmp_path


def compiled(etc: Path) -> None:
    subprocess.run(["postmap", "-c", str(etc), f"hash:{etc}/access"], check=True)


def values(tables: Tables, table: str, *keys: str) -> list[bytes | None]:
    return [answer.value for answer in tables.get(table, keys)]


def test_a_table_that_is_not_compiled_is_a_problem_as_for_smtpd(etc: Path) -> None:
    (answer,) = Tables(Instance.open(str(etc))).get(f"hash:{etc}/access", ["a@b.test"])
    assert answer.value is None
    assert "open database" in answer.problem


def test_what_was_saved_but_not_compiled_does_not_count(etc: Path) -> None:
    compiled(etc)
    (etc / "access").write_text("a@b.test  OK\n")
    os.utime(etc / "access", (2e9, 2e9))
    assert values(Tables(Instance.open(str(etc))), f"hash:{etc}/access", "a@b.test", "A@B.test", "x") == [
        b"REJECT old",
        b"REJECT old",
        None,
    ]


def test_what_a_draft_changes_counts(etc: Path) -> None:
    compiled(etc)
    tables = Tables(Instance.open(str(etc), Draft(access=b"a@b.test OK\n", patterns=b"/new/ OK\n")))
    assert values(tables, f"hash:{etc}/access", "a@b.test") == [b"OK"]
    assert values(tables, f"regexp:{etc}/patterns", "a new one", "an old one") == [b"OK", None]
    assert not list(Path("/tmp").glob(".mailtui-*/patterns"))  # where the copy was


def test_a_draft_may_make_a_table(etc: Path) -> None:
    tables = Tables(Instance.open(str(etc), Draft(fresh=b"a@b.test OK\n")))
    assert values(tables, f"hash:{etc}/fresh", "a@b.test") == [b"OK"]


def test_a_relative_path_begins_in_the_queue(etc: Path) -> None:
    assert values(Tables(Instance.open(str(etc))), "texthash:access", "a@b.test") == [b"REJECT old"]


def test_proxymap_reads_what_it_is_told_to(etc: Path) -> None:
    with (etc / "main.cf").open("a") as file:
        file.write(f"proxy_read_maps = proxy:texthash:{etc}/access\n")
    tables = Tables(Instance.open(str(etc)))
    assert values(tables, f"proxy:texthash:{etc}/access", "a@b.test") == [b"REJECT old"]
    (answer,) = tables.get(f"proxy:regexp:{etc}/patterns", ["old"])
    assert "proxy_read_maps" in answer.problem


def test_all_that_is_wanted_is_asked_in_one_run(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Sequence[str]] = []
    ask = commands.ask

    def counted(argv: Sequence[str], *, stdin: bytes = b"") -> commands.Result:
        runs.append(argv)
        return ask(argv, stdin=stdin)

    monkeypatch.setattr(commands, "ask", counted)
    tables = Tables(Instance.open(str(etc)))
    table = f"regexp:{etc}/patterns"
    tables.want(table, ["old", "new"])
    tables.want(table, ["older"])
    tables.fetch()
    assert values(tables, table, "older", "new") == [b"REJECT old", None]
    assert len([argv for argv in runs if argv[0] == "postmap"]) == 1


def test_local_recipients_are_in_the_alias_files_too(etc: Path) -> None:
    """Where the text is as new as its copy the text is read: in the grammar of aliases(5), not of postmap."""
    (etc / "aliases").write_text("jobs:  claire\n")
    with (etc / "main.cf").open("a") as main:
        main.write(f"alias_maps = hash:{etc}/aliases\n")
    subprocess.run(["postalias", "-c", str(etc), f"hash:{etc}/aliases"], check=True)
    table = f"hash:{etc}/aliases"
    assert values(Tables(Instance.open(str(etc))), table, "jobs", "jobs:") == [b"claire", None]
