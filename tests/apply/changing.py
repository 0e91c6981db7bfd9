"""A configuration folder with real tables and no running Postfix, and edits of it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance

MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
maillog_file = {root}/log/mail.log
maillog_file_prefixes = {root}/log
myhostname = mail.falcot.com
mydestination = falcot.com
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = {spec}
alias_maps = hash:{etc}/aliases
alias_database = hash:{etc}/aliases
"""
MASTER = """\
smtp      inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
"""
VIRTUAL = """\
# the brand
webmaster@falcotsbrand.com   jean@falcot.com
contact@falcotsbrand.com     laure@falcot.com, sophie@falcot.com
"""
ALIASES = "postmaster: root\nroot: roland\n"


def write_old(path: Path, text: str) -> None:
    """Write a file with a time at which Postfix does not wait for it to settle."""
    path.write_text(text)
    os.utime(path, (1_000_000_000, 1_000_000_000))


@dataclass
class Server:
    """An instance in `root`, its virtual table of the type `kind`, all tables compiled."""

    root: Path
    kind: str = "hash"
    instance: Instance = field(init=False)

    def __post_init__(self) -> None:
        for name in ("etc", "spool", "data", "log"):
            (self.root / name).mkdir(exist_ok=True)
        write_old(self.etc / "main.cf", MAIN.format(root=self.root, etc=self.etc, spec=self.table.spec))
        write_old(self.etc / "master.cf", MASTER)
        write_old(self.etc / "virtual", VIRTUAL)
        write_old(self.etc / "aliases", ALIASES)
        self.compile(self.table)
        self.compile(self.aliases)
        self.instance = Instance.open(str(self.etc))

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def table(self) -> Target:
        return Target("table", str(self.etc / "virtual"), self.kind)

    @property
    def aliases(self) -> Target:
        return Target("aliases", str(self.etc / "aliases"), "hash")

    @property
    def main(self) -> Target:
        return Target("main.cf", str(self.etc / "main.cf"))

    def compile(self, target: Target, *others: Target) -> None:
        """Compile a target, and others of the same format."""
        program = "postalias" if target.format == "aliases" else "postmap"
        subprocess.run([program, "-c", self.etc, *(each.spec for each in (target, *others))], check=True)

    def answers(self, target: Target, key: str) -> str:
        """What the live table says, by the real program."""
        program = "postalias" if target.format == "aliases" else "postmap"
        done = subprocess.run(
            [program, "-c", self.etc, "-q", key, target.spec], capture_output=True, text=True, check=False
        )
        assert not done.stderr, done.stderr
        return done.stdout.rstrip("\n")

    def dump(self, target: Target) -> set[str]:
        """Every line of the live table."""
        program = "postalias" if target.format == "aliases" else "postmap"
        done = subprocess.run(
            [program, "-c", self.etc, "-s", target.spec], capture_output=True, text=True, check=True
        )
        return {line for line in done.stdout.splitlines() if not line.startswith("YP_")}

    def text(self, name: str = "virtual") -> str:
        return (self.etc / name).read_text()

    def litter(self) -> list[str]:
        """What does not belong into the configuration folder."""
        known = {"main.cf", "master.cf", "virtual", "aliases"}
        known |= {f"{name}.{ending}" for name in ("virtual", "aliases") for ending in ("db", "lmdb", "cdb")}
        return sorted(entry.name for entry in self.etc.iterdir() if entry.name not in known)

    def change(self, value: str = "jean@falcot.com, laure@falcot.com") -> SetEntry:
        """webmaster goes elsewhere."""
        items = tuple(value.split(", "))
        return SetEntry(self.table, "webmaster@falcotsbrand.com", items, ("jean@falcot.com",))

    def new(self, name: str = "presse@falcotsbrand.com") -> SetEntry:
        return SetEntry(self.table, name, ("sophie@falcot.com",), None)

    def gone(self) -> RemoveEntry:
        return RemoveEntry(self.table, "contact@falcotsbrand.com", ("laure@falcot.com", "sophie@falcot.com"))

    def parameter(self, name: str = "message_size_limit", value: str = "20480000") -> SetParameter:
        return SetParameter(self.main, name, value, None)

    def alias(self) -> SetEntry:
        return SetEntry(self.aliases, "sales", ("laure",), None)
