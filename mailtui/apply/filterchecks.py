"""The filters' own word on a candidate of their files. Only what the change adds stops it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mailtui import commands
from mailtui.apply.filterneeds import asking
from mailtui.apply.finding import Finding
from mailtui.apply.need import DATA_SETS
from mailtui.edits.candidate import FileChange
from mailtui.formats.document import parse
from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.milteritem import Endpoint, own_endpoint
from mailtui.formats.splice import Problem
from mailtui.formats.target import KEYWORDS
from mailtui.milters.programs import Program, debconf_owner, of_file
from mailtui.postfix import private
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, encode, safe

TIMEOUT = 20.0
"""Seconds that a checker may take; opendkim opens the data sets that its file names."""
_LINE = re.compile(r"(?:at )?line (\d+)|:(\d+):")


def check(instance: Instance, change: FileChange, changes: Sequence[FileChange]) -> list[Finding]:
    """What its program says of the candidate of a filter's file, and what else an admin must know. `changes`:
    all files that change with it. Raises OSError, and CommandError where a checker did not end."""
    if change.target.format not in KEYWORDS | DATA_SETS:
        return []
    return [*_said(change, changes), *_known(change), *_sockets(instance, change)]


def checker(change: FileChange) -> tuple[str, ...]:
    """The command that checks such a file; empty where its program has none, or is not installed."""
    program = of_file(change.target.format, change.target.path)
    if program is None or not program.checker or commands.find(program.checker[0]) is None:
        return ()
    return program.checker


def _said(change: FileChange, changes: Sequence[FileChange]) -> list[Finding]:
    program = of_file(change.target.format, change.target.path)
    found = _problems(change, stops=not checker(change) or change.target.format == "defaults")
    if program is None or not checker(change):
        return found
    with private.folder() as path:
        after = _complaints(program, change, change.after, changes, path)
        if not after:
            return [each for each in found if not each.stop]
        before = Counter(_bare(words) for words, _ in _complaints(program, change, change.before, [], path))
        for words, line in after:
            new = not before[_bare(words)]
            before[_bare(words)] -= 1
            found.append(
                Finding(new, words if new else f"as before this change: {words}", change.target.path, line)
            )
        return found


def _bare(words: str) -> str:
    """What a complaint is about, wherever its line is now."""
    return _LINE.sub("", words)


def _complaints(
    program: Program, change: FileChange, raw: bytes, changes: Sequence[FileChange], folder: str
) -> list[tuple[str, int | None]]:
    """The checker's words on these bytes, with their lines. Data sets that change too are tried as they will
    be."""
    for number, other in enumerate(changes):
        if other.target.format in DATA_SETS:
            copy = os.path.join(folder, f"set{number}")
            Path(copy).write_bytes(other.after)
            raw = re.sub(re.escape(encode(other.target.path)) + rb"(?![\w.-])", encode(copy), raw)
    name = program.file.rpartition("/")[2]
    file = os.path.join(folder, name)
    Path(file).write_bytes(raw)
    by_folder = program.checker[0] == "clamconf"
    result = commands.ask((*program.checker, folder if by_folder else file), timeout=TIMEOUT)
    said = decode(result.err) if by_folder else decode(result.err or result.out)
    lines = [line for line in said.splitlines() if line.strip()]
    if by_folder:
        lines = [line for line in lines if line.startswith("ERROR: ")]
    elif result.ok:
        return []
    words = [_plain(line, file, change.target.path) for line in lines]
    if not words and not result.ok and not by_folder:
        words = [f"{program.checker[0]} ended with status {result.status} and said nothing"]
    return [(f"{program.checker[0]}: {each}", _line(each)) for each in words]


def _plain(line: str, file: str, path: str) -> str:
    line = line.removeprefix("ERROR: ").replace(file, os.path.basename(path))
    line = re.sub(r"^\w[\w-]*: ", "", line)
    return safe(line, 300)


def _line(words: str) -> int | None:
    found = _LINE.search(words)
    return int(found[1] or found[2]) if found else None


def _problems(change: FileChange, *, stops: bool) -> list[Finding]:
    """What our reading of the file finds that was not there before."""
    before = Counter(problem.text for problem in _read(change, change.before))
    found = []
    for problem in _read(change, change.after):
        if before[problem.text]:
            before[problem.text] -= 1
        else:
            found.append(Finding(stops, problem.text, change.target.path, problem.line))
    return found


def _read(change: FileChange, raw: bytes) -> Sequence[Problem]:
    return parse(change.target.format, raw).problems


def _known(change: FileChange) -> list[Finding]:
    package = debconf_owner(change.target.path, change.before)
    if not package:
        return []
    text = (
        f"debconf owns this file: dpkg-reconfigure {package}, or an upgrade that asks, may write it again; "
        "what you change stays only if its questions have no other answer"
    )
    return [Finding(False, text, change.target.path)]


def _sockets(instance: Instance, change: FileChange) -> list[Finding]:
    """Where Postfix looks for the filter, if that is not where it will listen."""
    program = of_file(change.target.format, change.target.path)
    if program is None or not program.socket:
        return []
    before, after = (_socket(change, program.socket, raw) for raw in (change.before, change.after))
    if before is None or after is None or before == after:
        return []
    try:
        names = sorted({f"{name} ({row.address})" for name, row in asking(instance, before)})
    except InstanceError:
        return []
    text = (
        f"{', '.join(map(safe, names))} still leads to the old socket; the new one is {safe(after.postfix)}"
    )
    return [Finding(False, text, change.target.path)] if names else []


def _socket(change: FileChange, keyword: str, raw: bytes) -> Endpoint | None:
    document = parse(change.target.format, raw)
    value = document.value(keyword) if isinstance(document, KeywordDocument) else None
    return own_endpoint(decode(value)) if value else None
