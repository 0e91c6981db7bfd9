"""A message as cleanup(8) takes it apart for header and body checks: headers by their class, and body lines.

Postfix's own rules, and not those of a mail reader: a line that is no header ends the headers; the parts of a
multipart and the headers of an attached message are found by the boundaries alone; body lines are looked at
as they stand, encoded or not (header_checks(5), RFC 2045).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Class = Literal["header", "mime", "nested", "body"]
"""Which checks see a piece: header_checks, mime_header_checks, nested_header_checks, body_checks."""

MIME_HEADERS = frozenset(
    {
        b"content-description", b"content-disposition", b"content-id", b"content-transfer-encoding",
        b"content-type", b"mime-version",
    }
)  # fmt: skip
"""The headers that mime_header_checks see, wherever they stand."""

_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:")
_SPECIALS = b'()<>@,;:\\"/[]?='
_SPACE = b" \t\r\n"
_TOKENS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """What main.cf sets: header_size_limit, line_length_limit, body_checks_size_limit (0: none; all in
    bytes), mime_nesting_limit, mime_boundary_length_limit; `mime` is false with
    disable_mime_input_processing."""

    header: int = 102400
    line: int = 2048
    body: int = 51200
    nesting: int = 100
    boundary: int = 2048
    mime: bool = True


class Piece(NamedTuple):
    """One thing that a table is asked for. `line`: of the message, from 1; `last_line`: where it ends.
    `text`: a header with its line breaks. `looked_at`: false for body lines behind body_checks_size_limit."""

    kind: Class
    text: bytes
    line: int
    last_line: int
    looked_at: bool = True


class _Boundary(NamedTuple):
    text: bytes
    digest: bool


def pieces(raw: bytes, limits: Limits | None = None) -> Iterator[Piece]:
    """The headers and body lines of a message, in order. Line ends may be CRLF or LF.

    Postfix's own Received: line, which smtpd(8) and pickup(8) put above, is not among them."""
    return _Walk(limits or Limits()).run(raw)


def _first(text: bytes) -> bytes:
    """The first line as smtpd hands it on: that of a mailbox becomes a header."""
    if text.lstrip(b">").startswith(b"From "):
        return b"X-Mailbox-Line: " + text
    return text


class _Walk:
    """Where in the message we are."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.state: Class = "header"
        self.main_type, self.sub_type = b"text", b"plain"
        self.stack: list[_Boundary] = []
        self.offset = 0
        self.header = b""
        self.began = self.ended = 0

    def run(self, raw: bytes) -> Iterator[Piece]:
        lines = raw.split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            text = line.removesuffix(b"\r").replace(b"\r", b" ")
            if number == 1:
                text = _first(text)
                if text[:1] in (b" ", b"\t"):  # an empty line is put in above it
                    self._end_of_headers()
            limit = self.limits.line
            for at in range(0, max(len(text), 1), limit):
                yield from self._record(text[at : at + limit], number, goes_on=at > 0)
        yield from self._flush()

    def _record(self, text: bytes, number: int, *, goes_on: bool) -> Iterator[Piece]:
        if self.state == "body":
            yield self._body(text, number, goes_on=goes_on)
            return
        if self.header and (goes_on or text[:1] in (b" ", b"\t")):
            if len(self.header) < self.limits.header:
                self.header += text if goes_on else b"\n" + text
            self.ended = number
            return
        yield from self._flush()
        found = _HEADER.match(text)
        if found:
            self.header = found[1] + text[found.end(1) :].lstrip(b" \t")
            self.began = self.ended = number
            return
        if not text:
            self._end_of_headers()
        else:
            self.state, self.offset = "body", 0
        yield self._body(text, number, goes_on=goes_on)

    def _flush(self) -> Iterator[Piece]:
        """The header that has been gathered."""
        if not self.header:
            return
        name = self.header.partition(b":")[0].rstrip().lower()
        if self.limits.mime and name == b"content-type":
            self._content_type(self.header[len(name) + 1 :])
        kind: Class = "mime" if name in MIME_HEADERS else self.state
        text = self.header.partition(b"\0")[0]
        self.header = b""
        yield Piece(kind, text, self.began, self.ended)

    def _end_of_headers(self) -> None:
        """An empty line: what follows, by the content type."""
        self.offset = 0
        if self.main_type == b"message" and self.sub_type in (b"rfc822", b"global"):
            self.state = "nested"
            self.main_type, self.sub_type = b"text", b"plain"
            return
        if self.main_type == b"multipart":
            self.main_type = self.sub_type = b""
        self.state = "body"

    def _body(self, text: bytes, number: int, *, goes_on: bool) -> Piece:
        if self.stack and not goes_on and len(text) > 2 and text.startswith(b"--"):
            self._boundary(text)
        seen = self.limits.body == 0 or self.offset < self.limits.body
        self.offset += len(text) + 1
        return Piece("body", text.partition(b"\0")[0], number, number, seen)

    def _boundary(self, text: bytes) -> None:
        for depth in range(len(self.stack) - 1, -1, -1):
            boundary, digest = self.stack[depth]
            if not text.startswith(boundary, 2):
                continue
            del self.stack[depth + 1 :]
            if text.startswith(b"--", 2 + len(boundary)):
                self.stack.pop()
                self.state, self.offset = "body", 0
                self.main_type = self.sub_type = b""
            else:
                self.state = "mime"
                self.main_type = b"message" if digest else b"text"
                self.sub_type = b"rfc822" if digest else b"plain"
            return

    def _content_type(self, value: bytes) -> None:
        parts = list(_parameters(value))
        if not parts or not parts[0]:
            self.main_type = b""
            return
        first = parts[0]
        kind = first[0][1].lower() if first[0][0] == "token" else b""
        has_sub = len(first) > 2 and first[1] == ("/", b"/") and first[2][0] == "token"
        sub = first[2][1].lower() if has_sub else b""
        if kind == b"text":
            self.main_type, self.sub_type = kind, sub if sub == b"plain" else b""
        elif kind == b"message":
            self.main_type, self.sub_type = kind, sub
        elif kind == b"multipart":
            self.main_type = kind
            for part in parts[1:]:
                self._push(part, digest=sub == b"digest")

    def _push(self, part: list[tuple[str, bytes]], *, digest: bool) -> None:
        named = len(part) > 2 and part[0][0] == "token" and part[0][1].lower() == b"boundary"
        if named and part[1][0] == "=" and len(self.stack) - 1 <= self.limits.nesting:
            boundary = part[2][1].partition(b"\0")[0][: self.limits.boundary]
            self.stack.append(_Boundary(boundary, digest))


def _parameters(value: bytes) -> Iterator[list[tuple[str, bytes]]]:
    """The tokens between semicolons, the first three of each: words, quoted strings, specials."""
    part: list[tuple[str, bytes]] = []
    at = 0
    ended = True
    value = value.partition(b"\0")[0]
    while at < len(value):
        byte = value[at : at + 1]
        ended = False
        if byte in b" \t\r\n":
            at += 1
            continue
        if byte == b";":
            yield part
            part, ended = [], True
            at += 1
            continue
        if byte == b"(":
            at = _comment(value, at + 1)
            continue
        if byte == b'"':
            text, at = _quoted(value, at + 1)
            token = ("quoted", text)
        elif byte in _SPECIALS or byte < b" " or byte == b"\x7f":
            token, at = (byte.decode("latin-1"), byte), at + 1
        else:
            end = at + 1
            while end < len(value) and not _ends_word(value[end]):
                end += 1
            token, at = ("token", value[at:end]), end
        if len(part) < _TOKENS:
            part.append(token)
    if part or not ended:
        yield part


def _ends_word(byte: int) -> bool:
    return byte in _SPECIALS or byte <= 0x20 or byte == 0x7F


def _comment(value: bytes, at: int) -> int:
    level = 1
    while at < len(value) and level:
        level += {0x28: 1, 0x29: -1}.get(value[at], 0)
        at += 2 if value[at] == 0x5C else 1
    return at


def _quoted(value: bytes, at: int) -> tuple[bytes, int]:
    text = bytearray()
    while at < len(value):
        byte = value[at]
        at += 1
        if byte == 0x22:
            break
        if byte == 0x0A:
            text = text.rstrip(_SPACE)
            continue
        if byte == 0x5C:
            if at >= len(value):
                break
            byte = value[at]
            at += 1
        text.append(byte)
    return bytes(text), at
