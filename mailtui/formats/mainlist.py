"""Edits of single items in a list of main.cf: restrictions, maps, milters, networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mailtui.formats.commented import continuation
from mailtui.formats.lines import COMMENT
from mailtui.formats.listitems import DEFAULT_INDENT
from mailtui.formats.listrows import ListRows, list_rows
from mailtui.formats.mainedit import check_items, list_checked
from mailtui.formats.splice import Refused, Splice
from mailtui.formats.values import Layout, Token
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.formats.configfile import ConfigFile
    from mailtui.formats.maincf import MainCf


def _texts(document: MainCf, name: str) -> list[bytes]:
    return [token.text for token in document.tokens(name)]


def _check_range(name: str, count: int, first: int, last: int) -> None:
    if not 0 <= first <= last < count:
        raise Refused(f"{safe(name)} has {count} items; there is no item {first + 1} to {last + 1}")


def _change(
    document: MainCf, name: str, act: Callable[[ListRows], None], wanted: Sequence[bytes]
) -> list[Splice]:
    rows = list_rows(document.lines, document.place(name)[0])
    act(rows)
    return list_checked(document, name, rows.splices(), wanted)


def insert_tokens(document: MainCf, name: str, at: int, tokens: Sequence[bytes]) -> list[Splice]:
    """See `MainCf.insert_tokens`."""
    before = _texts(document, name)
    check_items(tokens)
    if not tokens:
        return []
    if not 0 <= at <= len(before):
        raise Refused(f"{safe(name)} has {len(before)} items; there is no place {at + 1}")
    wanted = [*before[:at], *tokens, *before[at:]]
    return _change(document, name, lambda rows: rows.insert(at, b" ".join(tokens)), wanted)


def remove_tokens(document: MainCf, name: str, first: int, last: int) -> list[Splice]:
    """See `MainCf.remove_tokens`."""
    before = _texts(document, name)
    _check_range(name, len(before), first, last)
    return _change(document, name, lambda rows: rows.remove(first, last), before[:first] + before[last + 1 :])


def replace_tokens(
    document: MainCf, name: str, first: int, last: int, tokens: Sequence[bytes]
) -> list[Splice]:
    """See `MainCf.replace_tokens`."""
    before = _texts(document, name)
    _check_range(name, len(before), first, last)
    check_items(tokens)
    wanted = [*before[:first], *tokens, *before[last + 1 :]]

    def act(rows: ListRows) -> None:
        shared = min(len(tokens), last - first + 1)
        if first + shared <= last and shared:
            rows.remove(first + shared, last)
        for offset in range(shared):
            rows.replace(first + offset, tokens[offset])
        if len(tokens) > shared:
            rows.replace(first + shared - 1, b" ".join(tokens[shared - 1 :]))
        if not tokens:
            rows.remove(first, last)

    return _change(document, name, act, wanted)


def move_tokens(document: MainCf, name: str, first: int, last: int, before: int) -> list[Splice]:
    """See `MainCf.move_tokens`."""
    texts = _texts(document, name)
    _check_range(name, len(texts), first, last)
    if not 0 <= before <= len(texts):
        raise Refused(f"{safe(name)} has {len(texts)} items; there is no place {before + 1}")
    if first <= before <= last + 1:
        return []
    moved, rest = texts[first : last + 1], texts[:first] + texts[last + 1 :]
    target = before if before < first else before - len(moved)
    wanted = rest[:target] + moved + rest[target:]

    def act(rows: ListRows) -> None:
        groups = rows.groups(first, last)
        rows.remove(first, last)
        for group in reversed(groups):
            rows.insert(target, group)

    return _change(document, name, act, wanted)


# -- items off and on


def commented_rows(document: MainCf, layout: Layout) -> list[int]:
    """The comment lines within a definition, and those directly below that read like the rest of it."""
    lines = document.lines
    first, last = layout.members[0], layout.members[-1]
    inner = [number for number in range(first, last) if lines.kinds[number] == COMMENT]
    return inner + document.directly_below(last, layout.text)


def disable_tokens(document: MainCf, name: str, first: int, last: int) -> list[Splice]:
    """See `MainCf.disable_tokens`."""
    before = _texts(document, name)
    _check_range(name, len(before), first, last)

    def act(rows: ListRows) -> None:
        for index in rows.isolate(first, last):
            row = rows.rows[index]
            # a lone blank behind the # would make it prose: it could not be brought back
            row.body = (b"#" if continuation(b"#" + row.body) is not None else b"# ") + row.body
            row.joins = False
        rows.changed()

    return _change(document, name, act, before[:first] + before[last + 1 :])


def enable_tokens(document: MainCf, name: str, first: int, last: int) -> list[Splice]:
    """See `MainCf.enable_tokens`."""
    off = document.disabled_tokens(name)
    _check_range(name, len(off), first, last)
    chosen = {token.line for token in off[first : last + 1]}
    back = [token for token in off if token.line in chosen]
    if len(back) != last - first + 1:
        raise Refused("that comment line holds more than these items", "take the whole line")
    splices = [uncommented(document, line - 1) for line in sorted(chosen)]
    everything: list[Token] = sorted([*document.tokens(name), *back], key=lambda token: token.start)
    return list_checked(document, name, splices, [token.text for token in everything])


def uncommented(document: ConfigFile, number: int) -> Splice:
    """The line `number` (from 0), which is a comment, as a continuation line."""
    start = document.lines.starts[number]
    line = document.lines.line(number)
    mark = line.index(b"#")
    indented = mark > 0 or line[1:2] in (b" ", b"\t")
    return Splice(start + mark, start + mark + 1, b"" if indented else DEFAULT_INDENT)
