"""Overview (`1`, the first screen): whether mail flows, what it depends on, a line each; and what is wrong.

Each line is found out by itself (mailtui.overview.gathering): until then it has a dash, and what hangs holds
up no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from mailtui.overview.changes import staged
from mailtui.overview.line import Line
from mailtui.screens.parts.detail import LABEL, Lines, Rule
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.linelist import LineList
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.overviewgathering import Gathered
from mailtui.screens.parts.overviewgoing import go_to_finding, go_to_screen, open_findings
from mailtui.screens.parts.overviewlines import (
    COLUMNS,
    FINDING_COLUMNS,
    FactRows,
    FindingRows,
    JoinedList,
    as_text,
    weights,
)
from mailtui.screens.parts.session import Change
from mailtui.screens.parts.text import Spans, cells, show

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding

LOW = 22
"""Lines of a window below which more is told of what the cursor is on only where the findings leave room."""
_TOLD = 3
"""Lines that a higher window keeps for that."""
_BESIDE_TITLE = 18
"""Columns that a finding's row has beside its title, as a rule."""
_OF_FILES = ("postfix", "milters", "certificate", "domains", "keys", "names", "policy", "written")
"""What a change of the configuration may change."""


class OverviewScreen(Gathered):
    """See the module's text."""

    MODE = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "go there", id="overview.go",
                tooltip="Go to the screen of this line, or to what this finding is about."),
        Binding("tab,shift+tab", "other", "lines/findings", key_display="Tab", id="overview.other",
                tooltip="From the lines to the findings and back."),
        Binding("f", "fix", "findings", id="overview.findings",
                tooltip="All findings, with the edits that mend them; on a finding: that one."),
        Binding("r", "again", "ask again", id="overview.again",
                tooltip="Find everything out anew: milters, services, name server, queue, files."),
        *list_keys("overview", "lines", "! ?"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Line] = {}
        """The lines that are known, by name."""

    def body(self) -> ComposeResult:
        facts = JoinedList(*COLUMNS, header=False, marks=False, quiet=True, id="facts")
        findings = JoinedList(*FINDING_COLUMNS, header=False, marks=False, quiet=True, id="findings")
        facts.below, findings.above = findings, facts
        with Container(classes="split"):
            yield facts
            with Vertical(classes="side"):
                yield Rule()
                yield findings
                yield Lines(indent=3 + LABEL, id="about")

    @property
    def facts(self) -> JoinedList:
        """The lines."""
        return self.query_one("#facts", JoinedList)

    @property
    def findings(self) -> JoinedList:
        """What is wrong."""
        return self.query_one("#findings", JoinedList)

    @property
    def here(self) -> JoinedList:
        """The list that the cursor is in."""
        return self.findings if self.findings.has_focus else self.facts

    # Finding out

    def on_mount(self) -> None:
        focus_now(self.facts)
        for each in (self.facts, self.findings):
            each.follower = lambda _key: self._describe()
        self.known["staged"] = self._staged()
        self.facts.set_rows(FactRows(self.known, lambda: self.facts.room))
        self._show_findings()
        self.call_after_refresh(self.begin)

    def take_line(self, line: Line) -> None:
        before = self.known.get(line.name)
        if before == line:
            return
        if line.name == "domains" and before is not None:
            self.console.examine_again()  # what DNS has said meanwhile may be a finding
        self.known[line.name] = line
        self.facts.changed(line.name)
        if self.here is self.facts and self.facts.key == line.name:
            self._describe()

    def refresh_view(self, change: Change) -> None:
        if change.draft:
            self.take_line(self._staged())
        if change.paths:
            self.find_out(*_OF_FILES)
        if change.status:
            self.find_out("postfix", "mail", "milters", "written")
            self._show_findings()

    def _staged(self) -> Line:
        session = self.session
        acts = [group.describe() for group in session.draft.groups]
        return staged(acts, len(session.draft), read_only=session.read_only)

    def _show_findings(self) -> None:
        session = self.session
        looked = session.examined or session.examine is None
        nothing = "Nothing is wrong that mailtui knows to look for"
        self.findings.empty = nothing if looked else "the server is being examined…"
        self.findings.set_rows(FindingRows(session.findings), first=self.here is self.facts)
        said = weights(session.findings)
        self.query_one(Rule).set_title(f"Findings  {said}" if said else "Findings")
        self._share()
        if not session.findings and self.findings.has_focus:
            focus_now(self.facts)

    # What the cursor is on

    @on(events.DescendantFocus)
    def _entered(self) -> None:
        self._describe()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        self.call_after_refresh(self._share)
        self.call_after_refresh(self._describe)

    def _share(self) -> None:
        """Below the list of findings more is told of the cursor's row in the lines that it leaves."""
        about, side = self.query_one("#about", Lines), self.query_one(".side").size.height
        if self.has_class("-wide"):
            about.styles.clear_rule("height")
            about.display = True
            return
        left = side - 1 - max(1, len(self.session.findings))
        height = max(left if left > 1 else 0, 0 if self.size.height < LOW else _TOLD)
        about.display = height > 0
        about.styles.height = max(1, height)

    def _describe(self) -> None:
        finding = self.finding
        if self.here is self.facts:
            lines = self._of_line(str(self.facts.key))
        elif finding is not None:
            what = "fix" if finding.fix is not None else "do"
            cut = cells(show(finding.title)) > self.findings.size.width - _BESIDE_TITLE
            lines = [
                *([[(f"{'finding':<{LABEL}}", "dim"), (finding.title, "")]] if cut else []),
                [(f"{what:<{LABEL}}", "dim"), (finding.fix_words, "")],
                [(f"{'why':<{LABEL}}", "dim"), (finding.why, "")],
            ]
        else:
            lines = []
        self.query_one("#about", Lines).set_lines([[("   ", ""), *line] for line in lines])

    def _of_line(self, name: str) -> list[Spans]:
        """What the line itself has no room for."""
        line = self.known.get(name)
        rows = self.facts.rows
        if line is None or not isinstance(rows, FactRows):
            return []
        lines: list[Spans] = []
        if not line.curves and not rows.fitted(line)[1]:
            lines = [[(line.text, "")]]
        return lines + [[(text, "dim")] for text in line.more]

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor."""
        found = self.session.findings
        return found[self.findings.cursor] if self.here is self.findings and found else None

    # Keys

    def action_other(self) -> None:
        other = self.findings if self.here is self.facts else self.facts
        if other is self.findings and not self.session.findings:
            self.say(self.findings.empty)
        else:
            focus_now(other)

    def action_again(self) -> None:
        self.find_out()
        self.session.reread()
        self.console.examine_again()
        self.refresh()
        self.say("Everything is asked again")

    def action_problem(self, step: int) -> None:
        """Over the lines, then over the findings."""
        lists = [self.facts, self.findings]
        places = [(each, index) for each in lists for index in range(len(each.rows))]
        here = places.index((self.here, self.here.cursor))
        beyond = places[here + 1 :] if step > 0 else places[:here][::-1]
        found = next((place for place in beyond if place[0].rows.cells(place[1]).marker.strip()), None)
        if found is None:
            self.say("No further line with a problem" if step > 0 else "No problem above")
        else:
            found[0].enter(found[1])

    def go_to_row(self, number: int) -> None:
        self.facts.enter(number - 1)

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        event.stop()
        self.action_go()

    def action_go(self) -> None:
        finding = self.finding
        if finding is None:
            go_to_screen(self, str(self.facts.key))
        elif not go_to_finding(self, finding):
            open_findings(self, self.findings.key)

    def action_fix(self) -> None:
        open_findings(self, self.findings.key if self.finding is not None else None)

    # As text

    @property
    def _text(self) -> list[str]:
        return list(as_text(self.known, self.session.findings))

    def action_copy(self) -> None:
        self.console.copy_and_show("\n".join(self._text))

    def action_save(self) -> None:
        from mailtui.screens.parts.savetext import save_text

        lines = self._text
        save_text(self, "overview", "overview.txt", lambda: lines, lambda path: self.say(f"Saved as {path}"))
