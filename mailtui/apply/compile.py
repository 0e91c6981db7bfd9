"""A table's text, compiled apart by its real compiler: what postmap or postalias says about it.

Their exit status 0 does not mean clean (a bad line is a warning and is dropped), so their words are read.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event

from mailtui import commands
from mailtui.apply.uses import SUFFIXES
from mailtui.apply.work import Work
from mailtui.apply.write import Data
from mailtui.formats.target import Target

_PROBE = "mailtui.probe.invalid"
_LINE = re.compile(r"^(?P<path>.*?), line (?P<line>\d+): (?P<text>.*)$", re.DOTALL)
_SAID = re.compile(r"^\S+: (?P<level>warning|error|fatal|panic): (?P<text>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing a compiler says: `text` in its words, about `line` (from 1; None: not said) of `path`."""

    path: str
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


@dataclass(frozen=True, slots=True)
class Built:
    """A candidate's compiled table, or why there is none."""

    target: Target
    work: Work
    source: str
    """Name of the text inside the work folder."""
    compiled: str
    """Name of the compiled table in the work folder; "" for a type that is not compiled, or on failure."""
    warnings: tuple[Complaint, ...]
    refusals: tuple[Complaint, ...]
    """The compiler's own words where it refused the text."""
    seconds: float
    files: bool = False
    """Whether it holds what is in the files that its values name (postmap -F)."""

    @property
    def ok(self) -> bool:
        return not self.refusals

    @property
    def failed(self) -> str:
        """The refusals as lines of text; "" where there are none."""
        return "\n".join(str(each) for each in self.refusals)


def program(target: Target) -> str:
    """The program that compiles or queries this table."""
    return "postalias" if target.format == "aliases" else "postmap"


def live_path(target: Target) -> str:
    """The compiled table as Postfix opens it (beside the name that main.cf gives); "" where none is made."""
    suffix = SUFFIXES.get(target.type, "")
    return target.path + suffix if suffix else ""


def build(
    config_dir: str,
    target: Target,
    source: Data,
    work: Work,
    *,
    on_line: Callable[[str], None] | None = None,
    cancel: Event | None = None,
    files: bool = False,
) -> Built:
    """Compile `source` as the text of `target` inside the work folder; nothing live is touched. `files`: what
    is in the files that the values name is put in (postmap -F, for tls_server_sni_maps).

    A type that is not compiled (texthash, pcre, regexp, cidr) is opened with one query, so that its own
    reader judges every line. Raises WriteError (no room for the text) and CommandError (no such program,
    cancelled).
    """
    name = work.name(target.type or target.format)
    work.write(name, source)
    inside = f"{work.inside}/{name}"
    spec = f"{target.type}:{inside}"
    compiled = SUFFIXES.get(target.type, "")
    query = (("-F",) if files else ()) if compiled else ("-q", _PROBE)
    done = commands.act((program(target), "-c", config_dir, *query, spec), on_line=on_line, cancel=cancel)
    said = complaints(done.err, {inside: target.path, work.path: os.path.dirname(target.path)})
    # A query that finds nothing ends with status 1 and silence.
    refused = [each for level, each in said if level in {"fatal", "panic"}]
    if (not done.ok if compiled else done.status not in {0, 1}) and not refused:
        how = done.words if done.status < 0 else f"ended with status {done.status}"
        refused = [Complaint(target.path, None, f"{program(target)} {how}")]
    return Built(
        target=target,
        work=work,
        source=name,
        compiled=name + compiled if compiled and not refused else "",
        warnings=tuple(each for level, each in said if level in {"warning", "error"}),
        refusals=tuple(refused),
        seconds=done.seconds,
        files=files,
    )


def complaints(raw: bytes, names: Mapping[str, str]) -> list[tuple[str, Complaint]]:
    """The warnings, errors and fatals in a program's standard error, each with its level.

    `names` maps the paths the program was given to those an admin knows.
    """
    found = []
    for line in raw.decode("utf-8", "surrogateescape").splitlines():
        said = _SAID.match(line)
        if said is None:
            continue
        text = said["text"]
        path = next(iter(names.values()), "")
        for given, known in names.items():
            text = text.replace(given, known)
        placed = _LINE.match(text)
        if placed is None:
            found.append((said["level"], Complaint(path, None, _bare(text, path))))
        else:  # its file need not be the table: postmap reads main.cf too
            where = placed["path"] if placed["path"].startswith("/") else path
            number = int(placed["line"])
            found.append((said["level"], Complaint(where, number, _bare(placed["text"], where))))
    return found


def _bare(text: str, path: str) -> str:
    """The words without the file's name in front (`PATH.db: duplicate entry: …`), which we say ourselves."""
    for front in (path, "lmdb:" + path):
        for suffix in (*dict.fromkeys(SUFFIXES.values()), ""):
            if text.startswith(f"{front}{suffix}: "):
                return text[len(front) + len(suffix) + 2 :]
    return text


def added(after: Iterable[Complaint], before: Iterable[Complaint]) -> list[Complaint]:
    """The complaints that a change brings: those of `after` not in `before`, wherever their lines are."""
    left = Counter(each.text for each in before)
    new = []
    for each in after:
        if left[each.text] > 0:
            left[each.text] -= 1
        else:
            new.append(each)
    return new


def summary(said: Sequence[Complaint], most: int = 5) -> str:
    """A few complaints as lines of text, and how many more there are."""
    lines = [str(each) for each in said[:most]]
    if len(said) > most:
        lines.append(f"and {len(said) - most} more")
    return "\n".join(lines)
