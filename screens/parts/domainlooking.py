"""Looking at a domain: the pane beside the list, Enter, `x`, DNS, and the way to its addresses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.timer import Timer

from mailtui.postfix.domainlist import DomainList, DomainRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolve import resolve
from mailtui.screens.domainnames import DomainNamesScreen, open_domain_names
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.domaindetail import (
    ALL,
    FEW,
    Known,
    about,
    find_out,
    in_full,
    said,
    title,
)
from mailtui.screens.parts.domaindns import Names, sign_of
from mailtui.screens.parts.domainview import AddressDialog, DomainView
from mailtui.screens.parts.text import Spans

if TYPE_CHECKING:
    from mailtui.postfix.resolution import Resolution

SETTLE = 0.08
"""Seconds the cursor rests on a row before its addresses are looked for."""
ASK_AFTER = 0.7
"""Seconds the cursor rests on a row before DNS is asked about it."""


class Looking(BackgroundList[DomainRow]):
    """What the Domains screen shows of a row; nothing here changes anything."""

    def __init__(self) -> None:
        super().__init__()
        self.names = Names(self, self._dns_answered)
        self.told: dict[Hashable, Sequence[str]] = {}
        """What was said of a row as it was staged."""
        self._known: tuple[Hashable, Known] | None = None
        self._rest: Timer | None = None

    @property
    def domains(self) -> DomainList | None:
        """The list, once it is read."""
        return self.listing if isinstance(self.listing, DomainList) else None

    @on(events.Mount)
    def _recall(self) -> None:
        self.names.recall_all(self.lines.refresh_rows)

    def dns_sign(self, row: DomainRow) -> str:
        """The sign of what is known of the domain's records; a blank where nothing is."""
        found = self.names.found(row.domain) if row.in_dns else None
        return sign_of(found) if found is not None else " "

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
                bad = said("?", problem(error), "warning")
                self.pane.show(*title(row), [*about(row, None, (), []), bad])

        def look() -> Known:
            return find_out(listing, self.ahead.at(edits).instance, row, FEW + 1)

        beside(self, "about", look, found, failed, wait=SETTLE)
        if row.in_dns:
            self.names.recall(row.domain)
        if row.in_dns and self.names.wants(row.domain):
            self._rest = self.set_timer(ASK_AFTER, lambda: self._ask_resting(key, row.domain))

    def _ask_resting(self, key: Hashable, domain: str) -> None:
        """DNS is asked of itself only while the list is looked at."""
        if self.lines.key == key and self.is_current and self.names.wants(domain):
            self._ask(domain)

    def _show(self, key: Hashable) -> None:
        """Show in the pane what is known of the row under the cursor."""
        row = self.row_of(key)
        if row is not None:
            known = self._known[1] if self._known is not None and self._known[0] == key else None
            self.pane.show(*title(row), about(row, known, self.told.get(key, ()), self._dns(row)))

    def _dns(self, row: DomainRow, *, full: bool = False) -> list[Spans]:
        return self.names.lines(row.domain, full=full) if row.in_dns else []

    def _ask(self, domain: str) -> None:
        self.names.ask([domain])
        self._dns_answered(domain)

    def _dns_answered(self, domain: str) -> None:
        """There is news of a domain: to be seen in the list, the pane, or in the view that is open."""
        self.lines.refresh_rows()
        row = self.row
        if row is not None and row.domain == domain:
            self._show(self.lines.key)
        shown = self.app.screen
        if isinstance(shown, (DomainView, DomainNamesScreen)) and shown.domain == domain:
            shown.tell()

    def action_ask(self) -> None:
        """Open the records of the domain; of several marked ones ask for all, and stay."""
        rows = [row for row in self.chosen() if row.in_dns]
        if len(self.chosen_keys()) > 1 and self.names.asking:
            self.say(f"Ended; {self.names.stop()} are not answered")
        elif len(self.chosen_keys()) > 1:
            self.names.ask([row.domain for row in rows])
            self.say(f"Asking DNS for {len(rows)} domains…  t ends it")
        elif rows:
            self._open_names(rows[0].domain)
        elif self.row is not None:
            self.say(f"DNS knows nothing of {self.row.domain}: it is no name of a domain there", "warning")

    def _open_names(self, domain: str) -> None:
        if self.names.wants(domain):
            self._ask(domain)
        open_domain_names(self, domain, self.names)

    # Enter, and the keys that lead elsewhere

    def open_row(self, key: Hashable) -> None:
        listing, row = self.domains, self.row_of(key)
        if row is None or listing is None:
            return
        edits = self.session.draft.edits
        known: list[Known] = []

        def lines() -> list[Spans]:
            return in_full(
                row, known[0] if known else None, self.told.get(key, ()), self._dns(row, full=True)
            )

        view = DomainView(row.domain, lines, lambda: self._ask(row.domain) if row.in_dns else None)

        def found(answer: Known) -> None:
            known.append(answer)
            view.tell()

        beside(
            self, "all", lambda: find_out(listing, self.ahead.at(edits).instance, row, ALL), found, self.bad
        )
        self.app.push_screen(view)
        if row.in_dns and self.names.wants(row.domain):
            self._ask(row.domain)

    def action_explain(self) -> None:
        row, edits = self.row, self.session.draft.edits
        if row is None:
            return
        if not row.is_domain:
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
        if row is None or not row.is_domain:
            return
        local = row.domain_class == "local"
        self.console.show_filtered(mode, "" if local else "@" + row.domain.replace(" ", "\\ "))
