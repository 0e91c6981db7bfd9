"""Searching an address in a list of maps the way Postfix's daemons do (mail_addr_find(3), maps_find(3)).

Every key is tried in all maps of the list before the next key is made. A pattern table (regexp, pcre,
cidr) is asked for the full address only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mailtui.formats.target import Target
from mailtui.postfix.addresses import (
    Rules,
    fold,
    items,
    quote,
    recipient,
    split,
    strip_extension,
    with_extension,
)
from mailtui.postfix.files import Reader, entries, problem_words
from mailtui.postfix.lastcopies import LastCopies, answered_by, last_copy
from mailtui.postfix.localusers import LocalUsers
from mailtui.postfix.lookups import PATTERNS, Answer, Lookup
from mailtui.text.safe import decode, encode

_NEAR = PATTERNS | {"static", "inline", "unix", "fail"}
"""Types that answer from this machine's files, beside texts."""


@dataclass(frozen=True, slots=True)
class Hit:
    """The entry that answered: its text, its items, and where it stands."""

    value: str
    items: tuple[str, ...]
    spec: str
    key: str
    file: str | None = None
    line: int | None = None
    extension: str = ""
    """The address extension (with its delimiter) that the key did not contain."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key to try; `full` keys go to pattern tables too."""

    text: str
    full: bool
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Instead:
    """Entries of one table as they would be: items by folded key, None for an entry taken out. A table of a
    million rows need not be read again for each letter that someone types."""

    target: Target
    entries: Mapping[str, tuple[str, ...] | None]


class Maps:
    """The maps of one parameter, in order, asked through a reader. Answers are kept: make a new one for
    other bytes. A map that cannot answer counts as one without the key, and `problems` says why."""

    def __init__(
        self,
        parameter: str,
        lookups: Sequence[Lookup],
        reader: Reader,
        users: LocalUsers,
    ) -> None:
        self.parameter = parameter
        self.lookups = tuple(lookups)
        self.problems: dict[str, None] = {}
        self.remarks: dict[str, None] = {}
        """What to know of the tables that answered."""
        self._copies = LastCopies()
        self._reader = reader
        self._users = users
        self._instead: Instead | None = None
        self._known: dict[tuple[str, bool], Hit | None] = {}
        self._answers: dict[tuple[str, str], Hit | None] = {}

    def would_be(self, instead: Instead) -> Maps:
        """The same maps with some entries as they would be; what was asked before is not asked again."""
        other = Maps(self.parameter, self.lookups, self._reader, self._users)
        other.problems, other._answers, other._instead = self.problems, self._answers, instead
        other.remarks, other._copies = self.remarks, self._copies
        return other

    def __bool__(self) -> bool:
        return bool(self.lookups)

    @cached_property
    def is_near(self) -> bool:
        """Whether every map answers from this machine's files: no directory, database or server is asked."""
        return all(
            each.error or each.type in _NEAR or (each.target and not last_copy(each)) for each in self.lookups
        )

    def ask_ahead(self, keys: Sequence[str]) -> None:
        """Have the pattern tables answer many full keys in one run of postmap: later no program is started
        for any of them."""
        for lookup in self.lookups:
            if lookup.type not in PATTERNS:
                continue
            wanted = [key for key in keys if (lookup.written, key) not in self._answers]
            answers = lookup.get_many([encode(key) for key in wanted], self._reader)
            for key, answer in zip(wanted, answers, strict=True):
                self._answers[lookup.written, key] = self._hit(lookup, key, answer)

    def get(self, key: str, *, full: bool = True) -> Hit | None:
        """The first map's answer to one key. Without `full` pattern tables are not asked."""
        if (key, full) in self._known:
            return self._known[key, full]
        asked = (lookup for lookup in self.lookups if full or lookup.type not in PATTERNS)
        answers = (self._ask(lookup, key) for lookup in asked) if key else iter(())
        found = self._known[key, full] = next((hit for hit in answers if hit is not None), None)
        return found

    def find(self, address: str, rules: Rules, is_here: Callable[[str], bool]) -> Hit | None:
        """The entry that takes an address (internal form): with extension, without, user part, `@domain`.

        `is_here` says of a domain whether bare user parts stand for addresses in it: that is $myorigin
        and the local class.
        """
        for key in address_keys(address, rules, is_here):
            hit = self._any_form(key)
            if hit is not None:
                return hit
        return None

    def _any_form(self, key: Key) -> Hit | None:
        for form in dict.fromkeys((quote(key.text), key.text)):
            hit = self.get(form, full=key.full)
            if hit is not None:
                return replace(hit, extension=key.extension) if key.extension else hit
        return None

    def _ask(self, lookup: Lookup, key: str) -> Hit | None:
        instead = self._instead
        if instead is not None and instead.target == lookup.target and fold(key) in instead.entries:
            items_then = instead.entries[fold(key)]
            if items_then is None:
                return None
            return Hit(", ".join(items_then), items_then, lookup.written, key, lookup.path)
        asked = (lookup.written, key)
        if asked not in self._answers:
            self._answers[asked] = self._answer(lookup, key)
        return self._answers[asked]

    def _answer(self, lookup: Lookup, key: str) -> Hit | None:
        if lookup.type == "unix" and lookup.path == "passwd.byname":
            user = self._users.find(key)
            return None if user is None else Hit(user.home, (), lookup.written, key)
        target = lookup.target
        if target is not None:
            return self._from_text(lookup, target, key)
        return self._hit(lookup, key, lookup.get(encode(key), self._reader))

    def _hit(self, lookup: Lookup, key: str, answer: Answer) -> Hit | None:
        if answer.problem:
            self.problems.setdefault(answer.problem)
        if answer.value is None:
            return None
        value = decode(answer.value)
        return Hit(value, items(value), lookup.written, key)

    def _from_text(self, lookup: Lookup, target: Target, key: str) -> Hit | None:
        try:
            document = entries(self._reader, target)
        except OSError as error:
            answer = self._copies.get(lookup, encode(key))
            if answer is not None:
                self.remarks.setdefault(answered_by(lookup, last_copy(lookup)))
                return self._hit(lookup, key, answer)
            self.problems.setdefault(problem_words(error, target.path, self.parameter))
            return None
        index = document.find(encode(key))
        if index is None:
            return None
        entry = document.entry(index)
        found = tuple(decode(item) for item in document.items(index))
        return Hit(decode(entry.value), found, lookup.written, decode(entry.key), target.path, entry.line)


def address_keys(address: str, rules: Rules, is_here: Callable[[str], bool]) -> Iterator[Key]:
    """The keys tried for an address, in order."""
    yield Key(address, full=True)
    bare, extension = strip_extension(address, rules)
    if extension:
        yield Key(bare, full=False, extension=extension)
    local, domain = split(address)
    if domain is None:
        return
    if is_here(domain):
        yield Key(local, full=False)
        if extension:
            yield Key(split(bare)[0], full=False, extension=extension)
    yield Key(f"@{domain}", full=False)


def result_addresses(hit: Hit, address: str, *, propagate: bool) -> list[str]:
    """The addresses (internal form, not completed) that an entry gives for an address.

    A result `@other` keeps the user part; the extension that the key lacked is added to each where the
    map propagates it (mail_addr_map(3)).
    """
    results = [recipient(item) for item in hit.items]
    if results and results[0].startswith("@"):
        results[0] = split(address)[0].removesuffix(hit.extension) + results[0]
    return [with_extension(result, hit.extension) for result in results] if propagate else results
