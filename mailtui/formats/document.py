"""What every document offers, and the one door by which bytes become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from mailtui.formats.splice import Problem, Splice
from mailtui.formats.target import Format

if TYPE_CHECKING:
    from mailtui.formats.aliases import Aliases
    from mailtui.formats.dataset import DataSet
    from mailtui.formats.defaults import Defaults
    from mailtui.formats.keywords import KeywordDocument
    from mailtui.formats.listfile import ListFile
    from mailtui.formats.maincf import MainCf
    from mailtui.formats.mastercf import MasterCf
    from mailtui.formats.patterns import Patterns
    from mailtui.formats.table import Table
    from mailtui.formats.whitelist import Whitelist

    AnyDocument: TypeAlias = (
        MainCf
        | MasterCf
        | Table
        | Aliases
        | ListFile
        | Patterns
        | Defaults
        | Whitelist
        | KeywordDocument
        | DataSet
    )
    """What `parse` gives."""


class Document(Protocol):
    """Bytes with structure over them. `parse(raw).raw == raw` for every byte string; never an exception."""

    @property
    def raw(self) -> bytes: ...

    @property
    def problems(self) -> Sequence[Problem]:
        """Lines that Postfix drops or misreads, in the order of the file."""

    @classmethod
    def parse(cls, raw: bytes) -> Self: ...

    def spliced(self, splices: Iterable[Splice]) -> Self:
        """The document after the change; as if parsed anew, but a large table need not be read again."""


def parse(
    format: Format,  # noqa: A002
    raw: bytes,
) -> AnyDocument:
    """The document of `raw` in the grammar of `format`."""
    match format:
        case "main.cf":
            from mailtui.formats.maincf import MainCf

            return MainCf.parse(raw)
        case "master.cf":
            from mailtui.formats.mastercf import MasterCf

            return MasterCf.parse(raw)
        case "table":
            from mailtui.formats.table import Table

            return Table.parse(raw)
        case "aliases":
            from mailtui.formats.aliases import Aliases

            return Aliases.parse(raw)
        case "list":
            from mailtui.formats.listfile import ListFile

            return ListFile.parse(raw)
        case "regexp":
            from mailtui.formats.patterns import Regexp

            return Regexp.parse(raw)
        case "pcre":
            from mailtui.formats.patterns import Pcre

            return Pcre.parse(raw)
        case "cidr":
            from mailtui.formats.cidr import Cidr

            return Cidr.parse(raw)
        case _:
            return _beside(format, raw)


def _beside(
    format: Format,  # noqa: A002
    raw: bytes,
) -> Defaults | Whitelist | KeywordDocument | DataSet:
    """A file of a program that works beside Postfix."""
    match format:
        case "defaults":
            from mailtui.formats.defaults import Defaults

            return Defaults.parse(raw)
        case "whitelist":
            from mailtui.formats.whitelist import Whitelist

            return Whitelist.parse(raw)
        case (
            "opendkim.conf" | "opendmarc.conf" | "clamav-milter.conf" | "clamd.conf" | "policyd-spf.conf"
            | "smtpd.conf"
        ):  # fmt: skip
            from mailtui.formats.keywords import KeywordDocument

            return KeywordDocument.parse(raw, format)
        case "keytable" | "signingtable" | "trustedhosts":
            from mailtui.formats.dkimtables import KINDS

            return KINDS[format].parse(raw)
        case _:
            raise ValueError(f"a {format} has no text")
