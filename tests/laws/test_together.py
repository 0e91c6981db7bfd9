"""Others write the same files while mailtui applies: postconf, editors, a second mailtui.

At the end everything is there, or the one that wrote it was told that it is not; no compiled table differs
from its text, and nothing is left lying about.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.apply.changing import Server
from tests.laws.whole import WHOLE, differs, sample, tally

LAW = "together"
TIMES = 100 if WHOLE else 7

WORKER = """
import json, os, sys
from mailtui.__main__ import main
told = []
for words in json.load(sys.stdin):
    with open(sys.argv[1], "wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        status = main(words)
        sys.stdout.flush()
        sys.stderr.flush()
    with open(sys.argv[1], encoding="utf-8") as said:
        told.append([status, said.read()])
with open(sys.argv[1], "w", encoding="utf-8") as said:
    json.dump(told, said)
"""
NAMES = re.compile(r"\b(ours|theirs|a|b)_?\d+(@\S+)?|\b[12]\d{3}\b")
"""What differs from one command to the next, of which a report is to show one."""
APPLIED, REFUSED, CONFLICT, ROLLED_BACK = 0, 1, 3, 4


@dataclass
class Hand:
    """A mailtui process of its own that runs one command after the other."""

    server: Server
    name: str
    commands: list[list[str]]
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        words = [["--config-dir", str(self.server.etc), *command] for command in self.commands]
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WORKER, str(self._told)], stdin=subprocess.PIPE
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words).encode())
        self.process.stdin.close()

    @property
    def _told(self) -> Path:
        return self.server.root / f"told-{self.name}"

    def end(self) -> list[tuple[int, str]]:
        """Exit code and words of each command, in order."""
        assert self.process.wait(timeout=600) == 0
        return [(status, words) for status, words in json.loads(self._told.read_text("utf-8"))]


class Others:
    """Somebody else does something again and again while `hand` is at work, and TIMES times at least."""

    def __init__(self, hand: Hand, work: Callable[[int], None]) -> None:
        self._hand, self._work = hand, work
        self.done = 0
        self._failed: list[Exception] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        pauses = random.Random(TIMES)
        try:
            while self.done < TIMES or self._hand.process.poll() is None:
                self._work(self.done)
                self.done += 1
                time.sleep(pauses.uniform(0.05, 0.8))
        except Exception as error:  # noqa: BLE001 - raised again in the test's own thread
            self._failed.append(error)

    def end(self) -> range:
        """The numbers of what was done."""
        self._thread.join(600)
        if self._failed:
            raise self._failed[0]
        tally(LAW, by_others=self.done)
        return range(self.done)


def save(path: Path, line: str, how: str) -> None:
    """Add a line as an editor does: read, look whether it is still the file that was read, write."""
    while True:
        with path.open("rb") as stream:
            raw, seen = stream.read(), os.fstat(stream.fileno())
        if not raw:  # another editor is in the middle
            continue
        text = raw + line.encode()
        time.sleep(0.004)
        temporary = path.with_name(f"{path.name}~")
        if how == "rename":  # vim
            temporary.write_bytes(text)
            temporary.chmod(seen.st_mode & 0o7777)
        now = path.stat()
        if (now.st_ino, now.st_mtime_ns, now.st_size) != (seen.st_ino, seen.st_mtime_ns, seen.st_size):
            continue  # “the file has changed since reading it”: read it again
        if how == "rename":
            temporary.rename(path)
            return
        with path.open("wb") as stream:  # nano
            time.sleep(0.001)
            stream.write(text)
        return


def postconf_set(server: Server, name: str, value: str) -> None:
    subprocess.run(["postconf", "-c", server.etc, "-e", f"{name}={value}"], check=True, timeout=60)


def settings_of(server: Server) -> dict[str, str]:
    """Every parameter set, as postconf reads it; one set twice fails the test."""
    done = subprocess.run(
        ["postconf", "-c", server.etc, "-n"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "overriding earlier" not in done.stderr
    lines = [line for line in server.text("main.cf").splitlines() if line and not line.startswith("#")]
    names = [line.partition("=")[0].strip() for line in lines]
    assert len(set(names)) == len(names)
    return {name.strip(): value.strip() for name, _, value in (each.partition("=") for each in lines)}


def entries_of(server: Server) -> dict[str, str]:
    """Every entry of the table's text, which must be what is live."""
    lines = [line for line in server.text().splitlines() if line and not line.startswith("#")]
    found = [tuple(line.split(None, 1)) for line in lines]
    assert len({key for key, _ in found}) == len(found)
    entries = {key: value.strip() for key, value in found}
    if server.kind == "cdb":  # postmap cannot list it
        assert {key: server.answers(server.table, key) for key in entries} == entries
    else:
        assert server.dump(server.table) == {f"{key}\t{value}" for key, value in entries.items()}
    return entries


def clean(server: Server) -> None:
    assert server.litter() == []
    done = subprocess.run(
        [sys.executable, "-m", "mailtui", "--config-dir", server.etc, "history", "recover"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def told(results: list[tuple[int, str]], case: str, least: float = 0.1) -> list[int]:
    """The numbers of the commands that were applied; every other one must have said why not."""
    for number, (status, words) in enumerate(results):
        assert status in {APPLIED, REFUSED, CONFLICT, ROLLED_BACK}, words
        assert status == APPLIED or words.strip(), number
        assert "Traceback" not in words
    applied = [number for number, (status, _) in enumerate(results) if status == APPLIED]
    for status, words in results:
        if status != APPLIED:
            why = re.sub(r"/\S+/", "", words.strip().splitlines()[-1])
            differs(LAW, case, f"exit {status}: {NAMES.sub('…', why)}")
    tally(LAW, applies=len(results), applied=len(applied))
    assert len(applied) >= len(results) * least
    return applied


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a server may be made; its history is kept beside it."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def entry(server: Server, key: str, value: str) -> list[str]:
    return ["table", "set", server.table.spec, key, value, "--yes"]


@pytest.mark.law
def test_postconf_sets_other_parameters_meanwhile(server: Server) -> None:
    hand = Hand(server, "a", [["parameter", "set", f"ours_{n}", str(n)] for n in range(TIMES)])
    theirs = Others(hand, lambda n: postconf_set(server, f"theirs_{n}", str(n)))
    applied = told(hand.end(), "postconf")
    done = theirs.end()
    found = settings_of(server)
    assert [n for n in applied if found.get(f"ours_{n}") != str(n)] == []
    assert [n for n in done if found.get(f"theirs_{n}") != str(n)] == []
    clean(server)


@pytest.mark.law
def test_postconf_sets_the_same_parameter_meanwhile(server: Server) -> None:
    hand = Hand(server, "a", [["parameter", "set", "header_size_limit", f"1{n:03}"] for n in range(TIMES)])
    theirs = Others(hand, lambda n: postconf_set(server, "header_size_limit", f"2{n:03}"))
    applied = told(hand.end(), "postconf, same parameter", 0)
    done = theirs.end()
    assert settings_of(server)["header_size_limit"] in {
        *(f"1{n:03}" for n in applied[-1:]),
        f"2{done[-1]:03}",
    }
    clean(server)


@pytest.mark.law
@pytest.mark.parametrize("how", ["rename", "in place"])
def test_an_editor_saves_main_cf_meanwhile(server: Server, how: str) -> None:
    hand = Hand(server, "a", [["parameter", "set", f"ours_{n}", str(n)] for n in range(TIMES)])
    theirs = Others(hand, lambda n: save(server.etc / "main.cf", f"theirs_{n} = {n}\n", how))
    applied = told(hand.end(), f"editor of main.cf, {how}")
    done = theirs.end()
    found = settings_of(server)
    assert [n for n in applied if found.get(f"ours_{n}") != str(n)] == []
    assert [n for n in done if found.get(f"theirs_{n}") != str(n)] == []
    clean(server)


@pytest.mark.law
@pytest.mark.parametrize("how", sample(["rename", "in place", "rename and compile"], 2))
def test_an_editor_saves_a_table_meanwhile(server: Server, how: str) -> None:
    """And compiles it, or leaves that to the next."""

    def work(number: int) -> None:
        save(server.etc / "virtual", f"theirs{number}@falcotsbrand.com b@x\n", how.partition(" and")[0])
        if how.endswith("compile"):
            server.compile(server.table)

    hand = Hand(server, "a", [entry(server, f"ours{n}@falcotsbrand.com", "a@x") for n in range(TIMES)])
    theirs = Others(hand, work)
    applied = told(hand.end(), f"editor of a table, {how}")
    done = theirs.end()
    last = Hand(server, "b", [entry(server, "last@falcotsbrand.com", "c@x")]).end()
    assert last[0][0] == APPLIED, last
    found = entries_of(server)
    assert [n for n in applied if f"ours{n}@falcotsbrand.com" not in found] == []
    assert [n for n in done if f"theirs{n}@falcotsbrand.com" not in found] == []
    clean(server)


@pytest.mark.law
@pytest.mark.parametrize("kind", sample(["hash", "lmdb", "cdb"], 1))
def test_a_second_mailtui_sets_entries_of_the_same_table_meanwhile(root: Path, kind: str) -> None:
    server = Server(root, kind)
    hands = [
        Hand(server, who, [entry(server, f"{who}{n}@falcotsbrand.com", f"{who}@x") for n in range(TIMES)])
        for who in ("a", "b")
    ]
    applied = {hand.name: told(hand.end(), f"second mailtui, {kind}") for hand in hands}
    found = entries_of(server)
    for who, numbers in applied.items():
        assert [n for n in numbers if found.get(f"{who}{n}@falcotsbrand.com") != f"{who}@x"] == []
    clean(server)


@pytest.mark.law
def test_a_second_mailtui_sets_the_same_entry_meanwhile(server: Server) -> None:
    key = "webmaster@falcotsbrand.com"
    hands = [
        Hand(server, who, [entry(server, key, f"{who}{n}@x") for n in range(TIMES)]) for who in ("a", "b")
    ]
    applied = [
        [f"{hand.name}{n}@x" for n in told(hand.end(), "second mailtui, same entry", 0)] for hand in hands
    ]
    assert any(applied)
    assert entries_of(server)[key] in {mine[-1] for mine in applied if mine}
    clean(server)


@pytest.mark.law
def test_a_second_mailtui_sets_parameters_and_aliases_meanwhile(server: Server) -> None:
    hands = [
        Hand(server, who, [
            ["parameter", "set", f"{who}_{n}", str(n)] if n % 2 else
            ["alias", "set", f"{who}{n}", "root", "--table", server.aliases.spec, "--yes"]
            for n in range(TIMES)
        ])
        for who in ("a", "b")
    ]  # fmt: skip
    applied = {hand.name: told(hand.end(), "second mailtui, two files") for hand in hands}
    found = settings_of(server)
    live = server.dump(server.aliases)
    for who, numbers in applied.items():
        assert [n for n in numbers if n % 2 and found.get(f"{who}_{n}") != str(n)] == []
        assert [n for n in numbers if not n % 2 and f"{who}{n}:\troot" not in live] == []
    clean(server)
