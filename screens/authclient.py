"""Client (Tab in Auth): where this server logs in itself to hand mail on. Nothing of it is for users.

Passwords are typed into a masked line and shown nowhere; like every entry of a table they are staged.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from mailtui.apply.accountrepairs import Repair, carry_out
from mailtui.apply.authrepairs import repairs
from mailtui.edits import clientplan
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.sasl.client import Client, Credential, client
from mailtui.sasl.secret import Secret
from mailtui.screens.parts import clientlines
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.dialogs import Confirm
from mailtui.screens.parts.form import ChoiceField, Form, FormField, Made, Note, TextField, Values
from mailtui.screens.parts.keys import key_for, on_again
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.passworddialog import PasswordDialog, Typed
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.siblings import Sibling, tab_words
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import safe

_RELAYHOST = (
    ("no", "used where transport_maps or the sender's relayhost name this server"),
    ("yes", "all mail for other servers goes out through this one"),
)


class _Login(NamedTuple):
    """What was typed into the form; `old`: it has a password already, which may stay."""

    server: str
    user: str
    old: bool
    relayhost: bool


class _Rows(FewRows[Credential]):
    """The logins, with all that is known of this side."""

    def __init__(self, found: Client) -> None:
        super().__init__(list(found.rows), clientlines.key_of, clientlines.words)
        self.found = found


class AuthClientScreen(Sibling, BackgroundList[Credential]):
    """See the module's text."""

    MODE = "authclient"
    NOUNS = ("login", "logins")
    EMPTY = "This server logs in nowhere; {authclient.new:n} adds a login"
    COLUMNS = clientlines.COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="authclient.new",
                tooltip="A login elsewhere: server, name and password; with the settings that it wants."),
        Binding("enter", "open", "change", id="authclient.open",
                tooltip="Another name or password for this server."),
        Binding("d", "delete", "delete", id="authclient.delete", tooltip="Stage the login's removal."),
        Binding("number_sign", "switch", "off/on", id="authclient.switch",
                tooltip="Comment the login out in its table, or in again."),
        Binding("f", "fix", "fix", id="authclient.fix",
                tooltip="What is offered: files that others can read, tables not compiled, settings."),
        *list_keys("authclient", "logins", "! ?"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._wanted: _Login | None = None

    # The list

    def read(self, after: Instance, edits: Sequence[Edit]) -> _Rows:  # noqa: ARG002
        return _Rows(client(after))

    @property
    def found(self) -> Client | None:
        """What was read last."""
        return self.listing.found if isinstance(self.listing, _Rows) else None

    def cells_of(self, row: Credential) -> Row:
        return clientlines.cells(row)

    def describe(self, key: Hashable | None) -> None:
        if self.found is None:
            self.pane.show([], [], [])
        else:
            self.pane.show(*clientlines.about(self.row_of(key), self.found))

    def aside(self) -> str:
        return f"{tab_words(self.mode)}   this server logs in elsewhere"

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_open()

    # Changing

    async def action_new(self) -> None:
        await self.laid()
        found, row = self.found, self.row
        if found is None:
            return
        bare = row is not None and row.lookup is None
        await self._open_login(found.settings["relayhost"] if bare or not found.rows else "", "", old=False)

    def action_open(self) -> None:
        self.call_later(self._open_old)

    async def _open_old(self) -> None:
        await self.laid()
        row = self.row
        if row is None or not row.enabled:
            adds = f"{key_for('authclient.new', 'n')} adds a login"
            self.say(adds if row is None else f"it is off: {on_again('authclient')}", "warning")
        else:
            await self._open_login(row.key, row.user, old=row.lookup is not None)

    async def _open_login(self, server: str, user: str, *, old: bool) -> None:
        found = self.found
        fields: list[FormField] = [
            TextField(name="server", label="server", content=server,
                      hint="as relayhost or transport has it, brackets and port too: [smtp.isp.example]:587"),
            TextField(name="user", label="user", content=user, hint="the name that its owner gave you"),
        ]  # fmt: skip
        if found is not None and not found.settings["relayhost"]:
            fields.append(ChoiceField(name="relayhost", label="relayhost", choices=_RELAYHOST))
        self._wanted = None
        title = f"log in at {safe(server)} as" if old else "a login elsewhere"
        await self.open_form(Form(title, fields, "user" if server else "", "password"), self._want)

    def _want(self, after: Instance, values: Values) -> Made:
        """In a thread: the form as a login that wants its password."""
        server, user = str(values["server"]), str(values["user"])
        wrong = clientplan.wrong_login(server, user, None)
        if wrong:
            return Made(refused=wrong, notes=[Note("user" if "user" in wrong else "server", wrong, "error")])
        there = [each for each in client(after).rows if each.key.lower() == server.lower() and each.lookup]
        self._wanted = _Login(server, user, bool(there), values.get("relayhost") == "yes")
        return Made(says=["now its password"])

    async def _stage_form(self) -> None:
        await super()._stage_form()
        wanted, self._wanted = self._wanted, None
        if self.editor is None and wanted is not None:
            self._ask_password(wanted)

    def _ask_password(self, wanted: _Login) -> None:
        stays = ["Empty: the password stays as it is."] if wanted.old else []
        lines = [f"Its password at {safe(wanted.server)}. It is staged, and shown nowhere.", *stays]

        def typed(answer: Typed | None) -> None:
            if answer is not None:
                self._stage_login(wanted, answer.secret)

        self.app.push_screen(PasswordDialog(f"Password of {safe(wanted.user)}", lines, twice=True), typed)

    def _stage_login(self, wanted: _Login, secret: Secret | None) -> None:
        def make(after: Instance) -> Made:
            plan = clientplan.set_login(
                after, client(after), wanted.server, wanted.user, secret, relayhost=wanted.relayhost
            )
            return _made(plan, f"login at {wanted.server}")

        self.when_laid(lambda: self.act(make))

    def action_delete(self) -> None:
        row = self.row
        if row is not None:
            label = f"no login at {row.key}"
            self.when_laid(lambda: self.act(lambda after: _made(clientplan.remove(after, row), label)))

    def action_switch(self) -> None:
        row = self.row
        if row is not None:
            label = f"login at {row.key} {'off' if row.enabled else 'on again'}"
            self.when_laid(lambda: self.act(lambda after: _made(clientplan.switch(after, row), label)))

    # Offers

    def action_fix(self) -> None:
        edits = self.session.draft.edits

        def find() -> list[tuple[str, Plan | Repair]]:
            from mailtui.doctor import saslservices
            from mailtui.doctor.examine import examine

            after = self.ahead.at(edits).instance
            offered: list[tuple[str, Plan | Repair]] = [
                (each.title, each) for each in repairs(client(self.session.instance))
            ]
            offered += [
                (each.fix_words, each.fix)
                for each in examine(after, (saslservices.findings,))
                if each.about.screen == self.mode and each.fix is not None
            ]
            return offered

        beside(self, "fix", find, self._offer, self.bad)

    def _offer(self, found: Sequence[tuple[str, Plan | Repair]]) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option

        if not found:
            from mailtui.screens.findings import open_findings

            open_findings(self, "Nothing is wrong here that is known")
            return

        def chosen(what: Plan | Repair | None) -> None:
            if isinstance(what, Plan):
                plan = what
                self.when_laid(lambda: self.act(lambda _after: _made(plan, "logins elsewhere")))
            elif what is not None:
                self._repair(what)

        options = [Option("stage" if isinstance(what, Plan) else "now", title, what) for title, what in found]
        self.app.push_screen(Chooser("What to do", options), chosen)

    def _repair(self, repair: Repair) -> None:
        if self.session.read_only:
            self.say("This console is read-only: nothing is changed", "warning")
            return
        instance = self.session.instance

        def done(_number: int) -> None:
            self.read_again()
            self.say(f"Done: {repair.title}")

        def answered(yes: bool | None) -> None:
            if yes:
                beside(self, "repair", lambda: carry_out(instance, repair), done, self.bad)

        lines = [*repair.lines, f"Back: {repair.back}"]
        self.app.push_screen(Confirm(f"{repair.title}: now", lines, yes="do it"), answered)

    # Looking

    def action_copy(self) -> None:
        if rows := self.chosen():
            self.console.copy_and_show("\n".join(clientlines.as_text(row) for row in rows))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (clientlines.as_text(row) for row in self.shown_rows())

        save_text(self, "logins", "authclient.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _made(plan: Plan, label: str) -> Made:
    """A plan as what an action comes to; its words name no password."""
    if plan.refused:
        return Made(refused=plan.refused)
    return Made(plan.edits, label, None, plan.says or (f"staged: {safe(label)}",))
