"""`milter list|ping|add|remove`: JSON in the interface's names, exit codes, and what postconf reads afterwards."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shop
from tests.milters.servers import closed_port, serving
from tests.postconf import postconf


def set_up(shop: Shop, text: str) -> None:
    main = shop.folder / "main.cf"
    main.write_text(f"{main.read_text()}{text}")


def real(shop: Shop, *arguments: str) -> str:
    status, out, error = postconf(shop.folder, *arguments)
    assert status == 0, error
    return " ".join(out.decode().split())


def test_list_says_what_the_interface_promises(shop: Shop) -> None:
    with serving("speaks") as [server]:
        set_up(shop, f"smtpd_milters = {{ {server.address}, connect_timeout=3s }},\n  unix:nowhere\n"
               f"non_smtpd_milters = {server.address}\n")  # fmt: skip
        found = shop.run("milter", "list", "--json").json
    assert [(each["address"], each["chain"], each["service"]) for each in found] == [
        (server.address, "smtpd", ""), ("unix:nowhere", "smtpd", ""), (server.address, "non_smtpd", ""),
    ]  # fmt: skip
    up, down, _ = found
    assert up["name"] == "unknown"
    assert (up["reachable"], up["negotiated"], up["protocol_version"]) == (True, True, 6)
    assert up["settings"] == {"connect_timeout": "3s"}
    assert isinstance(up["ms"], float)
    assert (down["reachable"], down["negotiated"]) == (False, False)
    assert "protocol_version" not in down
    assert down["states"][0]["state"] == "no socket"
    assert down["line"] == up["line"] + 1


def test_list_in_words(shop: Shop) -> None:
    with serving("speaks") as [server]:
        set_up(shop, f"smtpd_milters = {server.address}\n#  unix:off\n")
        done = shop.run("milter", "list")
    assert done.status == 0
    assert "alive" in done.out
    assert "smtpd_milters  (asked by " in done.out
    assert "non_smtpd_milters" in done.out


@pytest.mark.parametrize("manner", ["hangs", "garbage", "closes"])
def test_ping_is_1_where_one_does_not_answer(shop: Shop, manner: str) -> None:
    with serving("speaks", manner) as [good, bad]:  # type: ignore[arg-type]
        set_up(shop, f"smtpd_milters = {good.address}, {bad.address}\n")
        assert shop.run("milter", "ping", good.address).status == 0
        done = shop.run("milter", "ping", "--timeout", "0.3")
        assert done.status == 1
        found = shop.run("milter", "ping", "--timeout", "0.3", "--json")
    assert (found.status, [each["negotiated"] for each in found.json]) == (1, [True, False])
    assert found.json[1]["problem"]


def test_ping_of_what_is_not_there(shop: Shop) -> None:
    assert shop.run("milter", "ping").status == 0  # there is none that could be down
    done = shop.run("milter", "ping", "inet:localhost:1")
    assert (done.status, "no list has a milter" in done.err) == (1, True)
    assert shop.run("milter", "ping", "--timeout", "0").status == 2
    set_up(shop, f"smtpd_milters = inet:127.0.0.1:{closed_port()}\n")
    assert shop.run("milter", "ping").status == 1


def test_add_and_remove(shop: Shop) -> None:
    set_up(shop, "smtpd_milters = inet:localhost:18893\n")
    done = shop.run("milter", "add", "inet:localhost:8891", "--set", "default_action=accept")
    assert done.status == 0, done.err
    item = "{ inet:localhost:8891, default_action=accept }"
    assert real(shop, "-h", "smtpd_milters") == f"inet:localhost:18893, {item}"
    assert real(shop, "-h", "non_smtpd_milters") == item
    again = shop.run("milter", "add", "inet:localhost:8891")
    assert (again.status, "already" in again.err) == (1, True)
    done = shop.run("milter", "remove", "inet:localhost:8891", "--chain", "smtpd")
    assert done.status == 0, done.err
    assert (real(shop, "-h", "smtpd_milters"), real(shop, "-h", "non_smtpd_milters")) == (
        "inet:localhost:18893", item,
    )  # fmt: skip
    assert shop.run("milter", "remove", "inet:localhost:8891").status == 0
    assert real(shop, "-h", "non_smtpd_milters") == ""
    assert shop.run("milter", "remove", "inet:localhost:8891").status == 0  # nothing to do


def test_add_before_another_and_for_one_service(shop: Shop) -> None:
    set_up(shop, "smtpd_milters = unix:a, unix:b\n")
    done = shop.run("milter", "add", "unix:c", "--chain", "smtpd", "--before", "unix:b", "--json")
    assert done.status == 0, done.err
    assert done.json["edits"] == ["+ unix:c in smtpd_milters, before unix:b"]
    assert real(shop, "-h", "smtpd_milters") == "unix:a, unix:c, unix:b"
    assert shop.run("milter", "add", "unix:d", "--service", "submission").status == 0
    assert real(shop, "-P", "submission/inet/smtpd_milters").endswith("unix:b, unix:d")
    assert real(shop, "-h", "smtpd_milters") == "unix:a, unix:c, unix:b"


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["add", "inet:8891@localhost"], 1, "Postfix wants inet:localhost:8891"),
        (["add", "unix:x", "--before", "unix:none"], 1, "there is no unix:none"),
        (["add", "unix:x", "--service", "nosuch"], 1, "no service nosuch"),
        (["add", "unix:x", "--set", "colour"], 2, "NAME=VALUE"),
        (["add", "unix:x", "--set", "colour=red"], 1, "no setting of a milter"),
        (["add", "unix:x", "--chain", "other"], 2, "invalid choice"),
    ],
)
def test_what_is_refused_changes_nothing(shop: Shop, words: list[str], status: int, says: str) -> None:
    before = (shop.folder / "main.cf").read_bytes()
    done = shop.run("milter", *words)
    assert (done.status, says in done.err) == (status, True), done.err
    assert (shop.folder / "main.cf").read_bytes() == before


def test_a_dry_run_shows_the_diff(shop: Shop) -> None:
    done = shop.run("milter", "add", "unix:x", "--dry-run")
    assert done.status == 0
    assert "+smtpd_milters = unix:x" in done.out
    assert "unix:x" not in (shop.folder / "main.cf").read_text()
