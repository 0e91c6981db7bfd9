"""The files of the filters as one list: each file with its keywords or rows, as they are and with a draft."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from mailtui.formats.dataset import DataSet
from mailtui.formats.defaults import Defaults
from mailtui.formats.document import parse
from mailtui.formats.keywordgrammar import GRAMMARS, Kind
from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.target import KEYWORDS, Format, Target
from mailtui.formats.whitelist import Whitelist
from mailtui.milters.keywordhelp import Meaning, catalogue, meaning, wrong
from mailtui.milters.places import config_paths, raw_of
from mailtui.milters.programs import PROGRAMS, Program, debconf_owner
from mailtui.milters.running import Running, Seen, of_config, processes, running
from mailtui.postfix.greylisting import places as postgrey_places
from mailtui.postfix.instance import Instance
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import decode

Sort = Literal["file", "keyword", "row"]

_TABLES: dict[str, Format] = {
    "KeyTable": "keytable", "SigningTable": "signingtable",
    "InternalHosts": "trustedhosts", "ExternalIgnoreList": "trustedhosts", "PeerList": "trustedhosts",
    "IgnoreHosts": "trustedhosts",
}  # fmt: skip
"""The keywords whose files are shown as lists, and how these are read."""


@dataclass(frozen=True)
class FilterFile:
    """One file. `program`: who reads it; `keyword`: what names it there, "" for a configuration itself.
    `process`: who reads it just now; `debconf`: the package whose questions write it."""

    target: Target
    program: Program
    keyword: str = ""
    process: Running | None = None
    debconf: str = ""
    missing: bool = False

    @property
    def help(self) -> str:
        """Its name in `keywordhelp`."""
        return self.program.help

    @property
    def is_keywords(self) -> bool:
        """Whether it sets keywords; else it is a list of rows."""
        return self.target.format in KEYWORDS

    @property
    def name(self) -> str:
        """What the list calls it."""
        return f"{self.program.name} {self.keyword}".strip()


@dataclass(frozen=True)
class FileRow:
    """A file's head, a keyword or a row of it. `was`: its value before the draft, None where it is the same.
    `marker`: what is staged first (+ ~ -), `#` off, then what is wrong (! =)."""

    file: FilterFile
    sort: Sort
    name: str = ""
    value: str = ""
    enabled: bool = True
    counts: bool = True
    line: int | None = None
    marker: str = " "
    was: str | None = None
    problem: str = ""
    number: int = 0
    known: Meaning | None = None

    @property
    def key(self) -> Hashable:
        return (self.file.target.path, self.sort, self.name.lower(), self.enabled, self.number)

    @property
    def default(self) -> str:
        """What holds where the keyword is not set; "" for nothing known."""
        return self.known.default if self.known is not None else ""

    @property
    def repeats(self) -> bool:
        """Whether the keyword may stand more than once."""
        grammar = GRAMMARS.get(cast("Kind", self.file.target.format))
        return grammar is not None and grammar.spelled(self.name) in grammar.repeated


def _words(row: FileRow) -> str:
    return f"{row.name} {row.value} {row.file.name} {row.file.target.path}"


class FilterList(FewRows[FileRow]):
    """The rows in their order; see `Listing` of the screens."""

    def __init__(self, rows: Sequence[FileRow]) -> None:
        super().__init__(rows, lambda row: row.key, _words)


def filter_list(
    before: Instance, after: Instance, *, everything: bool = False, folded: frozenset[str] = frozenset()
) -> FilterList:
    """All files there are, with what they set. `everything`: what their programs know beside it, too; of the
    files whose paths are `folded` the head alone."""
    rows: list[FileRow] = []
    for file in files(after):
        inner = list(_rows(before, after, file, everything=everything))
        rows.append(_head(file, inner, folded=file.target.path in folded))
        rows += [] if file.target.path in folded else inner
    return FilterList(rows)


# -- which files


def files(instance: Instance) -> Iterator[FilterFile]:
    """The files of the filters that are installed here, each with the lists that it names below it."""
    seen: set[str] = set()
    at_work = processes()
    for program in PROGRAMS.values():
        for path in config_paths(instance, program, at_work):
            if os.path.realpath(path) in seen:
                continue
            seen.add(os.path.realpath(path))
            target = Target(program.format, path)
            process = _process(program, path, at_work)
            debconf = debconf_owner(path, raw_of(instance, path))
            yield FilterFile(target, program, "", process, debconf)
            for found in _named(instance, program, target, process):
                if os.path.realpath(found.target.path) not in seen:
                    seen.add(os.path.realpath(found.target.path))
                    yield found


def _process(program: Program, path: str, seen: Seen) -> Running | None:
    if not program.processes:
        return None
    return of_config(program, path, seen) if program.options else next(iter(running(program, seen)), None)


def _named(
    instance: Instance, program: Program, target: Target, process: Running | None
) -> Iterator[FilterFile]:
    """The lists that a configuration names."""
    if program.name == "postgrey":
        held = postgrey_places(instance)
        for listed in ("clients", "recipients"):
            for each in getattr(held, listed):
                if os.path.exists(each.path) or each.path.endswith(".local"):
                    missing = not os.path.exists(each.path)
                    yield FilterFile(each, program, f"whitelist_{listed}", process, missing=missing)
        return
    document = parse(target.format, raw_of(instance, target.path))
    if not isinstance(document, KeywordDocument):
        return
    for keyword, kind in _TABLES.items():
        value = document.value(keyword)
        path = file_of(decode(value)) if value else ""
        if path:
            place = Target(kind, os.path.join(os.path.dirname(target.path), path))
            yield FilterFile(place, program, keyword, process, missing=not os.path.exists(place.path))


def file_of(value: str) -> str:
    """The flat file that the value of a data set names; "" for items, a database, or a server."""
    kind, colon, rest = value.partition(":")
    if colon and kind in {"file", "refile"}:
        return rest.strip()
    return value if value.startswith("/") and "," not in value and not value.endswith(".db") else ""


# -- what is in them


def _head(file: FilterFile, inner: Sequence[FileRow], *, folded: bool) -> FileRow:
    staged = any(row.marker in {"+", "~", "-"} or row.was is not None for row in inner)
    wrong_one = next((row for row in inner if row.marker == "!"), None)
    marker = "~" if staged and folded else "!" if wrong_one is not None and folded else " "
    live = len([row for row in inner if row.enabled])
    value = f"{live} set" if file.is_keywords else f"{live} {'row' if live == 1 else 'rows'}"
    return FileRow(file, "file", value=value, marker=marker)


def _rows(before: Instance, after: Instance, file: FilterFile, *, everything: bool) -> Iterator[FileRow]:
    kind = file.target.format
    old, new = (parse(kind, raw_of(each, file.target.path)) for each in (before, after))
    if isinstance(old, Whitelist) and isinstance(new, Whitelist):
        yield from _whites(file, old, new)
    elif isinstance(old, DataSet) and isinstance(new, DataSet):
        yield from _set_rows(file, old, new)
    elif isinstance(old, KeywordDocument | Defaults) and isinstance(new, KeywordDocument | Defaults):
        yield from _keywords(file, old, new)
        if everything:
            yield from _unset(file, new)


_Document = KeywordDocument | Defaults


def _name(name: str | bytes) -> str:
    return decode(name) if isinstance(name, bytes) else name


def _keywords(file: FilterFile, old: _Document, new: _Document) -> Iterator[FileRow]:
    held = {(_fold(old, each.name), each.value, each.enabled) for each in old.entries}
    numbers: dict[tuple[str, bool], int] = {}
    for each in new.entries:
        name = _name(each.name)
        number = numbers[name.lower(), each.enabled] = numbers.get((name.lower(), each.enabled), -1) + 1
        standing = old.value(name)
        staged = (_fold(old, each.name), each.value, each.enabled) not in held
        was = decode(standing) if staged and standing is not None else None
        marker = "#" if not each.enabled else "=" if not each.counts else " "
        problem = each.problem or (wrong(file.help, name, decode(each.value)) if each.enabled else "")
        if problem and each.enabled:
            marker = "!"
        if staged and each.enabled:
            marker = "+" if standing is None else "~"
        yield FileRow(
            file, "keyword", name, decode(each.value), each.enabled, each.counts, each.line, marker, was,
            problem if each.enabled else "", number, meaning(file.help, name),
        )  # fmt: skip
    for each in old.entries:
        there = any(_fold(new, other.name) == _fold(old, each.name) for other in new.entries)
        if each.enabled and each.counts and not there:
            name = _name(each.name)
            value = decode(each.value)
            yield FileRow(
                file, "keyword", name, value, True, True, None, "-", value, known=meaning(file.help, name)
            )


def _fold(document: _Document, name: str | bytes) -> str:
    text = _name(name)
    return document.grammar.fold(text) if isinstance(document, KeywordDocument) else text


def _unset(file: FilterFile, document: _Document) -> Iterator[FileRow]:
    """What the program knows and the file does not set."""
    there = {_fold(document, each.name) for each in document.entries}
    for known in catalogue(file.help).values():
        if _fold(document, known.name) not in there:
            yield FileRow(file, "keyword", known.name, known.default, False, False, None, " ", known=known)


def _set_rows(file: FilterFile, old: DataSet, new: DataSet) -> Iterator[FileRow]:
    held = {(old.fold(row.key), row.value, row.enabled) for row in old.rows}
    now = {(new.fold(row.key), row.value) for row in new.rows}
    numbers: dict[tuple[bytes, bool], int] = {}
    for row in new.rows:
        key = new.fold(row.key)
        number = numbers[key, row.enabled] = numbers.get((key, row.enabled), -1) + 1
        staged = (key, row.value, row.enabled) not in held
        standing = old.get(row.key)
        was = decode(standing.value) if staged and standing is not None else None
        problem = new.fault(row.key, row.value) if row.enabled else ""
        marker = "#" if not row.enabled else "!" if problem else "=" if not row.counts else " "
        if staged and row.enabled:
            marker = "+" if standing is None else "~"
        yield FileRow(
            file, "row", decode(row.key), decode(row.value), row.enabled, row.counts, row.line, marker, was,
            problem, number,
        )  # fmt: skip
    for row in old.rows:
        gone = (old.fold(row.key), row.value) not in now and not any(
            new.fold(each.key) == old.fold(row.key) for each in new.rows
        )
        if row.enabled and gone:
            value = decode(row.value)
            yield FileRow(file, "row", decode(row.key), value, True, True, None, "-", value)


def _whites(file: FilterFile, old: Whitelist, new: Whitelist) -> Iterator[FileRow]:
    for white in new.entries:
        marker = " " if old.find(white.text) is not None else "+"
        yield FileRow(file, "row", decode(white.text), decode(white.note), line=white.line, marker=marker)
    for white in old.entries:
        if new.find(white.text) is None:
            yield FileRow(file, "row", decode(white.text), marker="-", was="")
