"""Domains (`2`): every domain this server takes mail for, whatever list or table it stands in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.domainlist import DomainList, DomainRow, domain_list
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import domainforms
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.domaindetail import as_text, cells_of
from mailtui.screens.parts.domainlooking import Looking
from mailtui.screens.parts.form import Form, Made
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text


class DomainsScreen(Looking):
    """See the module's text."""

    MODE = "domains"
    NOUNS = ("domain", "domains")
    EMPTY = "This server takes mail for no domain; {domains.new:n} makes one"
    COLUMNS = (
        Column("DOMAIN", share=4, least=20),
        Column("CLASS", share=0, least=15),
        Column("WHERE", share=2, least=12, drop=66),
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
                tooltip="Make a domain that no class takes one of ours; take one out of a class in vain; or"
                " see what to publish in DNS."),
        Binding("x", "explain", "explain", id="domains.explain",
                tooltip="Follow an address in the domain to its final deliveries."),
        Binding("a", "aliases", "its aliases", id="domains.aliases", tooltip="Go to the domain's aliases."),
        Binding("m", "mailboxes", "its mailboxes", id="domains.mailboxes",
                tooltip="Go to the domain's mailboxes."),
        Binding("t", "ask", "in DNS", id="domains.ask",
                tooltip="The domain's MX, addresses, SPF, DKIM and DMARC in DNS: what is wrong, what to"
                " publish. Of marked domains: ask for all at once."),
        *list_keys("domains", "domains", "! ?"),
    ]  # fmt: skip

    def read(self, after: Instance, edits: Sequence[Edit]) -> DomainList:
        return domain_list(self.session.instance, after if edits else self.session.instance)

    def cells_of(self, row: DomainRow) -> Row:
        return cells_of(row, self.dns_sign(row))

    # Staging

    def stage(self, made: Made) -> None:
        if isinstance(made, domainforms.DomainMade) and not made.refused:
            self.told.update(made.told)
        super().stage(made)

    async def action_new(self) -> None:
        await self.laid()
        await self._open_new(domainforms.new_form())

    async def _open_new(self, form: Form) -> None:
        await self.open_form(form, domainforms.new_made, domainforms.new_notes)

    async def action_change(self) -> None:
        await self.laid()
        rows = [row for row in self._few() if row.listed and row.marker != "-"]
        one = self.row
        if rows and all(row.domain_class == "default" for row in rows):
            await self._open_new(domainforms.form_for(rows[0]))
        elif rows:
            rows = [row for row in rows if row.domain_class != "default"]
            await self.open_form(
                domainforms.class_form(rows), domainforms.class_made(rows), domainforms.class_notes(rows)
            )
        elif one is not None and not self.lines.marked:
            gone = f"This domain is to be deleted; {takes_back()}"
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
        elif self.dns_sign(row) != " ":
            self.action_ask()
        elif row.warnings:
            change, aliases = key_for("domains.class", "c"), key_for("domains.aliases", "a")
            words = f"{change} changes the class, {aliases} goes to its aliases"
            self.say(f"No edit is offered for this: {words}", "warning")
        else:
            from mailtui.screens.findings import open_findings

            open_findings(self, "Nothing is wrong here")

    def action_delete(self) -> None:
        def go() -> None:
            rows = self._few()
            if len(rows) == 1 and self._is_newest(rows[0]):
                self.console.action_undo()  # its first addresses are taken back with it
            else:
                self.act(lambda after: domainforms.removed(after, rows))

        if len(self.lines.marked) > domainforms.BULK:
            self._few()
        else:
            ask_many(self, lambda: self.when_laid(go))

    def _is_newest(self, row: DomainRow) -> bool:
        """Whether the last act was to make this domain."""
        groups = self.session.draft.groups
        return bool(groups) and groups[-1].label == domainforms.label_of(row.domain, row.domain_class)

    def _few(self) -> list[DomainRow]:
        """The rows that an action is meant for; none where they are too many for one act."""
        if len(self.chosen_keys()) <= domainforms.BULK:
            return self.chosen()
        self.say(
            f"{len(self.chosen_keys())} domains are marked: {domainforms.BULK} at a time, please", "warning"
        )
        return []

    # Elsewhere

    def action_settings(self) -> None:
        self.console.action_view("basesettings")

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
