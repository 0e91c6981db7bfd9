"""Which file is meant, and in which grammar it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Format = Literal[
    "main.cf",
    "master.cf",
    "table",
    "aliases",
    "list",
    "regexp",
    "pcre",
    "cidr",
    "defaults",
    "whitelist",
    "opendkim.conf",
    "opendmarc.conf",
    "clamav-milter.conf",
    "clamd.conf",
    "policyd-spf.conf",
    "smtpd.conf",
    "keytable",
    "signingtable",
    "trustedhosts",
    "folder",
]
"""How a file is read: `table` is postmap's input, `aliases` that of postalias (aliases(5)), `list` the
`/file` of a match list, `regexp`, `pcre` and `cidr` tables of patterns and networks, `defaults` a
file of /etc/default, `whitelist` one of postgrey's. `opendkim.conf` to `smtpd.conf` set keywords; `keytable`
and `signingtable` are opendkim's, `trustedhosts` a list of hosts for it or opendmarc. A `folder` has no
text."""

FORMATS: tuple[Format, ...] = tuple(each for each in get_args(Format) if each != "folder")
"""Those of texts."""

KEYWORDS = frozenset(
    {
        "opendkim.conf", "opendmarc.conf", "clamav-milter.conf", "clamd.conf", "policyd-spf.conf",
        "smtpd.conf", "defaults",
    }
)  # fmt: skip
"""Those of files that set keywords."""

TABLES = frozenset({"table", "aliases", "regexp", "pcre", "cidr"})
"""Those of lookup tables."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file that edits touch: `path` as the configuration names it (no symlink resolved), and, for a
    table, its Postfix type. Several targets may name one file; edits are grouped by path."""

    format: Format
    path: str
    type: str = ""

    @property
    def spec(self) -> str:
        """The table as a parameter names it (`hash:/etc/postfix/virtual`); a path for main.cf."""
        return f"{self.type}:{self.path}" if self.type else self.path

    @property
    def name(self) -> str:
        """The last part of the path, as lists show it."""
        return self.path.rsplit("/", 1)[-1]
