"""What is wrong with an instance as rows of a list: as it stands on the disk, and with what is staged."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.doctor.silence import Silences, reason
from mailtui.edits.candidate import Candidate
from mailtui.edits.diff import Hunk, hunks
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for, writes
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.rulelines import LETTERS, short
from mailtui.screens.parts.text import Spans, short_path
from mailtui.text.query import Query
from mailtui.text.safe import encode

State = Literal["", "mended", "new", "silenced"]
STYLES = {"error": "error", "warning": "warning", "advice": ""}
DIFF_LINES = 12
"""Lines of a fix's diff that the pane shows."""


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding. `state`: `mended` by what is staged, `new` with it, `silenced` for the reason `why`."""

    finding: Finding
    state: State = ""
    why: str = ""

    @property
    def marker(self) -> str:
        """What is staged first, then its weight."""
        if self.state == "mended":
            return "~"
        return "#" if self.state == "silenced" else LETTERS[self.finding.severity]

    @property
    def place(self) -> str:
        """Where to look."""
        found = self.finding
        return f"{short_path(found.file)}:{found.line}" if found.line else short_path(found.file)


class FindingLines:
    """All of them, the worst first; those that are silenced last."""

    def __init__(self, lines: Sequence[FindingLine]) -> None:
        self._lines = sorted(lines, key=lambda line: (line.state == "silenced", line.finding.weight))
        self._places = {self.key(at): at for at in range(len(self._lines))}

    def __len__(self) -> int:
        return len(self._lines)

    def row(self, index: int) -> FindingLine:
        return self._lines[index]

    def key(self, index: int) -> Hashable:
        """Of two findings that say the same the line tells which."""
        found = self._lines[index].finding
        return (*found.name, sum(each.finding.name == found.name for each in self._lines[:index]))

    def find(self, key: Hashable) -> int | None:
        return self._places.get(key)

    def search(self, query: Query) -> Iterator[int | None]:
        for at, line in enumerate(self._lines):
            found = line.finding
            words = f"{found.severity} {found.title} {line.place} {found.id} {found.why}"
            yield at if query.matches(encode(words)) else None

    @property
    def open(self) -> list[FindingLine]:
        """Those that are neither silenced nor mended."""
        return [line for line in self._lines if line.state in {"", "new"}]


def finding_lines(before: Instance, after: Instance, silences: Silences) -> FindingLines:
    """What is wrong, with a draft (`after`; the same where nothing is staged)."""
    found = examine(before)
    if after is before:
        return FindingLines([_line(each, "", silences) for each in found])
    now = examine(after)
    left, known = {each.name for each in now}, {each.name for each in found}
    lines = [_line(each, "" if each.name in known else "new", silences) for each in now]
    lines += [FindingLine(each, "mended") for each in found if each.name not in left]
    return FindingLines(lines)


def _line(finding: Finding, state: State, silences: Silences) -> FindingLine:
    why = reason(finding, silences)
    return FindingLine(finding, "silenced", why) if why else FindingLine(finding, state)


def cells_of(line: FindingLine, config_dir: str) -> Row:
    """A row of the list."""
    dim = line.state in {"mended", "silenced"}
    found = line.finding
    fix = "" if found.fix is None or dim else "fix"
    name = found.file.rpartition("/")[2]
    where = f"{name}:{found.line}" if found.line else name
    return Row((short(found.title, config_dir), fix, where), line.marker, "dim" if dim else "")


def about(line: FindingLine, diff: Sequence[Spans] = ()) -> list[Spans]:
    """The pane's lines: what mends it, as the pane may be low; why; and the lines that would differ."""
    found = line.finding
    lines: list[Spans] = []
    if line.state != "mended":
        lines.append(_said("fix" if found.fix is not None else "do", found.fix_words))
    lines.append(_said(found.severity, found.why, STYLES[found.severity]))
    if line.state == "mended":
        lines.append(_said("staged", f"what is staged mends this; {writes()}"))
    elif line.state == "new":
        lines.append(_said("staged", "this comes with what is staged", "warning"))
    elif line.state == "silenced":
        lines.append(_said("silent", f"{line.why}; {key_for('findings.silence', '#')} has it told of again"))
    if line.state != "mended":
        lines += [_said("note", text) for text in (found.fix.says if found.fix is not None else ())]
        lines += diff
    if found.services:
        lines.append(_said("service", ", ".join(found.services), "dim"))
    lines.append(_said("kind", found.id, "dim"))
    return lines


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def diff_of(after: Instance, finding: Finding) -> list[Spans]:
    """The lines that a fix changes; of a file with passwords none. Raises OSError."""
    if finding.fix is None:
        return []
    from mailtui.apply.uses import all_uses, is_secret, of_file

    lines: list[Spans] = []
    named = all_uses(after)
    for change in Candidate(after.files, finding.fix.edits).changes:
        if change.splices and not is_secret(change.target, of_file(named, change.target)):
            lines += [each for hunk in hunks(change) for each in _hunk(hunk)]
    if len(lines) > DIFF_LINES:
        more = len(lines) - DIFF_LINES
        lines = [*lines[:DIFF_LINES], [(f"{'':<{LABEL}}… {more} lines more", "dim")]]
    return lines


def _hunk(hunk: Hunk) -> Iterator[Spans]:
    for line in hunk.lines:
        if line.sign in "+-":
            yield [(f"{line.number:>{LABEL - 3}} ", "dim"), (f"{line.sign} ", "bold"), (line.text, "")]


def as_text(line: FindingLine) -> str:
    """The finding as lines of text, as `mailtui doctor` prints them."""
    found = line.finding
    place = f"{found.file}:{found.line}" if found.line else found.file
    lines = [f"{found.severity:<8}  {found.title}", f"{'':10}{place}  [{found.id}]", f"{'':10}{found.why}"]
    if found.fix_words:
        lines.append(f"{'':10}{'fix' if found.fix is not None else 'do'}: {found.fix_words}")
    return "\n".join(lines)
