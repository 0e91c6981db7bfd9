"""Every mailbox as one list: those of virtual_mailbox_maps, then the accounts of this machine.

A row is made when it is asked for: it looks at the disk (there or not, writable or not) and at the alias maps
(who takes the mail first). How much lies in a mailbox is for `mailsize`, in a thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.mailboxchecks import limit_words
from mailtui.postfix.mailboxrows import MailboxRow, RowMaker
from mailtui.postfix.mailboxtables import BoxTable, Entry, State
from mailtui.postfix.mailsize import Job
from mailtui.text.query import Query
from mailtui.text.safe import encode

__all__ = ["MailboxList", "MailboxRow", "mailbox_list"]

REMEMBERED = 4096
"""Rows that are kept once made."""


_Line: TypeAlias = "tuple[BoxTable | None, Entry | None, LocalUser | None, str, str, bool]"
"""A row before it is made: its table and entry, or an account; marker, value on the disk, whether a draft
takes it out. A plain tuple, as there are a hundred thousand."""


class MailboxList:
    """The rows: the tables' in their order, those that a draft removes where they were, then the accounts.

    Belongs to one state of the files: make another after a change. A key is (kind, address in lower case); an
    entry that does not count because another of its address does has a longer one.
    """

    def __init__(self, before: State, after: State, *, checks: bool = True) -> None:
        """Without `checks` it is made quicker, and no row has warnings."""
        self._lines: list[_Line] = [*_virtual(before, after), *_local(after)]
        self._checks = checks
        self._maker = RowMaker(after, checks=checks)
        self._gone = RowMaker(before, checks=False) if any(line[5] for line in self._lines) else self._maker
        self._rows: dict[int, MailboxRow] = {}
        self._after = after

    @property
    def notes(self) -> list[str]:
        """What holds for all of them, or for a whole table."""
        effective = self._after.instance.parameters.effective
        names = ("message_size_limit", "virtual_mailbox_limit", "mailbox_size_limit")
        found = [f"{table.spec}: {table.note}" for table, _ in self._after.tables if table.note]
        return [*limit_words({name: effective(name) for name in names}), *found, *self._maker.notes]

    def __len__(self) -> int:
        return len(self._lines)

    def key(self, index: int) -> Hashable:
        table, entry, user, _, _, gone = self._lines[index]
        if user is not None:
            return "local", f"{user.name}@{self._after.domain}"
        if entry is None or table is None:
            return "virtual", table.spec if table is not None else ""
        if self._places.get(("virtual", entry.folded)) == index:
            return "virtual", entry.folded
        return "virtual", entry.folded, table.spec, entry.number, gone

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        """The row of each (kind, address): of several that which counts, else one that is taken out, else the
        last of those commented out: what `#` switches off and on stays the same row."""
        found: dict[Hashable, int] = {}
        off: dict[Hashable, int] = {}
        for at, (table, entry, user, _, _, gone) in enumerate(self._lines):
            if entry is not None:
                if entry.counts and (not gone or ("virtual", entry.folded) not in found):
                    found["virtual", entry.folded] = at
                elif not entry.enabled and not gone:
                    off["virtual", entry.folded] = at
            elif user is not None:
                found["local", f"{user.name}@{self._after.domain}"] = at
            elif table is not None:
                found["virtual", table.spec] = at
        return off | found

    @cached_property
    def _others(self) -> dict[Hashable, int]:
        """The rows with longer keys."""
        keys = ((self.key(at), at) for at, line in enumerate(self._lines) if line[1] is not None)
        return {key: at for key, at in keys if isinstance(key, tuple) and len(key) > 2}

    def find(self, key: Hashable) -> int | None:
        """The row of a key, letter case of the address set aside."""
        if isinstance(key, tuple) and len(key) == 2:
            found = self._places.get(key)
            return self._places.get((key[0], str(key[1]).casefold())) if found is None else found
        return self._others.get(key)

    def row(self, index: int) -> MailboxRow:
        """A row, made now. Raises IndexError."""
        found = self._rows.get(index)
        if found is None:
            if len(self._rows) >= REMEMBERED:
                self._rows.clear()
            found = self._rows[index] = self._made(self._lines[index])
        return found

    def rows(self) -> Iterator[MailboxRow]:
        """All of them, made anew."""
        return (self._made(line) for line in self._lines)

    def _made(self, line: _Line) -> MailboxRow:
        table, entry, user, marker, was, gone = line
        return (self._gone if gone else self._maker).row(table, entry, user, marker, was, checks=self._checks)

    def search(self, query: Query) -> Iterator[int | None]:
        """The rows whose address or path matches, and None now and then."""
        for at, (table, entry, user, _, _, _) in enumerate(self._lines):
            if entry is not None:
                text = f"{entry.key} {entry.value}"
            elif user is not None:
                text = f"{user.name}@{self._after.domain} {self._after.locals.of(user).path}"
            else:
                text = table.spec if table is not None else ""
            if query.matches(encode(text)):
                yield at
            elif not at % 64:
                yield None

    def jobs(self, indices: Iterable[int] | None = None) -> Iterator[Job]:
        """What is to be counted, for `Sizer.run`; each mailbox once."""
        seen: set[str] = set()
        for index in range(len(self)) if indices is None else indices:
            job = self._maker.job(self._lines[index][1], self._lines[index][2])
            if job is not None and job.path not in seen:
                seen.add(job.path)
                yield job


def mailbox_list(
    before: Instance, after: Instance, users: LocalUsers | None = None, *, checks: bool = True
) -> MailboxList:
    """What is on the disk and what a draft makes of it, in one list. For a thread: half a second for 100,000
    entries. Raises ParameterError and InstanceError."""
    who = users or LocalUsers()
    new = State(after, who)
    return MailboxList(new if before is after else State(before, who), new, checks=checks)


def _virtual(before: State, after: State) -> Iterator[_Line]:
    old = {} if before is after else {table.lookup.spec: (table, found) for table, found in before.tables}
    for table, found in after.tables:
        if table.document is None:
            yield table, None, None, "!" if table.lookup.error else " ", "", False
            continue
        then, was = old.pop(table.lookup.spec, (table, None))
        if before is after or was == found:
            for entry in found:
                yield table, entry, None, " " if entry.counts else _standing(entry), "", False
            continue
        for entry, marker, value, gone in _merged(was, found):
            yield then if gone else table, entry, None, marker, value, gone
    for table, found in before.tables:  # those that no parameter names any more
        for entry in found if table.lookup.spec in old else ():
            yield table, entry, None, "-", "", True


def _standing(entry: Entry) -> str:
    return " " if entry.counts else "=" if entry.enabled else "#"


def _numbered(entries: Sequence[Entry]) -> dict[tuple[str, bool, int], Entry]:
    """Entries by key, whether in force, and which of those alike."""
    counted: Counter[tuple[str, bool]] = Counter()
    found: dict[tuple[str, bool, int], Entry] = {}
    for entry in entries:
        alike = entry.folded, entry.enabled
        found[*alike, counted[alike]] = entry
        counted[alike] += 1
    return found


def _merged(before: Sequence[Entry] | None, after: Sequence[Entry]) -> Iterator[tuple[Entry, str, str, bool]]:
    """The entries as a draft leaves them, and those that it takes out where they were; each with its marker
    and its value before."""
    first, last = _alike(before or (), after)
    for entry in after[:first]:
        yield entry, _standing(entry), "", False
    yield from _mixed((before or ())[first : len(before or ()) - last], after[first : len(after) - last])
    for entry in after[len(after) - last :]:
        yield entry, _standing(entry), "", False


def _alike(before: Sequence[Entry], after: Sequence[Entry]) -> tuple[int, int]:
    """How many entries are the same at the beginning of both, and at the end: nearly all of them."""
    most = min(len(before), len(after))
    first = next((at for at in range(most) if before[at] != after[at]), most)
    last = 0
    while last < most - first:
        one, other = before[-1 - last], after[-1 - last]
        if one[:2] != other[:2] or one[3:] != other[3:]:
            break
        last += 1
    return first, last


def _mixed(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[tuple[Entry, str, str, bool]]:
    old, new = _numbered(before), _numbered(after)
    pending = iter(old.items())

    def gone_until(key: tuple[str, bool, int] | None) -> Iterator[tuple[Entry, str, str, bool]]:
        for other, entry in pending:
            if other == key:
                return
            turned = (other[0], not other[1], other[2])
            if other not in new and (turned not in new or turned in old):
                yield entry, "-", "", True

    for key, entry in new.items():
        was = old.get(key)
        other = key[0], not key[1], key[2]
        turned = old.get(other) if was is None else None
        if was is not None or turned is not None:
            yield from gone_until(key if was is not None else other)
        if was is None and turned is None:
            yield entry, "+", "", False
        elif turned is not None and other not in new:
            yield entry, "~" if entry.enabled else "#", turned.value, False
        elif was is not None and was.value != entry.value:
            yield entry, "~", was.value, False
        else:
            yield entry, _standing(entry), "", False
    yield from gone_until(None)


def _local(after: State) -> Iterator[_Line]:
    if after.domain:
        for user in after.locals.accounts():
            yield None, None, user, " ", "", False
