"""A table of header or body checks: its rules as a tree, each tried on a sample message as it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from textual.binding import Binding, BindingType

from mailtui.formats.patterns import Patterns
from mailtui.formats.target import Target
from mailtui.postfix.contentactions import ACTIONS, read_action
from mailtui.postfix.contentchecks import CheckTable, action_problems, check_tables, try_rule
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.patternrows import CheckValue, PatternLine, Severity
from mailtui.postfix.trymessage import Trial, fires_on, try_message
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.chooser import Chooser, Option
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.patternlist import PatternList
from mailtui.screens.parts.sampledialog import SampleDialog
from mailtui.screens.parts.text import Spans
from mailtui.text.safe import encode, safe

SHOWN = 3
"""How many lines of the sample the form names on which a rule fires."""


class ContentChecksScreen(PatternList):
    """One table, as all parameters that name it ask it."""

    HELP_TITLE = "the header and body checks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "try", "test", id="patterns.test",
                tooltip="Run a message through all checks by postmap -q; what is staged counts."),
    ]  # fmt: skip
    sample: ClassVar[str] = ""
    """The message that is tried, kept while the console runs."""

    def __init__(self, table: CheckTable) -> None:
        super().__init__()
        self.checks = table

    def table(self) -> Target:
        assert self.checks.target is not None  # open_content_checks sees to it
        return self.checks.target

    def check_value(self, after: Instance) -> CheckValue:  # noqa: ARG002
        def check(value: str) -> Sequence[tuple[str, Severity]]:
            made = self._parsed(b"/x/ " + encode(value) + b"\n")
            found = (each for row in made.rows for each in action_problems(row, self.checks.parameters))
            return [(each.text, each.severity) for each in found]

        return check

    def _parsed(self, raw: bytes) -> Patterns:
        from mailtui.formats.document import parse

        return cast("Patterns", parse(self.table().format, raw))

    def actions(self, after: Instance) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        return tuple(ACTIONS.items())

    def typed(self, after: Instance, text: str) -> Sequence[tuple[str, Severity]]:
        rule = encode(text)
        condition = text[:2].lower() == "if"
        document = self._parsed(rule + (b"\n/^/ x\nendif\n" if condition else b"\n"))
        wrong = try_rule(document, document.raw, after.config_dir)
        if wrong:
            return [(wrong, "error")]
        if not self.sample:
            return []
        hits = fires_on(after, document, encode(self.sample), self.checks.parameters)
        if not hits:
            return [("fires on no line of the sample", "advice")]
        lines = ", ".join(f"{piece.line} {safe(piece.text, 30)}" for piece, _ in hits[:SHOWN])
        more = f" and {len(hits) - SHOWN} more" if len(hits) > SHOWN else ""
        return [(f"fires on {lines}{more}", "advice")]

    def detail(self, line: PatternLine) -> list[Spans]:
        if line.row.kind != "rule":
            return []
        action = read_action(line.value, self.checks.parameters[0])
        return [
            [(f"{'does':<{LABEL}}", "dim"), (safe(action.does, 200), "")],
            [(f"{'asked by':<{LABEL}}", "dim"), (", ".join(self.checks.parameters), "dim")],
        ]

    def action_try(self) -> None:
        dialog = SampleDialog(self.sample)

        def answered(wanted: bool | None) -> None:
            text = type(self).sample = dialog.typed
            if not wanted or not text:
                return
            edits = self.session.draft.edits

            def look() -> Trial:
                return try_message(self.ahead.at(edits).instance, encode(text))

            beside(self, "try", look, self._told, self.bad)

        self.app.push_screen(dialog, answered)

    def _told(self, trial: Trial) -> None:
        self.app.push_screen(TextView("What the checks make of it", report(trial), hang=True))


def report(trial: Trial) -> list[str]:
    """What a message comes to, line by line."""
    said = [trial.says, ""]
    for fired in trial.fired:
        text = safe(fired.text, 50)
        said.append(f"{fired.at:>4}  {text}")
        said.append(
            f"      {fired.place} {safe(fired.rule, 40)}: {fired.action.word} {safe(fired.action.does, 80)}"
        )
        if fired.action.problem:
            said.append(f"      ! {fired.action.problem}")
    if not trial.fired:
        said.append("No rule fires.")
    said += [f"! {text}" for text in (*trial.problems, *trial.broken)]
    if trial.unseen:
        lines = "1 body line is" if trial.unseen == 1 else f"{trial.unseen} body lines are"
        said.append(f"? {lines} behind body_checks_size_limit")
    return said


def open_content_checks(screen: ConsoleScreen, parameter: str = "") -> None:
    """Open the tables of a parameter (`header_checks`), or of all, over a screen; of several, choose."""
    try:
        tables = check_tables(screen.session.instance, parameter)
        everyone = {each.lookup.spec: each for each in check_tables(screen.session.instance)}
    except InstanceError as error:
        screen.say(str(error), "error")
        return
    able = [everyone[each.lookup.spec] for each in tables if each.target is not None]
    if not able:
        what = safe(", ".join(each.lookup.how for each in tables))
        screen.say(f"{parameter or 'these checks'}: {what or 'no table is set'}", "warning")
    elif len(able) == 1:
        screen.app.push_screen(ContentChecksScreen(able[0]))
    else:
        options = [Option(each.name, ", ".join(each.parameters), each) for each in able]
        screen.app.push_screen(Chooser("Which table", options), lambda chosen: _open(screen, chosen))


def _open(screen: ConsoleScreen, table: CheckTable | None) -> None:
    if table is not None:
        screen.app.push_screen(ContentChecksScreen(table))
