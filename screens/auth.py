"""Auth (`7`): who may log in to send mail. Accounts are changed at once, never staged."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.apply.accountrepairs import Repair
from mailtui.apply.accounts import Done, Verb
from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import AccountRow, Accounts
from mailtui.sasl.names import Account, BadName, account
from mailtui.sasl.secret import Secret, generated
from mailtui.sasl.services import AuthService
from mailtui.screens.parts import accountacts as acts
from mailtui.screens.parts import logintry
from mailtui.screens.parts.accountdetail import UNREADABLE, about, as_text, cells, nothing, unreadable
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import Confirm, Dialog, ErrorDialog, TypedWord
from mailtui.screens.parts.keys import key_for, writes
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.passworddialog import PasswordDialog, Typed
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.siblings import Sibling, tab_words
from mailtui.text.safe import safe

NO_UNDO = "now, no undo"
_WIDE = 72
"""Columns from which the bar says what a realm is for."""
DONE: dict[Verb, str] = {
    "add": "added", "password": "has another password", "lock": "is locked", "remove": "is removed",
}  # fmt: skip

_ASKED: dict[Verb, str] = {"password": "Another password for", "lock": "Lock", "remove": "Remove"}


class AuthScreen(Sibling, BackgroundList[AccountRow]):
    """See the module's text."""

    MODE = "auth"
    NOUNS = ("account", "accounts")
    EMPTY = "No account yet; {auth.new:n} makes one"
    COLUMNS = (
        Column("USER", share=2, least=10),
        Column("REALM", share=2, least=10),
        Column("MECHANISMS", share=0, least=22, drop=100),
        Column("USABLE", share=0, least=6),
        Column("WHY", share=5, least=12),
        Column("WHERE", share=0, least=7, drop=72),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="auth.new", tooltip="Make an account: at once, it is not staged."),
        Binding("enter", "password", "password", id="auth.password",
                tooltip="Give the account another password: at once, without undo."),
        Binding("d", "delete", "remove", id="auth.delete",
                tooltip="Remove the account (or the marked ones): at once, without undo."),
        Binding("t", "try", "try", id="auth.try",
                tooltip="Log in at a service as this account, and see the session."),
        Binding("f", "fix", "fix", id="auth.fix",
                tooltip="What is offered against what keeps accounts from working."),
        Binding("l", "lock", "lock", show=False, id="auth.lock",
                tooltip="Give it a random password that nobody knows: sasldb has no switched-off account."),
        *list_keys("auth", "accounts", "! ?"),
    ]  # fmt: skip

    # The list

    def read(self, after: Instance, edits: Sequence[Edit]) -> Accounts:  # noqa: ARG002
        found = Accounts(after)
        for each in found.distinct():
            self.session.instance.files.stamp(each.real)  # it is watched from now on
        return found

    @property
    def found(self) -> Accounts | None:
        """What was read last."""
        return self.listing if isinstance(self.listing, Accounts) else None

    def nothing(self) -> str:
        found = self.found
        return UNREADABLE.capitalize() if found is not None and unreadable(found) else super().nothing()

    def cells_of(self, row: AccountRow) -> Row:
        return cells(row, self.found)

    def somebody(self) -> str:
        row = self.row
        return str(row.account) if row is not None else ""

    def describe(self, key: Hashable | None) -> None:
        row, found = self.row_of(key), self.found
        if found is None:
            self.pane.show([], [], [])
        elif row is None:
            self.pane.show(*nothing(found))
        else:
            self.pane.show(*about(row, found))

    def aside(self) -> str:
        found = self.found
        if found is None:
            return tab_words(self.mode)
        realms = ", ".join(dict.fromkeys(each.realm for each in found.asking)) or "none"
        if self.size.width < _WIDE:  # the column says it
            return tab_words(self.mode)
        return f"{tab_words(self.mode)}   realm asked for: {realms}"

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_password()

    # Changing accounts

    def _refused(self) -> bool:
        if self.session.read_only:
            self.say("This console is read-only: nothing is changed", "warning")
        return self.session.read_only

    def action_new(self) -> None:
        found = self.found
        if found is None or self._refused():
            return
        realms = list(dict.fromkeys(each.realm for each in found.asking or found.services))
        realm = realms[0] if realms else ""
        lines = [
            f"USER or USER@REALM; a bare name gets the realm {safe(realm)}, which smtpd asks for.",
            "Without a password one is made, and shown once. The account is there at once, not staged.",
        ]

        def typed(answer: Typed | None) -> None:
            if answer is None:
                return
            try:
                who = account(answer.name, realm)
            except BadName as error:
                self.say(str(error), "warning")
                return
            self._change("add", [who], answer.secret)

        self.app.push_screen(PasswordDialog("New account", lines, name="", twice=True), typed)

    def action_password(self) -> None:
        row = self.row
        if row is None or self._refused():
            return
        who = row.account

        def typed(answer: Typed | None) -> None:
            if answer is not None:
                self._confirmed("password", [who], answer.secret)

        lines = [
            "The one there is now stops working at once. Without a password one is made, and shown once."
        ]
        self.app.push_screen(PasswordDialog(f"New password of {who}", lines, twice=True), typed)

    def action_lock(self) -> None:
        self._ask("lock")

    def action_delete(self) -> None:
        self._ask("remove")

    def _ask(self, verb: Verb) -> None:
        def go() -> None:
            who = [row.account for row in self.chosen()]
            if who and not self._refused():
                self._confirmed(verb, who, None)

        self.when_laid(go)

    def _confirmed(self, verb: Verb, who: Sequence[Account], secret: Secret | None) -> None:
        """Have the name typed (of several: their number), then do it."""
        word = str(who[0]) if len(who) == 1 and str(who[0]).isprintable() else str(len(who))
        what = str(who[0]) if len(who) == 1 else f"{len(who)} accounts"
        title = f"{_ASKED[verb]} {what}: {NO_UNDO}"

        def show(asked: acts.Asked) -> None:
            lines = [*(each.words for each in asked.plans[:5]), *asked.says[:6]]
            dialog = TypedWord(title, word, lines)
            self.app.push_screen(dialog, lambda yes: self._change(verb, who, secret) if yes else None)

        instance = self.session.instance
        beside(self, "plan", lambda: acts.planned(instance, verb, who), show, self.bad)

    def _change(self, verb: Verb, who: Sequence[Account], secret: Secret | None) -> None:
        instance = self.session.instance
        made = generated() if secret is None and verb in ("add", "password") else None
        given = made or secret
        self.say("working…")

        def done(all_done: list[Done]) -> None:
            self.wanted_row = who[0]
            self.lines.unmark_all()
            self.read_again()
            names = str(who[0]) if len(who) == 1 else f"{len(all_done)} accounts"
            self.say(f"{safe(names)} {DONE[verb]}; {key_for('app.history', 'H')} has the words")
            if made is not None:
                lines: list[str] = ["Shown this once; it is kept nowhere but in sasldb.", "", made.reveal()]
                self.app.push_screen(Dialog(f"The password of {who[0]}", lines))

        def failed(error: Exception) -> None:
            self.read_again()
            self._bad(error, "Nothing was changed" if len(who) == 1 else "Not all of it was done")

        beside(self, "change", lambda: acts.changed(instance, verb, who, given), done, failed)

    def _bad(self, error: Exception, title: str = "Nothing was changed") -> None:
        do = getattr(error, "do", "")
        words = str(error) if not do or do in str(error) else f"{error}; {do}"
        self.app.push_screen(ErrorDialog(title, [words]))

    # Trying

    def action_try(self) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option

        row, found = self.row, self.found
        if row is None or found is None:
            return
        services = [each for each in found.services if each.row.type == "inet"]
        services.sort(key=lambda each: not each.offered)
        options = [Option(each.row.name, logintry.of(each), each) for each in services]

        def chosen(service: AuthService | None) -> None:
            if service is not None:
                bare = service.realm == row.account.realm
                name = row.account.user if bare else str(row.account)
                logintry.ask(self, self.session.instance, service, name)

        self.app.push_screen(Chooser(f"Log in as {row.account} where?", options), chosen)

    # Offers

    def action_fix(self) -> None:
        row, instance, edits = self.row, self.session.instance, self.session.draft.edits

        def make() -> list[acts.Fix]:
            return acts.fixes(instance, self.ahead.at(edits).instance, row)

        beside(self, "fixes", make, self._offer, self.bad)

    def _offer(self, found: Sequence[acts.Fix]) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option

        if not found:
            from mailtui.screens.findings import open_findings

            open_findings(self, "Nothing is offered: group, mode, copies and realm are as they should be")
            return

        def chosen(fix: acts.Fix | None) -> None:
            if fix is None or self._refused():
                return
            if fix.plan is not None:
                self._stage(fix)
            elif fix.repair is not None:
                self._repair(fix.repair)

        options = [Option("stage" if each.plan is not None else "now", each.title, each) for each in found]
        self.app.push_screen(Chooser("What to do", options), chosen)

    def _stage(self, fix: acts.Fix) -> None:
        plan = fix.plan
        if plan is None or plan.refused:
            self.say(plan.refused if plan is not None else "", "warning")
            return
        self.session.stage(*plan.edits, label=fix.title if len(plan.edits) > 1 else "")
        self.say(" · ".join((f"Staged; {writes()}", *plan.says)))

    def _repair(self, repair: Repair) -> None:
        instance = self.session.instance

        def done(_number: int) -> None:
            self.read_again()
            self.say(f"Done: {repair.title}")

        def answered(yes: bool | None) -> None:
            if yes:
                beside(self, "repair", lambda: acts.repaired(instance, repair), done, self._bad)

        back = [f"Back: {repair.back}"] if repair.back else []
        self.app.push_screen(Confirm(f"{repair.title}: now", [*repair.lines, *back], yes="do it"), answered)

    # Looking

    def action_copy(self) -> None:
        if rows := self.chosen():
            self.console.copy_and_show("\n".join(as_text(row) for row in rows))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row) for row in self.shown_rows())

        save_text(self, "accounts", "accounts.txt", lines, lambda path: self.say(f"Saved as {path}"))
