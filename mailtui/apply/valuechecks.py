"""The rules for values (`paramcheck`) on a candidate: only what the change makes wrong stops it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from mailtui.apply.finding import Finding
from mailtui.apply.look import Look
from mailtui.apply.touched import touched_parameters
from mailtui.edits.candidate import Candidate
from mailtui.postfix import paramcheck
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import services


class _Said(NamedTuple):
    """One word on one value; `what` names the parameter, or the service and its option."""

    what: str
    severity: str
    text: str
    line: int | None


def check_values(instance: Instance, found: Look) -> list[Finding]:
    """What the values of main.cf and the overrides of master.cf come to with the change written.

    An error that stands there already does not stop the change: whoever mends one may leave another. A value
    that was right may become wrong by another's change, so all of them are looked at.
    """
    edits = [edit for edit in found.edits if edit.target.path in _paths(instance)]
    after = instance.over(Candidate(instance.files, edits))
    touched = touched_parameters(found.changes)
    made = (record.path for record in found.folders if record.make)
    written = frozenset([*(change.target.path for change in found.changes), *made])
    try:
        new = list(_said(after, touched, written))
    except ParameterError:  # a broken line: postconf's own check says so, and where
        return []
    if not new:
        return []
    try:
        old = Counter(_key(each) for each in _said(instance, (), frozenset()))
    except ParameterError:
        old = Counter()
    return list(_findings(instance, new, old, touched))


def _paths(instance: Instance) -> tuple[str, str]:
    return instance.main.path, instance.master.path


def _key(said: _Said) -> tuple[str, str, str]:
    return said.what, said.severity, said.text


def _said(instance: Instance, touched: Collection[str], written: Collection[str]) -> Iterator[_Said]:
    parameters = instance.parameters
    values = parameters.values
    known = values.known
    for name in (*values.explicit, *(each for each in sorted(touched) if each not in values.explicit)):
        value = values.explicit.get(name, known.get(name))
        if value is None:  # a name of the admin's own that is gone
            continue
        place = values.definitions.get(name)
        for each in paramcheck.check_value(instance, name, value, compiled=written):
            yield _Said(name, each.severity, each.text, place.line if place else None)
    if values.master is None:
        return
    for row in services(instance):
        if not row.counts:
            continue
        over = {**row.values, "process_name": row.command, "service_name": row.name}
        for option in row.options:
            if not option.counts:
                continue
            found = paramcheck.check_value(instance, option.name, option.value, over=over, compiled=written)
            for each in found:
                yield _Said(f"{row.service} -o {option.name}", each.severity, each.text, option.line)


def _findings(
    instance: Instance, new: Sequence[_Said], old: Counter[tuple[str, str, str]], touched: Collection[str]
) -> Iterator[Finding]:
    main, master = _paths(instance)
    for said in new:
        is_old = old[_key(said)] > 0
        old[_key(said)] -= 1
        path = master if " -o " in said.what else main
        text = f"{said.what}: {said.text}"
        if said.severity == "error":
            if not is_old or said.what in touched:
                yield Finding(not is_old, text, path if said.line else "", said.line)
        elif said.severity == "warning" and not is_old:
            yield Finding(False, text, path if said.line else "", said.line)
