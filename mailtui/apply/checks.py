"""The real programs' word on a candidate. Only what the change adds stops it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Sequence
from threading import Event
from typing import Literal

from mailtui.apply import compile as compiling
from mailtui.apply.beside import editors, managed
from mailtui.apply.compile import Built, Complaint
from mailtui.apply.finding import Finding
from mailtui.apply.goinglive import leaving
from mailtui.apply.touched import touched_keys, touched_lines
from mailtui.apply.uses import SUFFIXES, Use
from mailtui.apply.work import Work
from mailtui.apply.write import advice
from mailtui.edits.candidate import FileChange
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.text.safe import encode, safe

NEAR = 2
"""Lines around a touched one whose complaints may be ours: a compiler may name an entry's last line."""


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
