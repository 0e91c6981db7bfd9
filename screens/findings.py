"""Findings (`f` where nothing else is to be mended, `:findings`): what is wrong, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from mailtui.doctor.silence import hear, silence
from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.findinglines import (
    FindingLine,
    FindingLines,
    about,
    as_text,
    cells_of,
    diff_of,
    finding_lines,
)
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.heap import give_back
from mailtui.screens.parts.keys import takes_back, writes
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Spans, cells, show
from mailtui.settingsfile import FileProblem

_WAIT = 0.08
"""Seconds that the cursor stays on a row before its diff is worked out."""


class FindingsScreen(BackgroundList[FindingLine]):
    """See the module's text. `told` is said once it is open."""

    MODE = "findings"
    NOUNS = ("finding", "findings")
    EMPTY = "Nothing is wrong that mailtui knows to look for"
    COLUMNS = (
        Column("FINDING", share=1, least=30),
        Column("", share=0, least=3),
        Column("WHERE", share=0, least=18, drop=70),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,f", "mend", "stage the fix", key_display="⏎", id="findings.fix",
                tooltip="Stage what mends it; where no edit does, go to the screen that it is about."),
        Binding("o", "go", "go there", id="findings.go", tooltip="Go to the screen that it is about."),
        Binding("number_sign", "silence", "silence", id="findings.silence",
                tooltip="Tell of it no more, for a reason that is kept in your settings; again: do."),
        *list_keys("findings", "findings", "! ?"),
    ]  # fmt: skip

    def __init__(self, told: str = "") -> None:
        super().__init__()
        self._told = told
        self._diffs: dict[Hashable, list[Spans]] = {}
        self._fixable = True

    @on(events.Mount)
    def _say_first(self) -> None:
        self.console.examine_again()  # the status line counts what this list reads anew
        if self._told:
            self.say(self._told)

    def read(self, after: Instance, edits: Sequence[Edit]) -> FindingLines:
        from mailtui.settings import load

        before = self.session.instance
        found = finding_lines(before, after if edits else before, load().silence)
        give_back()  # the log was looked through
        return found

    def reload(self, to: Hashable | None = None) -> None:
        self._diffs.clear()
        super().reload(to)

    def refresh_view(self, change: Change) -> None:
        super().refresh_view(change)
        if change.status and not (change.paths or change.draft):
            self.read_again()  # it was examined again, though no file changed

    def cells_of(self, row: FindingLine) -> Row:
        return cells_of(row, self.session.instance.config_dir)

    def aside(self) -> str:
        found = self.listing
        if not isinstance(found, FindingLines):
            return ""
        weights = [line.finding.severity for line in found.open]
        errors, warnings = weights.count("error"), weights.count("warning")
        told = [
            f"{number} {word}{'s' * (number != 1)}"
            for number, word in ((errors, "error"), (warnings, "warning"))
            if number
        ]
        return ", ".join(told) or ("advice only" if weights else "")

    def describe(self, key: Hashable | None) -> None:
        self._see_fixes()
        row = self.row_of(key)
        if row is None or key is None:
            self.pane.show([], [], [])
            return
        self._show(row, self._diffs.get(key, ()))
        if row.finding.fix is None or row.state == "mended" or key in self._diffs:
            return
        edits = self.session.draft.edits

        def look() -> list[Spans]:
            return diff_of(self.ahead.at(edits).instance, row.finding)

        def looked(diff: list[Spans]) -> None:
            self._diffs[key] = diff
            if self.lines.key == key:
                self._show(row, diff)

        beside(self, "diff", look, looked, lambda error: self.say(str(error), "error"), wait=_WAIT)

    def _show(self, row: FindingLine, diff: Sequence[Spans]) -> None:
        title, lines = row.finding.title, about(row, diff)
        if cells(show(title)) + cells(show(row.place)) + 3 > self.pane.size.width:
            lines.insert(0, [("finding".ljust(LABEL), "dim"), (title, "")])  # the title is cut
        self.pane.show([(title, "bold")], [(row.place, "dim")], lines)

    def word_of(self, binding: Binding) -> str:
        """On findings without a fix Enter goes to where they are seen: nothing else is offered there."""
        if self._fixable:
            return binding.description
        return {"findings.fix": "go there", "findings.go": ""}.get(binding.id or "", binding.description)

    def _see_fixes(self) -> None:
        """Have the footer say what Enter does on the rows that it is for now."""
        rows = [row for key in self.lines.chosen() if (row := self.row_of(key)) is not None]
        fixable = not rows or any(_mendable(row) for row in rows)
        if fixable != self._fixable:
            self._fixable = fixable
            self.refresh_bindings()

    # Keys

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_mend()

    def action_mend(self) -> None:
        def mend() -> None:
            rows = self.chosen()
            fixable = [row for row in rows if _mendable(row)]
            if fixable:
                self.act(lambda after: mended(after, fixable))
            elif len(rows) == 1 and rows[0].state == "mended":
                self.say(f"What is staged mends this; {writes()}, {takes_back()}")
            elif len(rows) == 1:
                self.action_go()
            elif rows:
                self.say("None of these can be mended by an edit", "warning")

        self.when_laid(mend)

    def action_go(self) -> None:
        from mailtui.screens.parts.findingplaces import go, place_of

        row = self.row
        if row is None:
            return
        try:
            place = place_of(row.finding, self.session.instance)
        except (InstanceError, OSError) as error:
            self.say(str(error), "error")
            return
        if place is None:
            self.say(f"No screen shows {row.place}: {row.finding.fix_words}")
            return
        console = self.console
        console.pop_screen()
        go(console, place)

    def action_silence(self) -> None:
        row = self.row
        if row is None or row.state == "mended":
            return
        if row.state == "silenced":
            self._keep(lambda: self._heard_again(row))
            return
        from mailtui.screens.parts.chooser import Reason

        lines = [row.finding.title, "Why need it not be told of? The reason is kept in your settings."]

        def answered(why: str | None) -> None:
            if why:
                self._keep(lambda: f"It is told of no more: {silence(row.finding, why)}")
            elif why is not None:
                self.say("Without a reason it is told of", "warning")

        self.app.push_screen(Reason("Silence this finding", lines, verb="silence"), answered)

    def _heard_again(self, row: FindingLine) -> str:
        if hear(row.finding):
            return "It is told of again"
        return "/etc/mailtui.toml silences it: take it out there"

    def _keep(self, change: Callable[[], str]) -> None:
        """Write the settings, and look again."""

        def done(words: str) -> None:
            self.say(words)
            self.read_again()
            self.console.examine_again()

        def failed(error: Exception) -> None:
            self.say(f"the settings {error}" if isinstance(error, FileProblem) else str(error), "error")

        beside(self, "settings", change, done, failed)

    def action_copy(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                self.console.copy_and_show("\n\n".join(as_text(row) for row in rows))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (line for row in self.shown_rows() for line in (*as_text(row).split("\n"), ""))

        save_text(self, "findings", "findings.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _mendable(row: FindingLine) -> bool:
    """Whether an edit is offered that is not staged."""
    return row.finding.fix is not None and row.state != "mended"


def mended(after: Instance, rows: Sequence[FindingLine]) -> Made:
    """The fixes of these findings as one act, each over what those before it leave. One that an earlier fix
    mends as well, or whose fix cannot be made any more, is left out and told of."""
    from mailtui.doctor.examine import examine
    from mailtui.edits.candidate import Candidate

    edits: list[Edit] = []
    says: list[str] = []
    for number, row in enumerate(rows):
        finding = row.finding
        if number:
            now = after.over(Candidate(after.files, edits))
            again = next((each for each in examine(now) if each.name == finding.name), None)
            if again is None:
                continue
            finding = again
        if finding.fix is None:
            says.append(f"{finding.title}: {finding.fix_words}")
            continue
        edits += finding.fix.edits
        says += [text for text in finding.fix.says if text not in says]
    first = rows[0].finding
    label = f"fix: {first.title}" if len(rows) == 1 else f"fix {len(rows)} findings"
    staged = f"Staged; {writes()}" if says else f"Staged: {first.fix_words}; {writes()}"
    return Made(edits, label if len(edits) > 1 else "", says=[staged, *says] if edits else says)


def open_findings(screen: ConsoleScreen, told: str = "") -> None:
    """Where nothing is to be mended under the cursor: show the findings, if there are any, and say so."""
    if screen.session.findings:
        screen.app.push_screen(FindingsScreen(told and f"{told}; shown are all findings of the server"))
    else:
        screen.say(told or "Nothing is wrong that mailtui knows to look for")
