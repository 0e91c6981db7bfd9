"""A console to be pictured: Falcot Corp's configuration, a log, a queue and a history that are the same on every
machine and at every time. What differs (the clock, the users, the folder, the programs that run) is given at
the borders."""

from __future__ import annotations

import asyncio
import datetime
import grp
import importlib
import os
import pkgutil
import pwd
import re
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

import mailtui
from mailtui.apply import actor
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.review import state_folder
from mailtui.cli.console import prepare
from mailtui.demo import accounts, files
from mailtui.demo.place import Mode, Place
from mailtui.dns.ask import Answer, Names
from mailtui.formats.milteritem import Endpoint
from mailtui.milters.alive import Alive
from mailtui.postfix.statefolder import label
from mailtui.screens.app import MailtuiApp
from mailtui.screens.parts import examiner, text
from mailtui.screens.parts.opening import session_of
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.terminal import Plan
from mailtui.settings import Settings, load
from mailtui.text.safe import safe as made_safe
from tests.postfix.queues import fake_postqueue
from tests.screens.aliasing import Console
from tests.screens.exhibitmail import NOW, at, log, waiting

SHOWN = "/srv/falcot-mail"
"""What the folder is called on the screens: as long as the real name."""
USERS = ("roland", "jean", "laure", "sophie", "joe", "marie", "paul", "claire")
FILTERS = {
    "opendkim.conf": """\
Domain                  falcot.com
Selector                mail
KeyFile                 {folder}/etc/dkimkeys/mail.private
RequireSafeKeys         no
InternalHosts           127.0.0.1, 192.168.10.0/24
Socket                  local:{folder}/spool/opendkim/opendkim.sock
""",
    "opendmarc.conf": "Socket local:{folder}/spool/opendmarc/opendmarc.sock\nSPFSelfValidate true\n",
    "clamav/clamav-milter.conf": "MilterSocket {folder}/spool/clamav/clamav-milter.ctl\n",
}
ANSWER = ("opendkim", "opendmarc")
"""The milters that are up."""
CERTIFICATE = Path(__file__).parent / "snapshots" / "mail.falcot.com.pem"
"""Of Falcot's own making, good until 2036, with its key."""
KEY = CERTIFICATE.with_name("mail.private")
"""What opendkim signs with; it is 412 days old."""
IMPORTED = """\
address,goto
contact@falcotsbrand.com,jean@falcot.com
shop-fr@falcotsbrand.com,"laure@falcot.com, marie@falcot.com"
no one@x.test,joe
"""
SETTINGS = "rehearsal = false\n"
PUBLIC = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCyfV1JcIodsX6fjC0pnqpMB5x/NwIGStsXJyzaxqMjTnkx30CXN3"
    "MeSCNXSpLrD9dgU0N2tFAPVnqA7ujZS2B2ub9nwkwIuE87XZScUQ/+wMHjZvc1Fsd04K1I7Ez8xX7Vk/CS84R0Wj5g"
    "jKWNCvgTicCXLnaq2NlPAC1C1eeOqwIDAQAB"
)
"""What goes with KEY."""
DNS = {
    ("mail.falcot.com", "A"): ("192.0.2.25",),
    ("25.2.0.192.in-addr.arpa", "PTR"): ("mail.falcot.com",),
    ("falcot.com", "MX"): ("10 mail.falcot.com",),
    ("falcot.com", "TXT"): ("v=spf1 mx -all",),
    ("_dmarc.falcot.com", "TXT"): ("v=DMARC1; p=quarantine; rua=mailto:dmarc@falcot.com",),
    ("mail._domainkey.falcot.com", "TXT"): (f"v=DKIM1; k=rsa; p={PUBLIC}",),
    ("falcot.org", "MX"): ("10 mail.falcot.com",),
    ("falcot.org", "TXT"): ("v=spf1 a:mail.falcot.com ~all",),
    ("example.net", "MX"): ("10 mail.example.net",),
    ("example.net", "A"): ("198.51.100.7",),
    ("mail.example.net", "A"): ("198.51.100.7",),
}
"""All that DNS knows."""


class _Clock(datetime.datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]  # no subclass
        return NOW.astimezone(tz) if tz is not None else NOW.replace(tzinfo=None)


def stand_still(patch: pytest.MonkeyPatch) -> None:
    """Stop the clock at NOW, in UTC, for all of mailtui."""
    patch.setenv("TZ", "UTC")
    time.tzset()
    patch.setattr(time, "time", NOW.timestamp)
    for found in pkgutil.walk_packages(mailtui.__path__, "mailtui."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            if getattr(module, "datetime", None) is datetime.datetime:
                patch.setattr(module, "datetime", _Clock)


def _users(patch: pytest.MonkeyPatch, homes: Path) -> None:
    """The users of mail.falcot.com, and no others; whoever runs the test is its root, whose group postfix is in."""
    system = [("root", 0), ("mail", 8), ("nobody", 65534), ("postfix", 104)]
    mine = os.getegid()
    listed = [pwd.struct_passwd((name, "x", uid, mine, "", "/", "/usr/sbin/nologin")) for name, uid in system]
    listed += [
        pwd.struct_passwd((name, "x", uid, 1000, "", str(homes / name), "/bin/bash"))
        for uid, name in enumerate(USERS, 1001)
    ]
    names = {each.pw_name: each for each in listed}
    uids = {each.pw_uid: each for each in listed} | {os.geteuid(): listed[0]}
    patch.setattr(pwd, "getpwnam", names.__getitem__)
    patch.setattr(pwd, "getpwuid", uids.__getitem__)
    patch.setattr(pwd, "getpwall", lambda: listed)
    patch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("sasl", "x", gid, [])))


def _beside(place: Place) -> None:
    """The filters' files, and the certificate."""
    for name, words in FILTERS.items():
        path = place.settings / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(words.format(folder=place.directory))
    place.certificate.parent.mkdir()
    for path in (place.certificate, place.certificate.with_suffix(".key")):
        shutil.copyfile(CERTIFICATE, path)
        path.chmod(0o600)
    for path in (place.mail, place.mail / "vhosts", place.mail / "vhosts" / "falcot.org"):
        path.chmod(0o777)  # who may not give folders away lets everybody write there
    key = place.settings / "dkimkeys" / "mail.private"
    key.parent.mkdir(mode=0o700)
    shutil.copyfile(KEY, key)
    key.chmod(0o600)
    old = NOW.timestamp() - 412.3 * 86_400
    os.utime(key, (old, old))
    main = place.etc / "main.cf"
    main.write_text(re.sub("static:[0-9]+", "static:5000", main.read_text()))
    os.chown(place.spool / "etc" / "sasldb2", os.geteuid(), os.getegid())
    for name in ANSWER:
        (place.spool / name).mkdir()
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(place.spool / name / f"{name}.sock"))
        (place.spool / name / f"{name}.sock").chmod(0o666)


def _programs(patch: pytest.MonkeyPatch, spool: Path) -> None:
    """Postfix runs for twelve days, the milters answer, but for one; nothing else runs on this host."""
    for name in ("mailtui.postfix.instance", "mailtui.overview.server"):
        patch.setattr(f"{name}.master_pid", lambda _queue: 4711)
    patch.setattr("mailtui.overview.server._age", lambda _pid: 12.1 * 86_400)
    sockets = [Endpoint("unix", path=str(spool / name / f"{name}.sock")) for name in ANSWER]
    patch.setattr("mailtui.milters.sockets._listening", lambda: ((each, "1") for each in sockets))
    patch.setattr("mailtui.milters.sockets._owners", lambda _inodes: {})
    patch.setattr("mailtui.overview.asking.DELAY", 3600.0)  # pictures show what is so before DNS was asked
    patch.setattr("mailtui.screens.parts.milterwatch.FIRST", 0.0)
    patch.setattr("mailtui.screens.parts.guarded.GUARD", 0.0)
    patch.setattr("mailtui.postfix.instances._managed", lambda _default: [])
    for name in ("running", "places", "filterfiles"):
        patch.setattr(f"mailtui.milters.{name}.processes", list)
    for name in ("milters.look", "screens.parts.milterview"):
        patch.setattr(f"mailtui.{name}.ping", _ping)
    patch.setattr(Names, "_work", _answered)
    patch.setattr("mailtui.postfix.interfaces._of_this_host", lambda: ["127.0.0.1", "192.0.2.25"])
    patch.setattr(actor, "who", lambda: "roland")
    for name in ("actor", "journal", "keeping"):
        patch.setattr(f"mailtui.apply.{name}.now", at(7950).isoformat)


def _answered(_names: Names, future: Future[Answer], question: tuple[str, str], _limit: float) -> None:
    """What DNS says, in three milliseconds."""
    records = DNS.get(question, ())
    other = any(name == question[0] for name, _ in DNS)
    firsts = records if question[1] == "TXT" else ()
    future.set_result(
        Answer("ok" if records else "nodata" if other else "nxdomain", records, 3.0, firsts=firsts)
    )


def _called(patch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
    """Have things called by other names on the screens, which are as long."""

    def safe(words: str, limit: int | None = None) -> str:
        for name, shown in names.items():
            words = words.replace(name, shown)
        return made_safe(words) if limit is None else made_safe(words, limit)

    patch.setattr(text, "safe", safe)


def _ping(address: str | Endpoint, **_more: object) -> Alive:
    """What a milter answers; clamav-milter nothing."""
    if "clamav" in str(address):
        return Alive(False, False, ms=0.1, problem="no socket")
    return Alive(True, True, 6, ("add headers",), ("connect",), 2.0)


@contextmanager
def falcot() -> Iterator[Place]:
    """Falcot Corp's files in a folder that the screens call SHOWN."""
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    assert len(str(folder)) == len(SHOWN)
    folder.chmod(0o755)
    try:
        with pytest.MonkeyPatch.context() as patch:
            filters = ("opendkim", "opendmarc", "clamav-milter")
            place = Place(folder, Mode.NAMESPACE, policy_port=10029, accounts=True, filters=filters)
            patch.setattr(accounts, "_certificate", lambda _place: None)  # each would have its own days
            patch.setattr("mailtui.demo.spool.make", lambda _folder: None)  # whose owners only root can set
            files.write(place)
            _beside(place)
            place.log.write_text(log())
            (folder / "new.csv").write_text(IMPORTED)
            (folder / "config" / "mailtui").mkdir(parents=True)
            (folder / "config" / "mailtui" / "config.toml").write_text(SETTINGS)
            patch.setenv("MAILTUI_STATE_DIR", str(folder / "state"))
            patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
            patch.setattr("mailtui.settings.SYSTEM_FILE", folder / "none.toml")
            patch.delenv("NO_COLOR", raising=False)
            patch.setattr(examiner, "FIRST", 0.1)
            _programs(patch, place.spool)
            fake_postqueue(folder, patch, waiting())
            stand_still(patch)
            _users(patch, place.homes)
            _called(patch, {str(folder): SHOWN, label(str(folder)): label(SHOWN), "/tmp": "/srv"})
            yield place
    finally:
        time.tzset()
        shutil.rmtree(folder)


def history(session: Session) -> None:
    """Two changes that were written here."""
    with Journal.writing(state_folder(session.instance, make=True)) as journal:
        for words in (
            "+ alias presse@falcot.com → sophie@falcot.com",
            "~ parameter message_size_limit = 20480000",
        ):
            change = new_change("roland", session.instance.config_dir, session.instance.hostname)
            change.words = [words]
            change.id = journal.prepare(change)
            journal.begin(change, [], b"")
            journal.finish(change, "applied")


@asynccontextmanager
async def console(place: Place, size: tuple[int, int], start: str = "overview") -> AsyncIterator[Console]:
    """The console on these files."""
    shutil.rmtree(place.state, ignore_errors=True)  # what the console before found out and kept
    settings: Settings = load()
    session = session_of(prepare(settings, str(place.etc), ""))
    session.first = False
    history(session)
    while not session.status.milters:  # else they come into the status line some seconds later
        session.polled(*session.poll())
        await asyncio.sleep(0.02)
    app = MailtuiApp(session, Plan(), start)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        up = Console(app, pilot, place.etc)
        await up.until(lambda: session.examined)
        yield up
