"""ClamAV: each finding made with a list of listening sockets of its own, and gone once it is mended."""

from __future__ import annotations

import os
import pwd
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from mailtui.doctor import clamav
from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.formats.milteritem import Endpoint
from mailtui.milters.sockets import Sockets
from mailtui.postfix.instance import Instance
from tests.doctor.ailing import healed
from tests.postfix.conftest import MakeInstance, instance_dir
from tests.screens.aliasing import short_folder

__all__ = ["instance_dir"]

MASTER = "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
MAIN = "smtpd_milters = inet:127.0.0.1:8894\nmynetworks = 127.0.0.0/8 192.168.7.0/24\n"
MILTER = "MilterSocket inet:8894@127.0.0.1\nClamdSocket unix:@/run/clamd.ctl\nUser clamav\nOnInfected Reject\nOnFail Defer\n"
CLAMD = "LocalSocket @/run/clamd.ctl\nDatabaseDirectory @/db\nUser clamav\n"


class Ill(NamedTuple):
    """`file` and `line`: where the finding points; `after`: a line of that file once it is mended, empty where
    no edit mends it; `words`: what must be said. `@` is the test's folder."""

    id: str
    file: str
    line: int
    after: str = ""
    words: str = ""
    milter: str = MILTER
    clamd: str = CLAMD
    main: str = MAIN
    there: str = "@/run/clamd.ctl"
    made: float = 1.0
    """Days ago that the daily signatures were made; 0 for none."""


BIG = MAIN + "message_size_limit = 60000000\n"
TCP = MILTER.replace("unix:@/run/clamd.ctl", "tcp:127.0.0.1:3310")
HEARS = CLAMD + "TCPSocket 3310\nTCPAddr 127.0.0.1\nStreamMaxLength 5M\n"
ILL = [
    Ill("clamav-clamd-down", "clamav-milter.conf", 2, "", "mail is put off", clamd="", there=""),
    Ill("clamav-clamd-down", "clamav-milter.conf", 2, "", "mail passes UNSCANNED",
        MILTER.replace("Defer", "Accept"), "", there=""),
    Ill("clamav-clamd-elsewhere", "clamav-milter.conf", 2, "ClamdSocket unix:@/run/clamd.ctl", "clamd.conf has it at",
        MILTER.replace("clamd.ctl", "old.ctl")),
    Ill("clamav-clamd-rights", "clamav-milter.conf", 2, "", "may not pass through", there="@/shut/clamd.ctl",
        milter=MILTER.replace("run", "shut"), clamd=CLAMD.replace("run", "shut")),
    Ill("clamav-chroot", "clamav-milter.conf", 6, "", "is not there", MILTER + "Chroot @/cage\n"),
    Ill("clamav-on-infected", "clamav-milter.conf", 4, "OnInfected Reject", "not warned",
        MILTER.replace("OnInfected Reject", "OnInfected Accept")),
    Ill("clamav-on-infected", "clamav-milter.conf", 4, "OnInfected Reject", "neither side",
        MILTER.replace("OnInfected Reject", "OnInfected Blackhole")),
    Ill("clamav-on-clean", "clamav-milter.conf", 6, "OnClean Accept", "put on hold", MILTER + "OnClean Quarantine\n"),
    Ill("clamav-local-net", "clamav-milter.conf", 6, "", "192.168.7.0/24",
        MILTER + "LocalNet 192.168.0.0/16\nLocalNet 127.0.0.0/8\n"),
    Ill("clamav-local-net", "clamav-milter.conf", 6, "", "everybody", MILTER + "LocalNet 0.0.0.0/0\n"),
    Ill("clamav-skip-authenticated", "clamav-milter.conf", 6, "", "submission/inet", MILTER + "SkipAuthenticated .*\n"),
    Ill("clamav-max-file-size", "clamav-milter.conf", 1, "MaxFileSize 58M", "the first 25M", main=BIG),
    Ill("clamav-max-file-size", "clamav-milter.conf", 6, "", "any size", MILTER + "MaxFileSize 10M\n",
        main=MAIN + "message_size_limit = 0\n"),
    Ill("clamav-clamd-size", "clamd.conf", 4, "MaxFileSize 25M", "not a byte is scanned", main=BIG,
        clamd=CLAMD + "MaxFileSize 5M\nMaxScanSize 0\n"),
    Ill("clamav-clamd-size", "clamd.conf", 4, "MaxScanSize 10M", "AlertExceedsMax",
        clamd=CLAMD + "MaxScanSize 5M\nAlertExceedsMax yes\n"),
    Ill("clamav-stream", "clamd.conf", 6, "StreamMaxLength 10M", "each time it comes", TCP, HEARS, there="3310"),
    Ill("clamav-clamd-open", "clamd.conf", 4, "TCPAddr 127.0.0.1", "no password", clamd=CLAMD + "TCPSocket 3310\n"),
    Ill("clamav-no-signatures", "clamd.conf", 2, "", "there is no database", made=0.0),
    Ill("clamav-no-signatures", "clamd.conf", 2, "DatabaseDirectory @/fresh", "No such file",
        clamd=CLAMD.replace("/db", "/nowhere")),
    Ill("clamav-old", "clamd.conf", 2, "", "new viruses pass", made=9.0),
]  # fmt: skip


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name: a socket's path has 107 bytes at most."""
    for folder in short_folder():
        os.chmod(folder, 0o755)
        yield folder


def daily(folder: Path, days: float) -> None:
    """A database whose header says when it was made; what follows is of no matter here."""
    folder.mkdir(exist_ok=True)
    if days:
        stamp = int(time.time() - days * 86400)
        header = f"ClamAV-VDB:16 Sep 2021 08-32 -0400:27500:2:90:{'0' * 32}:sig:builder:{stamp}"
        (folder / "daily.cld").write_bytes(header.encode().ljust(512) + b"\x1f\x8b")


def made(make: MakeInstance, folder: Path, ill: Ill) -> Instance:
    def filled(text: str) -> str:
        return text.replace("@/", f"{folder}/")

    instance = Instance.open(str(make(ill.main, master=MASTER)))
    etc = Path(os.path.dirname(instance.config_dir)) / "clamav"
    etc.mkdir(exist_ok=True)
    (etc / "clamav-milter.conf").write_text(filled(ill.milter))
    if ill.clamd:
        (etc / "clamd.conf").write_text(filled(ill.clamd))
    (etc / "freshclam.conf").write_text(f"DatabaseDirectory {folder}/fresh\n")
    daily(folder / "db", ill.made)
    daily(folder / "fresh", 1.0 if ill.id == "clamav-no-signatures" and ill.made else 0.0)
    return instance


def found_in(instance: Instance) -> list[Finding]:
    return list(clamav.findings(Case(instance)))


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Sockets at both places; only those of this test are seen, and none has a process."""
    with ExitStack() as stack:
        for name, mode in (("run", 0o755), ("shut", 0o700)):
            (tmp_path / name).mkdir()
            one = stack.enter_context(socket.socket(socket.AF_UNIX))
            one.bind(str(tmp_path / name / "clamd.ctl"))
            one.listen()
            (tmp_path / name / "clamd.ctl").chmod(0o666)
            (tmp_path / name).chmod(mode)
        monkeypatch.setattr(Sockets, "owners", {})
        yield tmp_path


def only_these(monkeypatch: pytest.MonkeyPatch, there: str, folder: Path) -> None:
    """The kernel's list with one socket of clamd's, and something else."""
    kept = [each for each in Sockets().found if each[0].path == there.replace("@", str(folder))]
    if there.isdecimal():
        kept = [(Endpoint("inet", "127.0.0.1", there), "")]
    other = (Endpoint("inet", "127.0.0.1", "8894"), "")
    monkeypatch.setattr(Sockets, "__init__", _init([*kept, other]))


def _init(found: object) -> object:
    def init(self: Sockets) -> None:
        self.found, self._owners = found, {}  # type: ignore[assignment]  # what the test names

    return init


def has_clamav() -> bool:
    try:
        return bool(pwd.getpwnam("clamav"))
    except KeyError:
        return False


@pytest.mark.parametrize("ill", ILL, ids=lambda ill: f"{ill.id}-{ill.words[:12]}")
def test_each_is_found_and_mended(
    instance_dir: MakeInstance, listening: Path, monkeypatch: pytest.MonkeyPatch, ill: Ill
) -> None:
    if ill.id == "clamav-clamd-rights" and not has_clamav():
        pytest.skip("there is no user clamav")
    instance = made(instance_dir, listening, ill)
    only_these(monkeypatch, ill.there, listening)
    found = [each for each in found_in(instance) if each.id == ill.id]
    assert len(found) == 1, found_in(instance)
    (one,) = found
    assert (os.path.basename(one.file), one.line) == (ill.file, ill.line)
    assert ill.words in f"{one.title} {one.why}"
    if one.fix is None:
        assert not ill.after
        assert one.fix_words
        return
    after = healed(instance, one)
    assert ill.id not in {each.id for each in found_in(after)}
    lines = after.files.raw(one.file).decode().splitlines()
    assert ill.after.replace("@", str(listening)) in [*lines, ""]


MENDED = {"clamav-chroot", "clamav-local-net", "clamav-skip-authenticated"}


def test_what_is_mended_by_a_line_that_goes(
    instance_dir: MakeInstance, listening: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those without a line to look for have an edit all the same."""
    only = [ill for ill in ILL if ill.id in MENDED]
    assert len(only) == 4
    for ill in only:
        instance = made(instance_dir, listening, ill)
        with monkeypatch.context() as patch:
            only_these(patch, ill.there, listening)
            (one,) = [each for each in found_in(instance) if each.id == ill.id]
            assert one.fix is not None, ill
            gone = ill.milter.splitlines()[5].replace("@", str(listening))
            assert gone not in healed(instance, one).files.raw(one.file).decode().splitlines()


def test_a_sound_pair_has_none(
    instance_dir: MakeInstance, listening: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = made(instance_dir, listening, Ill("", "", 0))
    only_these(monkeypatch, "@/run/clamd.ctl", listening)
    assert found_in(instance) == []


def test_nothing_is_said_where_nobody_asks(instance_dir: MakeInstance, listening: Path) -> None:
    instance = made(instance_dir, listening, Ill("", "", 0, main="mynetworks = 127.0.0.0/8\n", clamd=""))
    assert found_in(instance) == []


def test_one_clamd_of_two_is_enough(
    instance_dir: MakeInstance, listening: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = MILTER.replace("ClamdSocket", "ClamdSocket tcp:127.0.0.1:3399\nClamdSocket")
    instance = made(instance_dir, listening, Ill("", "", 0, milter=two))
    only_these(monkeypatch, "@/run/clamd.ctl", listening)
    assert found_in(instance) == []


def test_loading_twice_where_memory_is_short(
    instance_dir: MakeInstance, listening: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = made(instance_dir, listening, Ill("", "", 0))
    only_these(monkeypatch, "@/run/clamd.ctl", listening)
    with open(listening / "db" / "main.cvd", "wb") as file:
        file.truncate(200 << 20)
    monkeypatch.setattr(clamav, "_memory", lambda: 2 << 30)
    (one,) = found_in(instance)
    assert (one.id, "2048 MB" in one.why) == ("clamav-memory", True)
    after = healed(instance, one)
    assert b"ConcurrentDatabaseReload no\n" in after.files.raw(one.file)
    assert found_in(after) == []
    monkeypatch.setattr(clamav, "_memory", lambda: 8 << 30)
    assert found_in(instance) == []
