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
    """`kind`: how its configuration is read, None where mailtui does not edit it; `file`: Debian's place of
    that, and `beside` where it lies below the folder that holds Postfix's own (`/etc`). `does`: what it is
    for. `processes`: its names as the kernel has them. `options`: those of its command line that name another
    configuration, `socket_options` those that name where it listens, `socket` the keyword of its file that
    does. `ports` and `hints` are those of a milter: its usual ports, and words in the path of its socket.
    `restart`: keywords, in small letters, that are read as it starts alone; None: all of them. `signal`: what
    makes it read the others again. `unit`: its systemd unit and init script. `package`: the Debian package
    whose debconf questions write the file."""

    name: str
    kind: Format | None
    file: str
    does: str
    processes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    socket_options: tuple[str, ...] = ()
    socket: str = ""
    ports: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    checker: tuple[str, ...] = ()
    unit: str = ""
    user: str = ""
    signal: int = 0
    restart: frozenset[str] | None = None
    learns: Learns = "reload"
    package: str = ""

    @property
    def is_milter(self) -> bool:
        """Whether Postfix asks it by the milter protocol."""
        return bool(self.hints)

    @property
    def format(self) -> Format:
        """How its configuration is read: of those in `PROGRAMS`."""
        assert self.kind is not None  # they have one
        return self.kind

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

_CLAMCONF = ("clamconf", "-n", "-c")
_SHELL = ("sh", "-n")

_ALL = (
    Program(
        "opendkim", "opendkim.conf", "/etc/opendkim.conf", "signs mail with DKIM, and verifies signatures",
        ("opendkim",), ("-x",), ("-p",), "Socket", ("8891", "12301"), ("opendkim",),
        ("opendkim", "-n", "-x"), "opendkim", "opendkim", _USR1, opendkim.RESTART,
    ),
    Program(
        "opendmarc", "opendmarc.conf", "/etc/opendmarc.conf",
        "judges mail by the DMARC policy of its sender's domain",
        ("opendmarc",), ("-c",), ("-p",), "Socket", ("8893",), ("opendmarc",),
        ("opendmarc", "-n", "-c"), "opendmarc", "opendmarc", _USR1, opendmarc.RESTART,
    ),
    Program(
        "clamav-milter", "clamav-milter.conf", "/etc/clamav/clamav-milter.conf",
        "has mail scanned for viruses by clamd",
        ("clamav-milter",), ("-c", "--config-file"), (), "MilterSocket", ("7357", "8894"),
        ("clamav", "clmilter"), _CLAMCONF, "clamav-milter", "clamav", learns="restart",
        package="clamav-milter",
    ),
    Program(
        "clamd", "clamd.conf", "/etc/clamav/clamd.conf", "scans what clamav-milter gives it",
        ("clamd",), ("-c", "--config-file"), checker=_CLAMCONF, unit="clamav-daemon", user="clamav",
        learns="restart", package="clamav-daemon",
    ),
    Program(
        "spamass-milter", "defaults", "/etc/default/spamass-milter", "has mail judged by SpamAssassin",
        ("spamass-milter",), (), ("-p",), "SOCKET", hints=("spamass",), checker=_SHELL,
        unit="spamass-milter", user="spamass-milter", learns="restart",
    ),
    Program(
        "rspamd proxy", None, "/etc/rspamd/local.d/worker-proxy.inc", "has mail judged by rspamd",
        ("rspamd", "rspamd_proxy"), socket="bind_socket", ports=("11332",), hints=("rspamd",),
    ),
    Program(
        "policyd-spf", "policyd-spf.conf", "/etc/postfix-policyd-spf-python/policyd-spf.conf",
        "checks the sender's SPF record", ("policyd-spf",), learns="postfix", user="policyd-spf",
    ),
    Program(
        "postgrey", "defaults", "/etc/default/postgrey", "greylists strangers",
        ("postgrey",), checker=_SHELL, unit="postgrey", user="postgrey", learns="restart",
    ),
    Program(
        "saslauthd", "defaults", "/etc/default/saslauthd", "checks passwords for SASL",
        ("saslauthd",), checker=_SHELL, unit="saslauthd", user="root", learns="restart",
    ),
    Program(
        "opendkim (init script)", "defaults", "/etc/default/opendkim", "options of the old init script",
        checker=_SHELL, learns="legacy",
    ),
    Program(
        "opendmarc (init script)", "defaults", "/etc/default/opendmarc", "options of the old init script",
        checker=_SHELL, learns="legacy",
    ),
    Program(
        "SASL", "smtpd.conf", "/etc/postfix/sasl/smtpd.conf", "how smtpd checks passwords", learns="postfix",
    ),
)  # fmt: skip

PROGRAMS: Mapping[str, Program] = {each.name: each for each in _ALL if each.kind is not None}
"""Those whose files are edited, by name. Data sets (KeyTable, …) belong to the program whose file names
them."""
MILTERS: Mapping[str, Program] = {each.name: each for each in _ALL if each.is_milter}
"""The milters that are recognised, by name."""


def option(words: Sequence[str], names: Sequence[str]) -> str | None:
    """The value of an option of a command line: `-x FILE`, `-xFILE`, `--name FILE` or `--name=FILE`; None
    where it is not there."""
    for at, word in enumerate(words):
        for name in names:
            if word == name:
                return words[at + 1] if at + 1 < len(words) else None
            if name.startswith("--") and word.startswith(f"{name}="):
                return word[len(name) + 1 :]
            if not name.startswith("--") and word.startswith(name) and not word.startswith("--"):
                return word[len(name) :]
    return None


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
    owners = [each.package for each in PROGRAMS.values() if each.package and each.file == path]
    return owners[0] if owners else ""
