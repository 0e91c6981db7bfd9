"""Jean and Paul leave a running server: the successor gets the mail, or it is refused; Jean's login is no more."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mailtui.demo.accounts import PASSWORDS
from mailtui.demo.lab import Lab

LOGIN = """
import smtplib, ssl, sys
server = smtplib.SMTP("127.0.0.1", 587)
server.starttls(context=ssl._create_unverified_context())
try:
    print(server.login("jean@falcot.com", sys.stdin.read())[0])
except smtplib.SMTPAuthenticationError as error:
    print(error.smtp_code)
"""
JEANS = (
    "jean@falcot.com", "jean@falcot.org", "jean+x@falcot.com", "j.martin@falcot.com",
    "webmaster@falcotsbrand.com",
)  # fmt: skip


def leave(lab: Lab, *words: str) -> Any:
    done = lab.mailtui("leave", *words, "--json")
    assert done.ok, done.words
    return json.loads(done.out)


def logged_in(lab: Lab) -> str:
    return (
        lab.run(sys.executable, "-c", LOGIN, stdin=PASSWORDS["jean@falcot.com"].encode()).out.decode().strip()
    )


def texts(lab: Lab) -> dict[str, bytes]:
    """Every file of the configuration that no program compiles."""
    return {
        str(path.relative_to(lab.config_dir)): path.read_bytes()
        for path in lab.config_dir.rglob("*")
        if path.is_file() and path.suffix not in {".db", ".lmdb", ".cdb"}
    }


def ends(lab: Lab, address: str) -> set[str]:
    """Whom the log says the mail of an address was delivered to."""
    after = lab.log_size()
    assert lab.send(address).accepted, address
    queue_id = lab.logged(r"cleanup\[\d+\]: (\w+): message-id=", after=after)[1]
    lab.logged(rf"qmgr\[\d+\]: {queue_id}: removed", after=after)
    text = lab.log.read_text(errors="replace")[after:]
    return {
        line.partition("to=<")[2].partition(">")[0]
        for line in text.splitlines()
        if f"{queue_id}: to=<" in line
    }


def test_they_leave(lab: Lab) -> None:
    assert logged_in(lab) == "235"
    assert ends(lab, "jean@falcot.com") == {"jean@falcot.com"}
    assert ends(lab, "jean@falcot.org") == {"jean@falcot.org"}
    rows = json.loads(lab.mailtui("mailbox", "list", "jean@falcot.org", "--json").out)
    box = Path(rows[0]["path"])
    found = leave(
        lab, "jean@falcot.com", "--also", "jean@falcot.org", "--forward", "laure@falcot.com", "--lock-account",
        "--yes",
    )  # fmt: skip
    assert found["applied"]
    assert found["then"]["nothing_arrives"]
    for address in JEANS:
        assert {name.partition("@")[0] for name in ends(lab, address)} == {"laure"}, address
    assert "jean" not in {name.partition("@")[0] for name in ends(lab, "team@falcot.com")}
    assert logged_in(lab) == "535"
    assert list((box / "new").iterdir())  # what lies there stays

    logins = f"hash:{lab.config_dir}/sasl_passwd"
    assert lab.mailtui("table", "set", logins, "relay.example", "paul@falcot.com:geheim").ok
    assert lab.mailtui("parameter", "set", "smtp_sasl_password_maps", logins, "--no-rehearsal").ok
    before = texts(lab)
    found = leave(lab, "paul@falcot.com", "--remove", "paul.roux", "--remove", "password")
    assert found["applied"]
    assert texts(lab)["sasl_passwd"] == b""
    for address in ("paul@falcot.com", "paul.roux@falcot.com"):
        sent = lab.send(address)
        assert not sent.accepted, address
    assert {name.partition("@")[0] for name in ends(lab, "support@falcot.com")} == {"joe"}
    number = json.loads(lab.mailtui("history", "list", "--json").out)[0]["id"]
    undone = lab.mailtui("history", "undo", str(number))
    assert undone.ok
    assert b"type it again: - sasl_passwd relay.example" in undone.err
    assert ends(lab, "paul@falcot.com") == {"paul@falcot.com"}
    after = texts(lab)
    assert after.pop("relocated") == b""  # it was made, and stays beside its compiled copy; nobody names it
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {
        "sasl_passwd"
    }
