"""Domains (`2`): every domain this server takes mail for, whatever list or table it stands in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer

from mailtui.edits.model import Edit
from mailtui.postfix.domainlist import DomainList, DomainRow, domain_list
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolve import resolve
from mailtui.screens.parts import domainforms
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.domaindetail import (
    ALL,
    FEW,
    Known,
    about,
    as_text,
    cells_of,
    find_out,
    has_addresses,
    in_dns,
    in_full,
    title,
)
from mailtui.screens.parts.domaindns import Names
from mailtui.screens.parts.domainview import AddressDialog, DomainView
from mailtui.screens.parts.form import Form, Made
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans

if TYPE_CHECKING:
    from mailtui.postfix.resolution import Resolution

SETTLE = 0.08
"""Seconds the cursor rests on a row before its addresses are looked for."""
ASK_AFTER = 0.7
"""Seconds the cursor rests on a row before DNS is asked about it."""


class DomainsScreen(BackgroundList[DomainRow]):
    """See the module's text."""

    MODE = "domains"
    EMPTY = "This server takes mail for no domain; n makes one"
    COLUMNS = (
        Column("DOMAIN", share=4, least=20),
        Column("CLASS", share=0, least=15),
        Column("WHERE", share=2, least=10, drop=66),
        Column("ALIASES", share=0, least=7, right=True),
        Column("BOXES", share=0, least=5, drop=56, right=True),
        Column("CATCH-ALL", share=3, least=9, drop=76),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="domains.new", tooltip="A new domain, with all that its class needs."),
        Binding("enter", "open", "open", id="domains.open",
                tooltip="All about the domain: its addresses, and its records in DNS."),
        Binding("c", "change", "class", id="domains.class", tooltip="Put the domain into another class."),
        Binding("d", "delete", "delete", id="domains.delete",
                tooltip="Stage the removal from its list, and say what is left behind; no mail is deleted."),
        Binding("b", "settings", "settings", id="domains.settings",
                tooltip="The settings that every domain depends on: myhostname, mynetworks, TLS…"),
        Binding("f", "fix", "fix", id="domains.fix",
                tooltip="Make a domain that no class takes one of ours; take one out of a class in vain."),
        Binding("x", "explain", "explain", id="domains.explain",
                tooltip="Follow an address in the domain to its final deliveries."),
        Binding("a", "aliases", "its aliases", id="domains.aliases", tooltip="Go to the domain's aliases."),
        Binding("m", "mailboxes", "its mailboxes", id="domains.mailboxes",
                tooltip="Go to the domain's mailboxes."),
        Binding("t", "ask", "ask DNS", id="domains.ask",
                tooltip="Ask DNS again for the domain's MX, addresses, SPF, DKIM and DMARC."),
        Binding("e", "problem(1)", "next problem", show=False, id="domains.next-problem",
                tooltip="Go to the next row with a problem: ! ?"),
        Binding("E", "problem(-1)", "previous problem", show=False, id="domains.previous-problem",
                tooltip="Go to the previous row with a problem."),
        Binding("y", "copy", "copy", show=False, id="domains.copy",
                tooltip="Copy the marked domains, or this one, and show them as plain text."),
        Binding("s", "save", "save", show=False, id="domains.save",
                tooltip="Save the domains that are shown as a text file."),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.names = Names(self, self._dns_answered)
        self._told: dict[Hashable, Sequence[str]] = {}
        self._known: tuple[Hashable, Known] | None = None
        self._rest: Timer | None = None

    def read(self, after: Instance, edits: Sequence[Edit]) -> DomainList:
        return domain_list(self.session.instance, after if edits else self.session.instance)

    def cells_of(self, row: DomainRow) -> Row:
        return cells_of(row)

    @property
    def domains(self) -> DomainList | None:
        """The list, once it is read."""
        return self.listing if isinstance(self.listing, DomainList) else None

    # Detail

    def describe(self, key: Hashable | None) -> None:
        row, listing = self.row_of(key), self.domains
        self._known = None
        if self._rest is not None:
            self._rest.stop()
        if row is None or listing is None or key is None:
            self.pane.show([], [], [])
            return
        self._show(key)
        edits = self.session.draft.edits

        def found(known: Known) -> None:
            if self.lines.key == key:
                self._known = key, known
                self._show(key)

        def failed(error: Exception) -> None:
            if self.lines.key == key:
                self.pane.show(
                    *title(row), [*about(row, None, (), []), [("? ", "warning"), (problem(error), "")]]
                )

        def look() -> Known:
            return find_out(listing, self.ahead.at(edits).instance, row, FEW + 1)

        beside(self, "about", look, found, failed, wait=SETTLE)
        if in_dns(row) and self.names.wants(row.domain):
            self._rest = self.set_timer(ASK_AFTER, lambda: self._ask_resting(key, row.domain))

    def _ask_resting(self, key: Hashable, domain: str) -> None:
        """DNS is asked of itself only while the list is looked at."""
        if self.lines.key == key and self.is_current and self.names.wants(domain):
            self._ask(domain)

    def _show(self, key: Hashable) -> None:
        """Show in the pane what is known of the row under the cursor."""
        row = self.row_of(key)
        if row is not None and self.editor is None:
            known = self._known[1] if self._known is not None and self._known[0] == key else None
            self.pane.show(*title(row), about(row, known, self._told.get(key, ()), self._dns(row)))

    def _dns(self, row: DomainRow, *, full: bool = False) -> list[Spans]:
        return self.names.lines(row.domain, full=full) if in_dns(row) else []

    def _ask(self, domain: str) -> None:
        self.names.ask(domain)
        self._dns_answered(domain)

    def _dns_answered(self, domain: str) -> None:
        """There is news of a domain: to be seen in the pane, or in the view that is open."""
        row = self.row
        if row is not None and row.domain == domain:
            self._show(self.lines.key)
        shown = self.app.screen
        if isinstance(shown, DomainView) and shown.domain == domain:
            shown.tell()

    def action_ask(self) -> None:
        row = self.row
        if row is not None and in_dns(row):
            self._ask(row.domain)
        elif row is not None:
            self.say(f"DNS knows nothing of {row.domain}: it is no name of a domain there", "warning")

    # Staging

    def stage(self, made: Made) -> None:
        if isinstance(made, domainforms.DomainMade) and not made.refused:
            self._told.update(made.told)
        super().stage(made)

    async def action_new(self) -> None:
        await self.laid()
        await self._open_new(domainforms.new_form())

    async def _open_new(self, form: Form) -> None:
        await self.open_form(form, domainforms.new_made, domainforms.new_notes)

    async def action_change(self) -> None:
        await self.laid()
        rows = [row for row in self.chosen() if row.listed and row.marker != "-"]
        one = self.row
        if rows and all(row.domain_class == "default" for row in rows):
            await self._open_new(domainforms.form_for(rows[0]))
        elif rows:
            rows = [row for row in rows if row.domain_class != "default"]
            await self.open_form(
                domainforms.class_form(rows), domainforms.class_made(rows), domainforms.class_notes(rows)
            )
        elif one is not None:
            gone = "This domain is to be deleted; u takes that back"
            self.say(
                gone if one.marker == "-" else f"Its domains cannot be changed here: {one.why_not}", "warning"
            )

    async def action_fix(self) -> None:
        await self.laid()
        row = self.row
        if row is None or row.marker == "-":
            return
        if row.domain_class == "default":
            await self._open_new(domainforms.form_for(row))
        elif row.listed and not row.counts:
            self.act(lambda after: domainforms.removed(after, [row]))
        elif row.warnings:
            self.say("No edit is offered for this: c changes the class, a and n its addresses", "warning")
        else:
            self.say("Nothing is wrong here")

    def action_delete(self) -> None:
        def go() -> None:
            keys = self.chosen_keys()
            self.act(lambda after: domainforms.removed(after, self._rows_of(keys)))

        self.when_laid(go)

    def _rows_of(self, keys: Sequence[Hashable]) -> list[DomainRow]:
        found = (self.row_of(key) for key in keys[: domainforms.BULK + 1])
        return [row for row in found if row is not None]

    # Looking

    def open_row(self, key: Hashable) -> None:
        listing, row = self.domains, self.row_of(key)
        if row is None or listing is None:
            return
        edits = self.session.draft.edits
        known: list[Known] = []

        def lines() -> list[Spans]:
            return in_full(
                row, known[0] if known else None, self._told.get(key, ()), self._dns(row, full=True)
            )

        view = DomainView(row.domain, lines, lambda: self._ask(row.domain) if in_dns(row) else None)

        def found(answer: Known) -> None:
            known.append(answer)
            view.tell()

        beside(
            self, "all", lambda: find_out(listing, self.ahead.at(edits).instance, row, ALL), found, self.bad
        )
        self.app.push_screen(view)
        if in_dns(row) and self.names.wants(row.domain):
            self._ask(row.domain)

    def action_explain(self) -> None:
        row, edits = self.row, self.session.draft.edits
        if row is None:
            return
        if not has_addresses(row):
            self.say("No address can be followed here: this row is not a domain", "warning")
            return

        def after() -> Instance:
            return self.ahead.at(edits).instance

        def show(found: Resolution) -> None:
            from mailtui.screens.parts.aliasexplain import ExplainView

            self.app.push_screen(ExplainView(found, after))

        def follow(address: str | None) -> None:
            if address is not None:
                beside(self, "explain", lambda: resolve(after(), address), show, self.bad)

        self.app.push_screen(AddressDialog(row.domain), follow)

    def action_aliases(self) -> None:
        self._go("aliases")

    def action_mailboxes(self) -> None:
        self._go("mailboxes")

    def _go(self, mode: str) -> None:
        """To another screen, filtered to the domain. A local one has every alias and account: unfiltered."""
        row = self.row
        if row is None or not has_addresses(row):
            return
        local = row.domain_class == "local"
        self.console.show_filtered(mode, "" if local else "@" + row.domain.replace(" ", "\\ "))

    def action_settings(self) -> None:
        self.console.action_view("settings")

    def action_copy(self) -> None:
        self.when_laid(lambda: self._with_texts(self.chosen_keys(), self.console.copy_and_show))

    def _with_texts(self, keys: Sequence[Hashable], then: Callable[[str], object]) -> None:
        def texts() -> str:
            return "\n".join(as_text(row) for key in keys if (row := self.row_of(key)) is not None)

        beside(self, "copy", texts, then, self.bad)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row) for row in self.shown_rows())

        save_text(self, "domains", "domains.txt", lines, lambda path: self.say(f"Saved as {path}"))
