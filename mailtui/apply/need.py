"""What a program beside Postfix must be told after a change of its files."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mailtui.edits.candidate import FileChange
from mailtui.formats.target import KEYWORDS

if TYPE_CHECKING:
    from mailtui.formats.milteritem import Endpoint
    from mailtui.milters.running import Running

DATA_SETS = frozenset({"keytable", "signingtable", "trustedhosts"})
"""Files that a filter's configuration names."""
HANGUP = int(signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Need:
    """One program that must learn of a change. `action` empty: nothing is done, and `why` says why not.
    `command`: what does it; empty where `signal` to the process does. `listened`: where it listens by its
    file of now, `listens`: where it will."""

    program: str
    action: Literal["", "reload", "restart"]
    why: str
    process: Running | None = None
    command: tuple[str, ...] = ()
    signal: int = 0
    listened: Endpoint | None = None
    listens: Endpoint | None = None
    meanwhile: str = ""

    @property
    def how(self) -> str:
        """The command as a plan names it."""
        if self.command:
            return " ".join(self.command)
        name = signal.Signals(self.signal).name if self.signal else "nothing"
        return f"{self.program}: {name} to process {self.process.pid if self.process else '?'}"


def is_beside(change: FileChange) -> bool:
    """Whether a file is read by a program beside Postfix, and not by Postfix."""
    return change.target.format in KEYWORDS | DATA_SETS | {"whitelist"}


_PASSWORDS = {
    "opendkim.conf": rb"(?im)^[ \t]*LDAPBindPassword[ \t]+\S|://[^\s/@:]*:[^\s/@]+@",
    "smtpd.conf": rb"(?im)^[ \t]*(?:sql_passwd|ldapdb_pw):\s*\S",
    "keytable": rb"(?m)^[^#\s]\S*[ \t]+[^:\s]*:[^:\s]*:(?!\.{0,2}/)\S",
}


def holds_password(change: FileChange) -> bool:
    """Whether such a file holds a password, or a private key itself, before the change or after it."""
    pattern = _PASSWORDS.get(change.target.format)
    if pattern is None:
        return False
    return any(re.search(pattern, raw) for raw in (change.before, change.after))
