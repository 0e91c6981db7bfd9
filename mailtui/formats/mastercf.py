"""master.cf (master(5)): the services that Postfix runs, and the parameters each overrides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Self

from mailtui.formats import masteredit, masterservices
from mailtui.formats.commented import block, values
from mailtui.formats.configfile import ConfigFile
from mailtui.formats.lines import COMMENT, FIRST
from mailtui.formats.masterentry import (
    FIELDS,
    Option,
    Service,
    arguments,
    faults,
    looks_like_service,
    options,
    settings,
    split_entry,
)
from mailtui.formats.splice import Problem, Splice
from mailtui.formats.values import Layout
from mailtui.text.safe import decode, safe


def begins_commented(line: bytes) -> bool:
    """Whether a comment line reads `#name type …` with the fields of a service."""
    return commented_mark(line) > 0


def commented_mark(line: bytes) -> int:
    """How many bytes to take from a comment line to have the service that it holds; 0 if it holds none."""
    mark = 2 if line[1:2] == b" " else 1
    text = line[mark:]
    if not line.startswith(b"#") or text[:1] in (b"", b" ", b"\t", b"#") or not looks_like_service(text):
        return 0
    return mark


class ArgumentWords:
    """Whether words read like arguments of a daemon; behind `argv=` any do, as they are a command's."""

    def __init__(self, entry: bytes) -> None:
        self._command = b"argv=" in entry

    def __call__(self, words: list[bytes]) -> bool:
        fits = self._command or words[0][:1] in b"-$/{" or (b"=" in words[0] and words[0][:1].isalpha())
        self._command = self._command or (fits and any(word.startswith(b"argv=") for word in words))
        return fits


class MasterCf(ConfigFile):
    """A master.cf. Every byte string is one; `problems` says what Postfix would die of."""

    # -- reading

    @cached_property
    def layouts(self) -> list[Layout]:
        """Every logical line, whether it is an entry or not."""
        return [Layout(self.lines, self.lines.logical(first)) for first in self.lines.firsts]

    @cached_property
    def services(self) -> Sequence[Service]:
        """Every entry with all its fields, in the order of the file; those commented out included."""
        found = [service for layout in self.layouts if (service := self._service(layout)) is not None]
        return tuple(sorted([*found, *self._commented], key=lambda service: service.start))

    def _service(self, layout: Layout) -> Service | None:
        items = split_entry(layout.text)
        if len(items) < len(FIELDS):
            return None
        off = [option for number in self.remarks(layout) for option in self._options_off(number)]
        everything = sorted([*options(layout, items), *off], key=lambda option: option.start)
        return Service(
            fields=tuple(decode(item.text) for item in items[: len(FIELDS)]),
            arguments=arguments(layout.text, items),
            options=tuple(everything),
            line=layout.members[0] + 1,
            start=layout.begin,
            end=layout.stop,
            enabled=True,
        )

    def remarks(self, layout: Layout) -> list[int]:
        """The comment lines within and below an entry, up to the next entry in force or commented out.

        What belongs to an entry that is commented out amid the lines of this one is not among them.
        """
        result: list[int] = []
        last, skip = layout.members[-1], -1
        for number in range(layout.members[0] + 1, len(self.lines)):
            if self.lines.kinds[number] == FIRST:
                break
            if self.lines.kinds[number] != COMMENT or number <= skip:
                continue
            if begins_commented(self.lines.line(number)):
                if number > last:
                    break
                skip = max([number, *(below for below, _ in self.block(number))])
                continue
            result.append(number)
        return result

    def _options_off(self, number: int) -> list[Option]:
        """The `-o name=value` in a comment line that holds nothing else."""
        line, start = self.lines.line(number), self.lines.starts[number]
        mark = line.index(b"#") + 1
        # as an entry of its own, so that its words are read as arguments
        text = b"- " * len(FIELDS) + line[mark:].rstrip(b"\n")
        items = split_entry(text)
        found, rest = settings(text, items)
        if rest < len(items) or any(setting.wrong for setting in found):
            return []
        shift = start + mark - 2 * len(FIELDS)
        return [
            Option(
                decode(setting.name),
                text[setting.start : setting.end],
                number + 1,
                items[setting.flag].start + shift,
                items[setting.argument].end + shift,
                False,
            )
            for setting in found
        ]

    @cached_property
    def _commented(self) -> list[Service]:
        result: list[Service] = []
        starts = self.lines.starts
        for number, kind in enumerate(self.lines.kinds):
            line = self.lines.line(number)
            mark = commented_mark(line) if kind == COMMENT else 0
            if not mark:
                continue
            rest = self.block(number)
            body = [line[mark:], *(text for _, text in values(rest))]
            inner = type(self)(b"".join(body)).services[0]
            origins = [number, *(below for below, _ in values(rest))]
            begins = [starts[origin] + (mark if origin == number else 1) for origin in origins]
            placed = [self._placed(option, begins, body) for option in inner.options]
            last = rest[-1][0] if rest else number
            result.append(
                Service(
                    fields=inner.fields,
                    arguments=inner.arguments,
                    options=tuple(placed),
                    line=number + 1,
                    start=starts[number],
                    end=starts[last + 1],
                    enabled=False,
                )
            )
        return result

    def _placed(self, option: Option, begins: Sequence[int], body: Sequence[bytes]) -> Option:
        """An option read from the lines `body`, moved to where these begin in the file."""

        def there(offset: int) -> int:
            row = 0
            while offset > len(body[row]):
                offset -= len(body[row])
                row += 1
            return begins[row] + offset

        start, end = there(option.start), there(option.end)
        return Option(option.name, option.value, self.lines.at(start) + 1, start, end, True)

    def block(self, number: int) -> list[tuple[int, bytes]]:
        """The comment lines that belong to the entry commented out on line `number`; see `commented`."""
        line = self.lines.line(number)
        return block(self.lines, number, line, begins_commented, ArgumentWords(line), strict=True)

    def get(self, name: str, type_: str) -> Service | None:
        """The entry in force that counts, which is the last one; None where there is none."""
        return next((s for s in reversed(self.all(name, type_)) if s.enabled), None)

    def all(self, name: str, type_: str) -> list[Service]:
        """Every entry of that name and type, in force or commented out."""
        return [service for service in self.services if (service.name, service.type) == (name, type_)]

    # -- what is wrong

    @cached_property
    def problems(self) -> list[Problem]:
        """What Postfix drops, misreads or dies of, in the order of the file."""
        found = [
            Problem(number + 1, "an indented line with nothing above it to continue; Postfix drops it")
            for number in self.lines.orphans()
        ]
        if self._raw.startswith(b"\xef\xbb\xbf"):
            found.append(Problem(1, "a byte order mark; Postfix takes it for a part of the service name"))
        for layout in self.layouts:
            nul = layout.whole.find(b"\0")
            if nul >= 0:
                found.append(
                    Problem(layout.line(nul) + 1, "a NUL byte; Postfix ignores the rest of the entry")
                )
            found += [Problem(layout.line(at) + 1, text) for at, text in faults(layout.text)]
        return sorted(found + self._overridden() + self._left_behind(), key=lambda problem: problem.line)

    def _overridden(self) -> list[Problem]:
        last: dict[tuple[str, str], Service] = {}
        result: list[Problem] = []
        for service in self.services:
            if not service.enabled:
                continue
            first = last.get((service.name, service.type))
            if first is not None:
                what = f"{safe(service.name)}/{safe(service.type)} is there again on line {service.line}"
                result.append(Problem(first.line, f"{what}; that entry counts, not this one"))
            last[service.name, service.type] = service
        return result

    def _left_behind(self) -> list[Problem]:
        """Lines of an entry that was commented out without them: they continue the entry above."""
        result: list[Problem] = []
        for layout in self.layouts:
            off = ""
            for number in range(layout.members[0] + 1, layout.members[-1] + 1):
                line = self.lines.line(number)
                if begins_commented(line):
                    off = f"{safe(b'/'.join(line[1:].split()[:2]))} that is commented out"
                elif off and number in layout.members:
                    entry = safe(b"/".join(layout.text.split()[:2]))
                    text = f"below {off}, this line is one of {entry} on line {layout.members[0] + 1}"
                    result.append(Problem(number + 1, text))
        return result

    # -- edits: each returns splices for `raw`, and what they do has been read back before

    def set_field(self, name: str, type_: str, field: str, value: str) -> list[Splice]:
        """Write another value into a column (one of `FIELDS`); the columns behind it keep their place."""
        return masteredit.set_field(self, name, type_, field, value)

    def set_option(self, name: str, type_: str, option: str, value: bytes) -> list[Splice]:
        """Give a parameter a value for this service alone: in the `-o` that counts, else on a new line."""
        return masteredit.set_option(self, name, type_, option, value)

    def remove_option(self, name: str, type_: str, option: str) -> list[Splice]:
        """Take out every `-o` of that parameter. Raises Missing."""
        return masteredit.remove_option(self, name, type_, option)

    def disable_option(self, name: str, type_: str, option: str) -> list[Splice]:
        """Comment out every `-o` of that parameter, on lines of their own.

        Raises Missing, Refused where it could not come back.
        """
        return masteredit.disable_option(self, name, type_, option)

    def enable_option(self, name: str, type_: str, option: str, value: bytes | None = None) -> list[Splice]:
        """Bring back the last commented-out `-o` of that parameter: the last with `value`, if given.

        Raises Missing, or Refused where the parameter has an `-o` or the line cannot come back there.
        """
        return masteredit.enable_option(self, name, type_, option, value)

    def disable(self, name: str, type_: str) -> list[Splice]:
        """Comment out every entry of that name and type with all its lines.

        Raises Missing, Refused where it could not come back.
        """
        return masterservices.disable(self, name, type_)

    def enable(self, name: str, type_: str, like: Service | None = None) -> list[Splice]:
        """Bring back the last commented-out entry of that name and type. Raises Missing, or Refused.

        With `like`, the last with its fields and arguments: what `disable` took out, not another example.
        """
        return masterservices.enable(self, name, type_, like)

    def add(
        self,
        fields: Sequence[str],
        options: Mapping[str, bytes] | None = None,
        arguments: Sequence[bytes] = (),
    ) -> list[Splice]:
        """A new entry (fields in the order of `FIELDS`): below its commented-out twin, else at the end."""
        return masterservices.add(self, fields, options or {}, arguments)

    def remove(self, name: str, type_: str) -> list[Splice]:
        """Take out every entry in force of that name and type; comments in it stay. Raises Missing."""
        return masterservices.remove(self, name, type_)

    def checked(self, splices: list[Splice], holds: Callable[[Self], bool]) -> list[Splice] | None:
        """`splices`, if `holds` is true of the document after them; else None."""
        return splices if holds(self.spliced(splices)) else None

    def entries(self) -> list[tuple[bytes, ...]]:
        """What master(8) reads: fields and arguments of every logical line, and the lines it drops."""
        dropped = [(self.lines.line(number),) for number in self.lines.orphans()]
        split = [(layout.text, split_entry(layout.text)) for layout in self.layouts]
        read = [tuple(i.text for i in items[: len(FIELDS)]) + arguments(text, items) for text, items in split]
        return dropped + read
