"""One logical line of a regexp: or pcre: table taken apart (regexp_table(5), pcre_table(5)).

A line that begins with anything but a letter or digit is a rule: `!`s and blanks, a delimiter, the pattern up
to the next such delimiter (a backslash protects the byte behind it), flags up to a blank, and the result.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["rule", "if", "endif", "other"]
"""`other` is a line that Postfix does not understand and passes over."""

BLANKS = b" \t\n\v\f\r"
FLAGS = {"regexp": b"imx", "pcre": b"imsxAEUX"}
"""The flags of each type; each turns its setting to the contrary."""

_WORD = re.compile(rb"(if|endif)(?![0-9a-z])", re.IGNORECASE)
_ALNUM = re.compile(rb"[0-9A-Za-z]")


class Pattern(NamedTuple):
    """A pattern as it stands in a line: `inner` is what is between the delimiters, `flags` stands behind."""

    negated: bool
    delimiter: bytes
    inner: bytes
    flags: bytes


class ParsedLine(NamedTuple):
    """A line taken apart. `name` is all that stands before the result: `!/x/i`, `/a/!/b/`, `if /x/`, `endif`;
    `value` begins at `value_at` of the line. `error`: why Postfix passes it over, or takes it in part only;
    `skipped` tells which."""

    kind: Kind
    name: bytes
    pattern: Pattern | None
    value: bytes
    value_at: int
    error: str = ""
    skipped: bool = False


def parse_line(text: bytes, table: Literal["regexp", "pcre"]) -> ParsedLine:
    """Take a logical line apart; `text` begins with no blank."""
    text = text.rstrip(BLANKS)
    if not _ALNUM.match(text):
        return _rule(text, table)
    word = _WORD.match(text)
    if word is None:
        return ParsedLine("other", text, None, b"", len(text), "neither a /pattern/ nor if or endif", True)
    if word[1].lower() == b"endif":
        return _endif(text, word.end())
    return _condition(text, word.end(), table)


def _rule(text: bytes, table: str) -> ParsedLine:
    found = _pattern(text, 0, table)
    if isinstance(found, str):
        return ParsedLine("rule", text, None, b"", len(text), found, True)
    pattern, end = found
    if text[end : end + 1] == b"!":
        second = _pattern(text, end, table)
        if isinstance(second, str):
            return ParsedLine("rule", text, None, b"", len(text), second, True)
        end = second[1]
    value = text[end:].lstrip(BLANKS)
    error = "" if value else "it has no result: at each use Postfix takes that for an error"
    return ParsedLine("rule", text[:end], pattern, value, len(text) - len(value), error)


def _condition(text: bytes, at: int, table: str) -> ParsedLine:
    found = _pattern(text, len(text) - len(text[at:].lstrip(BLANKS)), table)
    if isinstance(found, str):
        why = f"{found}; the lines up to its endif hold without a condition"
        return ParsedLine("if", text, None, b"", len(text), why, True)
    pattern, end = found
    rest = text[end:].lstrip(BLANKS)
    error = "Postfix does not read what stands behind the condition" if rest else ""
    return ParsedLine("if", text[:end], pattern, rest, len(text) - len(rest), error)


def _endif(text: bytes, at: int) -> ParsedLine:
    rest = text[at:].lstrip(BLANKS)
    error = "Postfix does not read what stands behind endif" if rest else ""
    return ParsedLine("endif", text[:at], None, rest, len(text) - len(rest), error)


def _pattern(text: bytes, at: int, table: str) -> tuple[Pattern, int] | str:
    """The pattern that begins at `at`, and where its flags end; else what is wrong with it."""
    negated = False
    while at < len(text) and (text[at] == 0x21 or text[at] in BLANKS):
        negated ^= text[at] == 0x21
        at += 1
    if at >= len(text):
        return "it has no pattern"
    delimiter = text[at : at + 1]
    end = _closing(text, at + 1, delimiter[0])
    if end is None:
        return f"the pattern has no closing {delimiter.decode('latin-1')}"
    inner = text[at + 1 : end]
    start = at = end + 1
    while at < len(text) and text[at] not in BLANKS and not (table == "regexp" and text[at] == 0x21):
        if text[at] not in FLAGS[table]:
            letter = text[at : at + 1].decode("ascii", "replace")
            return f"“{letter}” is no flag of {table} tables, which have {FLAGS[table].decode()}"
        at += 1
    return Pattern(negated, delimiter, inner, text[start:at]), at


def _closing(text: bytes, at: int, delimiter: int) -> int | None:
    while at < len(text):
        if text[at] == 0x5C:
            at += 1
        elif text[at] == delimiter:
            return at
        at += 1
    return None
