"""Where a new entry of a lookup table belongs, and how the lines near it are laid out."""

from __future__ import annotations

import re

from mailtui.formats.entries import fold
from mailtui.formats.entry_report import EntryReport

_NEIGHBOURS = 6
"""How many entries above a new one show how lines are laid out."""
_CHUNK = 20_000
"""Lines that a search from the end reads at a time."""
_BARE = rb"[^\s@#\"\\]++(?=\s)"


class EntryPlaces(EntryReport):
    """A lookup table that is asked for places; only the lines from its end on are read, as far as needed."""

    def _neighbours(self, above: int | None) -> list[tuple[bytes, bytes]]:
        """Keys and separators of the entries at and above `above`, nearest last."""
        if self.memory is not None and above in self.memory.near:
            return self.memory.near[above]
        found: list[tuple[bytes, bytes]] = []
        index = len(self) - 1 if above is None else above
        while index >= 0 and len(found) < _NEIGHBOURS:
            if self.is_enabled(index):
                record = self.record(index)
                logical, parts = record.logical, record.parts
                if logical.row(parts.start) == 0:
                    key = logical.text[parts.key_start : parts.key_end]
                    found.append((key, logical.text[parts.key_end : parts.start]))
            index -= 1
        found.reverse()
        if self.memory is not None:
            self.memory.near[above] = found
        return found

    def _last(self, pattern: bytes) -> int | None:
        """The last entry in force whose line, folded, begins with `pattern`."""
        starts = self.lines.starts
        below_newline = re.compile(rb"\n(?:" + pattern + rb")")
        for end in range(len(self.lines), 0, -_CHUNK):
            first = max(0, end - _CHUNK)
            base = max(0, starts[first] - 1)
            text = self.raw[base : starts[end]].lower()
            numbers = [self.lines.at(base + each.start() + 1) for each in below_newline.finditer(text)]
            if not first and re.match(pattern, text):
                numbers.insert(0, 0)
            for number in reversed(numbers):
                index = self.index_of_line(number)
                if index is not None and self.is_enabled(index):
                    return index
        return None

    def _last_in_domain(self, domain: bytes) -> int | None:
        ending = b"@" + fold(domain)
        plain = None
        if ending.isascii() and ending in self.folded:
            plain = self._last(rb"(?!#)[^\s@\"\\]*+(?:@[^\s@\"\\]*+)*?" + re.escape(ending) + rb"(?=\s)")
        odd = [index for key, indices in self._odd_keys.items() if key.endswith(ending) for index in indices]
        return max(odd if plain is None else [plain, *odd], default=None)

    def _last_bare(self) -> int | None:
        """The last entry whose key has no `@`, if the one above it has none either: they stand together."""
        index = self._last(_BARE)
        if index is None:
            return None
        before = next((each for each in range(index - 1, -1, -1) if self.is_enabled(each)), None)
        if before is None or b"@" not in self.record(before).parts.key:
            return index
        return None
