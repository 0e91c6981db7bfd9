"""Changes by command on a running server: what the command says is what the mail does."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mailtui.demo.lab import Lab


def asked(lab: Lab, *words: str) -> Any:
    """A command's JSON."""
    done = lab.mailtui(*words, "--json")
    assert done.ok, done.words
    return json.loads(done.out)


def test_an_alias_set_by_command_is_live_at_once(lab: Lab) -> None:
    done = asked(lab, "alias", "set", "press@falcotsbrand.com", "sophie@falcot.com")
    assert done["applied"]
    assert "reload" not in [step["action"] for step in done["plan"]]
    seen = lab.log_size()
    assert lab.send("press@falcotsbrand.com").accepted
    lab.logged(r"to=<sophie@falcot.com>, orig_to=<press@falcotsbrand.com>.*status=sent", after=seen)


def test_an_alias_of_aliases_is_live_at_once(lab: Lab) -> None:
    assert asked(lab, "alias", "set", "sales", "roland")["applied"]
    seen = lab.log_size()
    assert lab.send("sales@falcot.com").accepted
    lab.logged(r"to=<roland@falcot.com>, orig_to=<sales@falcot.com>.*status=sent", after=seen)


def test_a_parameter_is_live_after_the_reload(lab: Lab) -> None:
    done = asked(lab, "parameter", "set", "smtpd_banner", "$myhostname", "ESMTP", "changed")
    assert "reload" in [step["action"] for step in done["plan"]]
    read = "import socket; print(socket.create_connection(('127.0.0.1', 25), 5).recv(200).decode())"
    assert "ESMTP changed" in lab.run("python3", "-c", read).out.decode()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("smtpd_helo_required", "maybe", "neither yes nor no"),
        ("smtpd_restriction_classes", "nosuch", "“nosuch” has no definition"),
    ],
)
def test_a_parameter_postfix_would_die_of_is_refused(lab: Lab, name: str, value: str, told: str) -> None:
    main = lab.config_dir / "main.cf"
    before = main.read_bytes()
    done = lab.mailtui("parameter", "set", name, value)
    assert (done.status, told in done.words) == (1, True), done.words
    assert main.read_bytes() == before
    assert lab.send("jean@falcot.com").accepted


def test_a_parameter_postfix_dies_of_is_taken_back(lab: Lab) -> None:
    """The rules let pass a blank that smtpd wants braces for."""
    main = lab.config_dir / "main.cf"
    before = main.read_bytes()
    value = "reject_unauth_destination, check_policy_service { inet:127.0.0.1:9, default_action = DUNNO }"
    done = lab.mailtui("parameter", "set", "smtpd_recipient_restrictions", value, "--no-rehearsal")
    assert done.status == 4, done.words
    assert done.words.startswith("mailtui: smtp (127.0.0.1:25) does not answer any more")
    assert main.read_bytes() == before
    time.sleep(0.2)
    assert lab.send("jean@falcot.com").accepted


def test_undo_gives_the_bytes_back(lab: Lab) -> None:
    table = lab.config_dir / "virtual"
    before = table.read_bytes()
    number = asked(lab, "alias", "remove", "press@falcotsbrand.com")["history_id"]
    assert table.read_bytes() != before
    assert asked(lab, "history", "undo", str(number))["applied"]
    assert table.read_bytes() == before
    states = {row["id"]: row["state"] for row in asked(lab, "history", "list")}
    assert states[number] == "undone"


def _delivered(lab: Lab, address: str) -> set[str]:
    """What the log says became of a message to the address: recipients, with `!` before those that bounced."""
    seen = lab.log_size()
    answer = lab.send(address)
    if not answer.accepted:
        return {f"refused {answer.code}"}
    queue_id = lab.logged(r": ([0-9A-F]+|[0-9A-Za-z]{12,}): client=", after=seen)[1]
    lab.logged(rf"{queue_id}: removed", after=seen)
    text = lab.log.read_bytes()[seen:].decode("utf-8", "replace")
    found: set[str] = set()
    for line in text.splitlines():
        if f"{queue_id}: to=<" in line:
            recipient = line.split(": to=<", 1)[1].split(">", 1)[0]
            found.add(recipient if "status=sent" in line else f"!{recipient}")
    return found


@pytest.mark.parametrize(
    "address",
    [
        "webmaster@falcotsbrand.com",
        "contact@falcotsbrand.com",
        "anyone-else@falcotsbrand.com",
        "shop@falcotsbrand.com",
        "postmaster@falcot.com",
        "jean@falcot.com",
        "managers@falcot.com",
        "jean@falcot.org",
        "contact@falcot.org",
        "no-such-user@falcot.com",
        "no-such-user@falcot.org",
    ],
)
def test_resolve_says_what_the_server_does(shared_lab: Lab, address: str) -> None:
    said = asked(shared_lab, "alias", "resolve", address)
    happened = _delivered(shared_lab, address)
    if not said["final"]:
        assert any(word.startswith("refused") for word in happened), (said, happened)
        return
    ends = {end["address"] if end["how"] != "error" else f"!{end['address']}" for end in said["final"]}
    files = {end["address"] for end in said["final"] if end["how"] in {"file", "command"}}
    assert {word for word in happened if word not in files} <= ends | {address}, (said, happened)
    assert {end for end in ends if "@" in end and end not in files} <= happened, (said, happened)
