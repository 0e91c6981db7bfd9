"""A key's life from the shell: made, published, activated, retired; each message verified by another
library."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import dkim
import pytest

from mailtui.demo.beside import Filter
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab

SLOW = 60.0
"""Seconds until the slower of the two name servers has a change for certain."""


class Signing(Filters):
    """One opendkim before the lab's Postfix, ended with the test."""

    signer: Filter | None = None

    def begin(self, **settings: Any) -> None:
        self.signer = self.opendkim(**settings)
        self.attach(self.signer)


@pytest.fixture
def filters(lab: Lab) -> Iterator[Signing]:
    made = Signing(lab)
    yield made
    if made.signer is not None:
        made.signer.stop()


def _dkim(lab: Lab, *words: str, status: int = 0) -> Any:
    done = lab.mailtui("--json", "dkim", *words)
    assert done.status == status, (done.status, done.out.decode(), done.err.decode())
    return json.loads(done.out) if done.out.strip() else json.loads(done.err)


def _states(lab: Lab, domain: str = "falcot.com") -> dict[str, str]:
    return {each["selector"]: each["state"] for each in _dkim(lab, "list", domain, "--no-dns")}


def _signed(lab: Lab, sender: str = "jean@falcot.com") -> bytes:
    """A message of ours, as it comes out."""
    before = len(lab.mailbox("laure"))
    body = f"From: <{sender}>\r\nTo: <laure@falcot.com>\r\nSubject: x\r\n\r\nHello.\r\n"
    argv = ["sendmail", "-C", str(lab.config_dir), "-f", sender, "laure@mail.falcot.com"]
    lab.run(*argv, stdin=body.encode())
    limit = time.monotonic() + 15
    while len(lab.mailbox("laure")) == before:
        assert time.monotonic() < limit, lab.log.read_text()[-3000:]
        time.sleep(0.05)
    time.sleep(0.1)
    return lab.mailbox("laure")[before:]


def _published(lab: Lab, domain: str, selector: str) -> None:
    end = time.monotonic() + SLOW
    while lab.mailtui("dkim", "check", domain, selector).status:
        assert time.monotonic() < end, "the name servers never had it"
        time.sleep(0.5)


def test_rotation_waits_for_every_name_server(lab: Lab, filters: Signing) -> None:
    filters.begin(tables=True)
    assert _states(lab) == {"mail": "active"}
    made = _dkim(lab, "generate", "falcot.com", "--selector", "next", "--yes")
    assert made["record"]["name"] == "next._domainkey.falcot.com"
    assert "".join(made["record"]["pieces"]) == made["record"]["value"]
    assert _dkim(lab, "check", "falcot.com", "next", status=1)[0]["published"] == "no"
    refused = _dkim(lab, "activate", "falcot.com", "--yes", status=1)
    assert "not yet" in refused["error"]["what"]
    assert "--anyway falcot.com" in refused["error"]["do"]
    filters.publish(made["record"]["name"], made["record"]["value"])
    _published(lab, "falcot.com", "next")
    tried = _dkim(lab, "activate", "falcot.com", "--dry-run")
    assert not tried["applied"]
    assert "+next._domainkey.falcot.com falcot.com:next:" in tried["diff"]
    assert _states(lab)["next"] == "published"
    _dkim(lab, "activate", "falcot.com")
    assert _states(lab) == {"mail": "retiring", "next": "active"}
    assert b"s=next" in _signed(lab)
    refused = _dkim(lab, "retire", "falcot.com", status=1)
    assert "not before" in refused["error"]["what"]
    _dkim(lab, "retire", "falcot.com", "--anyway", "falcot.com")
    assert _states(lab) == {"mail": "retired", "next": "active"}
    assert b"mail._domainkey" not in (lab.place.settings / "opendkim" / "KeyTable").read_bytes()


def test_a_new_domain_from_the_single_set_up_moves_to_tables(lab: Lab, filters: Signing) -> None:
    filters.begin()
    made = _dkim(lab, "generate", "falcot.org", "--selector", "one", "--yes")
    _dkim(lab, "activate", "falcot.org", "--anyway", "falcot.org")
    assert "KeyFile" not in (lab.place.settings / "opendkim.conf").read_text().replace("# ", "")
    assert b"s=one" in _signed(lab, "jean@falcot.org")
    assert b"s=mail" in _signed(lab, "jean@falcot.com")
    assert made["key_file"].endswith("one.falcot.org.private")


def test_opendkims_own_test_finds_the_record_that_we_show(lab: Lab, filters: Signing) -> None:
    filters.begin()
    assert filters.signer is not None
    made = _dkim(lab, "generate", "falcot.com", "--selector", "next", "--bits", "4096", "--yes")
    filters.publish(made["record"]["name"], made["record"]["value"])
    argv = ["opendkim-testkey", "-x", str(filters.signer.config), "-d", "falcot.com", "-s", "next"]
    done = lab.run(*argv, "-k", made["key_file"], "-vvv")
    assert done.ok, done.words
    assert b"key OK" in done.out + done.err


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_what_opendkim_signs_another_library_verifies(lab: Lab, filters: Signing, kind: str) -> None:
    filters.begin(kind=kind, canonicalization="relaxed/relaxed")
    record = next(line for line in lab.place.names.read_text().splitlines() if "mail._domainkey" in line)
    text = "".join(record.partition(" TXT ")[2].strip('"').split('" "')).encode()
    raw = _signed(lab).partition(b"\n")[2]
    message = raw[raw.index(b"DKIM-Signature:") :].rstrip(b"\n") + b"\n"
    assert dkim.verify(message, dnsfunc=lambda name, timeout=5: text)
    assert not dkim.verify(message.replace(b"Hello", b"HELLO"), dnsfunc=lambda name, timeout=5: text)
    assert [each["type"] for each in _dkim(lab, "list", "--no-dns")] == [kind]
