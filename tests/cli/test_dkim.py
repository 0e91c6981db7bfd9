"""`mailtui dkim` as a script uses it: fields, exit codes, what is refused, and what a dry run leaves
alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mailtui.cli import dkimkeys
from mailtui.dns.ask import Answer
from mailtui.dns.authoritative import Told
from mailtui.dns.dkimrecord import record_text
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyfile import read_key
from mailtui.milters.dkim.signing import decide
from mailtui.postfix.files import Files
from tests.cli.conftest import Shop

FIELDS = {"domain", "selector", "key_file", "bits", "type", "mode", "owner", "signs", "published", "state"}
DEBIAN = """\
# Debian's own opendkim.conf, shortened
Syslog\t\t\tyes
#Canonicalization\tsimple
#Mode\t\t\tsv
#Domain\t\t\texample.com
#Selector\t\t2020
#KeyFile\t\t/etc/dkimkeys/example.private
UserID\t\t\troot
RequireSafeKeys\tno
Socket\t\t\tlocal:/run/opendkim/opendkim.sock
"""


@cache
def _pem() -> bytes:
    argv = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


class World:
    """The records that two name servers have."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.second: dict[str, str] = {}

    def publish(self, name: str, text: str) -> None:
        self.first[name] = self.second[name] = text

    def ask(self, name: str) -> Sequence[Told]:
        return [
            Told(server, f"192.0.2.{n}", Answer("ok", (zone[name],)) if name in zone else Answer("nxdomain"))
            for n, (server, zone) in enumerate((("ns1", self.first), ("ns2", self.second)))
        ]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    made = World()
    monkeypatch.setattr(dkimkeys, "asker", lambda *_args, **_named: made.ask)
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return made


@pytest.fixture
def etc(shop: Shop, world: World) -> Path:
    """Where opendkim.conf lies: a set-up with one key."""
    folder = shop.folder.parent
    keys = folder / "dkimkeys"
    keys.mkdir(0o700)
    (keys / "mail.falcot.com.private").write_bytes(_pem())
    (keys / "mail.falcot.com.private").chmod(0o600)
    (folder / "opendkim.conf").write_text(
        f"Domain falcot.com\nSelector mail\nKeyFile {keys}/mail.falcot.com.private\nUserID root\n"
        f"RequireSafeKeys no\nInternalHosts {folder}/hosts\nSocket inet:8891@127.0.0.1\n"
    )
    (folder / "hosts").write_text("127.0.0.1\n::1\n")
    main = shop.folder / "main.cf"
    main.write_text(f"{main.read_text()}smtpd_milters = inet:127.0.0.1:8891\n")
    data = read_key(f"{keys}/mail.falcot.com.private")
    world.publish("mail._domainkey.falcot.com", record_text("rsa", data.public))
    return folder


def _states(shop: Shop) -> dict[str, str]:
    return {each["selector"]: each["state"] for each in shop.run("dkim", "list", "--json", "--no-dns").json}


def test_list_has_the_fields_that_are_promised(shop: Shop, etc: Path) -> None:
    found = shop.run("dkim", "list", "--json").json
    assert len(found) == 1
    assert set(found[0]) >= FIELDS
    assert (found[0]["published"], found[0]["state"], found[0]["signs"]) == (
        "yes",
        "active",
        ["*@falcot.com"],
    )
    assert (found[0]["bits"], found[0]["type"], found[0]["mode"]) == (2048, "rsa", "0600")
    assert "active" in shop.run("dkim", "list").out
    assert not list((etc / "state").glob("*"))  # looking may make the folder, and leaves nothing in it


def test_without_opendkim_there_is_one_clear_line(shop: Shop, world: World) -> None:
    if os.path.exists("/etc/opendkim.conf"):
        pytest.skip("this machine has an opendkim.conf of its own")
    done = shop.run("dkim", "list")
    assert done.status == 1
    assert "apt install opendkim" in done.err


def test_a_key_is_not_made_without_a_word(shop: Shop, etc: Path) -> None:
    done = shop.run("dkim", "generate", "falcot.com", "--selector", "next")
    assert done.status == 1
    assert "now, no undo: makes 1 key file" in done.err
    assert shop.run("dkim", "generate", "falcot.com", "--selector", "next", "--dry-run").status == 0
    assert (
        shop.run("dkim", "generate", "falcot.com", "--selector", "next", "--yes", "--read-only").status == 1
    )
    assert sorted(os.listdir(etc / "dkimkeys")) == ["mail.falcot.com.private"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("falcot.com", "--selector", "mail"), "already"),
        (("falcot.com", "--selector", "a/b"), "no selector"),
        (("fal cot", "--selector", "x"), "no domain"),
        (("falcot.com", "--selector", "x", "--bits", "512"), "no length"),
        (("falcot.com", "--selector", "x", "--file", "relative"), "full path"),
    ],
)
def test_what_cannot_be_made_is_refused(shop: Shop, etc: Path, words: tuple[str, ...], says: str) -> None:
    done = shop.run("dkim", "generate", *words, "--yes")
    assert done.status == 1
    assert says in done.err


def test_check_is_for_cron(shop: Shop, etc: Path, world: World) -> None:
    made = shop.run("dkim", "generate", "falcot.com", "--selector", "next", "--yes", "--json").json
    assert shop.run("dkim", "check", "falcot.com", "next").status == 1
    world.first[made["record"]["name"]] = made["record"]["value"]
    done = shop.run("dkim", "check", "falcot.com", "next", "--json")
    assert done.status == 1
    assert [each["state"] for each in done.json[0]["servers"]] == ["yes", "no"]
    world.publish(made["record"]["name"], made["record"]["value"])
    assert shop.run("dkim", "check", "falcot.com", "next").status == 0
    assert _states(shop) == {"mail": "active", "next": "published"}
    assert shop.run("dkim", "check", "nowhere.example").status == 1


def test_yes_does_not_override_dns(shop: Shop, etc: Path) -> None:
    shop.run("dkim", "generate", "falcot.com", "--selector", "next", "--yes")
    for words in (("--yes",), ("--anyway", "other.com")):
        done = shop.run("dkim", "activate", "falcot.com", "--no-rehearsal", *words)
        assert done.status == 1
        assert "--anyway falcot.com" in done.err
    done = shop.run("dkim", "activate", "falcot.com", "--anyway", "falcot.com", "--dry-run", "--json")
    assert done.status == 0, done.err
    assert "next.falcot.com.private" in done.json["diff"]
    assert "Selector next" in done.json["diff"]
    assert "Selector mail" in (etc / "opendkim.conf").read_text()
    assert _states(shop) == {"mail": "active", "next": "new"}


def test_two_keys_that_wait_must_be_told_apart(shop: Shop, etc: Path) -> None:
    for selector in ("one", "two"):
        shop.run("dkim", "generate", "falcot.com", "--selector", selector, "--type", "ed25519", "--yes")
    done = shop.run("dkim", "activate", "falcot.com", "--anyway", "falcot.com")
    assert done.status == 1
    assert "one, two" in done.err
    done = shop.run("dkim", "activate", "falcot.com", "one", "--anyway", "falcot.com")
    assert done.status == 1  # SignatureAlgorithm is for all keys
    assert "ed25519" in done.err


def test_nothing_to_retire_and_nothing_to_activate(shop: Shop, etc: Path) -> None:
    assert "has no key to retire: mail is active" in shop.run("dkim", "retire", "falcot.com").err
    assert "has no key to activate" in shop.run("dkim", "activate", "falcot.com").err
    assert "there is no key x._domainkey" in shop.run("dkim", "retire", "falcot.com", "x").err


def test_the_first_key_of_a_server_brings_all_that_it_needs(shop: Shop, world: World) -> None:
    etc = shop.folder.parent
    (etc / "opendkim.conf").write_text(DEBIAN)
    made = shop.run("dkim", "generate", "falcot.com", "--selector", "mail", "--yes", "--json").json
    assert made["key_file"] == f"{etc}/dkimkeys/falcot.com/mail.private"
    world.publish(made["record"]["name"], made["record"]["value"])
    done = shop.run("dkim", "activate", "falcot.com", "--no-rehearsal", "--json")
    assert done.status == 0, done.err
    edits: list[str] = done.json["edits"]
    assert any("smtpd_milters" in text and "inet:127.0.0.1:8891" in text for text in edits)
    assert any("non_smtpd_milters" in text for text in edits)
    config = DkimConfig.read(str(etc / "opendkim.conf"), Files())
    assert config.text("Socket") == "inet:8891@127.0.0.1"
    assert (etc / "opendkim" / "TrustedHosts").read_text().splitlines()[:3] == [
        "127.0.0.1",
        "::1",
        "localhost",
    ]
    assert decide(config, "jean@falcot.com").state == "signed"
    check: Any = subprocess.run(
        ["opendkim", "-n", "-x", str(etc / "opendkim.conf")], capture_output=True, timeout=20, check=False
    )
    assert check.returncode == 0, check.stderr
    assert _states(shop) == {"mail": "active"}
    main = (shop.folder / "main.cf").read_text()
    assert main.count("inet:127.0.0.1:8891") == 2
    assert shop.run("history", "undo", str(done.json["history_id"])).status == 0
    assert (etc / "opendkim.conf").read_text() == DEBIAN
    assert not (etc / "opendkim").exists()
