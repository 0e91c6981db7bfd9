"""What a draft makes of the chains: each list of before and after laid over each other, and marked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from mailtui.postfix.chainrows import Chain, Chains, RuleRow, State

_STAGED = State("staged", "not written yet")


Moved = Collection[tuple[str, str, str]]
"""Rules that a draft moves: parameter, service (empty for main.cf) and the rule as it is written there."""


def marked(before: Chains | None, after: Chains, moved: Moved = ()) -> Chains:
    """`after` with the marker of each rule; what the draft takes out stands where it was, marked `-`.

    Of two rules that changed places only `moved` tells which of them went."""
    old = {chain.stage: chain for chain in before} if before is not None else {}
    stages = tuple(_chain(old.get(chain.stage), chain, moved) for chain in after.stages)
    classes = [_chain(old.get(chain.stage), chain, moved) for chain in after.classes]
    known = {chain.stage for chain in after.classes}
    gone = [chain for chain in before.classes if chain.stage not in known] if before is not None else []
    classes += [
        replace(chain, rows=tuple(_gone(row) for row in chain.rows), marker="-", used_by=()) for chain in gone
    ]
    return replace(after, stages=stages, classes=tuple(classes))


def _chain(before: Chain | None, after: Chain, moved: Moved) -> Chain:
    rows = tuple(_rows(before.rows if before is not None else (), after.rows, moved))
    staged = any(row.marker in "+~-" or _is_staged(row) for row in rows)
    if before is None:
        return replace(after, rows=rows, marker="+")
    elsewhere = (before.place.service, before.place.is_set) != (after.place.service, after.place.is_set)
    return replace(after, rows=rows, marker="~" if staged or elsewhere else " ")


def _is_staged(row: RuleRow) -> bool:
    return _STAGED in row.states


_Name = tuple[str, str, bool, str]


def _name(row: RuleRow, moved: Moved, side: str) -> _Name:
    """What makes a rule of before the same as one of after; none is where it was that has been moved."""
    went = (row.place.name, row.place.service, row.written) in moved
    return (">".join(row.via), row.text, row.enabled, side if went else "")


def _rows(old: Sequence[RuleRow], new: Sequence[RuleRow], moved: Moved) -> Iterator[RuleRow]:
    names = [_name(row, moved, "before") for row in old], [_name(row, moved, "after") for row in new]
    matcher = SequenceMatcher(None, *names, autojunk=False)
    codes = matcher.get_opcodes()
    left = [row for tag, a, b, _, _ in codes if tag != "equal" for row in old[a:b]]
    came = [row for tag, _, _, c, d in codes if tag != "equal" for row in new[c:d]]
    pairs = _paired(left, came)
    paired = {id(row) for row in pairs.values()}
    for tag, a, b, c, d in codes:
        if tag == "equal":
            for was, row in zip(old[a:b], new[c:d], strict=True):
                yield _same(was, row)
            continue
        for row in old[a:b]:
            if id(row) not in paired:
                yield _gone(row)
        for row in new[c:d]:
            yield _changed(pairs.get(id(row)), row)


def _paired(left: Sequence[RuleRow], came: Sequence[RuleRow]) -> dict[int, RuleRow]:
    """What each new row was, by its id: the same rule elsewhere, switched, or with another argument."""
    free = list(left)
    pairs: dict[int, RuleRow] = {}
    for alike in (
        lambda old, new: old.text == new.text and old.enabled == new.enabled,
        lambda old, new: old.text == new.text,
        lambda old, new: bool(old.name) and (old.name, old.argument) == (new.name, new.argument),
        lambda old, new: old.name.lower() == new.name.lower() and old.enabled == new.enabled,
    ):
        for row in came:
            if id(row) in pairs:
                continue
            found = next((old for old in free if old.via == row.via and alike(old, row)), None)
            if found is not None:
                pairs[id(row)] = found
                free.remove(found)
    return pairs


def _same(was: RuleRow, row: RuleRow) -> RuleRow:
    if was.comments != row.comments and was.place == row.place:
        return _staged(row, "~", was)
    return row if row.enabled else replace(row, marker="#")


def _changed(was: RuleRow | None, row: RuleRow) -> RuleRow:
    if was is None:
        return _staged(row, "+" if row.enabled else "#", None)
    return _staged(row, "~" if row.enabled else "#", was)


def _staged(row: RuleRow, marker: str, was: RuleRow | None) -> RuleRow:
    return replace(row, marker=marker, was=was, states=(*row.states, _STAGED))


def _gone(row: RuleRow) -> RuleRow:
    return replace(row, marker="-", states=(_STAGED,))
