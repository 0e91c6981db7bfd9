"""An import on a running server: 2,000 aliases answer, all of them go again; accounts are made and locked."""

from __future__ import annotations

import json

from mailtui.demo.lab import Lab

ROWS = "".join(f"n{n}@falcotsbrand.com,jean@falcot.com\n" for n in range(2000))


def test_written_answered_and_taken_back(lab: Lab) -> None:
    virtual = lab.config_dir / "virtual"
    before = virtual.read_bytes()
    file = lab.directory / "new.csv"
    file.write_text(f"address,destinations\n{ROWS}")
    done = lab.mailtui("import", "aliases", str(file), "--json")
    assert done.ok, done.words
    written = json.loads(done.out)
    assert written["edits"] == [
        "+ virtual 2,000 entries: n0@falcotsbrand.com, n1@falcotsbrand.com, n2@falcotsbrand.com, … (new.csv)"
    ]
    (answer,) = json.loads(lab.mailtui("alias", "resolve", "n1999@falcotsbrand.com", "--json").out)["final"]
    assert answer["address"] == "jean@falcot.com"
    assert lab.mailtui("history", "undo", str(written["history_id"])).ok
    assert virtual.read_bytes() == before
    assert lab.mailtui("doctor").status in {0, 1}

    accounts = lab.directory / "accounts.csv"
    accounts.write_text("user,realm\nnew,falcot.com\nbad name,falcot.com\n")
    assert lab.mailtui("import", "accounts", str(accounts), "--yes").status == 1
    assert not lab.mailtui("import", "accounts", str(accounts), "--skip-bad").ok  # nobody said yes
    done = lab.mailtui("import", "accounts", str(accounts), "--skip-bad", "--yes")
    assert done.ok, done.words
    assert "made 1: mailtui account password" in done.words
    names = lab.mailtui("export", "accounts", "-").out.splitlines()
    assert names[0] == b"user,realm"
    assert b"new,falcot.com" in names
    again = lab.mailtui("import", "accounts", str(accounts), "--skip-bad", "--json")
    assert json.loads(again.out)["report"]["counts"]["new"] == 0
