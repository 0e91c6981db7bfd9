"""A list of the rules of one table of patterns or networks, in their order: edited, moved, switched.

class HeaderRules(PatternList):
    def table(self): return target                          # the text
    def check_value(self, after): return lambda value: …    # what is wrong with a result
    def detail(self, line): …                               # further lines in the pane
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.patternrows import (
    CheckValue,
    PatternLine,
    PatternLines,
    Severity,
    pattern_lines,
    rules_document,
    told,
)
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for, on_again
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans
from mailtui.screens.parts.typedlines import SIGNS

_KINDS = {"rule": "rule", "if": "condition", "endif": "end of the condition", "other": "not understood"}


class PatternList(BackgroundList[PatternLine]):
    """See the module's text."""

    MODE = "restrictions"
    NOUNS = ("rule", "rules")
    EMPTY = "No rule yet; {patterns.new:n} makes one"
    COLUMNS = (Column("MATCHES", share=5, least=20), Column("ACTION", share=5, least=16))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="patterns.new", tooltip="A rule more, before this one or as the last."),
        Binding("enter", "edit", "edit", id="patterns.edit", tooltip="Edit what it matches, and its action."),
        Binding("d", "delete", "delete", id="patterns.delete",
                tooltip="Stage the removal; of an if with all that is in it."),
        Binding("J", "step(1)", "move", key_display="K/J", id="patterns.down",
                tooltip="Move the rule down: the first that matches counts."),
        Binding("number_sign", "switch", "off/on", id="patterns.switch",
                tooltip="Comment the rule out, or in again; it stays in the file."),
        Binding("K", "step(-1)", "move up", show=False, id="patterns.up", tooltip="Move the rule up."),
        *list_keys("patterns", "rules", "! ?"),
    ]  # fmt: skip

    # What a screen says

    @abstractmethod
    def table(self) -> Target:
        """The text."""

    @abstractmethod
    def check_value(self, after: Instance) -> CheckValue:
        """What is wrong with a result. In a thread; raises InstanceError."""

    def actions(self, after: Instance) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """What may stand as a result, with a sentence each: it completes what is typed."""
        return ()

    def detail(self, line: PatternLine) -> list[Spans]:  # noqa: ARG002
        """What else there is to say of a rule, in the pane."""
        return []

    def typed(self, after: Instance, text: str) -> Sequence[tuple[str, Severity]]:  # noqa: ARG002
        """What there is to say of a whole rule as it is typed. In a thread; raises InstanceError."""
        return ()

    @property
    def word(self) -> str:
        """What a rule matches by."""
        return "network" if self.table().type == "cidr" else "pattern"

    # The list

    def read(self, after: Instance, edits: Sequence[Edit]) -> PatternLines:  # noqa: ARG002
        return pattern_lines(self.session.instance.files, after.files, self.table(), self.check_value(after))

    @property
    def lines_now(self) -> PatternLines | None:
        """The rows with the text they are from."""
        return self.listing if isinstance(self.listing, PatternLines) else None

    def cells_of(self, row: PatternLine) -> Row:
        off = not row.row.enabled or row.marker == "-"
        style = "dim" if off else ""
        indent = "  " * row.row.depth
        return Row(([(indent, ""), (row.name, style)], [(row.value, style)]), row.marker, style)

    def aside(self) -> str:
        return f"{self.table().spec}"

    def describe(self, key: Hashable | None) -> None:
        line = self.row_of(key)
        if line is None:
            self.pane.show([], [], [])
            return
        shown: list[Spans] = [[(f"{'action':<{LABEL}}", "dim"), (line.value, "")]] if line.value else []
        shown += [
            [(f"{'':<{LABEL}}", ""), (SIGNS[severity][0] + text, SIGNS[severity][1])]
            for text, severity in line.notes
        ]
        if line.row.enabled and line.at is not None:
            shown += self.detail(line)
        where = f"{self.table().name}:{line.row.line}" if line.marker != "+" else "new"
        self.pane.show([(line.name, "bold"), (f"  {_KINDS[line.row.kind]}", "dim")], [(where, "dim")], shown)

    # Changing rules

    def _document(self, after: Instance) -> PatternLines:
        return pattern_lines(self.session.instance.files, after.files, self.table(), lambda _value: ())

    def _acts(self, make: Callable[[PatternLines, int], Edit | None]) -> None:
        """Stage an edit for each chosen rule, the last first: the places of those above stay."""

        def go() -> None:
            lines = [line for line in self.chosen() if line.at is not None]
            if not lines and self.none_shown():
                return
            if not lines:
                self.say(f"Here is no rule; {key_for('app.undo', 'u')} takes back what is staged", "warning")
                return
            wanted = sorted((line.at for line in lines if line.at is not None), reverse=True)
            self.act(lambda after: self._all_edits(after, wanted, make))

        self.when_laid(go)

    def _all_edits(
        self, after: Instance, places: Sequence[int], make: Callable[[PatternLines, int], Edit | None]
    ) -> Made:
        from mailtui.edits.candidate import Candidate

        edits: list[Edit] = []
        for at in places:
            lines = self._document(after)
            try:
                edit = make(lines, at)
            except Refused as refused:
                return Made(refused=str(refused))
            if edit is not None:
                edits.append(edit)
                after = after.over(Candidate(after.files, [edit]))
        label = f"{edits[0].marker} {len(edits)} rules of {self.table().name}" if len(edits) > 1 else ""
        return Made(edits, label, says=[edit.describe() for edit in edits[:2]])

    def action_delete(self) -> None:
        from mailtui.edits.patternmaking import removing

        def remove(lines: PatternLines, at: int) -> Edit | None:
            return removing(lines.document, lines.target, at)

        ask_many(self, lambda: self._acts(remove))

    def action_switch(self) -> None:
        from mailtui.edits.patternmaking import switching

        def switch(lines: PatternLines, at: int) -> Edit | None:
            return switching(lines.document, lines.target, at)

        self._acts(switch)

    def action_step(self, by: int) -> None:
        from mailtui.edits.patternmaking import moving

        def go() -> None:
            line = self.row
            if line is None or line.at is None:
                return
            at = line.at

            def move(lines: PatternLines, at: int) -> Edit | None:
                rows = lines.document.rows
                last = lines.document.last_of(at)
                if (by < 0 and at == 0) or (by > 0 and last + 1 >= len(rows)):
                    raise Refused("it is the first rule" if by < 0 else "it is the last rule")
                before = at - 1 if by < 0 else last + 2
                return moving(lines.document, lines.target, at, before if before < len(rows) else None)

            self.act(lambda after: self._all_edits(after, [at], move))

        self.when_laid(go)

    async def action_new(self) -> None:
        await self.laid()
        await self._form(None)

    async def action_edit(self) -> None:
        await self.laid()
        line = self.row
        if line is None or line.at is None:
            self.say("Here is no rule to edit", "warning")
        elif not line.row.enabled:
            self.say(f"The rule is off; {on_again('patterns')}", "warning")
        elif line.row.kind in {"endif", "other"}:
            self.say("Only a rule or a condition can be edited here", "warning")
        else:
            await self._form(line)

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def _form(self, line: PatternLine | None) -> None:
        from mailtui.screens.parts.patternform import checked, edited, rule_form

        form = rule_form(self, line, self.row)
        await self.open_form(form, edited(self, line, self.row), checked(self))

    # Elsewhere

    def action_copy(self) -> None:
        def go() -> None:
            if lines := self.chosen():
                self.console.copy_and_show("\n".join(told(line) for line in lines))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (told(line) for line in self.shown_rows())

        name = self.table().name
        save_text(self, "rules", f"{name}.txt", lines, lambda path: self.say(f"Saved as {path}"))

    def document_of(self, after: Instance) -> PatternLines:
        """The rules as they will be. Raises OSError."""
        rules_document(after.files, self.table())
        return self._document(after)
