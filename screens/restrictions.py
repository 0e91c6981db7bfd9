"""Restrictions (`5`): the rules of smtpd as the conversation that they are, one service at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.postfix.instance import Instance
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for, on_again, takes_back
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.rulelines import RuleLine, as_text
from mailtui.screens.parts.ruleview import RuleView
from mailtui.screens.parts.savetext import save_text

if TYPE_CHECKING:
    from mailtui.edits.ruletemplates import Template
    from mailtui.screens.parts.classforms import Task
    from mailtui.screens.parts.rulecatalogue import Offered


class RestrictionsScreen(RuleView):
    """See the module's text."""

    MODE = "restrictions"
    EMPTY = "No service of master.cf runs smtpd"
    COLUMNS = (
        Column("WHEN", share=0, least=9, drop=66),
        Column("LIST", share=0, least=9),
        Column("RULE", share=1, least=24),
        Column("COSTS", share=0, least=15, drop=66),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="restrictions.new",
                tooltip="A rule more in this list, from all that smtpd knows."),
        Binding("J", "step(1)", "move", key_display="K/J", id="restrictions.down",
                tooltip="Move the rule down in its list."),
        Binding("c", "change", "change", id="restrictions.change",
                tooltip="Change the rule: its argument, warn only or not, the comment above it."),
        Binding("x", "explain", "explain", id="restrictions.explain",
                tooltip="What smtpd answers to a session, rule by rule, and why."),
        Binding("number_sign", "switch", "off/on", id="restrictions.switch",
                tooltip="Comment the rule out in its list, or in again."),
        Binding("d", "delete", "delete", id="restrictions.delete",
                tooltip="Stage the removal of the rule, with the comment above it."),
        Binding("K", "step(-1)", "move up", show=False, id="restrictions.up",
                tooltip="Move the rule up in its list."),
        Binding("enter", "open", "table", show=False, id="restrictions.open",
                tooltip="Open what the rule asks: its table, DNS list or policy service; else change it."),
        Binding("t", "try", "try", show=False, id="restrictions.try",
                tooltip="Try a key on its table, an address on its DNS list, a session on its service."),
        Binding("f", "fix", "fix", show=False, id="restrictions.fix",
                tooltip="What is offered for a rule that is wrong, or only warns."),
        Binding("C", "classes", "classes", show=False, id="restrictions.classes",
                tooltip="Make a restriction class, rename one, or remove one with its uses."),
        Binding("T", "templates", "templates", show=False, id="restrictions.templates",
                tooltip="Proposals for whole lists, to be staged and then changed."),
        Binding("D", "lists", "DNS lists", show=False, id="restrictions.dnslists",
                tooltip="All DNS lists of the chains: whether each lives; look an address up in them."),
        Binding("P", "policies", "policy services", show=False, id="restrictions.policies",
                tooltip="The policy services that the chains ask, greylisting too: try them, set them."),
        Binding("b", "settings", "switches", show=False, id="restrictions.switches",
                tooltip="The settings that govern the chains: smtpd_delay_reject, soft_bounce, codes…"),
        *list_keys("restrictions", "rules", "! ?"),
    ]  # fmt: skip

    # Changing rules

    def _acts(self, make: Callable[[Instance, Sequence[RuleLine]], Made]) -> None:
        def go() -> None:
            lines = [line for line in self.chosen() if line.row is not None]
            if lines:
                self.act(lambda after: make(after, lines))
            elif not self.none_shown():
                self.say(f"Here stands no rule; {key_for('restrictions.new', 'n')} puts one in", "warning")

        self.when_laid(go)

    def action_switch(self) -> None:
        from mailtui.screens.parts.ruleacts import switched

        self._acts(switched)

    def action_delete(self) -> None:
        from mailtui.screens.parts.ruleacts import removed

        ask_many(self, lambda: self._acts(removed))

    def action_step(self, by: int) -> None:
        def go() -> None:
            from mailtui.screens.parts.ruleacts import stepped

            line = self.row
            if line is not None and line.row is not None:
                self.act(lambda after: stepped(after, line, by))

        self.when_laid(go)

    async def action_change(self) -> None:
        from mailtui.screens.parts.ruleforms import change_form, change_notes, changed

        await self.laid()
        line, lines = self.row, self.laid_lines
        if line is None or lines is None or lines.chains is None:
            return
        row, chain = line.row, line.chain
        if row is None or chain is None:
            self.say(f"Here stands no rule; {key_for('restrictions.new', 'n')} puts one in", "warning")
        elif row.marker == "-":
            self.say(f"{row.text} is to be taken out; {takes_back()}", "warning")
        elif not row.enabled:
            self.say(f"{row.text} is off; {on_again('restrictions')}", "warning")
        elif row.kind == "reference":
            self.say(
                f"{row.text} holds the rules below it: change those, or the parameter itself",
                "warning",
            )
        else:
            form = change_form(lines.chains, row)
            await self.open_form(form, changed(chain, row), change_notes(row))

    async def action_new(self) -> None:
        from mailtui.screens.parts.rulecatalogue import RuleCatalogue, offered

        await self.laid()
        line, lines = self.row, self.laid_lines
        if line is None or lines is None or lines.chains is None:
            return
        chain = line.chain
        if chain is None:
            self.say("Patterns for messages are no rules of smtpd: set the parameter itself", "warning")
            return

        def chosen(rule: Offered | None) -> None:
            if rule is not None:
                self.call_later(self._add, line, rule)

        where = (
            chain.place.title if chain.stage.startswith("class:") else f"{chain.place.title}, {self.service}"
        )
        self.app.push_screen(RuleCatalogue(where, offered(lines.chains, chain.stage)), chosen)

    async def _add(self, line: RuleLine, rule: Offered) -> None:
        from mailtui.screens.parts.ruleforms import add_form, added, notes_on

        lines, chain, row = self.laid_lines, line.chain, line.row
        if lines is None or lines.chains is None or chain is None:
            return
        form = add_form(lines.chains, chain, row, rule)
        await self.open_form(form, added(chain, row, rule), notes_on(rule.name, rule.argument))

    def action_fix(self) -> None:
        from mailtui.screens.parts.rulefixing import offer_fixes

        self.when_laid(lambda: offer_fixes(self))

    # Classes and templates

    def action_classes(self) -> None:
        def go() -> None:
            from mailtui.screens.parts.chooser import Chooser
            from mailtui.screens.parts.classforms import tasks

            line, lines = self.row, self.laid_lines
            if lines is not None and lines.chains is not None:
                options = tasks(lines.chains, line.class_name if line is not None else "")
                self.app.push_screen(Chooser("Restriction classes", options), self._class_task)

        self.when_laid(go)

    def _class_task(self, task: Task | None) -> None:
        from mailtui.screens.parts.classforms import new_class, removed_class, rename_class

        if task is None:
            return
        if task.verb == "remove":
            self.act(lambda after: removed_class(after, task.name))
        else:
            self.call_later(self.open_form, *(new_class() if task.verb == "new" else rename_class(task.name)))

    def action_templates(self) -> None:
        from mailtui.screens.parts.chooser import Chooser
        from mailtui.screens.parts.classforms import from_template, templates

        def chosen(template: Template | None) -> None:
            if template is not None:
                self.when_laid(lambda: self.act(lambda after: from_template(after, template)))

        options, lines = templates()
        self.app.push_screen(Chooser("Templates: staged, then yours to change", options, lines), chosen)

    # Elsewhere

    def action_explain(self) -> None:
        from mailtui.screens.explain import open_explain

        line = self.row
        rule = None
        if line is not None and line.chain is not None and line.row is not None:
            rule = (line.chain.stage, line.row.name, line.row.argument)
        open_explain(self, rule=rule, service=self.service)

    def action_settings(self) -> None:
        self.console.action_view("switches")

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_open()

    def action_open(self) -> None:
        """What the rule under the cursor asks: a table, a DNS list, a policy service; another is changed."""
        from mailtui.screens.parts.ruleopen import open_asked

        if not self._open_table() and not open_asked(self, self.row):
            self.call_later(self.action_change)

    def action_lists(self) -> None:
        from mailtui.screens.dnslists import open_dns_lists

        open_dns_lists(self)

    def action_policies(self) -> None:
        from mailtui.screens.policyservices import open_policy_services

        open_policy_services(self)

    def _open_table(self) -> bool:
        """Open the table that the rule under the cursor asks; whether it asks one."""
        line = self.row
        if line is not None and line.check is not None:
            from mailtui.screens.contentchecks import open_content_checks

            open_content_checks(self, line.check.parameter)
            return True
        row = line.row if line is not None else None
        check = _check_of(line) if line is not None else ""
        if line is None or line.chain is None or row is None or not check:
            return False
        from mailtui.screens.access import open_access_table

        stage = line.chain.stage
        open_access_table(
            self, check, row.table, service=self.service, stage="" if line.class_name else stage,
            parameter=line.chain.place.name, line=row.line,
        )  # fmt: skip
        return True

    def action_try(self) -> None:
        from mailtui.screens.parts.ruleopen import open_asked

        if self._open_table():
            self.app.call_later(self.app.run_action, "screen.try")
        elif not open_asked(self, self.row, test=True):
            self.say("This rule asks no table, DNS list or policy service", "warning")

    def action_copy(self) -> None:
        def go() -> None:
            if lines := self.chosen():
                self.console.copy_and_show("\n".join(as_text(line) for line in lines))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(line) for line in self.shown_rows())

        save_text(self, "rules", "restrictions.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _check_of(line: RuleLine) -> str:
    """The check_…_access that asks the rule's table; empty for a rule without a table of that kind."""
    row = line.row
    if row is None or not row.table or row.marker == "-" or line.chain is None:
        return ""
    name = row.name.lower() or DEFAULT_COMMANDS.get(line.chain.title, "")
    return name if name.endswith("_access") else ""
