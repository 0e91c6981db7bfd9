"""The sessions of a rehearsal: an outside client at each door, up to RCPT, and a knock at each daemon."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence

from mailtui.apply.rehearsal.script import Answer, Door, Script
from mailtui.apply.rehearsal.stubs import DOMAIN, Syslog

_STEP = 0.02
"""Seconds between two looks at whether somebody died meanwhile."""
QUIET = 0.06
"""Seconds without a new line after which the log is taken for complete."""
STALLED = 0.7
"""Seconds that an answer may take while some program dies at start: it may be the one that is asked."""
_DEAD = re.compile(
    r"/(?P<program>[\w.-]+)(?:\[\d+\]: (?:fatal|panic): |: bad command startup -- throttling|"
    r": No such file or directory$)"
)
_LACKING = re.compile(r"/(?P<program>[\w.-]+)\[\d+\]: warning: connect #\d+ to subsystem (?P<socket>\S+):")
DIES = " dies when it is started"
SENDER = f"sender@{DOMAIN}"


class Silence(Exception):
    """Nobody answers, and why."""


class Stage:
    """What all sessions share: the log, and until when there is patience."""

    def __init__(self, script: Script, log: Syslog) -> None:
        self.log = log
        self.until = time.monotonic() + script.patience
        self.answers: list[Answer] = []
        self.silent: list[str] = []
        self.untried: list[str] = []
        self.client = script.client

    @property
    def dead(self) -> set[str]:
        """The programs that die at start, by what they or master say."""
        found = (_DEAD.search(line) for line in tuple(self.log.lines))
        return {match["program"] for match in found if match}

    @property
    def lacking(self) -> dict[str, str]:
        """The programs that wait for another one, and for which socket: all are there from the start, or
        never."""
        found = (_LACKING.search(line) for line in tuple(self.log.lines))
        return {match["program"]: match["socket"] for match in found if match}

    def wait(self, ready: Callable[[], bool], program: str) -> None:
        """Wait for an answer. Raises Silence."""
        begun = time.monotonic()
        while not ready():
            dead = self.dead
            if program in dead:
                raise Silence(f"{program}{DIES}")
            if program in self.lacking:
                raise Silence(f"{program} waits for {self.lacking[program]}, which no service offers")
            if dead and time.monotonic() > begun + STALLED:
                raise Silence(f"no answer, while {', '.join(sorted(dead))} cannot be started")
            if time.monotonic() > self.until:
                raise Silence("no answer in time")


class Line:
    """One SMTP connection."""

    def __init__(self, stage: Stage, door: Door) -> None:
        self._stage, self._program = stage, "smtpd"
        try:
            self._socket: socket.socket = socket.create_connection((door.host, door.port), timeout=_STEP)
        except OSError as error:
            raise Silence(f"nobody listens: {error.strerror}") from None
        self._waiting = b""
        if door.tls:
            self.start_tls()

    def start_tls(self) -> None:
        """Go on over TLS; the certificate is not looked at."""
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._socket.settimeout(max(0.1, self._stage.until - time.monotonic()))
        try:
            self._socket = context.wrap_socket(self._socket)
        except OSError as error:
            raise Silence(f"no TLS: {error}") from None
        self._socket.settimeout(_STEP)

    def reply(self) -> str:
        """The next reply, its last line. Raises Silence."""

        def whole() -> bool:
            lines = self._waiting.split(b"\n")[:-1]
            if any(len(line) > 3 and line[3:4] != b"-" and line[:3].isdigit() for line in lines):
                return True
            with contextlib.suppress(TimeoutError):
                try:
                    part = self._socket.recv(8192)
                except ConnectionError:
                    part = b""
                if not part:
                    raise Silence("the connection was closed without an answer")
                self._waiting += part
            return False

        self._stage.wait(whole, self._program)
        last = ""
        while self._waiting:
            raw, _, self._waiting = self._waiting.partition(b"\n")
            last = raw.rstrip(b"\r").decode("utf-8", "replace")
            if last[3:4] != "-":
                break
        return last

    def say(self, text: str) -> str:
        """A command, and its reply."""
        try:
            self._socket.sendall(f"{text}\r\n".encode())
        except OSError:
            raise Silence("the connection was closed") from None
        return self.reply()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(b"QUIT\r\n")
            self._socket.close()


def visit(stage: Stage, door: Door, recipients: Sequence[str]) -> None:
    """One session at a door; nothing goes past RCPT."""
    name = f"{door.service}{f' ({door.why})' if door.why else ''}"
    line: Line | None = None
    try:
        line = Line(stage, door)
        banner = line.reply()
        if door.why == "postscreen" or not banner.startswith("2"):
            stage.answers.append(Answer(name, "", banner))
            return
        refusal = _introduce(line, door, *stage.client)
        if refusal:
            stage.untried.append(f"sessions at {name} ({refusal})")
            return
        mail = line.say(f"MAIL FROM:<{SENDER}>")
        stage.answers.append(Answer(name, "MAIL", mail))
        if mail.startswith("2"):
            for recipient in recipients:
                stage.answers.append(Answer(name, recipient, line.say(f"RCPT TO:<{recipient}>")))
        line.say("RSET")
    except Silence as why:
        stage.silent.append(f"{name}: {why}")
    finally:
        if line is not None:
            line.close()


def _introduce(line: Line, door: Door, client: str, address: str) -> str:
    """Say who we are: not this machine, but a client from outside. Returns what is answered if that is
    refused."""
    greeting = f"EHLO {client}"
    line.say(greeting)
    written = f"IPV6:{address}" if ":" in address else address
    who = f"XCLIENT NAME={client} REVERSE_NAME={client} ADDR={written} PROTO=ESMTP"
    answer = line.say(who)
    if answer.startswith("530") and not door.tls and line.say("STARTTLS").startswith("2"):
        line.start_tls()
        line.say(greeting)
        answer = line.say(who)
    if not answer.startswith("2"):
        return answer
    line.say(greeting)
    return ""


def knock(stage: Stage, path: str, program: str) -> None:
    """Connect to a daemon's socket and go away: it reads its parameters before it takes anybody in."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock, contextlib.suppress(OSError, Silence):
        sock.settimeout(_STEP)
        sock.connect(path)
        sock.shutdown(socket.SHUT_WR)

        def gone() -> bool:
            try:
                return sock.recv(4096) == b""
            except TimeoutError:
                return False

        stage.wait(gone, program)


def perform(stage: Stage, script: Script, queue: str) -> None:
    """All sessions and knocks, side by side; then wait until the log says no more."""
    jobs = [
        threading.Thread(target=visit, args=(stage, door, script.recipients), daemon=True)
        for door in script.doors
    ]
    for entry in script.knock:
        name, _, program = entry.partition(" ")
        jobs.append(threading.Thread(target=knock, args=(stage, f"{queue}/{name}", program), daemon=True))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(max(0.0, stage.until - time.monotonic()))
    _settle(stage)


def _settle(stage: Stage) -> None:
    seen, since = -1, time.monotonic()
    while time.monotonic() < min(stage.until, since + QUIET):
        if len(stage.log.lines) != seen:
            seen, since = len(stage.log.lines), time.monotonic()
        time.sleep(_STEP / 2)
