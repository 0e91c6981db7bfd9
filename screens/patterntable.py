"""An access table of networks or patterns (cidr, regexp, pcre), opened from its rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.formats.target import Target
from mailtui.postfix.accessuses import AccessRules, AccessUse, access_lookup
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.patternrows import CheckValue, PatternLine, rules_target
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.patternlist import PatternList
from mailtui.screens.parts.text import Spans
from mailtui.screens.parts.trydialog import TryDialog


class PatternTableScreen(PatternList):
    """One table, as one rule asks it."""

    HELP_TITLE = "an access table"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "try", "try", id="patterns.try",
                tooltip="Try a client, name or address on the table, by postmap -q; what is staged counts."),
    ]  # fmt: skip

    def __init__(self, use: AccessUse) -> None:
        super().__init__()
        self.use = use
        self._rules: AccessRules | None = None

    def table(self) -> Target:
        target = rules_target(access_lookup(self.session.instance, self.use.table))
        if target is None:
            raise ParameterError(f"{self.use.table} is no text of rules", "open it as a table of keys", "")
        return target

    def rules(self, after: Instance) -> AccessRules:
        """What holds where the table is asked. In a thread; raises InstanceError."""
        self._rules = AccessRules.of(after, self.use.check, self.use.service, self.use)
        return self._rules

    def check_value(self, after: Instance) -> CheckValue:
        from mailtui.postfix.accessactions import Severity, check_action

        place = self.rules(after).place

        def check(value: str) -> Sequence[tuple[str, Severity]]:
            return [(said.text, said.severity) for said in check_action(value, place)]

        return check

    def actions(self, after: Instance) -> Sequence[tuple[str, str]]:
        from mailtui.postfix.accessactions import words

        return words(self.rules(after).place)

    def detail(self, line: PatternLine) -> list[Spans]:
        from mailtui.postfix.accessactions import told

        if self._rules is None or line.row.kind != "rule":
            return []
        whom = self._rules.kind.whom
        return [
            [(f"{'does':<{LABEL}}", "dim"), (told(line.value, self._rules.place), "")],
            [
                (f"{'asked by':<{LABEL}}", "dim"),
                (f"{self.use.check}, for {whom}: whole, never a part of it", "dim"),
            ],
        ]

    def action_try(self) -> None:
        instance, edits = self.session.instance, self.session.draft.edits

        def answered(answer: str | None) -> None:
            if answer is None:
                return

            def look() -> list[str]:
                from mailtui.screens.parts.accessdetail import tried

                return tried(instance, self.use, answer, self.ahead.at(edits).instance if edits else None)

            title = f"{answer} in {self.use.table}"
            beside(self, "try", look, lambda lines: self.app.push_screen(TextView(title, lines)), self.bad)

        def asks(rules: AccessRules) -> None:
            what = f"{rules.kind.whom}: {rules.kind.hint}"
            self.app.push_screen(TryDialog(self.use.check, "", what), answered)

        beside(self, "rules", lambda: self.rules(instance), asks, self.bad)
