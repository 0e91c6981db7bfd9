"""The programs beside Postfix whose files mailtui edits: which files, what checks them, how they learn of a
change."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mailtui.formats.target import Format
from mailtui.milters.words import opendkim, opendmarc

Learns = Literal["reload", "restart", "postfix", "legacy"]
"""How a program learns of a change: told by a signal; as it starts; with Postfix, which starts it; not at
all under systemd, whose unit does not read the file."""


@dataclass(frozen=True, slots=True)
class Program:
    """`file`: Debian's place of its configuration, and `beside` where it lies below the folder that holds
    Postfix's own (`/etc`). `options`: those of its command line that name another. `processes`: its names as
    the kernel has them. `socket`: the keyword for where it listens. `restart`: keywords, in small letters,
    that are read as it starts alone; None: all of them. `signal`: what makes it read the others again.
    `unit`: its systemd unit and init script. `package`: the Debian package whose debconf questions write the
    file."""

    name: str
    format: Format
    file: str
    title: str
    processes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    checker: tuple[str, ...] = ()
    socket: str = ""
    unit: str = ""
    user: str = ""
    signal: int = 0
    restart: frozenset[str] | None = None
    learns: Learns = "reload"
    package: str = ""

    @property
    def beside(self) -> str:
        """The file's path below /etc."""
        return self.file.removeprefix("/etc/")

    @property
    def help(self) -> str:
        """Its name in `keywordhelp`."""
        return f"defaults/{self.file.rpartition('/')[2]}" if self.format == "defaults" else self.format

    def needs(self, keywords: Sequence[str]) -> Literal["reload", "restart"]:
        """What a change of these keywords needs where the program runs."""
        if self.restart is None or not self.signal:
            return "restart"
        return "reload" if self.restart.isdisjoint(name.lower() for name in keywords) else "restart"


_USR1 = int(signal.SIGUSR1)

PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (
        Program(
            "opendkim", "opendkim.conf", "/etc/opendkim.conf", "signs and verifies DKIM",
            ("opendkim",), ("-x",), ("opendkim", "-n", "-x"), "Socket", "opendkim", "opendkim",
            _USR1, opendkim.RESTART,
        ),
        Program(
            "opendmarc", "opendmarc.conf", "/etc/opendmarc.conf", "judges by DMARC",
            ("opendmarc",), ("-c",), ("opendmarc", "-n", "-c"), "Socket", "opendmarc", "opendmarc",
            _USR1, opendmarc.RESTART,
        ),
        Program(
            "clamav-milter", "clamav-milter.conf", "/etc/clamav/clamav-milter.conf", "scans for viruses",
            ("clamav-milter",), ("-c", "--config-file"), ("clamconf", "-n", "-c"), "MilterSocket",
            "clamav-milter", "clamav", package="clamav-milter", learns="restart",
        ),
        Program(
            "policyd-spf", "policyd-spf.conf", "/etc/postfix-policyd-spf-python/policyd-spf.conf", "SPF",
            ("policyd-spf",), learns="postfix", user="policyd-spf",
        ),
        Program(
            "postgrey", "defaults", "/etc/default/postgrey", "greylists strangers",
            ("postgrey",), checker=("sh", "-n"), unit="postgrey", user="postgrey", learns="restart",
        ),
        Program(
            "saslauthd", "defaults", "/etc/default/saslauthd", "checks passwords for SASL",
            ("saslauthd",), checker=("sh", "-n"), unit="saslauthd", user="root", learns="restart",
        ),
        Program(
            "opendkim (init script)", "defaults", "/etc/default/opendkim", "options of the old init script",
            checker=("sh", "-n"), learns="legacy",
        ),
        Program(
            "opendmarc (init script)", "defaults", "/etc/default/opendmarc", "options of the old init script",
            checker=("sh", "-n"), learns="legacy",
        ),
        Program(
            "SASL", "smtpd.conf", "/etc/postfix/sasl/smtpd.conf", "how smtpd checks passwords",
            learns="postfix",
        ),
    )
}  # fmt: skip
"""By name. Data sets (KeyTable, …) belong to the program whose file names them."""


def of_file(format: Format, path: str) -> Program | None:  # noqa: A002
    """The program that reads a file of this format and name; None for a data set, and for a stranger's."""
    mine = [each for each in PROGRAMS.values() if each.format == format]
    if format != "defaults":
        return mine[0] if mine else None
    name = path.rpartition("/")[2]
    return next((each for each in mine if each.file.rpartition("/")[2] == name), None)


def debconf_owner(path: str, raw: bytes) -> str:
    """The Debian package whose `dpkg-reconfigure` may write this file again; "" for none. Its own first lines
    say so (`Automatically Generated by clamav-milter postinst`), or its place does."""
    for line in raw[:400].splitlines()[:4]:
        if line.startswith(b"#Automatically Generated by "):
            return line.split()[3].decode("ascii", "replace")
    if path.endswith("/clamav/clamd.conf"):
        return "clamav-base"
    owners = [each.package for each in PROGRAMS.values() if each.package and each.file == path]
    return owners[0] if owners else ""
