"""opendkim's data sets: what a value such as `refile:/etc/opendkim/SigningTable` holds, read as opendkim
reads it (opendkim(8), "DATA SETS").

Kinds read here: `file:` (also a bare `/path`), `refile:` and `csl:` (also a bare list). Databases and
programs (`db:`, `dsn:`, `ldap:`, `lua:` …) are named, and not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mailtui.formats.splice import Problem
from mailtui.milters.dkim.wildcards import BadPattern, Pattern
from mailtui.postfix.files import Reader, problem_words
from mailtui.text.safe import decode, safe

LONGEST = 1023
"""Bytes that opendkim reads of a line at once; what is longer goes on as a line of its own."""
KINDS = frozenset(
    ("csl", "file", "refile", "db", "dsn", "ldap", "ldapi", "ldaps", "lua", "memcache", "repute", "socket",
     "mdb", "erlang")
)  # fmt: skip
"""The words before a first colon that name a kind of set; another word is an error."""
_BLANKS = " \t\n\v\f\r"


class Row(NamedTuple):
    """One entry. `value` None: there is nothing behind the key. `line` counts from 1; 0 in a list that is
    written in the value itself."""

    key: str
    value: str | None
    line: int


class Spec(NamedTuple):
    """The value of a keyword that names a data set: its kind, and the path or list behind it."""

    kind: str
    place: str

    @classmethod
    def parse(cls, value: str) -> Spec:
        """`kind` is "" where opendkim refuses the value."""
        colon, comma = value.find(":"), value.find(",")
        if colon < 0 or 0 <= comma < colon:
            if value.endswith(".db"):
                return cls("db", value)
            return cls("file" if value.startswith("/") else "csl", value)
        kind = value[:colon].lower()
        return cls(kind if kind in KINDS else "", value[colon + 1 :])

    @property
    def written(self) -> str:
        """As a configuration says it most plainly."""
        return f"{self.kind}:{self.place}"


@dataclass(frozen=True)
class DataSet:
    """The entries of one set in their order. `unread`: why they are not known, where they are not."""

    spec: Spec
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    unread: str = ""
    _patterns: dict[tuple[str, bool], Pattern | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def path(self) -> str:
        """The file it is read from; nothing for a list."""
        return self.spec.place if self.spec.kind in {"file", "refile"} else ""

    def get(self, key: str, *, icase: bool) -> Row | None:
        """The first entry for a key, as dkimf_db_get has it."""
        if self.spec.kind == "refile":
            return next(self.matching(key, icase=icase), None)
        wanted = fold(key) if icase else key
        return next((row for row in self.rows if (fold(row.key) if icase else row.key) == wanted), None)

    def matching(self, text: str, *, icase: bool) -> Iterator[Row]:
        """The entries of a `refile:` whose pattern fits the text, in their order."""
        for row in self.rows:
            pattern = self._pattern(row.key, icase)
            if pattern is not None and pattern.fits(text):
                yield row

    def _pattern(self, key: str, icase: bool) -> Pattern | None:
        """None for one that does not compile: opendkim does not start with it."""
        if (key, icase) not in self._patterns:
            try:
                self._patterns[key, icase] = Pattern(key, icase=icase)
            except BadPattern:
                self._patterns[key, icase] = None
        return self._patterns[key, icase]


def fold(text: str) -> str:
    """As strcasecmp(3) compares in the C locale: ASCII letters alone."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def read(value: str, files: Reader) -> DataSet:
    """The set that a keyword's value names. Never raises: `unread` says what is in the way."""
    spec = Spec.parse(value)
    if not spec.kind:
        return DataSet(
            spec, unread=f"“{safe(value.partition(':')[0])}” is no kind of data set: opendkim will not start"
        )
    if spec.kind == "csl":
        return DataSet(spec, tuple(_listed(spec.place)))
    if spec.kind not in {"file", "refile"}:
        return DataSet(spec, unread=f"{spec.kind}: is a database or a program that only opendkim asks")
    try:
        raw = files.raw(spec.place)
    except OSError as error:
        return DataSet(spec, unread=problem_words(error, spec.place))
    return parsed(spec, raw)


def parsed(spec: Spec, raw: bytes) -> DataSet:
    """A file's entries, and the lines of it that opendkim misreads."""
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, piece, continued in _pieces(raw):
        if continued and problems[-1:] != [_too_long(number)]:
            problems.append(_too_long(number))
        row = (_refile if spec.kind == "refile" else _file)(piece, number)
        if row is not None:
            rows.append(row)
        elif spec.kind == "refile" and piece.partition("#")[0].strip(_BLANKS):
            problems.append(Problem(number, "begins with a blank: opendkim passes over it"))
    if spec.kind == "refile":
        problems += [bad for row in rows if (bad := _bad(row)) is not None]
    return DataSet(spec, tuple(rows), tuple(sorted(problems)))


def _too_long(number: int) -> Problem:
    return Problem(number, f"is longer than {LONGEST} bytes: opendkim reads the rest as a line of its own")


def _bad(row: Row) -> Problem | None:
    try:
        Pattern(row.key, icase=True)
    except BadPattern as error:
        return Problem(row.line, f"{error}: opendkim will not start")
    return None


def _pieces(raw: bytes) -> Iterator[tuple[int, str, bool]]:
    """Lines as fgets(3) gives them to opendkim, with their number, and whether it is the rest of a long
    one."""
    lines = raw.split(b"\n")
    for number, line in enumerate(lines, 1):
        whole = line if number == len(lines) else line + b"\n"
        for at in range(0, len(whole), LONGEST):
            piece = whole[at : at + LONGEST]
            yield number, decode(piece.partition(b"\0")[0]), at > 0 and piece != b"\n"


def _file(piece: str, number: int) -> Row | None:
    text = piece.partition("#")[0].partition("\n")[0].strip(_BLANKS)
    if not text:
        return None
    for at, character in enumerate(text):
        if character in _BLANKS:
            return Row(text[:at], text[at:].lstrip(_BLANKS), number)
    return Row(text, None, number)


def _refile(piece: str, number: int) -> Row | None:
    text = piece.partition("#")[0].partition("\n")[0]
    end = next((at for at, character in enumerate(text) if character in _BLANKS), -1)
    if end < 0:
        return Row(text, None, number) if text else None
    return Row(text[:end], text[end + 1 :].strip(_BLANKS), number) if end else None


def _listed(text: str) -> Iterator[Row]:
    for item in text.split(","):
        if item:
            key, equals, value = item.partition("=")
            yield Row(key.strip(_BLANKS), value.strip(_BLANKS) if equals else None, 0)
