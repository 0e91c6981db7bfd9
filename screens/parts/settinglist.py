"""The base settings as rows of a list, those on the disk beside what a draft makes of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from mailtui.postfix.basesettings import SettingRow, base_settings
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import Finding, check_value
from mailtui.text.query import Query
from mailtui.text.safe import encode


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as it will be, as it is (`was`; None: the same), and what is to be said of its value."""

    setting: SettingRow
    was: SettingRow | None
    findings: tuple[Finding, ...]
    overridden_by: tuple[str, ...]

    @property
    def marker(self) -> str:
        """What is staged first, then what is wrong."""
        if self.was is not None:
            return "+" if not self.was.explicit else "~" if self.setting.explicit else "-"
        if self.setting.effective is None or any(each.severity == "error" for each in self.findings):
            return "!"
        return "?" if any(each.severity == "warning" for each in self.findings) else " "


class SettingList:
    """See the module's text."""

    def __init__(self, lines: Sequence[SettingLine]) -> None:
        self._lines = lines
        self._places = {line.setting.name: at for at, line in enumerate(lines)}

    def __len__(self) -> int:
        return len(self._lines)

    def row(self, index: int) -> SettingLine:
        return self._lines[index]

    def key(self, index: int) -> Hashable:
        return self._lines[index].setting.name

    def find(self, key: Hashable) -> int | None:
        return self._places.get(key) if isinstance(key, str) else None

    def search(self, query: Query) -> Iterator[int | None]:
        for at, line in enumerate(self._lines):
            setting = line.setting
            yield (
                at
                if query.matches(encode(f"{setting.name} {setting.effective or setting.value or ''}"))
                else None
            )


def setting_list(
    before: Instance, after: Instance, read: Callable[[Instance], Sequence[SettingRow]] = base_settings
) -> SettingList:
    """The settings of an instance, with a draft (`after`). Raises ParameterError."""
    rows = read(after)
    old = {row.name: row for row in read(before)} if before is not after else {}
    return SettingList([_line(after, row, old.get(row.name)) for row in rows])


def _line(after: Instance, row: SettingRow, was: SettingRow | None) -> SettingLine:
    same = was is None or (was.value, was.effective) == (row.value, row.effective)
    found = check_value(after, row.name, row.value) if row.explicit and row.value is not None else []
    return SettingLine(row, None if same else was, tuple(found), after.parameters.overrides(row.name))
