"""The list that an `-o name=value` of master.cf holds: where its items and the comments in it stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailtui.formats.lines import COMMENT
from mailtui.formats.listitems import DEFAULT_INDENT
from mailtui.formats.listrows import ListRows
from mailtui.formats.lists import SEPARATORS, Item, each
from mailtui.formats.masterentry import Setting, settings, split_entry
from mailtui.formats.splice import Missing, Splice
from mailtui.formats.values import Layout, Token
from mailtui.text.safe import encode, safe

if TYPE_CHECKING:
    from mailtui.formats.mastercf import MasterCf


class OptionPlace(NamedTuple):
    """The `-o` of an entry that counts. `braced`: it is written `{ name = value }`."""

    layout: Layout
    setting: Setting
    braced: bool
    flag_start: int
    """The byte of the text at which its `-o` begins."""
    end: int
    """The byte of the text behind it all."""


def option_place(document: MasterCf, name: str, type_: str, option: str) -> OptionPlace:
    """Where the option stands. Raises Missing."""
    service = document.get(name, type_)
    layout = next((each for each in document.layouts if service and each.begin == service.start), None)
    if layout is not None:
        items = split_entry(layout.text)
        wanted = encode(option)
        for setting in reversed(settings(layout.text, items)[0]):
            if setting.name == wanted:
                argument = items[setting.argument]
                return OptionPlace(
                    layout, setting, argument.text.startswith(b"{"), items[setting.flag].start, argument.end
                )
    raise Missing(f"-o {safe(option)} of {safe(name)}/{safe(type_)}")


def option_tokens(document: MasterCf, name: str, type_: str, option: str) -> list[Token]:
    """The items of the value. Raises Missing."""
    place = option_place(document, name, type_, option)
    return place.layout.tokens(place.setting.start, place.setting.end)


def option_remarks(document: MasterCf, name: str, type_: str, option: str) -> list[int]:
    """The comment lines (from 0) amid the lines of the value. Raises Missing."""
    place = option_place(document, name, type_, option)
    first = place.layout.line(place.flag_start)
    last = place.layout.line(place.end - 1)
    return [number for number in range(first, last) if document.lines.kinds[number] == COMMENT]


class OptionRows(ListRows):
    """The lines of an entry of master.cf, as the list that the value of one of its `-o` is."""

    def __init__(self, place: OptionPlace, document: MasterCf) -> None:
        self._name = place.setting.name
        super().__init__(document.lines, place.layout.members[0], place.layout.members[-1])

    def _setting(self) -> tuple[Setting, bool]:
        items = split_entry(self.text)
        found = next(each for each in reversed(settings(self.text, items)[0]) if each.name == self._name)
        return found, items[found.argument].text.startswith(b"{")

    @property
    def equals(self) -> int:
        return self.text.index(b"=", self._setting()[0].inner[0]) + 1

    def items(self) -> list[Item]:
        setting = self._setting()[0]
        return list(each(self.text[: setting.end], SEPARATORS, setting.start))

    def _ends_in_comma(self, items: Sequence[Item]) -> bool:
        return b"," in self.text[items[-1].end : self._setting()[0].end]

    def _gap(self, items: Sequence[Item]) -> bytes:
        return super()._gap(items) if self._setting()[1] else b","


def spread(document: MasterCf, name: str, type_: str, option: str, groups: Sequence[bytes]) -> list[Splice]:
    """The value written as `{ name =`, one of `groups` a line, and `}`: so that a comment can stand in it.
    The groups are the items of the value, those that belong together in one. Raises Missing."""
    place = option_place(document, name, type_, option)
    layout = place.layout
    argument = split_entry(layout.text)[place.setting.argument]
    first = layout.line(place.flag_start)
    line = document.lines.line(first)
    indent = line[: len(line) - len(line.lstrip(b" \t"))] or DEFAULT_INDENT
    newline = document.lines.newline
    inner = indent + DEFAULT_INDENT
    lines = [b"{ " + place.setting.name + b" ="]
    lines += [inner + group + b"," for group in groups[:-1]]
    lines += [inner + group for group in groups[-1:]]
    text = newline.join([*lines, indent + b"  }"])
    joined = place.setting.flag == place.setting.argument
    start = argument.start + 2 if joined else argument.start
    return [Splice(layout.start(start), layout.end(argument.end), (b" " if joined else b"") + text)]
