"""The rows of an access table, and what `t` says of one that is tried."""

from __future__ import annotations

from mailtui.postfix.accesstry import try_access
from mailtui.postfix.accessuses import AccessUse
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.aliasrows import AliasRows
from mailtui.screens.parts.linelist import Row

KEY_WIDTH = 40


class AccessAliasRows(AliasRows):
    """Entries with the remark above each in the place of the table, which is one."""

    def cells(self, index: int) -> Row:
        row = super().cells(index)
        key, action, _table = row.cells
        return Row((key, action, [(self.source.remark(index), "dim")]), row.marker, row.style)


def tried(instance: Instance, use: AccessUse, typed: str, staged: Instance | None) -> list[str]:
    """What came of trying, as plain lines. Raises InstanceError."""
    found = try_access(instance, use, typed, staged)
    lines = [f"Asked by postmap -q, as {use.check} asks for {found.subject}:", ""]
    wide = min(max((len(one.key) for one in found.answers), default=0), KEY_WIDTH)
    for one in found.answers:
        answer = f"→ {one.value}" if one.value is not None else "–"
        lines.append(f"  {one.key:<{wide}}  {answer}")
    if not found.answers:
        lines.append("  no key is asked for this")
    return [*lines, "", f"smtpd: {found.does}."]
