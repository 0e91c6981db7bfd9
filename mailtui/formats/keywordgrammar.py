"""What sets keyword files apart: how a line is read, which of two counts, what can be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mailtui.formats import keywordnames as names
from mailtui.formats.keywordlines import (
    BLANKS,
    Piece,
    Reading,
    read_clamav,
    read_opendkim,
    read_opendmarc,
    read_policyd_spf,
    read_smtpd_conf,
)
from mailtui.formats.keywordnames import Shape
from mailtui.formats.splice import Refused
from mailtui.text.safe import decode, safe

Kind = Literal[
    "opendkim.conf", "opendmarc.conf", "clamav-milter.conf", "clamd.conf", "policyd-spf.conf", "defaults",
    "smtpd.conf",
]  # fmt: skip
"""The files that set keywords; `defaults` are those of /etc/default."""
_CLAMAV = frozenset({"clamav-milter.conf", "clamd.conf"})
"""Those of ClamAV's programs, which have one parser."""

_INTEGER = re.compile(rb"[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")
_PYTHON_INTEGER = re.compile(rb"[+-]?[0-9]+(?:_[0-9]+)*\Z")
_DIGITS = re.compile(rb"[0-9]+\Z")
_SIZE = re.compile(rb"[0-9]+[KkMmGg]?\Z")
_CLAMAV_WORDS = frozenset({b"yes", b"no", b"true", b"false", b"1", b"0"})


@dataclass(frozen=True)
class Grammar:
    """One kind of file."""

    kind: Kind
    program: str
    read: Callable[[Piece], Reading]
    names: Mapping[str, Shape]
    default: bytes
    """What stands between a name and its value where no line shows how."""
    never: bytes
    """Bytes that no value can hold."""
    folds: bool = True
    """Whether names are the same in any case."""
    first: bool = False
    """Whether the first of two counts, and not the last."""
    repeated: frozenset[str] = frozenset()
    """Those that may stand more than once, all of which count."""
    limit: int = 0
    """Bytes that the program reads at once."""
    universal: bool = False
    """Whether a lone carriage return ends a line."""
    closed: bool = True
    """Whether a name that is not in `names` is an error."""
    dos: bool = True
    """Whether lines may end in CR LF."""
    separator: bytes = BLANKS
    """What may stand between name and value."""
    folded: Mapping[str, str] = field(default_factory=dict)

    def fold(self, name: str) -> str:
        """A name as it is compared."""
        return name.lower() if self.folds else name

    def shape(self, name: str) -> Shape | None:
        """What its values look like; None for a name that the program does not know."""
        known = self.folded.get(self.fold(name))
        return self.names[known] if known is not None else None

    def spelled(self, name: str) -> str:
        """The name as its manual page writes it."""
        return self.folded.get(self.fold(name), name)

    def refuses(self, name: str, value: bytes) -> str:
        """Why the program does not take this value; "" where it does, as far as its parser looks."""
        shape = self.shape(name)
        match shape:
            case "boolean" if self.kind in _CLAMAV:
                good, wants = value.lower() in _CLAMAV_WORDS, "yes or no"
            case "boolean":
                good, wants = value[:1] in b"tTyY1fFnN0" and bool(value), "yes or no"
            case "integer":
                good, wants = bool(_INTEGER.match(value)), "a number"
            case "number" if self.kind == "policyd-spf.conf":
                good, wants = bool(_PYTHON_INTEGER.match(value)), "a number"
            case "number":
                good, wants = bool(_DIGITS.match(value)), "a number"
            case "size":
                good, wants = bool(_SIZE.match(value)), "a size: digits, and K, M or G for more than bytes"
            case _:
                return self._no_choice(name, value)
        return "" if good else f"{self.spelled(name)} wants {wants}, not “{safe(value, 40)}”"

    def _no_choice(self, name: str, value: bytes) -> str:
        choices = names.CLAMAV_CHOICES.get(name) if self.kind == "clamav-milter.conf" else None
        if choices is None or decode(value).lower() in choices:
            return ""
        words = ", ".join(each.capitalize() for each in sorted(choices))
        return f"{name} wants one of {words}, not “{safe(value, 40)}”"

    def written(self, name: str, value: bytes, *, quoted: bool = False) -> bytes:
        """A value as it must be written. Raises Refused where the file cannot hold it."""
        bad = next((bytes([byte]) for byte in value if byte in self.never), None)
        if not value:
            raise Refused(f"{safe(name)} needs a value", "or take the line out")
        if bad is not None:
            raise Refused(
                f"{safe(bad)} cannot stand in a value of {self.program}'s file: “{safe(value, 60)}”"
            )
        why = self.refuses(name, value)
        if why:
            raise Refused(why)
        if self.universal:
            _require_utf8(value)
        ends_in_blank = value != value.strip(b" \t\n\r\v\f") or value != _stripped(value)
        if self.kind in _CLAMAV:
            return b'"%s"' % value if quoted or ends_in_blank or value.startswith(b'"') else value
        if ends_in_blank:
            raise Refused(f"a blank at the beginning or end of “{safe(value, 60)}” would be lost")
        return value


def _stripped(value: bytes) -> bytes:
    return decode(value).strip().encode("utf-8", "surrogateescape")


def _require_utf8(value: bytes) -> None:
    try:
        value.decode()
    except UnicodeDecodeError:
        raise Refused(f"“{safe(value, 60)}” is no UTF-8, and Python reads this file") from None


def _grammar(grammar: Grammar) -> Grammar:
    grammar.folded.update({grammar.fold(name): name for name in grammar.names})  # type: ignore[attr-defined]  # a dict while it is made
    return grammar


GRAMMARS: Mapping[Kind, Grammar] = {
    each.kind: each
    for each in map(
        _grammar,
        (
            Grammar("opendkim.conf", "opendkim", read_opendkim, names.OPENDKIM, b"\t", b"#\r\n\0"),
            Grammar(
                "opendmarc.conf", "opendmarc", read_opendmarc, names.OPENDMARC, b" ", b"#\r\n\0",
                limit=1023, dos=False,
            ),
            Grammar(
                "clamav-milter.conf", "clamav-milter", read_clamav, names.CLAMAV, b" ", b"\r\n\0",
                folds=False, first=True, repeated=names.CLAMAV_REPEATED, limit=1023, dos=False,
            ),
            Grammar(
                "clamd.conf", "clamd", read_clamav, names.CLAMD, b" ", b"\r\n\0",
                folds=False, first=True, repeated=names.CLAMD_REPEATED, limit=1023, closed=False, dos=False,
            ),
            Grammar(
                "policyd-spf.conf", "policyd-spf", read_policyd_spf, names.POLICYD_SPF, b" = ", b"#=\r\n\0",
                folds=False, universal=True, separator=b" \t=",
            ),
            Grammar(
                "smtpd.conf", "SASL", read_smtpd_conf, names.SMTPD_CONF, b": ", b"\r\n\0", first=True,
                limit=4095, closed=False, separator=b" \t:",
            ),
        ),
    )
}  # fmt: skip
"""By kind; `defaults` have a document of their own."""
