"""Edits of one table or alias file, each confirmed by the program that compiles it, and each taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailtui.apply.exact import inverses
from mailtui.edits.candidate import Candidate, FileChange
from mailtui.edits.entries import EntryDocument
from mailtui.edits.model import Edit
from mailtui.formats.aliases import Aliases
from mailtui.formats.splice import apply_splices, inverse
from mailtui.formats.table import Table
from mailtui.formats.target import Format, Target
from mailtui.postfix.files import Stamp
from mailtui.text.safe import decode
from tests.formats.compiled import Compiler

KINDS: dict[str, type[Table | Aliases]] = {"postmap": Table, "postalias": Aliases}

TOGETHER = 60
"""Texts that one run of the program compiles: starting it takes longer than a table of the usual size."""


@dataclass(frozen=True)
class Held:
    """A Reader of one document."""

    target: Target
    content: EntryDocument

    def raw(self, path: str) -> bytes:
        if path != self.target.path:
            raise FileNotFoundError(path)
        return self.content.raw

    def document(self, target: Target) -> EntryDocument:
        if target.path != self.target.path:
            raise FileNotFoundError(target.path)
        return self.content

    def stamp(self, path: str) -> Stamp | None:
        return None


@dataclass(frozen=True)
class Made:
    """An edit made: what changed, and the document afterwards."""

    change: FileChange
    after: EntryDocument
    edit: Edit


class Trial:
    """One real file. Every `made` edit must give the compiled entries that are expected of it."""

    def __init__(self, raw: bytes, path: str, compiler: Compiler) -> None:
        self.compiler = compiler
        form: Format = "table" if compiler.program == "postmap" else "aliases"
        self.target = Target(form, path, "hash")
        self.document = KINDS[compiler.program].parse(raw)
        self.compiled = dict(self.document.compiled())
        self.counts: Counter[str] = Counter()
        self._waiting: list[tuple[str, bytes, dict[bytes, bytes]]] = []
        self.confirm("as it is", raw, self.compiled)

    @classmethod
    def of(cls, path: Path, compiler: Compiler) -> Trial:
        return cls(path.read_bytes(), str(path), compiler)

    def confirm(self, what: str, raw: bytes, expected: dict[bytes, bytes]) -> None:
        """The program reads just these keys and values in `raw`: tried when enough wait, and by `settle`."""
        self._waiting.append((what, raw, expected))
        if len(self._waiting) >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Let the program compile what waits."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        theirs = self.compiler.quick([raw for _, raw, _ in waiting])
        for (what, _, expected), found in zip(waiting, theirs, strict=True):
            self.counts["compiled"] += 1
            if found != expected:
                more = sorted(found.items() - expected.items())[:3]
                less = sorted(expected.items() - found.items())[:3]
                pytest.fail(f"{self.target.path}, {what}: the program reads {more}, expected is {less}")

    def candidate(self, document: EntryDocument, *edits: Edit) -> tuple[bytes, FileChange | None]:
        """The bytes after the edits; Refused and Missing are raised, a conflict fails the test."""
        candidate = Candidate(Held(self.target, document), edits)
        for stopped in candidate.stopped:
            raise stopped.reason
        assert not candidate.conflicts, f"{self.target.path}: {candidate.conflicts}"
        change = candidate.changes[0] if candidate.changes else None
        return candidate.raw(self.target.path), change

    def made(self, edit: Edit, expected: dict[bytes, bytes], document: EntryDocument | None = None) -> Made:
        """Make one edit: the program reads what is expected, and its splices taken back give the old bytes,
        as an undo writes them. Raises Refused."""
        before = document or self.document
        raw, change = self.candidate(before, edit)
        assert change is not None, f"{self.target.path}: {edit.describe()} changes nothing"
        self.counts["edits"] += 1
        self.confirm(edit.describe(), raw, expected)
        assert apply_splices(raw, inverse(before.raw, change.splices)) == before.raw
        after = before.spliced(change.splices)
        assert after.raw == raw
        return Made(change, after, edit)

    def taken_back(self, made: Made, items: tuple[bytes, list[bytes]] | None = None) -> bool:
        """Take the edit back by its inverse, as `history undo` stages it on a file that was changed since.

        Whether that gives the old bytes; else the program reads what it read before. `items`: a key of which
        only the items need be the same, as commas, blanks and remarks between them may differ.
        """
        raw, _ = self.candidate(made.after, *inverses([made.edit]))
        same = raw == made.change.before
        self.counts["back to the byte" if same else "back by content"] += 1
        if same:
            return True
        expected = self.compiled
        if items is not None:
            key, wanted = items
            after = type(self.document).parse(raw)
            index = after.find(key)
            assert index is not None
            assert after.items(index) == wanted, f"{self.target.path}: {made.edit.describe()}, taken back"
            expected = {**expected, key: self.stored(after.entry(index).value)}
        self.confirm(f"{made.edit.describe()}, taken back", raw, expected)
        return False

    # What is in the file

    def counted(self) -> Iterator[tuple[int, bytes, bytes]]:
        """The entries that count: index, key as written in the file's terms, folded key."""
        skip = set(self.document.duplicates())
        for index in range(len(self.document)):
            if self.document.is_enabled(index) and index not in skip:
                key = self.document.entry(index).key
                yield index, key, self.document.fold(key)

    def off(self) -> Iterator[tuple[int, bytes]]:
        """The commented-out entries that can be named: index and key; of several with one key the last."""
        for index in range(len(self.document)):
            key = self.document.entry(index).key
            if not self.document.is_enabled(index) and self.document.find_disabled(key) == index:
                yield index, key

    def items_of(self, index: int) -> tuple[str, ...]:
        return tuple(decode(item) for item in self.document.items(index))

    def stored(self, value: bytes) -> bytes:
        return self.document._stored(value)
