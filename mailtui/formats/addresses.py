"""Addresses as Postfix reads them in aliases(5) and virtual(5): RFC 822 tokens, and lists of recipients.

The tokens are those of Postfix's tok822 parser. Blanks separate recipients just as commas do, so that
`|/bin/x a b` is a command and the two users `a` and `b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

ATOM, QUOTED, COMMENT, LITERAL, OPERATOR = range(5)
"""Kinds of tokens; a LITERAL is a domain literal in square brackets."""

_OPERATORS = b'|%!()<>@,;:\\".[]'
_TOKEN = re.compile(
    rb"(?P<blanks>[ \t\r\n]+)"
    rb"|(?P<comment>\()"
    rb"|\[(?P<literal>(?:\\.|[^\]\\])*)(?:\]|\\?\Z)"
    rb'|"(?P<quoted>(?:\\.|[^"\\])*)(?:"|\\?\Z)'
    rb"|(?P<operator>[|%!()<>@,;:.\[\]])"
    rb'|(?P<atom>(?:\\.|[^ \t\r\n|%!()<>@,;:\\".\[\]])+)'
    rb"|(?P<backslash>\\\Z)",
    re.DOTALL,
)
_COMMENT_PART = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_BLANK = re.compile(rb"[\t\r\n]")
_NEEDS_QUOTES = re.compile(rb'[\x00-\x20\x7f|%!()<>@,;:\\".\[\]]')
_SIMPLE = rb"[^\"\\()<>\[\]|:;!%,\x00-\x20\x7f]++"
_SIMPLE_ITEM = rb"(?:\"[^\"\\\x00-\x1f\x7f]*+\"@|(?![@.]))" + _SIMPLE + rb"(?<![@.])"
_SIMPLE_ONE = re.compile(_SIMPLE_ITEM)
_SIMPLE_LIST = re.compile(rb"%b(?:(?: *+, *+| ++)%b)*+" % (_SIMPLE_ITEM, _SIMPLE_ITEM))
"""Recipients each of which begins and ends with a word, and has one on either side of every other mark: what
stands between blanks or commas is one."""
_PLAIN_NAME = re.compile(rb'[^\x00-\x20\x7f"#%(),:;<>@\[\\\]|!][^\x00-\x20\x7f"%(),:;<>@\[\\\]|!]*\Z')


class Token(NamedTuple):
    """A token: its place in the text, and `text`, what it stands for without quotes and backslashes."""

    kind: int
    start: int
    end: int
    text: bytes

    @property
    def is_word(self) -> bool:
        return self.kind in (ATOM, QUOTED, LITERAL)


def _comment_end(text: bytes, at: int) -> int:
    depth = 1
    while found := _COMMENT_PART.search(text, at):
        at = found.end()
        if found[0] == b"(":
            depth += 1
        elif found[0] == b")":
            depth -= 1
            if depth == 0:
                return at
    return len(text)


def _plain(text: bytes) -> bytes:
    """Text without its backslashes, every blank as a space."""
    return _BLANK.sub(b" ", _ESCAPED.sub(rb"\1", text))


def tokens(text: bytes) -> list[Token]:
    """All tokens of `text`; unclosed quotes and comments reach to its end, as in Postfix."""
    result: list[Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        start, at = match.span()
        match match.lastgroup:
            case "blanks":
                pass
            case "comment":
                at = _comment_end(text, at)
                result.append(Token(COMMENT, start, at, text[start:at]))
            case "literal":
                result.append(Token(LITERAL, start, at, _plain(match["literal"])))
            case "quoted":
                result.append(Token(QUOTED, start, at, _plain(match["quoted"])))
            case "operator":
                result.append(Token(OPERATOR, start, at, match[0]))
            case _:
                word = _plain(match["atom"] or b"")
                if text[at:] == b"\\":  # a lone backslash at the end protects nothing and is dropped
                    at += 1
                result.append(Token(QUOTED if _NEEDS_QUOTES.search(word) else ATOM, start, at, word))
    return result


def _needs_space(left: Token, right: Token) -> bool:
    if left.kind == OPERATOR and left.text == b",":
        return False  # it has its blank already
    if right.kind == OPERATOR:
        return right.text == b"<"
    return left.kind != OPERATOR


def _joined(parts: Iterable[tuple[Token, bytes]]) -> bytes:
    result: list[bytes] = []
    before: Token | None = None
    for token, written in parts:
        if before is not None and _needs_space(before, token):
            result.append(b" ")
        result.append(written)
        before = token
    return b"".join(result)


def internal(parts: Iterable[Token]) -> bytes:
    """The tokens in internal form, without quotes: how postalias stores a name (which has no comma)."""
    return _joined((part, b"[" + part.text + b"]" if part.kind == LITERAL else part.text) for part in parts)


def _escaped(text: bytes, marks: bytes) -> bytes:
    return b"".join(b"\\" + byte if byte in marks else byte for byte in (bytes((code,)) for code in text))


def _external(token: Token) -> bytes:
    if token.kind == QUOTED:
        return b'"' + _escaped(token.text, b'"\\\r\n') + b'"'
    if token.kind == LITERAL:
        return b"[" + _escaped(token.text, b"\\\r\n") + b"]"
    return b", " if token.kind == OPERATOR and token.text == b"," else token.text


def external(parts: Iterable[Token]) -> bytes:
    """The tokens in external form, quoted where needed: how postalias stores a value."""
    return _joined((part, _external(part)) for part in parts)


def quoted_name(name: bytes) -> bytes:
    """The left-hand side that postalias reads as `name`."""
    if _PLAIN_NAME.match(name):
        return name
    return b'"' + _escaped(name, b'"\\') + b'"'


def _phrase_start(parts: list[Token], at: int) -> int:
    """Where the recipient that ends in `>` at index `at` begins, its display name included."""
    while at >= 0 and parts[at].text != b"<":
        at -= 1
    while at >= 0 and not (parts[at].kind == OPERATOR and parts[at].text in b">;,:"):
        at -= 1
    return at + 1


def spans(text: bytes) -> list[tuple[int, int]]:
    """The recipients of a list: where each begins and ends in `text`, as written."""
    if _SIMPLE_LIST.fullmatch(text):  # nearly all lists there are
        return [found.span() for found in _SIMPLE_ONE.finditer(text)]
    return _spans(text)


def is_simple(text: bytes) -> bool:
    """Whether a list is so plain that it begins with the first of its recipients and ends with the last."""
    return _SIMPLE_LIST.fullmatch(text) is not None


def _spans(text: bytes) -> list[tuple[int, int]]:
    parts = [token for token in tokens(text) if token.kind != COMMENT]
    groups: list[tuple[int, int]] = []
    right = at = len(parts)
    word_may_come = True  # Postfix reads from the right and adds the comma that is missing between words
    while at > 0:
        at -= 1
        token = parts[at]
        if token.is_word:
            if not word_may_come:
                groups.append((at + 1, right))
                right = at + 1
            word_may_come = False
            continue
        word_may_come = True
        if token.text in b",;":
            groups.append((at + 1, right))
            right = at
        elif token.text == b">":
            groups.append((at + 1, right))
            start = _phrase_start(parts, at)
            groups.append((start, at + 1))
            right = at = start
    groups.append((0, right))
    return [(parts[a].start, parts[b - 1].end) for a, b in reversed(groups) if a < b]


def is_simple_one(item: bytes) -> bool:
    """Whether `item` is a recipient so plain that no closer look is needed."""
    return _SIMPLE_ONE.fullmatch(item) is not None


def items(text: bytes) -> list[bytes]:
    """The recipients of a list as they are written, quotes kept."""
    return [text[start:end] for start, end in spans(text)]


def is_one(item: bytes) -> bool:
    """Whether `item` is read as exactly one recipient."""
    return spans(item) == [(0, len(item))]
