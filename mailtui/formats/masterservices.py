"""Whole entries of master.cf: off and on, added, removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mailtui.formats.commented import off
from mailtui.formats.lines import CONTINUATION, FIRST
from mailtui.formats.lists import BLANKS, is_one_item
from mailtui.formats.mainedit import check_value
from mailtui.formats.masteredit import DEFAULT_INDENT, check_option, entry_name, option_argument, position
from mailtui.formats.masterentry import FIELDS, Service, wrong_field
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.formats.values import SPACE, Layout
from mailtui.text.safe import encode, safe

if TYPE_CHECKING:
    from mailtui.formats.mastercf import MasterCf

_COLUMNS = (0, 10, 16, 24, 32, 40, 48, 56)
"""Where the fields stand in the master.cf that Postfix comes with."""


def _layouts(document: MasterCf, name: str, type_: str) -> list[Layout]:
    starts = {service.start for service in document.all(name, type_) if service.enabled}
    if not starts:
        raise Missing(entry_name(name, type_))
    return [layout for layout in document.layouts if layout.begin in starts]


def disable(document: MasterCf, name: str, type_: str) -> list[Splice]:
    """See `MasterCf.disable`."""
    layouts = _layouts(document, name, type_)
    standing = document.get(name, type_)
    heads = {layout.members[0] for layout in layouts}

    def mistaken(splices: list[Splice]) -> set[int]:
        after = document.spliced(splices)
        return {
            number
            for service in after.all(name, type_)
            if not service.enabled and service.line - 1 in heads
            for number, _ in after.block(service.line - 1)
        }

    def comes_back(splices: list[Splice]) -> bool:
        after = document.spliced(splices)
        found = _commented(after, name, type_, standing)
        return bool(found) and after.spliced(_uncommented(after, found[-1])).raw == document.raw

    splices = off(document.lines, [layout.members for layout in layouts], mistaken, comes_back)
    if not _commented(document.spliced(splices), name, type_, standing):
        raise Refused(
            f"{entry_name(name, type_)} has lines that would read as prose once they are comments",
            "take it out instead",
        )
    return splices


def _commented(document: MasterCf, name: str, type_: str, like: Service | None) -> list[Service]:
    """The commented-out entries of that name and type; with `like`, those with its fields and arguments."""
    found = [service for service in document.all(name, type_) if not service.enabled]
    if like is None:
        return found
    return [s for s in found if (s.fields, s.arguments) == (like.fields, like.arguments)]


def _uncommented(document: MasterCf, service: Service) -> list[Splice]:
    """The splices that bring back a commented-out entry."""
    number = service.line - 1
    starts, line = document.lines.starts, document.lines.line(number)
    mark = 2 if line[1:2] == b" " else 1
    result = [Splice(starts[number], starts[number] + mark, b"")]
    return result + [Splice(starts[below], starts[below] + 1, b"") for below, _ in document.block(number)]


def enable(document: MasterCf, name: str, type_: str, like: Service | None = None) -> list[Splice]:
    """See `MasterCf.enable`."""
    standing = document.get(name, type_)
    if standing is not None:
        raise Refused(
            f"{entry_name(name, type_)} is in force on line {standing.line}", "take that one out first"
        )
    found = _commented(document, name, type_, like)
    if not found:
        raise Missing(f"commented-out {entry_name(name, type_)}")
    wanted = (found[-1].command, found[-1].arguments)
    before = document.entries()

    def fine(after: MasterCf) -> bool:
        back = after.get(name, type_)
        if back is None or (back.command, back.arguments) != wanted:
            return False
        now = after.entries()
        del now[position(after, back)]
        return now == before

    splices = document.checked(_uncommented(document, found[-1]), fine)
    if splices is None:
        raise Refused(
            f"{entry_name(name, type_)} on line {found[-1].line} stands among the lines of another entry",
            "add it anew instead",
        )
    return splices


def remove(document: MasterCf, name: str, type_: str) -> list[Splice]:
    """See `MasterCf.remove`."""
    starts = document.lines.starts
    return [
        Splice(starts[number], starts[number + 1], b"")
        for layout in _layouts(document, name, type_)
        for number in layout.members
    ]


def add(
    document: MasterCf, fields: Sequence[str], options: Mapping[str, bytes], arguments: Sequence[bytes]
) -> list[Splice]:
    """See `MasterCf.add`."""
    if len(fields) != len(FIELDS):
        raise Refused(f"a service has {len(FIELDS)} fields, not {len(fields)}", ", ".join(FIELDS))
    for field, value in zip(FIELDS, fields, strict=True):
        wrong = wrong_field(field, encode(value))
        if wrong or not is_one_item(encode(value), BLANKS):
            raise Refused(wrong or f"“{safe(value)}” has blanks in it", "" if wrong else "write one word")
    if fields[1] == "inet" and fields[2] != "n":
        raise Refused("an inet service cannot be private", "write n for private")
    standing = document.get(fields[0], fields[1])
    if standing is not None:
        raise Refused(
            f"{entry_name(fields[0], fields[1])} is in force on line {standing.line}", "change it instead"
        )
    rows = [_columns([encode(field) for field in fields])]
    for option, setting in options.items():
        name = check_option(option, setting)
        rows.append(DEFAULT_INDENT + b"-o " + option_argument(name, setting.strip(SPACE)))
    rows += [DEFAULT_INDENT + _plain(argument) for argument in arguments]
    newline = document.lines.newline
    new = b"".join(row + newline for row in rows)
    at = new_place(document, fields[0], fields[1])
    if at == len(document.raw) and document.lines.ends_open:
        new = newline + new
    splices = document.checked(
        [Splice(at, at, new)],
        lambda after: (
            (back := after.get(fields[0], fields[1])) is not None
            and back.values == {option: value.strip(SPACE) for option, value in options.items()}
            and back.arguments[len(back.arguments) - len(arguments) :] == tuple(arguments)
        ),
    )
    if splices is None:
        raise Refused(
            "the arguments would not be read back as they are", "braces must match, # not come first"
        )
    return splices


def _plain(argument: bytes) -> bytes:
    check_value(argument)
    if is_one_item(argument, BLANKS) and not argument.startswith(b"{"):
        return argument
    return b"{" + argument + b"}"


def _columns(fields: Sequence[bytes]) -> bytes:
    line = b""
    for column, field in zip(_COLUMNS, fields, strict=True):
        line = line.ljust(column) if len(line) < column or not line else line + b" "
        line += field
    return line


def new_place(document: MasterCf, name: str, type_: str) -> int:
    """Below the entry's commented-out twin, never amid another's lines; else the end of the file."""
    lines = document.lines
    twins = [service for service in document.all(name, type_) if not service.enabled]
    number = lines.at(twins[-1].end - 1) + 1 if twins else len(lines)
    result = number
    for below in range(number, len(lines)):
        if lines.kinds[below] == FIRST:
            break
        if lines.kinds[below] == CONTINUATION:
            result = below + 1
    return lines.starts[result]
