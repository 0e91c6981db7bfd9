"""Entries of a lookup table that are commented out: switched off and on, added, changed, taken out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from io import BytesIO
from itertools import chain

from mailtui.formats import addresses, disabled
from mailtui.formats.entries import NO_PROSE, fold
from mailtui.formats.entry_edits import EntryEdits
from mailtui.formats.lines import COMMENT
from mailtui.formats.recipientlists import retyped
from mailtui.formats.splice import Missing, Refused, Splice, between
from mailtui.text.safe import decode


class OffEdits(EntryEdits):
    """A lookup table whose entries can be commented out, and changed while they are."""

    def disable(self, key: bytes) -> list[Splice]:
        """Comment the entry out, its continuation lines and the comments between them too; `enable` gives
        back the same bytes. Raises Missing, Refused."""
        record = self.record(self._only(key))
        first, last = record.numbers[0], record.numbers[-1]
        below = self.find_disabled(key)
        if below is not None and self._heads[below] > first:
            raise Refused(
                f"`{decode(key)}` is commented out already on line {self._heads[below] + 1}",
                "remove that line first, else it would be taken for this entry",
            )
        splices = [Splice(start, start, b"#") for start in self.lines.starts[first : last + 1]]
        off = (b"#" + self.lines.line(number) for number in range(first, last + 1))
        numbers, value = disabled.content(
            next(off), chain(off, disabled.comments(self.lines, last + 1)), self._shape
        )
        if not numbers or value != record.value or numbers[-1] != last - first:
            raise Refused(
                f"`{decode(key)}` would read as prose once it is commented out", "remove the entry instead"
            )
        return splices

    def enable(self, key: bytes) -> list[Splice]:
        """Put a commented-out entry into force. Raises Missing, Refused."""
        index = self.find_disabled(key)
        if index is None:
            raise Missing(decode(key))
        standing = self.find(key)
        if standing is not None:
            raise Refused(
                f"`{decode(key)}` is in force already on line {self._heads[standing] + 1}",
                "remove or rename that entry first",
            )
        record = self.record(index)
        first, last = record.numbers[0], record.numbers[-1]
        self._refuse_inside(key, last + 1)
        splices = [Splice(start, start + 1, b"") for start in self.lines.starts[first : last + 1]]
        after = self.alone(self._lines_after(first, last + 1, splices))
        if after is None or fold(after[0]) != fold(key) or after[1] != record.value:
            raise Refused(
                f"line {first + 1} would not read as the entry `{decode(key)}`", "write the entry anew"
            )
        return splices

    def set_disabled(self, key: bytes, value: bytes | Sequence[bytes]) -> list[Splice]:
        """Give the commented-out entry of `key` (of several the last) a new value, as `set` does it; it stays
        commented out, and where it stands. Raises Missing, Refused."""
        index = self.find_disabled(key)
        if index is None:
            raise Missing(decode(key))
        short = self._reset(index, value)
        if short is not None:
            return short
        self._checked_value(value)
        numbers, starts = self.record(index).numbers, self.lines.starts
        first, end = numbers[0], numbers[-1] + 1
        bare = type(self)(
            self._lines_after(first, end, [Splice(at, at + 1, b"") for at in starts[first:end]])
        )
        if bare.find(key) is None or len(bare.lines.firsts) != 1:
            raise Refused(
                f"line {first + 1} would not read as the entry `{decode(key)}`", "write the entry anew"
            )
        bare = bare.spliced(bare.set(key, value))
        before = self.raw[starts[first] : starts[end]]
        off = _commented(bare.raw)
        splices = [
            Splice(each.start + starts[first], each.end + starts[first], each.new)
            for each in between(before, off)
        ]
        lines = BytesIO(off)
        found, now = disabled.content(
            next(lines), chain(lines, disabled.comments(self.lines, end)), self._shape
        )
        if not found or now != bare.record(0).value or found[-1] + 1 != len(bare.lines):
            raise Refused(
                f"`{decode(key)}` with this value would read as prose while it is commented out",
                "put it into force, change it, and comment it out again",
            )
        return splices

    def _reset(self, index: int, value: bytes | Sequence[bytes]) -> list[Splice] | None:
        """The same for an entry that is plainly written on one line; None where it is not, or the value is
        not plain."""
        found = self._plain_line(index)
        if found is None or not (isinstance(value, bytes) or all(map(addresses.is_simple_one, value))):
            return None
        wanted = value if isinstance(value, bytes) else b", ".join(value)
        old, start = found[2].rstrip(self._TRIMMED), found.start(2)
        text = retyped(old, wanted, lists=not isinstance(value, bytes))
        if text is None or (isinstance(value, bytes) and not self._KEYS_AS_WRITTEN):
            return None
        first = self._heads[index]
        head, end = self.lines.starts[first : first + 2]
        line = self.raw[head:start] + text + self.raw[start + len(old) : end]
        numbers, now = disabled.content(line, disabled.comments(self.lines, first + 1), self._shape)
        return [Splice(start, start + len(old), text)] if numbers == [0] and now == text else None

    def remove_disabled(self, key: bytes) -> list[Splice]:
        """Take out the commented-out entry of `key` (of several the last), its continuation lines and the
        comments between them. Raises Missing, Refused."""
        index = self.find_disabled(key)
        if index is None:
            raise Missing(decode(key))
        numbers = self.record(index).numbers
        if self._joins(numbers[0], numbers[-1] + 1):
            raise Refused(
                f"without line {numbers[0] + 1} the comments around it would read as an entry",
                "take the line out with an editor",
            )
        return self._cut(range(numbers[0], numbers[-1] + 1))

    def _joins(self, first: int, end: int) -> bool:
        """Whether what stands above the lines from `first` to before `end` is another entry, or one where
        there was none, once they are gone and the comments below follow it. `first` begins an entry that is
        commented out: nothing above it reaches beyond."""
        lines, kinds = self.lines, self.lines.kinds
        if end >= len(lines) or kinds[end] != COMMENT or NO_PROSE.match(self.raw, lines.starts[end]):
            return False  # what follows continues nothing
        above = first - 1
        while above >= 0 and kinds[above] == COMMENT and not NO_PROSE.match(self.raw, lines.starts[above]):
            above -= 1
        if above < 0 or kinds[above] != COMMENT:
            return False
        between = [lines.line(number) for number in range(above + 1, first)]
        before = disabled.content(lines.line(above), between, self._shape)
        after = disabled.content(
            lines.line(above), chain(between, disabled.comments(lines, end)), self._shape
        )
        return bool(before[0]) is not bool(after[0]) or before[1] != after[1]

    def add_disabled(self, key: bytes, value: bytes | Sequence[bytes]) -> list[Splice]:
        """Add an entry that is commented out. Raises Refused."""
        text = self._checked_value(value)
        at, opening, line = self._new_line(key, text)
        last = len(self.raw)
        end = self.lines.newline if self.lines.ends_open else b""
        for start, lead in dict.fromkeys(((at, opening), (last, end))):
            if self._reads(start, b"#" + line, key, text):  # comments below may be taken for more of it
                return [Splice(start, start, lead + b"#" + line)]
        raise Refused(
            f"`{decode(key)}` would read as prose if it were commented out",
            "add the entry and leave it in force",
        )

    # Checks

    def _reads(self, start: int, line: bytes, key: bytes, text: bytes) -> bool:
        """Whether a commented-out entry of `key`, the last one, has the value `text` once `line` is put in at
        `start`, where a line begins. Nothing above reaches beyond a line that begins an entry."""
        number = self.lines.at(start) if start < len(self.raw) else len(self.lines)
        found, value = disabled.content(line, disabled.comments(self.lines, number), self._shape)
        below = self.find_disabled(key)
        if below is not None and self._heads[below] >= number:
            value = self.record(below).value
        return bool(found) and value == text

    def _refuse_inside(self, key: bytes, number: int) -> None:
        """Refuse to begin an entry above line `number` where that line continues the entry before it."""
        firsts, continuations = self.lines.firsts, self.lines.continuations
        continued = bisect_left(continuations, number)
        first = bisect_left(firsts, number)
        if continued < len(continuations) and (
            first == len(firsts) or continuations[continued] < firsts[first]
        ):
            raise Refused(
                f"`{decode(key)}` stands between the lines of another entry and would take the last of them",
                "move it out of there in the file",
            )


def _commented(raw: bytes) -> bytes:
    """Every line behind a `#`."""
    return b"#" + raw[:-1].replace(b"\n", b"\n#") + raw[-1:]
