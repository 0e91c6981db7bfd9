"""opendmarc as an instance uses it: its configuration, whose results it believes, and whom it passes over
(opendmarc.conf(5))."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.milters.chains import MilterChain, MilterRow, milter_chains
from mailtui.milters.known import leads_to, own_word
from mailtui.milters.programs import MILTERS
from mailtui.postfix.etc import beside
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, safe

KIND: Final = "opendmarc.conf"
DEFAULT = f"/etc/{KIND}"
SUFFIXES = "/usr/share/publicsuffix/public_suffix_list.dat"
"""Debian's list of public suffixes (package publicsuffix)."""


@dataclass(frozen=True)
class Opendmarc:
    """The configuration. `asked`: the chains with the rows that ask it; `host`: myhostname, which Postfix
    tells its milters."""

    target: Target
    document: KeywordDocument
    asked: tuple[tuple[MilterChain, MilterRow], ...]
    host: str

    def text(self, name: str, default: str = "") -> str:
        """The value of a keyword."""
        found = self.document.value(name)
        return default if found is None else decode(found).strip()

    def yes(self, name: str) -> bool:
        """A boolean: by its first letter alone; all that matter here are false by default."""
        return self.text(name)[:1] in set("TtYy1")

    def line(self, name: str) -> int | None:
        """Where it is set."""
        found = self.document.get(name)
        return found.line if found is not None else None

    @property
    def authserv_id(self) -> str:
        """The name under which it writes its own results."""
        return named(self.text("AuthservID"), self.host)

    @property
    def trusted(self) -> tuple[str, ...]:
        """The names whose results it believes; by default its own."""
        value = self.text("TrustedAuthservIDs")
        items = [item.strip() for item in value.split(",") if item.strip()]
        return tuple(named(item, self.host) for item in items) or (self.authserv_id,)

    @property
    def says(self) -> tuple[str, ...]:
        """What it does with mail, in words."""
        refuses = self.yes("RejectFailures")
        held = self.yes("HoldQuarantinedMessages")
        users = "passed over" if self.yes("IgnoreAuthenticatedClients") else "judged like any other"
        spf = "by itself" if self.yes("SPFSelfValidate") else "from headers that others wrote"
        return (
            "mail that fails p=reject is " + ("refused" if refuses else "taken, and marked in a header"),
            "mail that fails p=quarantine is " + ("put on hold" if held else "taken, and marked in a header"),
            f"believes results of {', '.join(map(safe, self.trusted))}",
            f"has the result of SPF {spf}",
            f"mail of clients that have logged in is {users}",
            f"hosts passed over: {safe(self.text('IgnoreHosts', '127.0.0.1 alone'))}",
        )  # fmt: skip


def named(value: str, host: str) -> str:
    """A name for results as opendkim and opendmarc read it: by default the server's; HOSTNAME is the
    machine's."""
    if not value:
        return host
    return socket.gethostname() if value.upper() == "HOSTNAME" else value


def config_path(instance: Instance) -> str:
    """Beside the instance's directory, else Debian's place where that is below /etc; see `postfix.etc`."""
    return beside(instance.config_dir, DEFAULT)


def opendmarc(instance: Instance) -> Opendmarc | None:
    """The opendmarc that the chains ask; None where none does, or its file cannot be read. Raises
    InstanceError."""
    path = config_path(instance)
    try:
        document = KeywordDocument.parse(instance.files.raw(path), KIND)
    except (OSError, Refused):
        return None
    asked = asking(instance, KIND.removesuffix(".conf"), path)
    return Opendmarc(Target(KIND, path), document, asked, instance.hostname) if asked else None


def asking(instance: Instance, program: str, path: str) -> tuple[tuple[MilterChain, MilterRow], ...]:
    """The rows of the chains that are in force and lead to a program, by what its file says of its socket,
    or by its usual port and path."""
    known = MILTERS[program]
    try:
        own = own_word(known, path, instance.files).endpoint
    except (OSError, Refused):
        own = None
    found = []
    for chain in milter_chains(instance):
        for row in chain.live:
            where = row.item.endpoint
            if where is None:
                continue
            usual = where.port in known.ports if where.kind == "inet" else known.hints[0] in where.path
            if usual or (own is not None and leads_to(where, own)):
                found.append((chain, row))
    return tuple(found)
