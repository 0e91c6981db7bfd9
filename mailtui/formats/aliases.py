"""The local alias database in the text form that postalias(1) reads: `name: recipients` (aliases(5)).

Names are read as RFC 822 tokens and stored without quotes: `"first last":` and `first last:` are one name.
Recipients stay as they are written, quotes included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mailtui.formats import addresses
from mailtui.formats.entries import Parts
from mailtui.formats.entry_bulk import BulkEdits
from mailtui.formats.splice import Problem, Refused
from mailtui.text.safe import decode

_PLAIN = rb"[^\s\x00-\x1f\x7f-\xff\"#%(),:;<>@\[\\\]|!]"

_SIMPLE = re.compile(
    rb"(?:([^\x00-\x20\x7f\"#%(),:;<>@\[\\\]|!]++)|\"([^\x00-\x1f\x7f\"\\]++)\")[ \t]*+:[ \t]*+"
)
"""A name that is one word, or one quoted one, and the colon behind it."""


class Aliases(BulkEdits):
    """An alias file; the names are local parts of addresses."""

    _PLAIN_RUN = re.compile(rb"(?:" + _PLAIN + rb"++[ \t]*+:[ \t]*+[!-~].*+\n|[ \t#].*+\n|\r?\n)++")
    _PLAIN_KEY = re.compile(_PLAIN + rb"++(?=[ \t]*+:)")
    _PLAIN_LINE = re.compile(rb"(" + _PLAIN + rb"++)[ \t]*+:[ \t]*+([^\"(\[\\]*)")
    _KEYS_AS_WRITTEN = False
    _SEPARATOR = b": "
    _PROGRAM = "postalias"
    _TRIMMED = b" \t\r\n"

    @staticmethod
    def split(text: bytes) -> Parts | str:
        found = _SIMPLE.match(text)
        end = len(text.rstrip(b" \t\r\n"))
        if found and addresses.is_simple(text[found.end() : end]):  # the short way for nearly all
            number = found.lastindex or 1
            key_end = found.end(number) + number - 1
            return Parts(found[number], 0, key_end, found.end(), end)
        parts = addresses.tokens(text)
        if not parts:  # a NUL begins the line: postalias drops it without a word
            return ""
        marks = [token.text if token.kind == addresses.OPERATOR else b"" for token in parts]
        colon = marks.index(b":") if b":" in marks else 0
        if not colon or colon + 1 == len(parts) or b"," in marks[:colon]:
            return "need name:value pair"
        if b"@" in marks[:colon] or b"%" in marks[:colon]:
            return "name must be local"
        name = addresses.internal(parts[:colon])
        return Parts(name, parts[0].start, parts[colon - 1].end, parts[colon + 1].start, parts[-1].end)

    @staticmethod
    def _stored(value: bytes) -> bytes:
        return addresses.external(addresses.tokens(value))

    @staticmethod
    def _remark(parts: Parts) -> str | None:  # noqa: ARG004
        return None

    def _remarks(self) -> Iterator[Problem]:
        return iter(())

    @staticmethod
    def _written(key: bytes) -> bytes:
        name = addresses.quoted_name(key)
        parts = Aliases.split(name + b": x")
        if isinstance(parts, str) or parts.key != key:
            raise Refused(f"`{decode(key)}` cannot be an alias name", "leave out control characters")
        return name

    def _refuse_text(self, text: bytes) -> None:
        places = addresses.spans(text)
        if not places:
            raise Refused(f"`{decode(text)}` names no recipient", "to discard the mail write /dev/null")
        for (start, end), (following, last) in pairwise(places):
            if text[start : start + 1] == b"|" and b"," not in text[end:following]:
                raise Refused(
                    f"`{decode(text[start:end])}` is the whole command: the blank ends it, and "
                    f"`{decode(text[following:last])}` is another recipient",
                    'put command and arguments in quotes: "|command arguments"',
                )

    def _above(self, key: bytes) -> int | None:  # noqa: ARG002
        return next((index for index in range(len(self) - 1, -1, -1) if self.is_enabled(index)), None)

    def _above_each(self, keys: Sequence[bytes]) -> Sequence[int | None]:
        return [self._above(b"")] * len(keys)
