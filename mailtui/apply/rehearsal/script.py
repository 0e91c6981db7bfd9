"""What a rehearsal is told and what it answers: plain values that pass a pipe as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

SWITCHES = (
    "net", "mnt", "private", "read-only", "pid", "ipc",
    "queue", "data", "logs", "spools", "run", "tmp", "dev", "sockets",
)  # fmt: skip
"""The safety switches of the namespace. With any of them missing nothing is started."""


@dataclass(slots=True)
class Door:
    """An inet smtpd to be spoken to at `host`, a loopback address. `tls`: it begins with TLS; `why`: which
    variant of the service it is."""

    service: str
    port: int
    tls: bool = False
    host: str = "127.0.0.1"
    why: str = ""


@dataclass(slots=True)
class Script:
    """Everything that the program inside the namespaces needs. Paths are real ones."""

    config_dir: str
    daemons: str
    """daemon_directory"""
    queue: str
    data: str
    owner: tuple[int, int]
    """mail_owner's uid and gid."""
    drop: int
    """The gid of setgid_group."""
    files: dict[str, str] = field(default_factory=dict)
    """What stands at a path during the rehearsal: the path → a file outside that holds the bytes."""
    logs: list[str] = field(default_factory=list)
    spools: list[str] = field(default_factory=list)
    """Folders that are empty during the rehearsal, besides queue and data."""
    keep: list[str] = field(default_factory=list)
    """Folders below /run and /tmp that the configuration names: shown read-only, sockets hidden."""
    addresses: list[str] = field(default_factory=list)
    """The host's own addresses."""
    sockets: list[str] = field(default_factory=list)
    """Where programs of the host listen: whichever of these paths are still seen are hidden."""
    doors: list[Door] = field(default_factory=list)
    client: tuple[str, str] = ("", "")
    """The name and address of the outside client whom the sessions play."""
    recipients: list[str] = field(default_factory=list)
    knock: list[str] = field(default_factory=list)
    """Sockets below the queue whose daemons are started by connecting once."""
    milters: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    auths: list[str] = field(default_factory=list)
    """Sockets below the queue at which stand-ins listen."""
    outside: dict[str, str] = field(default_factory=dict)
    """The namespaces of the program outside: none may be shared."""
    patience: float = 6.0
    """Seconds until the rehearsal gives up waiting for an answer."""
    without: list[str] = field(default_factory=list)
    """Switches left out: for the test that nothing starts then."""

    def dumps(self) -> bytes:
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def loads(cls, raw: bytes) -> Self:
        told: dict[str, Any] = json.loads(raw)
        told["doors"] = [Door(**door) for door in told["doors"]]
        told["owner"], told["client"] = tuple(told["owner"]), tuple(told["client"])
        return cls(**told)


@dataclass(slots=True)
class Answer:
    """One reply of a session: at which door, to which recipient, and what was said last."""

    door: str
    recipient: str
    reply: str


@dataclass(slots=True)
class Record:
    """What came of it. `refused`: why nothing was started; `log`: what was said to syslog, in order."""

    refused: str = ""
    log: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    """Doors at which no banner came, with why."""
    answers: list[Answer] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)
    """What could not be tried, and why."""
    seconds: float = 0.0

    def dumps(self) -> bytes:
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def loads(cls, raw: bytes) -> Self:
        told: dict[str, Any] = json.loads(raw)
        told["answers"] = [Answer(**answer) for answer in told["answers"]]
        return cls(**told)
