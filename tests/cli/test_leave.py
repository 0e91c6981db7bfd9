"""`mailtui leave`: what it lists, refuses, writes as one change, and takes back."""

from __future__ import annotations

import json
import subprocess

from tests.cli.conftest import Shop, instance_dir, shop

__all__ = ["instance_dir", "shop"]

JEAN = "jean@falcot.com"
FAR = "jean@elsewhere.test"


def test_an_alias_that_would_lead_nowhere_must_be_chosen_first(shop: Shop) -> None:
    before = shop.virtual
    done = shop.run("leave", JEAN, "--dry-run")
    assert done.status == 1
    (line,) = [line for line in done.out.splitlines() if line.startswith("!")]
    assert line.split()[:4] == ["!", "destination", "virtual:webmaster@falcotsbrand.com", JEAN]
    assert f"{shop.folder}/virtual:2" in line
    assert "virtual:webmaster@falcotsbrand.com would lead nowhere; --forward TO" in done.err
    done = shop.run("leave", JEAN, "--dry-run", "--json")
    assert done.status == 1
    assert done.json["places"][0]["choice"] is None
    assert done.json["places"][0]["choices"] == ["remove", "keep"]
    assert "would lead nowhere" in json.loads(done.err.splitlines()[-1])["error"]["what"]
    assert shop.run("leave", JEAN).status == 1
    assert shop.virtual == before


def test_all_is_one_change_and_one_undo(shop: Shop) -> None:
    before = shop.virtual
    done = shop.run("leave", JEAN, "--forward", FAR, "--dry-run", "--json")
    assert done.status == 0, done.err
    assert done.json["edits"] == [f"~ virtual webmaster@falcotsbrand.com → {FAR}", f"+ alias jean → {FAR}"]
    assert [(each["kind"], each["choice"]) for each in done.json["places"]] == [
        ("destination", "forward"), ("address", "forward"),
    ]  # fmt: skip
    assert done.json["then"]["nothing_arrives"]
    assert {each["state"] for each in done.json["then"]["mail"]} == {"handed on"}
    assert "sent on to another" in done.err
    assert shop.virtual == before
    done = shop.run("leave", JEAN, "--forward", FAR)
    assert done.status == 0, done.err
    assert "then: after this, nothing arrives there" in done.err
    assert f"webmaster@falcotsbrand.com   {FAR}\n" in shop.virtual
    assert f"jean: {FAR}\n" in (shop.folder / "aliases").read_text()
    assert shop.run("alias", "resolve", JEAN, "--json").json["final"][0]["address"] == FAR
    assert shop.run("leave", JEAN, "--forward", FAR, "--json").json["edits"] == []
    number = shop.run("history", "list", "--json").json[0]["id"]
    assert shop.run("history", "undo", str(number)).status == 0
    assert shop.virtual == before
    assert "jean" not in (shop.folder / "aliases").read_text()


def test_whether_a_successor_is_here_is_not_claimed_to_be_known(shop: Shop) -> None:
    path = shop.folder / "main.cf"
    path.write_text(f"{path.read_text()}relay_domains = hash:$config_directory/relays\n")
    table = shop.folder / "relays"
    table.write_text("elsewhere.test x\n")
    subprocess.run(["postmap", f"hash:{table}"], check=True)
    table.unlink()
    assert "this server" not in shop.run("leave", JEAN, "--forward", FAR, "--dry-run").err
    (shop.folder / "relays.db").unlink()
    said = shop.run("leave", JEAN, "--forward", FAR, "--dry-run").err
    assert f"note: {FAR} is perhaps not on this server, which cannot be told (relay_domains: {table}" in said


def test_each_place_can_be_chosen_for_itself(shop: Shop) -> None:
    done = shop.run(
        "leave",
        "sophie@falcot.com",
        "--keep",
        "@falcotsbrand.com",
        "--give",
        "contact@falcotsbrand.com=a@b.test",
    )
    assert done.status == 0, done.err
    assert "contact@falcotsbrand.com     laure@falcot.com, a@b.test\n" in shop.virtual
    assert "@falcotsbrand.com            sophie@falcot.com\n" in shop.virtual
    assert "goes on naming them: virtual:@falcotsbrand.com" in done.err
    for words, why in (
        (["--keep", "nothing"], "there is no place nothing"),
        (["--forward", "Sophie@falcot.com"], "theirs as well"),
        (["--give", "x"], "is not PLACE=TO"),
    ):
        done = shop.run("leave", "sophie@falcot.com", *words)
        assert done.status == (2 if "PLACE=TO" in why else 1)
        assert why in done.err
