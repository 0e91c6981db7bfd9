"""`table` on the tables that rewrite and route mail: checked before it is set, tried as Postfix asks."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Shop, instance_dir, shop

__all__ = ["instance_dir", "shop"]

TRANSPORT = (
    "slow.example  smtp:[gate.example]:2525\n#off.example  smtp:\n.sub.example  error:5.1.1 gone, for good\n"
)


@pytest.fixture
def routed(shop: Shop) -> Shop:
    """The shop with two tables of transport_maps and one of canonical_maps, compiled."""
    (shop.folder / "transport").write_text(TRANSPORT)
    with (shop.folder / "main.cf").open("a") as main:
        main.write(f"transport_maps = hash:{shop.folder}/transport, inline:{{{{last.example=smtp:}}}}\n")
        main.write(f"canonical_maps = hash:{shop.folder}/canonical\n")
        main.write("inet_protocols = ipv4\n")
    from mailtui import commands

    assert commands.ask(["postmap", "-c", str(shop.folder), f"hash:{shop.folder}/transport"]).ok
    return shop


def change(shop: Shop, *words: str) -> tuple[int, str]:
    """A dry run: its status, and all that it said."""
    done = shop.run("table", *words, "--dry-run")
    return done.status, done.out + done.err


def test_a_parameter_names_its_tables(routed: Shop) -> None:
    spec = f"hash:{routed.folder}/transport"
    by_spec = routed.run("table", "list", spec, "--json").json
    assert [(row["key"], row["value"], row["enabled"], row["counts"]) for row in by_spec] == [
        ("slow.example", "smtp:[gate.example]:2525", True, True),
        ("off.example", "smtp:", False, False),
        (".sub.example", "error:5.1.1 gone, for good", True, True),
    ]
    done = routed.run("table", "list", "transport_maps", "--json")
    assert [row["key"] for row in done.json] == [row["key"] for row in by_spec]
    assert json.loads(done.err)["notes"][0].startswith("inline:")
    assert "transport_maps names" not in routed.run("table", "get", "transport_maps", "slow.example").err
    assert routed.run("table", "get", "transport_maps", "last.example").out == "smtp:\n"
    done = routed.run("table", "list", "relocated_maps")
    assert done.status == 1
    assert "relocated_maps names no table; mailtui parameter set relocated_maps" in done.err
    assert routed.run("table", "list", "nonsense_maps").status == 2


def test_try_asks_as_postfix_asks(routed: Shop) -> None:
    found = routed.run("table", "try", "transport_maps", "jean@a.sub.example", "--json").json
    assert found == {
        "key": "jean@a.sub.example",
        "tried": ["jean@a.sub.example", "a.sub.example", ".sub.example"],
        "found": True,
        "value": "error:5.1.1 gone, for good",
        "by": ".sub.example",
        "table": f"hash:{routed.folder}/transport",
    }
    alone = routed.run("table", "try", f"hash:{routed.folder}/transport", "x@slow.example", "--json").json
    assert (alone["tried"], alone["found"]) == (["x@slow.example"], False)
    done = routed.run("table", "try", "transport_maps", "x@slow.example")
    assert (done.status, done.out) == (0, "smtp:[gate.example]:2525\n")
    assert "by the key slow.example" in done.err
    done = routed.run("table", "try", "transport_maps", "x@far.example", "--json")
    assert done.json["found"] is False
    assert done.json["tried"][-1] == "*"
    done = routed.run("table", "try", "canonical_maps", "x@far.example")
    assert done.status == 1
    assert "canonical" in done.err


def test_what_cannot_work_is_refused_unless_one_insists(routed: Shop) -> None:
    status, said = change(routed, "set", "transport_maps", "new.example", "mail.new.example")
    assert status == 1
    assert "master.cf has no transport mail.new.example" in said
    assert "--anyway sets it all the same" in said
    status, said = change(routed, "set", "transport_maps", "new.example", "mail.new.example", "--anyway")
    assert status == 0
    assert "warning: master.cf has no transport" in said
    assert "+new.example" in said
    assert routed.run("table", "list", f"hash:{routed.folder}/transport").out.count("\n") == 3


def test_what_is_doubtful_is_said_and_done(routed: Shop) -> None:
    spec = f"hash:{routed.folder}/transport"
    status, said = change(routed, "set", spec, "new.example", "smtp:192.0.2.1")
    assert status == 0
    assert "warning: an IP address belongs in brackets: [192.0.2.1]" in said
    status, said = change(routed, "set", spec, "slow.example", "smtp:[a.example],", "b.example")
    assert status == 0
    assert "smtp:[a.example], b.example" in said
    status, said = change(routed, "remove", "transport_maps", "slow.example")
    assert status == 0
    assert "-slow.example" in said


def test_canonical_takes_one_address(routed: Shop) -> None:
    status, said = change(routed, "set", "canonical_maps", "jean", "a@x.example, b@x.example")
    assert status == 1
    assert "only the first address counts" in said
    status, said = change(routed, "set", "canonical_maps", "jean", "Jean@far.example")
    assert status == 0
    assert "+jean" in said


def test_other_tables_are_as_they_were(shop: Shop) -> None:
    (shop.folder / "access").write_text("bad.example REJECT\n")
    status, said = change(shop, "set", f"texthash:{shop.folder}/access", "x.example", "REJECT", "no")
    assert status == 0
    assert "warning" not in said
    found = shop.run("table", "try", f"texthash:{shop.folder}/access", "bad.example", "--json").json
    assert found["tried"] == ["bad.example"]
    assert found["value"] == "REJECT"


def test_alias_list_keeps_to_aliases(routed: Shop) -> None:
    assert all("transport" not in row["table"] for row in routed.run("alias", "list", "--json").json)


# Access tables


ACCESS = "# a pest\nspam.example  REJECT go away\n#off.example REJECT\n192.0.2  greylisting\n"
NETS = (
    "192.0.2.0/24 OK\n192.0.2.128/25 REJECT hidden\nif 10.0.0.0/8\n10.1.0.0/16  DUNNO\nendif\n10.0.0.1/8 OK\n"
)


@pytest.fixture
def guarded(shop: Shop) -> Shop:
    """The shop with an access table and a table of networks that smtpd asks."""
    (shop.folder / "clients").write_text(ACCESS)
    (shop.folder / "nets").write_text(NETS)
    with (shop.folder / "main.cf").open("a") as main:
        main.write("smtpd_restriction_classes = greylisting\ngreylisting = permit\n")
        main.write("parent_domain_matches_subdomains = smtpd_access_maps\ninet_protocols = ipv4\n")
        main.write(
            f"smtpd_client_restrictions = check_client_access hash:{shop.folder}/clients,"
            f" check_client_access cidr:{shop.folder}/nets\n"
        )
    if "smtpd" not in (shop.folder / "master.cf").read_text():
        with (shop.folder / "master.cf").open("a") as master:
            master.write("smtp inet n - n - - smtpd\n")
    from mailtui import commands

    assert commands.ask(["postmap", "-c", str(shop.folder), f"hash:{shop.folder}/clients"]).ok
    return shop


def test_an_access_table_is_tried_as_smtpd_asks(guarded: Shop) -> None:
    spec = f"hash:{guarded.folder}/clients"
    found = guarded.run("table", "try", spec, "a.spam.example[192.0.2.1]", "--json").json
    assert found == {
        "key": "a.spam.example[192.0.2.1]", "tried": ["a.spam.example", "spam.example"], "found": True,
        "check": "check_client_access", "does": "refused: 554 5.7.1 … go away", "value": "REJECT go away",
        "by": "spam.example", "table": spec,
    }  # fmt: skip
    found = guarded.run("table", "try", spec, "192.0.2.9", "--json").json
    assert (found["tried"], found["does"]) == (
        ["unknown", "192.0.2.9", "192.0.2"],
        "goes through greylisting",
    )
    found = guarded.run(
        "table", "try", spec, "u@spam.example", "--check", "check_sender_access", "--json"
    ).json
    assert (found["tried"], found["check"]) == (["u@spam.example", "spam.example"], "check_sender_access")
    found = guarded.run("table", "try", f"cidr:{guarded.folder}/nets", "192.0.2.200", "--json").json
    assert (found["tried"], found["value"]) == (["unknown", "192.0.2.200"], "OK")
    assert guarded.run("table", "try", spec, "x", "--check", "check_nothing").status == 2


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("192.0.2.0/24", "OK", "networks are written 192.0.2 here"),
        ("192.0.2.", "OK", "no dot at its end"),
        (".new.example", "OK", "new.example stands for its subdomains too"),
        ("new.example", "550", "550 alone permits"),
        ("new.example", "REJEKT", "REJECT is near"),
        ("new.example", "check_policy_service inet:127.0.0.1:10023", "put it into a class"),
        ("new.example", "FILTER away", "FILTER wants transport:destination"),
        ("u@new.example", "OK", "addresses belong to check_sender_access"),
    ],
)
def test_what_cannot_work_is_refused(guarded: Shop, key: str, value: str, words: str) -> None:
    spec = f"hash:{guarded.folder}/clients"
    status, said = change(guarded, "set", spec, key, value)
    assert status == 1
    assert words in said
    assert change(guarded, "set", spec, key, value, "--anyway")[0] == 0
    assert change(guarded, "set", spec, "new.example", "REJECT go away")[0] == 0


def test_networks_are_rules_in_their_order(guarded: Shop) -> None:
    spec = f"cidr:{guarded.folder}/nets"
    rows = guarded.run("table", "list", spec, "--json").json
    assert [(row["key"], row["value"], row["depth"], row["counts"]) for row in rows] == [
        ("192.0.2.0/24", "OK", 0, True),
        ("192.0.2.128/25", "REJECT hidden", 0, False),
        ("if 10.0.0.0/8", "", 0, True),
        ("10.1.0.0/16", "DUNNO", 1, True),
        ("endif", "", 0, True),
        ("10.0.0.1/8", "OK", 0, False),
    ]
    assert "write 10.0.0.0/8" in guarded.run("table", "list", spec).out
    status, said = change(guarded, "set", spec, "198.51.100.0/24", "REJECT no", "--before", "192.0.2.128/25")
    assert status == 0
    assert "+198.51.100.0/24 REJECT no" in said.replace("+ ", "+")
    assert change(guarded, "set", spec, "192.0.2.0/24", "550")[0] == 1
    assert change(guarded, "set", spec, "198.51.100.7/24", "REJECT")[0] == 1
    assert change(guarded, "remove", spec, "if 10.0.0.0/8")[0] == 0
    done = guarded.run("table", "set", spec, "192.0.2.0/24", "DUNNO", "--no-reload", "--no-rehearsal")
    assert done.status == 0, done.err
    assert (guarded.folder / "nets").read_text() == NETS.replace("24 OK", "24 DUNNO", 1)


def test_compile_makes_the_text_live_and_asks_about_what_is_not_yours(shop: Shop) -> None:
    spec = f"hash:{shop.folder}/virtual"
    assert "nothing to do" in shop.run("table", "compile", spec).err
    with (shop.folder / "virtual").open("a") as file:
        file.write("half@falcotsbrand.com made@falcot.com\n")
    dry = shop.run("table", "compile", spec, "--dry-run", "--json")
    assert dry.json["not_yours"] == ["virtual half@falcotsbrand.com → made@falcot.com"]
    assert (dry.status, "--yes lets them go live too" in dry.err) == (1, True)  # as the write ends
    assert shop.run("table", "compile", spec, "--dry-run", "--yes").status == 0
    assert shop.run("table", "compile", spec).status == 1
    done = shop.run("table", "compile", spec, "--yes")
    assert done.status == 0, done.err
    assert shop.run("table", "try", spec, "half@falcotsbrand.com").out.endswith("made@falcot.com\n")
    refused = shop.run("table", "compile", f"texthash:{shop.folder}/virtual")
    assert refused.status == 2
    assert "is not compiled" in refused.err


def test_migrate_shows_what_it_would_do_and_why_not(routed: Shop) -> None:
    folder = routed.folder
    done = routed.run("table", "migrate", "--to", "cdb", "--dry-run", "--no-rehearsal")
    assert f"~  hash:{folder}/transport" in done.err
    assert f"!  hash:{folder}/canonical" in done.err
    assert "canonical stays: there is neither a text nor a compiled copy of it" in done.err
    assert f"+transport_maps = cdb:{folder}/transport, inline:{{{{last.example=smtp:}}}}" in done.out
    one = routed.run("table", "migrate", f"hash:{folder}/nothing")
    assert (one.status, "no such table that could be moved" in one.err) == (1, True)
    none = routed.run("table", "migrate", "--from", "lmdb", "--to", "cdb")
    assert (none.status, "nothing to do" in none.err) == (0, True)
    assert "no table is of type lmdb: " in none.err
    assert " of type hash; mailtui table migrate --to cdb --from hash moves them\n" in none.err
