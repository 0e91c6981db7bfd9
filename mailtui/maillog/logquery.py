"""The log's filter: fzf's grammar on the line as it stands, and words about what the line says.

`from:` and `to:` the addresses (of the message, where the line names only its queue id), `client:` its name
or address, `status:` what became of it, `id:` the queue id's beginning, `level:` that bad or worse, `since:`
and `until:` times. Each may be excluded by `!`, joined by `|`, and anchored: `to:^joe@`, `from:.org$`.
`from:<>` is a bounce's sender.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

from mailtui.maillog.logfields import LEVELS, Field, Level, Line, Needle, Sender, Time, needles
from mailtui.maillog.moments import EXAMPLES, spelled
from mailtui.text.fieldquery import FieldQuery
from mailtui.text.query import Query, Term

FIELDS = ("from", "to", "client", "status", "id", "level", "since", "until")
_FIELD = re.compile(rf"(!?)({'|'.join(FIELDS)}):(.*)", re.DOTALL)

_Word: TypeAlias = Term | Field | Level | Time


@dataclass(frozen=True)
class LogQuery(FieldQuery[_Word]):
    """The log's filter, parsed."""

    @classmethod
    def word(cls, text: str, now: datetime) -> _Word | None:
        return _word(text, now)

    @cached_property
    def text(self) -> Query | None:
        """The same as a query of the line's text alone; None where it asks for fields."""
        groups = [tuple(word for word in group if isinstance(word, Term)) for group in self.groups]
        same = all(len(terms) == len(group) for terms, group in zip(groups, self.groups, strict=True))
        return Query(tuple(groups)) if same else None

    def matches(
        self, line: bytes, now: datetime | None = None, sender: Sender = lambda _queue_id: None
    ) -> bool:
        """Whether a line (without its newline) satisfies the query. `now` is what its time cannot lie after;
        `sender` finds the sender of a queue id."""
        if self.text is not None:
            return self.text.matches(line)
        made = Line(line, now, sender)
        return all(any(_fits(word, made) for word in group) for group in self._cheap_first)

    @cached_property
    def _cheap_first(self) -> list[tuple[_Word, ...]]:
        """What needs no parsing decides first."""
        return sorted(self.groups, key=lambda group: sum(isinstance(word, Field | Level) for word in group))

    def terms(self) -> Iterator[Term]:
        for word in (word for group in self.groups for word in group):
            if isinstance(word, Field):
                yield word.term._replace(anchor="", negated=word.negated)
            elif isinstance(word, Term):
                yield word

    @cached_property
    def since(self) -> datetime | None:
        """The moment before which nothing matches, if there is one."""
        return max((time.moment for time in self._times if not time.before), default=None)

    @cached_property
    def until(self) -> datetime | None:
        """The moment from which on nothing matches, if there is one."""
        return min((time.moment for time in self._times if time.before), default=None)

    @property
    def _times(self) -> Iterator[Time]:
        return (group[0] for group in self.groups if len(group) == 1 and isinstance(group[0], Time))

    @cached_property
    def needles(self) -> list[tuple[Needle, ...]]:
        """For each group that has them the bytes of which one at least stands in every line that matches."""
        found = []
        for group in self.groups:
            each = [_needles(word) for word in group]
            if all(each):
                found.append(tuple({needle for needles in each for needle in needles}))
        return found

    @cached_property
    def is_needle(self) -> bool:
        """Whether a line matches by holding the one needle that there is."""
        word = self.groups[0][0] if self.groups and len(self.groups) == 1 == len(self.groups[0]) else None
        if not isinstance(word, Term) or word.anchor or word.negated:
            return False
        return any(text == word.text for text, _ in needles(word))

    @cached_property
    def absent(self) -> tuple[Needle, ...]:
        """Where nothing else is asked than that some texts do not stand in a line: these. Else empty."""
        found: list[Needle] = []
        for group in self.groups:
            word = group[0]
            if len(group) > 1 or not isinstance(word, Term) or word.anchor or not word.negated:
                return ()
            whole = [needle for needle in needles(word) if needle[0] == word.text]
            if not whole:
                return ()  # not in ASCII: letter case is not the bytes'
            found += whole
        return tuple(found)

    @cached_property
    def of_sender(self) -> Field | None:
        """What every line's sender must satisfy, if there is such a word."""
        for group in self.groups:
            word = group[0]
            if len(group) == 1 and isinstance(word, Field) and word.name == "from" and not word.negated:
                return word
        return None


def _fits(word: _Word, line: Line) -> bool:
    return word.matches(line.raw, line.folded) if isinstance(word, Term) else word.matches(line)


def _needles(word: _Word) -> tuple[Needle, ...]:
    if not isinstance(word, Term):
        return word.needles
    return () if word.negated else needles(word)


def _word(word: str, now: datetime) -> _Word | None:
    """Raises ValueError in words."""
    match = _FIELD.fullmatch(word)
    if match is None:
        return _term(word)
    negated, name, value = bool(match[1]), match[2], match[3]
    if not value:
        return None
    if name in {"since", "until"}:
        return _time(name, value, now, negated=negated)
    if name == "level":
        return _level(value, negated=negated)
    if value == "<>":
        return Field(name, Term(b"<>", "^$"), negated)
    term = _term(value.removeprefix("<").removesuffix(">") if "@" in value else value)
    if term is None:
        return None
    if name == "id" and not term.anchor:
        term = term._replace(anchor="^")
    return Field(name, term._replace(negated=False), negated is not term.negated)


def _term(word: str) -> Term | None:
    groups = Query.parse(word.replace(" ", "\\ ")).groups
    return groups[0][0] if groups else None


def _time(name: str, value: str, now: datetime, *, negated: bool) -> Time:
    found = spelled(value, now)
    if found is None:
        raise ValueError(f"{name}:{value} is no time, {EXAMPLES}")
    return Time(found.start if name == "since" else found.end, (name == "until") is not negated)


def _level(value: str, *, negated: bool) -> Level | None:
    names = [level for level in LEVELS if level.startswith(value.lower())]
    if not names:
        raise ValueError(f"level:{value} is none of {', '.join(LEVELS)}")
    return Level(LEVELS.index(names[0]), negated)


def word(name: str, value: str, *, out: bool = False) -> str:
    """A word of a query for exactly this value of a field: what filters in, or `out`, by it."""
    escaped = value.replace(" ", "\\ ")
    return f"{'!' if out else ''}{name}:{'<>' if not value else f'^{escaped}$'}"
