"""Reads a table in every way at once while mailtui changes it; runs beside the server of a Lab.

python -m tests.laws.readers TYPE CHANGES: prints what was done and what went wrong, as JSON.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mailtui.apply.compile import live_path
from mailtui.apply.transaction import apply
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance

ROWS = 2000
DOMAIN = "falcotsbrand.com"
KEEP, VALUE = f"keep@{DOMAIN}", "jean@falcot.com"
"""An entry that is always there."""
PROBE = f"probe@{DOMAIN}"
"""An entry that every change gives another value."""
ONE_SMTPD = 10025
"""The port of a service that is one process at a time."""
PER_SECOND, SENDERS = 20, 3
"""Messages, and the threads that send them: one session may take longer than there is time for one."""
PATIENCE = 30.0
"""Seconds until the last message must be delivered."""

_BAD = re.compile(
    rb"NOQUEUE|status=(?!sent)|"
    rb"(?:warning|error|fatal|panic): (?!file system clock is|resetting file time stamps)"
)
"""What tells of a lookup or a message gone wrong; that this machine's clock was set is none of it."""
_QUEUED = re.compile(rb"queued as (\w+)")


class Trial:
    """One table of the server in `config_dir`, its readers, and what they met."""

    def __init__(self, config_dir: Path, kind: str) -> None:
        self.config_dir = config_dir
        self.target = Target("table", str(config_dir / "virtual"), kind)
        self.wrong: list[str] = []
        self.counts: dict[str, int] = {"lookups": 0, "batches": 0, "messages": 0, "sessions": 0}
        self.queued: dict[str, str] = {}
        """Queue numbers of the messages taken, and to whom they must go."""
        self._stop = threading.Event()
        self._snapshot = config_dir.parents[1] / "snapshot"
        self._counting = threading.Lock()
        self._log = config_dir.parents[1] / "log/mail.log"
        self._begun = 0

    def prepare(self) -> None:
        """Let the server use a table of this type, with one service of a single process, and no other."""
        rows = "".join(f"user{n}@{DOMAIN} {VALUE}\n" for n in range(ROWS))
        Path(self.target.path).write_text(f"{KEEP} {VALUE}\n{PROBE} {VALUE}\n{rows}")
        self._postfix_runs("postmap", "-c", str(self.config_dir), self.target.spec)
        service = f"{ONE_SMTPD}/inet={ONE_SMTPD} inet n - n - 1 smtpd"
        self._postfix_runs("postconf", "-c", str(self.config_dir), "-M", "-e", service)
        settings = (
            f"virtual_alias_maps={self.target.spec}",
            "smtpd_junk_command_limit=100000",  # each RSET of the session that stays open is one
        )
        self._postfix_runs("postconf", "-c", str(self.config_dir), "-e", *settings)
        for name in ("main.cf", "master.cf"):
            os.utime(self.config_dir / name, (1_000_000_000, 1_000_000_000))  # no program waits for it
        old = _smtpds()
        self._postfix_runs("postfix", "-c", str(self.config_dir), "reload")
        until = time.monotonic() + PATIENCE
        while (
            old & _smtpds() and time.monotonic() < until
        ):  # one of them might still take a session, the last
            time.sleep(0.02)
        self._begun = self._log.stat().st_size

    def _postfix_runs(self, *argv: str) -> None:
        subprocess.run(argv, check=True, capture_output=True)

    # -- the readers: each runs until the end, and knows what it must be told -------------------------

    def run(self, changes: int) -> None:
        """Make the changes while every reader reads."""
        loops = (self._look_up, self._look_up_many, *[self._mail] * SENDERS)
        threads = [threading.Thread(target=self._until_stopped, args=(loop,)) for loop in loops]
        with smtplib.SMTP("127.0.0.1", 25) as session:
            session.ehlo("desk5.falcot.com")
            for thread in threads:
                thread.start()
            try:
                for turn, edits in zip(range(changes), self._edits(), strict=False):
                    self._change(turn, edits)
                    self._see(turn, edits)
                    self._still_takes(session)
            finally:
                self._stop.set()
                for thread in threads:
                    thread.join()
        self._delivered()

    def _until_stopped(self, loop: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                loop()
        finally:  # a thread's end must not pass for a quiet reader
            if not self._stop.is_set():
                self.wrong.append(f"{loop.__name__} ended early")

    def _ask(self, key: str, stdin: bytes = b"") -> bytes:
        argv = ("postmap", "-c", self.config_dir, "-q", key, self.target.spec)
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
        if done.returncode or done.stderr:
            self.wrong.append(f"postmap -q {key}: {done.returncode} {done.stderr!r}")
        return done.stdout

    def _look_up(self) -> None:
        self.counts["lookups"] += 1
        said = self._ask(KEEP)
        if said != f"{VALUE}\n".encode():
            self.wrong.append(f"{KEEP} is {said!r}")

    def _look_up_many(self) -> None:
        self.counts["batches"] += 1
        keys = [f"user{n}@{DOMAIN}" for n in range(0, ROWS, 10)]
        said = self._ask("-", "".join(f"{key}\n" for key in keys).encode())
        if said != "".join(f"{key}\t{VALUE}\n" for key in keys).encode():
            self.wrong.append(f"a batch says {said!r}")

    def _mail(self) -> None:
        begun = time.monotonic()
        with self._counting:
            self.counts["messages"] += 1
        self._send(KEEP, VALUE, 25)
        self._stop.wait(max(0.0, SENDERS / PER_SECOND - (time.monotonic() - begun)))

    def _send(self, to: str, expected: str, port: int) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as session:
                session.ehlo("desk5.falcot.com")
                session.mail("laure@falcot.com")
                said = [session.rcpt(to), session.data("Subject: Lunch\r\n\r\nAt noon?\r\n")]
        except (smtplib.SMTPException, OSError) as error:
            self.wrong.append(f"to {to}: {error!r}")
            return
        found = _QUEUED.search(said[-1][1])
        if found is None:
            self.wrong.append(f"to {to}: {said}")
        else:
            self.queued[found[1].decode()] = expected

    # -- the changes, and who must see them -------------------------------------------------------------

    def _edits(self) -> Iterator[tuple[Edit, ...]]:
        """The probe goes elsewhere each time; another entry comes and goes."""
        was, guest = VALUE, f"guest@{DOMAIN}"
        for turn in itertools.count():
            value = f"jean+{turn}@falcot.com"
            other = SetEntry(self.target, guest, (VALUE,)) if turn % 2 else None
            gone = RemoveEntry(self.target, guest, (VALUE,)) if turn and not turn % 2 else None
            rest = [edit for edit in (other, gone) if edit is not None]
            yield (SetEntry(self.target, PROBE, (value,), (was,)), *rest)
            was = value

    def _change(self, turn: int, edits: tuple[Edit, ...]) -> None:
        self._snapshot.unlink(missing_ok=True)
        if turn % 4 >= 2:  # someone's snapshot of the table: its file has two names
            self._snapshot.hardlink_to(live_path(self.target))
        instance = Instance.open(str(self.config_dir))
        outcome = apply(instance, edits, who="reader", accept_not_yours=True)
        if outcome.state != "applied":
            self.wrong.append(f"change {turn}: {outcome.state}: {outcome.error}")

    def _see(self, turn: int, edits: tuple[Edit, ...]) -> None:
        """The next session must meet what was written, in smtpd as in cleanup."""
        self.counts["sessions"] += 1
        self._send(PROBE, f"jean+{turn}@falcot.com", ONE_SMTPD)
        if self._ask(PROBE) != f"jean+{turn}@falcot.com\n".encode():
            self.wrong.append(f"change {turn}: the live table answers with an old value")
        with smtplib.SMTP("127.0.0.1", ONE_SMTPD, timeout=PATIENCE) as session:
            session.ehlo("desk5.falcot.com")
            session.mail("laure@falcot.com")
            code = session.rcpt(f"guest@{DOMAIN}")[0]
        if (code == 250) is not bool(turn % 2):
            self.wrong.append(f"change {turn}: a new session says {code} to guest")

    def _still_takes(self, session: smtplib.SMTP) -> None:
        """A session that has been open all the time: its smtpd has the table open, old or new."""
        code, text = session.mail("laure@falcot.com")
        if code == 250:
            code, text = session.rcpt(KEEP)
        if code != 250:
            self.wrong.append(f"the long session: {code} {text!r}")
        session.rset()

    # -- the log ----------------------------------------------------------------------------------------

    def _new_log(self) -> bytes:
        return self._log.read_bytes()[self._begun :]

    def _delivered(self) -> None:
        """Every message that was taken has reached the address it had to."""
        until = time.monotonic() + PATIENCE
        left = dict(self.queued)
        while left and time.monotonic() < until:
            time.sleep(0.1)
            log = self._new_log().decode("utf-8", "replace")
            sent = set(re.findall(r" (\w+): to=<([^>]*)>,.* status=sent", log))
            left = {number: to for number, to in left.items() if (number, to) not in sent}
        self.wrong += [f"{number} was never delivered to {to}" for number, to in left.items()]

    def complaints(self) -> list[str]:
        """What the server said against a message or a table; the refusals of guest are meant."""
        refused = f"<guest@{DOMAIN}>: Recipient address rejected: User unknown".encode()
        lines = [line for line in self._new_log().splitlines() if _BAD.search(line) and refused not in line]
        return [line.decode("utf-8", "replace") for line in lines]

    def processes(self) -> tuple[int, int]:
        """How often a running daemon said that it saw another table, and the most sessions of one smtpd."""
        log = self._new_log()
        served = re.findall(rb"/smtpd\[(\d+)\]: connect from", log)
        return log.count(b"has changed -- restarting"), max(map(served.count, set(served)), default=0)


def _smtpds() -> set[str]:
    """The server's smtpd processes now."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if entry.read_text() == "smtpd\n":
                found.add(entry.parent.name)
    return found


def main() -> None:
    kind, changes = sys.argv[1], int(sys.argv[2])
    trial = Trial(Path(os.environ["MAILTUI_CONFIG_DIR"]), kind)
    trial.prepare()
    begun = time.monotonic()
    trial.run(changes)
    noticed, most = trial.processes()
    told = {
        **trial.counts,
        "noticed": noticed,
        "most": most,
        "seconds": round(time.monotonic() - begun, 1),
        "wrong": trial.wrong + trial.complaints(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
