"""main.cf (postconf(5)): `name = value`, the last definition of a name counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import NamedTuple, Self

from mailtui.formats import mainedit, mainlist
from mailtui.formats.commented import block, continuation, values
from mailtui.formats.configfile import ConfigFile
from mailtui.formats.lines import COMMENT
from mailtui.formats.lists import each
from mailtui.formats.splice import Missing, Problem, Splice
from mailtui.formats.values import Layout, Parts, Token, split
from mailtui.text.safe import decode, encode

_COMMENTED = re.compile(rb"#[ \t]?([A-Za-z0-9_][A-Za-z0-9_.:-]*)[ \t]*=[ \t]*([^\n]*)")


class Definition(NamedTuple):
    """One `name = value`, in force or commented out.

    `value`: the logical value, its lines joined as Postfix joins them, blanks around it cut. `line`
    counts from 1. `start` and `end`: the bytes from the first line to the end of the last continuation.
    """

    name: str
    value: bytes
    line: int
    start: int
    end: int
    enabled: bool


def begins_commented(line: bytes) -> bool:
    """Whether a comment line reads `#name = value` or `# name = value`."""
    return _COMMENTED.match(line) is not None


class MainCf(ConfigFile):
    """A main.cf. Every byte string is one; `problems` says which of its lines Postfix cannot take."""

    # -- reading

    @cached_property
    def _logical(self) -> list[tuple[int, Layout, Parts | str]]:
        result: list[tuple[int, Layout, Parts | str]] = []
        for first in self.lines.firsts:
            layout = Layout(self.lines, self.lines.logical(first))
            result.append((first, layout, split(layout.text)))
        return result

    @cached_property
    def parameters(self) -> Sequence[Definition]:
        """Every definition in force or overridden by a later one, in the order of the file."""
        return tuple(
            Definition(
                decode(layout.text[: parts.name_end]),
                layout.text[parts.start : parts.end],
                first + 1,
                layout.begin,
                layout.stop,
                True,
            )
            for first, layout, parts in self._logical
            if isinstance(parts, Parts)
        )

    @cached_property
    def commented(self) -> Sequence[Definition]:
        """Every `#name = value`, with the commented-out lines below that belong to its value."""
        result: list[Definition] = []
        starts = self.lines.starts
        for number, kind in enumerate(self.lines.kinds):
            match = _COMMENTED.match(self.lines.line(number)) if kind == COMMENT else None
            if match is None:
                continue
            rest = block(self.lines, number, match[2], begins_commented)
            texts = [text.removesuffix(b"\n") for _, text in values(rest)]
            last = rest[-1][0] if rest else number
            value = b"".join([match[2], *texts]).strip()
            result.append(
                Definition(decode(match[1]), value, number + 1, starts[number], starts[last + 1], False)
            )
        return tuple(result)

    def get(self, name: str) -> Definition | None:
        """The definition that counts, which is the last one; None where the default is in force."""
        return next((d for d in reversed(self.parameters) if d.name == name), None)

    def all(self, name: str) -> list[Definition]:
        """Every definition of `name`; all but the last are without effect."""
        return [d for d in self.parameters if d.name == name]

    def place(self, name: str) -> tuple[int, Layout, Parts]:
        """Line (from 0), layout and parts of the definition that counts. Raises Missing."""
        for first, layout, parts in reversed(self._logical):
            if isinstance(parts, Parts) and layout.text[: parts.name_end] == encode(name):
                return first, layout, parts
        raise Missing(name)

    def tokens(self, name: str) -> list[Token]:
        """The items of the definition that counts, `{ }` groups whole. Raises Missing."""
        _, layout, parts = self.place(name)
        return layout.tokens(parts.start, parts.end)

    def disabled_tokens(self, name: str) -> list[Token]:
        """Items in comment lines that stand within, or directly below, the definition that counts.

        Which of them are items and which are words of a remark only their reader can tell.
        """
        _, layout, _ = self.place(name)
        starts = self.lines.starts
        result: list[Token] = []
        for number in mainlist.commented_rows(self, layout):
            line = self.lines.line(number)
            mark = line.index(b"#") + 1
            result += [
                Token(item.text, starts[number] + item.start, starts[number] + item.end, number + 1)
                for item in each(line, start=mark)
            ]
        return result

    def directly_below(self, number: int, value: bytes) -> list[int]:
        """The comment lines in the paragraph below line `number` that read like the rest of a list."""
        result: list[int] = []
        for below in range(number + 1, len(self.lines)):
            line = self.lines.line(below)
            if self.lines.kinds[below] != COMMENT or begins_commented(line) or not line.strip(b"# \t\r\n"):
                break
            text = continuation(line, value)
            if text is not None:
                result.append(below)
                value = text
        return result

    # -- what is wrong

    @cached_property
    def problems(self) -> list[Problem]:
        """Lines that Postfix drops, misreads or dies of, in the order of the file."""
        found = [
            Problem(number + 1, "an indented line with nothing above it to continue; Postfix drops it")
            for number in self.lines.orphans()
        ]
        if self._raw.startswith(b"\xef\xbb\xbf"):
            found.append(Problem(1, "a byte order mark; Postfix takes it for a part of the parameter name"))
        for first, layout, parts in self._logical:
            if isinstance(parts, str):
                found.append(Problem(first + 1, f"{parts}; every Postfix program dies of it"))
            nul = layout.whole.find(b"\0")
            if nul >= 0:
                line = layout.line(nul) + 1
                found.append(Problem(line, "a NUL byte; Postfix ignores the rest of the value"))
        found += self._overridden()
        return sorted(found, key=lambda problem: problem.line)

    def _overridden(self) -> list[Problem]:
        counts = {definition.name: definition for definition in self.parameters}
        return [
            Problem(d.line, f"{d.name} is set again on line {last.line}; that line counts, not this one")
            for d in self.parameters
            if (last := counts[d.name]) is not d and d.value != last.value
        ]

    # -- edits: each returns splices for `raw`, and what they do has been read back before

    def set(self, name: str, value: bytes | Sequence[bytes]) -> list[Splice]:
        """Give `name` a value: in the definition that counts, else in a new one.

        A new one goes below the commented-out default, where there is one, else to the end of the file.
        A sequence is the items of a list: only items that differ are touched, and the list keeps its
        layout and the comments in it. Plain bytes replace the value; if it stands on several lines and
        reads as a list before and after, its items are changed as above, and blanks between items stay
        as they are. Raises Refused for what main.cf cannot hold.
        """
        return mainedit.set_value(self, name, value)

    def unset(self, name: str) -> list[Splice]:
        """Take out every definition of `name`; comments between their lines stay. Raises Missing."""
        return mainedit.unset(self, name)

    def disable(self, name: str) -> list[Splice]:
        """Comment out every definition of `name` with its continuation lines.

        Raises Missing, Refused where it could not come back.
        """
        return mainedit.disable(self, name)

    def enable(self, name: str, value: bytes | None = None) -> list[Splice]:
        """Take the `#` from the last commented-out definition of `name`: the last with `value`, if given.

        Raises Missing where there is none, Refused where `name` is set or the line cannot come back there.
        """
        return mainedit.enable(self, name, value)

    def rename(self, name: str, new: str) -> list[Splice]:
        """Call every definition of `name` `new`. Raises Missing; Refused where `new` is set already."""
        return mainedit.rename(self, name, new)

    def insert_tokens(self, name: str, at: int, tokens: Sequence[bytes]) -> list[Splice]:
        """Put items that belong together (a rule and its argument) before item `at`, or last."""
        return mainlist.insert_tokens(self, name, at, tokens)

    def remove_tokens(self, name: str, first: int, last: int) -> list[Splice]:
        """Take out the items `first` to `last`, both included."""
        return mainlist.remove_tokens(self, name, first, last)

    def replace_tokens(self, name: str, first: int, last: int, tokens: Sequence[bytes]) -> list[Splice]:
        """Write `tokens` in the place of the items `first` to `last`, both included."""
        return mainlist.replace_tokens(self, name, first, last, tokens)

    def move_tokens(self, name: str, first: int, last: int, before: int) -> list[Splice]:
        """Put the items `first` to `last`, both included, before item `before` (as numbered now), or last."""
        return mainlist.move_tokens(self, name, first, last, before)

    def disable_tokens(self, name: str, first: int, last: int) -> list[Splice]:
        """Comment out the items `first` to `last`, both included; they get lines of their own if need be."""
        return mainlist.disable_tokens(self, name, first, last)

    def enable_tokens(self, name: str, first: int, last: int) -> list[Splice]:
        """Bring back the commented-out lines that hold items `first` to `last` of `disabled_tokens`."""
        return mainlist.enable_tokens(self, name, first, last)

    # -- for the edits

    def layouts(self, name: str) -> list[Layout]:
        """The layout of every definition of `name`, in the order of the file."""
        raw = encode(name)
        return [
            layout
            for _, layout, parts in self._logical
            if isinstance(parts, Parts) and layout.text[: parts.name_end] == raw
        ]

    def uncommented(self, definition: Definition) -> list[Splice]:
        """The splices that take the `#` from a commented-out definition and the lines that belong to it."""
        number, starts = definition.line - 1, self.lines.starts
        line = self.lines.line(number)
        match = _COMMENTED.match(line)
        if match is None:
            raise Missing(definition.name)
        result = [Splice(starts[number], starts[number] + match.start(1), b"")]
        for below, _ in block(self.lines, number, match[2], begins_commented):
            result.append(Splice(starts[below], starts[below] + 1, b""))
        return result

    def checked(
        self, splices: list[Splice], names: Collection[str], holds: Callable[[Self], bool]
    ) -> list[Splice] | None:
        """`splices`, if after them `holds` is true and all but `names` is read as before; else None."""
        after = self.spliced(splices)
        return splices if after.read_as(names) == self.read_as(names) and holds(after) else None

    def read_as(self, but: Collection[str]) -> list[tuple[str, bytes]]:
        """All that Postfix reads here save the parameters `but`: names and values, lines it cannot take."""
        result = [("", self.lines.line(number)) for number in self.lines.orphans()]
        for _, layout, parts in self._logical:
            if isinstance(parts, str):
                result.append(("", layout.text))
                continue
            name = decode(layout.text[: parts.name_end])
            if name not in but:
                result.append((name, layout.text[parts.start : parts.end]))
        return result
