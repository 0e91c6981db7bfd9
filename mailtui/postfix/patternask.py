"""Which rule of a table of patterns answers, asked of Postfix's own lookup: `postmap -q -`.

postmap tells the result, not the rule. So it is asked of a copy of the table in which each result begins with
a mark and the number of its line; nothing else in the copy is another, and no line moves.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple, cast

from mailtui import commands
from mailtui.formats.patterns import Patterns
from mailtui.formats.splice import Problem, Splice, apply_splices
from mailtui.formats.target import Target
from mailtui.postfix import private
from mailtui.postfix.files import Reader, problem_words
from mailtui.postfix.lookups import Lookup
from mailtui.text.safe import decode, safe

_WARNING = re.compile(r"(?:regexp|pcre) map (?P<path>.*?), line (?P<line>\d+): (?P<text>.*)")


class Hit(NamedTuple):
    """An answer: the result, and the line of the rule it stands in (None where the table has no lines)."""

    value: bytes
    line: int | None


class Answers(NamedTuple):
    """What a table says to each text that was asked, None for nothing; why it could not be asked; and the
    rules that Postfix passes over."""

    hits: list[Hit | None]
    problem: str = ""
    broken: tuple[Problem, ...] = ()


def pattern_target(lookup: Lookup) -> Target | None:
    """The text of a regexp: or pcre: table as a document, None for other tables."""
    if not lookup.has_file:
        return None
    if lookup.type == "regexp":
        return Target("regexp", lookup.path, "regexp")
    return Target("pcre", lookup.path, "pcre") if lookup.type == "pcre" else None


def patterns_of(lookup: Lookup, files: Reader) -> Patterns | None:
    """The rules of a table, None where it is no text of patterns. Raises OSError."""
    target = pattern_target(lookup)
    return None if target is None else cast("Patterns", files.document(target))


def ask(lookup: Lookup, texts: Sequence[bytes], files: Reader, *, headers: bool) -> Answers:
    """What a table says to headers (which may hold line breaks), or to body lines. An empty text is never
    asked. The bytes are those of `files`, so that what is staged counts."""
    none: list[Hit | None] = [None] * len(texts)
    if lookup.error:
        return Answers(none, f"{safe(lookup.written)}: {lookup.error}")
    try:
        document = patterns_of(lookup, files)
    except OSError as error:
        return Answers(none, problem_words(error, lookup.path, lookup.parameter))
    asked = [text for text in dict.fromkeys(texts) if text and b"\0" not in text]
    if not asked:
        return Answers(none)
    if document is None:
        return _plain(lookup, texts, asked, headers=headers)
    return _marked(lookup, document, texts, asked, headers=headers)


def ask_rules(document: Patterns, texts: Sequence[bytes], *, headers: bool, config_dir: str = "") -> Answers:
    """As `ask`, of rules that are in no file yet."""
    asked = [text for text in dict.fromkeys(texts) if text and b"\0" not in text]
    if not asked:
        return Answers([None] * len(texts))
    lookup = Lookup("", document.TABLE, "rules", config_dir=config_dir)
    return _marked(lookup, document, texts, asked, headers=headers)


def _marked(
    lookup: Lookup, document: Patterns, texts: Sequence[bytes], asked: Sequence[bytes], *, headers: bool
) -> Answers:
    mark = secrets.token_hex(8).encode()
    with private.looked_at({"table": marked(document, mark)}) as folder:
        path = os.path.join(folder, "table")
        out, said, problem = _run(lookup, f"{lookup.type}:{path}", asked, headers=headers)
    found = _hits(out, asked, mark)
    broken = tuple(_warnings(said, path))
    return Answers([found.get(text) for text in texts], problem.replace(path, safe(lookup.path)), broken)


def marked(document: Patterns, mark: bytes) -> bytes:
    """The table with `MARK:line:` before each result."""
    splices = [
        Splice(row.value_at, row.value_at, (b"" if row.value else b" ") + b"%s:%d:" % (mark, row.line))
        for row in document.rules
    ]
    return apply_splices(document.raw, splices)


def _hits(out: bytes, asked: Sequence[bytes], mark: bytes) -> dict[bytes, Hit]:
    """postmap prints `text TAB MARK:line:result` for each that it found, in the order asked."""
    places = list(re.finditer(rb"\t" + mark + rb":(\d+):", out))
    hits: dict[bytes, Hit] = {}
    left = iter(asked)
    keys: list[bytes] = []
    begin = 0
    for place in places:
        before = out[begin : place.start()]
        key = next((key for key in left if before == key or before.endswith(b"\n" + key)), None)
        if key is None:
            raise AssertionError("postmap answers what it was not asked")
        keys.append(key)
        begin = place.end()
    for number, place in enumerate(places):
        end = places[number + 1].start() - len(keys[number + 1]) - 1 if number + 1 < len(places) else len(out)
        value = out[place.end() : end]
        hits[keys[number]] = Hit(value.removesuffix(b"\n") if end == len(out) else value, int(place[1]))
    return hits


def _plain(lookup: Lookup, texts: Sequence[bytes], asked: Sequence[bytes], *, headers: bool) -> Answers:
    """Of a table without lines: a result is one line."""
    out, _, problem = _run(lookup, lookup.spec, asked, headers=headers)
    hits: dict[bytes, Hit] = {}
    at = 0
    for key in asked:
        if out.startswith(key + b"\t", at):
            end = out.find(b"\n", at + len(key))
            end = len(out) if end < 0 else end
            hits[key] = Hit(out[at + len(key) + 1 : end], None)
            at = end + 1
    return Answers([hits.get(text) for text in texts], problem)


def _run(lookup: Lookup, spec: str, asked: Sequence[bytes], *, headers: bool) -> tuple[bytes, bytes, str]:
    """What postmap prints, what it says beside it, and why it could not answer."""
    where = ["-c", lookup.config_dir] if lookup.config_dir else []
    kind = ["-h"] if headers else []
    argv = ["postmap", *where, "-u", *kind, "-q", "-", spec]
    try:
        result = commands.ask(argv, stdin=b"\n".join(asked) + b"\n")
    except commands.CommandError as error:
        return b"", b"", f"{safe(lookup.spec)}: {error}"
    bad = [line for line in result.words.splitlines() if re.search(r"(fatal|panic|error): ", line)]
    if result.err and bad:
        return result.out, result.err, f"{safe(lookup.spec)}: {safe(bad[-1].partition('postmap: ')[2])}"
    return result.out, result.err, ""


def _warnings(said: bytes, path: str) -> list[Problem]:
    """What was said of the lines of a table."""
    found: list[Problem] = []
    for line in decode(said).splitlines():
        warned = _WARNING.search(line)
        if warned is not None and warned["path"] == path:
            found.append(Problem(int(warned["line"]), safe(warned["text"])))
    return list(dict.fromkeys(found))


def compile_problems(
    document: Patterns, config_dir: str = "", *, timeout: float = commands.ASK_TIMEOUT
) -> list[Problem]:
    """What Postfix says of a table's rules when it opens it: those with an error it passes over, with no
    more than a line in the log. Raises CommandError where postmap cannot be run."""
    with private.looked_at({"table": document.raw}) as folder:
        path = os.path.join(folder, "table")
        where = ["-c", config_dir] if config_dir else []
        spec = f"{document.TABLE}:{path}"
        result = commands.ask(["postmap", *where, "-u", "-q", "x", spec], timeout=timeout)
    return _warnings(result.err, path)
