"""What holds of every entry of a table or alias file, tried through the edits as an admin stages them.

Each law yields the refusals it met; which of them may be is for the tests to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailtui.edits.entries import (
    RemoveDisabledEntry,
    RemoveEntry,
    RenameEntry,
    SetDisabledEntry,
    SetEntry,
    SwitchEntry,
)
from mailtui.edits.model import Edit
from mailtui.formats.addresses import is_one
from mailtui.formats.splice import Refused
from mailtui.text.safe import decode, encode
from tests.laws.entrytrials import Made, Trial
from tests.laws.whole import sample

OTHER = "other@example.org"
NEW = b"new.mailtui."
MORE = "more@example.org"
LIST = 3
"""Items from which on a right-hand side is tried as a list."""

Law = Callable[[Trial, int], Iterator[tuple[Edit, Refused]]]


def _entries(trial: Trial, few: int, salt: str) -> Sequence[tuple[int, bytes, bytes]]:
    return sample(list(trial.counted()), few, f"{trial.target.path}{salt}")


def _without(trial: Trial, folded: bytes) -> dict[bytes, bytes]:
    return {key: value for key, value in trial.compiled.items() if key != folded}


def _lines(trial: Trial, index: int) -> int:
    entry = trial.document.entry(index)
    return trial.document.raw.count(b"\n", entry.start, entry.end - 1) + 1


def set_and_back(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """A new value differs in this key alone; the old one gives the old bytes, if it stood on one line."""
    for index, key, folded in _entries(trial, few, "set"):
        was = decode(trial.document.entry(index).value)
        edit = SetEntry(trial.target, decode(key), OTHER, was)
        try:
            made = trial.made(edit, {**_without(trial, folded), folded: encode(OTHER)})
        except Refused as reason:
            yield edit, reason
            continue
        same = trial.taken_back(made)
        assert same or _lines(trial, index) > 1, f"{trial.target.path}: {edit.describe()}"


def off_and_on(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """Off takes out this key alone, on again gives the old bytes."""
    for index, key, folded in _entries(trial, few, "off"):
        edit = SwitchEntry(trial.target, decode(key), decode(trial.document.entry(index).value), on=False)
        try:
            made = trial.made(edit, _without(trial, folded))
        except Refused as reason:
            yield edit, reason
            continue
        assert trial.taken_back(made), f"{trial.target.path}: {edit.describe()}"


def on_and_off(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """What is commented out in the file comes into force alone, and goes off again to the same bytes."""
    for index, key in sample(list(trial.off()), few, f"{trial.target.path}on"):
        value = trial.document.entry(index).value
        edit = SwitchEntry(trial.target, decode(key), decode(value), on=True)
        expected = {**trial.compiled, trial.document.fold(key): trial.stored(value)}
        try:
            made = trial.made(edit, expected)
        except Refused as reason:
            yield edit, reason
            continue
        assert trial.taken_back(made), f"{trial.target.path}: {edit.describe()}"


def off_and_out(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """What is commented out is taken out of the file: the program reads what it read, also when it is back."""
    for index, key in sample(list(trial.off()), few, f"{trial.target.path}out"):
        value = trial.document.entry(index).value
        edit = RemoveDisabledEntry(trial.target, decode(key), decode(value))
        try:
            made = trial.made(edit, trial.compiled)
        except Refused as reason:
            yield edit, reason
            continue
        assert len(made.after) == len(trial.document) - 1
        try:
            trial.taken_back(made)
        except Refused as reason:
            yield edit, reason


def off_and_set(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """What is commented out gets another value and stays off: the program reads what it read; the old value
    gives the old bytes, if it stood on one line."""
    for index, key in sample(list(trial.off()), few, f"{trial.target.path}offset"):
        was = decode(trial.document.entry(index).value)
        edit = SetDisabledEntry(trial.target, decode(key), OTHER, was)
        try:
            made = trial.made(edit, trial.compiled)
        except Refused as reason:
            yield edit, reason
            continue
        now = made.after.entry(index)
        assert (now.key, now.value, now.enabled) == (key, encode(OTHER), False)
        assert len(made.after) == len(trial.document)
        try:
            same = trial.taken_back(made)
        except Refused as reason:
            yield edit, reason
            continue
        assert same or _lines(trial, index) > 1, f"{trial.target.path}: {edit.describe()}"


def removed_and_added(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """Removed, with its duplicates, the key is gone alone; taken back it says what it said."""
    for index, key, folded in _entries(trial, few, "remove"):
        edit = RemoveEntry(trial.target, decode(key), decode(trial.document.entry(index).value))
        made = trial.made(edit, _without(trial, folded))
        assert made.after.find(key) is None
        trial.taken_back(made)
    yield from ()


def added_and_removed(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """A new key beside each entry adds itself alone; removed, it leaves no trace but a final newline."""
    for _index, key, _folded in _entries(trial, few, "add"):
        new = NEW + key
        if trial.document.find(new) is not None:
            continue
        edit = SetEntry(trial.target, decode(new), MORE, None)
        try:
            made = trial.made(edit, {**trial.compiled, trial.document.fold(new): encode(MORE)})
        except Refused as reason:
            yield edit, reason
            continue
        same = trial.taken_back(made)
        assert same or trial.document.lines.ends_open, f"{trial.target.path}: {edit.describe()}"


def renamed_and_back(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """A new name takes the value with it; the old one gives the old bytes, if it was written plainly."""
    for index, key, folded in _entries(trial, few, "rename"):
        new = b"renamed.mailtui." + key
        value = trial.document.entry(index).value
        edit = RenameEntry(trial.target, decode(key), decode(new), decode(value))
        expected = {**_without(trial, folded), trial.document.fold(new): trial.compiled[folded]}
        try:
            made = trial.made(edit, expected)
        except Refused as reason:
            yield edit, reason
            continue
        record = trial.document.record(index)
        plain = record.logical.text[record.parts.key_start : record.parts.key_end]
        odd = trial.document._written(key) != plain
        assert trial.taken_back(made) or odd, f"{trial.target.path}: {edit.describe()}"


def duplicates_removed(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """Without the entries that do not count the program reads what it read."""
    keys = {trial.document.fold(trial.document.entry(i).key) for i in trial.document.duplicates()}
    for key in sample(sorted(keys), few, f"{trial.target.path}duplicates"):
        after = trial.document.spliced(trial.document.remove_duplicates(key))
        assert len(list(after.hits(key))) == 1
        trial.counts["edits"] += 1
        trial.confirm(f"{decode(key)} without duplicates", after.raw, trial.compiled)
    yield from ()


# Lists


def list_items(trial: Trial, few: int) -> Iterator[tuple[Edit, Refused]]:
    """Items of every list of three or more: put in, taken out, replaced and moved, at both ends and amid."""
    for index, key, folded in _entries(trial, few * 8, "items"):
        was = trial.items_of(index)
        if len(was) < LIST or not all(is_one(encode(item)) for item in was):
            continue
        trial.counts["lists"] += 1
        for kind, wanted in changes(was):
            edit = SetEntry(trial.target, decode(key), wanted, was)
            try:
                made = _set_items(trial, index, edit, folded)
            except Refused as reason:
                yield edit, reason
                continue
            _layout_kept(trial, index, made, kind)
            same = trial.taken_back(made, (folded, [encode(item) for item in was]))
            # What ends in a mark is not parted from the next item by a blank alone: commas come in.
            joined = any(not (item[0].isalnum() and item[-1].isalnum()) for item in was)
            assert same or joined or kind in {"remove", "move"}, f"{trial.target.path}: {edit.describe()}"


def changes(was: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lists that differ from this one by one act, each with its name."""
    items, last = list(was), len(was) - 1
    for at in sorted({0, 1, last, last + 1}):
        yield "insert", (*items[:at], MORE, *items[at:])
    for at in sorted({0, 1, last}):
        yield "remove", (*items[:at], *items[at + 1 :])
        yield "replace", (*items[:at], MORE, *items[at + 1 :])
    for start, end in ((0, last), (last, 0), (0, 1)):
        moved = items[:start] + items[start + 1 :]
        moved.insert(end, items[start])
        if moved != items:
            yield "move", tuple(moved)


def _set_items(trial: Trial, index: int, edit: SetEntry, folded: bytes) -> Made:
    assert not isinstance(edit.value, str)
    raw, _ = trial.candidate(trial.document, edit)
    after = type(trial.document).parse(raw)
    found = after.find(folded)
    assert found == index
    assert after.items(found) == [encode(item) for item in edit.value]
    value = trial.stored(after.entry(found).value)
    return trial.made(edit, {**_without(trial, folded), folded: value})


def _layout_kept(trial: Trial, index: int, made: Made, kind: str) -> None:
    """The entry has all its comments, and no more of its lines changed than the items concerned stand on,
    and the one above that gets or loses a comma."""
    before, after = trial.document.entry(index), made.after.entry(index)
    old = trial.document.raw[before.start : before.end].splitlines(keepends=True)
    new = made.after.raw[after.start : after.end].splitlines(keepends=True)
    assert [each for each in old if each.lstrip()[:1] == b"#"] == [
        each for each in new if each.lstrip()[:1] == b"#"
    ], f"{trial.target.path}: {made.edit.describe()}: comments"
    gone = [each for each in old if each not in new]
    assert len(gone) <= {"insert": 1, "replace": 1, "remove": 2, "move": 4}[kind], (
        f"{trial.target.path}: {made.edit.describe()}: {gone}"
    )


LAWS: dict[str, Law] = {
    "set and back": set_and_back,
    "off and on": off_and_on,
    "on and off": on_and_off,
    "off and out": off_and_out,
    "off and set": off_and_set,
    "remove and undo": removed_and_added,
    "add and remove": added_and_removed,
    "rename and back": renamed_and_back,
    "duplicates": duplicates_removed,
    "items": list_items,
}


@dataclass(frozen=True)
class Allowed:
    """A refusal that may be: in which law, some of its words, of what keys (a pattern), and why; maybe only in some files."""

    law: str
    words: str
    keys: str
    why: str
    files: str = ".*"


def allowed(those: Iterable[Allowed], law: str, edit: Edit, reason: Refused) -> str:
    """Why this refusal may be; empty where it may not."""
    name = getattr(edit, "name", "")
    return next(
        (
            each.why
            for each in those
            if each.law == law
            and each.words in reason.what
            and re.fullmatch(each.keys, name, re.DOTALL)
            and re.fullmatch(each.files, edit.target.name)
        ),
        "",
    )
