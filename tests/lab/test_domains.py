"""Domains by command on a running server: mail goes where the command said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailtui.demo.lab import Lab

OUTSIDE = ("mx1.partner.example", "198.51.100.7")


def done(lab: Lab, *words: str) -> str:
    """What a command says beside its data; it must succeed."""
    result = lab.mailtui(*words)
    assert result.ok, result.words
    return result.err.decode()


def domains(lab: Lab) -> dict[str, Any]:
    return {row["domain"]: row for row in json.loads(lab.mailtui("domain", "list", "--json").out)}


def delivered(lab: Lab, recipient: str, line: str) -> None:
    """Mail from outside for this recipient is taken, and the log has such a line of its delivery."""
    seen = lab.log_size()
    answer = lab.send(recipient, client=OUTSIDE)
    assert answer.accepted, answer
    lab.logged(line, after=seen)


def refused(lab: Lab, recipient: str, text: str) -> None:
    answer = lab.send(recipient, client=OUTSIDE)
    assert not answer.accepted
    assert text in answer.text


def test_a_second_brand_comes_and_goes(lab: Lab) -> None:
    refused(lab, "info@second.example", "Relay access denied")
    done(
        lab, "domain", "add", "second.example", "--class", "virtual-alias", "--catch-all", "sophie@falcot.com"
    )
    assert domains(lab)["second.example"]["class"] == "virtual-alias"
    delivered(
        lab, "info@second.example", r"to=<sophie@falcot\.com>, orig_to=<info@second\.example>.*status=sent"
    )
    delivered(
        lab, "postmaster@second.example", r"orig_to=<postmaster@second\.example>.*relay=local.*status=sent"
    )
    assert "catch-all" in done(lab, "domain", "remove", "second.example")
    refused(lab, "info@second.example", "Relay access denied")


def test_a_domain_out_of_a_name_that_holds_several(lab: Lab) -> None:
    """Whoever else uses the name goes on as before; where nobody does the name loses the domain."""
    main = lab.config_dir / "main.cf"
    done(lab, "parameter", "set", "ours", "one.example, two.example, three.example")
    done(lab, "parameter", "set", "virtual_alias_domains", "falcotsbrand.com, $ours")
    refused(lab, "info@one.example", "User unknown in virtual alias table")
    done(lab, "domain", "remove", "one.example")
    assert "ours = two.example, three.example\n" in main.read_text()
    refused(lab, "info@one.example", "Relay access denied")
    done(lab, "parameter", "set", "masquerade_domains", "$ours")
    told = done(lab, "domain", "change", "two.example", "--class", "local")
    assert "no longer names $ours, which masquerade_domains uses too: three.example in its place" in told
    assert "ours = two.example, three.example\n" in main.read_text()
    delivered(lab, "jean@two.example", r"to=<jean@two\.example>.*relay=local.*status=sent")
    refused(lab, "info@three.example", "User unknown in virtual alias table")
    refused(lab, "nobody@falcotsbrand.example", "Relay access denied")


def test_a_domain_of_accounts_then_of_mailboxes(lab: Lab) -> None:
    done(lab, "domain", "add", "works.example", "--class", "local")
    delivered(lab, "jean@works.example", r"to=<jean@works\.example>.*relay=local.*status=sent")
    done(lab, "domain", "change", "works.example", "--class", "virtual-mailbox")
    refused(lab, "jean@works.example", "User unknown in virtual mailbox table")
    table = f"hash:{lab.config_dir}/vmailbox"
    done(lab, "table", "set", table, "jean@works.example", "works.example/jean/")
    delivered(lab, "jean@works.example", r"to=<jean@works\.example>.*relay=virtual.*status=sent")
    told = done(lab, "domain", "remove", "works.example")
    assert "its mailbox in hash:" in told
    assert "works.example/jean: nothing is deleted" in told
    assert list((lab.directory / "mail/vhosts/works.example/jean/new").iterdir())


def test_a_relay_domain_and_its_server(lab: Lab) -> None:
    done(lab, "domain", "add", "branch.example", "--class", "relay", "--next-hop", "mx.bigmail.example")
    delivered(lab, "any@branch.example", r"to=<any@branch\.example>, relay=mx\.bigmail\.example")
    assert domains(lab)["branch.example"]["class"] == "relay"


def test_a_file_of_domains_is_read_again(lab: Lab) -> None:
    listed = lab.config_dir / "brands"
    listed.write_text("falcotsbrand.com\n")
    done(lab, "parameter", "set", "virtual_alias_domains", str(listed))
    told = json.loads(lab.mailtui("domain", "add", "third.example", "--class", "virtual-alias", "--json").out)
    assert "reload" in [step["action"] for step in told["plan"]]
    assert listed.read_text() == "falcotsbrand.com\nthird.example\n"
    delivered(lab, "abuse@third.example", r"orig_to=<abuse@third\.example>.*status=sent")


@pytest.mark.parametrize(
    ("domain", "states"),
    [
        ("falcot.com", {"mx": "ok", "spf": "ok", "dmarc": "ok"}),
        ("falcot.org", {"mx": "ok", "spf": "error", "dmarc": "warning"}),
        ("falcotsbrand.com", {"mx": "ok", "spf": "ok", "dmarc": "missing"}),
        ("dnsdown.example", {"mx": "unknown", "spf": "unknown", "dmarc": "unknown"}),
    ],
)
def test_dns_as_this_host_asks_it(shared_lab: Lab, domain: str, states: dict[str, str]) -> None:
    result = shared_lab.mailtui("domain", "dns", domain, "--json")
    assert result.ok is ("ok" in states.values())
    seen = json.loads(result.out)
    assert {name: seen[name]["state"] for name in states} == states
