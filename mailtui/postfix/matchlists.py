"""Match lists: mydestination, relay_domains and their like (postconf(5); Postfix's match_list and match_ops).

Items are tried from left to right and the first that matches decides. An item is a name, a `type:table`
or a `/file` of more items, each with any number of `!` before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import Reader, entries, problem_words
from mailtui.postfix.lookups import PATTERNS, Lookup, parse_map, split_list
from mailtui.postfix.parameters import Parameters
from mailtui.text.safe import decode, encode, safe

FILE_DEPTH = 20
"""How deep `/file` items may name further files before this is called a loop."""

Kind = Literal["exact", "domain", "parent"]
"""How names match: `exact`; `domain`, where `.example.com` also matches what is below it; `parent`, where
`example.com` itself does (the parameter is in parent_domain_matches_subdomains)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a match list, its `!` taken off, and where it stands. `line` counts from 1; no file and
    line where it comes from a default."""

    text: str
    negated: bool
    file: str | None
    line: int | None
    problem: str = ""
    """Why Postfix cannot use it: every lookup that gets this far fails."""

    @property
    def is_table(self) -> bool:
        return not self.text.startswith("[") and ":" in self.text


@dataclass(frozen=True, slots=True)
class Match:
    """What a list says of a name: whether it is in it, which item decided, and where that stands."""

    matched: bool
    item: str = ""
    file: str | None = None
    line: int | None = None
    problem: str = ""
    """Why the search stopped: Postfix answers 451 then."""


class MatchList:
    """The items of one match list, `/file` items replaced by what the files hold."""

    def __init__(self, parameter: str, items: Sequence[Item], kind: Kind = "exact", config_dir: str = "",
                 alias_paths: frozenset[str] = frozenset()) -> None:  # fmt: skip
        self.parameter, self.items, self.kind = parameter, items, kind
        self._tables = {
            item.text: parse_map(item.text, parameter, config_dir, alias_paths)
            for item in items
            if item.is_table
        }

    @classmethod
    def of(
        cls,
        parameters: Parameters,
        name: str,
        reader: Reader,
        kind: Kind = "exact",
        config_dir: str = "",
        alias_paths: frozenset[str] = frozenset(),
    ) -> MatchList:
        """The list that a parameter holds. Raises ParameterError where the value cannot be expanded."""
        items = [
            item
            for text, file, line in _written(parameters, name)
            for item in _items(text, False, file, line, reader, name, 0)
        ]
        return cls(name, items, kind, config_dir, alias_paths)

    def literals(self) -> Iterator[Item]:
        """The items that are names, neither tables nor negated."""
        for item in self.items:
            if not item.negated and not item.is_table and not item.problem:
                yield item

    def tables(self) -> Iterator[Lookup]:
        """The tables among the items that are not negated."""
        for item in self.items:
            if not item.negated and item.is_table:
                yield self._tables[item.text]

    def match(self, name: str, reader: Reader) -> Match:
        """Whether the list holds this name (a domain in any case, without final dot)."""
        name = name.casefold()
        for item in self.items:
            if item.problem:
                return Match(False, item.text, item.file, item.line, item.problem)
            found = self._in_table(item, name, reader) if item.is_table else self._is_name(item, name)
            if found is None:
                continue
            if found.problem or not item.negated:
                return found
            return Match(False, f"!{found.item}", found.file, found.line)
        return Match(False)

    def _is_name(self, item: Item, name: str) -> Match | None:
        pattern = item.text.casefold()
        found = name == pattern
        if not found and self.kind == "parent":
            found = name.endswith(f".{pattern}")
        elif not found and self.kind == "domain" and pattern.startswith("."):
            found = name.endswith(pattern) and len(name) > len(pattern)
        return Match(True, item.text, item.file, item.line) if found else None

    def _in_table(self, item: Item, name: str, reader: Reader) -> Match | None:
        table = self._tables[item.text]
        for key in self._keys(name, table):
            answer = table.get(encode(key), reader)
            if answer.problem:
                return Match(False, item.text, item.file, item.line, answer.problem)
            if answer.found:
                file, line = _place(table, key, reader) or (item.file, item.line)
                return Match(True, item.text, file, line)
        return None

    def _keys(self, name: str, table: Lookup) -> Iterator[str]:
        """The name and, in a list of domains, its parents; tables of patterns are asked for the name only."""
        yield name
        if self.kind == "exact" or table.type in PATTERNS:
            return
        at = name.find(".", 1)
        while at >= 0:
            yield name[at + 1 :] if self.kind == "parent" else name[at:]
            at = name.find(".", at + 2 if self.kind == "parent" else at + 1)


def _place(table: Lookup, key: str, reader: Reader) -> tuple[str, int] | None:
    """File and line of a key, where the table is a text."""
    target = table.target
    if target is None:
        return None
    document = entries(reader, target)
    index = document.find(encode(key))
    return None if index is None else (target.path, document.entry(index).line)


def _written(parameters: Parameters, name: str) -> list[tuple[str, str | None, int | None]]:
    """The expanded items of a parameter's list, each with its place.

    A `$name` in the list stands at its own line, whatever it expands to. An item that begins with `#`
    ends the list: Postfix takes it for a comment, with a warning.
    """
    expanded = list(takewhile(lambda text: not text.startswith("#"), split_list(parameters.expanded(name))))
    definition = parameters.definition(name)
    if definition is None:
        return [(text, None, None) for text in expanded]
    file = parameters.file
    try:
        placed: list[tuple[str, str | None, int | None]] = [
            (text, file, line)
            for written, line in parameters.items(name)
            for text in split_list(parameters.expand_text(written))
        ]
    except ParameterError:  # a macro that spans items: only the whole can be expanded
        placed = []
    placed = list(takewhile(lambda place: not place[0].startswith("#"), placed))
    if [text for text, _, _ in placed] == expanded:
        return placed
    return [(text, file, definition.line) for text in expanded]


def _items(
    text: str, negated: bool, file: str | None, line: int | None, reader: Reader, parameter: str, depth: int
) -> Iterator[Item]:
    bare = text.lstrip("!")
    if (len(text) - len(bare)) % 2:
        negated = not negated
    if not bare:
        yield Item(text, negated, file, line, f"{parameter}: nothing follows `!`")
    elif not bare.startswith("/"):
        yield Item(bare, negated, file, line)
    elif depth >= FILE_DEPTH:
        yield Item(bare, negated, file, line, f"{safe(bare)}: files name each other in a loop")
    else:
        try:
            lines = reader.raw(bare).split(b"\n")
        except OSError as error:
            yield Item(bare, negated, file, line, problem_words(error, bare, parameter))
            return
        for number, raw in enumerate(lines, 1):
            if not raw.startswith(b"#"):
                for inner in split_list(decode(raw)):
                    if inner.startswith("#"):  # Postfix ends the line here, with a warning
                        break
                    yield from _items(inner, negated, bare, number, reader, parameter, depth + 1)
