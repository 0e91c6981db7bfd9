"""The real programs' word on a candidate. Only what the change adds stops it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Literal

from mailtui import commands
from mailtui.apply import compile as compiling
from mailtui.apply.beside import editors, managed
from mailtui.apply.compile import Built, Complaint, live_path, program
from mailtui.apply.dump import Difference, pending
from mailtui.apply.faults import WriteError
from mailtui.apply.uses import SUFFIXES, Use
from mailtui.apply.work import Work
from mailtui.apply.write import advice
from mailtui.edits.bulk import SetEntries
from mailtui.edits.candidate import FileChange
from mailtui.edits.compiling import MigrateTable
from mailtui.edits.entries import EntryEdit, RenameEntry
from mailtui.edits.parameters import ParameterEdit
from mailtui.formats.splice import ordered
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix import postconf
from mailtui.postfix.private import copied
from mailtui.text.safe import decode, encode, safe

COMPARE_LIMIT = 1 << 20
"""Bytes of a table's text up to which it is always compared with its compiled copy; a larger one only
where the text is newer, for listing a million rows takes seconds."""
NEAR = 2
"""Lines around a touched one whose complaints may be ours: a compiler may name an entry's last line."""
MISSPELT = 0.89
"""How alike two names are, from 0 to 1, of which one is taken for a slip in the other: relay_host and
relayhost are, mua_client_restrictions and smtpd_client_restrictions are two names."""
_WHERE = re.compile(
    r"(?:file )?(?P<path>\S*?(?:main|master)\.cf)(?:[,:] line (?P<line>\d+))?: (?P<text>.*)", re.DOTALL
)
_NAMED = re.compile(r"(?:unused|undefined) parameter: (?P<name>[^=\s]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an admin must know. `stop`: the change cannot be written while it stands.

    `text` is safe to show. `line` counts from 1, in the file as it would be written.
    """

    stop: bool
    text: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return place + self.text


@dataclass(frozen=True, slots=True)
class NotYours:
    """An entry that someone else saved and did not compile, and that would go live with this change.

    None as `live` or `source`: the entry is not in the compiled copy, or no longer in the text.
    """

    spec: str
    key: str
    live: str | None
    source: str | None

    def __str__(self) -> str:
        name = f"{self.spec.rpartition('/')[2]} {safe(self.key)}"
        if self.source is None:
            return f"{name} is taken out (live: {safe(self.live or '')})"
        if self.live is None:
            return f"{name} → {safe(self.source)}"
        return f"{name} → {safe(self.source)} (live: {safe(self.live)})"


def _postconf(main: bytes, master: bytes, config_dir: str) -> list[tuple[bool, str]]:
    """What postconf complains of in these bytes: whether it is fatal, and its words with the real paths."""
    with copied(main, master) as folder:
        result = commands.ask(["postconf", "-c", folder, "-n"])
        said = decode(result.err).replace(folder, config_dir).splitlines()
    if result.status < 0:  # it judged nothing, of these files or of the present ones
        raise commands.CommandError(result.argv, result.words)
    found = [(": fatal: " in line or ": panic: " in line, line.partition(": ")[2]) for line in said]
    if not result.ok and not any(fatal for fatal, _ in found):
        found.append((True, f"fatal: postconf ended with status {result.status}"))
    return found


def _without_lines(text: str) -> str:
    """What a complaint is about: wherever its line is now, and whatever an unused name is set to."""
    bare = re.sub(r"(unused parameter: [^=\s]+)=.*", r"\1", text, flags=re.DOTALL)
    return re.sub(r"line \d+", "line", bare)


def _looks_misspelt(text: str, name: str) -> bool:
    """Whether an unused name is nearly one of Postfix's own. Any other may be a restriction class or a macro
    that the next change uses: names must be there before what names them."""
    if "unused parameter" not in text:
        return True
    import difflib

    try:
        known = postconf.defaults(b"")
    except postconf.PostconfError:
        return True
    return bool(difflib.get_close_matches(name, known, n=1, cutoff=MISSPELT))


def check_config(
    config_dir: str, before: tuple[bytes, bytes], after: tuple[bytes, bytes], touched: Iterable[str]
) -> list[Finding]:
    """What postconf says of main.cf and master.cf (in this order) as they would be.

    A complaint that the present files do not give stops the change, unless it is about a parameter that
    is not among the `touched` (one that became unused, say), or about an unused name that is not a slip in
    one of Postfix's own. Raises CommandError and OSError.
    """
    said = _postconf(*after, config_dir)
    if not said:
        return []
    old = Counter(_without_lines(text) for _, text in _postconf(*before, config_dir))
    names = set(touched)
    findings = []
    for fatal, text in said:
        is_new = old[_without_lines(text)] <= 0
        old[_without_lines(text)] -= 1
        named = _NAMED.search(text)
        ours = named is None or (named["name"] in names and _looks_misspelt(text, named["name"]))
        findings.append(_config_finding(text, stop=(is_new and ours) or (fatal and is_new)))
    return findings


def _config_finding(text: str, *, stop: bool) -> Finding:
    words = text.partition(": ")[2] or text
    place = _WHERE.match(words)
    if place is None:
        return Finding(stop, safe(words))
    line = int(place["line"]) if place["line"] else None
    return Finding(stop, safe(place["text"]), place["path"], line)


def touched_parameters(changes: Iterable[FileChange]) -> set[str]:
    """The names of the parameters that the edits set or reset."""
    return {edit.name for change in changes for edit in change.edits if isinstance(edit, ParameterEdit)}


def touched_keys(change: FileChange) -> set[bytes]:
    """The folded names of the entries that the edits of a table touch."""
    keys: set[bytes] = set()
    for edit in change.edits:
        if isinstance(edit, EntryEdit):
            keys.add(Table.fold(encode(edit.name)))
        if isinstance(edit, RenameEntry):
            keys.add(Table.fold(encode(edit.to)))
        if isinstance(edit, SetEntries):
            keys.update(map(encode, edit.keys))
    return keys


def touched_lines(change: FileChange) -> list[tuple[int, int]]:
    """The lines (from 1, both inclusive) of the new text that the splices wrote or closed up."""
    lines, at, line = [], 0, 1
    for splice in ordered(change.splices):
        line += change.before.count(b"\n", at, splice.start)
        last = line + splice.new.count(b"\n")
        lines.append((line, last))
        at, line = splice.end, last
    return lines


def judge(
    built: Built,
    change: FileChange,
    config_dir: str,
    *,
    on_line: Callable[[str], None] | None = None,
    cancel: Event | None = None,
) -> list[Finding]:
    """What a table's compiler said of the candidate, as findings.

    A warning that may be ours is compared with what the compiler says of the present text; only if it
    does not say it there does it stop the change. Raises WriteError and CommandError.
    """
    path = change.target.path
    if not built.ok:
        return [Finding(True, safe(each.text), each.path, each.line) for each in built.refusals]
    lines, keys = touched_lines(change), touched_keys(change)
    near = [each for each in built.warnings if _may_be_ours(each, path, lines, keys)]
    new: list[Complaint] = []
    if near:
        present = compiling.build(
            config_dir,
            built.target,
            change.before,
            built.work,
            on_line=on_line,
            cancel=cancel,
            files=built.files,
        )
        new = compiling.added(built.warnings, present.warnings)
    return [
        Finding(each in near and each in new, safe(each.text), each.path, each.line)
        for each in built.warnings
    ]


def _may_be_ours(said: Complaint, path: str, lines: Sequence[tuple[int, int]], keys: set[bytes]) -> bool:
    if said.path != path:  # main.cf, say: not what this text brings
        return False
    if said.line is not None:
        return any(first - NEAR <= said.line <= last + NEAR for first, last in lines)
    quoted = re.search(r'"(.*)"', said.text)
    return quoted is None or Table.fold(encode(quoted[1])) in keys


def going_live(built: Built, change: FileChange, config_dir: str) -> tuple[list[NotYours], list[Finding]]:
    """The entries that others saved and did not compile: what compiling makes live beside our own edits;
    and what must be said of a compiled table that cannot be compared, or whose text is gone.

    A table that leaves its type is compared with the copy in that type, which has answered so far.
    Raises WriteError and CommandError.
    """
    target = leaving(change, built.target) or built.target
    live, path = live_path(target), change.target.path
    if not live or not built.ok or built.files or not os.path.isfile(live) or not _is_compared(change, live):
        return [], []
    ours = touched_keys(change)
    try:
        found = pending(config_dir, built, live, max(change.size, os.path.getsize(live)), of=target)
    except WriteError as error:
        if error.path != live:
            raise
        text = f"cannot be read ({safe(error.what)}): it is compiled anew, and all of the text goes live"
        return [], [Finding(stop=False, text=text, file=live)]
    theirs = [each for each in found.differences if Table.fold(each.key) not in ours]
    said = []
    if change.created and theirs:
        text = f"its text is gone and {live} is not"
        if built.target.type != "cdb":  # postmap(1) cannot list one
            text += f": `{program(built.target)} -s {built.target.spec} > {path}` makes a text of it"
        said = [Finding(stop=False, text=safe(text), file=path)]
    return [_not_yours(built.target, each) for each in theirs], said


def leaving(change: FileChange, target: Target) -> Target | None:
    """The table that `target` takes the place of; None where it is not migrated."""
    return next(
        (e.old for e in change.edits if isinstance(e, MigrateTable) and e.target.type == target.type), None
    )


def _not_yours(target: Target, each: Difference) -> NotYours:
    def words(value: bytes | None) -> str | None:
        return None if value is None else decode(value)

    return NotYours(target.spec, decode(each.key), words(each.live), words(each.source))


def _is_compared(change: FileChange, live: str) -> bool:
    try:
        compiled = os.stat(live)
        if len(change.before) <= COMPARE_LIMIT:
            return True
        return os.stat(change.target.path).st_mtime_ns > compiled.st_mtime_ns
    except FileNotFoundError:
        return False


def surroundings(change: FileChange, uses: Sequence[Use], made: Collection[str] = ()) -> list[Finding]:
    """What stands beside the file: editors, a managing tool, a table that was never compiled. `made`: folders
    that the same change makes."""
    path = change.target.path
    found = [Finding(stop=False, text=words, file=path) for words in editors(path)]
    tool = managed(change.before)
    if tool is not None:
        found.append(Finding(stop=False, text=str(tool), file=path, line=tool.line))
    folder = os.path.dirname(os.path.realpath(path))
    if change.created and folder not in made and not os.path.isdir(folder):
        found.append(Finding(stop=True, text=f"its folder {safe(folder)} does not exist; make it", file=path))
    for use in uses:
        if use.clash:
            found.append(Finding(stop=False, text=use.clash, file=path))
        if not use.indexed:
            continue
        if use.type not in SUFFIXES:
            found.append(
                Finding(
                    stop=True,
                    text=f"{use.spec}: mailtui cannot compile {use.type}: use hash, btree, lmdb, cdb",
                    file=path,
                )
            )
            continue
        live = use.path + SUFFIXES[use.type]
        if os.path.exists(live) and not os.path.isfile(live):
            found.append(Finding(stop=True, text="is not a file; move it away", file=live))
        elif os.path.exists(live) and use.type != "lmdb":
            found += [Finding(stop=False, text=words) for words in advice(live)]
        elif not (
            change.created
            or not use.named_by
            or os.path.exists(live)
            or leaving(change, Target(change.target.format, use.path, use.type))
        ):
            found.append(
                Finding(stop=False, text=f"{use.spec} was never compiled: all of it goes live", file=path)
            )
    return found


def build_all(
    config_dir: str,
    change: FileChange,
    uses: Sequence[Use],
    work: Work,
    *,
    on_line: Callable[[str], None] | None = None,
    cancel: Event | None = None,
    wanted: Literal["all", "indexed"] = "all",
) -> list[Built]:
    """Every table of the changed file compiled (or its patterns tried) inside the work folder."""
    return [
        compiling.build(
            config_dir,
            Target(change.target.format, use.path, use.type),
            change.pieces(),
            work,
            on_line=on_line,
            cancel=cancel,
            files=use.of_files,
        )
        for use in uses
        if wanted == "all" or use.indexed
    ]
