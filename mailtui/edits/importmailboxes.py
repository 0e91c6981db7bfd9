"""Virtual mailboxes of a file over those that are there (virtual(8)). No mail and no folder is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailtui.edits.bulk import Change
from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import AddDisabledEntry, SetEntry, SwitchEntry
from mailtui.edits.importing import (
    PLAIN,
    Line,
    Progress,
    Report,
    enabled_cell,
    entry_edits,
    rows_of,
    text_cell,
)
from mailtui.edits.mailboxids import owner_edits
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.formats.sheet import Sheet, SheetRow
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.addresses import split
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import class_words
from mailtui.postfix.mailboxhabit import Habit, Habits, Paths, shaped
from mailtui.postfix.mailboxids import GIDS, UIDS, ids_of, minimum_uid, too_low
from mailtui.postfix.mailboxpropose import table_for_new
from mailtui.postfix.mailboxtables import MAPS, BoxTable, Entry, box_tables, read_entries
from mailtui.postfix.mailsize import Format
from mailtui.postfix.manyclasses import Classes
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.syntax import address_problem, domain_problem
from mailtui.text.safe import decode, encode

_FORMATS: Mapping[str, Format] = {"": "", "maildir": "maildir", "mbox": "mbox"}


@dataclass(slots=True)
class _Standing:
    """An entry there is, and its table."""

    table: BoxTable
    entry: Entry


@dataclass(slots=True)
class _Work:
    """What is gathered on the way."""

    changes: dict[Target, list[Change]] = field(default_factory=dict)
    single: list[Edit] = field(default_factory=list)
    owners: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


class MailboxImport:
    """See `plan`."""

    def __init__(self, instance: Instance, sheet: Sheet, source: str) -> None:
        self._instance, self._sheet = instance, sheet
        self.report = Report("mailboxes", source)
        self._resolver = Resolver(instance)
        self._least = minimum_uid(self._resolver)
        base = instance.parameters.effective("virtual_mailbox_base")
        self._base, self._paths = f"{base.rstrip('/')}/", Paths(base)
        self._tables = box_tables(instance)
        seen: set[str] = set()
        self._all = [(table, entry) for table in self._tables for entry in read_entries(table, seen)]
        self._on = {entry.folded: _Standing(table, entry) for table, entry in self._all if entry.counts}
        self._off = {entry.folded: _Standing(table, entry) for table, entry in self._all if not entry.enabled}
        self._new = table_for_new(instance)
        self._layouts = Habits(entry for _, entry in self._all)
        self._habits: dict[str, Habit] = {}
        self._domains: dict[str, str] = {}
        self._classes = Classes(instance)
        self._work = _Work()
        self._refused: set[str] = set()
        """Addresses of refused rows: what stands there under them stays."""

    def made(self, *, mirror: bool, progress: Progress | None) -> Report:
        """The report with its edits. Raises InstanceError and OSError, and whatever `progress` raises."""
        for row in rows_of(self._sheet, progress):
            name = text_cell(row, "address")
            why = self._row(row, name)
            if why:
                self._refused.add(decode(Table.fold(encode(name))))
                self.report.lines.append(Line("!", name, text_cell(row, "path"), line=row.line, why=why))
        self._others(mirror=mirror)
        self.report.edits = tuple(self._edits())
        moved = sum(line.marker == "~" for line in self.report.lines)
        if moved:
            self.report.says.append(f"mail that lies at another path stays there ({moved:,} changed)")
        return self.report

    def _row(self, row: SheetRow, name: str) -> str:
        """Take one row in; why that cannot be, or nothing."""
        enabled, shape = enabled_cell(row), text_cell(row, "format").lower()
        if enabled is None:
            return f"enabled is {text_cell(row, 'enabled')}; write yes or no"
        if shape not in _FORMATS:
            return f"format is {shape}; write maildir or mbox"
        uid, gid = _number(text_cell(row, "uid")), _number(text_cell(row, "gid"))
        if -1 in {uid, gid}:
            return "uid and gid are numbers; leave them empty for those that the maps give"
        why = self._address(name)
        key = decode(Table.fold(encode(name)))
        if not why and self._work.seen.setdefault(f"{enabled} {key}", row.line) != row.line:
            why = f"stands on line {self._work.seen[f'{enabled} {key}']} already; leave one of them out"
        if why:
            return why
        now = self._on.get(key)
        path = text_cell(row, "path") or (now.entry.value if now is not None else self._path(name))
        path = shaped(path, _FORMATS[shape]) if shape else path
        path = path.removeprefix(self._base)
        why = self._paths.words(path) if now is None or path != now.entry.value else ""
        if why or isinstance(self._new, str):
            return why or str(self._new)
        if (uid is not None and uid < self._least) or gid == 0:
            why = too_low(self._resolver, uid, gid)
        if not why:
            self._lay(row.line, name, key, path, enabled=enabled)
            if enabled and not (uid is None and gid is None):
                self._work.owners.append((name, uid, gid))
        return why

    def _address(self, name: str) -> str:
        local, domain = split(name)
        if domain is None or not domain:
            return "is no address; write user@domain"
        folded = domain.casefold()
        if folded not in self._domains:
            self._domains[folded] = domain_problem(domain) or class_words(self._classes.of(domain), domain)
        return self._domains[folded] or (address_problem(name) if local and not PLAIN.fullmatch(name) else "")

    def _path(self, name: str) -> str:
        """Where the domain's others would have it."""
        domain = (split(name)[1] or "").casefold()
        if domain not in self._habits:
            self._habits[domain] = self._layouts.of(domain)
        return self._habits[domain].path(name)

    def _lay(self, line: int, name: str, key: str, path: str, *, enabled: bool) -> None:
        now, off, work = self._on.get(key), self._off.get(key), self._work
        add = self.report.lines.append
        standing = now if enabled else off
        if standing is not None and standing.entry.value == path:
            add(Line("=", name, path, path, line, "" if enabled else "off"))
            return
        other = off if enabled else now
        if standing is None and other is not None and other.entry.value == path:
            target = other.table.lookup.target
            assert target is not None
            work.single.append(SwitchEntry(target, other.entry.key, path, on=enabled))
            add(Line("~", name, path, path, line, "switched on" if enabled else "switched off"))
            return
        table = standing.table.lookup.target if standing is not None else self._new
        assert isinstance(table, Target)
        if enabled:
            was = now.entry.value if now is not None else ""
            written = now.entry.key if now is not None else name
            work.changes.setdefault(table, []).append(Change(written, was, path))
            add(Line("~" if was else "+", name, path, was, line))
        else:
            work.single.append(AddDisabledEntry(table, name, path))
            add(Line("+", name, path, "", line, "off"))

    def _others(self, *, mirror: bool) -> None:
        named = {key.partition(" ")[2] for key in self._work.seen}
        for key, standing in self._on.items():
            target = standing.table.lookup.target
            if key in named or key in self._refused or not named or target is None or "@" not in key:
                continue
            if not mirror:
                self.report.absent += 1
                continue
            entry = standing.entry
            self._work.changes.setdefault(target, []).append(Change(entry.key, entry.value, ""))
            self.report.lines.append(Line("-", entry.key, "", entry.value))

    def _edits(self) -> Iterator[Edit]:
        source = self.report.source
        for target, changes in self._work.changes.items():
            yield from entry_edits(target, changes, lists=False, source=source)
            if target is self._new and not self._tables:
                was = self._instance.parameters.get(MAPS)
                yield SetParameter(self._instance.main, MAPS, target.spec, was)
        # What is switched goes first: a new entry is placed among those that stay.
        yield from sorted(self._work.single, key=lambda edit: not isinstance(edit, SwitchEntry))
        yield from owners(self._instance, self._work.owners, source, self.report)


def _number(text: str) -> int | None:
    """A number of a user or group; None for none, -1 for what is no number."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and int(text) < (1 << 32) - 1 else -1


def owners(
    instance: Instance,
    wanted: Sequence[tuple[str, int | None, int | None]],
    source: str,
    report: Report | None = None,
) -> list[Edit]:
    """The edits by which mailboxes get these owners, where the maps say others. Raises as `owner_edits`."""
    result: list[Edit] = []
    uids = {name: uid for name, uid, _ in wanted if uid is not None}
    gids = {name: gid for name, _, gid in wanted if gid is not None}
    for parameter, numbers in ((UIDS, uids), (GIDS, gids)):
        result += _of_parameter(instance, parameter, numbers, source, report)
    return result


def _of_parameter(
    instance: Instance, parameter: str, numbers: Mapping[str, int], source: str, report: Report | None
) -> list[Edit]:
    edits: list[Edit] = []
    changes: dict[Target, list[Change]] = {}
    now, left = instance, dict(numbers)
    while left:
        standing = _standing_numbers(now, parameter, left)
        left = {name: number for name, number in left.items() if standing[name] != number}
        if not left:
            break
        name, number = next(iter(left.items()))
        uid, gid = (number, None) if parameter == UIDS else (None, number)
        made = owner_edits(now, name, uid, gid, (None, None))
        entry = next((each for each in made if isinstance(each, SetEntry)), None)
        edits += [each for each in made if each is not entry]
        if entry is not None:
            changes.setdefault(entry.target, []).extend(_entries_of(now, entry.target, left))
            left = {}
        now = instance.over(Candidate(instance.files, edits))
    if report is not None and any(changes.values()):
        count = sum(map(len, changes.values()))
        report.says.append(f"{count:,} get another number in {parameter}")
    for target, each in changes.items():
        edits += entry_edits(target, each, lists=False, source=source)
    return edits


def _standing_numbers(instance: Instance, parameter: str, names: Mapping[str, int]) -> dict[str, int | None]:
    """What the maps say for each: exact entries of text tables all at once, the rest by the domain."""
    exact: dict[str, str] = {}
    for lookup in instance.lookups(parameter):
        if lookup.target is None:
            break
        for key, number in _texts(instance, lookup.target, list(names)).items():
            exact.setdefault(key, number)
    resolver = Resolver(instance)
    others: dict[str, int | None] = {}
    found: dict[str, int | None] = {}
    for name in names:
        value = exact.get(decode(Table.fold(encode(name))))
        if value is not None:
            found[name] = int(value) if value.isdigit() else None
            continue
        domain = split(name)[1] or ""
        if domain not in others:
            ids = ids_of(resolver, f"no-such-name@{domain}")
            others[domain] = ids.uid if parameter == UIDS else ids.gid
        found[name] = others[domain]
    return found


def _entries_of(instance: Instance, target: Target, numbers: Mapping[str, int]) -> Iterator[Change]:
    now = _texts(instance, target, list(numbers))
    for name, number in numbers.items():
        yield Change(name, now.get(decode(Table.fold(encode(name))), ""), str(number))


def _texts(instance: Instance, target: Target, names: Sequence[str]) -> Mapping[str, str]:
    from mailtui.edits.bulk import standing

    try:
        return standing(entries(instance.files, target), names)
    except FileNotFoundError:
        return {}


def plan(
    instance: Instance, sheet: Sheet, source: str, *, mirror: bool = False, progress: Progress | None = None
) -> Report:
    """What an import of mailboxes would do. `mirror`: the entries that the file has not go, their mail stays.
    Raises InstanceError and OSError, and whatever `progress` raises."""
    return MailboxImport(instance, sheet, source).made(mirror=mirror, progress=progress)
