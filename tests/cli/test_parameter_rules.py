"""`parameter set` and `service set` refuse what Postfix would stop at; nothing is written. What `parameter
list` tells of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shop


def state(shop: Shop) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(shop.folder).iterdir() if path.is_file()}


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["smtpd_helo_required", "true"], "smtpd_helo_required: “true” is neither yes nor no"),
        (["smtpd_timeout", "5", "min"], "smtpd_timeout: “5 min” is no time"),
        (["smtpd_sender_restrictions", "permit_mynetworks,", "reject_bogus"], "“reject_bogus”"),
        (["virtual_alias_maps", "hash:/nonexistent"], "the file does not exist"),
        (["smtpd_relay_restrictions", "permit_mynetworks"], "smtpd stops"),
    ],
)
def test_a_wrong_value_is_refused(shop: Shop, words: list[str], told: str, more: list[str]) -> None:
    before = state(shop)
    done = shop.run("parameter", "set", *words, *more)
    assert (done.status, done.out) == (1, "")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert state(shop) == before


def test_the_refusal_as_json(shop: Shop) -> None:
    done = shop.run("parameter", "set", "biff", "maybe", "--json")
    assert done.status == 1
    assert "neither yes nor no" in json.loads(done.err)["error"]["what"]


def test_a_warning_is_told_and_does_not_refuse(shop: Shop) -> None:
    done = shop.run("parameter", "set", "mynetworks", "127.0.0.0/8", "friend.example")
    assert done.status == 0
    assert "warning: mynetworks: “friend.example” is a name" in done.err


def test_a_wrong_override_is_refused(shop: Shop) -> None:
    before = state(shop)
    done = shop.run("service", "set", "submission/inet", "smtpd_tls_security_level=maybe")
    assert done.status == 1
    assert "submission/inet -o smtpd_tls_security_level: “maybe” is not one of" in done.err
    assert state(shop) == before
    assert shop.run("service", "set", "submission/inet", "smtpd_tls_security_level=encrypt").status == 0


def test_settings_of_one_command_belong_together(shop: Shop) -> None:
    words = ("smtpd_client_restrictions=$mua", "mua=permit_bogus")
    done = shop.run("service", "set", "submission/inet", *words)
    assert (done.status, "permit_bogus" in done.err) == (1, True)
    done = shop.run("service", "set", "submission/inet", words[0], "mua=permit_mynetworks, reject")
    assert (done.status, "set nowhere" in done.err) == (0, False)


def test_taking_out_what_another_needs_is_refused(shop: Shop) -> None:
    assert shop.run("parameter", "set", "strict", "reject_unverified_sender").status == 0
    assert shop.run("parameter", "set", "smtpd_restriction_classes", "strict").status == 0
    before = state(shop)
    done = shop.run("parameter", "reset", "strict")
    assert done.status == 1
    assert "“strict” has no definition" in done.err
    assert state(shop) == before


def test_who_uses_a_parameter_and_what_replaced_it(shop: Shop) -> None:
    with (shop.folder / "main.cf").open("a") as main:
        main.write("brand = falcotsbrand.com\nmydestination = $myhostname, $brand\nsmtp_use_tls = yes\n")
    rows = {row["name"]: row for row in shop.run("parameter", "list", "--json").json}
    assert rows["brand"]["used_by"] == ["mydestination"]
    assert rows["smtp_use_tls"]["deprecated"] == "smtp_tls_security_level"
    assert rows["biff"]["used_by"] == []
    assert "deprecated" not in rows["biff"]
    [row] = shop.run("parameter", "get", "brand", "--json").json
    assert row == rows["brand"]


def test_an_open_relay_is_written_for_one_who_insists_alone(shop: Shop) -> None:
    assert shop.run("parameter", "set", "inet_interfaces", "all").status == 0
    before = state(shop)
    words = ("parameter", "set", "mynetworks", "0.0.0.0/0")
    done = shop.run(*words)
    assert (done.status, done.out, state(shop)) == (1, "", before)
    assert "an open relay: everybody can send anywhere" in done.err
    assert "mynetworks holds 0.0.0.0/0" in done.err
    assert "--yes writes it all the same" in done.err
    tried = shop.run(*words, "--dry-run", "--json")
    assert tried.status == 1
    assert "open relay" in tried.json["dangers"][0]
    assert shop.run(*words, "--dry-run", "--yes").status == 0
    done = shop.run(*words, "--yes")
    assert done.status == 0
    assert "in spite of this" in shop.run("history", "list", "--json").out
    # what is open already keeps nobody from other work
    assert shop.run("parameter", "set", "smtpd_timeout", "200s").status == 0
