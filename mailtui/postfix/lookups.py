"""The lookup tables that parameters name: what they are, what a change of one needs, and what they answer.

Tables whose text can be edited are answered from that text (what holds once it is compiled); all
others by `postmap -q`, which is Postfix's own lookup. DATABASE_README, postmap(1).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mailtui import commands
from mailtui.formats.lists import items
from mailtui.formats.target import Target
from mailtui.postfix.files import Reader, entries, problem_words
from mailtui.text.safe import decode, encode, safe

INDEXED = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "sdbm": ".pag", "dbm": ".pag"}
"""Types compiled from a text file, with what the compiled file's name ends in."""
PATTERNS = frozenset({"regexp", "pcre", "cidr"})
"""Types whose text holds patterns or networks, read when a process starts."""

_OTHERS = {
    "ldap": "asked of an LDAP directory",
    "mysql": "asked of a MySQL database",
    "pgsql": "asked of a PostgreSQL database",
    "sqlite": "asked of an SQLite database",
    "memcache": "asked of a memcache server",
    "tcp": "asked of a TCP server",
    "socketmap": "asked of a socketmap server",
    "proxy": "asked through proxymap",
    "nis": "asked of NIS",
    "nisplus": "asked of NIS+",
    "unix": "the system's user database",
    "environ": "the environment of the process",
    "static": "one answer for every key",
    "inline": "written in the parameter itself",
    "unionmap": "the answers of several tables, joined",
    "pipemap": "several tables, each asked for the answer of the one before",
    "randmap": "one of its answers, by chance",
    "fail": "a table whose every lookup fails",
    "internal": "in the memory of one process",
}
_IN_PARAMETER = frozenset({"static", "inline", "unionmap", "pipemap", "randmap"})


class Answer(NamedTuple):
    """What a table answered: a value, nothing, or why it could not answer (one line)."""

    value: bytes | None = None
    problem: str = ""

    @property
    def found(self) -> bool:
        return self.value is not None


class Compiled(NamedTuple):
    """The compiled copy of a table beside its text."""

    path: str
    exists: bool
    older: bool
    """Whether the text is newer: someone saved it and did not compile it."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One table of a map list."""

    written: str
    """The item as it stands in the (expanded) parameter."""
    type: str
    """The table's type, `proxy:` taken off."""
    path: str
    """What follows the type: a file, the name of a source, or inline text."""
    proxied: bool = False
    parameter: str = ""
    program: Literal["postmap", "postalias"] = "postmap"
    """What compiles it, and so in which grammar its text is written."""
    config_dir: str = field(default="", compare=False)
    error: str = ""
    """Why Postfix cannot use this item at all."""

    @property
    def spec(self) -> str:
        """The table as postmap takes it: `hash:/etc/postfix/virtual`."""
        return f"{self.type}:{self.path}"

    @property
    def has_file(self) -> bool:
        """Whether the table is a text file at an absolute path. A relative one would depend on the
        directory in which each daemon runs."""
        return not self.error and self.path.startswith("/") and (self.type in INDEXED or self.type in PATTERNS
                                                                  or self.type == "texthash")  # fmt: skip

    @property
    def editable(self) -> bool:
        """Whether its text is a list of keys and values that can be edited entry by entry."""
        return self.has_file and self.type not in PATTERNS

    @property
    def target(self) -> Target | None:
        """The text as a document, None where it is not editable."""
        if not self.editable:
            return None
        return Target("aliases" if self.program == "postalias" else "table", self.path, self.type)

    @property
    def compiled_path(self) -> str | None:
        """The compiled file that Postfix reads, None where it reads the text or no file."""
        suffix = INDEXED.get(self.type)
        return self.path + suffix if suffix and self.has_file else None

    @property
    def needs(self) -> Literal["compile", "reload", "nothing"]:
        """What makes a change of its content count."""
        if self.type in INDEXED:
            return "compile"
        if self.type == "texthash" or self.type in PATTERNS or self.type in _IN_PARAMETER:
            return "reload"
        return "nothing"

    @property
    def how(self) -> str:
        """What kind of table this is, in words for a list."""
        through = ", through proxymap" if self.proxied else ""
        if self.error:
            return self.error
        if self.type in _OTHERS:
            return _OTHERS[self.type] + through
        if self.type not in INDEXED and self.type not in PATTERNS and self.type != "texthash":
            return f"of type {safe(self.type)}, which is not known here{through}"
        if self.path.startswith("{") and self.type in PATTERNS:
            return f"patterns, {_OTHERS['inline']}{through}"
        if not self.path.startswith("/"):
            return f"at a relative path, which depends on the daemon that opens it{through}"
        if self.type in INDEXED:
            return f"text, compiled by {self.program}{through}"
        if self.type == "texthash":
            return f"text, read when Postfix reloads{through}"
        kind = "networks" if self.type == "cidr" else "patterns"
        return f"{kind}, read when Postfix reloads{through}"

    def compiled(self) -> Compiled | None:
        """The state of the compiled copy on the disk, None where there is none to be had."""
        path = self.compiled_path
        if path is None:
            return None
        made, text = _mtime(path), _mtime(self.path)
        return Compiled(path, made is not None, made is not None and text is not None and text > made)

    def get(self, key: bytes, reader: Reader) -> Answer:
        """What the table answers for exactly this key (no parent domains, no extensions)."""
        return self.get_many([key], reader)[0]

    def get_many(self, keys: Sequence[bytes], reader: Reader) -> list[Answer]:
        """The answers for several keys, in their order; one run of postmap where one is needed."""
        if self.error:
            return [Answer(problem=f"{safe(self.written)}: {self.error}")] * len(keys)
        if self.type == "static" and not self.path.startswith("{"):
            return [Answer(encode(self.path))] * len(keys)
        target = self.target
        if target is None:
            return self.live(keys)
        try:
            document = entries(reader, target)
        except OSError as error:
            return [Answer(problem=problem_words(error, self.path, self.parameter))] * len(keys)
        found = (document.find(key) for key in keys)
        return [Answer() if at is None else Answer(document.entry(at).value) for at in found]

    def live(self, keys: Sequence[bytes]) -> list[Answer]:
        """What postmap answers of the compiled table, whatever its text says now; one run."""
        asked = {key for key in keys if key and b"\n" not in key and b"\0" not in key}
        answers: dict[bytes, Answer] = {}
        if asked:
            where = ["-c", self.config_dir] if self.config_dir else []
            try:
                result = commands.ask(
                    ["postmap", *where, "-q", "-", self.spec], stdin=b"\n".join(asked) + b"\n"
                )
            except commands.CommandError as error:
                return [Answer(problem=f"{safe(self.spec)}: {error}")] * len(keys)
            answers = _parse_answers(asked, result.out)
            problem = _failure(result)
            if problem:
                failed = Answer(problem=f"{safe(self.spec)}: {problem}")
                return [answers.get(key, failed) for key in keys]
        return [answers.get(key, Answer()) for key in keys]


def _parse_answers(asked: Iterable[bytes], out: bytes) -> dict[bytes, Answer]:
    """postmap prints `key TAB value` for each key that it found; a value may hold newlines."""
    answers: dict[bytes, Answer] = {}
    last = b""
    wanted = set(asked)
    for line in out.removesuffix(b"\n").split(b"\n") if out else []:
        key = next((k for k in _heads(line) if k in wanted and k not in answers), None)
        if key is not None:
            answers[key] = Answer(line[len(key) + 1 :])
            last = key
        elif last:
            answers[last] = Answer((answers[last].value or b"") + b"\n" + line)
    return answers


def _heads(line: bytes) -> Iterable[bytes]:
    """What may be the key of a `key TAB value` line: a key may itself hold tabs."""
    at = line.find(b"\t")
    while at >= 0:
        yield line[:at]
        at = line.find(b"\t", at + 1)


def _failure(result: commands.Result) -> str:
    """Why the lookup failed, empty where it did not: exit code 1 also means `not found`."""
    lines = result.words.splitlines() if result.err else []
    bad = [line for line in lines if "fatal: " in line or "panic: " in line or "error: " in line]
    if bad:
        return safe(bad[-1].partition("postmap: ")[2])
    if result.status not in {0, 1}:
        return f"postmap ended with status {result.status}"
    return ""


def split_list(value: str) -> list[str]:
    """The items of any list in main.cf: between commas and blanks, `{ }` kept together."""
    return [decode(item) for item in items(encode(value))]


def parse_maps(
    value: str,
    parameter: str = "",
    config_dir: str = "",
    alias_paths: frozenset[str] = frozenset(),
    default_type: str = "",
) -> list[Lookup]:
    """The tables of a map list (`*_maps`, an expanded value), in the order in which Postfix asks them.

    `alias_paths`: files in the grammar of aliases(5). An item without a type is an error to Postfix,
    save where a `default_type` holds (alias_database); such an item is a Lookup with `.error`.
    """
    return [parse_map(item, parameter, config_dir, alias_paths, default_type) for item in split_list(value)]


def parse_map(
    item: str,
    parameter: str = "",
    config_dir: str = "",
    alias_paths: frozenset[str] = frozenset(),
    default_type: str = "",
) -> Lookup:
    """One item of a map list; see `parse_maps`."""
    kind, colon, name = item.partition(":")
    if not colon and default_type:
        kind, colon, name = default_type, ":", item
    proxied = kind == "proxy"
    if proxied:
        kind, colon, name = name.partition(":")
    error = ""
    if not colon or not kind or not name:
        error = f"{safe(item)} is no table; write type:name, such as hash:/etc/postfix/virtual"
    is_aliases = name in alias_paths or parameter in {"alias_maps", "alias_database"}
    compiled = kind in INDEXED and is_aliases
    return Lookup(
        item, kind, name, proxied, parameter, "postalias" if compiled else "postmap", config_dir, error
    )  # fmt: skip


def _mtime(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None
