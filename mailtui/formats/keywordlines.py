"""One line of a keyword file, as its program takes it apart.

A program that reads lines into a buffer of fixed size takes what is left of a long line for a line of its
own, even in a comment: `pieces` cuts as it does. The grammars are those of config.c (opendkim,
opendmarc), optparser.c (ClamAV), policydspfsupp.py (policyd-spf) and lib/config.c (Cyrus SASL).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailtui.text.safe import decode, encode, safe

BLANKS = b" \t"
SPACES = b" \t\n\r\v\f"
"""What isspace(3) takes for a blank."""

_SASL_KEY = re.compile(rb"[A-Za-z0-9_-]*")
_UNIVERSAL = re.compile(rb"\r\n?|\n")


class Piece(NamedTuple):
    """What a program reads as one line: `text` without its line end; `line` counts from 1; `whole`: it is
    a whole line of the file; `ended`: a line feed stands behind it."""

    start: int
    text: bytes
    line: int
    whole: bool
    ended: bool = True


class Words(NamedTuple):
    """Where name and value stand in a piece; `written` ends behind the quotes of a value. `problem`: why
    the program refuses or passes over the line, or reads something else than stands there."""

    name: tuple[int, int]
    value: tuple[int, int]
    written: tuple[int, int]
    problem: str = ""
    stops: bool = False
    """Whether the program stops at that line, whatever its value."""


class Junk(NamedTuple):
    """A line in which the program finds no keyword at all."""

    problem: str


Reading = Words | Junk | None
"""None: a comment or an empty line."""


def pieces(raw: bytes, limit: int = 0, *, universal: bool = False) -> Iterator[Piece]:
    """The lines as a program reads them, at most `limit` bytes at once, line end included (0: any length).
    `universal`: a lone CR ends a line, as Python reads texts."""
    at = 0
    for number, full in enumerate(_physical(raw), 1):
        text = full.removesuffix(b"\n")
        if universal:
            start = 0
            ends = [found.span() for found in _UNIVERSAL.finditer(full)]
            for stop, following in ends:
                yield Piece(at + start, full[start:stop], number, len(ends) == 1)
                start = following
            if start < len(full):
                yield Piece(at + start, full[start:], number, not ends)
        elif not limit or len(full) <= limit:
            yield Piece(at, text, number, True, len(text) < len(full))
        else:
            for start in range(0, len(full), limit):
                yield Piece(at + start, full[start : start + limit].removesuffix(b"\n"), number, False)
        at += len(full)


def _physical(raw: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end + 1
        yield raw[at:end]
        at = end


def _cut(text: bytes, marks: bytes) -> bytes:
    return text[: next((n for n, byte in enumerate(text) if byte in marks), len(text))]


def _trimmed(text: bytes, start: int, blanks: bytes = BLANKS) -> tuple[int, int]:
    """From the first byte at or after `start` that is no blank to behind the last."""
    end = len(text.rstrip(blanks))
    start = min(len(text) - len(text[start:].lstrip(blanks)), max(end, start))
    return start, max(end, start)


def read_opendkim(piece: Piece, *, cuts: bytes = b"#\r\0") -> Reading:
    """`Keyword value`: cut at `#` and at a carriage return wherever they stand."""
    text = _cut(piece.text, cuts)
    begin = len(text) - len(text.lstrip(BLANKS))
    if begin == len(text):
        return None
    stop = begin + len(_cut(text[begin:], BLANKS))
    value = _trimmed(text, stop)
    missing = value[0] == value[1]
    return Words((begin, stop), value, value, "the value is missing" if missing else "", missing)


def read_opendmarc(piece: Piece) -> Reading:
    """As opendkim, but a carriage return is part of the value."""
    reading = read_opendkim(piece, cuts=b"#\0")
    if isinstance(reading, Words) and b"\r" in piece.text[slice(*reading.name)]:
        return Junk("a carriage return stands where a keyword should: the file has DOS line ends")
    if isinstance(reading, Words) and not reading.problem and b"\r" in piece.text[slice(*reading.value)]:
        return reading._replace(
            problem="the carriage return is part of the value: the file has DOS line ends"
        )
    return reading


def read_clamav(piece: Piece) -> Reading:
    """`Option value` or `Option "value"`; `#` begins a comment at the beginning of a line only."""
    text = _cut(piece.text, b"\0")
    begin = len(text) - len(text.lstrip(b" \t\r\n"))
    ended = piece.ended and len(text) == len(piece.text)
    if len(text) - begin + ended <= 2 or text[begin : begin + 1] == b"#":  # it counts the line feed too
        return None
    if text.startswith(b"Example", begin):
        return Junk("a line that begins with Example stops the program: take it out")
    stop = begin + len(_cut(text[begin:], BLANKS))
    value = _trimmed(text, stop)
    written = value
    if text[value[0] : value[0] + 1] == b'"':
        last = text.rfind(b'"', value[0] + 1)
        if last < 0:
            return Words((begin, stop), value, value, "the second quotation mark is missing", True)
        value, written = (value[0] + 1, last), (value[0], last + 1)
    if value[0] == value[1]:
        return Words((begin, stop), value, written, "the value is missing", True)
    problem = ""
    if b"\r" in text[slice(*value)]:
        problem = "the carriage return is part of the value: the file has DOS line ends"
    return Words((begin, stop), value, written, problem)


def _python_strip(text: bytes, start: int, end: int) -> tuple[int, int]:
    """As str.strip() takes blanks off, which knows more of them than isspace(3)."""
    words = decode(text[start:end])
    left = start + len(encode(words[: len(words) - len(words.lstrip())]))
    right = end - len(encode(words[len(words.rstrip()) :]))
    return left, max(left, right)


def read_policyd_spf(piece: Piece) -> Reading:
    """`Name = value`, with exactly one `=`; cut at `#` wherever it stands."""
    text = _cut(piece.text, b"#")
    begin, end = _python_strip(text, 0, len(text))
    if begin == end:
        return _undecodable(piece)
    equals = text.count(b"=", begin, end)
    if equals != 1:
        why = "it has no = in it" if not equals else "it has more than one = in it"
        return Junk(f"policyd-spf passes this line over: {why}")
    sign = text.index(b"=", begin, end)
    value = _python_strip(text, sign + 1, end)
    name = _python_strip(text, begin, sign)
    odd = _undecodable(piece)
    return Words(name, value, value, odd.problem if odd else "", odd is not None)


def _undecodable(piece: Piece) -> Junk | None:
    try:
        piece.text.decode()
    except UnicodeDecodeError:
        return Junk("a byte that is no UTF-8: policyd-spf cannot read the file, and every mail gets 451")
    return None


def read_smtpd_conf(piece: Piece) -> Reading:
    """`key: value`: the colon directly behind the key."""
    text = _cut(piece.text, b"\0")
    begin = len(text) - len(text.lstrip(SPACES))
    if begin == len(text) or text[begin : begin + 1] == b"#":
        return None
    match = _SASL_KEY.match(text, begin)
    stop = match.end() if match else begin
    if text[stop : stop + 1] != b":":
        shown = safe(text[begin:].rstrip(), 40)
        return Junk(f"“{shown}” is not `key: value`: SASL does not start, and no smtpd that offers AUTH")
    value = _trimmed(text, stop + 1, SPACES)
    if value[0] == value[1]:
        return Words((begin, stop), value, value, "the value is missing: SASL does not start", True)
    return Words((begin, stop), value, value)
