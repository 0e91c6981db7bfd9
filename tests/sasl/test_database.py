"""A database is listed by sasldblistusers2, which ends with 0 whatever happens: what is wrong is told here."""

from __future__ import annotations

import os
from pathlib import Path

from mailtui.sasl.database import differing, look
from mailtui.sasl.names import Account
from tests.postfix.conftest import run
from tests.sasl.offices import saslpasswd

JEAN = Account("jean", "falcot.com")


def test_a_fine_one(tmp_path: Path) -> None:
    path = tmp_path / "sasldb2"
    saslpasswd(path, "jean@falcot.com", "geheim")
    found = look(str(path))
    assert found.fine
    assert dict(found.accounts) == {JEAN: ("userPassword",)}
    assert found.owner == "root:root 0640"


def test_what_is_wrong_is_told_though_the_program_ends_with_0(tmp_path: Path) -> None:
    path = tmp_path / "sasldb2"
    saslpasswd(path, "jean@falcot.com", "geheim")
    whole = path.read_bytes()
    for name, raw in {
        "junk": b"garbage\n",
        "empty": b"",
        "cut": whole[:4096],
        "noise": os.urandom(12288),
    }.items():
        broken = tmp_path / name
        broken.write_bytes(raw)
        assert run("sasldblistusers2", "-f", str(broken)).returncode == 0
        found = look(str(broken))
        assert found.state == "damaged", name
        assert ("cut short" if name == "cut" else "sasldblistusers2 cannot read it") in found.problem
        assert not found.accounts
    missing = look(str(tmp_path / "nowhere"))
    assert (missing.state, missing.problem) == ("missing", "does not exist")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert look(str(tmp_path / "dangling")).problem == f"leads to {tmp_path}/nowhere, which does not exist"
    assert look(str(tmp_path)).state == "damaged"


def test_a_link_leads_to_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "sasldb2"
    saslpasswd(path, "jean@falcot.com", "geheim")
    (tmp_path / "link").symlink_to(path)
    assert look(str(tmp_path / "link")).real == look(str(path)).real


def test_what_differs_between_copies(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for name in ("jean@falcot.com", "laure@falcot.com"):
        saslpasswd(one, name, "geheim")
    for name in ("jean@falcot.com", "roland@falcot.com"):
        saslpasswd(other, name, "anders")
    only, theirs, changed = differing(look(str(one)), look(str(other)))
    assert [str(who) for who in (*only, *theirs, *changed)] == [
        "laure@falcot.com", "roland@falcot.com", "jean@falcot.com",
    ]  # fmt: skip
    assert differing(look(str(one)), look(str(one))) == ([], [], [])
