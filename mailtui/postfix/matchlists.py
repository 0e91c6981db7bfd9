"""Match lists: mydestination, relay_domains and their like (postconf(5); Postfix's match_list and match_ops).

Items are tried from left to right and the first that matches decides. An item is a name, a `type:table`
or a `/file` of more items, each with any number of `!` before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from mailtui.formats.target import Target
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import Reader, Stamp, entries, problem_words
from mailtui.postfix.lastcopies import LastCopies
from mailtui.postfix.lookups import PATTERNS, Lookup, parse_map, split_list
from mailtui.postfix.parameters import Parameters
from mailtui.text.safe import decode, encode, safe

if TYPE_CHECKING:
    from mailtui.formats.aliases import Aliases
    from mailtui.formats.table import Table

FILE_DEPTH = 20
"""How deep `/file` items may name further files before this is called a loop."""

REMEMBERED = 4096
"""Keys of one table whose places are remembered."""

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
        return not self.problem and not self.text.startswith("[") and ":" in self.text


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

    def __init__(
        self,
        parameters: Parameters,
        name: str,
        reader: Reader,
        kind: Kind = "exact",
        config_dir: str = "",
        alias_paths: frozenset[str] = frozenset(),
    ) -> None:
        """The list that the parameter `name` holds. Raises ParameterError where it cannot be expanded."""
        self.parameter, self.kind = name, kind
        found = _Items(reader, name)
        for text, file, line in _written(parameters, name):
            found.add(text, file, line)
        self.items: Sequence[Item] = found.items
        self.files_read: Mapping[str, Stamp | None] = found.files_read
        """The files that `/file` items name, with their state when they were read."""
        tables = {item.text for item in self.items if item.is_table}
        self._tables = {text: parse_map(text, name, config_dir, alias_paths) for text in tables}
        self._lines: dict[str, tuple[Table | Aliases, dict[str, int | None]]] = {}
        self._copies = LastCopies()

    def literals(self) -> Iterator[Item]:
        """The items that are names, neither tables nor negated."""
        for item in self.items:
            if not item.negated and not item.is_table and not item.problem:
                yield item

    def table(self, item: Item) -> Lookup:
        """The table that an item (`is_table`) names."""
        return self._tables[item.text]

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
            if table.target is None:
                answer = table.get(encode(key), reader)
                problem, line = answer.problem, item.line if answer.found else None
                file, found = item.file, answer.found
            else:
                problem, line = self._line(table, table.target, key, reader)
                file, found = table.path, line is not None
            if problem and (copied := self._copies.get(table, encode(key))) is not None:
                problem, file, line, found = copied.problem, item.file, item.line, copied.found
            if problem:
                return Match(False, item.text, item.file, item.line, problem)
            if found:
                return Match(True, item.text, file, line)
        return None

    def _line(self, table: Lookup, target: Target, key: str, reader: Reader) -> tuple[str, int | None]:
        """Why a text table cannot be searched; or the line of a key in it, None where it is not there.

        Remembered as long as the text is the same: a miss in a table of a million rows takes 10 ms.
        """
        try:
            document = entries(reader, target)
        except OSError as error:
            return problem_words(error, table.path, self.parameter), None
        known, lines = self._lines.get(target.path, (None, {}))
        if known is not document or len(lines) >= REMEMBERED:
            lines = {}
            self._lines[target.path] = document, lines
        if key not in lines:
            index = document.find(encode(key))
            lines[key] = None if index is None else document.entry(index).line
        return "", lines[key]

    def _keys(self, name: str, table: Lookup) -> Iterator[str]:
        """The name and, in a list of domains, its parents; tables of patterns are asked for the name only."""
        yield name
        if self.kind == "exact" or table.type in PATTERNS:
            return
        at = name.find(".", 1)
        while at >= 0:
            yield name[at + 1 :] if self.kind == "parent" else name[at:]
            at = name.find(".", at + 2 if self.kind == "parent" else at + 1)


def read_items(reader: Reader, parameter: str, value: str) -> Sequence[Item]:
    """The items of a list by its expanded value, `/file` items replaced by what the files hold. `parameter`
    is named where an item is wrong."""
    found = _Items(reader, parameter)
    for text in takewhile(lambda item: not item.startswith("#"), split_list(value)):
        found.add(text, None, None)
    return found.items


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


class _Items:
    """The items of a list as they are gathered, with those of the files that it names."""

    def __init__(self, reader: Reader, parameter: str) -> None:
        self._reader, self._parameter = reader, parameter
        self.items: list[Item] = []
        self.files_read: dict[str, Stamp | None] = {}

    def add(
        self, text: str, file: str | None, line: int | None, negated: bool = False, depth: int = 0
    ) -> None:
        """One item as written; `negated` by a `!` before the file that it stands in."""
        bare = text.lstrip("!")
        negated ^= bool((len(text) - len(bare)) % 2)
        if not bare:
            problem = f"{self._parameter}: nothing follows `!`"
        elif not bare.startswith("/"):
            problem = ""
        elif depth >= FILE_DEPTH:
            problem = f"{safe(bare)}: files name each other in a loop"
        else:
            try:
                self.files_read[bare] = self._reader.stamp(bare)
                self._add_file(bare, negated, depth + 1)
            except OSError as error:
                problem = problem_words(error, bare, self._parameter)
            else:
                return
        self.items.append(Item(bare, negated, file, line, problem))

    def _add_file(self, path: str, negated: bool, depth: int) -> None:
        for number, raw in enumerate(self._reader.raw(path).split(b"\n"), 1):
            if raw.startswith(b"#"):
                continue
            for text in split_list(decode(raw)):
                if text.startswith("#"):  # Postfix ends the line here, with a warning
                    break
                self.add(text, path, number, negated, depth)
