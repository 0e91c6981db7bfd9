"""Explain (`x` in Restrictions and in the log): what smtpd answers to a session, rule by rule, and why.

open_explain(screen, session)           # a session filled in, as from a line of the log
open_explain(screen, rule=(stage, name, argument), service="smtp/inet")     # the last one, at this rule
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from mailtui.postfix.errors import InstanceError
from mailtui.screens.parts.beside import beside, in_daemon
from mailtui.screens.parts.cases import case_problem, case_words, drop_case, keep_form, kept, outcome_of
from mailtui.screens.parts.explaining import AskedFor, proposal, session_form, session_made, session_notes
from mailtui.screens.parts.explainrows import as_text
from mailtui.screens.parts.explainview import Explained, ExplainView, Rule
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.offering import Offer, choose_offer
from mailtui.screens.parts.savetext import save_text

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.cases import Case, Replayed
    from mailtui.postfix.smtpd.session import Session
    from mailtui.screens.parts.form import Form
    from mailtui.screens.parts.frame import ConsoleScreen


class ExplainScreen(ExplainView):
    """See the module's text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "edit session", id="explain.edit", tooltip="Change the session."),
        Binding("tab,shift+tab", "other", "before/after", key_display="Tab", id="explain.other",
                tooltip="The steps as things are now, or with what is staged."),
        Binding("p", "live", "ask policy", id="explain.live",
                tooltip="Ask policy servers too (greylisting remembers who asks), or leave them unknown."),
        Binding("f", "offers", "fix", id="explain.fix",
                tooltip="What lets this mail pass: each offer with the answer it gives, and for whom."),
        Binding("e", "problem(1)", "next", show=False, id="explain.next-problem",
                tooltip="Go to the next rule that refuses, warns or is unknown."),
        Binding("E", "problem(-1)", "previous", show=False, id="explain.previous-problem",
                tooltip="Go to the rule before that refuses, warns or is unknown."),
        Binding("y", "copy", "copy", id="explain.copy", tooltip="Copy the explanation, and show it as text."),
        Binding("s", "keep", "keep as test", id="explain.keep",
                tooltip="Keep the session with what must come of it: reviews of the chains replay it."),
        Binding("o", "saved", "saved", id="explain.saved", tooltip="The kept sessions, and what each gets."),
        Binding("d", "drop", "drop", show=False, id="explain.delete",
                tooltip="Take the kept session that is shown out of the file."),
        Binding("S", "save", "save", show=False, id="explain.save",
                tooltip="Save the explanation as a text file."),
        Binding("escape", "end", "end, back", show=False, id="explain.back",
                tooltip="End the asking; once there is an answer: go back."),
    ]  # fmt: skip

    @on(events.Mount)
    async def _ask_first(self) -> None:
        if self.asked is None:
            await self.action_edit()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "other":
            return bool(self.session.draft) and not isinstance(self.focused, Field)
        return super().check_action(action, parameters)

    def stage(self, made: Made) -> None:
        """The form gives another session; nothing is staged here."""
        if isinstance(made, AskedFor) and made.session is not None:
            self.asked = self.session.asked = made.session
            self._fresh = True
            self.read_again()
        elif made.says:
            self.say(" · ".join(made.says))

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def action_edit(self) -> None:
        instance, service = self.session.instance, self._service
        begun = self.asked

        def make() -> Form:
            return session_form(instance, begun or proposal(instance, service))

        try:
            form = await in_daemon(make, "form")
        except (InstanceError, OSError) as error:
            self.bad(error)
            return
        await self.open_form(form, session_made, session_notes)

    def action_other(self) -> None:
        if self.found is not None and self.found.before is not None:
            self.before_shown = not self.before_shown
            self.listing = Explained(self.found, before_shown=self.before_shown)
            self.reload()

    def action_live(self) -> None:
        self.live = not self.live
        self.say("Policy servers are asked now" if self.live else "Policy servers are not asked: unknown")
        if self.asked is not None:
            self.read_again()

    def action_offers(self) -> None:
        found, asked = self.found, self.asked
        if found is None or asked is None:
            self.say(f"Explain a session first; {key_for('explain.edit', 'Enter')} asks for it", "warning")
            return
        edits, names, who = self.session.draft.edits, self._names, self.session.who

        def look() -> list[Offer]:
            from mailtui.edits.letting import let_through

            return [*let_through(self.ahead.at(edits).instance, asked, found.after, who=who, names=names)]

        passes = found.after.action not in {"reject", "defer", "unknown"}
        nothing = "No edit is known that lets this pass and opens no farther"

        def show(offers: list[Offer]) -> None:
            choose_offer(self, offers, "This mail passes: there is nothing to mend" if passes else nothing)

        beside(self, "offers", look, show, self.bad)

    def action_end(self) -> None:
        running = [one for one in self.workers if one.group == "list" and one.node is self]
        if running and not self._is_laid:
            self.workers.cancel_group(self, "list")
            self.lines.empty = f"Ended; {key_for('explain.edit', 'Enter')} asks again"
            self._head(self.lines.empty)
            self.bar.say(self.lines.empty)
            self.lines.refresh_rows()
        else:
            self.app.pop_screen()

    # Kept sessions

    async def action_keep(self) -> None:
        found, asked = self.found, self.asked
        if found is None or asked is None:
            self.say(f"Explain a session first; {key_for('explain.edit', 'Enter')} asks for it", "warning")
            return
        await self.open_form(*keep_form(asked, found.after, self.case))

    def action_saved(self) -> None:
        edits, names = self.session.draft.edits, self._names

        def look() -> list[Replayed]:
            return kept(self.ahead.at(edits).instance, names)

        def show(found: list[Replayed]) -> None:
            from mailtui.screens.parts.chooser import Chooser, Option

            options = [Option(outcome_of(one), case_words(one), one.case) for one in found]
            if options:
                self.app.push_screen(Chooser("Kept sessions", options), chosen)
            else:
                self.say(f"No session is kept yet; {key_for('explain.keep', 's')} keeps this one")

        def chosen(case: Case | None) -> None:
            if case is not None:
                self.case, self._fresh = case.name, True
                self.asked = self.session.asked = case.session
                self.read_again()

        beside(self, "saved", look, show, self._bad_case)

    def action_drop(self) -> None:
        name = self.case
        if not name:
            kept = key_for("explain.saved", "o")
            self.say(f"This session is not a kept one; {kept} shows those", "warning")
            return

        def done(gone: bool) -> None:
            self.case = ""
            self.say(f"{name} is no longer kept" if gone else f"{name} was not kept any more")

        beside(self, "drop", lambda: drop_case(name), done, self._bad_case)

    def _bad_case(self, error: Exception) -> None:
        self.say(case_problem(error), "error")

    # Elsewhere

    def _text(self) -> str:
        found = self.found
        if found is None or self.asked is None:
            return ""
        both = [("ANSWER", found.after)]
        if found.before is not None:
            both = [("NOW", found.before), ("STAGED", found.after)]
        return as_text(self.asked, both)

    def action_copy(self) -> None:
        if text := self._text():
            self.console.copy_and_show(text)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return iter(self._text().splitlines())

        if self.found is not None:
            save_text(self, "lines", "explanation.txt", lines, lambda path: self.say(f"Saved as {path}"))


def open_explain(
    screen: ConsoleScreen, session: Session | None = None, *, rule: Rule | None = None, service: str = ""
) -> None:
    """Open Explain over a screen. Without a session it is the last one, with `service` in place of its own;
    the first time a form asks for it. `rule`: where the cursor goes."""
    from dataclasses import replace

    asked = session or screen.session.asked
    if session is None and asked is not None and service:
        asked = replace(asked, service=service)
    if asked is not None:
        screen.session.asked = asked
    screen.app.push_screen(ExplainScreen(asked, rule, service))
