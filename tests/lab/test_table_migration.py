"""Tables moved from hash to lmdb, to cdb and back, under a server that mail flows through."""

from __future__ import annotations

import json
import re
import sys
import threading
from pathlib import Path
from typing import Any

from mailtui import commands
from mailtui.demo import traffic
from mailtui.demo.lab import Lab
from tests.doctor.traps import TRAPS

TO = ("contact@falcotsbrand.com", "postmaster@falcot.com", "laure@falcot.com")
_FLOW = """
import json, smtplib, sys, time
from pathlib import Path
end, name, address, to = Path(sys.argv[1]), *sys.argv[2:4], sys.argv[4:]
said, number, begun = [], 0, time.monotonic()
while not end.exists():
    try:
        with smtplib.SMTP("127.0.0.1", 25, timeout=20) as link:
            if number % 2:
                link.ehlo("x")
                link.docmd("XCLIENT", f"NAME={name} ADDR={address}")
            link.sendmail("desk@partner.example", [to[number % len(to)]], b"Subject: flow\\r\\n\\r\\nHello.\\r\\n")
    except (OSError, smtplib.SMTPException) as error:
        said.append(f"{to[number % len(to)]}: {error!r}")
    number += 1
    time.sleep(max(0, begun + number / 20 - time.monotonic()))
print(json.dumps([number, said]))
"""


def done(lab: Lab, *words: str) -> Any:
    result = lab.mailtui(*words, "--json")
    assert result.ok, result.words
    return json.loads(result.out)


def ids(lab: Lab) -> set[str]:
    return {each["id"] for each in json.loads(lab.mailtui("doctor", "--json").out)}


def answers(lab: Lab, kind: str, name: str, key: str) -> str:
    program = "postalias" if name == "aliases" else "postmap"
    return lab.run(
        program, "-c", str(lab.config_dir), "-q", key, f"{kind}:{lab.config_dir}/{name}"
    ).out.decode()


def test_the_demo_is_in_no_trap_and_nobody_notices_the_migration_and_its_undo(
    lab: Lab, tmp_path: Path
) -> None:
    assert ids(lab) & {trap.id for trap in TRAPS} == set()
    main = lab.config_dir / "main.cf"
    original, seen, end = main.read_bytes(), lab.log_size(), lab.directory / "flow-ends"
    flow: list[commands.Result] = []
    name, address = traffic.PARTNER
    argv = (sys.executable, "-c", _FLOW, str(end), name, address, *TO)
    sending = threading.Thread(target=lambda: flow.append(lab.run(*argv, timeout=120)))
    sending.start()
    try:
        first = done(lab, "table", "migrate", "--to", "lmdb")
        assert first["applied"]
        assert b"hash:" not in main.read_bytes()
        assert ids(lab) & {trap.id for trap in TRAPS} == set()
        assert "copy-left" in ids(lab)
        kept = answers(lab, "hash", "virtual", TO[0])
        assert answers(lab, "lmdb", "virtual", TO[0]) == kept != ""
        assert (
            answers(lab, "lmdb", "aliases", "postmaster")
            == answers(lab, "hash", "aliases", "postmaster")
            != ""
        )
        done(lab, "alias", "set", "press@falcotsbrand.com", "sophie@falcot.com")
        assert answers(lab, "hash", "virtual", "press@falcotsbrand.com").strip() != "sophie@falcot.com"
        second = done(lab, "table", "migrate", "--from", "lmdb", "--to", "cdb", "--no-rehearsal")
        assert second["applied"]
        assert b"lmdb:" not in main.read_bytes()
        assert answers(lab, "cdb", "virtual", TO[0]) == kept
        for change in (second, first):
            undone = done(lab, "history", "undo", str(change["history_id"]), "--no-rehearsal")
            assert undone["applied"]
        assert main.read_bytes() == original
        assert answers(lab, "hash", "virtual", "press@falcotsbrand.com").strip() == "sophie@falcot.com"
    finally:
        end.touch()
        sending.join()
    number, refused = json.loads(flow[0].out)
    assert refused == []
    assert number > 20
    lab.logged(r"status=sent(?s:.*status=sent){10}", after=seen)
    log = lab.log.read_bytes()[seen:].decode("utf-8", "replace")
    assert not re.findall(r".*(?:NOQUEUE|status=deferred|status=bounced|fatal:|panic:|error:).*", log)
    assert not re.findall(r".*warning: (?!.*duplicate entry).*(?:hash|lmdb|cdb|\.db).*", log)
