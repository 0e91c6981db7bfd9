"""`restriction list|add|move|remove`: the lists as postconf reads them, before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shop
from tests.postconf import postconf

LISTS = """\
smtpd_client_restrictions =
    permit_mynetworks,
    # strangers without a name
    warn_if_reject reject_unknown_client_hostname,
    reject_rbl_client a.example, reject_rbl_client b.example
smtpd_sender_restrictions = permit_mynetworks, reject
smtpd_restriction_classes = grey
grey = check_policy_service inet:127.0.0.1:10023
"""


@pytest.fixture
def lists(shop: Shop) -> Shop:
    main = shop.folder / "main.cf"
    main.write_text(main.read_text() + LISTS)
    return shop


def real(shop: Shop, *arguments: str) -> str:
    status, out, error = postconf(shop.folder, *arguments)
    assert status == 0, error
    return " ".join(out.decode().split())


def done(shop: Shop, *words: str) -> str:
    """What a change says on standard error; it must have been done."""
    result = shop.run("restriction", *words)
    assert result.status == 0, result.err
    return result.err


def test_list_is_json_by_service_and_stage(lists: Shop) -> None:
    found: list[dict[str, Any]] = lists.run("restriction", "list", "--json").json
    assert {each["service"] for each in found} == {"smtp/inet", "submission/inet"}
    mine = [each for each in found if each["service"] == "smtp/inet"]
    assert [each["stage"] for each in mine] == [
        "client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "etrn", "class:grey",
    ]  # fmt: skip
    rules = mine[0]["rules"]
    assert [(rule["name"], rule.get("argument"), rule["warn_only"]) for rule in rules] == [
        ("permit_mynetworks", None, False), ("reject_unknown_client_hostname", None, True),
        ("reject_rbl_client", "a.example", False), ("reject_rbl_client", "b.example", False),
    ]  # fmt: skip
    assert rules[1]["comments"] == ["strangers without a name"]
    assert all(
        rule["known"] and rule["enabled"] and not rule["unreachable"] and rule["line"] for rule in rules
    )
    one = lists.run("restriction", "list", "--service", "submission", "--json").json
    assert {each["service"] for each in one} == {"submission/inet"}
    shown = lists.run("restriction", "list").out
    assert "class:grey" in shown
    assert "nothing uses this class" in shown
    assert lists.run("restriction", "list", "--service", "cleanup").status == 1


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["helo", "reject_invalid_helo_hostname"], "reject_invalid_helo_hostname"),
        (["relay", "reject_unlisted_recipient", "--first"],
         "reject_unlisted_recipient, permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"),
        (["class:grey", "permit_mynetworks", "--first"],
         "permit_mynetworks, check_policy_service inet:127.0.0.1:10023"),
        (["sender", "reject_rhsbl_sender", "dbl.example"],
         "permit_mynetworks, reject_rhsbl_sender dbl.example, reject"),
        (["sender", "reject_non_fqdn_sender", "--warn-only", "--before", "permit_mynetworks"],
         "warn_if_reject reject_non_fqdn_sender, permit_mynetworks, reject"),
    ],
)  # fmt: skip
def test_add(lists: Shop, words: list[str], value: str) -> None:
    before = (lists.folder / "main.cf").read_bytes()
    dry = lists.run("restriction", "add", *words, "--dry-run", "--json", "--no-rehearsal")
    assert dry.json["edits"]
    assert (lists.folder / "main.cf").read_bytes() == before
    done(lists, "add", *words, "--no-rehearsal")
    name = "grey" if words[0] == "class:grey" else f"smtpd_{words[0]}_restrictions"
    assert real(lists, "-xh", name) == value


def test_add_for_one_service_leaves_the_others(lists: Shop) -> None:
    said = done(lists, "add", "client", "permit_sasl_authenticated", "--first", "--service", "submission",
                "--no-rehearsal")  # fmt: skip
    assert "written out first" in said
    assert real(lists, "-Ph", "submission/inet/smtpd_client_restrictions").startswith(
        "permit_sasl_authenticated, permit_mynetworks, warn_if_reject"
    )
    assert "permit_sasl_authenticated" not in real(lists, "-xh", "smtpd_client_restrictions")
    said = done(lists, "remove", "client", "reject_rbl_client", "a.example", "--no-rehearsal")
    assert "submission/inet has its own" in said


def test_move_and_remove(lists: Shop) -> None:
    done(lists, "move", "client", "reject_rbl_client b.example", "--before", "reject_rbl_client a.example",
         "--no-rehearsal")  # fmt: skip
    assert real(lists, "-xh", "smtpd_client_restrictions").endswith(
        "reject_rbl_client b.example, reject_rbl_client a.example"
    )
    done(lists, "move", "client", "reject_unknown_client_hostname", "--last", "--no-rehearsal")
    text = (lists.folder / "main.cf").read_text()
    assert "    # strangers without a name\n    warn_if_reject reject_unknown_client_hostname\n" in text
    done(lists, "remove", "client", "reject_unknown_client_hostname", "--no-rehearsal")
    assert "strangers" not in (lists.folder / "main.cf").read_text()
    assert "nothing to do" in done(lists, "remove", "client", "reject_unknown_client_hostname")


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["add", "nolist", "permit"], 2, "there is no list nolist"),
        (["add", "client", "permit", "--before", "nosuch"], 1, "there is no nosuch"),
        (["add", "client", "permit reject"], 1, "more than one rule"),
        (["add", "client", "reject_rbl_cleint", "x.example"], 1, "perhaps reject_rbl_client"),
        (["add", "client", "reject_rbl_cleint", "--no-rehearsal"], 1, "perhaps reject_rbl_client"),
        (["remove", "client", "reject_rbl_client"], 1, "names several rules"),
        (["move", "client", "permit_mynetworks"], 2, "where to"),
        (["remove", "relay", "defer_unauth_destination", "--no-rehearsal"], 1, "smtpd stops"),
        (["add", "client", "permit", "--service", "nosuch"], 1, "no service nosuch"),
    ],
)
def test_what_is_refused(lists: Shop, words: list[str], status: int, text: str) -> None:
    before = (lists.folder / "main.cf").read_bytes()
    result = lists.run("restriction", *words)
    assert (result.status, text in result.err) == (status, True), result.err
    assert (lists.folder / "main.cf").read_bytes() == before


def test_a_dry_run_says_which_saved_session_is_answered_otherwise(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    path = tmp_path / "own" / "mailtui" / "sessions.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        '[[session]]\nname = "the partner"\nmust = "accept"\nclient_address = "192.0.2.7"\n'
        'helo = "mail.partner.example"\nsender = "news@partner.example"\nrecipient = "postmaster@localhost"\n'
    )
    value = "check_sender_access inline:{partner.example=REJECT}"
    set_it = ("parameter", "set", "smtpd_sender_restrictions", value, "--dry-run", "--no-rehearsal")
    done = shop.run(*set_it)
    assert "sessions: 1 of 1 saved session answered otherwise" in done.err
    assert "WRONG: the partner: now 250" in done.err


def test_a_change_that_turns_a_saved_session_wrong_is_refused_unless_yes(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    path = tmp_path / "own" / "mailtui" / "sessions.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        '[[session]]\nname = "the partner"\nmust = "accept"\nclient_address = "192.0.2.7"\n'
        'helo = "mail.partner.example"\nsender = "news@partner.example"\nrecipient = "postmaster@localhost"\n'
    )
    rule = ("restriction", "add", "sender", "check_sender_access", "inline:{partner.example=REJECT}")
    options = ("--no-rehearsal", "--no-reload")
    before = (shop.folder / "main.cf").read_text()
    refused = shop.run(*rule, *options)
    assert refused.status == 1
    assert "WRONG: the partner: now 250" in refused.err
    assert "--yes writes it all the same" in refused.err
    as_json = shop.run(*rule, *options, "--json")
    assert as_json.status == 1
    assert as_json.json["sessions"]["flipped"][0]["name"] == "the partner"
    assert as_json.json["applied"] is False
    assert as_json.json["plan"]
    assert (shop.folder / "main.cf").read_text() == before
    done = shop.run(*rule, *options, "--json", "--yes")
    assert done.status == 0, done.err
    assert done.json["applied"] is True
    assert done.json["sessions"]["asked"] == 1
    harmless = shop.run("parameter", "set", "biff", "no", *options)
    assert "sessions: 1 saved session answered as before" in harmless.err


def test_one_is_told_as_one_and_two_as_two(lists: Shop) -> None:
    master = lists.folder / "master.cf"
    own = "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"
    master.write_text("smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n" + own)
    moved = ["restriction", "move", "client", "permit_mynetworks", "--last", "--dry-run", "--no-rehearsal"]
    assert "submission/inet has its own smtpd_client_restrictions" in lists.run(*moved).err
    with master.open("a") as file:
        file.write("2525 inet n - n - - smtpd\n" + own)
    assert "submission/inet, 2525/inet have their own smtpd_client_restrictions" in lists.run(*moved).err
    (lists.folder / "headers").write_text("/^X-One:/ IGNORE\n")
    with (lists.folder / "main.cf").open("a") as file:
        file.write("header_checks = regexp:$config_directory/headers\n")
    assert "1 rule" in next(
        line for line in lists.run("restriction", "list").out.splitlines() if line.startswith("header_checks")
    ).split("  ")
