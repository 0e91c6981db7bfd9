"""Someone leaves (`:leave ADDRESS`): every place of theirs, what becomes of each; `a` stages it all as one.

Letters: `-` removed · `~` handed on · a blank: kept · `!` somebody must choose · `?` not edited here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from mailtui.edits.leaving import Leave, Place, Wish, leave
from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import accountacts
from mailtui.screens.parts.beside import beside, in_daemon, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.filterbar import FilterBar
from mailtui.screens.parts.form import Form, ListField, Made, Note, TextField, Values
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.leavechoosing import Choosing
from mailtui.screens.parts.leavelines import about, as_text, cells, ending
from mailtui.screens.parts.linelist import LineList, Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.text.fewrows import FewRows

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp


class LeaveScreen(Choosing):
    """See the module's text. `ask`: who leaves is asked first."""

    MODE = "leave"
    NOUNS = ("place", "places")
    EMPTY = "Nothing here names them"
    COLUMNS = (
        Column("PLACE", share=0, least=12),
        Column("", share=1, least=14),
        Column("BECOMES", share=0, least=17),
        Column("WHERE", share=0, least=14, drop=70),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "stage_all", "stage all", id="leave.stage",
                tooltip="Stage what becomes of every place as one change, to be taken back as one."),
        Binding("space,right", "choose(1)", "choose", key_display="Space", id="leave.choose",
                tooltip="The next of what can become of this place: handed on, removed, kept."),
        Binding("left", "choose(-1)", "choose back", show=False, id="leave.choose-back",
                tooltip="The one before of what can become of this place."),
        Binding("t", "who", "mail to", id="leave.who",
                tooltip="Who leaves, who gets the mail from now on, and further addresses of theirs."),
        Binding("o", "give", "other", id="leave.give",
                tooltip="Hand this one place to somebody other than the successor."),
        Binding("enter", "open", "choose", show=False, id="leave.open",
                tooltip="Choose; of a login: lock it, now and without undo."),
        Binding("l", "lock", "lock login", show=False, id="leave.lock",
                tooltip="Give the login a random password that nobody knows: now, no undo."),
        *list_keys("leave", "places", "! ?"),
    ]  # fmt: skip

    def __init__(self, address: str = "", *, ask: bool = True) -> None:
        super().__init__()
        self.wish = Wish(address)
        self.found = Leave(self.wish)
        self._ask = ask

    def body(self) -> ComposeResult:
        yield FilterBar()
        with Container(classes="split"):
            yield LineList(*self.COLUMNS, empty=self.EMPTY, marks=False)
            with Vertical(classes="side"):
                yield from self.side()

    @on(events.Mount)
    def _ask_first(self) -> None:
        if self._ask:
            self.call_after_refresh(self.action_who)

    def filter_to(self, text: str) -> None:
        """`:leave ADDRESS`, while the view is open."""
        self.wish = Wish(text)
        self.read_again()

    # The list

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[Place]:  # noqa: ARG002
        wish = self.wish
        found = leave(after, wish) if wish.address else Leave(wish)
        if found.refused:
            raise InstanceError(found.refused, found.do)
        if wish == self.wish:  # else a later reading has its own, and may have ended before this one
            self.found = found
        return FewRows(found.places, _key, as_text)

    def cells_of(self, row: Place) -> Row:
        return cells(row)

    def describe(self, key: Hashable | None) -> None:
        place, found = self.row_of(key), self.found
        if place is not None:
            self.pane.show([(place.key, "bold")], [(place.where, "dim")], about(place, found))
        elif found.address:
            self.pane.show([(found.address, "bold")], [], ending(found))
        else:
            self.pane.show([], [], [])

    def nothing(self) -> str:
        nobody = f"Nobody is named yet; {key_for('leave.who', 't')} says who leaves"
        return self.EMPTY if self.wish.address else nobody

    def aside(self) -> str:
        found = self.found
        if not found.address:
            return "t: who leaves?"
        to = f" → {found.wish.forward}" if found.wish.forward else ""
        open_ = len(found.undecided)
        state = "no mail reaches them then" if found.proof.nothing else "mail still reaches them"
        state = f"{open_} to choose" if open_ else state
        return f"{found.address}{to}  {state}"

    # Who

    async def action_who(self) -> None:
        wish = self.wish
        fields = [
            TextField(name="address", label="leaves", content=wish.address,
                      hint="user@domain, or a name of this machine"),
            TextField(name="forward", label="mail to", content=wish.forward,
                      hint="who gets their mail from now on; empty: it is refused"),
            ListField(name="also", label="also", items=list(wish.also),
                      hint="further addresses that are theirs too, such as a mailbox of another name"),
        ]  # fmt: skip
        form = Form("someone leaves", fields, at="forward" if wish.address else "address", verb="list")
        await self.open_form(form, lambda _instance, _values: Made(), None)

    async def _stage_form(self) -> None:
        """The form is done: nothing is staged by it, the places are looked for."""
        editor, edits = self.editor, self.session.draft.edits
        if editor is None:
            return
        wish = self._wished(editor.form.values())
        self.say("looking through every table…")

        def look() -> Leave:
            return leave(self.ahead.at(edits).instance, wish)

        try:
            found = await in_daemon(look, "leave")
        except Exception as error:  # noqa: BLE001  # it is said, and what was typed stays
            self.say(problem(error), "error")
            return
        if found.refused:
            self.say(found.refused, "warning")
            field = "forward" if wish.forward and wish.forward in found.refused else "address"
            editor.show_notes([Note(field, found.refused, "error")])
            return
        self.wish = wish
        await self._close_form()
        self.say("")
        self.read_again()

    def _wished(self, values: Values) -> Wish:
        """What is typed; what was chosen for the same one's places stays."""
        address, forward, also = values["address"], values["forward"], values["also"]
        assert isinstance(address, str)
        assert isinstance(forward, str)
        same = address == self.wish.address
        return Wish(
            address, forward, tuple(also), self.wish.choices if same else {}, self.wish.given if same else {}
        )

    # Choosing

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_open()

    def action_open(self) -> None:
        row = self.row
        if row is not None and row.now:
            self.action_lock()
        else:
            self.action_choose(1)

    # Doing

    def action_stage_all(self) -> None:
        def go() -> None:
            found = self.found
            if found.waits:
                choose, there = key_for("leave.choose", "Space"), key_for("leave.next-problem", "e")
                self.say(f"{found.waits}; choose with {choose} ({there} goes there)", "warning")
            elif not found.edits:
                self.say("Nothing is to be edited")
            elif found.wish != self.wish:
                self.say("Not looked through yet; once more", "warning")
            else:
                self._staged(found)

        self.when_laid(go)

    def _staged(self, found: Leave) -> None:
        """All of it as one group, and back to the list it was called from."""
        console = self.console
        self.session.stage(*found.edits, label=found.label)
        console.pop_screen()
        locks = "".join(f" · not staged: {place.now}" for place in found.steps[:2])
        console.notify(f"Staged as one, {takes_back()}{locks}")

    def action_lock(self) -> None:
        from mailtui.screens.parts.dialogs import TypedWord

        row = self.row
        who = row.account if row is not None else None
        if who is None:
            self.say("This is no login; those of sasldb are locked here", "warning")
            return
        if self.session.read_only:
            self.say("This console is read-only: nothing is changed", "warning")
            return
        instance = self.session.instance

        def done(_done: object) -> None:
            self.say(f"{who} is locked; {key_for('app.history', 'H')} has the words")

        def answered(yes: bool | None) -> None:
            if yes:
                beside(
                    self, "lock", lambda: accountacts.changed(instance, "lock", [who], None), done, self.bad
                )

        def show(asked: accountacts.Asked) -> None:
            lines = [*(each.words for each in asked.plans), *asked.says[:6]]
            title = f"Lock {who}: now, no undo"
            self.app.push_screen(TypedWord(title, str(who), lines), answered)

        beside(self, "plan", lambda: accountacts.planned(instance, "lock", [who]), show, self.bad)

    # Looking

    def action_copy(self) -> None:
        if rows := self.chosen():
            self.console.copy_and_show("\n".join(as_text(row) for row in rows))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row) for row in self.shown_rows())

        save_text(self, "places", "leave.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _key(place: Place) -> Hashable:
    return place.name


def open_leave(app: MailtuiApp, address: str = "") -> None:
    """The view for an address; without one it is asked for, that of the row under the cursor filled in."""
    screen = app.screen
    if isinstance(screen, LeaveScreen):
        if address:
            screen.filter_to(address)
        return
    here = screen.somebody() if isinstance(screen, ConsoleScreen) else ""
    app.push_screen(LeaveScreen(address or here, ask=not address))
