"""Milters (`6`): the lists that smtpd and cleanup ask, in their order, and whether each milter answers.

Tab leads on to the keys (`dkimkeys`) and the programs' files (`filterfiles`): lists of their own, on
`Sibling` (parts/siblings.py), under the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits import milters
from mailtui.edits.candidate import Candidate
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import milterforms
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.beside import beside, in_daemon
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for, on_again, takes_back
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.milterdetail import about, title
from mailtui.screens.parts.milterlines import MilterLine, as_text
from mailtui.screens.parts.milterview import MilterView
from mailtui.screens.parts.savetext import save_text

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding
    from mailtui.milters.chains import MilterChain, MilterRow


class MiltersScreen(MilterView):
    """See the module's text."""

    MODE = "milters"
    EMPTY = "No service of master.cf asks a milter"
    COLUMNS = (
        Column("LIST", share=0, least=11),
        Column("ADDRESS", share=3, least=20),
        Column("PROGRAM", share=0, least=13, drop=66),
        Column("STATE", share=0, least=14),
        Column("IF DOWN", share=0, least=10, drop=70),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="milters.new",
                tooltip="A milter more: in smtpd_milters, non_smtpd_milters, or a service's own list."),
        Binding("J", "step(1)", "move", key_display="K/J", id="milters.down",
                tooltip="Move the milter down in its list."),
        Binding("c", "change", "change", id="milters.change",
                tooltip="Change its address, what happens while it is down, its time limits, its comment."),
        Binding("number_sign", "switch", "off/on", id="milters.switch",
                tooltip="Comment the milter out in its list, or in again."),
        Binding("x", "explain", "explain", id="milters.explain",
                tooltip="All about the milter: its three addresses, the way to it, what it wants."),
        Binding("d", "delete", "delete", id="milters.delete",
                tooltip="Stage the removal of the milter; of a service's empty list: main.cf's holds."),
        Binding("K", "step(-1)", "move up", show=False, id="milters.up",
                tooltip="Move the milter up in its list."),
        Binding("enter", "open", "change", show=False, id="milters.open",
                tooltip="Change the milter; of a table of smtpd_milter_maps: open it."),
        Binding("f", "fix", "fix", show=False, id="milters.fix",
                tooltip="What is offered for a milter with which something is wrong."),
        Binding("b", "settings", "settings", show=False, id="milters.settings",
                tooltip="The parameters that hold for all: milter_default_action, time limits, macros."),
        *list_keys("milters", "milters", "! ?"),
    ]  # fmt: skip

    # Changing

    def _acts(self, make: Callable[[Instance, MilterChain, MilterRow], Plan]) -> None:
        def go() -> None:
            lines = [line for line in self.chosen() if line.row is not None and line.row.marker != "-"]
            if not lines and self.none_shown():
                return
            if not lines:
                self.say(f"Here stands no milter; {key_for('milters.new', 'n')} puts one in", "warning")
                return
            self.act(lambda after: _together(after, lines, make))

        self.when_laid(go)

    def action_switch(self) -> None:
        self._acts(lambda after, _chain, row: milters.switch(after, row))

    def action_delete(self) -> None:
        line = self.row
        if line is not None and line.kind == "empty" and line.chain.service and not self.lines.marked:
            chain = line.chain
            self.when_laid(lambda: self.act(lambda after: _made(milters.without_own(after, chain), line)))
        else:
            ask_many(self, lambda: self._acts(lambda after, _chain, row: milters.remove(after, row)))

    def action_step(self, by: int) -> None:
        def go() -> None:
            line = self.row
            if line is not None and line.row is not None:
                row = line.row
                self.act(lambda after: _made(milters.step(after, line.chain, row, by), line))

        self.when_laid(go)

    async def action_new(self) -> None:
        await self.laid()
        line, edits = self.row, self.session.draft.edits
        if line is None:
            return
        chain, row = line.chain, line.row
        known = await in_daemon(
            lambda: milterforms.known_milters(self.ahead.at(edits).instance, chain), "running"
        )
        if chain.parameter == "smtpd_milter_maps":
            self.say("A table is set as smtpd_milter_maps in Parameters: its entries name milters", "warning")
            return
        form = milterforms.add_form(chain, row, known)
        await self.open_form(form, milterforms.added(chain, row), milterforms.notes_on)

    async def action_change(self) -> None:
        await self.laid()
        line, edits = self.row, self.session.draft.edits
        row = line.row if line is not None else None
        if line is None or row is None:
            self.say(f"Here stands no milter; {key_for('milters.new', 'n')} puts one in", "warning")
        elif row.marker == "-":
            self.say(f"{row.rule.text} is to be taken out; {takes_back()}", "warning")
        elif not row.enabled:
            self.say(f"{row.rule.text} is off; {on_again('milters')}", "warning")
        elif line.kind != "milter":
            self.say(f"{row.rule.text} is no milter itself: set the parameter itself", "warning")
        else:
            chain = line.chain
            known = await in_daemon(
                lambda: milterforms.known_milters(self.ahead.at(edits).instance, chain), "settings"
            )
            form = milterforms.change_form(row, known.actual)
            await self.open_form(form, milterforms.changed(chain, row), milterforms.notes_on)

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_open()

    def action_open(self) -> None:
        line = self.row
        if line is not None and line.kind == "map":
            self.console.show_filtered("parameters", "smtpd_milter_maps")
        else:
            self.call_later(self.action_change)

    def action_fix(self) -> None:
        line, edits = self.row, self.session.draft.edits
        if line is None:
            return

        def look() -> list[Finding]:
            from mailtui.doctor import clamav, milterorder
            from mailtui.doctor import milters as family
            from mailtui.doctor.examine import examine

            families = (family.findings, milterorder.findings, clamav.findings)
            found = examine(self.ahead.at(edits).instance, families)
            name = line.facts.name if line.facts is not None else ""
            own = [each for each in found if name and each.about.filter == name]
            return [*family.of_line(found, line.chain, line.row), *own]

        beside(self, "fix", look, lambda found: self._offer(line, found), self.bad)

    def _offer(self, line: MilterLine, found: list[Finding]) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option

        options = [Option(each.id, each.fix_words, each.fix) for each in found if each.fix is not None]
        hints = [each.fix_words for each in found if each.fix is None]
        if not options:
            if hints:
                self.say(hints[0])
            else:
                from mailtui.screens.findings import open_findings

                open_findings(self, "Nothing is wrong here that an edit could mend")
            return

        def chosen(plan: Plan | None) -> None:
            if plan is not None:
                self.when_laid(lambda: self.act(lambda _after: _made(plan, line)))

        self.app.push_screen(Chooser(line.text, options, hints), chosen)

    # Elsewhere

    def action_explain(self) -> None:
        line = self.row
        if line is not None:
            spans = [*title(line), *about(line, self.alives)]
            text = "\n".join("".join(part for part, _ in each) for each in spans)
            self.console.show_plain(line.text, text, hang=True)

    def action_settings(self) -> None:
        self.console.show_filtered("parameters", "milter")

    def action_copy(self) -> None:
        def go() -> None:
            if lines := self.chosen():
                self.console.copy_and_show("\n".join(as_text(line, self.alives) for line in lines))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(line, self.alives) for line in self.shown_rows())

        save_text(self, "milters", "milters.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _made(plan: Plan, line: MilterLine) -> Made:
    return milterforms.made_of(plan, line.chain, line.row)


def _together(
    after: Instance, lines: list[MilterLine], make: Callable[[Instance, MilterChain, MilterRow], Plan]
) -> Made:
    """The same for several milters as one act: from the last to the first, so that places stay."""
    if len(lines) == 1:
        line = lines[0]
        assert line.row is not None  # the caller looked
        return _made(make(after, line.chain, line.row), line)
    whole = Plan()
    for line in reversed(lines):
        assert line.row is not None  # the caller looked
        plan = make(after, line.chain, line.row)
        says = tuple(dict.fromkeys((*whole.says, *plan.says)))
        whole = Plan((*whole.edits, *plan.edits), says, whole.refused or plan.refused)
        after = after.over(Candidate(after.files, plan.edits)) if plan.edits else after
    if not whole.edits:
        return Made(refused=whole.refused)
    told = [*whole.says, *([whole.refused] if whole.refused else [])]
    return Made(whole.edits, f"{len(lines)} milters", says=told)
