"""The life of a key: each state, what comes next, and what is remembered between two looks."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mailtui.dns.ask import Answer
from mailtui.dns.authoritative import Told
from mailtui.dns.dkimrecord import record_text
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import DAY, keys, look
from mailtui.milters.dkim.publication import Publication, Seen, ago, look_up
from mailtui.milters.dkim.rotation import Life, Terms, added, lives, reconciled, retired
from mailtui.milters.dkim.store import FILE, Kept, Memory, StoreError, load, locked, save
from mailtui.postfix.files import Files

NOW = 1_800_000_000.0


@cache
def _pem(number: int) -> bytes:
    argv = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    assert number >= 0
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


class World:
    """opendkim.conf with tables, and two keys of falcot.com."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.old, self.new = folder / "old.pem", folder / "new.pem"
        for number, path in enumerate((self.old, self.new)):
            path.write_bytes(_pem(number))
            path.chmod(0o600)
            os.utime(path, (NOW - 100 * DAY, NOW - 100 * DAY))
        self.tables([f"old falcot.com:old:{self.old}"], ["*@falcot.com old"])

    def tables(self, rows: list[str], signing: list[str]) -> None:
        (self.folder / "kt").write_text("".join(f"{row}\n" for row in rows))
        (self.folder / "st").write_text("".join(f"{row}\n" for row in signing))
        conf = f"KeyTable {self.folder}/kt\nSigningTable refile:{self.folder}/st\n"
        (self.folder / "opendkim.conf").write_text(f"{conf}RequireSafeKeys no\nUserID root\n")

    @property
    def config(self) -> DkimConfig:
        return DkimConfig.read(str(self.folder / "opendkim.conf"), Files())

    def life(self, memory: Memory, selector: str, now: float = NOW, terms: Terms | None = None) -> Life:
        found = lives(self.config, memory, None, terms, now)
        return next(life for life in found if life.row.selector == selector)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def _seen(*states: str) -> Publication:
    seen = tuple(
        Seen(f"ns{n}.falcot.com", f"192.0.2.{n}", state, "" if state == "yes" else "there is no record")  # type: ignore[arg-type]  # words of Published
        for n, state in enumerate(states, 1)
    )
    return Publication("new._domainkey.falcot.com", seen, NOW - 40)


def test_the_whole_life(world: World) -> None:
    memory = reconciled(world.config, Memory(), NOW)
    assert world.life(memory, "old").state == "active"
    memory = added(memory, look(world.config, "falcot.com", "new", str(world.new), configured=False), NOW)
    life = world.life(memory, "new")
    assert (life.state, life.step.action, life.step.ready) == ("new", "activate", False)
    memory = memory.noted({("falcot.com", "new"): _seen("yes", "no", "no")})
    life = world.life(memory, "new")
    assert life.step.words == "not yet, 1 of 3 servers has the record (asked 40 s ago)"
    assert life.seen is not None
    assert life.seen.lacking == ("ns2.falcot.com", "ns3.falcot.com")
    memory = memory.noted({("falcot.com", "new"): _seen("yes", "yes", "yes")})
    life = world.life(memory, "new")
    assert (life.state, life.step.ready) == ("published", True)
    # activated
    world.tables([f"old falcot.com:old:{world.old}", f"new falcot.com:new:{world.new}"], ["*@falcot.com new"])
    memory = reconciled(world.config, memory, NOW + 1)
    assert (world.life(memory, "new").state, world.life(memory, "old").state) == ("active", "retiring")
    life = world.life(memory, "old", NOW + 6 * DAY)
    assert not life.step.ready
    assert "still on its way" in life.step.words
    assert world.life(memory, "old", NOW + 8 * DAY).step.ready
    assert world.life(memory, "old", NOW + 2 * DAY, Terms(grace=1.0)).step.ready
    # retired: its row is gone
    world.tables([f"new falcot.com:new:{world.new}"], ["*@falcot.com new"])
    memory = reconciled(world.config, memory, NOW + 8 * DAY)
    life = world.life(memory, "old", NOW + 8 * DAY)
    assert (life.state, life.step.action, life.step.ready) == ("retired", "unpublish", False)
    memory = memory.noted({("falcot.com", "old"): _seen("no", "no", "no")})
    assert world.life(memory, "old", NOW + 9 * DAY).step.ready


def test_undo_takes_the_states_back_too(world: World) -> None:
    memory = reconciled(world.config, Memory(), NOW)
    world.tables([f"old falcot.com:old:{world.old}", f"new falcot.com:new:{world.new}"], ["*@falcot.com new"])
    memory = reconciled(world.config, memory, NOW + 1)
    assert world.life(memory, "old").state == "retiring"
    world.tables([f"old falcot.com:old:{world.old}"], ["*@falcot.com old"])
    memory = reconciled(world.config, memory, NOW + 2)
    assert world.life(memory, "old").state == "active"
    assert memory.kept["falcot.com", "old"].retiring == 0.0


def test_an_old_and_a_short_key_are_to_be_replaced(world: World) -> None:
    memory = reconciled(world.config, Memory(), NOW)
    assert world.life(memory, "old").step.action == ""
    life = world.life(memory, "old", terms=Terms(age=90.0))
    assert (life.step.action, life.step.words) == ("rotate", "100 days old: make a new selector")


def test_a_key_that_signs_without_a_record_says_so_first(world: World) -> None:
    memory = reconciled(world.config, Memory(), NOW).noted({("falcot.com", "old"): _seen("yes", "no")})
    life = world.life(memory, "old")
    assert life.step.action == "publish"
    assert life.needs_care
    assert "1 of 2 servers lacks its record" in life.step.words


def test_a_single_key_set_up_keeps_the_old_key_until_it_is_retired(world: World) -> None:
    conf = world.folder / "opendkim.conf"
    conf.write_text(f"Domain falcot.com\nSelector old\nKeyFile {world.old}\nRequireSafeKeys no\n")
    memory = reconciled(world.config, Memory(), NOW)
    conf.write_text(f"Domain falcot.com\nSelector new\nKeyFile {world.new}\nRequireSafeKeys no\n")
    memory = reconciled(world.config, memory, NOW + 1)
    assert world.life(memory, "old").state == "retiring"
    memory = retired(memory, ("falcot.com", "old"), NOW + 8 * DAY)
    assert world.life(memory, "old").state == "retired"


def test_what_is_remembered_survives(tmp_path: Path) -> None:
    memory = Memory().with_(
        Kept("falcot.com", "new", "/k", "n", "rsa", 2048, "AAAA", made=NOW, seen=_seen("yes"))
    )
    assert load(str(tmp_path)) == Memory()
    with locked(str(tmp_path)):
        save(str(tmp_path), memory)
    assert load(str(tmp_path)) == memory
    assert os.stat(tmp_path / FILE).st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", '{"version": 2, "keys": []}', '{"version": 1, "keys": [{"x": 1}]}']
)
def test_a_damaged_memory_is_said(tmp_path: Path, raw: str) -> None:
    (tmp_path / FILE).write_text(raw)
    with pytest.raises(StoreError, match=r"dkim\.json"):
        load(str(tmp_path))


def test_dns_is_asked_server_by_server(world: World) -> None:
    row = keys(world.config)[0]
    text = record_text("rsa", row.data.public)

    def ask(name: str) -> list[Told]:
        assert name == "old._domainkey.falcot.com"
        return [
            Told("ns1", "192.0.2.1", Answer("ok", (text,), ttl=300)),
            Told("ns2", "192.0.2.2", Answer("nxdomain", ttl=900)),
            Told("ns2", "2001:db8::2", Answer("tempfail", problem="it says nothing"), "unreachable"),
            Told("ns3", "192.0.2.3", Answer("ok", (text, text))),
        ]

    found = look_up(row, ask, NOW)
    assert [each.state for each in found.seen] == ["yes", "no", "unknown", "different"]
    assert (found.state, found.count, found.ttl) == ("different", "1 of 3", 900)
    assert found.lacking == ("ns2", "ns3")
    assert Publication.from_json(found.as_json()) == found


def test_one_server_that_says_nothing_is_no_yes() -> None:
    assert _seen("yes", "unknown").state == "unknown"
    assert _seen("yes", "yes").state == "yes"
    assert _seen("no", "no").gone
    assert not _seen("no", "unknown").gone


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7200, "2 h ago"), (172800, "2 d ago")],
)
def test_ages_in_words(seconds: float, words: str) -> None:
    assert ago(seconds) == words
