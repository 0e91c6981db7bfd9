"""Lines of one restriction list as rows: a rule put in, exchanged or set apart; the comments above it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mailtui.formats.listrows import ListRows
from mailtui.formats.lists import items
from mailtui.formats.rows import Row
from mailtui.formats.splice import Refused
from mailtui.postfix.smtpd.chain import parse_rules
from mailtui.text.safe import decode, encode


def keep_habits(rows: ListRows) -> None:
    """Hold fast how the rules of a list are set: whether commas stand between them, whether each has a line.

    One that has a rule alone will have commas."""
    found = rows.items()
    rules = parse_rules([decode(item.text) for item in found], ())
    if not rules:
        return
    ends = [(found[left.last].end, found[right.first].start) for left, right in pairwise(rules)]
    rows.commas = not ends or any(b"," in rows.text[end:start] for end, start in ends)
    begins = {rows.locate(found[rule.first].start)[0] for rule in rules}
    rows.lined = len(begins) > 1 or (len(rules) == 1 and begins != {rows.locate(rows.equals - 1)[0]})


def isolated(rows: ListRows, first: int, last: int) -> tuple[int, int]:
    """Break lines so that the items share none with anything else; the first and the last of theirs."""
    rows.isolate(first, last)
    found = rows.items()
    index, column = rows.behind(found[last].end)
    body = rows.rows[index].body
    rest = body[column:].lstrip(b" \t,")
    if rest:  # the closing brace
        kept = body[: len(body) - len(rest)].rstrip(b" \t")
        rows.write(index, kept)
        rows.insert_after(index, kept[: len(kept) - len(kept.lstrip(b" \t"))] + rest)
    found = rows.items()
    return rows.locate(found[first].start)[0], rows.locate(found[last].end - 1)[0]


def insert(rows: ListRows, at: int, group: Sequence[bytes], comments: Sequence[str]) -> None:
    """Put a rule (the pieces of it that have lines of their own) before item `at`. Its comments go above it;
    where they stand there already, it goes below them."""
    for piece in reversed(group):
        rows.insert(at, piece)
    if not comments:
        return
    size = len(items(b" ".join(group)))
    if not _alone(rows, at, size):
        rows.isolate(at, at + size - 1)
    low = rows.locate(rows.items()[at].start)[0]
    high = rows.locate(rows.items()[at + size - 1].end - 1)[0]
    below = rows.rows[high + 1 : high + 1 + len(comments)]
    if len(below) == len(comments) and [_words(row) for row in below] == [words(text) for text in comments]:
        rows.rows[low : high + 1 + len(comments)] = [*below, *rows.rows[low : high + 1]]
        if not below[-1].end or not rows.rows[high].end:
            _ends(rows, low, high + len(comments))
    else:
        _put_comments(rows, low, comments)
    rows.changed()


def _ends(rows: ListRows, low: int, high: int) -> None:
    """Line ends where the file's last line, which has none, was moved up."""
    for row in rows.rows[low:high]:
        row.end = row.end or rows.lines.newline


def _alone(rows: ListRows, at: int, size: int) -> bool:
    """Whether the items share no line with another, nor with the name."""
    found = rows.items()
    mine = {s[0] for item in found[at : at + size] for s in rows.spans(item.start, item.end)}
    others = {
        s[0]
        for number, item in enumerate(found)
        if not at <= number < at + size
        for s in rows.spans(item.start, item.end)
    }
    return not mine & (others | {rows.locate(rows.equals - 1)[0]})


def drop_comments(rows: ListRows, numbers: Sequence[int]) -> None:
    """Take out comment lines, by their numbers in the file."""
    gone = set(numbers)
    rows.rows[:] = [row for row in rows.rows if row.origin not in gone]
    rows.changed()


def words(text: str) -> str:
    """What a comment says, however it is marked."""
    return text.strip().lstrip("#").strip()


def _words(row: Row) -> str:
    return words(decode(row.body)) if not row.joins and b"#" in row.body else "\0"


def _comment(text: str, indent: bytes) -> bytes:
    if "\n" in text or "\r" in text:
        raise Refused("a comment cannot hold a newline", "write it in several lines")
    return encode(text) if text.lstrip().startswith("#") else indent + b"# " + encode(text.strip())


def exchange(rows: ListRows, first: int, last: int, tokens: Sequence[bytes]) -> None:
    """Write these items in the place of the items `first` to `last`."""
    found = rows.items()
    spans = rows.spans(found[first].start, found[last].end)
    if len(spans) == 1:
        index, low, high = spans[0]
        body = rows.rows[index].body
        rows.write(index, body[:low] + b" ".join(tokens) + body[high:])
        return
    shared = min(len(tokens), last - first + 1)
    if first + shared <= last:
        rows.remove(first + shared, last)
    for offset in range(shared):
        rows.replace(first + offset, tokens[offset])
    if len(tokens) > shared:
        rows.replace(first + shared - 1, b" ".join(tokens[shared - 1 :]))


def comment(rows: ListRows, first: int, size: int, comments: Sequence[str]) -> None:
    """Put comment lines above the items from `first` on, which get lines of their own if need be."""
    if not comments:
        return
    if not _alone(rows, first, size):
        rows.isolate(first, first + size - 1)
    row = rows.locate(rows.items()[first].start)[0]
    _put_comments(rows, row, comments)
    rows.changed()


def _put_comments(rows: ListRows, at: int, comments: Sequence[str]) -> None:
    body = rows.rows[at].body
    indent = body[: len(body) - len(body.lstrip(b" \t"))]
    rows.rows[at:at] = [Row(_comment(text, indent), rows.lines.newline, None, False) for text in comments]
