"""What is said of an address: JSON, one sentence, and who ends there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.ends import find_ends
from mailtui.postfix.files import Files
from mailtui.postfix.resolve import fate
from tests.postfix.alias_server import Server, make
from tests.postfix.conftest import MakeInstance, run


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    return make(instance_dir, tmp_path)


def test_json_is_what_the_interface_says(server: Server) -> None:
    answer = json.loads(json.dumps(server("web").as_json()))
    assert answer["address"] == "web@falcot.com"
    assert answer["class"] == "local"
    assert answer["final"][0] == {
        "address": "jean@falcot.com",
        "how": "mailbox",
        "delivery": "/var/mail/jean",
    }
    assert answer["steps"][0] == {
        "from": "web@falcot.com", "to": "webmaster@falcotsbrand.com", "table": f"hash:{server.folder}/aliases",
        "file": f"{server.folder}/aliases", "line": 3,
    }  # fmt: skip
    assert answer["loops"] == []
    assert "why" not in answer


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nothing@falcotsbrand.com", "taken by @falcotsbrand.com → sophie"),
        ("@falcotsbrand.com", "taken by @falcotsbrand.com → sophie"),
        ("webmaster@falcotsbrand.com", "goes to jean, m@box.example"),
        ("root", "goes to jean"),
        ("root+x", "taken by root → jean"),
        ("jean", "delivered to jean, mailbox /var/mail/jean"),
        ("x@remote.example", "sent on by smtp:[out.example]:587"),
    ],
)
def test_fate_is_one_sentence(server: Server, address: str, words: str) -> None:
    assert server.fate(address) == words


def test_fate_through_other_bytes(server: Server) -> None:
    """A reader that lays a change over the disk is all that `after` needs."""

    class Without(Files):
        def document(self, target: Target) -> Any:
            document = super().document(target)
            if target.path.endswith("/virtual") and isinstance(document, Table):
                return document.spliced(document.remove(b"webmaster@falcotsbrand.com"))
            return document

    other = server.instance.over(Without())
    assert fate(other, "webmaster@falcotsbrand.com", server.users) == (
        'goes to nobody-sees-this, and bounces: unknown user: "nobody-sees-this"'
    )
    assert server.fate("webmaster@falcotsbrand.com") == "goes to jean, m@box.example"


def test_who_ends_at_an_address(server: Server) -> None:
    assert server.aliases_of("sophie@falcot.com") == ["@falcotsbrand.com", "@moved.example"]
    jean = server.aliases_of("jean")
    direct = {"old@falcot.com", "webmaster@falcotsbrand.com", "root", "incl", "list", "owner-team"}
    assert set(jean[:6]) == direct
    assert set(jean[6:]) == {"contact@falcotsbrand.com", "web", "postmaster", "team", "team@falcotsbrand.com"}
    assert server.aliases_of("m@relay.example") == ["incl"]
    assert server.aliases_of("nobody-sees-this@falcot.com") == [], "an earlier table takes the address"
    assert server.aliases_of("|/bin/echo a b") == ["prog"]
    assert "list" in server.aliases_of("laure")


def test_the_way_to_an_end_is_told(server: Server) -> None:
    found = {end.alias: end for end in find_ends(server.instance, "m@box.example", server.users)}
    web = found["web"]
    assert [(step.source, step.to) for step in web.path] == [
        ("web@falcot.com", "webmaster@falcotsbrand.com"), ("webmaster@falcotsbrand.com", "m@box.example"),
    ]  # fmt: skip
    assert (web.file, web.line, web.direct) == (f"{server.folder}/aliases", 3, False)
    assert found["webmaster@falcotsbrand.com"].direct


def test_ends_are_bounded(server: Server) -> None:
    assert len(find_ends(server.instance, "jean", server.users, limit=2)) == 2


def test_keys_agree_with_postmap(server: Server) -> None:
    """The entry that a step names is the one that Postfix's own lookup gives."""
    for address in ("contact@falcotsbrand.com", "anyone@falcotsbrand.com", "second@falcotsbrand.com"):
        step = server(address).steps[0]
        answer = run("postmap", "-c", str(server.folder), "-q", step.key, step.table)
        assert step.to.removesuffix("@falcot.com").encode() in answer.stdout
