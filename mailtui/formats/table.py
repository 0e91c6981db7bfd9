"""Lookup tables in the text form that postmap(1) reads: `key blanks value`, one a logical line.

The key ends at the first blank outside double quotes; `\\` protects the next byte. Quotes and backslashes
stay in the key. The value is trimmed of blanks. The first entry of a key counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailtui.formats.entries import Parts, fold
from mailtui.formats.entry_bulk import BulkEdits
from mailtui.formats.splice import Problem, Refused
from mailtui.text.safe import decode

_KEY = re.compile(rb"""(?:[^\s"\\]++|\\(?:.|\Z)|"(?:[^"\\]++|\\.)*+")*+""", re.DOTALL)
_COLON_KEY = re.compile(rb"^[^\s#\"\\][^\s]*+(?<=:)[ \t]", re.MULTILINE)
_ALIAS_FILE = 'record is in "key: value" format; is this an alias file?'


class Table(BulkEdits):
    """A table for postmap (hash, btree, lmdb, cdb, texthash, …); the file it is compiled from."""

    _PLAIN_RUN = re.compile(rb"(?:[!$-\[\]-~][!#-\[\]-~]*+[ \t]++[!-~].*+\n|[ \t#].*+\n|\r?\n)++")
    _PLAIN_KEY = re.compile(rb"[!#-\[\]-~]++(?=[ \t])")
    _PLAIN_LINE = re.compile(rb"([!#-\[\]-~]++)[ \t]++(.*)", re.DOTALL)
    _KEYS_AS_WRITTEN = True
    _SEPARATOR = b" "
    _PROGRAM = "postmap"
    _TRIMMED = b" \t\r\n\v\f"

    @staticmethod
    def split(text: bytes) -> Parts | str:
        found = _KEY.match(text)
        end = found.end() if found else 0
        if text[end : end + 1] == b'"':
            return f"unbalanced '\"' in '{decode(text)}' -- ignoring this line"
        rest = text[end:]
        value = rest.strip()
        if not end or not value:
            return "expected format: key whitespace value"
        start = end + len(rest) - len(rest.lstrip())
        return Parts(text[:end], 0, end, start, start + len(value))

    @staticmethod
    def _stored(value: bytes) -> bytes:
        return value

    @staticmethod
    def _remark(parts: Parts) -> str | None:
        return _ALIAS_FILE if parts.key.endswith(b":") else None

    def _remarks(self) -> Iterator[Problem]:
        for found in _COLON_KEY.finditer(self.raw):
            number = self.lines.at(found.start())
            if number not in self._odd_lines:
                yield Problem(number + 1, _ALIAS_FILE)

    @staticmethod
    def _written(key: bytes) -> bytes:
        parts = Table.split(key + b" x")
        if isinstance(parts, str) or parts.key != key:
            raise Refused(
                f"`{decode(key)}` is not one word", 'put the part with blanks in quotes: "first last"@domain'
            )
        return key

    def _refuse_text(self, text: bytes) -> None:
        pass  # any text is a value

    def _above(self, key: bytes) -> int | None:
        at = key.rfind(b"@")
        if at < 0:
            return self._last_bare()
        domain = key[at + 1 :]
        inside = self._last_in_domain(domain)
        return self.find(domain) if inside is None else inside

    def _above_each(self, keys: Sequence[bytes]) -> Sequence[int | None]:
        folded = [fold(key) for key in keys]
        domains = {key.rpartition(b"@")[2] for key in folded if b"@" in key}
        inside: dict[bytes, int] = {}
        named: dict[bytes, int] = {}
        for index, key in self._keys() if domains else ():
            at = key.rfind(b"@")
            if at < 0 and key in domains:
                named.setdefault(key, index)
            elif at >= 0 and key[at + 1 :] in domains:
                inside[key[at + 1 :]] = index
        bare = None if all(b"@" in key for key in folded) else self._last_bare()
        return [
            inside.get(domain, named.get(domain)) if at else bare
            for _, at, domain in (key.rpartition(b"@") for key in folded)
        ]
