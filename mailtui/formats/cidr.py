"""The text of a cidr: table: its networks in their order, with if … endif around them (cidr_table(5)).

The first network that holds an address counts, however small the ones below it are. What Postfix passes over
with a warning has its reason in the row's `error`.
"""

from __future__ import annotations

import re
import socket
from typing import ClassVar, NamedTuple

from mailtui.formats.patternline import BLANKS, ParsedLine, Pattern
from mailtui.formats.patterns import Patterns
from mailtui.text.safe import decode

_WORD = re.compile(rb"(if|endif)(?![0-9a-z])", re.IGNORECASE)
_PREFIX = re.compile(rb"[!\s]*")
_OFF_LINE = re.compile(
    rb"#(?:(?:![!\s]*)?\[?[0-9a-f]*[.:][0-9a-f.:\]/]*|if|endif)(?![0-9a-z])", re.IGNORECASE
)


class Network(NamedTuple):
    """A network: IPv4 or IPv6 (`version` 4, 6), and the first `length` bits of its addresses as a number."""

    version: int
    bits: int
    length: int

    def cut(self, length: int) -> Network:
        """The network of this length that holds it, where it is not longer."""
        return Network(self.version, self.bits >> (self.length - length), length)


class Parsed(NamedTuple):
    """A network as it is written; `problem` says why Postfix passes the line over."""

    network: Network | None
    problem: str = ""


def parse_network(text: str) -> Parsed:
    """`192.0.2.0/24`, `2001:db8::/32`, an address, or one of these in brackets; without `!`s before it."""
    inner = text
    length = ""
    if text.startswith("["):
        inner, close, rest = text[1:].partition("]")
        if not close:
            return Parsed(None, f"“{text}” has no closing ]")
        if rest and not rest.startswith("/"):
            return Parsed(None, f"“{rest}” behind the ] is no /length")
        inner, length = (inner, rest) if rest else _cut(inner)
    else:
        inner, length = _cut(inner)
    return _made(inner, length)


def _cut(text: str) -> tuple[str, str]:
    address, slash, length = text.partition("/")
    return address, slash + length


def _made(address: str, length: str) -> Parsed:
    version, family, most = (6, socket.AF_INET6, 128) if ":" in address else (4, socket.AF_INET, 32)
    digits = length.removeprefix("/")
    if length and not (digits.isascii() and digits.isdigit()):
        return Parsed(None, f"“{digits}” is no length of a network: a number up to {most}, no netmask")
    bits = int(digits) if length else most
    if bits > most:
        return Parsed(None, f"/{digits} is too long: an address here has {most} bits")
    try:
        number = int.from_bytes(socket.inet_pton(family, address), "big")
    except (OSError, ValueError):
        return Parsed(None, _no_address(address))
    rest = most - bits
    if number >> rest << rest != number:
        whole = socket.inet_ntop(family, (number >> rest << rest).to_bytes(most // 8, "big"))
        return Parsed(None, f"{address}{length} has bits behind the /{digits}; write {whole}/{bits}")
    return Parsed(Network(version, number >> rest, bits))


def _no_address(address: str) -> str:
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}\.?", address):
        parts = address.rstrip(".").split(".")
        full = ".".join([*parts, *["0"] * (4 - len(parts))])
        return f"“{address}” is not a whole address; write {full}/{8 * len(parts)}"
    return f"“{address}” is no address: this table knows no names"


class Cidr(Patterns):
    """A table of networks. A row's `pattern.inner` is the network as it is written."""

    TABLE = "cidr"
    _OFF: ClassVar[re.Pattern[bytes]] = _OFF_LINE

    @classmethod
    def _parse(cls, text: bytes) -> ParsedLine:
        text = text.rstrip(BLANKS)
        word = _WORD.match(text)
        if word is None:
            return _rule(text)
        rest = text[word.end() :].lstrip(BLANKS)
        if word[1].lower() == b"endif":
            if rest:
                why = (
                    "Postfix passes over an endif with text behind it: its if goes on to the end of the file"
                )
                return ParsedLine("other", text, None, b"", len(text), why, True)
            return ParsedLine("endif", text, None, b"", len(text))
        return _condition(text, word.end())

    @staticmethod
    def _plausible(parsed: ParsedLine) -> bool:
        if parsed.skipped or parsed.error:
            return False
        return parsed.kind != "rule" or bool(parsed.value)


def network_of(pattern: Pattern | None) -> Network | None:
    """The network of a row; None where there is none that Postfix takes."""
    return None if pattern is None else parse_network(decode(pattern.inner)).network


def _rule(text: bytes) -> ParsedLine:
    found = _PREFIX.match(text)
    start = found.end() if found is not None else 0
    word = text[start:].split(None, 1)[0] if text[start:] else b""
    end = start + len(word)
    value = text[end:].lstrip(BLANKS)
    at = len(text) - len(value)
    if not word:
        return ParsedLine("rule", text, None, b"", len(text), "it has no network", True)
    parsed = parse_network(decode(word))
    pattern = Pattern(text[:start].count(b"!") % 2 == 1, b"", word, b"")
    error = parsed.problem or ("" if value else "it has no result")
    return ParsedLine("rule", text[:end], pattern, value, at, error, bool(error))


def _condition(text: bytes, at: int) -> ParsedLine:
    found = _PREFIX.match(text, at)
    start = found.end() if found is not None else at
    inner = text[start:]
    if not inner:
        why = "it has no network; the lines up to its endif hold without a condition"
        return ParsedLine("if", text, None, b"", len(text), why, True)
    parsed = parse_network(decode(inner))
    if parsed.problem:
        why = f"{parsed.problem}; the lines up to its endif hold without a condition"
        return ParsedLine("if", text, None, b"", len(text), why, True)
    pattern = Pattern(text[at:start].count(b"!") % 2 == 1, b"", inner, b"")
    return ParsedLine("if", text, pattern, b"", len(text))
