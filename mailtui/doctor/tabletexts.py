"""What stands in the access tables that rules ask: the rows that matter, found without reading every one.

A table of a million rows is searched by one pattern over its bytes. Only the first line of a row is looked
at: the word that counts stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailtui.postfix.files import Files, Stamp
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED, PATTERNS, Lookup, split_list
from mailtui.text.safe import decode

_PERMITS = rb"(?:OK|RELAY|PERMIT\w*|[0-9]+)(?=[ \t,\r]|$)"
_CATCH_ALL = frozenset(("^", ".", ".*", "^.*", "^.*$", ".*$", ".+", "^.+", "^.+$", ".+$", "^.", "$", ".$"))
_FINAL = frozenset(("OK", "RELAY", "REJECT", "DEFER", "DISCARD"))
_CODE = re.compile(r"[45]\d\d")
_WORLD = frozenset(("0.0.0.0/0", "::/0"))


class Row(NamedTuple):
    """One row of a table. `line`: from 1; 0 for a table that is written in the parameter itself."""

    line: int
    key: str
    value: str

    @property
    def word(self) -> str:
        """The action, in capitals."""
        return self.value.split(None, 1)[0].upper() if self.value.strip() else ""


class Texts:
    """The access tables of one instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._held: dict[tuple[str, bytes], Sequence[Row]] = {}

    def raw(self, lookup: Lookup) -> bytes | None:
        """The text of a table in a file; None where there is none to read."""
        if not lookup.has_file:
            return None
        try:
            return self._instance.files.raw(lookup.path)
        except OSError:
            return None

    def knows(self, lookup: Lookup) -> bool:
        """Whether its rows can be read at all; others are asked of a database or a server."""
        return (
            lookup.type in {"static", "inline"} or lookup.path.startswith("{") or self.raw(lookup) is not None
        )

    def permitting(self, lookup: Lookup, classes: Sequence[str]) -> Sequence[Row]:
        """The rows whose value may permit: OK, digits, a restriction that permits, a class."""
        if lookup.type in {"static", "inline"}:
            return list(_written(lookup))
        if lookup.type in INDEXED or lookup.type == "texthash":
            names = b"".join(b"|" + re.escape(name.encode("utf-8", "surrogateescape")) for name in classes)
            return self.where(lookup, b"(?:" + _PERMITS + names + rb").*")
        return list(self.patterns(lookup))

    def where(self, lookup: Lookup, value: bytes, key: bytes = rb"[^\s#]\S*") -> Sequence[Row]:
        """The rows of a text of keys and values whose key and value match, letter case aside."""
        raw = self.raw(lookup)
        if raw is None:
            return ()
        wanted = b"(?im)^(" + key + b")[ \t]+(" + value + b")$"
        kept = (lookup.path, wanted)
        if kept not in self._held:
            stamp = self._instance.files.stamp(lookup.path)
            cached = isinstance(self._instance.files, Files) and stamp is not None
            self._held[kept] = _searched(lookup.path, stamp, wanted, raw) if cached else _search(wanted, raw)
        return self._held[kept]

    def patterns(self, lookup: Lookup) -> Iterator[Row]:
        """The rows of a table of patterns or networks. Rows within `if … endif` have no key."""
        depth = 0
        for number, line in self._lines(lookup):
            text = line.strip()
            if not text or text.startswith("#") or line[:1].isspace():
                continue
            first = text.split(None, 1)[0].lower()
            if first.startswith("if") and lookup.type != "cidr" and not first[2:3].isalnum():
                depth += 1
            elif first == "endif":
                depth = max(0, depth - 1)
            else:
                row = _network(number, text) if lookup.type == "cidr" else _pattern(number, text)
                if row is not None:
                    yield row._replace(key="") if depth else row

    def _lines(self, lookup: Lookup) -> Iterator[tuple[int, str]]:
        if lookup.type in PATTERNS and lookup.path.startswith(
            "{"
        ):  # written in the parameter: { {/x/ OK}, … }
            for item in split_list(lookup.path[1:-1]):
                yield 0, item[1:-1].strip() if item.startswith("{") else item
            return
        yield from enumerate(decode(self.raw(lookup) or b"").split("\n"), 1)

    def final(self, lookup: Lookup, check: str) -> Row | None:
        """The row that answers every key with what ends a list; None where there is none for this check."""
        rows = list(_written(lookup)) if lookup.type == "static" else []
        if not rows and lookup.type in {"regexp", "pcre"} and check in _ALWAYS_ASKED:
            rows = [row for row in self.patterns(lookup) if is_catch_all(row.key)][:1]
        if not rows and lookup.type == "cidr" and check == "check_client_access":
            rows = [row for row in self.patterns(lookup) if row.key in _WORLD]
            if {row.key for row in rows} != _WORLD:
                return None
        return rows[0] if rows and all(_ends(row) for row in rows) else None


_ALWAYS_ASKED = frozenset(("check_client_access", "check_sender_access", "check_recipient_access"))
"""The checks whose subject is there in every session that gets as far as RCPT TO."""


def _ends(row: Row) -> bool:
    word = row.word
    return word in _FINAL or row.value.strip().isdigit() or bool(_CODE.fullmatch(word))


_SEARCHED: dict[tuple[str, Stamp | None, bytes], Sequence[Row]] = {}
_KEPT = 512


def _searched(path: str, stamp: Stamp | None, wanted: bytes, raw: bytes) -> Sequence[Row]:
    """As `_search`, kept while the file on the disk is the same."""
    key = (path, stamp, wanted)
    if key not in _SEARCHED:
        if len(_SEARCHED) >= _KEPT:
            _SEARCHED.clear()
        _SEARCHED[key] = _search(wanted, raw)
    return _SEARCHED[key]


def _search(wanted: bytes, raw: bytes) -> Sequence[Row]:
    rows: list[Row] = []
    line, at = 1, 0
    for match in re.finditer(wanted, raw):
        line += raw.count(b"\n", at, match.start())
        at = match.start()
        rows.append(Row(line, decode(match[1]), decode(match[2]).strip()))
    return rows


def _written(lookup: Lookup) -> Iterator[Row]:
    """The rows of a table that is written in the parameter itself."""
    text = lookup.path
    if lookup.type == "static":
        bare = text[1:-1] if text.startswith("{") and text.endswith("}") else text
        yield Row(0, "*", bare.strip())
        return
    for item in split_list(text[1:-1]) if text.startswith("{") else ():
        bare = item[1:-1] if item.startswith("{") and item.endswith("}") else item
        key, _, value = bare.partition("=")
        yield Row(0, key.strip(), value.strip())


def _network(number: int, text: str) -> Row | None:
    key, _, value = text.partition(" ") if " " in text else text.partition("\t")
    return Row(number, key.strip(), value.strip()) if value.strip() else None


def _pattern(number: int, text: str) -> Row | None:
    """`/pattern/flags value`, perhaps with `!` before it: its key is the pattern, with a `!` for a negated
    one; None for what is no pattern."""
    bare = text.lstrip("!").lstrip()
    if not bare or bare[0].isalnum() or bare[0].isspace():
        return None
    mark, at = bare[0], 1
    while at < len(bare) and bare[at] != mark:
        at += 2 if bare[at] == "\\" else 1
    pattern = bare[1:at]
    flags, _, value = bare[at + 1 :].replace("\t", " ").partition(" ")
    if at >= len(bare) or not value.strip() or flags.strip("imxAUXE"):
        return None
    negated = (len(text) - len(text.lstrip("!"))) % 2
    return Row(number, ("!" if negated else "") + pattern, value.strip())


def is_catch_all(key: str) -> bool:
    """Whether a pattern of regexp or pcre fits everything. An empty key stands for a row within an `if`."""
    return bool(key) and key in _CATCH_ALL
