"""The real clamav-milter and clamd: what of large mail is scanned, who is passed over, and the words that mailtui
has for each; a clamd that is not reached is found, and the edit that is offered brings the scanner back."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.demo import traffic
from mailtui.demo.beside import Filter
from mailtui.demo.filterfiles import TEST_VIRUS
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab

pytestmark = pytest.mark.skipif(
    None in (commands.find("clamd"), commands.find("clamav-milter")), reason="ClamAV is not installed"
)
VIRUS = TEST_VIRUS.decode()
LARGE = ("x" * 70 + "\r\n") * 900
"""Some 65 kB of mail without a virus."""
ASK = """
import sys
from mailtui.formats.milteritem import Endpoint
from mailtui.milters.clamd import ask
found = ask(Endpoint("unix", path=sys.argv[1]), timeout=5)
print(int(found.alive), found.version, found.database, int(found.made), found.problem, sep="|")
"""
MEND = """
import sys
from pathlib import Path
from mailtui.doctor.examine import examine
from mailtui.edits.candidate import Candidate
from mailtui.postfix.instance import Instance
instance = Instance.open(sys.argv[1])
found = next(each for each in examine(instance) if each.id == sys.argv[2])
for change in Candidate(instance.files, found.fix.edits).changes:
    Path(change.target.path).write_bytes(change.after)
"""


class Pair:
    """clamd and clamav-milter of one lab, set otherwise for each test."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.filters = lab, Filters(lab)
        self.clamd, self.milter = self.filters.clamd(), self.filters.clamav_milter()
        self.filters.attach(self.milter, default_action="tempfail")
        self._first = {each.config: each.config.read_bytes() for each in self.both}

    @property
    def both(self) -> tuple[Filter, Filter]:
        return self.clamd, self.milter

    @property
    def socket(self) -> Path:
        return self.lab.place.run / "clamav" / "clamd.ctl"

    def set(self, milter: Mapping[str, str] | None = None, clamd: Mapping[str, str] | None = None) -> None:
        """Both as they were, but for these settings (an empty one is none), started anew."""
        for one, settings in ((self.clamd, clamd or {}), (self.milter, milter or {})):
            lines = self._first[one.config].decode().splitlines()
            kept = [line for line in lines if line.split(" ")[0] not in settings]
            kept += [f"{name} {value}" for name, value in settings.items() if value]
            one.config.write_text("\n".join(kept) + "\n")
            one.restart()

    def send(self, body: str, **more: Any) -> tuple[int, str]:
        answer = self.lab.send("jean@falcot.com", body=body, **more)
        return answer.code, answer.text

    def found(self) -> dict[str, dict[str, Any]]:
        """What doctor says of ClamAV."""
        done = self.lab.mailtui("doctor", "--json")
        told = json.loads(done.out)
        return {each["id"]: each for each in told if each["id"].startswith("clamav-")}


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with Lab() as lab:
        yield Pair(lab)


REFUSED, TAKEN, LATER = 550, 250, 451
SIZES = [
    ("whole", {}, {}, LARGE + VIRUS, REFUSED, ""),
    ("behind MaxFileSize of clamav-milter", {"MaxFileSize": "50K"}, {}, LARGE + VIRUS, TAKEN, "clamav-max-file-size"),
    ("before it", {"MaxFileSize": "50K"}, {}, VIRUS + LARGE, REFUSED, "clamav-max-file-size"),
    ("above MaxFileSize of clamd", {}, {"MaxFileSize": "50K"}, VIRUS + LARGE, TAKEN, "clamav-clamd-size"),
    ("above MaxScanSize", {}, {"MaxScanSize": "50K"}, VIRUS + LARGE, TAKEN, "clamav-clamd-size"),
    ("AlertExceedsMax", {}, {"MaxFileSize": "50K", "AlertExceedsMax": "yes"}, LARGE, REFUSED, "clamav-clamd-size"),
    ("StreamMaxLength by a Unix socket", {}, {"StreamMaxLength": "50K"}, LARGE, TAKEN, ""),
    ("StreamMaxLength by TCP", {"ClamdSocket": "tcp:127.0.0.1:3310"},
     {"StreamMaxLength": "50K", "TCPSocket": "3310", "TCPAddr": "127.0.0.1"}, LARGE, LATER, "clamav-stream"),
]  # fmt: skip


@pytest.mark.parametrize(("milter", "clamd", "body", "code", "told"), [each[1:] for each in SIZES],
                         ids=[each[0] for each in SIZES])  # fmt: skip
def test_how_much_is_scanned(
    pair: Pair, milter: dict[str, str], clamd: dict[str, str], body: str, code: int, told: str
) -> None:
    pair.set(milter, clamd)
    limit = time.monotonic() + 10
    while pair.send("a line\r\n")[0] != TAKEN:  # a clamd that has just started is looked for again
        assert time.monotonic() < limit
        time.sleep(0.3)
    answer = pair.send(body)
    assert answer[0] == code, answer
    found = pair.found()
    about_sizes = {"clamav-max-file-size", "clamav-clamd-size", "clamav-stream"}
    assert about_sizes & set(found) == ({told} if told else set())


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"LocalNet": "127.0.0.0/8"}, TAKEN),
        ({"LocalNet": "192.0.2.0/24"}, REFUSED),
        ({"SkipAuthenticated": ".*"}, REFUSED),
    ],
)
def test_who_is_passed_over(pair: Pair, settings: dict[str, str], code: int) -> None:
    pair.set(settings)
    assert pair.send(VIRUS)[0] == code


def test_users_who_log_in_are_passed_over(pair: Pair) -> None:
    pair.set({"SkipAuthenticated": ".*"})
    login = {"login": "laure@falcot.com", "client": traffic.HOTEL}
    assert pair.send(VIRUS, **login)[0] == TAKEN
    assert "clamav-skip-authenticated" in pair.found()
    pair.set({"SkipAuthenticated": "nobody"})
    assert pair.send(VIRUS, **login)[0] == REFUSED


@pytest.mark.parametrize(
    ("action", "code"), [("Accept", TAKEN), ("Blackhole", TAKEN), ("Defer", LATER), ("Quarantine", TAKEN)]
)
def test_what_becomes_of_a_virus(pair: Pair, action: str, code: int) -> None:
    pair.set({"OnInfected": action, "RejectMsg": ""})
    after = pair.lab.log_size()
    assert pair.send(VIRUS)[0] == code
    if action == "Quarantine":
        pair.lab.logged("milter-hold", after=after)
    assert ("clamav-on-infected" in pair.found()) == (action in {"Accept", "Blackhole"})


@pytest.mark.parametrize(("action", "code"), [("Defer", LATER), ("Reject", REFUSED), ("Accept", TAKEN)])
def test_without_clamd(pair: Pair, action: str, code: int) -> None:
    pair.set({"OnFail": action})
    pair.clamd.stop()
    try:
        assert pair.send(VIRUS)[0] == code
        found = pair.found()["clamav-clamd-down"]
        assert found["severity"] == ("warning" if action == "Accept" else "error")
        words = {LATER: "is put off: 451", REFUSED: "refused for good: 550", TAKEN: "passes UNSCANNED"}[code]
        assert words in found["why"]
    finally:
        pair.clamd.start()
    assert "clamav-clamd-down" not in pair.found()


def test_a_socket_that_is_elsewhere_is_named_by_the_edit(pair: Pair) -> None:
    pair.set({"ClamdSocket": f"unix:{pair.socket}.old"})
    assert pair.send("a line\r\n")[0] == LATER
    found = pair.found()["clamav-clamd-elsewhere"]
    assert (found["file"], "clamav-milter.conf" in found["fix"]) == (str(pair.milter.config), True)
    done = pair.lab.run(sys.executable, "-c", MEND, str(pair.lab.config_dir), "clamav-clamd-elsewhere")
    assert done.ok, done.words
    assert f"ClamdSocket unix:{pair.socket}\n" in pair.milter.config.read_text()
    pair.milter.restart()
    assert pair.send("a line\r\n")[0] == TAKEN
    assert "clamav-clamd-elsewhere" not in pair.found()


def test_a_socket_that_is_not_for_its_user(pair: Pair) -> None:
    pair.set()
    os.chown(pair.socket, 0, 0)
    pair.socket.chmod(0o600)
    try:
        assert pair.send("a line\r\n")[0] == LATER
        found = pair.found()["clamav-clamd-rights"]
        assert "clamav may not write to" in found["why"]
        assert "root:root 0600" in found["why"]
    finally:
        pair.clamd.restart()


def test_clamd_tells_its_version_hangs_and_is_gone(pair: Pair) -> None:
    pair.set()

    def asked() -> list[str]:
        done = pair.lab.run(sys.executable, "-c", ASK, str(pair.socket))
        assert done.ok, done.words
        return done.out.decode().strip().split("|")

    alive, version, database, _, problem = asked()
    assert (alive, database, problem) == ("1", "0", "")
    assert re.fullmatch(r"ClamAV \d+\.\d+\.\d+", version)
    pair.clamd.hang()
    try:
        assert "within 5 s" in asked()[4]
    finally:
        pair.clamd.resume()
    pair.clamd.stop()
    try:
        assert asked()[4].startswith("clamd does not answer: ")
    finally:
        pair.clamd.start()
