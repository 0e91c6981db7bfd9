"""Services (Tab in Auth): what each smtpd does with AUTH, under which TLS, who checks the password, and what
who logged in may do. Every cell is an edit where it belongs.

Each service is asked in a thread for its mechanisms and its certificate when the list is first shown, and
by `r`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits import authplan
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import ServiceRow
from mailtui.screens.parts import logintry, serviceforms, servicelines
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside, in_daemon
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.servicelines import Answers, AuthLine
from mailtui.screens.parts.servicelook import look
from mailtui.screens.parts.siblings import Sibling
from mailtui.text.fewrows import FewRows

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding


class AuthServicesScreen(Sibling, BackgroundList[AuthLine]):
    """See the module's text."""

    MODE = "authservices"
    NOUNS = ("service", "services")
    EMPTY = "master.cf has no smtpd service; {authservices.new:n} makes submission"
    COLUMNS = servicelines.COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "turn_on", "AUTH on", id="authservices.new",
                tooltip="AUTH on at this service: parameters, rules, smtpd.conf, as one staged change."),
        Binding("enter", "open", "change", id="authservices.open",
                tooltip="Change what the service does: AUTH, TLS, who checks, relay, senders, certificate."),
        Binding("number_sign", "switch", "off/on", id="authservices.switch",
                tooltip="AUTH off at this service, or on."),
        Binding("t", "try", "try", id="authservices.try",
                tooltip="Log in at this service, and see the session."),
        Binding("f", "fix", "fix", id="authservices.fix",
                tooltip="What is offered against what is wrong with the service."),
        Binding("x", "explain", "explain", show=False, id="authservices.explain",
                tooltip="All about the service: who checks, which rules, its certificate."),
        Binding("a", "add", "new service", show=False, id="authservices.add",
                tooltip="A service that master.cf has not: submission, submissions; with AUTH."),
        Binding("r", "again", "ask again", show=False, id="authservices.again",
                tooltip="Read the files again, and ask every service now."),
        *list_keys("authservices", "services", "! ?"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.answers: Answers = {}
        self._asked = False

    # The list

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[AuthLine]:  # noqa: ARG002
        found = servicelines.read(after)
        for each in found:
            for files in each.files:
                for path in (files.pair.cert, files.pair.key):
                    self.session.instance.files.stamp(path)  # it is watched from now on
        return FewRows(found, lambda one: one.name, servicelines.words)

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(to)
        if not self._asked and self.listing is not None:
            self._ask()

    def _rows(self) -> list[AuthLine]:
        return self.listing.rows if isinstance(self.listing, FewRows) else []

    def _ask(self) -> None:
        self._asked = True
        instance = self.session.instance

        def heard(found: Answers) -> None:
            self.answers = found
            self.read_again()

        def work() -> Answers:
            from mailtui.sasl.matrix import matrix

            return look(instance, matrix(instance))

        beside(self, "services", work, heard, self.bad)

    def cells_of(self, row: AuthLine) -> Row:
        return servicelines.cells(row, self.answers)

    def describe(self, key: Hashable | None) -> None:
        one = self.row_of(key)
        if one is None:
            self.pane.show([], [], [])
        else:
            self.pane.show(*servicelines.about(one, self.answers))

    # Changing

    async def action_turn_on(self) -> None:
        await self.laid()
        one = self.row
        if one is None:
            await self._choose_new()
        elif one.line.offered:
            change, off = key_for("authservices.open", "Enter"), key_for("authservices.switch", "#")
            self.say(f"AUTH is offered here already; {change} changes how, {off} turns it off")
        else:
            await self._open_on(one.line.row)

    async def _open_on(self, row: ServiceRow, *, new: bool = False) -> None:
        edits = self.session.draft.edits
        form = await in_daemon(
            lambda: serviceforms.on_form(self.ahead.at(edits).instance, row, new=new), "form"
        )
        await self.open_form(form, serviceforms.on_made(row, new=new))

    async def action_add(self) -> None:
        await self.laid()
        await self._choose_new()

    async def _choose_new(self) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option

        names = authplan.missing_services([each.line for each in self._rows()])
        if not names:
            new = key_for("authservices.new", "n")
            self.say(f"submission and submissions are in master.cf: {new} on their rows turns AUTH on")
            return
        says = {"submission": "port 587, STARTTLS first", "submissions": "port 465, TLS from the first byte"}

        def chosen(name: str | None) -> None:
            if name is not None:
                self.call_later(self._open_on, authplan.new_row(name), new=True)

        options = [Option(name, says[name], name) for name in names]
        self.app.push_screen(Chooser("A new service", options), chosen)

    def action_switch(self) -> None:
        one = self.row
        if one is None:
            return
        if not one.line.offered:
            self.call_later(self.action_turn_on)
            return
        name = one.name

        def off(after: Instance) -> Made:
            from mailtui.sasl.matrix import matrix

            found = next((each for each in matrix(after) if each.name == name), None)
            plan = authplan.turn_off(after, found) if found is not None else Plan(refused=f"no {name}")
            return serviceforms.made_of(plan, name, f"AUTH off at {name}")

        self.when_laid(lambda: self.act(off))

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_open()

    def action_open(self) -> None:
        self.call_later(self._open_cells)

    async def _open_cells(self) -> None:
        await self.laid()
        one, edits = self.row, self.session.draft.edits
        if one is None:
            return
        if one.line.auth is None:
            await self._open_on(one.line.row)
            return
        line = one.line
        form = await in_daemon(lambda: serviceforms.cells_form(self.ahead.at(edits).instance, line), "form")
        before = form.values()
        await self.open_form(form, serviceforms.cells_made(one.name, before))

    def action_fix(self) -> None:
        one, edits = self.row, self.session.draft.edits
        if one is None:
            return

        def find() -> list[Finding]:
            from mailtui.doctor import saslaccounts, saslservices, tls
            from mailtui.doctor.examine import examine

            families = (saslservices.findings, saslaccounts.findings, tls.findings)
            found = examine(self.ahead.at(edits).instance, families)
            return [each for each in found if one.name in each.services]

        beside(self, "fix", find, lambda found: self._offer(one, found), self.bad)

    def _offer(self, one: AuthLine, found: list[Finding]) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option

        options = [Option(each.id, each.fix_words, each.fix) for each in found if each.fix is not None]
        hints = [f"{each.title}: {each.fix_words}" for each in found if each.fix is None]
        if not options:
            if hints:
                from mailtui.screens.parts.dialogs import Dialog

                self.app.push_screen(Dialog(one.name, hints))
            else:
                from mailtui.screens.findings import open_findings

                open_findings(self, "Nothing is wrong here that is known")
            return

        def chosen(plan: Plan | None) -> None:
            if plan is not None:
                made = serviceforms.made_of(plan, one.name, f"AUTH at {one.name}")
                self.when_laid(lambda: self.act(lambda _after: made))

        self.app.push_screen(Chooser(one.name, options, hints), chosen)

    # Trying and looking

    def action_try(self) -> None:
        one = self.row
        if one is None or one.line.auth is None:
            self.say(f"This service is off: {key_for('authservices.new', 'n')} puts it in force", "warning")
            return
        logintry.ask(self, self.session.instance, one.line.auth, "")

    def action_again(self) -> None:
        self.session.reread()
        self._ask()

    def action_explain(self) -> None:
        one = self.row
        if one is not None:
            left, _, lines = servicelines.about(one, self.answers)
            text = "\n".join("".join(part for part, _ in each) for each in [left, *lines])
            self.console.show_plain(one.name, text, hang=True)

    def action_copy(self) -> None:
        if rows := self.chosen():
            lines = [servicelines.as_text(row, self.answers) for row in rows]
            self.console.copy_and_show("\n".join(lines))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (servicelines.as_text(row, self.answers) for row in self.shown_rows())

        save_text(self, "services", "authservices.txt", lines, lambda path: self.say(f"Saved as {path}"))
