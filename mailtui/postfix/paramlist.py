"""Every parameter as a list: what it is, where that stands, who uses it, and what a draft makes of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramcheck import Finding, check_value
from mailtui.postfix.parameters import ParameterView
from mailtui.postfix.paramtables import DEPRECATED
from mailtui.postfix.values import Values
from mailtui.text.query import Query
from mailtui.text.safe import encode

_NAMED = re.compile(r"\$(?:\$|[({]*\$?[({]?([A-Za-z0-9_]+))")
_LISTING = ("_restrictions", "smtpd_restriction_classes")
"""What the names of parameters end in that may name restriction classes."""
_AT_A_TIME = 256
"""Rows that a search looks at between two breaths."""


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter. What it says is the draft's state; of one that a draft takes out, the disk's.

    `was`: the value on the disk where a draft changes it. `deprecated`: what to use instead, empty if it is
    not. `used_by`: the parameters whose value names it by `$` or as a restriction class, and services'
    options (`submission/inet -o smtpd_client_restrictions`). `marker`: `+ ~ -` of a draft, else `!` for an
    error, `?` for something to look at.
    """

    name: str
    value: str | None
    default: str | None
    effective: str | None
    explicit: bool
    file: str | None
    line: int | None
    unused: bool | None
    duplicates: tuple[int, ...]
    deprecated: str
    overridden_by: tuple[str, ...]
    used_by: tuple[str, ...]
    marker: str
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    """Why the value cannot be expanded."""
    was: str | None = None

    @property
    def differs(self) -> bool:
        """Whether it is set to something else than its default."""
        return self.explicit and self.value != self.default


class ParameterList:
    """The parameters by name. A row is made when it is asked for; all are of one state of the files."""

    def __init__(self, before: Instance, after: Instance, *, explicit_only: bool = False) -> None:
        """Raises ParameterError where main.cf or master.cf cannot be read."""
        self._after = after
        self._views = after.parameters
        self._old, self._new = before.parameters.values, after.parameters.values
        set_now = self._new.explicit.keys() | self._old.explicit.keys()
        names = set_now if explicit_only else set_now | self._new.known.keys()
        self._names = sorted(names)
        self._places = {name: at for at, name in enumerate(self._names)}
        self._used = users(self._new)
        self._rows: dict[str, ParameterRow] = {}

    def __len__(self) -> int:
        return len(self._names)

    def key(self, index: int) -> str:
        return self._names[index]

    def find(self, key: object) -> int | None:
        return self._places.get(key) if isinstance(key, str) else None

    def row(self, index: int) -> ParameterRow:
        name = self._names[index]
        found = self._rows.get(name)
        if found is None:
            found = self._rows[name] = self._make(name)
        return found

    def rows(self) -> Iterator[ParameterRow]:
        """All of them, in order."""
        return (self.row(index) for index in range(len(self)))

    def search(self, query: Query) -> Iterator[int | None]:
        """The rows whose name, value or default matches, with None now and then. What a default only refers
        to is a match for what is typed with its `$` only: else every name is found among lists of names."""
        new, old = self._new, self._old
        refers = any(b"$" in term.text for group in query.groups for term in group)
        for at, name in enumerate(self._names):
            if at % _AT_A_TIME == _AT_A_TIME - 1:
                yield None
            value = new.explicit.get(name, old.explicit.get(name))
            if value is None:
                value = new.known.get(name, "")
                value = value if refers else _NAMED.sub("$", value)
            text = f"{name} = {value}"
            if query.matches(encode(text)):
                yield at

    def _make(self, name: str) -> ParameterRow:
        now, was = self._new.explicit.get(name), self._old.explicit.get(name)
        if now is None and was is not None:
            return self._gone(name, was)
        view = self._views.view(name)
        findings = tuple(check_value(self._after, name, now)) if now is not None else ()
        marker = "+" if was is None and now is not None else "~" if was != now else ""
        if not marker:
            marker = _sign(view, findings)
        return ParameterRow(
            name,
            view.value,
            view.default,
            view.effective,
            view.explicit,
            view.file,
            view.line,
            view.unused,
            view.duplicates,
            DEPRECATED.get(name, ""),
            view.overridden_by,
            self._used.get(name, ()),
            marker,
            findings,
            view.problem,
            was if marker == "~" else None,
        )

    def _gone(self, name: str, was: str) -> ParameterRow:
        """One that the draft takes out: its default will be in force."""
        default = self._new.known.get(name)
        effective = None
        if default is not None:
            effective = self._views.view(name).effective
        found = self._old.definitions[name]
        used = self._used.get(name, ())
        deprecated = DEPRECATED.get(name, "")
        over = self._views.overrides(name)
        return ParameterRow(
            name, was, default, effective, True, self._old.path, found.line, None, (), deprecated, over, used,
            "-", (), "", was,
        )  # fmt: skip


def parameter_list(before: Instance, after: Instance, *, explicit_only: bool = False) -> ParameterList:
    """What is on the disk and what a draft makes of it, by name. `explicit_only`: those set in main.cf.

    Asks postconf which names nothing uses. Raises ParameterError where the files cannot be read.
    """
    return ParameterList(before, after, explicit_only=explicit_only)


def _sign(view: ParameterView, findings: Sequence[Finding]) -> str:
    worst = {each.severity for each in findings}
    if "error" in worst or view.problem:
        return "!"
    return "?" if "warning" in worst or view.duplicates or view.unused else " "


def users(values: Values) -> Mapping[str, tuple[str, ...]]:
    """For each name, who names it by `$` (set or by default), or as a restriction class."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    try:
        classes = frozenset(split_list(values.expanded("smtpd_restriction_classes")))
    except ParameterError:
        classes = frozenset()

    def note(user: str, text: str, lists: bool) -> None:
        for named in _NAMED.findall(text):
            found[named][user] = None
        if classes and lists:
            for item in classes.intersection(split_list(text)):
                found[item][user] = None

    for name, text in {**values.known, **values.explicit}.items():
        note(name, text, name in classes or name.endswith(_LISTING))
    for service in values.services:
        for name, text in service.options.items():
            note(f"{service.name}/{service.type} -o {name}", text, name.endswith(_LISTING))
    return {name: tuple(users) for name, users in found.items() if name}
