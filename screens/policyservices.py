"""The policy services of the chains (`P` in Restrictions): which program each is, whether it answers and how
fast, what it says to a session, what is set for it, and what becomes of mail while it is down.

open_policy_services(screen)                                 # all
open_policy_services(screen, "inet:127.0.0.1:10023")         # the cursor on the one of this rule
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.milters.policydspf import policyds
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyrows import PolicyRow, asked, policy_rows, program_of
from mailtui.postfix.policyservices import PROBE, Tried
from mailtui.postfix.policysettings import when_down
from mailtui.postfix.smtpd.policy import endpoint
from mailtui.screens.parts.askedlist import AskedList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.heard import policy_told
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.policydetail import (
    Asking,
    Said,
    about,
    as_text,
    session_form,
    session_made,
    session_notes,
    session_words,
    settings_form,
    settings_made,
    settings_notes,
)
from mailtui.text.fewrows import FewRows

if TYPE_CHECKING:
    from mailtui.edits.plan import Plan
    from mailtui.screens.parts.frame import ConsoleScreen
    from mailtui.screens.parts.text import Spans


def _words(row: PolicyRow) -> str:
    return " ".join((row.written, row.service.program, *row.service.rules))


class PolicyServicesScreen(AskedList[PolicyRow]):
    """See the module's text."""

    MODE = "restrictions"
    NOUNS = ("service", "services")
    HELP_TITLE = "policy services"
    EMPTY = "No rule asks a policy service; {policies.new:n} adds greylisting"
    COLUMNS = (
        Column("SERVICE", share=3, least=22),
        Column("PROGRAM", share=0, least=11),
        Column("STATE", share=0, least=12),
        Column("WHILE IT IS DOWN", share=3, least=14, drop=66),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "set", id="policies.set",
                tooltip="Its timeouts, and what is done while it is down, for the rules that ask it."),
        Binding("t", "test", "try session", id="policies.test",
                tooltip="Ask it about a session of your choice, and show its answer."),
        Binding("r", "again", "ask again", id="policies.again",
                tooltip="Ask all of them again, about a session that is nobody's."),
        Binding("o", "postgrey", "postgrey", id="policies.postgrey",
                tooltip="postgrey's options, and whom it does not greylist."),
        Binding("n", "new", "greylisting", id="policies.new",
                tooltip="Add greylisting: the right place in the chain, or a class that recipients choose."),
        *list_keys("policies", "services", "! ?"),
        Binding("escape", "end", "end, back", show=False, id="policies.back",
                tooltip="End the asking; once all have answered: go back."),
    ]  # fmt: skip

    TYPED = "ask session"
    SAVED = ("services", "policyservices.txt")
    BETWEEN = "\n\n"

    def __init__(self, to: Hashable | None = None, *, test: bool = False) -> None:
        super().__init__(to, test=test)
        self.typed: dict[Hashable, Said] = {}
        """What each said to the session that was typed last."""
        self._told = dict(PROBE)
        self._does: dict[str, tuple[str, ...]] = {}

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[PolicyRow]:  # noqa: ARG002
        self._does = {each.endpoint: each.says for each in policyds(after)}
        return FewRows(policy_rows(after), self.key_of, _words)

    def key_of(self, row: PolicyRow) -> str:
        return row.written

    def asker(self) -> Callable[[PolicyRow], Tried]:
        instance = self.session.instance
        return lambda row: asked(instance, row)

    def heard(self, row: PolicyRow, answer: Tried) -> None:
        self.session.heard.policy(row.written, answer)

    def action_again(self) -> None:
        self.typed.clear()
        super().action_again()

    # What is shown

    def cells_of(self, row: PolicyRow) -> Row:
        known = self.session.heard.policy_state(row.written)
        program, _ = program_of(row, known[0] if known is not None else None)
        down = when_down(row.value("default_action")).partition(":")[0]
        if known is None or row.written in self.asking:
            word = "asking…" if row.written in self.asking else "not asked"
            return Row((row.written, program, [(word, "dim")], [(down, "dim")]), self._marker(row))
        told = policy_told(*known)
        marker = told.marker if told.marker.strip() else self._marker(row)
        return Row((row.written, program, [(told.word, told.style)], [(down, "dim")]), marker)

    def _marker(self, row: PolicyRow) -> str:
        return "~" if any(rule.marker in "+~" for rule in row.rules) else "?" if row.differ else " "

    def aside(self) -> str:
        return self.waits()

    def _about(self, row: PolicyRow) -> list[Spans]:
        known = self.session.heard.policy_state(row.written)
        typed, asking = self.typed.get(row.written), row.written in self.asking
        return list(about(row, known, typed, asking=asking, does=self._does.get(row.written, ())))

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        self.pane.show([(row.written, "bold")], [(f"asked by {row.smtpd}", "dim")], self._about(row))

    # Keys

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self._set)

    async def _set(self) -> None:
        await self.laid()
        row = self.row
        if row is not None:
            await self.open_form(settings_form(row), settings_made(row), settings_notes)

    async def action_test(self) -> None:
        await self.laid()
        row = self.row
        if row is not None:
            await self.open_form(session_form(row, self._told), session_made, session_notes)

    def stage(self, made: Made) -> None:
        """The form of a session asks; nothing is staged by that."""
        if not isinstance(made, Asking):
            super().stage(made)
        elif made.told is not None and self.row is not None:
            self._told = made.told
            self._ask_session(self.row, made.told)

    def _ask_session(self, row: PolicyRow, told: dict[str, str]) -> None:
        instance = self.session.instance

        def answered(tried: Tried) -> None:
            self.typed[row.written] = Said(session_words(told), tried)
            self.describe(self.lines.key)
            self.say(f"{row.written} {tried.says}", "information" if tried.alive else "warning")

        self.say(f"Asking {row.written}…  Esc ends it")
        beside(self, self.TYPED, lambda: asked(instance, row, told), answered, self.bad)

    def action_postgrey(self) -> None:
        from mailtui.screens.postgrey import PostgreyScreen

        self.app.push_screen(PostgreyScreen())

    def action_new(self) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option
        from mailtui.screens.parts.greylistadding import added, ways

        edits = self.session.draft.edits

        def chosen(plan: Plan | None) -> None:
            if plan is not None:
                self.stage(added(plan))

        def show(found: list[tuple[str, Plan]]) -> None:
            options = [Option("", title, plan) for title, plan in found]
            lines = [said for _, plan in found for said in (plan.says or (plan.refused,)) if said]
            self.app.push_screen(Chooser("Greylisting: staged, then yours to change", options, lines), chosen)

        beside(self, "ways", lambda: ways(self.ahead.at(edits).instance), show, self.bad)

    def as_text(self, row: PolicyRow) -> str:
        return as_text(row, self._about(row))


def open_policy_services(screen: ConsoleScreen, argument: str = "", *, test: bool = False) -> None:
    """Open the services over a screen, the cursor on the one that a rule asks; `test`: try a session."""
    to = endpoint(argument).written if argument else None
    screen.app.push_screen(PolicyServicesScreen(to, test=test))
