"""100,000 rows of a CSV file: from the file to a draft with its report and the new text of the tables."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mailtui.edits.importing import Kind
from tests.bench.data import MAIN_CF
from tests.bench.rows import Goal, Row, turns

MANY = 100_000
REPORT = 5000.0
"""Milliseconds from the file to the draft with its report."""
_FLOOR = """\
import csv, subprocess, sys
with open(sys.argv[1], newline="") as stream, open(sys.argv[2], "w") as out:
    rows = csv.reader(stream)
    next(rows)
    out.writelines(f"{row[0]} {row[1]}\\n" for row in rows)
subprocess.run(["postmap", "-c", sys.argv[3], "lmdb:" + sys.argv[2]], check=True)
"""
"""What nobody can do without: read the file, write the table, compile it."""
_OURS = """\
import sys
from mailtui.edits.candidate import Candidate
from mailtui.edits.importing import report_of
from mailtui.postfix.instance import Instance
instance = Instance.open(sys.argv[1])
with open(sys.argv[3], "rb") as stream:
    report = report_of(instance, sys.argv[2], stream.read(), "csv", "rows.csv", mirror=True)
assert not report.refused, report.refused[0]
counts = {marker: count for marker, count in report.counts.items() if count}
assert " ".join(f"{marker}{count}" for marker, count in counts.items()) == sys.argv[4], report.words
candidate = Candidate(instance.files, report.edits)
assert not candidate.stopped and not candidate.conflicts
"""
_MAIN_CF = (
    MAIN_CF
    + """\
virtual_mailbox_domains = lmdb:{folder}/boxdomains
virtual_mailbox_maps = lmdb:{folder}/vmailbox
virtual_mailbox_base = {folder}
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
relay_domains = lmdb:{folder}/relay
"""
)
_ADDRESSES = [f"user{n:06}@d{n % 500:03}.example" for n in range(MANY)]
_DOMAINS = [f"d{n}.example" for n in range(MANY)]
_OF_BOXES = "".join(f"d{n:03}.example OK\n" for n in range(500))


class Case(NamedTuple):
    """What is imported over what: `table` is the file that changes, `others` stand beside it."""

    what: str
    kind: Kind
    table: str
    standing: Iterable[tuple[str, str]]
    rows: Iterable[tuple[str, str]]
    counts: str
    others: tuple[tuple[str, str], ...] = ()
    enabled: str = ""
    """What a column `enabled` says of each; empty: there is no such column."""


def _cases(kind: Kind, table: str, now: dict[str, str], then: dict[str, str], word: str) -> list[Case]:
    """The four cases of one kind: `now` stands there, or `then` is to."""
    others = (("boxdomains", _OF_BOXES),) if kind == "mailboxes" else ()
    same, other, half = now.items(), then.items(), list(now.items())[::2]
    known = [(name, value if kind != "domains" else "virtual-mailbox") for name, value in same]
    return [
        Case(f"{word} into an empty table", kind, table, (), known, f"+{MANY}", others),
        Case(f"{word}, none changes", kind, table, same, known, f"={MANY}", others),
        Case(f"{word}, all change", kind, table, same, other, f"~{MANY}", others),
        Case(
            f"{word}, half removed",
            kind,
            table,
            same,
            known[::2],
            f"-{MANY - len(half)} ={len(half)}",
            others,
        ),
    ]


def cases() -> list[Case]:
    """Every kind of import that has a table, in each of its cases."""
    aliases = {name: f"u{n}@elsewhere.example" for n, name in enumerate(_ADDRESSES)}
    added = {name: f"jean@d000.example, {value}" for name, value in aliases.items()}
    boxes = {name: "{1}/{0}/".format(*name.split("@")) for name in _ADDRESSES}
    elsewhere = {name: f"other/{value}" for name, value in boxes.items()}
    return [
        *_cases("aliases", "virtual", aliases, added, "aliases"),
        *_cases("mailboxes", "vmailbox", boxes, elsewhere, "mailboxes"),
        *_cases("domains", "boxdomains", dict.fromkeys(_DOMAINS, "OK"), dict.fromkeys(_DOMAINS, "relay"), "domains"),
        Case(
            "aliases of as many domains", "aliases", "virtual", (),
            [(f"jean@{name}", f"jean@m.{name}") for name in _DOMAINS], f"+{MANY}",
        ),
        *_dear_cases(aliases, added),
    ]  # fmt: skip


def _dear_cases(aliases: dict[str, str], added: dict[str, str]) -> list[Case]:
    """What is written less plainly, or is switched off and on, in a file that says so of each."""
    words = [f'"a b{n:06}"@d{n % 500:03}.example' for n in range(MANY)]
    accents = [f"é{n:06}@d{n % 500:03}.example" for n in range(MANY)]
    lines = {name: f"{value},\n    v@d000.example" for name, value in aliases.items()}
    longer = [(name, f"{value}, v@d000.example") for name, value in added.items()]
    off = {f"#{name}": value for name, value in aliases.items()}
    return [
        _dear("aliases on several lines, all change", lines.items(), longer, f"~{MANY}"),
        _dear("aliases in quotes, all change", zip(words, aliases.values(), strict=True), zip(words, added.values(), strict=True), f"~{MANY}"),
        _dear("aliases not in ASCII, all change", zip(accents, aliases.values(), strict=True), zip(accents, added.values(), strict=True), f"~{MANY}"),
        _dear("aliases off, into an empty table", (), aliases.items(), f"+{MANY}", "no"),
        _dear("aliases off, all change", off.items(), added.items(), f"~{MANY}", "no"),
        _dear("aliases, all switched off", aliases.items(), aliases.items(), f"~{MANY}", "no"),
        _dear("aliases, all switched on", off.items(), aliases.items(), f"~{MANY}", "yes"),
    ]  # fmt: skip


def _dear(
    what: str,
    standing: Iterable[tuple[str, str]],
    rows: Iterable[tuple[str, str]],
    counts: str,
    enabled: str = "",
) -> Case:
    return Case(what, "aliases", "virtual", tuple(standing), tuple(rows), counts, enabled=enabled)


_HEADS = {"aliases": "address,destinations", "mailboxes": "address,path", "domains": "domain,class"}


def made(folder: Path, case: Case) -> tuple[Path, Path]:
    """The configuration of an instance, and the file to import."""
    for each in ("queue", "data"):
        (folder / each).mkdir(parents=True)
    values = {"queue": folder / "queue", "data": folder / "data", "folder": folder}
    (folder / "main.cf").write_text(_MAIN_CF.format(**values))
    (folder / "master.cf").write_bytes(b"")
    texts = dict.fromkeys(("virtual", "vmailbox", "boxdomains", "relay"), "")
    texts |= {**dict(case.others), case.table: "".join(f"{key} {value}\n" for key, value in case.standing)}
    for name, text in texts.items():
        (folder / name).write_text(text)
        subprocess.run(["postmap", "-c", str(folder), f"lmdb:{folder / name}"], check=True)
    path = folder / "rows.csv"
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        more = (case.enabled,) if case.enabled else ()
        rows.writerow([*_HEADS[case.kind].split(","), *("enabled" for _ in more)])
        rows.writerows((*each, *more) for each in case.rows)
    return folder, path


def run(script: str, *words: object) -> float:
    """Milliseconds of a Python process, its start included."""
    command = [sys.executable, "-c", script, *map(str, words)]
    begun = time.perf_counter()
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])
    return (time.perf_counter() - begun) * 1000


def rows(runs: int, config_dir: Path) -> list[Row]:
    """The rows of this group."""
    result: list[Row] = []
    for number, case in enumerate(cases()):
        folder, path = made(config_dir.parent / f"importing{number}", case)
        floor = partial(run, _FLOOR, path, folder / "floor", folder)
        ours = partial(run, _OURS, folder, case.kind, path, case.counts)
        least, taken = turns(max(1, runs // 3), floor, ours)
        notes = "file to draft, report and new text; floor: csv, write, postmap"
        result.append(Row(f"import 100k {case.what}", taken, floor=least, goal=Goal(REPORT), notes=notes))
    return result
