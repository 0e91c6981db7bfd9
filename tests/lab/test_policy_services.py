"""The real postgrey and policyd-spf: recognised, tried, and let through by the whitelist that was edited."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo.lab import Lab
from mailtui.formats.whitelist import Whitelist

PORT = 10077
pytestmark = [
    pytest.mark.skipif(commands.find("postgrey") is None, reason="postgrey is not installed"),
    pytest.mark.skipif(commands.find("policyd-spf") is None, reason="policyd-spf is not installed"),
]
_LOOK = """
import json, os
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import policy_services, try_service
instance = Instance.open(os.environ["MAILTUI_CONFIG_DIR"])
rows = []
for each in policy_services(instance):
    tried = try_service(instance, each.endpoint, 10)
    rows.append([each.written, each.program, each.by, tried.alive, tried.program, tried.says])
print(json.dumps(rows))
"""
_ASK = """
import sys
from mailtui.postfix.policyservices import question
from mailtui.postfix.smtpd.policy import Endpoint, ask
text = question().replace(b"192.0.2.1", b"192.0.2.77").replace(b"sender=", b"sender=a@b.example")
print(ask(Endpoint("inet", sys.argv[1]), text, 10, "/"))
"""


@pytest.fixture
def grey(lab: Lab) -> Iterator[tuple[Lab, Path]]:
    """A lab with postgrey on PORT, its whitelists in a folder of its own."""
    folder = lab.directory / "grey"
    folder.mkdir()
    (folder / "clients").write_bytes(b"# ours\nexample.org\n")
    (folder / "recipients").write_bytes(b"")
    shutil.chown(folder, "postgrey", "postgrey")
    pid = folder / "pid"
    started = lab.run(
        "postgrey", "-d", f"--inet=127.0.0.1:{PORT}", f"--dbdir={folder}", f"--pidfile={pid}", "--delay=60",
        "--user=postgrey", "--group=postgrey", f"--whitelist-clients={folder}/clients",
        f"--whitelist-recipients={folder}/recipients",
    )  # fmt: skip
    assert started.ok, started.words
    yield lab, folder
    lab.run("sh", "-c", f"kill $(cat {pid})")


def asked(lab: Lab) -> str:
    done = lab.run(sys.executable, "-c", _ASK, f"127.0.0.1:{PORT}")
    assert done.ok, done.words
    return done.out.decode().strip()


def test_postgrey_and_policyd_spf(grey: tuple[Lab, Path]) -> None:
    lab, folder = grey
    master = lab.config_dir / "master.cf"
    master.write_bytes(
        master.read_bytes() + b"policyd-spf unix - n n - 0 spawn\n  user=nobody argv=/usr/bin/policyd-spf\n"
    )
    rule = f"check_policy_service inet:127.0.0.1:{PORT}, check_policy_service unix:private/policyd-spf"
    assert lab.run("postconf", "-e", "policyd-spf_time_limit=3600", f"smtpd_data_restrictions={rule}").ok
    assert lab.postfix("reload").ok
    time.sleep(0.5)
    done = lab.run(sys.executable, "-c", _LOOK)
    assert done.ok, done.words
    rows = {row[0]: row[1:] for row in json.loads(done.out)}
    program, by, alive, spoke, says = rows[f"inet:127.0.0.1:{PORT}"]
    assert (program, alive, spoke) == ("postgrey", True, "postgrey"), says
    assert by.startswith("the process")
    program, by, alive, _, says = rows["unix:private/policyd-spf"]
    assert (program, alive) == ("policyd-spf", True), says
    assert by.startswith("master.cf spawns")
    # the whitelist counts after SIGHUP
    assert "DEFER_IF_PERMIT" in asked(lab)
    document = Whitelist.parse((folder / "clients").read_bytes())
    (folder / "clients").write_bytes(document.spliced(document.add(b"192.0.2.77")).raw)
    assert "DEFER_IF_PERMIT" in asked(lab)
    assert lab.run("sh", "-c", f"kill -HUP $(cat {folder}/pid)").ok
    limit = time.monotonic() + 10
    while "DUNNO" not in (last := asked(lab)):
        assert time.monotonic() < limit, last
        time.sleep(0.2)
