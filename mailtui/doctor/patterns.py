"""Rules of regexp and pcre tables that Postfix passes over (regexp_table(5), pcre_table(5))."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from mailtui import commands
from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.formats.splice import Problem
from mailtui.postfix import postconf
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import Lookup, parse_map, split_list
from mailtui.postfix.mapmentions import Place, places
from mailtui.postfix.patternask import compile_problems, patterns_of
from mailtui.text.safe import safe


def findings(case: Case) -> Iterator[Finding]:
    """Each table once, by whoever names it first; judged by postmap, as the daemons judge it."""
    try:
        types = postconf.table_types()
        tables = dict(_tables(case))
    except (postconf.PostconfError, InstanceError):
        return
    for (kind, path), (place, table) in tables.items():
        if kind not in types:
            continue  # told of as table-type
        try:
            document = patterns_of(table, case.instance.files)
            found = _problems(kind, document.raw) if document is not None else ()
        except (OSError, commands.CommandError):
            continue  # a text that cannot be read is told of by the tables' family
        for problem in found:
            yield _finding(place, path, problem)


def _tables(case: Case) -> Iterator[tuple[tuple[str, str], tuple[Place, Lookup]]]:
    for place in places(case.instance):
        if "regexp:" not in place.text and "pcre:" not in place.text and "$" not in place.text:
            continue
        for item in split_list(place.expanded(case.instance).replace("{", " ").replace("}", " ")):
            table = parse_map(item, place.name, case.instance.config_dir)
            if table.has_file and table.type in {"regexp", "pcre"}:
                yield (table.type, table.path), (place, table)


@lru_cache(maxsize=64)
def _problems(kind: str, raw: bytes) -> tuple[Problem, ...]:
    """What Postfix says of a text, asked once for each state of it. Raises CommandError."""
    from mailtui.formats.document import parse
    from mailtui.formats.patterns import Patterns

    document = parse("pcre" if kind == "pcre" else "regexp", raw)
    return tuple(compile_problems(document)) if isinstance(document, Patterns) else ()


def _finding(place: Place, path: str, problem: Problem) -> Finding:
    return Finding(
        "pattern-skipped", "warning",
        f"{safe(place.title)}: a rule of {safe(path.rpartition('/')[2])} is passed over", path, problem.line,
        f"{problem.text}: Postfix says so in the log when a process starts, and goes on without the"
        " rule; postfix check does not tell", None,
        "mailtui cannot know what the rule is meant to match: mend it, or switch it off",
        (place.service,) if place.service else (),
    )  # fmt: skip
