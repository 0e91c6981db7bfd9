"""The access table of a restriction, opened from its rule: the keys, what each answers, and why it is there.

open_access_table(screen, "check_client_access", "hash:/etc/postfix/access", service="smtp/inet")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.postfix.accessuses import AccessUse, access_lookup, access_tables
from mailtui.screens.aliases import AliasesScreen
from mailtui.screens.parts.accessdetail import AccessAliasRows
from mailtui.screens.parts.columns import Column

if TYPE_CHECKING:
    from mailtui.postfix.aliases import AliasList
    from mailtui.postfix.aliastables import AliasTables
    from mailtui.postfix.instance import Instance
    from mailtui.screens.parts.aliasrows import AliasRows
    from mailtui.screens.parts.frame import ConsoleScreen


class AccessScreen(AliasesScreen):
    """One table, as one rule asks it."""

    MODE = "restrictions"
    NOUNS = ("entry", "entries")
    HELP_TITLE = "an access table"
    EMPTY = "No entry yet; {aliases.new:n} makes one"
    COLUMNS = (
        Column("KEY", share=4, least=16),
        Column("ACTION", share=5, least=16),
        Column("NOTE", share=3, least=12, drop=66),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="aliases.new", tooltip="Make a new entry."),
        Binding("enter", "edit", "edit", id="aliases.edit", tooltip="Edit the key and its action."),
        Binding("t", "try", "try", id="aliases.try",
                tooltip="Try a client, name or address: each key that smtpd asks, by postmap -q."),
    ]  # fmt: skip

    def __init__(self, use: AccessUse) -> None:
        super().__init__()
        self.use = use
        self.view = use.check
        self.views = (use.check,)

    def views_of(self, instance: Instance) -> tuple[str, ...]:  # noqa: ARG002
        return (self.use.check,)

    def tables_of(self, instance: Instance, view: str) -> AliasTables:  # noqa: ARG002
        edits = self.session.draft.edits
        return access_tables(instance, self.use, self.ahead.at(edits).instance if edits else None)

    def columns_of(self, view: str) -> tuple[Column, ...]:  # noqa: ARG002
        return self.COLUMNS

    def rows_of(self, aliases: AliasList) -> AliasRows:
        return AccessAliasRows(aliases, self.trouble)

    def aside(self) -> str:
        return f"{self.use.check} {self.use.table.rpartition('/')[2]}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is one list here."""
        return False if action == "view" else super().check_action(action, parameters)

    def on_mount(self) -> None:
        super().on_mount()
        self.lines.set_columns(*self.COLUMNS)

    def action_try(self) -> None:
        from mailtui.postfix.accessuses import AccessRules
        from mailtui.screens.parts.accessdetail import tried
        from mailtui.screens.parts.trydialog import TryDialog

        row = self.row
        text = row.address if row is not None and row.kinds[0] not in {"opaque", "pattern"} else ""
        edits = self.session.draft.edits

        def answered(answer: str | None) -> None:
            if answer is None:
                return

            def look() -> list[str]:
                staged = self.ahead.at(edits).instance if edits else None
                return tried(self.session.instance, self.use, answer, staged)

            self._show(f"{answer} in {self.use.table}", look)

        def asks(rules: AccessRules) -> None:
            dialog = TryDialog(self.use.check, text, f"{rules.kind.whom}: {rules.kind.hint}")
            self.app.push_screen(dialog, answered)

        from mailtui.screens.parts.beside import beside

        instance = self.session.instance
        beside(
            self, "rules", lambda: AccessRules.of(instance, self.use.check, self.use.service, self.use), asks,
            self.bad,
        )  # fmt: skip


def open_access_table(
    screen: ConsoleScreen, check: str, table: str, *, service: str = "", stage: str = "",
    parameter: str = "", line: int | None = None,
) -> None:  # fmt: skip
    """Open the table of a rule over a screen, as its type has it: keys, or patterns in their order.

    `check` is the restriction (check_client_access …), `table` its table as the rule names it.
    """
    use = AccessUse(check.lower(), table, service, stage, parameter, line)
    lookup = access_lookup(screen.session.instance, table)
    if lookup.has_file and lookup.type in {"cidr", "regexp", "pcre"}:
        from mailtui.screens.patterntable import PatternTableScreen

        screen.app.push_screen(PatternTableScreen(use))
    else:
        screen.app.push_screen(AccessScreen(use))
