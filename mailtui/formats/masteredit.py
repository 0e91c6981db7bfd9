"""Edits of one entry of master.cf. Each is read back before it is handed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.formats.listrows import ListRows
from mailtui.formats.lists import BLANKS, Item, is_one_item
from mailtui.formats.mainedit import check_name, check_value
from mailtui.formats.masterentry import (
    FIELDS,
    Option,
    Service,
    Setting,
    left_over,
    settings,
    split_entry,
    wrong_field,
)
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.formats.values import SPACE, Layout
from mailtui.text.safe import encode, safe

if TYPE_CHECKING:
    from mailtui.formats.mastercf import MasterCf

DEFAULT_INDENT = b"  "
"""Blanks before an `-o` line where the entry has none to go by."""


class EntryRows(ListRows):
    """The lines of one entry. Items are its fields and arguments; the first line always stays."""

    @property
    def equals(self) -> int:
        return 1

    def items(self) -> list[Item]:
        return split_entry(self.text.partition(b"\0")[0])

    def indent(self) -> bytes:
        """Blanks before the last continuation line."""
        body = next((row.body for row in reversed(self.rows[1:]) if row.joins), DEFAULT_INDENT)
        return body[: len(body) - len(body.lstrip(SPACE))]

    def settings(self) -> tuple[list[Setting], int]:
        return settings(self.text, self.items())


def entry_name(name: str, type_: str) -> str:
    """A service as messages name it."""
    return f"{safe(name)}/{safe(type_)}"


def _entry(document: MasterCf, name: str, type_: str) -> tuple[Service, Layout, EntryRows]:
    service = document.get(name, type_)
    if service is None:
        raise Missing(entry_name(name, type_))
    layout = next(layout for layout in document.layouts if layout.begin == service.start)
    return service, layout, EntryRows(document.lines, layout.members[0], layout.members[-1])


def _read_back(
    document: MasterCf,
    service: Service,
    splices: list[Splice],
    holds: Callable[[Service], bool],
) -> list[Splice]:
    """`splices`, after which the entry is as `holds` wants it and all else as before; else Refused."""
    number = [layout.begin for layout in document.layouts].index(service.start)
    place = [s for s in document.services if s.enabled].index(service)

    def fine(after: MasterCf) -> bool:
        before, now = document.entries(), after.entries()
        mine = [s for s in after.services if s.enabled]
        if len(mine) <= place or len(before) != len(now):
            return False
        at = position(document, service)
        same_rest = left_over(document.layouts[number].text) == left_over(after.layouts[number].text)
        return before[:at] + before[at + 1 :] == now[:at] + now[at + 1 :] and same_rest and holds(mine[place])

    if document.checked(splices, fine) is None:
        raise Refused(
            f"{entry_name(service.name, service.type)} cannot be written so in the lines it has now",
            "arguments that are no options come last, and none may begin with # on a line of its own",
        )
    return splices


def position(document: MasterCf, service: Service) -> int:
    """Which of `entries` the service is."""
    dropped = len(document.lines.orphans())
    return dropped + [layout.begin for layout in document.layouts].index(service.start)


# -- fields


def set_field(document: MasterCf, name: str, type_: str, field: str, value: str) -> list[Splice]:
    """See `MasterCf.set_field`."""
    if field not in FIELDS:
        raise Refused(f"“{safe(field)}” is no column of master.cf", f"one of {', '.join(FIELDS)}")
    raw = encode(value)
    check_value(raw)
    wrong = wrong_field(field, raw)
    if wrong or not is_one_item(raw, BLANKS):
        raise Refused(wrong or f"“{safe(value)}” has blanks in it", "" if wrong else "write one word")
    service, layout, _ = _entry(document, name, type_)
    fields = list(service.fields)
    column = FIELDS.index(field)
    if fields[column] == value:
        return []
    fields[column] = value
    if fields[1] == "inet" and fields[2] != "n":
        raise Refused("an inet service cannot be private", "write n for private")
    items = split_entry(layout.text)
    item = items[column]
    start, end = layout.start(item.start), layout.end(item.end)
    gap = document.raw[end : layout.start(items[column + 1].start)] if column + 1 < len(items) else b""
    longer = len(raw) - len(item.text)
    if gap and not gap.strip(b" ") and len(gap) > 1:
        new_gap = b" " * max(1, len(gap) - longer)
        splices = [Splice(start, end + len(gap), raw + new_gap)]
    else:
        splices = [Splice(start, end, raw)]
    return _read_back(
        document,
        service,
        splices,
        lambda now: now.fields == tuple(fields) and now.arguments == service.arguments,
    )


# -- options


def option_argument(option: bytes, value: bytes) -> bytes:
    """`name=value`, in braces where the value would be split or cut."""
    plain = option + b"=" + value
    if is_one_item(plain, BLANKS) and value == value.strip(SPACE):
        return plain
    return b"{ " + option + b" = " + value + b" }"


def check_option(option: str, value: bytes) -> bytes:
    """The bytes of an option's name. Raises Refused for what would be read as something else."""
    raw = check_name(option)
    check_value(value)
    if not is_one_item(b"{" + value + b"}", BLANKS):
        raise Refused("the braces in the value do not match", "write each { with its }")
    if any(byte in raw for byte in b"{}"):
        raise Refused(f"“{safe(option)}” cannot be a parameter name", "use letters, digits and _")
    return raw


def _others(service: Service, option: str) -> list[tuple[str, bytes]]:
    return [(o.name, o.value) for o in service.options if o.enabled and o.name != option]


def set_option(document: MasterCf, name: str, type_: str, option: str, value: bytes) -> list[Splice]:
    """See `MasterCf.set_option`."""
    value = value.strip(SPACE)
    raw = check_option(option, value)
    service, layout, rows = _entry(document, name, type_)
    standing = service.option(option)
    if standing is not None and standing.value == value:
        return []
    found = [s for s in rows.settings()[0] if s.name == raw]
    splices = (
        _revalued(layout, found[-1], raw, value) if found else _new_option(rows, option_argument(raw, value))
    )
    return _read_back(
        document,
        service,
        splices,
        lambda now: now.values.get(option) == value and _others(now, option) == _others(service, option),
    )


def _revalued(layout: Layout, setting: Setting, name: bytes, value: bytes) -> list[Splice]:
    """The value of an option that is there written over, in the form it has if that can hold it.

    Braces that only its old value needed go, if they stand as they are written here.
    """
    items = split_entry(layout.text)
    argument = items[setting.argument]
    plain = option_argument(name, value)[:1] != b"{"
    if argument.text.startswith(b"{"):
        old = layout.text[setting.start : setting.end]
        fits = not plain or argument.text != option_argument(name, old)
    else:
        fits = plain
    if fits and layout.in_one_line(setting.start, setting.end):
        end = layout.end(setting.end)  # where an empty value is, and not at the next line's beginning
        return [Splice(end - (setting.end - setting.start), end, value)]
    joined = setting.flag == setting.argument  # -oname=value: the braces need an argument of their own
    start = argument.start + 2 if joined else argument.start
    new = (b" " if joined else b"") + option_argument(name, value)
    return [Splice(layout.start(start), layout.end(argument.end), new)]


def _new_option(rows: EntryRows, argument: bytes) -> list[Splice]:
    """A line of its own behind the last option, and before whatever is no option."""
    items = rows.items()
    rest = rows.settings()[1]
    text = b"-o " + argument
    last_row = max(index for index, row in enumerate(rows.rows) if row.joins)
    above = rows.behind(items[rest - 1].end)[0]
    if rest == len(items):
        rows.insert_after(last_row, rows.indent() + text)
        return rows.splices()
    row, column = rows.locate(items[rest].start)
    body = rows.rows[row].body
    if row > above and not body[:column].strip():
        rows.insert_after(above, body[:column] + text)
    else:
        rows.write(row, body[:column] + text + b" " + body[column:])
    return rows.splices()


def _drop_settings(rows: EntryRows, name: bytes, act: Callable[[int, int], None]) -> None:
    for setting in reversed([s for s in rows.settings()[0] if s.name == name]):
        act(setting.flag, setting.argument)


def _without(
    document: MasterCf,
    name: str,
    type_: str,
    option: str,
    act: Callable[[EntryRows], Callable[[int, int], None]],
) -> list[Splice]:
    service, _, rows = _entry(document, name, type_)
    if service.option(option) is None:
        raise Missing(f"-o {safe(option)} of {entry_name(name, type_)}")
    _drop_settings(rows, encode(option), act(rows))
    wanted = _others(service, option)
    return _read_back(
        document,
        service,
        rows.splices(),
        lambda now: [(o.name, o.value) for o in now.options if o.enabled] == wanted,
    )


def remove_option(document: MasterCf, name: str, type_: str, option: str) -> list[Splice]:
    """See `MasterCf.remove_option`."""
    return _without(document, name, type_, option, lambda rows: rows.remove)


def disable_option(document: MasterCf, name: str, type_: str, option: str) -> list[Splice]:
    """See `MasterCf.disable_option`."""

    def act(rows: EntryRows) -> Callable[[int, int], None]:
        def comment(first: int, last: int) -> None:
            for index in rows.isolate(first, last):
                rows.rows[index].body = b"#" + rows.rows[index].body
                rows.rows[index].joins = False
            rows.changed()

        return comment

    splices = _without(document, name, type_, option, act)
    after = document.spliced(splices).get(name, type_)
    if after is None or all(o.enabled or o.name != option for o in after.options):
        what = f"-o {safe(option)} of {entry_name(name, type_)}"
        raise Refused(f"{what} would be an option of a commented-out entry above", "take it out instead")
    return splices


def enable_option(
    document: MasterCf, name: str, type_: str, option: str, value: bytes | None = None
) -> list[Splice]:
    """See `MasterCf.enable_option`."""
    service, _, _ = _entry(document, name, type_)
    standing = service.option(option)
    if standing is not None:
        raise Refused(f"-o {safe(option)} is set on line {standing.line}", "change its value instead")
    found: list[Option] = [
        o for o in service.options if o.name == option and not o.enabled and value in (None, o.value)
    ]
    if not found:
        raise Missing(f"commented-out -o {safe(option)} of {entry_name(name, type_)}")
    number = found[-1].line - 1
    if sum(o.line == found[-1].line for o in service.options) > 1:
        raise Refused(f"line {number + 1} holds more than this option", "set it instead")
    start = document.lines.starts[number]
    line = document.lines.line(number)
    mark = line.index(b"#")
    indented = mark > 0 or line[1:2] in (b" ", b"\t")
    wanted = sorted([*(o for o in service.options if o.enabled), found[-1]], key=lambda o: o.start)
    return _read_back(
        document,
        service,
        [Splice(start + mark, start + mark + 1, b"" if indented else DEFAULT_INDENT)],
        lambda now: (
            [(o.name, o.value) for o in now.options if o.enabled] == [(o.name, o.value) for o in wanted]
        ),
    )
