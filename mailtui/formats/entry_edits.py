"""Changes to a lookup table, as splices of its bytes; each is tried on the lines it touches first."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from mailtui.formats import addresses
from mailtui.formats.entries import Record, fold
from mailtui.formats.entry_places import EntryPlaces
from mailtui.formats.itemlist import Item, ItemList, Row
from mailtui.formats.layout import separator
from mailtui.formats.splice import Missing, Refused, Splice, apply_splices
from mailtui.text.safe import decode

_INDENT = re.compile(rb"[ \t\r\v\f]*")


class EntryEdits(EntryPlaces):
    """A lookup table that can be changed. Keys are compared folded; `Missing` where an entry is not there,
    `Refused` where the format cannot hold what is asked or the result would mean something else."""

    _SEPARATOR: ClassVar[bytes]
    """Between key and value where no line above shows a habit."""
    _PROGRAM: ClassVar[str]

    @staticmethod
    @abstractmethod
    def _written(key: bytes) -> bytes:
        """The key as the file writes it. Raises Refused."""

    @abstractmethod
    def _above(self, key: bytes) -> int | None:
        """The entry below which a new one with this key belongs; None: at the end of the file."""

    def _place(self, key: bytes) -> int | None:
        """The same, out of what is known already."""
        return self._above(key)

    # The edits

    def set(self, key: bytes, value: bytes | Sequence[bytes]) -> list[Splice]:
        """Give the entry that counts for `key` a new value, or add an entry.

        Items change one by one: the layout of the list and its comments stay. A plain value replaces the
        whole right-hand side, on one line. Raises Refused.
        """
        index = self.find(key)
        return self._add(key, self._checked_value(value)) if index is None else self.set_at(index, value)

    def check(self, key: bytes, items: Sequence[bytes]) -> None:
        """Refuse what could not be written as an entry of a list. Raises Refused."""
        if items and all(map(addresses.is_simple_one, items)):
            for item in items:
                self._refuse_bytes(item, "value")
            self._checked_key(key)  # behind such a key such a list is read as it is written
        else:
            self._line(key, self._checked_value(items), ())

    def set_at(self, index: int, value: bytes | Sequence[bytes]) -> list[Splice]:
        """The same for an entry by its place. Raises Refused."""
        text = self._checked_value(value)
        record = self.record(index)
        if isinstance(value, bytes):
            return self._tried(self._set_text(record, text), record, text)
        return self._set_items(record, list(value))

    def _tried(self, splices: list[Splice], record: Record, value: bytes | list[bytes]) -> list[Splice]:
        """The splices that give the entry this value, if they do. Raises Refused."""
        if splices:
            self._try(splices, record, record.parts.key, value)
        return splices

    def remove(self, key: bytes) -> list[Splice]:
        """Take out every entry of `key`, so that it is no longer there. Comments between its lines stay.
        Raises Missing."""
        indices = self._present(key)
        return self._cut(number for index in indices for number in self.record(index).numbers)

    def remove_duplicates(self, key: bytes) -> list[Splice]:
        """Take out the entries of `key` that do not count. Raises Missing."""
        indices = self._present(key)[1:]
        return self._cut(number for index in indices for number in self.record(index).numbers)

    def rename(self, key: bytes, new: bytes) -> list[Splice]:
        """Give the entry another key; value, place and comments stay. Raises Missing, Refused."""
        index = self._only(key)
        other = self.find(new)
        if other is not None and other != index:
            raise Refused(
                f"`{decode(new)}` is there already on line {self._heads[other] + 1}", "change that entry"
            )
        record = self.record(index)
        written = self._checked_key(new)
        logical, parts = record.logical, record.parts
        last = logical.row(parts.key_end - 1)
        if logical.row(parts.key_start) != last:  # comments between its lines would go with it
            raise Refused(
                f"the key `{decode(key)}` goes on to line {record.numbers[last] + 1}", "write it on one line"
            )
        splice = Splice(logical.start(parts.key_start), logical.end(parts.key_end), written)
        if self.raw[splice.start : splice.end] == written:
            return []
        self._try([splice], record, new, record.value)
        return [splice]

    # Checks

    def _present(self, key: bytes) -> list[int]:
        indices = list(self.hits(key))
        if not indices:
            raise Missing(decode(key))
        return indices

    def _only(self, key: bytes) -> int:
        """The one entry of `key`; with a second one this would come into force in its place."""
        first, *others = self._present(key)
        if others:
            raise Refused(
                f"`{decode(key)}` stands again on line {self._heads[others[0]] + 1}, which would then count",
                "remove the duplicate first",
            )
        return first

    def _checked_key(self, key: bytes) -> bytes:
        self._refuse_bytes(key, "key")
        if not key.strip():
            raise Refused("a key cannot be empty", "name one")
        if key.startswith(b"#"):
            raise Refused(f"`{decode(key)}` would be a comment", "begin the key with another character")
        return self._written(key)

    def _checked_value(self, value: bytes | Sequence[bytes]) -> bytes:
        """The right-hand side as one text. Raises Refused."""
        if isinstance(value, bytes):
            self._refuse_bytes(value, "value")
            text = value.strip(self._TRIMMED)
            self._refuse_text(text)
        else:
            for item in value:
                self._refuse_bytes(item, "value")
                self._refuse_item(item)
            text = b", ".join(value)
        if not text:
            raise Refused("an entry cannot have an empty value", "remove the entry instead")
        return text

    def _refuse_bytes(self, text: bytes, what: str) -> None:
        if b"\0" in text or b"\n" in text:
            raise Refused(f"a {what} cannot hold a line break or a NUL byte", "write it on one line")
        try:
            text.decode()
        except UnicodeDecodeError:
            raise Refused(
                f"the {what} is not UTF-8: {self._PROGRAM} drops such a line", "write it in UTF-8"
            ) from None

    @abstractmethod
    def _refuse_text(self, text: bytes) -> None:
        """Refuse a right-hand side that the program would surely misread."""

    @staticmethod
    def _refuse_item(item: bytes) -> None:
        if addresses.is_simple_one(item):
            return
        if not item.strip():
            raise Refused("a recipient cannot be empty", "leave it out")
        if not addresses.is_one(item):
            escaped = item.strip().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            raise Refused(
                f"`{decode(item)}` would be read as {len(addresses.spans(item))} recipients",
                f'put it in quotes: "{decode(escaped)}"',
            )

    def _lines_after(self, first: int, end: int, splices: Sequence[Splice]) -> bytes:
        """The lines from `first` to before `end`, after the splices."""
        start, stop = self.lines.starts[first], self.lines.starts[end]
        if len(splices) == 1:
            ((low, high, new),) = splices
            return self.raw[start:low] + new + self.raw[high:stop]
        moved = [Splice(splice.start - start, splice.end - start, splice.new) for splice in splices]
        return apply_splices(self.raw[start:stop], moved)

    def _try(self, splices: Sequence[Splice], record: Record, key: bytes, value: bytes | list[bytes]) -> None:
        """Refuse splices after which the lines of `record` are not one entry with this key and value."""
        after = self.alone(self._lines_after(record.numbers[0], record.numbers[-1] + 1, splices))
        if after is not None and fold(after[0]) == fold(key):
            now = after[1] if isinstance(value, bytes) else addresses.items(after[1])
            if now == value:
                return
        shown = decode(value if isinstance(value, bytes) else b", ".join(value))
        raise Refused(
            f"`{decode(key)}` with `{shown}` would not be read as written",
            "begin no line with #, and quote what has blanks or special characters",
        )

    # The parts of an edit

    def _cut(self, numbers: Iterable[int]) -> list[Splice]:
        starts = self.lines.starts
        result: list[Splice] = []
        for number in numbers:
            start, end = starts[number], starts[number + 1]
            if result and result[-1].end == start:
                start = result.pop().start
            result.append(Splice(start, end, b""))
        return result

    def _set_text(self, record: Record, text: bytes) -> list[Splice]:
        logical, parts = record.logical, record.parts
        if text == record.value:
            return []
        first, last = logical.row(parts.start), logical.row(parts.end - 1)
        start = logical.start(parts.start)
        if first == last and logical.text == logical.whole:
            return [Splice(start, logical.end(parts.end), text)]
        row_end = self.lines.starts[record.numbers[first] + 1]
        content = self.raw[start:row_end].rstrip()
        return [Splice(start, start + len(content), text), *self._cut(record.numbers[first + 1 :])]

    def _set_items(self, record: Record, new: list[bytes]) -> list[Splice]:
        logical, parts = record.logical, record.parts
        joined = b", ".join(new)
        old = addresses.spans(record.value)
        places = [(parts.start + start, parts.start + end) for start, end in old]
        broken = any(logical.row(start) != logical.row(end - 1) for start, end in places)
        if not old or broken or logical.text != logical.whole:
            return self._tried(self._set_text(record, joined), record, new)
        items = [Item(logical.start(start), logical.end(end), logical.row(start)) for start, end in places]
        splices = ItemList(self.raw, self._rows(record), items, self.lines.newline).splices(new)
        try:
            return self._tried(splices, record, new)
        except Refused:  # a layout that cannot hold them: one line can
            return self._tried(self._set_text(record, joined), record, new)

    def _rows(self, record: Record) -> list[Row]:
        rows: list[Row] = []
        first = record.logical.row(record.parts.start)
        value_start = record.logical.start(record.parts.start)
        for at, number in enumerate(record.numbers):
            start, end = self.lines.starts[number], self.lines.starts[number + 1]
            indent = _INDENT.match(self.raw, start, end)
            text_start = value_start if at == first == 0 else indent.end() if indent and at else start
            rows.append(Row(start, end, text_start))
        return rows

    def _add(self, key: bytes, text: bytes) -> list[Splice]:
        at, opening, line = self._new_line(key, text)
        return [Splice(at, at, opening + line)]

    def _new_line(self, key: bytes, text: bytes) -> tuple[int, bytes, bytes]:
        """Where a new entry goes, the newline that must end the line above it, and its line."""
        above = self._place(key)
        at = len(self.raw) if above is None else self.entry(above).end
        opening = self.lines.newline if at == len(self.raw) and self.lines.ends_open else b""
        return at, opening, self._line(key, text, self._neighbours(above))

    def _line(self, key: bytes, text: bytes, near: Sequence[tuple[bytes, bytes]]) -> bytes:
        """The line of a new entry, laid out as those `near` it. Raises Refused."""
        written = self._checked_key(key)
        line = written + separator(written, near, self._SEPARATOR) + text + self.lines.newline
        if addresses.is_simple(text):
            return line  # behind such a key it is read as it is written
        after = self.alone(line)
        if after is None or fold(after[0]) != fold(key) or after[1] != text:
            raise Refused(f"`{decode(line.strip())}` would not be read as written", "quote what has blanks")
        return line
