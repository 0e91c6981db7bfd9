"""`domain`: what the commands say and write, judged by Postfix's own programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.demo import zones
from mailtui.demo.nameserver import Nameserver
from mailtui.edits import domaintables
from tests.cli.conftest import Shop
from tests.postfix.conftest import postconf, run


def found(shop: Shop, *words: str) -> dict[str, dict[str, object]]:
    return {row["domain"]: row for row in shop.run("domain", "list", "--json", *words).json}


def answer(table: str, key: str) -> str:
    return run("postmap", "-q", key, table).stdout.decode().strip()


def test_list(shop: Shop) -> None:
    rows = found(shop)
    assert list(rows) == ["falcot.com", "localhost", "falcotsbrand.com"]
    brand = rows["falcotsbrand.com"]
    assert (brand["class"], brand["source"], brand["aliases"], brand["mailboxes"]) == (
        "virtual-alias", "virtual_alias_domains", 2, 0,
    )  # fmt: skip
    assert brand["catch_all"] == "sophie@falcot.com"
    assert list(found(shop, "virtual")) == ["falcotsbrand.com"]
    told = shop.run("domain", "list")
    assert "falcotsbrand.com  virtual-alias  virtual_alias_domains  2 aliases" in told.out
    assert "warning: mx.falcot.com: mydestination lacks $myhostname" in told.err
    main = shop.folder / "main.cf"
    many = " ".join(f"d{number}.example" for number in range(2000))
    text = main.read_text()
    main.write_text(text.replace("virtual_alias_domains = ", f"virtual_alias_domains = {many} "))
    told = shop.run("domain", "list")
    (empty,) = (line for line in told.err.splitlines() if "it has no address yet" in line)
    named = ", ".join(f"d{number}.example" for number in range(5))
    assert empty.startswith(f"warning: {named} and 1,995 more: it has no address yet")
    rows = found(shop)
    assert sum("no address yet" in str(row["warnings"]) for row in rows.values()) == 2000


def test_a_virtual_alias_domain_added_and_removed(shop: Shop) -> None:
    before = (shop.folder / "main.cf").read_bytes()
    words = ("domain", "add", "Second.Example", "--class", "virtual-alias", "--catch-all", "jean@falcot.com")
    dry = shop.run(*words, "--dry-run", "--json").json
    assert not dry["applied"]
    assert len(dry["edits"]) == 4
    assert (shop.folder / "main.cf").read_bytes() == before
    done = shop.run(*words)
    assert done.status == 0, done.err
    assert "virtual_alias_domains = falcotsbrand.com, second.example\n" in postconf(shop.folder, "-n")
    virtual = f"hash:{shop.folder}/virtual"
    assert answer(virtual, "postmaster@second.example") == "postmaster@falcot.com"
    assert answer(virtual, "@second.example") == "jean@falcot.com"
    assert found(shop)["second.example"]["aliases"] == 2
    assert "nothing to do" in shop.run(*words).err
    gone = shop.run("domain", "remove", "second.example")
    assert gone.status == 0, gone.err
    assert "its 2 aliases and its catch-all in hash:" in gone.err
    assert (shop.folder / "main.cf").read_bytes() == before
    assert answer(virtual, "@second.example") == "jean@falcot.com"
    assert "nothing to do" in shop.run("domain", "remove", "second.example").err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_mailboxes_from_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    base = shop.folder / "vhosts"
    monkeypatch.setattr(domaintables, "MAILBOX_BASE", str(base))
    done = shop.run("domain", "add", "boxes.example", "--class", "virtual-mailbox")
    assert done.status == 0, done.err
    table = shop.folder / "vmailbox"
    status = os.stat(table)
    assert (status.st_mode & 0o777, status.st_uid) == (0o644, os.geteuid())
    assert (shop.folder / "vmailbox.db").exists()
    assert postconf(shop.folder, "-h", "virtual_mailbox_maps") == f"hash:{table}\n"
    assert postconf(shop.folder, "-h", "virtual_mailbox_base") == f"{base}\n"
    uid = int(postconf(shop.folder, "-h", "virtual_uid_maps").partition(":")[2])
    assert (base.stat().st_uid, base.stat().st_mode & 0o777) == (uid, 0o700)
    assert postconf(shop.folder, "-h", "virtual_gid_maps").startswith("static:")
    assert run("postmap", "-q", "x@boxes.example", f"hash:{table}").returncode == 1
    assert found(shop)["boxes.example"]["class"] == "virtual-mailbox"


def test_a_relay_domain_in_a_table_and_its_server(shop: Shop) -> None:
    (shop.folder / "relay").write_text("partner.example\tOK\n")
    table = f"hash:{shop.folder}/relay"
    assert run("postmap", table).returncode == 0
    assert shop.run("parameter", "set", "relay_domains", table).status == 0
    done = shop.run("domain", "add", "hub.example", "--class", "relay", "--next-hop", "[192.0.2.9]:2525")
    assert done.status == 0, done.err
    assert (shop.folder / "relay").read_text() == "partner.example\tOK\nhub.example\tOK\n"
    assert answer(table, "hub.example") == "OK"
    assert answer(f"hash:{shop.folder}/transport", "hub.example") == "relay:[192.0.2.9]:2525"
    assert shop.run("domain", "remove", "hub.example").status == 0
    assert answer(table, "hub.example") == ""


def test_a_file_of_domains(shop: Shop) -> None:
    listed = shop.folder / "domains"
    listed.write_text("# ours\nfalcotsbrand.com\n")
    assert shop.run("parameter", "set", "virtual_alias_domains", str(listed)).status == 0
    dry = shop.run(
        "domain", "add", "b.example", "--class", "virtual-alias", "--no-roles", "--dry-run", "--json"
    )
    assert [step["action"] for step in dry.json["plan"]].count("write") == 1
    assert shop.run("domain", "add", "b.example", "--class", "virtual-alias", "--no-roles").status == 0
    assert listed.read_text() == "# ours\nfalcotsbrand.com\nb.example\n"
    assert found(shop)["b.example"]["source"] == str(listed)
    assert shop.run("domain", "change", "b.example", "--class", "local").status == 0
    assert listed.read_text() == "# ours\nfalcotsbrand.com\n"
    assert found(shop)["b.example"]["class"] == "local"


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["add", "new.example"], 2, "--class"),
        (["add", "new.example", "--class", "nosuch"], 2, "invalid choice"),
        (["add", "falcot.com", "--class", "relay"], 1, "is a local domain already"),
        (["add", "a b", "--class", "local"], 1, "no part of a domain"),
        (["add", "new.example", "--class", "local", "--next-hop", "x"], 2, "--class relay"),
        (["add", "new.example", "--class", "virtual-alias", "--catch-all", "a@b..c"], 1, "empty part"),
        (["remove", "falcot.com", "--class", "relay"], 1, "no list has it by its own name"),
        (["change", "nowhere.example", "--class", "relay"], 1, "no list has nowhere.example"),
        (["dns", "falcot.com", "--timeout", "0"], 2, "above 0"),
    ],
)
def test_what_cannot_be_is_said(shop: Shop, words: list[str], status: int, told: str) -> None:
    before = {path.name: path.read_bytes() for path in shop.folder.iterdir()}
    done = shop.run("domain", *words)
    assert (done.status, told in done.err) == (status, True), done.err
    assert {path.name: path.read_bytes() for path in shop.folder.iterdir()} == before


def test_settings(shop: Shop) -> None:
    rows = {row["name"]: row for row in shop.run("domain", "settings", "--json").json}
    assert rows["myhostname"]["effective"] == "mx.falcot.com"
    assert "lacks $myhostname" in rows["mydestination"]["note"]
    told = shop.run("domain", "settings")
    assert f"{shop.folder}/main.cf" in told.out
    assert "lacks $myhostname" in told.err


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nameserver]:
    path = tmp_path / "names"
    path.write_text(zones.NAMES + "deaf.example DROP\n")
    with Nameserver(path, port=0) as server:
        home = tmp_path / "home" / "mailtui"
        home.mkdir(parents=True)
        (home / "config.toml").write_text(f'nameservers = ["{server.address}:{server.port}"]\n')
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
        yield server


def test_dns(shop: Shop, names: Nameserver) -> None:
    seen = shop.run("domain", "dns", "falcot.com", "--json")
    assert seen.status == 0
    assert seen.json["domain"] == "falcot.com"
    assert seen.json["mx"]["record"] == "10 mail.falcot.com (192.0.2.25)"
    assert [part["state"] for part in seen.json["dkim"]] == ["missing"]
    assert seen.json["spf"]["tree"] == [{"term": "mx", "name": "falcot.com", "lookups": 1}]
    told = shop.run("domain", "dns", "falcotsbrand.com")
    assert "DMARC      missing" in told.out
    assert "publish: _dmarc.falcotsbrand.com. TXT v=DMARC1; p=none" in told.out
    silent = shop.run("domain", "dns", "deaf.example", "--timeout", "0.3")
    assert silent.status == 1
    assert silent.out.count("no answer in time") == 5
    several = shop.run("domain", "dns", "falcot.com", "falcot.org", "--json")
    assert [each["domain"] for each in several.json] == ["falcot.com", "falcot.org"]
    every = shop.run("domain", "dns", "--json", "--selector", "mail")
    assert "falcotsbrand.com" in [each["domain"] for each in every.json]
    assert {part["selector"] for each in every.json for part in each["dkim"]} == {"mail"}


def test_what_dns_said_is_told_by_the_doctor(shop: Shop, names: Nameserver) -> None:
    assert "dmarc" not in {found["id"] for found in shop.run("doctor", "--json").json}
    shop.run("domain", "dns", "falcotsbrand.com", "--json")
    found = {each["id"]: each for each in shop.run("doctor", "--json").json}
    assert found["dmarc"]["title"] == "falcotsbrand.com: DMARC: there is no record"
    assert "publish _dmarc.falcotsbrand.com." in found["dmarc"]["do"]
