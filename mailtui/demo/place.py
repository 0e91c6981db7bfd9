"""Where a demo lives: one folder, its layout, and the marker by which it is known again.

Everything that a demo writes lies below this folder, so removing the folder removes the demo.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

MARKER = "demo.json"
FALLBACKS = ("/tmp", "/var/tmp")  # noqa: S108 - the folders there are made by mkdtemp
"""Where temporary folders lie if the one that is asked for will not do."""
SOCKET_PATH_LIMIT = 107
"""Longest path of a Unix socket in bytes (sun_path without its NUL); Postfix dies on a longer one."""
PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._+-]*")
"""What main.cf and master.cf take as a path without quoting."""


class DemoError(Exception):
    """The demo cannot be had. `what` says why, `do` what would help; both are one line."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what = what
        self.do = do


class Mode(StrEnum):
    """How much of a mail server can be had here."""

    NAMESPACE = "namespace"
    """Root and private namespaces: the whole thing, on its own loopback, with its own DNS and users."""
    LOOPBACK = "loopback"
    """Root alone: a real Postfix on high ports of 127.0.0.1 that sends nothing to anywhere."""
    REPLAY = "replay"
    """Not root: the same files for the real postconf and postmap, and a log that is replayed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one demo and the ports that its configuration names."""

    directory: Path
    mode: Mode
    smtp_port: int = 25
    submission_port: int = 587
    policy_port: int = 10023
    submissions_port: int = 465
    accounts: bool = False
    """Whether there are accounts, TLS, and logins on submission and submissions."""
    filters: tuple[str, ...] = ()
    """The filters that stand beside this server, by their programs' names."""

    @property
    def settings(self) -> Path:
        """What /etc is elsewhere: opendkim.conf, clamav/ and the like lie here, beside Postfix's folder."""
        return self.directory / "etc"

    @property
    def etc(self) -> Path:
        """The configuration directory: main.cf, master.cf and the tables."""
        return self.settings / "postfix"

    @property
    def certificate(self) -> Path:
        """What smtpd shows as mail.falcot.com, if there are accounts; its key lies beside it."""
        return self.settings / "ssl" / "mail.falcot.com.pem"

    @property
    def spool(self) -> Path:
        return self.directory / "spool"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """The mail log, a file."""
        return self.directory / "log" / "mail.log"

    @property
    def errors(self) -> Path:
        """Errors of the demo's own servers, if any: the terminal is the console's."""
        return self.directory / "log" / "demo.log"

    @property
    def mail(self) -> Path:
        """Mail: `NAME` of local accounts, `vhosts/` of virtual mailboxes, `shared/` of aliases."""
        return self.directory / "mail"

    @property
    def homes(self) -> Path:
        return self.directory / "home"

    @property
    def names(self) -> Path:
        """What the demo's name server answers, as text; read again whenever it changes."""
        return self.directory / "dns" / "names"

    @property
    def run(self) -> Path:
        """The namespace's own copies of files such as /etc/passwd."""
        return self.directory / "run"

    @property
    def state(self) -> Path:
        """mailtui's own state (history, drafts), so that nothing of the demo stays in /var/lib."""
        return self.directory / "state"

    def folders(self) -> tuple[Path, ...]:
        below = (self.log.parent, self.mail, self.homes, self.names.parent, self.run, self.directory / "bin")
        return (self.directory, self.settings, self.etc, self.spool, self.data, *below)


def temporary() -> Path:
    """A new, empty folder under a short path that user postfix may enter."""
    for base in dict.fromkeys((tempfile.gettempdir(), *FALLBACKS)):
        if shut_out(Path(base)) is None and PLAIN_PATH.fullmatch(base) and len(base) < SOCKET_PATH_LIMIT // 2:
            made = Path(tempfile.mkdtemp(prefix="mailtui-demo-", dir=base))
            made.chmod(0o755)
            return made
    raise DemoError("no temporary folder that user postfix may enter", "give one with --keep DIR")


def shut_out(directory: Path) -> Path | None:
    """The first folder on the way to `directory`, itself included, that others may not enter."""
    for folder in (*reversed(directory.parents), directory):
        if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def claim(directory: Path) -> Path:
    """The folder named by `--keep`, made if it is missing. Raises DemoError where it cannot be used."""
    directory = Path(os.path.abspath(directory))
    if not PLAIN_PATH.fullmatch(str(directory)):
        raise DemoError(f"{directory}: main.cf takes no such path", "use letters, digits and . _ + - only")
    if len(str(directory / "spool" / "public" / "postlog")) > SOCKET_PATH_LIMIT:
        raise DemoError(f"{directory}: too long for Postfix's sockets", "choose a shorter path")
    if directory.exists() and not directory.is_dir():
        raise DemoError(f"{directory} is not a folder")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARKER).is_file():
        raise DemoError(f"{directory} holds files that are no demo's", "choose an empty or a new folder")
    if os.geteuid() == 0 and (closed := shut_out(directory)) is not None:
        raise DemoError(
            f"user postfix may not enter {closed}", f"chmod o+x {closed}, or choose another folder"
        )
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"{directory}: {error.strerror}") from None
    return directory


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """The folder for this demo alone. Raises DemoError while another demo runs in it."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise DemoError(f"a demo runs in {directory}", "leave it first, or choose another folder") from None
    try:
        yield
    finally:
        os.close(handle)


def settle(directory: Path, mode: Mode) -> tuple[Place, bool]:
    """The place in `directory`, and whether it is a new one whose files are still to be written.

    Raises DemoError where the folder holds a demo that was made for another path or another mode.
    """
    marker = directory / MARKER
    if not marker.exists():
        return _new(directory, mode), True
    try:
        told = json.loads(marker.read_bytes())
        place = Place(
            Path(told["directory"]),
            Mode(told["mode"]),
            told["smtp"],
            told["submission"],
            told["policy"],
            told["submissions"],
            told["accounts"],
            tuple(told["filters"]),
        )
    except (ValueError, KeyError, TypeError):
        raise DemoError(
            f"{marker} is damaged or of an older mailtui", f"remove {directory} or choose another folder"
        ) from None
    if place.directory != directory:
        raise DemoError(f"{directory} was moved from {place.directory}", "move it back: its files say so")
    if place.mode is not mode:
        raise DemoError(f"{directory} was made in mode {place.mode}, this is {mode}", "choose another folder")
    return place, False


def _new(directory: Path, mode: Mode) -> Place:
    if mode is Mode.NAMESPACE:
        return Place(directory, mode)
    smtp, submission, policy, submissions = free_ports(4)
    return Place(directory, mode, smtp, submission, policy, submissions)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing uses at this moment."""
    with_sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in with_sockets]
    for server in with_sockets:
        server.close()
    return ports


def mark(place: Place) -> None:
    """Write the marker; done last, so that a half-written demo is not taken for a whole one."""
    told = {
        "about": "A disposable mailtui demo: it may be deleted as a whole.",
        "directory": str(place.directory),
        "mode": place.mode.value,
        "smtp": place.smtp_port,
        "submission": place.submission_port,
        "policy": place.policy_port,
        "submissions": place.submissions_port,
        "accounts": place.accounts,
        "filters": list(place.filters),
    }
    (place.directory / MARKER).write_text(json.dumps(told, indent=2) + "\n")


def remove(directory: Path) -> None:
    """Remove a demo's folder. Raises DemoError naming it where something of it stays."""
    try:
        shutil.rmtree(directory)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DemoError(f"{directory} could not be removed: {error.strerror}", f"rm -r {directory}") from None
